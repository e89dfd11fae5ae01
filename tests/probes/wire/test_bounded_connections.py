"""Every way in which a connection can be held is ended by the allowance: TLS, a proxy, a name, headers, and a cancel."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3
from hostile_answers import WIRE
from raw_server import Answer, RawServer, Wire

from probes.github.http.transport import PlainSession
from probes.wire.allowance import Allowance, Limit, LimitMet, allowance_in_force
from probes.wire.connections import BoundedConnection, bound
from probes.wire.names import addresses_of

DROPS = lambda: itertools.repeat(b"\x00")  # noqa: E731 - a generator of pieces, as Wire.drip takes it


class Refused(Exception):  # noqa: N818 - it says what happened
    """Whoever waits has given up."""


def allowance(check: Callable[[], None] = lambda: None, **more: Any) -> Allowance:
    return Allowance(**{"seconds": 0.4, "silence": 0.3, "body_bytes": 100_000, "check": check, **more})


def asked(url: str, bounds: Allowance, **more: Any) -> bytes:
    session = PlainSession()
    session.trust_env = False
    try:
        with bounds.applied():
            response = session.get(url, timeout=(5, 5), stream=True, **more)
            return b"".join(iter(lambda: response.raw.read1(65_536, decode_content=False), b""))
    finally:
        session.close()


def dripping_tls(wire: Wire) -> None:
    wire.send(b"\x16\x03\x03\x40\x00")
    wire.drip(DROPS(), 0.05)


class Speaking(RawServer):
    """A server that speaks first, without waiting for a request: what comes over TLS is none that could be read."""

    def __init__(self, speak: Callable[[Wire], None]) -> None:
        self._speak = speak
        super().__init__(lambda _wire, _asked: None)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._speak(Wire(connection, self._closing))
            except OSError:
                return


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], RawServer]]:
    servers: list[RawServer] = []

    def start(answer: Answer) -> RawServer:
        servers.append(RawServer(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()


# Of interim answers http.client passes over 100 alone: any other is an answer, of no use to anybody.
TIMED = [name for name in WIRE if any(word in name for word in ("now and then", "byte by byte", "of a byte"))]


@pytest.mark.parametrize("name", [name for name in TIMED if not name.endswith("end") and "hints" not in name])
def test_what_drips_ends_with_the_time_of_the_answer(name: str, serve: Callable[[Answer], RawServer]) -> None:
    server = serve(lambda wire, _asked: WIRE[name](wire, b"{}"))
    with pytest.raises(LimitMet) as met:
        asked(server.url, allowance())
    assert met.value.limit is Limit.TIME


@pytest.mark.parametrize(
    "name", ["headers without end", "a header of 60 kB a hundred times", "interim answers without end"]
)
def test_what_comes_before_a_body_has_a_size(name: str, serve: Callable[[Answer], RawServer]) -> None:
    server = serve(lambda wire, _asked: WIRE[name](wire, b"{}"))
    # http.client has a bound of a hundred headers of its own; early hints and interim answers it reads for ever.
    with pytest.raises((LimitMet, requests.ConnectionError)):
        asked(server.url, allowance(seconds=20, silence=20))


@pytest.mark.parametrize("name", ["a body without end", "chunks without end", "chunks of a byte without end"])
def test_a_body_has_a_size_on_the_wire(name: str, serve: Callable[[Answer], RawServer]) -> None:
    server = serve(lambda wire, _asked: WIRE[name](wire, b"{}"))
    with pytest.raises(LimitMet) as met:
        asked(server.url, allowance(seconds=20, silence=20))
    assert met.value.limit is Limit.SIZE


def test_a_handshake_that_drips_ends_with_the_time_of_the_answer() -> None:
    with Speaking(dripping_tls) as server, pytest.raises(LimitMet) as met:
        asked(server.url.replace("http:", "https:"), allowance())
    assert met.value.limit is Limit.TIME


def test_a_proxys_answer_to_connect_is_bounded_too(serve: Callable[[Answer], RawServer]) -> None:
    proxy = serve(lambda wire, _asked: wire.drip(DROPS(), 0.05))
    with pytest.raises(LimitMet) as met:
        asked("https://192.0.2.1/", allowance(), proxies={"https": proxy.url})
    assert met.value.limit is Limit.TIME
    assert proxy.asked[0].method == "CONNECT"


def test_whoever_gives_up_waits_no_longer(serve: Callable[[Answer], RawServer]) -> None:
    server = serve(lambda wire, _asked: wire.wait(1000) and None)
    gone = threading.Event()
    threading.Timer(0.1, gone.set).start()

    def check() -> None:
        if gone.is_set():
            raise Refused

    began = time.monotonic()
    with pytest.raises(Refused):
        asked(server.url, allowance(check, seconds=60, silence=60))
    # No measurement: the bounds are a minute.
    assert time.monotonic() - began < 20


def test_whoever_gives_up_waits_for_no_handshake_either() -> None:
    gone = threading.Event()
    threading.Timer(0.1, gone.set).start()

    def check() -> None:
        if gone.is_set():
            raise Refused

    with Speaking(lambda wire: wire.wait(1000) and None) as server, pytest.raises(Refused):
        asked(server.url.replace("http:", "https:"), allowance(check, seconds=60, silence=60))


def test_a_name_that_nobody_resolves_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60) and [])
    end = time.monotonic() + 0.2
    with pytest.raises(TimeoutError):
        addresses_of("never.example", 443, lambda: end - time.monotonic())
    released.set()


def test_of_many_addresses_the_time_for_connecting_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 443)) for n in range(200)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    tried: list[float] = []

    def refuse(_address: Any, timeout: float, **_: Any) -> socket.socket:
        tried.append(timeout)
        raise ConnectionRefusedError

    monkeypatch.setattr("probes.wire.connections.create_connection", refuse)
    with pytest.raises(requests.ConnectionError):
        asked("https://many.example/", allowance(seconds=3, silence=3))
    assert 1 < len(tried) <= 8
    assert max(tried) <= 3


def test_an_answer_without_a_fault_is_read_whole_and_its_connection_used_again() -> None:
    class Kept(RawServer):
        def _serve(self, connection: socket.socket) -> None:
            with connection:
                while connection.recv(65_536):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with Kept(lambda _wire, _asked: None) as server:
        manager = urllib3.PoolManager()
        bound(manager)
        for _ in range(2):
            with allowance(seconds=10, silence=10).applied():
                assert manager.request("GET", server.url, retries=False).data == b"hello"
        (pool,) = [manager.pools[key] for key in manager.pools.keys()]  # noqa: SIM118 - it is no mapping that iterates
        assert (pool.num_connections, issubclass(pool.ConnectionCls, BoundedConnection)) == (1, True)
        manager.clear()


def test_without_an_allowance_a_strict_one_holds() -> None:
    strict = allowance_in_force()
    assert strict.allowed <= 30
