"""What the dashboard remembers from one start to the next: repositories, filters, the theme. One small JSON file.

It lies in the user's state folder, for the user's eyes alone, and never holds a token: a filter that looks like one is not kept.
A file that is not ours, or of another version, is left as it is, and nothing is remembered then.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

SCHEMA = "planescope.remembered/1"
MOST_REPOSITORIES = 50
MOST_FILTERS = 50
"""Saved filters of one repository."""
LONGEST = 500
"""Characters of a text that is kept."""
SETTLE_SECONDS = 0.5
"""How long leaving waits for the last write."""

_LARGEST = 12_000_000
"""Bytes: more than all that is kept, were every text of the longest and every sign of four bytes."""
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,100}"
_NAME = re.compile(rf"[A-Za-z0-9_.:-]{{1,253}}/{_PART}/{_PART}")


@dataclass(frozen=True, slots=True)
class RepositoryMemory:
    """What is remembered of one repository."""

    filter: str = ""
    """The last filter of its runs, as it was typed."""
    saved: Mapping[str, str] = field(default_factory=dict)
    """Saved filters by their names."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The whole file."""

    theme: str | None = None
    repositories: Mapping[str, RepositoryMemory] = field(default_factory=dict)
    """By ``host/owner/name``, the one opened last first."""


NOTHING = RepositoryMemory()


class Remembered:
    """Remember, or do not: without a path nothing is read and nothing is written. Safe to share between threads.

    What changes is written by a thread of its own, over what another window wrote meanwhile.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._waiting: list[Callable[[Memory], Memory]] = []
        self.note = ""
        """What is wrong with the file, as a sentence; empty while nothing is."""
        self._memory, self.note = read(path) if path is not None else (Memory(), "")

    @property
    def kept(self) -> bool:
        """Whether what is remembered outlives this start."""
        return self._path is not None and not self.note

    @property
    def theme(self) -> str | None:
        """The theme chosen last."""
        return self._memory.theme

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories that were opened, as ``host/owner/name``, the last one first."""
        return tuple(self._memory.repositories)

    def of(self, repository: str) -> RepositoryMemory:
        """Return what is remembered of a repository."""
        return _of(self._memory, repository)

    def opened(self, repository: str) -> None:
        """Remember that a repository was opened; one whose name is none is left out."""
        if not _NAME.fullmatch(repository) or next(iter(self._memory.repositories), None) == repository:
            return

        def change(memory: Memory) -> Memory:
            found = {repository: _of(memory, repository), **_others(memory, repository)}
            return replace(memory, repositories=dict(list(found.items())[:MOST_REPOSITORIES]))

        self._apply(change)

    def keep_theme(self, theme: str) -> None:
        """Remember the theme."""
        if theme != self.theme and _keepable(theme):
            self._apply(lambda memory: replace(memory, theme=theme))

    def keep_filter(self, repository: str, text: str) -> None:
        """Remember the last filter of a repository."""
        if text != self.of(repository).filter and (not text or _keepable(text)):
            self._of(repository, lambda kept: replace(kept, filter=text))

    def save_filter(self, repository: str, name: str, text: str) -> bool:
        """Keep a filter by a name, in the place of an older one; return False for one that is not kept."""
        saved = self.of(repository).saved
        full = name not in saved and len(saved) >= MOST_FILTERS
        if full or not _NAME.fullmatch(repository) or not (_keepable(name) and _keepable(text)):
            return False
        self._of(repository, lambda kept: replace(kept, saved={**kept.saved, name: text}))
        return True

    def delete_filter(self, repository: str, name: str) -> None:
        """Forget a saved filter."""

        def without(kept: RepositoryMemory) -> RepositoryMemory:
            return replace(kept, saved={each: text for each, text in kept.saved.items() if each != name})

        if name in self.of(repository).saved:
            self._of(repository, without)

    def settle(self) -> None:
        """Wait a moment for the last write."""
        writer = self._writer
        if writer is not None:
            writer.join(SETTLE_SECONDS)

    def _of(self, repository: str, change: Callable[[RepositoryMemory], RepositoryMemory]) -> None:
        if not _NAME.fullmatch(repository):
            return

        def changed(memory: Memory) -> Memory:
            known = next((name for name in memory.repositories if _alike(name, repository)), repository)
            found = {**memory.repositories, known: change(_of(memory, repository))}
            return replace(memory, repositories=dict(list(found.items())[:MOST_REPOSITORIES]))

        self._apply(changed)

    def _apply(self, change: Callable[[Memory], Memory]) -> None:
        with self._lock:
            self._memory = change(self._memory)
            if not self.kept:
                return
            self._waiting.append(change)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="planescope remembered", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        while True:
            with self._lock:
                changes, self._waiting = self._waiting, []
                if not changes or self._path is None or self.note:
                    self._writer = None
                    return
            memory, note = read(self._path)
            if not note:
                for change in changes:
                    memory = change(memory)
                note = _written(self._path, memory)
            self.note = note


def _alike(one: str, other: str) -> bool:
    """Return whether two names mean one repository: GitHub compares them without case."""
    return one.lower() == other.lower()


def _of(memory: Memory, repository: str) -> RepositoryMemory:
    return next((kept for name, kept in memory.repositories.items() if _alike(name, repository)), NOTHING)


def _others(memory: Memory, repository: str) -> dict[str, RepositoryMemory]:
    return {name: kept for name, kept in memory.repositories.items() if not _alike(name, repository)}


def remembered_path() -> Path:
    """Return where it lies: in XDG_STATE_HOME, or what the system has in its place."""
    from platformdirs import user_state_path

    return user_state_path("planescope") / "remembered.json"


def read(path: Path) -> tuple[Memory, str]:
    """Read the file; return what it holds, and a sentence where it cannot be used. One that does not exist is empty."""
    try:
        if path.is_fifo():
            return Memory(), _note(path, "is no file")  # to open it would wait for somebody who writes
        with path.open("rb") as file:
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return Memory(), _note(path, "is another user's")
            body = file.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Memory(), ""
    except OSError as error:
        return Memory(), _note(path, f"cannot be read ({error.strerror})")
    if len(body) > _LARGEST:
        return Memory(), _note(path, "is too large")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Memory(), _note(path, "is no JSON")
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return Memory(), _note(path, "is not planescope's, or of another version")
    return _memory(document), ""


def _memory(document: dict[str, Any]) -> Memory:
    """Take what has the right form; anything else was written by somebody else and counts as not there."""
    theme, repositories = document.get("theme"), document.get("repositories")
    found: dict[str, RepositoryMemory] = {}
    for each in repositories[:MOST_REPOSITORIES] if isinstance(repositories, list) else []:
        values = each if isinstance(each, dict) else {}
        name, text, saved = values.get("name"), values.get("filter"), values.get("saved")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            continue
        pairs = list(saved.items())[:MOST_FILTERS] if isinstance(saved, dict) else []
        kept = {key: value for key, value in pairs if _keepable(key) and _keepable(value)}
        found[name] = RepositoryMemory(text if isinstance(text, str) and _keepable(text) else "", kept)
    return Memory(theme if isinstance(theme, str) and _keepable(theme) else None, found)


def _keepable(text: object) -> bool:
    """Return whether a text may be kept: short, printable, and nothing that looks like a secret."""
    from diagnosis.logs.scrub import scrub  # the patterns of secrets: only what was remembered is looked through

    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable() and scrub(text) == text


def _written(path: Path, memory: Memory) -> str:
    """Write the file whole; return what went wrong, as a sentence."""
    from tui.atomic_write import write_atomically  # behind it stand probes, which come after the first paint

    repositories = [
        {"name": name, "filter": kept.filter, "saved": dict(kept.saved)} for name, kept in memory.repositories.items()
    ]
    document = {"schema": SCHEMA, "theme": memory.theme, "repositories": repositories}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        return _note(path, f"cannot be written ({error.strerror})")
    return ""


def _note(path: Path, what: str) -> str:
    return f"What was remembered is not used: {path} {what}. It is left as it is; nothing is remembered meanwhile."
