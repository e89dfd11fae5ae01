"""The closing run: whether it proves the gates itself, and by what credentials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from diagnosis.causes import Cause, Integrity
from diagnosis.closure.catalogue import (
    NO_OVERRIDE,
    NO_STATIC_CREDENTIALS,
    POSITIVE_PATH,
    SHORT_LIVED_SESSION,
    SUBJECT_NAMES_THE_CODE,
)
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Gate, Verdict
from diagnosis.live.observed_subject import SESSION_EVENT, session_evidence
from diagnosis.steps.releasing_job import has_credential_step, releasing
from diagnosis.verdicts.closure import RuleVerdict

CLOCKS_DIFFER = timedelta(minutes=1)
"""GitHub's clock and AWS's may differ by some seconds."""


def positive_path(chain: Chain) -> RuleVerdict:
    """Judge whether the closing run passed every gate that AWS enforces, by its own record."""
    closing = chain.closing
    if closing is None:
        return POSITIVE_PATH.unknown("There is no closing run yet.")
    proved = [verdict for verdict in closing.gates if verdict.gate is not Gate.LEAST_PRIVILEGE]
    short = [verdict for verdict in proved if verdict.verdict is not Verdict.PASS]
    if short:
        return POSITIVE_PATH.unknown(f"{short[0].gate.label}: {short[0].reason}")
    return POSITIVE_PATH.passes(
        f"{_listed([verdict.gate.label for verdict in proved])} are proved by the closing run itself.",
        [evidence for verdict in proved for evidence in verdict.evidence[:1]],
    )


def no_static_credentials(chain: Chain) -> RuleVerdict:
    """Judge whether a long-lived key reaches the job that releases."""
    workflow = chain.workflow
    if any(verdict.cause is Cause.STATIC_CREDENTIALS for replay in chain.replays for verdict in replay.gates):
        return NO_STATIC_CREDENTIALS.fails("A run of the chain authenticated with static keys.")
    if not isinstance(workflow, Workflow):
        return NO_STATIC_CREDENTIALS.unknown("The workflow file at the run's commit was not read.")
    step = releasing(workflow).step
    places = [
        workflow.env,
        *(job.env for job in workflow.jobs),
        *(step.env for job in workflow.jobs for step in job.all_steps),
    ]
    keyed = [name for env in places for name, value in env if name.upper() == "AWS_SECRET_ACCESS_KEY" and value]
    given = any(
        each.input("aws-secret-access-key")
        for job in workflow.jobs
        if has_credential_step(job)
        for each in job.all_steps
    )
    if keyed or given:
        return NO_STATIC_CREDENTIALS.fails("The workflow hands static AWS keys to the release.")
    if step is None or not step.input("role-to-assume"):
        return NO_STATIC_CREDENTIALS.unknown("No step that assumes a role was recognised in the workflow.")
    file = step.file or workflow.path
    proof = Evidence(EvidenceKind.WORKFLOW_FILE, "role-to-assume, no key inputs", address=file, line=step.line)
    return NO_STATIC_CREDENTIALS.passes(
        "The workflow assumes a role by web identity and names no static keys.", [proof]
    )


def short_lived_session(chain: Chain) -> RuleVerdict:
    """Judge whether the closing run opened its session with its own token: by CloudTrail, else by its own record."""
    closing, account = chain.closing, chain.account
    if closing is None:
        return SHORT_LIVED_SESSION.unknown("There is no closing run yet.")
    gate = closing.at(Gate.ROLE_ASSUMPTION)
    if gate.cause is Cause.STATIC_CREDENTIALS:
        return SHORT_LIVED_SESSION.fails("The closing run authenticated with static keys.", gate.evidence)
    if gate.verdict is not Verdict.PASS:
        return SHORT_LIVED_SESSION.unknown(f"That the closing run assumed a role is not proved: {gate.reason}")
    attempt = closing.attempt
    trail = account.trail if account is not None else None
    begin, end = attempt.started_at or attempt.created_at, attempt.updated_at
    if not isinstance(trail, Known) or end is None:
        return SHORT_LIVED_SESSION.passes(
            "The closing run assumed the role with its token, by its own record (CloudTrail was not read).",
            gate.evidence,
        )
    opened = [
        event
        for event in trail.value.events
        if event.name == SESSION_EVENT
        and event.took_effect
        and begin - CLOCKS_DIFFER <= event.at <= end + CLOCKS_DIFFER
    ]
    if opened:
        proof = [session_evidence(event) for event in opened]
        return SHORT_LIVED_SESSION.passes("CloudTrail shows the session being opened by web identity.", proof)
    whole = trail.value.complete and trail.value.since <= begin and end <= trail.value.until
    if whole and any(event.name == SESSION_EVENT for event in trail.value.events):
        return SHORT_LIVED_SESSION.unknown(
            "CloudTrail shows sessions by web identity, and none in the closing run's time."
        )
    return SHORT_LIVED_SESSION.passes(
        "The closing run assumed the role with its token, by its own record (CloudTrail shows no session).",
        gate.evidence,
    )


def subject_names_the_code(chain: Chain) -> RuleVerdict:
    """Judge whether the job runs the code of the ref in its subject."""
    found = [finding for finding in chain.findings if finding.slug == Integrity.REF_LAUNDERING]
    if found:
        return SUBJECT_NAMES_THE_CODE.unknown(found[0].reason, found[0].evidence, found[0].slug.record.next_step)
    if not isinstance(chain.workflow, Workflow):
        return SUBJECT_NAMES_THE_CODE.unknown("The workflow file at the run's commit was not read.")
    return SUBJECT_NAMES_THE_CODE.passes("No step of the release checks out another ref.")


def no_override(chain: Chain) -> RuleVerdict:
    """Judge whether a denial at a gate would have stopped the closing run."""
    found = [finding for finding in chain.findings if finding.slug == Integrity.GATE_DEMOTED]
    breach = next((finding for finding in found if finding.breaks_closure), None)
    if breach is not None:
        return NO_OVERRIDE.fails(breach.reason, breach.evidence)
    if found:
        return NO_OVERRIDE.unknown(found[0].reason, found[0].evidence)
    if chain.workflow is None:
        return NO_OVERRIDE.unknown("The workflow file at the run's commit was not read.")
    return NO_OVERRIDE.passes("No step of the release swallows a denial or is switched off.")


def _listed(names: Sequence[str]) -> str:
    first, *rest = names
    words = [first, *(name[:1].lower() + name[1:] for name in rest)]
    return f"{', '.join(words[:-1])} and {words[-1]}" if rest else first
