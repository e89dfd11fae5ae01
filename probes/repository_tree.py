"""Read from the files of a repository what the steps of a run use: files, local actions, and the other workflow files.

Two things hold such files: the folder that a job stands in (:mod:`probes.checkout`), and a commit (:mod:`probes.git_commit`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow, LocalAction, RepositoryFile
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Action, UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.steps.called_workflows import DEEPEST as DEEPEST_CALLS
from diagnosis.steps.files_wanted import MOST_FILES, ROUNDS, files_wanted
from diagnosis.steps.local_actions import DEEPEST, MOST_ACTIONS, actions_by_folder, folders_of
from probes.workflow_file import action_file, workflow_file

FOLDER = ".github/workflows"
LARGEST_FILE = 256 * 1024
LARGEST_WORKFLOW = 512 * 1024
"""Bytes."""
MOST_WORKFLOWS = 100
MOST_BYTES = 1_000_000
"""Of all workflow files together: parsing more would take longer than a job may wait."""
_OTHERS = "the repository's other workflows"
LONGEST_PATH = 500
OF_GIT = ".git"
"""What git keeps there is in no commit, and the token that checked out is among it."""


class RepositoryTree(ABC):
    """The files of a repository at one state of it."""

    not_whole: str = "check the repository out before this step"
    """What to do where not all files are there."""

    def __init__(self) -> None:
        """Begin without anything read."""
        self._known: dict[tuple[str, int], Reading[str]] = {}

    def text(self, path: str, most: int = LARGEST_FILE) -> Reading[str]:
        """Return a file's text, secrets replaced; ``Absent`` where the whole repository is there and this file is not.

        ``path`` is from the root of the repository; ``most`` is the largest file in bytes. Never raises.
        """
        if (path, most) not in self._known:
            self._known[path, most] = self._text(path, most)
        return self._known[path, most]

    @abstractmethod
    def _text(self, path: str, most: int) -> Reading[str]: ...

    @abstractmethod
    def _is_whole(self) -> bool:
        """Return whether all files of the repository are there."""

    @abstractmethod
    def _workflow_names(self) -> list[str] | None:
        """Return the names of the files in the folder of workflows; None where it cannot be listed."""

    def added_to(self, attempt: Attempt, *, others: bool = True) -> Attempt:
        """Return the attempt with everything that the files tell of it, the ``others`` of its workflows among it. Never raises."""
        whole = self._with_calls(attempt)
        whole = replace(whole, other_workflows=self._other_workflows(whole)) if others else whole
        whole = self._with_actions(whole)
        for _ in range(ROUNDS):
            known = {file.path for file in whole.files}
            wanted = [path for path in dict.fromkeys(files_wanted(whole)) if path not in known]
            added = [RepositoryFile(path, self.text(path)) for path in wanted[: MOST_FILES - len(known)]]
            if not added:
                break
            whole = replace(whole, files=(*whole.files, *added))
        return whole

    def _with_calls(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the workflows of its own repository that its jobs call, beside those that it has."""
        repository = attempt.repository.full_name
        files = [attempt.workflow_file.value.parsed] if isinstance(attempt.workflow_file, Known) else []
        found: dict[str, CalledWorkflow] = {called.path: called for called in attempt.called_workflows}
        for _ in range(DEEPEST_CALLS):
            uses = [job.uses for file in files if isinstance(file, Workflow) for job in file.jobs if job.uses]
            paths = dict.fromkeys(path for name in uses if (path := own_path(name)) is not None)
            files = []
            for path in paths:
                address = f"{repository}/{path}"
                if address in found or len(found) >= MOST_WORKFLOWS:
                    continue
                file = self._workflow(path)
                found[address] = CalledWorkflow(address, attempt.head_sha, attempt.ref or None, file)
                files += [file.value.parsed] if isinstance(file, Known) else []
        return replace(attempt, called_workflows=tuple(found.values()))

    def _workflow(self, path: str) -> Reading[WorkflowFile]:
        return workflow_file(self.text(path, LARGEST_WORKFLOW), path)

    def _with_actions(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the actions that stand in the repository and that its steps use."""
        read = (attempt.workflow_file, *(called.file for called in attempt.called_workflows))
        files = [file.value.parsed for file in read if isinstance(file, Known)]
        for _ in range(DEEPEST):
            known = actions_by_folder(attempt.local_actions)
            steps = [step for file in files if isinstance(file, Workflow) for job in file.jobs for step in job.steps]
            steps += [step for action in known.values() if isinstance(action, Action) for step in action.steps]
            lacking = [folder for folder in folders_of(steps) if folder not in known][: MOST_ACTIONS - len(known)]
            if not lacking:
                break
            added = tuple(self._action(folder) for folder in lacking)
            attempt = replace(attempt, local_actions=(*attempt.local_actions, *added))
        return attempt

    def _action(self, folder: str) -> LocalAction:
        names = [f"{folder}/{name}".lstrip("/") for name in ("action.yml", "action.yaml")]
        texts = {path: self.text(path, LARGEST_WORKFLOW) for path in names}
        path = next((path for path, text in texts.items() if isinstance(text, Known)), names[0])
        return LocalAction(path, action_file(texts[path], path))

    def _other_workflows(self, attempt: Attempt) -> Reading[tuple[WorkflowFile, ...]]:
        """Return the workflow files beside those that the run itself runs; all of them, or why not."""
        if attempt.from_fork:
            # Whoever made the fork could have left them out.
            return Unreadable(
                _OTHERS, "the run's commit lies in a fork, whose files are not the repository's", "read them by hand"
            )
        if not self._is_whole():
            return Unreadable(_OTHERS, "the repository is not, or not whole, in the checkout", self.not_whole)
        listed = self._workflow_names()
        if listed is None:
            return Unreadable(_OTHERS, "the folder cannot be listed", "see who may read it")
        names = sorted(name for name in listed if name.lower().endswith((".yml", ".yaml")))
        # Of a called workflow whose job is judged, the one that calls it is not in the attempt: it is another user of the role.
        own = attempt.workflow_path.partition("@")[0]
        run = {own, *(called.path.split("/", 2)[2] for called in attempt.called_workflows)}
        paths = [f"{FOLDER}/{name}" for name in names if f"{FOLDER}/{name}" not in run]
        if len(paths) > MOST_WORKFLOWS:
            return Unreadable(_OTHERS, f"there are more than {MOST_WORKFLOWS}", "read them by hand")
        return Known(tuple(self._others(paths)))

    def _others(self, paths: list[str]) -> list[WorkflowFile]:
        found: list[WorkflowFile] = []
        room = MOST_BYTES
        for path in paths:
            text = self.text(path, LARGEST_WORKFLOW)
            room -= len(text.value) if isinstance(text, Known) else 0
            file = workflow_file(text, path) if room >= 0 else None
            if isinstance(file, Known):
                found.append(file.value)
            else:
                why = "the workflow files are too long together" if room < 0 else "it is a link to nothing"
                why = text.why if isinstance(text, Unreadable) else why
                found.append(WorkflowFile("", UnparsableWorkflow(path, why)))
        return found
