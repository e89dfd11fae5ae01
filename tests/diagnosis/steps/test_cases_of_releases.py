"""The releases of the reference folder: their needs, by their files and a log that ends where the role was refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from places import SHARED
from replay_builders import CHECKOUT, Spec, attempt_of, job_of

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt, Repository, RepositoryFile
from diagnosis.names.arn import Arn
from diagnosis.steps.files_wanted import MOST_FILES, ROUNDS, files_wanted
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import job_of_file, read_job
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.replay import RunFacts
from probes.workflow_file import workflow_file

pytestmark = pytest.mark.shared
CASES = SHARED / "cases" / "workflows"
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else ["absent"]


def attempt(case: Path, run: dict[str, object]) -> Attempt:
    text = (case / ".github/workflows/release.yml").read_text(encoding="utf-8")
    file = workflow_file(Known(text), ".github/workflows/release.yml")
    assert isinstance(file, Known)
    written = file.value.parsed.jobs[0]
    assumed = next(step for step in written.steps if "configure-aws" in (step.uses or ""))
    refused = Spec(
        uses=assumed.uses,
        inputs={name: value if "${{" not in value else "***" for name, value in assumed.inputs},
        conclusion="failure",
        output=["##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"],
    )
    later = [
        Spec(name=step.name or f"Run {step.uses or (step.run or '').strip().splitlines()[0]}", conclusion="skipped")
        for step in written.steps[2:]
    ]
    job = job_of(CHECKOUT, refused, *later, name=str(run["failed_job"] or written.id))
    ref = str(run["ref"]).removeprefix("refs/heads/").removeprefix("refs/tags/")
    return attempt_of(
        job,
        repository=Repository("octo-lab/shop", 1, 2),
        event=run["event"],
        head_branch=ref,
        workflow_file=file,
    )


def with_files(made: Attempt, case: Path) -> Attempt:
    """The attempt with the files that it wants, fetched in rounds as from GitHub."""
    for _ in range(ROUNDS):
        wanted = files_wanted(made)
        found = tuple(
            RepositoryFile(
                path, Known((case / path).read_text(encoding="utf-8")) if (case / path).is_file() else Absent(path)
            )
            for path in wanted
        )
        made = replace(made, files=(*made.files, *found))
    assert files_wanted(made) == ()
    assert len(made.files) <= MOST_FILES
    return made


@pytest.mark.parametrize("name", NAMES)
def test_needs_of_the_release(name: str) -> None:
    case = CASES / name
    case_file = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    made = with_files(attempt(case, case_file["run"]), case)
    workflow = resolved_workflow(made)
    assert isinstance(made.jobs, Known)
    job = made.jobs.value[0]
    read = read_job(
        job, job_of_file(workflow, job.name), workflow, made, Case(role_arn=Arn.parse(case_file["account"]["role"]))
    )
    found = needs_of(read, RunFacts(), Case(role_arn=Arn.parse(case_file["account"]["role"])))
    expected = set(case_file["expected"]["needs"])
    others = tuple(case_file["expected"]["other_aws_actions (named or said in unknown, never taken off the role)"])
    said = {
        f"{need.resource or '? (must be said in unknown)'} {need.action}"
        for need in found
        if not need.action.endswith("GetDownloadUrlForLayer") and need.action.startswith(("ecr", "sts:GetService"))
    }
    if "not_knowable_from_file_and_log" in case_file["expected"] and any(line.startswith("?") for line in expected):
        gaps = gaps_of(read)
        assert said == expected or (gaps and said == {line for line in expected if not line.startswith("?")})
    else:
        assert said == expected
    told = {need.action for need in found} | {gap.what for gap in gaps_of(read)}
    assert set(others) <= told or not others
