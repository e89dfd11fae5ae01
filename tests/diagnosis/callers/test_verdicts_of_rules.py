"""Of many conditions of unknown truth the few ways that are tried give every answer that all ways give."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.callers import verdicts_of_rules
from diagnosis.callers.constraints import Atom, Rule, Rules
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.sets.patterns import PatternSet

ATOMS: list[Atom] = [(f"key{number}", "StringEquals", ("x",)) for number in range(5)]
RULES = st.lists(
    st.builds(
        lambda policy, allows, atoms: Rule(policy, None, allows, (), frozenset(atoms)),
        st.sampled_from((0, 1)),
        st.booleans(),
        st.lists(st.sampled_from(ATOMS), max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def answers(rules: list[Rule]) -> list[tuple[bool, bool]]:
    made, every = Applying(Rules(tuple(rules), PatternSet(()), "")), (1 << len(rules)) - 1
    return [made.admits(every, 0), made.admits(every, 1), made.differs(every, 0, 1), made.differs(every, 1, 0)]


def rule(policy: int, allows: bool, *atoms: int) -> Rule:
    return Rule(policy, None, allows, (), frozenset(ATOMS[number] for number in atoms))


@example([rule(0, True, 1), rule(0, False, 2), rule(1, True), rule(1, False, 3)])
@settings(max_examples=examples(150), deadline=None)
@given(RULES)
def test_few_ways_tell_what_all_tell(rules: list[Rule]) -> None:
    whole = answers(rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdicts_of_rules, "MOST_ATOMS", 0)
        assert answers(rules) == whole
