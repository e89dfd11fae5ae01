"""Read what a run tells about its own release: role, region, audience, registry, repository, tag, digest, principal.

Each fact carries where it was found. The surest source wins: what the tools printed, then the heads of the log, then
the environment, then the workflow file, then what follows from the role's account. A masked value (``***``) is no
value: the fact stays None, and the case file may give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.logs.job_log import SectionKind
from diagnosis.logs.log_text import LogLine
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress, digest_in, is_repository_name
from diagnosis.names.partition import REGION
from diagnosis.replay.denied_use import is_of_another, roles_of
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.steps.kinds import DEFAULT_SESSION_NAME, Operation, Purpose, StepKind
from diagnosis.steps.read_job import LOGIN_LINE, PUSH_LINE, ReadJob, ReadStep
from diagnosis.steps.variables import is_legible, with_expressions
from diagnosis.verdicts.replay import Fact, RunFacts

_ROLE = re.compile(r"[\w+=,.@/-]+")
"""Name of a role with its path."""
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+")
_REGION = re.compile(REGION)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PUSHED = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}): digest: (sha256:[0-9a-f]{64})")
_MANIFEST = re.compile(r"pushing manifest for (\S+)")
MOST_LINES = 20_000
"""Lines of a step's output that are searched for addresses and digests."""

Found = tuple[str, Evidence]


def facts_of(read: ReadJob, evidence_of: EvidenceBuilder, role_step: ReadStep | None = None) -> RunFacts:
    """Return the facts of one job. ``role_step`` names the step whose role counts, where a job assumes more than one."""
    named = tuple(_addresses(read, evidence_of))
    target = _target(named)
    # A host alone says where; a repository and a tag of another registry are not the release's own.
    addresses = tuple(each for each in named if target is None or each.address.same_registry(target))
    push = _first_push(read)
    principal = _principal(read, evidence_of)
    role_arn = _role(_input(read, evidence_of, "role-to-assume", role_step))
    return RunFacts(
        role_arn=role_arn,
        region=_fact(_input(read, evidence_of, "aws-region", role_step), _REGION)
        or _first((each.address.region, each.found_in) for each in addresses),
        audience=_fact(_input(read, evidence_of, "audience", role_step)),
        registry=_registry(addresses, target) or _hidden_registry(named, role_arn) or _own_registry(read, evidence_of),
        repository=_first((each.address.repository, each.found_in) for each in addresses)
        or _named_repository(read, evidence_of),
        tag=_printed_tag(read, evidence_of) or _first((each.address.tag, each.found_in) for each in addresses),
        digest=_digest(read, evidence_of, push),
        principal=principal,
        environment=_environment(read, evidence_of),
        session_role=_session_role(read, principal) if role_arn is None else None,
    )


def assuming_steps(read: ReadJob) -> tuple[ReadStep, ...]:
    """Return the steps that assume a role, in order."""
    return tuple(step for step in read.steps if step.does(Purpose.ASSUME))


def _fact(found: Iterable[Found], form: re.Pattern[str] | None = None) -> Fact[str] | None:
    for value, evidence in found:
        if is_legible(value) and (form is None or form.fullmatch(value)):
            return Fact(value, evidence)
    return None


def _role(found: Iterable[Found]) -> Fact[Arn] | None:
    """Return the first value that names a role whose account is legible."""
    for value, evidence in found:
        arn = Arn.parse(value) if is_legible(value) else None
        if arn is not None and arn.is_role and arn.has_account and _ROLE.fullmatch(arn.resource_id):
            return Fact(arn, evidence)
    return None


def _target(named: Iterable[_Named]) -> EcrAddress | None:
    """Return the first legible address that is pushed to, a private one before a public one; else the first that is named.

    A login at one registry does not say that the release goes there: a job may log in at home and push elsewhere.
    """
    legible = [each for each in named if each.address.legible_host]
    return (
        min(legible, key=lambda each: (not each.pushed, each.pushed and each.address.public)).address
        if legible
        else None
    )


def _registry(found: Iterable[_Named], target: EcrAddress | None) -> Fact[EcrAddress] | None:
    """Return the registry of the target with where its host is named first."""
    same = (each for each in found if target is not None and each.address.host == target.host)
    return next((Fact(each.address.registry, each.found_in) for each in same), None)


def _hidden_registry(named: Iterable[_Named], role: Fact[Arn] | None) -> Fact[EcrAddress] | None:
    """Return the registry that is pushed to where its account is masked and therefore not the role's.

    A log masks a secret wherever its value stands: an account that is legible in the log is not the masked one.
    """
    if role is None or role.found_in.kind is not EvidenceKind.LOG_LINE:
        return None
    hidden = (each for each in named if each.pushed and not each.address.public and each.address.account is None)
    return next((Fact(each.address.registry, each.found_in) for each in hidden), None)


def _first(found: Iterable[tuple[str | None, Evidence]]) -> Fact[str] | None:
    return next((Fact(value, evidence) for value, evidence in found if value), None)


def _input(read: ReadJob, evidence_of: EvidenceBuilder, key: str, role_step: ReadStep | None) -> Iterator[Found]:
    """Yield an input of the steps that assume a role: as the runner filled it in, else as the file has it."""
    for step in (role_step,) if role_step else assuming_steps(read):
        for section in step.sections:
            pair = section.input(key)
            if pair and step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS):
                yield pair[1], evidence_of.line(read, step, pair[2])
        own = step.matched.written
        written = {
            operation.target if key == "role-to-assume" else operation.region for operation in step.operations
        } - {None}
        if own is None:
            continue
        if key == "audience":
            yield own.input(key) or "", evidence_of.file(f"{key}: {own.input(key)}", own.line, own.file)
        else:
            for value in written:
                yield value or "", evidence_of.file(f"{key}: {own.input(key) or value}", own.line, own.file)


def _first_push(read: ReadJob) -> ReadStep | None:
    return next((step for step in read.steps if step.does(Purpose.PUSH) and step.matched.ran), None)


@dataclass(frozen=True, slots=True)
class _Named:
    """An address of ECR that a run names."""

    address: EcrAddress
    found_in: Evidence
    pushed: bool = False
    """Whether something is pushed there, or should be."""


def _addresses(read: ReadJob, evidence_of: EvidenceBuilder) -> Iterator[_Named]:
    """Yield addresses of ECR, the surest first: printed by a push, printed by a login, asked for, in the environment."""
    steps = [step for step in read.steps if step.sections and not step.matched.is_post]
    for pattern in (PUSH_LINE, _MANIFEST, LOGIN_LINE):
        for step in steps:
            for line, address in _printed(step, pattern):
                yield _Named(address, evidence_of.line(read, step, line), pattern is not LOGIN_LINE)
    for purpose in (Purpose.PUSH, Purpose.LOGIN, Purpose.PULL):
        for step in read.steps:
            for operation in step.operations:
                named = EcrAddress.find(operation.target) if operation.purpose is purpose else None
                if named is not None:
                    found_in = _where(read, evidence_of, step, named.repository or named.host)
                    yield _Named(named, found_in, purpose is Purpose.PUSH)
    for step in steps:
        for section in step.sections:
            for _, value, line in section.env:
                for address in EcrAddress.find_all(value):
                    yield _Named(address, evidence_of.line(read, step, line))
    if read.workflow is not None and read.written is not None:
        values = (value for block in (read.workflow.env, read.written.env) for _, value in block)
        defaults = (default or "" for _, default in read.workflow.inputs)
        for value in (*values, *defaults):
            for address in EcrAddress.find_all(value):
                yield _Named(address, evidence_of.file(value, read.written.line))


def _printed(step: ReadStep, pattern: re.Pattern[str]) -> Iterator[tuple[LogLine, EcrAddress]]:
    for line in step.output[:MOST_LINES]:
        if "ecr" not in line.text:
            continue  # every host of ECR has it in its name
        found = pattern.search(line.text[:1_000]) if line.printed else None
        address = EcrAddress.find(found[1]) if found else None
        if address is not None:
            yield line, address


def _where(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep, needle: str) -> Evidence:
    """Return where a step names something: the line of its head, the head itself, or the file."""
    for section in step.sections:
        if section.kind is SectionKind.RUN:
            named = next((line for line in section.lines[:500] if needle in line.text), section.lines[0])
            return evidence_of.line(read, step, named)
    own = step.matched.written
    return evidence_of.file(f"{step.name}: {needle}", own.line if own else 0, own.file if own else "")


def _own_registry(read: ReadJob, evidence_of: EvidenceBuilder) -> Fact[EcrAddress] | None:
    """Return the registry of a login where no address is named: the one it prints, or that of the role's own account."""
    registry = EcrAddress.parse(read.values.get("outputs.registry"))
    login = next((step for step in read.steps if registry and _logs_in_at(step, registry.account or "")), None)
    if registry is None or login is None:
        return None
    return Fact(registry, _where(read, evidence_of, login, "registr"))


def _logs_in_at(step: ReadStep, account: str) -> bool:
    return any(
        operation.purpose is Purpose.LOGIN
        and operation.action == "ecr:GetAuthorizationToken"
        and operation.registries in ((), (account,))
        for operation in step.operations
    )


def _named_repository(read: ReadJob, evidence_of: EvidenceBuilder) -> Fact[str] | None:
    """Return the ``--repository-name`` of a call."""
    for step in read.steps:
        for operation in step.operations:
            name = operation.target or ""
            if operation.purpose is Purpose.CALL and is_legible(name) and is_repository_name(name):
                return Fact(name, _where(read, evidence_of, step, "--repository-name"))
    return None


def _printed_tag(read: ReadJob, evidence_of: EvidenceBuilder) -> Fact[str] | None:
    """Return the tag that docker prints after a push to ECR."""
    for step in read.steps:
        if any(_is_ecr(operation) for operation in step.operations if operation.purpose is Purpose.PUSH):
            for line in step.output[:MOST_LINES]:
                pushed = _PUSHED.match(line.text[:400]) if line.printed else None
                if pushed:
                    return Fact(pushed[1], evidence_of.line(read, step, line))
    return None


def _is_ecr(operation: Operation) -> bool:
    return not operation.elsewhere


def _digest(read: ReadJob, evidence_of: EvidenceBuilder, push: ReadStep | None) -> Fact[str] | None:
    """Return the digest that the push printed, else the one that a step read back from the registry."""
    readers = [
        step
        for step in read.steps
        if step.is_a(StepKind.ECR_DESCRIBE_IMAGES)
        or any(operation.action == "ecr:BatchGetImage" for operation in step.operations)
    ]
    if push is not None:
        for line in push.output[:MOST_LINES]:
            text = line.text[:2_000]
            is_pushed = _PUSHED.match(text) or ("pushing manifest" in text) or text.startswith("Pushed ")
            digest = digest_in(text) if line.printed and is_pushed else None
            if digest and any(_is_ecr(operation) for operation in push.operations if operation.purpose is Purpose.PUSH):
                return Fact(digest, evidence_of.line(read, push, line))
    for step in readers:
        for line in step.output[:MOST_LINES]:
            digest = digest_in(line.text[:2_000]) if line.printed else None
            if digest:
                return Fact(digest, evidence_of.line(read, step, line))
    return None


def _principal(read: ReadJob, evidence_of: EvidenceBuilder) -> Fact[str] | None:
    """Return the assumed-role session that a tool printed: an identity call, or the user named in a denial."""
    roles = roles_of(read)
    for step in read.steps:
        for line in step.output[:MOST_LINES]:
            if line.printed and ":assumed-role/" in line.text:
                found = _PRINCIPAL.search(line.text[:4_000])
                if found and not is_of_another(found[0], roles):
                    return Fact(found[0], evidence_of.line(read, step, line))
    return None


def _session_role(read: ReadJob, principal: Fact[str] | None) -> Fact[Arn] | None:
    """Return the role whose session a tool printed, where that can be no other than the one that the job assumed."""
    session = Arn.parse(principal.value) if principal else None
    role = session.role_of_session() if session else None
    steps = assuming_steps(read)
    if principal is None or session is None or role is None or len(steps) != 1 or not steps[0].matched.succeeded:
        return None
    inputs = {key.lower(): value for section in steps[0].sections for key, value, _ in section.inputs}
    own = steps[0].matched.written
    name = inputs.get("role-session-name") or (own.input("role-session-name") if own else None) or DEFAULT_SESSION_NAME
    if not steps[0].is_a(StepKind.CONFIGURE_AWS_CREDENTIALS) or (is_legible(name) and name != session.session_name):
        return None
    return Fact(role, principal.found_in)


def _environment(read: ReadJob, evidence_of: EvidenceBuilder) -> Fact[str] | None:
    named = with_expressions(read.written.environment or "", read.values) if read.written else None
    if named and is_legible(named):
        return Fact(named, evidence_of.file(f"environment: {named}", read.written.line if read.written else 0))
    stated = evidence_of.attempt.environment
    return Fact(stated, evidence_of.run(f"environment: {stated}")) if stated and is_legible(stated) else None
