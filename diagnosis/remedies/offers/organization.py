"""Offer changes of layers that the role's owner cannot open: a permissions boundary, a session policy, a control policy."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Plane
from diagnosis.live.run_claims import session_of_role
from diagnosis.policy.language.quotas import MANAGED_LIMIT, SESSION_LIMIT, VERSIONS_LIMIT, size
from diagnosis.remedies.edits.control_edit import amendable
from diagnosis.remedies.edits.grant_proof import granted_beyond
from diagnosis.remedies.edits.narrowing import narrowed
from diagnosis.remedies.edits.policy_patch import difference, extended
from diagnosis.remedies.offer import (
    CANNOT_HELP,
    PUSH_AND_RUN,
    Choice,
    Offer,
    Situation,
    contexts_of,
    needed_pairs,
    rerun_words,
)
from diagnosis.remedies.rendering import cloudformation, terraform_resource, with_document
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_NAMES = {
    Cause.BOUNDARY: "permissions boundary",
    Cause.SCP: "service control policy",
    Cause.RESOURCE_CONTROL_POLICY: "resource control policy",
    Cause.ENDPOINT_POLICY: "endpoint policy",
}
_ALONE = "A boundary grants nothing by itself; it may hang on other roles too."


def widen_boundary(situation: Situation) -> Choice | None:
    """Offer a new version of the boundary that allows exactly the needed actions too; it grants nothing by itself."""
    problems = situation.of(Cause.BOUNDARY)
    reading, role = situation.account.boundary, situation.run.role_arn
    if not problems or not isinstance(reading, Known) or not role or _owned_by_aws(situation):
        return None
    pairs = needed_pairs(situation.needs, problems)
    before, name = reading.value.document, reading.value.name
    session = session_of_role(role, situation.run.session_name)
    try:
        contexts = contexts_of(situation.needs)
        opened = narrowed(before, pairs, session, role, of_role=False, contexts=contexts) or before
        # Other roles of the release keep their edge, and what is attached to one of them too grants it nothing more.
        shared = reading.value.arn is not None and situation.hangs_on_another(reading.value.arn)
        after = extended(opened, pairs, contexts, only=role if shared else None)
    except ValueError:
        return None
    beyond = granted_beyond(before, after, pairs, role)
    if beyond is None:
        return None
    too_long = size(after.text) > MANAGED_LIMIT
    arn = reading.value.arn or name
    actions = tuple(dict.fromkeys(action for action, _ in pairs))
    below = reading.value.arn.path if reading.value.arn else "/"
    path = {} if below == "/" else {"path": below}
    managed: dict[str, object] = {"ManagedPolicyName": name, "PolicyDocument": after.tree}
    managed |= {"Path": below} if path else {}
    remediation = Remediation(
        id="widen-boundary",
        causes=(Cause.BOUNDARY,),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title=f"Let the boundary {name} allow the release",
        words=f"The permissions boundary {name} must allow {', '.join(actions)}. {CANNOT_HELP} "
        + ("It hangs on another role of the release too: what is added is for this one alone." if shared else _ALONE),
        owner=problems[0].owner,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.REPLACE_BOUNDARY, arn, document=after),),
        aws_cli=with_document(
            ["aws", "iam", "create-policy-version", "--policy-arn", str(arn), "--set-as-default"],
            "--policy-document",
            after,
            "boundary.json",
        ),
        terraform=terraform_resource("aws_iam_policy", name, {"name": name, **path}, {"policy": after}),
        cloudformation=cloudformation(name, "AWS::IAM::ManagedPolicy", managed),
        difference=difference(before, after, f"boundary {name}"),
        widens=tuple(f"the boundary then allows {text}" for text in beyond),
        warnings=(
            *(
                (f"The document would take {size(after.text)} of {MANAGED_LIMIT} characters: AWS refuses that.",)
                * too_long
            ),
            f"A managed policy keeps {VERSIONS_LIMIT} versions: delete one that is not in force where there are that many.",
        ),
        actions=actions,
    )
    return (Offer(remediation),)


def widen_session(situation: Situation) -> Choice | None:
    """Offer a session policy in the workflow that allows exactly the needed actions too; it grants nothing by itself."""
    problems, reading, role = situation.of(Cause.SESSION_POLICY), situation.run.session_policy, situation.run.role_arn
    if not problems or not isinstance(reading, Known) or not role:
        return None
    pairs = needed_pairs(situation.needs, problems)
    before = reading.value.document
    try:
        contexts = contexts_of(situation.needs)
        session = session_of_role(role, situation.run.session_name)
        opened = narrowed(before, pairs, session, role, of_role=True, contexts=contexts) or before
        after = extended(opened, pairs, contexts)
    except ValueError:
        return None
    beyond = granted_beyond(before, after, pairs)
    if beyond is None:
        return None
    actions = tuple(dict.fromkeys(action for action, _ in pairs))
    remediation = Remediation(
        id="widen-session-policy",
        causes=(Cause.SESSION_POLICY,),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title="Let the session policy allow the release",
        words=f"The `inline-session-policy` of the step that assumes the role must allow {', '.join(actions)}. {CANNOT_HELP}",
        owner=problems[0].owner,
        verify=PUSH_AND_RUN,
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "inline-session-policy", values=(after.text,)),),
        difference=difference(before, after, "inline-session-policy"),
        widens=tuple(f"the session policy then allows {text}" for text in beyond),
        warnings=(f"The policy would take {len(after.text)} of {SESSION_LIMIT} characters: STS refuses that.",)
        if len(after.text) > SESSION_LIMIT
        else (),
        actions=actions,
    )
    return (Offer(remediation),)


def _owned_by_aws(situation: Situation) -> bool:
    """Return whether the boundary is one of AWS's own policies, which nobody can edit."""
    reading = situation.account.boundary
    return isinstance(reading, Known) and reading.value.arn is not None and reading.value.arn.is_owned_by_aws


def ask_organization(situation: Situation) -> Choice | None:
    """Say who owns a layer of which no bounded change can be modelled, and what it must allow."""
    amended = {edit.cause for edit in amendable(situation)}
    causes = [
        cause for cause in (Cause.SCP, Cause.RESOURCE_CONTROL_POLICY, Cause.ENDPOINT_POLICY) if cause not in amended
    ]
    if not isinstance(situation.account.boundary, Known) or _owned_by_aws(situation):
        causes.append(Cause.BOUNDARY)
    problems = situation.of(*causes)
    if not problems:
        return None
    first = problems[0]
    actions = tuple(dict.fromkeys(action for problem in problems for action in problem.actions))
    layers = " and the ".join(dict.fromkeys(_NAMES[problem.cause] for problem in problems))
    wanted = ", ".join(actions) or "sts:AssumeRoleWithWebIdentity"
    at_role = first.checkpoint is Checkpoint.ROLE_ASSUMPTION
    remediation = Remediation(
        id="ask-layer-owner",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=first.plane if at_role else Plane.AUTHORIZATION,
        checkpoint=first.checkpoint,
        title=f"Ask the owner of the {layers}",
        words=f"The {layers} must allow {wanted} for this role. {CANNOT_HELP} {first.reason}",
        owner=first.owner,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.OUTSIDE, layers, values=actions),),
        actions=actions,
    )
    return (Offer(remediation),)
