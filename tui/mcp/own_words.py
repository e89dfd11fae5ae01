"""Which texts are planescope's own words, letter for letter: an allow-list of what its code and its catalogues hold.

Everything else may hold what others wrote, and leaves marked. A text is asked about as a whole: a sentence into which a name
was put is none of these.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from types import CodeType, FunctionType, ModuleType

from diagnosis.causes import Cause, Integrity
from diagnosis.closure import catalogue
from diagnosis.gates import Owner
from diagnosis.lint.rule import Rule
from diagnosis.policy import action_facts
from diagnosis.verdicts.conform_rule import ConformRule

_ROOMS = ("diagnosis.", "probes.", "tui.")
_SHORTEST = 6
"""In characters: a shorter text, or one without a space, is no sentence."""
_END = re.compile(r"(?<=[.!?;:]) ")
_MOST_SENTENCES = 12
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)", re.ASCII)
_LONGEST_ACTION = 128
_STATEMENT = re.compile(r"Statement\[\d{1,4}\]", re.ASCII)
_OWNERS = frozenset(owner.value for owner in Owner)
_OF_GITHUB = frozenset(
    [
        "success",
        "failure",
        "neutral",
        "cancelled",
        "skipped",
        "timed_out",
        "action_required",
        "startup_failure",
        "stale",
        "queued",
        "in_progress",
        "completed",
        "waiting",
        "requested",
        "pending",
    ]
)
"""What GitHub's API documents as statuses and conclusions of runs and jobs."""
_EVENTS = frozenset(
    [
        "push",
        "pull_request",
        "pull_request_target",
        "workflow_dispatch",
        "workflow_run",
        "workflow_call",
        "schedule",
        "release",
        "create",
        "delete",
        "repository_dispatch",
        "merge_group",
        "deployment",
        "check_run",
        "check_suite",
        "issue_comment",
        "issues",
    ]
)

_literals: tuple[int, frozenset[str]] = (0, frozenset())


def is_time(text: str) -> bool:
    """Return whether a text is a time as the documents write it, and nothing else."""
    return _TIME.fullmatch(text) is not None


def is_owner(text: str) -> bool:
    """Return whether a text is one of the owners of a verdict."""
    return text in _OWNERS


def is_state_of_github(text: str) -> bool:
    """Return whether a text is a status, a conclusion or an event that GitHub documents."""
    return text in _OF_GITHUB or text in _EVENTS


def is_action(text: str) -> bool:
    """Return whether a text is the name of an action that AWS documents, or ``*``."""
    return text == "*" or (len(text) <= _LONGEST_ACTION and action_facts(text) is not None)


def is_reference(text: str) -> bool:
    """Return whether a text is an address of documentation that a catalogue names."""
    return text in _addresses()


@cache
def _addresses() -> frozenset[str]:
    found = {each.record.reference for each in Cause} | {each.record.reference for each in Integrity}
    found |= {each.record.reference for each in Rule} | {each.record.reference for each in ConformRule}
    return frozenset(address for address in found if address)


def is_statement(text: str) -> bool:
    """Return whether a text names a statement by its place alone: ``Statement[0]``."""
    return _STATEMENT.fullmatch(text) is not None


def is_literal(text: str) -> bool:
    """Return whether a text stands in planescope's code as it is; one without spaces is a slug or a name."""
    return text in _of_the_code()


def is_own_sentence(text: str) -> bool:
    """Return whether a text consists of whole sentences that stand in the code or a catalogue, one behind the other."""
    if _is_own(text):
        return True
    parts = _END.split(text, maxsplit=_MOST_SENTENCES)
    return len(parts) > 1 and all(_is_own(part) for part in parts)


def _is_own(text: str) -> bool:
    return len(text) >= _SHORTEST and " " in text and (text in _of_the_catalogues() or text in _of_the_code())


@cache
def _of_the_catalogues() -> frozenset[str]:
    found: set[str] = set()
    for cause in Cause:
        found.update((cause.record.sentence, cause.record.tell_apart, cause.record.next_step))
    for finding in Integrity:
        found.update((finding.record.sentence, finding.record.shows, finding.record.next_step))
    found.update(rule.record.sentence for rule in Rule)
    for judged in ConformRule:
        found.update((judged.record.sentence, judged.record.correction))
    for value in vars(catalogue).values():
        for record in value if isinstance(value, tuple) else (value,):
            if isinstance(record, catalogue.RuleRecord):
                found.update((record.title, record.sentence, record.next_step))
    return frozenset(found)


def _of_the_code() -> frozenset[str]:
    """Return every text that stands in the code of the modules that are loaded; read again where further ones were."""
    global _literals  # noqa: PLW0603 - modules are loaded once in a process
    count = len(sys.modules)
    if _literals[0] != count:
        found: set[str] = set()
        for name, module in tuple(sys.modules.items()):
            if name.startswith(_ROOMS) and module is not None:
                if getattr(module.__spec__, "_initializing", False):
                    count = 0  # another thread imports it just now: what it will hold is looked at the next time
                found.update(_texts_of(module))
        _literals = count, frozenset(found)
    return _literals[1]


def _texts_of(module: ModuleType) -> Iterator[str]:
    """Yield what functions and classes of a module hold; no dictionary and no list, since these may be filled later."""
    for value in tuple(vars(module).values()):
        yield from _constants(value, module.__name__)


def _constants(value: object, module: str) -> Iterator[str]:
    if isinstance(value, FunctionType):
        if value.__module__ == module:
            yield from _of_code(value.__code__.co_consts)
    elif isinstance(value, type):
        if value.__module__ == module and not issubclass(value, Enum):
            for member in tuple(vars(value).values()):
                function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if isinstance(function, FunctionType):
                    yield from _of_code(function.__code__.co_consts)
    elif isinstance(value, (str, tuple, frozenset)):
        yield from _of_code((value,))


def _of_code(constants: Iterable[object]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _of_code(constant.co_consts)
        elif isinstance(constant, (tuple, frozenset)):
            yield from _of_code(constant)
