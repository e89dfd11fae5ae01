"""Find the members of a JSON value that state a verdict: by their names, or by what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.closure.steps.constants.marked_json import is_constant
from diagnosis.steps.aws_key_names import words_of

_STRONG_NAMED = """
verdict passed pass ok okay success successful succeeded compliant compliance rejected verified valid
validated approved healthy safe clean secure attested enforced blocked confirmed satisfied proven proved
certified scanned tested signed
"""
_STRONG = frozenset(_STRONG_NAMED.split())
_WEAK_NAMED = """
status result outcome conclusion state decision assessment check checks gate scan audit evaluation
"""
_WEAK = frozenset(_WEAK_NAMED.split())
_COUNTS_NAMED = """
failed failures errors vulnerabilities violations findings critical issues leaks
"""
_COUNTS = frozenset(_COUNTS_NAMED.split())
_SAYS_NAMED = """
PASS PASSED OK SUCCESS SUCCEEDED SUCCESSFUL COMPLIANT VERIFIED VALID CLEAN GREEN APPROVED FAIL FAILED FAILURE
REJECTED NONCOMPLIANT NON-COMPLIANT NON_COMPLIANT DENIED TRUE FALSE YES NO GO NO-GO SECURE HEALTHY ACCEPTED
DONE COMPLETE COMPLETED SATISFIED
"""
_SAYS = frozenset(_SAYS_NAMED.split())
_MOST = 500


@dataclass(frozen=True, slots=True)
class VerdictMember:
    """A member that states a verdict."""

    path: str
    value: object
    beside: tuple[tuple[str, object], ...] = ()
    """The other members of the same object."""
    strong: bool = True
    """Whether it can be nothing but a verdict."""

    @property
    def constant(self) -> bool:
        """Whether its value is written out."""
        return is_constant(self.value)


def verdict_members(value: object) -> tuple[VerdictMember, ...]:
    """Return the members of a JSON value that state a verdict, in their order."""
    found: list[VerdictMember] = []
    for each in _members(value, "", 0):
        found.append(each)
        if len(found) >= _MOST:
            break
    return tuple(found)


def speaks_of_a_verdict(text: str) -> bool:
    """Return whether a word of a text is one by which a verdict is said, as ``PASS``."""
    return any(word.upper() in _SAYS for word in re.findall(r"[A-Za-z]+", text))


def _members(value: object, path: str, depth: int) -> Iterator[VerdictMember]:
    if depth > 12:
        return
    if isinstance(value, list):
        for item in value[:_MOST]:
            yield from _members(item, f"{path}[]", depth + 1)
    if not isinstance(value, dict):
        return
    pairs = tuple((str(name), item) for name, item in value.items())
    for name, item in pairs:
        where = f"{path}.{name}" if path else name
        if isinstance(item, (dict, list)):
            yield from _members(item, where, depth + 1)
            continue
        strong = _states(name, item)
        if strong is not None:
            yield VerdictMember(where, item, pairs, strong)


def _states(name: str, value: object) -> bool | None:
    """Return whether a member is a verdict by its name (True) or only by its value (False); None where it is none."""
    tokens = {token.lower() for token in words_of(name)}
    says = isinstance(value, str) and value.strip().upper() in _SAYS
    if tokens & _STRONG:
        return True
    if tokens & _WEAK and (says or isinstance(value, bool) or not is_constant(value)):
        return True
    if tokens & _COUNTS and isinstance(value, (int, float)):
        return False
    if says or isinstance(value, bool):
        return isinstance(value, str)
    return None
