"""Commands of the AWS CLI that make several calls, or hand a role to a service: each with its calls.

Source: the AWS CLI's own commands beside the API operations (``cloudformation deploy``, ``deploy push``, ``ecs deploy``, …) as its
Command Reference describes them; the services' guides on the permissions of their callers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from diagnosis.names.arn import Arn
from diagnosis.steps.aws_cli.deployments import BESIDE, WHOLE, Reader, Use, own_call
from diagnosis.steps.aws_cli.object_arns import object_arn
from diagnosis.steps.aws_cli.passed_roles import NO_PASSED_ROLE, pass_role, passed_roles
from diagnosis.steps.aws_cli.resources import Scope, arn, legible
from diagnosis.steps.aws_cli.special_resources import key_resource
from diagnosis.steps.aws_cli.words import Command


def uses_of_several(command: Command, scope: Scope) -> tuple[Use, ...] | None:
    """Return the calls of a command that stands in the table; None for any other."""
    reader = _READERS.get(command.name)
    return tuple(dict.fromkeys(reader(command, scope))) or None if reader else None


def uses_beside(command: Command, scope: Scope, *, writes: bool) -> Iterator[Use]:
    """Yield what an operation needs beside its own action, by its options: the roles it passes, keys, code in a bucket."""
    yield from _KINDS_BESIDE.get(command.name, _nothing)(command, scope)
    if writes and command.service not in NO_PASSED_ROLE:
        yield from passed_roles(command)


_TAGS: Mapping[str, str] = {
    "ec2": "ec2:CreateTags",
    "ecs": "ecs:TagResource",
    "lambda": "lambda:TagResource",
    "secretsmanager create-secret": "secretsmanager:TagResource",
    "ssm put-parameter": "ssm:AddTagsToResource",
    "sns create-topic": "sns:TagResource",
    "kms create-key": "kms:TagResource",
    "logs create-log-group": "logs:TagResource",
    "dynamodb create-table": "dynamodb:TagResource",
    "iam create-role": "iam:TagRole",
    "iam create-policy": "iam:TagPolicy",
    "iam create-user": "iam:TagUser",
    "rds create-db-instance": "rds:AddTagsToResource",
    "rds create-db-snapshot": "rds:AddTagsToResource",
    "eks create-cluster": "eks:TagResource",
    "eks create-nodegroup": "eks:TagResource",
    "stepfunctions create-state-machine": "states:TagResource",
}
"""What a command that makes something needs further where it tags it."""
_TAGGED = re.compile(r"(?:create|register|run|put|publish)-.*")


def uses_for_tags(command: Command, own: tuple[Use, ...]) -> Iterator[Use]:
    """Yield the tagging of what a command makes: of the same resource, unless the service has none for it (EC2)."""
    action = _TAGS.get(command.name, _TAGS.get(command.service))
    given = command.has("tag-specifications") if command.service == "ec2" else command.has("tags")
    if action is None or not given or not _TAGGED.fullmatch(command.operation):
        return
    made = command.service not in ("ec2", "kms") and command.operation != "run-task"
    yield from ((action, resource if made else None) for _, resource in own[:1])


def _nothing(_command: Command, _scope: Scope) -> Iterator[Use]:
    yield from ()


def _function_code(command: Command, _scope: Scope) -> Iterator[Use]:
    bucket, key = command.option("s3-bucket"), command.option("s3-key")
    if command.has("s3-bucket"):
        version = "s3:GetObjectVersion" if command.has("s3-object-version") else "s3:GetObject"
        yield version, object_arn(bucket, key or "")
    for value in command.values("code")[:1]:
        parts = dict(part.partition("=")[::2] for part in value.split(","))
        if "S3Bucket" in parts:
            yield "s3:GetObject", object_arn(parts["S3Bucket"], parts.get("S3Key", ""))


def _package_login(command: Command, scope: Scope) -> Iterator[Use]:
    domain = Command("codeartifact", "login", (), {k: v for k, v in command.options.items() if k != "repository"})
    yield from own_call("codeartifact:GetAuthorizationToken", domain, scope)
    yield "sts:GetServiceBearerToken", "*"
    if command.operation == "login":
        yield from own_call("codeartifact:GetRepositoryEndpoint", command, scope)


def _kubeconfig(command: Command, scope: Scope) -> Iterator[Use]:
    name = command.option("name")
    # The role of --role-arn stands in the file that is written: kubectl and helm take it, from the session, at their first call.
    yield from _token_of_cluster(command, scope)
    if command.has("assume-role-arn"):
        # That role describes the cluster.
        yield "sts:AssumeRole", pass_role(command.option("assume-role-arn"))
        return
    yield "eks:DescribeCluster", arn("eks", f"cluster/{name}", scope) if legible(name) else None


def _token_of_cluster(command: Command, _scope: Scope) -> Iterator[Use]:
    """Yield what a token of EKS needs: it is signed by the session itself, unless another role is named."""
    if command.has("role-arn"):
        yield "sts:AssumeRole", pass_role(command.option("role-arn"))


def _secret(command: Command, scope: Scope) -> Iterator[Use]:
    if command.has("kms-key-id"):
        for name in ("kms:GenerateDataKey", "kms:Decrypt"):
            yield name, key_resource(command.option("kms-key-id"), scope)


def _parameter(command: Command, scope: Scope) -> Iterator[Use]:
    if command.option("type") == "SecureString" and command.has("key-id"):
        advanced = command.option("tier") == "Advanced"
        yield "kms:GenerateDataKey" if advanced else "kms:Encrypt", key_resource(command.option("key-id"), scope)


def _object_options(command: Command, scope: Scope) -> Iterator[Use]:
    written = object_arn(command.option("bucket"), command.option("key") or "")
    if any(
        command.has(name) for name in ("acl", "grant-read", "grant-full-control", "grant-read-acp", "grant-write-acp")
    ):
        yield "s3:PutObjectAcl", written
    if command.has("tagging"):
        yield "s3:PutObjectTagging", written
    if command.has("ssekms-key-id"):
        yield "kms:GenerateDataKey", key_resource(command.option("ssekms-key-id"), scope)
    if command.has("object-lock-mode") or command.has("object-lock-retain-until-date"):
        yield "s3:PutObjectRetention", written


def _object_copy(command: Command, scope: Scope) -> Iterator[Use]:
    bucket, _, key = (command.option("copy-source") or "").lstrip("/").partition("/")
    version = "s3:GetObjectVersion" if "?versionId=" in key else "s3:GetObject"
    yield version, object_arn(bucket, key.partition("?versionId=")[0])
    yield "s3:PutObject", object_arn(command.option("bucket"), command.option("key") or "")
    yield from _object_options(command, scope)


def _object_version(command: Command, _scope: Scope) -> Iterator[Use]:
    name = "Get" if command.operation in ("get-object", "head-object") else "Delete"
    name += "Object" + ("Version" if command.has("version-id") else "")
    yield f"s3:{name}", object_arn(command.option("bucket"), command.option("key") or "")


def _reencrypted(command: Command, scope: Scope) -> Iterator[Use]:
    yield "kms:ReEncryptFrom", key_resource(command.option("source-key-id"), scope)
    yield "kms:ReEncryptTo", key_resource(command.option("destination-key-id"), scope)


def _instances(command: Command, _scope: Scope) -> Iterator[Use]:
    if command.has("iam-instance-profile"):
        # A profile holds a role, and the command does not say which.
        yield "iam:PassRole", None


_STATEMENTS = {"select": "Select", "exists": "Select", "insert": "Insert", "update": "Update", "delete": "Delete"}


def _partiql(command: Command, _scope: Scope) -> Iterator[Use]:
    """Yield the action of a PartiQL statement, which its first word names; the table stands in its text."""
    first = (command.option("statement") or "").lstrip().partition(" ")[0].lower()
    if first in _STATEMENTS:
        yield f"dynamodb:PartiQL{_STATEMENTS[first]}", None


_WRITES = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}


def _transaction(command: Command, scope: Scope) -> Iterator[Use]:
    """Yield the actions of a transaction's items, each on its table."""
    items = command.documents.get("transactitems")
    for item in items if isinstance(items, list) else ():
        for verb, what in item.items() if isinstance(item, dict) else ():
            table = what.get("TableName") if isinstance(what, dict) else None
            if verb in _WRITES:
                asked = Command(options={"tablename": (table,)} if isinstance(table, str) else {})
                yield from own_call(_WRITES[verb], asked, scope)


def _secret_of_query(command: Command, _scope: Scope) -> Iterator[Use]:
    """Yield the reading of the secret with which the Data API opens the database, in the caller's name."""
    if command.has("secret-arn"):
        value = command.option("secret-arn")
        secret = Arn.parse(value)
        known = legible(value) and secret is not None and secret.service == "secretsmanager"
        yield "secretsmanager:GetSecretValue", value if known else None


def _role_of_profile(command: Command, _scope: Scope) -> Iterator[Use]:
    yield "iam:PassRole", pass_role(command.option("role-name"))


_READERS: Mapping[str, Reader] = {
    **WHOLE,
    "codeartifact login": _package_login,
    "codeartifact get-authorization-token": _package_login,
    "eks update-kubeconfig": _kubeconfig,
    "eks get-token": _token_of_cluster,
    "s3api copy-object": _object_copy,
    "s3api upload-part-copy": _object_copy,
    "s3api get-object": _object_version,
    "s3api head-object": _object_version,
    "s3api delete-object": _object_version,
    "kms re-encrypt": _reencrypted,
    "dynamodb execute-statement": _partiql,
    "dynamodb transact-write-items": _transaction,
    "dynamodb transact-get-items": _transaction,
}
"""Commands whose calls stand here whole."""
_KINDS_BESIDE: Mapping[str, Reader] = {
    **BESIDE,
    "lambda update-function-code": _function_code,
    "lambda create-function": _function_code,
    "lambda publish-layer-version": _function_code,
    "ssm put-parameter": _parameter,
    "secretsmanager create-secret": _secret,
    "secretsmanager update-secret": _secret,
    "s3api put-object": _object_options,
    "s3api create-multipart-upload": _object_options,
    "ec2 run-instances": _instances,
    **dict.fromkeys(
        (
            f"{service} {operation}"
            for service in ("rds-data", "redshift-data")
            for operation in ("execute-statement", "batch-execute-statement", "begin-transaction", "execute-sql")
        ),
        _secret_of_query,
    ),
    "iam add-role-to-instance-profile": _role_of_profile,
}
"""Operations that need something beside their own action, by their options."""
