"""One command as a tool's reader gets it, and what a reader gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TypeAlias

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind
from diagnosis.steps.repository_files import NO_FILES, Files, path_in


@dataclass(frozen=True, slots=True)
class Call:
    """A command: its words, what it sees, and where it runs."""

    words: tuple[str, ...]
    """The program's base name, then its arguments; what is not known stays as written."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The variables that the program sees, and GitHub's contexts."""
    files: Files = NO_FILES
    folder: str | None = ""
    """Where it runs, from the root of the repository; None where that is not known."""
    stdin: str | None = None
    """What it reads from its input, where that is known."""
    notes: MutableMapping[str, str] = field(default_factory=dict)
    """What tools leave for later commands of the job (charts that were packaged), by a name with a dot."""

    @property
    def program(self) -> str:
        """The program's name."""
        return self.words[0] if self.words else ""

    @property
    def tail(self) -> tuple[str, ...]:
        """The arguments."""
        return self.words[1:]

    def path(self, name: str) -> str | None:
        """Return the path from the repository's root of a file named as this command sees it."""
        return path_in(self.folder, name)

    def text(self, name: str) -> str | None:
        """Return the text of a file of the repository, named as this command sees it."""
        return self.files.text(self.path(name))


@dataclass(frozen=True, slots=True)
class Nested:
    """A script that a command runs: the recipe of a Makefile, a script of package.json."""

    script: str
    folder: str | None
    source: str
    """The file it stands in."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Variables on top of those of the caller."""
    arguments: tuple[str, ...] | None = None
    builds: bool = False
    """It runs the project's own build or tests, whose programs are understood as such."""


Found: TypeAlias = "tuple[Operation | Nested, ...]"
Reader: TypeAlias = Callable[[Call], Found]


def option(words: tuple[str, ...], *names: str) -> str | None:
    """Return the value of an option, in either form (``--name value``, ``--name=value``)."""
    return next(iter(options(words, *names)), None)


def options(words: tuple[str, ...], *names: str) -> list[str]:
    """Return all values of an option that may be repeated, in either form; ``-tVALUE`` too for one letter."""
    found: list[str] = []
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word in names:
            if index + 1 < len(words):
                found.append(words[index + 1])
                skip = True
        elif word.startswith("-") and "=" in word and word.split("=", 1)[0] in names:
            found.append(word.split("=", 1)[1])
        elif len(word) > 2 and word[0] == "-" and word[1] != "-" and word[:2] in names:
            found.append(word[2:])
    return found


def has(words: tuple[str, ...], *names: str) -> bool:
    """Return whether a switch is given and not turned off (``--push``, ``--push=true``)."""
    for word in words:
        name, _, value = word.partition("=")
        if name in names:
            return value.lower() not in ("false", "0", "no")
    return False


def arguments(words: tuple[str, ...], valued: frozenset[str]) -> list[str]:
    """Return the words that are neither options nor values of the options in ``valued``."""
    found: list[str] = []
    skip = plain = False
    for word in words:
        if skip:
            skip = False
        elif plain or not word.startswith("-") or word == "-":
            found.append(word)
        elif word == "--":
            plain = True
        else:
            skip = word in valued
    return found


def without_globals(words: tuple[str, ...], valued: frozenset[str]) -> tuple[str, ...]:
    """Return the words from the first that is no option on: a tool's own options stand before its verb."""
    rest = words
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in valued else rest[1:]
    return rest


def pushes(kind: StepKind, targets: Iterable[str | None], source: str = "") -> tuple[Operation, ...]:
    """Return a push to each target; to one that is not known where there is none."""
    found = tuple(dict.fromkeys(targets)) or (None,)
    return tuple(Operation(kind, Purpose.PUSH, target=target or None, source=source) for target in found)


def pulls(kind: StepKind, targets: Iterable[str], source: str = "") -> tuple[Operation, ...]:
    """Return a pull of each target."""
    return tuple(Operation(kind, Purpose.PULL, target=target, source=source) for target in dict.fromkeys(targets))


def opaque(what: str, why: str, how: str, *, may_push: bool = True) -> tuple[Operation, ...]:
    """Return an operation that cannot be read."""
    return (Operation(StepKind.OTHER, Purpose.OPAQUE, gap=Gap(what, why, how, may_push)),)


def understood(kind: StepKind = StepKind.OTHER) -> tuple[Operation, ...]:
    """Return an operation that a gate does not judge."""
    return (Operation(kind),)


def handed_over(what: str, given: tuple[str, ...]) -> Found:
    """Return what stands for a container whose options give it AWS's or the registry's credentials; empty where none do."""
    environment = options(given, "-e", "--env")
    mounts = options(given, "-v", "--volume", "--mount")
    if (
        any(word.startswith("AWS_") for word in environment)
        or any(".aws" in word or "/.docker" in word for word in mounts)
        or option(given, "--env-file", "--env-from-file")
    ):
        return opaque(what, "AWS's credentials are handed to a container", "write its calls of AWS into the workflow")
    return ()


def other_verb(kind: StepKind, call: Call, verb: str, local: frozenset[str]) -> tuple[Operation, ...]:
    """Return what a tool of registries does by a verb that its reader knows nothing of: nothing by one that is ``local``."""
    if not verb or verb in local:
        return understood(kind)
    return opaque(
        f"{call.program} {verb}"[:100], "this command is not known", "name its calls of AWS in a step of their own"
    )


def cache_in_s3(kind: StepKind, caches: Iterable[str]) -> tuple[Operation, ...]:
    """Return what stands for a build's cache in a bucket, by ``cache-from`` and ``cache-to``; nothing for other caches."""
    if not any("type=s3" in text for text in caches):
        return ()
    gap = Gap(
        "the build cache in S3", "which objects it reads and writes is up to the build", "read the bucket's policy"
    )
    return (Operation(kind, Purpose.NOT_JUDGED, gap=gap),)


def may_be_ecr(word: str) -> bool:
    """Return whether an image reference names ECR, or cannot be told."""
    return EcrAddress.find(word) is not None or "$" in word.split("/", maxsplit=1)[0]
