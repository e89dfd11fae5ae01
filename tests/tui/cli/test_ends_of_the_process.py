"""How the process ends where something other than a verdict ends it: a code of its own, one sentence, no traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from on_a_terminal import kill, raw_on_terminal, started_on_terminal
from thoroughness import THOROUGH, some

from diagnosis.documents.exit_code import ExitCode
from tui import internal_error, interrupts
from tui.cli import main as command_line
from tui.cli import output
from tui.cli.ascii_signs import HANDLER, register
from tui.cli.console import print_json, text_console
from tui.lost_terminal import TerminalWatch

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (sys.executable, "-m", "tui")
LOST = "planescope: the output could not be written to its end: "


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def shell(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which $P is the program; its exit code is the program's."""
    program = " ".join(PROGRAM)
    return subprocess.run(
        ["bash", "-c", line.replace("$P", program)],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "why"),
    some(
        [
            ("$P settings >/dev/full", "No space left on device"),
            ("$P settings >&-", "it is closed"),
            ("$P settings | :; exit ${PIPESTATUS[0]}", "Broken pipe"),
            ("$P --help >/dev/full", "No space left on device"),
            ("$P --version >&-", "it is closed"),
            ("$P permissions --why >/dev/full", "No space left on device"),
            ("$P demo --text | head -1 >/dev/null; exit ${PIPESTATUS[0]}", "Broken pipe"),
            ("$P demo --stage 1 --json >/dev/full", "No space left on device"),
            ("$P permissions --json </dev/null >/dev/full", "No space left on device"),
        ],
        9,
    ),
)
def test_an_output_that_is_lost_has_a_code_of_its_own_and_one_sentence(line: str, why: str, tmp_path: Path) -> None:
    # The reader of a pipe is gone before anything is written where it is `:`; asked again where it was too slow for that.
    ended = next((done for _ in range(5) if (done := shell(line, tmp_path)).returncode), None)
    assert ended is not None
    assert (ended.returncode, ended.stderr) == (ExitCode.OUTPUT, f"{LOST}{why}.\n")


@pytest.mark.parametrize("line", some(["$P settings 2>&-", "$P settings 2>/dev/full", "$P explain <&- 2>&-"], 3))
def test_without_standard_error_the_code_stays(line: str, tmp_path: Path) -> None:
    ended = shell(line, tmp_path)
    assert ended.returncode == (ExitCode.USAGE if "explain" in line else ExitCode.PASSED)
    assert ended.stderr == ""


def test_a_terminal_that_went_away_is_a_lost_output(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    os.close(ours)
    ended = subprocess.run(
        [*PROGRAM, "settings"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (ExitCode.OUTPUT, f"{LOST}Input/output error.\n")


def test_what_a_lost_output_still_keeps_changes_no_code(tmp_path: Path) -> None:
    before = (
        "import sys, tui.cli.commands.settings as s\n"
        "def template():\n  sys.stdout.below.write('kept'); raise {error}\ns.template = template"
    )
    for error, code in (("ValueError", ExitCode.INTERNAL), ("KeyboardInterrupt", ExitCode.INTERRUPTED)):
        (tmp_path / "program.py").write_text(
            f"{before.format(error=error)}\nsys.argv = ['planescope', 'settings']\nfrom tui.__main__ import main\nmain()"
        )
        ended = shell(
            f"{sys.executable} program.py >/dev/full 2>/dev/full", tmp_path, HOME=str(tmp_path), PYTHONUNBUFFERED=""
        )
        assert ended.returncode == code


def test_a_terminal_that_goes_away_is_told_once_and_takes_what_is_still_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class OfTextual:
        """Stands for a driver, which keeps what it writes to."""

        def __init__(self, _: object) -> None:
            self._file = sys.__stderr__

        def run_input_thread(self) -> None:
            os.read(sys.__stdin__.fileno(), 1)  # type: ignore[union-attr]
            raise OSError(5, "Input/output error")

    ours, theirs = pty.openpty()
    told: list[str] = []
    with os.fdopen(theirs, "r", closefd=False) as keys, os.fdopen(theirs, "w") as drawn:
        monkeypatch.setattr(sys, "__stdin__", keys)
        monkeypatch.setattr(sys, "__stderr__", drawn)
        with TerminalWatch(lambda: told.append("gone"), seconds=0.005) as watch:
            driver: Any = watch.driver(OfTextual)(None)  # type: ignore[arg-type]
            driver._file.write("x")
            driver._file.flush()
            time.sleep(0.02)
            assert not watch.gone
            os.close(ours)
            for _ in range(400):
                if told:
                    break
                time.sleep(0.005)
            driver._file.write("y")
            driver._file.flush()
            driver.run_input_thread()
        output.discard(drawn)
    assert watch.gone
    assert told == ["gone"]


@pytest.mark.skipif(not THOROUGH, reason="opens the app in a process: the thorough run does")
@pytest.mark.parametrize("seconds", [0.7, 2, 5])
def test_the_dashboard_ends_when_its_terminal_goes_away(seconds: float, tmp_path: Path) -> None:
    state = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    ours, child = started_on_terminal([*PROGRAM, "demo"], tmp_path, **state)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                os.read(ours, 1 << 16)
        os.close(ours)
        assert child.wait(timeout=30) == ExitCode.OUTPUT
    finally:
        kill(child)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("closed", some(["</dev/null", "<&-", "2>/dev/null"], 3))
def test_an_app_is_opened_only_where_a_terminal_gives_its_keys_and_shows_it(closed: str, tmp_path: Path) -> None:
    line = f"{' '.join(PROGRAM)} --repo octo-org/shop {closed}"
    written, code = raw_on_terminal(["bash", "-c", line], tmp_path)
    assert code == ExitCode.USAGE
    assert b"\x1b" not in written


# ------------------------------------------------------------------------------------------------- encodings


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> object:
    """Give the process a standard output of some encoding; return what was written to it."""

    def give(encoding: str) -> io.BytesIO:
        written = io.BytesIO()
        register()
        below = io.TextIOWrapper(written, encoding=encoding, errors=HANDLER)
        monkeypatch.setattr(sys, "stdout", output.Guarded(below, is_error=False))
        return written

    return give


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "koi8-r", "utf-8"])
def test_what_an_output_cannot_encode_is_a_sign_or_an_escape(encoded: object, encoding: str) -> None:
    written = encoded(encoding)  # type: ignore[operator]
    output.say("✔ pass → “é” ␛[2J ⟨202E⟩ 日本 ─│")
    text_console().rule("✘ 日本")
    print_json({"title": "✔ 日本 é"})
    text = written.getvalue().decode(encoding)
    assert "日本" in text if encoding == "utf-8" else "\\u65e5\\u672c" in text
    assert json.loads(text[text.index("{") :]) == {"title": "✔ 日本 é"}
    if encoding == "ascii":
        assert text.startswith('+ pass -> "\\xe9" <1B>[2J <202E> \\u65e5\\u672c -|\n')


@pytest.mark.parametrize("encoding", some(["latin-1:strict", "ascii", "cp1252:strict", "ascii:strict"], 4))
def test_the_verdict_stays_whatever_the_output_can_encode(encoding: str, tmp_path: Path) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Sid": "“日本”"}
    (tmp_path / "trust.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": trust}))
    line = "$P policy admits trust.json --repo o/r"
    ended = shell(line, tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    assert (ended.returncode, ended.stderr) == (ExitCode.FAILED, "")
    assert "x fail" in ended.stdout


# ------------------------------------------------------------------------------------------------- interrupts

_KILL = "import os, signal; os.kill(os.getpid(), signal.{signal})"
_AT = {
    "the import of click": "import sys, importlib.abc\nclass At(importlib.abc.MetaPathFinder):\n"
    "  def find_spec(self, name, *_):\n    if name == 'click':\n      sys.meta_path.remove(self); {kill}\n"
    "sys.meta_path.insert(0, At())",
    "reading": "import tui.cli.commands.settings as s, time\n"
    "def template():\n  {kill}\n  time.sleep(9)\ns.template = template",
    "another thread": "import tui.cli.commands.settings as s, threading, time\n"
    "def template():\n  threading.Thread(target=lambda: ({thread}), daemon=True).start(); time.sleep(9)\ns.template = template",
    "work that no thread gives up": "import tui.cli.commands.settings as s, threading, time\n"
    "def template():\n  threading.Thread(target=time.sleep, args=(60,)).start(); {kill}\n  time.sleep(9)\ns.template = template",
}


def program(before: str, *words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process in which something was changed before."""
    script = f"{before}\nimport sys; sys.argv = ['planescope', *{list(words)!r}]\nfrom tui.__main__ import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("where", "number"), some([(w, n) for w in _AT for n in ("SIGINT", "SIGTERM", "SIGHUP")], 12))
def test_a_signal_ends_the_command_wherever_it_comes(where: str, number: str, tmp_path: Path) -> None:
    kill = _KILL.format(signal=number)
    thread = f"__import__('os').kill(__import__('os').getpid(), __import__('signal').{number})"
    ended = program(_AT[where].format(kill=kill, thread=thread), "settings", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (ExitCode.INTERRUPTED, "planescope: stopped.\n")


_WAITING = {
    # The main thread hears no signal: the system gives it to another thread, as where a library waits on and on.
    "a library": "{send}; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]); time.sleep(60)",
    "a write that holds signals": "from probes.whole_writes import signals_held\n  with signals_held():\n"
    "    {send}\n    for _ in range(600): time.sleep(0.1)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("where", some(list(_WAITING), 1))
def test_a_second_signal_ends_the_process_at_once_where_the_first_has_to_wait(where: str, tmp_path: Path) -> None:
    twice = "[(time.sleep(s), os.kill(os.getpid(), signal.SIGINT)) for s in (0.1, 0.25)]"
    send = f"threading.Thread(target=lambda: {twice}, daemon=True).start()"
    before = (
        "import tui.cli.commands.settings as s, os, signal, threading, time\n"
        f"def template():\n  {_WAITING[where].format(send=send)}\ns.template = template"
    )
    begun = time.monotonic()
    ended = program(before, "settings", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (ExitCode.INTERRUPTED, "", "planescope: stopped.\n")
    assert time.monotonic() - begun < 50


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_after_the_command_has_ended_has_a_code_and_no_trace(tmp_path: Path) -> None:
    before = (
        "import atexit, os, signal, tui.cli.commands.settings as s\n"
        "{last}\n"
        "def template():\n  {late}\n  return 'shown'\ns.template = template"
    )
    kill = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))"
    told = "atexit.register(lambda: os.write(1, signal.getsignal(signal.SIGTERM).name.encode()))"
    stopped = program(before.format(last="", late=kill), "settings", folder=tmp_path)
    assert (stopped.returncode, stopped.stdout) == (ExitCode.INTERRUPTED, "shown\n")
    assert "Traceback" not in stopped.stderr
    # Then Python takes itself apart, and would give the signals back to the system, which kills by them.
    done = program(before.format(last=told, late="pass"), "settings", folder=tmp_path)
    assert (done.returncode, done.stdout) == (ExitCode.PASSED, "shown\nSIG_IGN")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_that_comes_twice_at_once_is_one_and_lets_work_be_put_away(tmp_path: Path) -> None:
    # As timeout sends it: to its child, and to the group of both.
    before = (
        "import tui.cli.commands.settings as s, os, signal, time\n"
        "def template():\n"
        "  try: os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)\n"
        "  finally: os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.1); os.write(1, b'put away')\n"
        "s.template = template"
    )
    ended = program(before, "settings", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        ExitCode.INTERRUPTED,
        "put away",
        "planescope: stopped.\n",
    )


def test_a_signal_while_the_settings_are_read_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "read_settings", interrupted)
    with pytest.raises(SystemExit) as end:
        command_line.planescope.main(["schema"])
    assert end.value.code == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "planescope: stopped.\n"


def test_the_last_sentence_waits_for_no_terminal_that_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "WRITE_SECONDS", 0.05)
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write, b"x" * 4096):
            pass
    os.set_blocking(write, True)
    interrupts._write_soon(b"planescope: stopped.", write)
    assert os.get_blocking(write)
    while len(os.read(read, 4096)) == 4096 and select.select([read], [], [], 0)[0]:
        pass
    interrupts._write_soon(b"planescope: stopped.", write)
    os.close(write)
    assert os.read(read, 4096) == b"planescope: stopped."
    os.close(read)


@pytest.mark.skipif(not THOROUGH, reason="opens the app in a process: the thorough run does")
def test_the_dashboard_gives_the_terminal_back_when_it_is_stopped(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal, threading; sys.argv = ['planescope', 'demo']; import tui.cli.dashboard as d\n"
        "from tui.backend import BackendProblem\n"
        "def factory(*_): os.kill(os.getpid(), signal.SIGTERM); raise BackendProblem('x')\n"
        "d.embedded_backend = factory\nfrom tui.__main__ import main\nmain()"
    )
    written, code = raw_on_terminal([sys.executable, "-c", script], tmp_path)
    assert code == ExitCode.INTERRUPTED
    assert written.rstrip().endswith(b"planescope: stopped.")
    assert b"\x1b[?1049l" in written
    assert b"Traceback" not in written


# ------------------------------------------------------------------------------------------------- faults of our own

SECRET = "gh" + "p_" + "a1B2c3D4e5F6a7B8c9D0" * 2
_FAULTS = {
    "ValueError": f"raise ValueError('nobody thought of {SECRET} in ' + os.path.expanduser('~/x'))",
    "RecursionError": "template()",
    "MemoryError": "raise MemoryError",
    "BrokenPipeError": "raise BrokenPipeError(32, 'Broken pipe')",
    "EOFError": "raise EOFError",
    "OSError": "raise OSError(5, 'Input/output error')",
    "ExceptionGroup": f"raise ExceptionGroup('several', [KeyError('{SECRET}'), OSError(2, 'x')])",
}


@pytest.mark.parametrize("kind", some(list(_FAULTS), 7))
def test_a_fault_of_our_own_is_a_sentence_and_a_scrubbed_trace(kind: str, tmp_path: Path) -> None:
    before = (
        "import os, tui.cli.commands.settings as s\n"
        f"def template():\n  held = 'a value'; {_FAULTS[kind]}\ns.template = template"
    )
    ended = program(before, "settings", folder=tmp_path, HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"))
    assert ended.returncode == ExitCode.INTERNAL
    assert re.fullmatch(r"planescope: a fault of planescope itself \(\w+\), .*SECURITY\.md.*\n", ended.stderr)
    (trace,) = (tmp_path / "state" / "planescope" / "errors").iterdir()
    assert f"~/state/planescope/errors/{trace.name}" in ended.stderr
    assert trace.stat().st_mode & 0o777 == 0o600
    text = trace.read_text()
    assert kind in text
    assert "in template" in text
    assert SECRET not in text
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert len(text) < 300_000


@pytest.mark.skipif(not THOROUGH, reason="a process of its own: the thorough run has it")
def test_a_trace_that_cannot_be_written_leaves_the_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = "import tui.cli.commands.settings as s\ndef template(): 1 / 0\ns.template = template"
    nowhere = str(tmp_path / "file")
    ended = program(before, "settings", folder=tmp_path, XDG_STATE_HOME=nowhere, XDG_CACHE_HOME=nowhere, HOME=nowhere)
    assert ended.returncode == ExitCode.INTERNAL
    assert ended.stderr.startswith("planescope: a fault of planescope itself (ZeroDivisionError)")
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not THOROUGH, reason="a process of its own: the thorough run has it")
def test_a_thread_that_fails_is_told_at_the_end(tmp_path: Path) -> None:
    before = (
        "import threading, tui.cli.commands.settings as s\nt = s.template\n"
        "def template():\n  w = threading.Thread(target=lambda: 1 / 0); w.start(); w.join(); return t()\ns.template = template"
    )
    ended = program(before, "settings", folder=tmp_path)
    assert ended.returncode == ExitCode.INTERNAL
    assert ended.stderr.count("ZeroDivisionError") == 1
    assert "Traceback" not in ended.stderr


def test_a_thread_that_still_works_is_left_behind_when_others_have_put_things_away(tmp_path: Path) -> None:
    before = (
        "import atexit, os, threading, time, tui.cli.commands.settings as s\n"
        "atexit.register(lambda: os.write(1, b'the interpreter went on'))\n"
        "def template():\n  atexit.register(lambda: os.write(1, b'put away'))\n"
        "  threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); return 'shown'\ns.template = template"
    )
    ended = program(before, "settings", folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (ExitCode.PASSED, "shown\nput away")


@pytest.mark.parametrize(
    "module", ["tui.cli.main", "tui.cli.process", "diagnosis.documents.exit_code", "click", "tui.backend"]
)
def test_an_import_that_fails_is_a_fault_and_no_failing_gate(module: str, tmp_path: Path) -> None:
    before = (
        "import sys, importlib.abc\nclass At(importlib.abc.MetaPathFinder):\n  def find_spec(self, name, *_):\n"
        f"    if name == '{module}': raise OSError(5, 'Input/output error')\nsys.meta_path.insert(0, At())"
    )
    ended = program(before, "settings", "--nothing", folder=tmp_path, HOME=str(tmp_path))
    assert ended.returncode == ExitCode.INTERNAL
    assert re.fullmatch(r"planescope: a fault of planescope itself \(OSError\).*\n", ended.stderr)


def test_the_codes_of_an_end_that_imports_nothing_are_those_of_the_list() -> None:
    known = (interrupts.INTERRUPTED, interrupts.LOST, interrupts.FAULT)
    assert known == (ExitCode.INTERRUPTED, ExitCode.OUTPUT, ExitCode.INTERNAL)


def test_only_the_latest_traces_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(internal_error, "_kept", [])
    for number in range(14):
        internal_error.keep(ValueError(str(number)))
    traces = sorted((tmp_path / "planescope" / "errors").iterdir())
    assert len(traces) == 10
    assert "ValueError: 13" in traces[-1].read_text()


@pytest.mark.skipif(not THOROUGH, reason="opens the app in a process: the thorough run does")
def test_the_dashboard_gives_the_terminal_back_before_it_tells_a_fault(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['planescope', 'demo']; import tui.app as a\n"
        "a.PlanescopeApp.on_mount = lambda self: 1 / 0\nfrom tui.__main__ import main\nmain()"
    )
    written, code = raw_on_terminal([sys.executable, "-c", script], tmp_path, XDG_STATE_HOME=str(tmp_path))
    assert code == ExitCode.INTERNAL
    after = written.rpartition(b"\x1b[?1049l")[2]
    assert b"a fault of planescope itself (ZeroDivisionError)" in after
    assert b"Traceback" not in written
