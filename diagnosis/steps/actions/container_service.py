"""Actions that deploy to Amazon ECS: the calls that their documentation names.

Sources: README.md, action.yml and index.js of aws-actions/amazon-ecs-render-task-definition,
aws-actions/amazon-ecs-deploy-task-definition and aws-actions/amazon-ecs-deploy-express-service; service authorization
reference of Amazon ECS and of AWS CodeDeploy.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from diagnosis.names.arn import Arn
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import WRITTEN, path_in
from diagnosis.steps.service_calls import EVERYTHING, GREEN_RUN, arn_in, arn_of, calls, name_in, not_judged, pass_role
from diagnosis.steps.variables import is_legible
from diagnosis.steps.yaml_text import text_of, yaml_mapping

_KIND = StepKind.AWS_ACTION
_RENDERED = re.compile(r"/(?:[^/]+/)*task-definition-[A-Za-z0-9-]+\.json")
"""Where the render action writes what it made: ``$RUNNER_TEMP/task-definition--1234-abc.json``."""
_ROLES = ("taskRoleArn", "executionRoleArn")


@dataclass(frozen=True, slots=True)
class _TaskDefinition:
    """What of a task definition matters for permissions; the roles are None where the file is not known."""

    family: str | None = None
    roles: tuple[str, ...] | None = None


def render_task_definition(use: ActionUse) -> tuple[Operation, ...]:
    """Read amazon-ecs-render-task-definition: with a file it calls nothing, else it fetches the task definition."""
    if use.given("task-definition"):
        return (Operation(_KIND),)
    if not use.given("task-definition-arn", "task-definition-family"):
        return (Operation(_KIND),)
    return calls(_KIND, EVERYTHING, "ecs:DescribeTaskDefinition")


def rendered_task_definition(use: ActionUse) -> dict[str, str]:
    """Return the render action's output as the file that it was made from: the roles in it are the same."""
    path = use.text("task-definition")
    return {"outputs.task-definition": _source(use, path) or path} if path else {}


def deploy_task_definition(use: ActionUse) -> tuple[Operation, ...]:
    """Read amazon-ecs-deploy-task-definition: register, run a task, update the service or start a CodeDeploy deployment."""
    known = _task_definition(use)
    operations: list[Operation] = []
    if use.given("task-definition") or not use.given("task-definition-arn"):
        operations += _register(use, known)
    cluster = _cluster(use.text("cluster"))
    if use.may_be_true("run-task"):
        operations += _run_task(use, known, cluster)
    if use.given("service"):
        operations += _deploy_service(use, cluster)
    return tuple(operations)


def run_task_of_file(use: ActionUse) -> tuple[Operation, ...]:
    """Read the actions that were made of the deploy action to run one task: they register the definition and run it."""
    known = _task_definition(use)
    return (*_register(use, known), *_run_task(use, known, _cluster(use.text("cluster"))))


def run_task_of_family(use: ActionUse) -> tuple[Operation, ...]:
    """Read geekcell/github-action-aws-ecs-run-task: it runs a task of a definition that is there, and shows its log."""
    named, cluster = use.text("task-definition"), _cluster(use.text("cluster"))
    definition = arn_in(named, "ecs") or arn_of("ecs", "task-definition/", _family(named), ":*")
    tasks = arn_of("ecs", "task/", cluster, "/*")
    operations = (
        *calls(_KIND, definition, "ecs:RunTask"),
        *calls(_KIND, tasks, "ecs:DescribeTasks"),
        *pass_role(_KIND, "$", service="ecs-tasks"),
    )
    if use.text("tail-logs").lower() == "false":
        return operations
    described = calls(_KIND, EVERYTHING, "ecs:DescribeTaskDefinition")
    why = "which log it shows is in the task definition"
    return operations + described + not_judged(_KIND, use.uses, why, GREEN_RUN)


def deploy_express_service(use: ActionUse) -> tuple[Operation, ...]:
    """Read amazon-ecs-deploy-express-service: it creates the service or updates it, and waits for its deployment."""
    cluster = _cluster(use.text("cluster"))
    service = _service(use.text("service-name"), cluster)
    deployments = arn_of("ecs", "service-deployment/", cluster, "/", name_in(use.text("service-name")), "/*")
    return (
        *calls(_KIND, arn_of("ecs", "cluster/", cluster), "ecs:DescribeClusters"),
        *calls(_KIND, arn_of("ecs", "cluster/", cluster), "ecs:CreateCluster", tolerated=True),
        *calls(_KIND, service, "ecs:DescribeServices", "ecs:DescribeExpressGatewayService"),
        # Which of the two it is depends on whether the service is there.
        *calls(_KIND, service, "ecs:UpdateExpressGatewayService"),
        *calls(_KIND, service, "ecs:CreateExpressGatewayService", tolerated=True),
        *calls(_KIND, EVERYTHING, "ecs:RegisterTaskDefinition", tolerated=True),
        *calls(_KIND, service, "ecs:ListServiceDeployments"),
        *calls(_KIND, deployments, "ecs:DescribeServiceDeployments"),
        *pass_role(_KIND, use.text("execution-role-arn"), use.text("task-role-arn"), service="ecs-tasks"),
        *pass_role(_KIND, use.text("infrastructure-role-arn"), service="ecs"),
    )


def _register(use: ActionUse, known: _TaskDefinition) -> tuple[Operation, ...]:
    definition = arn_of("ecs", "task-definition/", known.family, ":*")
    passed = pass_role(_KIND, *(known.roles if known.roles is not None else ("$",)), service="ecs-tasks")
    tagged = calls(_KIND, definition, "ecs:TagResource") if use.given("tags") else ()
    return (*calls(_KIND, definition, "ecs:RegisterTaskDefinition"), *passed, *tagged)


def _run_task(use: ActionUse, known: _TaskDefinition, cluster: str | None) -> tuple[Operation, ...]:
    named = use.text("task-definition-arn")
    definition = arn_in(named, "ecs") or arn_of("ecs", "task-definition/", known.family or _family(named), ":*")
    tagged = use.given("run-task-tags") or use.is_true("enable-ecs-managed-tags")
    tasks = arn_of("ecs", "task/", cluster, "/*")
    return (
        *calls(_KIND, definition, "ecs:RunTask"),
        *calls(_KIND, tasks, "ecs:DescribeTasks"),
        *(calls(_KIND, tasks, "ecs:TagResource") if tagged else ()),
        *pass_role(_KIND, *_volume_roles(use.text("run-task-managed-ebs-volume")), service="ecs"),
    )


def _deploy_service(use: ActionUse, cluster: str | None) -> tuple[Operation, ...]:
    service = _service(use.text("service"), cluster)
    described = calls(_KIND, service, "ecs:DescribeServices")
    if not use.given("codedeploy-appspec", "codedeploy-application", "codedeploy-deployment-group"):
        roles = _volume_roles(use.text("service-managed-ebs-volume"))
        return (*described, *calls(_KIND, service, "ecs:UpdateService"), *pass_role(_KIND, *roles, service="ecs"))
    name = name_in(_last(use.text("service")))
    application = name_in(use.text("codedeploy-application") or f"AppECS-{cluster or '$'}-{name or '$'}")
    group = name_in(use.text("codedeploy-deployment-group") or f"DgpECS-{cluster or '$'}-{name or '$'}")
    at_group = arn_of("codedeploy", "deploymentgroup:", application, "/", group)
    return (
        *described,
        *calls(_KIND, at_group, "codedeploy:GetDeploymentGroup", "codedeploy:CreateDeployment"),
        *calls(_KIND, at_group, "codedeploy:GetDeployment"),
        *calls(_KIND, arn_of("codedeploy", "deploymentconfig:*"), "codedeploy:GetDeploymentConfig"),
        *calls(_KIND, arn_of("codedeploy", "application:", application), "codedeploy:RegisterApplicationRevision"),
    )


def _cluster(value: str) -> str | None:
    """Return the name of a cluster that is given by name or ARN; ECS's default one where none is given."""
    return name_in(_last(value)) if value else "default"


def _service(value: str, cluster: str | None) -> str | None:
    return arn_in(value, "ecs") or arn_of("ecs", "service/", cluster, "/", name_in(value))


def _last(value: str) -> str:
    arn = Arn.parse(value)
    return arn.name if arn is not None else value


def _family(value: str) -> str | None:
    return name_in(_last(value).partition(":")[0]) if value else None


def _source(use: ActionUse, path: str) -> str | None:
    """Return the file of the repository that a rendered task definition was made from; None where that is not told."""
    if not _RENDERED.fullmatch(path):
        return None
    told = {
        value
        for name, value in use.values.items()
        if name.endswith("outputs.task-definition") and not _RENDERED.fullmatch(value)
    }
    return told.pop() if len(told) == 1 else None


def _task_definition(use: ActionUse) -> _TaskDefinition:
    """Return what the task definition's file says, where it is a file of the repository at the run's commit."""
    path = use.text("task-definition")
    place = path_in("", _source(use, path) or path) if path and is_legible(path) else None
    # A file that a step of the job wrote is not the one of the commit.
    text = use.files.text(place) if f"{WRITTEN}{place}" not in use.values else None
    if text is None:
        return _TaskDefinition()
    members = _members(text)
    if members is None:
        return _TaskDefinition()
    roles = tuple(role for name in _ROLES if (role := members.get(name)))
    return _TaskDefinition(name_in(members.get("family")), roles)


def _members(text: str) -> dict[str, str] | None:
    """Return the texts at the top of a task definition (JSON or YAML); None where it is none."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        tree = yaml_mapping(text) or None
    if not isinstance(tree, dict) or not isinstance(tree.get("containerDefinitions"), list):
        return None
    return {name: found for name in ("family", *_ROLES) if (found := text_of(tree.get(name)))}


def _volume_roles(text: str) -> tuple[str, ...]:
    """Return the role of an EBS volume's configuration, which is JSON; an illegible one where it cannot be read."""
    if not text:
        return ()
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return ("$",)
    role = tree.get("roleArn") if isinstance(tree, dict) else None
    return (role,) if isinstance(role, str) and role else ()
