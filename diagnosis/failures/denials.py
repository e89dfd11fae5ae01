"""Judge of which gate a denial sentence speaks, by the denied action and the policy that denies."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause, tell_apart_of
from diagnosis.failures import service_denials
from diagnosis.failures.denial_sentence import WORDS, Denial, PolicyType, parse_denial
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, authz, holding
from diagnosis.failures.service_denials import LAYERS, service_denial
from diagnosis.gates import Checkpoint, Plane
from diagnosis.policy.language.actions import action_facts, actions_beginning
from diagnosis.verdicts.gate_verdict import Finding

PUSH = frozenset(
    {
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    }
)
PULL = frozenset(
    {
        "BatchGetImage",
        "GetDownloadUrlForLayer",
        "DescribeImages",
        "DescribeImageTags",
        "ListImages",
        "DescribeRepositories",
        "DescribeImageScanFindings",
        "BatchImportUpstreamImage",
    }
)
LOGIN = frozenset({"GetAuthorizationToken"})
_OTHER_ECR = frozenset(
    {
        "CreateRepository",
        "DeleteRepository",
        "PutLifecyclePolicy",
        "GetLifecyclePolicy",
        "SetRepositoryPolicy",
        "GetRepositoryPolicy",
        "PutImageScanningConfiguration",
        "PutImageTagMutability",
        "StartImageScan",
        "BatchDeleteImage",
        "DescribeRegistry",
        "DescribePullThroughCacheRules",
        "CreatePullThroughCacheRule",
    }
)
_PROBES = frozenset({"DescribeRepositories"})
_SERVICES = {"ecr": "ecr", "ecr public": "ecr-public", "ecrpublic": "ecr-public", "sts": "sts"}
"""Prefixes of actions by the names that SDKs give their services, in small letters; of any other only its name is told."""
_TRUST_ACTIONS = frozenset(
    {"AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRoleWithSAML", "TagSession", "SetSourceIdentity"}
)

TRUST_CANDIDATES = (
    Cause.SUBJECT_NOT_ADMITTED,
    Cause.SUBJECT_SHAPE,
    Cause.SUBJECT_IMMUTABLE_FORM,
    Cause.CONDITION_OPERATOR,
    Cause.PRINCIPAL_WRONG,
    Cause.ROLE_ABSENT,
    Cause.AUDIENCE_NOT_ADMITTED,
)
"""The causes that share the sentence "Not authorized to perform sts:AssumeRoleWithWebIdentity"."""

CHAIN_CANDIDATES = (Cause.ROLE_CHAINING, Cause.ID_TOKEN_NOT_GRANTED, Cause.PRINCIPAL_WRONG, Cause.ROLE_ABSENT)
"""A role assumed from another one, or a runner that fell back to its own instance profile because it had no token."""


def _judge(text: str, context: LogContext) -> Seen | None:
    denial = parse_denial(text)
    if denial is None:
        return None
    possible = _cut_off(denial)
    if len(possible) > 1:
        return _judge_cut_off(denial, possible, text, context)
    if possible:
        denial = replace(denial, action=possible[0])
    if _of_codeartifact(denial, text, context):
        return service_denial(denial, text, context)
    return judge_denial(denial, text, context)


def _of_codeartifact(denial: Denial, text: str, context: LogContext) -> bool:
    """Return whether the denial is CodeArtifact's, whose login has ECR's name: GetAuthorizationToken, and a token of STS."""
    if denial.action and denial.action.startswith("ecr"):
        return False
    shared = denial.action == "sts:GetServiceBearerToken" or not denial.action
    return "codeartifact" in text or (context.codeartifact and shared)


def judge_denial(denial: Denial, text: str, context: LogContext) -> Seen | None:
    """Judge where the denied action belongs; None if the sentence names neither action nor a known operation.

    The registry's actions have checkpoints of their own, the token exchange and chained roles are STS's; every other action is
    a use of another service (:mod:`diagnosis.failures.service_denials`).
    """
    service, operation = _what(denial)
    if operation is None:
        return None
    if service == "sts" and operation.startswith("AssumeRoleWithW"):
        return _trust(denial, "AssumeRoleWithWebIdentity")  # a paste may break the line in the middle of the word
    if service == "sts" and operation in _TRUST_ACTIONS:
        return _trust(denial, operation)
    action: str | None = f"{service}:{operation}" if service else None
    if service == "sts" and operation == "GetServiceBearerToken":
        return _registry(denial, Checkpoint.REGISTRY_AUTH, Cause.GET_AUTHORIZATION_TOKEN, action)
    if service not in ("ecr", "ecr-public"):
        return service_denial(denial, text, context)
    if operation in LOGIN:
        return _registry(denial, Checkpoint.REGISTRY_AUTH, Cause.GET_AUTHORIZATION_TOKEN, action)
    if operation in PUSH:
        return _registry(denial, Checkpoint.REGISTRY_PUSH, Cause.PUSH_SCOPE, action)
    if operation in PULL:
        weight = Weight.PROVISIONING if operation in _PROBES else Weight.ROOT
        return _registry(denial, Checkpoint.REGISTRY_PULL, Cause.PULL_SCOPE, action, weight)
    return _registry(denial, None, Cause.REGISTRY_ADMINISTRATION, action, Weight.PROVISIONING)


def _cut_off(denial: Denial) -> tuple[str, ...]:
    """Return the actions that may be meant, where an action's name has lost its end; empty where the name is whole.

    A log that expired while it was copied, an annotation, a paste: they end anywhere, and a terminal breaks lines within
    a word. A name that AWS's reference knows is taken for whole, and one that it knows no continuation of for an action
    that is newer than the reference.
    """
    action = denial.action
    if action is None or action_facts(action) is not None:
        return ()
    service, _, begun = action.partition(":")
    called = f"{service}:{denial.operation}"
    if denial.operation and denial.operation.startswith(begun) and action_facts(called) is not None:
        return (called,)
    completed = _completed(begun) if service in ("ecr", "ecr-public") else begun
    if completed != begun:
        return (f"{service}:{completed}",)
    # A session of an account's root is taken by the organization's management account, and by no run.
    return tuple(name for name in actions_beginning(action) if name != "sts:AssumeRoot")


def _judge_cut_off(denial: Denial, possible: tuple[str, ...], text: str, context: LogContext) -> Seen | None:
    """Judge a denial of one of several actions: what holds for each of them holds; None where not even the plane does."""
    begun = denial.action or ""
    service = begun.partition(":")[0].lower()
    if service not in _WITH_GATES_OF_THEIR_OWN:
        seen = service_denial(replace(denial, action=None, service=service), text, context)
        return Seen(_of_some_action(seen.finding, begun), seen.weight)
    all_seen = [judge_denial(replace(denial, action=action), text, context) for action in possible]
    findings = [seen.finding for seen in all_seen if seen is not None]
    if len({finding.plane for finding in findings}) != 1:
        return None
    checkpoints = {finding.checkpoint for finding in findings}
    causes = dict.fromkeys(cause for one in findings for cause in (one.cause, *one.candidates) if cause is not None)
    only = next(iter(causes)) if len(causes) == 1 else None
    candidates = () if only else tuple(causes)
    together = replace(
        findings[0],
        checkpoint=checkpoints.pop() if len(checkpoints) == 1 else None,
        cause=only,
        candidates=candidates,
        tell_apart=tell_apart_of(only, candidates),
    )
    return Seen(_of_some_action(together, begun), min(seen.weight for seen in all_seen if seen is not None))


_WITH_GATES_OF_THEIR_OWN = frozenset({"ecr", "ecr-public", "sts"})
"""Services whose actions stand at different gates, so that a name's beginning may not tell the gate."""


def _of_some_action(finding: Finding, begun: str) -> Finding:
    """Return the finding without an action: the text ends within its name."""
    sentence = f"AWS refused an action whose name the text cuts off: {begun}…"
    return replace(finding, action=None, sentence=sentence)


def _what(denial: Denial) -> tuple[str | None, str | None]:
    """Return service prefix and operation, from the action or else from the operation that the client names."""
    if denial.action:
        service, _, operation = denial.action.partition(":")
        return service, _completed(operation) if service in ("ecr", "ecr-public") else operation
    called = denial.operation
    if denial.service:
        return _SERVICES.get(denial.service.lower()), called
    if called in LOGIN | PUSH | PULL | _OTHER_ECR:
        return "ecr", called
    if called in _TRUST_ACTIONS | {"GetServiceBearerToken"}:
        return "sts", called
    return None, called


def _completed(operation: str) -> str:
    """Return the operation whose beginning this is: a terminal breaks lines, and a paste may end, within a word."""
    known = LOGIN | PUSH | PULL | _OTHER_ECR
    whole = [name for name in known if name.startswith(operation)]
    return whole[0] if operation not in known and len(whole) == 1 else operation


def _trust(denial: Denial, operation: str) -> Seen:
    layer = LAYERS.get(denial.policy_type) if denial.policy_type else None
    action = f"sts:{operation}"
    if layer:
        return _seen(denial, Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, layer, (), action)
    if operation == "AssumeRoleWithWebIdentity":
        return _seen(denial, Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, None, TRUST_CANDIDATES, action)
    if operation == "TagSession":
        return _seen(denial, Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, Cause.TAG_SESSION, (), action)
    chained = operation == "AssumeRole" and _of_a_session(denial.principal)
    cause, candidates = (Cause.ROLE_CHAINING, ()) if chained else (None, CHAIN_CANDIDATES)
    return _seen(denial, Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, cause, candidates, action)


_MACHINE = re.compile(r"/(?:i-[0-9a-f]{8,17}|[0-9a-f]{32}|eks-[\w.-]+|AWSCodeBuild-[0-9a-f-]+)$")
"""The session of a machine's own role: of an instance, an ECS task, an EKS pod or a build. Without a token a runner uses it."""


def _of_a_session(principal: str | None) -> bool:
    """Return whether the one who was denied is a role that a job assumed before: a second hop."""
    return principal is not None and ":assumed-role/" in principal and not _MACHINE.search(principal)


def _registry(
    denial: Denial, checkpoint: Checkpoint | None, scope: Cause, action: str | None, weight: Weight = Weight.ROOT
) -> Seen:
    cause: Cause | None
    candidates: tuple[Cause, ...] = ()
    policy = denial.policy_type
    if policy in LAYERS:
        cause = LAYERS[policy]
    elif policy is PolicyType.RESOURCE:
        cause = Cause.REPOSITORY_POLICY_DENY if denial.explicit else Cause.REPOSITORY_POLICY_MISSING_ALLOW
        # Across accounts a wrong name reads like a policy that does not mention the caller.
        candidates = () if denial.explicit else (Cause.REPOSITORY_POLICY_MISSING_ALLOW, Cause.REPOSITORY_ABSENT)
    elif denial.explicit:
        cause = Cause.IDENTITY_POLICY_DENY if policy is PolicyType.IDENTITY else None
        candidates = (
            ()
            if cause
            else (
                Cause.IDENTITY_POLICY_DENY,
                Cause.REPOSITORY_POLICY_DENY,
                Cause.SCP,
                Cause.BOUNDARY,
                Cause.SESSION_POLICY,
                Cause.ENDPOINT_POLICY,
            )
        )
    elif policy is PolicyType.IDENTITY:
        cause = scope
    else:
        # Old wording: the sentence does not say which policy is at fault.
        cause = None
        candidates = (
            scope,
            Cause.REPOSITORY_POLICY_DENY,
            Cause.BOUNDARY,
            Cause.SCP,
            Cause.SESSION_POLICY,
            Cause.ENDPOINT_POLICY,
        )
        if checkpoint is Checkpoint.REGISTRY_AUTH:
            candidates = tuple(slug for slug in candidates if slug != Cause.REPOSITORY_POLICY_DENY)
    return _seen(denial, Plane.AUTHORIZATION, checkpoint, cause, candidates, action, weight)


def _seen(
    denial: Denial,
    plane: Plane,
    checkpoint: Checkpoint | None,
    cause: Cause | None,
    candidates: tuple[Cause, ...],
    action: str | None,
    weight: Weight = Weight.ROOT,
) -> Seen:
    finding = Finding(
        plane,
        checkpoint,
        cause,
        candidates,
        action=action,
        principal=denial.principal,
        resource=denial.resource,
        sentence=_in_words(denial, cause, action),
        tell_apart=tell_apart_of(cause, candidates),
    )
    return Seen(finding, weight)


def _in_words(denial: Denial, cause: Cause | None, action: str | None) -> str:
    """Say what was denied by which policy, then what that means; empty where the general words say as much."""
    kind = denial.policy_type
    if kind is None:
        return ""
    what = action or denial.operation or "the call"
    where = f" on {denial.resource}" if denial.resource and denial.resource != "*" else ""
    meaning = f" {cause.sentence}" if cause else ""
    article = "an" if kind.value[0] in "aeiou" else "a"
    how = f"{article} {kind.value} denies it" if denial.explicit else f"no {kind.value} allows it"
    named = f" ({denial.policy_arn})" if denial.policy_arn else ""
    return f"AWS refused {what}{where}: {how}{named}.{meaning}"


RULES: tuple[Rule, ...] = (
    # The denied call is Lambda's, but it was Lambda that the registry refused: asked before the call's own denial.
    holding(
        authz(Checkpoint.REGISTRY_PULL, None, Cause.REPOSITORY_POLICY_DENY, Cause.PULL_SCOPE),
        "does not have permission to access the ECR image",
    ),
    Rule(WORDS, _judge),
    *service_denials.RULES,
)
