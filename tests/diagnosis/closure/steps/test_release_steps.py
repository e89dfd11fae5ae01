"""Which steps of a closing run count: what GitHub recorded as skipped did nothing, and what was not read is said."""

from __future__ import annotations

from dataclasses import replace

from arns import arn_of
from closing_runs import closing, release, script
from green_runs import PUSH, green
from green_runs import release as green_release

from diagnosis.closure.steps.code.other_code import judge_other_code
from diagnosis.closure.steps.constants.constant_evidence import judge_constant_evidence
from diagnosis.closure.steps.demotion.lost_failures import judge_lost_failures
from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.closure.steps.release_steps import read_release
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job, Step
from diagnosis.gates import Verdict
from diagnosis.verdicts.replay import Fact, Replay, RunFacts

ROLE = "arn:aws:iam::111122223333:role/release"
SESSION = "arn:aws:sts::111122223333:assumed-role/release/GitHubActions"


def ran(run: Replay, work: str, job: str = "success") -> Replay:
    """The run with its one job as GitHub lists it, in which the step Work ended so."""
    steps = (Step(1, "Set up job", "completed", "success"), Step(2, "Work", "completed", work))
    listed = Job(1, "release", "completed", job, steps=steps)
    return replace(run, attempt=replace(run.attempt, jobs=Known((listed,))))


def test_a_step_or_a_job_that_was_skipped_did_nothing() -> None:
    line = "git checkout other\nexport AWS_ACCESS_KEY_ID=${{ secrets.A }}"
    run = closing(release(middle=script(line)))
    for judge in (judge_other_code, judge_long_lived_keys):
        assert judge(ran(run, "success")).verdict is Verdict.FAIL
        assert judge(ran(run, "skipped")).verdict is Verdict.PASS
        assert judge(ran(run, "success", "skipped")).verdict is Verdict.UNKNOWN
    off = closing(release(middle=script(line, "if: false")))
    assert judge_other_code(off).verdict is Verdict.PASS


def test_a_runner_of_ones_own_counts_where_the_log_names_the_role_s_session() -> None:
    run = closing(release().replace("ubuntu-latest", "self-hosted"))
    assert judge_long_lived_keys(run).verdict is Verdict.UNKNOWN
    proof = Evidence(EvidenceKind.LOG_LINE, "the line")
    for principal, found in (
        (SESSION, Verdict.PASS),
        (SESSION.replace("role/release", "role/runner"), Verdict.UNKNOWN),
    ):
        facts = RunFacts(role_arn=Fact(arn_of(ROLE), proof), principal=Fact(principal, proof))
        assert judge_long_lived_keys(replace(run, facts=facts)).verdict is found


def test_a_workflow_that_was_not_read_proves_nothing() -> None:
    run = replace(closing(release()), workflow=None)
    assert judge_other_code(run).verdict is judge_long_lived_keys(run).verdict is Verdict.UNKNOWN
    called = closing(release(last="  more:\n    uses: o/r/.github/workflows/c.yml@v1"))
    assert read_release(called).not_read
    assert judge_other_code(called).verdict is Verdict.UNKNOWN


def shown_script(text: str) -> str:
    """What the log shows of a step that runs this script."""
    return f"##[group]Run {text}\n\x1b[36;1m{text}\x1b[0m\nshell: /usr/bin/bash -e {{0}}\n##[endgroup]\nok"


def test_what_ran_by_the_log_and_stands_in_no_file_is_no_step_that_proves_anything() -> None:
    judges = (judge_other_code, judge_long_lived_keys, judge_constant_evidence, judge_lost_failures)
    text = green_release(PUSH, more="      - run: echo ${{ github.sha }} of ours\n")
    for step in ("login", "push"):
        for printed in (
            shown_script(f"{PUSH} || true"),
            shown_script("tests"),
            "##[group]Run o/r@v1\nwith:\n##[endgroup]",
        ):
            strange = green(text, printed={step: printed})
            assert [judge(strange).verdict for judge in judges] == [Verdict.UNKNOWN] * len(judges), (step, printed)
        for printed in (
            "##[group]Run tests\n##[endgroup]",
            shown_script("echo *** of ours"),
            shown_script("echo ab of ours"),
        ):
            assert [judge(green(text, printed={step: printed})).verdict for judge in judges] == [Verdict.PASS] * len(
                judges
            )
