"""Find a value on the line after its name: ``password: |``, ``Authorization: Bearer`` alone, ``name: TOKEN`` above ``value:``."""

from __future__ import annotations

import re

from diagnosis.logs.secrets.finding import Finding
from diagnosis.logs.secrets.names import kind, strength
from diagnosis.logs.secrets.values import Strength, is_plain, is_secret

_TAIL = 90
_MOST_EMPTY = 3
_LEFT_OPEN = re.compile(
    r"[\"']?\]?\s{0,4}(?:[:=]|=>)\s{0,4}(?:(?:!\w{1,20}\s)?[|>](?:[+-]\d?|\d[+-]?)?|@?[\"']{1,3}|\\|\[|(?:[Bb]earer|[Bb]asic|[Tt]oken|BEARER|BASIC)\s?\\?|!\w{1,20}|<<[-~]?[\"']?[A-Z_]{2,12}[\"']?)?$"
    r"|(?<=\w)>$|<<[-~]?[\"']?\w{2,80}[\"']?$"
    r"|(?<=[A-Za-z])\s{1,4}\\$"
)
_ENDS_OPEN = frozenset(":=|>+-\"'\\[rnNcC")
"""The last characters of what :data:`_LEFT_OPEN` matches, but for those of rare tags."""
_NAMED = re.compile(
    r"(?:^|[\s{,\"'-])(?:[Pp]arameter)?(?:[Nn]ame|[Kk]ey|NAME|KEY)[\"']?\s{0,4}[:=]\s{0,4}[\"']?$|<key>$"
)
_NAME = re.compile(r"[\w./-]{2,80}")
_STAMP = re.compile(
    r"(?:[^\t]{0,200}\t[^\t]{0,200}\t)?(?:\ufeff?\d{4}-\d\d-\d\dT[\d:.]{8,20}Z )?(?:\x1b\[[0-9;]{0,20}m)?\s{0,80}(?:- )?"
)
_VALUE = re.compile(
    r"(?:string\(\d{1,6}\)\s)?[\"']?(?P<value>[^\s\"']{4,4096})[\"',]{0,3}(?:\x1b\[[0-9;]{0,20}m)?\s{0,8}$"
)
_NAMED_VALUE = re.compile(
    r"(?:[\"']?(?:[Pp]arameter)?(?:[Vv]alue|VALUE)[\"']?\s{0,4}[:=]\s{0,4}[\"']?|<string>)(?P<value>[^\s\"'<][^\"'\n<]{3,4096})"
)
_NAMED_ABOVE = "named "
_BETWEEN = re.compile(
    r"#|//|[\"']?(?:[Tt]ype|[Kk]ind|[Dd]escription|[Ss]cope|[Ss]ensitive|[Ss]ecure|ARN|[Tt]ier)[\"']?\s{0,4}[:=]"
)
_A_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,60}=|[\w.\"'-]{1,60}(?::(?:\s|$)|\s{0,2}=\s)")


def left_open(line: str) -> str:
    """Return the name of a secret whose value the line does not hold, with how it may come; empty where there is none."""
    end = line.rstrip().removesuffix("\x1b[0m").rstrip()
    if end[-1:] in _ENDS_OPEN or "<<" in end[-84:]:
        found = _LEFT_OPEN.search(end, max(0, len(end) - _TAIL))
        if found:
            name = _name_before(end, found.start())
            named = name.lower() == "authorization" or strength(name)
            if end.endswith(f"[scrubbed:{name}", 0, found.start()):
                return ""  # what was replaced names nothing
            if found[0] == ">" and not end.endswith(f"<{name}>"):
                return ""
            if named and (
                "-" in name[:1] or not end[found.start()].isspace() or any(sign in found[0] for sign in "=:<")
            ):
                return name
    tail = end[-_TAIL - 80 :]
    if not ("ame" in tail or "ey" in tail or "AME" in tail or "EY" in tail):
        return ""
    end = end.rstrip("\"',").removesuffix("</key>")
    name = _name_before(end, len(end))
    if name and strength(name) and "form-data" in tail:
        return name
    if name and strength(name) and _NAMED.search(end, max(0, len(end) - len(name) - _TAIL), len(end) - len(name)):
        return f"{_NAMED_ABOVE}{name}"
    return ""


_CUT_SHORT = re.compile(
    r"[\"']\[scrubbed:(?!pem)[a-z-]{1,40}\](?:[\"']\s{0,4}[+.])?\s?\\?$|\[scrubbed:(?!pem)[a-z-]{1,40}\][\"']?\s{0,4}\\$"
)


def cut_short(scrubbed: str) -> str:
    """Return a name for what goes on below a line whose secret, at its end, is not closed or is joined to more."""
    end = scrubbed.rstrip().removesuffix("\x1b[0m").rstrip()
    return "credential" if _CUT_SHORT.search(end, max(0, len(end) - _TAIL)) else ""


def _name_before(text: str, at: int) -> str:
    found = _NAME.match(text[max(0, at - 80) : at][::-1])
    return found[0][::-1] if found else ""


def still_open(name: str, line: str) -> str:
    """Return the name if the value may stand below a line without one: an empty one, a comment, ``"Type": "SecureString"``."""
    stamp = _STAMP.match(line)
    if not line[stamp.end() if stamp else 0 :].strip():
        # A name that waits makes every line dearer: it waits for three empty ones.
        return f"{name}\n" if name.count("\n") < _MOST_EMPTY else ""
    between = _BETWEEN.match(line, stamp.end() if stamp else 0)
    return name if between and name.startswith(_NAMED_ABOVE) else ""


def goes_on(name: str) -> str:
    """Return the name if a further value may stand below one: the next item of a list, the next line of a text."""
    name = name.rstrip("\n")
    return "" if name.startswith(_NAMED_ABOVE) or name.lower() == "authorization" else name


def value_of(name: str, line: str) -> Finding | None:
    """Return the value in a line that an earlier line named."""
    name = name.rstrip("\n")
    stamp = _STAMP.match(line)
    at = stamp.end() if stamp else 0
    if name.startswith(_NAMED_ABOVE):
        called = name.removeprefix(_NAMED_ABOVE)
        found = _NAMED_VALUE.match(line, at)
        if not found or not is_secret(found["value"][:301].rstrip(", }"), strength(called)):
            return None
        end = found.start("value") + len(found["value"].rstrip(" \t\r,}"))
        return Finding(found.start("value"), end, kind(called))
    if _A_NAME.match(line, at):
        return None  # the name began a list of names
    found = _VALUE.match(line, at)
    if not found or "://" in found["value"]:
        return None  # the secrets of an address are looked for by themselves
    if is_plain(found["value"]) or not is_secret(found["value"][:301], Strength.TOKEN):
        return None
    return Finding(*found.span("value"), "authorization" if name.lower() == "authorization" else kind(name))
