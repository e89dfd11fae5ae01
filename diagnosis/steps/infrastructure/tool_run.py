"""One run of a tool: its words, what it sees, and where it runs."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from diagnosis.steps.repository_files import NO_FILES, Files, path_in

GREEN_RUN = "CloudTrail of a green run shows its management calls"


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A command of one of these tools."""

    words: tuple[str, ...]
    """The program's base name, then its arguments, expanded as far as they are known."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The environment, and GitHub's contexts by their path."""
    files: Files = NO_FILES
    folder: str | None = ""
    """Where it runs, from the root of the repository; None where that is not known."""
    notes: MutableMapping[str, str] = field(default_factory=dict)
    """What an earlier command of the job left for this one (a backend, a workspace), by names that begin with ``script.``."""

    @property
    def tail(self) -> tuple[str, ...]:
        """The arguments."""
        return self.words[1:]

    def option(self, *names: str) -> str | None:
        """Return the first value of an option, as ``--name value`` or ``--name=value``."""
        return next(iter(self.options(*names)), None)

    def options(self, *names: str) -> list[str]:
        """Return all values of an option that may be repeated."""
        found: list[str] = []
        skip = False
        for index, word in enumerate(self.tail):
            if skip:
                skip = False
            elif word in names:
                if index + 1 < len(self.tail):
                    found.append(self.tail[index + 1])
                skip = True
            else:
                found += [word.partition("=")[2] for name in names if word.startswith(f"{name}=")]
        return found

    def has(self, *names: str) -> bool:
        """Return whether a flag is given and not switched off."""
        return any(word in names or any(word == f"{name}=true" for name in names) for word in self.tail)

    def plain(self, valued: frozenset[str]) -> list[str]:
        """Return the words that are neither options nor the values of options; ``valued``: options that take one."""
        found: list[str] = []
        skip = False
        for word in self.tail:
            if skip:
                skip = False
            elif word.startswith("-") and len(word) > 1:
                skip = word in valued
            else:
                found.append(word)
        return found

    def path(self, name: str) -> str | None:
        """Return the path from the repository's root of a file that is named where the tool runs."""
        return path_in(self.folder, name)

    def text(self, name: str) -> str | None:
        """Return the text of a file of the repository that is named where the tool runs."""
        return self.files.text(self.path(name))
