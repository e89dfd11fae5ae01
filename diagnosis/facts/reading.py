"""What a probe brought back: known, absent, or unreadable; never a silent gap.

A reading is one of three values. ``Absent`` is knowledge (we were allowed to look and it is not there);
``Unreadable`` is the lack of it. Only ``Known`` and ``Absent`` may lead to a verdict other than ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from diagnosis.facts.evidence import Evidence

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value that was read, and the call or place it was read from."""

    value: T_co
    source: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The thing was looked for with sufficient rights and does not exist."""

    what: str
    """What is absent, as a noun phrase: ``OIDC provider arn:aws:iam::…``."""
    source: Evidence | None = None
    carrier_absent: bool = field(default=False, compare=False)
    """Whether what would carry it is absent as well: the policy of a bucket that does not exist."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The thing could not be read. ``what`` and ``why`` are shown; ``how`` is the way to obtain it."""

    what: str
    why: str
    how: str
    permission: str | None = None
    """The permission that was missing (``iam:GetRole``, ``actions: read``), where one is known."""
    source: Evidence | None = None
    lasting: bool = field(default=False, compare=False)
    """Whether asking again would bring the same: a log that has expired, unlike a timeout or a missing permission."""
    passing: bool = field(default=False, compare=False)
    """Whether it failed on the way (a timeout, throttling), so that asking again may bring it though nothing else changes."""


Reading: TypeAlias = Known[T_co] | Absent | Unreadable


def mapped(reading: Reading[T], change: Callable[[T], U]) -> Reading[U]:
    """Return the reading with ``change`` applied to the value that is known; what is not known stays as it is."""
    return Known(change(reading.value), reading.source) if isinstance(reading, Known) else reading
