"""The hand-out: foreign text stays text, what must not leave stops it, and no file is replaced."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from compliant_chain import ComplyingRelease
from failing_writes import Failing
from hostile_text import hostile

from diagnosis.documents.walkthrough.steps import Proof, Walkthrough
from diagnosis.documents.walkthrough.telling import walkthrough
from tui.packet.files import PacketProblem
from tui.packet.handout import handout_page, write_handout

WHOLE = ComplyingRelease()
TOLD = walkthrough([WHOLE.diagnosis()], WHOLE.case, mask_accounts=True)
SECRETS = {
    "an AWS access key id": "AKIA" + "QX7NP3LMZ2RTYV5K",
    "a GitHub token": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a policy document": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
}


def with_proof(text: str, address: str = "") -> Walkthrough:
    first = replace(TOLD.steps[0], proofs=(Proof(text, address),))
    return replace(TOLD, steps=(first, *TOLD.steps[1:]))


def test_it_holds_every_step_with_its_line_and_the_addresses_of_its_evidence(tmp_path: Path) -> None:
    place = write_handout(TOLD, tmp_path / "deep" / "talk.md")
    page = place.read_text()
    assert page == handout_page(TOLD)
    for number, step in enumerate(TOLD.steps, 1):
        assert f"## {number}. " in page
        assert all(proof.address in page for proof in step.proofs if proof.address.startswith("https://"))
    assert page.count("\n*The account") == len(TOLD.steps)


@pytest.mark.parametrize("kind", SECRETS)
def test_what_must_not_leave_stops_it_even_where_markdown_would_break_it_up(kind: str, tmp_path: Path) -> None:
    with pytest.raises(PacketProblem) as told:
        write_handout(with_proof(f"as said {SECRETS[kind]}"), tmp_path / "talk.md")
    assert f"step 1 holds {kind}" in str(told.value)
    assert SECRETS[kind] not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone_and_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talk.md").write_text("mine")
    with pytest.raises(PacketProblem, match="Choose another name"):
        write_handout(TOLD, tmp_path / "talk.md")
    assert (tmp_path / "talk.md").read_text() == "mine"
    monkeypatch.setenv("HOME", str(tmp_path))
    for nowhere in ("~nobody-of-that-name/x.md", "a\0b.md"):
        with pytest.raises(PacketProblem, match="Choose another place"):
            write_handout(TOLD, Path(nowhere))
    (write_handout(TOLD, Path("~/home.md"))).unlink()
    Failing(monkeypatch, tmp_path, 2, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(PacketProblem, match="No space left on device"):
        write_handout(TOLD, tmp_path / "other.md")
    assert [path.name for path in tmp_path.iterdir()] == ["talk.md"]


def test_foreign_text_begins_nothing_and_leads_nowhere() -> None:
    words = "<script>x</script> [a](javascript:b) \x1b[2J\n# heading"
    page = handout_page(replace(hostile(TOLD, words=words), title=words))
    assert "<script>" not in page
    assert "\\[a\\](javascript:b)" in page
    assert "\x1b" not in page
    assert "\n# heading" not in page
    assert "](" not in handout_page(with_proof("a", "javascript:alert(1)")).split("## 2.")[0]
