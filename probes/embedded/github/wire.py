"""HTTP for the embedded GitHub: one thread a connection, buffered answers, faults acted out on the wire."""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from probes.embedded.github.answers import Request, Response, failure, parse_query
from probes.embedded.github.faults import Fault, FaultKind
from probes.embedded.github.routes import route
from probes.embedded.github.storage import stored
from probes.embedded.github.tree_routes import folder_texts
from probes.recording.view import RecordingView

API_HOST = "127.0.0.1"
STORAGE_HOST = "localhost"
_TRICKLE_PAUSE = 0.05
_QUERY_PATHS = ("/graphql", "/api/graphql")
_LONGEST_LENGTH = 4
"""Digits of a question's length in bytes."""


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """One request that was answered."""

    method: str
    path: str
    """As it was asked for, with its query."""
    status: int
    """What the answer said; 0 where a fault gave none."""
    host: str
    """``api`` or ``storage``."""
    authorized: bool
    """Whether an ``Authorization`` header came with it."""


class Behind(Protocol):
    """What the wire asks of the server behind it."""

    latency_seconds: float
    token: str | None
    stopping: threading.Event
    errors: deque[BaseException]

    @property
    def view(self) -> RecordingView:
        """What is served now."""

    @property
    def url(self) -> str:
        """The base address of the API."""

    @property
    def storage_url(self) -> str:
        """The base address of the storage."""

    def take_fault(self, path: str) -> Fault | None:
        """Take the fault that a request meets; None where it meets none."""

    def note(self, request: ServedRequest) -> int:
        """Keep a request; returns how many there were."""


class Listener(ThreadingHTTPServer):
    """One thread a connection; connections are remembered so that closing does not wait for idle ones."""

    daemon_threads = True
    request_queue_size = 128
    github: Behind

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._workers: set[threading.Thread] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
            self._workers.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)
                self._workers.discard(threading.current_thread())

    def server_close(self) -> None:
        with self._open_lock:
            connections, workers = list(self._open), list(self._workers)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker
        for worker in workers:
            worker.join(timeout=1)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # The default prints to the terminal, which belongs to the app. A client that went away is no error.
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.github.errors.append(error)


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the router and the storage."""

    server: Listener
    protocol_version = "HTTP/1.1"
    # Unbuffered, each header line is a packet of its own and waits for the acknowledgement of the one before.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60
    _question = b""

    def version_string(self) -> str:
        """Return the ``Server`` header."""
        return "planescope-embedded"

    def do_GET(self) -> None:
        """Answer, or act out the fault that was asked for."""
        self._serve(self._answer)

    def _serve(self, answer: Callable[..., Response]) -> None:
        github = self.server.github
        if github.latency_seconds:
            github.stopping.wait(github.latency_seconds)
        path, _, query = self.path.partition("?")
        enterprise = path.startswith("/api/v3/")
        path = path.removeprefix("/api/v3") if enterprise else path
        fault = github.take_fault(f"{path}?{query}" if query else path)
        if fault and fault.kind is FaultKind.HANG:
            self._note(0)
            github.stopping.wait(fault.seconds)
            self.close_connection = True
            return
        if fault and fault.kind is FaultKind.SLOW:
            github.stopping.wait(fault.seconds)
        if fault and fault.kind is FaultKind.ANSWER:
            self._send(Response(fault.status, fault.body, fault.wire_headers()))
            return
        try:
            response = answer(path, query, enterprise=enterprise)
        except Exception as error:  # noqa: BLE001 - a server must answer; the defect is kept for whoever looks
            github.errors.append(error)
            response = failure(500, "Server Error")
        self._send(response, fault)

    def do_HEAD(self) -> None:
        """Answer like GET, without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Answer the one question that is asked so; refuse everything else, since nothing is ever written."""
        length = self.headers.get("Content-Length", "")
        if self.path in _QUERY_PATHS and length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH:
            self._question = self.rfile.read(int(length))
            self._serve(self._query)
            return
        self._refuse()

    def _refuse(self) -> None:
        """Refuse; the request is seen in the list of requests."""
        self.close_connection = True
        self._send(failure(405, "The embedded GitHub is read-only"))

    def do_PUT(self) -> None:
        """Refuse."""
        self._refuse()

    def do_PATCH(self) -> None:
        """Refuse."""
        self._refuse()

    def do_DELETE(self) -> None:
        """Refuse."""
        self._refuse()

    def _query(self, path: str, query: str, *, enterprise: bool) -> Response:
        del path, query, enterprise
        return self._refusal("/graphql") or folder_texts(self.server.github.view, self._question)

    def _answer(self, path: str, query: str, *, enterprise: bool) -> Response:
        github = self.server.github
        if self._storage:
            if self.headers.get("Authorization"):
                return failure(400, "InvalidAuthenticationInfo: a token was shown to the log storage")
            return stored(github.view, path) or failure(404, "BlobNotFound")
        refusal = self._refusal(path)
        if refusal:
            return refusal
        base = github.url + ("/api/v3" if enterprise else "")
        view = github.view
        request = Request(
            path=path,
            query=parse_query(query),
            accept=self.headers.get("Accept", ""),
            base=base,
            storage=github.storage_url,
            recorded_base=view.recording.api_url,
        )
        return self._conditional(route(view, request))

    def _refusal(self, path: str) -> Response | None:
        """Refuse a wrong token, or a log asked for without one, as GitHub does; None where the request is let in."""
        token = self.server.github.token
        if token is None:
            return None
        shown = self.headers.get("Authorization", "").partition(" ")[2]
        if shown and shown != token:
            return failure(401, "Bad credentials")
        if not shown and path.endswith(("/logs", "/zip", "/customization/sub")):
            return failure(403, "Must have admin rights to Repository.")
        return None

    def _conditional(self, response: Response) -> Response:
        if response.status != 200:
            return response
        etag = f'W/"{hashlib.sha256(response.body).hexdigest()}"'
        asked = {tag.strip().removeprefix("W/") for tag in self.headers.get("If-None-Match", "").split(",")}
        if etag.removeprefix("W/") in asked:
            return Response(304, b"", (("ETag", etag),))
        return Response(200, response.body, (*response.headers, ("ETag", etag)))

    @property
    def _storage(self) -> bool:
        return self.headers.get("Host", "").partition(":")[0] == STORAGE_HOST

    def _note(self, status: int) -> int:
        host = "storage" if self._storage else "api"
        authorized = bool(self.headers.get("Authorization"))
        return self.server.github.note(ServedRequest(self.command, self.path, status, host, authorized))

    def _send(self, response: Response, fault: Fault | None = None) -> None:
        used = self._note(response.status)
        body, announced = response.body, len(response.body)
        if fault and fault.kind is FaultKind.BROKEN:
            body = body[: len(body) * 2 // 3]
            announced = len(body)
        if fault and fault.kind is FaultKind.CUT_OFF:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.send_response(response.status)
        given = {name for name, _ in response.headers}
        common = [(name, value) for name, value in self._common_headers(used) if name not in given]
        for name, value in (*response.headers, *common):
            self.send_header(name, value)
        if response.status != 304:
            self.send_header("Content-Length", str(announced))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.kind is FaultKind.TRICKLE:
            self._trickle(body, fault.seconds)
        else:
            self.wfile.write(body)

    def _trickle(self, body: bytes, seconds: float) -> None:
        pieces = max(1, round(seconds / _TRICKLE_PAUSE))
        size = max(1, -(-len(body) // pieces))
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            self.server.github.stopping.wait(_TRICKLE_PAUSE)

    def _common_headers(self, used: int) -> tuple[tuple[str, str], ...]:
        if self._storage:
            return ()
        used = min(used, 4999)
        return (
            ("X-GitHub-Media-Type", "github.v3; format=json"),
            ("X-RateLimit-Limit", "5000"),
            ("X-RateLimit-Remaining", str(5000 - used)),
            ("X-RateLimit-Used", str(used)),
            ("X-RateLimit-Reset", str(int(time.time()) + 3600)),
            ("X-RateLimit-Resource", "graphql" if self.path in _QUERY_PATHS else "core"),
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Print nothing: the terminal belongs to the app."""
