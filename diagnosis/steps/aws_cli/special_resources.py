"""The resources of services whose names are not written in an ARN as the command writes them."""

from __future__ import annotations

import re
from collections.abc import Callable

from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.arn_template import arn_template
from diagnosis.names.endpoint import queue_of_url
from diagnosis.names.lambda_function import function_template
from diagnosis.policy import action_facts
from diagnosis.steps.aws_cli.object_arns import bucket_arn, object_arn
from diagnosis.steps.aws_cli.resources import UNKNOWN_REGION, Scope, arn, legible, resources_of
from diagnosis.steps.aws_cli.words import Command

Resources = tuple[str | None, ...]
_UNKNOWN: Resources = (None,)
_KEY = re.compile(r"(?:mrk-)?[0-9a-f-]{32,36}")
_SELECTOR = re.compile(r":[^:/$*]+\Z")
"""The version or label that follows a parameter's name."""
_OF_AWS = re.compile(r"/aws/service/")
"""How the public parameters begin, which belong to no account."""
_OWN_DOCUMENT = re.compile(r"AWS-[\w.-]+|AWS[A-Z][A-Za-z]*-[\w.-]+|Amazon[\w.-]+")


def resource_for(action: str, command: Command, scope: Scope) -> Resources:
    """Return what an action works on by the arguments of the command: at least one resource, None where none tells it."""
    facts = action_facts(action)
    if facts is None:
        return _UNKNOWN
    if not facts.resource_types:
        return ("*",)
    special = _SPECIAL.get(facts.service)
    told = special(facts.name.partition(":")[2], facts.resource_types, command, scope) if special else None
    return resources_of(action, command, scope) if told is None else told


def _each(values: tuple[str, ...], service: str, scope: Scope, name: Callable[[str], str]) -> Resources | None:
    """Return the ARNs of names or ARNs; None without any value."""
    if not values:
        return None
    found: list[str | None] = []
    for value in values:
        whole = Arn.parse(value)
        if not legible(value):
            found.append(None)
        elif whole is not None:
            found.append(value if whole.service == service else None)
        else:
            found.append(arn(service, name(value), scope))
    return tuple(dict.fromkeys(found))


def _secrets_manager(_name: str, _types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a secret: AWS adds six characters to its name, which a name or a short ARN leaves out."""
    values = command.values("secret-id")[:1] or command.values("name")[:1]
    told = _each(values, "secretsmanager", scope, lambda value: f"secret:{value}-??????")
    return _UNKNOWN if told is None else told


def _systems_manager(name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    if types == ("parameter",):
        values = command.values("names") or command.values("name")[:1] or command.values("path")[:1]
        plain = tuple(value if Arn.parse(value) else _SELECTOR.sub("", value) for value in values)
        if plain and all(_OF_AWS.match(value) for value in plain) and all(map(legible, plain)):
            return tuple(arn("ssm", f"parameter{value}", scope, account="") for value in plain)
        return _each(plain, "ssm", scope, lambda value: f"parameter/{value.removeprefix('/')}") or _UNKNOWN
    documents = _documents(command.values("document-name")[:1] or command.values("name")[:1], scope)
    if types == ("document",) or name == "StartAutomationExecution":
        return documents
    if name == "SendCommand":
        instances = _instances(command.values("instance-ids"), scope) or _UNKNOWN
        return (*documents, *instances)
    if name == "StartSession":
        # Without a document the session uses the account's preferences: SSM-SessionManagerRunShell.
        return (*_instances(command.values("target")[:1], scope), *(documents if command.has("document-name") else ()))
    return None


def _documents(values: tuple[str, ...], scope: Scope) -> Resources:
    value = values[0] if values else None
    if value is not None and legible(value) and _OWN_DOCUMENT.fullmatch(value):
        return (arn("ssm", f"document/{value}", scope, account=""),)
    return _each(values, "ssm", scope, lambda each: f"document/{each}") or _UNKNOWN


def _instances(values: tuple[str, ...], scope: Scope) -> Resources:
    return tuple(
        None
        if not legible(value)
        else arn("ssm", f"managed-instance/{value}", scope)
        if value.startswith("mi-")
        else arn("ec2", f"instance/{value}", scope)
        if value.startswith("i-")
        else None
        for value in values
    )


def _lambda(name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a function: by name, ``name:qualifier``, ARN, or the partial ARN that leaves out partition and region."""
    if not any(kind in _FUNCTIONS for kind in types) or not command.has("function-name"):
        return None
    value = command.option("function-name")
    if not legible(value) or value is None:
        return _UNKNOWN
    qualifier = command.option("qualifier") if name in _QUALIFIED else None
    if scope.region == UNKNOWN_REGION or (qualifier is not None and not legible(qualifier)):
        return _UNKNOWN
    return (function_template(value, region=scope.region, qualifier=qualifier),)


_FUNCTIONS = frozenset({"function", "function alias", "function version"})
_QUALIFIED = frozenset(
    {"InvokeFunction", "GetFunction", "GetFunctionConfiguration", "GetPolicy", "AddPermission", "RemovePermission"}
    | {"DeleteFunction", "PutFunctionEventInvokeConfig", "PutProvisionedConcurrencyConfig", "CreateFunctionUrlConfig"}
    | {"GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig", "InvokeFunctionUrl"}
)
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def _logs(name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a log group: all actions but those on tags are granted on its ARN with ``:*`` behind it."""
    if "log-group" not in types or name in _TAGGING or not (types == ("log-group",) or command.has("log-group-name")):
        return None
    values = command.values("log-group-name")[:1] or command.values("log-group-names")
    values = values or command.values("log-group-identifier")[:1] or command.values("log-group-identifiers")
    values = values or (command.arguments[:1] if command.operation in ("tail", "start-live-tail") else ())
    told = _each(values, "logs", scope, lambda value: f"log-group:{value}") or _UNKNOWN
    return tuple(each if each is None or each.endswith(":*") else f"{each}:*" for each in told)


def _queues(_name: str, _types: tuple[str, ...], command: Command, _scope: Scope) -> Resources | None:
    if not command.has("queue-url"):
        return None
    queue = queue_of_url(command.option("queue-url") or "")
    return (str(queue) if queue else None,)


def _scaling_groups(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    value = command.option("auto-scaling-group-name")
    if "autoScalingGroup" not in types:
        return None
    if not legible(value):
        return _UNKNOWN
    return (arn("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{value}", scope),)


def _stacks(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a stack: AWS adds an id to its name."""
    for kind, sign in (("stack", "/"), ("stackset", ":")):
        value = command.option(f"{kind.replace('set', '-set')}-name")
        if kind in types and value:
            return _each((value,), "cloudformation", scope, lambda each: f"{kind}/{each}{sign}*")  # noqa: B023
    if "stack" in types and command.operation == "describe-stacks" and not command.unread:
        # Without a name it lists all of them.
        return (arn("cloudformation", "stack/*/*", scope),)
    changed = command.option("change-set-name")
    return _UNKNOWN if changed or "stack" in types else None


def _keys(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a key: policies name keys by id; which key an alias leads to, the command does not say."""
    found: list[str | None] = []
    for kind, options in (("alias", ("alias-name",)), ("key", ("key-id", "target-key-id"))):
        value = command.option(*options)
        if kind not in types:
            continue
        whole = Arn.parse(value)
        if not legible(value) or value is None:
            found.append(None)
        elif whole is not None:
            found.append(value if whole.service == "kms" and whole.resource_type == kind else None)
        elif kind == "alias":
            found.append(arn("kms", value, scope) if value.startswith("alias/") else None)
        else:
            found.append(arn("kms", f"key/{value}", scope) if _KEY.fullmatch(value) else None)
    return tuple(dict.fromkeys(found)) or _UNKNOWN


def key_resource(value: str | None, scope: Scope) -> str | None:
    """Return the ARN of the KMS key that an argument names by id or ARN; None for an alias, and for what is not legible."""
    told = _keys("", ("key",), Command(options={"keyid": (value,)} if value else {}), scope)
    return told[0] if told else None


_PLACES = ("hostedzone", "healthcheck", "change", "trafficpolicy", "delegationset")


def _dns(_name: str, types: tuple[str, ...], command: Command, _scope: Scope) -> Resources | None:
    """Name a hosted zone, or another thing of Route 53's: ``/hostedzone/Z1`` and ``Z1`` are the same."""
    if command.operation == "change-tags-for-resource":
        kind, value = (command.option("resource-type") or "").lower(), command.option("resource-id")
        plain = (value or "").rpartition("/")[2]
        return (
            arn_template("route53", f"{kind}/{plain}", region="", account="")
            if kind in types and legible(plain)
            else None,
        )
    for kind in (each for each in _PLACES if each in types):
        option = {"hostedzone": "hosted-zone-id", "healthcheck": "health-check-id"}.get(kind, f"{kind}-id")
        value = command.option(option, "id")
        plain = (value or "").rpartition("/")[2]
        if value:
            return (arn_template("route53", f"{kind}/{plain}", region="", account="") if legible(plain) else None,)
    return None


def _packages(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a domain or repository of CodeArtifact; another account may own the domain."""
    owner, domain, repository = command.option("domain-owner"), command.option("domain"), command.option("repository")
    account = "{account}" if owner is None and not command.has("domain-owner") else owner or ""
    if types not in (("domain",), ("repository",)):
        return None
    if not legible(domain) or not (account == "{account}" or is_account_id(account)):
        return _UNKNOWN
    if types == ("domain",):
        return (arn("codeartifact", f"domain/{domain}", scope, account=account),)
    return (
        arn("codeartifact", f"repository/{domain}/{repository}", scope, account=account)
        if legible(repository)
        else None,
    )


def _tables(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name the tables of a batch: the members of its request."""
    request = command.documents.get("requestitems")
    if "table" not in types or not command.has("request-items"):
        return None
    names = tuple(str(each) for each in request) if isinstance(request, dict) else ()
    return _each(names, "dynamodb", scope, lambda value: f"table/{value}") or _UNKNOWN


def _objects(_name: str, types: tuple[str, ...], command: Command, _scope: Scope) -> Resources | None:
    """Name a bucket or an object; of a key that is not wholly legible the legible beginning is kept."""
    if "object" in types:
        told = object_arn(command.option("bucket"), command.option("key") or "")
        if command.operation == "delete-objects":
            told = object_arn(command.option("bucket"), "*")
        return (told,)
    if "bucket" in types:
        return (bucket_arn(command.option("bucket")),)
    return None


def _task_definitions(name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a task definition: ``family``, ``family:revision`` or an ARN; without a revision it is the newest one."""
    if name == "ListTasks" and not command.has("container-instance"):
        # Only the tasks of one instance are a resource; those of a cluster are bounded by a condition.
        return ("*",)
    if types != ("task-definition",):
        return None
    values = command.values("task-definition")[:1] or command.values("task-definitions")
    values = values or command.values("family")[:1]
    told = _each(values, "ecs", scope, lambda value: f"task-definition/{value if ':' in value else value + ':*'}")
    return told or _UNKNOWN


def _jobs(name: str, _types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name what a job of Batch is made of: its definition, with or without a revision, and its queue."""
    if name != "SubmitJob":
        return None
    definition = _each(
        command.values("job-definition")[:1],
        "batch",
        scope,
        lambda value: f"job-definition/{value if ':' in value else value + ':*'}",
    )
    queue = _each(command.values("job-queue")[:1], "batch", scope, lambda value: f"job-queue/{value}")
    return (*(definition or _UNKNOWN), *(queue or _UNKNOWN))


def _metrics(_name: str, types: tuple[str, ...], _command: Command, _scope: Scope) -> Resources | None:
    """Take metrics as without resource level: that of a dataset is one which no command of today names."""
    return ("*",) if types == ("dataset",) else None


def _rules(_name: str, types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a rule: of a bus that is called ``default`` it is written as if no bus were named."""
    if "rule-on-default-event-bus" not in types or command.option("event-bus-name") != "default":
        return None
    value = command.option("rule", "name")
    return _each((value,) if value else (), "events", scope, lambda name: f"rule/{name}") or _UNKNOWN


def _models(name: str, _types: tuple[str, ...], command: Command, scope: Scope) -> Resources | None:
    """Name a model: the id of a foundation model, or an ARN; what stands behind an inference profile is not told."""
    if name not in ("InvokeModel", "InvokeModelWithResponseStream"):
        return None
    value = command.option("model-id")
    if value is None or not legible(value) or _PROFILE.match(value):
        return _UNKNOWN
    whole = Arn.parse(value)
    if whole is not None:
        return (value if whole.service == "bedrock" and whole.resource_type == "foundation-model" else None,)
    return (arn("bedrock", f"foundation-model/{value}", scope, account=""),)


_PROFILE = re.compile(r"[a-z]{2}(?:-gov)?\.|apac\.|global\.")


_SPECIAL: dict[str, Callable[[str, tuple[str, ...], Command, Scope], Resources | None]] = {
    "s3": _objects,
    "secretsmanager": _secrets_manager,
    "ssm": _systems_manager,
    "lambda": _lambda,
    "logs": _logs,
    "sqs": _queues,
    "autoscaling": _scaling_groups,
    "cloudformation": _stacks,
    "kms": _keys,
    "route53": _dns,
    "codeartifact": _packages,
    "dynamodb": _tables,
    "batch": _jobs,
    "bedrock": _models,
    "cloudwatch": _metrics,
    "events": _rules,
    "ecs": _task_definitions,
}
