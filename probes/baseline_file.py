"""Read the file of an accepted baseline. It lies in the repository, so whoever may write there has written it."""

from __future__ import annotations

from pathlib import Path

from diagnosis.baseline.reading import read_baseline
from diagnosis.baseline.state import Baseline
from diagnosis.json_members import JsonFault
from diagnosis.lint.places import Places, read_places
from probes.bounded_json import holds_too_much

USUAL_NAME = "planescope-baseline.json"
LARGEST = 8_000_000
"""Bytes: ten roles with all policies that AWS lets them have are a tenth of that."""


class BaselineFileError(Exception):
    """The file cannot be used: a sentence without what to do."""


def read_baseline_file(path: Path) -> tuple[Baseline, Places] | None:
    """Return the baseline and where its members stand; None where there is no such file. Raises BaselineFileError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such name can be"
        raise BaselineFileError(f"The baseline {path} cannot be read: {why}.") from None
    if len(raw) > LARGEST:
        raise BaselineFileError(f"The baseline {path} is larger than {LARGEST // 1_000_000} MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BaselineFileError(f"The baseline {path} is no text in UTF-8.") from None
    if holds_too_much(text):
        raise BaselineFileError(f"The baseline {path} holds more values than any baseline does.")
    try:
        return read_baseline(text), read_places(text)
    except JsonFault as fault:
        raise BaselineFileError(f"The baseline {path} cannot be used: {_said(fault)}.") from None


def _said(fault: JsonFault) -> str:
    text = str(fault)
    return text if text.startswith("member ") else f"it {text}"
