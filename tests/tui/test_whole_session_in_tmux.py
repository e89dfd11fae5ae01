"""A whole session in a real terminal, by keys alone: from the start screen of an empty machine to the exported packet."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT
from thoroughness import THOROUGH, spread

REQUIRED = bool(os.environ.get("PLANESCOPE_REQUIRE_TMUX"))
TMUX = shutil.which("tmux")
pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(not REQUIRED and not (THOROUGH and TMUX), reason="the whole app in tmux takes long"),
]


class Terminal:
    """A command in a tmux of its own, with a home that holds nothing."""

    def __init__(self, folder: Path, columns: int, rows: int, *command: str, **environ: str) -> None:
        assert TMUX is not None, "there is no tmux"
        self._tmux = [TMUX, "-S", str(folder / "tmux"), "-f", os.devnull]
        self.here = folder / "here"
        self.here.mkdir()
        told = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "GIT_CEILING_DIRECTORIES": str(folder),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environ,
        }
        line = shlex.join(["env", "-i", *(f"{name}={value}" for name, value in told.items())])
        # The terminal stays when the command has ended, and shows its exit code.
        line = f'{line} TERM="$TERM" {shlex.join(command)}; echo "ended with $?"; exec sleep 600'
        size = ["-x", str(columns), "-y", str(rows)]
        self._run("new-session", "-d", *size, "-c", str(self.here), line)

    def _run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True).stdout

    def shown(self) -> str:
        return self._run("capture-pane", "-p")

    def until(self, *words: str, seconds: float = 60) -> str:
        """Wait until all these words stand on the screen together."""
        end = time.monotonic() + seconds
        while not all(each in (shown := self.shown()) for each in words):
            assert time.monotonic() < end, f"{words} are not shown\n{shown}"
            time.sleep(0.1)
        return shown

    def press(self, key: str, *words: str) -> str:
        """Press a key and wait for what it leads to."""
        self._run("send-keys", key)
        return self.until(*words)

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


@pytest.fixture(params=spread([(120, 40), (80, 24), (200, 60)], 1), ids=str)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    begun = Terminal(tmp_path, *request.param, sys.executable, "-m", "tui")
    yield begun
    begun.end()


def test_from_an_empty_machine_to_the_packet(terminal: Terminal) -> None:
    terminal.until("Missing here: repository, token, AWS identity.", "gh auth login --hostname github.com")
    terminal.press("d", "stage 1/3", "Stopped", "Rerun", "at OIDC trust")
    terminal.press("]", "stage 2/3", "at Registry authorization")
    for key, words in {
        "2": "Proves",
        "3": "would still meet",
        "4": "gates by subject",
        "5": "not be read",
        "1": "Log line 122",
    }.items():
        terminal.press(key, words)
    terminal.press("v", "Log of #2", "▶✘")
    terminal.press("Escape", "stage 2/3")
    terminal.press("i", "provider", "repository", "Deciding")
    terminal.press("Escape", "stage 2/3")
    terminal.press("W", "walkthrough", "step 1 of", "Two planes")
    terminal.press("Right", "step 2 of", "✘ fail run 21985402789")
    terminal.press("Left", "step 1 of")
    terminal.press("Escape", "stage 2/3")
    terminal.press("e", "Write the evidence packet", "nothing")
    terminal.press("Enter", "The packet is written", "Root hash")
    terminal.press("q", "ended with 0")
    (packet,) = terminal.here.iterdir()
    check = subprocess.run(
        [sys.executable, "-m", "tui", "packet", "verify", str(packet)], cwd=ROOT, capture_output=True, check=False
    )
    assert check.returncode == 0, check.stdout
