"""Where a packet is to lie by what somebody typed, and what is there already. Nothing is written here."""

from __future__ import annotations

import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from tui.packet.files import EVER_WRITTEN
from tui.packet.names import free_name

_MOST_LOOKED_AT = 200


class Found(Enum):
    """What lies at a place."""

    NOTHING = "nothing"
    PACKET = "an older packet"
    IN_THE_WAY = "something that is never replaced"


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a packet."""

    path: Path
    """Absolute."""
    found: Found
    sentence: str
    """What is there, or why no packet can be; empty where the name is free."""
    free: Path
    """The nearest name that is free, to be offered instead."""


def place_of(text: str, run: int, *, zipped: bool) -> Place:
    """Return where a packet of the chain that begins with this run is to lie: ``~`` is home, a folder gets the usual name."""
    here = current_folder()
    typed = text.strip().replace("\x00", "␀")
    try:
        path = Path(os.path.normpath(here / Path(typed).expanduser()))
        if not typed or typed.endswith((os.sep, "/")) or _is_plain_folder(path, zipped=zipped):
            path = free_name(path, run, zipped=zipped)
        elif zipped and path.suffix.lower() != ".zip":
            path = path.with_name(f"{path.name}.zip")
        return _looked_at(path, free_name(here, run, zipped=zipped))
    except (OSError, ValueError, RuntimeError) as error:
        # A name too long, a character that no name may hold, a home that nobody knows.
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Place(here, Found.IN_THE_WAY, f"That is no place: {why}.", free_name(here, run, zipped=zipped))


def current_folder() -> Path:
    """Return the folder in which planescope was started, or home where that was deleted meanwhile."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def shown(path: Path) -> str:
    """Return a path as a person would type it: relative to the current folder, or from ``~``."""
    for folder, before in ((current_folder(), ""), (Path.home(), "~")):
        with suppress(ValueError):
            return os.path.join(before, str(path.relative_to(folder)))  # noqa: PTH118 - text, and `~` is no folder
    return str(path)


def _is_plain_folder(path: Path, *, zipped: bool) -> bool:
    """Return whether a packet goes into a folder rather than in its place: it holds something, and that is no packet."""
    if not path.is_dir():
        return False
    names = _names_in(path)
    return bool(zipped or (names and not set(names) & set(EVER_WRITTEN)))


def _looked_at(path: Path, elsewhere: Path) -> Place:
    if os.path.lexists(path):
        sentence, found = _what_is_there(path)
        return Place(path, found, sentence, _beside(path))
    above = next(folder for folder in path.parents if os.path.lexists(folder))
    if not above.is_dir():
        return Place(path, Found.IN_THE_WAY, f"{shown(above)} is a file: nothing can lie in it.", elsewhere)
    if not os.access(above, os.W_OK | os.X_OK):
        return Place(path, Found.IN_THE_WAY, f"You may write nothing into {above}.", elsewhere)
    return Place(path, Found.NOTHING, "", path)


def _what_is_there(path: Path) -> tuple[str, Found]:
    when = f"{datetime.fromtimestamp(path.lstat().st_mtime, UTC):%d %b %Y %H:%M} UTC"
    if path.is_dir():
        names = _names_in(path)
        if not names:
            return "", Found.NOTHING
        others = sorted(set(names) - set(EVER_WRITTEN))
        if others:
            return (
                f"That folder holds more than a packet ({others[0]}), so nothing in it is replaced.",
                Found.IN_THE_WAY,
            )
        return f"A packet of {when} lies there, {len(names)} files.", Found.PACKET
    if not path.is_file():
        return "That is no file and no folder, so nothing is written to it.", Found.IN_THE_WAY
    if path.suffix.lower() == ".zip" and _holds_packet(path):
        return f"A packet of {when} lies there, a zip file.", Found.PACKET
    return f"A file of {when} lies there, which is no packet and is never replaced.", Found.IN_THE_WAY


def _holds_packet(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.rpartition("/")[2] for name in archive.namelist()[:_MOST_LOOKED_AT]}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return bool(names & set(EVER_WRITTEN))


def _names_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry, _ in zip(entries, range(_MOST_LOOKED_AT), strict=False)]


def _beside(path: Path) -> Path:
    """Return the first free name beside a path: ``name-2``, ``name-3``."""
    numbered = (
        path.with_name(f"{path.stem if path.suffix == '.zip' else path.name}-{n}{_ending(path)}")
        for n in range(2, 1000)
    )
    return next((each for each in numbered if not os.path.lexists(each)), path)


def _ending(path: Path) -> str:
    return path.suffix if path.suffix == ".zip" else ""
