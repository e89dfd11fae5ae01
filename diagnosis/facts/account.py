"""What the probes found in AWS, as one frozen value: every part known, absent or unreadable.

The counterfactual works on this value too: applying a remediation gives another :class:`AccountState`, in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from diagnosis.facts.green_run import GreenRun
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.trail import ObservedSession, Trail
from diagnosis.names.arn import Arn
from diagnosis.names.partition import partition_of
from diagnosis.policy import PolicyDocument


def _not_read(what: str, permission: str | None = None) -> Unreadable:
    return Unreadable(what=what, why="it was not read", how="refresh the live side", permission=permission)


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """``sts:GetCallerIdentity`` of the tool's own session."""

    account: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An IAM OpenID Connect provider."""

    arn: Arn
    url: str
    """Issuer without scheme, as IAM keeps it: ``token.actions.githubusercontent.com``."""
    audiences: tuple[str, ...]
    created_at: datetime | None = None
    thumbprints: tuple[str, ...] = ()
    """Of certificates that sign for the issuer; AWS takes GitHub's own issuer by its library of authorities instead."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy document with the name under which it hangs on the role."""

    name: str
    document: PolicyDocument
    arn: Arn | None = None
    """For managed policies; None for inline ones."""


@dataclass(frozen=True, slots=True)
class Role:
    """The role that the workflow assumes."""

    arn: Arn
    name: str
    trust_policy: PolicyDocument
    max_session_seconds: int
    permissions_boundary_arn: Arn | None = None
    created_at: datetime | None = None
    tags: tuple[tuple[str, str], ...] = ()
    """``(key, value)``: what ``aws:PrincipalTag`` meets."""
    id: str = ""
    """The unique id (``AROA…``), with which ``aws:userid`` begins; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class OtherRole:
    """Another role of the same account whose trust policy admits the run: read as far as the run's own role."""

    role: Role
    inline_policies: Reading[tuple[NamedPolicy, ...]]
    attached_policies: Reading[tuple[NamedPolicy, ...]]
    boundary: Reading[NamedPolicy]


@dataclass(frozen=True, slots=True)
class OtherRoles:
    """The account's other roles, as far as they may take the place of the run's own."""

    listed: int
    """How many roles of the account were looked at."""
    admitting: tuple[OtherRole, ...] = ()
    """Those that admit the run and nobody whom a release role should refuse; by name."""
    unread: tuple[Unreadable, ...] = ()
    """What is missing: the rest of a long list, a role that could not be read, roles beyond the bound."""


@dataclass(frozen=True, slots=True)
class EcrRepository:
    """A private ECR repository."""

    arn: Arn
    name: str
    tag_mutability: str
    """``MUTABLE`` or ``IMMUTABLE`` (or the forms with exclusions)."""
    kms_key: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image by tag, with its digest and push time."""

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceObject:
    """An object under the durable evidence root, as the listing names it, with what was read of it."""

    key: str
    size: int | None = None
    """In bytes; None where the listing does not tell."""
    modified_at: datetime | None = None
    sha256: Reading[str] = _not_read("the object's digest", "s3:GetObject")
    """Of its bytes, hexadecimal: reckoned, or of a large one as S3 keeps it."""
    text: Reading[str] = _not_read("the object's text", "s3:GetObject")
    """Of a small JSON file, secrets replaced; foreign text."""


@dataclass(frozen=True, slots=True)
class ScpLevel:
    """The service control policies at one level, root first, account last."""

    level: str
    policies: tuple[NamedPolicy, ...]


@dataclass(frozen=True, slots=True)
class RegistryDetails:
    """What else of the registry can stop or change a push; each part None where it could not be read (see ``unread``)."""

    image_count: int | None = None
    image_quota: int | None = None
    """Images a repository: 100,000 by default in late 2026 (once 10,000), raised on request."""
    lifecycle_policy: bool | None = None
    """Whether the repository has one."""
    key_policy: PolicyDocument | None = None
    """The policy of the KMS key, where the repository has a key of its own."""
    key_state: str | None = None
    """``Enabled``, ``Disabled``, ``PendingDeletion``, … of that key."""
    creation_template_prefixes: tuple[str, ...] | None = None
    """Of the registry's repository creation templates: a push below one of them may create the repository."""
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What AWS's own tools say: the policy simulator, Access Analyzer. Never asked about trust policies."""

    source: str
    """``policy-simulator`` or ``access-analyzer``."""
    about: str
    """An action for the simulator, a finding's id for the analyzer."""
    says: str
    """``allowed``, ``explicitDeny``, ``implicitDeny``, ``not-applicable``, or the finding's status and type."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AccountQuestion:
    """What the live side is asked about: derived from the run, or given by the case file."""

    role_arn: Arn | None = None
    role_path_unknown: bool = False
    """The ARN was worked out of a session's, which does not show the role's path."""
    issuer: str = "token.actions.githubusercontent.com"
    region: str | None = None
    registry_id: str | None = None
    repository: str | None = None
    """ECR repository name."""
    tag: str | None = None
    evidence_root: str | None = None
    """``s3://bucket/prefix/``."""
    since: datetime | None = None
    """Beginning of the chain's window, for CloudTrail."""
    until: datetime | None = None
    actions: tuple[tuple[str, str], ...] = ()
    """Needed ``(action, resource)`` pairs, for the policy simulator."""
    repositories: tuple[Arn, ...] = ()
    """Further ECR repositories that sessions of this role use."""
    resources: tuple[str, ...] = ()
    """ARNs of buckets, keys and the like whose own policies may decide a needed action."""
    green_since: datetime | None = None
    """Beginning of the last attempt of the workflow that succeeded with this role, for what its session did."""
    green_until: datetime | None = None
    green_run: GreenRun | None = None
    """That attempt."""
    no_green_run: str = ""
    """Why none is known, where it was looked for."""
    session_name: str | None = None
    """The name of the role's sessions in this workflow; None where it is not known: then all of the time are looked at."""
    subjects: tuple[str, ...] = ()
    """The subjects that these sessions present, where each is settled: sessions of others can then be told apart."""
    beside: tuple[AccountQuestion, ...] = ()
    """What to ask about the further roles of the release, one question each; these have none of their own."""

    @property
    def repository_arn(self) -> Arn | None:
        """The exact ARN, where account, region and name are all known."""
        if not (self.region and self.registry_id and self.repository):
            return None
        return Arn.ecr_repository(self.partition, self.region, self.registry_id, self.repository)

    @property
    def role_account(self) -> str | None:
        """The account id in the role's ARN."""
        return self.role_arn.account or None if self.role_arn else None

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``: from the role's ARN, else from the region."""
        return self.role_arn.partition if self.role_arn else partition_of(self.region or "").name

    @property
    def provider_arn(self) -> Arn | None:
        """The ARN that the OIDC provider of the issuer has in the role's account."""
        return self.role_arn.beside("oidc-provider", self.issuer) if self.role_arn and self.role_account else None


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A further ECR repository that a session of the same role uses, as it was read."""

    arn: Arn
    repository: Reading[EcrRepository]
    policy: Reading[NamedPolicy]
    """``Absent`` where it has none."""


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of a bucket, a key or another resource that a step uses."""

    arn: str
    """Of the resource: ``arn:aws:s3:::BUCKET``, a key's ARN."""
    policy: Reading[NamedPolicy]
    """``Absent`` where it has none, or does not exist: what is not there is no question of access."""
    actual: str = ""
    """The ARN of what the one asked for was found to be: the key behind an alias, a secret with its random suffix."""


@dataclass(frozen=True, slots=True)
class CredentialsProblem:
    """The tool's own credentials do not serve: what is wrong, and the way out (exit code 4)."""

    sentence: str
    way_out: str


@dataclass(frozen=True, slots=True)
class AccountState:
    """Everything that decides, as read at one moment."""

    question: AccountQuestion
    read_at: datetime | None = None
    credentials_problem: CredentialsProblem | None = None
    """Set where the reader has no credentials, or AWS does not accept them; the parts concerned are unreadable."""
    identity: Reading[CallerIdentity] = _not_read("caller identity", "sts:GetCallerIdentity")
    provider: Reading[OidcProvider] = _not_read("OIDC provider", "iam:GetOpenIDConnectProvider")
    role: Reading[Role] = _not_read("role", "iam:GetRole")
    inline_policies: Reading[tuple[NamedPolicy, ...]] = _not_read("inline policies", "iam:ListRolePolicies")
    attached_policies: Reading[tuple[NamedPolicy, ...]] = _not_read("attached policies", "iam:ListAttachedRolePolicies")
    boundary: Reading[NamedPolicy] = _not_read("permissions boundary", "iam:GetPolicyVersion")
    """``Absent`` where the role has none."""
    scps: Reading[tuple[ScpLevel, ...]] = _not_read("service control policies", "organizations:ListPoliciesForTarget")
    """``Absent`` where the account is in no organization (or is its management account)."""
    rcps: Reading[tuple[ScpLevel, ...]] = _not_read("resource control policies", "organizations:ListPoliciesForTarget")
    """Of the role's account, level by level like the SCPs; they bound ``sts:AssumeRoleWithWebIdentity`` too."""
    organization: Reading[str] = _not_read("organization of the account", "organizations:DescribeOrganization")
    """The id of the organization that the role's account is a member of (``o-…``); ``Absent`` where it is in none."""
    other_roles: Reading[OtherRoles] = _not_read("other roles of the account", "iam:ListRoles")
    """Looked for only where something is wrong with the run's own role; see :mod:`diagnosis.remedies.offers.role_search`."""
    repository: Reading[EcrRepository] = _not_read("ECR repository", "ecr:DescribeRepositories")
    repository_policy: Reading[NamedPolicy] = _not_read("repository policy", "ecr:GetRepositoryPolicy")
    """``Absent`` where the repository has none."""
    repository_tags: Reading[tuple[tuple[str, str], ...]] = _not_read("repository's tags", "ecr:ListTagsForResource")
    """``(key, value)``; read only where a policy asks about them."""
    image: Reading[Image] = _not_read("image", "ecr:DescribeImages")
    evidence_objects: Reading[tuple[EvidenceObject, ...]] = _not_read("evidence objects", "s3:ListBucket")
    trail: Reading[Trail] = _not_read("CloudTrail events", "cloudtrail:LookupEvents")
    """Of the question's window; ``Absent`` is never used, since an empty window is a known one."""
    observed: Reading[ObservedSession] = _not_read("calls of the last green session", "cloudtrail:LookupEvents")
    """What the role's session did when the workflow last succeeded; ``Absent`` where CloudTrail shows no such session."""
    registry_details: Reading[RegistryDetails] = _not_read("registry details", "servicequotas:GetServiceQuota")
    second_opinions: Reading[tuple[SecondOpinion, ...]] = _not_read("second opinions", "iam:SimulatePrincipalPolicy")
    repositories: tuple[RepositoryState, ...] = ()
    """The question's further repositories, in its order."""
    resource_policies: tuple[ResourcePolicy, ...] = ()
    """Of the question's ``resources``, in its order."""
    beside: tuple[AccountState, ...] = ()
    """The accounts as the release's further roles have them, one for each of the question's ``beside``."""

    @property
    def taken_tag(self) -> str:
        """The question's tag, where an image has it already and the repository lets no image have it again; else empty."""
        repository, image, tag = self.repository, self.image, self.question.tag or ""
        fixed = isinstance(repository, Known) and repository.value.tag_mutability == "IMMUTABLE"
        return tag if fixed and isinstance(image, Known) and tag in image.value.tags else ""

    endpoints: tuple[str, ...] = ()
    """The servers that were asked in AWS's place (``http://127.0.0.1:5000``): an emulator, or what a configured endpoint names."""

    def of_role(self, role_arn: Arn | None) -> AccountState:
        """Return what was read for this role; of one that nobody asked about, the same account with nothing read of the role.

        The trust policies of the release's other roles stand among the policies of resources: a session may assume them.
        """
        states = (self, *self.beside)
        found = next((state for state in states if state.question.role_arn == role_arn), None)
        if found is None and role_arn is not None and self.question.role_arn is not None:
            return AccountState(replace(self.question, role_arn=role_arn, beside=()), self.read_at)
        own = found or self
        trusts = tuple(
            ResourcePolicy(
                str(state.role.value.arn), Known(NamedPolicy(state.role.value.name, state.role.value.trust_policy))
            )
            for state in states
            if state is not own and isinstance(state.role, Known)
        )
        known = {item.arn for item in own.resource_policies}
        added = tuple(item for item in trusts if item.arn not in known)
        return replace(own, resource_policies=(*own.resource_policies, *added)) if added else own
