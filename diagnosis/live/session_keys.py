"""Tell which condition keys a request of the role's session carries, with which values, as far as that is certain.

The session was obtained with GitHub's token: it has no tags of its own, no source identity and no multi-factor sign-in,
and the job calls AWS directly. Sources: AWS's pages on global condition keys and on the keys of IAM and STS, its service
authorization reference, and GitHub's guide to OpenID Connect in AWS ("does not natively support AWS session tags").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from string import ascii_letters, digits

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.partition import region_of_global_service
from diagnosis.policy import Policy, Unparsable
from diagnosis.policy.language.condition_bounds import keys_asked
from diagnosis.policy.language.key_states import KeyState
from diagnosis.policy.language.moments import moment_keys

MULTIVALUED_KEYS = frozenset({"aws:PrincipalOrgPaths"})

_ABSENT = frozenset(
    {
        "aws:assumedroot",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:chatbotsourcearn",
        "aws:ec2instancesourceprivateipv4",
        "aws:ec2instancesourcevpc",
        "aws:multifactorauthage",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:referer",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:username",
    }
)
"""In no direct call of a session that GitHub's token opened; in lower case."""
_TAGGING = frozenset({"ecr:createrepository", "ecr:tagresource", "ecr:createrepositorycreationtemplate"})
"""Actions of ECR whose request may hold tags."""
_PASS_ROLE = "iam:passrole"  # noqa: S105 - an action, no secret
_RESOURCE_TAGS = ("aws:resourcetag/", "ecr:resourcetag/")
_NO_SIGN_IN = KeyState("no multi-factor sign-in", carried=None, values=("false",))
"""AWS's pages disagree whether such a session holds ``false`` or no key at all; nowhere is it ``true``."""
_WILD = frozenset("*?")
_NAME = frozenset(f"{ascii_letters}{digits}_=,.@-:")


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What is known of the condition keys in one request."""

    context: dict[str, tuple[str, ...]]
    """The keys with their values."""
    states: dict[str, KeyState]
    """What is known of keys without a known value; by their lower-case names."""
    _request: _Request
    _present: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Fold the names of the known keys once."""
        object.__setattr__(self, "_present", frozenset(key.lower() for key in self.context))

    def known(self, policy: Policy) -> frozenset[str]:
        """Return the keys that the policy asks about whose value is known or that are certainly absent."""
        asked = keys_asked(policy)
        return frozenset(
            key
            for key in asked
            if key in self._present or (key not in self.states and self._request.certainly_lacks(key))
        )


def session_keys(
    account: AccountState,
    role_arn: Arn,
    session_name: str,
    action: str,
    resource: str,
    *,
    owner: str | None = None,
    carried: tuple[tuple[str, str], ...] = (),
) -> SessionKeys:
    """Return what is known of the keys in the request of an action on a resource (an ARN or a pattern, or ``*``).

    ``owner`` is the account of the resource where its ARN does not tell; ``carried`` are keys that this very call carries.
    """
    request = _Request(account, role_arn, session_name, action.lower(), resource, owner)
    told = {key: (value,) for key, value in carried}
    return SessionKeys(_without(request.context(), told) | told, request.states(), request)


def _without(context: dict[str, tuple[str, ...]], told: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys but those that are told better, in whatever letter case."""
    folded = {key.lower() for key in told}
    return {key: values for key, values in context.items() if key.lower() not in folded}


def kind_of_request(action: str) -> tuple[str, bool, bool]:
    """Return what of an action decides which keys its requests carry, and with which values.

    The service; whether tags may be in them; whether they are requests to another service, as the passing of a role is.
    """
    folded = action.lower()
    return folded.partition(":")[0], folded in _TAGGING, folded == _PASS_ROLE


def how_to_know(key: str) -> tuple[str, str | None]:
    """Return how the value of a key can be learnt, and the permission that a reader lacks for it, if any."""
    folded = key.lower()
    if folded.startswith(_RESOURCE_TAGS):
        return "let the reader use ecr:ListTagsForResource, or look at the resource's tags", "ecr:ListTagsForResource"
    if folded.startswith(("aws:principalorg", "aws:resourceorg")):
        return "let the reader use organizations:DescribeOrganization", "organizations:DescribeOrganization"
    if folded.startswith(("aws:principaltag/", "aws:userid")):
        return "let the reader use iam:GetRole", "iam:GetRole"
    if folded in ("aws:sourceip", "aws:vpcsourceip") or folded.startswith(("aws:sourcevpc", "aws:vpce")):
        return "look at sourceIPAddress and vpcEndpointId in the CloudTrail event of a call from such a runner", None
    return "read the CloudTrail event of the call, or look at the statement", None


def asks_for_repository_tags(account: AccountState) -> bool:
    """Return whether a policy that was read asks about the tags of the resource, so that they are worth a call."""
    return any(
        key.startswith(_RESOURCE_TAGS)
        for policy in _policies(account)
        if not isinstance(policy.document.policy, Unparsable)
        for key in keys_asked(policy.document.policy)
    )


def _policies(account: AccountState) -> Iterator[NamedPolicy]:
    for many in (account.inline_policies, account.attached_policies):
        if isinstance(many, Known):
            yield from many.value
    for one in (account.boundary, account.repository_policy):
        if isinstance(one, Known):
            yield one.value
    for levels in (account.scps, account.rcps):
        if isinstance(levels, Known):
            for level in levels.value:
                yield from level.policies


@dataclass(frozen=True, slots=True)
class _Request:
    """One request of the session."""

    account: AccountState
    role_arn: Arn
    session_name: str
    action: str
    """In lower case."""
    resource: str
    owner: str | None = None

    @property
    def _service(self) -> str:
        return self.action.partition(":")[0]

    @property
    def _tags(self) -> dict[str, str] | None:
        """The resource's tags; None where they are not known."""
        if self.resource == "*":
            return {}
        own, tags = self.account.question.repository_arn, self.account.repository_tags
        return dict(tags.value) if own and self.resource == str(own) and isinstance(tags, Known) else None

    @property
    def _resource_account(self) -> str:
        arn = Arn.parse(self.resource)
        if arn is None:
            return self.role_arn.account
        return arn.account if is_account_id(arn.account) else self.owner or ""

    @property
    def _region(self) -> str | None:
        """The region whose endpoint is called: the registry's, that of a global service, or the one in the resource's ARN."""
        arn = Arn.parse(self.resource)
        if arn is not None and arn.region:
            return None if _WILD & set(arn.region) else arn.region
        if self._service == "ecr":
            return self.account.question.region
        # A role is handed over in a request to another service, which may be in any region.
        service, _, passed = kind_of_request(self.action)
        return None if passed else region_of_global_service(service, self.role_arn.partition)

    def context(self) -> dict[str, tuple[str, ...]]:
        question, role, read_at = self.account.question, self.account.role, self.account.read_at
        context: dict[str, tuple[str, ...]] = {
            "aws:PrincipalArn": (str(self.role_arn),),
            "aws:PrincipalAccount": (self.role_arn.account,),
            "aws:PrincipalType": ("AssumedRole",),
            "aws:SecureTransport": ("true",),
            "aws:PrincipalIsAWSService": ("false",),
            "aws:ViaAWSService": ("false",),
            **moment_keys(read_at),
        }
        if read_at:
            # A run that is judged now logs in now.
            context["aws:TokenIssueTime"] = context["aws:CurrentTime"]
        if question.provider_arn:
            context["aws:FederatedProvider"] = (str(question.provider_arn),)
        if self._region:
            context["aws:RequestedRegion"] = (self._region,)
        if self.session_name and self._service == "sts":
            context["sts:RoleSessionName"] = (self.session_name,)
        if isinstance(role, Known):
            # AssumeRoleWithWebIdentity takes tags from the token alone, and GitHub's holds none: the role's own remain.
            context |= {f"aws:PrincipalTag/{key}": (value,) for key, value in role.value.tags}
            if role.value.id and self.session_name:
                context["aws:userid"] = (f"{role.value.id}:{self.session_name}",)
        context |= {
            f"{prefix}:ResourceTag/{key}": (value,)
            for key, value in (self._tags or {}).items()
            for prefix in ("aws", "ecr")
        }
        return context | self._organization()

    def _organization(self) -> dict[str, tuple[str, ...]]:
        organization = self.account.organization
        if not isinstance(organization, Known):
            return {}
        found: dict[str, tuple[str, ...]] = {"aws:PrincipalOrgID": (organization.value,)}
        levels = self.account.scps if isinstance(self.account.scps, Known) else self.account.rcps
        if isinstance(levels, Known):
            units = [level.level for level in levels.value if level.level.startswith(("r-", "ou-"))]
            if units:
                found["aws:PrincipalOrgPaths"] = ("/".join([organization.value, *units, ""]),)
        return found

    def states(self) -> dict[str, KeyState]:
        moment = KeyState("the time of the request")
        role = self.account.role
        owner = role.value.id if isinstance(role, Known) and role.value.id else "?*"
        states = {
            "aws:multifactorauthpresent": _NO_SIGN_IN,
            "aws:currenttime": moment,
            "aws:epochtime": moment,
            "aws:tokenissuetime": moment,
            "aws:useragent": KeyState("some program's name", form="?*"),
            "aws:requestedregion": KeyState("a region", form="?*-?*-?*"),
            "aws:userid": KeyState(
                f"a value like ROLE-ID:{self.session_name or 'SESSION'}",
                form=f"{owner}:{self.session_name or '?*'}",
                alphabet=_NAME,
            ),
        }
        if self._resource_account:
            account = self._resource_account
            states["aws:resourceaccount"] = KeyState(account, carried=None, values=(account,))
        organization = self.account.organization
        if isinstance(organization, Known) and self._resource_account == self.role_arn.account:
            states["aws:resourceorgid"] = KeyState(organization.value, carried=None, values=(organization.value,))
        return states

    def certainly_lacks(self, key: str) -> bool:
        """Return whether the request does not carry the key (in lower case), given that its value is not known."""
        prefix = key.rpartition(":")[0]
        if key in _ABSENT:
            return True
        if key.startswith(_RESOURCE_TAGS):
            return self._tags is not None
        if prefix != "aws":
            # The keys of a service are part of requests to it; those of a provider, of sessions that it opened.
            of_provider = "." in prefix or "/" in prefix
            return prefix != (self.account.question.issuer.lower() if of_provider else self._service)
        if key.startswith("aws:principaltag/"):
            return isinstance(self.account.role, Known)
        if key.startswith("aws:principalorg"):
            return isinstance(self.account.organization, Absent)
        if key.startswith("aws:resourceorg"):
            # Of another account's organization nothing is known.
            same_account = self._resource_account == self.role_arn.account
            return same_account and isinstance(self.account.organization, Absent)
        if key.startswith("aws:requesttag/") or key == "aws:tagkeys":
            service, tagging, _ = kind_of_request(self.action)
            return service == "ecr" and not tagging
        return False
