"""Commands of the AWS CLI that make several calls, or hand a role to a service: each with its calls.

Source: the AWS CLI's own commands beside the API operations (``cloudformation deploy``, ``deploy push``, ``ecs deploy``, …) as its
Command Reference describes them; the services' guides on the permissions of their callers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from diagnosis.names.arn import Arn
from diagnosis.names.endpoint import object_of_url
from diagnosis.names.service_principal import service_principal
from diagnosis.steps.aws_cli.resources import Scope, arn, legible
from diagnosis.steps.aws_cli.special_resources import (
    key_resource,
    object_arn,
    pass_role,
    resource_for,
)
from diagnosis.steps.aws_cli.words import Command

Use = tuple[str, str | None]
_Reader = Callable[[Command, Scope], Iterator[Use]]


def uses_of_several(command: Command, scope: Scope) -> tuple[Use, ...] | None:
    """Return the calls of a command that stands in the table; None for any other."""
    reader = _READERS.get(command.name)
    return tuple(dict.fromkeys(reader(command, scope))) or None if reader else None


def uses_beside(command: Command, scope: Scope, *, writes: bool) -> Iterator[Use]:
    """Yield what an operation needs beside its own action, by its options: the roles it passes, keys, code in a bucket."""
    yield from _KINDS_BESIDE.get(command.name, _nothing)(command, scope)
    if writes and command.service not in _NO_PASSED_ROLE:
        yield from _passed_roles(command)


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


# ------------------------------------------------------------------------------------------------ roles that are passed

_NO_PASSED_ROLE = frozenset(
    {"sts", "iam", "eks-auth", "sso", "sso-admin", "rolesanywhere", "ecr", "lakeformation", "neptunedata"}
)
_ROLE_OPTIONS = re.compile(r"(?!target)(?:[a-z]*rolearn|role|servicerole|[a-z]*iamrole)")
_RANKS = frozenset({"chime", "iot-managed-integrations", "medialive", "quicksight", "repostspace"})
"""Services whose ``--role`` is a rank of a member, not a role of IAM."""
_ROLE_MEMBERS = re.compile(r"\b[A-Za-z]*[Rr]ole_?[Aa]rn\"?\s{0,3}[:=]\s{0,3}\"?([^\s\",}\]]{1,300})")
_LONGEST = 50_000


_PASSED_TO: Mapping[str, str] = {
    "ecs": "ecs-tasks",
    "ecs create-service": "ecs",
    "ecs create-express-gateway-service": "",
    "ecs update-express-gateway-service": "",
    "lambda": "lambda",
    "cloudformation": "cloudformation",
    "stepfunctions": "states",
    "codebuild": "codebuild",
    "codepipeline": "codepipeline",
    "deploy": "codedeploy",
    "events": "events",
    "scheduler": "scheduler",
    "pipes": "pipes",
    "glue": "glue",
    "sagemaker": "sagemaker",
    "firehose": "firehose",
    "batch register-job-definition": "ecs-tasks",
    "ec2 run-instances": "ec2",
    "ec2 associate-iam-instance-profile": "ec2",
    "iam add-role-to-instance-profile": "ec2",
}
"""The service to which a command's roles are passed, by command or by the CLI's service; empty where it is not one for all."""


def passed_to(command: Command) -> str | None:
    """Return the service principal that ``iam:PassedToService`` holds when a command passes a role; None where it is not known."""
    service = _PASSED_TO.get(command.name, _PASSED_TO.get(command.service, ""))
    return service_principal(service) if service else None


def _passed_roles(command: Command) -> Iterator[Use]:
    """Yield iam:PassRole for each role that an operation which writes is given, as an option or inside of one."""
    for option, values in command.options.items():
        if option == "role" and command.service in _RANKS:
            continue
        if _ROLE_OPTIONS.fullmatch(option):
            yield from (("iam:PassRole", pass_role(value)) for value in (values[:1] or (None,)))
        elif option != "cliinputjson":
            for value in values:
                found = _ROLE_MEMBERS.findall(value[:_LONGEST]) if "ole" in value else ()
                yield from (("iam:PassRole", pass_role(role)) for role in found)
    for name, document in command.documents.items():
        if name != "cliinputjson" and name not in {o for o, v in command.options.items() if v}:
            yield from (("iam:PassRole", pass_role(role)) for role in _ROLE_MEMBERS.findall(_written(document)))


def _written(document: object) -> str:
    return json.dumps(document)[:_LONGEST]


# ------------------------------------------------------------------------------------------------ CloudFormation


def _cloudformation_deploy(command: Command, scope: Scope) -> Iterator[Use]:
    bucket = command.option("s3-bucket")
    if command.has("s3-bucket"):
        prefix = command.option("s3-prefix")
        template = object_arn(bucket, f"{prefix}/*" if prefix else "*")
        yield "s3:PutObject", template
        # CloudFormation reads it there in the caller's name.
        yield "s3:GetObject", template
    for name in ("DescribeStacks", "GetTemplateSummary", "CreateChangeSet", "DescribeChangeSet"):
        yield from _own(f"cloudformation:{name}", command, scope)
    if not command.has("no-execute-changeset"):
        yield from _own("cloudformation:ExecuteChangeSet", command, scope)
    if command.has("role-arn"):
        yield "iam:PassRole", pass_role(command.option("role-arn"))


def _cloudformation_package(command: Command, scope: Scope) -> Iterator[Use]:
    bucket, prefix = command.option("s3-bucket"), command.option("s3-prefix")
    # An artifact that is there already is found by its head and not sent again.
    written = object_arn(bucket, f"{prefix}/*" if prefix else "*")
    yield "s3:GetObject", written
    yield "s3:PutObject", written
    if command.has("kms-key-id"):
        yield "kms:GenerateDataKey", key_resource(command.option("kms-key-id"), scope)


def _stack_change(command: Command, _scope: Scope) -> Iterator[Use]:
    if command.has("template-url"):
        found = object_of_url(command.option("template-url") or "")
        yield "s3:GetObject", object_arn(*found) if found else None


# ------------------------------------------------------------------------------------------------ ECS


def _task_roles(command: Command, _scope: Scope) -> Iterator[Use]:
    """Yield the roles of a task definition's document, of which the options already speak where it is legible."""
    if command.unread:
        yield "iam:PassRole", None


def _ecs_deploy(command: Command, scope: Scope) -> Iterator[Use]:
    """Yield the calls of ``ecs deploy``: a task definition is registered and a CodeDeploy deployment started for the service."""
    service, cluster = command.option("service"), command.option("cluster")
    cluster = cluster if command.has("cluster") else "default"
    home = legible(cluster) and legible(service)
    yield "ecs:DescribeServices", arn("ecs", f"service/{cluster}/{service}", scope) if home else None
    application = command.option("codedeploy-application")
    application = (
        application if command.has("codedeploy-application") else f"AppECS-{cluster}-{service}" if home else None
    )
    group = command.option("codedeploy-deployment-group")
    group = group if command.has("codedeploy-deployment-group") else f"DgpECS-{cluster}-{service}" if home else None
    app = arn("codedeploy", f"application:{application}", scope) if legible(application) else None
    dgp = arn("codedeploy", f"deploymentgroup:{application}/{group}", scope)
    dgp = dgp if legible(application) and legible(group) else None
    yield "codedeploy:GetApplication", app
    yield "codedeploy:GetDeploymentGroup", dgp
    document = command.documents.get("taskdefinition")
    family = document.get("family") if isinstance(document, dict) else None
    named = isinstance(family, str) and legible(family)
    yield "ecs:RegisterTaskDefinition", arn("ecs", f"task-definition/{family}:*", scope) if named else None
    if isinstance(document, dict):
        for member in ("taskRoleArn", "executionRoleArn"):
            if member in document:
                yield "iam:PassRole", pass_role(str(document[member]))
    else:
        yield "iam:PassRole", None
    yield "codedeploy:RegisterApplicationRevision", app
    yield "codedeploy:GetApplicationRevision", app
    yield "codedeploy:GetDeploymentConfig", None
    yield "codedeploy:CreateDeployment", dgp
    yield "codedeploy:GetDeployment", dgp


# ------------------------------------------------------------------------------------------------ others


def _function_code(command: Command, _scope: Scope) -> Iterator[Use]:
    bucket, key = command.option("s3-bucket"), command.option("s3-key")
    if command.has("s3-bucket"):
        version = "s3:GetObjectVersion" if command.has("s3-object-version") else "s3:GetObject"
        yield version, object_arn(bucket, key or "")
    for value in command.values("code")[:1]:
        parts = dict(part.partition("=")[::2] for part in value.split(","))
        if "S3Bucket" in parts:
            yield "s3:GetObject", object_arn(parts["S3Bucket"], parts.get("S3Key", ""))


def _deployment(command: Command, scope: Scope) -> Iterator[Use]:
    """Yield what CodeDeploy asks of the caller for a new deployment: its configuration and the revision of the application."""
    application = command.option("application-name")
    app = arn("codedeploy", f"application:{application}", scope) if legible(application) else None
    configuration = command.option("deployment-config-name")
    # Without a name it is the deployment group's own, whichever that is.
    named = configuration if command.has("deployment-config-name") else None if command.unread else "%"
    config = arn("codedeploy", f"deploymentconfig:{named}".replace("%", "*"), scope) if legible(named) else None
    yield "codedeploy:GetDeploymentConfig", config
    if command.has("revision") or command.has("s3-location") or command.has("github-location"):
        yield "codedeploy:RegisterApplicationRevision", app
    yield "codedeploy:GetApplicationRevision", app


def _deploy_push(command: Command, scope: Scope) -> Iterator[Use]:
    application = command.option("application-name")
    place = (command.option("s3-location") or "").removeprefix("s3://")
    bucket, _, key = place.partition("/")
    yield "s3:PutObject", object_arn(bucket, key)
    yield (
        "codedeploy:RegisterApplicationRevision",
        arn("codedeploy", f"application:{application}", scope) if legible(application) else None,
    )


def _package_login(command: Command, scope: Scope) -> Iterator[Use]:
    domain = Command("codeartifact", "login", (), {k: v for k, v in command.options.items() if k != "repository"})
    yield from _own("codeartifact:GetAuthorizationToken", domain, scope)
    yield "sts:GetServiceBearerToken", "*"
    if command.operation == "login":
        yield from _own("codeartifact:GetRepositoryEndpoint", command, scope)


def _kubeconfig(command: Command, scope: Scope) -> Iterator[Use]:
    name = command.option("name")
    if command.has("assume-role-arn"):
        # That role describes the cluster; the role of --role-arn only stands in the file that is written.
        yield "sts:AssumeRole", pass_role(command.option("assume-role-arn"))
        return
    yield "eks:DescribeCluster", arn("eks", f"cluster/{name}", scope) if legible(name) else None


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
                yield from _own(_WRITES[verb], asked, scope)


def _secret_of_query(command: Command, _scope: Scope) -> Iterator[Use]:
    """Yield the reading of the secret with which the Data API opens the database, in the caller's name."""
    if command.has("secret-arn"):
        value = command.option("secret-arn")
        secret = Arn.parse(value)
        known = legible(value) and secret is not None and secret.service == "secretsmanager"
        yield "secretsmanager:GetSecretValue", value if known else None


def _role_of_profile(command: Command, _scope: Scope) -> Iterator[Use]:
    yield "iam:PassRole", pass_role(command.option("role-name"))


def _own(action: str, command: Command, scope: Scope) -> Iterator[Use]:
    yield from ((action, resource) for resource in resource_for(action, command, scope))


_READERS: Mapping[str, _Reader] = {
    "cloudformation deploy": _cloudformation_deploy,
    "cloudformation package": _cloudformation_package,
    "ecs deploy": _ecs_deploy,
    "deploy push": _deploy_push,
    "codeartifact login": _package_login,
    "codeartifact get-authorization-token": _package_login,
    "eks update-kubeconfig": _kubeconfig,
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
_KINDS_BESIDE: Mapping[str, _Reader] = {
    "cloudformation create-stack": _stack_change,
    "cloudformation update-stack": _stack_change,
    "cloudformation create-change-set": _stack_change,
    "ecs register-task-definition": _task_roles,
    "lambda update-function-code": _function_code,
    "lambda create-function": _function_code,
    "lambda publish-layer-version": _function_code,
    "deploy create-deployment": _deployment,
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
