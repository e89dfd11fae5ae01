"""What can go wrong on the way to GitHub, for the loopback server to act out: refusals, silence, damaged bodies."""

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
    """One fault; made by the functions below, in GitHub's own words."""

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
        """The headers of an answer."""
        if self.reset_in is None:
            return self.headers
        return (*self.headers, ("X-RateLimit-Reset", str(int(time.time() + self.reset_in))))


_JSON = ("Content-Type", "application/json; charset=utf-8")


def answer(status: int, message: str, *headers: tuple[str, str], times: int | None = None) -> Fault:
    """A refusal in GitHub's shape."""
    return Fault(FaultKind.ANSWER, status, message_body(status, message), (_JSON, *headers), times=times)


def message_body(status: int, message: str, **more: object) -> bytes:
    """GitHub's error body."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more}
    return json.dumps(body).encode()


def bad_credentials(times: int | None = None) -> Fault:
    """401: the token is wrong, revoked or expired."""
    return answer(401, "Bad credentials", times=times)


def no_permission(permission: str = "actions=read", times: int | None = None) -> Fault:
    """403: a fine-grained token lacks a permission, which GitHub names in a header."""
    header = ("X-Accepted-GitHub-Permissions", permission)
    return answer(403, "Resource not accessible by personal access token", header, times=times)


def admin_rights(times: int | None = None) -> Fault:
    """403: the log of a repository was asked for without sufficient rights."""
    return answer(403, "Must have admin rights to Repository.", times=times)


def rate_limit(reset_in: float = 60, times: int | None = None) -> Fault:
    """403: the primary rate limit is used up."""
    message = (
        "API rate limit exceeded for user ID 1. If you reach out to GitHub Support for help, please include the ID."
    )
    headers = (_JSON, ("X-RateLimit-Limit", "5000"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Used", "5000"))
    body = message_body(403, message)
    return Fault(FaultKind.ANSWER, 403, body, (*headers, ("X-RateLimit-Resource", "core")), 0.0, reset_in, times)


def secondary_rate_limit(retry_after: int = 60, times: int | None = None) -> Fault:
    """403: too many requests at once."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return answer(403, message, ("Retry-After", str(retry_after)), times=times)


def too_many_requests(retry_after: int = 60, times: int | None = None) -> Fault:
    """429 with the time after which to ask again."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return answer(429, message, ("Retry-After", str(retry_after)), times=times)


def not_found(times: int | None = None) -> Fault:
    """404: not there, or not to be seen with this token; GitHub does not say which."""
    return answer(404, "Not Found", times=times)


def gone(times: int | None = None) -> Fault:
    """410: the log is older than the retention of the repository."""
    return answer(410, "Server Error", times=times)


def server_error(status: int = 500, times: int | None = None) -> Fault:
    """500 and its kin, with a page instead of JSON as proxies give it."""
    page = b"<html><head><title>Unicorn!</title></head><body>This page is taking too long to load.</body></html>"
    return Fault(FaultKind.ANSWER, status, page, (("Content-Type", "text/html"),), times=times)


def hang(seconds: float = 30.0, times: int | None = None) -> Fault:
    """No answer at all, for at most these seconds; closing the server ends it at once."""
    return Fault(FaultKind.HANG, seconds=seconds, times=times)


def slow(seconds: float, times: int | None = None) -> Fault:
    """The true answer, late."""
    return Fault(FaultKind.SLOW, seconds=seconds, times=times)


def trickle(seconds: float, times: int | None = None) -> Fault:
    """The true answer, its body spread over these seconds."""
    return Fault(FaultKind.TRICKLE, seconds=seconds, times=times)


def cut_off(times: int | None = None) -> Fault:
    """A body that ends before its announced length."""
    return Fault(FaultKind.CUT_OFF, times=times)


def broken_json(times: int | None = None) -> Fault:
    """A body that is complete for HTTP and no JSON."""
    return Fault(FaultKind.BROKEN, times=times)


def empty(times: int | None = None) -> Fault:
    """200 with nothing in it: what GitHub gives as the log of a job that a rerun did not run again."""
    return Fault(FaultKind.ANSWER, headers=(("Content-Type", "text/plain"),), times=times)


@dataclass(slots=True)
class PlannedFault:
    """A fault with the number of requests that have still to meet it."""

    fault: Fault
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.fault.times

    def take(self) -> Fault | None:
        """The fault for one more request, or None when it is used up."""
        if self.left is None:
            return self.fault
        if self.left <= 0:
            return None
        self.left -= 1
        return self.fault
