"""Compare a packet's pages and its statement with what this version of planescope makes of its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.policy.language.strict_json import JsonFault, read_json
from tui.packet.contents import TOOL
from tui.packet.files import JSON_PAGE, PAGES, STATEMENT
from tui.packet.from_json import NotAPacketError, packet_of
from tui.packet.pages import pages_of
from tui.packet.statement import statement_page
from tui.packet.verify.lying import shown
from tui.packet.verify.report import Line, Question, Sign, answers

_FAMILY = SCHEMA.rpartition("/")[0] + "/"


@dataclass(frozen=True, slots=True)
class Maker:
    """What a packet says of the planescope that made it."""

    schema: str | None
    tool: str | None
    """Its name and version."""

    @property
    def is_another(self) -> bool:
        """Whether it says that another version made it, whose pages this one cannot make."""
        return self.tool is not None and self.tool != TOOL


def maker_of(texts: Mapping[str, str]) -> Maker:
    """Return what the JSON says of it; None for what it does not say in so many words."""
    try:
        value = json.loads(texts.get(JSON_PAGE, "null"))
    except (ValueError, RecursionError):
        value = None
    schema, tool = (value.get(name) if isinstance(value, dict) else None for name in ("schema", "tool"))
    return Maker(shown(schema) if isinstance(schema, str) else None, shown(tool) if isinstance(tool, str) else None)


def packet_in(text: str, maker: Maker) -> tuple[Packet | None, Line]:
    """Read the JSON, and say whether it is a packet's."""
    if maker.schema is not None and maker.schema != SCHEMA and maker.schema.startswith(_FAMILY):
        told = (
            f"{JSON_PAGE} is of schema {maker.schema}, and this version reads {SCHEMA}: it cannot be compared with its "
            f"pages. Check it with what made it{f', {maker.tool}' if maker.tool else ''}."
        )
        return None, Line(Question.SCHEMA, Sign.UNKNOWN, told)
    try:
        packet = packet_of(text)
    except NotAPacketError as fault:
        if maker.is_another and not isinstance(read_json(text), JsonFault):
            told = (
                f"{JSON_PAGE} {fault}, says {TOOL}; {maker.tool}, which it names as its maker, may see that otherwise."
            )
            return None, Line(Question.SCHEMA, Sign.UNKNOWN, told)
        return None, Line(Question.SCHEMA, Sign.BROKEN, f"{JSON_PAGE} {fault}.")
    return packet, Line(Question.SCHEMA, Sign.HOLDS, f"{JSON_PAGE} is of schema {SCHEMA}, member by member.")


def compare_pages(packet: Packet, files: Mapping[str, bytes], maker: Maker) -> list[Line]:
    """Say whether the pages are those that are made of the JSON."""
    made = {name: text.encode("utf-8", "replace") for name, text in pages_of(packet).items()}
    others = [name for name in PAGES if name in files and made[name] != files[name]]
    if others and maker.is_another:
        told = f"The packet says that {maker.tool} made it, and this is {TOOL}, which makes other pages: "
        return [Line(Question.PAGES, Sign.UNKNOWN, f"{told}whether they are those of the JSON cannot be told.")]
    wrong = [
        f"{name} is not what this version of planescope writes for that content."
        if name == JSON_PAGE
        else f"{name} is not the page that this version of planescope makes of {JSON_PAGE}: changed, or of another build."
        for name in others
    ]
    pages = " and ".join(name for name in PAGES if name != JSON_PAGE)
    return answers(Question.PAGES, wrong, f"{pages} are made of {JSON_PAGE}, as by {TOOL}.")


def compare_statement(
    packet: Packet | None, files: Mapping[str, bytes], maker: Maker, uncovered: list[str]
) -> list[Line]:
    """Say whether the statement covers the files, and says what the JSON says."""
    if uncovered:
        return answers(Question.STATEMENT, uncovered, "")
    pages = {name: files[name] for name in PAGES}
    if packet is not None and files[STATEMENT] == statement_page(packet, pages).encode("utf-8", "replace"):
        count = len(packet.withheld)
        withheld = f" and {count} withheld document{'s' * (count != 1)}" if count else ""
        told = f"{STATEMENT} covers {', '.join(PAGES)}{withheld}, and says of them what {JSON_PAGE} says."
        return [Line(Question.STATEMENT, Sign.HOLDS, told)]
    if packet is None or maker.is_another:
        told = f"{STATEMENT} covers {', '.join(PAGES)}; whether it says what {JSON_PAGE} says cannot be told."
        return [Line(Question.STATEMENT, Sign.UNKNOWN, told)]
    return [Line(Question.STATEMENT, Sign.BROKEN, f"{STATEMENT} says something else than {JSON_PAGE}.")]
