"""The small world that the tests share: an account, a workflow and a run of it that would pass every gate.

A :class:`Ground` says where it stands: one account or two, which partition, which form of the registry's host, which names.
Worlds are values and ask nobody, so a test can judge thousands of them. A test that needs another world changes this one
with ``with_account``, ``with_role``, ``with_job`` and the like.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from arns import arn_of
from made_attempts import made_attempt, with_workflow

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    EcrRepository,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    RepositoryState,
    Role,
)
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt, Job, Repository, Step
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.tree import JsonObject, statements
from diagnosis.verdicts.diagnosis import Diagnosis

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "shop/api"
OTHER_ACCOUNT = "210987654321"
ISSUER = "token.actions.githubusercontent.com"
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


@dataclass(frozen=True)
class Ground:
    """Where a world stands."""

    account: str = ACCOUNT
    registry: str = ACCOUNT
    region: str = REGION
    partition: str = "aws"
    form: str = "plain"
    """The form of the registry's host: ``plain``, ``fips``, ``dual-stack``, ``dual-stack-fips``."""
    repository: str = NAME
    role_path: str = "/"
    branch: str = "release"

    @property
    def role_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.role_path}release"

    @property
    def provider_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{ISSUER}"

    @property
    def repository_arn(self) -> str:
        return f"arn:{self.partition}:ecr:{self.region}:{self.registry}:repository/{self.repository}"

    @property
    def subject(self) -> str:
        return f"repo:octo-org/octo-repo:ref:refs/heads/{self.branch}"

    @property
    def image(self) -> str:
        return f"{self.host}/{self.repository}:v1"

    @property
    def host(self) -> str:
        china = self.partition == "aws-cn"
        dual_stack, fips = self.form.startswith("dual-stack"), "-fips" if self.form.endswith("fips") else ""
        if dual_stack:
            domain = "on.amazonwebservices.com.cn" if china else "on.aws"
            return f"{self.registry}.dkr-ecr{fips}.{self.region}.{domain}"
        return f"{self.registry}.dkr.ecr{fips}.{self.region}.amazonaws.com{'.cn' if china else ''}"

    @property
    def audience(self) -> str:
        return "sts.amazonaws.com.cn" if self.partition == "aws-cn" else "sts.amazonaws.com"


HOME = Ground()
SUBJECT = HOME.subject


def policy(*statements: dict[str, object]) -> PolicyDocument:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(actions: Iterable[str] | str, resource: object) -> dict[str, object]:
    listed = actions if isinstance(actions, str) else list(actions)
    return {"Effect": "Allow", "Action": listed, "Resource": resource}


def trust_statement(
    subject: object = None,
    operator: str = "StringEquals",
    principal: object = None,
    audience: str | None = None,
    ground: Ground = HOME,
    **more: object,
) -> dict[str, object]:
    condition: dict[str, dict[str, object]] = {"StringEquals": {f"{ISSUER}:aud": audience or ground.audience}}
    condition.setdefault(operator, {})[f"{ISSUER}:sub"] = subject or ground.subject
    return {
        "Sid": "Release",
        "Effect": "Allow",
        "Principal": principal or {"Federated": ground.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **more,
    }


def trust(subject: object = None, operator: str = "StringEquals", **more: object) -> PolicyDocument:
    return policy(trust_statement(subject, operator, **more))  # type: ignore[arg-type] # keywords by name


@dataclass(frozen=True)
class World:
    """Everything that a diagnosis looks at."""

    attempt: Attempt
    workflow: Workflow
    account: AccountState
    ground: Ground = HOME
    case: Case = field(default_factory=Case)
    now: datetime = NOW
    others: tuple[tuple[str, PolicyDocument, PolicyDocument | None], ...] = ()
    """Further roles of the account: ARN, trust policy, permissions."""

    def with_policy(self, document: PolicyDocument) -> World:
        return self.with_account(inline_policies=Known((NamedPolicy("release", document),)))

    @property
    def policy(self) -> list[JsonObject]:
        assert isinstance(self.account.inline_policies, Known)
        return statements(self.account.inline_policies.value[0].document.editable())

    def with_account(self, **parts: object) -> World:
        return replace(self, account=replace(self.account, **parts))  # type: ignore[arg-type] # fields by name

    def with_role(self, **parts: object) -> World:
        assert isinstance(self.account.role, Known)
        return self.with_account(role=Known(replace(self.account.role.value, **parts)))  # type: ignore[arg-type] # fields by name

    def with_trust(self, document: PolicyDocument) -> World:
        return self.with_role(trust_policy=document)

    def with_job(self, **parts: object) -> World:
        job = replace(self.workflow.jobs[0], **parts)  # type: ignore[arg-type] # fields by name
        return replace(self, workflow=replace(self.workflow, jobs=(job, *self.workflow.jobs[1:])))

    def with_inputs(self, *pairs: tuple[str, str], without: Iterable[str] = ()) -> World:
        """The credentials step with these inputs added, others taken away."""
        steps = list(self.workflow.jobs[0].steps)
        place = next(i for i, step in enumerate(steps) if (step.uses or "").startswith("aws-actions/configure"))
        gone = {*without, *(name for name, _ in pairs)}
        kept = tuple(pair for pair in steps[place].inputs if pair[0] not in gone)
        steps[place] = replace(steps[place], inputs=(*kept, *pairs))
        return self.with_job(steps=tuple(steps))

    @property
    def run(self) -> Attempt:
        """The attempt with the workflow that it ran."""
        return with_workflow(self.attempt, self.workflow)

    def asked(self, question: AccountQuestion) -> AccountState:
        """The account as it answers a question: further repositories exist without a policy, further roles as given."""
        account = replace(
            self.account, question=question, repositories=tuple(_repository_state(arn) for arn in question.repositories)
        )
        return replace(account, beside=tuple(self._of_role(account, each) for each in question.beside))

    def _of_role(self, account: AccountState, question: AccountQuestion) -> AccountState:
        found = next((item for item in self.others if item[0] == str(question.role_arn)), None)
        if found is None:
            return AccountState(question)
        arn, trust_policy, permissions = found
        named = (NamedPolicy("own", permissions),) if permissions else ()
        role = Known(Role(arn_of(arn), arn_of(arn).name, trust_policy, 3600))
        return replace(account, question=question, role=role, inline_policies=Known(named), beside=())

    def diagnosis(self) -> Diagnosis:
        replays = replays_of((self.run,), self.case)
        account = self.asked(question_of(replays[0], self.case))
        return conclude(replays, account, self.case, made_at=self.now)


def _repository_state(arn: Arn) -> RepositoryState:
    return RepositoryState(
        arn, Known(EcrRepository(arn, arn.resource_id, "IMMUTABLE")), Absent(f"policy of {arn.resource_id}")
    )


def credentials(ground: Ground, name: str = "Credentials", **inputs: str) -> WorkflowStep:
    given = {"role-to-assume": ground.role_arn, "aws-region": ground.region}
    if ground.partition == "aws-cn":
        given["audience"] = ground.audience
    pairs = {**given, **{key.replace("_", "-"): value for key, value in inputs.items()}}
    return WorkflowStep(name, "aws-actions/configure-aws-credentials@v4", None, inputs=tuple(pairs.items()), line=20)


def _steps(ground: Ground) -> tuple[WorkflowStep, ...]:
    login = WorkflowStep(
        "Login",
        "aws-actions/amazon-ecr-login@v2",
        None,
        inputs=(("registries", ground.registry),) if ground.registry != ground.account else (),
    )
    if ground.form != "plain":
        # amazon-ecr-login knows the plain host alone, and docker keeps its logins by host.
        login = WorkflowStep("Login", "docker/login-action@v3", None, inputs=(("registry", ground.host),))
    digest = (
        f"aws ecr describe-images --registry-id {ground.registry} --repository-name {ground.repository} "
        f"--image-ids imageTag=v1 --region {ground.region}"
    )
    return (
        WorkflowStep("Checkout", "actions/checkout@v4", None),
        credentials(ground),
        login,
        WorkflowStep("Push", None, f"docker build -t {ground.image} .\ndocker push {ground.image}"),
        WorkflowStep("Digest", None, digest),
    )


def sound_world(ground: Ground = HOME) -> World:
    """A release that would pass every gate."""
    permissions = (("contents", "read"), ("id-token", "write"))
    job = WorkflowJob("release", "Release", _steps(ground), permissions=permissions, line=10)
    across = ground.registry != ground.account
    admits = {"Effect": "Allow", "Principal": {"AWS": ground.role_arn}, "Action": list(EIGHT)}
    repository = EcrRepository(arn_of(ground.repository_arn), ground.repository, "IMMUTABLE")
    document = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, ground.repository_arn))
    return World(
        ground=ground,
        attempt=made_attempt(
            at=NOW,
            repository=Repository(
                "octo-org/octo-repo",
                456789,
                583231,
                datetime(2024, 1, 1, tzinfo=UTC),
                "main",
                "https://github.com/octo-org/octo-repo",
            ),
            event="workflow_dispatch",
            head_branch=ground.branch,
            head_repository="octo-org/octo-repo",
        ),
        workflow=Workflow(".github/workflows/release.yml", "Release", (job,), triggers=("workflow_dispatch",)),
        account=AccountState(
            question=AccountQuestion(),
            read_at=NOW,
            identity=Known(CallerIdentity(ground.account)),
            provider=Known(OidcProvider(arn_of(ground.provider_arn), ISSUER, (ground.audience,))),
            role=Known(Role(arn_of(ground.role_arn), "release", trust(ground=ground), 3600)),
            inline_policies=Known((NamedPolicy("release", document),)),
            attached_policies=Known(()),
            boundary=Absent("permissions boundary"),
            scps=Absent("service control policies"),
            rcps=Absent("resource control policies"),
            repository=Known(repository),
            repository_policy=Known(NamedPolicy(ground.repository, policy(admits)))
            if across
            else Absent("repository policy"),
            image=Absent("image"),
            registry_details=Known(RegistryDetails(image_count=12, image_quota=100_000, lifecycle_policy=False)),
        ),
    )


def two_role_world() -> World:
    """A job that first reads with another role, and beside it a job that deploys with a third one."""
    world = sound_world()
    reader = credentials(HOME, "Reader", role_to_assume=f"arn:aws:iam::{ACCOUNT}:role/reader")
    listing = WorkflowStep("Look", None, "aws sts get-caller-identity")
    steps = world.workflow.jobs[0].steps
    world = world.with_job(steps=(steps[0], reader, listing, *steps[1:]))
    deployer = credentials(HOME, "Deployer", role_to_assume=f"arn:aws:iam::{ACCOUNT}:role/deploy")
    deploy = WorkflowJob("deploy", "Deploy", (deployer,), permissions=(("id-token", "write"),))
    ran = [
        Step(number, step.name or "", "completed", "failure" if step.name == "Push" else "success", NOW, NOW)
        for number, step in enumerate(world.workflow.jobs[0].steps, 2)
    ]
    recorded = Job(1, "Release", "completed", "failure", NOW, NOW, steps=tuple(ran))
    return replace(
        world,
        workflow=replace(world.workflow, jobs=(deploy, *world.workflow.jobs)),
        attempt=replace(world.attempt, jobs=Known((recorded,))),
        others=tuple((f"arn:aws:iam::{ACCOUNT}:role/{name}", trust(), None) for name in ("reader", "deploy")),
    )


GROUNDS = {
    "one account": HOME,
    "two accounts": Ground(registry=OTHER_ACCOUNT),
    "China": Ground(region="cn-north-1", partition="aws-cn"),
}
HOSTS = {
    f"{form}{' in China' if partition == 'aws-cn' else ''}, {'one account' if registry == ACCOUNT else 'two accounts'}": Ground(
        registry=registry, region="cn-north-1" if partition == "aws-cn" else "us-east-1", partition=partition, form=form
    )
    for partition, forms in {
        "aws": ("plain", "fips", "dual-stack", "dual-stack-fips"),
        "aws-cn": ("plain", "dual-stack"),
    }.items()
    for form in forms
    for registry in (ACCOUNT, OTHER_ACCOUNT)
}
"""Every form of a registry's host, the registry in the role's own account and in another one."""
