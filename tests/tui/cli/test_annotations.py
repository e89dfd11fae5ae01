"""Annotations of a workflow run: the runner reads back what was meant, whatever foreign text is in them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from runner_commands import LINE_ENDS, commands_in
from thoroughness import examples

from diagnosis.visible_text import visible_line
from tui.cli.annotations import MOST, Annotation, Kind, annotation_lines

_FOREIGN = st.text(
    alphabet=st.one_of(st.sampled_from("%:,=\r\n# [25ADa\u2028\x85\x1b\u200b\u202e"), st.characters(codec="utf-8")),
    max_size=30,
)
_COMMANDS = st.sampled_from(
    ["::error::x", "\n::set-env name=A::b", "##[add-mask]x", "%0A::stop-commands::t", "::t::", "\r\n::debug::"]
)
_TEXTS = st.lists(_FOREIGN | _COMMANDS, max_size=4).map("".join)


@given(_TEXTS, st.lists(_TEXTS, min_size=1, max_size=3), _TEXTS, st.integers(1, 10_000))
@settings(max_examples=examples(400), deadline=None)
def test_an_annotation_is_one_command_with_the_text_that_was_meant(
    title: str, texts: list[str], file: str, line: int
) -> None:
    [printed] = annotation_lines([Annotation(Kind.ERROR, title, texts[0], file, line, tuple(texts[1:]))])
    assert len(LINE_ENDS.split(printed)) == 1
    [command] = commands_in(printed)
    assert command.name == "error"
    expected = {"file": visible_line(file), "line": str(line) if file else "", "title": visible_line(title)}
    assert {name: value for name, value in expected.items() if value.strip()} == {
        name: value for name, value in command.properties.items() if value.strip()
    }
    # No text of others begins a line, and nothing is left that moves a terminal.
    assert command.text.split("\n") == [visible_line(each) for each in texts]


def test_no_more_than_github_keeps_and_the_rest_is_counted() -> None:
    lines = annotation_lines(Annotation(kind, f"t{n}", "x") for n in range(MOST + 3) for kind in Kind)
    assert len(lines) == len(Kind) * MOST
    assert "4 more of this kind" in lines[MOST - 1]
    assert all(line.startswith("::error ") for line in lines[:MOST])
