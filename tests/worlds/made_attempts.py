"""An attempt as GitHub records one, for tests that care for some of its fields only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, OidcCustomization, Repository
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile

MADE_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_ATTEMPT = Attempt(
    repository=Repository("octo-org/octo-repo", 1, 2, datetime(2024, 1, 1, tzinfo=UTC), "main"),
    run_id=7,
    attempt=1,
    run_number=7,
    workflow_name="Release",
    workflow_path=".github/workflows/release.yml",
    event="push",
    head_branch="main",
    head_sha="e" * 40,
    status="completed",
    conclusion="failure",
    title="Release",
    actor="octocat",
    created_at=MADE_AT,
    started_at=MADE_AT,
    updated_at=MADE_AT + timedelta(minutes=2),
    html_url="https://github.com/octo-org/octo-repo/actions/runs/7",
    oidc_customization=Known(OidcCustomization(use_immutable_subject=False)),
    other_workflows=Known(()),
)


def made_attempt(number: int = 7, at: datetime = MADE_AT, **fields: Any) -> Attempt:
    """A failed push to main, two minutes long from ``at``, with these fields instead."""
    named = {"run_id": number, "run_number": number, "html_url": _ATTEMPT.html_url.replace("/7", f"/{number}")}
    times = {"created_at": at, "started_at": at, "updated_at": at + timedelta(minutes=2)}
    return replace(_ATTEMPT, **{**named, **times, **fields})


def with_workflow(attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, text: str = "") -> Attempt:
    """The attempt, having run this workflow; None leaves its file unread."""
    if workflow is None:
        return attempt
    return replace(attempt, workflow_file=Known(WorkflowFile(text, workflow)))
