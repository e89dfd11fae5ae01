"""Say how a workflow would be started next: by which event, on which ref.

Its newest run tells it best. A workflow that never ran is started by its triggers: each that its file names gives a start,
on the default branch, or on a name that its filters let through. Source: GitHub's "Events that trigger workflows".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnosis.facts.reading import Known
from diagnosis.facts.ref_filters import example_name, kind_of_push, may_push
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow

_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_PULL_REQUESTS = ("pull_request", "pull_request_review", "pull_request_review_comment")
_OF_ANY_REF = ("create", "deployment", "deployment_status")
"""Such a run is on the branch or tag that was made, or is deployed."""
_CALLED = "workflow_call"
"""Such a workflow is run by those that call it, and judged with them."""
_LIKE = "like run "
_A_TAG = "v1.0.0"
"""Stands for the tag of a release, which the file does not name."""


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a workflow is started."""

    event: str
    """``push``, ``release``, ``workflow_dispatch``, …"""
    ref: str | None
    """In full; None where it is not known, and for a pull request, whose number is not."""
    source: str
    """How that is known, in words: ``like run 7004``, ``push to a tag such as v1.1``."""
    example: bool = False
    """Whether the ref stands for others: a name that the filters let through, chosen here."""

    @property
    def of_pull_request(self) -> bool:
        """Whether it is a pull request's: such a run presents a subject of its own form, and releases nothing as a rule."""
        return self.event in _PULL_REQUESTS


def next_start(workflow: Workflow, default_branch: str | None, runs: Iterable[Attempt] = ()) -> Start | None:
    """Return how the workflow is started next: like its newest run, else by the first of its triggers that is no pull request's.

    ``runs`` may be of any workflow and in any order. None for a workflow that others call, or that nothing starts.
    """
    path = workflow.path.partition("@")[0]
    own = [run for run in runs if run.workflow_path.partition("@")[0] == path and run.event in workflow.triggers]
    told = [run for run in own if run.ref and run.event not in _PULL_REQUESTS]
    if told:
        newest = max(told, key=lambda run: (run.created_at, run.run_id, run.attempt))
        return Start(newest.event, _ref_of(newest, workflow), f"{_LIKE}{newest.run_id}")
    starts = starts_of(workflow, default_branch)
    return next((start for start in starts if not start.of_pull_request), starts[0] if starts else None)


def _ref_of(run: Attempt, workflow: Workflow) -> str:
    """Return a run's full ref. Lists of runs tell no tag from a branch; where its own file was not read, this one's filters do."""
    name = run.head_branch or ""
    told = run.on_tag or isinstance(run.workflow_file, Known) or "@refs/" in run.workflow_path
    if told or run.event != "push" or name.startswith("refs/") or name == run.repository.default_branch:
        return run.ref
    return f"{_TAGS}{name}" if kind_of_push(workflow, name) == "tag" else run.ref


def next_starts(workflow: Workflow, default_branch: str | None, runs: Iterable[Attempt] = ()) -> tuple[Start, ...]:
    """Return every way in which the workflow is started: as :func:`next_start` says first, then by its other triggers.

    Where a trigger's ref is an example, or not known, and a run tells one of that kind, it is like that run. Pull requests last.
    """
    known = tuple(runs)
    first = next_start(workflow, default_branch, known)
    if first is None:
        return ()
    others = sorted(starts_of(workflow, default_branch), key=lambda start: start.of_pull_request)
    found = {(start.event, start.ref): start for start in [first, *(_as_ran(each, workflow, known) for each in others)]}
    return (first, *(start for start in found.values() if (start.event, start.ref) != (first.event, first.ref)))


def _as_ran(start: Start, workflow: Workflow, runs: Iterable[Attempt]) -> Start:
    """Return the start with the ref of the newest run of its event and kind of ref, where its own is made up."""
    if not start.example or start.ref is None:
        return start
    like = next_start(
        workflow,
        None,
        (run for run in runs if run.event == start.event and _kind(_ref_of(run, workflow)) == _kind(start.ref)),
    )
    return like if like is not None and like.source.startswith(_LIKE) else start


def _kind(ref: str | None) -> str:
    """Return the beginning of a full ref: ``refs/tags/``."""
    return next((kind for kind in (_HEADS, _TAGS) if (ref or "").startswith(kind)), "")


def starts_of(workflow: Workflow, default_branch: str | None) -> tuple[Start, ...]:
    """Return one start for each trigger of the file, and for each kind of ref that its push filters let through."""
    found = (start for event in workflow.triggers for start in _by(event, workflow, default_branch))
    return tuple(dict.fromkeys(found))


def _by(event: str, workflow: Workflow, default_branch: str | None) -> Iterator[Start]:
    on_default = f"{_HEADS}{default_branch}" if default_branch else None
    if event == _CALLED:
        return
    if event == "push":
        yield from _pushes(workflow, default_branch)
    elif event == "release":
        yield Start(event, f"{_TAGS}{_A_TAG}", f"a release with a tag such as {_A_TAG}", example=True)
    elif event == "merge_group":
        ref = f"{_HEADS}gh-readonly-queue/{default_branch or 'main'}/pr-1-{'0' * 40}"
        yield Start(event, ref, "a group of the merge queue", example=True)
    elif event in _OF_ANY_REF:
        yield Start(event, None, f"{event} of a branch or tag", example=True)
    elif event in _PULL_REQUESTS:
        yield Start(event, None, "a pull request")
    else:
        yield Start(event, on_default, f"{event} on the default branch")


def _pushes(workflow: Workflow, default_branch: str | None) -> Iterator[Start]:
    """Yield a push to a branch and one to a tag, as far as the filters let them through; tags count where they are named."""
    patterns = dict(workflow.push_patterns)
    filters = {name: patterns.get(name, ()) for name in workflow.push_filters}
    if default_branch and may_push(filters, "branches", default_branch):
        yield Start("push", f"{_HEADS}{default_branch}", "a push to the default branch")
    elif "branches" in filters or default_branch is None or may_push(filters, "branches", default_branch) is None:
        yield from _named(filters.get("branches", ()), _HEADS, "branch")
    elif "branches-ignore" in filters:
        yield Start("push", None, "a push to a branch that is not ignored", example=True)
    if "tags" in filters:
        yield from _named(filters["tags"], _TAGS, "tag")
    elif "tags-ignore" in filters:
        known = may_push(filters, "tags", _A_TAG)
        ref = f"{_TAGS}{_A_TAG}" if known else None
        yield Start("push", ref, "a push to a tag that is not ignored", example=True)


def _named(patterns: tuple[str, ...], prefix: str, kind: str) -> Iterator[Start]:
    name = example_name(patterns)
    if name is None:
        yield Start("push", None, f"a push to a {kind} that the filters let through", example=True)
    else:
        literal = name in patterns
        said = f"a push to the {kind} {name}" if literal else f"a push to a {kind} such as {name}"
        yield Start("push", prefix + name, said, example=not literal)
