"""Read an event of CloudTrail as IAM sees the call: which action it was, on which resource, and which roles it handed over.

An event bears the name of the API's operation, which mostly is the action's; a service may write the version of its API
behind it (``UpdateFunctionCode20150331v2``), and some operations are authorized by an action of another name. What the service
authorization reference does not know is told as not known.
Sources: CloudTrail User Guide, "CloudTrail record contents"; service authorization reference; Amazon S3 User Guide,
"Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from diagnosis.json_members import JsonMembers
from diagnosis.live.pattern_needs import is_within
from diagnosis.names.arn import Arn
from diagnosis.policy import action_facts
from diagnosis.policy.language.actions import ActionFacts, forms_for_action
from diagnosis.steps.aws_cli.passed_roles import NO_PASSED_ROLE

_VERSION = re.compile(r"(?:_?20\d{2}_\d{2}_\d{2}|20\d{6}(?:v\d+)?)\Z")
_PREFIXES = {
    "email": "ses",
    "iotdata": "iot",
    "monitoring": "cloudwatch",
    "tagging": "tag",
}
"""Sources of events whose actions have another prefix."""
_OF_S3 = {
    "completemultipartupload": "PutObject",
    "copyobject": "PutObject",
    "createmultipartupload": "PutObject",
    "deletebucketcors": "PutBucketCORS",
    "deletebucketencryption": "PutEncryptionConfiguration",
    "deletebucketlifecycle": "PutLifecycleConfiguration",
    "deletebucketpublicaccessblock": "PutBucketPublicAccessBlock",
    "deletebucketreplication": "PutReplicationConfiguration",
    "deletebuckettagging": "PutBucketTagging",
    "deleteobjects": "DeleteObject",
    "getbucketaccelerateconfiguration": "GetAccelerateConfiguration",
    "getbucketencryption": "GetEncryptionConfiguration",
    "getbucketlifecycle": "GetLifecycleConfiguration",
    "getbucketlifecycleconfiguration": "GetLifecycleConfiguration",
    "getbucketreplication": "GetReplicationConfiguration",
    "getpublicaccessblock": "GetBucketPublicAccessBlock",
    "headbucket": "ListBucket",
    "headobject": "GetObject",
    "listbuckets": "ListAllMyBuckets",
    "listmultipartuploads": "ListBucketMultipartUploads",
    "listobjects": "ListBucket",
    "listobjectsv2": "ListBucket",
    "listparts": "ListMultipartUploadParts",
    "putbucketencryption": "PutEncryptionConfiguration",
    "putbucketlifecycle": "PutLifecycleConfiguration",
    "putbucketlifecycleconfiguration": "PutLifecycleConfiguration",
    "putbucketreplication": "PutReplicationConfiguration",
    "putpublicaccessblock": "PutBucketPublicAccessBlock",
    "uploadpart": "PutObject",
}
_VERBS = (
    (("Create", "Import", "Tag", "Test"), "POST"),
    (("Update",), "PATCH"),
    (("Put", "Reimport"), "PUT"),
    (("Delete", "Untag"), "DELETE"),
    (("Get", "Export"), "GET"),
)
"""The actions of API Gateway are HTTP methods."""

_ROLE_MEMBER = re.compile(r"(?!target)(?:[a-z]*role_?arn|role|[a-z]*servicerole|[a-z]*iamrole|noderole)")
_MOST_ROLES, _DEEPEST = 10, 6
_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9_-]+\}")

_PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "cloudformation": (("stackName", "stack/{}/*"),),
    "dynamodb": (("tableName", "table/{}"),),
    "ecr": (("repositoryName", "repository/{}"),),
    "eks": (("clusterName", "cluster/{}"),),
    "lambda": (("functionName", "function:{}"),),
    "secretsmanager": (("secretId", "secret:{}-??????"),),
}
"""Where a request names the resource: the parameter, and the resource part of its ARN."""
_PASSED = {
    "ecs:registertaskdefinition": ("ecs-tasks", ("taskrolearn", "executionrolearn")),
    "lambda:createfunction": ("lambda", ("role",)),
    "lambda:updatefunctionconfiguration": ("lambda", ("role",)),
    "cloudformation:createstack": ("cloudformation", ("rolearn",)),
    "cloudformation:updatestack": ("cloudformation", ("rolearn",)),
    "cloudformation:createchangeset": ("cloudformation", ("rolearn",)),
    "cloudformation:deletestack": ("cloudformation", ("rolearn",)),
    "states:createstatemachine": ("states", ("rolearn",)),
    "states:updatestatemachine": ("states", ("rolearn",)),
}
"""Calls that hand over a role: to which service, and in which parameters; handing over is no event of its own."""
_TOLD = frozenset({"cloudformation", "ecs", "lambda", "states"})
"""The services of these: of the others, whatever a request that writes names as a role is handed over."""


def action_of_event(source: str, name: str) -> str | None:
    """Return the IAM action of an event (``ecs.amazonaws.com``, ``UpdateService``); None for one that is not known."""
    service = source.removesuffix(".cn").removesuffix(".amazonaws.com").lower()
    prefix = _PREFIXES.get(service, service)
    operation = _VERSION.sub("", name)
    if prefix == "s3":
        operation = _OF_S3.get(operation.lower(), operation)
    if prefix == "apigateway":
        operation = next((verb for words, verb in _VERBS if operation.startswith(words)), operation)
    facts = action_facts(f"{prefix}:{operation}") if operation.isalnum() else None
    return facts.name if facts is not None else None


def resources_of_event(action: str, asked: JsonMembers, listed: Iterable[str], home: Arn) -> tuple[str, ...]:
    """Return the resources of a call as far as they are certain; ``*`` for an action without resource level.

    ``asked`` are the request's parameters, ``listed`` the ARNs that the event itself gives, ``home`` an ARN of the service in the
    account and region of the event.
    """
    facts = action_facts(action)
    if facts is None:
        return ()
    if not facts.has_resource_level:
        return ("*",)
    if facts.service == "ecr" and (registry := asked.maybe_text("registryId")):
        home = replace(home, account=registry)
    fitting = tuple(dict.fromkeys(text for text in listed if _works_on(action, text, home)))
    named = (text for text in _in_parameters(facts, asked, home) if _works_on(action, text, home))
    return fitting or tuple(islice(named, 1))


def _works_on(action: str, resource: str, home: Arn) -> bool:
    """Return whether a resource has a form on which the action is documented to work; a cluster's is none of a node group."""
    arn = Arn.parse(resource)
    forms = [_PLACEHOLDER.sub("*", form) for form in forms_for_action(action)]
    if arn is None or not forms:
        return arn is not None and arn.service == home.service
    return any(is_within(resource, form) for form in forms)


def _in_parameters(facts: ActionFacts, asked: JsonMembers, home: Arn) -> Iterator[str]:
    service = facts.service
    for name, form in _PLACES.get(service, ()):
        value = asked.maybe_text(name)
        if value:
            yield _arn(value, form, home)
    if service == "s3" and (bucket := asked.maybe_text("bucketName")):
        key = asked.maybe_text("key")
        yield str(Arn(home.partition, "s3", "", "", f"{bucket}/{key}" if key else bucket))
    if service == "ecs" and (ecs_service := asked.maybe_text("service")):
        cluster = asked.maybe_text("cluster") or "default"
        # A cluster may be named by its ARN.
        found = Arn.parse(cluster)
        yield _arn(ecs_service, f"service/{found.name if found else cluster}/{{}}", home)
    if service == "ssm" and (parameter := asked.maybe_text("name")):
        yield _arn(parameter.removeprefix("/"), "parameter/{}", home)
    arns = [
        value
        for name, value in asked.value.items()
        if name.lower().endswith("arn") and isinstance(value, str) and _works_on(facts.name, value, home)
    ]
    if len(arns) == 1:
        yield arns[0]


def _arn(value: str, form: str, home: Arn) -> str:
    """Return the ARN of a resource that a request names; one that is an ARN already stays as it is."""
    if Arn.parse(value) is not None:
        return value
    return str(Arn(home.partition, home.service, home.region, home.account, form.format(value)))


def passed_roles(action: str, asked: JsonMembers) -> tuple[tuple[str, str], ...]:
    """Return the roles that a call handed over, each with the service that it was handed to; empty where that is not known.

    No more of them than are looked for (:func:`may_pass_more`).
    """
    service, names = _PASSED.get(action.lower(), ("", ()))
    if names:
        named = ((name.lower(), value) for name, value in asked.value.items())
        found = [value for name, value in named if name in names]
    elif _may_pass(action):
        found = list(islice(_role_members(asked.value), _MOST_ROLES))
    else:
        return ()
    roles = dict.fromkeys(
        str(arn) for value in found if isinstance(value, str) and (arn := Arn.parse(value)) and arn.is_role
    )
    return tuple((role, f"{service}.amazonaws.com" if service else "") for role in roles)


def may_pass_more(action: str, asked: JsonMembers) -> bool:
    """Return whether a call may have handed over roles beyond those that are looked for: more of them, or deeper within."""
    if _PASSED.get(action.lower(), ("", ()))[1] or not _may_pass(action):
        return False
    if next(islice(_role_members(asked.value), _MOST_ROLES, None), None) is not None:
        return True
    level: list[object] = [asked.value]
    for _ in range(_DEEPEST):
        level = [inner for entry in level for inner in _members(entry)]
    return any(_members(entry) for entry in level)


def _may_pass(action: str) -> bool:
    """Return whether a call may hand over a role: one that writes, of a service whose calls are not told one by one."""
    facts = action_facts(action)
    return facts is not None and "Write" in facts.access_level and facts.service not in _TOLD | NO_PASSED_ROLE


def _role_members(value: object) -> Iterator[object]:
    """Yield what stands under members that name a role, level by level."""
    level: list[object] = [value]
    for _ in range(_DEEPEST):
        for entry in level:
            if isinstance(entry, Mapping):
                yield from (member for name, member in entry.items() if _ROLE_MEMBER.fullmatch(str(name).lower()))
        level = [inner for entry in level for inner in _members(entry)]


def _members(entry: object) -> Iterable[object]:
    if isinstance(entry, Mapping):
        return entry.values()
    return entry if isinstance(entry, Sequence) and not isinstance(entry, str) else ()
