"""A run that did not succeed never gives 0 in silence: what it ended with is a fact beside what the gates say today."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from red_runs import (
    AT_GATE,
    CREDENTIALS,
    GOOD,
    LINT,
    PUSH,
    PYTEST,
    REFUSED,
    STEPS,
    SUMMARY,
    TESTS,
    WITHOUT_LOG,
    cut,
    release,
    world,
)
from replay_builders import CHECKOUT, Spec, failing, file_of, job_of, skipped, written_job
from rich.cells import cell_len
from small_world import World, sound_world, trust
from thoroughness import examples

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.headline import headline
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.runs import Job, Step
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.run_end import End, RunEnd, end_of
from diagnosis.verdicts.stop import Reason, Stop

CONCLUSIONS = (
    "failure",
    "cancelled",
    "timed_out",
    "startup_failure",
    "action_required",
    "skipped",
    "neutral",
    "stale",
    "of-a-later-day",
)


def told(made: World) -> tuple[int, str]:
    found = made.diagnosis()
    assert found.live is not None
    assert {each.verdict for each in found.live.gates} == {Verdict.PASS}
    return exit_code(found), headline(found).line(80)


ANOTHER = "all gates pass; the run failed at {} for another reason"
UNKNOWN = "all gates pass; why the run failed at {} is not known"
UNENDED = replace(TESTS, conclusion=None, status="in_progress")


@pytest.mark.parametrize(
    ("made", "code", "line"),
    [
        (world(GOOD, conclusion="success"), 0, "all gates pass; the run succeeded"),
        (world(AT_GATE), 0, "all gates pass today; the run failed at Role assumption"),
        (world(AT_GATE, cut("cancelled")), 0, "all gates pass today; the run failed at Role assumption"),
        (world(GOOD, TESTS), 5, ANOTHER.format("test › Run tests")),
        (world(TESTS), 5, ANOTHER.format("test › Run tests")),
        (world(GOOD, LINT), 5, ANOTHER.format("lint › Lint")),
        (world(AT_GATE, TESTS), 5, ANOTHER.format("test › Run tests")),
        (world(release(PUSH, "who knows", exit_code=1)), 3, "all gates pass; why the run failed at Release › Push is not known"),
        (world(release(PUSH, "hm", "make: *** [Makefile:3: push] Error 2", exit_code=2)), 3, UNKNOWN.format("Release › Push")),
        (world(release(PUSH, "make: *** No rule to make target 'x'.  Stop.", exit_code=2)), 5, ANOTHER.format("Release › Push")),
        (world(release(PUSH, "HTTP 403", "cat: x: No such file or directory", exit_code=1)), 3, UNKNOWN.format("Release › Push")),
        (world(AT_GATE, UNENDED), 3, UNKNOWN.format("test") + " (and at Role assumption)"),
        (world(GOOD, UNENDED), 3, UNKNOWN.format("test")),
        (world(GOOD, conclusion="success", status="in_progress"), 3, "all gates pass; the run has not ended"),
        (world(GOOD, TESTS, conclusion="success", status="queued"), 3, "all gates pass; the run has not ended"),
        (world(AT_GATE, conclusion="failure", status="in_progress"), 3, "all gates pass; the run has not ended"),
        (world(release(4, "who knows", exit_code=4)), 5, ANOTHER.format("Release › Digest")),
        (world(release(PUSH, "dial tcp: lookup registry: i/o timeout", exit_code=1)), 5, ANOTHER.format("Release › Push")),
        (world(GOOD, WITHOUT_LOG), 3, "all gates pass; why the run failed at test › Run tests is not known"),
        (world(GOOD, cut("cancelled"), conclusion="cancelled"), 5, "all gates pass; the run was cancelled at test › Run tests"),
        (world(AT_GATE, conclusion="cancelled"), 5, "all gates pass; the run was cancelled (and at Role assumption)"),
        (world(GOOD, cut("timed_out")), 5, "all gates pass; the run ran into its time limit at test › Run tests"),
        (world(conclusion="startup_failure"), 5, "all gates pass; the run never started"),
        (world(GOOD, conclusion="action_required"), 5, "all gates pass; the run waits for an approval"),
        (world(GOOD, conclusion="skipped"), 5, "all gates pass; the run was skipped"),
        (world(GOOD, conclusion="stale"), 5, "all gates pass; GitHub gave the run up as stale"),
        (world(GOOD, conclusion="of-a-later-day"), 3, "all gates pass; why the run failed is not known"),
        (world(GOOD, conclusion=None, status="in_progress"), 3, "all gates pass; the run has not ended"),
        (world(AT_GATE, conclusion=None, status="in_progress"), 3, "all gates pass; the run has not ended"),
    ],
)  # fmt: skip
def test_what_a_run_ended_with_decides_where_every_gate_passes(made: World, code: int, line: str) -> None:
    found, said = told(made)
    assert said.startswith(line)
    assert found == code


def test_jobs_that_could_not_be_read_leave_it_unknown() -> None:
    assert told(sound_world()) == (3, "all gates pass; why the run failed is not known")


def test_a_gate_that_fails_today_stands_above_it_and_the_line_says_both() -> None:
    diagnosis = world(GOOD, TESTS).with_trust(trust("repo:octo-org/another:ref:refs/heads/main")).diagnosis()
    assert exit_code(diagnosis) == ExitCode.FAILED
    line = headline(diagnosis).line(80)
    assert line == "Role assumption fails today; the run failed at test › Run tests for another reason"


def test_a_job_that_may_fail_is_no_reason() -> None:
    made = world(AT_GATE, TESTS)
    job = written_job(CHECKOUT, PYTEST, name="test", continue_on_error=True)
    assert told(replace(made, workflow=replace(made.workflow, jobs=(*made.workflow.jobs, job))))[0] == 0
    strict = replace(job, continue_on_error=False)
    assert told(replace(made, workflow=replace(made.workflow, jobs=(*made.workflow.jobs, strict))))[0] == 5


@pytest.mark.parametrize(
    ("written", "beside_gate", "alone"),
    [
        ("${{ matrix.experimental }}", 3, 5),
        ("${{ github.ref == 'refs/heads/nowhere' }}", 5, 5),
        ("${{ github.event_name != 'nothing' }}", 0, 3),
        ("false", 5, 5),
        ("", 5, 5),
    ],
)
def test_a_job_that_may_fail_by_an_expression_counts_as_far_as_it_is_known(
    written: str, beside_gate: int, alone: int
) -> None:
    job = written_job(CHECKOUT, PYTEST, name="test", continue_on_error=written)
    for made, code in ((world(AT_GATE, TESTS), beside_gate), (world(GOOD, TESTS), alone)):
        assert told(replace(made, workflow=replace(made.workflow, jobs=(*made.workflow.jobs, job))))[0] == code


def test_a_job_that_never_began_met_no_gate() -> None:
    unpaid = Job(
        9, "Release", "completed", "failure", annotations=job_of(annotations=["Payments have failed"]).annotations
    )
    assert told(world(unpaid))[0] == ExitCode.ANOTHER_REASON


def test_a_denial_of_another_identity_is_no_gate_of_the_run() -> None:
    other = "arn:aws:sts::999988887777:assumed-role/instance/i-0123456789abcdef0"
    words = f"User: {other} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::logs/x"
    found = world(GOOD, job_of(CHECKOUT, failing(Spec(name="Upload", run="./upload"), words, exit_code=1), name="logs"))
    code, line = told(found)
    assert (code, line) == (5, ANOTHER.format("logs › Upload"))


def test_a_tolerated_refusal_does_not_hide_what_stopped_the_run_after_it() -> None:
    refused = replace(failing(STEPS[CREDENTIALS], REFUSED), conclusion="success", continue_on_error=True)
    specs = (STEPS[0], refused, failing(PYTEST, SUMMARY, exit_code=1))
    sound = world(job_of(*specs, name="Release"))
    made = replace(sound, workflow=file_of(written_job(*specs, name="Release")))
    found = made.diagnosis()
    assert found.subject is not None
    assert end_of(found.subject).end is End.ANOTHER
    assert exit_code(found) != ExitCode.PASSED


@pytest.mark.parametrize(
    ("late", "end"),
    [
        (failing(PYTEST, SUMMARY, exit_code=1), End.ANOTHER),
        (failing(Spec(name="Upload", run="./upload"), "nothing to upload", exit_code=1), End.GATE),
        (failing(Spec(name="Look", run="aws s3 ls"), "dial tcp: i/o timeout", exit_code=1), End.GATE),
        (replace(PYTEST, output=[SUMMARY]), End.GATE),
    ],
    ids=["a reason of its own", "what the gate kept from being made", "a use of AWS", "tolerated"],
)
def test_what_fails_behind_a_shut_gate_for_a_reason_of_its_own_is_told(late: Spec, end: End) -> None:
    refused = failing(STEPS[CREDENTIALS], REFUSED)
    specs = (STEPS[0], refused, *skipped(*STEPS[2:]), replace(late, condition="always()"))
    made = world(job_of(*specs, name="Release"))
    subject = replace(made, workflow=file_of(written_job(*specs, name="Release"))).diagnosis().subject
    assert subject is not None
    assert end_of(subject).end is end


NAMES = st.text(st.sampled_from("ab cd-/é\n\t日本語🚀›"), min_size=1, max_size=120)
NO_GATES = ("another reason", "cancelled", "time limit", "never started", "approval", "skipped", "neutral", "stale")
KINDS = {
    "good": (GOOD, None),
    "gate": (AT_GATE, Reason.GATE),
    "tests": (TESTS, Reason.ANOTHER),
    "lint": (LINT, Reason.ANOTHER),
    "without log": (WITHOUT_LOG, Reason.UNKNOWN),
    "timed out": (cut("timed_out"), Reason.ANOTHER),
    "skipped": (Job(1, "later", "completed", "skipped"), None),
    "unheard of": (replace(GOOD, conclusion="unheard-of", steps=(Step(1, "Set up job", "completed", "success"),)), Reason.UNKNOWN),
}  # fmt: skip


@settings(max_examples=examples(120), deadline=None)
@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=4), st.sampled_from(CONCLUSIONS))
def test_nothing_but_failures_at_gates_ends_with_0_and_no_line_is_silent(kinds: list[str], conclusion: str) -> None:
    found = world(*(KINDS[kind][0] for kind in kinds), conclusion=conclusion).diagnosis()
    reasons = {KINDS[kind][1] for kind in kinds} - {None}
    code, line = exit_code(found), headline(found).line(80)
    if code == ExitCode.PASSED:
        assert reasons == {Reason.GATE}
        assert "failed at Role assumption" in line
    if reasons == {Reason.GATE} and conclusion == "failure":
        assert code == ExitCode.PASSED
    assert "succeeded" not in line
    assert "the run" in line
    assert Gate.ROLE_ASSUMPTION.label in line or code in (ExitCode.UNKNOWN, ExitCode.ANOTHER_REASON)
    if code == ExitCode.ANOTHER_REASON:
        assert any(words in line for words in NO_GATES)


@settings(max_examples=examples(60), deadline=None)
@given(NAMES, NAMES)
def test_the_first_line_fits_whatever_the_names_are(job: str, step: str) -> None:
    line = RunEnd(End.ANOTHER, (Stop(Reason.ANOTHER, "failure", job, step),)).sentence(64)
    assert cell_len(line) <= 64
    assert line.startswith("the run failed")
    assert line.endswith("for another reason")
    assert len(line.splitlines()) == 1


def test_the_document_holds_both_facts_and_every_stop() -> None:
    found = document(world(AT_GATE, TESTS, LINT).diagnosis())
    outcome = found["outcome"]
    assert isinstance(outcome, dict)
    assert outcome["gates"] == "all gates pass"
    assert outcome["end"] == "another-reason"
    assert outcome["sentence"] == f"{outcome['gates']}; {outcome['ended']}"
    stops = outcome["stops"]
    assert isinstance(stops, list)
    assert [(stop["job"], stop["reason"]) for stop in stops if isinstance(stop, dict)] == [
        ("Release", "gate"), ("test", "another-reason"), ("lint", "another-reason")
    ]  # fmt: skip
