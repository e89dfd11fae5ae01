"""The keys by which the chain is corrected: add a run, leave an attempt out, split, undo, keep."""

from __future__ import annotations

from pathlib import Path

from textual.screen import Screen

from diagnosis.closure.corrections import Correction, Kind
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui.backend import Corrections
from tui.foreign_text import defused_line, foreign_line
from tui.screens.dialogs.ask import AskScreen
from tui.screens.downloads import stays_closed
from tui.screens.timeline.reader import Reader
from tui.widgets.base.blocks import field, paragraph
from tui.widgets.runs.run_address import address_in, id_in
from tui.widgets.timeline.run_titles import RunTitles


def run_named(text: str, home: Attempt) -> int | None:
    """Return the run that an id or an address names; None for anything else, and for one of another repository than this run's."""
    named, here = address_in(text), address_in(home.html_url)
    if named is None:
        return id_in(text)
    same = named.repository.lower() == home.repository.full_name.lower() and (here is None or named.host == here.host)
    return named.run if same else None


def ask_run(screen: Screen[None], reader: Reader, diagnosis: Diagnosis) -> None:
    """Ask which run belongs to the chain, and add it."""
    shown = [replay.attempt for replay in diagnosis.replays]
    repository = shown[0].repository.full_name

    def add(text: str | None) -> None:
        if text is None:
            return
        run = run_named(text, shown[0])
        if run is None:
            sentence = f"{text} is neither a run's number nor its address in {repository}."
            screen.app.notify(defused_line(sentence)[:200], severity="warning", markup=False)
            return
        reader.correct(Correction(Kind.ADD, run), diagnosis, f"Run {run} was added.", shown[-1].key)

    names = RunTitles(diagnosis.replays)
    titles = ", ".join(names.of(replay) for replay in diagnosis.replays)
    blocks = [
        field("Chain", foreign_line(titles)),
        field("Run to add", "its number, or its address: …/actions/runs/NUMBER"),
    ]
    screen.app.push_screen(AskScreen("Add a run to the chain", blocks), add)


def leave_out(reader: Reader, diagnosis: Diagnosis, replay: Replay) -> None:
    """Leave an attempt out of the chain."""
    left = [each.attempt.key for each in diagnosis.replays if each is not replay]
    attempt = replay.attempt
    sentence = f"Run {attempt.run_id}, attempt {attempt.attempt}, is left out."
    # Alone in its chain it is refused, whatever is selected then.
    correction = Correction(Kind.DROP, attempt.run_id, attempt.attempt)
    reader.correct(correction, diagnosis, sentence, left[-1] if left else attempt.key)


def split(reader: Reader, diagnosis: Diagnosis, replay: Replay) -> None:
    """Let another chain begin with an attempt."""
    attempt = replay.attempt
    sentence = f"A chain begins with run {attempt.run_id}, attempt {attempt.attempt}."
    reader.correct(Correction(Kind.SPLIT, attempt.run_id, attempt.attempt), diagnosis, sentence, attempt.key)


def ask_file(screen: Screen[None], reader: Reader, diagnosis: Diagnosis) -> None:
    """Ask for the case file in which the corrections are kept."""
    if stays_closed(screen.app, "With `planescope serve --case FILE` corrections are kept in that file."):
        return
    first = diagnosis.replays[0].attempt.run_id

    def keep(text: str | None) -> None:
        if text is not None:
            reader.keep(Path(text), diagnosis)

    blocks = [
        paragraph("The case file is new: an existing one is left alone. Give it with --case the next time."),
        field("Folder", "that in which planescope was started, unless the name says another"),
    ]
    screen.app.push_screen(AskScreen("Keep the chain in a case file", blocks, f"planescope-case-{first}.toml"), keep)


def where_kept(corrections: Corrections) -> str:
    """Say where what was corrected is kept."""
    if corrections.file is not None:
        return f"It stands in {corrections.file}; u undoes it."
    return "It is in memory alone: w keeps it in a case file, u undoes it." if corrections.made else ""
