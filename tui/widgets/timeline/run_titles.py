"""The names of a chain's runs on the screen: their numbers, with the workflow where the chain mixes several.

GitHub counts the runs of each workflow from 1: two runs of a mixed chain may both be number 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.content import Content

from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.replay import Replay
from tui.foreign_text import defused_line

_LEAST = 4
"""Cells that a shortened name needs to tell anything."""


def attempt_title(replay: Replay) -> str:
    """Return ``#412``, or ``#412.2`` for an attempt after the first."""
    attempt = replay.attempt
    return f"#{attempt.run_number}" + (f".{attempt.attempt}" if attempt.attempt > 1 else "")


class RunTitles:
    """Names the runs of one chain, each in the same way wherever it is named. The names are inert text."""

    def __init__(self, replays: Iterable[Replay]) -> None:
        attempts = [replay.attempt for replay in replays]
        self._names = _names({_workflow(attempt): attempt.workflow_name for attempt in attempts})

    @property
    def mixed(self) -> bool:
        """Whether the chain holds runs of several workflows."""
        return len(self._names) > 1

    def of(self, replay: Replay) -> str:
        """Return ``#412``, or ``#412 Release`` where another workflow's run may have that number too."""
        number = attempt_title(replay)
        return f"{number} {self._name(replay)}" if self.mixed else number

    def fitting(self, replay: Replay, width: int) -> str:
        """Return the same in so many cells: what is left of the workflow's name still tells it from the others."""
        whole, number = self.of(replay), attempt_title(replay)
        if not self.mixed or Content(whole).cell_length <= width:
            return whole
        room = max(0, width - len(number) - 1)
        return f"{number} {_shortened(self._names, room)[_workflow(replay.attempt)]}"

    def _name(self, replay: Replay) -> str:
        return self._names.get(_workflow(replay.attempt), defused_line(replay.attempt.workflow_name))


def _workflow(attempt: Attempt) -> str:
    """Return what a workflow is known by: its file, or its name where the file is not known."""
    return attempt.workflow_path or attempt.workflow_name


def _names(workflows: dict[str, str]) -> dict[str, str]:
    """Return a name for each workflow: its own, or that of its file where it has none or shares it."""
    shown = list(workflows.values())
    named = {
        path: defused_line(name if name and shown.count(name) == 1 else path.rpartition("/")[2])
        for path, name in workflows.items()
    }
    return named if len(set(named.values())) == len(named) else {path: defused_line(path) for path in workflows}


def _shortened(names: dict[str, str], room: int) -> dict[str, str]:
    """Return the names in so many cells, told apart by their beginnings, else by their ends, else by letters."""
    ways: tuple[Callable[[str], str], ...] = (
        lambda name: Content(name).truncate(room, ellipsis=True).plain,
        lambda name: Content(name[::-1]).truncate(room, ellipsis=True).plain[::-1],
    )
    for way in ways if room >= _LEAST else ():
        short = {path: way(name) for path, name in names.items()}
        if len(set(short.values())) == len(short):
            return short
    return {path: _letter(place) for place, path in enumerate(names)}


def _letter(place: int) -> str:
    rest, letter = divmod(place, 26)
    return f"{_letter(rest - 1) if rest else ''}{chr(ord('a') + letter)}"
