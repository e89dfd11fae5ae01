"""Read the files of the local actions that attempts use, level by level, each once for a commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt, LocalAction
from diagnosis.facts.workflow import Action, Workflow
from diagnosis.steps.local_actions import DEEPEST, MOST_ACTIONS, actions_by_folder, folders_of
from probes.github.http.pace import Watch
from probes.github.http.workers import Workers
from probes.github.read.workflow_text import FileAt, read_action
from probes.workflow_file import action_file


class ActionFiles:
    """Reads the files of actions, and remembers those that were read. Safe to share between threads."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._lock = Lock()
        self._known: dict[FileAt, LocalAction] = {}

    def add(
        self, attempts: Sequence[Attempt], workflows: Sequence[Iterable[Workflow]], watch: Watch
    ) -> tuple[Attempt, ...]:
        """Return the attempts with the actions that their workflows use; no request where they use none. Raises only Cancelled.

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
            read = self._workers.in_parallel("reading actions", tasks, watch) if tasks else {}
            found |= {place: LocalAction(path, action_file(text, path)) for place, (path, text) in read.items()}
            with self._lock:
                self._known |= {place: item for place, item in found.items() if isinstance(item.file, Known)}
            whole = [
                replace(attempt, local_actions=(*attempt.local_actions, *(found[place] for place in each)))
                for attempt, each in zip(whole, wanted, strict=True)
            ]
        return tuple(whole)


def _settled(attempt: Attempt) -> tuple[LocalAction, ...]:
    kept = attempt.local_actions
    return tuple(item for item in kept if not isinstance(item.file, Unreadable) or item.file.lasting)


def _wanted(attempt: Attempt, workflows: Iterable[Workflow]) -> tuple[FileAt, ...]:
    """Return the folders of actions that the attempt lacks: of its jobs, and of the actions that it has."""
    known = actions_by_folder(attempt.local_actions)
    steps = [step for file in workflows for job in file.jobs for step in job.steps]
    steps += [step for action in known.values() if isinstance(action, Action) for step in action.steps]
    lacking = [folder for folder in folders_of(steps) if folder not in known]
    return tuple(
        FileAt(attempt.repository.full_name, folder, attempt.head_sha)
        for folder in lacking[: max(0, MOST_ACTIONS - len(known))]
    )
