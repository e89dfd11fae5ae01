"""What each member of a case file should be, in words that a message can take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypeAlias

from diagnosis.facts.case import AttemptName
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress, is_repository_name

LARGEST_RUN = 2**63 - 1
_MOST_ATTEMPTS = 1_000_000
_ATTEMPT = re.compile(r"(\d{1,19})(?:/([1-9]\d{0,5}))?", re.ASCII)

Check: TypeAlias = Callable[[Any], "str | None"]
"""What a value should be, in words; None where it is."""


def should_be(member: str, value: Any) -> str | None:
    """Say in words what a member's value should be; None where it is."""
    return MEMBERS[member](value)


def member_value(member: str, value: Any) -> dict[str, Any]:
    """Return a member of a case with its value as the case holds it: an ARN is one there. Empty where there is none."""
    if value is None:
        return {}
    return {member: Arn.parse(value) if member == "role_arn" else value}


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
    right = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_RUN
    return None if right else "a run's number, from its address: …/actions/runs/NUMBER"


def _runs(value: Any) -> str | None:
    right = isinstance(value, list) and all(_run(item) is None for item in value)
    return None if right else "a list of run numbers: [21985402789, 21985472266]"


def attempt_name(value: Any) -> AttemptName | None:
    """Return the attempt that a case file names, or the run with all its attempts; None for anything else."""
    if isinstance(value, int):
        return AttemptName(value) if _run(value) is None else None
    found = _ATTEMPT.fullmatch(value) if isinstance(value, str) else None
    if found is None or _run(int(found[1])) is not None:
        return None
    return AttemptName(int(found[1]), int(found[2]) if found[2] else None)


def _attempts(value: Any) -> str | None:
    right = isinstance(value, list) and all(attempt_name(item) is not None for item in value)
    return None if right else 'a list of attempts: ["21985472266/2", "21985402789"], a run with or without its attempt'


def _count(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_ATTEMPTS
    return None if right else "an attempt's number, from 1"


def _tables(name: str) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, list) else f"tables, each begun with [[{name}]]"

    return check


def _reason(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "a reason in words"


def _grant(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "what was granted: a policy or an action"


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

MEMBERS: Mapping[str, Check] = {
    "title": _text,
    "repository": _like(r"[\w.-]+/[\w.-]+", 'a GitHub repository: "owner/name"'),
    "workflow": _text,
    "branch": _text,
    "runs": _runs,
    "left_out": _attempts,
    "splits": _attempts,
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
    "decision_log_commit": _like(r"[0-9a-f]{7,64}", "a commit's id, in hexadecimal"),
    "decision_log_entry": _text,
    "evidence_local": _text,
    "evidence_root": _like(r"s3://[a-z0-9.-]+(/.*)?", 'an S3 address: "s3://bucket/prefix/"'),
    "evidence_artifacts": _texts,
    "changes": _tables("changes"),
    "exceptions": _tables("exceptions"),
    "escalations": _tables("escalations"),
    "widenings": _tables("widenings"),
    "repository_uris": _repositories,
    "planescope_action": _like(r"[\w.-]+/[\w.-]+", 'the repository of planescope\'s action: "owner/planescope"'),
    "notes": _texts,
}


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in tables of its own, each begun with ``[[name]]``."""

    name: str
    one: str
    """What one of them is called."""
    members: Mapping[str, Check]
    wanted: tuple[str, ...]
    """Those that it must have."""


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "changes",
            "a change",
            {"after_run": _run, "after_attempt": _count, "text": _text, "source": _text, "at": _clock},
            ("after_run", "text", "source"),
        ),
        Table(
            "exceptions",
            "an exception",
            {"principal": _text, "rationale": _reason, "expires": _day},
            ("principal", "rationale", "expires"),
        ),
        # One without rationale or expiry is kept: it accounts for nothing, and closure says so.
        Table("escalations", "an escalation", {"grant": _grant, "rationale": _text, "expires": _day}, ("grant",)),
        Table(
            "widenings",
            "a widening",
            {
                "role": _text,
                "admits": _texts,
                "grants": _texts,
                "on": _texts,
                "rationale": _text,
                "expires": _day,
            },
            (),
        ),
    )
}
