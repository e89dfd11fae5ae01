"""Find what proves, in a recorded job, that other services let the run through: calls that are proved by the success of their step.

A command that the script would carry on from proves nothing. An action's step that succeeded proves what the action is documented
to call. Every call that the job needs has to be proved; one that a skipped step would have made was not exercised, and what a
step that cannot be read would have called was not either, unless it ran to a good end.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Checkpoint
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.proofs import Proof, Unproved
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.needs import gaps_of, is_never
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.verdicts.release import Need, NeedKind

_MOST_NAMED = 6


def services(read: ReadJob, evidence_of: EvidenceBuilder, needs: tuple[Need, ...]) -> Proof | Unproved:
    """Prove the service authorization gate for the needs at it."""
    proved: dict[str, list[Evidence]] = {}
    open_: dict[str, None] = {}
    called: set[str] = set()
    for step, operation in _calls(read):
        action = operation.action or ""
        called.add(action)
        if step.number is not None and _is_done(step, operation):
            proved.setdefault(action, []).append(evidence_of.conclusion(read, step))
        else:
            open_.setdefault(f"{action} of step “{step.name}”")
    for need in needs:
        required = need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION and need.kind is NeedKind.REQUIRED
        if required and need.action not in called:
            open_.setdefault(f"{need.action} of step “{need.step}”" if need.step else need.action)
    open_ |= dict.fromkeys(_unread(read))
    evidence = tuple(dict.fromkeys(item for items in proved.values() for item in items))
    if not proved:
        return Unproved("No call of another service that this job makes is proved by the run.")
    if open_:
        return Unproved(
            f"Other services allowed: {_named(proved)}; not exercised or not proved: {_named(open_)}.", evidence
        )
    return Proof(
        f"Other services allowed what the run asked: {_named(proved)}.", evidence, Checkpoint.SERVICE_AUTHORIZATION
    )


def _calls(read: ReadJob) -> Iterator[tuple[ReadStep, Operation]]:
    for step in read.steps:
        if is_never(step.condition) or step.matched.is_post:
            continue
        for operation in step.operations:
            # What a step may do without was perhaps never called: it is neither proved nor lacking.
            if operation.purpose is Purpose.SERVICE and operation.action and not operation.tolerated:
                yield step, operation


def _unread(read: ReadJob) -> Iterator[str]:
    """Yield the steps whose calls are not all known and that did not run to a good end: what they would have called is open."""
    names = {gap.step for gap in gaps_of(read)}
    return (
        f"what step “{step.name}” calls" for step in read.steps if step.name in names and not step.matched.succeeded
    )


def _is_done(step: ReadStep, operation: Operation) -> bool:
    """Return whether the recorded success of the step says that the call was made: what is documented of an action counts."""
    tolerates = step.continue_on_error not in (False, "false", "")
    return step.matched.written is not None and step.matched.succeeded and not tolerates and not operation.guarded


def _named(names: dict[str, list[Evidence]] | dict[str, None]) -> str:
    found = list(names)
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more
