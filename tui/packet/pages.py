"""Render the packet: HTML and Markdown for people, JSON for programs.

HTML and Markdown are made of the packet's value alone, which the JSON holds whole: the same JSON makes the same pages, byte
for byte. Foreign text is escaped for the page it goes into.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import jinja2

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.documents.packet.content import RuleEntry
from diagnosis.gates import Gate, Verdict
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.anchor import AnchorKind
from tui.packet import inert_text
from tui.packet.sections import sections_of
from tui.packet.timeline import timeline_of


def pages_of(packet: Packet) -> dict[str, str]:
    """Return the packet's pages by the names of their files."""
    return {"packet.html": html_page(packet), "packet.json": json_page(packet), "packet.md": markdown_page(packet)}


def json_page(packet: Packet) -> str:
    """Render the packet in JSON; keys are the fields of :class:`diagnosis.documents.packet.Packet`."""
    return json_text({"schema": SCHEMA, **dataclasses.asdict(packet)}, indent=2, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def utc(moment: datetime | None) -> str:
    """Return a time in UTC to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "not known"


def markdown_page(packet: Packet) -> str:
    """Render the packet in Markdown."""
    template = _environment(html=False).get_template("md/packet.md.j2")
    return template.render(p=packet, sections=sections_of(packet))


def html_page(packet: Packet) -> str:
    """Render the packet as one page of HTML: no script, nothing from outside, its style in it and named by its digest."""
    environment = _environment(html=True)
    style = environment.get_template("html/style.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment.get_template("html/packet.html.j2")
    return template.render(
        p=packet, sections=sections_of(packet), timeline=timeline_of(packet), style=style, style_digest=digest
    )


@cache
def _environment(*, html: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tui.packet", "templates"),
        autoescape=html,  # noqa: S701 - off for Markdown alone: its filters escape for Markdown, not for HTML
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "t": inert_text.line,
        "md": inert_text.markdown,
        "par": inert_text.paragraph,
        "code": inert_text.code,
        "link": inert_text.link,
        "mdlink": inert_text.markdown_link,
        "words_of": inert_text.words_of_link,
        "place": inert_text.place_words,
        "short": inert_text.short,
        "utc": utc,
        "dict": dict,
        "gate": _gate_name,
        "anchor_kind": _anchor_name,
        "worst_first": _worst_first,
        "upper_first": _upper_first,
    }
    environment.globals["schema"] = SCHEMA
    return environment


def _gate_name(gate: Gate | None) -> str:
    return gate.label if gate is not None else "Registry state"


def _anchor_name(kind: AnchorKind) -> str:
    return _upper_first(kind.value.replace("-", " "))


def _worst_first(rules: Iterable[RuleEntry]) -> list[RuleEntry]:
    """Return the rules with those first that do not pass, a breach before anything else."""
    order = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.BLOCKED, Verdict.PASS)
    return sorted(rules, key=lambda rule: (order.index(rule.verdict), not rule.breach))


def _upper_first(words: str) -> str:
    return words[:1].upper() + words[1:]
