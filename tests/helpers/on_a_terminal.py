"""Commands run in a process whose output is a terminal, and what of their output a terminal would obey.

Many commands share one process, since starting it is most of the time; each is given to the whole command line as the
installed program gives it, behind the same guard of the standard streams.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_DRIVER = """
import contextlib, json, os, sys
from tui.cli.output import guard
guard()
from tui.cli.main import planescope
for step in json.load(open(sys.argv[1], encoding="utf-8")):
    kept = dict(os.environ)
    os.environ.update(step["env"])
    sys.stdin = open(step["stdin"], encoding="utf-8") if step["stdin"] else open(os.devnull)
    try:
        planescope.main(step["args"], prog_name="planescope")
        code = "none"
    except SystemExit as end:
        code = int(end.code)
    except BaseException as error:
        code = type(error).__name__
    for name in set(os.environ) - set(kept):
        del os.environ[name]
    os.environ.update(kept)
    os.write(1, f"\\n=====8<===== {code}\\n".encode())
"""
_MARK = re.compile(r"\n=====8<===== (\w+)\n")
_OURS = re.compile(r"\x1b\[[0-9;]*m|\r\x1b\[2K")
"""Colours, and the line of progress that is drawn anew."""
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point, and the interlinear annotations and specials."""

EVERY_KIND = (
    "\x1b]52;c;QQ==\x07 \x9d52;c;QQ==\x9c \x1b]8;;http://x\x1b\\ \x1b[2J\x9b2J \u202e\u2066\u061c \u200b\u00ad\ufeff "
    "\ufe0f\U000e0041\U000e0101 \u3164\u115f\uffa0 \u2028\u2029\x85\x0b\x0c \ufff9\ufffb \ue000 \ud800 \x7f\b\r\n::error::x\n"
    "  ::stop-commands::x ##[error]x"
)
"""One of each kind of what a terminal, or GitHub's runner, obeys or does not draw."""


def hostile_texts(count: int) -> list[str]:
    """Return texts made of ASCII and of characters that Unicode does not give a form, always the same."""
    chosen = random.Random(11)  # noqa: S311 - the same in every run
    parts = [
        "\x1b",
        "\x9b",
        "\x9d",
        "]52;c;QQ==",
        "\x07",
        "[2J",
        "]0;t",
        "\r",
        "\n",
        "::",
        "##[",
        "%0A",
        "a",
        " ",
        "é",
        "日",
    ]
    points = [
        *range(1, 0x20),
        *range(0x7F, 0xA1),
        *range(0x2000, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE0180),
    ]
    parts += map(
        chr, (0xAD, 0x34F, 0x61C, 0x115F, 0x17B4, 0x180E, 0x2800, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9, 0xE000, 0x10FFFF)
    )
    return [
        "".join(chosen.choice(parts) if chosen.random() < 0.6 else chr(chosen.choice(points)) for _ in range(30))
        for _ in range(count)
    ]


@dataclass(frozen=True)
class Step:
    """One command: its words, variables of its environment, a file for its standard input."""

    args: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""


@dataclass(frozen=True)
class Shown:
    """What a command wrote to the terminal, and its exit code (or the name of what it raised)."""

    text: str
    code: int | str

    @property
    def obeyed(self) -> list[str]:
        """Characters beyond text and sequences of ours that reached the terminal."""
        return sorted({f"{ord(c):04X}" for c in _OURS.sub("", self.text.replace("\r\n", "\n")) if not is_drawn(c)})


def is_drawn(character: str) -> bool:
    """Return whether a character does nothing but stand there."""
    if character in " \n":
        return True
    return unicodedata.category(character)[0] in "LMNPS" and not _IGNORABLE.match(character)


def on_terminal(steps: Sequence[Step], folder: Path, **env: str) -> list[Shown]:
    """Run commands one after the other in a process with a terminal for its output, in a folder of the test's."""
    plan = folder / "steps.json"
    told = [{"args": list(step.args), "env": dict(step.env), "stdin": step.stdin} for step in steps]
    plan.write_text(json.dumps(told))
    written, _ = raw_on_terminal([sys.executable, "-c", _DRIVER, str(plan)], folder, **env)
    parts = _MARK.split(written.decode("utf-8").replace("\r\n", "\n"))
    assert len(parts) == 2 * len(steps) + 1, parts[-1][-2000:]
    return [
        Shown(text, int(code) if code.isdigit() else code) for text, code in zip(parts[::2], parts[1::2], strict=False)
    ]


def raw_on_terminal(command: Sequence[str], folder: Path, *, seconds: float = 300, **env: str) -> tuple[bytes, int]:
    """Run a command whose standard output and error are a terminal; return its bytes and exit code. It never outlives the call."""
    ours, child = started_on_terminal(command, folder, **env)
    written, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([ours], [], [], 1)[0]:
                try:
                    piece = os.read(ours, 1 << 16)
                except OSError:
                    piece = b""  # the end of a terminal on Linux
                if not piece:
                    break
                written += piece
        code = child.wait(timeout=60)
    finally:
        os.close(ours)
        kill(child)
    return written, code


def started_on_terminal(command: Sequence[str], folder: Path, **env: str) -> tuple[int, subprocess.Popen[bytes]]:
    """Start a command on a terminal that sends it no SIGHUP; return its other side and the process, for :func:`kill`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    root = str(Path(__file__).resolve().parents[2])
    environ = {**os.environ, "PYTHONPATH": root, "TERM": "xterm-256color", "PYTHONUTF8": "1", **env}
    try:
        child = subprocess.Popen(
            list(command), cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
    finally:
        os.close(theirs)
    return ours, child


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs, whatever state it is in."""
    if child.poll() is None:
        child.kill()
    child.wait()
