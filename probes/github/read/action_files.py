"""The files of the local actions that attempts use: read level by level, each once for a commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt, LocalAction
from diagnosis.facts.workflow import Action, Workflow
from diagnosis.steps.local_actions import DEEPEST, MOST_ACTIONS, folders_of
from probes.github.http.pace import Watch
from probes.github.http.workers import Crew
from probes.github.read.workflow_file import parse_action
from probes.github.read.workflow_text import FileAt, read_action


class ActionFiles:
    """Reads them, and remembers those that were read. Safe to share between threads."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._lock = Lock()
        self._known: dict[FileAt, LocalAction] = {}

    def add(
        self, attempts: Sequence[Attempt], workflows: Sequence[Iterable[Workflow]], watch: Watch
    ) -> tuple[Attempt, ...]:
        """The attempts with the actions that their workflows use; no request where they use none. Raises Cancelled only.

        ``workflows``: for each attempt the files that it ran. What a passing fault kept back is asked for again.
        """
        whole = [replace(attempt, local_actions=_settled(attempt)) for attempt in attempts]
        for _ in range(DEEPEST):
            wanted = [_wanted(attempt, files) for attempt, files in zip(whole, workflows, strict=True)]
            places = dict.fromkeys(place for each in wanted for place in each)
            if not places:
                break
            with self._lock:
                found = {place: self._known[place] for place in places if place in self._known}
            tasks = {place: partial(read_action, folder=place) for place in places if place not in found}
            found |= self._crew.side_by_side("reading actions", tasks, watch) if tasks else {}
            with self._lock:
                self._known |= {place: item for place, item in found.items() if isinstance(item.text, Known)}
            whole = [
                replace(attempt, local_actions=(*attempt.local_actions, *(found[place] for place in each)))
                for attempt, each in zip(whole, wanted, strict=True)
            ]
        return tuple(whole)


def actions_by_folder(attempt: Attempt) -> dict[str, Action | str]:
    """The attempt's local actions by their folder, parsed; a text says why one is not known."""
    return {_folder(item): _parsed(item) for item in attempt.local_actions}


def _parsed(item: LocalAction) -> Action | str:
    if not isinstance(item.text, Known):
        return f"{item.path}: {item.text.why if isinstance(item.text, Unreadable) else 'it is not there'}"
    found = parse_action(item.text.value, item.path)
    if isinstance(found, Action):
        return found
    return f"{item.path}{f', line {found.line}' if found.line else ''}: {found.why}"


def _folder(item: LocalAction) -> str:
    return item.path.rpartition("/")[0]


def _settled(attempt: Attempt) -> tuple[LocalAction, ...]:
    kept = attempt.local_actions
    return tuple(item for item in kept if not isinstance(item.text, Unreadable) or item.text.lasting)


def _wanted(attempt: Attempt, workflows: Iterable[Workflow]) -> tuple[FileAt, ...]:
    """The folders of actions that the attempt lacks: those of its jobs, and those of the actions that it has."""
    known = actions_by_folder(attempt)
    steps = [step for file in workflows for job in file.jobs for step in job.steps]
    steps += [step for action in known.values() if isinstance(action, Action) for step in action.steps]
    lacking = [folder for folder in folders_of(steps) if folder not in known]
    return tuple(
        FileAt(attempt.repository.full_name, folder, attempt.head_sha)
        for folder in lacking[: max(0, MOST_ACTIONS - len(known))]
    )
