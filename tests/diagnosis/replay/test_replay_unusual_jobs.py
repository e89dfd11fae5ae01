"""Jobs that do not simply run and fail: tolerated, skipped, cut short, never begun, several at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    AWS_ENV,
    BEGIN,
    CHECKOUT,
    CONFIGURE,
    DIGEST,
    IMAGE,
    LOGIN,
    PUSH,
    READ_BACK,
    REGION,
    RELEASE,
    ROLE,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    recorded,
    skipped,
    written_job,
)

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Job
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.replay.attempt import replay

PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN
NOT_TRUSTED = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
TOKEN_DENIED = f"##[error]{denied('ecr:GetAuthorizationToken', '*')}"


def verdicts(result) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


# continue-on-error


def test_a_tolerated_failure_fails_its_gate_although_the_run_is_green() -> None:
    configure = replace(CONFIGURE, continue_on_error=True, output=["Assuming role with OIDC", NOT_TRUSTED])
    result = replay(recorded(CHECKOUT, configure, Spec(run="make docs")))
    assert result.attempt.conclusion == "success"
    assert result.at(Gate.ROLE_ASSUMPTION).verdict is FAIL
    assert "continue-on-error" in result.at(Gate.ROLE_ASSUMPTION).reason
    assert result.at(Gate.REGISTRY_AUTHORIZATION).verdict is BLOCKED
    assert result.stopped_by is None


def test_a_tolerated_login_explains_the_push_that_fails_for_want_of_it() -> None:
    login = replace(LOGIN, continue_on_error=True, output=[TOKEN_DENIED])
    push = failing(PUSH, f"The push refers to repository [{IMAGE}]", "no basic auth credentials", exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, login, push))
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert result.stopped_by is not None
    assert result.stopped_by.cause == "get-authorization-token"
    assert any("follows from" in note for note in result.notes)


def test_a_success_under_continue_on_error_proves_nothing_without_its_line() -> None:
    configure = replace(CONFIGURE, continue_on_error=True, output=["Assuming role with OIDC"])
    result = replay(recorded(CHECKOUT, configure, LOGIN, PUSH))
    assert result.at(Gate.OIDC_TRUST).verdict is UNKNOWN


def test_a_denial_that_the_script_swallowed_is_neither_pass_nor_failure() -> None:
    script = Spec(
        name="Ship it",
        run=f"docker push {IMAGE}:1.4.0 || true",
        env=AWS_ENV,
        output=[f"The push refers to repository [{IMAGE}]", f"denied: {denied('ecr:PutImage')}"],
    )
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, script))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is UNKNOWN
    assert gate.actions == ("ecr:PutImage",)
    assert gate.evidence[0].address is not None


def test_a_retry_that_went_through_is_a_pass() -> None:
    configure = replace(
        CONFIGURE,
        output=[
            "Assuming role with OIDC",
            (
                "Retry AssumeRole: attempt 1 of 12 failed: Could not assume role with OIDC: Not authorized to perform "
                "sts:AssumeRoleWithWebIdentity. Retrying after 26ms."
            ),
            "Assuming role with OIDC",
            "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions",
        ],
    )
    assert verdicts(replay(recorded(CHECKOUT, configure, LOGIN, PUSH))) == (PASS, PASS, PASS, UNKNOWN)


def test_a_push_whose_failure_the_script_would_hide_is_proved_by_its_line_alone() -> None:
    quiet = replace(PUSH, run=f"docker push -q {IMAGE}:1.4.0 || true", output=[])
    assert replay(recorded(CHECKOUT, CONFIGURE, LOGIN, quiet)).at(Gate.REGISTRY_AUTHORIZATION).verdict is UNKNOWN
    loud = replace(PUSH, run=f"docker push {IMAGE}:1.4.0 || true")
    assert replay(recorded(CHECKOUT, CONFIGURE, LOGIN, loud)).at(Gate.REGISTRY_AUTHORIZATION).verdict is PASS


# skipped


def test_a_skipped_release_is_not_passed() -> None:
    job = replace(job_of(), steps=(), conclusion="skipped", log=Known(""))
    result = replay(with_workflow(attempt_of(job, conclusion="success"), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert "skipped is not passed" in result.at(Gate.OIDC_TRUST).reason


def test_a_job_that_is_shut_off_has_no_needs_and_passes_nothing() -> None:
    job = replace(job_of(), steps=(), conclusion="skipped", log=Known(""))
    result = replay(
        with_workflow(attempt_of(job, conclusion="success"), file_of(written_job(*RELEASE, condition="${{ false }}")))
    )
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.needs == ()


def test_a_job_that_is_shut_off_does_not_spoil_the_one_that_releases() -> None:
    off = replace(job_of(name="old", job_id=2), steps=(), conclusion="skipped", log=Known(""))
    attempt = attempt_of(job_of(*RELEASE), off)
    workflow = file_of(written_job(*RELEASE), written_job(*RELEASE, name="old", condition="false"))
    assert verdicts(replay(with_workflow(attempt, workflow))) == (PASS, PASS, PASS, UNKNOWN)


def test_a_push_that_was_skipped_leaves_the_registry_unproved() -> None:
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, *skipped(PUSH)))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is UNKNOWN
    assert "push" in gate.reason


def test_a_skipped_conditional_push_does_not_spoil_the_one_that_ran() -> None:
    extra = replace(PUSH, name="Also latest", condition="inputs.latest", conclusion="skipped")
    assert replay(recorded(*RELEASE, extra)).at(Gate.REGISTRY_AUTHORIZATION).verdict is PASS


def test_a_release_behind_failing_tests_is_unknown_and_the_tests_are_what_stopped_it() -> None:
    tests = job_of(failing(Spec(run="make test"), "FAILED (failures=2)", exit_code=1), name="tests", job_id=3)
    release = replace(job_of(), steps=(), conclusion="skipped", log=Known(""))
    workflow = file_of(written_job(Spec(run="make test"), name="tests"), written_job(*RELEASE))
    result = replay(with_workflow(attempt_of(tests, release), workflow))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.stopped_by is not None
    assert result.stopped_by.plane is Plane.OTHER
    assert len(result.needs) == 9


# cut short


def _cut(spec: Spec, *output: str) -> Spec:
    return replace(spec, conclusion="cancelled", output=[*output, "##[error]The operation was canceled."])


def test_a_cancelled_job_keeps_what_it_proved_and_fails_no_gate() -> None:
    steps = (CHECKOUT, CONFIGURE, LOGIN, _cut(PUSH, f"The push refers to repository [{IMAGE}]"), *skipped(READ_BACK))
    result = replay(with_workflow(attempt_of(job_of(*steps, conclusion="cancelled")), file_of(written_job(*steps))))
    assert verdicts(result) == (PASS, PASS, UNKNOWN, UNKNOWN)
    assert result.stopped_by is not None
    assert (result.stopped_by.plane, result.stopped_by.cause) == (Plane.OTHER, "cancelled")


def test_a_refusal_that_was_being_retried_when_the_job_was_cancelled_is_no_failure_yet() -> None:
    steps = (CHECKOUT, _cut(CONFIGURE, "Assuming role with OIDC", "Assuming role with OIDC"), *skipped(LOGIN, PUSH))
    result = replay(with_workflow(attempt_of(job_of(*steps, conclusion="cancelled")), file_of(written_job(*steps))))
    assert verdicts(result) == (UNKNOWN,) * 4


def test_a_time_limit_is_named_by_the_annotation() -> None:
    steps = (CHECKOUT, CONFIGURE, LOGIN, _cut(PUSH))
    limit = "The job running on runner GitHub Actions 7 has exceeded the maximum execution time of 45 minutes."
    job = job_of(*steps, conclusion="cancelled", annotations=[limit])
    result = replay(with_workflow(attempt_of(job), file_of(written_job(*steps))))
    assert result.stopped_by is not None
    assert result.stopped_by.cause == "time-limit"


def test_a_timed_out_job_is_told_by_its_conclusion() -> None:
    steps = (CHECKOUT, CONFIGURE, LOGIN, replace(_cut(PUSH), conclusion="cancelled"))
    result = replay(with_workflow(attempt_of(job_of(*steps, conclusion="timed_out")), file_of(written_job(*steps))))
    assert result.stopped_by is not None
    assert result.stopped_by.cause == "time-limit"


def test_a_job_that_never_began_says_so() -> None:
    note = "The job was not started because recent account payments have failed."
    job = replace(job_of(annotations=[note]), steps=(), conclusion="failure", log=Known(""))
    result = replay(with_workflow(attempt_of(job), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert "never began" in result.at(Gate.OIDC_TRUST).reason
    assert result.stopped_by is not None
    assert result.stopped_by.gate is None


def test_a_run_that_could_not_start_has_no_verdict_but_says_what_github_recorded() -> None:
    result = replay(with_workflow(attempt_of(conclusion="startup_failure"), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.stopped_by is not None
    assert "startup_failure" in result.stopped_by.sentence


def test_a_job_that_still_runs_fails_nothing() -> None:
    job = replace(job_of(CHECKOUT, CONFIGURE), conclusion=None, status="in_progress")
    result = replay(with_workflow(attempt_of(job, status="in_progress"), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (PASS, PASS, UNKNOWN, UNKNOWN)
    assert "not ended" in result.at(Gate.REGISTRY_AUTHORIZATION).reason


def test_a_failing_clean_up_step_decides_no_gate() -> None:
    job = job_of(*RELEASE, conclusion="failure")
    steps = tuple(
        replace(step, conclusion="failure") if step.name.startswith("Post Reg") else step for step in job.steps
    )
    result = replay(with_workflow(attempt_of(replace(job, steps=steps)), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert result.stopped_by is not None
    assert "clean-up" in result.stopped_by.sentence


# several jobs, roles, registries


def test_in_a_matrix_one_failing_job_fails_the_gate() -> None:
    good = job_of(*RELEASE, name="release (amd64)", job_id=1)
    bad_steps = (CHECKOUT, CONFIGURE, failing(LOGIN, TOKEN_DENIED), *skipped(PUSH, READ_BACK))
    bad = job_of(*bad_steps, name="release (arm64)", job_id=2)
    result = replay(with_workflow(attempt_of(good, bad), file_of(written_job(*RELEASE))))
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert any("2 jobs" in note and "arm64" in note for note in result.notes)
    assert "/job/2#" in (result.at(Gate.REGISTRY_AUTHORIZATION).evidence[0].address or "")


def test_a_matrix_that_passes_shows_the_proof_of_every_job() -> None:
    jobs = [
        job_of(*RELEASE, name=f"release ({arch})", job_id=number) for number, arch in enumerate(("amd64", "arm64"), 1)
    ]
    result = replay(with_workflow(attempt_of(*jobs), file_of(written_job(*RELEASE))))
    pages = {(item.address or "").split("#")[0] for item in result.at(Gate.REGISTRY_AUTHORIZATION).evidence}
    assert len(pages) == 2


def test_a_deploy_job_without_registry_does_not_take_the_push_jobs_pass_away() -> None:
    deploy_role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    deploy = (
        replace(CONFIGURE, inputs={**CONFIGURE.inputs, "role-to-assume": deploy_role}),
        Spec(run="terraform apply"),
    )
    attempt = attempt_of(job_of(*RELEASE), job_of(*deploy, name="deploy", job_id=2))
    result = replay(with_workflow(attempt, file_of(written_job(*RELEASE), written_job(*deploy, name="deploy"))))
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert any("more than one role" in note for note in result.notes)
    assert result.facts.role_arn is not None
    assert str(result.facts.role_arn.value) == ROLE


def test_of_two_roles_in_a_job_the_one_that_failed_is_the_fact() -> None:
    second = f"arn:aws:iam::{ACCOUNT}:role/second"
    steps = (
        CHECKOUT,
        CONFIGURE,
        failing(
            replace(CONFIGURE, name="Second", inputs={**CONFIGURE.inputs, "role-to-assume": second}),
            "Assuming role with OIDC",
            NOT_TRUSTED,
        ),
        *skipped(LOGIN, PUSH),
    )
    result = replay(recorded(*steps))
    assert result.at(Gate.ROLE_ASSUMPTION).verdict is FAIL
    assert result.facts.role_arn is not None
    assert str(result.facts.role_arn.value) == second


def test_of_two_roles_in_a_job_the_one_in_force_at_the_push_is_the_fact() -> None:
    second = f"arn:aws:iam::{ACCOUNT}:role/second"
    chained = {**CONFIGURE.inputs, "role-to-assume": second, "role-chaining": "true"}
    after = replace(CONFIGURE, name="Third", inputs={**CONFIGURE.inputs, "role-to-assume": f"{ROLE}-after"})
    steps = (CHECKOUT, CONFIGURE, replace(CONFIGURE, name="Second", inputs=chained), LOGIN, PUSH, after)
    result = replay(recorded(*steps))
    assert verdicts(result) == (PASS, PASS, PASS, PASS, UNKNOWN)  # the fourth: it was allowed to take the next role
    assert result.facts.role_arn is not None
    assert str(result.facts.role_arn.value) == second


def test_two_registries_in_a_job_are_named() -> None:
    other = f"999988887777.dkr.ecr.{REGION}.amazonaws.com/shop/web"
    second = replace(
        PUSH, name="Ship again", run=f"docker push {other}:1.4.0", output=[f"1.4.0: digest: {DIGEST} size: 9"]
    )
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, PUSH, second))
    assert any("more than one registry" in note for note in result.notes)
    assert {need.resource for need in result.needs if need.action == "ecr:PutImage"} == {
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/web",
        f"arn:aws:ecr:{REGION}:999988887777:repository/shop/web",
    }


def test_a_push_to_another_registry_proves_nothing_about_ecr() -> None:
    elsewhere = Spec(run="docker push ghcr.io/acme/shop:1", output=[f"1: digest: {DIGEST} size: 9"])
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, elsewhere))
    assert all(DIGEST not in item.text for item in result.at(Gate.REGISTRY_AUTHORIZATION).evidence)


# recognised however it is written


def test_renamed_steps_and_no_workflow_file_change_nothing() -> None:
    misleading = [
        replace(spec, name=name) for spec, name in zip(RELEASE, ("Ship", "Lint", "Test", "Docs", "Notify"), strict=True)
    ]
    assert verdicts(replay(attempt_of(job_of(*misleading)))) == (PASS, PASS, PASS, UNKNOWN)


def test_a_name_alone_proves_nothing() -> None:
    fake = Spec(
        name="Run aws-actions/configure-aws-credentials@v4",
        run="true",
        output=["Authenticated as assumedRoleId AROA:x"],
    )
    result = replay(recorded(CHECKOUT, fake, LOGIN, PUSH))
    assert result.at(Gate.OIDC_TRUST).verdict is UNKNOWN


def test_a_head_that_a_script_printed_proves_nothing() -> None:
    fake = Spec(
        name="Print",
        run="cat heads.txt",
        output=[
            "##[group]Run aws-actions/configure-aws-credentials@v4",
            "with:",
            f"  role-to-assume: {ROLE}",
            f"  aws-region: {REGION}",
            "##[endgroup]",
            "Assuming role with OIDC",
            "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions",
        ],
    )
    assert replay(recorded(CHECKOUT, fake, LOGIN, PUSH)).at(Gate.OIDC_TRUST).verdict is UNKNOWN
    assert replay(attempt_of(job_of(CHECKOUT, fake, LOGIN, PUSH))).at(Gate.OIDC_TRUST).verdict is UNKNOWN


def test_a_composite_action_is_read_through_the_heads_of_its_steps() -> None:
    composite = Spec(name="Release", uses="./.github/actions/release", nested=(CONFIGURE, LOGIN, PUSH))
    assert verdicts(replay(recorded(CHECKOUT, composite))) == (PASS, PASS, PASS, UNKNOWN)


def test_a_failure_inside_a_composite_action_has_its_line_in_the_outer_step() -> None:
    inner = replace(LOGIN, output=[TOKEN_DENIED])
    composite = Spec(name="Release", uses="./.github/actions/release", nested=(CONFIGURE, inner), conclusion="failure")
    result = replay(recorded(CHECKOUT, composite))
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert "#step:3:" in (result.at(Gate.REGISTRY_AUTHORIZATION).evidence[0].address or "")


def test_a_job_of_a_called_workflow_is_read_from_its_log() -> None:
    job = job_of(*RELEASE, name="call / release")
    caller = replace(written_job(name="call"), uses="acme/flows/.github/workflows/push.yml@v1")
    result = replay(with_workflow(attempt_of(job), file_of(caller)))
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert len(result.needs) == 9


def test_an_attempt_whose_jobs_could_not_be_read_says_why() -> None:
    attempt = attempt_of(jobs=Unreadable("jobs", "the token may not read them (403)", "grant it", "actions: read"))
    result = replay(with_workflow(attempt, file_of(written_job(*RELEASE))))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.at(Gate.OIDC_TRUST).missing[0].permission == "actions: read"
    assert len(result.needs) == 9


@pytest.mark.parametrize("conclusion", ["neutral", "action_required", "stale", "something-new"])
def test_unheard_of_conclusions_fail_no_gate(conclusion: str) -> None:
    job = Job(1, "release", "completed", conclusion, BEGIN, BEGIN)
    assert FAIL not in verdicts(replay(with_workflow(attempt_of(job), file_of(written_job(*RELEASE)))))


def test_the_checkpoint_of_a_pass_is_the_furthest_that_was_proved() -> None:
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, PUSH))
    assert result.at(Gate.REGISTRY_AUTHORIZATION).checkpoint is Checkpoint.REGISTRY_PUSH
