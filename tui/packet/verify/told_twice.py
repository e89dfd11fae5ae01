"""Look for what a packet tells in two places outside of closure: the course of the chain, today, the headline, and digests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from diagnosis.documents.headline import gates_today
from diagnosis.documents.packet import Packet
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import AnchorKind
from diagnosis.verdicts.run_end import End

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ALL = "all gates pass"
_UNREAD = "the gates were not judged today"
_UNJUDGED = " was not judged today"
_SUCCEEDED = "; the run succeeded"


def told_otherwise(packet: Packet) -> Iterator[str]:
    """Yield what cannot be true together, as sentences."""
    yield from _hosts(packet)
    yield from _judged(packet)
    yield from _headline(packet)
    yield from _digests(packet)


def in_order(packet: Packet) -> bool:
    """Return whether each attempt is there once, with an address and a beginning, and none began before the one before it."""
    keys = [(each.run, each.attempt) for each in packet.attempts]
    begun = [each.started_at for each in packet.attempts if each.started_at is not None]
    return (
        len({*keys}) == len(keys) == len(begun)
        and all(each.url for each in packet.attempts)
        and all(one <= other for one, other in pairwise(begun))
    )


def _hosts(packet: Packet) -> Iterator[str]:
    """Yield where an address leads to another server than the one that the chain's runs are of."""
    hosts = {_host(each.url) for each in packet.attempts if each.url}
    if len(hosts) > 1:
        yield "The addresses of the runs are on more than one server."
    for each in packet.attempts:
        proof = each.proof.address if each.proof else ""
        if each.url and proof.startswith(("http:", "https:")) and _host(proof) not in hosts:
            yield f"The proof of run {each.run}, attempt {each.attempt}, leads to another server than the run."
    of_runs = {each.url for each in packet.attempts}
    if any(
        not {each.value, each.url or each.value} <= of_runs for each in packet.anchors if each.kind is AnchorKind.RUN
    ):
        yield "The anchor of a run does not lead to a run of the packet."


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return address


def _judged(packet: Packet) -> Iterator[str]:
    """Yield where what the packet as a whole is of is not in its chain."""
    runs = {each.run for each in packet.attempts}
    if packet.judged_run and packet.judged_run not in runs:
        yield "The run that today is judged for is not in the packet."
    if packet.workflow != packet.attempts[0].workflow:
        yield "The packet's workflow is not the one of its first attempt."
    # Where nothing of the account was read each gate is unknown, and nothing has a time.
    decided = any(each.verdict != Verdict.UNKNOWN.value for each in packet.now)
    if (decided and packet.now_read_at is None) or (packet.now_read_at is not None and not packet.now):
        yield "What the account says today stands without a time, or the time without it."


def _headline(packet: Packet) -> Iterator[str]:
    """Yield where the first line says something else than today's gates, and the runs, do."""
    if bool(packet.outcome) is not bool(packet.judged_run):
        yield "The first line stands without a run that today is judged for, or such a run without it."
    if not packet.outcome:
        return
    gates = packet.outcome.partition(";")[0]
    today = (
        gates_today(
            [(each.gate, each.verdict) for each in packet.now], packet.forecast[0].plane if packet.forecast else None
        )
        if packet.now
        else _UNREAD
    )
    if gates != today and (today or (not gates.startswith(_ALL) and not gates.endswith(_UNJUDGED))):
        yield "The first line says of today something else than today's verdicts."
    judged = [each for each in packet.attempts if each.run == packet.judged_run]
    if len(judged) == 1 and packet.outcome.endswith(_SUCCEEDED) is not (judged[0].end is End.SUCCESS):
        yield f"How run {judged[0].run} ended is told in two ways."
    red = [
        f"{each.run}" + (f".{each.attempt}" if each.attempt > 1 else "")
        for each in packet.attempts
        if each.end not in (End.SUCCESS, End.RUNNING)
        and each.conclusion not in ("skipped", "neutral")
        and each.run != packet.judged_run
    ]
    told = [line.partition(":")[0] for line in packet.other_red_runs]
    if [name for name in told if name.partition(".")[0] != f"{packet.judged_run}"] != red:
        yield "The other red runs are not those of the attempts."


def _digests(packet: Packet) -> Iterator[str]:
    """Yield which digests are none, and which document has more than one."""
    if any(not _DIGEST.fullmatch(each.sha256) for each in packet.withheld):
        yield "The digest of a withheld document is none."
    if len({each.name for each in packet.withheld}) != len(packet.withheld):
        yield "A withheld document is named twice."
    if any(each.sha256 and not _DIGEST.fullmatch(each.sha256) for each in packet.anchors):
        yield "The digest of an anchor is none."
