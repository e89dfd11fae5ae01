"""The run that would come next, from the files of a repository alone: its sessions, and what they need."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from arns import arn_of
from places import SHARED
from thoroughness import some

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.workflow import Workflow
from diagnosis.live.release_units import Unit, every_need, units_of
from diagnosis.next_run.attempt import next_attempt
from diagnosis.next_run.starts import Start, next_start
from diagnosis.replay.attempt import replay
from probes.checkout import Checkout
from probes.workflow_file import workflow_file

PATH = ".github/workflows/release.yml"
REPOSITORY = Repository(
    "octo-lab/shop", 1, 2, datetime(2024, 1, 1, tzinfo=UTC), "main", "https://github.com/octo-lab/shop"
)
CASES = SHARED / "cases" / "workflows"
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else ["absent"]
OF_ALL_JOBS = frozenset({"x27", "x29"})
"""Their expectation is that of one job or leg; the next run has all."""


def _units(folder: Path, start: Start | None, case: Case) -> tuple[Unit, ...]:
    file = workflow_file(Known((folder / PATH).read_text(encoding="utf-8")), PATH)
    assert isinstance(file, Known)
    if start is None:
        assert isinstance(file.value.parsed, Workflow)
        start = next_start(file.value.parsed, "main")
    assert start is not None
    attempt = next_attempt(start, PATH, file, REPOSITORY, Known(OidcCustomization()), datetime(2026, 6, 1, tzinfo=UTC))
    return units_of(replay(Checkout(folder, PATH).added_to(attempt), case), case)


@pytest.mark.shared
@pytest.mark.parametrize("name", some(NAMES, 4))
def test_the_next_run_needs_what_the_recorded_one_needed(name: str) -> None:
    told = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    masked = "secret" in told["expected"]["role_source"]
    case = Case(role_arn=arn_of(told["account"]["role"])) if masked else Case()
    units = _units(CASES / name, Start(told["run"]["event"], told["run"]["ref"], "as recorded"), case)
    expected = {line for line in told["expected"]["needs"] if not line.startswith("?")}
    needs = every_need(need for unit in units for need in unit.needs)
    found = {
        f"{need.resource} {need.action}"
        for need in needs
        if need.resource and need.action.startswith(("ecr", "sts:GetService"))
    }
    found = {line for line in found if not line.endswith("GetDownloadUrlForLayer")}
    assert expected <= found
    assert found == expected or name in OF_ALL_JOBS


def test_every_job_leg_and_called_workflow_has_its_session(tmp_path: Path) -> None:
    for path, text in {
        PATH: """
on: {push: {tags: ["v*"]}}
permissions: {id-token: write, contents: read}
jobs:
  push:
    runs-on: ubuntu-latest
    strategy: {matrix: {service: [api, web]}}
    steps:
      - uses: ./.github/actions/login
        with: {role: "arn:aws:iam::111122223333:role/push"}
      - run: docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/${{ matrix.service }}:${{ github.ref_name }}
  deploy:
    needs: push
    uses: ./.github/workflows/deploy.yml
    secrets: inherit
""",
        ".github/workflows/deploy.yml": """
on: workflow_call
jobs:
  go:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: ./.github/actions/login
        with: {role: "arn:aws:iam::111122223333:role/deploy"}
      - run: aws ecs update-service --cluster c --service s --force-new-deployment
""",
        ".github/actions/login/action.yml": """
inputs: {role: {required: true}}
runs:
  using: composite
  steps:
    - uses: aws-actions/configure-aws-credentials@v4
      with: {role-to-assume: "${{ inputs.role }}", aws-region: eu-west-1}
    - uses: aws-actions/amazon-ecr-login@v2
""",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    units = _units(tmp_path, None, Case())
    needs = {(str(unit.role_arn), need.action, need.resource) for unit in units for need in unit.needs}
    registry = "arn:aws:ecr:eu-west-1:111122223333:repository"
    push, deploy = (f"arn:aws:iam::111122223333:role/{name}" for name in ("push", "deploy"))
    assert {(push, "ecr:PutImage", f"{registry}/{name}") for name in ("api", "web")} <= needs
    assert (deploy, "ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/c/s") in needs
