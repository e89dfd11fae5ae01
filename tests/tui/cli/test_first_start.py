"""The first start where nothing is set up: what the options give the start screen, and the command itself in a terminal."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

import pytest
from no_github import forget_github
from on_a_terminal import kill, started_on_terminal
from own_aws import configure
from thoroughness import THOROUGH

from diagnosis.facts.case import Case
from tui.backend import BackendProblem
from tui.cli.setup import CommandLineSetup


@pytest.fixture(autouse=True)
def _empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_github(monkeypatch)
    configure(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def test_the_last_repository_of_this_github_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = ("ghe.example.com/a/b", "github.com/octo-org/shop", "github.com/c/d")
    assert CommandLineSetup({}, Case(), remembered).last == "octo-org/shop"
    assert CommandLineSetup({"github_url": "ghe.example.com"}, Case(), remembered).last == "a/b"
    assert CommandLineSetup({}, Case(), ()).last == ""
    monkeypatch.setenv("GITHUB_API_URL", "ftp://x")
    assert CommandLineSetup({}, Case(), remembered).last == ""


def test_what_is_open_is_what_is_looked_at_next() -> None:
    setup = CommandLineSetup({}, Case(repository="octo-org/of-the-case"))
    assert setup.repository == "octo-org/of-the-case"
    assert setup.typed("https://github.com/c/d/actions") == "c/d"
    setup.opened("c/d")
    assert setup.repository == "c/d"
    assert CommandLineSetup({"repo": "e/f"}, Case()).repository == "e/f"
    with pytest.raises(BackendProblem, match="no clone"):
        CommandLineSetup({}, Case()).opened("")


def test_no_program_that_hangs_holds_the_first_paint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin" / "gh"
    gh.write_text(f"#!/bin/sh\necho >> {begun}\nexec sleep 30\n")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gh.parent}:/usr/bin:/bin")
    assert not CommandLineSetup({"repo": "e/f"}, Case()).is_complete
    assert not begun.exists(), "without an AWS identity the start screen is needed, whatever gh says"
    before = time.monotonic()
    assert not CommandLineSetup({"repo": "e/f", "no_live": True}, Case()).is_complete
    assert time.monotonic() - before < 3
    (gh.parent / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (gh.parent / "git").chmod(0o755)
    before = time.monotonic()
    assert not CommandLineSetup({"no_live": True}, Case()).is_complete
    assert time.monotonic() - before < 3


@pytest.mark.terminal
@pytest.mark.skipif(not THOROUGH, reason="the same is done without a terminal in test_start_screen")
def test_in_a_terminal_the_first_start_says_what_is_missing_and_leaves_with_0(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    nobody = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "GH_HOST": "ghe.example.invalid",
        "GH_CONFIG_DIR": str(tmp_path),
    }
    ours, child = started_on_terminal([sys.executable, "-m", "tui"], here, **nobody)
    try:
        _until(ours, "gh auth login --hostname ghe.example.invalid", "aws configure sso")
        os.write(ours, b"q")
        _until(ours, "\x1b[?1049l")
        assert child.wait(timeout=30) == 0
    finally:
        os.close(ours)
        kill(child)


def _until(terminal: int, *words: str, seconds: float = 60) -> None:
    """Read what the terminal is sent until all these words stood in it."""
    shown, end = b"", time.monotonic() + seconds
    while not all(each.encode() in shown for each in words):
        assert time.monotonic() < end, shown[-2000:]
        if select.select([terminal], [], [], 0.5)[0]:
            shown += os.read(terminal, 1 << 16)
