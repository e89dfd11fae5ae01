"""The runner obeys no line of foreign text: neither of its forms is left, and commands are stopped around it all the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runner_commands import NAMES, Command, Runner
from thoroughness import examples, spread

from tui.cli.annotations import Annotation, Kind, annotation_lines
from tui.cli.step_summary import add_to_summary, code, markdown, within
from tui.cli.workflow_commands import TOKEN_VARIABLE, no_commands, obeyed, stopped

TOKEN = "0123456789abcdef0123456789abcdef"
COMMANDS = sorted(NAMES | {TOKEN})
"""All names that the runner knows, and the token by which it would begin to listen again."""
breaks = st.sampled_from(
    ["", " ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u3000", "\u200b", "\ufeff", "\x1b[31m"]
)
signs = st.sampled_from(
    ["::", "##[", "]", ":", "%0A::", "%", ",", "=", "x", "-", "7)", "file=a", "\u0301", "`", "<", "|"]
)
hostile = st.lists(st.one_of(breaks, signs, st.sampled_from(COMMANDS)), max_size=12).map("".join)


@pytest.fixture(autouse=True)
def in_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)


@pytest.mark.parametrize("name", spread(COMMANDS))
def test_the_model_knows_both_forms_of_a_command(name: str) -> None:
    for line in (f"::{name}::x", f"  \u00a0::{name.upper()} a=b::x", f"text ##[{name}]x", f"::{name} a=b:\u200b:x"):
        runner = Runner().read(line)
        found = [each.name for each in runner.obeyed] or ["stop-commands" if runner.token else None]
        assert found == ([name] if name in NAMES else [None])


@settings(max_examples=examples(640))
@given(text=hostile)
def test_neither_form_is_left_in_what_is_printed(text: str) -> None:
    runner = Runner().read(no_commands(text))
    assert (runner.obeyed, runner.token) == ([], "")


@settings(max_examples=examples(640))
@given(text=hostile)
def test_between_the_stop_and_its_token_nothing_is_obeyed_even_of_raw_text(text: str) -> None:
    told = stopped(text)
    runner = Runner().read(told + "::notice::ours\n")
    assert runner.obeyed == [Command("notice", {}, "ours")]
    assert runner.token == ""
    assert told.splitlines()[0] != stopped(text).splitlines()[0]


@settings(max_examples=examples(480))
@given(text=hostile, title=hostile, file=hostile)
def test_an_annotation_is_one_command_whose_words_stay_in_their_places(text: str, title: str, file: str) -> None:
    lines = annotation_lines([Annotation(Kind.ERROR, f"planescope: {title}", text, f"a{file}", 7)])
    for before, after in ((stopped("x"), stopped("y")), ("", "")):
        runner = Runner().read(before + obeyed(lines) + after)
        assert [each.name for each in runner.obeyed] == ["error"]
        assert set(runner.obeyed[0].properties) == {"file", "line", "title"}
        assert runner.obeyed[0].properties["line"] == "7"


def test_where_the_caller_stopped_commands_only_ours_are_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    text = stopped("::error::foreign\n") + obeyed(["::warning::ours"]) + stopped("::stop-commands::x\n")
    runner = Runner().read(f"::stop-commands::{TOKEN}\n{text}")
    assert [(each.name, each.text) for each in runner.obeyed] == [("warning", "ours")]
    assert runner.token == TOKEN
    assert runner.read(f"::{TOKEN}::\n").token == ""


@pytest.mark.parametrize("token", ["", "error", "pause-logging", TOKEN[:-1], f"{TOKEN}\n::error::x", "::"])
def test_a_token_that_is_none_is_not_believed(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    assert Runner().read(stopped("::error::x") + obeyed(["::notice::y"])).obeyed == [Command("notice", {}, "y")]


@settings(max_examples=examples(400))
@given(text=hostile)
def test_foreign_text_in_a_summary_is_one_line_of_text(text: str) -> None:
    for written in (markdown(text), code(text).removeprefix("<code>").removesuffix("</code>")):
        assert not set(written) & set("\r\n\u2028\u2029<>[]|`*_~:.@#!\\") - set("#!")
        assert not re.match(r"[-=]|\d+\)", written)
        assert all(part[:1] == "&" or "#" not in part for part in written.replace("&", "\0&").split("\0"))


def test_a_summary_ends_where_github_keeps_no_more(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place))
    monkeypatch.setattr("tui.cli.step_summary.LARGEST", 500)
    for _ in range(9):
        assert add_to_summary("| ä | row |\n" * 20) == ""
    assert place.stat().st_size <= 500
    assert "is cut here" in place.read_text("utf-8")
    assert within("short", 500) == "short"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert add_to_summary("x") == "Is a directory"
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert add_to_summary("x") == ""
