"""Faults of the role's permissions as people write them, and other users of the same role, to be put together at random."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from arns import arn_of
from small_world import ACCOUNT, EIGHT, HOME, OTHER_ACCOUNT, World, allow, policy, sound_world

from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known

LOGIN = "ecr:GetAuthorizationToken"
REPO = HOME.repository_arn


def own(
    actions: Iterable[str] = EIGHT, resource: object = REPO, login: object = "*", *more: dict[str, object]
) -> list[dict[str, object]]:
    """The role's statements for the release, with these parts."""
    return [
        {**allow(LOGIN, login), "Sid": "Login"},
        {**allow(list(actions), resource), "Sid": "Push"},
        *more,
    ]


@dataclass(frozen=True)
class Fault:
    """What is wrong in the role's own statements, what the gate must say of it, and what the patch does."""

    name: str
    statements: tuple[dict[str, object], ...]
    says: str
    """Words of the registry gate's reason."""
    in_place: bool = False
    """Whether the patch adds no statement."""
    stays: str = ""
    """What the patch must leave in the document."""
    warns: str = ""


def _misspelled(written: str) -> list[dict[str, object]]:
    return own([written if action == "ecr:BatchGetImage" else action for action in EIGHT])


def _fault(name: str, statements: Iterable[dict[str, object]], says: str, **parts: object) -> Fault:
    return Fault(name, tuple(statements), says, **parts)  # type: ignore[arg-type] # keywords by name


_WRONG_REGION = REPO.replace("eu-west-1", "us-east-1")
_WRONG_ACCOUNT = REPO.replace(ACCOUNT, OTHER_ACCOUNT)
_NO_TYPE = REPO.replace("repository/", "")
_MFA = {
    "Sid": "NeedsMfa",
    "Effect": "Deny",
    "NotAction": ["iam:GetUser", "sts:GetSessionToken"],
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}

FAULTS = (
    _fault("the region is another", own(resource=_WRONG_REGION), "region us-east-1 is granted, eu-west-1 is needed",
           in_place=True, stays=_WRONG_REGION, warns="stays as it is"),
    _fault("the region is left out", own(resource=REPO.replace("eu-west-1", "")), "region (none) is granted, eu-west-1 is needed",
           in_place=True),
    _fault("the account is another", own(resource=_WRONG_ACCOUNT), f"account {OTHER_ACCOUNT} is granted, {ACCOUNT} is needed",
           in_place=True, stays=_WRONG_ACCOUNT),
    _fault("the partition is another", own(resource=REPO.replace("arn:aws:", "arn:aws-cn:")),
           "partition aws-cn is granted, aws is needed", in_place=True),
    _fault("region and account are others", own(resource=_WRONG_REGION.replace(ACCOUNT, OTHER_ACCOUNT)),
           "region us-east-1 is granted, eu-west-1 is needed and account", in_place=True),
    _fault("the resource type is missing", own(resource=_NO_TYPE), "`repository/` is missing", in_place=True, stays=_NO_TYPE),
    _fault("a pattern that the name does not match", own(resource=f"{REPO}-*"), "repository/shop/api-* is granted",
           in_place=True, stays=f"{REPO}-*", warns="others may use it"),
    _fault("the parent's name", own(resource=REPO.removesuffix("/api")), "repository/shop is granted", in_place=True),
    _fault("capital letters", own(resource=REPO.replace("shop", "Shop")), "repository/Shop/api is granted", in_place=True),
    _fault("another repository", own(resource=REPO.replace("api", "web")), "repository/shop/web is granted",
           in_place=True, stays="shop/web"),
    _fault("a space in an action's name", _misspelled("ecr: BatchGetImage"), "a space in its name", in_place=True),
    _fault("a misspelled action", _misspelled("ecr:BatchGetImages"), "`ecr:BatchGetImages` is no action", in_place=True),
    _fault("a misspelled service", _misspelled("ec:BatchGetImage"), "there is no service ec", in_place=True),
    _fault("an action is missing", own(EIGHT[1:]), f"The role is not allowed {EIGHT[0]}", in_place=True),
    _fault("nothing of the push", own()[:1], "The role is not allowed 7 needed actions"),
    _fault("no login", own()[1:], f"The role is not allowed {LOGIN} on `*`"),
    _fault("the login on the repository", own(login=REPO), f"{LOGIN} is granted on {REPO}, where it has no effect", in_place=True),
    _fault("the role denies itself the push", own(EIGHT, REPO, "*", {"Effect": "Deny", "Action": "ecr:Put*", "Resource": "*"}),
           "An explicit deny stops ecr:PutImage"),
    _fault("a Deny without a second factor", own(EIGHT, REPO, "*", _MFA), "An explicit deny stops"),
    _fault("the region in lower and another account's pattern", own(resource="arn:aws:ecr:us-*:*:repository/shop/api"),
           "region us-* is granted, eu-west-1 is needed"),
)  # fmt: skip


Seed = Callable[[World], World]


def _beside(*statements: dict[str, object]) -> Seed:
    """Statements of others in the very policy that the release's are in."""

    def seed(world: World) -> World:
        assert isinstance(world.account.inline_policies, Known)
        _, *rest = world.account.inline_policies.value
        ours = NamedPolicy("release", policy(*world.policy, *statements))
        return world.with_account(inline_policies=Known((ours, *rest)))

    return seed


def _inline(name: str, *statements: dict[str, object]) -> Seed:
    def seed(world: World) -> World:
        assert isinstance(world.account.inline_policies, Known)
        made = NamedPolicy(name, policy(*statements))
        return world.with_account(inline_policies=Known((*world.account.inline_policies.value, made)))

    return seed


def _attached(name: str, *statements: dict[str, object], owner: str = ACCOUNT) -> Seed:
    def seed(world: World) -> World:
        assert isinstance(world.account.attached_policies, Known)
        made = NamedPolicy(name, policy(*statements), arn_of(f"arn:aws:iam::{owner}:policy/{name}"))
        return world.with_account(attached_policies=Known((*world.account.attached_policies.value, made)))

    return seed


_ECS = allow(["ecs:UpdateService", "ecs:RegisterTaskDefinition", "ecs:DescribeServices"], "*")
_PASS = {
    **allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app-*"),
    "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
}
_STATE = allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::octo-state/*")
_LAMBDA = allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop-*")
_OTHER_PUSH = allow(EIGHT, [REPO.replace("api", "web"), REPO.replace("shop/api", "ops")])
_GUARD: dict[str, object] = {
    "Effect": "Deny",
    "Action": "s3:DeleteObject",
    "NotResource": "arn:aws:s3:::octo-scratch/*",
}

OTHERS: dict[str, Seed] = {
    "a push of other repositories beside ours": _beside(_OTHER_PUSH),
    "a push of other repositories in a policy of its own": _inline("others", _OTHER_PUSH),
    "an ECS deployment beside ours": _beside(_ECS, _PASS),
    "the state of Terraform": _inline("state", _STATE, _GUARD),
    "a Lambda": _inline("lambda", _LAMBDA),
    "everything of one bucket": _inline("bucket", allow("s3:*", ["arn:aws:s3:::octo-web", "arn:aws:s3:::octo-web/*"])),
    "a policy of AWS": _attached(
        "AmazonECS_FullAccess", allow(["ecs:*", "elasticloadbalancing:Describe*"], "*"), owner="aws"
    ),
    "AWS's reading of all registries": _attached(
        "AmazonEC2ContainerRegistryReadOnly",
        allow([LOGIN, "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:ListImages"], "*"),
        owner="aws",
    ),
    "a managed policy of the account": _attached("deploy", _ECS, _PASS),
    "every role": _inline("wide", allow(["sqs:*", "iam:PassRole"], "*")),
}
"""Other users of the role, by what they were given."""

SAMPLES = (
    ("ecs:UpdateService", f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/shop/api"),
    ("ecs:DeleteService", f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/shop/api"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app-web"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    ("s3:GetObject", "arn:aws:s3:::octo-state/main"),
    ("s3:DeleteObject", "arn:aws:s3:::octo-web/index.html"),
    ("s3:DeleteObject", "arn:aws:s3:::octo-state/main"),
    ("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop-api"),
    ("sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"),
    *((action, REPO.replace("api", "web")) for action in EIGHT),
    *((action, REPO.replace("shop/api", "ops")) for action in EIGHT),
    *((action, f"{REPO}-old") for action in EIGHT),
    *((action, REPO.replace("eu-west-1", "us-east-1")) for action in EIGHT),
    ("ecr:DeleteRepository", REPO),
    ("ecr:SetRepositoryPolicy", REPO),
    ("ecr:ListImages", REPO),
    ("ecr:BatchDeleteImage", REPO.replace("api", "web")),
)
"""Requests of others, and of nobody, which no opening patch may answer otherwise than before."""


def shared(fault: Fault | None, others: Iterable[str] = ()) -> World:
    """The world with one fault in the role's own statements, and these other users."""
    world = sound_world()
    if fault is not None:
        world = world.with_policy(policy(*fault.statements))
    for name in others:
        world = OTHERS[name](world)
    return world
