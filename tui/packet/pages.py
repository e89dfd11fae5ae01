"""Render the packet: Markdown for people, JSON for programs. Foreign text is escaped for the page it goes into."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import jinja2

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.policy.language.strict_json import json_text
from diagnosis.visible_text import visible

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(text: object) -> str:
    """Return foreign text so that Markdown reads nothing into it."""
    return _MARKDOWN.sub(r"\\\1", _line(text))


def code(text: object) -> str:
    """Return foreign text inside backticks."""
    return _line(text).replace("`", "ʼ").replace("|", "¦")


def _line(text: object) -> str:
    """Return foreign text on one line, without characters that could steer the terminal in which somebody reads the page."""
    return " ".join(visible(str(text)).split())


def link(address: object) -> str:
    """Return a link to an https or loopback address; anything else is not made a link target."""
    text = str(address)
    return text if re.fullmatch(r"https?://[A-Za-z0-9.:/_#?&=%~@+-]+", text) else "about:blank"


def utc(moment: datetime | None) -> str:
    """Return a time in UTC to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "not known"


def markdown_page(packet: Packet) -> str:
    """Render the packet in Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tui.packet", "templates"),
        autoescape=False,  # noqa: S701 - the page is Markdown: the filters below escape for Markdown, not for HTML
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": markdown, "code": code, "link": link, "utc": utc, "dict": dict}
    return environment.get_template("packet.md.j2").render(p=packet)


def json_page(packet: Packet) -> str:
    """Render the packet in JSON; keys are the fields of :class:`diagnosis.documents.packet.Packet`."""
    values = dataclasses.asdict(packet)
    return json_text({"schema": SCHEMA, **values}, indent=2, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
