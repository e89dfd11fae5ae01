"""What other repositories copy and call: examples are valid, inputs exist, and what is called gets no more than it names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from places import ROOT
from ruamel.yaml import YAML

from tui.cli.github_action import COMMANDS
from tui.cli.main import planescope

PAGE = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")
COMMIT = "3d3c42e5aac5ba805825da76410c181273ba90b1"
BLOCKS = [
    text.replace("<commit>", COMMIT) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
]
YAMLS = YAML(typ="safe")
EXAMPLES = [text for text in BLOCKS if "jobs:" in text]
HOOKS = YAMLS.load(ROOT / ".pre-commit-hooks.yaml")
ACTION = YAMLS.load(ROOT / "action.yml")
CALLABLE = {
    place.stem: file
    for place in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if "workflow_call" in (file := YAMLS.load(place)).get("on", file.get(True, {}))
}


def calls_of(file: dict[str, Any]) -> dict[str, Any]:
    return file.get("on", file.get(True))["workflow_call"]


def steps_of(file: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in file["jobs"].values() for step in job.get("steps", ())]


def test_there_is_a_workflow_and_an_example_for_each_command() -> None:
    assert set(CALLABLE) == {name for name in COMMANDS if "-" not in name}
    for name in CALLABLE:
        assert any(f"/.github/workflows/{name}.yml@" in text for text in EXAMPLES)


@pytest.mark.parametrize("name", CALLABLE)
def test_a_called_workflow_gives_the_action_what_its_command_has(name: str) -> None:
    file = CALLABLE[name]
    uses = [step["with"] for step in steps_of(file) if step.get("uses", "").startswith("./.planescope")]
    assert [given["command"].partition("-")[0] for given in uses] == [name] * len(uses)
    for given in uses:
        known = set(COMMANDS[given["command"]].inputs) | {"command", "github-token", "artifact", "sarif"}
        assert set(given) <= known & set(ACTION["inputs"])
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    declared = calls_of(file)
    assert [each for each in declared["inputs"] if f"inputs.{each}" not in text] == []
    assert all(each["description"] for each in (*declared["inputs"].values(), *declared.get("secrets", {}).values()))


@pytest.mark.parametrize("name", CALLABLE)
def test_a_called_workflow_has_least_permissions_a_bound_and_nothing_that_it_was_not_handed(name: str) -> None:
    file, text = CALLABLE[name], (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    assert file["permissions"] == {}
    assert "cancel-in-progress" in file["concurrency"]
    # A run may call it twice, as a matrix does: neither stops the other, nor takes the name of its report.
    assert calls_of(file)["inputs"]["artifact"]["default"] == f"planescope-{name}"
    assert file["concurrency"]["group"].endswith("-${{ inputs.artifact }}")
    # What ends before planescope runs has judged nothing, and says so.
    told = [each for job in file["jobs"].values() if (each := job.get("outputs", {}).get("verdict"))]
    assert told == ["${{ steps.planescope.outputs.verdict || 'error' }}"]
    # A job that did not run at all has no output.
    assert calls_of(file)["outputs"]["verdict"]["value"].endswith(".outputs.verdict || 'error' }}")
    assert ACTION["outputs"]["verdict"]["value"] == "${{ steps.run.outputs.verdict || 'error' }}"
    named = [step["with"]["artifact"] for step in steps_of(file) if "artifact" in step.get("with", {})]
    assert all(each.startswith("${{ inputs.artifact }}") for each in named)
    for job in file["jobs"].values():
        assert job["timeout-minutes"] <= 360
        assert set(job["permissions"]) <= {"contents", "actions", "id-token"}
        assert all(given == ("write" if right == "id-token" else "read") for right, given in job["permissions"].items())
    for right in re.findall(r"^      (?:contents|actions|id-token): .*$", text, re.MULTILINE):
        assert re.search(r" # \w{2}", right), f"{right.strip()} does not say why"
    assert "inherit" not in text
    assert "pull_request_target" not in text
    assert not re.search(r"run:.*\$\{\{", text)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split()[1])
def test_an_example_calls_with_inputs_and_rights_that_exist(text: str) -> None:
    file = YAMLS.load(text)
    assert file["permissions"] == {}
    for job in file["jobs"].values():
        found = re.fullmatch(r"OWNER/planescope/\.github/workflows/(\w+)\.yml@[0-9a-f]{40}", job.get("uses", ""))
        if found:
            called = CALLABLE[found[1]]
            declared = calls_of(called)
            assert set(job.get("with", {})) <= set(declared["inputs"])
            required = {name for name, each in declared["inputs"].items() if each.get("required")}
            assert required <= set(job.get("with", {}))
            assert set(job.get("secrets", {})) == set(declared.get("secrets", {}))
            needed = {
                right: given for inner in called["jobs"].values() for right, given in inner["permissions"].items()
            }
            assert job["permissions"] == needed
        for step in job.get("steps", ()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", f"a@{COMMIT}"))
            if step.get("uses", "").startswith("OWNER/planescope@"):
                given = step["with"]
                assert set(given) <= set(COMMANDS[given["command"]].inputs) | {
                    "command",
                    "artifact",
                    "sarif",
                    "cache",
                    "python",
                }


def test_every_action_of_an_example_is_at_the_commit_that_the_project_uses_itself() -> None:
    own = set(re.findall(r"uses: (\S+@[0-9a-f]{40}) # (\S+)", "".join(map(Path.read_text, _own_files()))))
    shown = set(re.findall(r"uses: (\S+@[0-9a-f]{40}) # (\S+)", PAGE))
    assert {each for each in shown - own if not each[0].startswith("github/codeql-action/")} == set()


def _own_files() -> list[Path]:
    return [ROOT / "action.yml", *(ROOT / ".github" / "workflows").glob("*.yml")]


def test_the_examples_pass_actionlint(tmp_path: Path) -> None:
    tool = _actionlint()
    if tool is None:
        pytest.skip("actionlint is not here; .ci/run has it")
    places = []
    for number, text in enumerate(EXAMPLES):
        places.append(tmp_path / f"example-{number}.yml")
        places[-1].write_text(text, encoding="utf-8")
    done = subprocess.run([tool, "-no-color", *places], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def _actionlint() -> str | None:
    import shutil
    import sys

    beside = Path(sys.executable).with_name("actionlint")
    return str(beside) if beside.is_file() else shutil.which("actionlint")


def test_the_shown_trust_policy_has_no_fault(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    place = tmp_path / "trust.json"
    place.write_text(text.replace("<commit>", COMMIT), encoding="utf-8")
    result = CliRunner().invoke(planescope, ["policy", "lint", str(place), "--fail-on", "suggestion"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_is_a_command_and_takes_the_files_that_it_means(hook: dict[str, Any]) -> None:
    command: click.Command = planescope
    for word in hook["entry"].split()[1:]:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word) or pytest.fail(hook["entry"])
    takes_files = any(isinstance(each, click.Argument) and each.nargs == -1 for each in command.params)
    assert hook.get("pass_filenames", True) <= takes_files
    assert hook["language"] == "python"
    if hook["id"] == "planescope-policy-lint":
        meant = re.compile(hook["files"])
        named = (
            "trust.json",
            "iam/release-trust.json",
            "a/policy.json",
            "permissions-boundary.json",
            "x/template.yaml",
            "a.tf",
            "a.tofu",
        )
        assert all(meant.search(name) for name in named)
        others = ("package.json", "trustees.json", "tsconfig.json", "tsconfig.policyx.json", "ci.yml", "stacks.json")
        assert not any(meant.search(name) for name in others)
        # Whatever a file is called, no option is read in its name.
        assert hook["args"][-1] == "--"
    else:
        # A deleted file, or a script that a release runs, matters too, and neither matches a pattern of files.
        assert (hook["always_run"], hook.get("files")) == (True, None)
    (shown,) = [each for each in BLOCKS if "hooks:" in each]
    assert f"id: {hook['id']}" in shown
