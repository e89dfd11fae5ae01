"""The defects that can be seeded into a sound world, alone or together; each knows the cause that must be named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from arns import arn_of
from small_world import (
    ACCOUNT,
    EIGHT,
    HOME,
    ISSUER,
    NAME,
    NOW,
    OTHER_ACCOUNT,
    Ground,
    World,
    allow,
    policy,
    sound_world,
    trust,
    trust_statement,
)

from diagnosis.facts.account import CallerIdentity, Image, NamedPolicy, OidcProvider, RegistryDetails, ScpLevel
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import OidcCustomization
from diagnosis.policy import read_document

KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
THIRD_ACCOUNT = "555566667777"
ELSEWHERE = "https://github.com/octo-org"
NOT_MODELLED = frozenset({"image-quota", "kms-key", "role-account-wrong", "role-absent"})
"""Causes whose change is somebody else's, or needs a value that nobody has: no path can be proved for them."""


@dataclass(frozen=True)
class Defect:
    """One thing that can be wrong, the cause that must be named, and what else it cannot stand beside."""

    name: str
    cause: str
    seed: Callable[[World], World]
    part: str
    """Two defects of one part exclude each other."""
    hides: frozenset[str] = frozenset()
    """Parts whose defects cannot show beside this one."""
    ground: Ground = HOME
    of_one_account: bool = False
    """Whether it shows only where role and registry are of one account: a control policy of the role's account does not reach
    another account's registry, and with two accounts at work nothing tells which of them the role should be of."""


def _without_actions(*gone: str) -> Callable[[World], World]:
    def seed(world: World) -> World:
        statements = []
        for statement in world.policy:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            left = [action for action in actions if action not in gone]
            if left:
                statements.append({**statement, "Action": left})
        return world.with_policy(policy(*statements))

    return seed


def _push_elsewhere(world: World) -> World:
    """The push on a repository of the same name in another region, the digest where it should be."""
    statements: list[dict[str, object]] = []
    for statement in world.policy:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        push = [action for action in actions if action in EIGHT and action != "ecr:DescribeImages"]
        rest = [action for action in actions if action not in push]
        elsewhere = world.ground.repository_arn.replace(world.ground.region, "ap-south-1")
        statements += [allow(push, elsewhere)] if push else []
        statements += [{**statement, "Action": rest}] if rest else []
    return world.with_policy(policy(*statements))


def _with_a_space(action: str) -> Callable[[World], World]:
    def seed(world: World) -> World:
        written = policy(*world.policy).text.replace(action, action.replace(":", ": "))
        return world.with_policy(read_document(written))

    return seed


def _denying(*actions: str, resource: str) -> Callable[[World], World]:
    denial = {"Sid": "NotHere", "Effect": "Deny", "Action": list(actions), "Resource": resource}
    return lambda world: world.with_policy(policy(*world.policy, denial))


def _token_on_the_repository(world: World) -> World:
    rest = [statement for statement in world.policy if statement["Resource"] != "*"]
    return world.with_policy(policy(*rest, allow("ecr:GetAuthorizationToken", world.ground.repository_arn)))


def _repository_denies(world: World) -> World:
    denial = {"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    return world.with_account(repository_policy=Known(NamedPolicy(NAME, policy(denial))))


def _boundary(world: World) -> World:
    arn = f"arn:{world.ground.partition}:iam::{ACCOUNT}:policy/edge"
    document = policy(allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "s3:*"], "*"))
    return world.with_role(permissions_boundary_arn=arn_of(arn)).with_account(
        boundary=Known(NamedPolicy("edge", document, arn_of(arn)))
    )


def _boundary_denies(world: World) -> World:
    arn = f"arn:{world.ground.partition}:iam::{ACCOUNT}:policy/team/edge"
    denial = {"Sid": "NoUploads", "Effect": "Deny", "Action": "ecr:*LayerUpload", "Resource": "*"}
    document = policy(allow("*", "*"), denial)
    return world.with_role(permissions_boundary_arn=arn_of(arn)).with_account(
        boundary=Known(NamedPolicy("edge", document, arn_of(arn)))
    )


def _levels(world: World, full: str, *denials: dict[str, object], field: str) -> World:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    if field == "rcps":
        everything["Principal"] = "*"
    own = "arn:aws:organizations::999900001111:policy/o-x/service_control_policy/p-limits"
    allowed = NamedPolicy(full, policy(everything), arn_of(f"arn:aws:organizations::aws:policy/{full}"))
    denied = NamedPolicy("Limits", policy(*denials), arn_of(own))
    return world.with_account(**{field: Known((ScpLevel("r-root", (allowed,)), ScpLevel(ACCOUNT, (allowed, denied))))})


def _scp(world: World) -> World:
    denial = {"Sid": "NoPush", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}
    return _levels(world, "FullAWSAccess", denial, field="scps")


def _rcp_of_the_token(world: World) -> World:
    key = f"{ISSUER}:repository_owner_id"
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {key: "1"}},
    }
    return _levels(world, "RCPFullAWSAccess", denial, field="rcps")


def _rcp_of_the_registry(world: World) -> World:
    denial = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage", "Resource": "*"}
    return _levels(world, "RCPFullAWSAccess", denial, field="rcps")


def _immutable(world: World) -> World:
    told = Known(OidcCustomization(use_immutable_subject=True))
    return replace(world, attempt=replace(world.attempt, oidc_customization=told))


def _trust_denies(world: World) -> World:
    denial = {
        "Sid": "OnlyMain",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringNotLike": {f"{ISSUER}:sub": ["repo:octo-org/octo-repo:ref:refs/heads/main"]}},
    }
    return world.with_trust(policy(trust_statement(ground=world.ground), denial))


def _trust_asks_too(world: World, more: dict[str, dict[str, object]]) -> World:
    """The trust policy with further conditions; those under an operator that stands already join it."""
    statement = trust_statement(ground=world.ground)
    condition: dict[str, dict[str, object]] = dict(statement["Condition"])  # type: ignore[call-overload] # our own statement
    for operator, keys in more.items():
        condition[operator] = {**condition.get(operator, {}), **keys}
    return world.with_trust(policy({**statement, "Condition": condition}))


def _trust_wants_mfa(world: World) -> World:
    return _trust_asks_too(world, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})


def _key(state: str, *statements: dict[str, object]) -> Callable[[World], World]:
    def seed(world: World) -> World:
        assert isinstance(world.account.repository, Known)
        repository = replace(world.account.repository.value, kms_key=KEY_ARN)
        owner = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        details = RegistryDetails(12, 100_000, key_state=state, key_policy=policy(owner, *statements))
        return world.with_account(repository=Known(repository), registry_details=Known(details))

    return seed


KEY_DENIAL = {"Sid": "Frozen", "Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey*", "Resource": "*"}


def _full(world: World) -> World:
    return world.with_account(registry_details=Known(RegistryDetails(100_000, 100_000)))


def _attached(name: str, document: str, owner: str = ACCOUNT) -> Callable[[World], World]:
    def seed(world: World) -> World:
        arn = f"arn:{world.ground.partition}:iam::{owner}:policy/{name}"
        return world.with_account(attached_policies=Known((NamedPolicy(name, document, arn_of(arn)),)))

    return seed


def trust_of(world: World, *subject: object, **more: object) -> str:
    """The trust policy of the world's own provider."""
    return trust(*subject, **{"ground": world.ground, **more})  # type: ignore[arg-type] # keywords by name


def _trust_names_another_partition(world: World) -> World:
    other = HOME if world.ground.partition == "aws-cn" else CHINA
    return world.with_trust(trust_of(world, principal={"Federated": other.provider_arn}))


POWER_USER = policy(allow([*EIGHT, "ecr:GetAuthorizationToken", "ecr:ListImages", "ecr:DescribeRepositories"], "*"))


def _role_of_another_account(world: World) -> World:
    """The reader is in the registry's account, the role's ARN names another one: nothing of IAM can be read."""
    gone = Unreadable("part of another account", f"these credentials read account {ACCOUNT}", "choose another profile")
    parts = dict.fromkeys(
        ("provider", "role", "inline_policies", "attached_policies", "boundary", "scps", "rcps"), gone
    )
    elsewhere = replace(
        world.ground, account=THIRD_ACCOUNT if world.ground.registry == OTHER_ACCOUNT else OTHER_ACCOUNT
    )
    return world.with_inputs(("role-to-assume", elsewhere.role_arn)).with_account(**parts)


def _no_role(world: World) -> World:
    absent = dict.fromkeys(("role", "inline_policies", "attached_policies", "boundary"), Absent("role release"))
    return world.with_account(**absent)


def _no_repository_policy(world: World) -> World:
    return world.with_account(repository_policy=Absent("repository policy"))


TWO_ACCOUNTS = Ground(registry=OTHER_ACCOUNT)
CHINA = Ground(region="cn-north-1", partition="aws-cn")
ROLE_PARTS = frozenset(
    {"trust", "duration", "login", "push", "digest", "boundary", "session", "excess", "scp", "rcp", "repository policy"}
)

DEFECTS: tuple[Defect, ...] = (
    Defect("no id-token", "id-token-not-granted", lambda w: w.with_job(permissions=(("contents", "read"),)), "token"),
    Defect(
        "no provider", "oidc-provider-absent", lambda w: w.with_account(provider=Absent("OIDC provider")), "provider"
    ),
    Defect(
        "provider lacks the audience",
        "audience-not-admitted",
        lambda w: w.with_account(provider=Known(OidcProvider(arn_of(w.ground.provider_arn), ISSUER, (ELSEWHERE,)))),
        "provider",
        frozenset({"audience"}),
    ),
    Defect(
        "the workflow requests another audience",
        "audience-not-admitted",
        lambda w: w.with_inputs(("audience", ELSEWHERE)),
        "audience",
    ),
    Defect(
        "another ref is trusted",
        "subject-not-admitted",
        lambda w: w.with_trust(trust_of(w, "repo:octo-org/octo-repo:ref:refs/heads/main")),
        "trust",
    ),
    Defect("an environment changes the subject", "subject-shape", lambda w: w.with_job(environment="prod"), "trust"),
    Defect("immutable subject, classic trust", "subject-immutable-form", _immutable, "trust"),
    Defect(
        "a pattern under StringEquals",
        "condition-operator",
        lambda w: w.with_trust(trust_of(w, "repo:octo-org/octo-repo:ref:refs/heads/rel*")),
        "trust",
    ),
    Defect(
        "the trust names an AWS principal",
        "principal-wrong",
        lambda w: w.with_trust(
            trust_of(w, principal={"AWS": w.ground.provider_arn.replace("oidc-provider/", "role/")})
        ),
        "trust",
    ),
    Defect(
        "the trust names a provider of another partition",
        "principal-wrong",
        _trust_names_another_partition,
        "trust",
    ),
    Defect(
        "the trust wants another audience",
        "audience-not-admitted",
        lambda w: w.with_trust(trust_of(w, audience="https://github.com/somebody-else")),
        "trust",
        frozenset({"audience"}),
    ),
    Defect("the trust denies every ref but one", "trust-explicit-deny", _trust_denies, "trust"),
    Defect(
        "the trust allows another action",
        "trust-action",
        lambda w: w.with_trust(trust_of(w, Action="sts:AssumeRole")),
        "trust",
    ),
    Defect("the trust wants a second factor", "condition-key-not-carried", _trust_wants_mfa, "trust"),
    Defect(
        "the trust wants another session name",
        "session-name-not-admitted",
        lambda w: _trust_asks_too(w, {"StringLike": {"sts:RoleSessionName": "octo-*"}}),
        "trust",
    ),
    Defect(
        "the trust admits every ref",
        "trust-too-open",
        lambda w: w.with_trust(trust_of(w, "repo:octo-org/octo-repo:*", "StringLike")),
        "trust",
    ),
    Defect(
        "the trust admits every repository of the owner",
        "trust-too-open",
        lambda w: w.with_trust(trust_of(w, "repo:octo-org/*", "StringLike")),
        "trust",
    ),
    Defect(
        "the session is too long",
        "session-duration",
        lambda w: w.with_inputs(("role-duration-seconds", "7200")),
        "duration",
    ),
    Defect("an RCP denies the token", "resource-control-policy", _rcp_of_the_token, "rcp"),
    Defect("an RCP denies the push", "resource-control-policy", _rcp_of_the_registry, "rcp", of_one_account=True),
    Defect("no login", "get-authorization-token", _without_actions("ecr:GetAuthorizationToken"), "login"),
    Defect("login on the repository", "get-authorization-token", _token_on_the_repository, "login"),
    Defect("no push", "push-scope", _without_actions("ecr:PutImage", "ecr:InitiateLayerUpload"), "push"),
    Defect("the push is granted in another region", "push-scope", _push_elsewhere, "push"),
    Defect("a space in a push action's name", "push-scope", _with_a_space("ecr:PutImage"), "push"),
    Defect("one push action short", "push-scope", _without_actions("ecr:CompleteLayerUpload"), "push"),
    Defect("the role denies itself the push", "push-scope", _denying("ecr:PutImage", resource="*"), "push"),
    Defect(
        "the role denies itself whatever puts",
        "push-scope",
        lambda w: _denying("ecr:Put*", "ecr:*LayerUpload", resource=w.ground.repository_arn)(w),
        "push",
    ),
    Defect("no digest", "pull-scope", _without_actions("ecr:DescribeImages"), "digest"),
    Defect("the repository denies", "repository-policy-deny", _repository_denies, "repository policy"),
    Defect("a boundary is too narrow", "boundary", _boundary, "boundary"),
    Defect("a boundary denies", "boundary", _boundary_denies, "boundary"),
    Defect(
        "the session policy leaves out the push",
        "session-policy",
        lambda w: w.with_inputs(
            ("inline-session-policy", policy(allow(["ecr:Get*", "ecr:Batch*", "ecr:Describe*"], "*")).text)
        ),
        "session",
    ),
    Defect("an SCP denies", "scp", _scp, "scp"),
    Defect(
        "no repository",
        "repository-absent",
        lambda w: w.with_account(repository=Absent("ECR repository")),
        "repository",
    ),
    Defect(
        "the tag is taken",
        "tag-immutable",
        lambda w: w.with_account(image=Known(Image("sha256:" + "b" * 64, ("v1",), NOW))),
        "repository",
    ),
    Defect("the repository is full", "image-quota", _full, "repository"),
    Defect("the key is disabled", "kms-key", _key("Disabled"), "repository"),
    Defect("the key denies everybody", "kms-key", _key("Enabled", KEY_DENIAL), "repository"),
    Defect(
        "too much is granted",
        "wildcard-escalation",
        _attached("broad", policy(allow("ecr:*", "*"))),
        "excess",
        frozenset({"login", "push", "digest"}),
    ),
    Defect(
        "a policy of AWS is attached",
        "wildcard-escalation",
        _attached("AmazonEC2ContainerRegistryPowerUser", POWER_USER, owner="aws"),
        "excess",
        frozenset({"login", "push", "digest"}),
    ),
    Defect(
        "the role may pass every role",
        "self-escalation",
        _attached("deploy", policy(allow(["ecs:UpdateService", "iam:PassRole"], "*"))),
        "excess",
    ),
    Defect(
        "the role is of another account",
        "role-account-wrong",
        _role_of_another_account,
        "role",
        ROLE_PARTS | {"provider", "audience"},
        of_one_account=True,
    ),
    # Whatever role takes its place, the repository and the organization stop it all the same.
    Defect("no role", "role-absent", _no_role, "role", ROLE_PARTS - {"repository policy", "scp"}),
    Defect(
        "static keys",
        "static-credentials",
        lambda w: w.with_inputs(
            ("aws-access-key-id", "${{ secrets.KEY }}"), ("aws-secret-access-key", "${{ secrets.S }}")
        ),
        "keys",
        frozenset({"token"}),
    ),
)

ELSEWHERE_DEFECTS: tuple[Defect, ...] = (
    Defect(
        "no repository policy across accounts",
        "repository-policy-deny",
        _no_repository_policy,
        "repository policy",
        ground=TWO_ACCOUNTS,
    ),
    Defect(
        "another role is admitted across accounts",
        "repository-policy-deny",
        lambda w: w.with_account(
            repository_policy=Known(
                NamedPolicy(
                    NAME,
                    policy({"Effect": "Allow", "Principal": {"AWS": f"{HOME.role_arn}-2"}, "Action": list(EIGHT)}),
                )
            )
        ),
        "repository policy",
        ground=TWO_ACCOUNTS,
    ),
    Defect("no push across accounts", "push-scope", _without_actions("ecr:PutImage"), "push", ground=TWO_ACCOUNTS),
    Defect(
        "a role of another partition",
        "role-account-wrong",
        lambda w: _role_of_another_account(w).with_inputs(("role-to-assume", HOME.role_arn)),
        "role",
        ground=CHINA,
    ),
    Defect(
        "the default audience in China",
        "audience-not-admitted",
        lambda w: w.with_inputs(without=["audience"]),
        "audience",
        ground=CHINA,
    ),
    Defect(
        "no provider in China",
        "oidc-provider-absent",
        lambda w: w.with_account(provider=Absent("provider")),
        "provider",
        ground=CHINA,
    ),
    Defect(
        "no repository in China",
        "repository-absent",
        lambda w: w.with_account(repository=Absent("repository")),
        "repository",
        ground=CHINA,
    ),
    Defect(
        "the reader of another account",
        "oidc-provider-absent",
        lambda w: w.with_account(provider=Absent("OIDC provider"), identity=Known(CallerIdentity(ACCOUNT))),
        "provider",
        ground=TWO_ACCOUNTS,
    ),
)
"""Defects of other grounds, each tested alone."""


def broken(defects: Iterable[Defect], ground: Ground | None = None) -> World:
    """The sound world with these defects seeded, in the order of the catalogue; on another ground than theirs if given."""
    listed = tuple(defects)
    chosen = {defect.name for defect in listed}
    world = sound_world(ground or (listed[0].ground if listed else HOME))
    for defect in (*DEFECTS, *ELSEWHERE_DEFECTS):
        if defect.name in chosen:
            world = defect.seed(world)
    return world


def compatible(defects: Iterable[Defect]) -> bool:
    """Whether the defects can stand together in one world."""
    listed = tuple(defects)
    parts = [defect.part for defect in listed]
    if len(set(parts)) != len(parts):
        return False
    return not any(defect.hides & set(parts) for defect in listed)
