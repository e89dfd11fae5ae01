"""Two roles of a release under one managed policy, boundary or repository policy: what mends one stays mended by the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from arns import arn_of
from release_model import document_of
from release_worlds import read, sound
from wire_release import ACCOUNT, CREATED, repository_arn

from diagnosis.diagnose import conclude
from diagnosis.documents.exit_code import exit_code
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.grants.comparison import compare_grants
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind

PUSHES, DEPLOYS = "two roles push to one repository", "two roles in one job"
"""Releases of the same two roles: both push to one repository; the one pushes and the other deploys."""
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
APP = repository_arn("app")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OTHER = {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}
ROLES = tuple(role.arn for role in sound(PUSHES).roles)


@dataclass(frozen=True)
class Documents:
    """The policies of one account by their names, each once, whoever it hangs on."""

    inline: Mapping[str, Mapping[str, PolicyDocument]]
    release: str = PUSHES
    managed: Mapping[str, PolicyDocument] = field(default_factory=dict)
    attached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boundary: str = ""
    repository: PolicyDocument | None = None

    def of(self, state: AccountState) -> AccountState:
        """The account as one role has it."""
        role = str(state.question.role_arn)
        edge, own = self.boundary, self.repository
        return replace(
            state,
            inline_policies=Known(tuple(NamedPolicy(name, text) for name, text in self.inline[role].items())),
            attached_policies=Known(tuple(self._named(arn) for arn in self.attached.get(role, ()))),
            boundary=Known(self._named(edge)) if edge else Absent("permissions boundary"),
            repository_policy=Known(NamedPolicy("app", own)) if own else Absent("repository policy"),
        )

    def _named(self, arn: str) -> NamedPolicy:
        return NamedPolicy(arn.rpartition("/")[2], self.managed[arn], arn_of(arn))

    def diagnosis(self) -> Diagnosis:
        """The release in this account."""
        release = read(self.release)
        state = sound(self.release).state(release.question)
        account = replace(self.of(state), beside=tuple(self.of(each) for each in state.beside))
        return conclude(release.replays, account, release.case, made_at=CREATED)

    def after(self, path: Path, *, tightening: bool = True) -> Documents:
        """The account once the path was carried out, change after change, as AWS would take them."""
        inline = {role: dict(named) for role, named in self.inline.items()}
        attached = {role: list(self.attached.get(role, ())) for role in self.inline}
        managed, repository = dict(self.managed), self.repository
        for item in path.remediations:
            role = next((arn for arn in ROLES if f"(role {arn.rpartition('/')[2]})" in item.title), ROLES[0])
            for change in item.changes if tightening or not item.tightens else ():
                target, document = str(change.target), change.document
                match change.kind:
                    case ChangeKind.PUT_INLINE_POLICY if document is not None:
                        inline[role][target] = document
                    case ChangeKind.DELETE_INLINE_POLICY:
                        del inline[role][target]
                    case ChangeKind.REPLACE_ATTACHED_POLICY if document is None:
                        attached[role].remove(target)
                    case ChangeKind.ATTACH_POLICY if document is not None:
                        assert target not in managed
                        managed[target] = document
                        attached[role].append(target)
                    case ChangeKind.REPLACE_ATTACHED_POLICY | ChangeKind.REPLACE_BOUNDARY if document is not None:
                        managed[target] = document
                    case ChangeKind.REPLACE_REPOSITORY_POLICY:
                        repository = document
                    case kind:
                        pytest.fail(f"not a change of this account: {kind}")
        held = {role: tuple(listed) for role, listed in attached.items()}
        return replace(self, inline=inline, attached=held, managed=managed, repository=repository)


def granted(release: str = PUSHES) -> dict[str, dict[str, PolicyDocument]]:
    return {role.arn: {"release": document_of(role.statements)} for role in sound(release).roles}


def bare() -> dict[str, dict[str, PolicyDocument]]:
    return {role: {"other": document_of([OTHER])} for role in ROLES}


def full() -> dict[str, dict[str, PolicyDocument]]:
    """The roles with inline policies that have no room left."""
    condition = {"StringEquals": {"aws:RequestedRegion": ["us-east-1" * 110]}}
    return {role: {"other": document_of([{**OTHER, "Condition": condition}] * 9)} for role in ROLES}


def on_both(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"managed": {SHARED: document_of(statements)}, "attached": dict.fromkeys(ROLES, (SHARED,))}


def under(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"managed": {SHARED: document_of(statements)}, "boundary": SHARED}


def _deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


_OPEN = {"Effect": "Allow", "Principal": "*", "Action": ["ecr:PutImage", "ecr:BatchGetImage"]}


def _closed_to(role: str) -> dict[str, Any]:
    condition = {"ArnLike": {"aws:PrincipalArn": role}}
    return {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage", "Condition": condition}


CASES: dict[str, Callable[[], Documents]] = {
    "a boundary that lacks the need of both": lambda: Documents(granted(DEPLOYS), DEPLOYS, **under(OTHER)),
    "a boundary that denies both": lambda: Documents(
        granted(DEPLOYS), DEPLOYS, **under(EVERYTHING, _deny("ecr:PutImage", "ecs:UpdateService"))
    ),
    "a managed policy that denies both": lambda: Documents(
        granted(DEPLOYS), DEPLOYS, **on_both(_deny("ecr:PutImage", "ecs:UpdateService", "ecs:DeleteService"))
    ),
    "a managed policy that grants both too much": lambda: Documents(
        bare(), DEPLOYS, **on_both({"Effect": "Allow", "Action": ["ecr:*", "ecs:UpdateService"], "Resource": "*"})
    ),
    "no room for inline policies": lambda: Documents(full()),
    "a repository that is open, and closed to the first": lambda: Documents(
        granted(), repository=document_of([_OPEN, _closed_to(ROLES[0])])
    ),
    "a repository that is open, and closed to the second": lambda: Documents(
        granted(), repository=document_of([_OPEN, _closed_to(ROLES[1])])
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_mends_one_role_stays_mended_by_the_other(case: str) -> None:
    before = CASES[case]()
    found = before.diagnosis()
    assert exit_code(found) == 1
    path = found.paths[0]
    assert path.opens_all
    assert len({item.id for item in path.remediations}) == len(path.remediations)
    assert exit_code(before.after(path).diagnosis()) == 0
    opened = before.after(path, tightening=False)
    for role in ROLES:
        lost = compare_grants(
            [[*before.inline[role].values(), *(before.managed[arn] for arn in before.attached.get(role, ()))]],
            [[*opened.inline[role].values(), *(opened.managed[arn] for arn in opened.attached.get(role, ()))]],
        ).no_longer_granted
        assert lost == ()
    if before.repository is not None:
        assert opened.repository is not None
        assert _OPEN in json.loads(opened.repository.text)["Statement"]


def test_a_policy_that_another_role_uses_too_is_not_tightened_for_one() -> None:
    before = CASES["a managed policy that grants both too much"]()
    path = before.diagnosis().paths[0]
    assert before.after(path).managed == before.managed
    assert all("is used elsewhere in the release too" in " ".join(item.warnings) for item in path.remediations)
