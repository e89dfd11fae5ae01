"""A whole log, read at once, gives what its lines give read one after the other; the fast way takes nothing for granted."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from log_frames import action, gh, raw, script, web
from thoroughness import examples

from diagnosis.failures.prefilter import may_matter, that_may_matter
from diagnosis.logs.job_log import read_job_log
from diagnosis.logs.log_text import LONGEST_LINE, LogLine, LogReader

_STAMP = "2026-03-06T06:11:13.6848055Z "
_BEGINNINGS = (
    *(
        "",
        "#8 21.70 ",
        "#8 21.70 #9 1.2 ",
        "#8 [2/4] ",
        "00O ",
        "12:30:11  ",
        "12 | ",
        "> ",
        " > ",
        "$ ",
        "++ ",
        "# ",
        "// ",
    ),
    *(
        "err: ",
        "out: ",
        "│ ",
        "    12 | ",
        "   * ",
        " * ",
        "echo ",
        "printf '",
        "if [",
        "if ! ",
        "grep -q ",
        "elif [ ",
        "trap ",
    ),
    *("Step 2/5 : ", "HEAD is now at ", "Executing: ", "throw new ", "raise E", "console.log(", "log.info(", "assert "),
    *("##[group]Run ", "##[endgroup]", "##[error]", "##[warning]", "##[command]", "[command]", "[error]", "##[debug]"),
    *(
        "Post job cleanup.",
        "Run make",
        "Cleaning up orphan processes",
        "\x1b[36;1m##[group]",
        "\x1b[31m",
        "[36;1m",
        "\ufeff",
    ),
    *("Error: ", "denied: ", "Starting: ", "shell: ", "env:", "  KEY: value", "[Container] 2026/03/06 06:11:13 "),
)
_TEXTS = st.one_of(
    st.sampled_from(
        ("", "word", "Pushed", "no basic auth credentials", "a  ", " a", "\ta", "a\tb", "é", "“a”", "a [x]", "\r")
    ),
    st.text(alphabet="aeEp#[]0 9.:/\\'\"\t\r\x1b\u2028é~^_", max_size=12),
)
_LINES = st.builds(
    lambda stamp, beginning, text: f"{stamp}{beginning}{text}",
    st.sampled_from((_STAMP, _STAMP, _STAMP, _STAMP[:-1], "", "\ufeff" + _STAMP, "publish\tBuild\t" + _STAMP)),
    st.sampled_from(_BEGINNINGS),
    _TEXTS,
)


def one_by_one(raws: list[str]) -> list[LogLine]:
    reader = LogReader()
    return [reader.read(number, line) for number, line in enumerate(raws, start=1)]


@settings(max_examples=examples(2_400))
@given(st.lists(_LINES, max_size=12))
def test_a_log_read_at_once_is_its_lines_read_one_by_one(lines: list[str]) -> None:
    raws = [_STAMP + "begun", *(line for line in lines if "\x1b[36;1m##[" not in line)]
    assert LogReader().read_all(raws) == one_by_one(raws)


def test_every_beginning_in_a_stamped_log_is_read_alike() -> None:
    for beginning in _BEGINNINGS:
        if "\x1b[36;1m##[" in beginning:
            continue
        for text in ("", "word", "1", "* x", "é", "a ", "[b]", "x" * LONGEST_LINE):
            raws = [_STAMP + "begun", _STAMP + beginning + text, _STAMP + "after it"]
            assert LogReader().read_all(raws) == one_by_one(raws), (beginning, text[:8])


def test_whole_logs_in_every_frame_are_read_alike() -> None:
    step = [*action("acme/do@v1", ["script: exit 1"], "working"), *script(["make"], "echo done", "2 of 3")]
    copied = web("make", ["shell: /bin/sh"], "12 | a", "env: x", "done")
    for text in (raw(step), gh(("Build", line) for line in step), copied, raw([]) + copied):
        raws = text.split("\n")
        assert LogReader().read_all(raws) == one_by_one(raws)


def test_an_echoed_marker_is_text() -> None:
    log = read_job_log(f"{_STAMP}##[group]Run make\n{_STAMP}\x1b[36;1m##[endgroup]\x1b[0m\n{_STAMP}##[endgroup]\n")
    assert [line.text for line in log.lines] == ["Run make", "##[endgroup]", ""]


@given(
    st.lists(st.sampled_from(("", "nothing", "denied: a", "x AccessDenied", "two\nlines", "no basic auth")), max_size=9)
)
@settings(max_examples=examples(400))
def test_the_places_that_may_matter_are_those_of_each_line(texts: list[str]) -> None:
    assert that_may_matter(texts) == {place for place, text in enumerate(texts) if may_matter(text)}
