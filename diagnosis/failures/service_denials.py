"""Judge denials of AWS actions beyond the registry and STS: the authorization plane, at the gate *service authorization*.

Whose denial it is decides where it stands (:mod:`diagnosis.failures.whose_identity`):

- the run's role session, or nobody that is named while a client says which call it made, or while the log shows that a role
  was assumed: the checkpoint *service authorization*;
- another identity (an IAM user, an instance, a task, CloudFormation's role): the plane is authorization all the same, no
  gate of this release is named, and the sentence says whose it is;
- a bare sentence without client, principal or log around it: the plane is told and no gate is, since it may be anybody's.

The cause follows the policy type that the sentence names. Where it names none, several are possible and none is claimed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause, tell_apart_of
from diagnosis.failures.denial_sentence import Denial, PolicyType, operation_of
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight
from diagnosis.failures.service_calls import action_of_call, in_aws_words, prefix_of, service_with, state_action
from diagnosis.failures.whose_identity import Whose, identity_of
from diagnosis.gates import Checkpoint, Plane
from diagnosis.names.arn import Arn
from diagnosis.policy.language.actions import has_resource_level
from diagnosis.verdicts.gate_verdict import Finding

LAYERS = {
    PolicyType.BOUNDARY: Cause.BOUNDARY,
    PolicyType.SERVICE_CONTROL: Cause.SCP,
    PolicyType.RESOURCE_CONTROL: Cause.RESOURCE_CONTROL_POLICY,
    PolicyType.SESSION: Cause.SESSION_POLICY,
    PolicyType.VPC_ENDPOINT: Cause.ENDPOINT_POLICY,
}
"""Policy types beside the role's own and the resource's, each with a cause and an owner of its own."""
_BESIDE = (Cause.BOUNDARY, Cause.SCP, Cause.SESSION_POLICY, Cause.ENDPOINT_POLICY)
UNTYPED = (Cause.SERVICE_ACTION, Cause.RESOURCE_POLICY, *_BESIDE)
"""What is possible where AWS names no policy type."""
_OWN = frozenset({Cause.SERVICE_ACTION, Cause.PASS_ROLE, Cause.RESOURCE_POLICY})
_SHARED = frozenset({*LAYERS.values(), Cause.IDENTITY_POLICY_DENY})
_REGISTRYS = frozenset(
    {Cause.REGISTRY_ADMINISTRATION, Cause.REPOSITORY_POLICY_DENY, Cause.PUSH_SCOPE, Cause.PULL_SCOPE}
)
_HEADS = frozenset({"HeadObject", "HeadBucket"})
"""Requests without a body in their answer; no other service has operations of these names."""
_OF_S3 = re.compile(
    r"\(?\bAccessDenied\)?(?::| when calling the \w{1,60} operation(?: \([^)]{0,60}\))?:) Access Denied\b"
)
"""How S3 words a refusal that names no one; every other service says more, or ``AccessDeniedException``."""
_OF_KEY = re.compile(
    r"Access to KMS is not allowed|ciphertext refers to a customer master key|KMS key .{0,200}not allowed"
)
_PLACE = re.compile(
    r"s3://(?P<url>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^\s\"'*]{0,1024})?)"
    r"|(?:S3 )?[Bb]ucket \(?[\"'](?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])[\"']"
)
_UPLOAD = re.compile(
    r"upload failed: (?:(?!upload failed: ).){0,1024} to (?=s3://)|(?:copy|move) failed: s3://\S{1,1024} to (?=s3://)"
)
_OBJECTS = frozenset({"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:PutObjectTagging"})
_BUCKETS = frozenset({"s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketVersions"})


def service_denial(denial: Denial, text: str, context: LogContext, *, action: str | None = None) -> Seen:
    """Return the judgement of a denial that is neither the registry's nor the trust policy's.

    ``action``: the IAM action, where the words around the refusal tell it and the refusal itself does not.
    """
    service, operation = _called(denial, text)
    if denial.action:
        action = in_aws_words(denial.action)
    elif operation:
        action = action_of_call(service, operation)
    if denial.action is None and _OF_KEY.search(text):
        action = "kms:Decrypt"
    if operation == "HeadObject" and not denial.action:
        action = None  # a HEAD has no body: which of two actions lacks, its status does not say
    cause, candidates = _causes(denial, action)
    finding = Finding(
        Plane.AUTHORIZATION,
        None,
        cause,
        candidates,
        action=action,
        principal=denial.principal,
        resource=denial.resource or _place_of(text, action) or _everything(action),
        tell_apart=tell_apart_of(cause, candidates),
    )
    finding = replace(finding, sentence=_in_words(denial, finding, service))
    client = bool(denial.operation or denial.service) or (denial.action is None and service is not None)
    weight = Weight.PROVISIONING if operation in _HEADS else Weight.ROOT
    return Seen(at_its_gate(finding, context.roles, spoken=client or context.assumed), weight)


def _worded_by_s3(text: str, context: LogContext) -> Seen | None:
    """Judge S3's refusal where the client names no call: clients in Go and JavaScript print code and message alone."""
    action = state_action(text) or context.state_action
    if "Forbidden: Forbidden" in text:
        # How clients in Go word the answer to a HEAD, which has no body.
        return service_denial(Denial(None, operation="HeadObject"), text, context) if action else None
    if not _OF_S3.search(text):
        return None
    return service_denial(Denial(None), text, context, action=action)


def _worded_by_ec2(text: str, context: LogContext) -> Seen:
    """Judge EC2's own code, which no other service has; an encoded message may take the place of the sentence."""
    return service_denial(Denial(None, operation=operation_of(text), service="EC2"), text, context)


def _of_a_repository(text: str, context: LogContext) -> Seen | None:
    """Judge Git's word for a refusal by CodeCommit: it tells neither whether it pulled or pushed nor which policy refused."""
    refused = "returned error: 403" in text
    return service_denial(Denial(None, service="CodeCommit"), text, context) if refused else None


RULES: tuple[Rule, ...] = (
    Rule(("git-codecommit.",), _of_a_repository),
    Rule(("AccessDenied: Access Denied", "Forbidden: Forbidden"), _worded_by_s3),
    Rule(("UnauthorizedOperation",), _worded_by_ec2),
)
"""Asked after the rules of denials: of a call that is named they know more."""


def at_its_gate(finding: Finding, roles: frozenset[str] = frozenset(), *, spoken: bool) -> Finding:
    """Return the finding at the gate where it is the run's, without one where it is another identity's, which it then names.

    ``spoken``: a client or the log around it shows that the run made the call, so that a sentence without principal is the
    run's. Called again with more knowledge (the roles that the job assumes), it decides again.
    """
    identity = identity_of(finding.principal, roles)
    is_runs = identity.whose is Whose.RUN or (identity.whose is Whose.UNSAID and spoken)
    checkpoint = Checkpoint.SERVICE_AUTHORIZATION if is_runs else None
    note = f" It was refused to {identity.words}: that is no gap of the run's role." if identity.words else ""
    sentence = finding.sentence if not note or note in finding.sentence else f"{finding.sentence}{note}"
    return replace(finding, checkpoint=checkpoint, sentence=sentence)


def is_service_denial(finding: Finding) -> bool:
    """Return whether a finding is a denial beyond the registry, at its gate or not yet at any."""
    if finding.plane is not Plane.AUTHORIZATION or finding.checkpoint not in (None, Checkpoint.SERVICE_AUTHORIZATION):
        return False
    causes = {finding.cause, *finding.candidates} - {None}
    if (finding.action or "").startswith(("ecr:", "ecr-public:")) or causes & _REGISTRYS:
        return False
    return bool(causes & (_OWN | _SHARED))


def _called(denial: Denial, text: str) -> tuple[str | None, str | None]:
    """Return the service's prefix and the operation, from the action, from the client's words, or from the operation alone."""
    if denial.action:
        service, _, name = denial.action.partition(":")
        return service.lower(), name
    operation = denial.operation
    if denial.service:
        return prefix_of(denial.service), operation
    if operation is None:
        return "s3" if _OF_S3.search(text) else None, None
    if operation in _HEADS or (_OF_S3.search(text) and action_of_call("s3", operation)):
        return "s3", operation
    return service_with(operation), operation


def _causes(denial: Denial, action: str | None) -> tuple[Cause | None, tuple[Cause, ...]]:
    lacking = Cause.PASS_ROLE if action == "iam:PassRole" else Cause.SERVICE_ACTION
    policy = denial.policy_type
    if policy in LAYERS:
        return LAYERS[policy], ()
    if policy is PolicyType.RESOURCE:
        return Cause.RESOURCE_POLICY, ()
    resources = () if lacking is Cause.PASS_ROLE else (Cause.RESOURCE_POLICY,)
    if denial.explicit:
        if policy is PolicyType.IDENTITY:
            return Cause.IDENTITY_POLICY_DENY, ()
        return None, (Cause.IDENTITY_POLICY_DENY, *resources, *_BESIDE)
    if policy is PolicyType.IDENTITY:
        return lacking, ()
    return None, (lacking, *resources, *_BESIDE)


def _place_of(text: str, action: str | None) -> str | None:
    """Return the ARN of the bucket or object that a client names beside the refusal; None where it names none.

    The partition is that of the public regions: a bucket's name does not tell it, and a replay knows the role's.
    """
    if action not in _OBJECTS | _BUCKETS:
        return None
    upload = _UPLOAD.search(text)
    found = _PLACE.search(text, upload.end() if upload else 0)
    if found is None:
        return None
    bucket, _, key = (found["url"] or found["bucket"]).rstrip(".,:;").partition("/")
    if action in _BUCKETS:
        return str(Arn("aws", "s3", "", "", bucket))
    return str(Arn("aws", "s3", "", "", f"{bucket}/{key}")) if key else None


def _everything(action: str | None) -> str | None:
    """Return ``*`` for an action without resource level, whose denial names no resource; None for any other."""
    return "*" if action is not None and has_resource_level(action) is False else None


def _in_words(denial: Denial, finding: Finding, service: str | None) -> str:
    """Say what was denied, on what and by which policy, then what that means."""
    what = finding.action or denial.operation or "a call"
    if not finding.action and (denial.service or service):
        what = f"{what} of {denial.service or (service or '').upper()}"
    where = f" on {finding.resource}" if finding.resource and finding.resource != "*" else ""
    kind = denial.policy_type
    if kind is not None:
        article = "an" if kind.value[0] in "aeiou" else "a"
        how = f"{article} {kind.value} denies it" if denial.explicit else f"no {kind.value} allows it"
        named = f" ({denial.policy_arn})" if denial.policy_arn else ""
        return f"AWS refused {what}{where}: {how}{named}. {finding.cause.sentence if finding.cause else ''}".rstrip()
    if denial.explicit:
        return f"AWS refused {what}{where}: some policy denies it explicitly, so adding permissions cannot help."
    more = " The words do not say which policy is at fault."
    if denial.operation == "HeadObject" and not denial.action:
        more = (
            " A HEAD answers with the status alone: s3:GetObject is missing on the object, or the object is absent and "
            "s3:ListBucket is missing on its bucket, so that S3 does not say so."
        )
    elif finding.action == "s3:GetObject" and denial.action is None:
        more += " S3 answers the same for an object that is absent where s3:ListBucket is not granted on its bucket."
    return f"AWS refused {what}{where}.{more}"
