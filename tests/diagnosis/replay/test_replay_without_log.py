"""When the log is gone, conclusions and annotations decide as far as they carry, and no further."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import (
    CHECKOUT,
    CONFIGURE,
    EXPIRED,
    IMAGE,
    LOGIN,
    PUSH,
    READ_BACK,
    RELEASE,
    ROLE,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    skipped,
    written_job,
)

from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.replay.attempt import replay

PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN


def verdicts(result) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


def without_log(*specs: Spec, annotations: tuple[str, ...] = (), **workflow: bool):
    job = job_of(*specs, log=EXPIRED, annotations=annotations)
    return replay(with_workflow(attempt_of(job), file_of(written_job(*specs), **workflow)))


def test_an_annotation_decides_the_gate_and_the_verdict_says_what_the_log_would_add() -> None:
    words = denied("ecr:GetAuthorizationToken", "*")
    result = without_log(CHECKOUT, CONFIGURE, failing(LOGIN), *skipped(PUSH, READ_BACK), annotations=(words,))
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert gate.evidence[0].kind is EvidenceKind.ANNOTATION
    assert gate.missing[0].permission == "actions: read"
    assert "410" in gate.missing[0].why


def test_a_step_conclusion_proves_the_authentication_plane_with_the_file() -> None:
    result = without_log(*RELEASE)
    gate = result.at(Gate.OIDC_TRUST)
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert {item.kind for item in gate.evidence} == {EvidenceKind.STEP, EvidenceKind.WORKFLOW_FILE}
    assert gate.missing


def test_without_a_granted_id_token_a_green_step_did_not_use_the_token() -> None:
    assert without_log(*RELEASE, id_token=False).at(Gate.OIDC_TRUST).verdict is UNKNOWN


def test_under_continue_on_error_a_green_step_may_have_failed() -> None:
    tolerated = replace(CONFIGURE, continue_on_error=True)
    assert without_log(CHECKOUT, tolerated, LOGIN, PUSH).at(Gate.ROLE_ASSUMPTION).verdict is UNKNOWN


@pytest.mark.parametrize(
    "script",
    [
        f"docker push {IMAGE}:1 || true",
        f"docker push {IMAGE}:1 | tee push.log",
        f"set +e\ndocker push {IMAGE}:1\ntrue",
        f"if docker push {IMAGE}:1; then echo ok; fi",
        f'echo "$(docker push {IMAGE}:1)"',
    ],
)
def test_a_script_that_hides_the_failure_of_its_push_proves_nothing_by_succeeding(script: str) -> None:
    hidden = replace(PUSH, run=script)
    assert without_log(CHECKOUT, CONFIGURE, LOGIN, hidden).at(Gate.REGISTRY_AUTHORIZATION).verdict is UNKNOWN


def test_a_failed_step_alone_names_the_plane_and_no_gate() -> None:
    result = without_log(CHECKOUT, failing(CONFIGURE), *skipped(LOGIN, PUSH))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.stopped_by is not None
    assert (result.stopped_by.plane, result.stopped_by.gate) == (Plane.AUTHENTICATION, None)


def test_a_failed_push_alone_may_be_anything() -> None:
    result = without_log(CHECKOUT, CONFIGURE, LOGIN, failing(PUSH), *skipped(READ_BACK))
    assert verdicts(result) == (PASS, PASS, UNKNOWN, UNKNOWN)
    assert result.stopped_by is not None
    assert result.stopped_by.plane is Plane.OTHER


def test_an_exit_code_in_an_annotation_names_no_gate() -> None:
    words = ("Process completed with exit code 1.",)
    result = without_log(CHECKOUT, CONFIGURE, LOGIN, failing(PUSH), *skipped(READ_BACK), annotations=words)
    assert FAIL not in verdicts(result)


def test_without_log_and_file_the_names_of_the_steps_prove_nothing() -> None:
    job = job_of(*RELEASE, log=EXPIRED)
    assert verdicts(replay(attempt_of(job))) == (UNKNOWN,) * 4


def test_without_the_file_an_annotation_still_decides_its_gate() -> None:
    job = job_of(
        CHECKOUT, CONFIGURE, failing(LOGIN), log=EXPIRED, annotations=(denied("ecr:GetAuthorizationToken", "*"),)
    )
    result = replay(attempt_of(job))
    assert verdicts(result) == (UNKNOWN, UNKNOWN, FAIL, BLOCKED)


def test_the_empty_log_of_a_job_that_was_not_run_again_is_no_log() -> None:
    job = job_of(*RELEASE, log=Known(""))
    gate = replay(with_workflow(attempt_of(job), file_of(written_job(*RELEASE)))).at(Gate.OIDC_TRUST)
    assert gate.verdict is PASS
    assert gate.missing


def test_static_keys_are_seen_in_the_file() -> None:
    inputs = {
        "aws-access-key-id": "${{ secrets.KEY }}",
        "aws-secret-access-key": "${{ secrets.SECRET }}",
        "aws-region": "eu-west-1",
    }
    configure = replace(CONFIGURE, inputs=inputs)
    result = without_log(CHECKOUT, configure, LOGIN, PUSH)
    assert result.at(Gate.OIDC_TRUST).verdict is FAIL
    assert result.at(Gate.OIDC_TRUST).cause == "static-credentials"


def test_a_role_in_the_file_is_a_fact_without_a_log() -> None:
    result = without_log(*RELEASE)
    assert result.facts.role_arn is not None
    assert str(result.facts.role_arn.value) == ROLE
    assert result.facts.role_arn.found_in.kind is EvidenceKind.WORKFLOW_FILE
    assert result.facts.role_arn.found_in.address is not None
    assert result.facts.role_arn.found_in.address.endswith(
        "/blob/c0ffee" + "0" * 34 + "/.github/workflows/release.yml#L20"
    )
