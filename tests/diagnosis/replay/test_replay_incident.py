"""The embedded incident, read straight from its recording: three runs and the fourth, gate by gate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from places import ROOT
from places import SHARED as SHARED_FOLDER

from diagnosis.facts.case import Case
from diagnosis.facts.evidence import EvidenceKind, Origin
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Annotation, Attempt, Job, Repository, Step
from diagnosis.gates import Gate, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay
from probes.workflow_file import workflow_file

RECORDING = ROOT / "probes" / "embedded" / "incident"
SHARED = SHARED_FOLDER / "incident" / "incident.json"
FIRST, SECOND, THIRD, FOURTH = 21985402789, 21985472266, 21985500168, 21993925506
PASS, FAIL, BLOCKED, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN
ARN = "arn:aws:ecr:eu-west-2:230372904534:repository/fraud-platform-dev-min"
ON_THE_REPOSITORY = {
    f"ecr:{name}"
    for name in (
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "CompleteLayerUpload",
        "DescribeImages",
        "GetDownloadUrlForLayer",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
    )
}


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def job(run: int, recorded: dict[str, Any]) -> Job:
    api = recorded["job"]
    log = (RECORDING / "logs" / str(run) / f"{api['id']}.txt").read_bytes().decode("utf-8")
    return Job(
        id=api["id"],
        name=api["name"],
        status=api["status"],
        conclusion=api["conclusion"],
        html_url=api["html_url"],
        steps=tuple(
            Step(
                step["number"],
                step["name"],
                step["status"],
                step["conclusion"],
                moment(step["started_at"]),
                moment(step["completed_at"]),
            )
            for step in api["steps"]
        ),
        annotations=Known(
            tuple(Annotation(note["annotation_level"], note["message"]) for note in recorded.get("annotations", []))
        ),
        log=Known(log),
        log_origin=Origin.RECONSTRUCTED,
    )


def attempt(run: int) -> Attempt:
    recorded = json.loads((RECORDING / "runs" / f"{run}.json").read_text(encoding="utf-8"))["attempts"][0]
    api = recorded["run"]
    return Attempt(
        repository=Repository(api["repository"]["full_name"], html_url=api["repository"]["html_url"]),
        run_id=run,
        attempt=1,
        run_number=api["run_number"],
        workflow_name=api["name"],
        workflow_path=api["path"],
        event=api["event"],
        head_branch=api["head_branch"],
        head_sha=api["head_sha"],
        status=api["status"],
        conclusion=api["conclusion"],
        title=api["display_title"],
        actor=api["actor"]["login"],
        created_at=datetime.fromisoformat(api["created_at"]),
        started_at=moment(api["run_started_at"]),
        updated_at=moment(api["updated_at"]),
        html_url=api["html_url"],
        jobs=Known(tuple(job(run, one) for one in recorded["jobs"])),
    )


def told(run: int, *, log: bool = True, annotations: bool = True) -> Replay:
    found = attempt(run)
    assert isinstance(found.jobs, Known)
    gone = Unreadable("job log", "GitHub no longer keeps it (410)", "open the recording")
    jobs = tuple(
        replace(
            one,
            log=one.log if log else gone,
            annotations=one.annotations if annotations else Known(()),
        )
        for one in found.jobs.value
    )
    path = found.workflow_path
    text = (RECORDING / "files" / found.head_sha / path.removeprefix(".")).read_text(encoding="utf-8")
    return replay(replace(found, jobs=Known(jobs), workflow_file=workflow_file(Known(text), path)), Case())


def verdicts(result: Replay) -> tuple[Verdict, ...]:
    return tuple(gate.verdict for gate in result.gates)


def test_the_first_run_failed_at_the_trust_gate() -> None:
    result = told(FIRST)
    assert verdicts(result) == (FAIL, BLOCKED, BLOCKED, BLOCKED)
    gate = result.at(Gate.OIDC_TRUST)
    assert "oidc-provider-absent" in (gate.cause, *gate.candidates)
    assert "No OpenIDConnect provider found" in gate.evidence[0].text
    assert gate.evidence[0].origin is Origin.RECONSTRUCTED
    assert result.retries > 0


def test_the_second_run_failed_at_the_registry_gate_for_the_token_action() -> None:
    result = told(SECOND)
    assert verdicts(result) == (PASS, PASS, FAIL, BLOCKED)
    assert result.at(Gate.REGISTRY_AUTHORIZATION).actions == ("ecr:GetAuthorizationToken",)


def test_the_third_run_passed_what_a_run_can_prove() -> None:
    result = told(THIRD)
    assert verdicts(result) == (PASS, PASS, PASS, UNKNOWN)
    assert result.facts.digest is not None
    assert result.facts.digest.value.startswith("sha256:d71cbe335ec0")
    assert result.facts.tag is not None
    assert result.facts.tag.value == "git-799d398a7daf34857cf363c9a1a629c40ec25d5e"


def test_the_fourth_run_was_refused_by_the_roles_trust() -> None:
    result = told(FOURTH)
    assert verdicts(result) == (PASS, FAIL, BLOCKED, BLOCKED)
    assert "subject-not-admitted" in result.at(Gate.ROLE_ASSUMPTION).candidates


@pytest.mark.parametrize("run", [FIRST, SECOND, THIRD])
@pytest.mark.parametrize("log", [True, False])
def test_each_run_needs_exactly_the_nine_actions(run: int, log: bool) -> None:
    needs = told(run, log=log).needs
    assert {(need.action, need.resource) for need in needs} == {
        ("ecr:GetAuthorizationToken", "*"),
        *((action, ARN) for action in ON_THE_REPOSITORY),
    }
    assert len(needs) == 9


def test_the_first_run_tells_where_it_would_have_pushed() -> None:
    facts = told(FIRST).facts
    assert facts.role_arn is not None
    assert str(facts.role_arn.value) == "arn:aws:iam::230372904534:role/GitHubAction-AssumeRoleWithAction"
    assert facts.role_arn.found_in.kind is EvidenceKind.LOG_LINE
    assert facts.registry is not None
    assert str(facts.registry.value) == "230372904534.dkr.ecr.eu-west-2.amazonaws.com"
    assert facts.repository is not None
    assert facts.repository.value == "fraud-platform-dev-min"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (FIRST, (FAIL, BLOCKED, BLOCKED, BLOCKED)),
        (SECOND, (PASS, PASS, FAIL, BLOCKED)),
        (THIRD, (PASS, PASS, PASS, UNKNOWN)),
        (FOURTH, (PASS, FAIL, BLOCKED, BLOCKED)),
    ],
)
def test_when_the_logs_have_expired_conclusions_and_annotations_still_tell(
    run: int, expected: tuple[Verdict, ...]
) -> None:
    result = told(run, log=False)
    assert verdicts(result) == expected
    decided = [gate for gate in result.gates if gate.verdict in (PASS, FAIL)]
    assert all(gate.missing for gate in decided)
    assert all(item.kind is not EvidenceKind.LOG_LINE for gate in decided for item in gate.evidence)


def test_when_the_annotations_are_gone_too_no_gate_is_named() -> None:
    for run in (FIRST, SECOND, FOURTH):
        assert FAIL not in verdicts(told(run, log=False, annotations=False))
        assert told(run, log=False, annotations=False).stopped_by is not None


@pytest.mark.shared
def test_the_needs_are_those_of_the_policy_that_was_put() -> None:
    policy = json.loads(SHARED.read_text(encoding="utf-8"))["ecr_policy"]
    granted = {(action, statement["resource"]) for statement in policy["statements"] for action in statement["actions"]}
    assert {(need.action, need.resource) for need in told(THIRD).needs} == granted
