"""Tell the calls of a job that are made with static access keys after it took a role: no role is asked for them.

A step that gives only access keys to configure-aws-credentials takes the role from the steps after it; a step whose own
``env:`` has an access key of a secret uses that one, for a step's environment goes before what earlier steps exported. What
docker's login wrote down stays with whoever logged in. In the place of such calls stands that what the keys' user may do is not
known here. Before the first role nothing changes: :mod:`diagnosis.replay.static_keys` names such keys wherever they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from diagnosis.names.ecr_address import MASKED, EcrAddress
from diagnosis.steps.aws_key_names import KEY_ID, Origin, origin_of
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep

_CALLS = (Purpose.CALL, Purpose.SERVICE)
_MOVES = (Purpose.PUSH, Purpose.PULL)
OWN_LOGIN = frozenset({StepKind.KO, StepKind.KANIKO})
"""Tools that may ask for the token themselves, by the session that is in force."""


def with_roles_only(read: ReadJob) -> ReadJob:
    """Return the job with one gap in each step in the place of the calls that it makes with static keys."""
    reader = _Reader()
    steps = tuple(reader.read(step) for step in read.steps)
    return replace(read, steps=steps) if reader.met else read


@dataclass(slots=True)
class _Reader:
    role: bool = False
    """Whether the job took a role before."""
    static: bool = False
    """Whether what is in force are static keys."""
    logins: set[str] = field(default_factory=set)
    """The accounts to whose registries the keys' user logged in, ``""`` for its own, which is not known."""
    met: bool = False

    def read(self, step: ReadStep) -> ReadStep:
        """Return the step without what it does with static keys."""
        if any(takes_role(each) for each in step.operations):
            self.role = True
            self.static = self.static and _input(step, "output-env-credentials").lower() == "false"
            return step
        if not self.role or step.runs is False:
            return step
        if step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS):
            key = _input(step, "aws-access-key-id")
            self.static = (key == MASKED or origin_of(key) is Origin.LONG_LIVED) if key else self.static
            return step
        static = _env_says(step, otherwise=self.static)
        if step.is_a(StepKind.DOCKER_LOGIN_ACTION) and origin_of(_input(step, "username")) is Origin.LONG_LIVED:
            static = True
        for each in step.operations:
            if _logs_in(each):
                accounts = set(each.registries) or {_account(each)}
                left = set() if "" in accounts else self.logins - accounts - {""}
                self.logins = self.logins | accounts if static else left
        theirs = [each for each in step.operations if self._is_theirs(each, static=static)]
        if not theirs:
            return step
        self.met = True
        kept = tuple(each for each in step.operations if not any(each is other for other in theirs))
        registry = any(each.purpose in _MOVES or _logs_in(each) for each in theirs)
        return replace(step, operations=(*kept, _gap(theirs[0].kind, may_push=registry)))

    def _is_theirs(self, operation: Operation, *, static: bool) -> bool:
        if operation.purpose in _CALLS or _logs_in(operation):
            return static
        if operation.purpose not in _MOVES or operation.elsewhere:
            return False
        if operation.kind in OWN_LOGIN:
            return static
        return bool(self.logins & {_account(operation), ""})


def _gap(kind: StepKind, *, may_push: bool) -> Operation:
    why = "it uses static access keys, and what their user may do is not read here"
    how = "let the step use the role's session"
    return Operation(kind, Purpose.OPAQUE, gap=Gap("static access keys", why, how, may_push))


def _logs_in(operation: Operation) -> bool:
    return operation.purpose is Purpose.LOGIN and (operation.action or "").startswith("ecr")


def _account(operation: Operation) -> str:
    address = EcrAddress.find(operation.target)
    return (address.account if address is not None else None) or ""


def takes_role(operation: Operation) -> bool:
    """Return whether an operation takes a role's session."""
    return operation.purpose is Purpose.ASSUME and (
        operation.kind is not StepKind.CONFIGURE_AWS_CREDENTIALS or bool(operation.target)
    )


def _env_says(step: ReadStep, *, otherwise: bool) -> bool:
    """Return whether the step's own environment has static keys, or, where it has none, what was said before."""
    own = step.matched.written
    value = next((text for name, text in (own.env if own is not None else ()) if name == KEY_ID), "")
    return origin_of(value) is Origin.LONG_LIVED if value else otherwise


def _input(step: ReadStep, name: str) -> str:
    """Return an input of the action as the file writes it, else as the log shows it."""
    given = {key.lower(): value for section in step.sections for key, value, _ in section.inputs}
    own = step.matched.written
    return ((own.input(name) if own is not None else None) or given.get(name) or "").strip()
