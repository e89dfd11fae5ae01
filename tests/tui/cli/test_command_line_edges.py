"""How the command line meets its surroundings: a terminal or none, the folder it stands in, files of any kind, an interrupt."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import pytest
from click.testing import CliRunner, Result
from no_github import forget_github
from own_aws import configure
from permission_faults import FAULTS, shared
from rich.cells import cell_len
from rich.console import Console
from textual.driver import Driver

from diagnosis.verdicts.diagnosis import Diagnosis
from probes.github.http.pace import WAITING
from tui import internal_error
from tui.backend import BackendProblem, ExportChoice, ExportResult, Progress
from tui.cli import dashboard
from tui.cli.console import ProgressLine
from tui.cli.lazy_group import LazyGroup
from tui.cli.main import planescope
from tui.cli.options.repository import repository_here
from tui.policy_file import read_policy_text

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}],
}


def run(*words: str, **more: Any) -> Result:
    return CliRunner().invoke(planescope, list(words), **more)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# ------------------------------------------------------------------------------------------------- progress


def test_progress_is_one_line_of_a_terminal_without_foreign_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written := Terminal())
    line = ProgressLine()
    line(Progress("reading \x1b[2Jmain", 2, 5))
    line.clear()
    line.clear()
    assert written.getvalue() == "\r\x1b[2Kreading ␛[2Jmain 2/5\r\x1b[2K"


def test_progress_takes_one_line_however_wide_its_signs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, most in (("", 78), ("100", 78), ("20", 19), ("1", 0)):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setattr(sys, "stderr", written := Terminal())
        ProgressLine()(Progress("日本" * 60, 2, 5))
        assert cell_len(written.getvalue().removeprefix("\r\x1b[2K")) in (most, max(0, most - 1))


def test_without_a_terminal_each_wait_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written := io.StringIO())
    line = ProgressLine()
    for done in (0, 1, 2):
        line(Progress("reading runs", done))
        line(Progress(f"{WAITING} of GitHub", done, 90))
    line.clear()
    assert written.getvalue() == f"{WAITING} of GitHub: 90 seconds\n"


# ------------------------------------------------------------------------------------------------- the dashboard


class App:
    """Stands for the app: what it was opened with, and the code that it ends with."""

    opened: list[dict[str, Any]]
    code = 0
    driver_class = Driver
    timeline = None

    def __init__(self, factory: Callable[[], object], **options: Any) -> None:
        self.opened.append(options)
        self.return_code = self.code
        self.console = Console()

    def register_theme(self, theme: object) -> None:
        pass

    def run(self) -> None:
        pass


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[App]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made = type("Made", (App,), {"opened": []})
    monkeypatch.setattr("tui.app.PlanescopeApp", made)
    return made


def test_the_dashboard_opens_for_the_repository_and_at_the_interval_that_are_given(app: type[App]) -> None:
    dashboard.open_dashboard({"repo": "octo-org/shop", "refresh": 30.0})
    assert [(each["refresh_seconds"], each["always_refresh"]) for each in app.opened] == [(30.0, True)]
    dashboard.open_demo("1")
    assert "refresh_seconds" not in app.opened[1]


def test_an_app_that_ends_early_gives_its_code(app: type[App]) -> None:
    app.code = 3
    with pytest.raises(BackendProblem) as told:
        dashboard.open_demo("1")
    assert told.value.exit_code == 3


def test_an_error_that_the_app_showed_has_the_code_of_a_fault(app: type[App], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "run", lambda _: internal_error.keep(ValueError("nobody thought of it")))
    with pytest.raises(click.exceptions.Exit) as ended:
        dashboard.open_demo("1")
    assert ended.value.exit_code == 70


def test_where_something_is_missing_the_start_screen_opens_first(
    app: type[App], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forget_github(monkeypatch)
    configure(monkeypatch, tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    for options in ({}, {"repo": "octo-org/shop"}, {"repo": "octo-org/shop", "no_live": True}):
        dashboard.open_dashboard(options)
    monkeypatch.setenv("GH_TOKEN", "ghp_" + "a" * 36)
    dashboard.open_dashboard({})
    dashboard.open_dashboard({"repo": "octo-org/shop"})
    dashboard.open_dashboard({"repo": "octo-org/shop", "no_live": True})
    (tmp_path / "aws-config").write_text("[profile reader]\nrole_arn = arn\n[default]\naws_access_key_id = AKIA\n")
    dashboard.open_dashboard({"repo": "octo-org/shop", "profile": "reader"})
    dashboard.open_dashboard({"repo": "octo-org/shop"})
    assert [each["begin_with_setup"] for each in app.opened] == [True] * 5 + [False] * 3


@pytest.mark.parametrize("options", [{"repo": "shop"}, {"repo": "o/r", "github_url": "ftp://x"}])
def test_what_is_typed_wrong_is_said_before_the_app_takes_the_terminal(app: type[App], options: dict[str, str]) -> None:
    with pytest.raises(BackendProblem):
        dashboard.open_dashboard(options)
    assert app.opened == []


# ------------------------------------------------------------------------------------------------- the folder


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/octo-org/shop.git",
        "https://github.com/octo-org/shop",
        "git@github.com:octo-org/shop.git",
        "ssh://git@ssh.github.com:443/octo-org/shop/",
    ],
)
def test_the_repository_is_the_one_of_the_folders_remote(
    remote: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "origin", remote], check=True)
    assert repository_here() == "octo-org/shop"


def test_without_git_the_way_out_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackendProblem) as told:
        repository_here()
    assert "--repo OWNER/REPO" in told.value.way_out


# ------------------------------------------------------------------------------------------------- the table of commands


def test_a_command_that_does_not_exist_is_bad_usage() -> None:
    for words in (("evaluate",), ("policy", "linted")):
        result = run(*words)
        assert result.exit_code == 2
        assert "No such command" in result.stderr


def test_what_the_table_names_must_be_a_command() -> None:
    group = LazyGroup("x", table={"json": ("json", "dumps", "Nothing to call.")})
    with pytest.raises(TypeError, match=r"json\.dumps is no command"):
        group.get_command(click.Context(group), "json")


def test_an_interrupt_has_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("tui.cli.commands.settings.template", stop)
    result = run("settings")
    assert (result.exit_code, result.stderr) == (130, "planescope: stopped.\n")


def test_the_dashboard_is_what_opens_without_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr("tui.cli.main.on_a_terminal", lambda: True)
    monkeypatch.setattr("tui.cli.dashboard.open_dashboard", opened.append)
    assert run("--repo", "octo-org/shop").exit_code == 0
    assert [each["repo"] for each in opened if isinstance(each, dict)] == ["octo-org/shop"]


# ------------------------------------------------------------------------------------------------- policy files


@pytest.mark.parametrize(
    "wrapped",
    [
        {"Role": {"RoleName": "x", "AssumeRolePolicyDocument": POLICY}},
        {"RoleName": "x", "PolicyName": "y", "PolicyDocument": POLICY},
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}},
        {"registryId": "123456789012", "policyText": json.dumps(POLICY)},
        {"Role": {"AssumeRolePolicyDocument": quote(json.dumps(POLICY))}},
        {"Policy": json.dumps(POLICY)},
    ],
)
def test_a_policy_is_found_within_what_the_aws_cli_prints(wrapped: object, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(wrapped))
    found = read_policy_text(path)
    assert (json.loads(found.text), found.is_whole) == (POLICY, False)


def test_a_percent_sign_of_a_plain_document_is_no_quoting(tmp_path: Path) -> None:
    text = json.dumps({**POLICY, "Id": "a%3Ab"})
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"Policy": text}))
    assert read_policy_text(path).text == text


@pytest.mark.parametrize(
    "text",
    [json.dumps(POLICY), '{"Role": {"RoleName": "x"}}', "[1]", "no json", "[" * 90_000],
    ids=["a policy", "a role without one", "a list", "no JSON", "too deep"],
)
def test_any_other_text_is_taken_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text("\ufeff" + text)
    found = read_policy_text(path)
    assert found.text == text
    assert found.is_whole


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff", "not UTF-8 at byte 0"), (b" " * 1_048_577, "larger"), (None, "No such file")],
    ids=["no UTF-8", "too large", "absent"],
)
def test_a_file_that_cannot_be_one_is_a_sentence(content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BackendProblem, match=words) as told:
        read_policy_text(path)
    assert told.value.exit_code == 2


def test_several_files_are_told_one_after_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    for path in (first, second):
        path.write_text(json.dumps(POLICY))
    lines = run("policy", "lint", str(first), str(second)).output.splitlines()
    assert lines == [f"{path}: identity-based policy, no fault found" if path else "" for path in (first, None, second)]


# ------------------------------------------------------------------------------------------------- logs


def test_an_empty_log_and_a_folder_are_bad_input(tmp_path: Path) -> None:
    assert run("explain", input="").exit_code == 2
    result = run("explain", str(tmp_path))
    assert (result.exit_code, "Is a directory" in result.stderr) == (2, True)


def test_the_name_of_a_row_is_scrubbed_as_its_text_is() -> None:
    token = "gh" + "p_" + "a1B2" * 9
    result = run("explain", "--jsonl", input=json.dumps({"id": f"row {token}", "excerpt": token}).encode())
    assert json.loads(result.stdout)["id"] == "row [scrubbed:github-token]"


def test_rows_that_are_none_are_answered_and_give_two() -> None:
    result = run("explain", "--jsonl", input=b'\n{"id": "a", "excerpt": "ok"}\n\xff\n')
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 2


def test_rows_of_policies_that_cannot_be_read_are_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")

    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("click.File.convert", lambda *_: Broken())
    result = run("policy", "evaluate", str(rows))
    assert (result.exit_code, "Input/output error" in result.stderr) == (2, True)


# ------------------------------------------------------------------------------------------------- runs


class Answering:
    """Stands for a live backend: one diagnosis, and the packet that it was asked to write."""

    store_note = "The local store is full."

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        self.closed = False

    def diagnose_runs(self, *_: object, **__: object) -> Diagnosis:
        return self.diagnosis

    def export_packet(self, _: Diagnosis, place: Path, __: ExportChoice) -> ExportResult:
        return ExportResult(place, ("packet.json", "packet.md"), "sha256:ab")

    def close(self) -> None:
        self.closed = True


def test_runs_are_named_by_ids_or_addresses_of_one_repository() -> None:
    assert run("diagnose").exit_code == 2
    addresses = [f"https://github.com/octo-org/{name}/actions/runs/1" for name in ("shop", "api")]
    result = run("diagnose", *addresses)
    assert (result.exit_code, "several repositories" in result.stderr) == (2, True)


def test_a_diagnosis_names_its_packet_and_what_the_store_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = Answering(shared(FAULTS[0]).diagnosis())
    monkeypatch.setattr("tui.cli.commands.diagnose.live_backend", lambda *_: backend)
    result = run("diagnose", "1", "--repo", "octo-org/shop", "--export", str(tmp_path), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["schema"] == "planescope.diagnosis/1"
    assert result.stderr.splitlines() == [
        f"Evidence packet: {tmp_path} (packet.json, packet.md)",
        "Root hash: sha256:ab (compare it over another channel than the packet's)",
        "planescope: The local store is full.",
    ]
    assert backend.closed


def test_the_demo_opens_the_app_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, ...]] = []
    monkeypatch.setattr("tui.cli.commands.demo.on_a_terminal", lambda: True)
    monkeypatch.setattr("tui.cli.dashboard.open_demo", lambda *given: opened.append(given))
    assert run("demo").exit_code == 0
    assert run("demo", "--stage", "3").exit_code == 0
    assert run("demo", "--incident", "services", "--stage", "5").exit_code == 0
    assert run("demo", "--stage", "5").exit_code == 2
    assert opened == [("1", "release"), ("3", "release"), ("5", "services")]


# ------------------------------------------------------------------------------------------------- the local store


def test_an_empty_store_says_where_it_lies_and_what_cannot_be_read_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = run("cache")
    assert told.exit_code == 0
    assert str(tmp_path) in told.stdout
    assert "It is empty." in told.stdout
    assert run("cache", "clear").stdout == "Taken out of the local store: 0 attempts.\n"

    def fail(*_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("probes.store.overview.overview", fail)
    monkeypatch.setattr("probes.store.overview.clear", fail)
    for words, verb in ((("cache",), "read"), (("cache", "clear"), "cleared")):
        result = run(*words)
        assert result.exit_code == 2
        assert result.stderr == f"planescope: The local store cannot be {verb} (Permission denied).\n"


def test_a_store_in_use_is_not_cleared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("probes.store.overview.clear", lambda *_: None)
    result = run("cache", "clear")
    assert (result.exit_code, "Try again." in result.stderr) == (2, True)
