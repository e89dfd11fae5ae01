"""Read a case file: TOML in which the people of a release say what belongs together, and what no record tells.

The members are those of :class:`diagnosis.facts.case.Case`, by the same names; some stand in tables of their own::

    title = "Packaging, February 2026"
    repository = "owner/name"
    workflow = "release.yml"
    runs = [21985402789, 21985472266]
    left_out = ["21985472266/1"]
    role_arn = "arn:aws:iam::123456789012:role/release"
    expected_account = "123456789012"
    decision_log = "docs/decisions.md"
    decision_log_commit = "799d398a"

    [[changes]]
    after_run = 21985402789
    text = "created the OIDC provider"
    source = "decision log, 2026-02-13"
    at = "11:37"

    [[exceptions]]
    principal = "arn:aws:iam::210987654321:root"
    rationale = "the platform team's break-glass role, ticket 4711"
    expires = 2027-03-31

    [[escalations]]
    grant = "AmazonEC2ContainerRegistryPowerUser"
    rationale = "the scoped policy was under review, ticket 4712"
    expires = 2026-02-20

    [[widenings]]
    role = "release"
    grants = ["s3:PutObject"]
    on = ["arn:aws:s3:::evidence/*"]
    rationale = "evidence of the release is kept in S3, ticket 4713"
    expires = 2026-06-30

A key that no case has is told and passed over: people and other programs may keep theirs here. One that is a letter or two away
from a known key, or that stands in the wrong table, is a fault: what it was meant to say would be lost without a word.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from diagnosis.facts.case import Case, StatedChange, StatedEscalation, StatedException, StatedWidening
from diagnosis.logs.scrubbed_names import scrub_name, scrub_words
from diagnosis.logs.scrubbed_values import scrub_values
from diagnosis.names.ecr_address import EcrAddress
from probes.case_members import LARGEST_RUN, MEMBERS, TABLES, Check, Table, attempt_name, member_value

LARGEST = 1_000_000
"""Bytes; no case file is so large."""
_MOST_TOLD = 20
"""Unknown keys that are told one by one."""
_MOST_UNKNOWN = 500
_LONGEST_KEY, _SHORTEST_PIECE = 60, 3
_PATHS = frozenset({"decision_log", "evidence_local", "evidence_root", "evidence_artifacts"})
"""Members that name files and folders, which may be called by a secret."""
_ONE_WORD = 0.8
"""How like a known key another one is that was meant to be it."""


class CaseFileError(Exception):
    """The file cannot be used: one sentence with the file, the line where it is known, and the way out."""

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        super().__init__(scrub_words(sentence))


Told: TypeAlias = Callable[[str], None]
"""Takes a sentence about a key that no case has."""


def _to_nobody(_sentence: str) -> None:
    """Say nothing."""


def read_case_file(path: Path, told: Told = _to_nobody) -> Case:
    """Read the case that a file states. Raises CaseFileError."""
    return parse_case(case_text(read_case_bytes(path), str(path)), str(path), told)


def read_case_bytes(path: Path) -> bytes:
    """Read a case file as it lies on the disk. Raises CaseFileError."""
    shown = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise CaseFileError(f"There is no case file {shown}: check the name given with --case.") from None
    except IsADirectoryError:
        raise CaseFileError(f"{shown} is a folder: name the case file in it.") from None
    except OSError as error:
        raise CaseFileError(f"The case file {shown} cannot be read ({error.strerror}); make it readable.") from None
    if len(body) > LARGEST:
        raise CaseFileError(f"{shown} is larger than 1 MB, so it is hardly a case file: check the name.")
    return body


def case_text(body: bytes, shown: str) -> str:
    """Return the text of a case file. Raises CaseFileError where it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise CaseFileError(f"{shown}, line {line}: the text is not UTF-8; save the file as UTF-8.") from None


def parse_case(text: str, shown: str, told: Told = _to_nobody) -> Case:
    """Read the case that a TOML text states, scrubbed; ``shown`` names the text in messages. Raises CaseFileError."""
    document, text = _document(text, shown)
    reader = _Reader(text, shown, told)
    stated = reader.known(document, MEMBERS, "", 0)
    tables = {table.name: reader.entries(stated.pop(table.name, ()), table) for table in TABLES.values()}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()
    }
    for name in ("left_out", "splits"):
        if name in values:
            values[name] = tuple(named for item in values[name] if (named := attempt_name(item)) is not None)
    for name in _PATHS.intersection(values):
        value = values[name]
        values[name] = tuple(map(scrub_name, value)) if isinstance(value, tuple) else scrub_name(value)
    if "repository_uris" in values:
        values["repository_uris"] = tuple(
            address for item in values["repository_uris"] if (address := EcrAddress.parse(item)) is not None
        )
    return Case(
        **{**values, **member_value("role_arn", values.get("role_arn"))},
        changes=tuple(map(_change, tables["changes"])),
        exceptions=tuple(StatedException(**entry) for entry in tables["exceptions"]),
        escalations=tuple(StatedEscalation(**entry) for entry in tables["escalations"]),
        widenings=tuple(map(_widening, tables["widenings"])),
    )


def _document(text: str, shown: str) -> tuple[dict[str, Any], str]:
    """Return what a TOML text holds, scrubbed, and the text with the line ends that TOML knows. Raises CaseFileError."""
    # tomllib knows no other line ends than these two, and a file from an old editor may hold bare ones.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseFileError(_syntax(text, shown, str(error))) from None
    except ValueError:
        raise CaseFileError(f"{shown} holds a number of too many digits to be one.") from None
    except RecursionError:
        raise CaseFileError(f"{shown} is nested too deeply to be a case file.") from None
    return scrub_values(document, text=scrub_words), text


def _change(entry: dict[str, Any]) -> StatedChange:
    at = entry.get("at")
    return StatedChange(**{**entry, "at": at if isinstance(at, str) or at is None else at.isoformat()})


def _widening(entry: dict[str, Any]) -> StatedWidening:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return StatedWidening(**values)


class _Reader:
    """Takes the known members of each table, and tells of the others."""

    def __init__(self, text: str, shown: str, told: Told) -> None:
        self._text, self._shown, self._told = text, shown, told
        self._unknown = 0

    def entries(self, entries: Any, table: Table) -> list[dict[str, Any]]:
        """Return the known members of each entry. Raises CaseFileError for one that lacks what it must have."""
        found = []
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                begin = f"begin each with [[{table.name}]]"
                raise CaseFileError(f"{self._shown}: `{table.name}` holds something else than tables; {begin}.")
            found.append(self.known(entry, table.members, table.name, index))
            for member in table.wanted:
                if member not in entry:
                    one = table.one.partition(" ")[2]
                    place = self._place(None, table.name, index)
                    raise CaseFileError(f"{place}: {one} {index + 1} has no `{member}`; add it.")
        return found

    def known(self, members: Mapping[str, Any], known: Mapping[str, Check], table: str, index: int) -> dict[str, Any]:
        """Return the members that are known, each as it should be. Raises CaseFileError for one that is not."""
        for name, value in members.items():
            if name not in known:
                self._no_member(name, known, table, index)
                continue
            wanted = known[name](value)
            if wanted is not None:
                place = self._place(name, table, index)
                raise CaseFileError(f"{place}: `{name}` should be {wanted}, but it is {_described(value)}.")
        return {name: value for name, value in members.items() if name in known}

    def _no_member(self, name: str, known: Mapping[str, Check], table: str, index: int) -> None:
        kind = TABLES[table].one if table else "a case"
        said = f"{kind} has no member `{_short(name)}`"
        if self._unknown >= _MOST_UNKNOWN:
            raise CaseFileError(f"{self._shown} holds over {_MOST_UNKNOWN} keys that no case has: check the name.")
        plain = name[:_LONGEST_KEY].lower().replace("-", "_")
        elsewhere = _place_of_member(name, table)
        near = difflib.get_close_matches(plain, known, n=1, cutoff=_ONE_WORD)
        if elsewhere or near:
            place = self._place(name, table, index)
            raise CaseFileError(f"{place}: {said}; {elsewhere or f'did you mean `{near[0]}`?'}")
        self._unknown += 1
        if self._unknown == _MOST_TOLD + 1:
            self._told(f"{self._shown}: further keys that no case has are passed over too.")
        if self._unknown <= _MOST_TOLD:
            longer = [key for key in known if len(plain) >= _SHORTEST_PIECE and key.startswith(plain)]
            meant = f" (did you mean `{longer[0]}`?)" if longer else ""
            self._told(scrub_words(f"{self._place(name, table, index)}: {said}; it is passed over{meant}."))

    def _place(self, name: str | None, table: str, index: int) -> str:
        return _place(self._shown, _line_of(self._text, name, table, index))


def _place_of_member(name: str, table: str) -> str:
    """Return where a key belongs that is known in another table than the one in which it stands; empty for any other key."""
    if table and name in MEMBERS:
        return f"put it above the first [[{table}]]: in TOML what follows a header belongs to it."
    homes = [each.name for each in TABLES.values() if each.name != table and name in each.members]
    return f"it belongs below [[{']] or [['.join(homes)}]]." if homes else ""


def _short(text: str) -> str:
    """Return foreign text on one line, cut."""
    return " ".join(text.split())[:60]


def _syntax(text: str, shown: str, message: str) -> str:
    """Say what is wrong and where; tomllib gives the place in words: ``(at line 3, column 5)``, ``(at end of document)``."""
    what, _, where = message.partition(" (at ")
    found = re.match(r"line (\d+), column (\d+)", where)
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    said = what[:1].lower() + what[1:].rstrip(".")
    way_out = 'put texts in quotes: name = "value"' if "value" in said else "mend that line"
    return f"{_place(shown, line)}: this is no TOML ({said}); {way_out}."


def _place(shown: str, line: int | None) -> str:
    return f"{shown}, line {line}" if line else shown


def _line_of(text: str, name: str | None, table: str, index: int) -> int | None:
    """Return the line of a member (name None: of the table), as far as a look at the text can tell."""
    here, count = "", -1
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.match(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}", line)
        if header:
            here = header[1]
            count += here == table
            if (name is None and here == table and count == index) or (not table and here == name):
                return number
        elif name is not None and here == table and (not table or count == index):
            key = re.match(r"""\s*["']?([\w.-]+?)["']?\s*=""", line)
            if key and key[1].partition(".")[0] == name:
                return number
    return None


def _described(value: Any) -> str:
    """Describe a value in a few words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_short(value)}"' if value else "empty"
    if isinstance(value, list):
        return "a list of other things" if value else "an empty list"
    if isinstance(value, int) and abs(value) > LARGEST_RUN:
        return "a number of too many digits"  # which Python does not even write
    return "a table" if isinstance(value, dict) else f"{value!s:.60}"
