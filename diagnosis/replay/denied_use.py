"""Place a denial of another service where this job shows it: at service authorization, or with another identity.

A log alone often leaves open whose call was refused. The job tells: which roles it assumes, whether it assumes one at all, and
what the step that failed calls. A role that the session could not take by itself (``sts:AssumeRole`` on a role that no step
is told to assume: the CDK's bootstrap roles, the role of a Terraform provider) is a use of the session like any other call;
the roles that steps assume stay with the gate *role assumption*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diagnosis.causes import Cause, tell_apart_of
from diagnosis.failures.denial_sentence import operation_of
from diagnosis.failures.rule import role_name
from diagnosis.failures.service_denials import UNTYPED, at_its_gate, is_service_denial
from diagnosis.failures.whose_identity import Whose, identity_of
from diagnosis.gates import Checkpoint, Plane
from diagnosis.names.arn import Arn
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.gate_verdict import Finding

_REFUSED = ("AccessDenied", "Access Denied")


def roles_of(read: ReadJob) -> frozenset[str]:
    """Return the names of the roles that the job's steps assume, or are given by an input; empty where one is not legible."""
    targets = [
        operation.target or ""
        for step in read.steps
        for operation in step.operations
        if operation.purpose is Purpose.ASSUME
    ]
    targets += [value for step in read.steps for value in _given_roles(step)]
    names = [role_name(target) for target in targets]
    known = [name for name in names if name]
    return frozenset(known) if len(known) == len(names) else frozenset()


def _given_roles(step: ReadStep) -> Iterator[str]:
    """Yield the roles that an action's inputs give it: an action that is not known may assume one."""
    own = step.matched.written
    pairs = [(key, value) for section in step.sections for key, value, _ in section.inputs]
    for key, value in (*pairs, *(own.inputs if own is not None else ())):
        is_masked = "*" in value and role_name(value) is None
        if "role" in key.lower() and "session" not in key.lower() and (is_masked or ":role/" in value):
            yield value if is_legible(value) else ""


def is_of_another(principal: str | None, roles: frozenset[str]) -> bool:
    """Return whether a principal is certainly no session of these, the job's own roles."""
    return identity_of(principal, roles).whose is Whose.ANOTHER


def placed(read: ReadJob, step: ReadStep | None, finding: Finding) -> Finding:
    """Return the finding at the place that the job gives it; any but a denial of another service stays as it is."""
    finding = _unworded(step, finding)
    if is_service_denial(finding):
        assumes = any(each.does(Purpose.ASSUME) for each in read.steps)
        spoken = assumes or finding.checkpoint is Checkpoint.SERVICE_AUTHORIZATION
        return at_its_gate(_in_partition(read, _named(step, finding)), roles_of(read), spoken=spoken)
    return _next_role(read, finding)


def _services(step: ReadStep | None) -> tuple[Operation, ...]:
    found = step.operations if step else ()
    return tuple(operation for operation in found if operation.purpose is Purpose.SERVICE and operation.action)


def _named(step: ReadStep | None, finding: Finding) -> Finding:
    """Return the finding with the action of the step's own call, where the client named an operation that several services have."""
    operation = operation_of(finding.evidence.text) if finding.evidence else None
    if finding.action is not None or operation is None:
        return finding
    actions = {each.action for each in _services(step) if (each.action or "").endswith(f":{operation}")}
    if len(actions) != 1:
        return finding
    action = next(iter(actions))
    return replace(finding, action=action, sentence=finding.sentence.replace(operation, action or operation, 1))


def _in_partition(read: ReadJob, finding: Finding) -> Finding:
    """Return the finding with the bucket that a client named by its URL in the partition of the job's role."""
    arn = Arn.parse(finding.resource)
    text = finding.evidence.text if finding.evidence else ""
    targets = [
        operation.target for step in read.steps for operation in step.operations if operation.purpose is Purpose.ASSUME
    ]
    partitions = {role.partition for role in map(Arn.parse, targets) if role is not None and role.is_role}
    if arn is None or arn.service != "s3" or str(arn) in text or len(partitions) != 1:
        return finding
    own = replace(arn, partition=next(iter(partitions)))
    return replace(finding, resource=str(own), sentence=finding.sentence.replace(str(arn), str(own)))


def _unworded(step: ReadStep | None, finding: Finding) -> Finding:
    """Return a refusal without a word on what was called as one of the step's calls, where the step calls other services."""
    services = _services(step)
    text = finding.evidence.text if finding.evidence else ""
    if finding.cause is not Cause.OTHER_SERVICE or not services or not any(word in text for word in _REFUSED):
        return finding
    actions = tuple(dict.fromkeys(operation.action for operation in services))
    action = actions[0] if len(actions) == 1 else None
    named = ", ".join(str(each) for each in actions[:5])
    return replace(
        finding,
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.SERVICE_AUTHORIZATION,
        cause=None,
        candidates=UNTYPED,
        action=action,
        sentence=f"AWS refused a call of step “{step.name if step else ''}”, which makes {named}; its words name neither call nor "
        "policy.",
        tell_apart=tell_apart_of(None, UNTYPED),
    )


def _next_role(read: ReadJob, finding: Finding) -> Finding:
    """Return the refusal of a role that no step is told to assume as a use of the session that asked for it."""
    roles = roles_of(read)
    target = Arn.parse(finding.resource)
    asked = finding.checkpoint is Checkpoint.ROLE_ASSUMPTION and finding.action == "sts:AssumeRole"
    if not (asked and roles and target is not None and target.is_role) or target.name in roles:
        return finding
    session = Arn.parse(finding.principal)
    role = session.role_of_session() if session else None
    if role is None or role.name not in roles:
        return finding
    cause, candidates = finding.cause, finding.candidates
    if cause is Cause.ROLE_CHAINING and "no identity-based policy allows" in (finding.sentence or ""):
        cause = Cause.SERVICE_ACTION
    elif cause is Cause.ROLE_CHAINING:
        cause, candidates = None, (Cause.ROLE_CHAINING, Cause.SERVICE_ACTION)
    return replace(
        finding,
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.SERVICE_AUTHORIZATION,
        cause=cause,
        candidates=candidates,
        sentence=f"AWS refused sts:AssumeRole on {target} to the run's own session: the role's policies have to allow it, and the "
        "trust policy of that other role has to admit the role.",
        tell_apart=tell_apart_of(cause, candidates),
    )
