"""Ask where a text is to be saved, and save it: to a new file for the user alone, or as a download in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.background.jobs import in_daemon_thread
from tui.foreign_text import defused_line
from tui.packet.names import free_of
from tui.screens.dialogs.ask import AskScreen
from tui.widgets.base.blocks import Block, field

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Saving:
    """What is to be saved, and what is said of it."""

    title: str
    """Of the question."""
    blocks: Sequence[Block]
    """What the question tells of the text."""
    name: str
    """The name of the file that is offered."""
    text: str
    told: Callable[[str], None] = lambda _: None
    """What the screen is to say meanwhile, in the end nothing."""


def ask_and_save(screen: Screen[Any], saving: Saving, offered: Path | None = None) -> None:
    """Ask for the file, and write it; where that cannot be, say why and ask again with a name that is free."""
    if screen.app.is_web:
        screen.app.deliver_text(StringIO(saving.text), save_filename=saving.name)
        return

    def save(answer: str | None) -> None:
        if answer is not None:
            screen.run_worker(_save(screen, saving, answer), group="save")

    words = [*saving.blocks, field("File", "a new one, for you alone; one that is there is never replaced")]
    name = offered if offered is not None else free_of(Path(saving.name))
    screen.app.push_screen(AskScreen(saving.title, words, str(name)), save)


async def _save(screen: Screen[Any], saving: Saving, answer: str) -> None:
    loop = asyncio.get_running_loop()

    def written(fraction: float) -> None:
        with suppress(RuntimeError):  # the app has ended meanwhile
            loop.call_soon_threadsafe(saving.told, f"saving, {fraction:.0%}")

    offered = typed = Path(answer)
    try:
        place, offered = _places(typed, saving.name)
        await in_daemon_thread(lambda: write_text(place, saving.text, written), name="planescope save")
    except (OSError, ValueError, RuntimeError) as error:
        # A folder of nobody known is a RuntimeError, a NUL in a name a ValueError.
        saving.told("")
        reason = getattr(error, "strerror", None) or error
        screen.app.notify(defused_line(f"Not saved: {typed}: {reason}."), severity="error", markup=False, timeout=8)
        ask_and_save(screen, saving, offered)
        return
    saving.told("")
    screen.app.notify(defused_line(f"Saved: {place}"), markup=False, timeout=8)


def _places(typed: Path, name: str) -> tuple[Path, Path]:
    """Return which file is meant, and which to offer instead where that cannot be. Raises RuntimeError, ValueError, OSError."""
    place = typed.expanduser().absolute()
    return place, free_of(place / name if place.is_dir() else place)


def write_text(place: Path, text: str, written: Callable[[float], None]) -> None:
    """Write a text to a place where nothing is yet; ``written`` is told how much is done. Raises OSError, ValueError."""

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(text), _PIECE):
            yield text[at : at + _PIECE].encode("utf-8", "backslashreplace")
            written(min(1.0, (at + _PIECE) / len(text)))

    # Here and not above: it knows the probes' way of writing, which no screen imports.
    from tui.atomic_write import write_pieces_atomically

    write_pieces_atomically(place, pieces())
