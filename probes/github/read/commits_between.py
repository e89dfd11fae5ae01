"""Read what was committed between two attempts, and by which pull requests it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from diagnosis.facts.github_context import Commit, CommitsBetween, PullRequest, Relation
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import BrokenAnswer, ReadFailure
from probes.github.read.answers import members, required_number

_MOST_PAGES = 3
_MOST_ASKED = 10
"""Commits whose pull requests are asked for, the newest first; a request each."""
_MERGE = re.compile(r"Merge pull request #(\d{1,9}) from ")
_SQUASH = re.compile(r".*\(#(\d{1,9})\)")


def read_between(
    client: Client, base: Attempt, head: Attempt, *, pull_requests: bool = True
) -> Reading[CommitsBetween]:
    """Read the commits from one attempt's head to another's. No request where both ran on the same commit.

    One request a hundred commits, and one for each of at most ten commits whose titles name no pull request. Without
    ``pull_requests`` it is one request in all: what differs stands in the first answer.
    """
    what = f"the commits between run {base.run_id} and run {head.run_id}"
    if not base.head_sha or not head.head_sha:
        return Unreadable(what, "a run names no commit", "compare the commits by hand", lasting=True)
    if base.head_sha == head.head_sha:
        return Known(CommitsBetween(head.head_sha, Relation.IDENTICAL))
    repository = head.repository.full_name
    try:
        found = _compared(client, repository, base.head_sha, head.head_sha, _MOST_PAGES if pull_requests else 1)
    except ReadFailure as failure:
        return failure.reading(what)
    return Known(_with_pull_requests(client, repository, found) if pull_requests else found)


def _compared(client: Client, repository: str, base: str, head: str, most_pages: int) -> CommitsBetween:
    path = f"/repos/{repository}/compare/{address_part(base)}...{address_part(head)}"
    first = members(client.object(path, {"per_page": 100, "page": 1}))
    commits = list(first.maybe_objects("commits"))
    total = first.maybe_integer("total_commits") or len(commits)
    page = 1
    while len(commits) < total and page < most_pages:
        page += 1
        more = members(client.object(path, {"per_page": 100, "page": page})).maybe_objects("commits")
        if not more:
            break
        commits += more
    try:
        relation = Relation(first.maybe_text("status") or "")
    except ValueError:
        raise BrokenAnswer("GitHub's answer does not say how the commits stand to each other", "try again") from None
    address = first.maybe_text("html_url") or ""
    missing = Unreadable(
        "the rest of the commits",
        f"there are {total}, and planescope reads {most_pages * 100}",
        f"look at {address}" if address else "compare them on GitHub",
        lasting=True,
    )
    return CommitsBetween(
        head=head,
        relation=relation,
        commits=tuple(_commit(entry) for entry in commits),
        total=total,
        files=tuple(entry.maybe_text("filename") or "" for entry in first.maybe_objects("files")),
        html_url=address,
        unread=(missing,) if len(commits) < total else (),
    )


def _commit(entry: JsonMembers) -> Commit:
    inner = entry.maybe_object("commit")
    sha = entry.maybe_text("sha")
    if not sha:
        raise BrokenAnswer("GitHub's answer describes a commit without `sha`", "try again")
    return Commit(
        sha=sha,
        title=(inner.maybe_text("message") or "").partition("\n")[0],
        author=entry.maybe_object("author").maybe_text("login")
        or inner.maybe_object("author").maybe_text("name")
        or "",
        committed_at=inner.maybe_object("committer").maybe_moment("date"),
        parents=tuple(parent.maybe_text("sha") or "" for parent in entry.maybe_objects("parents")),
    )


def _with_pull_requests(client: Client, repository: str, found: CommitsBetween) -> CommitsBetween:
    by_title = {commit.sha: number for commit in found.commits if (number := _named(commit)) is not None}
    requests = {number: PullRequest(number, by_title=True) for number in by_title.values()}
    silent = _without_title(found.commits, by_title)
    unread: list[Unreadable] = []
    for commit in silent[:_MOST_ASKED]:
        try:
            entries = client.whole_list(f"/repos/{repository}/commits/{commit.sha}/pulls", None, most_pages=1)
            requests |= {pull.number: pull for pull in (_pull_request(members(entry)) for entry in entries)}
        except ReadFailure as failure:
            unread.append(failure.reading(f"the pull requests of commit {commit.sha[:12]}"))
            # What stops one of them stops all.
            break
    if len(silent) > _MOST_ASKED:
        why = f"planescope asks for {_MOST_ASKED} commits, the newest ones"
        unread.append(Unreadable("the pull requests of earlier commits", why, "look at the commits", lasting=True))
    known = tuple(requests[number] for number in sorted(requests))
    return replace(found, pull_requests=known, unread=(*found.unread, *unread))


def _without_title(commits: Iterable[Commit], by_title: Mapping[str, int]) -> list[Commit]:
    """Return the commits of which no title says by which pull request they came, newest first.

    What a merge of a pull request brought in (its second parent and what lies behind that) came by that one.
    """
    known = {commit.sha: commit for commit in commits}
    brought: set[str] = set()
    for sha in by_title:
        parents = known[sha].parents
        if len(parents) > 1:
            brought |= _behind(parents[1:], known) - _behind(parents[:1], known)
    return [commit for commit in reversed(known.values()) if commit.sha not in by_title and commit.sha not in brought]


def _behind(starts: Iterable[str], known: Mapping[str, Commit]) -> set[str]:
    """Return the commits of the list that are reached from these."""
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        sha = waiting.pop()
        if sha in known and sha not in reached:
            reached.add(sha)
            waiting += known[sha].parents
    return reached


def _named(commit: Commit) -> int | None:
    """Return the pull request that a commit's title names in one of GitHub's own forms."""
    named = _MERGE.match(commit.title) if len(commit.parents) > 1 else _SQUASH.fullmatch(commit.title)
    return int(named[1]) if named else None


def _pull_request(entry: JsonMembers) -> PullRequest:
    return PullRequest(
        number=required_number(entry, "number", "pull request"),
        title=entry.maybe_text("title") or "",
    )
