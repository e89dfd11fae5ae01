"""Read, from the checkout that a job stands in, what its steps use: files, local actions, and the other workflow files.

It is the runner's own working folder, so nobody is asked. What lies outside of it, by a link too, is not read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow, LocalAction, RepositoryFile
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Action, UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.logs.scrubbed_values import scrub_text
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
_BY_HAND = "check the repository out before this step"
_LONGEST_PATH = 500
_OF_GIT = ".git"
"""What git keeps there is in no commit, and the token that checked out is among it."""


class Checkout:
    """A folder in which a repository may be checked out; ``own`` is the path of the workflow file that proves that it is."""

    def __init__(self, root: Path, own: str) -> None:
        self._root = root
        self._own = own
        self._known: dict[tuple[str, int], Reading[str]] = {}

    def added_to(self, attempt: Attempt) -> Attempt:
        """Return the attempt with everything that the checkout tells of it. Never raises."""
        whole = self._with_calls(attempt)
        whole = replace(whole, other_workflows=self._other_workflows(whole))
        whole = self._with_actions(whole)
        for _ in range(ROUNDS):
            known = {file.path for file in whole.files}
            wanted = [path for path in dict.fromkeys(files_wanted(whole)) if path not in known]
            added = [RepositoryFile(path, self.text(path)) for path in wanted[: MOST_FILES - len(known)]]
            if not added:
                break
            whole = replace(whole, files=(*whole.files, *added))
        return whole

    def text(self, path: str, most: int = LARGEST_FILE) -> Reading[str]:
        """Return a file's text, secrets replaced; ``Absent`` where the whole repository is there and this file is not.

        ``path`` is from the root of the repository; ``most`` is the largest file in bytes. Never raises.
        """
        if (path, most) not in self._known:
            self._known[path, most] = self._text(path, most)
        return self._known[path, most]

    def _text(self, path: str, most: int) -> Reading[str]:
        what = f"{path[:_LONGEST_PATH]} of the checkout"
        parts = path.split("/")
        if len(path) > _LONGEST_PATH or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
            return Unreadable(what, "it is no path within the repository", "read the file in the repository")
        try:
            place, root = self._root.joinpath(*parts), self._root.resolve()
            actual = place.resolve()
            if not actual.is_relative_to(root):
                return Unreadable(what, "it is a link out of the checkout", "read the file in the repository")
            if any(part.lower() == _OF_GIT for part in (*parts, *actual.relative_to(root).parts)):
                return Unreadable(
                    what, "it is git's own file, none of the repository", "read the file in the repository"
                )
            if not place.is_file():
                return self._not_there(what, place)
            with place.open("rb") as file:
                raw = file.read(most + 1)
        except (OSError, ValueError, RuntimeError):
            return Unreadable(what, "it cannot be read", "see who may read it")
        if len(raw) > most:
            return Unreadable(what, f"it is larger than {most // 1024} KB", "read the file in the repository")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        return (
            Unreadable(what, "it is no text", "read the file in the repository")
            if "\0" in text
            else Known(scrub_text(text))
        )

    def _not_there(self, what: str, place: Path) -> Reading[str]:
        if place.exists():
            return Unreadable(what, "it is no file", "read it in the repository")
        if self._is_whole():
            return Absent(what)
        return Unreadable(what, "the repository is not, or not whole, in the checkout", _BY_HAND)

    def _is_whole(self) -> bool:
        """Return whether the run's repository stands here with all its files: a sparse checkout leaves some out."""
        try:
            sparse = (self._root / ".git" / "info" / "sparse-checkout").exists()
            return bool(self._own) and (self._root / self._own).is_file() and not sparse
        except OSError:
            return False

    def _with_calls(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the workflows of its own repository that its jobs call."""
        repository = attempt.repository.full_name
        files = [attempt.workflow_file.value.parsed] if isinstance(attempt.workflow_file, Known) else []
        found: dict[str, CalledWorkflow] = {}
        for _ in range(DEEPEST_CALLS):
            uses = [job.uses for file in files if isinstance(file, Workflow) for job in file.jobs if job.uses]
            paths = dict.fromkeys(path for name in uses if (path := own_path(name)) is not None)
            files = []
            for path in paths:
                if path in found or len(found) >= MOST_WORKFLOWS:
                    continue
                file = self._workflow(path)
                found[path] = CalledWorkflow(f"{repository}/{path}", attempt.head_sha, attempt.ref or None, file)
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
            return Unreadable(_OTHERS, "the repository is not, or not whole, in the checkout", _BY_HAND)
        try:
            names = sorted(
                place.name
                for place in (self._root / FOLDER).iterdir()
                if place.name.lower().endswith((".yml", ".yaml")) and not place.is_dir()
            )
        except OSError:
            return Unreadable(_OTHERS, "the folder cannot be listed", "see who may read it")
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
