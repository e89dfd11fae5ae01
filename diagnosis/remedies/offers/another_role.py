"""Offer another role that exists already, trusts the run and holds what the release needs, so that nothing is widened."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.facts.account import OtherRole
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Owner
from diagnosis.names.arn import Arn
from diagnosis.remedies.offer import Offer, Situation
from diagnosis.remedies.offers.dispatch import dispatch_command, inputs_to_give
from diagnosis.remedies.offers.role_difference import gained, lost
from diagnosis.remedies.offers.role_search import of_the_role
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_INPUT = re.compile(r"\$\{\{\s*(?:github\.event\.)?inputs\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")
_SCOPE_CAUSES = (Cause.TRUST_TOO_OPEN, Cause.WILDCARD_ESCALATION, Cause.SELF_ESCALATION)


def offers(situation: Situation) -> tuple[Offer, ...]:
    """Return an offer for each role that was read, those with the fewest other permissions first. None is proved yet."""
    reading = situation.account.other_roles
    if not isinstance(reading, Known) or not of_the_role(situation) or not situation.run.role_arn:
        return ()
    ranked = sorted(reading.value.admitting, key=lambda item: (len(gained(item, situation.needs)), item.role.name))
    return tuple(_offer(situation, item) for item in ranked)


def _offer(situation: Situation, other: OtherRole) -> Offer:
    run, role = situation.run, other.role
    problems = of_the_role(situation)
    own = run.role_arn.name if run.role_arn else ""
    subject = run.subjects[0] if run.subjects else "the run"
    given = _dispatch_input(situation)
    remediation = Remediation(
        id=f"use-role-{role.name}",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=problems[0].plane,
        checkpoint=problems[0].checkpoint,
        title=f"Assume the existing role {role.name} instead",
        words=f"{_change(situation, role.arn)} {role.name} admits {subject} already and holds what the release needs: no "
        "policy changes and nothing is widened. A reviewer should ask its owner: is that role meant for this workflow?",
        owner=Owner.RELEASE_ENGINEERING,
        verify=_SAME_FILE if given else _OTHER_FILE,
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "role-to-assume", values=(str(role.arn),)),),
        aws_cli=_dispatch(situation, given, role.arn) if given else "",
        difference=""
        if given
        else f"   with:\n-    role-to-assume: {_now(situation)}\n+    role-to-assume: {role.arn}",
        warnings=(*_warnings(situation, other), *(inputs_to_give(run, {given: str(role.arn)}) if given else ())),
    )
    return Offer(
        remediation,
        proves=f"That the workflow passes on its own ref ({run.attempt.ref or subject}) with the role {role.name}.",
        does_not_prove=f"That a run passes with {own}, which stays as it is; nor that {role.name} is meant for this workflow.",
    )


_OTHER_FILE = (
    "Push the workflow change and run the same workflow again: a rerun of the old run keeps the old file. The workflow "
    "file is another one then, and the closure rule on the same workflow and commit says so."
)
_SAME_FILE = (
    "Dispatch the workflow with that input and diagnose the run: a rerun of the old run keeps the old input. The file "
    "stays the same, and so does the commit while the ref has not moved."
)


def _change(situation: Situation, arn: Arn) -> str:
    """Return where the other role's ARN goes: into the input of a dispatch, or into the file."""
    attempt, step, now = situation.run.attempt, situation.run.release.step, _now(situation)
    path = attempt.workflow_path or "the workflow file"
    given = _dispatch_input(situation)
    if given:
        return f"Dispatch {path} with the input `{given}` set to {arn}; the file itself stays as it is."
    path = (step.file if step is not None else "") or path
    where = f"{path} (line {step.line})" if step is not None and step.line else path
    written = (
        ""
        if is_legible(now)
        else f" The file has {now} there: other workflows may take their role from that value, so write the ARN instead."
    )
    return f"Set `role-to-assume` to {arn} in {where}.{written}"


def _dispatch_input(situation: Situation) -> str | None:
    """Return the input from which a dispatched run takes its role; None where it takes it from elsewhere."""
    run, found = situation.run, _INPUT.fullmatch(_now(situation))
    if found is None or run.attempt.event != "workflow_dispatch" or not isinstance(run.workflow, Workflow):
        return None
    return found[1] if found[1] in dict(run.workflow.inputs) else None


def _dispatch(situation: Situation, name: str, arn: Arn) -> str:
    ref = (situation.run.attempt.ref or "").removeprefix("refs/heads/").removeprefix("refs/tags/")
    return dispatch_command(situation.run, ref, {name: str(arn)})


def _now(situation: Situation) -> str:
    """Return the input's present value in the file."""
    step = situation.run.release.step
    written = step.input("role-to-assume") if step is not None else None
    return (written or str(situation.run.role_arn or "")).strip()


def _warnings(situation: Situation, other: OtherRole) -> tuple[str, ...]:
    """Warn of what stays as it is, and of what else would change for the workflow."""
    own, name = situation.run.role_arn.name if situation.run.role_arn else "", other.role.name
    found: list[str] = []
    if situation.of(*_SCOPE_CAUSES):
        # Its own role is left alone.
        found.append(f"{own} stays as it is, and is too open: mend it all the same.")
    steps = _other_steps(situation)
    if steps:
        those = f"{steps} other step{'s' * (steps != 1)}"
        found.append(
            f"The same input names the role of {those}."
            if _dispatch_input(situation)
            else f"{own} is assumed by {those} too; this leaves them as they are."
        )
    missed = lost(situation.account, other)
    if missed:
        found.append(f"{own} also allows {missed}; {name} does not: does the workflow need it?")
    return (*found, *(f"{name}: {note}" for note in gained(other, situation.needs)))


def _other_steps(situation: Situation) -> int:
    """Return how many other steps of the workflow file name their role as this one does."""
    workflow, step = situation.run.workflow, situation.run.release.step
    if step is None or not isinstance(workflow, Workflow):
        return 0
    steps = [item for job in workflow.jobs for item in job.all_steps if item is not step]
    return sum((item.input("role-to-assume") or "").strip() == _now(situation) for item in steps)
