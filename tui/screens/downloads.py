"""What is written for a browser: a file of this machine is of no use there, so it is written aside and handed over."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from textual.app import App

from tui.backend import ExportChoice, ExportResult

_PREFIX = "planescope-download-"


def stays_closed(app: App[None], instead: str) -> bool:
    """Return whether the files of this machine are closed to whom the app is shown, a browser; then what to do ``instead`` is said.

    Who sits there may be somebody else: a name that is typed there must open nothing here.
    """
    if app.is_web:
        app.notify(
            f"The files of the machine on which planescope runs stay closed to a browser. {instead}",
            severity="warning",
            markup=False,
            timeout=8,
        )
    return app.is_web


def place_for(app: App[None], place: Path, choice: ExportChoice) -> tuple[Path, ExportChoice]:
    """Return where a packet is written: as asked for in a terminal, as one file aside for a browser."""
    if not app.is_web:
        return place, choice
    return _aside() / f"{place.name.removesuffix('.zip')}.zip", replace(choice, zipped=True)


def handed_over(app: App[None], result: ExportResult) -> ExportResult:
    """Give a packet to the browser, if there is one, and return the result as it may be shown: by its name alone."""
    if not app.is_web:
        return result
    app.deliver_binary(BytesIO(taken(result.place)), save_filename=result.place.name)
    return replace(result, place=Path(result.place.name))


def file_for(app: App[None], place: Path) -> Path:
    """Return where one file is written: as asked for in a terminal, aside for a browser."""
    return _aside() / place.name if app.is_web else place


def file_handed_over(app: App[None], place: Path) -> Path:
    """Give one file to the browser, if there is one, and return its place as it may be shown: by its name alone."""
    if not app.is_web:
        return place
    app.deliver_binary(BytesIO(taken(place)), save_filename=place.name)
    return Path(place.name)


def _aside() -> Path:
    """Make a folder for this user alone; it goes with the app at the latest, where nothing came to be written."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def taken(place: Path) -> bytes:
    """Return the file that was written aside; none of it stays."""
    content = place.read_bytes()
    if place.parent.name.startswith(_PREFIX):
        with suppress(OSError):
            shutil.rmtree(place.parent)
    return content
