"""The closing run: whether it proves the gates itself, and by what credentials."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.causes import Cause, Integrity
from diagnosis.closure.catalogue import NO_OVERRIDE, NO_STATIC_CREDENTIALS, POSITIVE_PATH
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Gate, Verdict
from diagnosis.steps.releasing_job import has_credential_step, releasing
from diagnosis.verdicts.closure import RuleVerdict


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
