"""List workflow runs page by page with GitHub's own filters; a run object becomes an attempt without its parts."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from datetime import datetime

from diagnosis.facts.reading import Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow, Repository
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client, Json
from probes.github.http.endpoints import address_part
from probes.github.http.errors import BrokenAnswer, GitHubProblem, NotFound
from probes.github.read.answers import members, required_number

STATUSES = frozenset(
    {
        *("queued", "requested", "waiting", "pending", "in_progress", "completed"),
        *("success", "failure", "neutral", "cancelled", "skipped", "timed_out"),
        *("action_required", "stale", "startup_failure"),
    }
)
"""What GitHub takes as ``status``: statuses and conclusions alike."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What GitHub shall list; an empty text means all."""

    workflow: str = ""
    """Workflow file name (``release.yml``), its path, its id, or its shown name."""
    branch: str = ""
    actor: str = ""
    event: str = ""
    status: str = ""
    """One of :data:`STATUSES`."""
    commit: str = ""
    """Head commit, whole."""
    created: str = ""
    """GitHub's date syntax: ``>=2026-02-01``, ``2026-02-01..2026-02-14``."""

    def parameters(self) -> dict[str, str | int]:
        """Return the filter as query parameters, without the workflow, which is part of the path."""
        named = {
            "branch": self.branch,
            "actor": self.actor,
            "event": self.event,
            "status": self.status,
            "head_sha": self.commit,
            "created": self.created,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, newest first, each as its latest attempt without jobs and logs."""

    attempts: tuple[Attempt, ...]
    total: int
    next_page: int | None


def list_runs(client: Client, repository: Repository, run_filter: RunFilter, page: int) -> RunPage:
    """Read one page of the repository's runs, pages counted from 1. Raises ReadFailure, GitHubProblem for a bad filter."""
    if run_filter.status and run_filter.status not in STATUSES:
        raise GitHubProblem(
            f"GitHub knows no run status `{run_filter.status[:40]}`.",
            _nearest(run_filter.status, sorted(STATUSES)) or f"Use one of: {', '.join(sorted(STATUSES))}.",
        )
    base = f"/repos/{repository.full_name}/actions"
    if run_filter.workflow:
        base += f"/workflows/{workflow_key(client, repository, run_filter.workflow)}"
    found = client.page(f"{base}/runs", "workflow_runs", max(page, 1), run_filter.parameters(), remember=True)
    attempts = tuple(attempt_of(run, repository) for run in found.items)
    return RunPage(attempts, found.total, max(page, 1) + 1 if found.more else None)


def workflow_key(client: Client, repository: Repository, wanted: str) -> str:
    """Return the workflow's file name or id for the address. Raises GitHubProblem.

    A shown name, or the path of a workflow that GitHub made (``dynamic/…``), is looked up.
    """
    if wanted.isascii() and wanted.isdigit():
        return wanted
    file = wanted.partition("@")[0]
    if file.endswith((".yml", ".yaml")):
        return address_part(file.rpartition("/")[2])
    found = client.whole_list(f"/repos/{repository.full_name}/actions/workflows", "workflows", most_pages=3)
    workflows = [members(entry) for entry in found]
    named = {workflow.maybe_text("path") or "": workflow.maybe_integer("id") for workflow in workflows}
    named |= {workflow.maybe_text("name") or "": workflow.maybe_integer("id") for workflow in workflows}
    if (key := named.get(wanted)) is not None:
        return str(key)
    known = sorted(name for name in named if name)
    raise GitHubProblem(
        f"{repository.full_name} has no workflow named `{wanted[:60]}`.",
        _nearest(wanted, known) or f"Give a file name or one of: {', '.join(known[:8]) or 'none is listed'}.",
    )


def attempt_of(found: Json, repository: Repository) -> Attempt:
    """Read a run object into a value. Raises BrokenAnswer for one without id or time of creation."""
    run = members(found)
    run_id = required_number(run, "id", "run")
    created_at = run.maybe_moment("created_at")
    if created_at is None:
        raise BrokenAnswer("GitHub's answer describes a run without `created_at`", "try again")
    triggering, first = run.maybe_object("triggering_actor"), run.maybe_object("actor")
    actor = triggering if triggering.maybe_text("login") else first
    started_by = first.maybe_text("login") or ""
    return Attempt(
        repository=repository_of(run.maybe_object("repository"), repository),
        run_id=run_id,
        attempt=run.maybe_integer("run_attempt") or 1,
        run_number=run.maybe_integer("run_number") or 0,
        workflow_name=run.maybe_text("name") or "",
        workflow_path=run.maybe_text("path") or "",
        event=run.maybe_text("event") or "",
        head_branch=run.maybe_text("head_branch"),
        head_sha=run.maybe_text("head_sha") or "",
        status=run.maybe_text("status") or "unknown",
        conclusion=run.maybe_text("conclusion"),
        title=run.maybe_text("display_title") or "",
        actor=actor.maybe_text("login") or "",
        actor_id=actor.maybe_integer("id"),
        first_actor="" if started_by == actor.maybe_text("login") else started_by,
        created_at=created_at,
        started_at=run.maybe_moment("run_started_at"),
        updated_at=run.maybe_moment("updated_at"),
        html_url=run.maybe_text("html_url") or "",
        head_repository=run.maybe_object("head_repository").maybe_text("full_name"),
        called_workflows=tuple(_called(entry) for entry in run.maybe_objects("referenced_workflows")),
    )


def _called(entry: JsonMembers) -> CalledWorkflow:
    path = entry.maybe_text("path") or ""
    return CalledWorkflow(
        path=path,
        commit=entry.maybe_text("sha") or "",
        ref=entry.maybe_text("ref"),
        file=Unreadable(path, "it was not read", "open the attempt", "contents: read"),
    )


def repository_of(value: JsonMembers, known: Repository) -> Repository:
    """Read a repository object into a value, filled up with what is known of it already."""
    created: datetime | None = value.maybe_moment("created_at")
    return replace(
        known,
        # The name as GitHub spells it: subjects are compared by exact case.
        full_name=value.maybe_text("full_name") or known.full_name,
        id=value.maybe_integer("id") or known.id,
        owner_id=value.maybe_object("owner").maybe_integer("id") or known.owner_id,
        created_at=created or known.created_at,
        default_branch=value.maybe_text("default_branch") or known.default_branch,
        html_url=value.maybe_text("html_url") or known.html_url,
    )


def read_repository(client: Client, full_name: str) -> Repository:
    """Read the repository with its ids and date of creation. Raises GitHubProblem where it is unknown, else ReadFailure."""
    try:
        value = members(client.object(f"/repos/{full_name}"))
    except NotFound:
        raise GitHubProblem(
            f"{client.access.host} shows no repository {full_name} to this token.",
            "Check the name; for a private repository give a token that may read it.",
        ) from None
    return repository_of(value, Repository(full_name))


def _nearest(wanted: str, known: list[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else ""
