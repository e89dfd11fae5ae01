"""A workflow that lives on another branch alone and was not read, or not understood, is not taken for one that is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from made_attempts import made_attempt

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.role_usage import Usage
from diagnosis.facts.runs import OidcCustomization
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.verdicts.gate_verdict import Missing
from probes.workflow_file import parse_workflow
from tui.backends.drift import DriftReader

PATH = ".github/workflows/old.yml"
_ELSEWHERE = made_attempt(workflow_path=PATH, head_branch="dev", head_sha="d" * 40)


def _files(text: str) -> Known[tuple[WorkflowFile, ...]]:
    return Known((WorkflowFile(text, parse_workflow(text, PATH)),))


@pytest.mark.parametrize(
    ("there", "conclusion", "told"),
    [
        (Unreadable("the workflow files", "GitHub denied it (403)", "try again"), "success", 1),
        (_files("on: ["), "success", 1),
        # What GitHub could not read either took no credentials.
        (_files("on: ["), "startup_failure", 0),
        (_files("on: push\njobs: {}"), "success", 0),
        (Absent("commit"), "success", 0),
        (Known(()), "success", 0),
    ],
)
def test_a_workflow_of_another_branch(there: Reading[Any], conclusion: str, told: int) -> None:
    run = replace(_ELSEWHERE, conclusion=conclusion)
    repository = replace(run.repository, default_branch="main")
    run = replace(run, repository=repository)

    def at(commit: str, **_: Any) -> Reading[Any]:
        return there if commit == run.head_sha else Known(())

    source: Any = SimpleNamespace(
        repository=lambda **_: repository,
        customization=lambda **_: Known(OidcCustomization()),
        list_runs=lambda **_: SimpleNamespace(attempts=(run,), next_page=None),
        head=lambda _name, **_: Known("a" * 40),
        workflows_at=at,
        next_runs=lambda attempts, **_: tuple(attempts),
    )

    def account(_question: AccountQuestion, _progress: Any, _cancelled: Any) -> Missing:
        raise AssertionError

    reader = DriftReader(
        source, account, lambda *_: Usage(), Case(), lambda: run.created_at + timedelta(days=1),
        progress=lambda _: None, cancelled=lambda: False,
    )  # fmt: skip
    unread = reader.seen(None).state.unread_workflows
    assert len(unread) == told
    assert all(text.startswith(PATH) for text in unread)
