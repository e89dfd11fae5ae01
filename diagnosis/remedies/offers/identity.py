"""Open the role's own policies: grant what is missing, correct what misses the need by little, narrow what denies it.

Nothing is taken away: that is proved on the documents before the offer is made. What is too much is the matter of
:mod:`diagnosis.remedies.offers.bound_permissions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.grants.comparison import GrantComparison, compare_grants
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.excess import REGISTRY_SERVICES
from diagnosis.live.near_grants import grants_on_condition
from diagnosis.live.run_claims import session_of_role
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy, PolicyDocument, Unparsable
from diagnosis.policy.language.quotas import ATTACHED_LIMIT, INLINE_LIMIT, MANAGED_LIMIT, VERSIONS_LIMIT, size
from diagnosis.policy.language.tree import statements
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.edits.corrections import corrected
from diagnosis.remedies.edits.narrowing import narrowed
from diagnosis.remedies.edits.opened_account import without_other_layers
from diagnosis.remedies.edits.policy_edit import Edit, Edits, rendered
from diagnosis.remedies.edits.policy_patch import LOGINS, difference, extended
from diagnosis.remedies.offer import Choice, Offer, Situation, contexts_of, needed_pairs, rerun_words
from diagnosis.remedies.offers.other_runs import of_other_runs
from diagnosis.remedies.rendering import policy_name
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.remediation import Remediation

_OF_REGISTRY = (Cause.GET_AUTHORIZATION_TOKEN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE)
_LONGEST_COPIED = 110
"""The most characters of a policy's name that its copy keeps; what marks the copy has room behind them."""
SCOPE_CAUSES = (*_OF_REGISTRY, Cause.SERVICE_ACTION, Cause.PASS_ROLE)


@dataclass(slots=True)
class _Work:
    """The edits so far, and what they correct."""

    situation: Situation
    edits: Edits
    said: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    void: list[str] = field(default_factory=list)
    narrowed: list[str] = field(default_factory=list)
    """The policies whose Deny was narrowed."""
    excepted: bool = False
    """Whether one of them leaves out this role by its name, since others hang on it."""
    granted: frozenset[tuple[str, str]] = frozenset()
    """The needed pairs that are allowed as it is: a resource's own policy may grant what the role's do not."""

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """The needed pairs that the role's own policies still do not allow, nor anything else."""
        return tuple(pair for pair in lacking_pairs(self.situation, self.edits.after) if pair not in self.granted)


def correct_permissions(situation: Situation) -> Choice | None:
    """Offer to grant exactly the missing actions on their exact resources; whatever the role holds already it keeps."""
    problems = situation.of(*SCOPE_CAUSES)
    account, role_arn = situation.account, situation.run.role_arn
    if not problems or not isinstance(account.role, Known) or not isinstance(account.inline_policies, Known):
        return None
    if role_arn is None:
        return None
    work = _Work(situation, Edits(account), granted=_granted(situation))
    _narrow(work, role_arn, needed_pairs(situation.needs, problems))
    missing = work.lacking
    _correct(work)
    add_missing(work.edits, situation, role_arn, work.lacking)
    if not work.edits.listed:
        return None
    found = comparison(account, work.edits.after, situation, work.void)
    if found.no_longer_granted:
        return None
    if work.excepted:
        found = comparison(account, work.edits.after, situation, work.void, role_arn)
    return (Offer(_remediation(work, problems, missing, found), does_not_prove=of_other_runs(situation.run, missing)),)


def _granted(situation: Situation) -> frozenset[tuple[str, str]]:
    run = situation.run
    judged = judge_needs(situation.needs, situation.account, run.session_name, run.session_policy)
    return frozenset(
        (item.need.action, item.need.resource or "") for item in judged if item.entitlement is Entitlement.ALLOWED
    )


def comparison(
    before: AccountState,
    after: AccountState,
    situation: Situation,
    void: Iterable[str] = (),
    role_arn: Arn | None = None,
) -> GrantComparison:
    """Compare what the role's own policies grant before and after; what the release needs counts as meant.

    ``void`` are misspelled names of actions, which grant nothing. With ``role_arn`` it is told what they grant this role, else
    what anybody on whom they hang.
    """
    needed = [(need.action, need.resource) for need in situation.needs if need.resource is not None]
    return compare_grants(
        [[policy.document for policy in policies_of(before)]],
        [[policy.document for policy in policies_of(after)]],
        meant=needed,
        known={"aws:PrincipalArn": (str(role_arn),)} if role_arn is not None else None,
        void=void,
    )


def _narrow(work: _Work, role_arn: Arn, wanted: tuple[tuple[str, str], ...]) -> None:
    """Narrow each Deny of the role's own policies that stops a needed pair."""
    session = session_of_role(role_arn, work.situation.run.session_name)
    for policy in policies_of(work.situation.account):
        if isinstance(policy.document.policy, Unparsable):
            continue
        contexts = contexts_of(work.situation.needs)
        # What hangs on another role of the release leaves out this one alone.
        own = policy.arn is None or policy.arn.is_owned_by_aws or not work.situation.hangs_on_another(policy.arn)
        after = narrowed(policy.document, wanted, session, role_arn, of_role=own, contexts=contexts)
        if after is None:
            continue
        left = after if statements(after.tree) else None
        work.excepted = work.excepted or not own
        work.narrowed.append(policy.name)
        if policy.arn is None or not policy.arn.is_owned_by_aws:
            work.edits.note(Edit(policy, policy.document, left))
            continue
        # AWS's own policy cannot be edited: a copy of the role's own takes its place, narrowed.
        take_off(work.edits, policy, left, "narrowed")


def take_off(edits: Edits, policy: NamedPolicy, left: PolicyDocument | None, ending: str) -> None:
    """Note that a managed policy comes off the role, and that what is left of it stands in a policy of the role's own.

    Its name is one that the role does not have yet: another policy by it would be overwritten.
    """
    edits.note(Edit(policy, policy.document, None))
    if left is None:
        return
    taken = {item.name for item in policies_of(edits.after)}
    number, wanted = 2, policy_name(f"{policy.name[:_LONGEST_COPIED]}-{ending}")
    name = wanted
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    edits.note(Edit(NamedPolicy(name, left), None, left))


def _correct(work: _Work) -> None:
    """Correct the slips in the role's inline policies; a managed one may hang on other roles, and is left as it is."""
    needed = [(need.action, need.resource) for need in work.situation.needs if need.resource is not None]
    account = work.edits.after
    for policy in account.inline_policies.value if isinstance(account.inline_policies, Known) else ():
        lacking = work.lacking
        if not lacking or isinstance(policy.document.policy, Unparsable):
            continue
        found = corrected(policy, lacking, needed)
        if found is not None:
            work.edits.note(Edit(policy, policy.document, found.after))
            work.said += found.said
            work.others += found.others
            work.void += found.void


def add_missing(edits: Edits, situation: Situation, role_arn: Arn, lacking: tuple[tuple[str, str], ...]) -> None:
    """Note the edits of the policies that take the lacking pairs: the role's own about the service, else a new one."""
    contexts = contexts_of(situation.needs)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for action, resource in lacking:
        new_name = _free(_new_name(situation, of_registry=_is_of_registry(action)), edits.account)
        about = _home(_inline(edits.after), action, new_name)
        groups.setdefault((about.name if about else new_name, new_name), []).append((action, resource))
    for (name, new_name), pairs in groups.items():
        inline = _inline(edits.after)
        # One policy may be about several services: it is as the group before has left it.
        home = next((policy for policy in inline if policy.name == name), None)
        after = extended(home.document if home else None, pairs, contexts)
        others = sum(size(policy.document.text) for policy in inline if policy.name != name)
        if others + size(after.text) > INLINE_LIMIT and _can_attach(edits.after):
            # The role's inline policies are full: a managed policy of its own takes what is missing.
            arn = role_arn.beside("policy", _managed_name(new_name, situation, role_arn))
            made = next((policy.document for policy in policies_of(edits.after) if policy.arn == arn), None)
            document = extended(made, pairs, contexts)
            edits.note(Edit(NamedPolicy(arn.name, document, arn), made, document))
        else:
            edits.note(Edit(NamedPolicy(name=name, document=after), home.document if home else None, after))


def _managed_name(name: str, situation: Situation, role_arn: Arn) -> str:
    """Return the name for a managed policy: an account has each once, so two of its roles take different ones."""
    alone = all(state.question.role_account != role_arn.account for state in situation.beside)
    return name if alone else policy_name(f"{role_arn.name}-{name}")


def _new_name(situation: Situation, *, of_registry: bool) -> str:
    if of_registry:
        return policy_name(f"EcrRelease-{situation.account.question.repository or 'registry'}")
    return policy_name(f"ReleaseServices-{situation.run.attempt.repository.full_name.rpartition('/')[2]}")


def _free(name: str, account: AccountState) -> str:
    """Return the name, numbered where the role has a policy by it that nobody can read."""
    taken = {policy.name for policy in policies_of(account) if isinstance(policy.document.policy, Unparsable)}
    number, wanted = 2, name
    while wanted in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


def _inline(account: AccountState) -> tuple[NamedPolicy, ...]:
    return account.inline_policies.value if isinstance(account.inline_policies, Known) else ()


def lacking_pairs(situation: Situation, account: AccountState) -> tuple[tuple[str, str], ...]:
    """Return the needed ``(action, resource)`` pairs that the role's own policies, as they are in this account, do not allow.

    A need whose ARN is not known is none of them: nothing could be granted for it but everything.
    """
    needs = tuple(need for need in situation.needs if need.resource is not None)
    judged = judge_needs(needs, without_other_layers(account, needs), situation.run.session_name)
    return tuple(
        dict.fromkeys(
            (item.need.action, item.need.resource or "") for item in judged if item.entitlement is Entitlement.DENIED
        )
    )


def _can_attach(account: AccountState) -> bool:
    return isinstance(account.attached_policies, Known) and len(account.attached_policies.value) < ATTACHED_LIMIT


def policies_of(account: AccountState) -> tuple[NamedPolicy, ...]:
    """Return the role's own policies that were read, inline before attached."""
    inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
    attached = account.attached_policies.value if isinstance(account.attached_policies, Known) else ()
    return (*inline, *attached)


def _home(policies: tuple[NamedPolicy, ...], action: str, new_name: str) -> NamedPolicy | None:
    """Return the inline policy that is about the action's service already, or the one that would be made; the action belongs there.

    None where there is neither, and where its text is no policy.
    """
    services = ("ecr",) if _is_of_registry(action) else (action.partition(":")[0].lower(),)
    readable = [policy for policy in policies if isinstance(policy.document.policy, Policy)]
    about = (policy for policy in readable if _speaks_of(policy.document, services))
    return next(about, None) or next((policy for policy in readable if policy.name == new_name), None)


def _is_of_registry(action: str) -> bool:
    return action.lower() in LOGINS or action.partition(":")[0].lower() in REGISTRY_SERVICES


def _speaks_of(document: PolicyDocument, services: tuple[str, ...]) -> bool:
    statements_of = document.policy.statements if isinstance(document.policy, Policy) else ()
    allowing = (item for item in statements_of if item.effect is Effect.ALLOW and not item.actions.negated)
    return any(action.partition(":")[0].lower() in services for item in allowing for action in item.actions.patterns)


def _remediation(
    work: _Work, problems: tuple[Problem, ...], granted: tuple[tuple[str, str], ...], found: GrantComparison
) -> Remediation:
    situation, edits = work.situation, work.edits.listed
    role = situation.account.role.value if isinstance(situation.account.role, Known) else None
    name = role.name if role else ""
    told = rendered(edits, name)
    return Remediation(
        id="mend-role-permissions",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=min((p.checkpoint for p in problems if p.checkpoint), key=_order, default=None),
        title=_title(work, granted),
        words=_words(work, granted, name, found),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} It proves {_gates_of(problems)} for the steps that the run exercises.",
        changes=tuple(edit.change for edit in edits),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference="\n".join(difference(e.before, e.after, f"policy {e.policy.name}") for e in edits),
        widens=tuple(grant.text for grant in found.newly_granted),
        warnings=(
            *_without_arn(situation),
            *_warnings_of_edits(work),
            *_of_conditions(work),
            *warnings_of_limits(situation.account, edits),
        ),
        actions=tuple(dict.fromkeys(action for problem in problems for action in problem.actions)),
    )


def _gates_of(problems: tuple[Problem, ...]) -> str:
    """Return the gates of the problems in words: ``registry authorization and service authorization``."""
    gates = dict.fromkeys(problem.gate for problem in problems if problem.gate)
    return " and ".join(gate.value.replace("-", " ") for gate in gates)


def _title(work: _Work, granted: tuple[tuple[str, str], ...]) -> str:
    if not granted:
        return "Let the role's own Deny leave out what the release needs"
    actions = {action for action, _ in granted}
    grant = (
        f"Grant the {len(granted)} missing actions" if len(actions) > 1 else f"Grant the missing action {min(actions)}"
    )
    return f"{grant} and let the role's own Deny leave out the need" if work.narrowed else grant


def _without_arn(situation: Situation) -> Iterable[str]:
    """Yield what is lacking and is not granted, because nothing tells on which resource it is needed."""
    named = {
        action for problem in situation.of(*SCOPE_CAUSES) if problem.resource is None for action in problem.actions
    }
    for action in dict.fromkeys(need.action for need in situation.needs if need.resource is None):
        if action in named:
            yield (
                f"{action} is missing too, and nothing tells on which resource: give its ARN in the step or in a case file. "
                "It is not granted on `*` instead."
            )


def _warnings_of_edits(work: _Work) -> Iterable[str]:
    if work.narrowed:
        yield "A Deny was written on purpose, perhaps: ask who wrote it before it leaves something out."
    for written in dict.fromkeys(work.others):
        yield f"{written} stays as it is, since others may use it: if nobody does, take it out in a change of its own."
    for edit in work.edits.listed:
        if edit.after is None and edit.policy.arn is not None and edit.policy.arn.is_owned_by_aws:
            yield (
                f"{edit.policy.name} is AWS's own and cannot be edited, so it comes off the role and what else it denies "
                "stands in a copy. Somebody attached it on purpose, perhaps: ask first."
            )


def _of_conditions(work: _Work) -> Iterable[str]:
    """Warn where a statement grants the same under a condition, which the new grant does not have."""
    account, lacking = work.situation.account, needed_pairs(work.situation.needs, work.situation.of(*SCOPE_CAUSES))
    for grant in grants_on_condition(policies_of(account), lacking):
        tags = [item.key for item in grant.conditions if "resourcetag/" in item.folded_key]
        if tags:
            yield (
                f"{grant.statement} of {grant.policy.name} grants by the tag {', '.join(tags)}: naming the repository beside "
                "it is a change of model. Tagging the repository may be the smaller change."
            )
        else:
            yield (
                f"{grant.text}: what is granted here has no such condition. To meet it, or to correct its value, may be the "
                "smaller change."
            )


def warnings_of_limits(account: AccountState, edits: list[Edit]) -> tuple[str, ...]:
    """Warn of AWS's limits and of other users of the same documents."""
    found: list[str] = []
    after = applied((edit.change for edit in edits), account)
    inline = after.inline_policies.value if isinstance(after.inline_policies, Known) else ()
    total = sum(size(policy.document.text) for policy in inline)
    if total > INLINE_LIMIT:
        found.append(f"The role's inline policies would take {total} of {INLINE_LIMIT} characters: AWS refuses that.")
    for edit in edits:
        name = edit.policy.name
        if edit.after is None or edit.policy.arn is None:
            continue
        if size(edit.after.text) > MANAGED_LIMIT:
            found.append(f"{name} would take {size(edit.after.text)} of {MANAGED_LIMIT} characters: AWS refuses that.")
        if edit.before is None:
            found.append(f"The role's inline policies are full, so {name} is a managed policy of its own.")
        else:
            found.append(
                f"{name} is a managed policy: other roles may hang on it. It keeps {VERSIONS_LIMIT} versions; "
                "delete one that is not in force where there are that many."
            )
    return tuple(found)


def _order(checkpoint: Checkpoint) -> int:
    return checkpoint.order


def _words(work: _Work, granted: tuple[tuple[str, str], ...], role: str, found: GrantComparison) -> str:
    token = [action for action, resource in granted if resource == "*"]
    exact = [resource for _, resource in granted if resource != "*"]
    services = [pair for pair in granted if not _is_of_registry(pair[0]) and pair[1] != "*"]
    parts = []
    if token:
        parts.append(f"{', '.join(token)} on `*` ({'it has' if len(token) == 1 else 'they have'} no resource level)")
    if services:
        places = dict.fromkeys(resource for _, resource in granted if resource != "*")
        named = ((place, sorted({action for action, resource in granted if resource == place})) for place in places)
        parts += [f"{', '.join(actions)} on {place}" for place, actions in named]
    elif exact:
        resources = ", ".join(dict.fromkeys(exact))
        parts.append(f"{len(exact)} action{'s' if len(exact) != 1 else ''} on {resources} only")
    joined = "; ".join(parts) + ", and on nothing else" if services else " and ".join(parts)
    grant = f"Grant {joined}. " if parts else ""
    if work.narrowed:
        grant += (
            f"The Deny in {', '.join(dict.fromkeys(work.narrowed))} leaves out what the release needs and denies everything else "
            "as before. "
        )
    said = "".join(f"{text} " for text in dict.fromkeys(work.said))
    kept = " What is there already stays as it is." if found.takes_nothing_away and not work.narrowed else ""
    return f"{grant}{said}Change of role {role}: {names_of(work.edits.listed)}.{kept}"


def names_of(edits: Iterable[Edit]) -> str:
    """Return the policies that edits change, as people name them."""
    return ", ".join(
        f"{'new ' if edit.before is None else ''}{'managed' if edit.policy.arn else 'inline'} policy {edit.policy.name}"
        f"{' (off the role)' if edit.after is None else ''}"
        for edit in edits
    )
