"""The lines of GitHub's own command line that start a run again, as text to copy: planescope never runs them.

Refs, file names and inputs are foreign text: each stands as one quoted word, and a line that a terminal could read otherwise
than it looks is not offered.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow
from diagnosis.logs.scrubbed_values import MARK
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.remediation import Change, ChangeKind
from diagnosis.verdicts.replay import Replay
from tui.foreign_text import defused_line
from tui.widgets.runs.run_address import address_in

RERUN_DAYS = 30
"""GitHub starts a run again for so long after it was first started."""
_FAILED = ("failure", "timed_out", "cancelled", "action_required", "startup_failure")
_OF_THE_NEXT_RUN = (ChangeKind.EDIT_WORKFLOW, ChangeKind.DISPATCH_ON_REF)
"""Changes that a rerun does not meet: it keeps commit, ref and workflow file."""


@dataclass(frozen=True, slots=True)
class GhLine:
    """One line to copy."""

    label: str
    words: str
    """What it keeps and what it does not, in one sentence. Partly foreign text."""
    line: str


def gh_lines(replay: Replay, path: Path | None, now: datetime, taken_tag: str = "") -> tuple[GhLine, ...]:
    """Return the lines by which a run meets the chosen path's changes, the least first; none where none would.

    ``taken_tag``: the tag that the run pushed and that cannot be pushed again.
    """
    ref = next((str(each.target) for each in _changes(path) if each.kind is ChangeKind.DISPATCH_ON_REF), None)
    refused = why_no_rerun(replay.attempt, path, now, taken_tag)
    again = () if refused else _reruns(replay.attempt)
    lines = (*again, *_dispatch(replay, ref, refused))
    return tuple(each for each in lines if _is_plain(each.line))


def needs_new_run(path: Path | None) -> bool:
    """Return whether the path's changes reach a new run alone: a rerun keeps commit, ref and workflow file."""
    return any(change.kind in _OF_THE_NEXT_RUN for change in _changes(path))


def _changes(path: Path | None) -> tuple[Change, ...]:
    return tuple(change for remedy in path.remediations for change in remedy.changes) if path is not None else ()


def why_no_rerun(attempt: Attempt, path: Path | None, now: datetime, taken_tag: str = "") -> str:
    """Return why the run itself is not started again, as a sentence; empty where GitHub would, and it would meet the changes."""
    if needs_new_run(path):
        return (
            "This path changes the workflow or its ref, and a rerun keeps both: push the change, or start it by hand."
        )
    if attempt.status != "completed":
        return "The run is not over: GitHub starts it again only then."
    if now - attempt.created_at >= timedelta(days=RERUN_DAYS):
        return f"No rerun is offered: the run is older than {RERUN_DAYS} days, and GitHub starts it again no more."
    if taken_tag:
        return (
            f"No rerun is offered: its own image has the tag {defused_line(taken_tag)}, which cannot be pushed again."
        )
    return ""


def why_none(replay: Replay, path: Path | None, now: datetime, taken_tag: str = "") -> str:
    """Say why no line fits a run."""
    refused = why_no_rerun(replay.attempt, path, now, taken_tag)
    if refused and not needs_new_run(path):
        return f"{refused} Its workflow starts by no workflow_dispatch that was read."
    return refused or "No line is offered: a name in it would not read on a terminal as it is."


def _reruns(attempt: Attempt) -> tuple[GhLine, ...]:
    run, where = str(attempt.run_id), _repository(attempt)
    ref = f" of {defused_line(attempt.head_branch)}" if attempt.head_branch else ""
    keeps = f"keeps commit {attempt.head_sha[:7]}{ref}, and the workflow file as it was"
    whole = GhLine(
        "Rerun all jobs", f"A new attempt: it {keeps}.", shlex.join(["gh", "run", "rerun", run, "-R", where])
    )
    if attempt.conclusion not in _FAILED:
        return (whole,)
    line = shlex.join(["gh", "run", "rerun", run, "--failed", "-R", where])
    return GhLine("Rerun failed jobs", f"A new attempt of the jobs that failed: it {keeps}.", line), whole


def _dispatch(replay: Replay, other_ref: str | None, refused: str) -> tuple[GhLine, ...]:
    """Return the line that starts the workflow anew, where its file says so; it says why no rerun stands beside it."""
    attempt, workflow = replay.attempt, replay.workflow
    file, ref = attempt.workflow_file_name, _short(other_ref or attempt.head_branch or "")
    if not isinstance(workflow, Workflow) or "workflow_dispatch" not in workflow.triggers:
        return ()
    if not ref or file[:1] in ("", "-") or ref.startswith("-") or (other_ref is None and _is_of_fork(attempt)):
        return ()
    defaults = {each.name: each.default for each in workflow.declared_inputs if each.trigger == "workflow_dispatch"}
    given = [(name, value) for name, value in replay.inputs if name in defaults and value != defaults[name]]
    inputs = [word for name, value in given for word in ("-f", f"{name}={value}")]
    line = shlex.join(["gh", "workflow", "run", file, "--ref", ref, "-R", _repository(attempt), *inputs])
    unknown = (
        [name for name in defaults if name not in dict(replay.inputs)] if attempt.event == "workflow_dispatch" else []
    )
    more = (
        f" What the run was given for {defused_line(', '.join(unknown))} is not known: add -f NAME=VALUE."
        if unknown
        else ""
    )
    words = f"A new run on the newest commit of {defused_line(ref)}, with the workflow file that stands there.{more}"
    return (GhLine("Run the workflow anew", f"{words} {refused}".rstrip(), line),)


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _is_of_fork(attempt: Attempt) -> bool:
    """Return whether the ref lies in another repository, where this one's workflows cannot be started on it."""
    return (
        attempt.head_repository is not None and attempt.head_repository.lower() != attempt.repository.full_name.lower()
    )


def _repository(attempt: Attempt) -> str:
    """Return the repository as gh takes it: with its host where that is not github.com."""
    found = address_in(attempt.html_url)
    name = attempt.repository.full_name
    return name if found is None or found.host == "github.com" else f"{found.host}/{name}"


def _is_plain(line: str) -> bool:
    return defused_line(line) == line and MARK not in line
