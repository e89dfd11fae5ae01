"""Find AWS access key ids, and the secret keys that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding
from diagnosis.logs.secrets.values import is_plain

_MARKS = ("AKIA", "ASIA", "ABIA", "ACCA")
_KEY_ID = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}+")
_WHOLE = 20
"""Characters of every key id that AWS gave out so far; of another length it is one where it is no word."""
_IN_AN_ARN = re.compile(
    r"arn:aws[\w:/.+=,@-]{0,200}$|(?:role|user|group|policy|repository|profile)/[\w/.+=,@-]{0,100}$"
)
_SECRET_KEY = re.compile(
    r"(?<![A-Za-z0-9/+_.-])(?=[^\sA-Z]{0,39}[A-Z])(?=[^\sa-z]{0,39}[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
"""A secret key has no mark of its own; forty such characters on a line with a key id are taken for one."""


def _find(text: str) -> Iterator[Finding]:
    beside = False
    for found in _KEY_ID.finditer(text):
        if _is_name(text, found):
            continue
        beside = True
        yield Finding(found.start(), found.end(), "aws-access-key-id")
    if beside:
        for found in _SECRET_KEY.finditer(text):
            yield Finding(found.start(), found.end(), "aws-secret-key")


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Return whether a name begins like a key id: a role's in its ARN, or a word among words."""
    start, end = found.span()
    joined = end - start != _WHOLE or text[start - 1 : start].isalnum()
    if joined and (is_plain(found[0]) or not any(map(str.isdigit, found[0]))):
        return True
    if _IN_AN_ARN.search(text[max(0, start - 200) : start]):
        return True
    around = text[start - 1 : start] + text[end : end + 1]
    return not any(map(str.isdigit, found[0])) and any(joint in around for joint in "/-_.")


DETECTOR = Detector(_MARKS, _find)
