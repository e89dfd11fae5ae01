"""Read which workflow files a repository has on its default branch, and the account that a repository is to go to."""

from __future__ import annotations

import re

from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Owner, Repository
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import NotFound, ReadFailure
from probes.github.read.answers import members
from probes.github.read.workflow_text import FileAt

_MOST_PAGES = 3
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})")


def read_workflow_paths(client: Client, repository: Repository) -> Reading[tuple[FileAt, ...]]:
    """Read the places of the active workflow files, at the default branch. One request for a hundred files."""
    what = f"the workflow files of {repository.full_name}"
    try:
        found = client.whole_list(
            f"/repos/{repository.full_name}/actions/workflows", "workflows", most_pages=_MOST_PAGES
        )
    except ReadFailure as failure:
        return failure.reading(what)
    paths = dict.fromkeys(
        entry.maybe_text("path") or ""
        for entry in map(members, found)
        if (entry.maybe_text("state") or "active") == "active"
    )
    branch = repository.default_branch or "HEAD"
    # What GitHub made itself (dynamic/…) has no file.
    files = (FileAt(repository.full_name, path, branch) for path in paths if path.startswith(".github/workflows/"))
    return Known(tuple(files))


def read_head(client: Client, repository: Repository, branch: str) -> Reading[str]:
    """Read the id of the commit at which a branch stands; Absent where there is no such branch. One request."""
    what = f"the branch {branch} of {repository.full_name}"
    try:
        answer = members(client.object(f"/repos/{repository.full_name}/branches/{address_part(branch)}"))
    except NotFound:
        return Absent(what)
    except ReadFailure as failure:
        return failure.reading(what)
    if answer.maybe_text("name") not in (None, branch):
        return Absent(what)  # it was renamed, and GitHub leads to the one that it is now
    commit = answer.maybe_object("commit").maybe_text("sha")
    if not commit:
        return ReadFailure("GitHub's answer names no commit", "try again").reading(what)
    return Known(commit)


def read_owner(client: Client, login: str) -> Reading[Owner]:
    """Read a user or an organization with its id; Absent where GitHub has none of this name."""
    what = f"the owner {login}"
    if not _LOGIN.fullmatch(login):
        return Absent(what)
    try:
        answer = members(client.object(f"/users/{address_part(login)}"))
    except NotFound:
        return Absent(what)
    except ReadFailure as failure:
        return failure.reading(what)
    number = answer.maybe_integer("id")
    if number is None:
        return ReadFailure("GitHub's answer has no `id`", "try again").reading(what)
    return Known(Owner(answer.maybe_text("login") or login, number))
