"""Read the policies of what only CloudTrail names: buckets, keys, topics and repositories that the last green session used.

No step named them, so the first reading did not ask for them; without their policies the observed calls stay undecided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import islice

from diagnosis.facts.account import AccountState, RepositoryState, ResourcePolicy
from diagnosis.facts.reading import Known
from diagnosis.live.observed_uses import was_refused
from diagnosis.live.resource_layer import policy_holders
from diagnosis.names.arn import Arn
from probes.aws.read.ecr import RepositoryPlace, read_repositories, read_repository_policy
from probes.aws.read.parallel import run_in_parallel
from probes.aws.read.release import of_right_accounts
from probes.aws.read.resource_policies import read_resource_policy
from probes.aws.session.access import AwsAccess

MOST = 10
"""So many resources, and so many repositories, are read of one release."""
_LEAST_SECONDS = 5.0


def with_observed_resources(
    state: AccountState,
    aws: AwsAccess,
    registry: AwsAccess,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    deadline_seconds: float = 20.0,
) -> AccountState:
    """Return the state, and those of its further roles, with the policies of what their sessions used. Never raises."""
    end = time.monotonic() + max(deadline_seconds, _LEAST_SECONDS)
    whole = (state, *state.beside)
    asked = {arn for each in whole for arn in each.question.resources} | {
        item.arn for each in whole for item in each.resource_policies
    }
    used = [arn for each in whole for arn in _used(each)]
    holders = tuple(islice((each for each in policy_holders(used) if each not in asked), MOST))
    known = {arn for each in whole for arn in _repositories(each)}
    places = tuple(islice((arn for arn in _exact_repositories(used) if arn not in known), MOST))
    policies: dict[str, ResourcePolicy] = {}
    repositories: dict[Arn, RepositoryState] = {}

    def access(account: str) -> AwsAccess:
        return registry if account and account == state.question.registry_id else aws

    def policy(holder: str) -> None:
        arn = Arn.parse(holder)
        region = state.question.region
        policies[holder] = read_resource_policy(access(arn.account if arn else ""), holder, region)

    def repository(arn: Arn) -> None:
        place = RepositoryPlace(arn.resource_id, arn.region, arn.account)
        own = access(arn.account)
        found = dict(read_repositories(own, (place,)))
        if place in found:
            repositories[arn] = RepositoryState(arn, found[place], read_repository_policy(own, place))

    work: dict[str, Callable[[], None]] = {holder: partial(policy, holder) for holder in holders}
    work |= {str(arn): partial(repository, arn) for arn in places}
    if not work:
        return state
    run_in_parallel(
        work, deadline_seconds=max(end - time.monotonic(), 0.0), cancelled=cancelled, on_done=lambda _name: None
    )
    # What comes later than the deadline must not change what was returned.
    found_policies, found_repositories = tuple(policies.values()), tuple(repositories.values())
    first, *others = (
        replace(
            each,
            resource_policies=(*each.resource_policies, *found_policies),
            repositories=(*each.repositories, *found_repositories),
        )
        for each in whole
    )
    own_registry = None if registry is aws else state.question.registry_id
    return of_right_accounts(replace(first, beside=tuple(others)), own_registry)


def _used(state: AccountState) -> Iterable[str]:
    calls = state.observed.value.calls if isinstance(state.observed, Known) else ()
    return dict.fromkeys(resource for call in calls if not was_refused(call) for resource in call.resources)


def _repositories(state: AccountState) -> tuple[Arn, ...]:
    own = state.question.repository_arn
    return (*((own,) if own else ()), *state.question.repositories, *(item.arn for item in state.repositories))


def _exact_repositories(resources: Iterable[str]) -> Iterable[Arn]:
    named = (Arn.parse(resource) for resource in resources)
    return dict.fromkeys(
        arn
        for arn in named
        if arn is not None and arn.service == "ecr" and arn.resource_type == "repository" and "*" not in arn.resource
    )
