"""Green for the wrong reason: each finding beside the lookalike that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chain_builders import (
    ACCOUNT,
    ENGINEER,
    FIXES,
    REGION,
    STATED,
    account,
    chain,
    closed,
    event,
    failed,
    findings,
    minutes,
    rule,
    success,
    workflow,
)

from diagnosis.causes import Cause
from diagnosis.facts.account import Image
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.closure_facts import ClosureFacts
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.closure import ClosureStatus

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def checkout(ref: str | None) -> WorkflowStep:
    return WorkflowStep("Checkout", "actions/checkout@v4", None, inputs=(("ref", ref),) if ref is not None else ())


def test_a_sound_chain_has_no_findings() -> None:
    assert findings(closed(chain(), account(*FIXES), STATED)) == set()


def test_the_ref_changed_in_the_chain() -> None:
    on_dev = failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT, branch="dev")
    assert "ref-changed-in-chain" in findings(closed((on_dev, *chain()[1:]), account()))
    # Without a success there is nothing that could prove the wrong ref.
    assert "ref-changed-in-chain" not in findings(closed((on_dev, chain()[1]), account()))


def test_a_chain_that_came_back_to_its_first_ref_is_not_said_to_have_begun_elsewhere() -> None:
    on_dev = failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT, branch="dev")
    token = Cause.GET_AUTHORIZATION_TOKEN
    between = failed(2, 10, Gate.REGISTRY_AUTHORIZATION, token, branch="dev")
    began, went = (on_dev, *chain()[1:]), (chain()[0], between, chain()[2])
    said = [
        next(found.reason for found in closed(runs, account()).integrity if found.slug == "ref-changed-in-chain")
        for runs in (began, went)
    ]
    assert said[0].startswith("The chain began on refs/heads/dev and closed on ")
    assert said[1].startswith("The chain went over refs/heads/dev too and closed on ")


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("migrate-dev", True),
        ("${{ inputs.ref }}", True),
        ("${{ github.event.pull_request.head.sha }}", True),
        (None, False),
        ("", False),
        ("${{ github.sha }}", False),
        ("${{ github.ref }}", False),
        ("c" * 40, False),
        ("main", False),
        ("refs/heads/main", False),
    ],
)
def test_ref_laundering(ref: str | None, found: bool) -> None:
    assert ("ref-laundering" in findings(closed(chain(), account(), file=workflow(checkout(ref))))) is found


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None, continue_on_error=True), True),
        (WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None, condition="${{ false }}"), True),
        (WorkflowStep("Push", None, f"docker push {HOST}/a:1 || true"), True),
        (WorkflowStep("Push", None, f'docker push {HOST}/a:1 && echo "it is at aws ecr $HERE" || true'), True),
        (WorkflowStep("Read", None, "aws ecr describe-images --repository-name a || echo none"), True),
        (WorkflowStep("Lint", None, "ruff check", continue_on_error=True), False),
        (WorkflowStep("Lint", None, "ruff check || true"), False),
        (WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None, continue_on_error="false"), False),
        (WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None, condition="success()"), False),
    ],
)
def test_a_demoted_gate(step: WorkflowStep, found: bool) -> None:
    closure = closed(chain(), account(), file=workflow(step))
    assert ("gate-demoted" in findings(closure)) is found
    assert (closure.status is ClosureStatus.NON_COMPLIANT) is found


def test_a_whole_job_may_be_demoted() -> None:
    assert "gate-demoted" in findings(closed(chain(), account(), file=workflow(continue_on_error=True)))


CONSTANT = """cat > evidence/checks.json <<'EOF'
{"static_credentials_rejected": true, "verdict": "PASS"}
EOF
"""
MEASURED = """cat > evidence/checks.json <<EOF
{"static_credentials_rejected": ${REJECTED}, "verdict": "${VERDICT}"}
EOF
"""
PLAIN = """cat > evidence/build.json <<'EOF'
{"builder": "docker", "attempts": 3}
EOF
"""


EARLY = CONSTANT.replace("'EOF'\n", "'EOF'\n  EOF\n")
"""A line that holds the word among blanks does not end it."""
LOOSE = CONSTANT.replace("\nEOF\n", "\n  EOF\n")
TABS = CONSTANT.replace("<<", "<<-").replace("\nEOF", "\n\tEOF")


@pytest.mark.parametrize(
    ("script", "found"),
    [(CONSTANT, True), (MEASURED, False), (PLAIN, False), (LOOSE, True), (TABS, True)],
)
def test_self_asserted_evidence(script: str, found: bool) -> None:
    file = workflow(WorkflowStep("Evidence", None, script))
    assert ("self-asserted-evidence" in findings(closed(chain(), account(), file=file))) is found


def test_a_file_that_is_no_json_proves_nothing() -> None:
    file = workflow(WorkflowStep("Evidence", None, EARLY))
    assert rule(closed(chain(), account(), file=file), "evidence-measured").verdict is Verdict.UNKNOWN


def test_a_self_asserted_file_in_the_artifacts_is_told() -> None:
    held = success(
        3, 20, artifacts=Known((Artifact(1, "e", 1, expired=False, files=(("evidence/checks.json", "{}"),)),))
    )
    closure = closed((*chain()[:2], held), account(), file=workflow(WorkflowStep("Evidence", None, CONSTANT)))
    (finding,) = [item for item in closure.integrity if item.slug == "self-asserted-evidence"]
    assert finding.reason.endswith("It is in the run's artifacts.")


def test_a_side_channel_publish_breaks_closure() -> None:
    by_hand = account(event("PutImage", 21, "shop", ENGINEER, detail="v1"))
    (finding,) = [item for item in closed(chain(), by_hand).integrity if item.slug == "side-channel-publish"]
    assert finding.breaks_closure
    assert ENGINEER in finding.reason
    later = account(image=Known(Image("sha256:" + "b" * 64, ("v1",), minutes(50))))
    alone = ClosureFacts(neighbours=Known(()))
    assert "side-channel-publish" in findings(closed(chain(), later, facts=alone))
    unread = ClosureFacts(neighbours=Unreadable("the workflow's other runs", "GitHub refused", "try again"))
    assert "side-channel-publish" not in findings(closed(chain(), later, facts=unread))
    assert "side-channel-publish" not in findings(closed(chain(), account()))


def stated(run: int, at: float | str | None) -> Case:
    clock = at if isinstance(at, str) or at is None else minutes(at).isoformat()
    return Case(changes=(StatedChange(run, "Changed it.", "log.md:1", clock),))


@pytest.mark.parametrize(
    ("case", "found"),
    [
        (stated(1, 5), False),
        (stated(1, -5), True),
        (stated(1, 15), True),
        (stated(1, None), False),
        (stated(1, "11:42AM"), False),
        (stated(99, 15), False),
    ],
    ids=["between", "before the run", "after the next began", "no time", "no zone", "of no run"],
)
def test_a_statement_against_the_clock_of_the_runs(case: Case, found: bool) -> None:
    assert ("clock-conflict" in findings(closed(chain(), None, case))) is found


@pytest.mark.parametrize(
    ("at", "found"), [(6, False), (5, False), (4.5, False), (3, True)], ids=["after", "at", "by the minute", "before"]
)
def test_a_statement_that_is_older_than_what_it_states(at: float, found: bool) -> None:
    closure = closed(chain(), account(*FIXES), stated(1, at))
    assert ("clock-conflict" in findings(closure)) is found


def test_a_statement_where_the_trail_shows_the_change_at_another_time() -> None:
    elsewhere = event("CreateOpenIDConnectProvider", 15, "provider")
    closure = closed(chain(), account(elsewhere), stated(1, 5))
    (finding,) = [item for item in closure.integrity if item.slug == "clock-conflict"]
    assert "CloudTrail shows none between that run and the next attempt" in finding.reason
    # Silence of a trail that was not read whole contradicts nobody.
    assert "clock-conflict" not in findings(closed(chain(), account(elsewhere, read_at=12), stated(1, 5)))
    # And a statement about something that CloudTrail never shows stays a statement.
    assert "clock-conflict" not in findings(closed(chain(), account(), stated(1, 5)))


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
KEPT = event("AttachRolePolicy", 12, detail=ADMIN)
BACK = event("DetachRolePolicy", 25, detail=ADMIN)


def test_a_broad_policy_that_stays_and_one_that_was_taken_back() -> None:
    assert findings(closed(chain(), account(KEPT))) == {"wildcard-escalation"}
    assert findings(closed(chain(), account(KEPT, BACK))) == {"undocumented-widening"}
    assert findings(closed(chain(), account(replace(KEPT, error_code="AccessDenied")))) == set()
    other = event("DetachRolePolicy", 25, detail="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert findings(closed(chain(), account(KEPT, other))) == {"wildcard-escalation"}


def test_a_stated_widening_does_not_break_closure_by_itself() -> None:
    case = Case(changes=(StatedChange(2, "AdministratorAccess for an hour, ticket 7.", "log.md"),))
    (finding,) = [item for item in closed(chain(), account(KEPT), case).integrity if item.slug == "wildcard-escalation"]
    assert not finding.breaks_closure
