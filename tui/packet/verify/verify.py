"""Check a packet offline, and say line by line what is known of it.

That its files agree with each other is all that can be shown without asking anybody, unless it is signed: whoever can
change the files can change the sums as well. So an unsigned packet that agrees with itself says nothing about who made it,
and no packet says by itself that GitHub or AWS said so.
"""

from __future__ import annotations

from pathlib import Path

from diagnosis.documents.packet import Packet
from diagnosis.documents.redaction import leaks
from tui.packet.files import EVERY_FILE, JSON_PAGE, MANIFEST, OLDER_SUMS, PAGES, STATEMENT
from tui.packet.sums import root_hash
from tui.packet.verify.consistency import contradictions
from tui.packet.verify.links import wrong_links
from tui.packet.verify.lying import Lying, lying_at, shown
from tui.packet.verify.pages import compare_pages, compare_statement, maker_of, packet_in
from tui.packet.verify.report import Line, Question, Sign, Verification, answers
from tui.packet.verify.signature import signature_lines, uncovered
from tui.packet.verify.sums import wrong_sums


def verify(place: Path, *, root: str | None = None, key: Path | None = None) -> Verification:
    """Check the packet at a place, against a root hash and a public key if they are given.

    Raises PacketProblem for what is no packet at all, and for a key file that is none.

    Names and words of a packet come from elsewhere: they may hold any character.
    """
    found = lying_at(place)
    if MANIFEST not in found.names and OLDER_SUMS in found.names:
        return _older(found)
    texts = {name: found.text(name) or "" for name in found.files}
    manifest = found.files.get(MANIFEST, b"")
    maker = maker_of(texts)
    named = [f"{name} is of a packet of schema planescope.packet/1." for name in found.names if name not in EVERY_FILE]
    lines = answers(Question.FILES, (*found.faults, *named), f"{', '.join(found.files)}, and nothing else.")
    if MANIFEST in found.files:
        wrong = wrong_sums(found.files, texts[MANIFEST])
        lines += answers(Question.SUMS, wrong, f"Every file has its sum in {MANIFEST}.")
    packet: Packet | None = None
    if JSON_PAGE in texts:
        packet, line = packet_in(texts[JSON_PAGE], maker)
        lines.append(line)
        if packet is not None:
            pages = compare_pages(packet, found.files, maker)
            lines += pages
            # Of pages that nobody knows the maker of, no parser of HTML is asked.
            lines += _links(texts) if all(line.sign is Sign.HOLDS for line in pages) else []
            told = "Status, rules, readings, first line, digests and addresses of the runs fit each other."
            lines += answers(Question.CONSISTENCY, contradictions(packet), told)
    if STATEMENT in texts:
        lines += compare_statement(packet, found.files, maker, uncovered(texts[STATEMENT], found.files))
    lines += _leaving(found)
    actual = root_hash(manifest) if manifest else None
    lines += signature_lines(found.files, key)
    lines += _root(actual, root)
    return Verification(tuple(lines), actual, packet, maker.tool)


def _older(found: Lying) -> Verification:
    told = (
        f"This packet was made by planescope 0.1.0 or earlier (schema planescope.packet/1, {OLDER_SUMS} in place of {MANIFEST}): "
        f"check it with that version, or export it again. Its sums alone: sha256sum -c {OLDER_SUMS}"
    )
    lines = [Line(Question.FILES, Sign.BROKEN, fault) for fault in found.faults]
    return Verification((*lines, Line(Question.SCHEMA, Sign.UNKNOWN, told)))


def _links(texts: dict[str, str]) -> list[Line]:
    wrong, followed = wrong_links({name: text for name, text in texts.items() if name in PAGES})
    return answers(Question.LINKS, wrong, f"{followed} links within the packet lead to something that is there.")


def _leaving(found: Lying) -> list[Line]:
    """Search every file for what must not leave. A name can hold a secret as well; it is looked at, and not repeated as one."""
    wrong: list[str] = []
    for name, body in {**found.files, **found.others}.items():
        searched = {shown(name): body.decode("utf-8", errors="replace")}
        wrong += [f"{leak.file} line {leak.line} holds {leak.what}." for leak in leaks(searched)]
    return answers(
        Question.LEAVING, wrong, "No file holds a secret, a policy document or a whole log that the scan knows."
    )


def _root(actual: str | None, wanted: str | None) -> list[Line]:
    if actual is None:
        return []
    if wanted is None:
        return [
            Line(
                Question.ROOT,
                Sign.NOTE,
                f"{actual}: compare it with the one that the export printed, over another channel.",
            )
        ]
    if wanted.strip().lower().removeprefix("sha256:") == actual.removeprefix("sha256:"):
        return [Line(Question.ROOT, Sign.HOLDS, f"{actual}, as given.")]
    return [Line(Question.ROOT, Sign.BROKEN, f"The root hash is {actual}, which is not the one that was given.")]
