"""Make every connection of a urllib3 pool manager receive within the allowance of the call.

urllib3's manager, requests and botocore take their connection classes from ``pool_classes_by_scheme``. Here each class gets a
subclass whose answers are read through :class:`probes.wire.allowance.Allowance`: status line, interim answers, headers, chunk
lengths and body, a proxy's answer to CONNECT included. While a connection is made (names, addresses, TLS, also TLS within
TLS), a guardian thread shuts the socket when the time is up or nobody waits any more.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from urllib3 import PoolManager
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from probes.wire.allowance import LONGEST_LINE, SLICE_SECONDS, Allowance, LimitMet, allowance_in_force
from probes.wire.names import addresses_of

_MOST_ADDRESSES = 8
_LONGEST_CONNECT = 15.0


def bound(manager: PoolManager) -> None:
    """Let all connections that this manager will make be bounded ones, of whatever kind they are."""
    classes: dict[str, Any] = dict(manager.pool_classes_by_scheme)
    manager.pool_classes_by_scheme = {scheme: _bounded_pool(pool) for scheme, pool in classes.items()}


@cache
def _bounded_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    plain: Any = pool.ConnectionCls
    if issubclass(plain, BoundedConnection):
        return pool
    dials = plain._new_conn is HTTPConnection._new_conn  # noqa: SLF001 - one for SOCKS dials in its own way
    made = type(f"Bounded{plain.__name__}", (_Dialling, plain) if dials else (BoundedConnection, plain), {})
    return type(f"Bounded{pool.__name__}", (pool,), {"ConnectionCls": made})


class _Bytes(io.RawIOBase):
    """What arrives at a socket, received within an allowance."""

    def __init__(self, sock: Any, allowance: Allowance) -> None:
        super().__init__()
        self._sock = sock
        self._allowance = allowance
        # Held for its count of who still reads: the socket is closed when the last one is done.
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._allowance.receive(self._sock, memoryview(buffer))

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class _Lines(io.BufferedReader):
    """The same, buffered; no line is longer than LONGEST_LINE, whoever asks for it."""

    def __init__(self, raw: _Bytes, allowance: Allowance) -> None:
        super().__init__(raw)
        self._allowance = allowance

    def readline(self, size: int | None = -1) -> bytes:
        if size is not None and size >= 0:
            return super().readline(size)
        line = super().readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            self._allowance.line_too_long()
        return line


class _Readable:
    """A socket in the one shape in which http.client wants it."""

    def __init__(self, sock: Any, allowance: Allowance) -> None:
        self._sock = sock
        self._allowance = allowance

    def makefile(self, _mode: str) -> _Lines:
        return _Lines(_Bytes(self._sock, self._allowance), self._allowance)


class BoundedAnswer(http.client.HTTPResponse):
    """An answer that is read within the allowance in force when it was asked for."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        self._allowance = allowance_in_force()
        self._allowance.headers_begin()
        shape: Any = _Readable(sock, self._allowance)
        super().__init__(shape, *args, **kwargs)
        self._allowance.abandon = self.close

    def begin(self) -> None:
        """Read status line and headers, interim answers before them included."""
        super().begin()
        self._allowance.body_begins()


class BoundedConnection:
    """Mixed into a connection class of urllib3's."""

    response_class: Any = BoundedAnswer
    for_guardian: socket.socket | None = None
    """A second handle of the socket while the connection is being made."""

    def connect(self) -> None:
        """Connect within the allowance: TCP, the proxy's answer, TLS."""
        with _guarded(self, allowance_in_force()):
            super().connect()  # type: ignore[misc] # of the class that it is mixed into

    def getresponse(self) -> Any:
        """Return the answer; one that is refused for what its headers say leaves no open socket behind."""
        try:
            return super().getresponse()  # type: ignore[misc] # likewise
        except Exception:
            allowance_in_force().abandon()
            raise


class _Dialling(BoundedConnection):
    """The same for a connection that dials by itself, as all but those through SOCKS do."""

    def _new_conn(self: Any) -> socket.socket:
        """Resolve the name and try its addresses, all within the time for connecting."""
        allowance = allowance_in_force()
        try:
            made = _dialled(self, allowance, min(self.timeout or _LONGEST_CONNECT, _LONGEST_CONNECT))
            # Of its own, since TLS takes the first one over.
            self.for_guardian = made.dup()
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection: {error}") from error
        return made


def _dialled(connection: Any, allowance: Allowance, seconds: float) -> socket.socket:
    end = allowance.now() + min(seconds, allowance.left())
    host = connection._dns_host  # noqa: SLF001 - with the dot at its end, which spares a search through domains
    found = addresses_of(host.strip("[]"), connection.port, lambda: min(end - allowance.now(), allowance.left()))
    failure: OSError = TimeoutError()
    for address in found[:_MOST_ADDRESSES]:
        left = min(end - allowance.now(), allowance.left())
        if left <= 0:
            raise TimeoutError
        try:
            return create_connection(
                (address, connection.port),
                left,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            failure = error
    raise failure


@contextmanager
def _guarded(connection: BoundedConnection, allowance: Allowance) -> Iterator[None]:
    """Shut the socket of a connection that is being made as soon as its time is up, or nobody waits for it."""
    done = threading.Event()

    def guard() -> None:
        while not done.wait(SLICE_SECONDS):
            try:
                allowance.left()
            except Exception:  # noqa: BLE001 - whatever it is stands in the allowance
                _shut(connection)

    guardian = threading.Thread(target=guard, name="connection guardian", daemon=True)
    guardian.start()
    try:
        yield
    except LimitMet:
        raise
    except Exception:
        # Shut by the guardian: what that looks like from inside is of no use to anybody.
        if allowance.met is not None:
            raise allowance.met from None
        raise
    finally:
        done.set()
        guardian.join()
        if connection.for_guardian is not None:
            connection.for_guardian.close()
            connection.for_guardian = None


def _shut(connection: BoundedConnection) -> None:
    if connection.for_guardian is not None:
        try:
            connection.for_guardian.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was quicker
