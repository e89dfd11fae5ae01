"""Where a run was refused decides its gate; what went before passes by proof only, what comes after is blocked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    CHECKOUT,
    CONFIGURE,
    DIGEST,
    HOST,
    IMAGE,
    LOGIN,
    PUSH,
    READ_BACK,
    RELEASE,
    REPOSITORY_ARN,
    ROLE,
    SESSION,
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

from diagnosis.facts.evidence import EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Gate, Owner, Plane, Verdict
from diagnosis.replay.attempt import replay

PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN
NO_PROVIDER = (
    "Could not assume role with OIDC: No OpenIDConnect provider found in your account for "
    "https://token.actions.githubusercontent.com"
)
NOT_TRUSTED = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def verdicts(result) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


def test_an_absent_provider_fails_the_first_gate_and_blocks_the_rest() -> None:
    steps = (CHECKOUT, failing(CONFIGURE, "Assuming role with OIDC", f"##[error]{NO_PROVIDER}"), *skipped(LOGIN, PUSH))
    result = replay(recorded(*steps))
    gate = result.at(Gate.OIDC_TRUST)
    assert verdicts(result) == (FAIL, BLOCKED, BLOCKED, BLOCKED)
    assert gate.checkpoint is Checkpoint.OIDC_TRUST
    assert "oidc-provider-absent" in (gate.cause, *gate.candidates)
    assert "oidc-trust" in result.at(Gate.ROLE_ASSUMPTION).reason
    assert result.stopped_by is not None
    assert result.stopped_by.plane is Plane.AUTHENTICATION


def test_the_proving_line_is_given_with_its_address_its_time_and_its_neighbours() -> None:
    steps = (CHECKOUT, failing(CONFIGURE, "Assuming role with OIDC", f"##[error]{NO_PROVIDER}"), *skipped(LOGIN, PUSH))
    attempt = recorded(*steps)
    (evidence,) = replay(attempt).at(Gate.OIDC_TRUST).evidence
    log = attempt.jobs.value[0].log.value.split("\n")  # type: ignore[union-attr] # built as Known
    assert evidence.kind is EvidenceKind.LOG_LINE
    assert evidence.line is not None
    assert log[evidence.line - 1].endswith(f"##[error]{NO_PROVIDER}")
    assert evidence.text == NO_PROVIDER
    # head, with:, three inputs, endgroup and one line of output stand before it
    assert evidence.address == "https://github.com/acme/shop/actions/runs/900/job/71#step:3:8"
    assert evidence.before[-1] == "Assuming role with OIDC"
    assert len(evidence.before) <= 2
    assert len(evidence.after) <= 2
    assert evidence.at is not None
    assert evidence.origin is Origin.RECORDED


def test_a_refusal_at_the_trust_policy_proves_the_gate_before_it() -> None:
    steps = (CHECKOUT, failing(CONFIGURE, "Assuming role with OIDC", f"##[error]{NOT_TRUSTED}"), *skipped(LOGIN, PUSH))
    result = replay(recorded(*steps))
    assert verdicts(result) == (PASS, FAIL, BLOCKED, BLOCKED)
    refused = result.at(Gate.ROLE_ASSUMPTION)
    assert refused.cause is None
    assert {"subject-not-admitted", "condition-operator"} <= set(refused.candidates)
    assert result.at(Gate.OIDC_TRUST).evidence[0].text == NOT_TRUSTED


def test_a_refusal_of_another_sts_call_does_not_prove_the_gate_before_it() -> None:
    runner = f"arn:aws:sts::{ACCOUNT}:assumed-role/runner/i-0abc"
    words = f"User: {runner} is not authorized to perform: sts:TagSession on resource: {ROLE}"
    steps = (CHECKOUT, failing(CONFIGURE, f"##[error]{words}"), *skipped(LOGIN, PUSH))
    result = replay(recorded(*steps))
    assert result.at(Gate.ROLE_ASSUMPTION).verdict is FAIL
    assert result.at(Gate.OIDC_TRUST).verdict is UNKNOWN


def test_a_denied_token_fails_the_registry_gate_after_two_proved_ones() -> None:
    words = denied("ecr:GetAuthorizationToken", "*")
    result = replay(recorded(CHECKOUT, CONFIGURE, failing(LOGIN, f"##[error]{words}"), *skipped(PUSH, READ_BACK)))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert (gate.checkpoint, gate.cause, gate.actions) == (
        Checkpoint.REGISTRY_AUTH,
        "get-authorization-token",
        ("ecr:GetAuthorizationToken",),
    )
    assert result.facts.principal is not None
    assert result.facts.principal.value == SESSION


@pytest.mark.parametrize("action", ["ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:BatchCheckLayerAvailability"])
def test_a_denied_push_action_is_told_apart_from_the_login(action: str) -> None:
    words = f"denied: {denied(action)}"
    push = failing(PUSH, f"The push refers to repository [{IMAGE}]", words, exit_code=1)
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, push, *skipped(READ_BACK)))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert gate.checkpoint is Checkpoint.REGISTRY_PUSH
    assert gate.actions == (action,)
    assert result.stopped_by is not None
    assert result.stopped_by.resource == REPOSITORY_ARN


def test_a_denied_digest_step_is_a_read_and_still_fails_the_gate() -> None:
    words = f"An error occurred (AccessDeniedException) when calling the DescribeImages operation: {denied('ecr:DescribeImages')}"
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, PUSH, failing(READ_BACK, words, exit_code=254)))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.verdict is FAIL
    assert gate.checkpoint is Checkpoint.REGISTRY_PULL
    assert result.facts.digest is not None
    assert result.facts.digest.value == DIGEST


def test_a_success_passes_three_gates_each_with_the_line_that_proves_it() -> None:
    result = replay(recorded(*RELEASE))
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert result.stopped_by is None
    texts = {gate.gate: [item.text for item in gate.evidence] for gate in result.gates}
    assert any("Authenticated as assumedRoleId" in text for text in texts[Gate.OIDC_TRUST])
    assert any("Authenticated as assumedRoleId" in text for text in texts[Gate.ROLE_ASSUMPTION])
    assert any(HOST in text for text in texts[Gate.REGISTRY_AUTHORIZATION])
    assert any(DIGEST in text for text in texts[Gate.REGISTRY_AUTHORIZATION])
    assert result.at(Gate.REGISTRY_AUTHORIZATION).checkpoint is Checkpoint.REGISTRY_PULL


def test_least_privilege_is_never_proved_by_a_run_and_says_how_to_obtain_it() -> None:
    gate = replay(recorded(*RELEASE)).at(Gate.LEAST_PRIVILEGE)
    assert gate.verdict is UNKNOWN
    assert gate.missing[0].how


@pytest.mark.parametrize(
    ("words", "plane"),
    [
        (
            (
                "tag invalid: The image tag '1.4.0' already exists in the 'shop/web' repository and cannot be overwritten "
                "because the repository is immutable."
            ),
            Plane.REGISTRY_STATE,
        ),
        (
            f"name unknown: The repository with name 'shop/web' does not exist in the registry with id '{ACCOUNT}'",
            Plane.REGISTRY_STATE,
        ),
        ("write /var/lib/docker/tmp/x: no space left on device", Plane.OTHER),
    ],
)
def test_a_failure_that_is_no_gate_names_none_and_blocks_nothing(words: str, plane: Plane) -> None:
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, failing(PUSH, words, exit_code=1), *skipped(READ_BACK)))
    assert result.stopped_by is not None
    assert (result.stopped_by.plane, result.stopped_by.gate) == (plane, None)
    assert verdicts(result) == (PASS, PASS, UNKNOWN, UNKNOWN)
    assert FAIL not in verdicts(result)
    assert "another reason" in result.at(Gate.REGISTRY_AUTHORIZATION).reason


def test_tests_that_fail_before_the_release_leave_every_gate_unknown() -> None:
    tests = failing(
        Spec(name="Tests", run="make test"), "E   AssertionError: 3 != 4", "1 failed, 12 passed", exit_code=2
    )
    result = replay(recorded(CHECKOUT, tests, *skipped(CONFIGURE, LOGIN, PUSH, READ_BACK)))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.stopped_by is not None
    assert result.stopped_by.plane is Plane.OTHER


def test_error_words_in_an_echoed_script_or_an_input_decide_nothing() -> None:
    quoted = "docker push x || echo 'User: a is not authorized to perform: ecr:PutImage on resource: b'\nexit 3"
    script = failing(Spec(name="Script", run=quoted), "nothing to see", exit_code=3)
    action = Spec(
        name="Comment", uses="acme/comment@v1", inputs={"body": f"We saw:\n{NO_PROVIDER}\n##[error]{NO_PROVIDER}"}
    )
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, PUSH, action, script))
    assert FAIL not in verdicts(result)
    assert result.stopped_by is not None
    assert result.stopped_by.gate is None


def test_a_marker_at_the_beginning_of_an_echoed_line_is_part_of_the_script() -> None:
    quoted = f"# seen last week:\n##[error]denied: {denied('ecr:PutImage')}\nexit 1"
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, failing(Spec(run=quoted), "no idea", exit_code=1)))
    assert FAIL not in verdicts(result)


def test_steps_after_the_failure_cannot_change_its_verdict() -> None:
    late = failing(
        Spec(name="Tell them", run="docker logout"),
        "Error response from daemon: no basic auth credentials",
        exit_code=1,
    )
    words = denied("ecr:GetAuthorizationToken", "*")
    result = replay(recorded(CHECKOUT, CONFIGURE, failing(LOGIN, f"##[error]{words}"), *skipped(PUSH), late))
    assert result.at(Gate.REGISTRY_AUTHORIZATION).cause == "get-authorization-token"


def test_what_a_recording_made_up_is_marked_in_the_evidence() -> None:
    job = replace(job_of(*RELEASE), log_origin=Origin.RECONSTRUCTED)
    result = replay(with_workflow(attempt_of(job), file_of(written_job(*RELEASE))))
    lines = [item for gate in result.gates for item in gate.evidence if item.kind is EvidenceKind.LOG_LINE]
    assert lines
    assert all(item.origin is Origin.RECONSTRUCTED for item in lines)
    steps = [item for gate in result.gates for item in gate.evidence if item.kind is EvidenceKind.STEP]
    assert all(item.origin is Origin.RECORDED for item in steps)


def test_retries_are_counted_with_the_time_they_took() -> None:
    tries = ["Assuming role with OIDC"] * 6
    steps = (CHECKOUT, failing(CONFIGURE, *tries, f"##[error]{NOT_TRUSTED}"), *skipped(LOGIN, PUSH))
    result = replay(recorded(*steps))
    assert result.retries == 5
    assert any("5 retries" in note for note in result.notes)


def test_announced_retries_are_counted_too() -> None:
    tries = [
        f"Retry AssumeRole: attempt {count} of 12 failed: Could not assume role with OIDC: nothing. Retrying after {count}ms."
        for count in range(1, 5)
    ]
    steps = (CHECKOUT, failing(CONFIGURE, *tries, f"##[error]{NOT_TRUSTED}"), *skipped(LOGIN, PUSH))
    assert replay(recorded(*steps)).retries == 4


@pytest.mark.parametrize(
    ("cause_words", "owner"),
    [
        (
            (
                f"denied: User: {SESSION} is not authorized to perform: ecr:PutImage on resource: {REPOSITORY_ARN} "
                "with an explicit deny in a service control policy"
            ),
            Owner.ORGANIZATION,
        ),
        (
            (
                f"denied: User: {SESSION} is not authorized to perform: ecr:PutImage on resource: {REPOSITORY_ARN} "
                "with an explicit deny in a resource-based policy"
            ),
            Owner.REGISTRY,
        ),
        (f"denied: {denied('ecr:PutImage')}", Owner.CLOUD_SECURITY),
    ],
)
def test_each_failure_names_its_owner(cause_words: str, owner: Owner) -> None:
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, failing(PUSH, cause_words, exit_code=1)))
    assert result.at(Gate.REGISTRY_AUTHORIZATION).owner is owner


def test_a_missing_id_token_permission_is_the_engineers_own() -> None:
    hint = (
        "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission? "
        "If you are not trying to authenticate with OIDC and the action is working successfully, you can ignore this message."
    )
    step = failing(
        CONFIGURE,
        hint,
        "##[error]Credentials could not be loaded, please check your action inputs: "
        "Could not load credentials from any providers",
    )
    steps = (CHECKOUT, step, *skipped(LOGIN, PUSH))
    result = replay(
        with_workflow(attempt_of(job_of(*steps, id_token=False)), file_of(written_job(*steps), id_token=False))
    )
    gate = result.at(Gate.OIDC_TRUST)
    assert (gate.verdict, gate.checkpoint, gate.cause) == (FAIL, Checkpoint.OIDC_TOKEN, "id-token-not-granted")
    assert gate.owner is Owner.RELEASE_ENGINEERING


def test_the_same_attempt_always_gets_the_same_answer() -> None:
    attempt = recorded(*RELEASE)
    assert replay(attempt) == replay(attempt)
    assert isinstance(attempt.jobs, Known)


def test_a_head_without_inputs_takes_them_from_the_file_also_where_they_speak_against_a_token() -> None:
    bare = replace(CONFIGURE, inputs={}, written_inputs=CONFIGURE.inputs)
    keys = replace(bare, written_inputs={**CONFIGURE.inputs, "aws-access-key-id": "${{ secrets.KEY }}"})
    passed, doubted = (verdicts(replay(recorded(CHECKOUT, step, LOGIN, PUSH))) for step in (bare, keys))
    assert passed[:2] == (Verdict.PASS, Verdict.PASS)
    assert Verdict.PASS not in doubted[:2]
