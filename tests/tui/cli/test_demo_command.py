"""`planescope demo` and the packet, without a terminal."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from diagnosis.logs.scrub import scrub
from probes.embedded.moments import INCIDENTS as RECORDED
from tui.backend import BackendProblem
from tui.cli.main import _COMMANDS, planescope
from tui.cli.options.embedded import INCIDENTS


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


@pytest.fixture(scope="module")
def told() -> Result:
    return run("demo")


def test_it_prints_stage_after_stage_and_ends_with_the_last_ones_code(told: Result) -> None:
    stages = re.findall(r"^Stage (\d) of 3", told.stdout, flags=re.MULTILINE)
    assert stages == ["1", "2", "3"]
    assert told.exit_code == 0
    assert told.stderr == ""
    assert scrub(told.stdout) == told.stdout


def test_the_forecast_of_stage_1_stands_in_the_text(told: Result) -> None:
    first = told.stdout.split("Stage 2 of 3")[0]
    for words in (
        "migrate-dev",
        "ecr:GetAuthorizationToken",
        "ecr:PutImage",
        "ecr:DescribeImages",
        "oidc-provider-absent",
    ):
        assert words in first


@pytest.mark.parametrize(("stage", "code"), [("1", 1), ("2", 1), ("3", 0), ("later", 1)])
def test_one_stage_as_json(stage: str, code: int) -> None:
    result = run("demo", "--stage", stage, "--json")
    assert result.exit_code == code
    assert scrub(result.stdout) == result.stdout
    document = json.loads(result.stdout)
    assert document["schema"] == "planescope.diagnosis/1"
    # What the case states of the first incident's runs stands beside no other workflow.
    assert ("maps/dev_substrate/dev_min/platform.impl_actual.md" in result.stdout) == (stage in ("2", "3"))
    for member in ("attempts", "live", "forecast", "remediations", "after_fix", "closure", "unknown"):
        assert member in document
    assert {gate["verdict"] for gate in document["live"]["gates"]} <= {"pass", "fail", "unknown"}
    for attempt in document["attempts"]:
        assert [gate["gate"] for gate in attempt["gates"]] == [
            "oidc-trust",
            "role-assumption",
            "registry-authorization",
            "least-privilege",
        ]


def test_all_stages_as_json_are_an_array() -> None:
    result = run("demo", "--json")
    assert [document["moment"][:7] for document in json.loads(result.stdout)] == ["Stage 1", "Stage 2", "Stage 3"]


def test_the_packet_of_the_three_runs_lies_on_disk_and_is_sound(tmp_path: Path) -> None:
    target = tmp_path / "packet"
    result = run("demo", "--export", str(target))
    assert result.exit_code == 0
    packet = json.loads((target / "packet.json").read_text(encoding="utf-8"))
    assert [entry["run"] for entry in packet["attempts"]] == [21985402789, 21985472266, 21985500168]
    assert all(entry["remediation"] for entry in packet["attempts"])
    page = (target / "packet.md").read_text(encoding="utf-8")
    for anchor in (
        "actions/runs/21985402789",
        "platform.impl",
        "runs/dev",
        "sha256:d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56",
        "git-799d398a7daf34857cf363c9a1a629c40ec25d5e",
        "What this does not claim",
    ):
        assert anchor in page, anchor
    for text in (page, json.dumps(packet)):
        assert "230372904534" not in text
        assert '"Statement"' not in text
    assert run("packet", "verify", str(target)).exit_code == 0


SERVICES = ("demo", "--incident", "services")


@pytest.mark.parametrize(("stage", "code"), [("1", 1), ("4", 0), ("5", 1), ("6", 0)])
def test_a_stage_of_the_services_as_json_and_its_packet(stage: str, code: int, tmp_path: Path) -> None:
    result = run(*SERVICES, "--stage", stage, "--json", "--export", str(tmp_path / "packet"))
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert document["moment"].startswith(f"Stage {stage} of 6")
    gates = [gate["gate"] for gate in document["live"]["gates"]]
    assert ("service-authorization" in gates) == (stage in ("1", "4"))
    page = (tmp_path / "packet" / "packet.md").read_text(encoding="utf-8")
    assert "230372904534" not in page
    assert "reconstructed" in page
    told = [result.stdout, *(file.read_text(encoding="utf-8") for file in (tmp_path / "packet").iterdir())]
    assert not [text for text in told if scrub(text) != text], "no word of the tool passes for a secret"
    assert run("packet", "verify", str(tmp_path / "packet")).exit_code == 0


def test_the_services_are_printed_stage_after_stage() -> None:
    result = run(*SERVICES, "--text")
    assert re.findall(r"^Stage (\d) of 6", result.stdout, flags=re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    assert result.exit_code == 0
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--stage", "4"),
            "'4' is no stage of the incident release, which has 1, 2, 3, later; `--incident services` has 4.",
        ),
        ((*SERVICES[1:], "--stage", "later"), "has 1, 2, 3, 4, 5, 6; `--incident release` has later."),
        (("--stage", "9"), "'9' is not one of"),
        (("--incident", "other"), "'other' is not one of 'release', 'services'"),
    ],
)
def test_a_stage_that_an_incident_does_not_have_is_told_with_those_that_it_has(
    words: tuple[str, ...], said: str
) -> None:
    result = run("demo", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_the_command_knows_the_stages_of_every_recording() -> None:
    assert {name: tuple(moment.key for moment in known.moments) for name, known in RECORDED.items()} == INCIDENTS


def test_account_ids_stand_in_a_packet_only_where_they_are_asked_for(tmp_path: Path) -> None:
    result = run("packet", "export", "--demo", "1", "-o", str(tmp_path), "--account-ids")
    assert "account ids are in it" in result.stdout
    assert "230372904534" in (tmp_path / "packet.md").read_text(encoding="utf-8")
    assert run("packet", "verify", str(tmp_path)).exit_code == 0


def test_a_place_that_is_taken_is_told_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.commands.packet.embedded_backend", lambda *_: pytest.fail("it was asked"))
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "packet.zip").write_text("mine")
    for more in (["-o", str(tmp_path)], ["-o", str(tmp_path / "packet.zip")]):
        result = run("packet", "export", "--demo", "1", *more)
        assert (result.exit_code, "is there already" in result.stderr) == (2, True)


def test_a_changed_packet_is_found_out(tmp_path: Path) -> None:
    run("packet", "export", "--demo", "3", "-o", str(tmp_path))
    page = tmp_path / "packet.md"
    page.write_text(page.read_text(encoding="utf-8").replace("unproven", "closed"), encoding="utf-8")
    result = run("packet", "verify", str(tmp_path))
    assert result.exit_code == 6
    assert "packet.md has another sum" in result.stdout


def test_a_folder_that_is_no_packet(tmp_path: Path) -> None:
    result = run("packet", "verify", str(tmp_path))
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in _COMMANDS:
        assert name in result.stdout
    assert "Exit codes" in result.stdout


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_help(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_the_printed_commands_run_as_they_are_copied(told: Result, tmp_path: Path) -> None:
    first = told.stdout.split("Stage 2 of 3")[0]
    blocks = re.findall(r"^  AWS CLI *\n(.*?)^  Terraform", first, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    script = "aws() { printf '%s\\n' \"$*\" >> called; }\n" + "".join(blocks)
    done = subprocess.run(["/bin/sh", "-eu"], input=script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    called = (tmp_path / "called").read_text()
    assert "iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com" in called
    documents = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert any(statement.get("Sid") == "RegistryLogin" for document in documents for statement in document["Statement"])


def test_a_packet_is_made_of_the_incident_and_the_stage_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def built(stage: str, incident: str) -> object:
        asked.append((stage, incident))
        raise BackendProblem("It is built.", "Nothing.")

    monkeypatch.setattr("tui.cli.commands.packet.embedded_backend", built)
    monkeypatch.setattr("tui.cli.commands.what_if.embedded_backend", built)
    policy = str(Path(__file__))
    monkeypatch.setattr("tui.cli.commands.what_if.read_policy", lambda *_: None)
    run("packet", "export", "--demo", "5", *SERVICES[1:])
    run("packet", "export", "--demo", "later")
    run("what-if", "--demo", "6", *SERVICES[1:], "--policy", policy)
    run("what-if", "--demo", "3", "--policy", policy)
    assert asked == [("5", "services"), ("later", "release"), ("6", "services"), ("3", "release")]


@pytest.mark.parametrize("words", [("packet", "export"), ("what-if",)])
def test_a_stage_of_the_other_incident_is_refused_before_anything_is_read(words: tuple[str, ...]) -> None:
    result = run(*words, "--demo", "5")
    assert result.exit_code == 2
    assert "`--incident services` has 5." in " ".join(result.stderr.split())
