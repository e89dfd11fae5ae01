"""What a script knows at a point, and what remains of it where two ways meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from diagnosis.steps.shell.syntax import Statement
from diagnosis.steps.shell.words import Variables


@dataclass(slots=True)
class State:
    """Variables, functions, folder, and what is handed on to later steps."""

    variables: Variables
    exported: set[str]
    folder: str | None
    functions: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    handed_on: dict[str, str] = field(default_factory=dict)
    tolerant: bool = False
    """After ``set +e``."""
    pipefail: bool = False
    all_exported: bool = False
    ended: bool = False
    """After ``exit`` or ``return``."""
    broken: bool = False
    """After ``break`` or ``continue``."""

    def fork(self) -> State:
        """Return a copy that a branch or a subshell may change."""
        own = self.variables
        return State(
            Variables(dict(own.known), dict(own.arrays), own.arguments),
            set(self.exported),
            self.folder,
            dict(self.functions),
            dict(self.handed_on),
            self.tolerant,
            self.pipefail,
            self.all_exported,
        )

    @property
    def over(self) -> bool:
        """Whether nothing more of this list runs."""
        return self.ended or self.broken

    def take(self, other: State) -> None:
        """Become the other one."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def assign(self, name: str, value: str) -> None:
        """Give a variable a value."""
        self.variables.known[name] = value
        self.variables.arrays.pop(name, None)
        if self.all_exported:
            self.exported.add(name)

    def forget(self, names: Iterable[str]) -> None:
        """Make variables illegible."""
        for name in names:
            self.variables.known[name] = f"${name}"
            self.variables.arrays.pop(name, None)

    def changed_since(self, earlier: State) -> set[str]:
        """Return the names of the variables that differ."""
        new, old = self.variables, earlier.variables
        names = {name for name, value in new.known.items() if old.known.get(name) != value}
        return names | {name for name, value in new.arrays.items() if old.arrays.get(name) != value}


def joined(ways: list[State]) -> State:
    """Return what is certain where any of these ways may have been gone; those that ended do not arrive."""
    arriving = [way for way in ways if not way.ended] or ways[:1]
    first, rest = arriving[0], arriving[1:]
    for other in rest:
        differing = first.changed_since(other) | other.changed_since(first)
        first.forget(differing)
        for name in first.handed_on.keys() | other.handed_on.keys():
            if first.handed_on.get(name) != other.handed_on.get(name):
                first.handed_on[name] = f"${name.rpartition('.')[2]}"
        first.exported |= other.exported
        first.functions = other.functions | first.functions
        first.folder = first.folder if first.folder == other.folder else None
        first.tolerant = first.tolerant or other.tolerant
        first.broken = first.broken and other.broken
    return first
