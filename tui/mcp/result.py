"""What a tool answers: the answer first, then the exit code, then the document as far as it fits, and how to get the rest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.json_values import Json, Object
from tui.mcp.bounds import LeftOut, at, fitted, fitted_value, size_of
from tui.mcp.fix_first import first_path, further_paths
from tui.mcp.foreign_text import Marker

SCHEMA = "planescope.mcp/1"
LIMIT, SMALLEST_LIMIT, LARGEST_LIMIT = 16_000, 4_000, 60_000
"""Characters of one answer."""
_SHARES = (1.0, 0.96, 0.9, 0.8, 0.6, 0.4, 0.2, 0.0)
"""Of the room that the head leaves: the rest tells what was left out."""
_MOST_NAMED = 24
"""Places that are named as left out; the others are reached from those above them."""
_MOST_KEPT = 12
_MOST_CHARACTERS = 20_000_000

MEANINGS = {
    ExitCode.PASSED: "all that was asked passes",
    ExitCode.FAILED: "something fails",
    ExitCode.USAGE: "bad input",
    ExitCode.UNKNOWN: "unknown remains",
    ExitCode.CREDENTIALS: "credentials needed",
    ExitCode.ANOTHER_REASON: "all gates pass and the run failed for another reason",
    ExitCode.BROKEN: "a recording is broken",
    ExitCode.OUTPUT: "the output is full or closed",
    ExitCode.INTERNAL: "a fault of planescope itself",
    ExitCode.INTERRUPTED: "stopped",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found, before it is bounded. Everything in it is marked already."""

    sentences: tuple[str, ...]
    exit_code: int
    marker: Marker
    document: Object
    fix: Object | None = None
    schema: str = ""
    """The resource that describes the document."""


@dataclass(slots=True)
class Kept:
    """The latest results, so that the rest of one can be read without asking GitHub and AWS again."""

    _held: OrderedDict[str, tuple[Object, Marker]] = field(default_factory=OrderedDict)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, document: Object, marker: Marker) -> str:
        """Keep a document and return the id by which it is asked for."""
        with self._lock:
            self._count += 1
            name = f"r{self._count}"
            self._held[name] = document, marker
            total = sum(size_of(each) for each, _ in self._held.values())
            while len(self._held) > 1 and (len(self._held) > _MOST_KEPT or total > _MOST_CHARACTERS):
                _, (oldest, _) = self._held.popitem(last=False)
                total -= size_of(oldest)
            return name

    def get(self, name: str) -> tuple[Object, Marker] | None:
        """Return a document that is kept still."""
        with self._lock:
            return self._held.get(name)


def bounded(answer: Answer, kept: Kept, limit: int, sections: Sequence[str] = ()) -> Object:
    """Return the answer within the limit.

    The patches of the first proved path get room before anything else; then the sentences, the other paths, and the
    sections that are wanted, in the document's order.
    """
    whole: Object = {**({"fix": answer.fix} if answer.fix is not None else {}), **answer.document}
    name = kept.keep(whole, answer.marker)
    for share in _SHARES:
        made = _filled(answer, limit, share, sections, name)
        if size_of(made) <= limit:
            break
    return made


def _filled(answer: Answer, limit: int, share: float, sections: Sequence[str], name: str) -> Object:
    wanted = {key: value for key, value in answer.document.items() if not sections or key in sections}
    rest = [key for key in answer.document if key not in wanted]
    fix = answer.fix
    offered, others = _items(fix, "paths"), _items(fix, "not_offered")
    told = _within(answer.sentences, 0)
    made: Object = {"schema": SCHEMA, "answer": told, **_head(answer.exit_code, answer.marker), "result": name}
    if fix is not None:
        made["fix"] = {"paths": [], "not_offered": []}
    frame = {**made, "document": {}, **_left([], rest, name, answer.schema)}
    room = int((limit - size_of(frame)) * share)
    left: list[LeftOut] = []
    paths: list[Json] = []
    if offered and isinstance(offered[0], dict):
        spare = min(size_of(list(answer.sentences)) - size_of(told), limit // 5)
        first, left = first_path(offered[0], room, spare)
        paths = [first]
        room -= size_of(first)
    if share:
        room += size_of(told)
        made["answer"] = told = _within(answer.sentences, min(room, limit // 2))
        room -= size_of(told)
    if fix is not None:
        further, missing = further_paths(offered, room)
        room -= size_of(further)
        named, unnamed = fitted_value(others, max(room, 0), "fix/not_offered")
        room -= size_of(named)
        left += [*missing, *unnamed]
        made["fix"] = {"paths": [*paths, *further], "not_offered": named}
    document, missing = fitted(wanted, max(room, 0))
    return {**made, "document": document, **_left([*left, *missing], rest, name, answer.schema)}


def _items(value: Object | None, name: str) -> list[Json]:
    found = value.get(name) if value is not None else None
    return found if isinstance(found, list) else []


def _within(sentences: Sequence[str], room: int) -> list[Json]:
    """Return the first sentences that fit, and how many more there are."""
    kept: list[Json] = []
    for each in sentences:
        room -= size_of(each) + 1
        if room < 0 and kept:
            kept.append(f"{len(sentences) - len(kept)} further sentences did not fit: the document says the same.")
            break
        kept.append(each)
    return kept


def page(kept: Kept, name: str, path: str, offset: int, limit: int) -> Object | None:
    """Return what stands at a path of a kept document, from an item on; None where there is no such document or place."""
    held = kept.get(name)
    if held is None:
        return None
    document, marker = held
    found = at(document, path)
    if isinstance(found, KeyError):
        return None
    head: Object = {
        "schema": SCHEMA,
        "answer": ["What stands at this place of the result."],
        **_head(0, marker),
        "result": name,
    }
    for share in _SHARES:
        part, left = _part(found, int((limit - size_of(head)) * share), path, offset)
        made: Object = {**head, "path": path, "part": part, **_left(left, [], name, "")}
        if size_of(made) <= limit:
            break
    return made


def _part(value: Json, room: int, path: str, offset: int) -> tuple[Json, list[LeftOut]]:
    text = value.get("foreign_text") if isinstance(value, dict) else None
    if isinstance(text, str):
        end = offset + max(room // 2, 100)
        cut: Object = {"foreign_text": text[offset:end]}
        if end >= len(text):
            return cut, []
        return {**cut, "left_out": len(text) - end}, [LeftOut(path, end, len(text), "characters")]
    if isinstance(value, dict):
        return fitted(value, room, path)
    return fitted_value(value, room, path, offset)


def _head(code: int, marker: Marker) -> Object:
    return {
        "exit_code": int(code),
        "exit_code_means": MEANINGS[ExitCode(code)],
        "marking": {"word": marker.word, "meaning": marker.meaning},
    }


def _left(left: Sequence[LeftOut], rest: Sequence[str], name: str, schema: str) -> Object:
    made: Object = {}
    if left:
        made["left_out"] = [each.as_json() for each in left[:_MOST_NAMED]]
    if rest:
        made["other_sections"] = list(rest)
    if left or rest:
        made["how_to_get_it"] = (
            f"Call `more` with result {name}, a path (a section, or one of left_out) and the offset to go on at."
        )
    if schema:
        made["document_schema"] = schema
    return made


def error(sentence: Json, way_out: Json, code: int) -> Object:
    """Return what a tool says that could not do what it was asked."""
    return {
        "schema": SCHEMA,
        "error": sentence,
        "way_out": way_out,
        "exit_code": int(code),
        "exit_code_means": MEANINGS[ExitCode(code)],
    }
