"""Find what proves, in a recorded job, that a gate let the run through. Nothing but a proof makes a pass.

- Authentication: the step that assumes the role says so itself ("Authenticated as assumedRoleId …") or succeeded while it
  could use nothing but GitHub's token (a role, no keys, no chaining, ``id-token: write`` granted).
- Registry: logins, pushes, pulls and calls that succeeded, for what was exercised. A push that never ran leaves the gate
  unknown, however well the login went. A command whose failure the script would carry on from proves nothing by the
  step's success; only what the tool printed does.
- Least privilege: a log cannot show a policy. Nothing here can prove it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Checkpoint
from diagnosis.logs.job_log import SectionKind
from diagnosis.logs.log_text import LineKind, LogLine
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.run_facts import assuming_steps
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep

AUTHENTICATED = "Authenticated as assumedRoleId"
_WITH_OIDC = "Assuming role with OIDC"
_NOT_OIDC = (
    "Assuming role with user credentials",
    "Proceeding with IAM user credentials",
    "Assuming role with default",
)
_HINT = "It looks like you might be trying to authenticate with OIDC"
_EXISTING = "Pre-existing credentials are valid"
_KEYS = ("aws-access-key-id", "aws-secret-access-key")
_OTHER_WAYS = ("web-identity-token-file", "role-chaining")
_LOGGED_IN = re.compile(r"Login Succeeded|^Logging in(?:to| to) registry |^Logged in to ")
_PUSHED = re.compile(
    r"(?<![\w.-])[\w.-]++: digest: sha256:[0-9a-f]{64}"
    r"|pushing manifest for \S(?:(?!pushing manifest for ).)* done$|Writing manifest to image destination"
    r"|\bPushed \S+@sha256:|Published \S+@sha256:|^\S[^\s/]*+/\S+@sha256:[0-9a-f]{64}$"
)
_MOST_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Proof:
    """A gate's proof: what it says, and the evidence, never empty."""

    says: str
    evidence: tuple[Evidence, ...]
    checkpoint: Checkpoint
    also: str = ""
    """What was left unproved beside it."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """Why there is no proof."""

    why: str
    evidence: tuple[Evidence, ...] = ()


def authentication(read: ReadJob, evidence_of: EvidenceBuilder) -> tuple[Proof | Unproved, Proof | Unproved]:
    """Prove the OIDC trust gate and the role assumption gate."""
    ran = [
        step for step in assuming_steps(read) if (step.matched.ran and step.matched.step is not None) or step.sections
    ]
    if not ran:
        nothing = Unproved("No step of this run is recognised as one that assumes a role.")
        return nothing, nothing
    judged = [_assumption(read, evidence_of, step) for step in ran]
    trusts = [trust for trust, _ in judged if trust is not None]
    roles = [role for _, role in judged]
    trust = _all(trusts, Checkpoint.OIDC_TRUST) if trusts else Unproved("No step exchanges GitHub's token for a role.")
    return trust, _all(roles, Checkpoint.ROLE_ASSUMPTION)


def _all(parts: list[Proof | Unproved], checkpoint: Checkpoint) -> Proof | Unproved:
    """Join the proofs of one gate: it is passed where every step that exercised it passed."""
    for part in parts:
        if isinstance(part, Unproved):
            return part
    proofs = [part for part in parts if isinstance(part, Proof)]
    evidence = tuple(item for proof in proofs for item in proof.evidence)
    return Proof(proofs[0].says, evidence, checkpoint) if evidence else Unproved("Nothing in this run proves it.")


def _assumption(
    read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep
) -> tuple[Proof | Unproved | None, Proof | Unproved]:
    """Return ``(trust, role)`` of one step; trust is None where the step uses no token of GitHub's."""
    failed = step.conclusion not in ("success", None) or (step.conclusion is None and step.matched.step is not None)
    if failed and len(step.sections) > 1 and _line(step.output, AUTHENTICATED):
        failed = False  # a composite action that failed after this step of its own
    if failed or not step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS):
        why = (
            f"Step “{step.name}” did not succeed." if failed else f"Nothing that “{step.name}” shows proves a session."
        )
        open_ = Unproved(why, (evidence_of.conclusion(read, step),) if step.number is not None else ())
        return open_, open_
    line = _line(step.output, AUTHENTICATED)
    evidence = _assumption_evidence(read, evidence_of, step, line)
    if _chained(step):
        if line or step.conclusive:
            return None, Proof(
                "The step took the next role with the session it had.", evidence, Checkpoint.ROLE_ASSUMPTION
            )
        return None, Unproved("Nothing shows that the next role was given.")
    doubt = _other_identity(read, step, line)
    if doubt or (line is None and not step.conclusive):
        open_ = Unproved(doubt or "The log does not show that the role was given.", evidence)
        return open_, open_
    said = "STS accepted GitHub's token and gave the role." if line else "The step that exchanges the token succeeded."
    trust = Proof(said, evidence, Checkpoint.OIDC_TRUST)
    return trust, Proof(said, evidence, Checkpoint.ROLE_ASSUMPTION)


def _assumption_evidence(
    read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep, line: LogLine | None
) -> tuple[Evidence, ...]:
    found = [evidence_of.line(read, step, line)] if line else []
    if step.number is not None:
        found.append(evidence_of.conclusion(read, step))
    own = step.matched.written
    if line is None and own is not None:
        found.append(evidence_of.file(f"role-to-assume: {own.input('role-to-assume')}", own.line))
    return tuple(found)


def _other_identity(read: ReadJob, step: ReadStep, line: LogLine | None) -> str:
    """Say why the step may have used something else than GitHub's token; empty where it cannot have."""
    own = step.matched.written
    if _line(step.output, *_NOT_OIDC, _EXISTING) or _has_input(step, *_KEYS):
        return f"Step “{step.name}” did not use GitHub's token."
    if _has_input(step, "web-identity-token-file"):
        return f"Step “{step.name}” presents a token from a file, which need not be GitHub's."
    if not _has_input(step, "role-to-assume"):
        return f"Step “{step.name}” names no role to assume."
    if _line(step.output, _HINT):
        return f"Step “{step.name}” had no token of GitHub's and used the runner's own credentials."
    if line is not None and _line(step.output, _WITH_OIDC):
        return ""
    if _granted_in_file(read) or _granted_in_log(read):  # the file first: a log may be long
        return ""
    return (
        "Neither log nor workflow file shows that the job was granted id-token: write."
        if own is not None or step.sections
        else "Without the workflow file nothing says how the step authenticated."
    )


def _granted_in_log(read: ReadJob) -> bool:
    """Return whether the set-up part of the log shows that the job may ask for an ID token."""
    sections = read.log.sections[:1] if read.log else ()
    lines = [line for section in sections if section.kind is SectionKind.SETUP for line in section.lines]
    granted = ("id-token: write", "idtoken: write")
    return any(line.text.strip().lower() in granted for line in lines if line.kind is LineKind.OUTPUT)


def _granted_in_file(read: ReadJob) -> bool:
    if read.written is None or read.workflow is None:
        return False
    stated = read.written.permissions if read.written.permissions is not None else read.workflow.permissions
    return any(pair in (("id-token", "write"), ("*", "write-all")) for pair in stated or ())


def _chained(step: ReadStep) -> bool:
    value = _input_value(step, "role-chaining") or ""
    return value.lower() == "true"


def _input_value(step: ReadStep, key: str) -> str | None:
    """Return an input as the log shows it; where the log has no head, or one without inputs, as the file has it."""
    heads = [section for section in step.sections if section.uses]
    for section in heads:
        pair = section.input(key)
        if pair:
            return pair[1]
    own: WorkflowStep | None = step.matched.written
    return own.input(key) if own is not None and not any(section.inputs for section in heads) else None


def _has_input(step: ReadStep, *keys: str) -> bool:
    return any(_input_value(step, key) for key in keys)


def _line(lines: tuple[LogLine, ...], *starts: str) -> LogLine | None:
    return next((line for line in lines[:_MOST_LINES] if line.printed and line.text.startswith(starts)), None)


def registry(read: ReadJob, evidence_of: EvidenceBuilder, needed: frozenset[Checkpoint]) -> Proof | Unproved:
    """Prove the registry authorization gate. ``needed``: the checkpoints that the release must pass."""
    proved: dict[Checkpoint, list[Evidence]] = {}
    open_: list[str] = []
    for step, operation, checkpoint in _registry_operations(read):
        evidence = _deed_evidence(read, evidence_of, step, operation)
        if evidence:
            proved.setdefault(checkpoint, []).extend(evidence)
        elif step.matched.ran and step.matched.step is not None:
            open_.append(f"{_what(operation)} of step “{step.name}”")
    if Checkpoint.REGISTRY_PUSH in proved:
        proved.setdefault(Checkpoint.REGISTRY_AUTH, [])  # a push carries the login's token
    if not proved:
        return Unproved("No step of this run is proved to have used the registry.")
    missing = sorted(needed - set(proved), key=lambda checkpoint: checkpoint.order)
    evidence = tuple(dict.fromkeys(item for items in proved.values() for item in items))
    names = ", ".join(_NAMES[checkpoint] for checkpoint in sorted(proved, key=lambda each: each.order))
    if missing or not evidence:
        lacking = " and ".join(_NAMES[checkpoint] for checkpoint in missing)
        return Unproved(f"The registry allowed: {names}; {lacking} was not exercised or not proved.", evidence)
    also = f"Not proved by this run: {', '.join(dict.fromkeys(open_))}." if open_ else ""
    return Proof(
        f"The registry allowed what the run asked: {names}.", evidence, max(proved, key=lambda each: each.order), also
    )


_NAMES = {
    Checkpoint.REGISTRY_AUTH: "login",
    Checkpoint.REGISTRY_PUSH: "push",
    Checkpoint.REGISTRY_PULL: "read",
}


def _registry_operations(read: ReadJob) -> Iterator[tuple[ReadStep, Operation, Checkpoint]]:
    """Yield what the steps did at ECR. A push to an illegible address counts where ECR is the only login."""
    logins = [operation for step in read.steps for operation in step.operations if operation.purpose is Purpose.LOGIN]
    only_ecr = any(_is_token(operation) for operation in logins) and not any(
        operation.elsewhere for operation in logins
    )
    for step in read.steps:
        for operation in step.operations:
            if _is_token(operation):
                yield step, operation, Checkpoint.REGISTRY_AUTH
            elif operation.purpose in (Purpose.PUSH, Purpose.PULL) and not operation.elsewhere:
                if EcrAddress.find(operation.target) is not None or only_ecr:
                    push = operation.purpose is Purpose.PUSH
                    yield step, operation, Checkpoint.REGISTRY_PUSH if push else Checkpoint.REGISTRY_PULL
            elif operation.purpose is Purpose.CALL:
                yield step, operation, Checkpoint.REGISTRY_PULL


def _is_token(operation: Operation) -> bool:
    return operation.purpose is Purpose.LOGIN and (operation.action or "").startswith("ecr")


def _deed_evidence(
    read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep, operation: Operation
) -> tuple[Evidence, ...]:
    """Return the proof that an operation was done, or nothing."""
    if step.conclusion != "success" and not (step.matched.step is None and step.sections):
        return ()
    sign = {Purpose.LOGIN: _LOGGED_IN, Purpose.PUSH: _PUSHED}.get(operation.purpose)
    output = step.output[:_MOST_LINES] if sign else ()
    line = next((line for line in output if sign and line.printed and sign.search(line.text[:2_000])), None)
    if line is not None and operation.purpose is Purpose.PUSH and not _for_ecr(step, operation):
        line = None
    found = [evidence_of.line(read, step, line)] if line else []
    if step.number is not None and (line is not None or (step.conclusive and not operation.guarded)):
        found.append(evidence_of.conclusion(read, step))
    return tuple(found)


def _for_ecr(step: ReadStep, operation: Operation) -> bool:
    """Return whether what the step printed of a push is about ECR: where an address is printed, it must be one of ECR's."""
    if EcrAddress.find(operation.target) is not None:
        return True
    printed = [line.text for line in step.output[:_MOST_LINES] if "The push refers to repository" in line.text]
    return len(step.output) <= _MOST_LINES and all(EcrAddress.find(text) or "***" in text for text in printed)


def _what(operation: Operation) -> str:
    return (
        (operation.action or operation.purpose.value) if operation.purpose is Purpose.CALL else operation.purpose.value
    )
