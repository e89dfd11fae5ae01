"""Reading foreign JSON member by member: each fault becomes one sentence that names the file and the member."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from diagnosis.facts.evidence import Origin
from probes.recording.format import JsonObject, Reconstruction, RecordingError, moment_of

T = TypeVar("T")

WAY_OUT = "make the recording again with `planescope record`, or take it from its source again"

_KINDS: dict[type, str] = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "an object"}


def load_object(file: Path, shown: str) -> JsonObject:
    """The JSON object that a file holds.

    Raises RecordingError for a file that is absent, unreadable, cut off, no JSON or no object.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise RecordingError(f"{shown} is missing from the recording; {WAY_OUT}") from None
    except OSError as error:
        raise RecordingError(f"{shown} cannot be read ({error.strerror}); make the file readable") from None
    except UnicodeDecodeError as error:
        raise RecordingError(f"{shown} is not UTF-8 text (byte {error.start}); {WAY_OUT}") from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        fault = "is cut off" if cut else f"is no JSON ({error.msg})"
        raise RecordingError(f"{shown} {fault} at line {error.lineno}, column {error.colno}; {WAY_OUT}") from None
    except RecursionError:
        raise RecordingError(f"{shown} is nested too deeply to be a recording; {WAY_OUT}") from None
    if not isinstance(value, dict):
        raise RecordingError(f"{shown} holds no JSON object; {WAY_OUT}")
    return value


class Fields:
    """One JSON object with the place where it stands, for reading its members with their kinds checked."""

    __slots__ = ("place", "shown", "value")

    def __init__(self, value: JsonObject, shown: str, place: str = "") -> None:
        self.value = value
        self.shown = shown
        self.place = place

    def fault(self, name: str, what: str) -> RecordingError:
        """The error for a member: to be raised by the caller."""
        return RecordingError(f"{self.shown}: member `{self._path(name)}` {what}; {WAY_OUT}")

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        return self._of(name, str, default)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        return self._of(name, int, default)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false."""
        return self._of(name, bool, default)

    def mapping(self, name: str) -> JsonObject:
        """An object, as it is."""
        return self._of(name, dict, None)

    def section(self, name: str) -> Fields:
        """An object, to be read further."""
        return Fields(self.mapping(name), self.shown, self._path(name))

    def moment(self, name: str) -> datetime:
        """A UTC timestamp."""
        text = self.text(name)
        try:
            return moment_of(text)
        except ValueError:
            raise self.fault(name, f"is no UTC time ({text[:40]!r})") from None

    def optional_moment(self, name: str) -> datetime | None:
        """A UTC timestamp, or None where the member is absent."""
        return self.moment(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where the member is absent."""
        return tuple(self._item(name, i, item, str) for i, item in enumerate(self._of(name, list, [])))

    def mappings(self, name: str, *, required: bool = False) -> tuple[JsonObject, ...]:
        """A list of objects; empty where the member is absent, unless it is required."""
        items = self._of(name, list, None if required else [])
        return tuple(self._item(name, i, item, dict) for i, item in enumerate(items))

    def sections(self, name: str, *, required: bool = False) -> Iterator[Fields]:
        """A list of objects, to be read further."""
        for index, item in enumerate(self.mappings(name, required=required)):
            yield Fields(item, self.shown, f"{self._path(name)}[{index}]")

    def origin(self) -> Origin:
        """The member ``origin``; ``recorded`` where it is absent."""
        text = self.text("origin", Origin.RECORDED.value)
        if text not in (Origin.RECORDED.value, Origin.RECONSTRUCTED.value):
            raise self.fault("origin", f"is {text[:40]!r}, but only `recorded` and `reconstructed` exist")
        return Origin(text)

    def reconstructed(self) -> tuple[Reconstruction, ...]:
        """The member ``reconstructed``; empty where it is absent."""
        return tuple(Reconstruction(entry.text("what"), entry.text("why")) for entry in self.sections("reconstructed"))

    def _path(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _of(self, name: str, kind: type[T], default: T | None) -> T:
        value: Any = self.value.get(name)
        if value is None:
            if default is None:
                raise self.fault(name, "is missing")
            return default
        # bool is an int to Python, never to JSON.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fault(name, f"is not {_KINDS[kind]}")
        return value

    def _item(self, name: str, index: int, item: Any, kind: type[T]) -> T:
        if not isinstance(item, kind):
            raise self.fault(f"{name}[{index}]", f"is not {_KINDS[kind]}")
        return item


def json_text(value: Mapping[str, Any]) -> str:
    """A JSON object as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
