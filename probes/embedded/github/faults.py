"""The faults that the loopback server can act out: refusals, silence, damaged bodies. Tests plan them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """How a fault shows on the wire."""

    ANSWER = "answer"
    """Another answer than the true one."""
    HANG = "hang"
    """Silence for some seconds, then the connection is closed."""
    SLOW = "slow"
    """The true answer, after some seconds."""
    TRICKLE = "trickle"
    """The true body in small pieces, spread over some seconds."""
    CUT_OFF = "cut-off"
    """Half of the true body under the length of the whole, then the connection is closed."""
    BROKEN = "broken"
    """The true body without its last third, under its own length: JSON that ends in the middle."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and how many requests meet it."""

    kind: FaultKind
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    reset_in: float | None = None
    """Seconds until the primary rate limit is reset; the header holds the clock time at which the fault is answered."""
    times: int | None = None
    """How many requests meet it; None for every one."""

    def wire_headers(self) -> tuple[tuple[str, str], ...]:
        """Return the headers of an answer."""
        if self.reset_in is None:
            return self.headers
        return (*self.headers, ("X-RateLimit-Reset", str(int(time.time() + self.reset_in))))


def message_body(status: int, message: str, **more: object) -> bytes:
    """Return an error body in GitHub's form."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more}
    return json.dumps(body).encode()


@dataclass(slots=True)
class PlannedFault:
    """A fault with the number of requests that have still to meet it."""

    fault: Fault
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.fault.times

    def take(self) -> Fault | None:
        """Take the fault for one more request; None when it is used up."""
        if self.left is None:
            return self.fault
        if self.left <= 0:
            return None
        self.left -= 1
        return self.fault
