"""Find out whether the run authenticated with static access keys instead of a federated identity.

The inputs of configure-aws-credentials and docker/login-action show it, and so does an environment with an access key
but no session token before any role was assumed (after that, the key belongs to the role's session). A workflow file
shows it where the keys come from secrets.
"""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Checkpoint, Plane
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.steps.aws_key_names import KEY_ID, SESSION_TOKEN, Origin, long_lived_in, origin_of
from diagnosis.steps.kinds import Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.verdicts.gate_verdict import Finding


def static_keys(read: ReadJob, evidence_of: EvidenceBuilder) -> Finding | None:
    """Find static keys that the run used, with the line or the place in the file that shows it; None where nothing does."""
    evidence = _evidence(read, evidence_of)
    if evidence is None:
        return None
    return Finding(
        Plane.AUTHENTICATION,
        Checkpoint.OIDC_TRUST,
        Cause.STATIC_CREDENTIALS,
        sentence="The run authenticated with static access keys: no federated identity was asked for.",
        evidence=evidence,
    )


def _evidence(read: ReadJob, evidence_of: EvidenceBuilder) -> Evidence | None:
    assumed = False
    for step in read.steps:
        if not step.matched.ran or not step.operations or (step.number is None and not step.sections):
            continue
        if step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS):
            found = _key_input(read, evidence_of, step, "aws-access-key-id")
            if found is not None:
                return found
        if step.is_a(StepKind.DOCKER_LOGIN_ACTION) and any(
            (operation.action or "").startswith("ecr") for operation in step.operations
        ):
            own = step.matched.written
            user = own.input("username") if own else None
            if own is not None and user and long_lived_in(user) is not None:
                return evidence_of.file(f"username: {user}", own.line)
        if not assumed and any((operation.action or "").startswith("ecr") for operation in step.operations):
            found = _key_environment(read, evidence_of, step)
            if found is not None:
                return found
        assumed = assumed or step.does(Purpose.ASSUME)
    return None


def _key_input(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep, key: str) -> Evidence | None:
    heads = [section for section in step.sections if section.uses]
    for section in heads:
        pair = section.input(key)
        if pair is not None:
            return evidence_of.line(read, step, pair[2])
    own = step.matched.written
    if heads or own is None or not own.input(key):
        return None
    return evidence_of.file(f"{key}: {own.input(key)}", own.line)


def _key_environment(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep) -> Evidence | None:
    for section in step.sections:
        environment = section.environment()
        if environment.get(KEY_ID) and not environment.get(SESSION_TOKEN):
            return evidence_of.line(read, step, next(line for name, _, line in section.env if name == KEY_ID))
    if step.sections or read.workflow is None:
        return None
    own = step.matched.written
    blocks = (read.workflow.env, read.written.env if read.written else (), own.env if own else ())
    for name, value in (pair for block in blocks for pair in block):
        if name == KEY_ID and origin_of(value) is Origin.LONG_LIVED:
            return evidence_of.file(f"{name}: {value}", own.line if own else 0)
    return None
