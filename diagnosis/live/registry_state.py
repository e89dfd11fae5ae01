"""Judge the registry's state: what stops a push although no permission is missing, by the state that was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, EcrRepository, RegistryDetails, RepositoryState
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Plane
from diagnosis.live.key_policy import KeyOutcome, judge_key_policy
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need

LOWEST_QUOTA = 10_000
"""Images a repository: AWS has raised the default since, and never lowers an account's own value."""
_WORKING_KEY_STATES = frozenset({"Enabled", "Updating"})


@dataclass(frozen=True, slots=True)
class RegistryState:
    """Problems of the repository itself, and what could not be read of it."""

    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()


def registry_problems(run: RunClaims, needs: Iterable[Need] = ()) -> RegistryState:
    """Return what a rerun would meet: the repository is absent, the tag taken and immutable, the quota reached, the key shut.

    A release whose ``needs`` name no private repository, since it goes to ECR Public, depends on none.
    """
    listed = tuple(needs)
    private = not listed or any(need.resource != "*" and need.action.lower().startswith("ecr:") for need in listed)
    own = _of_first(run) if private or run.account.question.repository else RegistryState()
    further = [_of_further(run.account, item) for item in run.account.repositories]
    return RegistryState(
        problems=(*own.problems, *(problem for part in further for problem in part.problems)),
        missing=tuple(dict.fromkeys((*own.missing, *(missing for part in further for missing in part.missing)))),
        notes=own.notes,
    )


def _of_further(account: AccountState, item: RepositoryState) -> RegistryState:
    """Judge a further repository of the release: it has to exist."""
    if isinstance(item.repository, Known):
        return RegistryState()
    if isinstance(item.repository, Unreadable):
        return RegistryState(missing=(_gap(item.repository),))
    source = item.repository.source
    reason = f"The ECR repository {item.arn.resource_id} does not exist in the registry that the release pushes to."
    evidence = (source,) if source else ()
    return RegistryState((_problem(account, Cause.REPOSITORY_ABSENT, reason, evidence, resource=str(item.arn)),))


def _of_first(run: RunClaims) -> RegistryState:
    account = run.account
    if isinstance(account.repository, Absent):
        return _absent(run)
    if isinstance(account.repository, Unreadable):
        return RegistryState(missing=(_gap(account.repository),))
    repository = account.repository.value
    parts = (_tag(run, repository), *(_detail(account, repository, judge) for judge in (_quota, _key)))
    return RegistryState(
        problems=tuple(problem for part in parts for problem in part.problems),
        missing=tuple(dict.fromkeys(missing for part in parts for missing in part.missing)),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _absent(run: RunClaims) -> RegistryState:
    account, name = run.account, run.account.question.repository or ""
    details = account.registry_details
    prefixes = (details.value.creation_template_prefixes or ()) if isinstance(details, Known) else ()
    template = next(
        (prefix for prefix in prefixes if prefix == "ROOT" or name.startswith(f"{prefix.rstrip('/')}/")), None
    )
    more = (
        f" A creation template for {template} exists: where it applies to pushes and the role may create repositories, "
        "the push makes it."
        if template
        else ""
    )
    source = account.repository.source if isinstance(account.repository, Absent) else None
    reason = f"The ECR repository {name} does not exist in the registry that the release pushes to.{more}"
    return RegistryState((_problem(account, Cause.REPOSITORY_ABSENT, reason, (source,) if source else ()),))


def _tag(run: RunClaims, repository: EcrRepository) -> RegistryState:
    account, tag = run.account, run.account.question.tag
    if not repository.tag_mutability.startswith("IMMUTABLE") or not tag:
        return RegistryState()
    own = run.attempt.conclusion == "success"
    if isinstance(account.image, Unreadable) and not own:
        gap = _gap(account.image)
        return RegistryState(missing=(Missing(f"whether the tag {tag} is free", gap.why, gap.how, gap.permission),))
    if not isinstance(account.image, Known) or tag not in account.image.value.tags:
        return RegistryState()
    if own:
        unless = "" if account.taken_tag else ", unless an exclusion filter leaves it free"
        more = f"one more run needs another, and a plain rerun would be refused{unless}"
        return RegistryState(notes=(f"The tag {tag} is taken, by this run's own image: {more}.",))
    if repository.tag_mutability != "IMMUTABLE":
        # Which tags the exclusion filters leave mutable was not read.
        what = f"whether the tag {tag} is among those that may be pushed again"
        how = f"aws ecr describe-repositories --repository-names {repository.name}"
        return RegistryState(missing=(Missing(what, "the repository has exclusion filters", how),))
    reason = f"The tag {tag} exists and the repository is immutable: pushing it again is refused."
    proof = _seen(account, f"tag {tag} has digest {account.image.value.digest}", "ecr:DescribeImages")
    return RegistryState((_problem(account, Cause.TAG_IMMUTABLE, reason, (proof,)),))


_Judge = Callable[[AccountState, EcrRepository, RegistryDetails], RegistryState]


def _detail(account: AccountState, repository: EcrRepository, judge: _Judge) -> RegistryState:
    reading = account.registry_details
    if isinstance(reading, Known):
        return judge(account, repository, reading.value)
    if isinstance(reading, Absent) or reading == AccountState(account.question).registry_details:
        return RegistryState()  # nobody has asked yet: a second reading brings it, and decides then
    if judge is _key and repository.kms_key is None:
        return RegistryState()
    return RegistryState(missing=(_gap(reading),))


def _quota(account: AccountState, repository: EcrRepository, details: RegistryDetails) -> RegistryState:
    count, quota = details.image_count, details.image_quota
    if count is None:
        return RegistryState(missing=(_unread(details, "number of images", "ecr:DescribeImages"),))
    if quota is None:
        if count < LOWEST_QUOTA:
            return RegistryState()
        return RegistryState(missing=(_unread(details, "quota of images", "servicequotas:GetServiceQuota"),))
    if count < quota:
        return RegistryState()
    reason = f"The repository {repository.name} holds {count:,} images and its quota is {quota:,}: a push is refused."
    proof = _seen(account, f"{count} images in {repository.name}, quota {quota}", "ecr:DescribeImages")
    return RegistryState((_problem(account, Cause.IMAGE_QUOTA, reason, (proof,)),))


def _key(account: AccountState, repository: EcrRepository, details: RegistryDetails) -> RegistryState:
    if repository.kms_key is None:
        return RegistryState()
    if details.key_state is None:
        return RegistryState(missing=(_unread(details, "state of the KMS key", "kms:DescribeKey"),))
    if details.key_state not in _WORKING_KEY_STATES:
        reason = f"The key of the repository is {details.key_state}: ECR cannot encrypt what is pushed with it."
        return _key_stops(account, repository, reason, f"key state {details.key_state}", "kms:DescribeKey")
    if details.key_policy is None:
        return RegistryState(missing=(_unread(details, "policy of the KMS key", "kms:GetKeyPolicy"),))
    judged = judge_key_policy(details.key_policy, repository.kms_key, account.question)
    if judged.outcome is KeyOutcome.DENIES:
        return _key_stops(account, repository, judged.reason, judged.reason, "kms:GetKeyPolicy")
    if judged.outcome is KeyOutcome.UNDECIDED:
        what = "whether the key's policy stops ECR"
        return RegistryState(missing=(Missing(what, judged.reason, "look at that statement, or push a test image"),))
    return RegistryState()


def _key_stops(account: AccountState, repository: EcrRepository, reason: str, seen: str, address: str) -> RegistryState:
    proof = _seen(account, f"{repository.kms_key}: {seen}", address)
    return RegistryState((_problem(account, Cause.KMS_KEY, reason, (proof,), resource=repository.kms_key),))


def _text(arn: Arn | None) -> str | None:
    return str(arn) if arn else None


def _problem(
    account: AccountState,
    cause: Cause,
    reason: str,
    evidence: tuple[Evidence, ...],
    resource: str | None = None,
) -> Problem:
    return Problem(
        checkpoint=None,
        plane=Plane.REGISTRY_STATE,
        cause=cause,
        reason=reason,
        resource=resource or _text(account.question.repository_arn),
        evidence=evidence,
    )


def _seen(account: AccountState, text: str, address: str) -> Evidence:
    return Evidence(EvidenceKind.API_CALL, text, address, Origin.LIVE, account.read_at)


def _gap(reading: Unreadable) -> Missing:
    return Missing(reading.what, reading.why, reading.how, reading.permission)


def _unread(details: RegistryDetails, what: str, permission: str) -> Missing:
    """Return why a detail is not known: as the probe told it, else that nobody read it."""
    told = next((item for item in details.unread if item.what == what), None)
    return _gap(told) if told else Missing(what, "it was not read", "refresh the live side", permission)
