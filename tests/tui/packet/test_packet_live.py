"""Held against today, each fact of a packet is the same, another one, or not readable: and what was only stated stays stated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from compliant_chain import ComplyingRelease

import probes
from diagnosis.documents.packet import Packet, packet
from diagnosis.facts.case import Case
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from tui.backend import BackendProblem
from tui.cli import live_packet
from tui.cli.commands import packet as command
from tui.cli.main import planescope
from tui.packet.verify.live import compare_live
from tui.packet.verify.report import Line, Question, Sign
from tui.packet.write import write

MADE = packet(ComplyingRelease().diagnosis(), Case())
FIRST = MADE.attempts[0]
RECORDED = Path(probes.__file__).parent / "embedded" / "incident"


def answers(today: Packet, question: Question, old: Packet = MADE) -> list[Line]:
    return [line for line in compare_live(old, (today,)) if line.question is question]


def with_attempt(**more: Any) -> Packet:
    return replace(MADE, attempts=(replace(FIRST, **more), *MADE.attempts[1:]))


def with_anchor(kind: AnchorKind, **more: Any) -> Packet:
    return replace(MADE, anchors=tuple(replace(each, **more) if each.kind is kind else each for each in MADE.anchors))


def test_what_is_as_it_was_holds_and_nothing_else_is_said_to_hold() -> None:
    assert {line.sign for line in answers(MADE, Question.RUNS)} == {Sign.HOLDS}
    verified = [each for each in MADE.anchors if each.kind in (AnchorKind.IMAGE_TAG, AnchorKind.IMAGE_DIGEST)]
    assert [each.state for each in verified] == [AnchorState.VERIFIED] * 2
    assert {line.sign for line in answers(MADE, Question.IMAGE)} == {Sign.HOLDS}
    stated = with_anchor(AnchorKind.IMAGE_DIGEST, state=AnchorState.STATED)
    assert Sign.NOTE in {line.sign for line in answers(MADE, Question.IMAGE, stated)}


@pytest.mark.parametrize(
    ("today", "sign", "words"),
    [
        (with_attempt(conclusion="success"), Sign.BROKEN, "its conclusion is success today and failure in the packet"),
        (with_attempt(commit="f" * 40), Sign.BROKEN, "its commit is"),
        (with_attempt(ref="refs/heads/other"), Sign.BROKEN, "its ref is"),
        (with_attempt(started_at=FIRST.started_at + timedelta(seconds=1)), Sign.BROKEN, "its start is"),  # type: ignore[operator]
        (with_attempt(workflow="other.yml"), Sign.BROKEN, "its workflow is"),
        (with_attempt(verdicts=tuple((gate, Verdict.UNKNOWN) for gate, _ in FIRST.verdicts)), Sign.UNKNOWN, "not show any more"),
        (with_attempt(verdicts=tuple((gate, Verdict.PASS) for gate, _ in FIRST.verdicts)), Sign.BROKEN, "another verdict at"),
        (replace(MADE, attempts=MADE.attempts[1:]), Sign.UNKNOWN, "could not be read"),
        (with_attempt(attempt=7), Sign.NOTE, "which is not in the packet"),
    ],
)  # fmt: skip
def test_a_run_that_is_not_as_it_was_is_told(today: Packet, sign: Sign, words: str) -> None:
    told = [line for line in answers(today, Question.RUNS) if line.sign is sign]
    assert any(words in line.sentence for line in told), answers(today, Question.RUNS)


def test_an_image_and_evidence_that_are_not_as_they_were_are_told() -> None:
    digest = AnchorKind.IMAGE_DIGEST
    for today, sign in (
        (with_anchor(digest, value=f"sha256:{0:064d}"), Sign.BROKEN),
        (with_anchor(digest, state=AnchorState.UNVERIFIABLE, reason="Denied."), Sign.UNKNOWN),
        (replace(MADE, anchors=()), Sign.UNKNOWN),
    ):
        assert sign in {line.sign for line in answers(today, Question.IMAGE)}
    root = replace(
        MADE.anchors[0], kind=AnchorKind.DURABLE_EVIDENCE, value="s3://x", state=AnchorState.VERIFIED, sha256="a"
    )
    old = replace(MADE, anchors=(root,))
    for more, sign in (
        ({}, Sign.HOLDS), ({"sha256": "b"}, Sign.BROKEN), ({"reason": "Two objects."}, Sign.UNKNOWN),
        ({"state": AnchorState.STATED}, Sign.UNKNOWN), ({"value": "s3://y"}, Sign.UNKNOWN),
    ):  # fmt: skip
        today = replace(MADE, anchors=(replace(root, **more),))
        assert [line.sign for line in answers(today, Question.EVIDENCE, old)] == [sign], more
    asked = replace(root, kind=AnchorKind.ENDPOINT, value="http://127.0.0.1:1", reason="Not AWS.")
    assert answers(replace(MADE, anchors=(asked,)), Question.RUNS)[0].sign is Sign.NOTE


def test_the_command_asks_a_recording_and_never_takes_it_for_github(tmp_path: Path) -> None:
    place = tmp_path / "packet"
    asked = ["--recording", str(RECORDED), "--no-live"]
    run = CliRunner().invoke
    assert run(planescope, ["packet", "export", *asked, "-o", str(place)]).exit_code == 0
    result = run(planescope, ["packet", "verify", str(place), "--live", "--json", *asked])
    checks = json.loads(result.stdout)["checks"]
    runs = [each for each in checks if each["check"] == "runs"]
    assert {each["result"] for each in runs} == {"holds"}
    assert any("The recording says the same" in each["sentence"] for each in runs)
    assert not any("GitHub says" in each["sentence"] for each in checks)
    (place / "packet.json").write_text("{}")
    assert "could not be read" in run(planescope, ["packet", "verify", str(place), "--live", *asked]).output


def test_without_credentials_what_needs_nobody_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> list[Line]:
        raise BackendProblem("There is no token.", "Set GH_TOKEN.", exit_code=4)

    monkeypatch.setattr(command, "ask_again", ask)
    write(MADE, tmp_path)
    asked = ["packet", "verify", str(tmp_path), "--live"]
    result = CliRunner().invoke(planescope, asked)
    assert result.exit_code == 4
    assert "✔ sums " in result.stdout
    assert "? runs         Nobody could be asked: There is no token." in result.stdout
    assert "agrees" not in result.stdout
    assert result.stderr == "planescope: There is no token. Set GH_TOKEN.\n"
    assert json.loads(CliRunner().invoke(planescope, [*asked, "--json"]).stdout)["verdict"] == "unknown"
    (tmp_path / "packet.md").write_text("All passed.")
    assert CliRunner().invoke(planescope, asked).exit_code == 6, "what is broken is so whoever is asked"


def test_a_run_that_is_gone_leaves_the_others_and_lacking_credentials_end_it() -> None:
    class Backend:
        def diagnose_runs(self, runs: list[int], **_: object) -> object:
            if 2 in runs:
                raise BackendProblem("Run 2 is gone.")
            return runs

    class Locked:
        def diagnose_runs(self, *_: object, **__: object) -> object:
            raise BackendProblem("No token.", exit_code=4)

    found, problems = live_packet._read(Backend(), [1, 2, 3], None)  # type: ignore[arg-type] # what it asks of them
    assert (found, [line.sign for line in problems]) == ([[1], [3]], [Sign.UNKNOWN])
    with pytest.raises(BackendProblem) as told:
        live_packet._read(Locked(), [1, 2], None)  # type: ignore[arg-type]
    assert told.value.exit_code == 4
