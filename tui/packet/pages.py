"""Render the packet: Markdown for people, JSON for programs. Foreign text is escaped for the page it goes into."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import jinja2

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.policy.language.strict_json import json_text
from diagnosis.visible_text import visible

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~&]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown reads something into; GitHub's also makes a link of a bare address."""
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:/_#?&=%~@+-]+")
_ESCAPED = r"\\\1"
_SCRUBBED = re.compile(r"(\[scrubbed:[a-z0-9-]{1,40}\])")


def markdown(text: object) -> str:
    """Return foreign text so that Markdown reads nothing into it.

    What stands for a secret stays as it is, to be known as such by who looks for secrets; with what may follow it, it is
    neither a link nor the target of one.
    """
    parts = _SCRUBBED.split(_line(text))
    return "".join(
        part if number % 2 else f"{_escape_first(part, number)}{_MARKDOWN.sub(_ESCAPED, part)}"
        for number, part in enumerate(parts)
    )


def _escape_first(part: str, number: int) -> str:
    return "\\" if number and part.startswith(("(", ":")) else ""


def code(text: object) -> str:
    """Return foreign text inside backticks."""
    return _line(text).replace("`", "ʼ").replace("|", "¦")


def _line(text: object) -> str:
    """Return foreign text on one line, without characters that could steer the terminal in which somebody reads the page."""
    return " ".join(visible(str(text)).split())


def link(address: object) -> str:
    """Return a link to an https or loopback address; anything else is not made a link target."""
    text = str(address)
    return text if _ADDRESS.fullmatch(text) else "about:blank"


def address(text: object) -> str:
    """Return the address of a proof, which a reader may follow; anything else is foreign text."""
    return str(text) if _ADDRESS.fullmatch(str(text)) else markdown(text)


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
    environment.filters |= {"md": markdown, "code": code, "link": link, "address": address, "utc": utc, "dict": dict}
    return environment.get_template("packet.md.j2").render(p=packet)


def json_page(packet: Packet) -> str:
    """Render the packet in JSON; keys are the fields of :class:`diagnosis.documents.packet.Packet`."""
    values = dataclasses.asdict(packet)
    return json_text({"schema": SCHEMA, **values}, indent=2, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")
