"""Read what a release uses beyond one role and one repository: further repositories, policies of resources, further roles.

Nothing is asked for twice: a repository that two roles push to is read once, and what belongs to the account (provider,
organization, control policies) is read with the first role. What lies beyond the bounds is not read, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import Any, TypeAlias, TypeVar

from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    EcrRepository,
    NamedPolicy,
    RepositoryState,
    ResourcePolicy,
)
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.names.arn import Arn
from probes.aws.read.ecr import RepositoryPlace, read_image, read_repositories, read_repository_policy
from probes.aws.read.resource_policies import read_resource_policy
from probes.aws.read.role import read_attached_policies, read_boundary, read_inline_policies, read_role
from probes.aws.session.access import AwsAccess

MOST_ROLES, MOST_REPOSITORIES, MOST_RESOURCES = 10, 30, 20
"""What a release has beyond these beside its first role and repository is not read."""
_LANES = 5
"""How many threads share the calls of one kind."""
_OF_THE_ROLE = ("role", "boundary", "inline_policies", "attached_policies")
_SHARED = ("provider", "scps", "rcps", "organization")
"""What belongs to the account, so that it is read with the first role."""

T = TypeVar("T")
Work: TypeAlias = dict[str, Callable[[], dict[str, Any]]]


@dataclass(slots=True)
class _Found:
    """What the calls brought so far; filled from several threads."""

    values: dict[tuple[str, object], Any] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def put(self, kind: str, key: object, value: object) -> None:
        with self.lock:
            self.values[kind, key] = value

    def get(self, kind: str, key: object, otherwise: T) -> T:
        with self.lock:
            found: T = self.values.get((kind, key), otherwise)
            return found


class ReleaseReading:
    """The further parts of a question, as work to be done in parallel, and the account with what it brought."""

    def __init__(self, question: AccountQuestion, aws: AwsAccess, registry: AwsAccess) -> None:
        self._question = question
        self._aws = aws
        self._registry = registry
        self._found = _Found()
        own = place_of(question)
        beside = question.beside
        wanted = [arn for each in (question, *beside) for arn in each.repositories]
        wanted += [arn for each in beside if (arn := each.repository_arn) is not None]
        self._arns = {
            place: arn
            for arn in dict.fromkeys(wanted)
            if (place := _place(arn)) != own and arn != question.repository_arn
        }
        self._places = tuple(islice(self._arns, MOST_REPOSITORIES))
        self._resources = tuple(dict.fromkeys(each for one in (question, *beside) for each in one.resources))
        self._roles = tuple(
            islice(
                dict.fromkeys(
                    each.role_arn
                    for each in beside
                    if each.role_arn and each.role_arn != question.role_arn and self._is_of_the_account(each)
                ),
                MOST_ROLES,
            )
        )
        self._images = tuple(
            dict.fromkeys(
                (where, each.tag)
                for each in beside
                if each.tag and (where := place_of(each)) and (where, each.tag) != (own, question.tag)
            )
        )[:MOST_ROLES]

    def _is_of_the_account(self, question: AccountQuestion) -> bool:
        return bool(question.role_account) and question.role_account == self._question.role_account

    def elsewhere(self) -> tuple[AccountQuestion, ...]:
        """Return the questions about roles of other accounts than the first role's."""
        return tuple(each for each in self._question.beside if each.role_account and not self._is_of_the_account(each))

    def work(self) -> Work:
        """Return the calls to be made, by what they are about."""
        return dict(self._parts())

    def uses_registry(self, name: str) -> bool:
        """Return whether this work is done with the access to the registry."""
        return name.startswith("registry ")

    def _access(self, account: str | None) -> AwsAccess:
        return self._registry if account and account == self._question.registry_id else self._aws

    def _parts(self) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
        found, region = self._found, self._question.region
        for arn in self._roles:
            yield from self._of_role(arn)
        groups: dict[tuple[str | None, str | None], list[RepositoryPlace]] = {}
        for place in self._places:
            groups.setdefault((place.registry_id, place.region), []).append(place)
        for (account, where), places in groups.items():
            access = self._access(account)
            prefix = "registry " if access is self._registry else ""

            def describe(access: AwsAccess = access, places: Sequence[RepositoryPlace] = places) -> dict[str, Any]:
                for place, reading in read_repositories(access, places):
                    found.put("repository", place, reading)
                return {}

            yield f"{prefix}further ECR repositories of {account} in {where}", describe
            for number, lane in enumerate(_lanes(places)):

                def policies(access: AwsAccess = access, lane: Sequence[RepositoryPlace] = lane) -> dict[str, Any]:
                    for place in lane:
                        found.put("repository policy", place, read_repository_policy(access, place))
                    return {}

                yield f"{prefix}further repository policies of {account} in {where}, {number + 1}", policies
        for place, tag in self._images:
            access = self._access(place.registry_id)
            prefix = "registry " if access is self._registry else ""

            def image(access: AwsAccess = access, place: RepositoryPlace = place, tag: str = tag) -> dict[str, Any]:
                found.put("image", (place, tag), read_image(access, place, tag))
                return {}

            yield f"{prefix}image {place.name}:{tag} of {place.registry_id}", image
        for number, resources in enumerate(_lanes(self._resources[:MOST_RESOURCES])):

            def own_policies(resources: Sequence[str] = resources) -> dict[str, Any]:
                for resource in resources:
                    arn = Arn.parse(resource)
                    access = self._access(arn.account if arn else None)
                    found.put("resource policy", resource, read_resource_policy(access, resource, region))
                return {}

            yield f"policies of resources, {number + 1}", own_policies

    def _of_role(self, arn: Arn) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
        found, aws, region = self._found, self._aws, self._question.region
        any_path = any(each.role_path_unknown for each in self._question.beside if each.role_arn == arn)

        def role_and_boundary() -> dict[str, Any]:
            role = read_role(aws, arn, region, any_path=any_path)
            found.put("role", arn, role)
            found.put("boundary", arn, read_boundary(aws, role, region))
            return {}

        def inline() -> dict[str, Any]:
            found.put("inline_policies", arn, read_inline_policies(aws, arn, region))
            return {}

        def attached() -> dict[str, Any]:
            found.put("attached_policies", arn, read_attached_policies(aws, arn, region))
            return {}

        yield f"role {arn}", role_and_boundary
        yield f"inline policies of {arn}", inline
        yield f"managed policies of {arn}", attached

    def completed(
        self,
        state: AccountState,
        cut: Callable[[str], Unreadable],
        finish: Callable[[AccountState], AccountState],
        elsewhere: Mapping[AccountQuestion, AccountState],
    ) -> AccountState:
        """Return the account with the further parts. ``cut`` says why a part that was asked for is not there.

        ``finish`` corrects a further role's state as the first one's was corrected; ``elsewhere`` holds the states of roles
        of other accounts that were read.
        """
        states = tuple(
            elsewhere[each] if each in elsewhere else finish(self._beside(each, state, cut))
            for each in self._question.beside
        )
        whole = [self._with_own(each, state, cut) for each in (state, *states)]
        return replace(whole[0], beside=tuple(whole[1:]))

    def _with_own(self, each: AccountState, first: AccountState, cut: Callable[[str], Unreadable]) -> AccountState:
        """Return the state with the repositories and resources of its own question first, then those of the others."""
        own = each.question.repository_arn
        at_first = first.question.repository_arn
        arns = dict.fromkeys([*each.question.repositories, *([at_first] if at_first else []), *self._arns.values()])
        of_first = place_of(first.question)
        repositories = tuple(
            RepositoryState(arn, first.repository, first.repository_policy)
            if _place(arn) == of_first or arn == at_first
            else self._repository(arn, cut)
            for arn in arns
            if arn != own
        )
        resources = dict.fromkeys([*each.question.resources, *self._resources])
        return replace(
            each,
            repositories=repositories,
            resource_policies=tuple(self._policy(resource, cut) for resource in resources),
        )

    def _beside(self, question: AccountQuestion, first: AccountState, cut: Callable[[str], Unreadable]) -> AccountState:
        """Return the account as a further role of the first one's account has it."""
        arn = question.role_arn
        values: dict[str, Any] = {}
        if arn is not None and self._is_of_the_account(question):
            values = {name: getattr(first, name) for name in _SHARED}
            for name in _OF_THE_ROLE:
                title = f"{name.replace('_', ' ')} of {arn.name}"
                read = arn in self._roles
                missing = cut(title) if read else _beyond(title, f"{MOST_ROLES} further roles")
                values[name] = (
                    getattr(first, name) if arn == first.question.role_arn else (self._found.get(name, arn, missing))
                )
        place = place_of(question)
        if place is not None:
            same = place == place_of(first.question)
            if same:
                values |= {"repository": first.repository, "repository_policy": first.repository_policy}
            elif (found := question.repository_arn) is not None:
                repository = self._repository(found, cut)
                values |= {"repository": repository.repository, "repository_policy": repository.policy}
            if question.tag:
                missing = cut(f"image {place.name}:{question.tag}")
                shared = same and question.tag == first.question.tag
                values["image"] = first.image if shared else self._found.get("image", (place, question.tag), missing)
        return AccountState(
            question=question,
            read_at=first.read_at,
            credentials_problem=first.credentials_problem,
            identity=first.identity,
            **values,
        )

    def _repository(self, arn: Arn, cut: Callable[[str], Unreadable]) -> RepositoryState:
        place = _place(arn)
        titles = (f"ECR repository {place.name}", f"repository policy of {place.name}")
        if place not in self._places:
            bound = f"{MOST_REPOSITORIES} further repositories"
            return RepositoryState(arn, *(_beyond(title, bound) for title in titles))
        repository: Reading[EcrRepository] = self._found.get("repository", place, cut(titles[0]))
        policy: Reading[NamedPolicy] = self._found.get("repository policy", place, cut(titles[1]))
        return RepositoryState(arn, repository, policy)

    def _policy(self, resource: str, cut: Callable[[str], Unreadable]) -> ResourcePolicy:
        title = f"policy of {resource}"
        if resource in self._resources[MOST_RESOURCES:]:
            return ResourcePolicy(resource, _beyond(title, f"{MOST_RESOURCES} resources"))
        return self._found.get("resource policy", resource, ResourcePolicy(resource, cut(title)))


def of_right_accounts(state: AccountState, registry: str | None = None) -> AccountState:
    """Make unreadable what was found absent in an account that the credentials are not of: it may be there, and hidden.

    ``registry`` is the account of the credentials that read the registry, where these are others than the role's.
    """
    identity = state.identity
    if not isinstance(identity, Known):
        return state
    account = identity.value.account

    def doubted(reading: Reading[T], owner: str, what: str, how: str) -> Reading[T]:
        # To another account AWS shows what is missing and what is forbidden alike; who owns a bucket is not in its ARN.
        if not isinstance(reading, Absent) or owner in ("", account, registry):
            return reading
        why = f"these credentials are of account {account}, the {what} is {owner}'s"
        return Unreadable(reading.what, why, f"choose a {how} of account {owner}")

    def of_registry(reading: Reading[T], owner: str) -> Reading[T]:
        return doubted(reading, owner, "registry", "--registry-profile")

    repositories = tuple(
        replace(
            item,
            repository=of_registry(item.repository, item.arn.account),
            policy=of_registry(item.policy, item.arn.account),
        )
        for item in state.repositories
    )
    policies = tuple(
        replace(item, policy=doubted(item.policy, arn.account if arn else "", "resource", "--profile"))
        for item in state.resource_policies
        for arn in (Arn.parse(item.arn),)
    )
    beside = tuple(of_right_accounts(each, registry) for each in state.beside)
    return replace(state, repositories=repositories, resource_policies=policies, beside=beside)


def place_of(question: AccountQuestion) -> RepositoryPlace | None:
    """Return the place of the question's own repository; None where it names none."""
    if not question.repository:
        return None
    return RepositoryPlace(question.repository, question.region, question.registry_id)


def _place(arn: Arn) -> RepositoryPlace:
    return RepositoryPlace(arn.resource_id, arn.region, arn.account)


def _lanes(items: Sequence[T]) -> list[Sequence[T]]:
    """Return the items in few groups, which are read side by side."""
    return [items[start::_LANES] for start in range(min(_LANES, len(items)))]


def _beyond(what: str, bound: str) -> Unreadable:
    return Unreadable(what, f"only the first {bound} of a release are read", "look at it by itself")
