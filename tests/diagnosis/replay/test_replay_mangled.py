"""No log, however mangled, makes the replay raise, and none gives a pass without evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_attempts import with_workflow
from replay_builders import (
    CHECKOUT,
    CONFIGURE,
    LOGIN,
    PUSH,
    READ_BACK,
    RELEASE,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    skipped,
    written_job,
)
from thoroughness import examples

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import GATES, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay

NOT_TRUSTED = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
STORIES: tuple[tuple[Spec, ...], ...] = (
    RELEASE,
    (CHECKOUT, failing(CONFIGURE, "Assuming role with OIDC", NOT_TRUSTED), *skipped(LOGIN, PUSH)),
    (CHECKOUT, CONFIGURE, failing(LOGIN, f"##[error]{denied('ecr:GetAuthorizationToken', '*')}"), *skipped(PUSH)),
    (CHECKOUT, CONFIGURE, LOGIN, failing(PUSH, f"denied: {denied('ecr:PutImage')}", exit_code=1), *skipped(READ_BACK)),
)
JUNK = (
    "##[group]Run x",
    "##[endgroup]",
    "##[error]boom",
    "Post job cleanup.",
    "with:",
    "  a: b",
    "\x00\xff\x1b[36;1m",
    "",
)


def check(result: Replay) -> None:
    assert tuple(gate.gate for gate in result.gates) == GATES
    stopped = False
    for gate in result.gates:
        assert gate.reason
        if gate.verdict is Verdict.PASS:
            assert gate.evidence
            assert all(item.text for item in gate.evidence)
        if gate.verdict is Verdict.FAIL:
            stopped = True
            assert gate.evidence
        if gate.verdict is Verdict.BLOCKED:
            assert stopped
        if gate.verdict is Verdict.UNKNOWN:
            assert gate.missing


def story(number: int) -> tuple[Job, Workflow]:
    return job_of(*STORIES[number]), file_of(written_job(*STORIES[number]))


def with_log(job: Job, text: str) -> Attempt:
    return attempt_of(replace(job, log=Known(text)))


@pytest.mark.parametrize("number", range(len(STORIES)))
def test_the_stories_themselves_hold(number: int) -> None:
    job, workflow = story(number)
    check(replay(with_workflow(attempt_of(job), workflow)))
    check(replay(attempt_of(job)))


@settings(deadline=None, max_examples=examples(120), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(STORIES) - 1), st.data())
def test_lines_cut_shuffled_and_mixed_with_junk(number: int, data: st.DataObject) -> None:
    job, workflow = story(number)
    assert isinstance(job.log, Known)
    lines = job.log.value.split("\n")
    kept = data.draw(st.lists(st.sampled_from(lines + list(JUNK)), max_size=120))
    check(replay(with_workflow(with_log(job, "\n".join(kept)), data.draw(st.sampled_from([workflow, None])))))


@settings(deadline=None, max_examples=examples(120), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(STORIES) - 1), st.data())
def test_a_log_cut_anywhere(number: int, data: st.DataObject) -> None:
    job, workflow = story(number)
    assert isinstance(job.log, Known)
    text = job.log.value
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    check(replay(with_workflow(with_log(job, text[begin:end]), workflow)))


@settings(deadline=None, max_examples=examples(80))
@given(st.text(max_size=2_000))
def test_any_text_at_all(text: str) -> None:
    job, workflow = story(0)
    check(replay(with_workflow(with_log(job, text), workflow)))
    check(replay(with_log(replace(job, steps=()), text)))


@settings(deadline=None, max_examples=examples(80))
@given(st.binary(max_size=2_000))
def test_binary_junk(raw: bytes) -> None:
    job, workflow = story(1)
    check(replay(with_workflow(with_log(job, raw.decode("latin-1")), workflow)))
    check(replay(with_log(job, raw.decode("utf-8", "replace"))))


@settings(deadline=None, max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(STORIES) - 1), st.data())
def test_step_records_that_contradict_the_log(number: int, data: st.DataObject) -> None:
    job, workflow = story(number)
    conclusions = st.sampled_from(["success", "failure", "skipped", "cancelled", None, "neutral"])
    steps = tuple(
        replace(step, conclusion=data.draw(conclusions), number=data.draw(st.integers(1, 12)))
        for step in data.draw(st.lists(st.sampled_from(job.steps), max_size=10))
    )
    changed = replace(job, steps=steps, conclusion=data.draw(conclusions))
    check(replay(with_workflow(attempt_of(changed), data.draw(st.sampled_from([workflow, None])))))


@pytest.mark.parametrize(
    "filler",
    ["x" * 3_000_000, "##[group]Run a\n" * 20_000, "a: " * 200_000, "$(" * 100_000, "\n" * 300_000],
    ids=["one line", "heads", "pairs", "substitutions", "empty lines"],
)
def test_huge_lines_and_endless_heads(filler: str) -> None:
    job, workflow = story(3)
    assert isinstance(job.log, Known)
    half = len(job.log.value) // 2
    check(
        replay(
            with_workflow(with_log(job, job.log.value[:half] + "\n" + filler + "\n" + job.log.value[half:]), workflow)
        )
    )


def test_a_failed_step_gives_no_pass_to_its_own_gate_whatever_its_lines_say() -> None:
    lying = failing(
        CONFIGURE, "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions", "##[error]nothing known"
    )
    steps = (CHECKOUT, lying, *skipped(LOGIN, PUSH))
    result = replay(with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps))))
    assert all(gate.verdict is not Verdict.PASS for gate in result.gates)


@settings(deadline=None, max_examples=examples(60))
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=300))
def test_strange_workflow_files(name: str, uses: str, script: str) -> None:
    steps = (Spec(name=name or None, uses=uses or "a/b@c"), Spec(name=name or None, run=script), *RELEASE)
    check(replay(with_workflow(attempt_of(job_of(*RELEASE)), file_of(written_job(*steps)))))
