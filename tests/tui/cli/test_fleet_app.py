"""``planescope fleet --app``: what keeps it from opening is said before the app takes the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tui.cli.dashboard as dashboard_module
from tui.cli import fleet_app
from tui.cli.main import planescope


def run(*words: str) -> Any:
    return CliRunner().invoke(planescope, list(words))


def test_without_a_terminal_it_says_so() -> None:
    for words in (("fleet", "--org", "octo", "--app"), ("fleet", "collect", "x.jsonl", "--app")):
        told = run(*words)
        assert (told.exit_code, told.stdout) == (2, "")
        assert "The app needs a terminal." in told.stderr


def test_the_app_gets_the_fleet_that_the_options_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghp_0123456789abcdefghijklmnopqrstuvwxyz")
    opened: list[Any] = []
    monkeypatch.setattr(fleet_app, "on_a_terminal", lambda: True)
    monkeypatch.setattr(dashboard_module, "_run", lambda factory, **more: opened.append((factory, more)))
    server = ("--github-url", "http://127.0.0.1:9/api", "--no-live")
    assert run("fleet", "--org", "octo", "--repo", "other/one", "--app", *server).exit_code == 0
    assert run("fleet", "collect", str(tmp_path), "--app").exit_code == 0
    assert [more["fleet"]().title for _, more in opened] == ["octo, other/one", tmp_path.name]
    assert opened[0][1]["fleets"].named("octo", files=True)().title == "octo"
    refused = run("fleet", "--org", "octo", "--resume", "--app", *server)
    assert (refused.exit_code, "Name it by --output." in refused.stderr) == (2, True)
