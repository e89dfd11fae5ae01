"""Build answers in GitHub's shapes: JSON with its links, pages of a list, errors, redirects to the storage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from probes.embedded.github.faults import message_body
from probes.recording.format import JsonObject, Refusal

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What of an HTTP request decides the answer."""

    path: str
    """Without ``/api/v3`` and without the query."""
    query: Mapping[str, str]
    accept: str
    base: str
    """The address under which the client reaches this API."""
    storage: str
    """The address of the log storage, under another host name."""
    recorded_base: str
    """The address of the API inside the recording; ``base`` stands for it in every body."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, before faults."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON_TYPE),)


def parse_query(text: str) -> dict[str, str]:
    """Return the query's parameters; the last of a name counts."""
    return dict(parse_qsl(text, keep_blank_values=True))


def failure(status: int, message: str) -> Response:
    """Return an error in GitHub's shape."""
    return Response(status, message_body(status, message))


def refused(refusal: Refusal) -> Response:
    """Return a recorded refusal, with what a recording by planescope adds to it (see probes.github.http.refusals)."""
    if refusal.how is None:
        return failure(refusal.status, refusal.message)
    words = {"how": refusal.how, "permission": refusal.permission}
    return Response(refusal.status, message_body(refusal.status, refusal.message, planescope=words))


def not_found() -> Response:
    """Return GitHub's 404: not there, or not to be seen."""
    return failure(404, "Not Found")


def not_recorded(*, by_hand: bool) -> Response:
    """Return a 404 for what nobody asked when the recording was made, so that it does not count as absent.

    ``by_hand``: the recording was written, not recorded, so it cannot be recorded again.
    """
    how = "read it in the repository" if by_hand else "record the run again with `planescope record`"
    words = {"how": how, "held": False}
    return Response(404, message_body(404, "the recording does not hold it", planescope=words))


def json_answer(
    request: Request, value: JsonObject | Refusal | Sequence[Any] | None, *headers: tuple[str, str]
) -> Response:
    """Return a JSON answer with GitHub's own links turned to this server; 404 for None, the recorded refusal for a refusal."""
    if value is None:
        return not_found()
    if isinstance(value, Refusal):
        return refused(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    body = text.replace(request.recorded_base, request.base).encode()
    return Response(200, body, (("Content-Type", JSON_TYPE), *headers))


def page(request: Request, items: Sequence[JsonObject], member: str | None) -> Response:
    """Return one page of a list with its ``Link`` header; under ``member`` beside ``total_count``, or bare for None."""
    shown, last = slice_of(request, items)
    number = _page_number(request)
    links = [("prev", min(number - 1, last)), ("first", 1)] if number > 1 else []
    if number < last:
        links += [("next", number + 1), ("last", last)]
    header = ", ".join(f'<{_page_address(request, target)}>; rel="{name}"' for name, target in links)
    value = shown if member is None else {"total_count": len(items), member: shown}
    return json_answer(request, value, *([("Link", header)] if header else []))


def slice_of(request: Request, items: Sequence[Any]) -> tuple[list[Any], int]:
    """Return the items of the page that is asked for, and the number of the last page."""
    size = min(max(_number(request.query.get("per_page"), 30), 1), 100)
    number = _page_number(request)
    return list(items[(number - 1) * size : number * size]), max(1, -(-len(items) // size))


def in_storage(request: Request, name: str) -> Response:
    """Return a redirect to the storage host, where no token may be shown."""
    address = f"{request.storage}/storage/{name}?sp=r&sig=embedded"
    return Response(302, b"", (("Location", address), ("Content-Type", "text/html; charset=utf-8")))


def _page_number(request: Request) -> int:
    return max(_number(request.query.get("page"), 1), 1)


def _page_address(request: Request, number: int) -> str:
    return f"{request.base}{request.path}?{urlencode({**request.query, 'page': str(number)})}"


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
