"""Whether a gate of the release is switched off, left out of the green run, or passed although one before it stayed shut."""

from __future__ import annotations

from dataclasses import replace

from green_runs import HOST, PUSH, green, release

from diagnosis.closure.steps.demotion.left_out import judge_left_out
from diagnosis.closure.steps.demotion.switched_off import judge_switched_off
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Verdict

FAIL, UNKNOWN, PASS = Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS
TESTED = "  test:\n    runs-on: ubuntu-latest\n    steps: [{run: npm test}]\n"
LAST_TESTED = "      - {id: test, run: npm test}\n"
DIAMOND = TESTED.replace("  test:\n", "  test:\n    needs: release\n")
"""A job beside the one that publishes, behind the same one."""


def condition(text: str) -> str:
    """The push under a condition."""
    return release(PUSH, step=f"        if: {text}\n")


def two_jobs(text: str) -> str:
    """A job that publishes after the one that released, under a condition."""
    second = (
        f"  publish:\n    needs: release\n    if: {text}\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - {uses: aws-actions/configure-aws-credentials@v4, with: {role-to-assume: 'arn:aws:iam::111122223333:role/p', "
        f"aws-region: us-east-1}}}}\n      - uses: aws-actions/amazon-ecr-login@v2\n      - run: docker push {HOST}/app:2\n"
    )
    return release(PUSH, more=second)


def test_conditions_of_steps_and_jobs() -> None:
    cases = [
        (PASS, release(PUSH), frozenset()),
        (PASS, condition("github.event_name == 'push'"), frozenset()),
        (PASS, condition("success() && github.ref == 'refs/heads/main'"), frozenset()),
        (FAIL, condition("false"), frozenset({"push"})),
        (FAIL, condition("${{ false }}"), frozenset({"push"})),
        (FAIL, condition("${{ 1 == 2 }}"), frozenset({"push"})),
        (PASS, condition("vars.PUSH == 'true'"), frozenset({"push"})),
        (PASS, release(PUSH, more=f"      - {{id: again, if: vars.MORE == '1', run: {PUSH}}}\n"), frozenset({"again"})),
        (FAIL, condition("always()"), frozenset()),
        (FAIL, condition("'!cancelled()'"), frozenset()),
        (FAIL, condition("${{ !cancelled() && github.event_name == 'push' }}"), frozenset()),
        (FAIL, condition("success() || failure()"), frozenset()),
        (UNKNOWN, condition("always() && vars.PUSH == '1'"), frozenset()),
        (PASS, condition("always() && steps.role.outcome == 'success' && steps.login.outcome == 'success'"), frozenset()),
        (PASS, condition("always() && steps.login.outcome == 'success'"), frozenset()),
        (FAIL, condition("always() && steps.role.outcome == 'success'"), frozenset()),
        (PASS, release(PUSH, more="      - {if: always(), run: docker logout}\n"), frozenset()),
        (FAIL, release(PUSH, job="    if: false\n"), frozenset({"release"})),
        (FAIL, release(PUSH, job="    if: ${{ false }}\n", more=TESTED), frozenset({"release"})),
        (PASS, two_jobs("success()"), frozenset()),
        (FAIL, two_jobs("always()"), frozenset()),
        (PASS, two_jobs("always() && needs.release.result == 'success'"), frozenset()),
        (PASS, release(PUSH, job="    needs: test\n    if: always()\n", more=TESTED), frozenset()),
        # What crosses no gate may have gone well although the role was refused.
        (FAIL, release(PUSH, step="        if: always() && steps.test.outcome == 'success'\n", more=LAST_TESTED), frozenset()),
        (PASS, condition("always() && job.status == 'success'"), frozenset()),
        (PASS, release(PUSH, more=TESTED.replace("  test:\n", "  test:\n    if: false\n")), frozenset({"test"})),
        (PASS, two_jobs("always()").replace(f"docker push {HOST}/app:2", f"docker pull {HOST}/app:2"), frozenset()),
        (FAIL, two_jobs("always()").replace("needs: release", "needs: [release, test]") + DIAMOND, frozenset()),
        (PASS, two_jobs("success()").replace("needs: release", "needs: [release, test]") + DIAMOND, frozenset()),
    ]  # fmt: skip
    wrong = []
    for verdict, text, skipped in cases:
        proof = judge_switched_off(green(text, skipped=skipped))
        if proof.verdict is not verdict:
            wrong.append((verdict, proof.verdict, proof.reason, proof.not_understood, text[text.index("- id: push") :]))
        assert bool(proof.findings) is (proof.verdict is FAIL)
    assert wrong == []


def test_what_the_run_left_out_was_not_done() -> None:
    again = f"      - {{id: again, if: vars.MORE == '1', run: {PUSH}}}\n"
    cases = [
        (PASS, release(PUSH), frozenset()),
        (FAIL, condition("github.ref == 'refs/heads/other'"), frozenset({"push"})),
        (FAIL, condition("vars.PUSH == 'true'"), frozenset({"push"})),
        (FAIL, condition("false"), frozenset({"push"})),
        (FAIL, release(PUSH), frozenset({"role"})),
        (FAIL, release(PUSH, job="    if: vars.RELEASE == '1'\n", more=TESTED), frozenset({"release"})),
        (PASS, release(PUSH, more=again), frozenset({"again"})),
        (PASS, two_jobs("vars.TWO == '1'"), frozenset({"publish"})),
    ]
    for verdict, text, skipped in cases:
        proof = judge_left_out(green(text, skipped=skipped))
        assert proof.verdict is verdict, (proof.reason, text[text.index("- id: push") :], skipped)
        assert proof.findings == ()


def test_of_jobs_and_steps_that_are_not_listed_nobody_says_that_they_were_left_out() -> None:
    closing = green(condition("vars.PUSH == 'true'"))
    assert isinstance(closing.attempt.jobs, Known)
    (job,) = closing.attempt.jobs.value
    unlisted = Known((replace(job, steps=()),))
    unseen = Known((replace(job, steps=(), log=Absent("log")),))
    unread = Unreadable("jobs", "GitHub answered with an error", "try again")
    for jobs, verdict in ((closing.attempt.jobs, PASS), (unlisted, PASS), (unseen, UNKNOWN), (unread, UNKNOWN)):
        proof = judge_left_out(replace(closing, attempt=replace(closing.attempt, jobs=jobs)))
        assert proof.verdict is verdict, proof.reason
    plain = green(release(PUSH))
    assert judge_left_out(replace(plain, attempt=replace(plain.attempt, jobs=unseen))).verdict is PASS
