"""Save a log as it is held: secrets already replaced, in a new file that only the user can read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path

from textual.screen import Screen

from diagnosis.facts.runs import Attempt, Job
from tui.background.jobs import in_daemon_thread
from tui.foreign_text import defused_line, foreign_line
from tui.screens.dialogs.ask import AskScreen
from tui.widgets.base.blocks import field
from tui.widgets.log.log_index import LogIndex

_PIECE = 1024 * 1024
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 60
_MOST_TRIED = 1_000


def free_place(folder: Path, attempt: Attempt, job: Job) -> Path:
    """Return a file of a free name that tells the run and the job; foreign words keep letters, digits and ``._-`` only."""
    name = _NOT_IN_NAMES.sub("-", job.name).strip("-.")[:_LONGEST_NAME] or f"job-{job.id}"
    base = f"planescope-log-{attempt.name}-{name}"
    names = (f"{base}.txt" if number == 1 else f"{base}-{number}.txt" for number in range(1, _MOST_TRIED))
    return next((folder / each for each in names if not (folder / each).exists()), folder / f"{base}.txt")


def write_log(place: Path, text: str, written: Callable[[float], None]) -> None:
    """Write a log to a place where nothing is yet; ``written`` is told how much is done. Raises OSError."""

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(text), _PIECE):
            yield text[at : at + _PIECE].encode("utf-8", "surrogatepass")
            written(min(1.0, (at + _PIECE) / len(text)))

    # Here and not above: it knows the probes' way of writing, which no screen imports.
    from tui.atomic_write import write_pieces_atomically

    write_pieces_atomically(place, pieces())


def ask_place(
    screen: Screen[None],
    attempt: Attempt,
    job: Job,
    index: LogIndex,
    told: Callable[[str], None],
    tried: Path | None = None,
) -> None:
    """Ask where to save, then save; ``told`` is what the screen is to say meanwhile, in the end nothing.

    In a browser the log arrives as a download instead. A file that is there is never replaced: the question comes again.
    """
    place = free_place(tried or Path.cwd(), attempt, job)
    if screen.app.is_web:
        screen.app.deliver_text(StringIO(index.text), save_filename=place.name)
        return

    def save(answer: str | None) -> None:
        if answer is not None:
            screen.run_worker(_save(screen, Path(answer).expanduser(), attempt, job, index, told), group="save")

    blocks = [
        field("Log of", foreign_line(job.name)),
        field("Lines", f"{index.count:,}, as they are held here: secrets replaced" + _gaps(job, index)),
        field("File", "a new one, for you alone; one that is there is never replaced"),
    ]
    screen.app.push_screen(AskScreen("Save the log", blocks, str(place)), save)


def _gaps(job: Job, index: LogIndex) -> str:
    if job.log_steps:
        return f"; of step {', '.join(map(str, job.log_steps))} alone"
    return f"; {index.left_out:,} of them left out" if index.left_out else ""


async def _save(
    screen: Screen[None], place: Path, attempt: Attempt, job: Job, index: LogIndex, told: Callable[[str], None]
) -> None:
    loop = asyncio.get_running_loop()

    def written(fraction: float) -> None:
        with suppress(RuntimeError):  # the app has ended meanwhile
            loop.call_soon_threadsafe(told, f"saving, {fraction:.0%}")

    try:
        await in_daemon_thread(lambda: write_log(place, index.text, written), name="planescope save")
    except OSError as error:
        told("")
        reason = defused_line(f"Not saved: {place}: {error.strerror or error}.")
        screen.app.notify(reason, severity="error", markup=False, timeout=8)
        if isinstance(error, FileExistsError) and error.strerror and "already" in error.strerror:
            ask_place(screen, attempt, job, index, told, place.parent)
        return
    told("")
    screen.app.notify(defused_line(f"Saved: {place}"), markup=False, timeout=8)
