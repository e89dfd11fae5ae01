"""What a case states of its own runs says nothing of another chain's; what it says of the account holds for all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

from arns import arn_of
from made_attempts import made_attempt

from diagnosis.facts.case import AttemptName, Case, StatedChange, StatedEscalation, StatedException
from diagnosis.facts.runs import Attempt, Repository

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
OF_ALL = {"branch", "role_arn", "region", "audience", "environment", "registry_id", "ecr_repository"}
OF_ALL |= {"expected_account", "exceptions", "repository_uris", "plans", "planescope_action"}
"""What is true of the account, the role and the registry, whichever run uses them."""
CASE = Case(
    title="t",
    repository="o/r",
    workflow="release.yml",
    branch="main",
    runs=(1, 2),
    left_out=(AttemptName(2, 1),),
    splits=(AttemptName(1, 2),),
    role_arn=arn_of("arn:aws:iam::123456789012:role/release"),
    region="eu-west-2",
    audience="a",
    environment="e",
    registry_id="1" * 12,
    ecr_repository="shop",
    tag="v1",
    digest="sha256:" + "a" * 64,
    expected_account="2" * 12,
    decision_log="log.md",
    decision_log_commit="c" * 40,
    decision_log_entry="## e",
    evidence_local="e/",
    evidence_root="s3://b/e/",
    evidence_artifacts=("a.json",),
    changes=(StatedChange(1, "made it", "log"), StatedChange(9, "something else", "log")),
    exceptions=(StatedException("1", "why", date(2027, 1, 1)),),
    escalations=(StatedEscalation("ecr:*"),),
    repository_uris=(),
    plans=("{}",),
    planescope_action="octo-org/planescope",
    notes=("n",),
)


def attempt(run: int, number: int = 1, workflow: str = "release.yml", repository: str = "O/R") -> Attempt:
    path = f".github/workflows/{workflow}"
    return made_attempt(run, START, attempt=number, workflow_path=path, repository=Repository(repository))


def test_the_case_of_another_chain_keeps_what_holds_for_every_run() -> None:
    other = CASE.of_chain([attempt(7), attempt(9)])
    kept = {each.name for each in fields(Case) if getattr(other, each.name) != getattr(Case(), each.name)}
    assert kept == {*OF_ALL - {"repository_uris"}, "changes"}
    assert other.changes == (CASE.changes[1],), "a change belongs to the run that it answers"
    # What an option states afterwards is not taken away again.
    stated = replace(other, tag="v9")
    assert stated.of_chain([attempt(7), attempt(9)]) == stated


def test_a_chain_with_one_of_its_runs_is_the_cases_own() -> None:
    own = CASE.of_chain([attempt(1, 2), attempt(2, 2), attempt(5)])
    assert own == replace(CASE, changes=CASE.changes[:1])
    assert own.of_chain([attempt(1, 2), attempt(2, 2), attempt(5)]) == own


def test_a_chain_is_anothers_by_repository_run_split_and_workflow() -> None:
    def applies(case: Case, *attempts: Attempt) -> bool:
        return case.of_chain(attempts).tag is not None

    assert applies(CASE, attempt(1, 2))
    assert not applies(CASE, attempt(1, 2, repository="o/other"))
    assert not applies(CASE, attempt(1)), "it lies before the split"
    assert applies(CASE, attempt(1), attempt(1, 3))
    assert not applies(replace(CASE, splits=()), attempt(2, 1)), "it is left out"
    by_workflow = Case(workflow=".github/workflows/release.yml", tag="v1")
    assert applies(by_workflow, attempt(7))
    assert not applies(by_workflow, attempt(7), attempt(8, workflow="other.yml"))
    assert applies(Case(tag="v1"), attempt(7, workflow="other.yml")), "it names neither runs nor workflow"
