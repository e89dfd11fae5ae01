"""One thing that planescope needs or can use: how it stands, in a sentence, and the way to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.documents.exit_code import ExitCode
from diagnosis.logs.scrub import scrub


class What(StrEnum):
    """The things that are looked at, in the order in which they are shown."""

    REPOSITORY = "repository"
    GITHUB = "github-host"
    TOKEN = "token"  # noqa: S105 - a name
    REACH = "token-reach"
    RATE_LIMIT = "rate-limit"
    CLOCK = "clock"
    AWS = "aws-identity"
    REGISTRY = "registry-identity"
    ENDPOINTS = "aws-endpoints"
    PYTHON = "python"
    TERMINAL = "terminal"
    SETTINGS = "settings"
    CACHE = "cache"
    DEMO = "demo-extra"
    GIT = "git"
    GH = "gh"

    @property
    def label(self) -> str:
        """The name for people."""
        return _LABELS[self]

    @property
    def within(self) -> str:
        """The same within a sentence."""
        return self.label if self.label.startswith(_PROPER) else f"{self.label[:1].lower()}{self.label[1:]}"


_PROPER = ("AWS", "GitHub", "Python")
_LABELS = {
    What.REPOSITORY: "Repository",
    What.GITHUB: "GitHub host",
    What.TOKEN: "Token",
    What.REACH: "Token's reach",
    What.RATE_LIMIT: "Rate limit",
    What.CLOCK: "Clock",
    What.AWS: "AWS identity",
    What.REGISTRY: "Registry's AWS",
    What.ENDPOINTS: "AWS endpoints",
    What.PYTHON: "Python",
    What.TERMINAL: "Terminal",
    What.SETTINGS: "Settings",
    What.CACHE: "Cache folder",
    What.DEMO: "Demo",
    What.GIT: "git",
    What.GH: "gh",
}


class State(StrEnum):
    """How a thing stands. Only ``ready`` and ``note`` let everything work that hangs on it."""

    READY = "ready"
    NOTE = "note"
    """Good enough, and something of it is worth knowing."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It could not be found out."""

    @property
    def sign(self) -> str:
        """The sign for people, which never stands for the state alone by its colour."""
        return _SIGNS[self]


_SIGNS = {State.READY: "✔", State.NOTE: "•", State.MISSING: "✘", State.UNKNOWN: "◌"}


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one thing. Texts may be foreign; secrets are scrubbed here."""

    what: What
    state: State
    sentence: str
    way_out: str = ""
    """What to do, as a sentence; empty where there is nothing to do."""
    commands: tuple[str, ...] = ()
    """The same as command lines to be copied, the likeliest first."""
    code: ExitCode = ExitCode.PASSED
    """How a command ends for it, where it is missing or unknown."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentence", scrub(self.sentence))
        object.__setattr__(self, "way_out", scrub(self.way_out))
        object.__setattr__(self, "commands", tuple(map(scrub, self.commands)))

    @property
    def serves(self) -> bool:
        """Whether what hangs on it works."""
        return self.state in (State.READY, State.NOTE)


def ready(what: What, sentence: str) -> Check:
    """Return that all is well."""
    return Check(what, State.READY, sentence)


def note(what: What, sentence: str, way_out: str = "", *commands: str) -> Check:
    """Return that it serves, and what is worth knowing."""
    return Check(what, State.NOTE, sentence, way_out, commands)


def missing(what: What, sentence: str, way_out: str, *commands: str, code: ExitCode) -> Check:
    """Return that it is needed, and how to obtain it."""
    return Check(what, State.MISSING, sentence, way_out, commands, code)


def unknown(what: What, sentence: str, way_out: str = "", code: ExitCode = ExitCode.UNKNOWN) -> Check:
    """Return that it could not be found out."""
    return Check(what, State.UNKNOWN, sentence, way_out, code=code)


def as_sentence(clause: str) -> str:
    """Return a clause, as errors tell it, as a sentence."""
    end = "" if clause.endswith((".", "?", "!")) else "."
    return f"{clause[:1].upper()}{clause[1:]}{end}" if clause else ""


_FIRST = (ExitCode.CREDENTIALS, ExitCode.USAGE, ExitCode.UNKNOWN)


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """Return how a command ends: what has to be obtained stands before what is wrong, and that before what is unknown."""
    codes = {check.code for check in checks if not check.serves}
    return next((code for code in _FIRST if code in codes), ExitCode.PASSED)
