"""Judge whether the closing run's credentials came from web identity alone: no form lets a long-lived key of AWS reach it."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.closure.steps.keys.key_commands import look_at_script, only_tests, proves_web_identity
from diagnosis.closure.steps.keys.key_sights import KeySights
from diagnosis.closure.steps.keys.key_variables import handed_secrets, look_at_step, look_at_variables
from diagnosis.closure.steps.release_steps import Release, ReleaseJob, ReleaseStep, read_release
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.policy.principal_view import PrincipalKind, view_principal
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.called_workflows import may_have_token
from diagnosis.steps.kinds import Purpose, StepKind
from diagnosis.verdicts.replay import Replay

_HOSTED = re.compile(
    r"(?:ubuntu|windows|macos)-(?:latest|slim|\d+(?:\.\d+)?)(?:-(?:arm|intel|xlarge|large|\d{1,2}-cores?|vs\d{4}))*",
    re.IGNORECASE,
)
"""The labels of the runners that GitHub hosts itself."""
_USES_CREDENTIALS = (Purpose.ASSUME, Purpose.CALL)


def judge_long_lived_keys(closing: Replay, release: Release | None = None) -> StepProof:
    """Judge one run: ``pass`` only where every step was understood, none is given a key, and each job took a session."""
    stated = next((verdict for verdict in closing.gates if verdict.cause is Cause.STATIC_CREDENTIALS), None)
    if stated is not None:
        return StepProof(Verdict.FAIL, "The closing run authenticated with static keys.", stated.evidence)
    release = release or read_release(closing)
    if release.workflow is None:
        return StepProof(Verdict.UNKNOWN, "The workflow file at the run's commit was not read.")
    sights, proof = KeySights(), list[Evidence]()
    for clause in (*release.not_read, *release.unwritten):
        sights.doubt(clause)
    for job in (*release.jobs, *release.others):
        look_at_variables(release.workflow, job, sights)
        for step in job.steps:
            _look(step, job, sights)
        if job.publishes:
            proof += _session(job, closing, sights)
    return _judged(sights, proof)


def _judged(sights: KeySights, proof: list[Evidence]) -> StepProof:
    if sights.keys:
        first, *more = sights.keys
        others = f", and {len(more)} more" if more else ""
        reason = f"A long-lived key of AWS reaches the release: {first}{others}."
        return StepProof(Verdict.FAIL, reason, tuple(sights.keys.values()))
    if sights.unclear:
        first, *more = sights.unclear
        others = f" ({len(more)} more)" if more else ""
        shown = tuple(evidence for evidence in sights.unclear.values() if evidence is not None)
        return StepProof(
            Verdict.UNKNOWN,
            f"That no long-lived key reaches the release is not proved: {first}{others}.",
            shown,
            not_understood=tuple(sights.unclear),
        )
    if not proof:
        return StepProof(Verdict.UNKNOWN, "No step that takes a role by web identity was recognised in the workflow.")
    reason = (
        "Every job of the release takes its role by web identity, and no step, file or variable gives it another key."
    )
    return StepProof(Verdict.PASS, reason, tuple(proof))


def _look(step: ReleaseStep, job: ReleaseJob, sights: KeySights) -> None:
    if only_tests(step):
        return
    look_at_step(step, sights)
    look_at_script(step, sights)
    if step.unread:
        sights.doubt(f"the local action of step {step.name} was not read: {step.unread}", step.evidence(step.name))
    elif step.written.uses and job.publishes and step.foreign and (secrets := handed_secrets(step)):
        clause = f"step {step.name} hands {', '.join(secrets[:3])} to an action that is not read"
        sights.doubt(clause, step.evidence(clause))


def _session(job: ReleaseJob, closing: Replay, sights: KeySights) -> list[Evidence]:
    """Return what shows that a job's session came from web identity; note where that is not so certain."""
    if not any(_uses_credentials(step) for step in job.steps):
        return []
    taken = [step for step in job.steps if _takes_session(step, sights) or proves_web_identity(step)]
    if not taken:
        sights.doubt(f"no step of the job {job.name} was recognised that takes a role by web identity")
        return []
    if job.written.permissions is None and job.workflow.permissions is None and job.written.caller is None:
        sights.doubt(f"the job {job.name} states no permission to ask for GitHub's token (id-token: write)")
    elif not may_have_token(job.workflow, job.written):
        sights.doubt(f"the job {job.name} may not ask for GitHub's token, so its role is taken with other keys")
    own = [label for label in job.written.labels or (job.written.runs_on,) if label]
    foreign = [label for label in own if not _HOSTED.fullmatch(label)]
    if foreign and not _principal_proves(job, closing):
        clause = f"the job {job.name} runs on {', '.join(foreign)[:80]}, whose machine may have an identity of its own"
        sights.doubt(
            clause, Evidence(EvidenceKind.WORKFLOW_FILE, f"runs-on: {', '.join(own)[:150]}", job.workflow.path)
        )
    return [step.evidence(f"{step.name}: a role by web identity") for step in taken]


def _uses_credentials(step: ReleaseStep) -> bool:
    return any(
        each.purpose in _USES_CREDENTIALS
        or (each.purpose is Purpose.LOGIN and (each.action or "").startswith("ecr:"))
        or (each.purpose is Purpose.PUSH and not each.elsewhere)
        or each.purpose is Purpose.SERVICE
        for each in step.operations
    )


def _takes_session(step: ReleaseStep, sights: KeySights) -> bool:
    if action_kind(step.written.uses) is not StepKind.CONFIGURE_AWS_CREDENTIALS:
        return False
    use = step.use
    if not use.given("role-to-assume"):
        sights.doubt(f"step {step.name} takes no role", step.evidence(step.name))
        return False
    if use.given("web-identity-token-file"):
        sights.doubt(f"step {step.name} takes a token from a file", step.evidence("web-identity-token-file"))
        return False
    # A chained role is taken by the session of an earlier step, which is looked at by itself.
    return not use.may_be_true("role-chaining")


def _principal_proves(job: ReleaseJob, closing: Replay) -> bool:
    """Return whether the log of the run names the role's session as who made its calls."""
    fact, role = closing.facts.principal, closing.facts.role_arn
    if fact is None or role is None:
        return False
    view = view_principal(fact.value)
    arn: Arn = role.value
    single = len({session.job_id for session in closing.sessions} | {job.written.id}) == 1
    return single and view.kind is PrincipalKind.ROLE_SESSION and (view.account, view.name) == (arn.account, arn.name)
