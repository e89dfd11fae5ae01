"""A decision log at a commit: two requests the first time, none of the file again, and a gap that says what it lacks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_github import Said, TinyGitHub, said

from diagnosis.facts.closure_facts import DecisionLog
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.github.read.decision_log import log_place
from probes.github.source import GitHubSource
from probes.store.attempts import AttemptStore

SHA, PATH, BASE = "5" * 40, "docs/decisions.md", "/repos/example/widgets"
COMMITS, CONTENTS = f"{BASE}/commits", f"{BASE}/contents/{PATH}"
SECRET = "ghp_" + "a1B2c3D4e5F6" * 3
TEXT = f"\ufeff# Log\n\n## 2026-03-02 10:31 closed\n{SECRET}\n"
CHANGED = said([{"sha": SHA, "commit": {"committer": {"date": "2026-03-02T10:40:00Z"}}}])
Make = Callable[..., GitHubSource]


def file(text: str = TEXT, **more: object) -> Said:
    body = text.encode()
    content = base64.encodebytes(body).decode()
    return said({"type": "file", "encoding": "base64", "size": len(body), "content": content, "sha": "b" * 40, **more})


def known(reading: object) -> DecisionLog:
    assert isinstance(reading, Known), reading
    return reading.value


def test_the_file_is_read_once_at_the_commit_that_last_changed_it(
    tiny: TinyGitHub, make_source: Make, tmp_path: Path
) -> None:
    tiny.answers |= {COMMITS: CHANGED, CONTENTS: file()}
    for already in (0, 1):
        store = AttemptStore(tmp_path / "store")
        log = known(make_source(tiny.url, store=store).decision_log(PATH, None))
        assert (log.commit, log.path, log.sha256) == (SHA, PATH, hashlib.sha256(TEXT.encode()).hexdigest())
        assert log.text.startswith("# Log")
        assert SECRET not in log.text
        assert log.committed_at is not None
        assert log.committed_at.isoformat() == "2026-03-02T10:40:00+00:00"
        assert log.read_at is not None
        assert log.url == f"https://github.com/example/widgets/blob/{SHA}/{PATH}"
        store.close()
        assert len([path for path in tiny.paths() if "/contents/" in path]) == 1, already
    assert tiny.paths()[1] == f"{COMMITS}?path=docs%2Fdecisions.md&per_page=1&sha=main"


def test_a_log_is_named_by_path_commit_or_address_and_by_nothing_else(tiny: TinyGitHub, make_source: Make) -> None:
    tiny.answers |= {COMMITS: CHANGED, CONTENTS: file("# x")}
    source = make_source(tiny.url)
    other = "6" * 40
    assert known(source.decision_log(PATH, other)).commit == other
    web = "https://github.com/example/widgets/blob"
    assert known(source.decision_log(f"{web}/main/{PATH}#L3", None)).commit == SHA
    # A list that is not there hides no commit that is named whole; only then is a file that is not found no knowledge.
    tiny.answers[COMMITS] = said({"message": "Not Found"}, 404)
    found = known(source.decision_log(PATH, "7" * 40))
    assert (found.commit, found.committed_at) == ("7" * 40, None)
    assert isinstance(source.decision_log("docs/none.md", "7" * 40), Unreadable)
    asked = len(tiny.asked)
    for stated in (
        "../x.md",
        "/etc/passwd",
        "a//b",
        "x\0y",
        "a" * 600,
        f"https://github.com/other/widgets/blob/main/{PATH}",
        f"https://example.org/example/widgets/blob/main/{PATH}",
        f"http://github.com/example/widgets/blob/main/{PATH}",
    ):
        assert isinstance(source.decision_log(stated, None), Unreadable), stated
    assert len(tiny.asked) == asked


def test_a_large_file_comes_as_a_blob(tiny: TinyGitHub, make_source: Make) -> None:
    body = ("x" * 79 + "\n") * 15_000
    blob = {"encoding": "base64", "size": len(body), "content": base64.b64encode(body.encode()).decode()}
    tiny.answers |= {
        COMMITS: CHANGED,
        CONTENTS: file("", encoding="none", size=len(body)),
        f"{BASE}/git/blobs/{'b' * 40}": said(blob),
    }
    assert known(make_source(tiny.url).decision_log(PATH, None)).sha256 == hashlib.sha256(body.encode()).hexdigest()


@pytest.mark.parametrize(
    ("answers", "words", "permission"),
    [
        ({COMMITS: said([])}, None, None),
        ({COMMITS: CHANGED, CONTENTS: said({"message": "Not Found"}, 404)}, None, None),
        ({COMMITS: said({"message": "Not Found"}, 404)}, "", "contents: read"),
        ({COMMITS: said({"message": "Resource not accessible by integration"}, 403)}, "", "contents: read"),
        ({COMMITS: said({"message": "No commit found for SHA: x"}, 422)}, "", None),
        ({COMMITS: said({"no": "list"})}, "list", None),
        ({COMMITS: said([{"sha": "main"}])}, "names no commit", None),
        ({COMMITS: CHANGED, CONTENTS: file(size=5_000_000)}, "larger", None),
        ({COMMITS: CHANGED, CONTENTS: file("a\0b")}, "no text", None),
        ({COMMITS: CHANGED, CONTENTS: file(type="symlink")}, "symbolic link", None),
        ({COMMITS: CHANGED, CONTENTS: said([])}, "folder", None),
    ],
)
def test_what_is_not_there_is_absent_and_what_cannot_be_read_says_why(
    tiny: TinyGitHub, make_source: Make, answers: dict[str, Said], words: str | None, permission: str | None
) -> None:
    tiny.answers |= answers
    found = make_source(tiny.url).decision_log(PATH, None)
    if words is None:
        assert isinstance(found, Absent)
        return
    assert isinstance(found, Unreadable)
    assert words in found.why
    assert found.permission == permission
    assert found.how


def test_a_mark_for_a_secret_in_an_address_is_no_host() -> None:
    assert log_place("https://[scrubbed:basic-auth]@wiki/x", None, "o/r", "https://github.com/o/r") is None
