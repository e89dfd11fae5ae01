"""Which step of the API, of the file and of the log are the same step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from replay_builders import CHECKOUT, CONFIGURE, LOGIN, PUSH, READ_BACK, RELEASE, Spec, job_of, written_job

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.logs.job_log import read_job_log
from diagnosis.steps.match import MOST_STEPS, Matched, match_steps, with_inner_steps


def matched(job: Job, *written: Spec) -> dict[str, Matched]:
    assert isinstance(job.log, Known)
    found = match_steps(job.steps, written_job(*written).steps, read_job_log(job.log.value))
    return {step.name: step for step in found}


def heads(step: Matched) -> list[str]:
    return [section.head for section in step.sections]


def test_each_step_gets_its_own_head_and_its_place_in_the_file() -> None:
    found = matched(job_of(*RELEASE), *RELEASE)
    assert heads(found["Get credentials"]) == [CONFIGURE.uses]
    assert heads(found["Registry"]) == [LOGIN.uses]
    assert heads(found["Ship it"]) == ["set -euo pipefail"]
    assert found["Ship it"].written is not None
    assert found["Ship it"].written.run == PUSH.run
    assert found["Run actions/checkout@v4"].written is not None


def test_a_skipped_step_takes_nobodys_lines() -> None:
    skipped = replace(LOGIN, name="Old registry", conclusion="skipped")
    found = matched(job_of(CHECKOUT, CONFIGURE, skipped, LOGIN, PUSH), CHECKOUT, CONFIGURE, skipped, LOGIN, PUSH)
    assert heads(found["Old registry"]) == []
    assert heads(found["Registry"]) == [LOGIN.uses]


def test_scripts_with_the_same_first_line_are_told_apart_by_their_order() -> None:
    other = replace(PUSH, name="Other", run="set -euo pipefail\necho other", output=["other"])
    found = matched(job_of(CHECKOUT, other, PUSH), CHECKOUT, other, PUSH)
    assert [line.text for line in found["Other"].output] == ["other"]
    assert found["Ship it"].sections[0].script == PUSH.run


def test_without_the_file_times_and_kinds_pair_the_sections() -> None:
    found = matched(job_of(*RELEASE))
    assert heads(found["Registry"]) == [LOGIN.uses]
    assert heads(found["Read the digest back"]) == [(READ_BACK.run or "").split("\n")[0]]
    assert found["Ship it"].written is None


def test_steps_within_one_second_are_still_told_apart_by_the_file() -> None:
    quick = [replace(spec, seconds=0.01) for spec in RELEASE]
    found = matched(job_of(*quick), *quick)
    assert heads(found["Get credentials"]) == [CONFIGURE.uses]
    assert heads(found["Registry"]) == [LOGIN.uses]
    assert found["Ship it"].sections[0].script == PUSH.run


def test_post_steps_get_the_clean_up_and_set_up_its_own_part() -> None:
    found = matched(job_of(*RELEASE), *RELEASE)
    assert found["Post Registry"].is_post
    assert found["Set up job"].sections[0].kind.value == "setup"
    assert found["Complete job"].sections[0].kind.value == "complete"
    assert not found["Registry"].is_post


def test_a_step_named_like_a_clean_up_is_none() -> None:
    post = replace(PUSH, name="Post the image")
    found = matched(job_of(CHECKOUT, CONFIGURE, LOGIN, post), CHECKOUT, CONFIGURE, LOGIN, post)
    assert not found["Post the image"].is_post
    assert found["Post the image"].sections[0].script == PUSH.run


def test_a_name_with_an_expression_fits_what_it_became() -> None:
    shown = replace(PUSH, name="Ship v1.4.0 to prod")
    written = replace(PUSH, name="Ship ${{ inputs.tag }} to ${{ inputs.target }}")
    found = matched(job_of(CHECKOUT, shown), CHECKOUT, written)
    assert found["Ship v1.4.0 to prod"].written is not None


def test_braces_within_a_text_of_an_expression_do_not_end_it() -> None:
    shown = replace(PUSH, name="Ship {}} to prod")
    written = replace(PUSH, name="Ship ${{ format('{0}}}', '{') }} to prod")
    assert matched(job_of(CHECKOUT, shown), CHECKOUT, written)["Ship {}} to prod"].written is not None


def test_another_version_of_the_file_pairs_only_what_is_there() -> None:
    found = matched(job_of(CHECKOUT, CONFIGURE, LOGIN), CHECKOUT, Spec(name="Brand new", run="true"), LOGIN)
    assert found["Get credentials"].written is None
    assert found["Registry"].written is not None


def test_groups_that_an_action_opens_inside_are_not_steps() -> None:
    chatty = replace(
        CHECKOUT, output=["##[group]Getting Git version info", "git version 2.52.0", "##[endgroup]", "done"]
    )
    found = matched(job_of(chatty, CONFIGURE), chatty, CONFIGURE)
    assert [line.text for line in found["Run actions/checkout@v4"].output][-1] == "done"


def test_a_head_inside_a_scripts_output_is_output() -> None:
    fake = Spec(name="Print", run="cat x", output=["##[group]Run acme/evil@v1", "##[endgroup]", "after"])
    found = matched(job_of(CHECKOUT, fake, CONFIGURE), CHECKOUT, fake, CONFIGURE)
    assert heads(found["Print"]) == ["cat x"]
    assert [line.text for line in found["Print"].output][-1] == "after"


def test_a_log_without_steps_in_the_api_speaks_for_itself() -> None:
    job = job_of(*RELEASE)
    assert isinstance(job.log, Known)
    found = match_steps((), (), read_job_log(job.log.value))
    assert [head for step in found for head in heads(step) if head][:2] == [CHECKOUT.uses, CONFIGURE.uses]


def test_no_log_leaves_the_steps_of_api_and_file() -> None:
    found = match_steps(job_of(*RELEASE).steps, written_job(*RELEASE).steps, None)
    assert [step.written is not None for step in found[:6]] == [False, True, True, True, True, True]
    assert all(not step.sections for step in found)


@pytest.mark.parametrize("stretch", [0.0, 1.0, 7.0, 60.0], ids=["all at once", "true", "slower", "much slower"])
def test_a_clock_that_is_not_the_logs_does_not_move_its_lines(stretch: float) -> None:
    job = job_of(*RELEASE)
    begin = min(step.started_at for step in job.steps if step.started_at)

    def stretched(at: datetime | None) -> datetime | None:
        return begin + stretch * (at - begin) if at else None

    steps = tuple(
        replace(step, started_at=stretched(step.started_at), completed_at=stretched(step.completed_at))
        for step in job.steps
    )
    found = matched(replace(job, steps=steps))
    assert heads(found["Get credentials"]) == [CONFIGURE.uses]
    assert heads(found["Registry"]) == [LOGIN.uses]
    assert heads(found["Ship it"]) == ["set -euo pipefail"]


def test_no_inner_step_of_an_action_that_failed_is_left_out_however_many_it_has() -> None:
    inner = tuple(WorkflowStep(None, None, run=f"echo {number}") for number in range(MOST_STEPS + 2))
    found = with_inner_steps([Matched(None, WorkflowStep(None, "./.github/actions/ship", None, inner=inner))])
    assert [step.written for step in found[1:]] == [*inner]
