"""Find and ask the programs of this machine (`git`, `gh`): never one that lies in the current folder, and never without a bound.

planescope is started in clones of other people's repositories. A file ``git`` or ``gh`` that lies in one must not run, however
PATH is written: only its absolute entries count, and not the one that is the current folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

MOST_BYTES = 1_000_000
"""Of an answer; a longer one is none."""


def safe_path(path: str) -> str:
    """Return a PATH without its relative and empty entries, and without the current folder, whatever it is called."""
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if _is_safe(entry))


def secure_search(environ: MutableMapping[str, str] | None = None) -> None:
    """Let no library that starts a program (a browser) find it in the current folder, as long as this process runs."""
    environ = os.environ if environ is None else environ
    # Without an entry some systems search the current folder: the root of the file system holds no programs.
    environ["PATH"] = safe_path(environ.get("PATH", "")) or str(Path(os.sep).absolute())
    environ["NoDefaultCurrentDirectoryInExePath"] = "1"


def find_program(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the absolute path of a program, or None. ``name`` is a plain name, without a folder and an extension."""
    environ = os.environ if environ is None else environ
    # On Windows a script beside the program would be run by cmd.exe, which reads its words anew: only programs count.
    file = f"{name}.exe" if sys.platform == "win32" else name
    for entry in safe_path(environ.get("PATH", "")).split(os.pathsep):
        place = Path(entry, file)
        if entry and place.is_file() and os.access(place, os.X_OK) and not _is_here(place.resolve().parent):
            return str(place)
    return None


def answer_of(
    name: str, words: Sequence[str], *, seconds: float, environ: Mapping[str, str] | None = None
) -> tuple[int, str] | None:
    """Run a program with these words and return its exit code and what it wrote; its errors and prompts go nowhere.

    None where it is not installed, cannot be started, does not end in time, or writes more than can be meant, or no UTF-8.
    """
    answer = bytes_of(name, words, seconds=seconds, environ=environ)
    try:
        return None if answer is None else (answer[0], answer[1].decode("utf-8"))
    except UnicodeDecodeError:
        return None


def bytes_of(
    name: str,
    words: Sequence[str],
    *,
    seconds: float,
    environ: Mapping[str, str] | None = None,
    given: bytes | None = None,
    most: int = MOST_BYTES,
) -> tuple[int, bytes] | None:
    """Run a program as :func:`answer_of` does, for an answer of other bytes; ``given`` is what it reads."""
    program = find_program(name, environ)
    if program is None:
        return None
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute path, fixed words, no shell
            [program, *words],
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=None if environ is None else dict(environ),
            # No terminal of its own to ask on, and one name for all that it starts, so that nothing of it stays.
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    parts: list[bytes] = []

    def read() -> None:
        with suppress(OSError, ValueError):
            if process.stdout is not None:
                parts.append(process.stdout.read(most + 1))

    def write() -> None:
        with suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.write(given or b"")
                process.stdin.close()

    reader = Thread(target=read, daemon=True, name=f"answer of {name}")
    writer = Thread(target=write, daemon=True, name=f"question to {name}")
    reader.start()
    writer.start()
    try:
        reader.join(seconds)
        said = parts[0] if parts else None
        if said is None or len(said) > most:
            return None
        return process.wait(seconds), said
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None or reader.is_alive():
            _end(process)
            reader.join(1)
        writer.join(1)
        for thread, pipe in ((reader, process.stdout), (writer, process.stdin)):
            if pipe is not None and not thread.is_alive():
                with suppress(OSError):
                    pipe.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program with all that it started and that it left running."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)


def _is_safe(entry: str) -> bool:
    folder = Path(entry)
    return folder.is_absolute() and not _is_here(folder)


def _is_here(folder: Path) -> bool:
    """Return whether a folder is the current one."""
    try:
        return folder.samefile(Path.cwd())
    except (OSError, ValueError):
        # What is not there is not run; a current folder that was deleted holds nothing.
        return False
