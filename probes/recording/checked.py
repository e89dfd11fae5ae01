"""Write a recording, and check that it replays and holds no credential before it is reported as done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.redaction import Leak, leaks
from diagnosis.logs.line_search import LineSearch
from probes.recording.format import Recording, RecordingError
from probes.recording.read.recording import read_recording
from probes.recording.writer import ensure_new, put_in_place, unwritten, write_recording
from probes.stages import stage_in

_LINES = LineSearch(
    (
        *("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        *("eyj", "private key", "authorization", "secret", "session"),
    )
)
"""What a line that holds a credential holds, in lower case: looking closely at every line would take minutes."""

_NO_CREDENTIALS = re.compile(
    r"\$\{\{[^{}\n]{0,200}\}\}|\$\{?[A-Za-z_][A-Za-z0-9_]{0,80}\}?|<[A-Za-z0-9_ -]{1,80}>|\b(?:AROA|AIDA)[A-Z2-7]{16}\b"
)
"""Variables and placeholders that stand where a credential would, and ids of roles and users, which open nothing."""

_ALLOWED = frozenset({"a policy document", "a whole log"})
"""A recording consists of logs, and workflow files may hold policies: it is no packet that leaves the house."""


def write_checked(recording: Recording, folder: Path) -> None:
    """Write the recording into a new directory; it appears there only after it was checked.

    Raises RecordingError where it cannot be written, cannot be read back, or holds what looks like a credential; then
    nothing of it is left.
    """
    ensure_new(folder)
    try:
        with stage_in(folder.parent) as place:
            staging = place / "unchecked"
            write_recording(recording, staging)
            read_recording(staging)
            found = next(credentials_in(staging), None)
            if found is not None:
                raise RecordingError(
                    f"the recording was not kept: {found.file}, line {found.line}, holds what looks like {found.what}, "
                    "which planescope failed to scrub; tell its makers the form, never the value",
                    ExitCode.USAGE,
                )
            put_in_place(staging, folder)
    except OSError as error:
        raise unwritten(folder, error) from None


def credentials_in(folder: Path) -> Iterator[Leak]:
    """Yield what looks like a credential in the files of a directory: file, line, kind. Raises OSError."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        # One character a byte: every pattern is ASCII, and a log may hold any bytes.
        text = file.read_bytes().decode("latin-1")
        name = file.relative_to(folder).as_posix()
        for start in _LINES.line_starts(text.lower()):
            piece = _NO_CREDENTIALS.sub("[variable]", text[start : _two_lines(text, start)])
            for leak in leaks({name: piece}):
                if leak.what not in _ALLOWED:
                    yield Leak(name, text.count("\n", 0, start) + leak.line, leak.what)


def _two_lines(text: str, start: int) -> int:
    """Return where the line after the one that begins at ``start`` ends: a value may stand on the line after its name."""
    first = text.find("\n", start)
    second = text.find("\n", first + 1) if first >= 0 else -1
    return second if second >= 0 else len(text)
