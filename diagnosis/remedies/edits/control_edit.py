"""Change control policies for one release: except it from a Deny, or allow exactly what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.gates import Checkpoint
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.resource_control import judge_resource_control
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.quotas import control_limit
from diagnosis.policy.language.tree import Json, JsonObject, statements
from diagnosis.remedies.edits.grant_proof import granted_beyond
from diagnosis.remedies.edits.narrowing import excepting
from diagnosis.remedies.edits.opened_account import with_open_resources
from diagnosis.remedies.edits.trust_edit import excepting_subject
from diagnosis.remedies.offer import Situation, needed_pairs
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.release import NeedKind

Levels: TypeAlias = tuple[ScpLevel, ...]


def _alone(statement: JsonObject) -> PolicyDocument:
    return write_document({"Version": "2012-10-17", "Statement": [statement]})


_OPEN = _alone({"Effect": "Allow", "Action": "*", "Resource": "*"})
_OPEN_TO_ALL = _alone({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})


@dataclass(frozen=True, slots=True)
class ControlEdit:
    """One control policy, changed."""

    cause: Cause
    policy: NamedPolicy
    level: str
    """The first level at which it hangs, from the root down."""
    after: PolicyDocument
    opened: tuple[str, ...]
    """What the change opens, as sentences without a full stop."""


def amendable(situation: Situation) -> tuple[ControlEdit, ...]:
    """Return the changes that open the control policies for the release; a kind that no change opens is left out."""
    found: list[ControlEdit] = []
    for cause, reading in (
        (Cause.SCP, situation.account.scps),
        (Cause.RESOURCE_CONTROL_POLICY, situation.account.rcps),
    ):
        problems = situation.of(cause)
        role = situation.run.role_arn
        if problems and isinstance(reading, Known) and role is not None:
            work = _Amending(situation, role, cause, problems)
            found += work.edits(reading.value)
    return tuple(found)


class _Amending:
    """Goes through the levels of one kind of control policy, statement by statement."""

    def __init__(self, situation: Situation, role: Arn, cause: Cause, problems: tuple[Problem, ...]) -> None:
        self._situation = situation
        self._cause = cause
        self._role = role
        pairs = needed_pairs(situation.needs, problems)
        self._needs = tuple(
            replace(need, kind=NeedKind.REQUIRED) for need in situation.needs if (need.action, need.resource) in pairs
        )
        self._token = any(problem.checkpoint is Checkpoint.ROLE_ASSUMPTION for problem in problems)

    def edits(self, levels: Levels) -> tuple[ControlEdit, ...]:
        """Return the edits, where together they leave nothing of this kind in the way; else none."""
        found: dict[Arn | str, ControlEdit] = {}
        for level in levels:
            for policy in level.policies:
                self._excepted(policy, level.level, found)
        for level in _replaced(levels, found.values()):
            for pair in self._stopped((level,)):
                if not self._allowed(pair, level, found):
                    return ()
        after = _replaced(levels, found.values())
        if self._stopped(after) or self._token_stopped(after):
            return ()
        taken = (granted_beyond(edit.policy.document, edit.after, ()) is None for edit in found.values())
        return () if any(taken) else tuple(found.values())

    def _excepted(self, policy: NamedPolicy, level: str, found: dict[Arn | str, ControlEdit]) -> None:
        """Except the role from every Deny that stops the need, and the subject from one that stops the token."""
        document = policy.document
        if isinstance(document.policy, Unparsable) or key_of(policy) in found or _owned_by_aws(policy):
            return
        kept: list[Json] = []
        opened: list[str] = []
        for position, statement in enumerate(statements(document.editable())):
            excepted, whom = self._excepting(statement, level)
            kept.append(excepted)
            if whom:
                name = str(statement.get("Sid") or f"Statement[{position}]")
                opened.append(f"{' and '.join(whom)} left out of {name} of {policy.name}, whatever else that stops")
        if opened:
            self._note(policy, level, {**document.tree, "Statement": kept}, opened, found)

    def _excepting(self, statement: JsonObject, level: str) -> tuple[JsonObject, tuple[str, ...]]:
        """Return the statement with its exceptions, and whom they leave out: nobody where it does not stop this release."""
        if statement.get("Effect") != "Deny":
            return statement, ()
        changed, subjects = statement, self._situation.run.subjects
        whom: list[str] = []
        # Both are asked of the statement as it is: one exception leaves the other's answer in doubt.
        alone = self._alone(statement, level)
        if len(subjects) == 1 and self._token_stopped(alone):
            changed = excepting_subject(changed, subjects[0], f"{self._situation.account.question.issuer}:sub")
            whom.append(subjects[0])
        if self._stopped(alone):
            changed = excepting(changed, self._role)
            whom.append(str(self._role))
        return changed, tuple(whom)

    def _allowed(self, pair: tuple[str, str], level: ScpLevel, found: dict[Arn | str, ControlEdit]) -> bool:
        """Add an Allow for the pair to one of the organization's own policies at this level; False where none can take it."""
        # In China, an Allow of a control policy takes neither a condition nor a single resource.
        if self._cause is not Cause.SCP or self._situation.account.question.partition == "aws-cn":
            return False
        for policy in level.policies:
            known = found.get(key_of(policy))
            document = known.after if known else policy.document
            if isinstance(document.policy, Unparsable) or _owned_by_aws(policy):
                continue
            if not document.policy.allows:
                continue
            action, resource = pair
            grant: JsonObject = {
                "Effect": "Allow",
                "Action": action,
                "Resource": resource,
                "Condition": {"ArnEquals": {"aws:PrincipalArn": str(self._role)}},
            }
            after = {**document.tree, "Statement": _with_action(statements(document.editable()), grant)}
            self._note(policy, level.level, after, [f"{policy.name} allows {self._role} {action}"], found)
            return True
        return False

    def _note(
        self,
        policy: NamedPolicy,
        level: str,
        tree: Mapping[str, Json],
        opened: list[str],
        found: dict[Arn | str, ControlEdit],
    ) -> None:
        known = found.get(key_of(policy))
        after = write_document(tree)
        if len(after.text) > control_limit(of_service=self._cause is Cause.SCP):
            after = write_document(tree, compact=True)
        original = known.policy if known else policy
        sentences = (*(known.opened if known else ()), *opened)
        found[key_of(policy)] = ControlEdit(self._cause, original, known.level if known else level, after, sentences)

    def _alone(self, statement: JsonObject, level: str) -> Levels:
        """Return a level on which everything is allowed but for this statement."""
        everything = _OPEN if self._cause is Cause.SCP else _OPEN_TO_ALL
        return (ScpLevel(level, (NamedPolicy("everything", everything), NamedPolicy("alone", _alone(statement)))),)

    def _stopped(self, levels: Levels) -> tuple[tuple[str, str], ...]:
        """Return the needed pairs that these levels stop for certain, all else being open."""
        judged = judge_needs(self._needs, self._only(levels), self._situation.run.session_name)
        return tuple(
            (item.need.action, item.need.resource or "") for item in judged if item.entitlement is Entitlement.DENIED
        )

    def _token_stopped(self, levels: Levels) -> bool:
        role = self._situation.account.role
        if not self._token or not isinstance(role, Known):
            return False
        run = replace(self._situation.run, account=self._only(levels))
        return bool(judge_resource_control(run, role.value).stops)

    def _only(self, levels: Levels) -> AccountState:
        """Return the account with every other layer open."""
        account = with_open_resources(self._situation.account, self._needs)
        known: Reading[Levels] = Known(levels)
        return replace(
            account,
            inline_policies=Known((NamedPolicy("open", _OPEN),)),
            attached_policies=Known(()),
            boundary=Absent("boundary"),
            scps=known if self._cause is Cause.SCP else Absent("SCPs"),
            rcps=known if self._cause is Cause.RESOURCE_CONTROL_POLICY else Absent("RCPs"),
        )


def _with_action(items: list[JsonObject], grant: JsonObject) -> list[Json]:
    """Return the statements with the grant; where one differs from it in the action alone, that one takes the action."""
    rest = {key: value for key, value in grant.items() if key != "Action"}
    for position, item in enumerate(items):
        if {key: value for key, value in item.items() if key != "Action"} == rest:
            held = item["Action"] if isinstance(item["Action"], list) else [item["Action"]]
            return [*items[:position], {**item, "Action": [*held, grant["Action"]]}, *items[position + 1 :]]
    return [*items, grant]


def _replaced(levels: Levels, edits: Iterable[ControlEdit]) -> Levels:
    after = {key_of(edit.policy): edit.after for edit in edits}
    return tuple(
        replace(
            level,
            policies=tuple(
                replace(policy, document=after[key_of(policy)]) if key_of(policy) in after else policy
                for policy in level.policies
            ),
        )
        for level in levels
    )


def key_of(policy: NamedPolicy) -> Arn | str:
    return policy.arn or policy.name


def _owned_by_aws(policy: NamedPolicy) -> bool:
    return policy.arn is not None and policy.arn.is_owned_by_aws
