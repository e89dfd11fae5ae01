"""Mask account ids, and find what must not be in a packet before it is written.

The scan is the last gate before a packet is written: a finding stops the export. It looks for everything that the scrubber
would replace, for whole policy or trust documents, and for whole logs; it never repeats what it found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from diagnosis.logs.scrub import secrets_in
from diagnosis.names import account_address, arn, ecr_address

_ACCOUNT = re.compile(r"(?<![0-9A-Fa-f.:/_-])(?<![0-9])(\d{12})(?![0-9A-Fa-f])")
MASK = "************"

_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ", re.MULTILINE)
_LOG_LINES_ALLOWED = 25
"""More stamped lines than this in one file is a log, not an excerpt."""

_WHAT = {
    "aws-access-key-id": "an AWS access key id",
    "aws-secret-key": "a secret access key",
    "aws-session-token": "a secret access key",
    "github-token": "a GitHub token",
    "jwt": "a JSON web token",
    "pem": "a private key",
    "authorization": "an authorization header",
    "cookie": "a cookie",
    "basic-auth": "a password in an address",
    "registry-password": "a registry's password",
    "signature": "a signed address",
    "aws-signature": "a signed address",
    "encoded-credential": "a credential in Base64",
}
"""The kinds of the scrubber in words; any other is a credential."""

_POLICY = re.compile(r"\"Statement\"\s*:\s*[\[{]")


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
        seen: set[str] = set()
        for line, kind in secrets_in(text):
            what = _WHAT.get(kind, "a credential")
            if what not in seen:
                seen.add(what)
                found.append(Leak(name, line, what))
        # JSON inside JSON: the quotes of a document are escaped there.
        for candidate in (text, text.replace('\\"', '"')):
            match = _POLICY.search(candidate)
            if match:
                found.append(Leak(name, candidate.count("\n", 0, match.start()) + 1, "a policy document"))
                break
        stamped = _LOG_LINE.findall(text)
        if len(stamped) > _LOG_LINES_ALLOWED:
            found.append(Leak(name, 1, "a whole log"))
    return tuple(found)
