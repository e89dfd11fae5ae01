"""Make the next run of a workflow as an attempt: nothing of it has begun, and its files tell everything.

It is replayed and judged like any other attempt: every job of the file that may hold credentials, every leg of a matrix and
every called workflow gives its role sessions, with what the text of its steps needs. What only a run knows (the inputs of a
dispatch, variables, secrets, who starts it) stays unknown.
"""

from __future__ import annotations

from datetime import datetime

from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Attempt, OidcCustomization, Repository
from diagnosis.facts.workflow import Workflow, WorkflowFile
from diagnosis.next_run.starts import Start

_NO_ARTIFACTS = Absent("artifacts of a run that has not begun")


def next_attempt(
    start: Start,
    path: str,
    file: Reading[WorkflowFile],
    repository: Repository,
    customization: Reading[OidcCustomization],
    at: datetime,
    commit: str = "",
) -> Attempt:
    """Return the attempt.

    ``path`` is the workflow file's in the repository, without a ref; ``commit`` the one at which the files were read, empty for a
    working folder; ``at`` the moment of the judgement. Called workflows, local actions and the other files are added by whoever
    reads the repository: :meth:`probes.checkout.Checkout.added_to`, or the GitHub side.
    """
    known = file.value.parsed if isinstance(file, Known) else None
    return Attempt(
        repository=repository,
        run_id=0,
        attempt=1,
        run_number=0,
        workflow_name=(known.name or "") if isinstance(known, Workflow) else "",
        workflow_path=f"{path}@{start.ref}" if start.ref else path,
        event=start.event,
        head_branch=_bare(start.ref),
        head_sha=commit,
        status="queued",
        conclusion=None,
        title="",
        actor="",
        created_at=at,
        started_at=None,
        updated_at=None,
        html_url="",
        jobs=Known(()),
        workflow_file=file,
        oidc_customization=customization,
        artifacts=_NO_ARTIFACTS,
    )


def _bare(ref: str | None) -> str | None:
    """Return the name of a branch or tag; GitHub's record of a run has it without its kind, which the path then tells."""
    return ref.split("/", 2)[2] if ref is not None and ref.count("/") > 1 else ref
