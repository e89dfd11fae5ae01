"""Service authorization in a recorded run: it fails where a use was refused, passes by proof, and either gate may come first."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_builders import (
    ACCOUNT,
    AWS_ENV,
    CHECKOUT,
    CONFIGURE,
    EXPIRED,
    LOGIN,
    PUSH,
    READ_BACK,
    REGION,
    RELEASE,
    SESSION,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    recorded,
    skipped,
    with_workflow,
    written_job,
)

from diagnosis.causes import Cause
from diagnosis.gates import Checkpoint, Gate, Owner, Plane, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.replay import Replay

PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/api"
STATE = "arn:aws:s3:::acme-tfstate"

TERRAFORM = Spec(
    name="Backend", run="terraform init -input=false", env=AWS_ENV, output=["Terraform has been initialized!"]
)
EVIDENCE = Spec(
    name="Keep the evidence",
    run="aws s3 cp evidence.json s3://acme-evidence/dev/evidence.json",
    env=AWS_ENV,
    output=["upload: ./evidence.json to s3://acme-evidence/dev/evidence.json"],
)
DEPLOY = Spec(
    name="Deploy",
    uses="aws-actions/amazon-ecs-deploy-task-definition@v2",
    inputs={"task-definition-arn": "api:7", "service": "api", "cluster": "main"},
    env=AWS_ENV,
    output=["Deployment started."],
)


def cli(operation: str, sentence: str, code: str = "AccessDenied") -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {sentence}"


def shown(result: Replay) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


def services(result: Replay) -> GateVerdict:
    found = maybe_verdict_at(result.gates, Gate.SERVICE_AUTHORIZATION)
    assert found is not None
    return found


STATE_DENIED = (
    'Error: Failed to get existing workspaces: Unable to list objects in S3 bucket "acme-tfstate" with prefix "env:/": '
    "operation error S3: ListObjectsV2, https response error StatusCode: 403, RequestID: 0A1, HostID: b/c=, "
    "api error AccessDenied: Access Denied"
)


def test_a_state_bucket_that_refuses_before_the_push_blocks_the_registry() -> None:
    refused = failing(TERRAFORM, "Initializing the backend...", STATE_DENIED, exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, refused, *skipped(LOGIN, PUSH, READ_BACK)))
    gate = services(result)
    assert [verdict.gate for verdict in result.gates] == list(Gate)
    assert shown(result) == (PASS, PASS, BLOCKED, FAIL, BLOCKED)
    assert (gate.checkpoint, gate.actions) == (Checkpoint.SERVICE_AUTHORIZATION, ("s3:ListBucket",))
    assert gate.candidates[:2] == (Cause.SERVICE_ACTION, Cause.RESOURCE_POLICY)
    assert result.at(Gate.REGISTRY_AUTHORIZATION).reason == (
        "Not reached: the run failed at the gate service-authorization before it."
    )
    assert "service-authorization" in result.at(Gate.LEAST_PRIVILEGE).reason
    assert result.stopped_by is not None
    assert (result.stopped_by.resource, result.stopped_by.gate) == (STATE, Gate.SERVICE_AUTHORIZATION)


def test_evidence_that_cannot_be_kept_leaves_the_push_proved() -> None:
    words = cli("PutObject", denied("s3:PutObject", "arn:aws:s3:::acme-evidence/dev/evidence.json"))
    result = replay(recorded(*RELEASE, failing(EVIDENCE, words, exit_code=1)))
    gate = services(result)
    assert shown(result) == (PASS, PASS, PASS, FAIL, BLOCKED)
    assert (gate.cause, gate.actions, gate.owner) == (Cause.SERVICE_ACTION, ("s3:PutObject",), Owner.CLOUD_SECURITY)
    assert gate.evidence[0].text == words
    assert "s3:PutObject on arn:aws:s3:::acme-evidence/dev/evidence.json" in gate.reason


def test_a_deployment_without_pass_role_fails_after_a_push_that_passed() -> None:
    words = denied("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task")
    end = failing(DEPLOY, f"##[error]Failed to register task definition in ECS: {words}", f"##[error]{words}")
    result = replay(recorded(*RELEASE, end))
    assert shown(result) == (PASS, PASS, PASS, FAIL, BLOCKED)
    assert services(result).cause is Cause.PASS_ROLE


def test_a_push_that_was_refused_blocks_the_deployment_behind_it() -> None:
    push = failing(PUSH, f"denied: {denied('ecr:PutImage')}", exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, push, *skipped(DEPLOY)))
    assert shown(result) == (PASS, PASS, FAIL, BLOCKED, BLOCKED)
    assert "registry-authorization" in services(result).reason
    assert "registry-authorization" in result.at(Gate.LEAST_PRIVILEGE).reason


def test_a_deployment_that_went_through_stays_passed_where_the_push_failed_afterwards() -> None:
    push = failing(PUSH, f"denied: {denied('ecr:PutImage')}", exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, DEPLOY, LOGIN, push))
    assert shown(result) == (PASS, PASS, FAIL, PASS, BLOCKED)


def test_a_login_before_the_refusal_is_told_though_the_gate_was_not_passed() -> None:
    words = cli("PutObject", denied("s3:PutObject", "arn:aws:s3:::acme-evidence/x"))
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, failing(EVIDENCE, words, exit_code=1), *skipped(PUSH)))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is BLOCKED
    assert gate.reason.startswith("Not passed in full: the run failed at the gate service-authorization before that.")
    assert "login" in gate.reason
    assert gate.evidence


def test_a_green_run_proves_the_calls_of_its_steps() -> None:
    result = replay(recorded(*RELEASE, DEPLOY))
    gate = services(result)
    assert shown(result) == (PASS, PASS, PASS, PASS, UNKNOWN)
    assert "ecs:UpdateService" in gate.reason
    assert gate.evidence


def test_a_step_that_may_fail_proves_nothing() -> None:
    result = replay(recorded(*RELEASE, replace(DEPLOY, continue_on_error=True)))
    gate = services(result)
    assert gate.verdict is UNKNOWN
    assert gate.missing


def test_a_skipped_deployment_is_not_passed() -> None:
    result = replay(recorded(*RELEASE, *skipped(DEPLOY)))
    assert services(result).verdict is UNKNOWN


@pytest.mark.parametrize("ended", ["well", "badly", "skipped"])
def test_what_a_step_that_cannot_be_read_would_have_called_is_open_unless_it_ended_well(ended: str) -> None:
    script = Spec(name="Roll out", run="./rollout.sh", env=AWS_ENV, output=["rolling out"])
    last = {"well": script, "badly": failing(script, "no healthy target", exit_code=1), "skipped": skipped(script)[0]}[
        ended
    ]
    found = services(replay(recorded(CHECKOUT, CONFIGURE, DEPLOY, last)))
    assert found.verdict is (PASS if ended == "well" else UNKNOWN)
    assert ("Roll out" in found.reason) is (ended != "well")


def test_a_refused_role_blocks_both() -> None:
    said = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    result = replay(recorded(CHECKOUT, failing(CONFIGURE, said), *skipped(LOGIN, PUSH, DEPLOY)))
    assert shown(result) == (PASS, FAIL, BLOCKED, BLOCKED, BLOCKED)
    assert services(result).reason == "Not reached: the run failed at the gate role-assumption before it."


def test_a_release_without_other_services_has_four_gates() -> None:
    assert [verdict.gate for verdict in replay(recorded(*RELEASE)).gates] == [
        gate for gate in Gate if gate is not Gate.SERVICE_AUTHORIZATION
    ]


def test_a_tolerated_refusal_fails_the_gate_and_explains_no_other_failure() -> None:
    tolerated = replace(DEPLOY, output=[f"##[error]{denied('ecs:UpdateService', SERVICE)}"], continue_on_error=True)
    push = failing(PUSH, f"denied: {denied('ecr:PutImage')}", exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, tolerated, push))
    assert shown(result) == (PASS, PASS, FAIL, FAIL, BLOCKED)
    assert "continue-on-error let the job go on" in services(result).reason
    assert result.stopped_by is not None
    assert result.stopped_by.action == "ecr:PutImage"


KINDS = [
    ("terraform init", STATE_DENIED, "s3:ListBucket"),
    ("terraform init", "Error refreshing state: AccessDenied: Access Denied", "s3:GetObject"),
    (
        "terraform plan",
        f"Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 0A1, api error AccessDeniedException: {denied('dynamodb:PutItem', f'arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/tf-lock')}",
        "dynamodb:PutItem",
    ),
    ("aws s3 cp a s3://b/c", cli("PutObject", "Access Denied"), "s3:PutObject"),
    ("./read.sh", cli("GetParameter", denied("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/x")), "ssm:GetParameter"),
    ("aws eks update-kubeconfig --name main", cli("DescribeCluster", denied("eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/main")), "eks:DescribeCluster"),
    ("make deploy", cli("UpdateFunctionCode", denied("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f")), "lambda:UpdateFunctionCode"),
    ("make deploy", cli("RegisterTaskDefinition", denied("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task")), "iam:PassRole"),
    ("sam deploy", cli("CreateChangeSet", denied("cloudformation:CreateChangeSet", "*")), "cloudformation:CreateChangeSet"),
    ("npm run deploy", f"AccessDeniedException: {denied('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:x')}", "secretsmanager:GetSecretValue"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "line", "action"), KINDS)
def test_a_red_run_of_any_service_never_shows_only_passes(command: str, line: str, action: str) -> None:
    step = failing(Spec(name="It", run=command, env=AWS_ENV), line, exit_code=1)
    result = replay(recorded(*RELEASE, step))
    gate = services(result)
    assert (gate.verdict, gate.actions) == (FAIL, (action,))
    assert shown(result)[:3] == (PASS, PASS, PASS)
    assert result.stopped_by is not None
    assert result.stopped_by.plane is Plane.AUTHORIZATION


OTHERS = [
    f"arn:aws:sts::{ACCOUNT}:assumed-role/api-function/api",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}/AWSCloudFormation",
    f"arn:aws:iam::{ACCOUNT}:user/old",
]


@pytest.mark.parametrize("who", OTHERS)
def test_what_another_identity_lacks_fails_no_gate_of_the_release(who: str) -> None:
    words = cli("PutObject", denied("s3:PutObject", "arn:aws:s3:::b/c").replace(SESSION, who))
    result = replay(recorded(*RELEASE, failing(EVIDENCE, words, exit_code=1)))
    found = maybe_verdict_at(result.gates, Gate.SERVICE_AUTHORIZATION)
    assert found is None or found.verdict is UNKNOWN
    assert result.stopped_by is not None
    assert (result.stopped_by.plane, result.stopped_by.gate) == (Plane.AUTHORIZATION, None)
    assert "no gap of the run's role" in result.stopped_by.sentence
    assert result.facts.principal is None or result.facts.principal.value != who


def test_a_role_that_no_step_assumes_is_a_use_of_the_session() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"
    step = Spec(name="CDK", run="npx cdk deploy", env=AWS_ENV)
    result = replay(
        recorded(CHECKOUT, CONFIGURE, failing(step, f"AccessDenied: {denied('sts:AssumeRole', other)}", exit_code=1))
    )
    assert shown(result)[:2] == (PASS, PASS)
    gate = services(result)
    assert (gate.verdict, gate.actions) == (FAIL, ("sts:AssumeRole",))


def test_a_role_that_a_step_is_told_to_assume_stays_with_role_assumption() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/second"
    inputs = {"role-to-assume": other, "aws-region": REGION, "role-chaining": "true"}
    second = replace(CONFIGURE, name="Second", inputs=inputs)
    words = f"##[error]{denied('sts:AssumeRole', other)}"
    result = replay(recorded(CHECKOUT, CONFIGURE, failing(second, words)))
    assert result.at(Gate.ROLE_ASSUMPTION).verdict is FAIL
    assert services(result).verdict is BLOCKED  # that it may ask for the role is a use of the session before


def test_an_annotation_alone_tells_it_where_the_log_is_gone() -> None:
    steps = (*RELEASE, replace(DEPLOY, conclusion="failure"))
    words = denied("ecs:UpdateService", SERVICE)
    attempt = with_workflow(attempt_of(job_of(*steps, log=EXPIRED, annotations=[words])), file_of(written_job(*steps)))
    gate = services(replay(attempt))
    assert (gate.verdict, gate.cause, gate.actions) == (FAIL, Cause.SERVICE_ACTION, ("ecs:UpdateService",))


def test_a_refusal_without_a_word_is_one_of_the_calls_of_its_step() -> None:
    result = replay(recorded(*RELEASE, failing(DEPLOY, "##[error]Access Denied")))
    gate = services(result)
    assert gate.verdict is FAIL
    assert gate.cause is None
    assert "ecs:UpdateService" in gate.reason


def test_a_bucket_is_one_of_the_roles_partition() -> None:
    inputs = {"role-to-assume": f"arn:aws-cn:iam::{ACCOUNT}:role/release", "aws-region": "cn-north-1"}
    line = f"upload failed: ./x to s3://site/c {cli('PutObject', 'Access Denied')}"
    result = replay(recorded(CHECKOUT, replace(CONFIGURE, inputs=inputs), failing(EVIDENCE, line, exit_code=1)))
    assert result.stopped_by is not None
    assert result.stopped_by.resource == "arn:aws-cn:s3:::site/c"
    assert "arn:aws-cn:s3:::site/c" in services(result).reason


def test_a_job_that_only_deploys_takes_no_pass_from_the_job_that_pushed() -> None:
    words = denied("ecs:UpdateService", SERVICE)
    pushing, deploying = (CHECKOUT, CONFIGURE, LOGIN, PUSH), (CONFIGURE, failing(DEPLOY, f"##[error]{words}"))
    attempt = attempt_of(job_of(*pushing, name="push"), job_of(*deploying, name="deploy", job_id=72))
    workflow = file_of(written_job(*pushing, name="push"), written_job(*deploying, name="deploy"))
    result = replay(with_workflow(attempt, workflow))
    assert shown(result) == (PASS, PASS, PASS, FAIL, BLOCKED)


def test_a_guarded_command_proves_nothing_and_a_plain_one_does() -> None:
    plain = Spec(
        name="Roll", run="aws ecs update-service --cluster main --service api --force-new-deployment", env=AWS_ENV
    )
    assert services(replay(recorded(*RELEASE, plain))).verdict is PASS
    guarded = replace(plain, run=f"{plain.run} || true")
    assert services(replay(recorded(*RELEASE, guarded))).verdict is UNKNOWN


def test_a_denial_that_the_script_carries_on_from_is_doubted() -> None:
    words = cli("UpdateService", denied("ecs:UpdateService", SERVICE), "AccessDeniedException")
    run = "aws ecs update-service --cluster main --service api || true"
    gate = services(replay(recorded(*RELEASE, Spec(name="Roll", run=run, env=AWS_ENV, output=[words]))))
    assert gate.verdict is UNKNOWN
    assert gate.actions == ("ecs:UpdateService",)
    assert "printed a denial of ecs:UpdateService" in gate.reason


@pytest.mark.parametrize("value", [f"arn:aws:iam::{ACCOUNT}:role/second", "***"])
def test_a_role_that_another_action_is_given_may_be_the_one_in_force(value: str) -> None:
    other = Spec(name="Second", uses="acme/take-role@v1", inputs={"role_arn": value})
    words = denied("s3:PutObject", "arn:aws:s3:::site/x").replace("assumed-role/release", "assumed-role/second")
    result = replay(recorded(CHECKOUT, CONFIGURE, other, failing(EVIDENCE, words, exit_code=1)))
    assert services(result).verdict is FAIL
