"""A role that others use too: their statements, and sample requests whose answers no opening patch may change.

The answers come from plain evaluation of the policies, not from the judgement that makes the patches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from small_world import ACCOUNT, EIGHT, HOME, ISSUER, REGION, World, allow, policy, sound_world, trust_statement

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.policy import Layers, Request, Unparsable, evaluate
from diagnosis.policy.language.tree import JsonObject

INFRA = "repo:octo-org/infra:ref:refs/heads/main"
DEPLOYER = "repo:octo-org/deployer:environment:prod"
TASK_ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop-task"
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/api"
BUCKET = "arn:aws:s3:::octo-artifacts"
WEB = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/web"
AGENT = f"arn:aws:iam::{ACCOUNT}:role/agents"

INFRAS_STATEMENT = trust_statement([INFRA, DEPLOYER], Sid="OtherRepositories")
"""Two other repositories' subjects, in a statement of their own."""
OTHERS_GRANTS = policy(
    {**allow(["ecs:UpdateService", "ecs:DescribeServices"], SERVICE), "Sid": "Deploy"},
    {
        **allow("iam:PassRole", TASK_ROLE),
        "Sid": "Pass",
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    },
    {**allow(["s3:PutObject", "s3:GetObject"], f"{BUCKET}/builds/*"), "Sid": "Artifacts"},
)


@dataclass(frozen=True)
class Token:
    """A token's claims as condition keys; the audience is the usual one."""

    subject: str
    more: Mapping[str, str] = field(default_factory=dict, hash=False)
    issuer: str = ISSUER

    def enters(self, account: AccountState) -> bool:
        """Whether the role's trust policy lets the token in."""
        assert isinstance(account.role, Known)
        document = account.role.value.trust_policy
        assert not isinstance(document.policy, Unparsable)
        claims = {"aud": HOME.audience, "sub": self.subject, **self.more}
        context = {f"{self.issuer}:{name}": (value,) for name, value in claims.items()}
        request = Request(
            HOME.provider_arn.replace(ISSUER, self.issuer),
            "sts:AssumeRoleWithWebIdentity",
            HOME.role_arn,
            ACCOUNT,
            {**context, "sts:RoleSessionName": ("GitHubActions",)},
        )
        return evaluate(request, Layers(resource=document.policy)).allowed


@dataclass(frozen=True)
class Use:
    """A call of the role's session."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def allowed(self, account: AccountState) -> bool:
        """Whether the role's identity-based policies, its boundary and the repository's policy let the call through."""
        attached = account.attached_policies.value if isinstance(account.attached_policies, Known) else ()
        inline = account.inline_policies.value if isinstance(account.inline_policies, Known) else ()
        own = [item.document.policy for item in (*inline, *attached)]
        identity = tuple(item for item in own if not isinstance(item, Unparsable))
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
        request = Request(session, self.action, self.resource, ACCOUNT, dict(self.context))
        return evaluate(request, Layers(identity=identity)).allowed


PASSED = {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)}
TOKENS = (
    Token(INFRA),
    Token(DEPLOYER, {"environment": "prod"}),
    Token("repo:octo-org/infra:ref:refs/heads/dev"),
    Token("repo:octo-org/deployer:ref:refs/heads/main"),
    Token("repo:octo-org/shared:environment:prod"),
    Token("repo:somebody/else:ref:refs/heads/release"),
    Token("repo:octo-org/octo-repo:pull_request"),
)
"""Of other repositories, and of strangers to the role; the run's own token is not among them."""
USES = (
    Use("ecs:UpdateService", SERVICE),
    Use("ecs:DescribeServices", SERVICE),
    Use("ecs:DeleteService", SERVICE),
    Use("iam:PassRole", TASK_ROLE, PASSED),
    Use("iam:PassRole", TASK_ROLE),
    Use("iam:PassRole", AGENT, PASSED),
    Use("s3:PutObject", f"{BUCKET}/builds/1.tar"),
    Use("s3:GetObject", f"{BUCKET}/other"),
    *(Use(action, WEB) for action in EIGHT),
    Use("ecr:DeleteRepository", HOME.repository_arn),
    Use("ecr:SetRepositoryPolicy", HOME.repository_arn),
)
"""Of others and of nobody, on other resources than the run's."""


def shared_world() -> World:
    """The sound world whose role two other repositories use, for deployments too."""
    world = sound_world()
    inline = world.account.inline_policies
    assert isinstance(inline, Known)
    return world.with_trust(policy(trust_statement(), INFRAS_STATEMENT)).with_account(
        inline_policies=Known((*inline.value, NamedPolicy("deploy", OTHERS_GRANTS)))
    )


def with_own_trust(world: World, statement: JsonObject | dict[str, object], *more: dict[str, object]) -> World:
    """The world with this statement in place of ours; the others' statement stays."""
    return world.with_trust(policy(dict(statement), INFRAS_STATEMENT, *more))


def access(account: AccountState, tokens: Iterable[Token] = TOKENS, uses: Iterable[Use] = USES) -> dict[str, bool]:
    """What the sample requests are answered, by name."""
    found = {f"{token.subject} {dict(token.more)}": token.enters(account) for token in tokens}
    return found | {f"{use.action} {use.resource} {dict(use.context)}": use.allowed(account) for use in uses}
