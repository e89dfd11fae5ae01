"""Judge the authorization plane today: may the role do what the release needs, and nothing more?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Checkpoint, Plane
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.excess import REGISTRY_SERVICES, Excess, ExcessItem, ExcessKind, excess
from diagnosis.live.layers import whole_document
from diagnosis.live.near_grants import NearGrant, grants_on_condition, near_grants
from diagnosis.live.observed_uses import seen_words
from diagnosis.live.open_repository import open_repositories, unread_policies
from diagnosis.live.open_trust import judge_trust_scope
from diagnosis.live.registry_state import RegistryState, registry_problems
from diagnosis.live.run_claims import GateJudgement, RunClaims, absent_role, unknown_role
from diagnosis.policy import Layer
from diagnosis.verdicts.assessment import BeyondGrant, Problem
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Certainty, Need, StepGap, missing_of

_BEYOND_ANY_NEED = frozenset({ExcessKind.EVERYTHING, ExcessKind.ESCALATION})
"""What no step needs as it stands, whoever uses the role; the rest is too much only where every user is known."""
_SCOPE_CAUSES = (Cause.GET_AUTHORIZATION_TOKEN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE)
_NEAR_SHOWN = 2
_LAYER_CAUSES: dict[str, Cause] = {
    Layer.SCP: Cause.SCP,
    Layer.RCP: Cause.RESOURCE_CONTROL_POLICY,
    Layer.BOUNDARY: Cause.BOUNDARY,
    Layer.RESOURCE: Cause.REPOSITORY_POLICY_DENY,
    Layer.SESSION: Cause.SESSION_POLICY,
}


def judge_registry(
    run: RunClaims, needs: tuple[Need, ...], gaps: tuple[StepGap, ...] = (), *, wrong_role: bool = False
) -> GateJudgement:
    """Judge registry authorization: every needed action on its exact resource, under every policy layer that was read.

    ``gaps`` are the steps that were not understood: without a need, one of them may be what uses the registry.
    ``wrong_role`` says that the role's ARN names another account than the intended one; then its permissions do not matter.
    """
    state = registry_problems(run, needs)
    nobody = unknown_role(run, wrong_role=wrong_role)
    if nobody is not None:
        return GateJudgement(passed="", problems=state.problems, undecided=f"{nobody.why}.", missing=(nobody,))
    if isinstance(run.account.role, Unreadable) and _across(run):
        return _perhaps_wrong(run, state)
    if absent_role(run.account) is not None:
        return GateJudgement(
            passed="",
            problems=(*_whichever_role(run, needs), *state.problems),
            undecided="The role does not exist, so nothing can be said about its permissions.",
            missing=(Missing("the role's permissions", "the role does not exist", "mend role assumption first"),),
        )
    judged = judge_needs(needs, run.account, run.session_name, run.session_policy)
    # Nothing that counts was asked for: that passes nothing.
    if not judged:
        said, unknown = _needs_gap(run, gaps)
        return GateJudgement(passed="", problems=state.problems, undecided=said, missing=unknown)
    problems = (*_problems(judged, role_policies(run.account)), *state.problems)
    missing = tuple(dict.fromkeys(item for judgement in judged for item in judgement.missing))
    undecided = [j.need.action for j in judged if j.entitlement is Entitlement.UNDECIDED]
    allowed = [judgement for judgement in judged if judgement.entitlement is Entitlement.ALLOWED]
    return GateJudgement(
        passed=f"All {len(judged)} actions that the release needs are allowed on their exact resources."
        if len(judged) > 1
        else "The one action that the release needs is allowed on its exact resource.",
        problems=problems,
        missing=(*missing, *state.missing),
        undecided=f"Cannot be decided for {_count(undecided, 'action')}: {missing[0].what}: {missing[0].why}."
        if undecided and missing
        else "",
        evidence=tuple(evidence for judgement in allowed for evidence in judgement.evidence),
        notes=state.notes,
    )


def _whichever_role(run: RunClaims, needs: tuple[Need, ...]) -> tuple[Problem, ...]:
    """Return what would stop a role of this ARN that held every permission: what shows once the role is there."""
    account = replace(
        run.account,
        inline_policies=Known((NamedPolicy("everything", whole_document("Allow")),)),
        attached_policies=Absent("attached policies"),
        boundary=Absent("permissions boundary"),
    )
    return _problems(judge_needs(needs, account, run.session_name, run.session_policy), ())


def _needs_gap(run: RunClaims, gaps: tuple[StepGap, ...]) -> tuple[str, tuple[Missing, ...]]:
    """Return why it is not known what the release needs: as a sentence, and what could not be read."""
    said = "It is not known which registry actions this release needs."
    what = "the actions that the release needs"
    steps = run.job.all_steps if run.job else ()
    own = next((step for step in steps if is_own(step.uses) and not step.inner), None)
    if own is not None:
        why = f"the steps of the action {own.uses} are not read{f' ({own.unread})' * bool(own.unread)}, and no log shows them"
        return said, (
            Missing(what, why, f"look into {own.uses}/action.yml, or diagnose again once a run gets further"),
        )
    unread = tuple(missing_of(gap) for gap in gaps if gap.is_open)
    if unread and isinstance(run.workflow, Workflow):
        more = f", and of {len(unread) - 1} more" if len(unread) > 1 else ""
        return f"No step that was read uses a registry. Not known is {unread[0].what}{more}.", unread
    read = isinstance(run.workflow, Workflow)
    why = "neither the workflow file nor the log shows a registry step"
    how = (
        "give --repository-uri"
        if read
        else "read the workflow file (permission contents: read), or give --repository-uri"
    )
    return said, (Missing(what, why, how),)


def _across(run: RunClaims) -> bool:
    question = run.account.question
    return bool(question.registry_id) and question.role_account != question.registry_id


def _perhaps_wrong(run: RunClaims, state: RegistryState) -> GateJudgement:
    """Return the doubt where role and registry are of two accounts and the role was not seen: the ARN may be wrong."""
    role, question = run.account.role, run.account.question
    gap = Missing(role.what, role.why, role.how, role.permission) if isinstance(role, Unreadable) else None
    return GateJudgement(
        passed="",
        problems=state.problems,
        undecided=f"The role is of account {question.role_account}, the registry of {question.registry_id}; whether that is "
        "meant cannot be told while the role is not read.",
        missing=(*((gap,) if gap else ()), *state.missing),
        candidates=(Cause.ROLE_ACCOUNT_WRONG, Cause.REPOSITORY_POLICY_DENY),
    )


def _problems(judged: Iterable[NeedJudgement], policies: tuple[NamedPolicy, ...]) -> tuple[Problem, ...]:
    """Return one problem for each cause, checkpoint and repository, its actions in the order in which a run meets them.

    ``policies`` are the role's own, in which a grant may miss the need by little.
    """
    grouped: dict[tuple[Cause, Checkpoint, str | None], list[tuple[NeedJudgement, bool, str]]] = {}
    for judgement in judged:
        for layer, explicit, text, _path in judgement.stopped_by:
            cause = _LAYER_CAUSES.get(layer, _scope_cause(judgement.need))
            key = (cause, judgement.need.checkpoint, judgement.need.resource)
            grouped.setdefault(key, []).append((judgement, explicit, text))
    return tuple(
        Problem(
            checkpoint=checkpoint,
            plane=Plane.AUTHORIZATION,
            cause=cause,
            reason=_reason(cause, entries) + _near_words(cause, entries, policies),
            actions=tuple(dict.fromkeys(judgement.need.action for judgement, _, _ in entries)),
            resource=resource,
            evidence=tuple(dict.fromkeys(evidence for judgement, _, _ in entries for evidence in judgement.evidence)),
            step=entries[0][0].need.step,
        )
        for (cause, checkpoint, resource), entries in grouped.items()
    )


def _scope_cause(need: Need) -> Cause:
    if need.action.lower().endswith(":getauthorizationtoken"):
        return Cause.GET_AUTHORIZATION_TOKEN
    return Cause.PULL_SCOPE if need.checkpoint is Checkpoint.REGISTRY_PULL else Cause.PUSH_SCOPE


def _reason(cause: Cause, entries: list[tuple[NeedJudgement, bool, str]]) -> str:
    first, explicit, text = entries[0]
    actions = list(dict.fromkeys(judgement.need.action for judgement, _, _ in entries))
    resource = first.need.resource
    if explicit:
        return f"An explicit deny stops {_count(actions, 'action')} on {resource}: {text}"
    if cause is Cause.GET_AUTHORIZATION_TOKEN:
        seen = seen_words((first.need,))
        return f"The role is not allowed {first.need.action} on `*`, so the registry login fails.{seen}"
    if cause in (Cause.PUSH_SCOPE, Cause.PULL_SCOPE):
        steps = ", ".join(dict.fromkeys(judgement.need.step for judgement, _, _ in entries if judgement.need.step))
        where = f" (step {steps})" if steps else ""
        seen = seen_words(judgement.need for judgement, _, _ in entries)
        return f"The role is not allowed {_count(actions, 'needed action')} on {resource}{where}.{seen}"
    if cause is Cause.REPOSITORY_POLICY_DENY:
        return f"The repository policy does not admit {_count(actions, 'action')} for this role: {text}"
    what = {
        Cause.BOUNDARY: "permissions boundary does",
        Cause.SCP: "service control policies do",
        Cause.SESSION_POLICY: "session policy that the workflow hands over does",
    }.get(cause, "resource control policies do")
    return f"The {what} not allow {_count(actions, 'action')}; adding identity permissions cannot help."


def _near_words(cause: Cause, entries: list[tuple[NeedJudgement, bool, str]], policies: tuple[NamedPolicy, ...]) -> str:
    """Return what the role's policies grant instead by a slip, as sentences; empty where nothing comes near."""
    if cause not in _SCOPE_CAUSES:
        return ""
    pairs = [
        (judgement.need.action, judgement.need.resource or "") for judgement, explicit, _ in entries if not explicit
    ]
    found = list(dict.fromkeys(item.text for item in _nearest(near_grants(policies, pairs))))
    found += [item.text for item in grants_on_condition(policies, pairs)]
    return "".join(f" {text}." for text in found[:_NEAR_SHOWN])


def _nearest(found: tuple[NearGrant, ...]) -> tuple[NearGrant, ...]:
    """Return the slips; where there is none, the grants on another repository."""
    return tuple(item for item in found if item.is_slip) or found


def _count(actions: list[str], noun: str) -> str:
    if len(actions) == 1:
        return actions[0]
    return f"{len(actions)} {noun}s ({actions[0]}, …)"


def judge_least_privilege(
    run: RunClaims,
    needs: tuple[Need, ...],
    *,
    gaps: tuple[StepGap, ...] = (),
    unread_users: tuple[Missing, ...] = (),
) -> GateJudgement:
    """Judge least privilege: compare every statement of the role with the known uses, and the trust policy with the run.

    ``needs`` are the uses of everybody who is known to assume the role; ``gaps`` are the steps among them that are opaque or
    not judged, ``unread_users`` the users that could not be read. Where one of these may use what is granted in the registry,
    a wildcard there is not called an excess: the gate is unknown and names the step.
    """
    trust = judge_trust_scope(run)
    if absent_role(run.account) is not None:
        return GateJudgement(
            passed="",
            undecided="The role does not exist, so there is no scope to judge.",
            missing=(Missing("the role's policies", "the role does not exist", "mend role assumption first"),),
        )
    missing = [_gap(item) for item in (run.account.inline_policies, run.account.attached_policies) if _unread(item)]
    policies = role_policies(run.account)
    found = excess(policies, needs)
    unknown_users = (*(user_of(gap) for gap in gaps if hides_registry_use(gap)), *unread_users)
    items, left = claimed(found, all_known=bool(needs) and not unknown_users)
    withheld = left if needs else ()
    problems = [*trust.problems]
    problems += too_much(items)
    problems += open_repositories(run.account)
    # Where the repository's own tags were read it is decided whether the release gets in; who else carries them is a note.
    tagged = () if isinstance(run.account.repository_tags, Known) or not needs else found.bounded_by_tags
    missing += [_tags_gap(words) for words in tagged]
    missing += [Missing(item, "the document is unparsable", "correct the document") for item in found.unjudged]
    missing += trust.missing
    missing += unread_policies(run.account)
    missing += unknown_users if withheld else ()
    if not needs and any(policies):
        missing.append(
            Missing(
                what="the actions that the release needs",
                why="without them granted scope has nothing to be compared with",
                how="read the workflow file (permission contents: read)",
            )
        )
    return GateJudgement(
        passed=_bounded(found)
        if policies
        else "The role has no permission policies, so nothing beyond the need is granted.",
        problems=tuple(problems),
        missing=tuple(missing),
        undecided=withheld_words(withheld, unknown_users),
        evidence=tuple(
            Evidence(
                kind=EvidenceKind.POLICY,
                text=f"policy {policy.name}: compared statement by statement with the {len(needs)} needed actions",
                address="iam:GetPolicyVersion" if policy.arn else "iam:GetRolePolicy",
                origin=Origin.LIVE,
                at=run.account.read_at,
            )
            for policy in policies
        ),
        notes=(
            *found.notes,
            *(f"{words}: it reaches whatever carries the tag." for words in found.bounded_by_tags),
            *_unknown_use_words(found, gaps, unread_users),
        ),
        beyond=found.beyond,
        withheld=tuple(_grant_of(item) for item in left),
    )


def claimed(found: Excess, *, all_known: bool) -> tuple[tuple[ExcessItem, ...], tuple[ExcessItem, ...]]:
    """Return what is too much for certain, and the rest, of which that cannot be told.

    With nothing to compare with, and as long as some user of the role is not known, only what no release needs is too much.
    """
    if all_known:
        return found.items, ()
    certain = tuple(item for item in found.items if item.kind in _BEYOND_ANY_NEED)
    return certain, tuple(item for item in found.items if item not in certain)


def _grant_of(item: ExcessItem) -> BeyondGrant:
    service = item.actions[0].partition(":")[0] if item.actions else ""
    return BeyondGrant(service, item.actions, item.resources, item.policy, item.statement, conditional=item.conditional)


def hides_registry_use(gap: StepGap) -> bool:
    """Return whether a step may use the registry in a way that nobody read."""
    return gap.is_open and (gap.certainty is Certainty.OPAQUE or gap.may_push)


def user_of(gap: StepGap) -> Missing:
    """Return a step that nobody read as a user of its role who is not known."""
    where = f" of job {gap.job}" if gap.job else ""
    return Missing(
        what=f"what step {gap.step}{where} uses of the registry",
        why=f"it runs {gap.what} with the role's session, and {gap.why}",
        how=gap.how,
    )


def withheld_words(items: tuple[ExcessItem, ...], users: tuple[Missing, ...]) -> str:
    """Return why a wildcard of the registry is not called too much; empty where none is held back."""
    if not items:
        return ""
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    others = f" ({len(users) - 1} more are not known)" if len(users) > 1 else ""
    return f"Whether this is too much cannot be told: {items[0].text}{more}. Not known: {users[0].what}: {users[0].why}{others}."


def _unknown_use_words(found: Excess, gaps: tuple[StepGap, ...], unread: tuple[Missing, ...]) -> Iterable[str]:
    """Yield who may use what no known use needs, where something is granted beyond the known uses."""
    names = [f"step {gap.step}" for gap in gaps] + [item.what for item in unread]
    if names and (found.beyond or found.items):
        shown = ", ".join(dict.fromkeys(names))
        yield f"What no known use needs may be used all the same by what is not, or not wholly, read: {shown}."


def _bounded(found: Excess) -> str:
    reads = any(note.endswith("(reading only).") for note in found.notes)
    beyond = any(note.startswith(Cause.GRANT_BEYOND_NEED) for note in found.notes)
    others = sorted({grant.service for grant in found.beyond}.difference(REGISTRY_SERVICES))
    also = f" What of {', '.join(others)} no known use needs is told as notes." if others else ""
    if beyond:
        return f"No wildcard grants more than is needed; exact grants that no step needs are told as notes.{also}"
    but = " but reading of the same repository" if reads else ""
    return f"Nothing beyond the needed actions{but} is granted on the registry.{also}"


def _tags_gap(words: str) -> Missing:
    return Missing(
        what="the repositories that a condition on tags lets the role reach",
        why=f"{words}, and the tags of the repositories were not read",
        how="look which repositories carry the tag (ecr:ListTagsForResource), and who may set it (ecr:TagResource); a grant that "
        "names the repository instead would be a change of model",
        permission="ecr:ListTagsForResource",
    )


def role_policies(account: AccountState) -> tuple[NamedPolicy, ...]:
    """Return the role's own policies that were read, inline before attached."""
    policies: list[NamedPolicy] = []
    for reading in (account.inline_policies, account.attached_policies):
        if isinstance(reading, Known):
            policies.extend(reading.value)
    return tuple(policies)


def _unread(reading: object) -> bool:
    return isinstance(reading, Unreadable)


def _gap(reading: object) -> Missing:
    if not isinstance(reading, Unreadable):
        raise TypeError("only an unreadable reading leaves a gap")
    return Missing(reading.what, reading.why, reading.how, reading.permission)


def too_much(items: tuple[ExcessItem, ...]) -> list[Problem]:
    """Return one problem for what lets the role widen itself, and one for the wildcards."""
    escalations = tuple(item for item in items if item.kind is ExcessKind.ESCALATION)
    wildcards = tuple(item for item in items if item.kind is not ExcessKind.ESCALATION)
    told = (
        (Cause.SELF_ESCALATION, "The role can widen what it may do", escalations),
        (Cause.WILDCARD_ESCALATION, "The role is granted more than is known to be needed", wildcards),
    )
    return [_beyond(cause, words, found) for cause, words, found in told if found]


def _beyond(cause: Cause, words: str, items: tuple[ExcessItem, ...]) -> Problem:
    more = f", and {len(items) - 1} more" if len(items) > 1 else ""
    return Problem(
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        plane=Plane.AUTHORIZATION,
        cause=cause,
        reason=f"{words}: {items[0].text}{more}.",
        actions=tuple(dict.fromkeys(action for item in items for action in item.actions)),
        evidence=tuple(
            Evidence(kind=EvidenceKind.POLICY, text=item.text, address=item.path, origin=Origin.LIVE) for item in items
        ),
    )
