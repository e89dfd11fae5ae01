"""What a shell script consists of: commands with their words, pipes, branches, loops, functions; values alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class PartKind(Enum):
    """What a part of a word is."""

    LITERAL = "literal"
    PARAMETER = "parameter"
    SUBSTITUTION = "substitution"
    EXPRESSION = "expression"
    """One of GitHub's, which is filled in before a shell sees the script."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a word, quotes removed."""

    kind: PartKind
    text: str
    """A literal's text; of everything else what is written."""
    quoted: bool = False
    body: tuple[Statement, ...] = ()
    """The commands of a substitution."""


Word: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """``NAME=word``, ``NAME+=word`` or ``NAME=(word word)``."""

    name: str
    word: Word = ()
    items: tuple[Word, ...] | None = None
    append: bool = False
    indexed: bool = False


@dataclass(slots=True)
class Heredoc:
    """The text below a command; its lines are filled in when the reader meets them."""

    delimiter: str
    literal: bool
    indented: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where output goes or input comes from: the sign as written, and the word or text behind it."""

    sign: str
    word: Word = ()
    heredoc: Heredoc | None = None
    descriptor: str = ""
    """The number before the sign; empty for the one that the sign means by itself."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its arguments, or assignments alone."""

    words: tuple[Word, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    declares: str = ""
    """``export``, ``local`` and their like, where the assignments are its arguments."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose output goes to the next one; ``!`` turns the result around."""

    nodes: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """``{ … }`` or ``( … )``."""

    body: tuple[Statement, ...]
    subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what follows from each; the last one may have no condition."""

    branches: tuple[tuple[tuple[Statement, ...] | None, tuple[Statement, ...]], ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """A loop under a condition (``until`` too)."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]
    redirects: tuple[Redirect, ...] = ()
    until: bool = False


@dataclass(frozen=True, slots=True)
class For:
    """A loop over words; None stands for the script's own arguments, and where the header counts."""

    name: str
    words: tuple[Word, ...] | None
    body: tuple[Statement, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A choice by patterns."""

    word: Word
    arms: tuple[tuple[tuple[Word, ...], tuple[Statement, ...]], ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the script defines."""

    name: str
    body: tuple[Statement, ...]


Node: TypeAlias = "Simple | Pipeline | Group | If | While | For | Case | Function"


@dataclass(frozen=True, slots=True)
class Statement:
    """A command and what stands behind it: ``;`` (or a line's end), ``&``, ``&&``, ``||``."""

    node: Node
    operator: str = ";"
