"""What of the account differs from the baseline: providers, roles with their policies, ECR repositories.

Documents are compared by what they do: whom a trust policy admits and what the role's policies grant, as sets. A document
whose text alone is another one is a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from diagnosis.baseline import history
from diagnosis.baseline.parts import Both, both, changed, differences, undecided, unknown
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import RegistryState, ReviewedState, RoleState
from diagnosis.callers.comparison import compare_trust
from diagnosis.claims.claim_set import is_github_cloud
from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider, Role
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Repository
from diagnosis.facts.trail import Trail
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.grants.comparison import compare_grants
from diagnosis.logs.scrubbed_values import MARK
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.strict_json import json_text
from diagnosis.policy.language.tree import statements

_Made: TypeAlias = OidcProvider | Role | EcrRepository
_WITH_VARIABLES = "2012-10-17"
"""The Version of the policy language that has variables."""


@dataclass(frozen=True, slots=True)
class History:
    """What CloudTrail tells of the time since the baseline was accepted."""

    trail: Reading[Trail]
    since: datetime

    def of(self, names: Iterable[str], *targets: str) -> tuple[str, ...]:
        """Return who made changes of these kinds to these targets."""
        return history.by_whom(self.trail, self.since, tuple(names), targets)


def aws_changes(before: ReviewedState, now: ReviewedState, known: History) -> Iterator[Finding]:
    """Yield every difference of the account's side."""
    yield from _providers(before, now, known)
    old_roles, new_roles = {role.arn: role for role in before.roles}, {role.arn: role for role in now.roles}
    for arn in sorted({*old_roles, *new_roles}):
        yield from _role(old_roles.get(arn), new_roles.get(arn), _Around(before, now, known))
    old_places, new_places = {each.arn: each for each in before.registries}, {each.arn: each for each in now.registries}
    for arn in sorted({*old_places, *new_places}):
        yield from _registry(arn, old_places.get(arn), new_places.get(arn), known)


@dataclass(frozen=True, slots=True)
class _Around:
    before: ReviewedState
    now: ReviewedState
    known: History

    def audiences(self, role: Arn) -> tuple[Arn | None, tuple[str, ...] | None]:
        """Return the GitHub provider of the role's account, and all audiences that it admitted or admits, where both are known."""
        found: list[OidcProvider] = []
        arn = next((arn for arn, _ in self.now.providers if arn.account == role.account), None)
        for state in (self.before, self.now):
            reading = dict(state.providers).get(arn) if arn else None
            if not isinstance(reading, Known):
                return arn, None
            found.append(reading.value)
        return arn, tuple(dict.fromkeys(audience for provider in found for audience in provider.audiences))

    @property
    def repository(self) -> Repository:
        return self.now.repository


# ------------------------------------------------------------------------------------------------- providers


def _providers(before: ReviewedState, now: ReviewedState, known: History) -> Iterator[Finding]:
    old, new = dict(before.providers), dict(now.providers)
    for arn in sorted({*old, *new}):
        place, what = Place(member=str(arn)), f"the OIDC provider {arn}"
        if arn not in old or arn not in new:
            yield from _one_sided(arn, new.get(arn), _common_accounts(before, now))
            continue
        found = both(old[arn], new[arn], place, what)
        if isinstance(found, Finding):
            yield found
            continue
        who = known.of(history.PROVIDER, str(arn))
        first, second = found.before, found.now
        if first is None and second is None:
            continue
        if first is None or second is None:
            said = "was absent when the baseline was accepted, and exists now" if first is None else "is gone"
            yield changed(DriftRule.PROVIDER_CHANGED, place, f"The OIDC provider {arn} {said}.", who)
            continue
        yield from _anew(DriftRule.PROVIDER_CHANGED, place, f"the OIDC provider {arn}", _times(first, second), who)
        details = differences(
            (f"audience {each}" for each in first.audiences), (f"audience {each}" for each in second.audiences)
        )
        details = (*details, *differences((f"issuer {first.url}",), (f"issuer {second.url}",)))
        if details:
            said = f"The OIDC provider {arn} admits other tokens."
            yield changed(DriftRule.PROVIDER_CHANGED, place, said, (*details, *who))
        if prints := differences(first.thumbprints, second.thumbprints):
            said = f"The OIDC provider {arn} has other thumbprints."
            level = Level.NOTE if is_github_cloud(second.url) else Level.ERROR
            if level is Level.NOTE:
                said += " AWS verifies GitHub's issuer by its own library of authorities, so they decide nothing."
            yield changed(DriftRule.PROVIDER_CHANGED, place, said, (*prints, *who), level)


def _common_accounts(before: ReviewedState, now: ReviewedState) -> frozenset[str]:
    """Return the accounts that had a role when the baseline was accepted and have one now."""
    old, new = ({role.arn.account for role in state.roles} for state in (before, now))
    return frozenset(old & new)


def _one_sided(arn: Arn, now: Reading[OidcProvider] | None, accounts: frozenset[str]) -> Iterator[Finding]:
    """Yield that a provider stands on one side alone; where its account's roles came or went, that is told of them."""
    if arn.account not in accounts:
        return
    place = Place(member=str(arn))
    if now is None:
        said = f"The OIDC provider {arn} stands in the baseline and was not looked at."
        yield unknown(DriftRule.NOT_COMPARED, place, said, "look whether it is still there, and accept the state")
        return
    found = both(Absent("provider"), now, place, f"the OIDC provider {arn}")
    if isinstance(found, Finding):
        yield found
    elif found.now is not None:
        yield changed(DriftRule.PROVIDER_CHANGED, place, f"The OIDC provider {arn} was not accepted.")


def _times(first: _Made, second: _Made) -> tuple[datetime | None, datetime | None]:
    return first.created_at, second.created_at


def _anew(
    rule: DriftRule, place: Place, what: str, times: tuple[datetime | None, datetime | None], who: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield that a thing is not the one that was accepted, by the time at which it was made."""
    old, new = times
    if old == new:
        return
    if old is None or new is None:
        silent = "the baseline does not tell" if old is None else "AWS does not tell"
        said = f"Whether {what} is the one that was accepted is not known: {silent} when it was made."
        yield unknown(DriftRule.NOT_COMPARED, place, said, "look at it now, and accept it")
    else:
        yield changed(rule, place, f"{what[:1].upper()}{what[1:]} was made anew at {new:%Y-%m-%dT%H:%M:%SZ}.", who)


# ------------------------------------------------------------------------------------------------- roles


def _role(before: RoleState | None, now: RoleState | None, around: _Around) -> Iterator[Finding]:
    state = now or before
    if state is None:
        return
    arn, place, known = state.arn, Place(member=str(state.arn)), around.known
    if before is None:
        yield from _new(state, place, around)
        return
    if now is None:
        said = f"The role {arn} stands in the baseline and was not looked at."
        yield Finding(DriftRule.NOT_COMPARED, Level.UNKNOWN, place, said, f"Name it with --role {arn}.")
        return
    found = both(before.role, now.role, place, f"the role {arn}")
    if isinstance(found, Finding):
        yield found
        return
    who = known.of(history.ROLE, arn.name)
    if found.before is None or found.now is None:
        if found.before is not found.now:
            said = "is gone" if found.now is None else "was absent when the baseline was accepted, and exists now"
            yield changed(DriftRule.ROLE_CHANGED, place, f"The role {arn} {said}.", who)
        return
    yield from _itself(place, found.before, found.now, who)
    yield from _trust(place, found.before, found.now, around)
    yield from _permissions(place, before, now, known)
    yield from _controls(place, before, now)


def _new(role: RoleState, place: Place, around: _Around) -> Iterator[Finding]:
    """Yield that a role stands in no baseline: what it may do was accepted by nobody."""
    found = both(Absent("role"), role.role, place, f"the role {role.arn}")
    if isinstance(found, Finding):
        yield found
        return
    who = around.known.of(history.ROLE, role.arn.name)
    use = "a release uses it" if around.now.releases_of(role.arn) else "no release uses it"
    said = f"The role {role.arn} was not accepted; {use}." if found.now else f"The role {role.arn} does not exist."
    yield changed(DriftRule.ROLE_CHANGED, place, said, who)


def _itself(place: Place, before: Role, now: Role, who: tuple[str, ...]) -> Iterator[Finding]:
    yield from _anew(DriftRule.ROLE_CHANGED, place, f"the role {now.arn}", _times(before, now), who)
    if before.max_session_seconds != now.max_session_seconds:
        old, new = before.max_session_seconds, now.max_session_seconds
        said = f"Sessions of the role {now.arn} may last {new} seconds; they might last {old} when the baseline was accepted."
        yield changed(DriftRule.ROLE_CHANGED, place, said, who)
    if tags := differences(*((f"tag {key} = {value}" for key, value in sorted(role.tags)) for role in (before, now))):
        said = f"The role {now.arn} has other tags; policies may grant by them (aws:PrincipalTag)."
        yield changed(DriftRule.ROLE_CHANGED, place, said, (*tags, *who))

    hidden = {key for role in (before, now) for key, value in role.tags if MARK in f"{key}{value}"}
    yield from undecided(
        place, f"the role {now.arn}", (f"the value of its tag {key} was not kept" for key in sorted(hidden))
    )


def _trust(place: Place, before: Role, now: Role, around: _Around) -> Iterator[Finding]:
    old, new = before.trust_policy, now.trust_policy
    if _same(old, new):
        return
    what = f"the trust policy of {now.name}"
    provider, audiences = around.audiences(now.arn)
    compared = compare_trust(old, new, around.repository, provider_arn=provider, audiences=audiences)
    who = around.known.of(history.TRUST, now.name)
    if compared.newly_admitted:
        said = f"The trust policy of {now.name} admits callers that it refused when the baseline was accepted."
        details = (*(f"newly admitted: {each.text}" for each in compared.newly_admitted), *who)
        yield changed(DriftRule.TRUST_WIDENED, place, said, details)
    if compared.no_longer_admitted:
        said = f"The trust policy of {now.name} refuses callers that it admitted when the baseline was accepted."
        details = (*(f"no longer admitted: {each.text}" for each in compared.no_longer_admitted), *who)
        yield changed(DriftRule.TRUST_NARROWED, place, said, details)
    yield from undecided(place, what, compared.undecided)
    if compared.equivalent:
        yield _same_reach(place, f"The trust policy of {now.name} has another text and admits the same callers.", who)


def _permissions(place: Place, before: RoleState, now: RoleState, known: History) -> Iterator[Finding]:
    name, arn = now.arn.name, now.arn
    who = known.of(history.POLICIES, name, *_policy_arns(before), *_policy_arns(now))
    inline = both(before.inline, now.inline, place, f"the inline policies of {arn}")
    attached = both(before.attached, now.attached, place, f"the managed policies of {arn}")
    boundary = both(before.boundary, now.boundary, place, f"the permissions boundary of {arn}")
    for each in (inline, attached, boundary):
        if isinstance(each, Finding):
            yield each
    if not isinstance(boundary, Finding):
        yield from _boundary(
            place, name, boundary, known.of(history.BOUNDARY, name, *_policy_arns(before), *_policy_arns(now))
        )
    if isinstance(inline, Finding) or isinstance(attached, Finding) or isinstance(boundary, Finding):
        return
    old = (*(inline.before or ()), *(attached.before or ()))
    new = (*(inline.now or ()), *(attached.now or ()))
    if _all_same(old, new) and _all_same(_some(boundary.before), _some(boundary.now)):
        return
    compared = compare_grants(_layers(old, boundary.before), _layers(new, boundary.now))
    if compared.newly_granted:
        said = f"The policies of {name} grant what they did not grant when the baseline was accepted."
        details = (*(f"newly granted: {grant.text}" for grant in compared.newly_granted), *who)
        yield changed(DriftRule.PERMISSIONS_WIDENED, place, said, details)
    if compared.no_longer_granted:
        said = f"The policies of {name} no longer grant what they granted when the baseline was accepted."
        details = (*(f"no longer granted: {grant.text}" for grant in compared.no_longer_granted), *who)
        yield changed(DriftRule.PERMISSIONS_NARROWED, place, said, details)
    yield from undecided(place, f"what the policies of {name} grant", compared.undecided)
    if compared.equivalent and not _all_same(old, new):
        yield _same_reach(place, f"The policies of {name} have other texts and grant the same.", who)


def _boundary(place: Place, name: str, found: Both[NamedPolicy], who: tuple[str, ...]) -> Iterator[Finding]:
    old, new = found.before, found.now
    if old is None or new is None:
        if old is not new:
            how = (
                "has a permissions boundary now, and had none"
                if old is None
                else "has no permissions boundary any more"
            )
            yield changed(DriftRule.BOUNDARY_CHANGED, place, f"The role {name} {how}.", who)
        return
    if _same(old.document, new.document) and old.arn == new.arn:
        return
    compared = compare_grants([[old.document]], [[new.document]])
    yield from undecided(place, f"the permissions boundary of {name}", compared.undecided)
    if compared.equivalent:
        yield _same_reach(
            place, f"The permissions boundary of {name} is another text or policy, of the same reach.", who
        )
    elif compared.newly_granted or compared.no_longer_granted:
        details = (
            *(f"newly within: {grant.text}" for grant in compared.newly_granted),
            *(f"no longer within: {grant.text}" for grant in compared.no_longer_granted),
        )
        said = f"The permissions boundary of {name} reaches further or less far than when the baseline was accepted."
        yield changed(DriftRule.BOUNDARY_CHANGED, place, said, (*details, *who))


def _controls(place: Place, before: RoleState, now: RoleState) -> Iterator[Finding]:
    # They are those of the account: of its roles each would say the same.
    account = Place(member=f"account {now.arn.account}")
    found = both(before.controls, now.controls, account, "the organization's control policies")
    if isinstance(found, Finding):
        yield found
    elif details := differences(found.before or (), found.now or ()):
        said = (
            f"The control policies above the account of {now.arn.name} are other ones. Their reach is not compared: the baseline"
            " keeps digests of them alone."
        )
        yield changed(DriftRule.CONTROL_POLICY_CHANGED, place, said, details)


def _policy_arns(role: RoleState) -> tuple[str, ...]:
    attached = role.attached.value if isinstance(role.attached, Known) else ()
    boundary = (role.boundary.value,) if isinstance(role.boundary, Known) else ()
    return tuple(str(policy.arn) for policy in (*attached, *boundary) if policy.arn)


def _layers(policies: Sequence[NamedPolicy], boundary: NamedPolicy | None) -> list[list[PolicyDocument]]:
    return [[policy.document for policy in policies], *([[boundary.document]] if boundary else [])]


def _some(policy: NamedPolicy | None) -> tuple[NamedPolicy, ...]:
    return (policy,) if policy else ()


def _same(old: PolicyDocument, new: PolicyDocument) -> bool:
    """Return whether two documents are the same JSON, whatever their white space; of a value that was not kept nobody knows."""
    if any(_not_kept(old)) or any(_not_kept(new)):
        return False
    return old.tree == new.tree if old.tree and new.tree else old.text == new.text


def _not_kept(*documents: PolicyDocument | None) -> Iterator[str]:
    """Yield where values stand that look like secrets: two of a kind look the same, so that a change of one is not seen."""
    for document in documents:
        if document is not None:
            yield from (f"the value at {path or 'its beginning'} was not kept" for path in document.not_kept)


def _all_same(old: Sequence[NamedPolicy], new: Sequence[NamedPolicy]) -> bool:
    return len(old) == len(new) and all(
        (first.name, first.arn) == (second.name, second.arn) and _same(first.document, second.document)
        for first, second in zip(
            sorted(old, key=lambda each: (each.name, str(each.arn))),
            sorted(new, key=lambda each: (each.name, str(each.arn))),
            strict=True,
        )
    )


def _same_reach(place: Place, sentence: str, who: tuple[str, ...]) -> Finding:
    return changed(DriftRule.TEXT_CHANGED, place, sentence, who, Level.NOTE)


# ------------------------------------------------------------------------------------------------- ECR


def _registry(arn: Arn, before: RegistryState | None, now: RegistryState | None, known: History) -> Iterator[Finding]:
    place, name = Place(member=str(arn)), arn.resource_id
    if before is None:
        yield changed(
            DriftRule.REGISTRY_CHANGED, place, f"The ECR repository {arn} is used by a release, and was not accepted."
        )
        return
    if now is None:
        # No release uses it any more: that is told of the workflow.
        return
    found = both(before.repository, now.repository, place, f"the ECR repository {arn}")
    if isinstance(found, Finding):
        yield found
    else:
        yield from _itself_of(arn, found, known.of(history.REGISTRY, name))
        if found.now is None:
            return
    policies = both(before.policy, now.policy, place, f"the policy of the ECR repository {arn}")
    if isinstance(policies, Finding):
        yield policies
    else:
        yield from _registry_policy(arn, policies, known.of(history.REGISTRY_POLICY, name))


def _itself_of(arn: Arn, found: Both[EcrRepository], who: tuple[str, ...]) -> Iterator[Finding]:
    place, old, new = Place(member=str(arn)), found.before, found.now
    if old is None or new is None:
        if old is not new:
            said = "is gone" if new is None else "was absent when the baseline was accepted, and exists now"
            yield changed(DriftRule.REGISTRY_CHANGED, place, f"The ECR repository {arn} {said}.", who)
        return
    yield from _anew(DriftRule.REGISTRY_CHANGED, place, f"the ECR repository {arn}", _times(old, new), who)
    if old.tag_mutability != new.tag_mutability:
        said = f"The tags of the ECR repository {arn} are {new.tag_mutability}; they were {old.tag_mutability}."
        yield changed(DriftRule.REGISTRY_CHANGED, place, said, who)
    if old.kms_key != new.kms_key:
        said = f"The ECR repository {arn} is encrypted with {_key(new)}; it was with {_key(old)}."
        yield changed(DriftRule.REGISTRY_CHANGED, place, said, who)


def _key(repository: EcrRepository) -> str:
    return repository.kms_key or "no key of its own"


def _registry_policy(arn: Arn, found: Both[NamedPolicy], who: tuple[str, ...]) -> Iterator[Finding]:
    place, old, new = Place(member=str(arn)), found.before, found.now
    if old is None and new is None:
        return
    if old is not None and new is not None and _same(old.document, new.document):
        return
    documents = (old.document if old else None, new.document if new else None)
    doubts = tuple(_not_kept(*documents)) if old is not None and new is not None else ()
    yield from undecided(place, f"the policy of the ECR repository {arn}", doubts)
    details = differences(_statements(old), _statements(new))
    if details or old is None or new is None:
        how = "has a policy now, and had none" if old is None else "has no policy any more" if new is None else ""
        said = f"The ECR repository {arn} {how or 'has a policy of other statements'}."
        yield changed(DriftRule.REGISTRY_POLICY_CHANGED, place, said, (*details, *who))
    elif not doubts:
        yield _same_reach(
            place, f"The policy of the ECR repository {arn} has the same statements in another text.", who
        )


def _statements(policy: NamedPolicy | None) -> Iterator[str]:
    """Yield each statement as one line, members sorted, so that their order and white space count for nothing."""
    if policy is None:
        return
    if not policy.document.tree:
        yield policy.document.text
        return
    version = policy.document.tree.get("Version")
    if version != _WITH_VARIABLES and "${" in json_text(dict(policy.document.tree)):
        # By an older Version a variable is a word like any other.
        yield f"variables are plain text, by Version {version if isinstance(version, str) else 'not stated'}"
    for statement in statements(policy.document.tree):
        yield json_text({key: statement[key] for key in sorted(statement)}, separators=(", ", ": "))


def same_documents(before: RoleState, now: RoleState) -> bool:
    """Return whether a role has the trust policy, the policies and the boundary that it had, letter by letter as JSON."""
    if not isinstance(before.role, Known) or not isinstance(now.role, Known):
        return False
    trusts = _same(before.role.value.trust_policy, now.role.value.trust_policy)
    return trusts and same_policies(before, now) and _same_boundary(before, now)


def same_policies(before: RoleState, now: RoleState) -> bool:
    """Return whether a role has the policies that it had, letter by letter as JSON; those of the boundary do not count."""
    pairs = ((before.inline, now.inline), (before.attached, now.attached))
    return all(
        isinstance(old, Known) and isinstance(new, Known) and _all_same(old.value, new.value) for old, new in pairs
    )


def _same_boundary(before: RoleState, now: RoleState) -> bool:
    old, new = before.boundary, now.boundary
    if isinstance(old, Known) and isinstance(new, Known):
        return _all_same((old.value,), (new.value,))
    return isinstance(old, Absent) and isinstance(new, Absent)


def same_registry_policies(before: ReviewedState, now: ReviewedState) -> bool:
    """Return whether every ECR repository has the policy that it was accepted with, letter by letter as JSON."""
    old = {each.arn: each.policy for each in before.registries}
    for each in now.registries:
        was, policy = old.get(each.arn), each.policy
        if isinstance(was, Known) and isinstance(policy, Known):
            if not _same(was.value.document, policy.value.document):
                return False
        elif not (isinstance(was, Absent) and isinstance(policy, Absent)):
            return False
    return True
