"""Ask where a text is to be saved, and save it: to a new file for the user alone, or as a download in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.background.jobs import in_daemon_thread
from tui.foreign_text import defused_line
from tui.screens.dialogs.ask import AskScreen
from tui.widgets.base.blocks import Block, field


def ask_and_save(screen: Screen[Any], title: str, blocks: Sequence[Block], name: str, text: str) -> None:
    """Ask for the file, with a name offered, and write it; where that cannot be, say why and ask again."""
    if screen.app.is_web:
        screen.app.deliver_text(StringIO(text), save_filename=name)
        return

    def save(answer: str | None) -> None:
        if answer is not None:
            screen.run_worker(_save(screen, title, blocks, answer, text), group="save")

    words = [*blocks, field("File", "a new one, for you alone; one that is there is never replaced")]
    screen.app.push_screen(AskScreen(title, words, name), save)


async def _save(screen: Screen[Any], title: str, blocks: Sequence[Block], name: str, text: str) -> None:
    try:
        place = _place(name)
        await in_daemon_thread(lambda: _write(place, text), name="planescope save")
    except (OSError, ValueError, RuntimeError) as error:
        # A folder of nobody known is a RuntimeError, a NUL in a name a ValueError.
        reason = getattr(error, "strerror", None) or error
        screen.app.notify(defused_line(f"Not saved: {name}: {reason}."), severity="error", markup=False, timeout=8)
        ask_and_save(screen, title, blocks, name, text)
        return
    screen.app.notify(defused_line(f"Saved: {place}"), markup=False, timeout=8)


def _place(name: str) -> Path:
    return Path(name).expanduser().absolute()


def _write(place: Path, text: str) -> None:
    # Here and not above: it knows the probes' way of writing, which no screen imports.
    from tui.atomic_write import write_bytes_atomically

    write_bytes_atomically(place, text.encode("utf-8", "backslashreplace"), over=False)
