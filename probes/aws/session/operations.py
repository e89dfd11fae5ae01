"""List every AWS operation that planescope may ask for, why, and the IAM action that it needs.

The guard (:mod:`probes.aws.session.guard`) lets these through and refuses all others; ``planescope permissions`` prints the
policy that the tool itself needs. Both are made from this list, so neither can say more than the other does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Variant(StrEnum):
    """How much of the list a reader wants to grant."""

    MINIMAL = "minimal"
    """What decides the gates, the tag and the evidence."""
    FULL = "full"
    """Also history, quotas, encryption keys, repository creation templates, other roles and AWS's own second opinions."""


class Scope(StrEnum):
    """What the IAM action can be bounded to."""

    ANY = "*"
    """The action has no resource level."""
    PROVIDER = "oidc-provider"
    ROLE = "role"
    POLICY = "policy"
    REPOSITORY = "repository"
    BUCKET = "bucket"
    EVIDENCE = "evidence"
    """The objects under the evidence root."""
    KEY = "key"
    USED_BUCKET = "used-bucket"
    """A bucket that a step uses, whatever the evidence root is."""
    SECRET = "secret"  # noqa: S105 - a kind of resource
    TOPIC = "topic"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Operation:
    """One permitted API operation."""

    service: str
    """botocore's service id with hyphens, which is mostly the client name too: ``iam``, ``service-quotas``."""
    name: str
    """The operation as AWS writes it: ``GetRole``."""
    scope: Scope
    why: str
    variant: Variant = Variant.MINIMAL
    client: str = ""
    """The name of the client, where that is another: ``secretsmanager``."""
    allowed_by: str = ""
    """The IAM action that allows it, where it is not named alike: ``ListObjectsV2`` needs ``s3:ListBucket``."""

    @property
    def client_name(self) -> str:
        """The name by which botocore builds the client."""
        return self.client or self.service

    @property
    def action(self) -> str:
        """The IAM action that allows it."""
        return self.allowed_by or f"{self.client_name}:{self.name}"

    @property
    def address(self) -> str:
        """``service:Operation``, the address under which evidence names the call."""
        return f"{self.service}:{self.name}"


GET_CALLER_IDENTITY = Operation("sts", "GetCallerIdentity", Scope.ANY, "whose account is being read")

GET_PROVIDER = Operation("iam", "GetOpenIDConnectProvider", Scope.PROVIDER, "issuer and audiences of the OIDC provider")
LIST_PROVIDERS = Operation(
    "iam", "ListOpenIDConnectProviders", Scope.ANY, "whether the provider exists, where it may not be read itself"
)
GET_ROLE = Operation("iam", "GetRole", Scope.ROLE, "trust policy, maximum session, boundary")
LIST_ROLE_POLICIES = Operation("iam", "ListRolePolicies", Scope.ROLE, "names of the inline policies")
GET_ROLE_POLICY = Operation("iam", "GetRolePolicy", Scope.ROLE, "an inline policy's document")
LIST_ATTACHED_ROLE_POLICIES = Operation(
    "iam", "ListAttachedRolePolicies", Scope.ROLE, "the managed policies of the role"
)
GET_POLICY = Operation("iam", "GetPolicy", Scope.POLICY, "which version of a managed policy is in force")
GET_POLICY_VERSION = Operation("iam", "GetPolicyVersion", Scope.POLICY, "a managed policy's or boundary's document")

DESCRIBE_REPOSITORIES = Operation("ecr", "DescribeRepositories", Scope.REPOSITORY, "whether the repository exists")
GET_REPOSITORY_POLICY = Operation("ecr", "GetRepositoryPolicy", Scope.REPOSITORY, "the repository's own policy")
LIST_TAGS_FOR_RESOURCE = Operation(
    "ecr",
    "ListTagsForResource",
    Scope.REPOSITORY,
    "the repository's tags, where a policy asks about them",
    Variant.FULL,
)
DESCRIBE_IMAGES = Operation("ecr", "DescribeImages", Scope.REPOSITORY, "the image of a tag, its digest and push time")

DESCRIBE_ORGANIZATION = Operation(
    "organizations",
    "DescribeOrganization",
    Scope.ANY,
    "the organization's id, and whether service control policies apply to the account at all",
)
LIST_ROOTS = Operation("organizations", "ListRoots", Scope.ANY, "which policy types are switched on")
LIST_PARENTS = Operation("organizations", "ListParents", Scope.ANY, "the levels from the account to the root")
LIST_POLICIES_FOR_TARGET = Operation(
    "organizations", "ListPoliciesForTarget", Scope.ANY, "which control policies hang on a level"
)
DESCRIBE_POLICY = Operation("organizations", "DescribePolicy", Scope.ANY, "a control policy's document")

LIST_OBJECTS = Operation(
    "s3", "ListObjectsV2", Scope.BUCKET, "the evidence objects under their root", allowed_by="s3:ListBucket"
)
# botocore asks this one by itself, where a bucket lies in another region than it was looked for.
HEAD_BUCKET = Operation(
    "s3", "HeadBucket", Scope.BUCKET, "the region of the evidence bucket", allowed_by="s3:ListBucket"
)

GET_OBJECT = Operation(
    "s3", "GetObject", Scope.EVIDENCE, "the evidence itself: small objects are hashed, and compared with the run"
)
HEAD_OBJECT = Operation(
    "s3",
    "HeadObject",
    Scope.EVIDENCE,
    "the digest that S3 keeps of an evidence object that is too large to be read",
    allowed_by="s3:GetObject",
)

GET_LIFECYCLE_POLICY = Operation(
    "ecr", "GetLifecyclePolicy", Scope.REPOSITORY, "what expires images, and may have removed one", Variant.FULL
)
DESCRIBE_CREATION_TEMPLATES = Operation(
    "ecr", "DescribeRepositoryCreationTemplates", Scope.ANY, "whether a push may create the repository", Variant.FULL
)
GET_SERVICE_QUOTA = Operation(
    "service-quotas",
    "GetServiceQuota",
    Scope.ANY,
    "how many images a repository may hold",
    Variant.FULL,
    allowed_by="servicequotas:GetServiceQuota",
)
GET_DEFAULT_SERVICE_QUOTA = Operation(
    "service-quotas",
    "GetAWSDefaultServiceQuota",
    Scope.ANY,
    "the same where the account has no value of its own",
    Variant.FULL,
    allowed_by="servicequotas:GetAWSDefaultServiceQuota",
)
GET_KEY_POLICY = Operation(
    "kms", "GetKeyPolicy", Scope.KEY, "who may use a key: the repository's, one that a step uses"
)
DESCRIBE_KEY = Operation("kms", "DescribeKey", Scope.KEY, "whether a key is enabled, and which one an alias names")
GET_BUCKET_POLICY = Operation("s3", "GetBucketPolicy", Scope.USED_BUCKET, "the policy of a bucket that a step uses")
GET_SECRET_POLICY = Operation(
    "secrets-manager",
    "GetResourcePolicy",
    Scope.SECRET,
    "the policy of a secret that a step uses, never its value",
    client="secretsmanager",
)
GET_TOPIC_ATTRIBUTES = Operation("sns", "GetTopicAttributes", Scope.TOPIC, "the policy of a topic that a step uses")
GET_QUEUE_ATTRIBUTES = Operation("sqs", "GetQueueAttributes", Scope.QUEUE, "the policy of a queue that a step uses")
LOOKUP_EVENTS = Operation(
    "cloudtrail",
    "LookupEvents",
    Scope.ANY,
    "who changed provider, role, policies or repository, and which subject was presented",
    Variant.FULL,
)
LIST_ROLES = Operation(
    "iam",
    "ListRoles",
    Scope.ANY,
    "which roles trust GitHub: one that admits a run already, those that a rename or a transfer breaks",
    Variant.FULL,
)
# AWS's service authorization reference has its access level as Read: it starts a report and changes nothing of the account.
GENERATE_LAST_ACCESSED = Operation(
    "iam",
    "GenerateServiceLastAccessedDetails",
    Scope.ROLE,
    "the report of when the role last used each service, for the periodic review",
    Variant.FULL,
)
GET_LAST_ACCESSED = Operation(
    "iam", "GetServiceLastAccessedDetails", Scope.ANY, "the same report, once it is made", Variant.FULL
)
LIST_ANALYZERS = Operation(
    "accessanalyzer",
    "ListAnalyzers",
    Scope.ANY,
    "whether Access Analyzer looks at the account",
    Variant.FULL,
    allowed_by="access-analyzer:ListAnalyzers",
)
LIST_FINDINGS = Operation(
    "accessanalyzer",
    "ListFindingsV2",
    Scope.ANY,
    "its findings on the role and the repository",
    Variant.FULL,
    allowed_by="access-analyzer:ListFindings",
)
SIMULATE_PRINCIPAL_POLICY = Operation(
    "iam", "SimulatePrincipalPolicy", Scope.ROLE, "AWS's own opinion on the ECR actions", Variant.FULL
)

OPERATIONS: tuple[Operation, ...] = tuple(value for value in tuple(globals().values()) if isinstance(value, Operation))
"""The whole list, in the order in which it stands above."""

CREDENTIAL_OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("sts", "AssumeRole", "a profile with role_arn"),
    ("sts", "AssumeRoleWithWebIdentity", "a profile or environment with web_identity_token_file"),
    ("sso", "GetRoleCredentials", "a profile with sso_session"),
    ("sso-oidc", "CreateToken", "refresh of the token of sso_session"),
    ("signin", "CreateOAuth2Token", "refresh of the token of login_session"),
)
"""``(service, operation, when)``: what botocore's own credential chain exchanges to obtain the reader's session.

Only the chain may call these, through a session of its own; the reading session refuses them like any other.
"""
