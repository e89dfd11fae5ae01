"""A raw job log falls into the sections that the runner wrote, heads apart from output."""

from __future__ import annotations

from replay_builders import CONFIGURE, HOST, LOGIN, PUSH, ROLE, LogWriter, Spec

from diagnosis.logs.job_log import JobLog, SectionKind, read_job_log, time_of


def read(*specs: Spec) -> JobLog:
    writer = LogWriter()
    writer.set_up(True)
    for spec in specs:
        writer.step(spec)
    writer.say("Post job cleanup.", "Logging out of registry", "Post job cleanup.", "Cleaning up orphan processes")
    return read_job_log(writer.text())


def test_sections_are_those_of_the_runner_in_order() -> None:
    log = read(CONFIGURE, LOGIN, PUSH)
    assert [section.kind.value for section in log.sections] == [
        "setup",
        "run",
        "run",
        "run",
        "post",
        "post",
        "complete",
    ]
    assert [section.head for section in log.sections[1:4]] == [
        "aws-actions/configure-aws-credentials@v4",
        "aws-actions/amazon-ecr-login@v2",
        "set -euo pipefail",
    ]


def test_an_action_has_its_inputs_and_its_environment() -> None:
    section = read(LOGIN).sections[1]
    pair = section.input("Registry-Type")
    assert section.uses == "aws-actions/amazon-ecr-login@v2"
    assert section.script is None
    assert pair is not None
    assert pair[1] == "private"
    assert section.environment()["AWS_SESSION_TOKEN"] == "***"
    assert section.input("registries") is None


def test_a_script_is_kept_as_written_apart_from_what_it_printed() -> None:
    section = read(PUSH).sections[1]
    assert section.uses is None
    assert section.script == PUSH.run
    assert [line.text for line in section.output] == list(PUSH.output)


def test_line_numbers_count_from_one_in_the_whole_log() -> None:
    log = read(LOGIN)
    raw = [f"Logging into registry {HOST}"]
    (line,) = [line for line in log.lines if line.text in raw]
    assert log.lines[line.number - 1] is line
    assert [line.number for line in log.lines] == list(range(1, len(log.lines) + 1))


def test_a_script_that_names_the_runners_own_words_ends_its_head_where_the_runner_does() -> None:
    script = "echo one\nshell: nothing\nenv:\n  A: b\n##[endgroup]\necho two"
    section = read(Spec(run=script, output=["one"], env={"REAL": "1"})).sections[1]
    assert section.script == script
    assert section.environment() == {"REAL": "1"}
    assert [line.text for line in section.output] == ["one"]


def test_a_value_of_several_lines_is_one_value_whatever_it_quotes() -> None:
    body = "first\n##[endgroup]\n##[group]Run evil/action@v1\n##[error]boom\nlast: line"
    spec = Spec(uses="acme/comment@v1", inputs={"body": body, "after": "yes"}, output=["done"])
    log = read(spec)
    section = log.sections[1]
    pair, after = section.input("body"), section.input("after")
    assert [one.kind for one in log.sections].count(SectionKind.RUN) == 1
    assert pair is not None
    assert pair[1] == body
    assert after is not None
    assert after[1] == "yes"
    assert [line.text for line in section.output] == ["done"]


def test_a_log_cut_inside_a_head_has_no_output() -> None:
    writer = LogWriter()
    writer.say("##[group]Run aws-actions/configure-aws-credentials@v4", "with:", f"  role-to-assume: {ROLE}")
    (section,) = read_job_log(writer.text()).sections
    assert section.output == ()
    assert section.input("role-to-assume") is not None


def test_an_empty_log_has_no_lines_and_no_sections() -> None:
    assert read_job_log("") == JobLog((), ())
    assert all(section.kind is SectionKind.SETUP for section in read_job_log("\ufeff").sections)


def test_times_are_read_with_seven_decimals_and_bad_ones_are_none() -> None:
    log = read_job_log("\ufeff2026-03-02T09:00:00.1234567Z one\n2026-99-99T99:99:99.0000000Z two\nthree\n")
    moments = [time_of(line) for line in log.lines]
    assert moments[0] is not None
    assert moments[0].microsecond == 123456
    assert moments[1:] == [None, None]


def test_around_a_line_stand_at_most_two_on_either_side() -> None:
    log = read_job_log("a\nb\nc\nd\n")
    assert log.around(1) == ((), ("b", "c"))
    assert log.around(4) == (("b", "c"), ())
