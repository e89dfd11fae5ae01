"""Decide a condition on a key whose value is not known in full, where what is known suffices.

Of a key one may know that a request carries it, which values are possible, or the shape that every value has: a GitHub
token always holds a ``job_workflow_ref``, and none of them is a bare name. A condition is decided where it comes out
alike for every possible state of its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from diagnosis.policy.language.conditions import Condition, ConditionResult, Settled
from diagnosis.policy.language.globs import cells_of, covers, meet
from diagnosis.policy.language.variables import Piece, has_variables, read_pieces
from diagnosis.policy.request import ContextValue


@dataclass(frozen=True, slots=True)
class KeyState:
    """What is certain of a key."""

    words: str
    """The value in words, as a message may end with it: ``a value like OWNER/NAME``."""
    carried: bool | None = True
    """Whether the request carries the key; None where it may or may not."""
    values: tuple[str, ...] = ()
    """The only values that are possible; empty where others are."""
    form: str = "*"
    """A pattern with ``*`` and ``?`` that every value matches."""
    alphabet: frozenset[str] | None = None
    """The only characters that a value holds; None where any may be in it."""


def settle(condition: Condition, state: KeyState) -> Condition:
    """Return the condition with its outcome, where that is the same for every possible state; else as it was."""
    outcome = _outcome(condition, state)
    return condition if outcome is None else replace(condition, settled=Settled(outcome, state.words))


def _outcome(condition: Condition, state: KeyState) -> bool | None:
    """Return whether the condition holds; None where it depends on what is not known."""
    found = set(_outcomes(condition, state))
    return found.pop() if len(found) == 1 else None


def _outcomes(condition: Condition, state: KeyState) -> Iterator[bool | None]:
    """Yield the outcome for each possible state; None for one that is not known."""
    if state.carried is not True:
        yield condition.test({}) is ConditionResult.MATCHED
    if state.carried is False:
        return
    if any(
        has_variables(read_pieces(value, variables=condition.variables, wildcards=False)) for value in condition.values
    ):
        yield None
    elif state.values or condition.base is None:
        for value in state.values or ("value",):
            yield condition.test({condition.folded_key: ContextValue((value,), False)}) is ConditionResult.MATCHED
    else:
        yield _of_the_form(condition, state)


_TEXT = {
    "StringEquals": False,
    "StringNotEquals": False,
    "StringEqualsIgnoreCase": False,
    "StringNotEqualsIgnoreCase": False,
    "StringLike": True,
    "StringNotLike": True,
}
"""The operators that compare plain text, and whether they know wildcards."""


def _of_the_form(condition: Condition, state: KeyState) -> bool | None:
    """Return the outcome for every value of the form, where the patterns leave no doubt."""
    base = condition.base
    if base is None or base.name not in _TEXT:
        return None
    wildcards, folded = _TEXT[base.name], base.name.endswith("IgnoreCase")
    form = read_pieces(state.form.lower() if folded else state.form, variables=False, wildcards=True)
    wanted = [
        read_pieces(value.lower() if folded else value, variables=condition.variables, wildcards=wildcards)
        for value in condition.values
    ]
    if any(covers(cells_of(pieces), cells_of(form)) for pieces in wanted):
        return not base.negated
    if any(_spelled(pieces, state.alphabet) and meet(cells_of(pieces), cells_of(form)) for pieces in wanted):
        return None
    return base.negated


def _spelled(pieces: tuple[Piece, ...], alphabet: frozenset[str] | None) -> bool:
    """Return whether the literal parts hold only characters that a value can hold."""
    if alphabet is None:
        return True
    return all(set(piece) <= alphabet for piece in pieces if isinstance(piece, str))
