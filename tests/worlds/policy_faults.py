"""Faults of trust and permission policies as people write them, each in the world whose role others use too.

Unlike a seeded defect, a fault does not say by which cause it is named: it says which gate it stops, whether the first path
opens everything, and which tokens have to stay outside whatever is offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from arns import arn_of
from shared_role import INFRAS_STATEMENT, Token, shared_world, with_own_trust
from small_world import ACCOUNT, EIGHT, HOME, ISSUER, NAME, World, allow, policy, trust_statement

from diagnosis.facts.account import NamedPolicy, OidcProvider
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import OidcCustomization
from diagnosis.gates import Gate, Verdict

ASSUMPTION, AUTHORIZATION, PRIVILEGE = Gate.ROLE_ASSUMPTION, Gate.REGISTRY_AUTHORIZATION, Gate.LEAST_PRIVILEGE
WORKFLOW_FILE = "octo-org/octo-repo/.github/workflows/release.yml"
CLAIMS = {
    "ref": f"refs/heads/{HOME.branch}",
    "repository": "octo-org/octo-repo",
    "repository_id": "456789",
    "repository_owner_id": "583231",
    "actor": "octocat",
    "workflow": "Release",
    "job_workflow_ref": f"{WORKFLOW_FILE}@refs/heads/{HOME.branch}",
}
"""What the run's token holds beside the subject."""
OWN = Token(HOME.subject, CLAIMS)
IN_PROD = Token("repo:octo-org/octo-repo:environment:prod", {**CLAIMS, "environment": "prod"})


def own_but(**claims: str) -> Token:
    """The run's token with other claims."""
    return Token(OWN.subject, {**OWN.more, **claims})


@dataclass(frozen=True)
class Fault:
    """One fault, and what has to hold of what is told and offered."""

    name: str
    seed: Callable[[World], World]
    gate: Gate
    verdict: Verdict = Verdict.FAIL
    opens: bool = True
    """Whether the first path opens every gate that AWS enforces."""
    own: Token = OWN
    """The run's token."""
    outside: tuple[Token, ...] = field(default=())
    """Tokens that no offer may let in."""
    in_place: bool = False
    """Whether our statement is to be corrected, and no statement added."""


def faulty(*faults: Fault) -> World:
    """The shared world with these faults, in their order."""
    world = shared_world()
    for fault in faults:
        world = fault.seed(world)
    return world


def _statement(subject: object = None, operator: str = "StringEquals", **more: dict[str, object]) -> dict[str, object]:
    """Our statement with this subject and further conditions by operator."""
    statement = trust_statement(subject, operator)
    condition: dict[str, dict[str, object]] = {**statement["Condition"]}  # type: ignore[dict-item] # our own statement
    for name, keys in more.items():
        condition[name] = {**condition.get(name, {}), **keys}
    return {**statement, "Condition": condition}


def _asking(operator: str = "StringEquals", **keys: object) -> Callable[[World], World]:
    """Our statement asks for these claims too."""
    named: dict[str, object] = {f"{ISSUER}:{name}": value for name, value in keys.items()}
    return lambda world: with_own_trust(world, _statement(**{operator: named}))


def _keyed(operator: str, key: str, value: object) -> Callable[[World], World]:
    return lambda world: with_own_trust(world, _statement(**{operator: {key: value}}))


def _listing(subject: object, operator: str = "StringEquals") -> Callable[[World], World]:
    return lambda world: with_own_trust(world, _statement(subject, operator))


DEAD_KEYS = tuple(
    Fault(f"a condition on {key}", _keyed(operator, key, value), ASSUMPTION, in_place=True)
    for operator, key, value in (
        ("StringEquals", f"{ISSUER}:iss", f"https://{ISSUER}"),
        ("StringEquals", f"{ISSUER}:repository_owner", "octo-org"),
        ("StringLike", f"{ISSUER}:workflow_ref", f"{WORKFLOW_FILE}@*"),
        ("StringEquals", f"{ISSUER}:runner_environment", "github-hosted"),
        ("StringEquals", f"{ISSUER}:event_name", "workflow_dispatch"),
        ("NumericLessThan", "aws:TokenIssueTime", "3600"),
        ("StringEquals", "sts:SourceIdentity", "octocat"),
        ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("StringEquals", "token.actions.githubuser.content.com:aud", "sts.amazonaws.com"),
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
    )
)
_MISSPELT = tuple(
    Fault(f"a subject with {what}", _listing(subject), ASSUMPTION, in_place=True)
    for what, subject in (
        ("no ref:", "repo:octo-org/octo-repo:refs/heads/release"),
        ("no repo:", "octo-org/octo-repo:ref:refs/heads/release"),
        ("branch:", "repo:octo-org/octo-repo:branch:release"),
        ("a space at its end", f"{HOME.subject} "),
        ("an address", "repo:https://github.com/octo-org/octo-repo:ref:refs/heads/release"),
        ("another letter case", "repo:Octo-Org/octo-repo:ref:refs/heads/release"),
        ("%3A", "repo:octo-org/octo-repo%3Aref%3Arefs/heads/release"),
        ("a star under StringEquals", "repo:octo-org/octo-repo:ref:refs/heads/rel*"),
    )
)
TYPOS = (
    *_MISSPELT,
    Fault(
        "two operators on the subject at once",
        lambda world: with_own_trust(
            world, _statement(StringLike={f"{ISSUER}:sub": "repo:octo-org/octo-repo:environment:*"})
        ),
        ASSUMPTION,
        in_place=True,
    ),
    Fault(
        "a list under ForAnyValue that leaves us out",
        _listing(["repo:octo-org/octo-repo:ref:refs/heads/main"], "ForAnyValue:StringLike"),
        ASSUMPTION,
        in_place=True,
    ),
)
PINS = (
    Fault("a pin of another ref", _asking(ref="refs/heads/main"), ASSUMPTION, outside=(own_but(ref="refs/heads/dev"),)),
    Fault(
        "a pin of the workflow at another ref",
        _asking(job_workflow_ref=f"{WORKFLOW_FILE}@refs/heads/main"),
        ASSUMPTION,
        outside=(own_but(job_workflow_ref=f"octo-org/octo-repo/.github/workflows/evil.yml@{CLAIMS['ref']}"),),
    ),
    Fault(
        "a subject and a pin of the workflow, both at another ref",
        lambda world: with_own_trust(
            world,
            _statement(
                "repo:octo-org/octo-repo:ref:refs/heads/main",
                StringEquals={f"{ISSUER}:job_workflow_ref": f"{WORKFLOW_FILE}@refs/heads/main"},
            ),
        ),
        ASSUMPTION,
        outside=(own_but(job_workflow_ref=f"octo-org/octo-repo/.github/workflows/evil.yml@{CLAIMS['ref']}"),),
    ),
    Fault(
        "a pin of another actor", _asking(actor="hubot"), ASSUMPTION, opens=False, outside=(own_but(actor="mallory"),)
    ),
    Fault(
        "a pin of another repository's id",
        _asking(repository_id="999"),
        ASSUMPTION,
        outside=(own_but(repository_id="998"),),
    ),
    Fault("a pin of another workflow", _asking(workflow="Deploy"), ASSUMPTION, outside=(own_but(workflow="Evil"),)),
    Fault(
        "a pin of an environment that the job does not name",
        _asking(environment="prod"),
        ASSUMPTION,
        opens=False,
        outside=(Token(HOME.subject, {**CLAIMS, "environment": "staging"}),),
    ),
)
SHAPES = (
    Fault(
        "an environment where a ref is listed",
        lambda world: with_own_trust(world, _statement()).with_job(environment="prod"),
        ASSUMPTION,
        own=IN_PROD,
        outside=(Token("repo:octo-org/octo-repo:environment:other", {**CLAIMS, "environment": "other"}),),
    ),
    Fault(
        "a ref where an environment is listed",
        _listing("repo:octo-org/octo-repo:environment:prod"),
        ASSUMPTION,
        outside=(Token("repo:octo-org/octo-repo:environment:other", {**CLAIMS, "environment": "other"}),),
    ),
)
FORMS = (
    Fault(
        "the prefix of the immutable form is minted",
        lambda world: replace(
            world,
            attempt=replace(
                world.attempt,
                oidc_customization=Known(
                    OidcCustomization(
                        use_immutable_subject=False, sub_claim_prefix="repo:octo-org@583231/octo-repo@456789"
                    )
                ),
            ),
        ),
        ASSUMPTION,
        own=Token("repo:octo-org@583231/octo-repo@456789:ref:refs/heads/release", CLAIMS),
        outside=(Token("repo:octo-org@583231/octo-repo@1:ref:refs/heads/release", CLAIMS),),
    ),
    Fault(
        "the form of the subject was not read",
        lambda world: replace(
            world,
            attempt=replace(
                world.attempt,
                repository=replace(world.attempt.repository, created_at=None),
                oidc_customization=Unreadable("OIDC customization", "denied", "grant it", "actions: read"),
            ),
        ),
        ASSUMPTION,
        Verdict.UNKNOWN,
        opens=False,
    ),
)


SLUG = f"{ISSUER}/octo-enterprise"


def _of_the_enterprise(subject: str) -> Callable[[World], World]:
    """Our statement is about the enterprise's own issuer, and the account has its provider alone."""
    arn = HOME.provider_arn.replace(ISSUER, SLUG)
    statement = {
        **trust_statement(),
        "Principal": {"Federated": arn},
        "Condition": {"StringEquals": {f"{SLUG}:aud": HOME.audience, f"{SLUG}:sub": subject}},
    }
    provider = OidcProvider(arn_of(arn), SLUG, (HOME.audience,))
    return lambda world: with_own_trust(world, statement).with_account(provider=Known(provider))


ISSUERS = (
    Fault("the enterprise's own issuer", _of_the_enterprise(HOME.subject), ASSUMPTION, Verdict.PASS, opens=False),
    Fault(
        "the enterprise's own issuer, and another branch",
        _of_the_enterprise("repo:octo-org/octo-repo:ref:refs/heads/main"),
        ASSUMPTION,
        own=Token(HOME.subject, CLAIMS, SLUG),
        outside=(OWN,),
        in_place=True,
    ),
)


def _opened_by(*doors: dict[str, object]) -> Callable[[World], World]:
    return lambda world: world.with_trust(policy(_statement(), INFRAS_STATEMENT, *doors))


_ASSUME = {"Sid": "SecondDoor", "Effect": "Allow", "Action": "sts:AssumeRole"}
DOORS = (
    Fault("the world may assume the role", _opened_by({**_ASSUME, "Principal": {"AWS": "*"}}), PRIVILEGE, opens=False),
    Fault(
        "another account may assume the role",
        _opened_by({**_ASSUME, "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}),
        PRIVILEGE,
        opens=False,
    ),
    Fault(
        "another provider without bounds",
        _opened_by(
            {
                **_ASSUME,
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"},
            }
        ),
        PRIVILEGE,
        opens=False,
    ),
)


def _granting(*statements: dict[str, object]) -> Callable[[World], World]:
    """Our inline policy in another version; the one for deployments stays."""

    def seed(world: World) -> World:
        inline = world.account.inline_policies
        assert isinstance(inline, Known)
        others = [item for item in inline.value if item.name != "release"]
        return world.with_account(inline_policies=Known((NamedPolicy("release", policy(*statements)), *others)))

    return seed


LOGIN = allow("ecr:GetAuthorizationToken", "*")


def _on(resource: str) -> Callable[[World], World]:
    return _granting(LOGIN, allow(EIGHT, resource))


ARNS = tuple(
    Fault(f"a grant on {what}", _on(arn), AUTHORIZATION)
    for what, arn in (
        ("another name", HOME.repository_arn.replace("shop/api", "shop/apis")),
        ("another account", HOME.repository_arn.replace(ACCOUNT, "123456789021")),
        ("another region", HOME.repository_arn.replace("eu-west-1", "us-east-1")),
        ("another partition", HOME.repository_arn.replace("arn:aws:", "arn:aws-cn:")),
        ("a pattern that just misses", HOME.repository_arn.replace("shop/api", "shop/api-*")),
        ("the name without repository/", HOME.repository_arn.replace("repository/", "")),
    )
)
CONDITIONS = (
    Fault(
        "whoever has no second factor is denied",
        _granting(
            LOGIN,
            allow(EIGHT, HOME.repository_arn),
            {
                "Sid": "NoFactor",
                "Effect": "Deny",
                "NotAction": ["iam:*", "sts:GetSessionToken"],
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ),
        AUTHORIZATION,
    ),
    Fault(
        "a grant by tags that nobody read",
        _granting(LOGIN, {**allow(EIGHT, "*"), "Condition": {"StringEquals": {"aws:ResourceTag/Project": "shop"}}}),
        AUTHORIZATION,
        Verdict.UNKNOWN,
        opens=False,
    ),
)
FAULTS: tuple[Fault, ...] = (*DEAD_KEYS, *TYPOS, *PINS, *SHAPES, *FORMS, *ISSUERS, *DOORS, *ARNS, *CONDITIONS)


def _named(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)


def _repository_denies(world: World) -> World:
    denial = {"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    return world.with_account(repository_policy=Known(NamedPolicy(NAME, policy(denial))))


def _no_role(world: World) -> World:
    return world.with_account(
        **dict.fromkeys(("role", "inline_policies", "attached_policies", "boundary"), Absent("role release"))
    )


REPOSITORY_DENIES = Fault("the repository's policy denies", _repository_denies, AUTHORIZATION)
NO_PUSH = Fault(
    "the push is not granted",
    _granting(LOGIN, allow([action for action in EIGHT if action != "ecr:PutImage"], HOME.repository_arn)),
    AUTHORIZATION,
)
TWO_AT_ONCE: tuple[tuple[Fault, Fault], ...] = tuple(
    (_named(first), second)
    for first in (
        f"a condition on {ISSUER}:iss",
        "a subject with no ref:",
        "a pin of another ref",
        "an environment where a ref is listed",
        "the prefix of the immutable form is minted",
    )
    for second in (NO_PUSH, REPOSITORY_DENIES, _named("a grant on another region"))
)
