"""Open the layers of an account beside one, in memory, so that only that one is asked what it lets through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from diagnosis.facts.account import AccountState, NamedPolicy, RepositoryState, ResourcePolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.live.resource_layer import policy_holder
from diagnosis.names.arn import Arn
from diagnosis.policy import write_document
from diagnosis.policy.language.tree import JsonObject
from diagnosis.verdicts.release import Need


def without_other_layers(account: AccountState, needs: Iterable[Need]) -> AccountState:
    """Return the account with every layer but the role's own policies open, so that only these are asked."""
    return replace(
        with_open_resources(account, needs),
        boundary=Absent("permissions boundary"),
        scps=Absent("SCPs"),
        rcps=Absent("RCPs"),
    )


def with_open_resources(account: AccountState, needs: Iterable[Need]) -> AccountState:
    """Return the account with no resource's own policy in the way of the needs, and none that grants what the role lacks.

    What has to allow in any case, a key's policy or one of another account, hands the question to the role's account.
    """
    question = account.question
    home = question.role_account or ""
    wanted = tuple(dict.fromkeys(need.resource for need in needs if need.resource is not None))
    arns = [arn for resource in wanted if (arn := Arn.parse(resource)) is not None]
    own = question.repository_arn
    repositories = dict.fromkeys(arn for arn in arns if arn.service == "ecr" and arn != own and arn.resource_id)
    read = {state.arn: state.repository for state in account.repositories}
    return replace(
        account,
        repository_policy=_admitting(home)
        if home not in ("", question.registry_id or home)
        else Absent("repository policy"),
        repositories=tuple(
            RepositoryState(
                arn,
                read.get(arn, Absent("repository")),
                _admitting(home) if home not in ("", arn.account) else Absent("repository policy"),
            )
            for arn in repositories
        ),
        resource_policies=(
            *(_opened(account, home, holder) for holder in _holders(wanted)),
            # A role to assume: its trust policy has to allow in any case too.
            *(ResourcePolicy(str(arn), _admitting(home)) for arn in dict.fromkeys(arns) if arn.is_role),
        ),
    )


def _holders(resources: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(holder for resource in resources if (holder := policy_holder(resource)) is not None))


def _opened(account: AccountState, home: str, holder: str) -> ResourcePolicy:
    known = next((item for item in account.resource_policies if item.arn == holder), None)
    arn = Arn.parse(holder)
    owner = arn.account if arn else ""
    if arn is not None and arn.service == "s3":
        owner = account.identity.value.account if isinstance(account.identity, Known) else home
    must_allow = arn is not None and (arn.service == "kms" or home not in ("", owner))
    policy = _admitting(home) if must_allow else Absent("resource policy")
    return replace(known or ResourcePolicy(holder, policy), policy=policy)


@lru_cache(maxsize=16)
def _admitting(account: str) -> Known[NamedPolicy]:
    """Return a resource's policy that hands every question to an account's own policies."""
    statement: JsonObject = {"Effect": "Allow", "Principal": {"AWS": account or "*"}, "Action": "*"}
    return Known(NamedPolicy("open", write_document({"Version": "2012-10-17", "Statement": [statement]})))
