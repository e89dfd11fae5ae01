"""What the runner reads of a preflight: foreign words become neither a workflow command nor markup."""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from runner_commands import Runner
from stated_worlds import problem, stated, text_of
from thoroughness import examples

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.documents.preflight import Placed, Preflight, document
from diagnosis.findings.finding import Place
from diagnosis.gates import Checkpoint
from diagnosis.verdicts.gate_verdict import Missing
from tui.cli.annotations import annotation_lines
from tui.cli.reports.preflight import annotated, show, summary
from tui.cli.workflow_commands import no_commands, no_commands_in_json, obeyed, stopped

HOSTILE = [
    "::error file=a,line=1::gone",
    "x\n::add-mask::y\r::stop-commands::z",
    "a ##[error]b ##[group]c",
    " \u3000::notice::x",
    "<script>alert(1)</script> <img src=x>",
    "[a](https://evil.example) ![b](//evil) www.evil.example https://evil.example @octocat #12",
    "`code` | cell | **bold** _it_ ~~s~~ \\| &lt; $x^2$",
    "\x1b[2J\u202e\u2028::error::",
]


def with_words(words: str) -> Preflight:
    found = stated(problem(Checkpoint.ROLE_ASSUMPTION, Cause.SUBJECT_NOT_ADMITTED, reason=words, resource=words))
    claims = ClaimSet((("sub", words),), words)
    gap = Missing(words, words, words, words)
    placed = tuple(Placed(each, Place(f"{words}.yml", 3)) for each in (*found.problems, *found.gates[2:]))
    told = {"job": words, "ref": words, "claims": (claims,), "unknown": (gap,), "notes": (words,), "repository": words}
    return replace(found, placed=placed, **told)


def told(preflight: Preflight, width: int = 40) -> str:
    """As the command prints it, in a window so narrow that words begin lines."""
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        show(preflight, console, mask_accounts=False)
    return no_commands(captured.get())


def is_no_command(text: str) -> bool:
    return "##[" not in text and not any(line.lstrip().startswith("::") for line in re.split(r"[\r\n]", text))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_words(words: str) -> None:
    preflight = with_words(words)
    page = summary(preflight, mask_accounts=False)
    assert is_no_command(told(preflight))
    assert is_no_command(page)
    assert set(re.findall(r"<[^>]*>", page)) == {"<code>", "</code>"}
    assert "](" not in page
    assert "://" not in page
    assert "www." not in page
    # A table row keeps its cells: five bars, and no other line grows one.
    bars = [line.count("|") for line in page.splitlines() if line.startswith("|")]
    assert bars == [5] * 6
    assert page.count("|") == 30


@pytest.mark.parametrize("words", HOSTILE)
def test_json_means_the_same_without_a_command(words: str) -> None:
    values = document(with_words(words), version="0")
    text = no_commands_in_json(json.dumps(values, indent=2))
    assert is_no_command(text)
    assert json.loads(text) == values


@pytest.mark.parametrize("words", HOSTILE)
def test_the_log_as_a_whole_holds_the_annotations_and_no_other_command(words: str) -> None:
    preflight = with_words(words)
    log = stopped(told(preflight)) + obeyed(annotation_lines(annotated(preflight, mask_accounts=False)))
    runner = Runner().read(log)
    assert [each.name for each in runner.obeyed] == ["error", "warning", "warning"]
    assert runner.token == ""
    for each in runner.obeyed:
        assert set(each.properties) == {"file", "line", "title"}
        assert each.properties["title"].startswith("planescope: ")


@settings(max_examples=examples(200))
@given(words=st.text(alphabet="a:#[] \n\r\t|`<&\u3000\u2028", max_size=60), width=st.integers(10, 60))
def test_no_words_and_no_width_make_a_command(words: str, width: int) -> None:
    assert is_no_command(told(with_words(words), width))
    assert is_no_command(summary(with_words(words), mask_accounts=False))


def test_what_a_secret_looks_like_is_replaced_in_the_document() -> None:
    token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    text = text_of(with_words(f"pushed with {token}"))
    assert token not in text
    assert "[scrubbed:github-token]" in text


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_stands_behind_its_place_and_is_no_sentence(cause: Cause) -> None:
    preflight = stated(problem(cause.record.checkpoint, cause, reason="Nothing may be pushed."))
    for text in (told(preflight, 1000), html.unescape(summary(preflight, mask_accounts=False))):
        assert f"({cause}): Nothing may be pushed." in text
        assert cause.next_step in text
        assert f" {cause}. " not in text


@pytest.mark.parametrize("before", ["", "\x1b[1;31m \x1b[0m", "\u0640", "\U0001d165 \u0301", "✔ "])
def test_no_line_is_a_command_for_what_a_language_reads_over(before: str) -> None:
    # Compared by a language's rules, a text may begin with what stands behind signs of no weight.
    assert no_commands(f"x\n{before}::error::y") == f"x\n{before}: :error::y"
    assert no_commands(f"a{before}::b") == f"a{before}::b"
    # The runner ends a line at a carriage return too, wherever it stands.
    assert no_commands(f"a\r{before}::error::y") == f"a\r{before}: :error::y"
