"""Copy text: to the terminal by OSC 52, by the system's own program where there is one, else to a file; and say by which.

No terminal says whether it took what OSC 52 gave it, so something that answers is used beside it. A program never comes from
the current folder, reads the text from its standard input, gets no token, and has little time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 3.0
"""How long a program may take."""

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """A program that takes text from its standard input to a clipboard."""

    command: tuple[str, ...]
    where: str
    """Where the text then is."""
    usable: Callable[[Environment], bool]
    encoding: str = "utf-8"


def _named(name: str) -> Callable[[Environment], bool]:
    return lambda environment: bool(environment.get(name))


def _on_macos(_environment: Environment) -> bool:
    return sys.platform == "darwin"


def _beside_windows(environment: Environment) -> bool:
    return sys.platform == "win32" or bool(environment.get("WSL_DISTRO_NAME") or environment.get("WSL_INTEROP"))


WAYS = (
    Way(("wl-copy",), "the clipboard", _named("WAYLAND_DISPLAY")),
    Way(("xclip", "-in", "-selection", "clipboard"), "the clipboard", _named("DISPLAY")),
    Way(("xsel", "--input", "--clipboard"), "the clipboard", _named("DISPLAY")),
    Way(("pbcopy",), "the clipboard", _on_macos),
    Way(("clip" if sys.platform == "win32" else "clip.exe",), "the clipboard", _beside_windows, "utf-16"),
    Way(("tmux", "load-buffer", "-w", "-"), "tmux's buffer: prefix ] pastes it", _named("TMUX")),
    Way(("tmux", "load-buffer", "-"), "tmux's buffer: prefix ] pastes it", _named("TMUX")),
)
"""In the order in which they are tried. A tmux before 3.2 knows no ``-w``, which hands on to the terminal around it."""

_FOR_PROGRAMS = frozenset({
    "DISPLAY", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "SYSTEMROOT", "TMPDIR", "TMUX", "TMUX_TMPDIR", "WAYLAND_DISPLAY",
    "WSL_DISTRO_NAME", "WSL_INTEROP", "XAUTHORITY", "XDG_RUNTIME_DIR",
})  # fmt: skip
"""What such a program may need of the environment."""

TAKES_OSC_52 = frozenset(
    {"WezTerm", "ghostty", "kitty", "foot", "alacritty", "contour", "iTerm.app", "WindowsTerminal"}
)
"""Terminals that take OSC 52 as they come; a file beside it would only be in the way."""


class Clipboard:
    """Where the copies of this process go."""

    def __init__(self, environment: Environment | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._folder: Path | None = None

    def copy(self, text: str) -> str:
        """Copy text, beside what the terminal got; return where it is now. Blocks for a while; raises nothing."""
        from probes.programs import find_program

        for way in WAYS:
            program = find_program(way.command[0], self._environment) if way.usable(self._environment) else None
            if program is not None and self._given(program, way, text):
                return f"{way.where} ({way.command[0]})"
        if self._terminal in TAKES_OSC_52:
            return f"the clipboard ({self._terminal})"
        try:
            return f"the clipboard, where this terminal lets (OSC 52), and the file {self._written(text)}"
        except OSError as error:
            return f"the clipboard, where this terminal lets (OSC 52); no file could be written: {error.strerror}"

    @property
    def _terminal(self) -> str:
        """The terminal by its own name; empty within a multiplexer, which decides by itself."""
        environment = self._environment
        if environment.get("TMUX") or environment.get("STY"):
            return ""
        if environment.get("WT_SESSION"):
            return "WindowsTerminal"
        by_term = environment.get("TERM", "").removeprefix("xterm-").partition("-")[0]
        return environment.get("TERM_PROGRAM") or by_term

    def _given(self, program: str, way: Way, text: str) -> bool:
        try:
            done = subprocess.run(  # noqa: S603 - the table's, by its absolute path
                [program, *way.command[1:]],
                input=text.encode(way.encoding, "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in self._environment.items() if name in _FOR_PROGRAMS},
                cwd=Path(program).parent,
                timeout=SECONDS,
                check=False,
                start_new_session=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def _written(self, text: str) -> Path:
        """Write the file anew, in a folder that this process made and nobody else may enter."""
        if self._folder is None or not self._folder.is_dir():
            self._folder = Path(tempfile.mkdtemp(prefix="planescope-copied-"))
        place = self._folder / "copied.txt"
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        return place
