"""Read a case file: TOML in which the people of a release say what belongs together, and what no record tells.

The members are those of :class:`diagnosis.facts.case.Case`, by the same names; changes stand in tables of their own::

    title = "Packaging, February 2026"
    repository = "owner/name"
    workflow = "release.yml"
    runs = [21985402789, 21985472266]
    role_arn = "arn:aws:iam::123456789012:role/release"
    expected_account = "123456789012"

    [[changes]]
    after_run = 21985402789
    text = "created the OIDC provider"
    source = "decision log, 2026-02-13"
    at = "11:37"

    [[exceptions]]
    principal = "arn:aws:iam::210987654321:root"
    rationale = "the platform team's break-glass role, ticket 4711"
    expires = 2027-03-31
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

from diagnosis.facts.case import Case, StatedChange, StatedException
from diagnosis.logs.scrub import scrub
from diagnosis.logs.scrubbed_values import scrub_values
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress, is_repository_name

_LARGEST_RUN = 2**63 - 1
_LARGEST = 1_000_000


class CaseFileError(Exception):
    """The file cannot be used: one sentence with the file, the line where it is known, and the way out."""

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        super().__init__(scrub(sentence))


Check: TypeAlias = Callable[[Any], "str | None"]
"""What a value should be, in words; None where it is."""


def read_case_file(path: Path) -> Case:
    """Read the case that a file states. Raises CaseFileError."""
    shown = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise CaseFileError(f"There is no case file {shown}: check the name given with --case.") from None
    except IsADirectoryError:
        raise CaseFileError(f"{shown} is a folder: name the case file in it.") from None
    except OSError as error:
        raise CaseFileError(f"The case file {shown} cannot be read ({error.strerror}): make it readable.") from None
    if len(body) > _LARGEST:
        raise CaseFileError(f"{shown} is larger than 1 MB, so it is hardly a case file: check the name.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise CaseFileError(f"{shown}, line {line}: the text is not UTF-8; save the file as UTF-8.") from None
    return parse_case(text, shown)


def parse_case(text: str, shown: str) -> Case:
    """Read the case that a TOML text states, scrubbed; ``shown`` names the text in messages. Raises CaseFileError."""
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
    document = scrub_values(document)
    _check_members(document, _MEMBERS, text, shown, "", 0)
    changes = tuple(_change(entry, text, shown, index) for index, entry in enumerate(document.pop("changes", ())))
    exceptions = tuple(
        _exception(entry, text, shown, index) for index, entry in enumerate(document.pop("exceptions", ()))
    )
    lists: dict[str, Any] = {name: tuple(value) for name, value in document.items() if isinstance(value, list)}
    if "repository_uris" in lists:
        lists["repository_uris"] = tuple(
            address for item in lists["repository_uris"] if (address := EcrAddress.parse(item)) is not None
        )
    role = member_value("role_arn", document.get("role_arn"))
    return Case(**{**document, **lists, **role}, changes=changes, exceptions=exceptions)


def should_be(member: str, value: Any) -> str | None:
    """Say in words what a member's value should be; None where it is."""
    return _MEMBERS[member](value)


def member_value(member: str, value: Any) -> dict[str, Any]:
    """Return a member of a case with its value as the case holds it: an ARN is one there. Empty where there is none."""
    if value is None:
        return {}
    return {member: Arn.parse(value) if member == "role_arn" else value}


def _change(entry: Any, text: str, shown: str, index: int) -> StatedChange:
    _check_entry(entry, ("changes", "change", _CHANGE_MEMBERS, ("after_run", "text", "source")), text, shown, index)
    at = entry.get("at")
    clock = at if isinstance(at, str) or at is None else at.isoformat()
    return StatedChange(entry["after_run"], entry["text"], entry["source"], clock)


def _exception(entry: Any, text: str, shown: str, index: int) -> StatedException:
    _check_entry(entry, ("exceptions", "exception", _EXCEPTION_MEMBERS, tuple(_EXCEPTION_MEMBERS)), text, shown, index)
    return StatedException(entry["principal"], entry["rationale"], entry["expires"])


_Table: TypeAlias = tuple[str, str, Mapping[str, Check], tuple[str, ...]]
"""A table's name, what one entry is called, its members, and those that it must have."""


def _check_entry(entry: Any, table: _Table, text: str, shown: str, index: int) -> None:
    name, one, members, wanted = table
    if not isinstance(entry, dict):
        raise CaseFileError(f"{shown}: `{name}` holds something else than tables; begin each with [[{name}]].")
    _check_members(entry, members, text, shown, name, index)
    for member in wanted:
        if member not in entry:
            line = _line_of(text, None, name, index)
            raise CaseFileError(f"{_place(shown, line)}: {one} {index + 1} has no `{member}`; add it.")


def _check_members(
    members: Mapping[str, Any], known: Mapping[str, Check], text: str, shown: str, table: str, index: int
) -> None:
    for name, value in members.items():
        place = _place(shown, _line_of(text, name, table, index))
        if name not in known:
            kind = {"changes": "a change", "exceptions": "an exception"}.get(table, "a case")
            raise CaseFileError(f"{place}: {kind} has no member `{_short(name)}`; {_nearest(name, known)}")
        wanted = known[name](value)
        if wanted is not None:
            raise CaseFileError(f"{place}: `{name}` should be {wanted}, but it is {_described(value)}.")


def _nearest(name: str, known: Mapping[str, Check]) -> str:
    plain = name.lower().replace("-", "_")
    near = difflib.get_close_matches(plain, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"it knows {', '.join(known)}."


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
    if isinstance(value, int) and abs(value) > _LARGEST_RUN:
        return "a number of too many digits"  # which Python does not even write
    return "a table" if isinstance(value, dict) else f"{value!s:.60}"


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "a text in quotes"


def _texts(value: Any) -> str | None:
    right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if right else 'a list of texts: ["a", "b"]'


def _repositories(value: Any) -> str | None:
    right = isinstance(value, list) and all(isinstance(item, str) and is_repository_uri(item) for item in value)
    return None if right else 'a list of repositories: ["123456789012.dkr.ecr.eu-west-2.amazonaws.com/name"]'


def is_repository_uri(text: str) -> bool:
    """Return whether a text is the address of an ECR repository, private or public, without tag and digest."""
    address = EcrAddress.parse(text.strip())
    named = address is not None and not (address.tag or address.digest) and is_repository_name(address.repository or "")
    return address is not None and named and (address.public or address.repository_arn is not None)


def _run(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_RUN
    return None if right else "a run's number, from its address: …/actions/runs/NUMBER"


def _runs(value: Any) -> str | None:
    right = isinstance(value, list) and all(_run(item) is None for item in value)
    return None if right else "a list of run numbers: [21985402789, 21985472266]"


def _tables(name: str) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, list) else f"tables, each begun with [[{name}]]"

    return check


def _reason(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "a reason in words"


def _day(value: Any) -> str | None:
    right = isinstance(value, date) and not isinstance(value, datetime)
    return None if right else "a day without quotes: 2027-03-31"


def _clock(value: Any) -> str | None:
    return None if isinstance(value, str | datetime | date | time) else "a time, as the source writes it"


def _like(pattern: str, words: str) -> Check:
    compiled = re.compile(pattern)

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and compiled.fullmatch(value) else words

    return check


def _role(value: Any) -> str | None:
    arn = Arn.parse(value) if isinstance(value, str) and not any(sign.isspace() for sign in value) else None
    right = arn is not None and arn.is_role and arn.has_account
    return None if right else 'a role\'s ARN: "arn:aws:iam::123456789012:role/name"'


_ACCOUNT = _like(r"\d{12}", "an account id: twelve digits in quotes")

_MEMBERS: Mapping[str, Check] = {
    "title": _text,
    "repository": _like(r"[\w.-]+/[\w.-]+", 'a GitHub repository: "owner/name"'),
    "workflow": _text,
    "branch": _text,
    "runs": _runs,
    "role_arn": _role,
    "region": _like(r"[a-z]{2}(-[a-z]+)+-\d", 'an AWS region: "eu-west-2"'),
    "audience": _text,
    "environment": _text,
    "registry_id": _ACCOUNT,
    "ecr_repository": _like(r"[a-z0-9][a-z0-9._/-]*", "the name of an ECR repository, without registry and tag"),
    "tag": _text,
    "digest": _like(r"sha256:[0-9a-f]{64}", 'an image digest: "sha256:…", 64 hexadecimal digits'),
    "expected_account": _ACCOUNT,
    "decision_log": _text,
    "decision_log_entry": _text,
    "evidence_local": _text,
    "evidence_root": _like(r"s3://[a-z0-9.-]+(/.*)?", 'an S3 address: "s3://bucket/prefix/"'),
    "evidence_artifacts": _texts,
    "changes": _tables("changes"),
    "exceptions": _tables("exceptions"),
    "repository_uris": _repositories,
    "notes": _texts,
}

_CHANGE_MEMBERS: Mapping[str, Check] = {"after_run": _run, "text": _text, "source": _text, "at": _clock}
_EXCEPTION_MEMBERS: Mapping[str, Check] = {"principal": _text, "rationale": _reason, "expires": _day}
