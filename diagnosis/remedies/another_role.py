"""Assuming another role that exists: it trusts the run already and holds what the release needs, so nothing is widened."""

from __future__ import annotations

from diagnosis.account import NamedPolicy, OtherRole
from diagnosis.excess import excess
from diagnosis.gates import Owner
from diagnosis.reading import Known
from diagnosis.remedies.offer import Offer, Situation
from diagnosis.remedies.role_search import of_the_role
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts import Change, ChangeKind, Remediation

_SCOPE_CAUSES = ("trust-too-open", "wildcard-escalation")


def offers(situation: Situation) -> tuple[Offer, ...]:
    """One for each role that was read, those that hold the least beside the need first; none of them is proved yet."""
    reading = situation.account.other_roles
    if not isinstance(reading, Known) or not of_the_role(situation) or not situation.run.role_arn:
        return ()
    ranked = sorted(reading.value.admitting, key=lambda item: (len(_beside(situation, item)), item.role.name))
    return tuple(_offer(situation, item) for item in ranked)


def _offer(situation: Situation, other: OtherRole) -> Offer:
    run, role = situation.run, other.role
    problems = of_the_role(situation)
    own = (run.role_arn or "").rpartition("/")[2]
    subject = run.subjects[0] if run.subjects else "the run"
    path = run.attempt.workflow_path
    step = run.crossing.step
    where = f"{path} (line {step.line})" if step is not None and step.line else path or "the workflow file"
    remediation = Remediation(
        id=f"use-role-{role.name}",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=problems[0].plane,
        checkpoint=problems[0].checkpoint,
        title=f"Assume the existing role {role.name} instead",
        words=f"Set `role-to-assume` to {role.arn} in {where}. {role.name} admits {subject} already and holds what the "
        "release needs: no policy changes and nothing is widened. A reviewer should ask its owner: is that role meant for "
        f"this workflow?{_written(situation)}",
        owner=Owner.RELEASE_ENGINEERING,
        verify="Push the workflow change and run the same workflow again: a rerun of the old run keeps the old file. The "
        "workflow file is another one then, and the closure rule on the same workflow and commit says so.",
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "role-to-assume", values=(role.arn,)),),
        difference=f"   with:\n-    role-to-assume: {_now(situation)}\n+    role-to-assume: {role.arn}",
        warnings=(*_left(situation, own), *(f"{role.name}: {note}" for note in _beside(situation, other))),
    )
    return Offer(
        remediation,
        proves=f"That the workflow passes on its own ref ({run.attempt.ref or subject}) with the role {role.name}.",
        does_not_prove=f"Nothing about {own}, which stays as it is; nor that {role.name} is meant for this workflow.",
    )


def _now(situation: Situation) -> str:
    """The input as the file has it."""
    step = situation.run.crossing.step
    written = step.input("role-to-assume") if step is not None else None
    return (written or situation.run.role_arn or "").strip()


def _written(situation: Situation) -> str:
    """Where the file names the role by an expression, its value may serve others too."""
    now = _now(situation)
    if is_legible(now):
        return ""
    return f" The file has {now} there: other workflows may take their role from that value, so write the ARN instead."


def _left(situation: Situation, own: str) -> tuple[str, ...]:
    """What stays wrong in the account, since its own role is left alone."""
    found = situation.of(*_SCOPE_CAUSES)
    return (f"{own} stays as it is, and is too open: mend it all the same.",) if found else ()


def _beside(situation: Situation, other: OtherRole) -> tuple[str, ...]:
    """What the role may do in other services: the workflow would hold that too."""
    policies: list[NamedPolicy] = []
    for reading in (other.inline_policies, other.attached_policies):
        if isinstance(reading, Known):
            policies.extend(reading.value)
    return excess(policies, situation.needs).notes
