"""Say what applying a Terraform plan calls at AWS, by the plan as JSON (``terraform show -json``).

For resource types whose calls are certain, the calls of what the plan does to each resource, and the calls that read it
before. The other types are named as not judged. A name that is only known after the change gives no resource.
Sources: Terraform, "JSON Output Format"; the AWS provider's resource documentation; service authorization reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import (
    EVERYTHING,
    GREEN_RUN,
    arn_in,
    arn_of,
    bucket_arn,
    calls,
    name_in,
    not_judged,
    object_arn,
    pass_role,
    role_arn,
)

_KIND = StepKind.TERRAFORM
_MOST_RESOURCES = 2_000
_MOST_TYPES = 30
_OF_OTHERS = (
    # Made on the runner alone.
    *("null_", "random_", "local_", "tls_", "time_", "terraform_", "archive_", "cloudinit_", "external_"),
    # Made at another provider's own API, with its own credentials.
    *(
        "google_",
        "azurerm_",
        "azuread_",
        "azapi_",
        "confluent_",
        "cloudflare_",
        "datadog_",
        "github_",
        "gitlab_",
        "okta_",
    ),
    *("auth0_", "newrelic_", "pagerduty_", "sentry_", "snowflake_", "mongodbatlas_", "vault_", "consul_", "nomad_"),
    *("grafana_", "fastly_", "digitalocean_", "hcloud_", "oci_", "alicloud_", "databricks_", "launchdarkly_", "tfe_"),
)
"""Beginnings of the names of types by which nothing of AWS is called."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One resource of the plan."""

    kind: str
    """``aws_s3_object``."""
    actions: tuple[str, ...]
    """``no-op``, ``create``, ``read``, ``update``, ``delete``."""
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)

    def text(self, *names: str) -> str | None:
        """Return an attribute as it is, or as it will be."""
        for tree in (self.after, self.before) if "delete" not in self.actions else (self.before, self.after):
            for name in names:
                value = tree.get(name)
                if isinstance(value, str) and value:
                    return value
        return None

    def name(self, *names: str) -> str | None:
        return name_in(self.text(*names))

    def differs(self, *names: str) -> bool:
        """Return whether one of these attributes changes."""
        return any(self.before.get(name) != self.after.get(name) for name in names)


Place = Callable[[_Change], str | None]


@dataclass(frozen=True, slots=True)
class _Type:
    """The calls of one resource type; ``*`` before an action: it has no resource level."""

    place: Place
    read: tuple[str, ...] = ()
    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    updates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Actions of an update by the attributes whose change makes them."""
    roles: tuple[str, ...] = ()
    """Attributes with roles that are passed."""
    to: str | None = None
    """The service that they are passed to."""


def _of(service: str, prefix: str, *names: str, end: str = "", region: str = "{region}") -> Place:
    return lambda change: arn_of(service, prefix, change.name(*names), end, region=region)


def _given(service: str, attribute: str, other: Place) -> Place:
    return lambda change: arn_in(change.text(attribute), service) or other(change)


def _ecs_service(change: _Change) -> str | None:
    cluster = (change.name("cluster") or "").rpartition("/")[2] or None
    return arn_of("ecs", "service/", cluster, "/", change.name("name"))


def _role(change: _Change) -> str | None:
    name, path = change.name("name"), change.name("path") or "/"
    return role_arn(f"{path.strip('/')}/{name}".lstrip("/")) if name else None


def _role_by_name(_change: _Change) -> str | None:
    """Return no ARN: a policy names its role without the path that the ARN would show."""
    return None


_ROLE_OF = _given("iam", "arn", _role)
_FUNCTION = _given("lambda", "function_name", _of("lambda", "function:", "function_name"))
_TABLE: dict[str, _Type] = {
    "aws_s3_object": _Type(
        lambda change: object_arn(change.text("bucket"), change.text("key")),
        ("s3:GetObject",),
        ("s3:PutObject",),
        ("s3:PutObject",),
        ("s3:DeleteObject",),
    ),
    "aws_ecs_service": _Type(
        _ecs_service, ("ecs:DescribeServices",), ("ecs:CreateService",), ("ecs:UpdateService",), ("ecs:DeleteService",)
    ),
    "aws_ecs_task_definition": _Type(
        _of("ecs", "task-definition/", "family", end=":*"),
        ("*ecs:DescribeTaskDefinition",),
        ("ecs:RegisterTaskDefinition",),
        ("ecs:RegisterTaskDefinition",),
        ("*ecs:DeregisterTaskDefinition",),
        roles=("task_role_arn", "execution_role_arn"),
        to="ecs-tasks",
    ),
    "aws_lambda_function": _Type(
        _FUNCTION,
        ("lambda:GetFunction",),
        ("lambda:CreateFunction",),
        (),
        ("lambda:DeleteFunction",),
        (
            (
                "lambda:UpdateFunctionCode",
                ("filename", "s3_bucket", "s3_key", "s3_object_version", "image_uri", "source_code_hash"),
            ),
            (
                "lambda:UpdateFunctionConfiguration",
                ("environment", "handler", "memory_size", "timeout", "role", "runtime", "layers", "vpc_config"),
            ),
        ),
        ("role",),
        "lambda",
    ),
    "aws_lambda_permission": _Type(
        _FUNCTION, ("lambda:GetPolicy",), ("lambda:AddPermission",), (), ("lambda:RemovePermission",)
    ),
    "aws_lambda_alias": _Type(
        _FUNCTION,
        ("lambda:GetAlias",),
        ("lambda:CreateAlias",),
        ("lambda:UpdateAlias",),
        ("lambda:DeleteAlias",),
    ),
    "aws_ssm_parameter": _Type(
        lambda change: arn_of("ssm", "parameter/", (change.name("name") or "").lstrip("/") or None),
        ("ssm:GetParameter", "*ssm:DescribeParameters"),
        ("ssm:PutParameter",),
        ("ssm:PutParameter",),
        ("ssm:DeleteParameter",),
    ),
    "aws_iam_role": _Type(
        _ROLE_OF,
        ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
        ("iam:CreateRole",),
        (),
        ("iam:DeleteRole",),
        (
            ("iam:UpdateAssumeRolePolicy", ("assume_role_policy",)),
            ("iam:UpdateRole", ("max_session_duration",)),
            ("iam:UpdateRoleDescription", ("description",)),
        ),
    ),
    "aws_iam_role_policy": _Type(
        _role_by_name, ("iam:GetRolePolicy",), ("iam:PutRolePolicy",), ("iam:PutRolePolicy",), ("iam:DeleteRolePolicy",)
    ),
    "aws_iam_role_policy_attachment": _Type(
        _role_by_name, ("iam:ListAttachedRolePolicies",), ("iam:AttachRolePolicy",), (), ("iam:DetachRolePolicy",)
    ),
    "aws_iam_policy": _Type(
        _given("iam", "arn", _of("iam", "policy/", "name", region="")),
        ("iam:GetPolicy", "iam:GetPolicyVersion"),
        ("iam:CreatePolicy",),
        (),
        ("iam:DeletePolicy", "iam:ListPolicyVersions"),
        (("iam:CreatePolicyVersion", ("policy",)),),
    ),
    "aws_ecr_repository": _Type(
        _of("ecr", "repository/", "name"),
        ("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
        ("ecr:CreateRepository",),
        (),
        ("ecr:DeleteRepository",),
        (
            ("ecr:PutImageTagMutability", ("image_tag_mutability",)),
            ("ecr:PutImageScanningConfiguration", ("image_scanning_configuration",)),
        ),
    ),
    "aws_ecr_lifecycle_policy": _Type(
        _of("ecr", "repository/", "repository"),
        ("ecr:GetLifecyclePolicy",),
        ("ecr:PutLifecyclePolicy",),
        ("ecr:PutLifecyclePolicy",),
        ("ecr:DeleteLifecyclePolicy",),
    ),
    "aws_ecr_repository_policy": _Type(
        _of("ecr", "repository/", "repository"),
        ("ecr:GetRepositoryPolicy",),
        ("ecr:SetRepositoryPolicy",),
        ("ecr:SetRepositoryPolicy",),
        ("ecr:DeleteRepositoryPolicy",),
    ),
    "aws_cloudwatch_log_group": _Type(
        _of("logs", "log-group:", "name", end=":*"),
        (),
        ("logs:CreateLogGroup",),
        (),
        ("logs:DeleteLogGroup",),
        (("logs:PutRetentionPolicy", ("retention_in_days",)),),
    ),
    "aws_dynamodb_table": _Type(
        _of("dynamodb", "table/", "name"),
        ("dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTimeToLive"),
        ("dynamodb:CreateTable",),
        (),
        ("dynamodb:DeleteTable",),
        (("dynamodb:UpdateTable", ("billing_mode", "read_capacity", "write_capacity", "stream_enabled")),),
    ),
    "aws_sqs_queue": _Type(
        _of("sqs", "", "name"),
        ("sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        ("sqs:CreateQueue",),
        ("sqs:SetQueueAttributes",),
        ("sqs:DeleteQueue",),
    ),
    "aws_sns_topic": _Type(
        _of("sns", "", "name"),
        ("sns:GetTopicAttributes", "sns:ListTagsForResource"),
        ("sns:CreateTopic",),
        ("sns:SetTopicAttributes",),
        ("sns:DeleteTopic",),
    ),
    "aws_secretsmanager_secret": _Type(
        _given("secretsmanager", "arn", _of("secretsmanager", "secret:", "name", end="-??????")),
        ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"),
        ("secretsmanager:CreateSecret",),
        ("secretsmanager:UpdateSecret",),
        ("secretsmanager:DeleteSecret",),
    ),
    "aws_secretsmanager_secret_version": _Type(
        lambda change: arn_in(change.text("secret_id"), "secretsmanager"),
        ("secretsmanager:GetSecretValue",),
        ("secretsmanager:PutSecretValue",),
        ("secretsmanager:PutSecretValue",),
    ),
    "aws_s3_bucket_policy": _Type(
        lambda change: bucket_arn(change.text("bucket")),
        ("s3:GetBucketPolicy",),
        ("s3:PutBucketPolicy",),
        ("s3:PutBucketPolicy",),
        ("s3:DeleteBucketPolicy",),
    ),
    "aws_s3_bucket_versioning": _Type(
        lambda change: bucket_arn(change.text("bucket")),
        ("s3:GetBucketVersioning",),
        ("s3:PutBucketVersioning",),
        ("s3:PutBucketVersioning",),
    ),
    "aws_s3_bucket_public_access_block": _Type(
        lambda change: bucket_arn(change.text("bucket")),
        ("s3:GetBucketPublicAccessBlock",),
        ("s3:PutBucketPublicAccessBlock",),
        ("s3:PutBucketPublicAccessBlock",),
        ("s3:PutBucketPublicAccessBlock",),
    ),
}
_TABLE["aws_s3_bucket_object"] = _TABLE["aws_s3_object"]


_LOCAL_DATA = frozenset(
    {"aws_caller_identity", "aws_region", "aws_partition", "aws_iam_policy_document", "aws_service_principal"}
    | {"aws_arn", "aws_default_tags", "aws_billing_service_account", "aws_elb_service_account"}
)
"""Data sources that the provider answers by itself, or by a call that needs no permission."""
_DATA: dict[str, _Type] = {
    "aws_availability_zones": _Type(lambda _: EVERYTHING, ("ec2:DescribeAvailabilityZones",)),
    "aws_ssm_parameter": _Type(_TABLE["aws_ssm_parameter"].place, ("ssm:GetParameter",)),
    "aws_secretsmanager_secret_version": _Type(
        lambda change: arn_in(change.text("arn", "secret_id"), "secretsmanager"), ("secretsmanager:GetSecretValue",)
    ),
    "aws_ecr_repository": _TABLE["aws_ecr_repository"],
    "aws_lambda_function": _TABLE["aws_lambda_function"],
    "aws_iam_role": _Type(_ROLE_OF, ("iam:GetRole",)),
}


def uses_of_text(text: str) -> tuple[Operation, ...]:
    """Return the uses of a plan that is given as text; a mark where it is no plan in JSON. Never raises."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict) or not isinstance(tree.get("resource_changes"), list):
        why = "it is no plan in Terraform's JSON format"
        return not_judged(_KIND, "the plan", why, "make it with: terraform show -json PLANFILE")
    return uses_of_plan(tree)


def uses_of_plan(tree: Mapping[str, object]) -> tuple[Operation, ...]:
    """Return what applying a plan calls, resource by resource in its order, and the types that are not judged.

    ``tree``: the JSON document of ``terraform show -json``. Where the provider assumes a role, the calls are that role's: then
    only the role is returned, and the mark.
    """
    role = _provider_role(tree)
    if role is not None:
        why = "the provider makes its calls with a role of its own"
        return calls(_KIND, role_arn(role), "sts:AssumeRole") + not_judged(
            _KIND, "the plan's resources", why, GREEN_RUN
        )
    operations: list[Operation] = []
    unjudged: dict[str, set[str]] = {}
    unread: dict[str, None] = {}
    for change in _changes(tree):
        known = _TABLE.get(change.kind)
        if known is not None:
            operations += _of_change(change, known)
        elif not change.kind.startswith(_OF_OTHERS):
            unjudged.setdefault(change.kind, set()).update(change.actions)
    marks = tuple(
        mark
        for kind, actions in list(unjudged.items())[:_MOST_TYPES]
        for mark in not_judged(
            _KIND,
            f"{kind} ({', '.join(sorted(actions))})",
            "which calls this type makes is not in the table of what is certain",
            GREEN_RUN,
            may_push=kind.startswith("docker_"),
        )
    )
    data_sources = tuple(islice(_data_sources(tree), _MOST_RESOURCES + 1))
    for data in data_sources[:_MOST_RESOURCES]:
        read = _DATA.get(data.kind)
        if read is not None:
            operations += _of_change(data, read)
        elif data.kind.startswith("aws_") and data.kind not in _LOCAL_DATA:
            unread.setdefault(data.kind, None)
    marks += tuple(
        mark
        for kind in list(unread)[:_MOST_TYPES]
        for mark in not_judged(
            _KIND,
            f"data {kind}",
            "which calls this data source makes is not in the table of what is certain",
            GREEN_RUN,
        )
    )
    if operations:
        why = (
            "the AWS provider also reads settings and tags of each resource, and tags it, which depends on its version"
        )
        marks += not_judged(_KIND, "what Terraform's AWS provider calls beside", why, GREEN_RUN)
    listed = tree.get("resource_changes")
    is_longer = (isinstance(listed, list) and len(listed) > _MOST_RESOURCES) or len(data_sources) > _MOST_RESOURCES
    if is_longer or len(unjudged) > _MOST_TYPES or len(unread) > _MOST_TYPES:
        marks += not_judged(_KIND, "the rest of the plan", "it is longer than what is read", GREEN_RUN)
    return tuple(dict.fromkeys(operations)) + marks


def _of_change(change: _Change, known: _Type) -> Iterator[Operation]:
    actions = set(change.actions)
    names: list[str] = []
    if change.before or actions & {"read", "no-op"}:
        names += known.read
    if "create" in actions:
        names += known.create
        names += [] if change.before else known.read
    if "update" in actions:
        names += known.update
        names += [action for action, attributes in known.updates if change.differs(*attributes)]
    if "delete" in actions:
        names += known.delete
    place = known.place(change)
    for name in dict.fromkeys(names):
        plain = name.removeprefix("*")
        yield from calls(_KIND, EVERYTHING if plain != name else place, plain)
    if actions & {"create", "update"} and (actions & {"create"} or change.differs(*known.roles)):
        yield from pass_role(_KIND, *(_passed(change, name) for name in known.roles), service=known.to)


def _passed(change: _Change, name: str) -> str | None:
    """Return a role that is passed; an illegible one where it is only known after the change."""
    value = change.after.get(name)
    return value if isinstance(value, str) and value else "$" if value is _UNKNOWN else None


_UNKNOWN = object()


def _changes(tree: Mapping[str, object]) -> Iterator[_Change]:
    listed = tree.get("resource_changes")
    for item in (listed if isinstance(listed, list) else [])[:_MOST_RESOURCES]:
        change = item.get("change") if isinstance(item, dict) else None
        kind = item.get("type") if isinstance(item, dict) else None
        if not isinstance(change, dict) or not isinstance(kind, str) or item.get("mode") == "data":
            continue
        actions = change.get("actions")
        after = dict(_mapping(change.get("after")))
        for name, unknown in _mapping(change.get("after_unknown")).items():
            if unknown is True:
                after[name] = _UNKNOWN
        yield _Change(
            kind,
            tuple(each for each in actions if isinstance(each, str)) if isinstance(actions, list) else (),
            _mapping(change.get("before")),
            after,
        )


def _data_sources(tree: Mapping[str, object]) -> Iterator[_Change]:
    """Yield the data sources that the plan read, and those of the changes that it reads when it is applied."""
    modules = [_mapping(_mapping(_mapping(tree.get("prior_state")).get("values")).get("root_module"))]
    while modules:
        module = modules.pop()
        children, listed = module.get("child_modules"), module.get("resources")
        modules += [_mapping(child) for child in children] if isinstance(children, list) else []
        for item in listed if isinstance(listed, list) else []:
            kind = _mapping(item).get("type")
            if _mapping(item).get("mode") == "data" and isinstance(kind, str):
                yield _Change(kind, ("read",), _mapping(_mapping(item).get("values")))
    changes = tree.get("resource_changes")
    for item in (changes if isinstance(changes, list) else [])[:_MOST_RESOURCES]:
        kind = _mapping(item).get("type")
        if _mapping(item).get("mode") == "data" and isinstance(kind, str):
            yield _Change(kind, ("read",), {}, _mapping(_mapping(_mapping(item).get("change")).get("after")))


def _provider_role(tree: Mapping[str, object]) -> str | None:
    """Return the role that the AWS provider assumes by the plan's configuration; an illegible one where it is an expression."""
    providers = _mapping(_mapping(tree.get("configuration")).get("provider_config"))
    roles = _mapping(_mapping(providers.get("aws")).get("expressions")).get("assume_role")
    first = roles[0] if isinstance(roles, list) and roles else roles
    if not isinstance(first, dict) or "role_arn" not in first:
        return None
    value = _mapping(first.get("role_arn")).get("constant_value")
    return value if isinstance(value, str) else "$"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
