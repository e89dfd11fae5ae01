"""Read tools of which little is certain by the command line: what they only do on the runner, and what they do at AWS by name.

Sources: each tool's command line reference; README.md of fabfuel/ecs-deploy, on its IAM policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import EVERYTHING, GREEN_RUN, arn_of, calls, name_in, not_judged, pass_role
from diagnosis.steps.tools.call import Call, arguments, has, option

_KIND = StepKind.AWS_TOOL


@dataclass(frozen=True, slots=True)
class _Tool:
    local: frozenset[str]
    """Commands that call nothing at AWS; the empty one stands for no command."""
    why: str
    may_push: bool = False


_HELP = frozenset({"", "help", "version", "completion"})
_IN_FILES = "what it makes is in files of the project, and it makes that with the permissions of this role"
_TOOLS = {
    "amplify": _Tool(_HELP, "what it changes is in the Amplify project's stacks"),
    "ansible-playbook": _Tool(frozenset(), "what its tasks do is in playbooks and roles", may_push=True),
    "cdktf": _Tool(_HELP | {"init", "get", "synth", "list", "convert", "provider"}, _IN_FILES),
    "chalice": _Tool(_HELP | {"new-project", "package", "local", "generate-pipeline", "generate-sdk"}, _IN_FILES),
    "eb": _Tool(_HELP, "Elastic Beanstalk calls other services with the permissions of this role"),
    "ecspresso": _Tool(_HELP | {"render", "init"}, _IN_FILES),
    "eksctl": _Tool(
        _HELP | {"info"}, "it works through CloudFormation, EKS, EC2 and IAM, by the cluster's configuration"
    ),
    "kops": _Tool(_HELP, "it works on EC2, IAM, Route 53 and the state's bucket, by the cluster's configuration"),
    "lambroll": _Tool(_HELP | {"render"}, _IN_FILES),
    "packer": _Tool(
        _HELP | {"init", "fmt", "validate", "inspect", "plugins", "console"},
        "which builders and post-processors run is in the template",
        may_push=True,
    ),
    "rclone": _Tool(
        _HELP | {"config", "obscure"}, "which store it speaks to, and with which keys, is in its configuration"
    ),
    "s3cmd": _Tool(_HELP | {"--configure"}, "which keys it uses is in its configuration"),
    "s5cmd": _Tool(_HELP, "which objects it works on depends on patterns and on what the bucket holds"),
    "sst": _Tool(_HELP | {"init", "install", "upgrade", "telemetry"}, _IN_FILES, may_push=True),
    "zappa": _Tool(_HELP | {"init", "package", "template"}, _IN_FILES, may_push=True),
}
TOOLS = frozenset({*_TOOLS, "ecs"})
_ECS_VALUED = frozenset(
    {"-t", "--tag", "-i", "--image", "-c", "--command", "-e", "--env", "-s", "--secret", "-r", "--role", "--region"}
    | {"--timeout", "--profile", "--access-key-id", "--secret-access-key", "--task", "--user", "--comment", "--url"}
    | {"--execution-role", "-x", "--env-file", "--cpu", "--memory", "--account"}
)


def read_other_tool(run: Call) -> tuple[Operation, ...]:
    """Return the calls that are certain, which are few, and the mark with the tool's name and command."""
    program = run.words[0]
    if program == "ecs":
        return _ecs_deploy(run)
    tool = _TOOLS[program]
    verb = next((word for word in run.tail if not word.startswith("-")), "")
    # Behind an option it may be that option's value; and a --version behind a verb is that of a cluster or a stack.
    is_verb = not verb or run.tail[0] == verb
    if (is_verb and verb in tool.local) or has(run.tail, "--help") or run.tail == ("--version",):
        return (Operation(_KIND),)
    if program == "eksctl" and arguments(run.tail, frozenset({"--cluster", "--name", "--region"}))[:2] == [
        "utils",
        "write-kubeconfig",
    ]:
        cluster = name_in(option(run.tail, "--cluster", "-c", "--name"))
        return calls(
            _KIND, arn_of("eks", "cluster/", cluster), "eks:DescribeCluster", region=option(run.tail, "--region", "-r")
        )
    return not_judged(_KIND, f"{program} {verb}".strip()[:80], tool.why, GREEN_RUN, may_push=tool.may_push)


def _ecs_deploy(run: Call) -> tuple[Operation, ...]:
    """Read ``ecs deploy CLUSTER SERVICE`` of ecs-deploy: a new revision of the service's task definition."""
    words = arguments(run.tail, _ECS_VALUED)
    if words[:1] not in (["deploy"], ["scale"]) or len(words) < 3:
        if not words or words[0] in _HELP:
            return (Operation(_KIND),)
        return not_judged(_KIND, f"ecs {words[0]}"[:80], "which calls it makes depends on the cluster", GREEN_RUN)
    region = option(run.tail, "--region")
    service = arn_of("ecs", "service/", name_in(words[1]), "/", name_in(words[2]))
    found = calls(_KIND, service, "ecs:DescribeServices", "ecs:UpdateService", region=region)
    if words[0] == "deploy":
        found += calls(_KIND, EVERYTHING, "ecs:DescribeTaskDefinition", region=region)
        found += calls(_KIND, None, "ecs:RegisterTaskDefinition", region=region)
        found += calls(_KIND, EVERYTHING, "ecs:DeregisterTaskDefinition", tolerated=True, region=region)
        found += pass_role(_KIND, "$", service="ecs-tasks")
    return found + calls(_KIND, None, "ecs:ListTasks", "ecs:DescribeTasks", tolerated=True, region=region)
