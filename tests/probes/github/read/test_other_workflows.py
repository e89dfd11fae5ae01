"""The other workflows of a commit, over the wire: two requests at most, nothing twice, nothing left out in silence."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny_github import TOKEN, Asked, Said, TinyGitHub, job_object, rate_limited, run_object, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import Cancelled
from probes.github.read.attempt_parts import Depth
from probes.github.read.other_workflows import FOLDER, LARGEST_FILE, MOST_BYTES, MOST_FILES, WHAT
from probes.github.source import GitHubSource
from probes.store.attempts import AttemptStore

REPOSITORY = "/repos/example/widgets"
CONTENTS = f"{REPOSITORY}/contents/"
LISTING = CONTENTS + FOLDER
RUNS = f"{REPOSITORY}/actions/runs"
OWN = "on: push\njobs: {publish: {steps: []}}\n"
MakeSource = Callable[..., GitHubSource]


def flow(job: str) -> str:
    return f"on: push\njobs: {{{job}: {{steps: [{{run: make}}]}}}}\n"


def blob(text: str) -> str:
    body = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def entry(name: str, text: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": "file", "size": len(text.encode()), "sha": blob(text), **changes}


def file_object(text: str) -> dict[str, Any]:
    body = text.encode()
    return {**entry("x", text), "encoding": "base64", "content": base64.b64encode(body).decode()}


def answered(files: dict[str, str], **changes: dict[str, Any]) -> Said:
    """GitHub's answer in GraphQL."""
    entries = []
    for name, text in files.items():
        value = {"oid": blob(text), "byteSize": len(text), "isBinary": False, "isTruncated": False, "text": text}
        entries.append({"name": name, "object": {**value, **changes.get(name, {})}})
    return said({"data": {"repository": {"object": {"entries": entries}}}})


def serve(tiny: TinyGitHub, files: dict[str, str], commits: str = "ab", **run: Any) -> None:
    """Run 7 is of the first commit, run 8 of the second, and so on; all have the same files."""
    held = {"release.yml": OWN, **files}
    for number, commit in enumerate(commits, start=7):
        found = run_object(number, head_sha=commit * 40, **run)
        tiny.answers[f"{RUNS}/{number}"] = tiny.answers[f"{RUNS}/{number}/attempts/1"] = said(found)
        tiny.answers[f"{RUNS}/{number}/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object(number)]})
    tiny.answers[LISTING] = said([entry(name, text) for name, text in held.items()])
    for name, text in held.items():
        tiny.answers[f"{LISTING}/{name}"] = said(file_object(text))
    tiny.answers["/graphql"] = answered(held)


def whole(source: GitHubSource, run: int = 7, **options: Any) -> Attempt:
    return source.with_other_workflows(source.attempt(run, depth=Depth.VERDICT), **options)


def paths(attempt: Attempt) -> dict[str, bool]:
    """The files that were read, and whether each is a workflow."""
    assert isinstance(attempt.other_workflows, Known), attempt.other_workflows
    return {file.parsed.path: isinstance(file.parsed, Workflow) for file in attempt.other_workflows.value}


def gap(attempt: Attempt) -> Unreadable:
    assert isinstance(attempt.other_workflows, Unreadable)
    assert attempt.other_workflows.what == WHAT
    assert attempt.other_workflows.how
    return attempt.other_workflows


def why_of(attempt: Attempt, name: str) -> str:
    assert isinstance(attempt.other_workflows, Known)
    (file,) = (file for file in attempt.other_workflows.value if file.parsed.path == f"{FOLDER}/{name}")
    assert isinstance(file.parsed, UnparsableWorkflow)
    assert file.text == ""
    return file.parsed.why


def asked(tiny: TinyGitHub) -> list[str]:
    """What was asked for the other workflows: ``list``, ``graphql``, or a file's name."""
    kinds = []
    for path in tiny.paths():
        plain = path.partition("?")[0]
        if plain == LISTING:
            kinds.append("list")
        elif plain == "/graphql":
            kinds.append("graphql")
        elif plain.startswith(LISTING) and not plain.endswith("release.yml"):
            kinds.append(plain.rpartition("/")[2])
    return kinds


@contextmanager
def store_at(path: Path) -> Iterator[AttemptStore]:
    store = AttemptStore(path)
    yield store
    assert store.note == ""
    store.close()


def test_a_repository_with_one_workflow_costs_the_listing_alone(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {})
    assert paths(whole(make_source(tiny.url))) == {}
    assert asked(tiny) == ["list"]
    assert f"{LISTING}?ref={'a' * 40}" in tiny.paths()


def test_one_other_file_is_read_like_any_other(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {"deploy.yaml": flow("deploy")})
    attempt = whole(make_source(tiny.url))
    assert paths(attempt) == {f"{FOLDER}/deploy.yaml": True}
    assert isinstance(attempt.other_workflows, Known)
    assert attempt.other_workflows.value[0].text == flow("deploy")
    assert asked(tiny) == ["list", "deploy.yaml"]


def test_several_are_read_by_one_question_and_a_blob_is_known_at_every_commit(
    tiny: TinyGitHub, make_source: MakeSource
) -> None:
    files = {"a.yml": flow("a"), "b.yml": "\ufeff" + flow("b"), "c.YML": "jobs: [", "same.yml": flow("a")}
    serve(tiny, {**files, "README.md": "no workflow", "a.yml.bak": "x"}, commits="aab")
    source = make_source(tiny.url)
    first = whole(source)
    assert paths(first) == {f"{FOLDER}/{name}": name != "c.YML" for name in files}
    (question,) = (each for each in tiny.asked if each.path == "/graphql")
    variables = {"owner": "example", "name": "widgets", "expression": f"{'a' * 40}:{FOLDER}"}
    assert (question.method, json.loads(question.body)["variables"]) == ("POST", variables)
    assert whole(source, 8).other_workflows == first.other_workflows
    assert asked(tiny) == ["list", "graphql"], "another run of the commit asks for nothing"
    assert whole(source, 9).other_workflows == first.other_workflows
    assert asked(tiny) == ["list", "graphql", "list"], "the same files at another commit"
    tiny.answers[LISTING] = said([entry("new.yml", flow("new")), entry("moved.yml", flow("a"))])
    tiny.answers[f"{LISTING}/new.yml"] = said(file_object(flow("new")))
    serve_run(tiny, 10, "d")
    assert paths(whole(source, 10)) == {f"{FOLDER}/new.yml": True, f"{FOLDER}/moved.yml": True}
    assert asked(tiny)[3:] == ["list", "new.yml"]


def serve_run(tiny: TinyGitHub, number: int, commit: str) -> None:
    found = run_object(number, head_sha=commit * 40)
    tiny.answers[f"{RUNS}/{number}"] = tiny.answers[f"{RUNS}/{number}/attempts/1"] = said(found)
    tiny.answers[f"{RUNS}/{number}/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object(number)]})


def test_a_second_start_asks_for_nothing(tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path) -> None:
    serve(tiny, {"a.yml": flow("a"), "b.yml": flow("b"), "big.yml": "x" * (LARGEST_FILE + 1)})
    with store_at(tmp_path / "store") as store:
        first = whole(make_source(tiny.url, store=store))
    since = len(asked(tiny))
    with store_at(tmp_path / "store") as store:
        assert whole(make_source(tiny.url, store=store)).other_workflows == first.other_workflows
        assert len(asked(tiny)) == since
        whole(make_source(tiny.url, store=store, token=""))
        assert len(asked(tiny)) == since + 2, "what was read with a token is not shown to a session without one"


def test_the_files_that_the_run_itself_ran_are_not_among_them(tiny: TinyGitHub, make_source: MakeSource) -> None:
    called = [
        {"path": f"example/widgets/{FOLDER}/build.yml@{'a' * 40}", "sha": "a" * 40, "ref": None},
        {"path": f"other/flows/{FOLDER}/push.yml@refs/heads/main", "sha": "e" * 40, "ref": "refs/heads/main"},
    ]
    files = {"build.yml": flow("build"), "push.yml": flow("push")}
    serve(tiny, files, referenced_workflows=called)
    assert paths(whole(make_source(tiny.url))) == {f"{FOLDER}/push.yml": True}
    assert asked(tiny) == ["list", "push.yml"] or asked(tiny)[-2:] == ["list", "push.yml"]


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ({"event": "pull_request_target"}, "base branch"),
        ({"head_repository": {"full_name": "stranger/widgets"}}, "in a fork"),
        ({"head_sha": ""}, "names no commit"),
    ],
)
def test_where_the_commit_is_not_the_repositorys_nothing_is_asked(
    run: dict[str, Any], why: str, tiny: TinyGitHub, make_source: MakeSource
) -> None:
    serve(tiny, {"a.yml": flow("a")})
    found = {**run_object(7), **run}
    tiny.answers[f"{RUNS}/7"] = tiny.answers[f"{RUNS}/7/attempts/1"] = said(found)
    found_gap = gap(whole(make_source(tiny.url)))
    assert why in found_gap.why
    assert found_gap.lasting
    assert asked(tiny) == []


def test_more_than_a_hundred_are_not_read(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {f"w{number}.yml": flow("a") for number in range(MOST_FILES)})
    assert len(paths(whole(make_source(tiny.url)))) == MOST_FILES
    serve(tiny, {f"w{number}.yml": flow("a") for number in range(MOST_FILES + 1)})
    assert f"more than {MOST_FILES}" in gap(whole(make_source(tiny.url))).why
    tiny.answers[LISTING] = said([entry(f"{number}.txt", "x") for number in range(1000)])
    assert "does not list more" in gap(whole(make_source(tiny.url))).why


def test_what_is_no_file_or_too_large_is_said_for_each(tiny: TinyGitHub, make_source: MakeSource) -> None:
    files = {
        "a.yml": flow("a"),
        "b.yml": flow("b"),
        "cut.yml": "x: y",
        "bin.yml": "x: z",
        "nul.yml": "a\0",
        "half.yml": "x: w",
        "big.yml": "",
    }
    serve(tiny, files)
    listed = [entry(name, text) for name, text in files.items() if name != "big.yml"]
    listed += [
        entry("big.yml", "q", size=LARGEST_FILE + 1),
        entry("link.yml", "w", type="symlink"),
        entry("sub.yml", "e", type="submodule"),
        entry("old-sub.yml", "r"),
        entry("folder.yml", "t", type="dir"),
        entry("odd.yml", "u", type="weather"),
    ]
    tiny.answers[LISTING] = said(listed)
    changes = {
        "cut.yml": {"isTruncated": True},
        "bin.yml": {"isBinary": True, "text": None},
        "half.yml": {"text": "half of a pair: \ud800"},
    }
    body = json.loads(answered(files, **changes).body)
    body["data"]["repository"]["object"]["entries"].append({"name": "old-sub.yml", "object": {}})
    tiny.answers["/graphql"] = said(body)
    attempt = whole(make_source(tiny.url))
    assert {name for name, read in paths(attempt).items() if read} == {f"{FOLDER}/a.yml", f"{FOLDER}/b.yml"}
    assert {
        name: why_of(attempt, name)
        for name in (*changes, "nul.yml", "big.yml", "link.yml", "sub.yml", "old-sub.yml", "odd.yml")
    } == {
        "cut.yml": "it is larger than GitHub hands out at once",
        "bin.yml": "it is no text",
        "half.yml": "it is no text in UTF-8",
        "nul.yml": "it is no text",
        "big.yml": "it is larger than 512 KB",
        "link.yml": "a symbolic link stands there",
        "sub.yml": "a submodule stands there",
        "old-sub.yml": "no file stands there",
        "odd.yml": "something else than a file stands there",
    }
    assert f"{FOLDER}/folder.yml" not in paths(attempt)


def test_the_parsing_is_bounded(tiny: TinyGitHub, make_source: MakeSource) -> None:
    long = "#" * (LARGEST_FILE - 100) + "\n" + flow("a")
    serve(tiny, {f"w{number}.yml": f"# {number}\n{long}" for number in range(MOST_BYTES // LARGEST_FILE + 2)})
    attempt = whole(make_source(tiny.url))
    last = list(paths(attempt))[-1].rpartition("/")[2]
    assert why_of(attempt, last) == "the workflow files are longer than 1 MB together"


LISTED: dict[str, tuple[Said, str]] = {
    "404": (said({"message": "Not Found"}, 404), "does not exist, or the token may not see it"),
    "403": (said({"message": "no"}, 403, X_Accepted_GitHub_Permissions="contents=read"), "lacks the permission"),
    "rate limit": (
        rate_limited(),
        "rate limit",
    ),
    "500": (Said(500, b"oh"), "server error 500"),
    "a file": (said(file_object("x")), "no folder stands there"),
    "a text": (said("x"), "neither an object nor a list"),
    "a list of texts": (said(["x"]), "neither an object nor a list"),
    "cut off": (Said(200, b"[", announced=900), "cut off"),
    "no JSON": (Said(200, b"[{"), "no JSON"),
    "no name": (said([{"type": "file", "sha": "a" * 40}]), "without its name"),
    "no id": (said([{"name": "a.yml", "type": "file"}]), "without its name or its id"),
    "an id of another kind": (said([entry("a.yml", "x", sha=["x"])]), "without its name or its id"),
    "half a character": (said([entry("\ud800.yml", "x")]), "half of a character"),
    "a name that leads out": (said([entry("../../x.yml", "x")]), "planescope refuses"),
    "too deep": (Said(200, b"[" * 100_000), "no JSON"),
    "another host": (said([], 307, Location="http://elsewhere.example/x"), "redirects to another host"),
    "an address in its stead": (said([], 302, Location="http://elsewhere.example/x"), "no content but status 302"),
    "unchanged, without a question": (said([], 304), "no content but status 304"),
    "an id that is none": (said([entry("a.yml", "x", sha="../x")]), "without its name or its id"),
}

ANSWERED: dict[str, tuple[Said, str]] = {
    "401": (said({"message": "Bad credentials"}, 401), "does not accept the token"),
    "403": (said({"message": "no"}, 403), "lacks the permission `contents: read`"),
    "404": (said({"message": "Not Found"}, 404), "does not exist"),
    "502": (Said(502, b"<html>"), "server error 502"),
    "its own limit": (
        said({"message": "API rate limit exceeded"}, 403, X_RateLimit_Remaining="0", X_RateLimit_Resource="graphql"),
        "rate limit for questions in GraphQL",
    ),
    "its own limit with 200": (said({"errors": [{"type": "RATE_LIMITED", "message": "x"}]}), "in GraphQL is reached"),
    "not found": (
        said({"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve"}]}),
        "does not exist, or the token may not see it",
    ),
    "forbidden": (
        said({"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}),
        "lacks the permission `contents: read` (Resource not accessible)",
    ),
    "scopes": (said({"errors": [{"type": "INSUFFICIENT_SCOPES"}]}), "lacks the permission `contents: read`"),
    "another error": (said({"errors": [{"message": "Something went wrong"}]}), "(Something went wrong)"),
    "errors of another kind": (said({"errors": "x", "data": {}}), "did not answer the question"),
    "an error of another kind": (said({"errors": [7], "data": {}}), "did not answer the question"),
    "no object": (said({"data": {"repository": {"object": None}}}), "does not find it"),
    "no data": (said({"data": None}), "not the folder that was asked for"),
    "nothing": (said({}), "not the folder that was asked for"),
    "a list": (said([]), "no JSON object"),
    "another object": (said({"data": {"repository": {"object": {"text": "x"}}}}), "not the folder"),
    "entries of another kind": (said({"data": {"repository": {"object": {"entries": ["x"]}}}}), "not the folder"),
    "no JSON": (Said(200, b"<html>"), "no JSON"),
    "cut off": (Said(200, b"{", announced=500), "cut off"),
    "another state": (
        answered({"a.yml": flow("a"), "b.yml": flow("other")}),
        "of another state of the folder",
    ),
    "one too few": (answered({"a.yml": flow("a")}), "does not hand it out"),
    "too deep": (Said(200, b'{"data":' * 50_000), "no JSON"),
    "another place": (said({}, 307, Location="/graphql"), "redirects a question in GraphQL"),
    "no text": (answered({"a.yml": flow("a"), "b.yml": flow("b")}, **{"b.yml": {"text": None}}), "without its text"),
}

ONE: dict[str, tuple[Said, str]] = {
    "404": (said({"message": "Not Found"}, 404), "does not exist"),
    "403": (said({"message": "no"}, 403), "lacks the permission"),
    "500": (Said(500, b"oh"), "server error 500"),
    "garbage": (said({**file_object("x"), "content": "%"}), "not hold the file in base64"),
}


@pytest.mark.parametrize("kind", LISTED)
def test_a_listing_that_fails_makes_all_of_them_unknown(kind: str, tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {"a.yml": flow("a"), "b.yml": flow("b")})
    tiny.answers[LISTING], why = LISTED[kind]
    found = gap(whole(make_source(tiny.url)))
    assert why in found.why
    assert (found.permission == "contents: read") is (kind in ("403", "404"))
    assert asked(tiny)[-1] == "list"


@pytest.mark.parametrize("kind", ANSWERED)
def test_a_question_that_fails_makes_all_of_them_unknown_and_is_asked_again(
    kind: str, tiny: TinyGitHub, make_source: MakeSource
) -> None:
    serve(tiny, {"a.yml": flow("a"), "b.yml": flow("b")})
    true = tiny.answers["/graphql"]
    tiny.answers["/graphql"], why = ANSWERED[kind]
    source = make_source(tiny.url)
    found = gap(whole(source))
    assert why in found.why
    assert not found.lasting
    assert TOKEN not in repr(found)
    tiny.answers["/graphql"] = true
    assert len(paths(whole(source))) == 2
    assert asked(tiny).count("list") == 1, "and its limit holds up nothing else"


@pytest.mark.parametrize("kind", ONE)
def test_one_file_that_fails_makes_all_of_them_unknown(kind: str, tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {"a.yml": flow("a")})
    tiny.answers[f"{LISTING}/a.yml"], why = ONE[kind]
    assert why in gap(whole(make_source(tiny.url))).why


def test_a_single_file_that_is_no_text_is_said_for_itself(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {"a.yml": flow("a")})
    tiny.answers[f"{LISTING}/a.yml"] = said({**file_object("x"), "content": base64.b64encode(b"\xff").decode()})
    assert why_of(whole(make_source(tiny.url)), "a.yml") == "it is no text in UTF-8"


def test_without_a_token_several_are_not_asked_for(monkeypatch: pytest.MonkeyPatch, tiny: TinyGitHub) -> None:
    serve(tiny, {"a.yml": flow("a"), "b.yml": flow("b")})
    from probes.ledger import Ledger

    with GitHubSource("example/widgets", GitHubAccess(tiny.url), Ledger()) as source:
        attempt = source.attempt(7, depth=Depth.VERDICT)
        monkeypatch.setattr(GitHubAccess, "is_loopback", property(lambda _: False))
        found = gap(source.with_other_workflows(attempt))
    assert "signed in only" in found.why
    assert found.how == "give a token"
    assert "graphql" not in asked(tiny)


def test_secrets_are_replaced_as_they_enter(tiny: TinyGitHub, make_source: MakeSource) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLQ"
    text = f"# {secret}\n# {TOKEN}\n{flow('a')}"
    serve(tiny, {"a.yml": text, "b.yml": text + "\n"})
    attempt = whole(make_source(tiny.url))
    assert all(paths(attempt).values())
    assert secret not in repr(attempt.other_workflows)
    assert TOKEN not in repr(attempt.other_workflows)


def test_a_step_that_asks_for_the_folder_itself_is_not_given_its_list_nor_spoils_it(
    tiny: TinyGitHub, make_source: MakeSource, tmp_path: Path
) -> None:
    serve(tiny, {"a.yml": flow("a")})

    def wanted(attempt: Attempt) -> tuple[str, ...]:
        return () if attempt.files else (FOLDER,)

    for options in ({}, {"wanted": wanted}, {}):
        with store_at(tmp_path / "store") as store:
            attempt = whole(make_source(tiny.url, store=store, **options))
        assert paths(attempt) == {f"{FOLDER}/a.yml": True}
        assert all(isinstance(file.text, Unreadable) for file in attempt.files)
    (tmp_path / "store").unlink()
    with store_at(tmp_path / "store") as store:
        attempt = whole(make_source(tiny.url, store=store, wanted=wanted))
    assert [file.path for file in attempt.files] == [FOLDER]
    assert paths(attempt) == {f"{FOLDER}/a.yml": True}


def test_it_can_be_cancelled_and_says_what_it_does(tiny: TinyGitHub, make_source: MakeSource) -> None:
    serve(tiny, {"a.yml": flow("a"), "b.yml": flow("b")})
    shown: list[str] = []
    whole(make_source(tiny.url), progress=lambda what, done, total: shown.append(what))
    assert {"listing the workflows", "reading the other workflows"} <= set(shown)
    stop: list[bool] = []

    def listing(_: Asked) -> Said:
        stop.append(True)
        return said([entry("a.yml", flow("a"))])

    tiny.answers[LISTING] = listing
    with pytest.raises(Cancelled):
        whole(make_source(tiny.url), cancelled=lambda: bool(stop))
    assert asked(tiny) == ["list", "graphql", "list"]
