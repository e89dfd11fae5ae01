"""No text, however mangled, makes the reader raise, show a secret, or miss what the whole reading finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_frames import action, gh, raw, script
from log_lines import read_lines
from thoroughness import examples

from diagnosis.failures import NOTHING_FOUND, NOTHING_STOPPED, decide, explain, explain_text, find_failures
from diagnosis.failures.stream import blocks, cut, thin
from diagnosis.gates import Plane
from diagnosis.logs.log_text import LONGEST_LINE

DENIAL = (
    "denied: User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: ecr:PutImage on resource: "
    "arn:aws:ecr:eu-west-1:111122223333:repository/payments because no identity-based policy allows the ecr:PutImage action"
)
LINES = [
    DENIAL,
    "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "Could not assume role with OIDC:",
    "is not authorized to perform:",
    "because no",
    "User:",
    "##[error]Process completed with exit code 1.",
    "##[group]Run aws-actions/configure-aws-credentials@v4",
    "  role-to-assume: arn:aws:iam::111122223333:role/ci",
    "##[endgroup]",
    "Run docker push x",
    "Post job cleanup.",
    "no basic auth credentials",
    "Login Succeeded",
    "#7 importing cache manifest from 111122223333.dkr.ecr.eu-west-1.amazonaws.com/c:1",
    "unexpected status: 403 Forbidden",
    "Cleaning up orphan processes",
    "plain output",
    "",
]
MANGLED = st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=25)


@given(MANGLED)
@settings(max_examples=examples(300))
def test_mangled_lines_never_raise(lines: list[str]) -> None:
    for text in ("\n".join(lines), raw(lines), gh([("step", line) for line in lines])):
        finding = explain_text(text)
        assert finding.plane in Plane
        if finding is not NOTHING_FOUND and finding is not NOTHING_STOPPED:
            assert finding.evidence is not None
            assert finding.evidence.line is not None
            assert finding.evidence.line <= text.count("\n") + 1


@given(MANGLED)
@settings(max_examples=examples(300))
def test_the_streamed_reading_finds_what_the_whole_reading_finds(lines: list[str]) -> None:
    text = raw([line.replace("\n", " ").replace("\r", " ") for line in lines])
    explanation = explain(text)
    assert explanation.failures == find_failures(read_lines(text))
    assert explanation.ended_well or explanation.finding == decide(read_lines(text))


@given(st.text(), st.integers(1, 50))
def test_any_text_cut_anywhere_is_the_same_text(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(blocks(pieces)) == text
    assert explain_text(pieces) == explain_text(text)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_text(data: bytes) -> None:
    assert explain_text(data.decode("utf-8", errors="replace")).plane in Plane
    assert explain_text(data.decode("latin-1")).plane in Plane


@pytest.mark.parametrize("cut_at", range(0, len(DENIAL), 7))
def test_a_denial_cut_off_anywhere(cut_at: int) -> None:
    finding = explain_text(DENIAL[:cut_at])
    assert finding.plane in (Plane.OTHER, Plane.AUTHORIZATION)


def endless(lines: int) -> Iterator[str]:
    filler = "2026-03-02T09:15:00.1234567Z compiling module number\n" * 1000
    for number in range(lines // 1000):
        yield filler
        if number % 10 == 0:
            yield f"2026-03-02T09:15:00.1234567Z denied: attempt {number}\n"
    yield f"2026-03-02T09:15:00.1234567Z {DENIAL}\n"


def test_a_long_log_keeps_only_what_may_matter() -> None:
    kept = list(thin(endless(100_000)))
    assert len(kept) < 200
    assert kept[-1].number == 100_000 + 10 + 1
    assert explain_text(endless(100_000)).cause == "push-scope"


def test_a_line_without_an_end_is_cut_and_does_not_pile_up() -> None:
    pieces = ("x" * 50_000 for _ in range(200))
    (only,) = [block for block in blocks([*pieces, "\n"]) if block.strip()]
    assert len(only) <= LONGEST_LINE + (1 << 18) + 50_001


def test_many_different_failures_do_not_pile_up() -> None:
    text = "\n".join(DENIAL.replace("payments", f"payments-{number}") for number in range(5_000))
    assert len(explain(text).failures) == 2_000


def test_secrets_in_failing_lines_are_replaced() -> None:
    secret = "ghp_" + "Ab0" * 12
    text = raw(
        [*action("a/b@v1", [f"token: {secret}"]), *script(["x"], f"{DENIAL} {secret}", f"next {secret}", error=1)]
    )
    finding = explain_text(text)
    assert finding.action == "ecr:PutImage"
    assert secret not in repr(finding)
    assert secret not in repr(find_failures(read_lines(text)))


def test_line_numbers_are_those_of_the_whole_text() -> None:
    text = raw(["noise"] * 5_000 + [DENIAL] + ["noise"] * 5_000)
    evidence = explain_text(text).evidence
    assert evidence is not None
    assert evidence.line == 5_001
    assert evidence.before == ("noise", "noise")
    assert explain_text(cut(text)) == explain_text(text)
