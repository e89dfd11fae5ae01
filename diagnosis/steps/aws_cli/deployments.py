"""What the commands that deploy call: CloudFormation's ``deploy`` and ``package``, CodeDeploy's deployments, ``ecs deploy``.

Source: AWS CLI Command Reference; AWS CloudFormation User Guide, "Control CloudFormation access with AWS IAM"; AWS CodeDeploy User
Guide, "CodeDeploy permissions reference".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from diagnosis.names.endpoint import object_of_url
from diagnosis.steps.aws_cli.object_arns import object_arn
from diagnosis.steps.aws_cli.passed_roles import pass_role
from diagnosis.steps.aws_cli.resources import Scope, arn, legible
from diagnosis.steps.aws_cli.special_resources import key_resource, resource_for
from diagnosis.steps.aws_cli.words import Command

Use = tuple[str, str | None]
"""An IAM action and the resource that it is for."""
Reader = Callable[[Command, Scope], Iterator[Use]]


def own_call(action: str, command: Command, scope: Scope) -> Iterator[Use]:
    """Yield an action on what the command's arguments name."""
    yield from ((action, resource) for resource in resource_for(action, command, scope))


def _cloudformation_deploy(command: Command, scope: Scope) -> Iterator[Use]:
    bucket = command.option("s3-bucket")
    if command.has("s3-bucket"):
        prefix = command.option("s3-prefix")
        template = object_arn(bucket, f"{prefix}/*" if prefix else "*")
        yield "s3:PutObject", template
        # CloudFormation reads it there in the caller's name.
        yield "s3:GetObject", template
    for name in ("DescribeStacks", "GetTemplateSummary", "CreateChangeSet", "DescribeChangeSet"):
        yield from own_call(f"cloudformation:{name}", command, scope)
    if not command.has("no-execute-changeset"):
        yield from own_call("cloudformation:ExecuteChangeSet", command, scope)
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


WHOLE: Mapping[str, Reader] = {
    "cloudformation deploy": _cloudformation_deploy,
    "cloudformation package": _cloudformation_package,
    "ecs deploy": _ecs_deploy,
    "deploy push": _deploy_push,
}
"""Commands whose calls stand here whole."""
BESIDE: Mapping[str, Reader] = {
    "cloudformation create-stack": _stack_change,
    "cloudformation update-stack": _stack_change,
    "cloudformation create-change-set": _stack_change,
    "ecs register-task-definition": _task_roles,
    "deploy create-deployment": _deployment,
}
"""Operations that need something beside their own action."""
