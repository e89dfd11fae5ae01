"""A compliant chain in which one gate is demoted: closure tells by the rule that this concerns, and by no other."""

from __future__ import annotations

from dataclasses import replace

from compliant_chain import (
    CLOSING,
    FIRST,
    IMAGE,
    REPOSITORY_ARN,
    SECOND,
    WORKFLOW,
    ComplyingRelease,
    Run,
)
from thoroughness import some

from diagnosis.causes import Integrity
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import ClosureStatus

PUSH = f"docker push {IMAGE}"
STEP = "      - name: Build and push\n"
LOSING = (
    f"{PUSH} || exit 0",
    f"if ! {PUSH}; then echo '::warning::no push'; fi",
    f"{PUSH} | tee log",
    f"set +e\n{PUSH}\necho done",
    f"{PUSH} &\nwait",
    f"trap 'exit 0' ERR\n{PUSH}",
    f"! {PUSH}",
    f"{PUSH} && echo pushed\necho done",
    f"for i in 1 2 3; do {PUSH} && break; sleep 1; done",
    f"timeout 60 {PUSH} || echo late",
    f'eval "{PUSH} || true"',
    f"push() {{ {PUSH} || return 0; }}\npush",
    f"bash -c '{PUSH}; exit 0'",
    f'echo "$({PUSH})"',
    f"{PUSH} 2>/dev/null || :",
)
KEPT = (
    f"{PUSH} || exit 1",
    f"for i in 1 2 3; do {PUSH} && exit 0; sleep 1; done\nexit 1",
    f"set -o pipefail\n{PUSH} | tee log",
    f"if ! {PUSH}; then echo '::error::no push'; exit 1; fi",
)
DENIED = (
    "An error occurred (AccessDeniedException) when calling the DescribeImages operation: User: arn:aws:sts::111122223333:"
    f"assumed-role/release/x is not authorized to perform: ecr:DescribeImages on resource: {REPOSITORY_ARN}"
)


def with_push(script: str) -> ComplyingRelease:
    """The release with another script in place of its push."""
    lines = "".join(f"          {line}\n" for line in script.split("\n"))
    return ComplyingRelease(workflow=WORKFLOW.replace(f"          {PUSH}\n", lines))


def with_keys(keys: str) -> ComplyingRelease:
    """The release with keys of the step that pushes."""
    return ComplyingRelease(workflow=WORKFLOW.replace(STEP, f"{STEP}        {keys}\n"))


def with_closing(**changes: object) -> ComplyingRelease:
    """The release with another closing run."""
    closing: Run = replace(CLOSING, **changes)  # type: ignore[arg-type] # fields by name
    return ComplyingRelease(runs=(FIRST, SECOND, closing))


def turned(release: ComplyingRelease) -> dict[str, Verdict]:
    """The rules that do not pass; a finding stands beside no closed chain."""
    closure = release.diagnosis().closure
    assert closure is not None
    assert not closure.integrity or closure.status is not ClosureStatus.CLOSED
    demoted = any(each.slug is Integrity.GATE_DEMOTED for each in closure.integrity)
    assert demoted is (Verdict.FAIL in [rule.verdict for rule in closure.rules if rule.rule == "no-override"])
    return {rule.rule: rule.verdict for rule in closure.rules if rule.verdict is not Verdict.PASS}


def test_a_failure_that_can_be_lost_turns_no_override_alone() -> None:
    for script in some(LOSING, 4):
        assert turned(with_push(script)) == {"no-override": Verdict.FAIL}, script
    for keys in some(("continue-on-error: true", "if: always()", "if: ${{ !cancelled() }}"), 2):
        assert turned(with_keys(keys)) == {"no-override": Verdict.FAIL}, keys


def test_a_failure_that_is_kept_turns_nothing() -> None:
    for script in some(KEPT, 2):
        assert turned(with_push(script)) == {}, script


def test_what_the_closing_run_left_out_printed_or_did_not_keep() -> None:
    assert "positive-path" in turned(with_closing(skips=("Build and push",)))
    assert turned(with_closing(prints=(("Build and push", DENIED),)))["no-override"] is Verdict.FAIL
    assert turned(with_closing(log_read=False))["no-override"] is Verdict.UNKNOWN
