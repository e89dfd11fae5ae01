"""Find the policy that the resource of a need carries itself, and the account that owns it.

A need is decided under the policy of its own resource: a push under that of the repository it pushes to, an object under
that of its bucket, a decryption under that of the key.

Where the policy was not read, it may deny what the role's own policies allow, and, in the same account, allow what they do
not. For S3, KMS, Secrets Manager, SQS, SNS and ECR, where such policies are common, a need is then undecided wherever the
policy could decide. For the other services whose resources can carry one (a Lambda function, a log group, a DynamoDB table)
an own policy that denies the account's own release role is rare, since within one account the identity-based policies are
enough: there the need is judged by those, and a note says that the resource's policy was not looked at. In another account
the resource's own policy has to allow, whatever the service: unread, it leaves the need undecided.

Not looked at: grants on a KMS key (``kms:ListGrants``), which allow beside its policy; access control lists of S3.
Sources: IAM User Guide, "AWS services that work with IAM" and "Policy evaluation logic"; AWS Organizations User Guide,
"Resource control policies", as of September 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from diagnosis.facts.account import AccountState, NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.names.arn import Arn

ASKED_SERVICES = frozenset({"kms", "s3", "secretsmanager", "sns", "sqs"})
"""Services beside ECR whose resources are asked for their policies; unread, the need is undecided."""
_MAY_CARRY = ASKED_SERVICES | {
    "acm-pca",
    "apigateway",
    "aoss",
    "backup",
    "bedrock",
    "bedrock-agentcore",
    "codeartifact",
    "codebuild",
    "dynamodb",
    "ecr",
    "ecr-public",
    "elasticfilesystem",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "iam",
    "imagebuilder",
    "kinesis",
    "lambda",
    "lex",
    "logs",
    "mediastore",
    "rekognition",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3tables",
    "schemas",
    "ses",
    "signer",
    "ssm",
    "ssm-contacts",
    "ssm-incidents",
    "sts",
    "vpc-lattice",
    "xray",
}
"""Services whose resources can carry a policy: without one there is no access from another account."""
UNDER_RESOURCE_CONTROL = frozenset(
    {
        "aoss",
        "appconfig",
        "appstream",
        "autoscaling",
        "autoscaling-plans",
        "budgets",
        "clouddirectory",
        "cloudfront",
        "cloudsearch",
        "cloudtrail-data",
        "codeartifact",
        "codebuild",
        "codecommit",
        "codepipeline",
        "cognito-identity",
        "cognito-idp",
        "comprehend",
        "comprehendmedical",
        "compute-optimizer",
        "cost-optimization-hub",
        "dax",
        "dsql",
        "dynamodb",
        "ecr",
        "ecr-public",
        "events",
        "firehose",
        "fis",
        "fms",
        "gamelift",
        "health",
        "inspector-scan",
        "kendra",
        "kinesisvideo",
        "kms",
        "logs",
        "memorydb",
        "networkmonitor",
        "notifications",
        "opensearch",
        "pca-connector-ad",
        "personalize",
        "polly",
        "pricing",
        "resource-groups",
        "rolesanywhere",
        "s3",
        "secretsmanager",
        "servicediscovery",
        "signin",
        "sqs",
        "sts",
        "support",
        "swf",
        "textract",
        "timestream-influxdb",
        "transcribe",
        "transfer",
        "translate",
        "wafv2",
        "workspaces",
        "xray",
    }
)
"""Services that resource control policies bind. AWS adds to the list, so of the others it is not certain that they do not."""
_WILD = frozenset("*?")
_NOT_LOOKED_AT = (
    "Policies that resources of {} may carry themselves were not looked at: in one account the role's own are enough."
)

_NOT_THERE = "{} does not exist today: a call on it fails, unless the release makes it first."


@dataclass(frozen=True, slots=True)
class ResourceLayer:
    """What a resource brings into a decision."""

    policy: Reading[NamedPolicy]
    """``Absent`` where it has none, or is of a kind that has none."""
    owner: str | None
    """The account that owns it; None where that is not known."""
    resource: str
    """The ARN that the request is decided for: the key's, where the need names an alias."""
    note: str = ""
    """What was left out, one sentence; empty where nothing was."""
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys that the way in which the need names the resource puts into the request."""


def policy_holder(resource: str | None) -> str | None:
    """Return the ARN of what carries the policy that decides about a resource and is asked for it: a bucket for its objects.

    None for what is not asked for: another service, a resource that is not known, a pattern that names several.
    """
    arn = Arn.parse(resource)
    if arn is None or arn.service not in ASKED_SERVICES:
        return None
    if arn.service == "s3":
        bucket = arn.bucket
        return None if bucket is None or _WILD & set(bucket.resource) else str(bucket)
    if not (arn.region and arn.has_account) or _WILD & set(arn.region):
        return None
    if arn.service == "secretsmanager":
        kind, name = arn.kind_and_name
        return resource if kind == "secret" and name and not _WILD & set(_without_suffix(name)) else None
    if _WILD & set(arn.resource):
        return None
    if arn.service == "kms":
        return resource if arn.resource_type in ("key", "alias") and arn.resource_id else None
    # A subscription's ARN is the topic's and one more part.
    name = arn.kind_and_name[0]
    return str(replace(arn, resource=name)) if name else None


def policy_holders(resources: Iterable[str | None]) -> tuple[str, ...]:
    """Return what to ask for its policy so that needs on these resources can be decided; each once, in order."""
    return tuple(dict.fromkeys(holder for resource in resources if (holder := policy_holder(resource)) is not None))


def _without_suffix(name: str) -> str:
    """Return a secret's name without the wildcards that stand for the six random characters which end its ARN."""
    return next((name.removesuffix(end) for end in ("-*", "-??????") if name.endswith(end)), name)


def secret_to_ask(resource: str) -> str:
    """Return how a secret is asked for that an ARN, or an ARN with wildcards for its random suffix, names."""
    return _without_suffix(resource) if _WILD & set(resource) else resource


def resource_layer(account: AccountState, home: str, action: str, resource: str | None) -> ResourceLayer:
    """Return what the resource of a need brings; ``home`` is the account of the role, ``resource`` None where it is not known."""
    service = action.partition(":")[0].lower()
    if resource == "*":
        return ResourceLayer(Absent("resource policy"), home, "*")
    arn = Arn.parse(resource)
    if resource is None or arn is None:
        return _unknown(service, home, action, resource)
    if service == "ecr" and arn.service == "ecr":
        return ResourceLayer(_of_repository(account, arn, resource), _owner(arn, home), resource)
    if arn.service in ASKED_SERVICES:
        return _asked(account, home, arn, resource)
    owner = _owner(arn, home)
    if service == "sts" and arn.is_role:
        # A role is assumed under its own policy, the trust policy: it has to allow in one account too.
        trust = next((item.policy for item in account.resource_policies if item.arn == resource), _not_read(resource))
        return ResourceLayer(trust, owner, resource)
    if arn.service not in _MAY_CARRY:
        return ResourceLayer(Absent("resource policy"), owner, resource)
    if owner == home:
        note = "" if arn.service in ("iam", "sts") else _NOT_LOOKED_AT.format(arn.service)
        return ResourceLayer(Absent("resource policy"), home, resource, note)
    return ResourceLayer(_not_read(resource), owner, resource)


def _unknown(service: str, home: str, action: str, resource: str | None) -> ResourceLayer:
    """Return the layer of a resource that is not known: one of the role's account, where no policy of its own may decide."""
    # A role to assume, whichever it is, has a trust policy of its own, which has to allow.
    asked = service in ASKED_SERVICES or service in ("ecr", "sts")
    policy = _not_read(f"what {action} is called on") if asked else Absent("resource policy")
    return ResourceLayer(policy, None if service == "s3" else home, resource or "")


def _of_repository(account: AccountState, arn: Arn, resource: str) -> Reading[NamedPolicy]:
    question = account.question
    of_the_question = (
        question.repository is not None
        and arn.resource == f"repository/{question.repository}"
        and question.region in (None, arn.region)
        and question.registry_id in (None, arn.account)
    )
    read_itself = isinstance(account.repository, Known) and account.repository.value.arn == arn
    if of_the_question or read_itself:
        return account.repository_policy
    for state in account.repositories:
        if state.arn == arn:
            return state.policy
    if arn.resource_id == "*":
        # A call about all repositories asks none of them.
        return Absent("repository policy")
    return Unreadable(
        f"repository policy of {arn.resource_id or resource}",
        "which repository it is is not known" if _WILD & set(resource) else "it was not read",
        "let the reader use ecr:GetRepositoryPolicy, and refresh the live side",
        "ecr:GetRepositoryPolicy",
    )


def _asked(account: AccountState, home: str, arn: Arn, resource: str) -> ResourceLayer:
    holder = policy_holder(resource)
    found = next((item for item in account.resource_policies if item.arn == holder), None)
    if found is None:
        return ResourceLayer(_not_read(resource), None if arn.service == "s3" else _owner(arn, home), resource)
    if isinstance(found.policy, Absent) and found.policy.carrier_absent:
        return _of_none(account, home, arn, resource)
    decided_for = resource if holder != resource or not found.actual else found.actual
    context = (("kms:RequestAlias", arn.resource),) if arn.service == "kms" and arn.resource_type == "alias" else ()
    return ResourceLayer(found.policy, _owner_of(found, arn, account, home), decided_for, context=context)


def _of_none(account: AccountState, home: str, arn: Arn, resource: str) -> ResourceLayer:
    """Return the layer of a resource that does not exist: of the role's account its own policies decide, if one is made there.

    A bucket's account is in no ARN: whoever makes it owns it, so that the account of other credentials proves nothing.
    """
    owner = _reader(account, home) if arn.service == "s3" else _owner(arn, home)
    if owner == home:
        return ResourceLayer(Absent("resource policy"), home, resource, _NOT_THERE.format(policy_holder(resource)))
    policy = Unreadable(
        f"the own policy of {resource}", "it does not exist", "create it, or correct its name in the step"
    )
    return ResourceLayer(policy, None if arn.service == "s3" else owner, resource)


def _owner_of(found: ResourcePolicy, arn: Arn, account: AccountState, home: str) -> str | None:
    if arn.service != "s3":
        return _owner(arn, home)
    if isinstance(found.policy, Unreadable):
        return None
    # S3 shows a bucket's policy to identities of the owner's account alone.
    return _reader(account, home)


def _reader(account: AccountState, home: str) -> str:
    """Return the account of the credentials that read."""
    return account.identity.value.account if isinstance(account.identity, Known) else home


def _owner(arn: Arn, home: str) -> str | None:
    """Return the account in the ARN. What has none there, or is AWS's own, is open to whom the identity-based policies let."""
    if not arn.account or arn.is_owned_by_aws:
        return home
    return None if _WILD & set(arn.account) else arn.account


_PERMISSIONS = {
    "kms": "kms:GetKeyPolicy",
    "s3": "s3:GetBucketPolicy",
    "iam": "iam:GetRole",
    "secretsmanager": "secretsmanager:GetResourcePolicy",
    "sns": "sns:GetTopicAttributes",
    "sqs": "sqs:GetQueueAttributes",
}


def _not_read(resource: str) -> Unreadable:
    arn = Arn.parse(resource)
    permission = _PERMISSIONS.get(arn.service) if arn else None
    return Unreadable(
        f"the own policy of {resource}",
        "it was not read",
        f"let the reader use {permission}, and refresh the live side"
        if permission
        else "look at the resource's policy",
        permission,
    )
