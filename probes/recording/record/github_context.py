"""Record a repository's environments, and the commits and pull requests between the recorded runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from probes.github.http.client import Json
from probes.github.http.errors import ReadFailure
from probes.github.read.answers import members
from probes.recording.format import JsonObject, RecordedAnswer
from probes.recording.record.captured_answers import CapturedAnswers
from probes.recording.record.objects import Cleaner

_WHAT = (
    ("/environments", "the environments"),
    ("/compare/", "the commits between two runs"),
    ("/commits/", "the pull requests of a commit"),
)


@dataclass(frozen=True, slots=True)
class GitHubContext:
    """Environments, commits and pull requests, as a recording keeps them."""

    environments: tuple[JsonObject, ...] = ()
    comparisons: tuple[tuple[str, str, JsonObject], ...] = ()
    answers: tuple[RecordedAnswer, ...] = ()
    failures: tuple[tuple[str, str, ReadFailure], ...] = field(default=())
    """``(path, what, failure)`` of what was refused."""


def github_context(cleaner: Cleaner, captured: CapturedAnswers, base: str) -> GitHubContext:
    """Return what of it was captured; ``base`` is the repository's path."""
    return GitHubContext(
        environments=tuple(cleaner.object(item) for item in captured.items(f"{base}/environments")),
        comparisons=tuple(_comparisons(cleaner, captured, f"{base}/compare/")),
        answers=(
            *(_list(cleaner, captured, *found) for found in captured.lists_below(f"{base}/environments/")),
            *(_list(cleaner, captured, *found) for found in captured.lists_below(f"{base}/commits/")),
            *(
                RecordedAnswer(unquote(path), cleaner.object(item))
                for path, item in captured.objects_below(f"{base}/environments/")
            ),
        ),
        failures=tuple(
            (unquote(path), what, failure)
            for part, what in _WHAT
            for path, failure in captured.failures_below(base + part)
        ),
    )


def _list(cleaner: Cleaner, captured: CapturedAnswers, path: str, member: str | None) -> RecordedAnswer:
    return RecordedAnswer(unquote(path), tuple(cleaner.object(item) for item in captured.items(path)), member or "")


def _comparisons(cleaner: Cleaner, captured: CapturedAnswers, prefix: str) -> list[tuple[str, str, JsonObject]]:
    found: list[tuple[str, str, JsonObject]] = []
    for path, raw in captured.objects_below(prefix):
        earlier, dots, later = unquote(path[len(prefix) :]).partition("...")
        if dots:
            found.append((earlier, later, _without_patches(cleaner, raw)))
    return found


def _without_patches(cleaner: Cleaner, raw: Json) -> dict[str, Any]:
    """Return a comparison with the names of the files that differ, and without what stands in them."""
    files = (entry.value for entry in members(raw).maybe_objects("files"))
    kept = [{name: member for name, member in entry.items() if name != "patch"} for entry in files]
    return cleaner.object({**raw, "files": kept})
