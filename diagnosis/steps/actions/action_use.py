"""One use of an action: which action, with which inputs, in which environment, beside which files of the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.steps.repository_files import NO_FILES, Files

_TRUE = frozenset({"true", "yes", "on", "1"})


@dataclass(frozen=True, slots=True)
class ActionUse:
    """What a step with ``uses`` gives to its action."""

    uses: str
    """As the workflow writes it: ``owner/name@ref``, ``owner/name/path@ref``, ``docker://image``."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name, expanded as far as they are known."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The environment of the step, and GitHub's contexts by their path."""
    files: Files = NO_FILES
    """The files of the repository at the run's commit."""

    @property
    def name(self) -> str:
        """``owner/name`` with the path inside the repository, in lower case, without the version."""
        return "/".join(part for part in self.uses.partition("@")[0].strip().lower().split("/") if part)

    @property
    def repository(self) -> str:
        """``owner/name`` in lower case."""
        return "/".join(self.name.split("/")[:2])

    def text(self, *names: str) -> str:
        """Return the first of these inputs that is given; empty where none is."""
        return next((value for name in names if (value := self.inputs.get(name, "").strip())), "")

    def given(self, *names: str) -> bool:
        """Return whether one of these inputs is given at all."""
        return bool(self.text(*names))

    def is_true(self, *names: str) -> bool:
        """Return whether one of these inputs says yes."""
        return self.text(*names).lower() in _TRUE

    def may_be_true(self, *names: str) -> bool:
        """Return whether one of these inputs says yes, or is an expression that nobody has worked out."""
        text = self.text(*names)
        return text.lower() in _TRUE or "${{" in text

    def env(self, name: str) -> str:
        """Return a variable of the step's environment; empty where it is not set."""
        return self.values.get(name, "").strip()

    def lines(self, *names: str) -> list[str]:
        """Return the lines of an input, without blank ones."""
        return [line.strip() for line in self.text(*names).splitlines() if line.strip()]

    def words(self, *names: str) -> list[str]:
        """Return what stands between white space and commas in an input."""
        return [word for word in re.split(r"[\s,]+", self.text(*names)) if word]
