"""Rewrite a case file without loss: its comments, their order, and the keys that planescope does not know stay as they are.

What was written is read again and compared before it takes the old file's place: a rewrite that would lose anything is none.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from diagnosis.logs.scrub import secrets_in
from probes.case_file import CaseFileError, case_text, read_case_bytes
from probes.stages import stage_in
from probes.whole_writes import name_new, parents_of, settle, signals_held, write_new

_BOM = b"\xef\xbb\xbf"
_BY_HAND = "change it by hand."
_PIECES = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{0,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{0,5}"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|(?P<comment>#[^\r\n]*+)",
    re.DOTALL,
)
"""Strings, in which a number sign begins no comment, and comments. A string without an end goes to where it could end."""


def rewritten(text: str, members: Mapping[str, Any], shown: str) -> str:
    """Return a case file's text with these top-level members; None takes one away. Raises CaseFileError.

    Lists keep their items where they stand, with what is written beside them; new ones come last. ``shown`` names the file.
    """
    ends = "\r\n" if "\r\n" in text and "\n" not in text.replace("\r\n", "") else "\n"
    members_of(text, shown)
    for name, value in members.items():
        text = _with_member(text, name, value, shown)
    return text if ends == "\n" else text.replace("\r\n", "\n").replace("\n", ends)


def members_of(text: str, shown: str) -> dict[str, Any]:
    """Return what a case file's text states now, where it can be rewritten. Raises CaseFileError."""
    if "\r" in text.replace("\r\n", ""):
        raise CaseFileError(f"{shown} has the line ends of an old system: save it with those of today, or {_BY_HAND}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _lossy(shown, error) from None


def _lossy(shown: str, error: Exception) -> CaseFileError:
    return CaseFileError(f"{shown} cannot be rewritten without loss ({str(error)[:80]}): {_BY_HAND}")


def _with_member(text: str, name: str, value: Any, shown: str) -> str:
    try:
        before = tomllib.loads(text)
        document = tomlkit.parse(text)
        at = _line_before(text, name) if name in before else 0
        if value is None:
            document.pop(name, None)
        elif isinstance(document.get(name), Array) and isinstance(value, Sequence) and not isinstance(value, str):
            _change_items(document[name], value)
        else:
            document[name] = value
        written = tomlkit.dumps(document)
        written = _with_lost_comments(text, written, at)
        after = tomllib.loads(written)
    except (TOMLKitError, ValueError, RecursionError, KeyError, TypeError, IndexError) as error:
        raise _lossy(shown, error) from None
    wanted = {**before, name: value}
    if value is None:
        del wanted[name]
    if _told(after) != _told(wanted):
        raise CaseFileError(f"{shown} cannot be rewritten without loss: {_BY_HAND}")
    return written


def _change_items(array: Any, wanted: Sequence[Any]) -> None:
    """Take away what is not wanted and append what lacks; in another order than it has, the list is written anew."""
    for index in reversed(range(len(array))):
        if array[index] not in wanted:
            del array[index]
    kept = list(array)
    if kept == list(wanted[: len(kept)]):
        for item in wanted[len(kept) :]:
            array.append(item)
    else:
        array.clear()
        array.extend(wanted)


def _told(document: Mapping[str, Any]) -> dict[str, str]:
    return {name: repr(value) for name, value in document.items()}  # as text: a number that is none equals nothing


def _with_lost_comments(before: str, after: str, line: int) -> str:
    """Return the new text with the comments that went with what they stood beside, above the place where that was."""
    lost = list((Counter(comments_in(before)) - Counter(comments_in(after))).elements())
    if not lost:
        return after
    lines = after.split("\n")
    return "\n".join([*lines[:line], *lost, *lines[line:]])


def comments_in(text: str) -> tuple[str, ...]:
    """Return the comments of a TOML text, each from its number sign to the end of its line."""
    return tuple(found["comment"].rstrip() for found in _PIECES.finditer(text) if found["comment"] is not None)


def _line_before(text: str, name: str) -> int:
    """Return how many lines stand above a top-level key."""
    keys = (line.partition("=")[0].strip().strip("\"'") for line in text.split("\n"))
    return next((number for number, key in enumerate(keys) if key == name), 0)


def write_new_case(path: Path, text: str) -> None:
    """Write a new case file whole, for the user alone. Raises CaseFileError, also where something is there already."""
    _require_no_secret(text, str(path))
    try:
        with signals_held(), parents_of(path), stage_in(path.parent) as stage:
            write_new(stage / "new", text.encode())
            name_new(stage / "new", path)
            settle(path.parent)
    except FileExistsError:
        raise CaseFileError(f"{path} is there already: name another file, or update that one.") from None
    except OSError as error:
        raise CaseFileError(f"{path} cannot be written ({error.strerror}): name another place.") from None
    except ValueError:
        # A name with a zero byte, or text that no encoding knows.
        raise CaseFileError(f"{path} cannot be written: neither a file nor its name holds such characters.") from None


def replace_case(path: Path, text: str, before: bytes) -> bytes:
    """Write over a case file that still holds ``before``; what lies there now is returned. Raises CaseFileError.

    It keeps its permissions, and a link to it stays one. The old file stays whole until the new one is.
    """
    _require_no_secret(text, str(path))
    body = (_BOM if before.startswith(_BOM) else b"") + text.encode()
    try:
        target = path.resolve(strict=True)
        mode = stat.S_IMODE(target.stat().st_mode)
        with signals_held(), stage_in(target.parent) as stage:
            write_new(stage / "new", body)
            (stage / "new").chmod(mode)
            if read_case_bytes(path) != before:
                raise CaseFileError(f"{path} was changed meanwhile and stays as it is: look at it, and try again.")
            (stage / "new").replace(target)
            settle(target.parent)
    except OSError as error:
        raise CaseFileError(f"{path} cannot be written ({error.strerror}): make its folder writable.") from None
    return body


def update_case(path: Path, members: Mapping[str, Any]) -> None:
    """Set these members of the case file, as it lies on the disk now. Raises CaseFileError."""
    body = read_case_bytes(path)
    text = case_text(body, str(path))
    new = rewritten(text, members, str(path))
    if new != text:
        replace_case(path, new, body)


def _require_no_secret(text: str, shown: str) -> None:
    found = next(iter(secrets_in(text)), None)
    if found is not None:
        raise CaseFileError(f"{shown}, line {found[0]}, would hold a secret ({found[1]}): take it out first.")
