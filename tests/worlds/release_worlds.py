"""Releases of several jobs, legs, roles and accounts, each read once; and the accounts in which they would pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from release_model import Accounts, ReadRelease
from wire_release import ACCOUNT, ROLE, WORKFLOW, Ran, RoleFacts, WireRelease

from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import SessionAssessment

SECOND = "444455556666"
CHAINS = ("sts:AssumeRole", "sts:TagSession")
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deployer"
REMOTE = f"arn:aws:iam::{SECOND}:role/deployer"
HERE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
THERE = f"{SECOND}.dkr.ecr.us-east-1.amazonaws.com"
HEAD = "on: push\npermissions: {id-token: write, contents: read}\njobs:\n"
CONTAINER = (
    '{"family": "app", "executionRoleArn": "arn:aws:iam::111122223333:role/execution", "containerDefinitions": []}'
)
CALLED = (
    "on:\n  workflow_call:\n    inputs: {service: {type: string}}\n"
    "permissions: {id-token: write, contents: read}\njobs:\n"
)
ACTION = (
    "name: deploy\nruns:\n  using: composite\n  steps:\n    - shell: bash\n"
    "      run: aws ecs update-service --cluster prod --service web --force-new-deployment\n"
)


def assume(role: str = ROLE, more: str = "") -> str:
    """The step that takes the credentials of a role."""
    return (
        "      - uses: aws-actions/configure-aws-credentials@v4\n"
        f'        with: {{role-to-assume: "{role}", aws-region: us-east-1{more}}}\n'
    )


def job(name: str, *steps: str, head: str = "") -> str:
    """A job of these steps; ``head`` is what stands above them."""
    above = f"    {head}\n" if head else ""
    return (
        f"  {name}:\n    runs-on: ubuntu-latest\n{above}    steps:\n      - uses: actions/checkout@v4\n{''.join(steps)}"
    )


LOGIN = "      - uses: aws-actions/amazon-ecr-login@v2\n"


def push(*images: str) -> str:
    """The step that pushes images."""
    return f"      - run: docker push {' && docker push '.join(images)}\n"


SERVICE = "      - run: aws ecs update-service --cluster prod --service web --force-new-deployment\n"
SYNC = "      - run: aws s3 cp dist.zip s3://shop-artifacts/releases/dist.zip\n"
FUNCTION = (
    "      - run: aws lambda update-function-code --function-name resize --s3-bucket shop-artifacts --s3-key f.zip\n"
)
DEPLOY = (
    "      - uses: aws-actions/amazon-ecs-deploy-task-definition@v2\n"
    "        with: {task-definition: task.json, service: web, cluster: prod}\n"
)
MATRIX = "strategy: {matrix: {service: [api, web]}}"


@dataclass(frozen=True)
class Made:
    """A release as it is served: the workflow, the jobs as they went, what lies beside."""

    text: str
    jobs: tuple[Ran, ...]
    files: tuple[tuple[str, str], ...] = ()
    repositories: tuple[str, ...] = ("app",)


def leg(job_id: str, value: str, conclusion: str = "failure") -> Ran:
    """A leg of the matrix of services."""
    shown = (("${{ matrix.service }}", value),)
    return Ran(f"{job_id} ({value})", job_id, conclusion, shown=shown)


RELEASES: dict[str, Made] = {
    "one job that pushes and deploys": Made(
        HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), SERVICE, SYNC, FUNCTION),
        (Ran("release", "release"),),
    ),
    "a task definition with roles to pass": Made(
        HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), DEPLOY),
        (Ran("release", "release"),),
        (("task.json", CONTAINER),),
    ),
    "two jobs of one role, one in an environment": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("deploy", assume(), SERVICE, head="needs: build\n    environment: production"),
        (Ran("build", "build"), Ran("deploy", "deploy", "skipped")),
    ),
    "legs with a repository each": Made(
        HEAD + job("push", assume(), LOGIN, push(f"{HERE}/${{{{ matrix.service }}}}:1"), head=MATRIX),
        (leg("push", "api"), leg("push", "web")),
        repositories=("api", "web"),
    ),
    "legs and a deployment": Made(
        HEAD
        + job("push", assume(), LOGIN, push(f"{HERE}/${{{{ matrix.service }}}}:1"), head=MATRIX)
        + job("deploy", assume(DEPLOYER), SERVICE, DEPLOY, head="needs: push\n    environment: production"),
        (leg("push", "api", "success"), leg("push", "web"), Ran("deploy", "deploy", "skipped")),
        (("task.json", CONTAINER),),
        repositories=("api", "web"),
    ),
    "two roles in one job": Made(
        HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), assume(DEPLOYER), SERVICE),
        (Ran("release", "release"),),
    ),
    "two jobs of two accounts": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("deploy", assume(REMOTE), SERVICE, head="needs: build"),
        (Ran("build", "build"), Ran("deploy", "deploy", "skipped")),
    ),
    "one image to the registries of two accounts by two roles": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("copy", assume(REMOTE), LOGIN, push(f"{THERE}/app:1")),
        (Ran("build", "build"), Ran("copy", "copy")),
        repositories=("app", f"arn:aws:ecr:us-east-1:{SECOND}:repository/app"),
    ),
    "a chained role": Made(
        HEAD
        + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), assume(DEPLOYER, ", role-chaining: true"), SERVICE),
        (Ran("release", "release"),),
    ),
    "a called workflow": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + "  deploy:\n    needs: build\n    uses: ./.github/workflows/deploy.yml\n    with: {service: web}\n",
        (Ran("build", "build"), Ran("deploy / deploy", "deploy", "skipped", file=".github/workflows/deploy.yml")),
        (
            (
                ".github/workflows/deploy.yml",
                CALLED + job("deploy", assume(), SERVICE.replace("web", "${{ inputs.service }}")),
            ),
        ),
    ),
    "a local action": Made(
        HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), "      - uses: ./.github/actions/deploy\n"),
        (Ran("release", "release"),),
        (
            (
                ".github/actions/deploy/action.yml",
                ACTION,
            ),
        ),
    ),
    "two roles push to one repository": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("sign", assume(DEPLOYER), LOGIN, push(f"{HERE}/app:1.sig"), head="needs: build"),
        (Ran("build", "build"), Ran("sign", "sign", "skipped")),
    ),
    "roles of one name in two accounts": Made(
        HEAD
        + job(
            "push",
            assume("arn:aws:iam::${{ matrix.account }}:role/release"),
            LOGIN,
            push("${{ matrix.account }}.dkr.ecr.us-east-1.amazonaws.com/app:1"),
            head=f'strategy: {{matrix: {{account: ["{ACCOUNT}", "{SECOND}"]}}}}',
        ),
        tuple(
            Ran(f"push ({account})", "push", shown=(("${{ matrix.account }}", account),))
            for account in (ACCOUNT, SECOND)
        ),
        repositories=("app", f"arn:aws:ecr:us-east-1:{SECOND}:repository/app"),
    ),
    "legs with an environment each": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job(
            "deploy",
            assume(),
            "      - run: aws ecs update-service --cluster ${{ matrix.stage }} --service web\n",
            head="needs: build\n    environment: ${{ matrix.stage }}\n    strategy: {matrix: {stage: [staging, prod]}}",
        ),
        (Ran("build", "build"), Ran("deploy", "deploy", "skipped")),
    ),
    "a job that the event shuts off": Made(
        HEAD
        + job("build", assume(), LOGIN, push(f"{HERE}/app:1"))
        + job("deploy", assume(REMOTE), SERVICE, head="if: github.event_name == 'release'"),
        (Ran("build", "build"), Ran("deploy", "deploy", "skipped")),
    ),
    "the deployment was refused after the push": Made(
        HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), SERVICE),
        (
            Ran(
                "release",
                "release",
                fails_at="aws ecs",
                error="An error occurred (AccessDeniedException) when calling the UpdateService operation: User: "
                "arn:aws:sts::111122223333:assumed-role/release/GitHubActions is not authorized to perform: "
                "ecs:UpdateService on resource: arn:aws:ecs:us-east-1:111122223333:service/prod/web because no "
                "identity-based policy allows the ecs:UpdateService action",
            ),
        ),
    ),
}


@cache
def read(name: str) -> ReadRelease:
    """The release as the backend read it."""
    made = RELEASES[name]
    files = {WORKFLOW: made.text, **dict(made.files)}
    return ReadRelease.of(WireRelease(files, made.jobs, repositories=made.repositories))


@cache
def sound(name: str) -> Accounts:
    """The accounts in which the release passes: each role is granted what its sessions need, and trusts their subjects."""
    return accounts_for(read(name), RELEASES[name].repositories)


def accounts_for(release: ReadRelease, repositories: tuple[str, ...]) -> Accounts:
    """The accounts in which a release passes. What is called on an unknown resource is granted on every one."""
    live = release.diagnosis(Accounts((RoleFacts(ROLE),), repositories)).live
    assert live is not None
    by_role: dict[Arn | None, list[SessionAssessment]] = {}
    for session in live.sessions:
        by_role.setdefault(session.role_arn, []).append(session)
    roles = tuple(_role(str(arn), sessions) for arn, sessions in by_role.items())
    assumed = {
        need.resource: caller
        for caller, of in by_role.items()
        for each in of
        for need in each.needs
        if need.action in CHAINS and caller is not None
    }
    return Accounts(
        tuple(_chained(role, assumed[role.arn].account) if role.arn in assumed else role for role in roles),
        repositories,
    )


def _chained(role: RoleFacts, account: str) -> RoleFacts:
    """The role as it admits whom the other role's account lets, and nobody with GitHub's token."""
    admits = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": list(CHAINS)}
    return replace(role, subjects=(), trusts=(admits,))


def _role(arn: str, sessions: list[SessionAssessment]) -> RoleFacts:
    subjects = tuple(dict.fromkeys(subject for session in sessions for subject in session.subjects))
    needs = dict.fromkeys((need.action, need.resource) for session in sessions for need in session.needs)
    statements = tuple(grant(action, resource or "*") for action, resource in needs)
    return RoleFacts(arn, subjects, statements)


def grant(action: str, resource: str) -> dict[str, str]:
    """One action on one resource."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}
