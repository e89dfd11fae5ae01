"""A server of plain bytes on loopback: what it sends is written by hand, so that it can be no HTTP at all. It ends by itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self, TypeAlias

_LONGEST_LIFE = 120.0
"""Seconds for which one answer is sent at most, whoever still listens."""


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Wire:
    """The answering side of a connection."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        self._end = time.monotonic() + _LONGEST_LIFE

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, pieces: Iterable[bytes], pause: float) -> None:
        """Send piece by piece, until nobody listens or the server closes."""
        for piece in pieces:
            self.send(piece)
            if self.wait(pause):
                return

    def flood(self, piece: bytes, most: int = 4_000_000_000) -> None:
        """Send the same again and again, as fast as it is taken."""
        for _ in range(most // len(piece)):
            self.send(piece)
            if self._closing.is_set() or time.monotonic() > self._end:
                return

    def wait(self, seconds: float) -> bool:
        """Wait; return whether it is time to end."""
        return self._closing.wait(seconds) or time.monotonic() > self._end

    def answer(self, body: bytes, status: str = "200 OK", *headers: str) -> None:
        """Send a well-formed answer; a header of one's own comes before the usual ones."""
        given = {line.partition(":")[0].lower() for line in headers}
        usual = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
        lines = [*headers, *(f"{name}: {value}" for name, value in usual.items() if name not in given)]
        self.send(
            f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body
        )


Answer: TypeAlias = Callable[[Wire, Asked], None]


class RawServer:
    """Hands each request to ``answer``, then closes the connection; ``asked`` holds what came."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # Wakes the thread that waits for the next connection.
        with socket.socket() as knock:
            knock.connect_ex(("127.0.0.1", self.port))
        self._listener.close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                asked = _request(connection)
                if asked is not None:
                    self.asked.append(asked)
                    self._answer(Wire(connection, self._closing), asked)
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                return  # the client went away, which is what most of this is about


def _request(connection: socket.socket) -> Asked | None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {line.partition(":")[0].strip().lower(): line.partition(":")[2].strip() for line in lines}
    wanted = int(headers.get("content-length", "0"))
    while len(body) < wanted:
        body += connection.recv(65_536)
    return Asked(method, target, headers, body)
