"""Mask account ids, and find what must not be in a packet before it is written.

The scan is the last gate before a packet is written: a finding stops the export. It looks for credentials, for whole
policy or trust documents, and for whole logs; it never repeats what it found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from diagnosis.names import account_address, arn, ecr_address

_ACCOUNT = re.compile(r"(?<![0-9A-Fa-f.:/_-])(?<![0-9])(\d{12})(?![0-9A-Fa-f])")
MASK = "************"

_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ", re.MULTILINE)
_LOG_LINES_ALLOWED = 25
"""More stamped lines than this in one file is a log, not an excerpt."""

_FORBIDDEN: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("an AWS access key id", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z2-7]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "an authorization header",
        re.compile(r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+[^\s\"'*\[]{8,}"),
    ),
    (
        "a secret access key",
        re.compile(r"(?i)aws_?(?:secret_?access_?key|session_?token)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+=]{20,}"),
    ),
    ("a policy document", re.compile(r"\"Statement\"\s*:\s*[\[{]")),
)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that must not leave: what kind, and in which file and line; never the thing itself."""

    file: str
    line: int
    what: str


def accounts_in(*texts: str | None) -> frozenset[str]:
    """Return the account ids that ARNs, registry hosts and addresses of queues and access points in the texts name."""
    homes = (arn, ecr_address, account_address)
    return frozenset().union(*(home.accounts_in(text) for text in texts if text for home in homes))


def masked(text: str, accounts: frozenset[str] = frozenset()) -> str:
    """Return the text with AWS account ids replaced by asterisks.

    Those that are known, given or named by an ARN or a host of the text, are replaced wherever they stand, inside the name
    of a bucket or a repository too; any other twelve digits where they stand alone.
    """
    for account in accounts | accounts_in(text):
        text = re.sub(rf"(?<![0-9]){account}(?![0-9])", MASK, text)
    return _ACCOUNT.sub(MASK, text)


def leaks(files: dict[str, str]) -> tuple[Leak, ...]:
    """Return everything in the files (name to text) that must not leave; empty means that they may be written."""
    found: list[Leak] = []
    for name, text in files.items():
        for what, pattern in _FORBIDDEN:
            # JSON inside JSON: the quotes of a document are escaped there.
            for candidate in (text, text.replace('\\"', '"')):
                match = pattern.search(candidate)
                if match:
                    found.append(Leak(name, candidate.count("\n", 0, match.start()) + 1, what))
                    break
        stamped = _LOG_LINE.findall(text)
        if len(stamped) > _LOG_LINES_ALLOWED:
            found.append(Leak(name, 1, "a whole log"))
    return tuple(found)
