"""Download from GitHub's storage host, without the token and within limits.

GitHub answers for a log or an artifact with a signed address at another host. The address itself opens the file, so it
is a secret: it appears in no message and not in the ledger. The token never goes there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.utils import get_environ_proxies

from probes.github.http.body import Timeouts, feed_body, tells_its_end
from probes.github.http.client import Client
from probes.github.http.errors import BrokenAnswer, CutOff, Expired, NotFound, ReadFailure, ServerFault, Unreachable
from probes.github.http.room import Hold
from probes.github.http.transport import TRIES, failure_of, gives_up
from probes.wire.allowance import LimitMet
from probes.wire.loopback import is_loopback
from probes.wire.stamina import Exhausted

SERVICE = "github-storage"
_MOST_MOVES = 3


class Taker(Protocol):
    """Takes a body in, piece by piece."""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; may raise a ReadFailure, which ends the download."""


T = TypeVar("T", bound=Taker)


def download(client: Client, path: str, *, limit: int) -> bytes:
    """Download what the API's ``path`` redirects to, at most ``limit`` bytes.

    It takes its size of the watch's room. A signed address that the storage no longer accepts is asked for once more.
    Raises ReadFailure and Cancelled.
    """
    room = client.line.watch.room
    return download_into(client, path, lambda: Hold(room), limit=limit, timeouts=client.line.timeouts).body()


def download_into(client: Client, path: str, make: Callable[[], T], *, limit: int, timeouts: Timeouts) -> T:
    """Download into a taker that need not hold the body: each try makes a new one; return the one that got it whole."""
    wanted = _Wanted(path, make, limit, timeouts)
    try:
        return _fetch(client, client.address(path), wanted)
    except _AddressExpired:
        return _fetch(client, client.address(path), wanted)


@dataclass(frozen=True, slots=True)
class _Wanted(Generic[T]):
    path: str
    make: Callable[[], T]
    limit: int
    timeouts: Timeouts


class _AddressExpired(ReadFailure):
    """The storage refuses the signed address: it is valid for a minute only."""

    result = "403"


def _fetch(client: Client, address: str, wanted: _Wanted[T]) -> T:
    """Try one address several times, and follow the redirects that an enterprise server may make of it."""
    line = client.line
    for attempt in range(TRIES):
        # The storage has no part in GitHub's rate limit.
        line.watch.check()
        try:
            return _follow(client, address, wanted)
        except (Unreachable, CutOff, ServerFault) as failure:
            if gives_up(failure, attempt):
                raise
        line.pace.wait(line.timeouts.backoff * 2**attempt, "", line.watch)
    raise AssertionError("the last try returns or raises")


def _follow(client: Client, address: str, wanted: _Wanted[T]) -> T:
    for _ in range(_MOST_MOVES):
        parts = _allowed(client, address)
        outcome = _send(client, address, parts, wanted)
        if not isinstance(outcome, str):
            return outcome
        try:
            address = urljoin(address, outcome)
        except ValueError:
            raise BrokenAnswer("the storage redirects to an invalid address", "try again") from None
    raise Unreachable("the storage redirects in a circle", "try again later")


def _allowed(client: Client, address: str) -> SplitResult:
    """Return the address in parts, if it may be asked: https, or http on this machine for a loopback API."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise BrokenAnswer("GitHub named an invalid address to download it from", "try again") from None
    local = parts.scheme == "http" and is_loopback(host) and client.access.is_loopback
    if not host or not (parts.scheme == "https" or local):
        raise BrokenAnswer("GitHub named an address that is not https to download it from", "download it on GitHub")
    return parts


def _send(client: Client, address: str, parts: SplitResult, wanted: _Wanted[T]) -> T | str:
    """Send one request; return what took the body, or the address of a further redirect."""
    line, host = client.line, parts.hostname or ""
    # Said outright, since this session does not look at the environment: a proxy for this machine would be a mistake.
    proxies = {} if is_loopback(host) else get_environ_proxies(address)
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    allowance = line.allowance(wanted.limit, wanted.timeouts)
    with line.ledger.call(service=SERVICE, operation="download", target=f"{host} for {wanted.path}") as call:
        try:
            with line.pace.stamina.waiting(), allowance.applied():
                response = client.downloads.get(
                    address,
                    headers={"User-Agent": "planescope", "Accept-Encoding": "gzip"},
                    timeout=line.timeouts.pair,
                    proxies=proxies,
                    verify=bundle,
                    allow_redirects=False,
                    stream=True,
                )
                call.result = str(response.status_code)
                if response.status_code in (301, 302, 303, 307, 308):
                    response.close()
                    return str(response.headers.get("location", ""))
                if response.status_code != 200:
                    response.close()
                    raise _refusal(response.status_code, host)
                return _taken(client, response, wanted)
        except (requests.RequestException, LimitMet, Exhausted, ReadFailure) as error:
            failure = failure_of(error, host, line.timeouts, allowance)
            if call.result in ("200", "no result"):
                call.result = f"200, {failure.result}" if call.result == "200" else failure.result
            # The frames of a failure hold what was received.
            raise failure.with_traceback(None) from None


def _taken(client: Client, response: requests.Response, wanted: _Wanted[T]) -> T:
    """Feed a body to a new taker; what comes of it counts for the server's patience.

    Raises BrokenAnswer for a body whose end is that of the connection: a log has no end of its own, and may be cut anywhere.
    """
    if not tells_its_end(response):
        response.close()
        raise BrokenAnswer("the storage does not say where the answer ends, so that a part of it may lack", "try again")
    taker, stamina, room = wanted.make(), client.line.pace.stamina, client.line.watch.room

    def take(piece: bytes) -> None:
        stamina.received(len(piece))
        room.read(len(piece))
        with room.working():
            taker.feed(piece)

    try:
        feed_body(response, take, limit=wanted.limit, timeouts=wanted.timeouts, watch=client.line.watch)
    except BaseException:
        if isinstance(taker, Hold):
            taker.let_go()
        raise
    stamina.answered()
    return taker


def _refusal(status: int, host: str) -> ReadFailure:
    if status in (401, 403):
        return _AddressExpired(f"the storage at {host} refuses its own address ({status})", "try again")
    if status == 404:
        return NotFound(f"the storage at {host} does not have it", "it may have been deleted just now; try again")
    if status == 410:
        return Expired(f"the storage at {host} has deleted it", "use a recording or a saved copy")
    if status >= 500 or status == 429:
        return ServerFault(f"the storage at {host} answered with the error {status}", "try again in a few minutes")
    return BrokenAnswer(f"the storage at {host} answered with the status {status}", "try again")
