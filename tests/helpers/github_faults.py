"""What can go wrong on the way to GitHub, in GitHub's own words, for the loopback server to act out."""

from __future__ import annotations

from probes.embedded.github.faults import Fault, FaultKind, message_body

_JSON = ("Content-Type", "application/json; charset=utf-8")


def answer(status: int, message: str, *headers: tuple[str, str], times: int | None = None) -> Fault:
    """A refusal in GitHub's shape."""
    return Fault(FaultKind.ANSWER, status, message_body(status, message), (_JSON, *headers), times=times)


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
