"""Read out of an evidence file what it says of its release: run, attempt, commit, ref, tag, digest, repository, times.

A member is taken for what it says by its whole path, word by word: ``image.digest``, ``GITHUB_RUN_ID``, ``ciRunId``. The last
words name the kind; all others must be words that a release uses of itself. A word that speaks of another thing
(``base_digest``, ``parent_commit``) makes it none of the release's own; one that is not known leaves open whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from diagnosis.closure.evidence.member_words import OTHERS_WORDS, Silent, words_of
from diagnosis.closure.evidence.own_entries import OwnRun, own_entries, own_member
from diagnosis.closure.evidence.said import NotRead, Said, SaidValue
from diagnosis.closure.evidence.said_by_name import by_name
from diagnosis.closure.evidence.said_by_shape import by_shape
from diagnosis.closure.evidence.said_outcomes import failure_in
from diagnosis.closure.evidence.written_inside import document_in, written_members
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, read_json

MOST_VALUES = 20_000
"""A file with more members says nothing here: it is a listing, not a receipt."""


class _Member(NamedTuple):
    """A member of a file that holds a text, a number, or a list of nothing else."""

    path: tuple[str, ...]
    values: tuple[str, ...]
    truth: bool = False
    """Whether it is JSON's true or false."""


def values_in(text: str, own: OwnRun | None = None) -> tuple[SaidValue, ...] | NotRead:
    """Return what a JSON text says of its release, in its order; in a list of runs, what the entry of its ``own`` says."""
    document = read_json(text.removeprefix("\ufeff"))
    if isinstance(document, JsonFault):
        return NotRead(f"it is {document.why}" if document.why.startswith("not") else document.why)
    found: list[SaidValue] = []
    for number, member in enumerate(_members(document, own)):
        if number >= MOST_VALUES:
            return NotRead(f"it has more than {MOST_VALUES} members")
        said = _said(member)
        if said is not None:
            found.append(said)
    return tuple(found)


def _members(document: object, own: OwnRun | None) -> Iterator[_Member]:
    """Yield the members of a document; no recursion."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        inside = _own_in(path, value, own) if own is not None else []
        if inside:
            waiting += [((*path[:-1], name), item) for name, item in reversed(inside)]
        elif isinstance(value, dict):
            waiting += [((*path, str(key)), item) for key, item in reversed((*value.items(), *written_members(value)))]
        elif isinstance(value, list):
            texts = [text for item in value if (text := _text(item)) is not None]
            if value and len(texts) == len(value) and path:
                yield _Member(path, tuple(texts))
            else:
                waiting += [((*path, f"[{place}]"), item) for place, item in reversed(list(enumerate(value)))]
        elif isinstance(value, bool):
            yield _Member(path, ("true" if value else "false",), truth=True)
        else:
            text = _text(value)
            document = document_in(text) if text is not None else None
            if document is not None:
                waiting.append((path, document))
            # Also what tells nothing counts, so that a huge file is given up.
            yield _Member(path, () if text is None else (text,))


def _own_in(path: tuple[str, ...], value: object, own: OwnRun) -> list[tuple[Silent, object]]:
    name = path[-1] if path else ""
    if isinstance(value, list):
        return own_entries(name, value, own)
    return own_member(name, value, own) if isinstance(value, dict) else []


def _text(value: object) -> str | None:
    if isinstance(value, JsonNumber):
        return value.text
    return value if isinstance(value, str) else None


def _said(member: _Member) -> SaidValue | None:
    """Return what a member says; None for one that says nothing of a release."""
    path, values = member.path, tuple(value.strip() for value in member.values)
    words = words_of(path)
    failed = failure_in(words, values, truth=member.truth)
    if failed is not None:
        return SaidValue(Said.OUTCOME, failed, path, " ".join(words), values)
    if not any(values) or member.truth:
        return None
    read = by_shape(words, values)
    if read is None and _speaks_of_the_release(words):
        read = by_name(words_of(path[-1:]), words, values)
    if read is None:
        return None
    return SaidValue(read[0], read[1], path, " ".join(words), read[2])


def _speaks_of_the_release(words: tuple[str, ...]) -> bool:
    # A workflow's file is named by a word that speaks of other things elsewhere, and a role by one too.
    known = (("workflow", "file"), ("aws", "role"), ("iam", "role"), ("aws", "default"))
    left = [
        word
        for place, word in enumerate(words)
        if not (word in ("file", "role", "default") and words[max(place - 1, 0) : place + 1] in known)
    ]
    return not any(word in OTHERS_WORDS for word in left)
