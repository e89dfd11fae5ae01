"""Find a value on the line after its name: ``password: |``, ``Authorization: Bearer`` alone, ``name: TOKEN`` above ``value:``."""

from __future__ import annotations

import re

from diagnosis.logs.secrets.names import kind, strength
from diagnosis.logs.secrets.values import Strength, is_plain, is_secret

_LONGEST_LEFT = 200
_LEFT_OPEN = re.compile(
    r"(?P<name>[A-Za-z0-9_-]{2,60})[\"']?\s{0,4}(?:[:=]|=>)\s{0,4}"
    r"(?:[|>][+-]?\d?|[\"']{1,3}|\\|[Bb]earer|[Bb]asic|[Tt]oken|BEARER|BASIC|!\w{1,20})?\s{0,4}$"
)
_NAMED = re.compile(
    r"(?:^|[\s{,\"'-])(?:[Pp]arameter)?(?:[Nn]ame|[Kk]ey|NAME|KEY)[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?P<name>[\w./-]{2,80})[\"']?,?\s{0,4}$"
)
_STAMP = re.compile(
    r"(?:[^\t]{0,200}\t[^\t]{0,200}\t)?(?:\ufeff?\d{4}-\d\d-\d\dT[\d:.]{8,20}Z )?(?:\x1b\[[0-9;]{0,20}m)?\s{0,80}(?:- )?"
)
_VALUE = re.compile(r"[\"']?(?P<value>[^\s\"']{4,4096})[\"',]{0,3}(?:\x1b\[[0-9;]{0,20}m)?\s{0,8}$")
_NAMED_VALUE = re.compile(
    r"[\"']?(?:[Pp]arameter)?(?:[Vv]alue|VALUE)[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?P<value>[^\s\"'][^\"'\n]{3,4096})"
)
_A_NAME = re.compile(r"[\w.\"'-]{1,60}[:=](?:\s|$)")


def left_open(line: str) -> str:
    """Return the name of a secret whose value the line does not hold, with how it may come; empty where there is none."""
    end = line[-_LONGEST_LEFT:].rstrip().removesuffix("\x1b[0m")
    found = _NAMED.search(end)
    if found:
        return f"named {found['name']}" if strength(found["name"]) else ""
    found = _LEFT_OPEN.search(end)
    if not found:
        return ""
    name = found["name"]
    return name if name.lower() == "authorization" or strength(name) else ""


def kind_of(name: str) -> str:
    """Return how a secret is called that was left open under a name."""
    return "authorization" if name.lower() == "authorization" else kind(name.removeprefix("named "))


def value_of(name: str, line: str) -> tuple[int, int] | None:
    """Return where in a line the value stands that an earlier line named."""
    stamp = _STAMP.match(line)
    at = stamp.end() if stamp else 0
    if name.startswith("named "):
        found = _NAMED_VALUE.match(line, at)
        if not found or not is_secret(found["value"][:301].rstrip(", }"), strength(name.removeprefix("named "))):
            return None
        end = found.start("value") + len(found["value"].rstrip(" \t\r,}"))
        return found.start("value"), end
    if _A_NAME.match(line, at):
        return None  # the name began a list of names
    found = _VALUE.match(line, at)
    if not found or is_plain(found["value"]) or not is_secret(found["value"][:301], Strength.TOKEN):
        return None
    return found.span("value")
