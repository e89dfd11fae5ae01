"""Bound what AWS's answers cost, and whom a client may ask: each client's HTTP goes through :class:`BoundedHttp`.

botocore's own HTTP session has a timeout for each ``recv`` alone, holds a body of any size, and lets expat expand entities.
It also asks whatever host a configured endpoint names, in plain HTTP too.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import HTTPClientError, IncompleteReadError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError

from diagnosis.names.endpoint import is_own_host
from probes.wire.allowance import Allowance, Limit, LimitMet
from probes.wire.connections import bound
from probes.wire.loopback import is_loopback
from probes.wire.stamina import Stamina

LARGEST_ANSWER = 8_000_000
"""Bytes. A page of AWS's own holds at most 50 events of 256 kB, and some hundred kB in practice."""
MOST_MEMBERS = 250_000
"""Members, elements or attributes of one answer: in memory each weighs some hundred bytes, however short it is written."""
_WITHOUT_BODY = frozenset({204, 304})
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


class EndpointRefused(Exception):  # noqa: N818 - it says what happened; nothing was sent
    """A request to a host that must not be asked. ``why`` is a clause, ``how`` the way out."""

    def __init__(self, why: str, how: str) -> None:
        super().__init__(why)
        self.why = why
        self.how = how


class CallBounds(threading.local):
    """The allowance of the call that a thread is making, retries included."""

    allowance: Allowance | None = None

    @contextmanager
    def of(self, allowance: Allowance) -> Iterator[None]:
        """Let the answers within the block share one allowance."""
        before, self.allowance = self.allowance, allowance
        try:
            yield
        finally:
            self.allowance = before


class Endpoints:
    """The servers that were asked in AWS's place. Safe to share between threads."""

    def __init__(self, *, allow_http: bool = False) -> None:
        self._allow_http = allow_http
        self._lock = threading.Lock()
        self._foreign: set[str] = set()

    @property
    def foreign(self) -> tuple[str, ...]:
        """Those that are none of AWS's own, as ``scheme://host[:port]``."""
        with self._lock:
            return tuple(sorted(self._foreign))

    def admit(self, url: str, endpoint: str) -> None:
        """Note whom a request is for. Raises EndpointRefused; ``endpoint`` is the address that the client was built for."""
        parts, own = urlsplit(url), urlsplit(endpoint)
        host, configured = (parts.hostname or "").lower(), (own.hostname or "").lower()
        if parts.scheme != "https" and not (self._allow_http or is_loopback(host)):
            raise EndpointRefused(
                f"the endpoint {_shown(url)} is plain http, which would show the account and the session to the network",
                "use https, or pass --allow-http-endpoint",
            )
        if host != configured and not host.endswith(f".{configured}") and not is_own_host(host):
            raise EndpointRefused(
                f"an answer of {_shown(endpoint)} leads to {_shown(url)}, which is no host of AWS's",
                "correct the endpoint",
            )
        if not _is_awss_own(parts):
            with self._lock:
                self._foreign.add(_shown(url))


def _is_awss_own(parts: SplitResult) -> bool:
    """Return whether AWS itself answers there: at another port, or in plain http, anybody may."""
    try:
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and port in (None, 443) and is_own_host(parts.hostname or "")


def _shown(url: str) -> str:
    """Return scheme, host and port of an address, without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:200]


class BoundedHttp:
    """Takes the place of a client's HTTP session, which it makes bounded and uses."""

    def __init__(
        self,
        inner: URLLib3Session,
        endpoint: str,
        endpoints: Endpoints,
        calls: CallBounds,
        make_allowance: Callable[[], Allowance],
    ) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._endpoints = endpoints
        self._calls = calls
        self._make_allowance = make_allowance
        own: Any = inner  # botocore has no other door, and its stubs do not show this one; test_botocore_surface does
        bound(own._manager)  # noqa: SLF001
        own._pool_classes_by_scheme = own._manager.pool_classes_by_scheme  # noqa: SLF001 - taken for managers of proxies

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request; the answer is whole, within its bounds, and declares no entities."""
        self._endpoints.admit(request.url, self._endpoint)
        allowance = self._calls.allowance or self._make_allowance()
        try:
            with allowance.applied():
                # A call that is tried again has what is left of its time.
                allowance.left()
                answer = self._inner.send(request)
                body = answer.content
        except (HTTPClientError, LimitMet):
            allowance.abandon()
            if isinstance(allowance.met, LimitMet) and allowance.met.limit is Limit.SILENCE:
                met, allowance.met = allowance.met, None
                raise ReadTimeoutError(endpoint_url=_shown(request.url), error=met) from None
            if allowance.met is not None:
                raise allowance.met from None
            raise
        if request.method != "HEAD":
            _check_whole(answer, body)
        if request.stream_output and answer.status_code < 300:
            # An object's bytes: nothing parses them here. They are handed on as the stream that botocore expects.
            answer.raw = BytesIO(body)
            return answer
        _check_shape(answer, body)
        return answer

    def close(self) -> None:
        """Close the sockets."""
        self._inner.close()


def _check_whole(answer: AWSResponse, body: bytes) -> None:
    """Refuse a body that is not as long as it says: botocore takes what came before the connection ended."""
    announced = str(answer.headers.get("content-length", ""))
    chunked = "transfer-encoding" in answer.headers
    if announced and not chunked and answer.status_code not in _WITHOUT_BODY and announced != str(len(body)):
        number = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 19 else -1
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=number)


def _check_shape(answer: AWSResponse, body: bytes) -> None:
    """Refuse a body that would cost far more to parse than to send."""
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_json = text.startswith((b"{", b"["))
    if b"\0" in body:
        # In UTF-16 a declaration would be written with other bytes; AWS writes UTF-8.
        raise ResponseParserError("the answer is no text in UTF-8")
    if not is_json and _DECLARATION.search(body):
        if answer.status_code < 400:
            raise ResponseParserError("the answer declares a document type")
        # A proxy's page: the status tells all that is known.
        answer._content = b""  # type: ignore[attr-defined] # noqa: SLF001 - where botocore keeps a body that was read
        return
    signs = (b"{", b"[", b",") if is_json else (b"<", b'="', b"='")
    if sum(map(body.count, signs)) > MOST_MEMBERS:
        raise LimitMet(Limit.SIZE, f"it has more than {MOST_MEMBERS} members")


def bound_client(
    client: BaseClient, endpoints: Endpoints, calls: CallBounds, make_allowance: Callable[[], Allowance]
) -> None:
    """Make a new client's HTTP bounded. Raises AttributeError where botocore is built otherwise: then nothing is asked."""
    endpoint: Any = client._endpoint  # type: ignore[attr-defined] # noqa: SLF001 - as above
    inner = endpoint.http_session
    if not isinstance(inner, URLLib3Session):
        raise AttributeError("botocore's clients have another HTTP session")  # noqa: TRY004 - as the others here
    endpoint.http_session = BoundedHttp(inner, client.meta.endpoint_url, endpoints, calls, make_allowance)


class Bounds:
    """The bounds of all calls of one access: each call's, and that of all together."""

    def __init__(self, *, seconds: float, silence: float, whole: float, body_bytes: int, allow_http: bool) -> None:
        self._seconds, self._silence, self._body_bytes = seconds, silence, body_bytes
        self.calls = CallBounds()
        self.endpoints = Endpoints(allow_http=allow_http)
        self.stamina = Stamina(whole, _AN_ANSWER_SECONDS)

    def allowance(self) -> Allowance:
        """Return the bounds of one call."""
        return Allowance(
            seconds=self._seconds,
            silence=self._silence,
            body_bytes=self._body_bytes,
            check=self.stamina.check,
        )

    @contextmanager
    def call(self) -> Iterator[Allowance]:
        """Bound one call, retries included. Raises Exhausted where AWS was waited for long enough."""
        allowance = self.allowance()
        with self.stamina.waiting(), self.calls.of(allowance):
            yield allowance
        self.stamina.answered()

    def watch(self, client: BaseClient) -> None:
        """Make a new client's HTTP bounded."""
        bound_client(client, self.endpoints, self.calls, self.allowance)


_AN_ANSWER_SECONDS = 0.25
