"""State what a packet's files are, in the form that signing tools and policy engines know: an in-toto Statement.

Nothing in it is new: it is made of the packet and of the sums of its pages, so that a check can make it again and compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from diagnosis.documents.packet import SCHEMA, Packet
from diagnosis.policy.language.strict_json import json_text
from tui.packet.sums import sum_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "planescope:evidence-packet/v1"
"""A URI of our own, which names what the predicate says; docs/packet.md describes it."""
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def statement_page(packet: Packet, pages: Mapping[str, bytes]) -> str:
    """Return the statement on these pages, and on the documents that were read and left out."""
    subject = [{"name": name, "digest": {"sha256": sum_of(body)}} for name, body in sorted(pages.items())]
    subject += [{"name": name, "digest": {"sha256": digest}} for name, digest in _withheld(packet)]
    runs = [{"run": each.run, "attempt": each.attempt} for each in packet.attempts]
    predicate = {
        "schema": SCHEMA,
        "tool": packet.tool,
        "audience": packet.audience.value,
        "repository": packet.repository,
        "workflow": packet.workflow,
        "runs": runs,
        "closure": packet.status,
    }
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    return json_text(statement, indent=2) + "\n"


def _withheld(packet: Packet) -> Iterator[tuple[str, str]]:
    """Yield name and digest of each document that was left out; no name twice, as the Statement asks of its subjects."""
    seen: Counter[str] = Counter()
    for each in packet.withheld:
        seen[each.name] += 1
        number = f" ({seen[each.name]})" if seen[each.name] > 1 else ""
        yield f"withheld: {each.name}{number}", each.sha256
