"""An expired log, and a preflight artifact of the same attempt: it explains what the record shows, and opens nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from made_attempts import with_workflow
from replay_builders import (
    BEGIN,
    CHECKOUT,
    CONFIGURE,
    EXPIRED,
    LOGIN,
    PUSH,
    READ_BACK,
    RELEASE,
    Spec,
    attempt_of,
    failing,
    file_of,
    job_of,
    skipped,
    written_job,
)
from stated_worlds import artifacts, problem, stated, text_of

from diagnosis.causes import Cause
from diagnosis.facts.evidence import EvidenceKind, Origin
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay

PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN
SUBJECT = problem(Checkpoint.ROLE_ASSUMPTION, Cause.SUBJECT_NOT_ADMITTED)
TOKEN = problem(Checkpoint.REGISTRY_AUTH, Cause.GET_AUTHORIZATION_TOKEN, "ecr:GetAuthorizationToken", resource="*")
SCOPE = problem(Checkpoint.REGISTRY_PUSH, Cause.PUSH_SCOPE, "ecr:PutImage")
ABSENT = problem(None, Cause.REPOSITORY_ABSENT)
EXCESS = problem(Checkpoint.LEAST_PRIVILEGE, Cause.WILDCARD_ESCALATION, "s3:*")
REFUSED = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
STOPPED_AT_ROLE = (CHECKOUT, failing(CONFIGURE), *skipped(LOGIN, PUSH))
STOPPED_AT_LOGIN = (CHECKOUT, CONFIGURE, failing(LOGIN), *skipped(PUSH))
STOPPED_AT_PUSH = (CHECKOUT, CONFIGURE, LOGIN, failing(PUSH), *skipped(READ_BACK))
PREFLIGHT = Spec(name="Judge the gates", run="planescope preflight -o planescope-preflight.json")


def verdicts(result: Replay) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


def without_log(*specs: Spec, told: tuple[str, ...] = (), annotations: tuple[str, ...] = (), name: str = "release"):
    job = job_of(*specs, log=EXPIRED, annotations=annotations, name=name)
    return replay(with_workflow(attempt_of(job, artifacts=artifacts(*told)), file_of(written_job(*specs, name=name))))


@pytest.mark.parametrize(
    ("specs", "found", "gate", "expected"),
    [
        (STOPPED_AT_ROLE, SUBJECT, Gate.ROLE_ASSUMPTION, (UNKNOWN, FAIL, BLOCKED, BLOCKED)),
        (STOPPED_AT_LOGIN, TOKEN, Gate.REGISTRY_AUTHORIZATION, (PASS, PASS, FAIL, BLOCKED)),
        (STOPPED_AT_PUSH, SCOPE, Gate.REGISTRY_AUTHORIZATION, (PASS, PASS, FAIL, BLOCKED)),
    ],
)
def test_it_gives_a_failed_step_its_gate_and_cause(specs, found, gate, expected) -> None:
    result = without_log(*specs, told=(text_of(stated(found)),))
    verdict = result.at(gate)
    assert verdicts(result) == expected
    assert (verdict.cause, verdict.checkpoint) == (found.cause, found.checkpoint)
    assert "judged before the push at 2026-03-02 09:00:01 UTC, a statement of the job about itself" in verdict.reason
    assert verdict.reason.startswith("Step “")
    assert "cannot be told" not in verdict.reason
    step, artifact = verdict.evidence
    assert (step.kind, artifact.kind, artifact.origin) == (EvidenceKind.STEP, EvidenceKind.ARTIFACT, Origin.STATED)
    assert artifact.address == "https://github.com/acme/shop/actions/runs/900/artifacts/31"
    assert verdict.missing  # what the log would add is still said


DEPLOY = Spec(
    name="Roll out",
    uses="aws-actions/amazon-ecs-deploy-task-definition@v2",
    inputs={"task-definition-arn": "api:7", "service": "api", "cluster": "main"},
)
SERVICES = problem(Checkpoint.SERVICE_AUTHORIZATION, Cause.SERVICE_ACTION, "ecs:UpdateService", resource="*")


def test_it_explains_a_deployment_that_failed_behind_the_push_or_before_it() -> None:
    behind = without_log(CHECKOUT, CONFIGURE, LOGIN, PUSH, failing(DEPLOY), told=(text_of(stated(SERVICES)),))
    assert verdicts(behind) == (PASS, PASS, PASS, FAIL, BLOCKED)
    before = without_log(
        CHECKOUT, CONFIGURE, failing(DEPLOY), *skipped(LOGIN, PUSH), told=(text_of(stated(SCOPE, SERVICES)),)
    )
    assert verdicts(before) == (PASS, PASS, BLOCKED, FAIL, BLOCKED)


def test_it_explains_no_deployment_by_what_the_push_would_have_met_before() -> None:
    told = (text_of(stated(SCOPE, SERVICES)),)
    result = without_log(CHECKOUT, CONFIGURE, LOGIN, PUSH, failing(DEPLOY), told=told)
    assert all(gate.verdict is not FAIL for gate in result.gates)


def test_a_role_whose_account_is_masked_may_be_the_one() -> None:
    told = text_of(stated(SUBJECT, role_arn="arn:aws:iam::************:role/release"))
    assert without_log(*STOPPED_AT_ROLE, told=(told,)).at(Gate.ROLE_ASSUMPTION).cause == SUBJECT.cause


def test_of_the_candidates_of_an_annotation_it_chooses_one() -> None:
    alone = without_log(*STOPPED_AT_ROLE, annotations=(REFUSED,))
    result = without_log(*STOPPED_AT_ROLE, annotations=(REFUSED,), told=(text_of(stated(SUBJECT)),))
    assert alone.at(Gate.ROLE_ASSUMPTION).cause is None
    assert SUBJECT.cause in alone.at(Gate.ROLE_ASSUMPTION).candidates
    assert result.at(Gate.ROLE_ASSUMPTION).cause == SUBJECT.cause
    assert result.at(Gate.ROLE_ASSUMPTION).candidates == ()
    assert result.at(Gate.ROLE_ASSUMPTION).evidence[0].kind is EvidenceKind.ANNOTATION


def test_the_registrys_state_stops_a_push_and_fails_no_gate() -> None:
    result = without_log(*STOPPED_AT_PUSH, told=(text_of(stated(ABSENT)),))
    assert verdicts(result) == (PASS, PASS, UNKNOWN, UNKNOWN)
    assert result.stopped_by is not None
    assert (result.stopped_by.plane, result.stopped_by.cause) == (Plane.REGISTRY_STATE, "repository-absent")


@pytest.mark.parametrize(
    ("specs", "told"),
    [
        (STOPPED_AT_PUSH, stated(SUBJECT)),  # the run got past the role
        (STOPPED_AT_LOGIN, stated(SCOPE)),  # a login does not push
        (STOPPED_AT_LOGIN, stated(ABSENT)),
        (STOPPED_AT_LOGIN, stated()),  # everything was open
        (STOPPED_AT_PUSH, stated(EXCESS)),  # too much is no reason for a denial
        (STOPPED_AT_PUSH, stated(TOKEN)),  # the login had worked
        ((CHECKOUT, failing(Spec(name="Tests", run="make test")), *skipped(CONFIGURE, LOGIN, PUSH)), stated(SUBJECT)),
        (STOPPED_AT_LOGIN, stated(TOKEN, at=BEGIN + timedelta(minutes=4))),  # judged afterwards
        (STOPPED_AT_LOGIN, stated(TOKEN, job="other")),
        (STOPPED_AT_ROLE, stated(SUBJECT, role_arn="arn:aws:iam::111122223333:role/other")),
    ],
)
def test_a_statement_that_does_not_fit_the_record_explains_nothing(specs, told) -> None:
    alone, result = without_log(*specs), without_log(*specs, told=(text_of(told),))
    assert verdicts(result) == verdicts(alone)
    assert [gate.cause for gate in result.gates] == [gate.cause for gate in alone.gates]


def test_a_pass_makes_no_pass_and_is_shown_beside_the_unknown() -> None:
    hidden = replace(PUSH, run=f"{PUSH.run} || true")
    alone, result = (
        without_log(CHECKOUT, CONFIGURE, LOGIN, hidden),
        without_log(CHECKOUT, CONFIGURE, LOGIN, hidden, told=(text_of(stated()),)),
    )
    assert verdicts(result) == verdicts(alone) == (PASS, PASS, UNKNOWN, UNKNOWN)
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert gate.reason.endswith("a statement of the job about itself: pass; that alone decides nothing.")
    assert gate.evidence[-1].origin is Origin.STATED


def test_what_it_found_beyond_the_need_stays_a_candidate() -> None:
    gate = without_log(*RELEASE, told=(text_of(stated(EXCESS)),)).at(Gate.LEAST_PRIVILEGE)
    assert (gate.verdict, gate.cause, gate.candidates) == (UNKNOWN, None, (Cause.WILDCARD_ESCALATION,))


def test_the_preflight_that_stopped_its_own_job_names_the_gate() -> None:
    steps = (CHECKOUT, failing(PREFLIGHT), *skipped(CONFIGURE, LOGIN, PUSH))
    assert verdicts(without_log(*steps)) == (UNKNOWN,) * 4
    result = without_log(*steps, told=(text_of(stated(SUBJECT, SCOPE)),))
    assert verdicts(result) == (UNKNOWN, FAIL, BLOCKED, BLOCKED)
    assert "stopped the job before this gate was tried" in result.at(Gate.ROLE_ASSUMPTION).reason


def test_a_preflight_that_could_not_decide_names_no_gate() -> None:
    steps = (CHECKOUT, failing(PREFLIGHT), *skipped(CONFIGURE, LOGIN, PUSH))
    result = without_log(*steps, told=(text_of(stated(unknown=(Gate.ROLE_ASSUMPTION,))),))
    assert verdicts(result) == (UNKNOWN,) * 4
    assert result.stopped_by is not None
    assert "could not decide: Role assumption" in result.stopped_by.sentence


def test_a_job_of_its_own_may_judge_the_releasing_one() -> None:
    first = job_of(CHECKOUT, failing(PREFLIGHT), log=EXPIRED, name="preflight")
    second = job_of(conclusion="skipped", log=EXPIRED, job_id=72)
    file = file_of(written_job(CHECKOUT, PREFLIGHT, name="preflight"), written_job(*RELEASE))
    result = replay(with_workflow(attempt_of(first, second, artifacts=artifacts(text_of(stated(SUBJECT)))), file))
    assert verdicts(result) == (UNKNOWN, FAIL, BLOCKED, BLOCKED)


def test_a_log_that_can_be_read_decides_alone() -> None:
    attempt = attempt_of(job_of(*RELEASE), artifacts=artifacts(text_of(stated(SCOPE)), text_of(stated(run=1))))
    result = replay(with_workflow(attempt, file_of(written_job(*RELEASE))))
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert not any("reflight" in text for text in (*result.notes, *(gate.reason for gate in result.gates)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (text_of(stated(TOKEN, run=901)), "it is of run 901, attempt 1"),
        (text_of(stated(TOKEN, attempt=2)), "attempt 2"),
        (text_of(stated(TOKEN, repository="acme/other")), "it is of acme/other"),
        (text_of(stated(TOKEN, at=BEGIN - timedelta(days=3))), "when the attempt was not running"),
        (text_of(stated(TOKEN), schema="planescope.preflight/2"), "its schema is planescope.preflight/2"),
        (text_of(stated(TOKEN), verdict="pass"), "its verdict is not that of its gates"),
        (text_of(stated(TOKEN), problems=[]), "its problems are not those of its failing gates"),
        (text_of(stated(TOKEN))[:-40], "it is no JSON that can be read"),
        (text_of(stated(TOKEN)) + " " * 600_000, "longer than"),
    ],
)
def test_a_document_that_cannot_be_used_is_ignored_and_that_is_said(text: str, why: str) -> None:
    alone, result = without_log(*STOPPED_AT_LOGIN), without_log(*STOPPED_AT_LOGIN, told=(text,))
    assert result.gates == alone.gates
    (note,) = set(result.notes) - set(alone.notes)
    assert why in note


def test_statements_that_differ_are_not_used() -> None:
    result = without_log(*STOPPED_AT_LOGIN, told=(text_of(stated(TOKEN)), text_of(stated())))
    assert result.gates == without_log(*STOPPED_AT_LOGIN).gates
    assert any("say different things" in note for note in result.notes)
    same = without_log(*STOPPED_AT_LOGIN, told=(text_of(stated(TOKEN)), text_of(stated(TOKEN))))
    assert same.at(Gate.REGISTRY_AUTHORIZATION).cause == TOKEN.cause
