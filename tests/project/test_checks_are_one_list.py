"""What runs before a commit, in `.ci/run` and on GitHub is one list of checks, one set of versions, one list of Pythons."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from places import ROOT
from ruamel.yaml import YAML

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HOOKS = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")
RUN = (ROOT / ".ci" / "run").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"


def _pythons() -> list[str]:
    prefix = "Programming Language :: Python :: "
    return [each.removeprefix(prefix) for each in PROJECT["project"]["classifiers"] if each.startswith(prefix)]


def test_the_run_takes_its_checks_from_the_list_of_the_hooks() -> None:
    assert "pre-commit run --all-files" in RUN
    assert not re.search(r"bin/(ruff|mypy|lint-imports|zizmor)\b", RUN)


def test_every_hook_calls_a_tool_of_the_projects_own_environment() -> None:
    hooks = [hook for repository in HOOKS["repos"] for hook in repository["hooks"]]
    assert [repository["repo"] for repository in HOOKS["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks} == {"unsupported"}
    assert [hook["id"] for hook in hooks if not hook["entry"].startswith((".venv/bin/", ".ci/"))] == []


def test_every_tool_of_the_checks_has_one_version() -> None:
    listed = {line.partition("==")[0].lower().replace("_", "-") for line in _constraints()}
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(name for extra in extras.values() for name in extra)]
    names = {re.split(r"[\[<>=;]", each)[0].strip().lower().replace("_", "-") for each in wanted}
    assert sorted(names - listed) == []


def _constraints() -> list[str]:
    return [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


def test_github_tests_the_pythons_that_the_package_names() -> None:
    tests = YAML(typ="safe").load(ROOT / ".github" / "workflows" / "test.yml")["jobs"]["tests"]
    assert tests["strategy"]["matrix"]["python"] == _pythons()


def test_the_run_reads_the_pythons_from_the_package() -> None:
    pattern = re.search(r"sed -n '(s/.*/p)' pyproject\.toml", RUN)
    assert pattern
    assert "Programming Language :: Python :: " in pattern[1]
    assert not re.search(r"for version in 3\.", RUN)


@pytest.mark.parametrize("workflow", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_every_action_is_taken_at_one_commit_and_no_job_keeps_a_token(workflow: Path) -> None:
    text = workflow.read_text()
    steps = re.findall(r"uses: (.*)", text)
    # The folder into which the step before checked this repository out, at the commit of the workflow itself.
    own = text.count(
        "repository: ${{ job.workflow_repository }}\n          ref: ${{ job.workflow_sha }}\n          path: .planescope\n"
    )
    assert len([step for step in steps if step.startswith("./.planescope # ")]) == own
    others = [step for step in steps if not step.startswith("./.planescope # ")]
    assert [step for step in others if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", step)] == []
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "\npermissions: {}\n" in text or workflow == ACTION
