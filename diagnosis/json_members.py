"""Read foreign JSON member by member, with each kind checked and each fault named by its place.

GitHub's and AWS's answers, recordings, preflight documents and packets all come from elsewhere. They are read through
:class:`JsonMembers`, in two ways. Its strict methods (``text``, ``integer``, ``objects``, …) raise :class:`JsonFault` for a
member that is missing or of another kind; its lenient ones (``maybe_text``, …) take such a member for absent. Who reads
turns the fault into the error and the way out that its own users know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from diagnosis.names.arn import Arn

T = TypeVar("T")

_KINDS: dict[type, str] = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "an object"}
_YEARS = (1970, 9000)


class JsonFault(ValueError):  # noqa: N818 - the document is at fault, and its reader says so in its own error
    """What is wrong with a foreign JSON text or one of its members, as the end of a sentence."""

    def __init__(self, what: str, place: str = "") -> None:
        super().__init__(f"member `{place}` {what}" if place else what)
        self.what = what
        self.place = place
        """Where the member stands: ``github.runs[3].id``; empty for the text as a whole."""


def _unchanged(text: str) -> str:
    return text


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Its name is foreign, and may be a secret.
        raise JsonFault("holds a member twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise JsonFault(f"is no JSON ({name} is no value of JSON)")


@dataclass(frozen=True, slots=True)
class JsonMembers:
    """One JSON object, and where it stands in the document that it came in."""

    value: Mapping[str, Any]
    """The members as they came, unchecked."""
    place: str = ""
    clean: Callable[[str], str] = _unchanged
    """What every text goes through as it is read, such as the replacement of secrets."""

    @classmethod
    def parse(cls, text: str, clean: Callable[[str], str] = _unchanged) -> JsonMembers:
        """Read a JSON text that should hold an object. Raises JsonFault where it is cut off, no JSON or no object.

        A name that stands twice in one object is refused: readers differ in which of the two they take.
        """
        try:
            value = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
            fault = "is cut off" if cut else f"is no JSON ({error.msg})"
            raise JsonFault(f"{fault} at line {error.lineno}, column {error.colno}") from None
        except RecursionError:
            raise JsonFault("is nested too deeply") from None
        except JsonFault:
            raise
        except ValueError:
            raise JsonFault("is no JSON (a number has too many digits)") from None
        if not isinstance(value, dict):
            raise JsonFault("holds no JSON object")
        return cls(value, clean=clean)

    def fault(self, name: str, what: str) -> JsonFault:
        """Return the fault of a member, for the caller to raise; ``what`` ends the sentence."""
        return JsonFault(what, self._place(name))

    def has(self, name: str) -> bool:
        """Return whether the member is there and not null."""
        return self.value.get(name) is not None

    # Strict: a member that is missing (and has no default) or of another kind raises JsonFault.

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text."""
        return self.clean(self._of(name, str, default))

    def filled_text(self, name: str) -> str:
        """Return a text that is not empty; an empty one counts as missing."""
        return self.text(name) or self._missing(name)

    def arn(self, name: str) -> Arn:
        """Return an ARN."""
        return Arn.parse(self.filled_text(name)) or self._no_arn(name)

    def integer(self, name: str, default: int | None = None) -> int:
        """Return a whole number."""
        return self._of(name, int, default)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return true or false."""
        return self._of(name, bool, default)

    def moment(self, name: str) -> datetime:
        """Return a time with a zone (``2026-02-13T11:36:26Z``), in UTC."""
        text = self.text(name)
        try:
            written = datetime.fromisoformat(text)
            found = written.astimezone(UTC) if written.tzinfo is not None else None
        except (ValueError, OverflowError):
            found = None
        if found is None or not is_usable(found):
            raise self.fault(name, f"is no UTC time ({text[:40]!r})")
        return found

    def optional_moment(self, name: str) -> datetime | None:
        """Return a time as :meth:`moment` does, or None where the member is absent."""
        return self.moment(name) if self.has(name) else None

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object as it came."""
        return self._of(name, dict, None)

    def object(self, name: str) -> JsonMembers:
        """Return an object, to be read further."""
        return JsonMembers(self.mapping(name), self._place(name), self.clean)

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.clean(item) for item in self._items(name, str, default))

    def integers(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        return self._items(name, int, default)

    def mappings(self, name: str, default: Sequence[dict[str, Any]] | None = None) -> tuple[dict[str, Any], ...]:
        """Return a list of objects as they came."""
        return self._items(name, dict, default)

    def objects(self, name: str, default: Sequence[dict[str, Any]] | None = None) -> tuple[JsonMembers, ...]:
        """Return a list of objects, to be read further."""
        place = self._place(name)
        listed = enumerate(self.mappings(name, default))
        return tuple(JsonMembers(item, f"{place}[{index}]", self.clean) for index, item in listed)

    def _no_arn(self, name: str) -> NoReturn:
        raise self.fault(name, "is no ARN")

    # Lenient: a member of another kind counts as absent, never as a fault.

    def maybe_text(self, name: str) -> str | None:
        """Return a text; None where it is absent or empty."""
        found = self.value.get(name)
        return self.clean(found) if isinstance(found, str) and found else None

    def maybe_integer(self, name: str) -> int | None:
        """Return a whole number, or None."""
        found = self.value.get(name)
        return found if _is(found, int) else None

    def maybe_flag(self, name: str) -> bool | None:
        """Return true, false, or None."""
        found = self.value.get(name)
        return found if isinstance(found, bool) else None

    def maybe_moment(self, name: str) -> datetime | None:
        """Return a time in UTC, or None. One without a zone is taken for UTC.

        One so far off that it cannot be reckoned with is none: such as the year 1, which stands for a time that is not set.
        """
        found = self.value.get(name)
        try:
            moment = datetime.fromisoformat(found if isinstance(found, str) else "")
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        return moment if is_usable(moment) else None

    def maybe_object(self, name: str) -> JsonMembers:
        """Return an object, to be read further; one without members where it is absent."""
        found = self.value.get(name)
        return JsonMembers(found if isinstance(found, dict) else {}, self._place(name), self.clean)

    def maybe_objects(self, name: str) -> tuple[JsonMembers, ...]:
        """Return the objects of a list, to be read further; whatever else it holds is left out."""
        place, listed = self._place(name), enumerate(self.maybe_list(name))
        return tuple(
            JsonMembers(item, f"{place}[{index}]", self.clean) for index, item in listed if isinstance(item, dict)
        )

    def maybe_texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list; whatever else it holds is left out."""
        return tuple(self.clean(item) for item in self.maybe_list(name) if isinstance(item, str))

    def maybe_list(self, name: str) -> list[Any]:
        """Return a list as it came; an empty one where it is absent."""
        found = self.value.get(name)
        return found if isinstance(found, list) else []

    def _place(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _missing(self, name: str) -> NoReturn:
        raise self.fault(name, "is missing")

    def _of(self, name: str, kind: type[T], default: T | None) -> T:
        value: Any = self.value.get(name)
        if value is None and default is not None:
            return default
        if value is None:
            self._missing(name)
        if not isinstance(value, kind) or not _is(value, kind):
            raise self.fault(name, f"is not {_KINDS[kind]}")
        return value

    def _items(self, name: str, kind: type[T], default: Sequence[T] | None) -> tuple[T, ...]:
        items: list[Any] = self._of(name, list, None if default is None else list(default))
        for index, item in enumerate(items):
            if not _is(item, kind):
                raise self.fault(f"{name}[{index}]", f"is not {_KINDS[kind]}")
        return tuple(items)


def is_usable(moment: datetime) -> bool:
    """Return whether a time can be reckoned with: minutes and days added to it stay within Python's years."""
    return _YEARS[0] <= moment.year <= _YEARS[1]


def _is(value: object, kind: type) -> bool:
    """Return whether a value is of a kind of JSON. A truth value is a whole number to Python, never to JSON."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
