"""The search for the lines that the reader needs misses none of them: reading every line gives the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_frames import gh, raw, script
from log_lines import read_lines
from places import ROOT, SHARED
from thoroughness import examples, some

from diagnosis.failures import reader
from diagnosis.failures.context_lines import look_around
from diagnosis.failures.prefilter import WORDS, interesting_lines, may_matter, that_may_matter
from diagnosis.failures.reader import Scan, scan
from diagnosis.failures.rule import LogContext
from diagnosis.failures.rules import RULES
from diagnosis.failures.stream import cut, thin
from diagnosis.logs.log_text import LineKind, LogLine
from diagnosis.logs.quoted import unquoted_pieces

FILLER = [
    "",
    " ",
    "\t",
    "✓",
    "a module",
    "\x1b[31m",
    "\x1b[0m",
    "403",
    "exit ",
    "ecr",
    "arn:aws:iam::111122223333:role/ci",
]
LINES = st.lists(st.sampled_from([*WORDS, *FILLER]), max_size=5).map("".join)
MARKED = st.tuples(st.sampled_from(["", "", "", "##[error]", "##[group]Run ", "Error: ", "\x1b[36;1m"]), LINES).map(
    "".join
)
"""Lines as logs have them: a rule's words alone, joined, in colours, behind a marker."""


def read_whole(text: str) -> Scan:
    """The reading of every line, without any search before it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "may_matter", lambda _text: True)
        patched.setattr(reader, "that_may_matter", lambda texts: set(range(len(texts))))
        return scan(list(read_lines(text)))


def same(text: str) -> bool:
    whole = read_whole(text)
    return scan(list(read_lines(text))) == whole == scan(thin(unquoted_pieces(cut(text))))


@given(st.lists(LINES, max_size=8))
def test_many_lines_are_told_as_one_by_one(texts: list[str]) -> None:
    expected = {place for place, text in enumerate(texts) if any(word in text for word in WORDS)}
    assert that_may_matter(texts) == expected == {place for place, text in enumerate(texts) if may_matter(text)}


def test_a_text_with_a_line_break_in_it_is_one_text() -> None:
    assert that_may_matter(["a", "b\naccess denied", "c"]) == {1}
    assert that_may_matter([]) == set()


def test_the_words_are_those_of_the_rules_and_of_the_context() -> None:
    assert {word for rule in RULES for word in rule.words} <= set(WORDS)
    assert not any("\n" in word or not word for word in WORDS)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (LineKind.OUTPUT, "Assuming role with OIDC"),
        (LineKind.OUTPUT, "Login Succeeded"),
        (LineKind.OUTPUT, "Authenticated as assumedRoleId AROA:ci"),
        (LineKind.OUTPUT, "Logging into registry 111122223333.dkr.ecr.eu-west-1.amazonaws.com"),
        (LineKind.OUTPUT, "1.4.2: digest: sha256:0a size: 1570"),
        (LineKind.OUTPUT, "#7 importing cache manifest from x"),
        (LineKind.OUTPUT, "#3 [internal] load metadata for mcr.microsoft.com/x:1"),
        (LineKind.OUTPUT, "The push refers to repository [x/y]"),
        (LineKind.OUTPUT, "pulling ghcr.io/a/b"),
        (LineKind.OUTPUT, "CodeArtifact: codeartifact"),
        (LineKind.ECHO, "role-to-assume: arn:aws:iam::111122223333:role/ci"),
        (LineKind.ECHO, "aws-access-key-id: ***"),
        (LineKind.ECHO, "docker push x"),
        (LineKind.ECHO, "skopeo copy a b"),
        (LineKind.ECHO, "uses: gcr.io/kaniko-project/executor"),
    ],
)
def test_a_line_that_tells_of_the_context_is_read(kind: LineKind, text: str) -> None:
    context, passed = LogContext(), dict[str, int]()
    look_around(LogLine(1, text, kind), context, passed)
    assert context != LogContext() or passed
    assert may_matter(text)


@given(st.lists(MARKED, max_size=25))
@settings(max_examples=examples(400))
def test_reading_what_was_found_gives_what_reading_every_line_gives(lines: list[str]) -> None:
    for text in (
        "\n".join(lines),
        raw(lines),
        gh([("step", line) for line in lines]),
        raw(script(["make"], *lines, error=1)),
    ):
        assert same(text)


def test_a_word_with_a_colour_in_it_is_found() -> None:
    block = "noise\n\x1b[1mno basic \x1b[31mauth\x1b[0m credentials\nnoise\n[31mexit[0m code 1\n"
    assert interesting_lines(block) == [(6, True), (block.index("[31mexit"), True)]


def test_quotation_marks_of_a_word_processor_are_the_plain_ones() -> None:
    assert interesting_lines("noise\nis requesting \u2018id-token: write\u2019") == [(6, True)]


@pytest.mark.parametrize("end", some(["\r\n", "\n"], 2))
def test_a_long_log_of_one_failure(end: str) -> None:
    noise = ["✓ 🚀 a module was built" if number % 7 == 0 else "a module was built" for number in range(20_000)]
    assert same(end.join(raw([*noise, *script(["x"], "no basic auth credentials", error=1), *noise]).split("\n")))


def test_the_logs_of_the_embedded_incident_read_the_same() -> None:
    logs = [file.read_text(encoding="utf-8") for file in (ROOT / "probes/embedded/incident/logs").rglob("*.txt")]
    assert logs
    assert [text[:80] for text in logs if not same(text)] == []


@pytest.mark.shared
def test_real_logs_read_the_same() -> None:
    folder = SHARED / "corpus"
    if not folder.exists():
        pytest.skip("the reference folder is absent")
    rows = (folder / "failure_logs.jsonl").read_text(encoding="utf-8").splitlines()
    excerpts = [json.loads(row)["excerpt"] for row in rows]
    logs = [
        file.read_text(encoding="utf-8", errors="replace") for file in (folder / "rawlogs").rglob("*") if file.is_file()
    ]
    assert [text[:80] for text in (*excerpts, *logs) if not same(text)] == []
