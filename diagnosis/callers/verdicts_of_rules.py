"""Say of the statements that apply to a token whether their policy admits it, whatever the conditions that nobody can know."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from diagnosis.callers.constraints import MEANT, Atom, Rule, Rules

MOST_ATOMS = 8
"""With more conditions of unknown truth at once, not every way in which they may hold is tried."""


class Applying:
    """Judges sets of applying statements; every set is judged once."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.rules
        self._known: dict[tuple[int, int], tuple[bool, bool]] = {}
        self._known_pairs: dict[int, tuple[bool, bool]] = {}
        self._allowing = tuple(self._bits(policy, allows=True) for policy in (0, 1))
        self._meant = self._bits(MEANT, allows=False)

    def _bits(self, policy: int, *, allows: bool) -> int:
        return sum(
            1 << number for number, rule in enumerate(self._rules) if rule.policy == policy and rule.allows is allows
        )

    def admits(self, applying: int, policy: int = 0) -> tuple[bool, bool]:
        """Return whether the policy admits for certain, and whether it may admit. ``applying`` has a bit for each rule."""
        key = (applying, policy)
        if key not in self._known:
            rules = [rule for rule in self._of(applying) if rule.policy == policy]
            if not any(rule.allows for rule in rules):
                self._known[key] = (False, False)
            else:
                answers = [_admitted(rules, true) for true in _valuations(rules)]
                self._known[key] = (all(answers), any(answers))
        return self._known[key]

    def differs(self, applying: int, admitting: int, refusing: int) -> tuple[bool, bool]:
        """Return whether one policy admits and the other refuses, for certain and perhaps."""
        key = applying * 2 + admitting
        if key not in self._known_pairs:
            rules = list(self._of(applying))
            mine = [rule for rule in rules if rule.policy == admitting]
            others = [rule for rule in rules if rule.policy == refusing]
            answers = [_admitted(mine, true) and not _admitted(others, true) for true in _valuations(mine, others)]
            self._known_pairs[key] = (all(answers), any(answers))
        return self._known_pairs[key]

    def is_meant(self, applying: int) -> bool:
        """Return whether the token is one of those for which a change is made."""
        return bool(applying & self._meant)

    def may_admit(self, applying: int, policy: int) -> bool:
        """Return whether an Allow statement of the policy is among the rules."""
        return bool(applying & self._allowing[policy])

    @property
    def levels(self) -> tuple[int, ...]:
        """The degrees of certainty that differ: one where every condition is decided."""
        return (0, 1) if any(rule.atoms for rule in self._rules) else (0,)

    def _of(self, applying: int) -> list[Rule]:
        return [rule for number, rule in enumerate(self._rules) if applying >> number & 1]


def _admitted(rules: list[Rule], true: frozenset[Atom]) -> bool:
    inside = False
    for rule in rules:
        if rule.atoms <= true:
            if not rule.allows:
                return False
            inside = True
    return inside


def _valuations(rules: list[Rule], refusing: Sequence[Rule] = ()) -> list[frozenset[Atom]]:
    """Return the ways in which unknown conditions may hold together, as far as they may differ in the answer.

    Of a comparison the answer is that these rules admit, and that those of the other policy refuse.
    """
    atoms = sorted(frozenset().union(*(rule.atoms for rule in (*rules, *refusing))))
    if not atoms:
        return [frozenset()]
    if len(atoms) <= MOST_ATOMS:
        return [
            frozenset(atom for atom, holds in zip(atoms, chosen, strict=True) if holds)
            for chosen in product((True, False), repeat=len(atoms))
        ]
    # A statement applies wherever more conditions hold than it needs. So whatever answer any way gives, one of these gives it:
    # none, those of one statement alone, and those of an Allow of the one policy with a Deny of the other.
    allowing = {rule.atoms for rule in rules if rule.allows}
    pairs = {one | rule.atoms for rule in refusing if not rule.allows for one in allowing}
    return [frozenset(), *{rule.atoms for rule in (*rules, *refusing)}, *pairs]
