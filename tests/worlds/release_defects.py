"""The defects that can be seeded into the sound accounts of a release: of one role, one session, one account, one repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from release_model import Accounts
from release_worlds import read, sound
from wire_release import REPOSITORY, RoleFacts, repository_arn

from diagnosis.gates import Checkpoint
from diagnosis.verdicts.assessment import SessionAssessment
from diagnosis.verdicts.release import NeedKind

SUBJECT = frozenset({"subject-not-admitted", "subject-shape"})


@dataclass(frozen=True)
class ReleaseDefect:
    """One thing that can be wrong in a release, what must be named, and the jobs that meet it."""

    name: str
    causes: frozenset[str]
    """One of them must be named."""
    jobs: frozenset[str]
    seed: Callable[[Accounts], Accounts]
    part: str
    """Two defects of one part exclude each other."""
    modelled: bool = True
    """Whether a path can be proved for it."""


def _on_role(arn: str, change: Callable[[RoleFacts], RoleFacts]) -> Callable[[Accounts], Accounts]:
    return lambda accounts: replace(
        accounts, roles=tuple(change(role) if role.arn == arn else role for role in accounts.roles)
    )


def _without_subject(subject: str) -> Callable[[RoleFacts], RoleFacts]:
    def change(role: RoleFacts) -> RoleFacts:
        left = tuple(item for item in role.subjects if item != subject)
        return replace(role, subjects=left or (f"repo:{REPOSITORY}:ref:refs/heads/other",))

    return change


def _without_actions(actions: frozenset[str]) -> Callable[[RoleFacts], RoleFacts]:
    return lambda role: replace(
        role, statements=tuple(item for item in role.statements if item["Action"] not in actions)
    )


def _deny(action: str) -> dict[str, object]:
    return {"Sid": "NotHere", "Effect": "Deny", "Action": action, "Resource": "*"}


def _denied_by_itself(action: str) -> Callable[[RoleFacts], RoleFacts]:
    return lambda role: replace(role, statements=(*role.statements, _deny(action)))


def _within(action: str) -> Callable[[RoleFacts], RoleFacts]:
    """A boundary that denies one action."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return lambda role: replace(role, boundary=(everything, _deny(action)))


@cache
def defects(name: str) -> tuple[ReleaseDefect, ...]:
    """Every defect that can be seeded into the release of that name."""
    accounts = sound(name)
    found = read(name).diagnosis(accounts)
    assert found.live is not None
    by_role: dict[str, list[SessionAssessment]] = {}
    for session in found.live.sessions:
        by_role.setdefault(str(session.role_arn), []).append(session)
    listed: list[ReleaseDefect] = []
    for role in accounts.roles:
        listed += _of_role(role, by_role[role.arn])
    for account in dict.fromkeys(role.account for role in accounts.roles):
        sessions = [each for role in accounts.roles if role.account == account for each in by_role[role.arn]]
        listed += _of_account(account, sessions, {role.arn: role for role in accounts.roles})
    for repository in accounts.repositories:
        listed += _of_repository(repository, found.live.sessions)
    return tuple(listed)


def _jobs(sessions: Iterable[SessionAssessment]) -> frozenset[str]:
    return frozenset(job for session in sessions for job in session.jobs)


def _required(session: SessionAssessment) -> frozenset[str]:
    return frozenset(need.action for need in session.needs if need.kind is NeedKind.REQUIRED)


def _of_role(role: RoleFacts, sessions: list[SessionAssessment]) -> Iterator[ReleaseDefect]:
    label = f"{role.name} of {role.account}"
    for subject in role.subjects:
        meeting = _jobs(each for each in sessions if subject in each.subjects)
        short = subject.rpartition(":")[2]
        yield ReleaseDefect(
            f"{label} does not admit {short}",
            SUBJECT,
            meeting,
            _on_role(role.arn, _without_subject(subject)),
            f"trust {label}",
        )
    kinds = {
        "login": (Checkpoint.REGISTRY_AUTH, "get-authorization-token"),
        "push": (Checkpoint.REGISTRY_PUSH, "push-scope"),
        "service": (Checkpoint.SERVICE_AUTHORIZATION, "service-action"),
    }
    for kind, (checkpoint, cause) in kinds.items():
        needing = [each for each in sessions if any(need.checkpoint is checkpoint for need in each.needs)]
        if not needing:
            continue
        actions = frozenset(
            need.action for each in needing for need in each.needs if need.checkpoint is checkpoint
        ) & frozenset(action for each in needing for action in _required(each))
        causes = frozenset({cause, "pass-role"}) if kind == "service" else frozenset({cause})
        yield ReleaseDefect(
            f"{label} lacks {kind}",
            causes,
            _jobs(needing),
            _on_role(role.arn, _without_actions(actions)),
            f"{kind} {label}",
        )
        one = min(actions)
        meeting = _jobs(each for each in sessions if one in _required(each))
        yield ReleaseDefect(
            f"{label} denies itself {one}",
            causes,
            meeting,
            _on_role(role.arn, _denied_by_itself(one)),
            f"{kind} {label}",
        )
        if kind != "login":
            yield ReleaseDefect(
                f"the boundary of {label} denies {one}",
                frozenset({"boundary"}),
                meeting,
                _on_role(role.arn, _within(one)),
                f"boundary {label}",
            )


def _of_account(
    account: str, sessions: list[SessionAssessment], roles: dict[str, RoleFacts]
) -> Iterator[ReleaseDefect]:
    # A role that another session assumes is asked about no token.
    by_token = [each for each in sessions if roles[str(each.role_arn)].subjects]
    yield ReleaseDefect(
        f"{account} has no provider",
        frozenset({"oidc-provider-absent"}),
        _jobs(by_token),
        lambda accounts: replace(accounts, providers={**accounts.providers, account: ()}),
        f"provider {account}",
    )
    yield ReleaseDefect(
        f"the provider of {account} has another audience",
        frozenset({"audience-not-admitted"}),
        _jobs(by_token),
        lambda accounts: replace(accounts, providers={**accounts.providers, account: ("https://github.com/octo-lab",)}),
        f"provider {account}",
    )
    for action in ("ecr:PutImage", "ecs:UpdateService"):
        meeting = _jobs(each for each in sessions if action in _required(each))
        if meeting:
            yield ReleaseDefect(
                f"a control policy of {account} denies {action}",
                frozenset({"scp"}),
                meeting,
                _with_scp(account, action),
                f"scp {account}",
            )
    both = [each for each in sessions if _required(each) & {"ecr:PutImage", "ecs:UpdateService"}]
    if len({each.role_arn for each in both}) > 1:
        yield ReleaseDefect(
            f"a control policy of {account} denies what two roles do",
            frozenset({"scp"}),
            _jobs(both),
            _with_scp(account, "ecr:PutImage", "ecs:UpdateService"),
            f"scp {account}",
        )


def _with_scp(account: str, *actions: str) -> Callable[[Accounts], Accounts]:
    return lambda accounts: replace(accounts, scps={**accounts.scps, account: tuple(map(_deny, actions))})


def _of_repository(name: str, sessions: Iterable[SessionAssessment]) -> Iterator[ReleaseDefect]:
    arn = repository_arn(name)
    jobs = _jobs(each for each in sessions if any(need.resource == arn for need in each.needs))
    # Each leg pushes to the repository of its own name.
    meeting = frozenset(job for job in jobs if f"({name})" in job) or jobs
    yield ReleaseDefect(
        f"repository {name} is absent",
        frozenset({"repository-absent"}),
        meeting,
        lambda accounts: replace(accounts, repositories=tuple(each for each in accounts.repositories if each != name)),
        f"repository {name}",
    )
    denial = {"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    yield ReleaseDefect(
        f"repository {name} denies the push",
        frozenset({"repository-policy-deny"}),
        meeting,
        lambda accounts: replace(accounts, repository_policies={**accounts.repository_policies, name: (denial,)}),
        f"repository {name}",
    )


def seeded(name: str, chosen: Iterable[ReleaseDefect]) -> Accounts:
    """The sound accounts of the release with these defects."""
    accounts = sound(name)
    for defect in chosen:
        accounts = defect.seed(accounts)
    return accounts
