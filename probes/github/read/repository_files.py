"""Read the files of the repository that attempts' steps use, round by round, each once for a commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, RepositoryFile
from diagnosis.steps.files_wanted import MOST_FILES, ROUNDS, files_wanted
from probes.github.http.pace import Watch
from probes.github.http.workers import Workers
from probes.github.read.file_text import read_text
from probes.github.read.kept_texts import KeptTexts
from probes.github.read.workflow_text import FileAt, file_of

LARGEST_FILE = 256 * 1024
"""Bytes."""
Wanted: TypeAlias = Callable[[Attempt], tuple[str, ...]]
"""Which files an attempt's steps need next."""

_PATH = re.compile(
    r"(?!.*(?:^|/)\.{1,2}(?:/|$))[^/\x00-\x1f\x7f\ud800-\udfff\\]+(?:/[^/\x00-\x1f\x7f\ud800-\udfff\\]+)*"
)
_LONGEST_PATH = 500
_NO_LOG = Unreadable("the log", "it was not read", "open the attempt")


class RepositoryFiles:
    """Reads files that steps use, and remembers them. Safe to share between threads."""

    def __init__(self, workers: Workers, kept: KeptTexts, wanted: Wanted = files_wanted) -> None:
        self._workers = workers
        self._kept = kept
        self._wanted = wanted

    def add(self, attempts: Sequence[Attempt], watch: Watch) -> tuple[Attempt, ...]:
        """Return the attempts with the files that their steps use; no request where they use none. Raises only Cancelled.

        The workflow files and local actions must have been read. What a passing fault kept back is asked for again.
        """
        whole = [replace(attempt, files=_settled(attempt)) for attempt in attempts]
        open_ones = [place for place, attempt in enumerate(whole) if _has_steps(attempt)]
        for _ in range(ROUNDS):
            wanted = {place: self._paths(whole[place]) for place in open_ones}
            open_ones = [place for place in open_ones if wanted[place]]
            if not open_ones:
                break
            watch.check()
            readings = self._read([(whole[place], path) for place in open_ones for path in wanted[place]], watch)
            for place in open_ones:
                attempt = whole[place]
                added = (RepositoryFile(path, _reading(attempt, path, readings)) for path in wanted[place])
                whole[place] = replace(attempt, files=(*attempt.files, *added))
        return tuple(whole)

    def _paths(self, attempt: Attempt) -> tuple[str, ...]:
        """Return the paths that are wanted next, each once, as many as there is room for."""
        known = {file.path for file in attempt.files}
        paths = dict.fromkeys(path for path in self._wanted(_as_first_read(attempt)) if path not in known)
        return tuple(paths)[: max(0, MOST_FILES - len(attempt.files))]

    def _read(self, wanted: Sequence[tuple[Attempt, str]], watch: Watch) -> dict[FileAt, Reading[str]]:
        places = {_place(attempt, path): _readable(attempt) for attempt, path in wanted if _can_be_asked(attempt, path)}
        found = self._kept.known(places)
        tasks = {
            place: partial(read_text, place=place, most=LARGEST_FILE, readable=readable)
            for place, readable in places.items()
            if place not in found
        }
        if tasks:
            read = self._workers.in_parallel("reading files that steps use", tasks, watch)
            self._kept.keep(read)
            found |= read
        return found


def _has_steps(attempt: Attempt) -> bool:
    """Return whether anything is known of the attempt's steps."""
    return isinstance(attempt.workflow_file, Known)


def _as_first_read(attempt: Attempt) -> Attempt:
    """Return the attempt without its logs, which are read after the files: the answer is the same when it comes from the store.

    It is also found without reading every log once more.
    """
    if not isinstance(attempt.jobs, Known):
        return attempt
    plain = tuple(replace(job, log=_NO_LOG, log_steps=(), log_verbatim=()) for job in attempt.jobs.value)
    return replace(attempt, jobs=Known(plain, attempt.jobs.source))


def _settled(attempt: Attempt) -> tuple[RepositoryFile, ...]:
    return tuple(file for file in attempt.files if not isinstance(file.text, Unreadable) or file.text.lasting)


def _place(attempt: Attempt, path: str) -> FileAt:
    return FileAt(attempt.repository.full_name, path, attempt.head_sha)


def _readable(attempt: Attempt) -> bool:
    """Return whether the token is known to see the repository's files at this commit: the workflow file was one of them."""
    own = file_of(attempt)
    return isinstance(own, FileAt) and (own.repository, own.commit) == (
        attempt.repository.full_name,
        attempt.head_sha,
    )


def _can_be_asked(attempt: Attempt, path: str) -> bool:
    return bool(attempt.head_sha) and len(path) <= _LONGEST_PATH and _PATH.fullmatch(path) is not None


def _reading(attempt: Attempt, path: str, found: dict[FileAt, Reading[str]]) -> Reading[str]:
    reading = found.get(_place(attempt, path))
    if reading is not None:
        return reading
    why = "the run names no commit" if not attempt.head_sha else "it is no path within the repository"
    return Unreadable(f"the file {path[:80]}", why, "read the file in the repository", lasting=True)
