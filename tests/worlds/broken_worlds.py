"""A sound world (account, workflow, run) and the defects that can be seeded into it, alone or together.

Each defect knows the cause that the forecast must name. Worlds are values: no network, so thousands can be judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from diagnosis.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    EcrRepository,
    Image,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    Role,
    ScpLevel,
)
from diagnosis.case import Case
from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.reading import Absent, Known
from diagnosis.runs import Attempt, OidcCustomization, Repository
from diagnosis.verdicts import Diagnosis
from diagnosis.workflow import Workflow, WorkflowJob, WorkflowStep

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "shop/api"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/release"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
SUBJECT = "repo:octo-org/octo-repo:ref:refs/heads/release"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
EIGHT = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
PUSH = tuple(action for action in EIGHT if action != "ecr:DescribeImages")


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Iterable[str] | str, resource: object) -> dict[str, object]:
    listed = actions if isinstance(actions, str) else list(actions)
    return {"Effect": "Allow", "Action": listed, "Resource": resource}


def trust(
    subject: object = SUBJECT,
    operator: str = "StringEquals",
    principal: object = None,
    audience: str = "sts.amazonaws.com",
) -> str:
    key = "token.actions.githubusercontent.com"
    condition: dict[str, dict[str, object]] = {"StringEquals": {f"{key}:aud": audience}}
    condition.setdefault(operator, {})[f"{key}:sub"] = subject
    return policy(
        {
            "Sid": "Release",
            "Effect": "Allow",
            "Principal": principal or {"Federated": PROVIDER_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
    )


SOUND_POLICY = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, REPOSITORY_ARN))


@dataclass(frozen=True)
class World:
    """Everything that a diagnosis looks at."""

    attempt: Attempt
    workflow: Workflow
    account: AccountState
    case: Case = field(default_factory=Case)

    def with_policy(self, document: str) -> World:
        return self.with_account(inline_policies=Known((NamedPolicy("release", document),)))

    @property
    def policy(self) -> list[dict[str, object]]:
        assert isinstance(self.account.inline_policies, Known)
        return list(json.loads(self.account.inline_policies.value[0].document)["Statement"])

    def with_account(self, **parts: object) -> World:
        return replace(self, account=replace(self.account, **parts))  # type: ignore[arg-type] # fields by name

    def with_trust(self, document: str) -> World:
        assert isinstance(self.account.role, Known)
        return self.with_account(role=Known(replace(self.account.role.value, trust_policy=document)))

    def with_job(self, **parts: object) -> World:
        job = replace(self.workflow.jobs[0], **parts)  # type: ignore[arg-type] # fields by name
        return replace(self, workflow=replace(self.workflow, jobs=(job,)))

    def diagnosis(self) -> Diagnosis:
        workflows = {self.attempt.key: self.workflow}
        replays = replays_of((self.attempt,), workflows, self.case)
        account = replace(self.account, question=question_of(replays[0], self.case))
        return conclude(replays, workflows, account, self.case, made_at=NOW)


def sound_world() -> World:
    """A release that would pass every gate."""
    steps = (
        WorkflowStep("Checkout", "actions/checkout@v4", None),
        WorkflowStep(
            "Credentials",
            "aws-actions/configure-aws-credentials@v4",
            None,
            inputs=(("role-to-assume", ROLE_ARN), ("aws-region", REGION)),
        ),
        WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None),
        WorkflowStep("Push", None, f"docker build -t {HOST}/{NAME}:v1 .\ndocker push {HOST}/{NAME}:v1"),
        WorkflowStep(
            "Digest",
            None,
            f"aws ecr describe-images --repository-name {NAME} --image-ids imageTag=v1 --region {REGION}",
        ),
    )
    job = WorkflowJob("release", "Release", steps, permissions=(("contents", "read"), ("id-token", "write")))
    return World(
        attempt=Attempt(
            repository=Repository(
                "octo-org/octo-repo",
                456789,
                583231,
                datetime(2024, 1, 1, tzinfo=UTC),
                "main",
                "https://github.com/octo-org/octo-repo",
            ),
            run_id=9_000_000_001,
            attempt=1,
            run_number=7,
            workflow_name="Release",
            workflow_path=".github/workflows/release.yml",
            event="workflow_dispatch",
            head_branch="release",
            head_sha="a" * 40,
            status="completed",
            conclusion="failure",
            title="Release",
            actor="octocat",
            created_at=NOW,
            started_at=NOW,
            updated_at=NOW,
            html_url="https://github.com/octo-org/octo-repo/actions/runs/9000000001",
            head_repository="octo-org/octo-repo",
            oidc_customization=Known(OidcCustomization(use_immutable_subject=False)),
        ),
        workflow=Workflow(".github/workflows/release.yml", "Release", (job,), triggers=("workflow_dispatch",)),
        account=AccountState(
            question=AccountQuestion(),
            read_at=NOW,
            identity=Known(CallerIdentity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/reader")),
            provider=Known(OidcProvider(PROVIDER_ARN, "token.actions.githubusercontent.com", ("sts.amazonaws.com",))),
            role=Known(Role(ROLE_ARN, "release", trust(), 3600)),
            inline_policies=Known((NamedPolicy("release", SOUND_POLICY),)),
            attached_policies=Known(()),
            boundary=Absent("permissions boundary"),
            scps=Absent("service control policies"),
            rcps=Absent("resource control policies"),
            registry_details=Known(RegistryDetails(image_count=12, image_quota=100_000, lifecycle_policy=False)),
            repository=Known(EcrRepository(REPOSITORY_ARN, NAME, ACCOUNT, f"{HOST}/{NAME}", "IMMUTABLE")),
            repository_policy=Absent("repository policy"),
            image=Absent("image"),
        ),
    )


@dataclass(frozen=True)
class Defect:
    """One thing that can be wrong, the cause that must be named, and what else it cannot stand beside."""

    name: str
    cause: str
    seed: Callable[[World], World]
    part: str
    """Two defects of one part exclude each other."""


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


def _token_on_the_repository(world: World) -> World:
    rest = [statement for statement in world.policy if statement["Resource"] != "*"]
    return world.with_policy(policy(*rest, allow("ecr:GetAuthorizationToken", REPOSITORY_ARN)))


def _repository_denies(world: World) -> World:
    denial = {"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    return world.with_account(repository_policy=Known(NamedPolicy(NAME, policy(denial))))


def _boundary(world: World) -> World:
    assert isinstance(world.account.role, Known)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/edge"
    document = policy(allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "s3:*"], "*"))
    world = world.with_account(role=Known(replace(world.account.role.value, permissions_boundary_arn=arn)))
    return world.with_account(boundary=Known(NamedPolicy("edge", document, arn)))


def _scp(world: World) -> World:
    full = NamedPolicy("FullAWSAccess", policy(allow("*", "*")))
    denial = NamedPolicy(
        "NoPush", policy({"Sid": "NoPush", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"})
    )
    return world.with_account(scps=Known((ScpLevel("root", (full,)), ScpLevel("account", (full, denial)))))


def _session_too_long(world: World) -> World:
    steps = list(world.workflow.jobs[0].steps)
    steps[1] = replace(steps[1], inputs=(*steps[1].inputs, ("role-duration-seconds", "7200")))
    return world.with_job(steps=tuple(steps))


def _immutable(world: World) -> World:
    told = Known(OidcCustomization(use_immutable_subject=True))
    return replace(world, attempt=replace(world.attempt, oidc_customization=told))


DEFECTS: tuple[Defect, ...] = (
    Defect("no id-token", "id-token-not-granted", lambda w: w.with_job(permissions=(("contents", "read"),)), "token"),
    Defect(
        "no provider", "oidc-provider-absent", lambda w: w.with_account(provider=Absent("OIDC provider")), "provider"
    ),
    Defect(
        "provider lacks the audience",
        "audience-not-admitted",
        lambda w: w.with_account(
            provider=Known(
                OidcProvider(PROVIDER_ARN, "token.actions.githubusercontent.com", ("https://github.com/octo",))
            )
        ),
        "provider",
    ),
    Defect(
        "another ref is trusted",
        "subject-not-admitted",
        lambda w: w.with_trust(trust("repo:octo-org/octo-repo:ref:refs/heads/main")),
        "trust",
    ),
    Defect("an environment changes the subject", "subject-shape", lambda w: w.with_job(environment="prod"), "trust"),
    Defect("immutable subject, classic trust", "subject-immutable-form", _immutable, "trust"),
    Defect(
        "a pattern under StringEquals",
        "condition-operator",
        lambda w: w.with_trust(trust("repo:octo-org/octo-repo:ref:refs/heads/rel*")),
        "trust",
    ),
    Defect(
        "the trust names an AWS principal",
        "principal-wrong",
        lambda w: w.with_trust(trust(principal={"AWS": PROVIDER_ARN.replace("oidc-provider/", "role/")})),
        "trust",
    ),
    Defect(
        "the trust wants another audience",
        "audience-not-admitted",
        lambda w: w.with_trust(trust(audience="https://github.com/octo-org")),
        "trust",
    ),
    Defect(
        "the trust admits every ref",
        "trust-too-open",
        lambda w: w.with_trust(trust("repo:octo-org/octo-repo:*", "StringLike")),
        "trust",
    ),
    Defect(
        "the trust admits every repository of the owner",
        "trust-too-open",
        lambda w: w.with_trust(trust("repo:octo-org/*", "StringLike")),
        "trust",
    ),
    Defect("the session is too long", "session-duration", _session_too_long, "duration"),
    Defect("no login", "get-authorization-token", _without_actions("ecr:GetAuthorizationToken"), "login"),
    Defect("login on the repository", "get-authorization-token", _token_on_the_repository, "login"),
    Defect("no push", "push-scope", _without_actions("ecr:PutImage", "ecr:InitiateLayerUpload"), "push"),
    Defect("one push action short", "push-scope", _without_actions("ecr:CompleteLayerUpload"), "push"),
    Defect("no digest", "pull-scope", _without_actions("ecr:DescribeImages"), "digest"),
    Defect("the repository denies", "repository-policy-deny", _repository_denies, "repository policy"),
    Defect("a boundary is too narrow", "boundary", _boundary, "boundary"),
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
    Defect(
        "too much is granted",
        "wildcard-escalation",
        lambda w: w.with_account(
            attached_policies=Known(
                (NamedPolicy("broad", policy(allow("ecr:*", "*")), f"arn:aws:iam::{ACCOUNT}:policy/broad"),)
            )
        ),
        "excess",
    ),
)

HIDDEN_BY_EXCESS = frozenset({"login", "push", "digest"})
"""A wildcard grants what these would miss, so they cannot stand beside it."""
OUTSIDE = frozenset({"scp"})
"""Defects whose change belongs to somebody else's document, which is not modelled."""


def broken(defects: Iterable[Defect]) -> World:
    """The sound world with these defects seeded, in the order of the catalogue."""
    chosen = {defect.name for defect in defects}
    world = sound_world()
    for defect in DEFECTS:
        if defect.name in chosen:
            world = defect.seed(world)
    return world


def compatible(defects: Iterable[Defect]) -> bool:
    """Whether the defects can stand together in one world."""
    listed = tuple(defects)
    parts = [defect.part for defect in listed]
    if len(set(parts)) != len(parts):
        return False
    return "excess" not in parts or not HIDDEN_BY_EXCESS & set(parts)
