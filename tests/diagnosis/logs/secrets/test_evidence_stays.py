"""What names a secret, or only looks like one, stays byte for byte: it is what a diagnosis is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.documents.redaction import leaks
from diagnosis.logs.scrub import Scrubber, scrub

COMMIT = "9cb4dd0f1d329f65b2365c5a5ec873d10c88eb29"
DIGEST = "d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56"
ROOT = Path(__file__).parents[4]
TEXT = (ROOT / "tests/data/texts_without_secrets.txt").read_text(encoding="utf-8")
LINES = TEXT.replace("COMMIT", COMMIT).replace("DIGEST", DIGEST).replace("SHORT", DIGEST[:12]).splitlines()
"""Lines of logs, policies, workflows and tools; ids and digests stand for themselves in the file."""
FRAMES = (
    "{}",
    "2026-03-02T09:15:00.1234567Z {}",
    "job\tstep\t2026-03-02T09:15:00.1Z {}",
    "2026-03-02T09:15:00.1Z \x1b[36;1m{}\x1b[0m",
)


def test_there_are_many() -> None:
    assert len(LINES) > 150


@pytest.mark.parametrize("frame", FRAMES)
def test_evidence_stays(frame: str) -> None:
    for line in LINES:
        text = frame.format(line)
        assert scrub(text) == text
    whole = "\n".join(frame.format(line) for line in LINES)
    assert scrub(whole) == whole


@settings(max_examples=examples(200))
@given(st.lists(st.sampled_from(LINES), min_size=2, max_size=6))
def test_no_line_makes_a_secret_of_the_next(lines: list[str]) -> None:
    text = "\n".join(lines)
    scrubber = Scrubber()
    assert scrub(text) == text
    assert "\n".join(scrubber.line(line) for line in lines) == text


def test_evidence_stops_no_packet() -> None:
    assert leaks({"packet.md": "\n".join(LINES)}) == ()


def test_the_words_of_the_tool_are_no_secret() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        assert scrub(text) == text, page.name
    logs = [
        log for log in (ROOT / "probes/embedded").rglob("*") if log.suffix in (".txt", ".yml", ".json", ".jsonl", ".tf")
    ]
    assert len(logs) > 30
    for log in logs:
        text = log.read_text(encoding="utf-8")
        assert scrub(text) == text, log.name
