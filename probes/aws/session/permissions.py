"""Make the least-privilege policy that planescope itself needs, from the list that the guard enforces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from diagnosis.facts.account import AccountQuestion
from diagnosis.names.arn import Arn
from probes.aws.session.operations import OPERATIONS, Operation, Scope, Variant

_SIDS = {
    Scope.ANY: "ReadWithoutResourceLevel",
    Scope.PROVIDER: "ReadOidcProvider",
    Scope.ROLE: "ReadRole",
    Scope.POLICY: "ReadManagedPolicies",
    Scope.REPOSITORY: "ReadRepository",
    Scope.BUCKET: "ListEvidence",
    Scope.EVIDENCE: "ReadEvidence",
    Scope.KEY: "ReadKeys",
    Scope.USED_BUCKET: "ReadBucketPolicies",
    Scope.SECRET: "ReadSecretPolicies",
    Scope.TOPIC: "ReadTopicPolicies",
    Scope.QUEUE: "ReadQueuePolicies",
}


def operations_of(variant: Variant) -> tuple[Operation, ...]:
    """Return the operations that a variant grants: ``full`` holds ``minimal``."""
    return tuple(
        operation for operation in OPERATIONS if variant is Variant.FULL or operation.variant is Variant.MINIMAL
    )


def reader_policy(variant: Variant, question: AccountQuestion | None = None) -> dict[str, Any]:
    """Return an identity-based policy document, as JSON values.

    What the question names (role, repository, evidence root) bounds the statements to exactly that; what it does not
    name stays a pattern over the account.
    """
    asked = question or AccountQuestion()
    statements = []
    for scope in Scope:
        actions = sorted({operation.action for operation in operations_of(variant) if operation.scope is scope})
        if not actions:
            continue
        statement: dict[str, Any] = {
            "Sid": _SIDS[scope],
            "Effect": "Allow",
            "Action": actions,
            "Resource": _resources(scope, asked),
        }
        prefix = _evidence(asked)[1]
        if scope is Scope.BUCKET and prefix:
            statement["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def policies_by_account(variant: Variant, question: AccountQuestion) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield ``(account id, policy)``: one, or two where the repository lies in another account than the role."""
    role_account, registry = question.role_account or "", question.registry_id
    policy = reader_policy(variant, question)
    if not registry or registry == role_account:
        yield role_account, policy
        return
    of_registry = (_SIDS[Scope.REPOSITORY], _SIDS[Scope.KEY])
    statements = policy["Statement"]
    at_home = any(arn.account == role_account for arn in question.repositories)
    elsewhere = () if at_home else (_SIDS[Scope.REPOSITORY],)
    yield role_account, {**policy, "Statement": [entry for entry in statements if entry["Sid"] not in elsewhere]}
    registry_wide = [
        {**entry, "Action": actions}
        for entry in statements
        if entry["Sid"] == _SIDS[Scope.ANY]
        and (actions := [name for name in entry["Action"] if name.split(":")[0] in _REGISTRY_SERVICES])
    ]
    named = [entry for entry in statements if entry["Sid"] in of_registry]
    yield registry, {**policy, "Statement": [*registry_wide, *named]}


_REGISTRY_SERVICES = frozenset({"ecr", "cloudtrail", "servicequotas", "sts"})


def _resources(scope: Scope, question: AccountQuestion) -> str | list[str]:
    arn, account = f"arn:{question.partition}", question.role_account or "*"
    match scope:
        case Scope.ANY:
            return "*"
        case Scope.PROVIDER:
            return str(question.provider_arn or f"{arn}:iam::*:oidc-provider/*")
        case Scope.ROLE:
            return str(question.role_arn or f"{arn}:iam::*:role/*")
        case Scope.POLICY:
            # The role's managed policies are not known before it was read; AWS's own lie in the account "aws".
            return [f"{arn}:iam::{account}:policy/*", f"{arn}:iam::aws:policy/*"]
        case Scope.REPOSITORY:
            place = f"{question.region or '*'}:{question.registry_id or '*'}"
            first = f"{arn}:ecr:{place}:repository/{question.repository or '*'}"
            return _one_or_list([first, *map(str, question.repositories)])
        case Scope.BUCKET:
            return f"{arn}:s3:::{_evidence(question)[0] or '*'}"
        case Scope.EVIDENCE:
            bucket, prefix = _evidence(question)
            return f"{arn}:s3:::{bucket or '*'}/{prefix}*"
        case Scope.KEY:
            # Which key an alias names is not known before it was read.
            of_registry = f"{arn}:kms:{question.region or '*'}:{question.registry_id or '*'}:key/*"
            return _one_or_list([of_registry, *([] if account == "*" else [f"{arn}:kms:*:{account}:key/*"])])
        case Scope.USED_BUCKET:
            return _named("s3", question, f"{arn}:s3:::*")
        case Scope.SECRET:
            return _named("secretsmanager", question, f"{arn}:secretsmanager:*:{account}:secret:*")
        case Scope.TOPIC:
            return _named("sns", question, f"{arn}:sns:*:{account}:*")
        case Scope.QUEUE:
            return _named("sqs", question, f"{arn}:sqs:*:{account}:*")


def _named(service: str, question: AccountQuestion, otherwise: str) -> str | list[str]:
    """Return the resources of a service that the question names, else the pattern."""
    parsed = [(text, Arn.parse(text)) for text in question.resources]
    named = [text for text, arn in parsed if arn is not None and arn.service == service]
    return _one_or_list(named or [otherwise])


def _one_or_list(values: list[str]) -> str | list[str]:
    found = list(dict.fromkeys(values))
    return found[0] if len(found) == 1 else found


def _evidence(question: AccountQuestion) -> tuple[str, str]:
    """Return bucket and prefix of the evidence root, empty where none is named."""
    bucket, _, prefix = (question.evidence_root or "").removeprefix("s3://").partition("/")
    return bucket, prefix
