"""What this machine has, and how the terminal stands: nothing of it is asked of anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.backends.readiness import machine
from tui.cli import terminal_check
from tui.cli.plain import draws
from tui.readiness.check import State
from tui.settings import settings_path


def test_python_outside_of_what_is_tested_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python().state is State.READY
    monkeypatch.setattr(machine, "_OLDEST", (3, 99))
    monkeypatch.setattr(machine, "_LIBRARIES", ("no-such-library",))
    told = machine.python()
    assert told.state is State.NOTE
    assert "no-such-library (not installed)" in told.sentence


def test_a_cache_that_others_can_write_is_noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert (machine.cache().state, "made when needed" in machine.cache().sentence) == (State.READY, True)
    folder = tmp_path / "planescope"
    folder.mkdir(mode=0o700)
    assert "yours alone" in machine.cache().sentence
    folder.chmod(0o777)
    told = machine.cache()
    assert told.state is State.NOTE
    assert "others can write" in told.sentence
    folder.rmdir()
    folder.write_text("a file")
    assert machine.cache().state is State.NOTE


def test_programs_and_the_extra_that_are_not_there_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for told in (machine.git(), machine.gh(), machine.demo()):
        assert told.state is State.NOTE
        assert told.way_out


def test_the_settings_in_force_are_named() -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("theme = 'light'")
    assert machine.settings().sentence == f"{settings_path()} is in force."


@pytest.mark.parametrize(
    ("variables", "size", "signs", "state", "words"),
    [
        ({"TERM": "xterm-256color"}, (80, 24), True, State.READY, "80×24, 256 colours, UTF-8."),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, (200, 60), True, State.READY, "all colours"),
        ({"TERM": "xterm"}, (80, 24), True, State.READY, "16 colours"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, (80, 24), True, State.READY, "no colours (NO_COLOR)"),
        ({"TERM": "dumb"}, (80, 24), True, State.NOTE, "draws nothing"),
        ({"TERM": "xterm"}, (79, 24), True, State.NOTE, "79×24"),
        ({"TERM": "xterm"}, (200, 23), True, State.NOTE, "200×23"),
        ({"TERM": "xterm"}, (80, 24), False, State.NOTE, "signs of ASCII"),
    ],
)
def test_the_terminal(
    variables: dict[str, str],
    size: tuple[int, int],
    signs: bool,
    state: State,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal_check, "on_a_terminal", draws)
    monkeypatch.setattr(terminal_check, "terminal_size", lambda: size)
    monkeypatch.setattr(terminal_check, "can_encode", lambda _: signs)
    told = terminal_check.terminal()
    assert (told.state, words in told.sentence, bool(told.way_out)) == (state, True, state is State.NOTE)
