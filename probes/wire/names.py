"""Resolve a host name within a time: the system's resolver cannot be interrupted, so it is asked in a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable

from probes.wire.allowance import SLICE_SECONDS


def addresses_of(host: str, port: int, left: Callable[[], float]) -> tuple[str, ...]:
    """Return the addresses of a host in the order of the resolver. Raises gaierror, TimeoutError, and what ``left`` raises.

    ``left`` tells the seconds left, and is asked again and again.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _resolved(host, port, left)
    return (host,)


def _resolved(host: str, port: int, left: Callable[[], float]) -> tuple[str, ...]:
    found: list[tuple[str, ...]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append(tuple(dict.fromkeys(str(answer[4][0]) for answer in answers)))
        except Exception as error:  # noqa: BLE001 - raised in the thread that asked
            failed.append(error)
        done.set()

    # A daemon: a resolver that never answers must not keep the program from ending.
    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    while not done.wait(min(max(left(), 0.0), SLICE_SECONDS)):
        if left() <= 0:
            raise TimeoutError
    if failed:
        if isinstance(failed[0], UnicodeError):
            raise socket.gaierror(socket.EAI_NONAME, "the name cannot be asked for")
        raise failed[0]
    return found[0]
