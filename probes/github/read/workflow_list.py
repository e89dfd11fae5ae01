"""Read which workflows a repository has, by their names, as GitHub lists them."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.runs import Repository
from probes.github.http.client import Client
from probes.github.read.answers import members

MOST_PAGES = 3
"""Of a hundred workflows each."""


@dataclass(frozen=True, slots=True)
class ListedWorkflow:
    """One workflow of the list. Its texts are foreign."""

    id: int | None
    name: str
    path: str
    """``.github/workflows/release.yml``; ``dynamic/…`` for one that GitHub made itself."""
    state: str
    """``active``, ``disabled_manually``, ``deleted`` and so on."""


def list_workflows(client: Client, repository: Repository) -> tuple[ListedWorkflow, ...]:
    """Read the repository's workflows in at most three requests. Raises ReadFailure."""
    found = client.whole_list(f"/repos/{repository.full_name}/actions/workflows", "workflows", most_pages=MOST_PAGES)
    read = (
        ListedWorkflow(
            entry.maybe_integer("id"),
            entry.maybe_text("name") or "",
            entry.maybe_text("path") or "",
            entry.maybe_text("state") or "active",
        )
        for entry in map(members, found)
    )
    return tuple(each for each in read if each.name or each.path)
