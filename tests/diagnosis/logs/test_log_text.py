"""Frames are taken off, heads and echoes are marked, steps are counted."""

from __future__ import annotations

import pytest
from log_frames import action, gh, raw, script, web
from log_lines import read_lines

from diagnosis.logs.log_text import LONGEST_LINE, LineKind, LogLine


def kinds(text: str) -> list[tuple[LineKind, str]]:
    return [(line.kind, line.text) for line in read_lines(text)]


def only(text: str) -> LogLine:
    (line,) = read_lines(text)
    return line


def test_a_raw_file_loses_mark_timestamp_and_colour() -> None:
    line = only("\ufeff2026-03-06T06:11:13.6848055Z \x1b[31mError:\x1b[0m no\n")
    assert (line.number, line.text, line.kind, line.at) == (
        1,
        "Error: no",
        LineKind.OUTPUT,
        "2026-03-06T06:11:13.6848055Z",
    )


def test_an_empty_line_is_a_timestamp_and_a_space() -> None:
    assert only("2026-03-06T06:11:13.6848055Z ").text == ""
    assert only("2026-03-06T06:11:13.6848055Z").text == ""


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("##[error]", LineKind.ERROR),
        ("##[warning]", LineKind.WARNING),
        ("##[notice]", LineKind.NOTICE),
        ("##[debug]", LineKind.DEBUG),
        ("##[command]", LineKind.ECHO),
        ("[command]", LineKind.ECHO),
        ("##[endgroup]", LineKind.END_GROUP),
        ("##[group]", LineKind.GROUP),
    ],
)
def test_markers(marker: str, kind: LineKind) -> None:
    line = only(f"2026-03-06T06:11:13.6848055Z {marker}text")
    assert (line.kind, line.text) == (kind, "text")


def test_a_bare_notice_is_pip_talking() -> None:
    assert only("[notice] A new release of pip is available").kind is LineKind.OUTPUT


def test_the_head_of_an_action_is_an_echo_and_its_output_is_not() -> None:
    text = raw(action("acme/do@v1", ["script: exit 1"], "working"))
    assert kinds(text) == [
        (LineKind.GROUP, "Run acme/do@v1"),
        (LineKind.ECHO, "with:"),
        (LineKind.ECHO, "  script: exit 1"),
        (LineKind.END_GROUP, ""),
        (LineKind.OUTPUT, "working"),
    ]


def test_lines_carry_step_and_title() -> None:
    lines = list(read_lines(raw([*action("acme/do@v1"), "a", *script(["make all"], "b"), "Post job cleanup.", "c"])))
    assert [(line.text, line.step, line.title) for line in lines if line.text in "abc" and line.text] == [
        ("a", 1, "acme/do@v1"),
        ("b", 2, "make all"),
        ("c", 3, "Post job cleanup."),
    ]
    assert [line.post for line in lines if line.text in "abc" and line.text] == [False, False, True]


def test_an_actions_own_group_is_output() -> None:
    lines = list(read_lines(raw(["##[group]Getting Git version info", "git version 2.53.0", "##[endgroup]"])))
    assert [line.kind for line in lines] == [LineKind.GROUP, LineKind.OUTPUT, LineKind.END_GROUP]
    assert {line.step for line in lines} == {0}


def test_an_unstamped_line_in_a_head_ends_nothing() -> None:
    text = raw(["##[group]Run x", "with:", "  script: |"]) + "  ##[endgroup]\n  ##[error]no\n"
    assert [kind for kind, _ in kinds(text)][-2:] == [LineKind.ECHO, LineKind.ECHO]


def test_a_truncated_head_ends_with_an_error() -> None:
    lines = list(read_lines(raw(["##[group]Run x", "with:", "##[error]Process completed with exit code 1.", "after"])))
    assert [line.kind for line in lines][-2:] == [LineKind.ERROR, LineKind.OUTPUT]


def test_gh_output_names_job_and_step() -> None:
    lines = list(
        read_lines(gh([("Build", "##[group]Run make"), ("Build", "make"), ("Build", "##[endgroup]"), ("Test", "x")]))
    )
    assert [(line.job, line.step) for line in lines] == [("release", 1)] * 3 + [("release", 2)]
    assert [line.title for line in lines] == ["make", "make", "make", "Test"]
    assert lines[1].kind is LineKind.ECHO


def test_gh_output_of_unknown_steps_counts_heads() -> None:
    lines = list(read_lines(gh([("UNKNOWN STEP", line) for line in [*action("a/b@v1"), *action("c/d@v1")]])))
    assert {line.title for line in lines} == {"a/b@v1", "c/d@v1"}
    assert lines[-1].step - lines[0].step == 1


def test_a_continuation_in_gh_output_keeps_its_frame_off() -> None:
    text = gh([("Build", "with:")]) + "release\tBuild\t  more text\n"
    assert list(read_lines(text))[-1].text == "  more text"


def test_a_tab_in_plain_text_is_no_frame() -> None:
    assert only("NAME\tVERSION\tDESCRIPTION").text == "NAME\tVERSION\tDESCRIPTION"


def test_a_copied_head_ends_with_its_indentation() -> None:
    text = web("acme/do@v1", ["with:", "  key: denied: no"], "Error: real", "  indented output")
    assert [kind for kind, _ in kinds(text)] == [
        LineKind.GROUP,
        LineKind.ECHO,
        LineKind.ECHO,
        LineKind.OUTPUT,
        LineKind.OUTPUT,
    ]


def test_a_copied_head_without_indentation_is_known_by_its_keys() -> None:
    text = "Run acme/do@v1\nwith:\naws-region: eu-west-1\nenv:\nAWS_REGION: eu-west-1\nError: real\n"
    assert [kind for kind, _ in kinds(text)] == [LineKind.GROUP, *[LineKind.ECHO] * 4, LineKind.OUTPUT]


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[36;1mdocker push x\x1b[0m",
        "[36;1mdocker push x[0m",
        "+ docker push x",
        "++ date",
        "$ docker push x",
        "> app@1.0.0 build",
        'echo "done"',
        "   45 |     RUN npm ci",
        "#5 [2/3] RUN npm ci",
        "Step 3/9 : RUN npm ci",
        "HEAD is now at 0a1b2c3 title",
    ],
)
def test_echoes(text: str) -> None:
    line = only(text)
    assert line.kind is LineKind.ECHO
    assert not line.printed


@pytest.mark.parametrize(
    "text", ["denied: no", "echoes are heard", "+++", "#5 ERROR: no", "Runner lost", "exit status 1"]
)
def test_output_that_resembles_an_echo(text: str) -> None:
    assert only(text).printed


@pytest.mark.parametrize(
    ("framed", "text"),
    [
        ("[Container] 2026/03/02 09:15:00.123456 Phase complete", "Phase complete"),
        (" [Container] 2019/04/03 07:22:13 Command did not exit", "Command did not exit"),
        ("│ Error: no", "Error: no"),
        ("err: no basic auth credentials", "no basic auth credentials"),
        ("text\r", "text"),
        ("245 | tag invalid: no", "tag invalid: no"),
        ("246 |", ""),
        ("50%\r100%", "50% 100%"),
        ("a\x00b\x07c", "a b c"),
        ("\x1b]8;;https://x\x07link\x1b]8;;\x07", "link"),
    ],
)
def test_other_frames(framed: str, text: str) -> None:
    assert only(framed).text == text


def test_azure_sections_are_steps() -> None:
    lines = list(read_lines("##[section]Starting: Build\nx\n##[section]Finishing: Build\n"))
    assert lines[1].title == "Build"


def test_an_endless_line_is_cut() -> None:
    assert len(only("a" * (LONGEST_LINE * 3)).text) == LONGEST_LINE


def test_line_breaks_of_windows_and_missing_ones() -> None:
    assert [line.text for line in read_lines("a\r\nb\n\nc")] == ["a", "b", "", "c"]
    assert list(read_lines("")) == []
    assert [line.number for line in read_lines(["a\n", "b\n"])] == [1, 2]
