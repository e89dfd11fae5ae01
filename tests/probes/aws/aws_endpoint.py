"""An AWS endpoint on loopback that can fail in every way a wire can.

It speaks HTTP on 127.0.0.1 and answers from moto; any operation can be given another answer, so that what botocore, its
retries and its parsers make of a fault is tested on real bytes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from aws_worlds import ACCOUNT, noon
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

from probes.aws.session.access import AwsAccess, Patience
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

Script: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""The JSON members of a request to those of its answer, for services that moto does not have or not truly."""


@dataclass(frozen=True)
class Fault:
    """What the endpoint answers instead of the truth."""

    status: int = 200
    body: bytes | Callable[[], bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_length: int | None = None
    """A Content-Length that is not the body's: the answer is cut off."""
    hang: bool = False
    """Say nothing until the endpoint closes."""
    drip: bool = False
    """Send a byte now and then, for ever."""
    reset: bool = False
    """Close the connection without an answer."""
    times: int | None = None
    """How often; None: always."""


class Endpoint:
    """An AWS endpoint on loopback: ``url``, faults by ``service:Operation``, and every request that arrived."""

    def __init__(self, account: str = ACCOUNT) -> None:
        self.faults: dict[str, Fault] = {}
        self.scripts: dict[str, Script] = {}
        self.requests: list[str] = []
        self.paths: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.closing = threading.Event()
        self._account = account
        self._moto = BotocoreStubber()
        self._lock = threading.Lock()
        InProcessAws(account)  # frees moto of the environment's profile
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                endpoint.answer(self, self.rfile.read(length))

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - the names of the base class

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        service, region = _scope(handler.headers.get("Authorization", ""))
        operation = _operation(service, handler.command, handler.path, handler.headers, body)
        with self._lock:
            self.requests.append(operation)
            self.paths.append(handler.path)
            self.headers.append(dict(handler.headers))
            fault = self.faults.get(operation)
            if fault and fault.times is not None:
                if fault.times <= 0:
                    fault = None
                else:
                    self.faults[operation] = replace(fault, times=fault.times - 1)
        if fault is None and operation in self.scripts:
            reply = json.dumps(self.scripts[operation](json.loads(body or b"{}"))).encode()
            self._send(handler, 200, {"Content-Type": "application/x-amz-json-1.1"}, reply)
        elif fault is None:
            self._send(handler, *self._truth(handler, service, region, body))
        elif fault.reset:
            handler.close_connection = True
            handler.connection.shutdown(2)
        elif fault.hang:
            self.closing.wait(30)
            handler.close_connection = True
        elif fault.drip:
            self._drip(handler)
        else:
            content = fault.body if isinstance(fault.body, bytes) else fault.body()
            length = len(content) if fault.declared_length is None else fault.declared_length
            self._send(handler, fault.status, {"Content-Length": str(length), **fault.headers}, content)
            handler.close_connection = fault.declared_length is not None

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while not self.closing.wait(0.05):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:
            pass
        handler.close_connection = True

    def _truth(
        self, handler: BaseHTTPRequestHandler, service: str, region: str, body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        host = {
            "iam": "iam.amazonaws.com",
            "organizations": "organizations.us-east-1.amazonaws.com",
            "ecr": f"api.ecr.{region}.amazonaws.com",
        }.get(service, f"{service}.{region}.amazonaws.com")
        headers = HTTPHeaders()
        for name, value in handler.headers.items():
            headers[name] = host if name.lower() == "host" else value
        headers["x-moto-account-id"] = self._account
        request = AWSPreparedRequest(
            handler.command, f"https://{host}{handler.path}", headers, body, stream_output=False
        )
        with self._lock:
            try:
                answer = self._moto.process_request(request)
            except NotImplementedError:
                answer = None
        if answer is None:
            return 501, {}, b""
        status, found, content = answer
        return status, found, content.encode() if isinstance(content, str) else content

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
        handler.send_response(status)
        given = {name.lower() for name in headers}
        for name, value in headers.items():
            handler.send_header(name, str(value))
        if "content-length" not in given:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are part of these tests."""


def _scope(authorization: str) -> tuple[str, str]:
    found = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", authorization)
    return (found.group(2), found.group(1)) if found else ("unsigned", "")


def _operation(service: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    target = headers.get("X-Amz-Target")
    if target:
        return f"{service}:{target.rsplit('.', 1)[-1]}"
    query = parse_qs(urlsplit(path).query)
    if service == "s3":
        if method == "HEAD":
            return "s3:HeadObject" if urlsplit(path).path.count("/") > 1 else "s3:HeadBucket"
        if "policy" in urlsplit(path).query.split("&"):
            return "s3:GetBucketPolicy"
        return "s3:ListObjectsV2" if "list-type" in query else "s3:GetObject" if method == "GET" else f"s3:{method}"
    form = parse_qs(body.decode("utf-8", "replace"))
    return f"{service}:{(form.get('Action') or query.get('Action') or [method + ' ' + urlsplit(path).path])[0]}"


@contextmanager
def pointed_at(url: str, monkeypatch: Any, **kwargs: Any) -> Iterator[AwsAccess]:
    """Access as a user's machine has it: environment credentials, ``AWS_ENDPOINT_URL``, botocore's own chain."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
    patience = kwargs.pop("patience", Patience(connect=2, read=2, attempts=1))
    yield AwsAccess(ledger=kwargs.pop("ledger", Ledger(noon)), clock=noon, patience=patience, **kwargs)
