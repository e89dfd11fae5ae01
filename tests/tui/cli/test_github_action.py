"""The composite action: whatever is in its inputs becomes one command line and nothing else, and the runner obeys only ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from ruamel.yaml import YAML
from runner_commands import Runner, values
from thoroughness import THOROUGH, examples

from tui.cli.github_action import COMMANDS, DEFAULTS, Kind, RefusedInputError, command_line, main, outputs, taken_from
from tui.cli.main import planescope

ACTION = YAML(typ="safe").load(ROOT / "action.yml")
STEPS = ACTION["runs"]["steps"]
OF_THE_ACTION = {"command", "github-token", "python", "cache", "artifact", "sarif"}
"""Inputs that no command has."""
HOME = Path("/home/of/it")
HOSTILE = "$(touch pwned)`touch pwned`;touch pwned\" ' -x --json\\ ${IFS} ::error::x %0A::error::y ##[error]z"


def words_of(command: str, **inputs: str) -> tuple[str, ...]:
    environ = {f"PLANESCOPE_INPUT_{name.upper()}": value for name, value in {"command": command, **inputs}.items()}
    return command_line(environ, HOME).words


def leaf(words: tuple[str, ...]) -> click.Command:
    command: click.Command = planescope
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_input_is_an_option_that_the_command_has(name: str) -> None:
    command = COMMANDS[name]
    params = {opt: each for each in leaf(command.words).params for opt in (*each.opts, *each.secondary_opts)}
    for each in command.inputs.values():
        if each.kind is Kind.FILES:
            continue
        for option in filter(None, (each.option, each.otherwise)):
            assert option in params
            assert params[option].is_flag == (each.kind is Kind.FLAG)
            assert each.kind is not Kind.LINES or params[option].multiple
    written = {
        "--output",
        *(word.partition("=")[0] for word in command.beside),
        *(("--sarif",) if command.sarif else ()),
    }
    assert written <= set(params)
    of_files = [each for each in leaf(command.words).params if isinstance(each, click.Argument) and each.nargs == -1]
    assert bool(of_files) == any(each.kind is Kind.FILES for each in command.inputs.values())


def test_the_action_documents_every_input_of_every_command_and_no_other() -> None:
    declared = ACTION["inputs"]
    assert set(declared) == OF_THE_ACTION | {name for command in COMMANDS.values() for name in command.inputs}
    for name, each in declared.items():
        assert each["description"].endswith(".")
        takers = [
            command for command, known in COMMANDS.items() if name in known.inputs or (name == "sarif" and known.sarif)
        ]
        if name not in OF_THE_ACTION or name == "sarif":
            assert each["description"].partition(": ")[0] == ", ".join(takers)
            flag = any(known.inputs[name].kind is Kind.FLAG for known in COMMANDS.values() if name in known.inputs)
            assert each["default"] == DEFAULTS.get(name, "false" if flag or name == "sarif" else "")
    assert all(f"`{name}`" in declared["command"]["description"] for name in COMMANDS)


def test_inputs_reach_a_script_by_the_environment_alone() -> None:
    given = {}
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert step.get("shell", "bash") == "bash"
        given |= {value: name for name, value in step.get("env", {}).items()}
    of_commands = set(ACTION["inputs"]) - (OF_THE_ACTION - {"command", "sarif"})
    for name in of_commands:
        assert given[f"${{{{ inputs.{name} }}}}"] == f"PLANESCOPE_INPUT_{name.upper().replace('-', '_')}"


lines = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@settings(max_examples=examples(240))
@given(name=st.sampled_from(sorted(COMMANDS["preflight"].inputs)), value=lines | st.just(HOSTILE))
def test_a_value_is_one_word_joined_to_its_option_or_refused(name: str, value: str) -> None:
    known = COMMANDS["preflight"].inputs[name]
    plain = words_of("preflight")
    try:
        words = words_of("preflight", **{name: value})
    except RefusedInputError:
        return
    more = [word for word in words if word not in plain]
    if known.kind is Kind.FLAG or not value.strip():
        assert set(more) <= {known.option, known.otherwise}
        return
    told = value.splitlines() if known.kind is Kind.LINES else [value]
    assert more == [f"{known.option}={each.strip()}" for each in told if each.strip()]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"command": "preflight --json"}, "The input command is “preflight --json”; it is one of "),
        ({"command": ""}, "The input command is “”"),
        ({"command": "demo\n::error::x"}, "“demo␊::error::x”"),
        ({"command": "preflight", "json": "true"}, "The command preflight has no input “json”."),
        ({"command": "preflight", "output": "/etc/passwd"}, "has no input “output”"),
        ({"command": "preflight", "job": "a\nb"}, "The input job is one line"),
        ({"command": "preflight", "mask_accounts": "yes"}, "The input mask-accounts is “yes”; it is true or false."),
        ({"command": "preflight", "sarif": "true"}, "The command preflight writes no SARIF."),
        ({"command": "conform", "sarif": "x"}, "The input sarif is “x”"),
        ({"command": "fleet", "annotations": "false", "job": "x"}, "The command fleet has no input “job”."),
        ({"command": "preflight", "plan": "p\n" * 101}, "more than 100 lines"),
    ],
)
def test_what_is_not_known_is_refused_with_a_sentence(inputs: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedInputError, match=re.escape(said)) as refused:
        words_of(**inputs)
    assert "\n" not in str(refused.value)


@settings(max_examples=examples(120))
@given(
    st.dictionaries(
        st.sampled_from(["verdict", "report"]), st.text(st.characters(codec="utf-8", exclude_characters="\r"))
    )
)
def test_no_output_ends_its_own_part(told: dict[str, str]) -> None:
    assert values(outputs(told)) == told


def test_what_cannot_be_written_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.output.guard", lambda: None)
    monkeypatch.setenv("PLANESCOPE_INPUT_COMMAND", "fleet-collect")
    monkeypatch.setenv("PLANESCOPE_HOME", str(tmp_path / "absent"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    assert main() == 7
    assert values((tmp_path / "outputs").read_text()) == {
        "verdict": "error",
        "exit-code": "7",
        "report": "",
        "sarif": "",
    }
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path))
    monkeypatch.setenv("PLANESCOPE_INPUT_COMMAND", "x")
    monkeypatch.setenv("PLANESCOPE_HOME", str(tmp_path))
    assert main() == 7


_IN_TWO_RUNS = next(name for name, each in COMMANDS.items() if each.sarif and not each.sarif_option)


@pytest.mark.parametrize(
    ("inputs", "codes", "runs", "told"),
    [
        ({}, (0,), 1, ("pass", "0")),
        ({}, (1,), 1, ("fail", "1")),
        ({}, (3,), 1, ("unknown", "3")),
        ({}, (4,), 1, ("error", "4")),
        ({"SARIF": "true"}, (1, 1), 2, ("fail", "1")),
        # Without its results the second run has failed, whatever the first one says.
        ({"SARIF": "true"}, (0, 70), 2, ("error", "7")),
        ({"SARIF": "true"}, (2,), 1, ("error", "2")),
        ({"SARIF": "maybe"}, (), 0, ("error", "2")),
        ({"NO-SUCH": "x"}, (), 0, ("error", "2")),
    ],
)
def test_the_step_ends_as_its_command_does(
    inputs: dict[str, str],
    codes: tuple[int, ...],
    runs: int,
    told: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, summaries = list(codes), []

    def started(words: Sequence[str], stdout: int | None, environ: Mapping[str, str]) -> int:
        assert words
        summaries.append("GITHUB_STEP_SUMMARY" in environ)
        assert (stdout is None) is (len(summaries) == 1)
        return left.pop(0)

    monkeypatch.setattr("tui.cli.output.guard", lambda: None)
    monkeypatch.setattr("tui.cli.github_action._run", started)
    for name, value in {"COMMAND": _IN_TWO_RUNS, **inputs}.items():
        monkeypatch.setenv(f"PLANESCOPE_INPUT_{name}", value)
    monkeypatch.setenv("PLANESCOPE_HOME", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    assert main() == int(told[1])
    found = values((tmp_path / "outputs").read_text())
    assert (found["verdict"], found["exit-code"]) == told
    # The summary of the step is written once.
    assert summaries == [True, False][:runs]


def run_step(step: dict, tmp_path: Path, inputs: dict[str, str], **more: str) -> tuple[int, str, dict[str, str]]:
    """A step's script as the runner would run it; its code, its log and its outputs."""
    out = tmp_path / f"outputs of {step['id']}"
    out.touch()
    filled = {**{name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}, **inputs}
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GH_", "AWS_"))}
    for name, value in step["env"].items():
        found = re.fullmatch(r"\$\{\{ (\w+)\.(.+) \}\}", value)
        assert found
        environ[name] = filled[found[2]] if found[1] == "inputs" else more[found[2]]
    environ |= {
        "GITHUB_OUTPUT": str(out),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "RUNNER_OS": "Linux",
        "GITHUB_ACTIONS": "true",
    }
    environ |= {"GITHUB_ACTION_PATH": str(ROOT), "HOME": str(tmp_path)}
    environ |= {name: value for name, value in more.items() if name.isupper()}
    script = tmp_path / "script.sh"
    script.write_text(step["run"])
    words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
    work = tmp_path / "work"
    done = subprocess.run(
        words, env=environ, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    return done.returncode, done.stdout.decode(), values(out.read_text())


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner on which planescope is installed, as its step would have, and a checkout whose files are called like modules."""
    for name in ("temp", "work", "home"):
        (tmp_path / name).mkdir()
    for name in ("json", "tui", "sitecustomize", "re"):
        (tmp_path / "work" / f"{name}.py").write_text("open('pwned', 'w')\n")
    venv.create(tmp_path / "home" / "venv", symlinks=True)
    packages = next((tmp_path / "home" / "venv").glob("lib/python3*/site-packages"))
    (packages / "here.pth").write_text(
        "\n".join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))])
    )
    return tmp_path


STUB = """#!/bin/sh
env >>"$RUNNER_TEMP/seen"
if [ "$3" = venv ]; then mkdir -p venv/bin && cp "$0" venv/bin/python; fi
"""


def test_what_installs_has_no_credentials_and_no_place_of_the_jobs_to_import_from(
    runner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = runner / "stub"
    stub.write_text(STUB)
    stub.chmod(0o755)
    of_the_job = ["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PIP_TARGET", "PIP_USER", "PIP_PREFIX"]
    of_the_job += ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN"]
    for name in of_the_job:
        monkeypatch.setenv(name, "work")
    step = next(step for step in STEPS if step.get("id") == "install")
    given = {"python.outputs.path": str(stub), "AWS_SECRET_ACCESS_KEY": "x", "GITHUB_TOKEN": "x", "PIP_INDEX_URL": "y"}
    code, log, found = run_step(step, runner, {}, **given)
    assert code == 0, log
    assert Path(found["home"], "venv", "bin", "python").is_file()
    seen = {line.partition("=")[0] for line in (runner / "temp" / "seen").read_text().splitlines()}
    assert not seen & {*of_the_job, "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "GH_TOKEN"}
    assert {"PIP_INDEX_URL", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"} <= seen


def test_the_scripts_run_nothing_that_stands_in_an_input(runner: Path) -> None:
    by_id = {step["id"]: step for step in STEPS if "id" in step}
    of_preflight = {name for name, each in COMMANDS["preflight"].inputs.items() if each.kind is not Kind.FLAG}
    hostile = dict.fromkeys([*of_preflight, "python", "github-token", "artifact"], HOSTILE)
    code, log, found = run_step(by_id["python"], runner, hostile)
    assert (code, found) == (2, {})
    assert [each.name for each in Runner().read(log).obeyed] == ["error"]
    code, log, found = run_step(by_id["python"], runner, {"python": sys.executable})
    assert code == 0
    assert Path(found["path"]).is_file()
    assert re.fullmatch("[0-9a-f]{64}", found["key"])
    code, log, found = run_step(
        by_id["run"], runner, {**hostile, "command": "preflight"}, **{"install.outputs.home": str(runner / "home")}
    )
    assert code == 2
    assert found == {"verdict": "error", "exit-code": "2", "report": "", "sarif": ""}
    assert "There is no case file $(touch pwned)`touch pwned`;touch pwned\" ' -x --json" in log
    assert Runner().read(log).obeyed == []
    assert [path.name for path in runner.rglob("pwned")] == []


@pytest.mark.skipif(
    not THOROUGH, reason="a whole preflight in a process of its own; the quick run has it in its own process"
)
def test_the_run_of_a_job_without_credentials_is_unknown_and_says_where(runner: Path) -> None:
    path = ".github/workflows/release.yml"
    place = runner / "work" / path
    place.parent.mkdir(parents=True)
    text = "on: push\npermissions: {id-token: write}\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n"
    words = "::error::forged %0A::error::x ##[error]y"
    text += "      - uses: aws-actions/configure-aws-credentials@v4\n"
    text += "        with: {role-to-assume: 'arn:aws:iam::111122223333:role/release', aws-region: eu-west-1}\n"
    text += f"      - {{name: '{words}', run: ./gone.sh}}\n"
    place.write_text(text)
    summary = runner / "summary"
    code, log, found = run_step(
        next(step for step in STEPS if step.get("id") == "run"),
        runner,
        {"command": "preflight", "github-token": ""},
        **{"install.outputs.home": str(runner / "home")},
        GITHUB_REPOSITORY="acme/shop",
        GITHUB_RUN_ID="7",
        GITHUB_REF="refs/heads/main",
        GITHUB_JOB="release",
        GITHUB_EVENT_NAME="push",
        GITHUB_WORKFLOW_REF=f"acme/shop/{path}@refs/heads/main",
        GITHUB_STEP_SUMMARY=str(summary),
        ACTIONS_ID_TOKEN_REQUEST_URL="https://x",
        AWS_EC2_METADATA_DISABLED="true",
    )
    assert code == 3, log
    assert (found["verdict"], found["exit-code"]) == ("unknown", "3")
    report = json.loads(Path(found["report"]).read_text())
    assert (report["schema"], report["verdict"], report["id_token"]) == ("planescope.preflight/1", "unknown", "offered")
    read = Runner().read(log)
    assert read.token == ""
    assert {(each.name, each.properties["file"], each.properties["line"]) for each in read.obeyed} == {
        ("warning", path, "7"),
        ("warning", path, "9"),
    }
    page = summary.read_text()
    assert "planescope preflight: ? unknown" in page
    assert "##[" not in page
    assert "::" not in page


@pytest.mark.parametrize(
    ("path", "told", "found"),
    [
        ("/w/_actions/octo-org/planescope/" + 40 * "a", "evil/planescope", "octo-org/planescope"),
        ("/w/shop/shop/./.planescope", "octo-org/planescope", "octo-org/planescope"),
        # Of a folder of the checkout the path tells nothing, whatever it is called.
        ("/w/shop/shop/_actions/evil/planescope/main", "", ""),
        ("/w/_actions/o/n", "", ""),
        ("", "", ""),
    ],
)
def test_the_runner_tells_from_which_repository_the_action_was_taken(path: str, told: str, found: str) -> None:
    environ = {"RUNNER_TEMP": "/w/_temp", "GITHUB_ACTION_PATH": path, "PLANESCOPE_ACTION": told}
    assert taken_from(environ) == found
