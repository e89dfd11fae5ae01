"""Read in parallel everything of the account that decides about one release, into one :class:`AccountState`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    CredentialsProblem,
    OidcProvider,
    Role,
)
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.live.issuer import own_issuer_provider
from diagnosis.live.session_keys import asks_for_repository_tags
from diagnosis.names.arn import Arn
from probes.aws.read.ecr import (
    RepositoryPlace,
    read_image,
    read_repository,
    read_repository_policy,
    read_repository_tags,
)
from probes.aws.read.evidence_objects import read_evidence_objects
from probes.aws.read.identity import read_identity
from probes.aws.read.oidc_provider import read_provider
from probes.aws.read.organizations import read_organization
from probes.aws.read.parallel import Outcome, run_in_parallel
from probes.aws.read.readings import not_asked
from probes.aws.read.release import ReleaseReading, of_right_accounts
from probes.aws.read.role import read_attached_policies, read_boundary, read_inline_policies, read_role
from probes.aws.session.access import AwsAccess, foreign_endpoints

T = TypeVar("T")

PartProgress: TypeAlias = Callable[[str, int, int], None]
"""``(what was just read, parts done, parts in all)``; called in the thread of ``read_account``."""

DEADLINE_SECONDS = 25.0
"""No part holds up the reading for longer; what is not there by then is unreadable, with that reason."""

_TITLES = {
    "identity": "the reader's own identity",
    "provider": "OIDC provider",
    "role": "role",
    "inline_policies": "inline policies",
    "attached_policies": "managed policies",
    "boundary": "permissions boundary",
    "scps": "service control policies",
    "rcps": "resource control policies",
    "organization": "organization of the account",
    "repository": "ECR repository",
    "repository_policy": "repository policy",
    "image": "image",
    "evidence_objects": "evidence objects",
}
_OF_THE_ROLES_ACCOUNT = (
    "provider",
    "role",
    "inline_policies",
    "attached_policies",
    "boundary",
    "scps",
    "rcps",
    "organization",
)
_OF_THE_REGISTRY = ("repository", "repository_policy", "image")


def read_account(
    question: AccountQuestion,
    aws: AwsAccess,
    *,
    registry: AwsAccess | None = None,
    progress: PartProgress = lambda _what, _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> AccountState:
    """Read the account as it is now. Never raises for what AWS, the network or the credentials do.

    With the question's further repositories, resources and roles, within bounds (see :mod:`probes.aws.read.release`). A part
    that could not be read, or was cut short by ``cancelled`` or the deadline, is ``Unreadable`` and says why.
    ``aws`` reads the role's account, ``registry`` the repository's where that is another one. Every call stands in the
    ledger of the access that made it.
    """
    for access in {id(access): access for access in (aws, registry or aws)}.values():
        if access.credentials_refused:
            access.renew()
    release = ReleaseReading(question, aws, registry or aws)
    further = release.work()
    work = _parts(question, aws, registry or aws) | further
    of_registry = frozenset(name for name in work if name in _OF_THE_REGISTRY or release.uses_registry(name))
    blocked = _without_credentials(work, of_registry, aws, registry or aws, deadline_seconds, cancelled)
    total = len(work)
    done = 0

    def on_done(name: str) -> None:
        nonlocal done
        done += 1
        progress(_TITLES.get(name.partition("+")[0], name.removeprefix("registry ")), done, total)

    asked = {name: part for name, part in work.items() if name not in blocked}
    outcomes = run_in_parallel(asked, deadline_seconds=deadline_seconds, cancelled=cancelled, on_done=on_done)
    values = _unasked(question)
    for name in work.keys() - further.keys():
        outcome = outcomes.get(name)
        if problem := blocked.get(name):
            for part in name.split("+"):
                values[part] = Unreadable(_TITLES[part], problem.sentence, problem.way_out)
        elif outcome is not None and outcome.error is None:
            values.update(outcome.value or {})
        else:
            for part in name.split("+"):
                values[part] = _cut_short(_TITLES[part], outcome, was_cancelled=cancelled())
    refused = next(iter(blocked.values()), None) or aws.credentials_refused or (registry or aws).credentials_refused
    state = AccountState(question=question, read_at=aws.clock(), credentials_problem=refused, **values)
    one_access = registry is None or registry is aws
    providers: dict[Arn, Reading[OidcProvider]] = {}

    def finished(state: AccountState) -> AccountState:
        state = _with_own_provider(state, aws, providers)
        state = _with_repository_tags(_of_the_right_account(state), registry or aws)
        return _of_the_right_registry(state) if one_access else state

    def cut(what: str) -> Unreadable:
        if refused:
            return Unreadable(what, refused.sentence, refused.way_out)
        broken = next((outcome for name in further if (outcome := outcomes.get(name)) and outcome.error), None)
        return _cut_short(what, broken, was_cancelled=cancelled())

    state = finished(state)
    elsewhere = _of_other_accounts(release.elsewhere(), state, aws, registry, cancelled, deadline_seconds)
    state = release.completed(state, cut, finished, elsewhere)
    state = replace(state, endpoints=foreign_endpoints(aws, registry))
    return of_right_accounts(state, None if one_access else question.registry_id)


def _of_other_accounts(
    questions: tuple[AccountQuestion, ...],
    state: AccountState,
    aws: AwsAccess,
    registry: AwsAccess | None,
    cancelled: Callable[[], bool],
    deadline_seconds: float,
) -> dict[AccountQuestion, AccountState]:
    """Read the roles of another account than the first one's where the credentials are of that account; none else can be."""
    identity = state.identity
    if not isinstance(identity, Known) or cancelled():
        return {}
    there = [each for each in questions if each.role_account == identity.value.account]
    if not there:
        return {}
    asked = replace(there[0], beside=tuple(there[1:]), repositories=(), resources=())
    read = read_account(asked, aws, registry=registry, cancelled=cancelled, deadline_seconds=deadline_seconds)
    return dict(zip(there, (replace(read, beside=()), *read.beside), strict=True))


def _with_own_provider(state: AccountState, aws: AwsAccess, read: dict[Arn, Reading[OidcProvider]]) -> AccountState:
    """Read the provider of an enterprise's own issuer in the place of GitHub's common one, where the role trusts that."""
    arn = own_issuer_provider(state)
    if arn is None or isinstance(state.provider, Known):
        return state
    question = replace(state.question, issuer=arn.resource_id)
    if arn not in read:
        read[arn] = read_provider(aws, arn, question.region)
    return replace(state, question=question, provider=read[arn])


def _with_repository_tags(state: AccountState, registry: AwsAccess) -> AccountState:
    """Read the repository's tags where a policy asks about them; nobody else needs that permission."""
    if not isinstance(state.repository, Known) or not asks_for_repository_tags(state):
        return state
    return replace(state, repository_tags=read_repository_tags(registry, state.repository.value.arn))


def _without_credentials(
    work: Mapping[str, object],
    of_registry: frozenset[str],
    aws: AwsAccess,
    registry: AwsAccess,
    deadline_seconds: float,
    cancelled: Callable[[], bool],
) -> dict[str, CredentialsProblem]:
    """Return the parts that are not tried, with the reason: without credentials each would search the whole chain again."""
    found = run_in_parallel(
        {"role": aws.credentials_problem, "registry": registry.credentials_problem},
        deadline_seconds=deadline_seconds,
        cancelled=cancelled,
        on_done=lambda _: None,
    )
    blocked: dict[str, CredentialsProblem] = {}
    for name in work:
        outcome = found.get("registry" if name in of_registry else "role")
        if outcome is None:
            blocked[name] = CredentialsProblem(
                "the AWS credentials could not be obtained in time", "sign in, and refresh"
            )
        elif outcome.value:
            blocked[name] = outcome.value
    return blocked


_Work: TypeAlias = dict[str, Callable[[], dict[str, Any]]]


def _parts(question: AccountQuestion, aws: AwsAccess, registry: AwsAccess) -> _Work:
    """Return the readers of the parts that the question allows; a name with a plus stands for parts read in turn."""
    region, role_arn = question.region, question.role_arn
    work: _Work = {"identity": lambda: {"identity": read_identity(aws, region)}}
    if role_arn and question.role_account and question.provider_arn:
        arn, account, provider_arn = role_arn, question.role_account, question.provider_arn
        any_path = question.role_path_unknown
        work |= {
            "provider": lambda: {"provider": read_provider(aws, provider_arn, region)},
            "role+boundary": lambda: _role_and_boundary(aws, arn, region, any_path=any_path),
            "inline_policies": lambda: {"inline_policies": read_inline_policies(aws, arn, region)},
            "attached_policies": lambda: {"attached_policies": read_attached_policies(aws, arn, region)},
            "scps+rcps+organization": lambda: dict(
                zip(("organization", "scps", "rcps"), read_organization(aws, account, region), strict=True)
            ),
        }
    if question.repository:
        place = RepositoryPlace(question.repository, region, question.registry_id)
        work |= {
            "repository": lambda: {"repository": read_repository(registry, place)},
            "repository_policy": lambda: {"repository_policy": read_repository_policy(registry, place)},
        }
        if question.tag:
            tag = question.tag
            work["image"] = lambda: {"image": read_image(registry, place, tag)}
    if question.evidence_root:
        root = question.evidence_root
        work["evidence_objects"] = lambda: {"evidence_objects": read_evidence_objects(aws, root, region)}
    return work


def _role_and_boundary(aws: AwsAccess, arn: Arn, region: str | None, *, any_path: bool) -> dict[str, Any]:
    role = read_role(aws, arn, region, any_path=any_path)
    return {"role": role, "boundary": read_boundary(aws, role, region)}


def _unasked(question: AccountQuestion) -> dict[str, Any]:
    """Say why the parts that nothing names are not asked for; those that are will be laid over these."""
    how = "give it in the case file or as an option"
    unasked: dict[str, Any] = {}
    if not question.role_account:
        for part in _OF_THE_ROLES_ACCOUNT:
            unasked[part] = not_asked(_TITLES[part], "the run names no role that could be looked at", how)
    if not question.repository:
        for part in ("repository", "repository_policy", "image"):
            unasked[part] = not_asked(_TITLES[part], "the run names no ECR repository", how)
    elif not question.tag:
        unasked["image"] = not_asked(_TITLES["image"], "the run names no image tag", how)
    if not question.evidence_root:
        unasked["evidence_objects"] = not_asked(
            _TITLES["evidence_objects"], "no evidence root is named", "give it in the case file"
        )
    return unasked


def _cut_short(what: str, outcome: Outcome[Any] | None, *, was_cancelled: bool) -> Unreadable:
    if outcome is not None:
        return Unreadable(what, f"the probe failed ({type(outcome.error).__name__})", "refresh; if it stays, report it")
    if was_cancelled:
        return Unreadable(what, "the reading was cancelled", "refresh the live side")
    return Unreadable(what, "AWS did not answer in time", "refresh the live side")


def _of_the_right_registry(state: AccountState) -> AccountState:
    """Make an absent repository unreadable where these credentials are of another account than the registry's.

    To another account AWS shows a missing repository and a forbidden one alike, so the repository may well exist.
    """
    identity, registry_id = state.identity, state.question.registry_id
    if not isinstance(identity, Known) or not registry_id or identity.value.account == registry_id:
        return state
    if isinstance(state.repository, Known):
        return state
    why = f"these credentials are of account {identity.value.account}, the registry is {registry_id}'s"
    how = f"choose a --registry-profile of account {registry_id}"
    changes: dict[str, Any] = {
        part: Unreadable(what=_TITLES[part], why=why, how=how, permission=None)
        for part in _OF_THE_REGISTRY
        if isinstance(getattr(state, part), Absent)
    }
    return replace(state, **changes)


def _of_the_right_account(state: AccountState) -> AccountState:
    """Make unreadable what IAM answered for another account than the one meant.

    IAM answers for the account of the credentials, whatever was meant. The identity tells which account that is; where it
    could not be read, the role's own ARN does.
    """
    wanted = state.question.role_account
    if wanted is None:
        return state
    identity: Reading[CallerIdentity] = state.identity
    role: Reading[Role] = state.role
    if isinstance(identity, Known):
        if identity.value.account == wanted:
            return state
        why = f"these credentials read account {identity.value.account}, the role is in {wanted}"
        how = f"choose a --profile of account {wanted}; or is the account in the role's ARN the wrong one?"
    elif isinstance(role, Known):
        return state
    else:
        why = "neither the reader's identity nor the role could be read, so it is not certain whose account answered"
        how = "let the reader use sts:GetCallerIdentity or iam:GetRole"
    changes: dict[str, Any] = {}
    for part in _OF_THE_ROLES_ACCOUNT:
        reading = getattr(state, part)
        # What was unreadable already keeps its own reason, unless the account explains it.
        if not isinstance(reading, Unreadable) or isinstance(identity, Known):
            changes[part] = Unreadable(what=_TITLES[part], why=why, how=how, permission=None)
    return replace(state, **changes)
