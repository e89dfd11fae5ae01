"""Divide a job into its role sessions: which of its calls are made with which role.

A role that a step takes for those after it lasts; one that a script takes for itself ends with it, for what a shell exports is
gone at its end, and so does one that an action only gives as outputs: those steps have it that are given the outputs. What
docker's login wrote down outlives the session that it was asked with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.steps.static_key_steps import OWN_LOGIN, takes_role, with_roles_only
from diagnosis.steps.variables import is_legible


@dataclass(frozen=True, slots=True)
class RolePart:
    """The calls of a job that are made with one role, as a job of their own."""

    read: ReadJob
    before: int = 0
    """The place of the session from which a later step took this one's role."""


def role_sessions(read: ReadJob) -> tuple[ReadJob, ...]:
    """Return the job once for each role that it assumes, with the steps that have that role; a job that assumes none, as it is."""
    return tuple(part.read for part in role_parts(read))


def role_parts(read: ReadJob) -> tuple[RolePart, ...]:
    """Return the same, with which session each role is taken from.

    What stands before the first role belongs to the first. A role that is assumed again goes on with its session. Two roles
    whose names are not legible count as two where they are written differently.
    """
    read = with_roles_only(read)
    division = _Division()
    for step in read.steps:
        division.take(step)
    if len(division.parts) == 1 and tuple(division.parts[0].steps) == read.steps:
        return (RolePart(read),)
    return tuple(RolePart(replace(read, steps=tuple(part.steps)), part.before) for part in division.parts)


@dataclass(slots=True)
class _Part:
    role: str | None = None
    before: int = 0
    steps: list[ReadStep] = field(default_factory=list)
    logins: set[str] | None = None
    """The accounts to whose registries it logged in; None where it logged in to none."""


@dataclass(slots=True)
class _Division:
    parts: list[_Part] = field(default_factory=lambda: [_Part()])
    now: int = 0
    """The session that a step has which says nothing else."""
    by_id: dict[str, int] = field(default_factory=dict)
    """The sessions whose keys are outputs of a step, by its id."""

    def take(self, step: ReadStep) -> None:
        """Put a step's operations to the sessions that they are made with."""
        given = self.by_id.get(_keys_from(step) or "", self.now)
        takes = [at for at, each in enumerate(step.operations) if takes_role(each)]
        if not takes:
            self._put(step, given)
            return
        home = given
        for nth, begin in enumerate((0, *takes[1:])):
            end = takes[nth + 1] if nth + 1 < len(takes) else len(step.operations)
            piece = step if len(takes) == 1 else replace(step, operations=step.operations[begin:end])
            self._enter(piece, home, lasts=nth == len(takes) - 1 and _lasts(step))

    def _enter(self, step: ReadStep, home: int, *, lasts: bool) -> None:
        """Put a step that takes one role."""
        role = next(each.target or "" for each in step.operations if takes_role(each))
        own = step.matched.written
        first = self.parts[0].role is None
        if first or role == self.parts[home].role:
            at = home if not first else 0
            self.parts[at].role = role
            kept = tuple(each for each in step.operations if not _is_of_the_session_before(each))
            self._put(step if kept == step.operations else replace(step, operations=kept), at)
        else:
            earlier, later = _divided(step)
            if earlier is not None:
                self._put(earlier, home)
            same = (at for at, part in enumerate(self.parts) if part.role == role and not lasts and is_legible(role))
            at = next(same, len(self.parts))
            if at == len(self.parts):
                self.parts.append(_Part(role, home))
            self._put(later, at)
        if lasts:
            self.now = at
        if own is not None and own.id:
            self.by_id[own.id] = at

    def _put(self, step: ReadStep, at: int) -> None:
        """Put a step to a session; what it moves to or from a registry, to the session that logged in there."""
        for each in step.operations:
            if each.purpose is Purpose.LOGIN and not each.elsewhere:
                self.parts[at].logins = (self.parts[at].logins or set()) | set(_accounts(each, self.parts[at].role))
        holders = [self._holder(each, at) for each in step.operations]
        moved = sorted({each for each in holders if each != at})
        for other in moved:
            theirs = tuple(each for each, holder in zip(step.operations, holders, strict=True) if holder == other)
            self.parts[other].steps.append(replace(step, operations=theirs))
        if moved:
            rest = tuple(each for each, holder in zip(step.operations, holders, strict=True) if holder == at)
            step = replace(step, operations=rest)
        self.parts[at].steps.append(step)

    def _holder(self, operation: Operation, at: int) -> int:
        if operation.purpose not in (Purpose.PUSH, Purpose.PULL) or operation.elsewhere or operation.kind in OWN_LOGIN:
            return at
        address = EcrAddress.find(operation.target)
        account = address.account if address is not None else None
        order = [at, *(place for place in reversed(range(len(self.parts))) if place != at)]
        logged_in = [(place, self.parts[place].logins) for place in order]
        return next(
            (place for place, accounts in logged_in if accounts is not None and account in accounts),
            next((place for place, accounts in logged_in if accounts is not None), at),
        )


_KEYS_OF = re.compile(r"\$\{\{\s*steps\.([\w-]+)\.outputs\.aws-access-key-id\s*\}\}")


def _keys_from(step: ReadStep) -> str | None:
    """Return the id of the step whose outputs are the keys in this step's environment."""
    own = step.matched.written
    for name, value in own.env if own is not None else ():
        found = _KEYS_OF.fullmatch(value.strip()) if name == "AWS_ACCESS_KEY_ID" else None
        if found:
            return found[1]
    return None


def _lasts(step: ReadStep) -> bool:
    """Return whether the role that a step takes is that of the steps after it, too."""
    own = step.matched.written
    if step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS):
        return _input(step, "output-env-credentials") != "false"
    scripts = [section.script for section in step.sections if section.script] or [own.run if own and own.run else ""]
    signs = ("GITHUB_ENV", "aws configure", ".aws/", "SHARED_CREDENTIALS")
    return step.hands_on_keys or not any(scripts) or any(sign in text for text in scripts for sign in signs)


def _accounts(login: Operation, role: str | None) -> Iterator[str]:
    """Yield the accounts of the registries that a login is for: those it names, else the role's own."""
    yield from login.registries
    address = EcrAddress.find(login.target)
    arn = Arn.parse(role) if role and is_legible(role) else None
    if address is not None and address.account:
        yield address.account
    elif not login.registries and arn is not None and arn.has_account:
        yield arn.account


def _divided(step: ReadStep) -> tuple[ReadStep | None, ReadStep]:
    """Return what a step calls with the session before it takes its role, if anything, and the rest of it."""
    taken = next(at for at, each in enumerate(step.operations) if takes_role(each))
    before = tuple(
        each
        for at, each in enumerate(step.operations)
        if _is_of_the_session_before(each) or (at < taken and step.operations[taken].kind is StepKind.STS_ASSUME)
    )
    if not before:
        return None, step
    own = tuple(each for each in step.operations if not any(each is other for other in before))
    return replace(step, operations=before), replace(step, operations=own)


def _is_of_the_session_before(operation: Operation) -> bool:
    return operation.purpose is Purpose.SERVICE and operation.kind is StepKind.CONFIGURE_AWS_CREDENTIALS


def is_chained(step: ReadStep) -> bool:
    """Return whether a step assumes its role with the credentials of the session before it, and not with GitHub's token."""
    if any(operation.action == "sts:AssumeRole" for operation in step.operations if takes_role(operation)):
        return True
    return _input(step, "role-chaining") == "true"


def _input(step: ReadStep, name: str) -> str:
    """Return an input of the action, from the log's head or the file, in lower case."""
    given = {each.lower(): value for section in step.sections for each, value, _ in section.inputs}
    own = step.matched.written
    told = given.get(name) or (own.input(name) if own else None) or ""
    return told.strip().lower()
