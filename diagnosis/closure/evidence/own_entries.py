"""Find, in a list of runs, the entry of the release's own: the others are earlier attempts, which say other things by right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagnosis.closure.evidence.member_words import Silent, words_of
from diagnosis.closure.evidence.run_address import RunAddress
from diagnosis.policy.language.strict_json import JsonNumber

_LISTS = frozenset({"runs", "attempts"})
_RUN_ID = (("run", "id"), ("workflow", "run"))
_ATTEMPT = (("attempt",), ("run", "attempt"), ("attempt", "number"))


@dataclass(frozen=True, slots=True)
class OwnRun:
    """The run whose evidence is read."""

    run_id: str
    attempt: str


def own_entries(name: str, entries: Sequence[object], own: OwnRun) -> list[tuple[Silent, object]]:
    """Return the entries of a list that may be the run's own, under names that say nothing; none where no entry certainly is.

    One that names no run may be: what it says counts too.
    """
    if len(entries) < 2 or not all(isinstance(entry, Mapping) for entry in entries):
        return []
    numbered = bool(_LISTS.intersection(words_of((name,))[-1:]))
    runs = [_run_of(entry, numbered=numbered) for entry in entries if isinstance(entry, Mapping)]
    if numbered and not any(runs):
        runs = [own.run_id] * len(entries)
    if own.run_id not in runs:
        return []
    found = [place for place, run in enumerate(runs) if run in (own.run_id, None)]
    of_attempt = [place for place in found if _attempt_of(entries[place]) in (own.attempt, None)]
    return [(Silent(f"{name}[{place}]"), entries[place]) for place in of_attempt or found]


def own_member(name: str, members: Mapping[str, object], own: OwnRun) -> list[tuple[Silent, object]]:
    """Return the member of an object whose members are runs by their ids; nothing where it is none such."""
    last = words_of((name,))[-1:]
    if not last or last[0] not in _LISTS or own.run_id not in members or not all(key.isdigit() for key in members):
        return []
    return [(Silent(f"{name}.{own.run_id}"), members[own.run_id])]


def _run_of(entry: Mapping[str, object], *, numbered: bool) -> str | None:
    for name, value in entry.items():
        text = _text(value)
        words = words_of((name,))
        if text is None:
            continue
        address = RunAddress.parse(text)
        if address is not None:
            return address.run_id
        if any(words[-len(end) :] == end for end in _RUN_ID) or (numbered and words in (("id",), ("run",))):
            return text
    return None


def _attempt_of(entry: object) -> str | None:
    members = entry.items() if isinstance(entry, Mapping) else ()
    return next((text for name, value in members if words_of((name,)) in _ATTEMPT and (text := _text(value))), None)


def _text(value: object) -> str | None:
    if isinstance(value, JsonNumber):
        return value.text
    return value if isinstance(value, str) else None
