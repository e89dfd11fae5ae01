"""What lies between two runs: commits as foreign text, pull requests with how they are known, gaps said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from tiny_github import Asked, Said, TinyGitHub, World, run_object, said

from diagnosis.facts.github_context import CommitsBetween, PullRequest, Relation
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt, Repository
from probes.github.read.runs import attempt_of

BASE, HEAD = "a" * 40, "b" * 40
COMPARE = f"/repos/example/widgets/compare/{BASE}...{HEAD}"


def attempt(run_id: int, sha: str) -> Attempt:
    return attempt_of(run_object(run_id, head_sha=sha), Repository("example/widgets"))


def commit(sha: str, message: str, *parents: str, login: str | None = "octo") -> dict[str, Any]:
    return {
        "sha": sha,
        "html_url": f"https://github.com/example/widgets/commit/{sha}",
        "commit": {
            "message": message,
            "author": {"name": "Octo Cat"},
            "committer": {"date": "2026-05-01T10:00:00Z"},
        },
        "author": {"login": login} if login else None,
        "parents": [{"sha": parent} for parent in parents],
    }


def comparison(*commits: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "status": "ahead",
        "ahead_by": len(commits),
        "behind_by": 0,
        "total_commits": len(commits),
        "html_url": f"https://github.com/example/widgets/compare/{BASE}...{HEAD}",
        "commits": list(commits),
        "files": [{"filename": ".github/workflows/release.yml"}, {"filename": "src/main.py"}],
        **changes,
    }


def read(world: World, *shas: str) -> object:
    (reading,) = world.source.between([attempt(number, sha) for number, sha in enumerate(shas or (BASE, HEAD))])
    return reading


def known(world: World) -> CommitsBetween:
    reading = read(world)
    assert isinstance(reading, Known)
    return reading.value


def test_commits_come_oldest_first_with_title_author_and_time(tiny_world: World) -> None:
    token = "ghp_" + "a1B2" * 9
    tiny_world.server.answers[COMPARE] = said(
        comparison(
            commit("c1", f"[red]fix[/red] {token}\n\nbody", BASE, login=None), commit(HEAD, "Release (#8)", "c1")
        )
    )
    found = known(tiny_world)
    assert (found.head, found.relation, found.total) == (HEAD, Relation.AHEAD, 2)
    first, last = found.commits
    assert first.title.startswith("[red]fix[/red] [scrubbed:"), "foreign text stays as it is, but for secrets"
    assert "body" not in first.title
    assert (first.author, last.author) == ("Octo Cat", "octo")
    assert first.committed_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert last.parents == ("c1",)
    assert found.files == (".github/workflows/release.yml", "src/main.py")


def test_titles_name_pull_requests_and_only_the_others_cost_a_request(tiny_world: World) -> None:
    tiny = tiny_world.server
    tiny.answers[COMPARE] = said(
        comparison(
            commit("side1", "start", BASE),
            commit("side2", "more", "side1"),
            commit("squash", "Add a thing (#12)", BASE),
            commit("merge", "Merge pull request #11 from octo/side\n\nTitle", "squash", "side2"),
            commit("direct", "Merge pull request #99 from a title that is no merge", "merge"),
            commit(HEAD, "Bump #5 and others", "direct"),
        )
    )
    tiny.answers["/repos/example/widgets/commits/direct/pulls"] = said([])
    tiny.answers[f"/repos/example/widgets/commits/{HEAD}/pulls"] = said(
        [{"number": 13, "title": "Bump", "html_url": "https://github.com/example/widgets/pull/13"}]
    )
    found = known(tiny_world)
    assert found.pull_requests == (
        PullRequest(11, by_title=True),
        PullRequest(12, by_title=True),
        PullRequest(13, "Bump"),
    )
    assert found.unread == ()
    asked = [
        path.split("/commits/")[1].split("/")[0] for path in tiny.paths() if path.partition("?")[0].endswith("/pulls")
    ]
    assert asked == [HEAD, "direct"], "what a merge brought in came by that pull request"


def test_a_missing_permission_for_pull_requests_is_named_and_titles_still_count(tiny_world: World) -> None:
    tiny = tiny_world.server
    tiny.answers[COMPARE] = said(
        comparison(commit("c1", "One", BASE), commit("c2", "Two (#7)", "c1"), commit(HEAD, "x", "c2"))
    )
    refused = said(
        {"message": "Resource not accessible by personal access token"},
        403,
        X_Accepted_GitHub_Permissions="pull_requests=read",
    )
    for sha in ("c1", HEAD):
        tiny.answers[f"/repos/example/widgets/commits/{sha}/pulls"] = refused
    found = known(tiny_world)
    assert found.pull_requests == (PullRequest(7, by_title=True),)
    (gap,) = found.unread
    assert gap.permission == "pull-requests: read"
    assert len([path for path in tiny.paths() if "/pulls" in path]) == 1, "what stops one stops all"


def test_at_most_ten_commits_are_asked_about_and_the_rest_is_said(tiny_world: World) -> None:
    tiny = tiny_world.server
    shas = [BASE, *(f"c{number}" for number in range(12)), HEAD]
    tiny.answers[COMPARE] = said(comparison(*(commit(sha, "x", parent) for parent, sha in pairwise(shas))))
    for sha in shas:
        tiny.answers[f"/repos/example/widgets/commits/{sha}/pulls"] = said([])
    found = known(tiny_world)
    assert len([path for path in tiny.paths() if "/pulls" in path]) == 10
    assert [gap.what for gap in found.unread] == ["the pull requests of earlier commits"]


def test_a_long_list_is_paged_and_its_end_is_said(tiny_world: World) -> None:
    tiny = tiny_world.server

    def page(asked: Asked) -> Said:
        number = int(asked.path.partition("&page=")[2] or asked.path.partition("?page=")[2].partition("&")[0])
        commits = [commit(f"{number}-{n}", "x (#1)", "p") for n in range(100)]
        return said(comparison(*commits, total_commits=450))

    tiny.answers[COMPARE] = page
    found = known(tiny_world)
    assert (len(found.commits), found.total) == (300, 450)
    assert "there are 450" in found.unread[0].why
    assert len([path for path in tiny.paths() if "/compare/" in path]) == 3


def test_the_same_commit_costs_no_request(tiny_world: World) -> None:
    reading = read(tiny_world, HEAD, HEAD)
    assert isinstance(reading, Known)
    assert (reading.value.relation, reading.value.commits) == (Relation.IDENTICAL, ())
    assert tiny_world.server.paths() == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        comparison(status="sideways"),
        comparison({"commit": {}}),
        {"status": None, "commits": "many"},
    ],
)
def test_an_odd_answer_is_unreadable(answer: dict[str, Any], tiny_world: World) -> None:
    tiny_world.server.answers[COMPARE] = said(answer)
    reading = read(tiny_world)
    assert isinstance(reading, Unreadable)
    assert "GitHub's answer" in reading.why


@pytest.mark.parametrize(("status", "words"), [(404, "may not see it"), (403, "contents: read"), (422, "rejected")])
def test_a_refused_comparison_says_why(status: int, words: str, tiny_world: World) -> None:
    tiny_world.server.answers[COMPARE] = said({"message": "no"}, status)
    reading = read(tiny_world)
    assert isinstance(reading, Unreadable)
    assert words in reading.why
    assert "run 0" in reading.what


def test_a_run_without_commit_is_not_compared(tiny_world: World) -> None:
    reading = read(tiny_world, "", HEAD)
    assert isinstance(reading, Unreadable)
    assert tiny_world.server.paths() == []


def test_a_chain_is_compared_link_by_link(tiny_world: World) -> None:
    tiny: TinyGitHub = tiny_world.server
    tiny.answers[COMPARE] = said(comparison(commit(HEAD, "x (#1)", BASE)))
    tiny.answers[f"/repos/example/widgets/compare/{HEAD}...{'c' * 40}"] = said(comparison(status="behind", files=None))
    chain = [attempt(1, BASE), attempt(2, HEAD), attempt(3, HEAD), attempt(4, "c" * 40)]
    readings = tiny_world.source.between(chain)
    relations = [reading.value.relation for reading in readings if isinstance(reading, Known)]
    assert relations == [Relation.AHEAD, Relation.IDENTICAL, Relation.BEHIND]
    assert tiny_world.source.between(chain[:1]) == ()
    assert tiny_world.source.between([]) == ()


def test_a_head_cannot_lead_the_question_elsewhere(tiny_world: World, make_source: Callable) -> None:
    reading = read(tiny_world, BASE, "../../../user?x=1")
    assert isinstance(reading, Unreadable)
    assert [path for path in tiny_world.server.paths() if "user" in path and "compare" not in path] == []
