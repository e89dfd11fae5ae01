"""Find what makes a success prove less than it seems to: green for the wrong reason.

Each check looks at facts that were read. A check that lacks its facts finds nothing here; the closure rules say what
was missing, so that silence is never taken for proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from diagnosis.causes import Integrity
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.side_channel import judge_push
from diagnosis.closure.stated_clock import order_conflicts, trail_conflicts
from diagnosis.closure.widening import widenings
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.gates import Verdict
from diagnosis.replay.gate_verdicts import SWALLOWED
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadStep, read_job
from diagnosis.steps.releasing_job import has_credential_step, releasing_job
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

_SWALLOWS = re.compile(
    r"(?:docker push|aws ecr [a-z-]|crane push)(?:(?!docker push|aws ecr [a-z-]|crane push)[^\n])*\|\|\s*(?:true|echo|:)"
)
_SWALLOWS_SERVICE = re.compile(r"\baws [a-z](?:(?!\baws [a-z])[^\n])*\|\|\s*(?:true|echo|:)")


def integrity_findings(chain: Chain) -> tuple[IntegrityFinding, ...]:
    """Find all integrity findings of one chain, each once."""
    replays, workflow = chain.replays, chain.workflow
    findings: list[IntegrityFinding] = []
    findings += ref_changed(replays)
    if isinstance(workflow, Workflow):
        findings += gates_demoted(workflow, replays[-1].attempt if replays else None)
    findings += chain.proofs.findings
    findings += denials_swallowed(replays)
    findings += side_channel(chain)
    findings += widenings(chain)
    findings += order_conflicts(replays, chain.case)
    findings += trail_conflicts(replays, chain.history, chain.case)
    return tuple(findings)


def ref_changed(replays: Sequence[Replay]) -> list[IntegrityFinding]:
    """Find a closing run that proves another subject than one that failed."""
    if not replays or replays[-1].attempt.conclusion != "success":
        return []
    closing = replays[-1].attempt
    others = [replay.attempt for replay in replays[:-1] if replay.attempt.ref != closing.ref]
    if not others:
        return []
    refs = ", ".join(dict.fromkeys(attempt.ref for attempt in others))
    came_back = replays[0].attempt.ref == closing.ref
    way = f"went over {refs} too" if came_back else f"began on {refs}"
    return [
        IntegrityFinding(
            slug=Integrity.REF_CHANGED_IN_CHAIN,
            reason=f"The chain {way} and closed on {closing.ref}: the success proves {closing.ref} only.",
            evidence=tuple(_run_evidence(attempt) for attempt in (*others, closing)),
        )
    ]


def _run_evidence(attempt: Attempt) -> Evidence:
    return Evidence(
        kind=EvidenceKind.RUN,
        text=f"run {attempt.run_id} attempt {attempt.attempt} on {attempt.ref}: {attempt.conclusion or attempt.status}",
        address=attempt.html_url,
        origin=attempt.origin,
        at=attempt.started_at,
    )


def _releasing_jobs(workflow: Workflow) -> tuple[WorkflowJob, ...]:
    """Return the jobs that take credentials, in the order of the file."""
    decisive = releasing_job(workflow)
    return tuple(job for job in workflow.jobs if job is decisive or has_credential_step(job))


def _releasing_steps(workflow: Workflow) -> tuple[WorkflowStep, ...]:
    return tuple(step for job in _releasing_jobs(workflow) for step in job.all_steps)


def denials_swallowed(replays: Sequence[Replay]) -> list[IntegrityFinding]:
    """Find a denial, of whichever service, that the closing run printed and went on: it may have mattered, and proves no gate."""
    if not replays or replays[-1].attempt.conclusion != "success":
        return []
    closing = replays[-1]
    return [
        IntegrityFinding(
            slug=Integrity.GATE_DEMOTED,
            reason=f"Run {closing.attempt.run_id}, {verdict.gate.label}: {verdict.reason}",
            evidence=verdict.evidence,
        )
        for verdict in closing.gates
        if verdict.verdict is Verdict.UNKNOWN and SWALLOWED in verdict.missing
    ]


def _crosses_a_gate(step: WorkflowStep, read: ReadStep | None) -> bool:
    uses, script = (step.uses or "").lower(), step.run or ""
    return (
        uses.startswith(("aws-actions/", "docker/login-action", "docker/build-push-action"))
        or bool(
            re.search(r"\b(?:docker|buildah|podman)\s+(?:push|buildx)\b|\bcrane\s+push\b|\bskopeo\s+copy\b", script)
        )
        or "aws ecr " in script
        or (read is not None and read.does(Purpose.SERVICE))
    )


def gates_demoted(workflow: Workflow, attempt: Attempt | None = None) -> list[IntegrityFinding]:
    """Find steps or jobs that cross a gate but may fail without failing the run, or are switched off.

    ``attempt`` has the files of the repository that the steps use.
    """
    findings: list[IntegrityFinding] = []
    for job in _releasing_jobs(workflow):
        if job.continue_on_error not in (False, "false"):
            findings.append(_demoted(workflow, f"job {job.name or job.id} has continue-on-error", job.line))
        findings += _demoted_steps(workflow, job, attempt)
    return findings


def _demoted_steps(workflow: Workflow, job: WorkflowJob, attempt: Attempt | None) -> list[IntegrityFinding]:
    findings: list[IntegrityFinding] = []
    # Most jobs have no such step, and reading one takes longer than all the rest of this.
    if not any(_may_be_demoted(step) for step in job.all_steps):
        return []
    # What a step would do that is switched off is read as if it were not.
    switched_on = tuple(replace(step, condition=None) if _is_off(step) else step for step in job.steps)
    plain = replace(job, steps=switched_on)
    read = {id(each.matched.written): each for each in read_job(None, plain, workflow, attempt).steps}
    for step, same in zip(job.all_steps, plain.all_steps, strict=True):
        own = read.get(id(same))
        if not _may_be_demoted(step) or not _crosses_a_gate(step, own):
            continue
        name = step.name or step.uses or "a step"
        if step.continue_on_error not in (False, "false"):
            findings.append(_demoted(workflow, f"step {name} has continue-on-error", step.line, step.file))
        if _is_off(step):
            findings.append(_demoted(workflow, f"step {name} is switched off (`if: false`)", step.line, step.file))
        of_service = own is not None and any(
            each.guarded and each.purpose is Purpose.SERVICE for each in own.operations
        )
        if step.run and (_SWALLOWS.search(step.run) or (of_service and _SWALLOWS_SERVICE.search(step.run))):
            findings.append(
                _demoted(workflow, f"step {name} swallows the failure of its command", step.line, step.file)
            )
    return findings


def _is_off(step: WorkflowStep) -> bool:
    return (step.condition or "").replace("${{", "").replace("}}", "").strip() == "false"


def _may_be_demoted(step: WorkflowStep) -> bool:
    return step.continue_on_error not in (False, "false") or _is_off(step) or "||" in (step.run or "")


def _demoted(workflow: Workflow, what: str, line: int, file: str = "") -> IntegrityFinding:
    return IntegrityFinding(
        slug=Integrity.GATE_DEMOTED,
        reason=f"{what[0].upper()}{what[1:]}: a denial there does not stop the release.",
        evidence=(Evidence(kind=EvidenceKind.WORKFLOW_FILE, text=what, address=file or workflow.path, line=line),),
        breaks_closure=True,
    )


def side_channel(chain: Chain) -> list[IntegrityFinding]:
    """Find an image that the closing run did not push."""
    push = judge_push(chain)
    if push.verdict is not Verdict.FAIL:
        return []
    return [IntegrityFinding(Integrity.SIDE_CHANNEL_PUBLISH, push.reason, push.evidence, breaks_closure=True)]
