"""The base condition operators: how one value of the request compares with the values of the policy.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators". A comparison answers True, False, or None
where the two cannot be compared (``abc`` with a number): such a condition fails, negated or not.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeAlias

from diagnosis.policy.language.matching import arn_condition_matcher, string_matcher
from diagnosis.policy.language.variables import Context, has_variables, read_pieces, resolve

Comparison: TypeAlias = Callable[[str, Context], bool | None]


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator without set prefix and ``IfExists``."""

    name: str
    """As AWS writes it: ``StringNotLike``."""
    compile: Callable[[str, bool], Comparison]
    """From one policy value (and whether variables are replaced) to the positive comparison."""
    negated: bool = False
    """Holds where no policy value matches."""
    kind: str = "text"
    """What it compares: text, number, date, boolean, binary, address, ARN."""
    check: Callable[[str], object | None] | None = None
    """Reads a policy value; None for one that AWS would refuse. Absent where any text will do."""


# ------------------------------------------------------------------------------------------------------------- text


def _equals(text: str, variables: bool) -> Comparison:
    return string_matcher(text, variables=variables, wildcards=False)


def _like(text: str, variables: bool) -> Comparison:
    return string_matcher(text, variables=variables, wildcards=True)


def _equals_ignoring_case(text: str, variables: bool) -> Comparison:
    pieces = read_pieces(text, variables=variables, wildcards=False)
    if not has_variables(pieces):
        folded = "".join(piece for piece in pieces if isinstance(piece, str)).lower()
        return lambda value, _context: value.lower() == folded

    def with_variables(value: str, context: Context) -> bool:
        resolved = resolve(pieces, context)
        return resolved is not None and value.lower() == "".join(str(piece) for piece in resolved).lower()

    return with_variables


# ---------------------------------------------------------------------------------------------------------- numbers

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?\Z", re.ASCII)


def read_number(text: str) -> Decimal | None:
    """Read an integer or decimal number; None for anything else."""
    stripped = text.strip()
    return Decimal(stripped) if _NUMBER.match(stripped) else None


def _ordered(
    read: Callable[[str], Decimal | None], holds: Callable[[Decimal, Decimal], bool]
) -> Callable[[str, bool], Comparison]:
    """Return a comparison by order; both values must be readable."""

    def compiled(text: str, _variables: bool) -> Comparison:
        wanted = read(text)

        def compare(value: str, _context: Context) -> bool | None:
            met = read(value)
            return None if met is None or wanted is None else holds(met, wanted)

        return compare

    return compiled


# ------------------------------------------------------------------------------------------------------------ dates

_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(T(?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?)?\Z",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = re.compile(r"-?\d{1,18}(\.\d{1,9})?\Z", re.ASCII)
_SECONDS_A_MINUTE = 60


def read_date(text: str) -> Decimal | None:
    """Read a W3C date (ISO 8601) or seconds since 1970 as seconds since 1970; None for anything else.

    Digits alone are epoch seconds, ``2024`` too. A date without time zone is taken as UTC.
    """
    stripped = text.strip()
    if _EPOCH.match(stripped):
        return Decimal(stripped)
    found = _DATE.match(stripped)
    if not found:
        return None
    number = {name: int(part) for name, part in found.groupdict().items() if part and name not in ("zone", "fraction")}
    try:
        moment = datetime(
            number["year"],
            number.get("month", 1),
            number.get("day", 1),
            number.get("hour", 0),
            number.get("minute", 0),
            number.get("second", 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    seconds = Decimal(int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()))
    fraction = found.group("fraction")
    return seconds - _zone_offset(found.group("zone") or "Z") + (Decimal(f"0.{fraction}") if fraction else 0)


def _zone_offset(zone: str) -> int:
    if zone.upper() == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    offset = (int(digits[:2]) * _SECONDS_A_MINUTE + int(digits[2:])) * _SECONDS_A_MINUTE
    return -offset if zone[0] == "-" else offset


# ------------------------------------------------------------------------------------- booleans, binary, addresses


def read_boolean(text: str) -> bool | None:
    """Read ``true`` or ``false`` in any letter case; None for anything else."""
    return {"true": True, "false": False}.get(text.lower())


def _boolean(text: str, variables: bool) -> Comparison:
    pieces = read_pieces(text, variables=variables, wildcards=False)
    fixed = None if has_variables(pieces) else read_boolean(text)

    def compare(value: str, context: Context) -> bool | None:
        wanted = fixed
        if wanted is None:
            resolved = resolve(pieces, context)
            wanted = None if resolved is None else read_boolean("".join(str(piece) for piece in resolved))
        met = read_boolean(value)
        return None if wanted is None or met is None else met is wanted

    return compare


def read_binary(text: str) -> bytes | None:
    """Read the bytes of a base64 text; None where it is none."""
    try:
        return base64.b64decode(text.strip().encode(), validate=True)
    except (binascii.Error, ValueError):
        return None


def _binary(text: str, _variables: bool) -> Comparison:
    wanted = read_binary(text)

    def compare(value: str, _context: Context) -> bool | None:
        met = read_binary(value)
        return None if wanted is None or met is None else met == wanted

    return compare


Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_network(text: str) -> Network | None:
    """Read a CIDR block, or a plain address as the block of itself; host bits do not matter."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def read_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an IPv4 or IPv6 address."""
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def _address(text: str, _variables: bool) -> Comparison:
    network = read_network(text)

    def compare(value: str, _context: Context) -> bool | None:
        if network is None:
            return None
        address = read_address(value)
        if address is None:
            return None
        return address.version == network.version and address in network

    return compare


def _arn(text: str, variables: bool) -> Comparison:
    return arn_condition_matcher(text, variables=variables)


def _arn_shape(text: str) -> str | None:
    return text if text.count(":") >= 5 and text.startswith("arn:") else None


def _all_operators() -> dict[str, Operator]:
    operators = [
        Operator("StringEquals", _equals),
        Operator("StringNotEquals", _equals, negated=True),
        Operator("StringEqualsIgnoreCase", _equals_ignoring_case),
        Operator("StringNotEqualsIgnoreCase", _equals_ignoring_case, negated=True),
        Operator("StringLike", _like),
        Operator("StringNotLike", _like, negated=True),
        Operator("Bool", _boolean, kind="boolean", check=read_boolean),
        Operator("BinaryEquals", _binary, kind="binary", check=read_binary),
        Operator("IpAddress", _address, kind="address", check=read_network),
        Operator("NotIpAddress", _address, negated=True, kind="address", check=read_network),
        Operator("ArnEquals", _arn, kind="ARN", check=_arn_shape),
        Operator("ArnLike", _arn, kind="ARN", check=_arn_shape),
        Operator("ArnNotEquals", _arn, negated=True, kind="ARN", check=_arn_shape),
        Operator("ArnNotLike", _arn, negated=True, kind="ARN", check=_arn_shape),
    ]
    for family, read, kind in (("Numeric", read_number, "number"), ("Date", read_date, "date")):
        equal = _ordered(read, lambda met, wanted: met == wanted)
        operators += [
            Operator(f"{family}Equals", equal, kind=kind, check=read),
            Operator(f"{family}NotEquals", equal, negated=True, kind=kind, check=read),
            Operator(f"{family}LessThan", _ordered(read, lambda met, wanted: met < wanted), kind=kind, check=read),
            Operator(
                f"{family}LessThanEquals", _ordered(read, lambda met, wanted: met <= wanted), kind=kind, check=read
            ),
            Operator(f"{family}GreaterThan", _ordered(read, lambda met, wanted: met > wanted), kind=kind, check=read),
            Operator(
                f"{family}GreaterThanEquals", _ordered(read, lambda met, wanted: met >= wanted), kind=kind, check=read
            ),
        ]
    return {operator.name.lower(): operator for operator in operators}


OPERATORS: dict[str, Operator] = _all_operators()
"""Every base operator by its folded name; ``Null`` is told apart by :mod:`diagnosis.policy.language.conditions`."""
