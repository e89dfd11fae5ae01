"""The embedded incident through every real part: loopback GitHub, PyGithub, boto3 on moto, judges, forecast, paths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contradictions import contradictions

from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.evidence import Origin
from diagnosis.gates import Gate, Verdict
from diagnosis.policy.language.tree import statements as statements_of
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import RunQuery
from tui.backends.embedded import EmbeddedBackend
from tui.bootstrap import embedded_backend

REPOSITORY_ARN = "arn:aws:ecr:eu-west-2:230372904534:repository/fraud-platform-dev-min"
EIGHT = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}
MIGRATE_DEV = "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/migrate-dev"


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    """One embedded incident for the module; each test moves it to its stage."""
    opened = embedded_backend("1")
    yield opened
    opened.close()


def at(backend: EmbeddedBackend, stage: int) -> Diagnosis:
    backend.move_to(stage - 1)
    diagnosis = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
    assert not contradictions(diagnosis)
    return diagnosis


def verdicts(diagnosis: Diagnosis, column: int) -> list[str]:
    return [verdict.verdict.value for verdict in diagnosis.replays[column].gates]


def live(diagnosis: Diagnosis) -> list[str]:
    assert diagnosis.live is not None
    return [verdict.verdict.value for verdict in diagnosis.live.gates]


def test_only_the_runs_up_to_the_moment_are_served(backend: EmbeddedBackend) -> None:
    seen = []
    for index in range(4):
        backend.move_to(index)
        seen.append(backend.list_runs(RunQuery(), 1, cancelled=lambda: False).total)
    assert seen == [1, 2, 3, 4]


def test_stage_1_recorded_and_live(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 1)
    assert verdicts(diagnosis, 0) == ["fail", "blocked", "blocked", "blocked"]
    failed = diagnosis.replays[0].at(Gate.OIDC_TRUST)
    assert failed.cause == "oidc-provider-absent"
    assert "No OpenIDConnect provider found in your account" in failed.evidence[0].text
    assert failed.evidence[0].address is not None
    assert failed.evidence[0].address.startswith(
        "https://github.com/EsosaOrumwese/fraud-detection-system/actions/runs/"
    )
    assert live(diagnosis) == ["fail", "fail", "fail", "pass"]
    assert exit_code(diagnosis) == 1


def test_stage_1_forecast_names_all_that_would_still_fail(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 1)
    assert [(p.gate, p.cause) for p in diagnosis.forecast] == [
        (Gate.OIDC_TRUST, "oidc-provider-absent"),
        (Gate.ROLE_ASSUMPTION, "subject-not-admitted"),
        (Gate.REGISTRY_AUTHORIZATION, "get-authorization-token"),
        (Gate.REGISTRY_AUTHORIZATION, "push-scope"),
        (Gate.REGISTRY_AUTHORIZATION, "pull-scope"),
    ]
    assert MIGRATE_DEV in diagnosis.forecast[1].reason
    assert diagnosis.forecast[2].actions == ("ecr:GetAuthorizationToken",)
    assert set(diagnosis.forecast[3].actions) == EIGHT - {"ecr:DescribeImages"}
    assert diagnosis.forecast[4].actions == ("ecr:DescribeImages",)


def test_stage_1_offers_exactly_the_provider_the_subject_and_nine_actions(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 1)
    offers = {remediation.id: remediation for remediation in diagnosis.remediations}
    provider = offers["create-oidc-provider"]
    assert "--client-id-list sts.amazonaws.com" in provider.aws_cli
    grant = offers["mend-role-permissions"].changes[0]
    assert grant.document is not None
    statements = statements_of(grant.document.tree)
    assert [(s["Action"], s["Resource"]) for s in statements if s["Resource"] == "*"] == [
        ("ecr:GetAuthorizationToken", "*")
    ]
    (exact,) = [s for s in statements if s["Resource"] != "*"]
    assert exact["Resource"] == REPOSITORY_ARN
    assert set(exact["Action"]) == EIGHT
    trust = offers["admit-subject"].changes[0]
    assert trust.values == (MIGRATE_DEV,)
    assert MIGRATE_DEV in (trust.document.text if trust.document else "")
    assert "*" not in MIGRATE_DEV


def test_dispatching_on_an_admitted_ref_comes_before_any_widening(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 1)
    first, *others = diagnosis.paths
    dispatch = next(r for r in first.remediations if r.id.startswith("dispatch-on-"))
    assert dispatch.widens == ()
    assert "migrate-dev" in first.does_not_prove
    assert {r.id for path in others for r in path.remediations} >= {"dispatch-on-main", "admit-subject"}


def test_every_path_is_proved_and_admits_nothing_else(backend: EmbeddedBackend) -> None:
    for path in at(backend, 1).paths:
        assert path.opens_all, path.title
        assert path.still == ()
        assert path.newly_admitted == ()


def test_every_remediation_is_written_in_every_language_and_has_an_owner(backend: EmbeddedBackend) -> None:
    for remediation in at(backend, 1).remediations:
        assert remediation.words
        assert remediation.aws_cli
        assert remediation.verify
        assert remediation.owner
        assert remediation.terraform or remediation.id.startswith("dispatch-on-")


def test_stage_2_the_planes_stay_apart(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 2)
    assert verdicts(diagnosis, 1) == ["pass", "pass", "fail", "blocked"]
    assert diagnosis.replays[1].at(Gate.REGISTRY_AUTHORIZATION).cause == "get-authorization-token"
    assert live(diagnosis) == ["pass", "pass", "fail", "pass"]
    assert [p.cause for p in diagnosis.forecast] == ["get-authorization-token", "push-scope", "pull-scope"]


def test_stage_3_passes_and_says_what_it_does_not_prove(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 3)
    assert verdicts(diagnosis, 2) == ["pass", "pass", "pass", "unknown"]
    assert live(diagnosis) == ["pass"] * 4
    assert diagnosis.forecast == ()
    assert exit_code(diagnosis) == 0
    closure = diagnosis.closure
    assert closure is not None
    assert closure.status is ClosureStatus.UNPROVEN
    assert "migrate-dev" in closure.sentence
    assert {finding.slug for finding in closure.integrity} == {"ref-changed-in-chain", "self-asserted-evidence"}


def test_stage_3_is_closed_for_one_ref_and_not_for_the_other(backend: EmbeddedBackend) -> None:
    closure = at(backend, 3).closure
    assert closure is not None
    assert [(item.subject, item.state.value) for item in closure.subjects] == [
        ("refs/heads/migrate-dev", "not proven"),
        ("refs/heads/dev", "closed"),
    ]
    said = "(the chain is not closed) are closed for refs/heads/dev, not proven for refs/heads/migrate-dev."
    assert closure.sentence.endswith(said)
    rules = {item.rule: item for item in closure.rules}
    # The finding turns its rule, and the log's clock was compared with the runs'.
    assert rules["evidence-measured"].verdict is Verdict.FAIL
    assert "security_secret_injection_checks.json" in rules["evidence-measured"].reason
    assert "11:42" in rules["decision-log-clock"].reason
    assert closure.next_steps[0] == rules["same-subject"].next_step


def test_the_image_of_run_3_is_in_the_registry(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 3)
    closure = {rule.rule: rule.verdict for rule in diagnosis.closure.rules} if diagnosis.closure else {}
    assert closure["tag-and-digest"] is Verdict.PASS
    assert closure["no-side-channel"] is Verdict.UNKNOWN  # its time is the run's; CloudTrail was not read
    assert closure["evidence-present"] is Verdict.PASS


def test_the_fourth_run_confirms_what_stage_1_forecast(backend: EmbeddedBackend) -> None:
    diagnosis = at(backend, 4)
    replay = next(r for r in diagnosis.replays if r.attempt.run_id == 21993925506)
    assert [v.verdict.value for v in replay.gates] == ["pass", "fail", "blocked", "blocked"]
    assert next(p.cause for p in diagnosis.forecast) == "subject-not-admitted"


def test_moving_back_really_changes_the_account(backend: EmbeddedBackend) -> None:
    assert live(at(backend, 3)) == ["pass"] * 4
    assert live(at(backend, 1)) == ["fail", "fail", "fail", "pass"]


def test_reconstructed_parts_are_labelled(backend: EmbeddedBackend) -> None:
    for replay in at(backend, 3).replays:
        assert replay.attempt.reconstructed
    passed = at(backend, 3).replays[2].at(Gate.ROLE_ASSUMPTION)
    assert any(evidence.origin is Origin.RECONSTRUCTED for evidence in passed.evidence)


def test_the_ledger_holds_reading_calls_only(backend: EmbeddedBackend) -> None:
    at(backend, 3)
    operations = {
        (call.service, call.operation) for call in backend.calls() if call.service in ("iam", "ecr", "sts", "s3")
    }
    assert ("iam", "GetRole") in operations
    assert all(name.startswith(("Get", "List", "Describe", "Head", "Simulate")) for _, name in operations)
    assert ("ecr", "GetAuthorizationToken") not in operations
