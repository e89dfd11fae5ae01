"""Read the JSON files of a recording, and name the file in every fault that is found in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from diagnosis.facts.evidence import Origin
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrubbed_values import scrub_values
from probes.recording.format import Reconstruction, RecordingError, read_file

LARGEST_JSON = 64_000_000
"""Bytes of the index, or of the file of one run."""
WAY_OUT = "make the recording again with `planescope record`, or take it from its source again"


def load_object(file: Path, shown: str) -> JsonMembers:
    """Read the JSON object that a file holds, scrubbed: an earlier version or an editor may have left a secret in it.

    ``shown`` names the file in messages.

    Raises RecordingError for a file that is absent, unreadable, cut off, no JSON or no object.
    """
    try:
        text = read_file(file, LARGEST_JSON).decode("utf-8-sig")
    except FileNotFoundError:
        raise RecordingError(f"{shown} is missing from the recording; {WAY_OUT}") from None
    except OSError as error:
        raise RecordingError(f"{shown} cannot be read ({error.strerror}); make it a readable file of JSON") from None
    except UnicodeDecodeError as error:
        raise RecordingError(f"{shown} is not UTF-8 text (byte {error.start}); {WAY_OUT}") from None
    with faults_in(shown):
        members = JsonMembers.parse(text)
        return replace(members, value=scrub_values(members.value))


@contextmanager
def faults_in(shown: str) -> Iterator[None]:
    """Turn a fault of a file's JSON into a RecordingError that names the file."""
    try:
        yield
    except JsonFault as fault:
        raise RecordingError(f"{shown}{': ' if fault.place else ' '}{fault}; {WAY_OUT}") from None


def origin_of(entry: JsonMembers) -> Origin:
    """Return the member ``origin``; ``recorded`` where it is absent. Raises JsonFault for any other word."""
    text = entry.text("origin", Origin.RECORDED.value)
    if text not in (Origin.RECORDED.value, Origin.RECONSTRUCTED.value):
        raise entry.fault("origin", f"is {text[:40]!r}, but only `recorded` and `reconstructed` exist")
    return Origin(text)


def reconstructed_in(entry: JsonMembers) -> tuple[Reconstruction, ...]:
    """Return the member ``reconstructed``; empty where it is absent."""
    listed = entry.objects("reconstructed", ())
    return tuple(Reconstruction(item.text("what"), item.text("why")) for item in listed)
