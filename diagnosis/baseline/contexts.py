"""Say in which contexts the jobs of a workflow can ask for a token, as patterns that leave nothing out.

A pattern is what follows the repository in a subject: ``environment:NAME``, ``ref:refs/heads/*``, ``pull_request``. Where the
file does not tell for certain the pattern is wider than the truth: that nobody presents a subject is claimed by these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.migration.globs import matches
from diagnosis.migration.tokens import jobs_with_credentials

BRANCHES, TAGS = "ref:refs/heads/", "ref:refs/tags/"
_PULL_REQUESTS = ("pull_request", "pull_request_review", "pull_request_review_comment")
_EXPRESSION = re.compile(r"\$\{\{.*\}\}", re.DOTALL)
_SPECIAL = re.compile(r"[*?+\[\\!]")


def contexts_of(workflow: Workflow, default_branch: str | None) -> tuple[str, ...]:
    """Return the contexts of the jobs that may hold credentials, sorted. Called workflows stand in their places."""
    found = {context for job in jobs_with_credentials(workflow) for context in _of_job(job, workflow, default_branch)}
    return tuple(sorted(found))


def may_present(contexts: tuple[str, ...], context: str) -> bool:
    """Return whether one of the patterns holds a context; letter case tells environments of GitHub apart nowhere."""
    return any(matches(pattern.casefold(), context.casefold()) for pattern in contexts)


def _of_job(job: WorkflowJob, workflow: Workflow, default_branch: str | None) -> Iterator[str]:
    if job.uses:
        # The called file was not read: its jobs may name any environment.
        yield "*"
        return
    if job.environment:
        name = job.environment
        yield f"environment:{name.partition('${{')[0]}*" if "${{" in name else f"environment:{name}"
    # An expression may come to nothing, and then the job names no environment.
    if not job.environment or _EXPRESSION.fullmatch(job.environment.strip()):
        for event in workflow.triggers:
            yield from _of_event(event, workflow, default_branch)


def _of_event(event: str, workflow: Workflow, default_branch: str | None) -> Iterator[str]:
    on_default = f"{BRANCHES}{default_branch or '*'}"
    if event in _PULL_REQUESTS:
        yield "pull_request"
        if event != "pull_request":
            yield f"{BRANCHES}*"
    elif event == "pull_request_target":
        yield from ("pull_request", f"{BRANCHES}*")
    elif event == "push":
        yield from _of_push(workflow)
    elif event == "schedule":
        yield on_default
    elif event == "release":
        yield f"{TAGS}*"
    else:
        # A dispatch runs on any branch or tag, and a workflow that others call on any of theirs.
        yield from (f"{BRANCHES}*", f"{TAGS}*")


def _of_push(workflow: Workflow) -> Iterator[str]:
    patterns = dict(workflow.push_patterns)
    filtered = set(workflow.push_filters) & {"branches", "branches-ignore", "tags", "tags-ignore"}
    for kind, prefix in (("branches", BRANCHES), ("tags", TAGS)):
        if kind in filtered:
            for pattern in patterns.get(kind, ("*",)):
                if not pattern.startswith("!"):
                    special = _SPECIAL.search(pattern)
                    yield prefix + (pattern if special is None else f"{_certain(pattern, special)}*")
        elif f"{kind}-ignore" in filtered or not filtered:
            yield f"{prefix}*"


def _certain(pattern: str, special: re.Match[str]) -> str:
    """Return what every name begins with that the pattern lets through; ``?`` and ``+`` are of the sign before them."""
    return pattern[: max(0, special.start() - (special[0] in "?+"))]
