"""Put what the several ways say in which a workflow is started on its one line: the worst that the next run may meet.

A push to the default branch may pass where the push of a tag fails, and the job that only a tag starts needs of the role what the
other does not: so each way is judged, the gravest is told, and what all of them need counts for what is granted beyond need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from diagnosis.causes import Cause
from diagnosis.facts.account import Role
from diagnosis.fleet.row import MOST_NEEDS, RoleUse, StartRow, WorkflowRow
from diagnosis.gates import ALL_GATES, Gate, Verdict
from diagnosis.names.arn import Arn
from diagnosis.next_run.starts import Start
from diagnosis.policy import Unparsable
from diagnosis.verdicts.gate_verdict import Missing

GateRow: TypeAlias = tuple[Gate, Verdict, str]
MOST_STARTS = 8
"""Ways of one workflow that are judged; of more, not all of its needs are known."""
_ACTIVE = "active"
_RANK = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.BLOCKED: 1, Verdict.PASS: 2}
_MOST_UNKNOWN = 40
_OWN_KEYS = (":sub", ":aud")
_BY_REF = frozenset(
    each.value
    for each in (
        *(Cause.SUBJECT_NOT_ADMITTED, Cause.SUBJECT_SHAPE, Cause.SUBJECT_TYPO, Cause.SUBJECT_IMMUTABLE_FORM),
        *(Cause.CONDITION_OPERATOR, Cause.CLAIM_PIN, Cause.TRUST_CONDITION, Cause.TRUST_EXPLICIT_DENY),
    )
)
"""Causes that the name of the ref may decide."""


def on_one_line(
    judged: Sequence[tuple[Start, WorkflowRow]], *, left_out: int = 0, state: str = _ACTIVE, file_of: str = ""
) -> WorkflowRow:
    """Return the line of a workflow from those of its starts, the likeliest first.

    A pull request's start stops no release where there is another: it counts for its roles alone. ``left_out`` starts were not
    judged; ``state`` is GitHub's of the workflow; ``file_of`` is the ref whose file was not looked at, though the next run is
    like one there. Where something was not looked at, that nothing else fails is no pass.
    """
    releasing = [row for start, row in judged if not start.of_pull_request] or [row for _, row in judged]
    rows = [*releasing, *(row for start, row in judged if start.of_pull_request)]
    worst = min(releasing, key=_gravity)
    told = tuple(StartRow(row.event, row.ref, row.source, row.next_run) for row in releasing)
    beside = tuple(_beside(left_out, file_of))
    row = replace(
        worst,
        roles=tuple(_uses((row for _, row in judged), left_out)),
        unknown_roles=tuple(dict.fromkeys(role for _, row in judged for role in row.unknown_roles)),
        # A role is as open, whichever start assumes it.
        callers=min((row.callers for row in rows), key=lambda each: _RANK[each.verdict]),
        wave=min((row.wave for row in rows), key=lambda each: _RANK[each.verdict]),
        too_broad=tuple(dict.fromkeys(item for row in rows for item in row.too_broad)),
        unknown=tuple(dict.fromkeys((*beside, *(gap for row in releasing for gap in row.unknown))))[:_MOST_UNKNOWN],
        gates=_with_doubt(worst.gates, beside),
        starts=told if len(told) > 1 else (),
    )
    return row if state == _ACTIVE else _disabled(row, state)


def _with_doubt(gates: tuple[GateRow, ...], beside: Sequence[Missing]) -> tuple[GateRow, ...]:
    """Return the gates, none of them passed by what was not looked at."""
    if not beside:
        return gates
    why = f"Not known: {beside[0].what}: {beside[0].why}."
    return tuple(
        (gate, Verdict.UNKNOWN, why) if verdict is Verdict.PASS else (gate, verdict, said)
        for gate, verdict, said in gates
    )


def _gravity(row: WorkflowRow) -> tuple[int, int]:
    return _RANK[row.next_run], row.fails_at.order if row.fails_at else len(ALL_GATES)


def _disabled(row: WorkflowRow, state: str) -> WorkflowRow:
    """Return the line of a workflow that GitHub starts by nothing: who gets in, and what is granted, holds all the same."""
    source = f"nothing starts it: GitHub has it as {state}"
    return replace(row, event="", ref="", source=source, gates=(), stops=(), starts=(), state=state)


def _beside(left_out: int, file_of: str) -> Iterator[Missing]:
    if file_of:
        why = "the workflow is judged as the default branch has it"
        yield Missing(f"the workflow file as {file_of} has it", why, "diagnose a run of that branch")
    if left_out:
        why = f"the first {MOST_STARTS} ways in which it is started are judged"
        yield Missing(f"{left_out} more ways in which it is started", why, "diagnose this workflow alone")


def _uses(rows: Iterable[WorkflowRow], left_out: int) -> Iterator[RoleUse]:
    """Yield what each role is used for, by all starts together."""
    by_role: dict[Arn, list[RoleUse]] = {}
    for row in rows:
        for use in row.roles:
            by_role.setdefault(use.role, []).append(use)
    more = (f"{left_out} more ways in which the workflow is started: they were not judged",) if left_out else ()
    for role, uses in by_role.items():
        needs = tuple(dict.fromkeys(pair for use in uses for pair in use.needs))
        beyond = max(0, len(needs) - MOST_NEEDS) + max(use.left_out for use in uses)
        sentences = dict.fromkeys((*(text for use in uses for text in use.open_uses), *more))
        yield RoleUse(role, needs[:MOST_NEEDS], beyond, tuple(sentences))


def without_claims_of_an_example(row: WorkflowRow, start: Start, roles: Sequence[Role]) -> WorkflowRow:
    """Return the line without a failure that only the made-up name of a ref proves: another name may be let in.

    It stands where no trust policy lets in any ref of that kind: one that bounds nothing but subject and audience, and whose
    subjects all name a ref of the other kind.
    """
    head = next((head for head in ("refs/tags/", "refs/heads/") if (start.ref or "").startswith(head)), "")
    causes = {stop.cause for stop in row.stops if stop.gate is Gate.ROLE_ASSUMPTION}
    refused = row.fails_at is Gate.ROLE_ASSUMPTION and causes <= _BY_REF
    if not (start.example and head and refused) or not any(_may_admit(role, head) for role in roles):
        return row
    why = f"{start.ref} stands for the names that start it, and the trust policy may let in others of them"
    gap = Missing(f"which ref starts it by {start.event}", why, "diagnose a run that it started")
    gates = tuple(
        (gate, Verdict.UNKNOWN if gate is Gate.ROLE_ASSUMPTION else verdict, reason)
        for gate, verdict, reason in row.gates
    )
    stops = tuple(stop for stop in row.stops if stop.gate is not Gate.ROLE_ASSUMPTION)
    return replace(row, gates=gates, stops=stops, unknown=(gap, *row.unknown))


def _may_admit(role: Role, head: str) -> bool:
    """Return whether a trust policy may let in another ref that begins so, as far as its text tells."""
    policy = role.trust_policy.policy
    if isinstance(policy, Unparsable):
        return True
    for statement in policy.allows:
        keys = [item.folded_key for item in statement.conditions]
        subjects = [item.values for item in statement.conditions if item.folded_key.endswith(":sub")]
        if not subjects or not all(key.endswith(_OWN_KEYS) for key in keys):
            return True
        if any(
            head in text or ("refs/" not in text and set(text) & set("*?$")) for values in subjects for text in values
        ):
            return True
    return False
