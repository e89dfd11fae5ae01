"""The repository of a folder, or of a run's address, is asked of its own host only; another one is a sentence, and no request."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import planescope

PASSWORD = "".join(("hunter", "2", "hunter"))


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An API on loopback that has nothing, and what was asked of it."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def cloned(folder: Path, monkeypatch: pytest.MonkeyPatch, **remotes: str) -> None:
    (folder / ".git" / "objects").mkdir(parents=True)
    (folder / ".git" / "refs").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    sections = "".join(f'[remote "{name}"]\n\turl = {address}\n' for name, address in remotes.items())
    (folder / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 0\n" + sections)
    monkeypatch.chdir(folder)


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, words)


@pytest.mark.parametrize("command", ["diagnose", "record"])
@pytest.mark.parametrize(
    ("remote", "host"),
    [
        (f"https://me:{PASSWORD}@gitlab.example.com/octo/shop.git", "gitlab.example.com"),
        ("git@github-work:octo/shop.git", "github-work"),
        ("https://g\u0456thub.com/octo/shop", r"g\u0456thub.com"),
    ],
)
def test_a_remote_of_another_host_is_told_and_nobody_is_asked(
    command: str, remote: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, list[str]]
) -> None:
    cloned(tmp_path, monkeypatch, origin=remote, upstream="https://github.com/octo/shop")
    url, paths = asked
    result = run(command, "1", "--github-url", url)
    assert result.exit_code == 2
    assert f"is at {host}, which is not the GitHub host 127.0.0.1" in result.output
    assert "--repo" in result.output
    assert PASSWORD not in result.output
    assert paths == []


def test_the_own_host_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, list[str]]) -> None:
    cloned(tmp_path, monkeypatch, origin="git@github.com:octo/shop.git", mirror="git@gitlab.example.com:octo/shop.git")
    url, paths = asked
    run("diagnose", "1", "--no-live", "--no-cache", "--github-url", url)
    assert paths
    assert all(path.startswith("/repos/octo/shop") for path in paths)


def test_of_several_remotes_without_an_origin_none_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloned(tmp_path, monkeypatch, a="https://github.com/octo/shop", b="https://github.com/cat/shop")
    result = run("diagnose", "1")
    assert result.exit_code == 2
    assert "several remotes" in result.output


def test_a_remote_without_a_host_or_a_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloned(tmp_path, monkeypatch, origin="/srv/octo/shop")
    assert "names no host" in run("diagnose", "1").output
    (tmp_path / "b").mkdir()
    cloned(tmp_path / "b", monkeypatch, origin="https://github.com/octo")
    assert "names no repository of github.com" in run("diagnose", "1").output


def test_the_address_of_a_run_is_asked_of_its_own_host(asked: tuple[str, list[str]]) -> None:
    url, paths = asked
    for host in ("gitlab.example.com", f"me:{PASSWORD}@gitlab.example.com", "github.com@gitlab.example.com"):
        for command in ("diagnose", "record", "packet export"):
            result = run(*command.split(), f"https://{host}/octo/shop/actions/runs/5", "--github-url", url)
            assert result.exit_code == 2
            assert "The run 5 is at gitlab.example.com" in result.output
            assert PASSWORD not in result.output
    assert paths == []
    run("diagnose", "https://github.com/octo/shop/actions/runs/5", "--no-live", "--no-cache", "--github-url", url)
    assert paths


def test_a_number_that_no_run_has_is_told() -> None:
    result = run("diagnose", "1" * 5000, "--repo", "octo/shop")
    assert result.exit_code == 2
    assert "neither a run id" in result.output


def test_no_library_finds_a_program_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "xdg-open"
    planted.write_text("#!/bin/sh\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", str(tmp_path), os.environ["PATH"])))
    monkeypatch.setenv("NoDefaultCurrentDirectoryInExePath", "")
    assert shutil.which("xdg-open") is not None
    run("schema")
    assert shutil.which("xdg-open") is None or str(tmp_path) not in str(shutil.which("xdg-open"))
