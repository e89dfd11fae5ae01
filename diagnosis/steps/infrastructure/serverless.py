"""Read the Serverless Framework's command line: a stack named after service and stage, and much that plugins decide.

Source: Serverless Framework documentation, "AWS - Deploying" and "AWS - Credentials": a stack ``SERVICE-STAGE``, a bucket of
that stack or a named one, images to a repository ``serverless-SERVICE-STAGE``.
"""

from __future__ import annotations

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import GREEN_RUN, arn_of, calls, name_in, not_judged
from diagnosis.steps.tools.call import Call, arguments, has, option
from diagnosis.steps.yaml_text import Value, member, text_of, yaml_mapping

_KIND = StepKind.SERVERLESS
_VALUED = frozenset(
    {
        "-s",
        "--stage",
        "-r",
        "--region",
        "-c",
        "--config",
        "-p",
        "--package",
        "--aws-profile",
        "-f",
        "--function",
        "--param",
    }
    | {"--app", "--org", "--name", "-n", "--function-name", "--path", "--data", "-d"}
)
_LOCAL = frozenset(
    {"package", "print", "plugin", "help", "version", "create", "config", "login", "logout", "support", ""}
)
_FILES = ("serverless.yml", "serverless.yaml")


def read_serverless(run: Call) -> tuple[Operation, ...]:
    """Return what ``serverless deploy`` calls for certain: it asks CloudFormation for its stack; the rest is not judged."""
    verb = next(iter(arguments(run.tail, _VALUED)), "")
    if verb in _LOCAL or has(run.tail, "--help"):
        return (Operation(_KIND),)
    certain: tuple[Operation, ...] = ()
    if verb in ("deploy", "remove", "info") and not option(run.tail, "-f", "--function"):
        name = _stack(run)
        region = option(run.tail, "-r", "--region")
        stack = arn_of("cloudformation", "stack/", name, "/*")
        certain = calls(_KIND, stack, "cloudformation:DescribeStacks", region=region)
    why = "what it makes is in serverless.yml, its plugins and the stack, and it makes that with the permissions of this role"
    return certain + not_judged(_KIND, f"serverless {verb}"[:80], why, GREEN_RUN, may_push=verb == "deploy")


def _stack(run: Call) -> str | None:
    """Return the name of the stack: ``provider.stackName``, else service and stage."""
    config = _config(run)
    if config is None:
        return None
    named = text_of(member(config, "provider", "stackName"))
    if named:
        return name_in(named)
    service = text_of(config.get("service")) or text_of(member(config, "service", "name"))
    stage = option(run.tail, "-s", "--stage") or text_of(member(config, "provider", "stage")) or "dev"
    return name_in(f"{service}-{stage}") if service else None


def _config(run: Call) -> dict[str, Value] | None:
    for file in [named] if (named := option(run.tail, "-c", "--config")) else _FILES:
        text = run.text(file)
        if text is not None:
            return yaml_mapping(text)
    return None
