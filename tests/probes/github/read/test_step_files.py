"""The files that steps use, over the wire: only where one is wanted, each once for a commit, and never half of one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_github import TOKEN, Said, TinyGitHub, job_object, rate_limited, run_object, said

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.steps.files_wanted import MOST_FILES, ROUNDS
from probes.github.http.errors import Cancelled
from probes.github.read.attempt_parts import Depth
from probes.github.read.repository_files import LARGEST_FILE
from probes.github.source import GitHubSource
from probes.store.attempts import AttemptStore
from probes.store.overview import clear

REPOSITORY = "/repos/example/widgets"
RUNS = f"{REPOSITORY}/actions/runs"
CONTENTS = "/repos/example/widgets/contents/"
OWN = ".github/workflows/release.yml"
WORKFLOW = "on: push\njobs:\n  publish:\n    steps: [{run: ./push.sh}]\n"
MakeSource = Callable[..., GitHubSource]


def file_object(text: str | bytes, **changes: Any) -> dict[str, Any]:
    body = text.encode() if isinstance(text, str) else text
    content = base64.encodebytes(body).decode()
    return {"type": "file", "encoding": "base64", "size": len(body), "content": content, **changes}


def serve(tiny: TinyGitHub, **files: Said) -> None:
    """Two runs of one commit, a third of another; what the repository holds is the same at both."""
    for number, sha in ((7, "a" * 40), (8, "a" * 40), (9, "b" * 40)):
        run = run_object(number, head_sha=sha)
        tiny.answers[f"{RUNS}/{number}"] = tiny.answers[f"{RUNS}/{number}/attempts/1"] = said(run)
        tiny.answers[f"{RUNS}/{number}/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object(number)]})
    for path, answer in {OWN: said(file_object(WORKFLOW)), **files}.items():
        tiny.answers[CONTENTS + path] = answer


def wants(*rounds: tuple[str, ...]) -> Callable[[Attempt], tuple[str, ...]]:
    """What is wanted after each round: whatever was not fetched of the first round, then of the second, and so on."""

    def wanted(attempt: Attempt) -> tuple[str, ...]:
        known = {file.path for file in attempt.files}
        lacking = (tuple(path for path in each if path not in known) for each in rounds)
        return next((each for each in lacking if each), ())

    return wanted


def texts(attempt: Attempt) -> dict[str, Reading[str]]:
    return {file.path: file.text for file in attempt.files}


def asked(tiny: TinyGitHub) -> list[str]:
    paths = [path.removeprefix(CONTENTS) for path in tiny.paths() if CONTENTS in path and OWN not in path]
    return sorted(path.replace("?ref=" + "a" * 40, "@a").replace("?ref=" + "b" * 40, "@b") for path in paths)


def test_files_are_asked_for_in_rounds_and_once_for_a_commit(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, **{"push.sh": said(file_object("\ufeffmake push\n")), "Makefile": said(file_object("push:\n"))})
    source = make_source(tiny.url, wanted=wants(("push.sh",), ("Makefile", "lib/none.mk")))
    attempts = source.attempts([(7, None), (8, None), (9, None)], depth=Depth.VERDICT)
    for attempt in attempts:
        assert texts(attempt) == {
            "push.sh": Known("make push\n"),
            "Makefile": Known("push:\n"),
            "lib/none.mk": Absent(f"lib/none.mk of example/widgets at {attempt.head_sha[:12]}"),
        }
    assert asked(tiny) == ["Makefile@a", "Makefile@b", "lib/none.mk@a", "lib/none.mk@b", "push.sh@a", "push.sh@b"]
    assert texts(source.attempt(8, depth=Depth.VERDICT)) == texts(attempts[1])
    assert len(asked(tiny)) == 6, "and not again within a session"


def test_most_runs_want_none_and_cost_no_request(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny)
    assert make_source(tiny.url, wanted=wants()).attempt(7, depth=Depth.DIAGNOSIS).files == ()
    assert make_source(tiny.url, wanted=wants(("push.sh",))).attempt(7, depth=Depth.LOGS).files == ()
    tiny.answers[CONTENTS + OWN] = said({"message": "Not Found"}, 404)
    assert make_source(tiny.url, wanted=wants(("push.sh",))).attempt(7, depth=Depth.VERDICT).files == ()
    assert asked(tiny) == []


def test_an_empty_file_is_known(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, **{"push.sh": said(file_object(""))})
    attempt = make_source(tiny.url, wanted=wants(("push.sh",))).attempt(7, depth=Depth.VERDICT)
    assert texts(attempt) == {"push.sh": Known("")}


UNREADABLE: dict[str, tuple[Said, str, bool]] = {
    "refused": (
        said({"message": "no"}, 403, X_Accepted_GitHub_Permissions="contents=read"),
        "lacks the permission `contents: read`",
        False,
    ),
    "over 100 MB": (
        said({"message": "This API returns blobs up to 100 MB in size. The requested blob is too large"}, 403),
        "does not give files of this size",
        True,
    ),
    "over 1 MB": (said(file_object("", encoding="none", size=3_000_000)), "larger than 256 KB", True),
    "too large by its size": (said(file_object("x", size=LARGEST_FILE + 1)), "larger than 256 KB", True),
    "too large by itself": (said(file_object("x" * (LARGEST_FILE + 1), size=None)), "larger than 256 KB", True),
    "another encoding": (said(file_object("x", encoding="none")), "in another way", True),
    "binary": (said(file_object(b"\x7fELF\0\0")), "no text", True),
    "latin": (said(file_object(b"caf\xe9")), "no text in UTF-8", True),
    "garbage": (said(file_object("x", content="!!no base64!!")), "not hold the file in base64", False),
    "half of base64": (said(file_object("x", content="YWJj\nYW")), "not hold the file in base64", False),
    "content of another kind": (said(file_object("x", content=["YQ=="])), "in another way", True),
    "not whole": (said(file_object("half", size=400)), "not hold the whole file", False),
    "folder": (said([{"name": "a", "type": "file"}]), "a folder stands there", True),
    "empty folder": (said([]), "a folder stands there", True),
    "folder as object": (said({"type": "dir", "entries": []}), "a folder stands there", True),
    "submodule": (said({"type": "submodule", "submodule_git_url": "git://x"}), "a submodule stands there", True),
    "symbolic link": (said({"type": "symlink", "target": "../../etc"}), "a symbolic link stands there", True),
    "another thing": (said({"type": "weather"}), "something else than a file stands there", True),
    "a list of numbers": (said([1, 2]), "neither an object nor a list", False),
    "a number": (said(7), "neither an object nor a list", False),
    "no JSON": (Said(200, b"<html>"), "no JSON", False),
    "cut off": (Said(200, b'{"type": "file"', announced=4000), "cut off", False),
    "server": (Said(500, b"oh"), "server error 500", False),
    "limit": (
        rate_limited(),
        "rate limit",
        False,
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_whatever_stands_there_is_told_and_no_half_is_taken(
    kind: str, tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path
) -> None:
    answer, why, lasting = UNREADABLE[kind]
    serve(tiny, **{"push.sh": answer})
    path = tmp_path / "store"
    wanted = wants(("push.sh",))
    with AttemptStoreAt(path) as store:
        reading = texts(make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT))["push.sh"]
        assert isinstance(reading, Unreadable)
        assert why in reading.why
        assert reading.how
        assert reading.lasting is lasting
        assert (reading.permission == "contents: read") is (kind == "refused")
    serve(tiny, **{"push.sh": said(file_object("echo\n"))})
    with AttemptStoreAt(path) as store:
        again = texts(make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT))["push.sh"]
    assert again == (reading if lasting else Known("echo\n")), "what cannot change is not asked for again"


class AttemptStoreAt:
    def __init__(self, path: Path) -> None:
        self.store = AttemptStore(path)

    def __enter__(self) -> AttemptStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        assert self.store.note == ""
        self.store.close()


def test_a_missing_file_of_a_repository_that_may_be_hidden_is_not_absent(
    tiny: TinyGitHub, make_source: MakeSource
) -> None:
    serve(tiny)
    run = run_object(7, path="example/rules/.github/workflows/required.yml@refs/heads/main")
    tiny.answers[f"{RUNS}/7"] = tiny.answers[f"{RUNS}/7/attempts/1"] = said(run)
    required = "/repos/example/rules/contents/.github/workflows/required.yml"
    tiny.answers[required] = said(file_object(WORKFLOW))
    reading = texts(make_source(tiny.url, wanted=wants(("push.sh",))).attempt(7, depth=Depth.VERDICT))["push.sh"]
    assert isinstance(reading, Unreadable)
    assert reading.permission == "contents: read"


def test_number_and_rounds_are_bounded(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny)
    many = tuple(f"s{number}.sh" for number in range(MOST_FILES + 20))
    attempt = make_source(tiny.url, wanted=wants(many)).attempt(7, depth=Depth.VERDICT)
    assert tuple(texts(attempt)) == many[:MOST_FILES]
    one_by_one = tuple((path,) for path in many)
    attempt = make_source(tiny.url, wanted=wants(*one_by_one)).attempt(7, depth=Depth.VERDICT)
    assert tuple(texts(attempt)) == many[:ROUNDS]
    stubborn = make_source(tiny.url, wanted=lambda _: ("s1.sh", "s1.sh")).attempt(7, depth=Depth.VERDICT)
    assert tuple(texts(stubborn)) == ("s1.sh",)


NO_PATHS = [
    "../up.sh",
    "a/../../b",
    "./a",
    "/etc/passwd",
    "a//b",
    "a/",
    "",
    ".",
    "..",
    "a\nb",
    "a\\b",
    "a\0b",
    "x" * 501,
    "half/\ud800.sh",
]


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_path_within_the_repository_is_never_asked_for(
    path: str, tiny: TinyGitHub, make_source: MakeSource
) -> None:
    serve(tiny)
    reading = texts(make_source(tiny.url, wanted=wants((path,))).attempt(7, depth=Depth.VERDICT))[path]
    assert isinstance(reading, Unreadable)
    assert reading.lasting
    assert asked(tiny) == []


@pytest.mark.parametrize("path", ["a b.sh", "dir/å#?.sh", "%2e%2e/x", "..."])
def test_names_are_quoted(path: str, tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny)
    from urllib.parse import quote

    tiny.answers[CONTENTS + quote(path)] = said(file_object("echo\n"))
    attempt = make_source(tiny.url, wanted=wants((path,))).attempt(7, depth=Depth.VERDICT)
    assert texts(attempt) == {path: Known("echo\n")}


def test_secrets_are_replaced_as_a_text_enters_and_in_the_store(
    tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path
) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLQ"
    serve(tiny, **{"push.sh": said(file_object(f"export A={secret}\nexport T={TOKEN}\n"))})
    with AttemptStoreAt(tmp_path / "store") as store:
        reading = texts(make_source(tiny.url, wanted=wants(("push.sh",)), store=store).attempt(7, depth=Depth.VERDICT))[
            "push.sh"
        ]
    assert isinstance(reading, Known)
    assert secret not in reading.value
    assert TOKEN not in reading.value
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_second_start_and_another_run_of_the_commit_ask_for_nothing(
    tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path
) -> None:
    serve(tiny, **{"push.sh": said(file_object("make\n"))})
    wanted = wants(("push.sh",), ("none.sh",))
    with AttemptStoreAt(tmp_path / "store") as store:
        first = make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT)
    assert asked(tiny) == ["none.sh@a", "push.sh@a"]
    with AttemptStoreAt(tmp_path / "store") as store:
        source = make_source(tiny.url, wanted=wanted, store=store)
        same, other = source.attempts([(7, None), (8, None)], depth=Depth.VERDICT)
        assert texts(same) == texts(other) == texts(first)
    assert asked(tiny) == ["none.sh@a", "push.sh@a"]
    with AttemptStoreAt(tmp_path / "store") as store:
        public = make_source(tiny.url, token="", wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT)
        assert texts(public) == texts(first)
        assert len(asked(tiny)) == 4, "what was read with a token is not shown to a session without one"
        clear(store, "Example/Widgets")
    with AttemptStoreAt(tmp_path / "store") as store:
        make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT)
    assert len(asked(tiny)) == 6


def test_what_is_wanted_does_not_depend_on_logs_that_were_read_before(
    tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path
) -> None:
    serve(tiny)
    job = job_object(7)
    tiny.answers[f"{REPOSITORY}/actions/jobs/{job['id']}/logs"] = Said(302, b"", {"Location": f"{tiny.storage}/log"})
    tiny.answers["/log"] = Said(200, b"2026-05-01T10:00:06.0000000Z a line\n")
    logs: list[list[type]] = []

    def wanted(attempt: Attempt) -> tuple[str, ...]:
        assert isinstance(attempt.jobs, Known)
        logs.append([type(job.log) for job in attempt.jobs.value])
        return ()

    for _ in range(2):
        with AttemptStoreAt(tmp_path / "store") as store:
            (attempt,) = make_source(tiny.url, wanted=wanted, store=store).attempts([(7, None)], depth=Depth.VERDICT)
        assert isinstance(attempt.jobs, Known)
        assert isinstance(attempt.jobs.value[0].log, Known)
    assert logs == [[Unreadable]] * 2


def test_a_damaged_entry_is_asked_for_again(tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path) -> None:
    serve(tiny, **{"push.sh": said(file_object("make\n"))})
    wanted = wants(("push.sh",))
    for body in (b"", b"\0\1", json.dumps({"": "StoredText"}).encode()):
        with AttemptStoreAt(tmp_path / "store") as store:
            make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT)
            store.database.write(lambda connection, body=body: connection.execute("UPDATE texts SET body = ?", (body,)))
        since = len(asked(tiny))
        with AttemptStoreAt(tmp_path / "store") as store:
            attempt = make_source(tiny.url, wanted=wanted, store=store).attempt(7, depth=Depth.VERDICT)
        assert texts(attempt) == {"push.sh": Known("make\n")}
        assert len(asked(tiny)) == since + 1


def test_it_can_be_cancelled_and_says_what_it_does(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, **{"push.sh": said(file_object("make\n"))})
    shown: list[str] = []
    source = make_source(tiny.url, wanted=wants(("push.sh",)))
    source.attempt(7, depth=Depth.VERDICT, progress=lambda what, done, total: shown.append(what))
    assert "reading files that steps use" in shown
    stop: list[bool] = []

    def answer(_: object) -> Said:
        stop.append(True)
        return said(file_object("make\n"))

    tiny.answers[CONTENTS + "other.sh"] = answer
    source = make_source(tiny.url, wanted=wants(("other.sh",), ("push.sh",)))
    with pytest.raises(Cancelled):
        source.attempt(7, depth=Depth.VERDICT, cancelled=lambda: bool(stop))
    assert asked(tiny) == ["other.sh@a", "push.sh@a"]
