"""Turn the calls for one part of the account into a reading: known, absent, or unreadable with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.json_members import JsonFault
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, BrokenAnswer, call_error
from probes.aws.session.operations import Operation

T = TypeVar("T")


def attempt(
    what: str,
    operation: Operation,
    aws: AwsAccess,
    body: Callable[[], Reading[T]],
    *absent: str,
) -> Reading[T]:
    """Return the body's reading; its failures as ``Absent`` or ``Unreadable``.

    ``what`` names the part. It is ``Absent`` where ``operation`` itself was answered with one of the codes in ``absent``:
    the same code from a later call is about something else (a policy that went away after it was listed).
    """
    try:
        return body()
    except AwsCallError as failure:
        return failure.reading(what, aws.clock(), *(absent if failure.operation is operation else ()))
    except (BrokenAnswer, JsonFault) as fault:
        return call_error(aws.last_operation or operation, fault).reading(what, aws.clock())


def source(operation: Operation, text: str, at: datetime) -> Evidence:
    """Return the evidence of a live reading: which call, about what, when."""
    return Evidence(
        kind=EvidenceKind.API_CALL,
        text=f"{operation.address} {text}".strip(),
        address=operation.address,
        origin=Origin.LIVE,
        at=at,
    )


def known(value: T, operation: Operation, text: str, at: datetime) -> Known[T]:
    """Return a value that a call brought."""
    return Known(value, source(operation, text, at))


def absent(what: str, operation: Operation, text: str, at: datetime) -> Absent:
    """Return a thing that a call proved not to be there."""
    return Absent(what, source(operation, text, at))


def not_asked(what: str, why: str, how: str) -> Unreadable:
    """Return a part that nothing names, so that nothing could be asked."""
    return Unreadable(what=what, why=why, how=how)
