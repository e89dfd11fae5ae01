"""The incident `services` through every real part: what each of its stages shows, forecasts and proves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contradictions import contradictions

from diagnosis.causes import Cause, Integrity
from diagnosis.documents.judged_exit import exit_code
from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from tui.backend import RunQuery
from tui.backends.embedded import EmbeddedBackend
from tui.bootstrap import embedded_backend

MIGRATE_DEV = "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/migrate-dev"
STATE = "arn:aws:s3:::fraud-platform-dev-min-tfstate/dev_min/confluent/terraform.tfstate"
LOCK = "arn:aws:dynamodb:eu-west-2:230372904534:table/fraud-platform-dev-min-tflock"
PARAMETER = "arn:aws:ssm:eu-west-2:230372904534:parameter/fraud-platform/dev_min/confluent/"
EVIDENCE = "arn:aws:s3:::fraud-platform-dev-min-evidence"
DEV_FULL = "arn:aws:ecr:eu-west-2:230372904534:repository/fraud-platform-dev-full"
DIGEST = "sha256:99aa504b127598d17d3ec33e9f7d78af6d37c24f8dddea47687821e9dcdc4f11"
RUNS = [21993925506, 21994101734, 21994243860, 21998530514, 21998686793, 21998790226]
PUSHES = [22284036943, 22284070905]


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    """One embedded incident for the module; each test moves it to its stage."""
    opened = embedded_backend("1", "services")
    yield opened
    opened.close()


def at(backend: EmbeddedBackend, stage: int) -> Diagnosis:
    backend.move_to(stage - 1)
    diagnosis = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
    assert not contradictions(diagnosis)
    return diagnosis


def recorded(diagnosis: Diagnosis) -> dict[int, list[str]]:
    """Return the verdicts of each attempt, by the first letter."""
    return {replay.attempt.run_id: [verdict.verdict.value for verdict in replay.gates] for replay in diagnosis.replays}


def live(diagnosis: Diagnosis) -> list[str]:
    assert diagnosis.live is not None
    return [verdict.verdict.value for verdict in diagnosis.live.gates]


def integrity(diagnosis: Diagnosis) -> set[Integrity]:
    assert diagnosis.closure is not None
    return {finding.slug for finding in diagnosis.closure.integrity}


@pytest.mark.parametrize(
    ("stage", "code", "runs", "today"),
    [
        (1, 1, RUNS[:1], ["pass", "fail", "pass", "fail", "pass"]),
        (2, 1, RUNS[:3], ["pass", "pass", "pass", "fail", "pass"]),
        (3, 1, RUNS[:5], ["pass", "pass", "pass", "fail", "pass"]),
        (4, 0, RUNS, ["pass", "pass", "pass", "pass", "pass"]),
        (5, 1, PUSHES[:1], ["pass", "pass", "fail", "pass"]),
        (6, 0, PUSHES, ["pass", "pass", "pass", "pass"]),
    ],
)
def test_each_stage_shows_its_chain_and_what_passes_today(
    backend: EmbeddedBackend, stage: int, code: int, runs: list[int], today: list[str]
) -> None:
    diagnosis = at(backend, stage)
    assert list(recorded(diagnosis)) == runs
    assert live(diagnosis) == today
    assert exit_code(diagnosis) == code
    assert diagnosis.moment.startswith(f"Stage {stage} of 6: ")


def test_only_the_runs_up_to_the_moment_are_served(backend: EmbeddedBackend) -> None:
    seen = []
    for index in range(6):
        backend.move_to(index)
        seen.append(backend.list_runs(RunQuery(), 1, cancelled=lambda: False).total)
    assert seen == [1, 3, 5, 6, 7, 8]


def test_the_first_red_run_forecasts_every_later_denial_of_the_lane(backend: EmbeddedBackend) -> None:
    """The subject, then the state, the parameters, the lock and the evidence, each with the step that calls it."""
    forecast = at(backend, 1).forecast
    evidence = f"{EVIDENCE}/evidence/dev_min/substrate/platform_20260213T162112Z/topic_readiness_snapshot.json"
    assert (forecast[0].gate, forecast[0].cause) == (Gate.ROLE_ASSUMPTION, Cause.SUBJECT_NOT_ADMITTED)
    assert MIGRATE_DEV in forecast[0].reason
    services = forecast[1:]
    assert {(item.cause, item.checkpoint) for item in services} == {
        (Cause.SERVICE_ACTION, Checkpoint.SERVICE_AUTHORIZATION)
    }
    assert {(item.step, item.resource, item.actions) for item in services} == {
        ("Terraform backend init", "arn:aws:s3:::fraud-platform-dev-min-tfstate", ("s3:ListBucket",)),
        ("Terraform backend init", STATE, ("s3:GetObject",)),
        ("Terraform backend init", LOCK, ("dynamodb:GetItem",)),
        ("Read Confluent API key", f"{PARAMETER}api_key", ("ssm:GetParameter",)),
        ("Read Confluent API key", f"{PARAMETER}api_secret", ("ssm:GetParameter",)),
        ("Terraform apply", STATE, ("s3:PutObject",)),
        ("Terraform apply", LOCK, ("dynamodb:PutItem", "dynamodb:DeleteItem")),
        ("Evidence upload", evidence, ("s3:PutObject",)),
        ("Evidence upload", EVIDENCE, ("s3:ListBucket",)),
    }


@pytest.mark.parametrize("stage", [1, 2, 3, 5])
def test_every_path_opens_every_gate_and_admits_nothing_else(backend: EmbeddedBackend, stage: int) -> None:
    diagnosis = at(backend, stage)
    assert diagnosis.paths
    for path in diagnosis.paths:
        assert path.opens_all, path.title
        assert path.still == ()
        assert path.newly_admitted == ()


def test_every_step_of_the_lane_was_understood(backend: EmbeddedBackend) -> None:
    for stage in (1, 2, 3, 4):
        diagnosis = at(backend, stage)
        assert diagnosis.live is not None
        assert diagnosis.live.gaps == (), stage


def test_stage_1_the_ref_alone_is_what_the_run_met(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 1)
    assert recorded(diagnosis)[RUNS[0]] == ["pass", "fail", "blocked", "blocked", "blocked"]
    assert [path.remediations[0].id for path in diagnosis.paths] == [
        "dispatch-on-dev",
        "dispatch-on-main",
        "admit-subject",
    ]


def test_stage_2_the_state_was_refused_and_the_path_before_it_is_no_access_failure(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 2)
    lookalike, refused = diagnosis.replays[1:]
    assert lookalike.stopped_by is not None
    assert lookalike.stopped_by.plane is Plane.OTHER
    assert Verdict.FAIL not in {verdict.verdict for verdict in lookalike.gates}
    assert lookalike.at(Gate.ROLE_ASSUMPTION).verdict is Verdict.PASS
    assert refused.at(Gate.ROLE_ASSUMPTION).verdict is Verdict.PASS
    denied = maybe_verdict_at(refused.gates, Gate.SERVICE_AUTHORIZATION)
    assert denied is not None
    assert (denied.verdict, Cause.SERVICE_ACTION in denied.candidates) == (Verdict.FAIL, True)
    assert "StatusCode: 403" in denied.evidence[0].text


def test_stage_2_the_code_that_runs_is_not_the_ref_in_the_subject(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 2)
    assert Integrity.REF_LAUNDERING in integrity(diagnosis)
    assert diagnosis.live is not None
    assert diagnosis.live.subjects == (MIGRATE_DEV.replace("migrate-dev", "main"),)
    # What the other ref holds is not what the run's commit holds: no file of it is taken for the run's.
    assert diagnosis.replays[2].attempt.files == ()


def test_stage_3_the_evidence_is_all_that_stops_the_lane(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 3)
    topic, denied = diagnosis.replays[3:]
    assert topic.stopped_by is not None
    assert topic.stopped_by.plane is Plane.OTHER
    assert topic.stopped_by.evidence is not None
    assert "already exists" in topic.stopped_by.evidence.text
    verdict = maybe_verdict_at(denied.gates, Gate.SERVICE_AUTHORIZATION)
    assert verdict is not None
    assert (verdict.verdict, verdict.cause) == (Verdict.FAIL, Cause.SERVICE_ACTION)
    assert "s3:PutObject" in verdict.reason
    assert [(item.step, item.actions) for item in diagnosis.forecast] == [
        ("Evidence upload", ("s3:PutObject",)),
        ("Evidence upload", ("s3:ListBucket",)),
    ]
    # What stopped a run that met no gate is what the packet shows of it, not what passed before.
    proofs = {entry.run: entry.proof.text if entry.proof else "" for entry in packet(diagnosis, Case()).attempts}
    assert "already exists" in proofs[21998530514]
    assert "No such file or directory" in proofs[21994101734]


def test_stage_4_the_lane_passes_and_its_chain_says_what_it_does_not_prove(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 4)
    assert diagnosis.forecast == ()
    assert diagnosis.paths == ()
    closure = diagnosis.closure
    assert closure is not None
    assert closure.status is ClosureStatus.UNPROVEN
    assert {Integrity.REF_CHANGED_IN_CHAIN, Integrity.REF_LAUNDERING} == integrity(diagnosis)
    rules = {rule.rule: rule.verdict for rule in closure.rules}
    assert rules["evidence-present"] is Verdict.PASS
    changed = next(found for found in closure.integrity if found.slug is Integrity.REF_CHANGED_IN_CHAIN)
    assert changed.reason.startswith("The chain went over refs/heads/main too and closed on refs/heads/migrate-dev")


def test_stage_5_the_login_passes_and_the_second_repository_is_forecast_whole(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 5)
    assert recorded(diagnosis)[PUSHES[0]] == ["pass", "pass", "fail", "blocked"]
    failed = diagnosis.replays[0].at(Gate.REGISTRY_AUTHORIZATION)
    assert (failed.checkpoint, failed.cause) == (Checkpoint.REGISTRY_PUSH, Cause.PUSH_SCOPE)
    assert [(item.cause, item.resource) for item in diagnosis.forecast] == [
        (Cause.PUSH_SCOPE, DEV_FULL),
        (Cause.PULL_SCOPE, DEV_FULL),
    ]
    (path,) = diagnosis.paths
    # Law 2: what the other repository is granted stays.
    assert all(not remediation.tightens for remediation in path.remediations)
    assert "repository/fraud-platform-dev-min" in "".join(item.aws_cli for item in path.remediations)


def test_stage_6_the_image_of_the_second_repository_is_the_recorded_one(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 6)
    assert diagnosis.forecast == ()
    closure = diagnosis.closure
    assert closure is not None
    rules = {rule.rule: rule.verdict for rule in closure.rules}
    assert rules["tag-and-digest"] is Verdict.PASS
    assert rules["no-side-channel"] is Verdict.UNKNOWN  # its time is the run's; CloudTrail was not read
    assert diagnosis.live is not None
    assert DIGEST in str(diagnosis.live.account.image)


def test_what_the_case_states_of_the_lane_is_not_taken_for_the_packaging(backend: EmbeddedBackend) -> None:
    def evidence_root(stage: int) -> str | None:
        found = at(backend, stage)
        assert found.live is not None
        return found.live.account.question.evidence_root

    assert evidence_root(4) == backend.case.evidence_root is not None
    assert evidence_root(6) is None


def test_moving_back_really_changes_the_account(backend: EmbeddedBackend) -> None:
    at(backend, 6)
    assert live(at(backend, 1)) == ["pass", "fail", "pass", "fail", "pass"]
    assert live(at(backend, 3))[1] == "pass"


def test_reconstructed_parts_are_labelled(backend: EmbeddedBackend) -> None:
    for stage in (4, 6):
        for replay in at(backend, stage).replays:
            assert replay.attempt.reconstructed
            stop = replay.stopped_by
            if stop is not None and stop.evidence is not None:
                assert stop.evidence.origin is Origin.RECONSTRUCTED


def test_the_ledger_holds_reading_calls_only_and_few_of_them(backend: EmbeddedBackend) -> None:
    before = len(backend.calls())
    at(backend, 4)
    calls = backend.calls()[before:]
    aws = {(call.service, call.operation) for call in calls if not call.service.startswith("github")}
    assert ("iam", "GetRole") in aws
    assert ("s3", "GetBucketPolicy") in aws
    assert all(name.startswith(("Get", "List", "Describe", "Head", "Simulate", "Lookup")) for _, name in aws)
    assert ("ecr", "GetAuthorizationToken") not in aws
    # Six runs with their jobs and logs, five workflow files, one artifact, and the files that the lane's steps use.
    assert len([call for call in calls if call.service.startswith("github")]) < 60
    known = len(backend.calls())
    backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
    assert len([call for call in backend.calls()[known:] if call.service.startswith("github")]) <= 2
