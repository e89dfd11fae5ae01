"""What a script knows at a point, and what remains of it where two ways meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from diagnosis.steps.shell.tree import Statement
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

    def seen(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """Return what a program sees, with variables that are its own: those that are exported, and GitHub's contexts."""
        return _Seen(self.variables.known, self.exported, own)

    def child(self, own: Mapping[str, str], folder: str | None, arguments: tuple[str, ...] | None) -> State:
        """Return the state of a script that runs as a program of its own: it has none of the functions."""
        known = dict(self.seen(own))
        return State(Variables(known, {}, arguments), set(known), folder, handed_on=dict(self.handed_on))

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

    def restore(
        self, names: Collection[str], earlier: Mapping[str, str], arrays: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Give variables what they held before; those that held nothing are gone."""
        now = self.variables
        for name in names:
            now.known.pop(name, None)
            now.arrays.pop(name, None)
        now.known.update({name: earlier[name] for name in names if name in earlier})
        now.arrays.update({name: arrays[name] for name in names if name in arrays})

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


class _Seen(Mapping[str, str]):
    """The variables that a program sees, and GitHub's contexts."""

    def __init__(self, known: Mapping[str, str], exported: set[str], own: Mapping[str, str]) -> None:
        self._known = known
        self._exported = exported
        self._own = own

    def __getitem__(self, name: str) -> str:
        if name in self._own:
            return self._own[name]
        if name in self._exported or "." in name:
            return self._known[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for name in self._known:
            if (name in self._exported or "." in name) and name not in self._own:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)
