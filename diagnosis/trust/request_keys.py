"""Tell which condition keys a request of AssumeRoleWithWebIdentity from a GitHub job carries, and which it never does.

The job presents GitHub's token and signs nothing, so whatever AWS derives from a calling IAM principal or from its
credentials is absent while the role's trust policy is evaluated. Of the token AWS carries ``aud``, ``sub`` and a fixed
list of claims. Sources: AWS's pages on global condition keys and on the keys of IAM and STS, and the service
authorization reference of ``sts:AssumeRoleWithWebIdentity``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from diagnosis.claims.claim_set import is_github_cloud, visible_keys, without_scheme


class Presence(StrEnum):
    """Whether a key is part of the request."""

    CARRIED = "carried"
    """In every request of a GitHub job; its value may still be unknown."""
    ABSENT = "absent"
    """In no request of a GitHub job."""
    MAY_BE_CARRIED = "may-be-carried"
    """In some requests, or AWS does not document it."""


@dataclass(frozen=True, slots=True)
class KeyPresence:
    """What is known of one condition key in the request of a GitHub job."""

    key: str
    """As the policy writes it."""
    presence: Presence
    reason: str
    """One sentence."""
    meant: str | None = None
    """The key that was probably meant, where this one is absent or not known and resembles another."""

    @property
    def absent(self) -> bool:
        """Whether no request of a GitHub job carries the key."""
        return self.presence is Presence.ABSENT


def key_presence(key: str, issuer: str) -> KeyPresence:
    """Return whether a GitHub job's request carries the condition key.

    ``issuer`` is the issuer of the job's tokens, with or without scheme. Letter case does not count, as for AWS.
    """
    base = without_scheme(issuer)
    folded = key.strip().lower()
    if folded != key.lower():
        return KeyPresence(key, Presence.ABSENT, "A condition key has no spaces around it.", key.strip())
    prefix, colon, name = folded.rpartition(":")
    if not colon:
        reason = "A condition key begins with the issuer, or with the prefix of a service, and a colon."
        return KeyPresence(key, Presence.ABSENT, reason, _near_claim(folded, base))
    if prefix == base.lower():
        return _of_token(key, name, base)
    # Keys of an identity provider begin with its host and path, which a service's prefix cannot look like.
    if "." in prefix or "/" in prefix:
        reason = f"The key belongs to the identity provider {prefix}; a token of {base} fills the keys of {base} alone."
        return KeyPresence(key, Presence.ABSENT, reason, _near_claim(name, base))
    if prefix in ("aws", "sts"):
        return _of_aws(key, folded, base)
    if folded.startswith("iam:resourcetag/"):
        return KeyPresence(key, Presence.MAY_BE_CARRIED, _ROLE_TAGS)
    reason = f"Keys of {prefix} are part of requests to that service, and this request goes to STS."
    return KeyPresence(key, Presence.ABSENT, reason, _near_claim(name, base) if prefix == "oidc" else None)


_UNSIGNED = "A request with a web identity token is not signed by AWS credentials, so it has no calling IAM principal."
_NO_CREDENTIALS = "The job has no AWS credentials yet: this request is the one that obtains them."
_NO_SESSION_TAGS = "GitHub's tokens hold no session tags."
_DIRECT = "The job calls STS itself; only an AWS service that calls on somebody's behalf brings this key."
_ROLE_TAGS = "AWS carries the tags of the role that is assumed."
_NETWORK = "It depends on the way that the request takes from the runner to AWS."

_AWS_KEYS: dict[str, tuple[Presence, str]] = {
    **dict.fromkeys(
        ("aws:CurrentTime", "aws:EpochTime", "aws:SecureTransport", "aws:RequestedRegion", "aws:UserAgent"),
        (Presence.CARRIED, "AWS carries it in every request."),
    ),
    "sts:RoleSessionName": (Presence.CARRIED, "The request names the session: the step's role-session-name."),
    **dict.fromkeys(
        (
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalOrgID",
            "aws:PrincipalOrgPaths",
            "aws:PrincipalIsAWSService",
            "aws:PrincipalServiceName",
            "aws:PrincipalServiceNamesList",
            "aws:userid",
            "aws:username",
        ),
        (Presence.ABSENT, _UNSIGNED),
    ),
    **dict.fromkeys(
        (
            "aws:TokenIssueTime",
            "aws:MultiFactorAuthPresent",
            "aws:MultiFactorAuthAge",
            "aws:AssumedRoot",
            "aws:ChatbotSourceArn",
            "aws:Ec2InstanceSourceVpc",
            "aws:Ec2InstanceSourcePrivateIPv4",
            "aws:SignInSessionArn",
        ),
        (Presence.ABSENT, _NO_CREDENTIALS),
    ),
    **dict.fromkeys(
        ("aws:TagKeys", "sts:TransitiveTagKeys"),
        (Presence.ABSENT, _NO_SESSION_TAGS),
    ),
    **dict.fromkeys(
        ("sts:SourceIdentity", "aws:SourceIdentity"),
        (Presence.ABSENT, "A source identity would come from a claim of the token, and GitHub's tokens hold none."),
    ),
    **dict.fromkeys(
        (
            "aws:CalledVia",
            "aws:CalledViaFirst",
            "aws:CalledViaLast",
            "aws:SourceAccount",
            "aws:SourceArn",
            "aws:SourceOrgID",
            "aws:SourceOrgPaths",
            "sts:AWSServiceName",
        ),
        (Presence.ABSENT, _DIRECT),
    ),
    "aws:referer": (Presence.ABSENT, "It comes from a link in a browser, and a job's step follows none."),
    **dict.fromkeys(
        (
            "sts:ExternalId",
            "sts:DurationSeconds",
            "sts:IdentityTokenAudience",
            "sts:RequestContextProviders",
            "sts:SigningAlgorithm",
            "sts:TaskPolicyArn",
        ),
        (Presence.ABSENT, "AWS carries it for other operations of STS, not for AssumeRoleWithWebIdentity."),
    ),
    **dict.fromkeys(
        (
            "aws:SourceIp",
            "aws:SourceVpc",
            "aws:SourceVpcArn",
            "aws:SourceVpce",
            "aws:VpcSourceIp",
            "aws:VpceAccount",
            "aws:VpceOrgID",
            "aws:VpceOrgPaths",
        ),
        (Presence.MAY_BE_CARRIED, _NETWORK),
    ),
    **dict.fromkeys(
        ("aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"),
        (
            Presence.MAY_BE_CARRIED,
            "It tells the account or organization of the role; AWS carries it for most services.",
        ),
    ),
    **dict.fromkeys(
        (
            "aws:FederatedProvider",
            "aws:PrincipalType",
            "aws:ViaAWSService",
            "aws:ViaAWSMCPService",
            "sts:RoleAuthorizedByIdp",
        ),
        (Presence.MAY_BE_CARRIED, "AWS does not document what it holds while a web identity is admitted."),
    ),
}
_FAMILIES: dict[str, tuple[Presence, str]] = {
    "aws:PrincipalTag/": (Presence.ABSENT, _UNSIGNED),
    "aws:RequestTag/": (Presence.ABSENT, _NO_SESSION_TAGS),
    "aws:ResourceTag/": (Presence.MAY_BE_CARRIED, _ROLE_TAGS),
    "sts:RequestContext/": (Presence.ABSENT, "Only AssumeRole carries the context of another provider."),
}
"""Keys that end in a name of the policy author's choice, by their beginning."""

_BY_FOLDED_NAME = {key.lower(): key for key in _AWS_KEYS}

_SOMETIMES = {
    "environment": "The token holds it only where the job names an environment.",
    "enterprise_id": "The token holds it only where the repository belongs to an enterprise.",
}
_NOT_CARRIED = {
    "iss": (None, "AWS matches the issuer by the provider that Principal names and makes no key of it."),
    "workflow_ref": ("job_workflow_ref", "AWS carries the reference of the job's workflow file, not of the run's."),
    "job_workflow_sha": ("job_workflow_ref", "AWS carries no commit, only the reference of the job's workflow file."),
    "workflow_sha": ("job_workflow_ref", "AWS carries no commit, only the reference of the job's workflow file."),
    "sha": ("ref", "AWS carries no commit of the run, only its ref."),
    "repository_owner": ("repository_owner_id", "AWS carries the owner's id, not its name."),
    "enterprise": ("enterprise_id", "AWS carries the enterprise's id, not its name."),
    "event_name": ("sub", "AWS does not carry the event; a pull request shows in the subject."),
    "base_ref": ("ref", "AWS carries the run's ref alone."),
    "head_ref": ("ref", "AWS carries the run's ref alone."),
    "ref_type": ("ref", "AWS carries the run's ref, which begins with refs/heads/ or refs/tags/."),
    "runner_environment": (None, "AWS does not carry where GitHub's runner stands."),
}
"""Claims of GitHub's tokens that AWS makes no condition key of: the claim to use in their place, and why."""

_OTHER_WORDS = {
    "audience": "aud",
    "azp": "aud",
    "subject": "sub",
    "repo": "repository",
    "repository_name": "repository",
    "owner_id": "repository_owner_id",
    "owner": "repository_owner_id",
    "org": "repository_owner_id",
    "organization": "repository_owner_id",
    "branch": "ref",
    "branch_name": "ref",
    "ref_name": "ref",
    "tag": "ref",
    "environment_name": "environment",
    "workflow_name": "workflow",
    "actor_name": "actor",
    "user": "actor",
}


def _of_token(key: str, claim: str, base: str) -> KeyPresence:
    """Return the presence of a key that begins with the job's own issuer."""
    visible = visible_keys(base)
    if claim in visible:
        sometimes = _SOMETIMES.get(claim)
        if sometimes:
            return KeyPresence(key, Presence.MAY_BE_CARRIED, sometimes)
        return KeyPresence(key, Presence.CARRIED, f"Every token of GitHub Actions holds the claim {claim}.")
    if not is_github_cloud(base):
        reason = (
            f"Of tokens of an enterprise server AWS carries aud and sub alone, and {base} is no issuer of github.com."
        )
    elif claim in _NOT_CARRIED:
        reason = _NOT_CARRIED[claim][1]
    else:
        reason = f"{claim} is not among the claims of GitHub's tokens that AWS makes condition keys of."
    return KeyPresence(key, Presence.ABSENT, reason, _near_claim(claim, base))


def _near_claim(claim: str, base: str) -> str | None:
    """Return the condition key of the claim that was probably meant; an enterprise server has only ``aud`` and ``sub``."""
    visible = visible_keys(base)
    if claim in _NOT_CARRIED:
        found = _NOT_CARRIED[claim][0]
    elif claim in visible:
        found = claim
    else:
        found = _OTHER_WORDS.get(claim) or _closest(claim, visible)
    return f"{base}:{found}" if found in visible else None


def _of_aws(key: str, folded: str, base: str) -> KeyPresence:
    """Return the presence of a key with the prefix ``aws:`` or ``sts:``."""
    written = _BY_FOLDED_NAME.get(folded)
    if written:
        presence, reason = _AWS_KEYS[written]
        return KeyPresence(key, presence, reason)
    for beginning, (presence, reason) in _FAMILIES.items():
        if folded.startswith(beginning.lower()):
            return KeyPresence(key, presence, reason)
    name = folded.partition(":")[2]
    if name in visible_keys(base):
        reason = f"A claim of the token has the issuer before it: {base}:{name}."
        return KeyPresence(key, Presence.ABSENT, reason, f"{base}:{name}")
    near = _closest(folded, _BY_FOLDED_NAME)
    meant = _BY_FOLDED_NAME[near] if near else None
    return KeyPresence(key, Presence.MAY_BE_CARRIED, "The key is not among those that are known here.", meant)


def _closest(name: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, sorted(names), n=1, cutoff=0.8)), None)
