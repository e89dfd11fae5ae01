"""Which file of the repository a command runs, and why one cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable

from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.steps.kinds import Operation
from diagnosis.steps.repository_files import Files, path_in
from diagnosis.steps.shell.powershell import with_blocks_apart
from diagnosis.steps.tools.call import Nested, opaque

SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ash", "ksh"})
"""Programs that run a script in the shell's language."""
_BATCH = (".bat", ".cmd")
_INTERPRETER = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?([\w.+-]+)")
_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/", "/kaniko/", "/snap/", "/home/linuxbrew/", "/root/go/bin/")


def script_at(
    words: tuple[str, ...], folder: str | None, files: Files, knows: Callable[[str], bool]
) -> Nested | tuple[Operation, ...] | None:
    """Return the script of a program that is named by its path in the repository; None where it is no such thing.

    Operations where it cannot be read. ``knows``: whether a program is known by its name, wherever it lies.
    """
    name = words[0]
    if "/" not in name and not name.endswith((".sh", ".bash")):
        return None
    if name.startswith(_SYSTEM) or "node_modules/.bin/" in name or name.startswith("~/"):
        return None
    base = base_name(name)
    if base in ("gradlew", "mvnw"):
        return None
    path = path_in(folder, name)
    text = files.text(path)
    if text is None and path is not None and isinstance(files.at(path), Absent) and knows(base):
        # The commit has no such file: it was fetched.
        return None
    if text is None:
        return unread(name, path, files)
    program = _INTERPRETER.match(text)
    foreign = "cmd" if base.lower().endswith(_BATCH) else program[1] if program else None
    if foreign is not None and foreign not in SHELLS:
        return opaque(path or name, f"it is a program for {foreign}", "write its calls of AWS into the workflow")
    text = with_blocks_apart(text) if base.lower().endswith(".ps1") else text
    return Nested(text, folder, path or "", arguments=words[1:])


def unread(name: str, path: str | None, files: Files) -> tuple[Operation, ...]:
    """Return the operation of a script that cannot be read: ``name`` as it is written, ``path`` where it is known."""
    if path is None:
        why = "where it lies in the repository is not legible" if "$" in name else "it is no file of the repository"
        return opaque(name[:200], why, "put the script into the repository and call it by its path")
    reading = files.at(path)
    if isinstance(reading, Absent):
        return opaque(path, "the commit has no such file", "put the script into the repository")
    if isinstance(reading, Unreadable):
        return opaque(path, reading.why, reading.how)
    if reading is not None:
        return opaque(path, "it is too long to be read", "shorten it")
    return opaque(path, "the file was not read", "let the run's repository be read (contents: read)")


def base_name(word: str) -> str:
    """Return a program's name without the folder that it is called in."""
    return word.replace("\\", "/").rsplit("/", 1)[-1]
