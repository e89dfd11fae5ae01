"""What is granted, admitted or kept and no release uses: by the needs of all releases, and by AWS's own record of use.

A grant that was beyond the need when the baseline was accepted was accepted with it: that is a note. One that has come to be so
since fails the review, but only where it can be claimed: every workflow was read, no step that runs with the role is opaque,
or IAM records that the role never used the service. Else it is unknown, and says whose use is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from diagnosis.baseline.aws_changes import same_policies
from diagnosis.baseline.contexts import may_present
from diagnosis.baseline.elsewhere import Elsewhere
from diagnosis.baseline.parts import changed
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import ReviewedState, RoleState
from diagnosis.claims.claim_set import read_subject
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.role_usage import LATE_BY, LastAccess, RoleUsage
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.fleet.possible_users import Coverage, possible_users
from diagnosis.gates import Checkpoint
from diagnosis.live.excess import excess
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy
from diagnosis.verdicts.release import Need

_SHOWN = 6
_LONG_ENOUGH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the claims rest on."""

    now: ReviewedState
    before: ReviewedState | None
    """The accepted state; None without a baseline."""
    since: datetime | None
    """When it was accepted."""
    at: datetime
    """When the present state was read."""
    usage: tuple[RoleUsage, ...] = ()
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    """The workflow files of other branches."""

    def usage_of(self, role: Arn) -> RoleUsage | None:
        """Return what IAM records of a role's use, where it was asked."""
        return next((each for each in self.usage if each.role == role), None)

    @property
    def accepted(self) -> str:
        """How a note speaks of what was accepted."""
        return f"accepted on {self.since:%Y-%m-%d}" if self.since else "accepted"


def unused(reviewed: Reviewed) -> Iterator[Finding]:
    """Yield everything that no release uses."""
    for role in reviewed.now.roles:
        yield from _role(role, reviewed)
        yield from _grants(role, reviewed)
        yield from _subjects(role, reviewed)


# ------------------------------------------------------------------------------------------------- grants


def _grants(role: RoleState, reviewed: Reviewed) -> Iterator[Finding]:
    before = reviewed.before
    accepted = _beyond(before, before.role(role.arn)) if before else frozenset()
    beyond = _beyond(reviewed.now, role)
    if beyond is None:
        return  # that the policies could not be read is told of the comparison
    yield from _unjudged(role)
    new = beyond - (accepted or frozenset())
    by_service: dict[str, list[tuple[str, str]]] = {}
    for action, place in sorted(new):
        by_service.setdefault(action.partition(":")[0].lower(), []).append((action, place))
    for service, pairs in sorted(by_service.items()):
        yield _grant(role, service, pairs, reviewed)
    if kept := beyond & (accepted or frozenset()):
        services = sorted({action.partition(":")[0].lower() for action, _ in kept})
        said = (
            f"The role {role.arn.name} is granted {len(kept)} actions or resources of {_listed(services)} beyond every known use,"
            f" {reviewed.accepted}."
        )
        details = (*_lines(sorted(kept)), *_told(reviewed.usage_of(role.arn), services))
        yield changed(DriftRule.GRANT_UNUSED, Place(member=str(role.arn)), said, details, Level.NOTE)


def _unjudged(role: RoleState) -> Iterator[Finding]:
    """Yield the policies of which nothing can be said: what they grant is known by nobody, though they were accepted."""
    policies = (*_known(role.inline), *_known(role.attached))
    for text in excess(policies, ()).unjudged:
        said = f"What the role {role.arn.name} is granted is not known: {text} cannot be understood."
        how = "Read the policy by hand, and put one in its place that can be understood."
        yield Finding(DriftRule.GRANT_UNUSED, Level.UNKNOWN, Place(member=str(role.arn)), said, how)


def _known(reading: Reading[tuple[NamedPolicy, ...]]) -> tuple[NamedPolicy, ...]:
    return reading.value if isinstance(reading, Known) else ()


def _grant(role: RoleState, service: str, pairs: list[tuple[str, str]], reviewed: Reviewed) -> Finding:
    place, named = Place(member=str(role.arn)), f"The role {role.arn.name}"
    actions = tuple(dict.fromkeys(action for action, _ in pairs))
    usage = reviewed.usage_of(role.arn)
    details = (*_lines(pairs), *_told(usage, (service,)))
    access = _access(usage, service)
    any_more = " any more" if _needed_before(role.arn, actions, reviewed.before) else ""
    said = f"{named} is granted {_listed(actions)}, which no release uses{any_more}."
    if access is not None and not _ever_used(access, actions) and _stood_long_enough(role, reviewed):
        return changed(DriftRule.GRANT_UNUSED, place, said, details)
    if access is not None and reviewed.since is not None and _used_since(access, actions, reviewed.since):
        said = f"{named} is granted {_listed(actions)}; no release needs that, and somebody used it since."
        how = "Find out who uses the role beside the releases; CloudTrail shows its sessions."
        return Finding(DriftRule.GRANT_UNUSED, Level.UNKNOWN, place, said, how, details)
    if doubts := tuple(_doubts(role, reviewed)):
        said = f"{named} is granted {_listed(actions)}; whether a release uses that is not known: {doubts[0]}."
        how = "Make these readable, or accept the grant with the reason why it stays."
        return Finding(DriftRule.GRANT_UNUSED, Level.UNKNOWN, place, said, how, (*details, *doubts[1:]))
    return changed(DriftRule.GRANT_UNUSED, place, said, details)


def _needed_before(role: Arn, actions: Iterable[str], before: ReviewedState | None) -> bool:
    """Return whether a release needed one of the actions when the baseline was accepted."""
    releases = before.releases_of(role) if before is not None else ()
    needed = {use.action.lower() for _, release in releases for use in release.needs}
    return any(action.lower() in needed for action in actions)


def _beyond(state: ReviewedState | None, role: RoleState | None) -> frozenset[tuple[str, str]] | None:
    """Return each action with the resource on which it is granted beyond the needs of all releases; None where not known."""
    if state is None or role is None or not isinstance(role.inline, Known) or not isinstance(role.attached, Known):
        return None
    policies: tuple[NamedPolicy, ...] = (*role.inline.value, *role.attached.value)
    needs = [
        Need(use.action, use.resource, Checkpoint.SERVICE_AUTHORIZATION, "")
        for _, release in state.releases_of(role.arn)
        for use in release.needs
    ]
    found = excess(policies, needs)
    items = ((item.actions, item.resources) for item in found.items)
    beyond = ((grant.actions, grant.resources) for grant in found.beyond)
    return frozenset(
        (action, place) for actions, places in (*items, *beyond) for action in actions for place in places or ("*",)
    )


def _doubts(role: RoleState, reviewed: Reviewed) -> Iterator[str]:
    """Yield why it is not known what all users of a role use."""
    yield from _users_not_known(role, reviewed)
    for workflow, release in reviewed.now.releases_of(role.arn):
        yield from (f"not understood in {workflow.path}: {step}" for step in release.not_understood)


def _users_not_known(role: RoleState, reviewed: Reviewed) -> Iterator[str]:
    """Yield why it is not known who uses a role."""
    state = reviewed.now
    if not isinstance(state.workflows, Known):
        yield "the workflow files were not read"
    yield from (text.rstrip(".") for text in state.unread_workflows)
    for workflow in state.known_workflows:
        if any(release.role is None for release in workflow.releases):
            yield f"{workflow.path} takes a role that is not known"
    if isinstance(role.role, Known):
        own = Coverage(frozenset({state.repository.full_name.lower()}), alone=True)
        for who in possible_users(role.role.value.trust_policy, role.arn, own):
            yield f"the trust policy also admits {who}"
    else:
        yield "the trust policy was not read"
    yield from reviewed.elsewhere.other_users(role, state)


def roles_in_question(state: ReviewedState) -> tuple[RoleState, ...]:
    """Return the roles of which it may be claimed that something of them is not used."""
    return tuple(role for role in state.roles if _beyond(state, role) or not state.releases_of(role.arn))


def _access(usage: RoleUsage | None, service: str) -> LastAccess | None:
    if usage is None or not isinstance(usage.services, Known):
        return None
    return next((each for each in usage.services.value if each.service == service), None)


def _ever_used(access: LastAccess, actions: Iterable[str]) -> bool:
    tracked = {name.lower(): at for name, at in access.actions}
    if access.at is None:
        return False
    found = [tracked[action.lower()] for action in actions if action.lower() in tracked]
    every = all(action.lower() in tracked for action in actions)
    return not every or any(at is not None for at in found)


def _stood_long_enough(role: RoleState, reviewed: Reviewed) -> bool:
    """Return whether the role could use what it is granted for so long that never to have done so says something.

    A grant of yesterday may be there for the release of tomorrow, so the policies have to be those of the acceptance.
    """
    before = reviewed.before.role(role.arn) if reviewed.before is not None else None
    created = role.role.value.created_at if isinstance(role.role, Known) else None
    if before is None or created is None or reviewed.since is None or not same_policies(before, role):
        return False
    return reviewed.at - max(created, reviewed.since) >= _LONG_ENOUGH


def _used_since(access: LastAccess, actions: Iterable[str], since: datetime) -> bool:
    """Return whether these actions were certainly used since: the service as a whole says nothing of one of its actions."""
    tracked = {name.lower(): at for name, at in access.actions}
    times = (tracked.get(action.lower()) for action in actions)
    return any(at is not None and at > since for at in times)


def _told(usage: RoleUsage | None, services: Iterable[str]) -> Iterator[str]:
    if usage is None:
        return
    if isinstance(usage.services, Unreadable):
        yield f"IAM's last-accessed information was not read: {usage.services.why.rstrip('.')}"
        return
    for service in services:
        access = _access(usage, service)
        if access is not None and access.at is not None:
            yield f"IAM: {service} was last used by the role at {access.at:%Y-%m-%dT%H:%M:%SZ}"
        elif access is not None:
            yield f"IAM: the role has not used {service} within the tracking period"


def _lines(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    by_place: dict[str, list[str]] = {}
    for action, place in pairs:
        by_place.setdefault(place, []).append(action)
    for place, actions in sorted(by_place.items()):
        yield f"{_listed(actions)} on {'every resource' if place == '*' else place}"


def _listed(values: Iterable[str]) -> str:
    every = ["every action of every service" if value == "*" else value for value in values]
    more = len(every) - _SHOWN
    return ", ".join(every[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


# ------------------------------------------------------------------------------------------------- subjects


def _subjects(role: RoleState, reviewed: Reviewed) -> Iterator[Finding]:
    before = reviewed.before
    now = _unpresented(reviewed.now, role)
    accepted = _unpresented(before, before.role(role.arn)) if before else {}
    for subject in sorted(now):
        context = now[subject]
        if reviewed.elsewhere.presents(context):
            continue  # a job on another branch may
        doubts = (*_of_template(reviewed.now), *reviewed.elsewhere.doubts(context))
        place, said = (
            Place(member=str(role.arn)),
            f"The trust policy of {role.arn.name} admits {subject}, which no workflow presents",
        )
        if subject in accepted:
            yield changed(DriftRule.SUBJECT_UNUSED, place, f"{said}, {reviewed.accepted}.", level=Level.NOTE)
        elif doubts or not reviewed.now.all_workflows_read:
            how = "Make all workflow files readable, or accept the subject with the reason why it stays."
            told = f"The trust policy of {role.arn.name} admits {subject}; whether a workflow presents it is not known."
            yield Finding(DriftRule.SUBJECT_UNUSED, Level.UNKNOWN, place, told, how, doubts)
        else:
            yield changed(DriftRule.SUBJECT_UNUSED, place, f"{said}.")


def _of_template(state: ReviewedState) -> Iterator[str]:
    """Yield why a subject may show another context than its job has: by another template its ref, environment or not."""
    form = state.subject_form
    if not isinstance(form, Known):
        yield "the form of the repository's subjects was not read"
    elif not form.value.use_default and "context" not in form.value.include_claim_keys:
        keys = ", ".join(form.value.include_claim_keys) or "the organization's"
        yield f"its subjects are of another template ({keys})"


def unpresented_contexts(state: ReviewedState) -> frozenset[str]:
    """Return the contexts of all such subjects of a state: ``ref:refs/heads/old``."""
    return frozenset(context for role in state.roles for context in _unpresented(state, role).values())


def _unpresented(state: ReviewedState | None, role: RoleState | None) -> dict[str, str]:
    """Return the exact subjects of the repository that the role's trust policy names and that no workflow of the default
    branch can present, each with its context."""
    if state is None or role is None or not isinstance(role.role, Known):
        return {}
    contexts = tuple(dict.fromkeys(each for workflow in state.known_workflows for each in workflow.may_present))
    own = state.repository
    found: dict[str, str] = {}
    for subject in _exact_subjects(role.role.value.trust_policy.policy):
        read = read_subject(subject)
        if read is None or read.context is None:
            continue
        named = f"{read.owner}/{read.name}".lower() == own.full_name.lower()
        context = read.context.text(escape=False)
        if named and not may_present(contexts, context):
            found[subject] = context
    return found


def _exact_subjects(policy: object) -> Iterator[str]:
    if not isinstance(policy, Policy):
        return
    for statement in policy.statements:
        if statement.effect is not Effect.ALLOW:
            continue
        for condition in statement.conditions:
            if condition.folded_key.endswith(":sub") and condition.base is not None and not condition.base.negated:
                yield from (value for value in condition.values if not set(value) & set("*?$"))


# ------------------------------------------------------------------------------------------------- roles


def _role(role: RoleState, reviewed: Reviewed) -> Iterator[Finding]:
    if not isinstance(role.role, Known) or reviewed.now.releases_of(role.arn):
        return
    before, place = reviewed.before, Place(member=str(role.arn))
    usage = reviewed.usage_of(role.arn)
    last = _last_use(usage)
    said = f"No workflow of {reviewed.now.repository.full_name} assumes the role {role.arn}"
    details = tuple(_of_use(usage))
    doubts = tuple(_users_not_known(role, reviewed))
    if before is not None and before.role(role.arn) is not None and not before.releases_of(role.arn):
        yield changed(DriftRule.ROLE_UNUSED, place, f"{said}, {reviewed.accepted}.", details, Level.NOTE)
    elif doubts:
        told = f"{said}; whether somebody else does is not known: {doubts[0]}."
        how = "Find out who uses the role; CloudTrail shows its sessions."
        yield Finding(DriftRule.ROLE_UNUSED, Level.UNKNOWN, place, told, how, (*details, *doubts[1:]))
    elif last is not None and reviewed.since is not None and last > reviewed.since + LATE_BY:
        told = f"{said}, and it was used since the baseline was accepted: somebody else uses it."
        yield Finding(
            DriftRule.ROLE_UNUSED,
            Level.UNKNOWN,
            place,
            told,
            "Find out who uses it; CloudTrail shows its sessions.",
            details,
        )
    else:
        yield changed(DriftRule.ROLE_UNUSED, place, f"{said}.", details)


def _last_use(usage: RoleUsage | None) -> datetime | None:
    services = usage.services.value if usage is not None and isinstance(usage.services, Known) else ()
    return max((each.at for each in services if each.at is not None), default=None)


def _of_use(usage: RoleUsage | None) -> Iterator[str]:
    if usage is None:
        return
    if isinstance(usage.services, Unreadable):
        yield f"IAM's last-accessed information was not read: {usage.services.why.rstrip('.')}"
        return
    last = _last_use(usage)
    yield f"IAM: last used at {last:%Y-%m-%dT%H:%M:%SZ}" if last else "IAM: not used within the tracking period"
