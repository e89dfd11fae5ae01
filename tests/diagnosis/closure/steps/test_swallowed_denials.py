"""Whether the closing run's logs hold a denial that the run went on past, of any service and in any job."""

from __future__ import annotations

from dataclasses import replace

from green_runs import PUSH, green, release

from diagnosis.closure.steps.demotion.swallowed_denials import judge_swallowed_denials
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Verdict
from diagnosis.logs.left_out import mark

WHO = "User: arn:aws:sts::111122223333:assumed-role/release/GitHubActions is not authorized to perform: "
NO_POLICY = "because no identity-based policy allows the action"
DENIALS = (
    f"An error occurred (AccessDeniedException) when calling the DescribeImages operation: {WHO}ecr:DescribeImages {NO_POLICY}",
    f"An error occurred (AccessDenied) when calling the PutObject operation: {WHO}s3:PutObject {NO_POLICY}",
    f"denied: {WHO}ecr:InitiateLayerUpload {NO_POLICY}",
    "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not authorized.",
    "no basic auth credentials",
)
PUSHED = "1: digest: sha256:" + "a" * 64 + " size: 528"


def test_every_denial_in_a_green_log_is_told_with_its_line() -> None:
    text = release(PUSH)
    assert judge_swallowed_denials(green(text, printed={"push": PUSHED})).verdict is Verdict.PASS
    for denial in DENIALS:
        # What was pushed afterwards makes up for no other call.
        proof = judge_swallowed_denials(green(text, printed={"push": f"{denial}\n{PUSHED}"}))
        assert proof.verdict in (Verdict.FAIL, Verdict.UNKNOWN), denial
        assert any(denial[:60] in each.text for each in proof.evidence), denial
    assert judge_swallowed_denials(green(text, printed={"push": f"{DENIALS[0]}\n{PUSHED}"})).verdict is Verdict.FAIL


def test_a_role_that_was_assumed_after_all_and_a_job_that_is_none_of_the_release() -> None:
    other = "  test:\n    runs-on: ubuntu-latest\n    steps: [{id: test, run: npm test}]\n"
    refused = "Assuming role with OIDC\nCould not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    tried = f"{refused}\nAssuming role with OIDC\nAuthenticated as assumedRoleId AROA:GitHubActions"
    assert judge_swallowed_denials(green(release(PUSH), printed={"role": tried})).verdict is Verdict.PASS
    assert (
        judge_swallowed_denials(green(release(PUSH, more=other), printed={"test": DENIALS[1]})).verdict is Verdict.PASS
    )


def test_a_log_that_was_not_read_in_whole_proves_nothing() -> None:
    closing = green(release(PUSH), printed={"push": PUSHED})
    assert isinstance(closing.attempt.jobs, Known)
    job = closing.attempt.jobs.value[0]
    assert isinstance(job.log, Known)
    for changed in (
        replace(job, log=Unreadable("job log", "it has expired", "read it earlier")),
        replace(job, log=Known("")),
        replace(job, log_steps=(5,)),
        replace(job, log=Known(job.log.value + mark(3))),
    ):
        proof = judge_swallowed_denials(replace(closing, attempt=replace(closing.attempt, jobs=Known((changed,)))))
        assert proof.verdict is Verdict.UNKNOWN
        assert proof.not_understood
