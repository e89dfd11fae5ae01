"""Refuse every operation that is not on the list of permitted ones, before it is signed or sent.

It hangs on the events of a botocore session, which every client, paginator, waiter and transfer of that session passes:

- ``provide-client-params``: before parameters are built, an endpoint is resolved or anything is signed; also the only
  event of ``generate_presigned_url``, which is refused for every operation (a presigned address is a credential);
- ``before-call`` and ``before-sign``: for whatever reaches them without the first one (``generate_presigned_post``);
- ``before-send``: the last gate before the network. It answers 403 itself: an exception there would be retried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

from probes.aws.session.errors import OperationRefused
from probes.aws.session.operations import CREDENTIAL_OPERATIONS, OPERATIONS

_SPECIAL = {
    (
        "ecr",
        "GetAuthorizationToken",
    ): "it hands out a credential; planescope evaluates that permission and never uses it",
    ("ecr-public", "GetAuthorizationToken"): "it hands out a credential",
    ("sts", "GetSessionToken"): "it hands out a credential",
}


class Guard:
    """An explicit list of ``(service, operation)``; anything else is refused.

    ``clients`` are the names of clients that differ from their service's.
    ``on_refusal(service, operation)`` is called for each refusal, from whatever thread asked.
    """

    def __init__(
        self,
        permitted: Iterable[tuple[str, str]],
        on_refusal: Callable[[str, str], None] = lambda _service, _operation: None,
        clients: Iterable[str] = (),
    ) -> None:
        self._permitted = frozenset(permitted)
        self._services = frozenset((*(service for service, _ in self._permitted), *clients))
        self._on_refusal = on_refusal

    def permits(self, service: str, operation: str) -> bool:
        """Return whether the operation is on the list; both names as AWS writes them, compared exactly."""
        return (service, operation) in self._permitted

    def check(self, service: str, operation: str) -> None:
        """Raise :class:`OperationRefused` for an operation that is not on the list."""
        if not self.permits(service, operation):
            self._refuse(service, operation, _SPECIAL.get((service, operation)))

    def check_service(self, service: str) -> None:
        """Raise :class:`OperationRefused` for a service of which no operation is on the list."""
        if service not in self._services:
            self._refuse(service, "*", None)

    def watch(self, session: Session) -> None:
        """Hang the guard on a session, before any client of it is built."""
        session.get_component("event_emitter").register_first("provide-client-params", self._on_parameters)
        session.get_component("event_emitter").register_first("before-call", self._on_call)
        session.get_component("event_emitter").register_first("before-sign", self._on_sign)
        session.get_component("event_emitter").register_first("before-send", self._on_send)

    def _refuse(self, service: str, operation: str, why: str | None) -> None:
        self._on_refusal(service, operation)
        raise OperationRefused(service, operation, *([why] if why else []))

    def _on_parameters(self, event_name: str, context: dict[str, Any] | None = None, **_: object) -> None:
        service, operation = _named(event_name)
        if context and context.get("is_presign_request"):
            self._refuse(service, operation, "a presigned address is a credential")
        self.check(service, operation)

    def _on_call(self, event_name: str, **_: object) -> None:
        self.check(*_named(event_name))

    def _on_sign(self, event_name: str, signature_version: object = None, **_: object) -> None:
        service, operation = _named(event_name)
        if isinstance(signature_version, str) and signature_version.endswith(("-query", "-presign-post")):
            self._refuse(service, operation, "a presigned address is a credential")
        self.check(service, operation)

    def _on_send(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        service, operation = _named(event_name)
        if self.permits(service, operation):
            return None
        self._on_refusal(service, operation)
        return AWSResponse(request.url, 403, HTTPHeaders(), _Refusal())


class _Refusal(BytesIO):
    """An empty body in the shape that botocore reads."""

    def stream(self, **_: object) -> Iterable[bytes]:
        """Return no chunks."""
        return iter(())


def _named(event_name: str) -> tuple[str, str]:
    """Return ``(service, operation)`` of an event name; names without them are on no list."""
    parts = event_name.split(".", 2)
    return (parts[1], parts[2]) if len(parts) == 3 else (event_name, "")


def reading_guard(on_refusal: Callable[[str, str], None]) -> Guard:
    """Return the guard of the session that reads."""
    listed = ((operation.service, operation.name) for operation in OPERATIONS)
    return Guard(listed, on_refusal, (operation.client_name for operation in OPERATIONS))


def credential_guard(on_refusal: Callable[[str, str], None]) -> Guard:
    """Return the guard of the session that botocore's credential chain uses, and nothing else does."""
    return Guard(((service, operation) for service, operation, _ in CREDENTIAL_OPERATIONS), on_refusal)
