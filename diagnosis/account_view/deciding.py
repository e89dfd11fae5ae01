"""Find the statements that decide at a gate for a session, each with its why: from the same judges that give the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import Deciding, Part
from diagnosis.callers.admission_verdict import Admission
from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.live.authentication import judge_role_trust
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.resource_control import judge_resource_control
from diagnosis.live.run_claims import RunClaims, absent_role
from diagnosis.policy import Layer, Policy
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import SessionAssessment
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Need

_ORDER = (Part.DENIES, Part.NEAREST, Part.SILENT, Part.OPEN, Part.BEYOND, Part.ALLOWS, Part.ALSO)
"""What stands in the way is shown first."""
_STATEMENT = re.compile(r"(?:^|\.)Statement(?:\[(\d+)\])?")
_POSITION = re.compile(r"\[(\d+)\]")
_LAYERS = {
    Layer.IDENTITY.value: (DocumentKind.INLINE, DocumentKind.MANAGED),
    Layer.BOUNDARY.value: (DocumentKind.BOUNDARY,),
    Layer.SESSION.value: (DocumentKind.SESSION,),
    Layer.SCP.value: (DocumentKind.SCP,),
    Layer.RCP.value: (DocumentKind.RCP,),
}
_OF_RESOURCES = (DocumentKind.REPOSITORY, DocumentKind.RESOURCE)
_PATHS = {
    "identity_policies": Layer.IDENTITY,
    "permission_boundaries": Layer.BOUNDARY,
    "scps": Layer.SCP,
    "rcps": Layer.RCP,
    "session_policy": Layer.SESSION,
    "resource_policy": Layer.RESOURCE,
}


def deciding_at(
    gate: Gate,
    run: RunClaims,
    session: SessionAssessment,
    documents: Sequence[AccountDocument],
    admission: Admission | None,
) -> tuple[Deciding, ...]:
    """Return what decides at a gate for a session; empty where no document does."""
    match gate:
        case Gate.OIDC_TRUST:
            found = _provider(session, documents)
        case Gate.ROLE_ASSUMPTION:
            found = _trust(run, documents)
        case Gate.LEAST_PRIVILEGE:
            found = _beyond(session, documents, admission)
        case _:
            needs = [need for need in session.needs if need.checkpoint.gate is gate]
            found = _needs(needs, run, documents)
    return _joined(found)


def _joined(found: Iterable[Deciding]) -> tuple[Deciding, ...]:
    """Return each statement once for each part that it plays, with all uses for which it does."""
    seen: dict[tuple[int, int | None, Part], Deciding] = {}
    for item in found:
        key = (item.document, item.statement, item.part)
        known = seen.setdefault(key, item)
        if known is not item:
            seen[key] = replace(known, uses=tuple(dict.fromkeys((*known.uses, *item.uses))))
    return tuple(sorted(seen.values(), key=lambda item: (_ORDER.index(item.part), item.document, item.statement or 0)))


_OF_PROVIDER = (Cause.OIDC_PROVIDER_ABSENT, Cause.AUDIENCE_NOT_ADMITTED)


def _provider(session: SessionAssessment, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    """Yield what the provider has to do with it; a gate that fails by the workflow alone is decided by no document."""
    verdict = maybe_verdict_at(session.gates, Gate.OIDC_TRUST)
    for place in _places(documents, DocumentKind.PROVIDER) if verdict is not None else ():
        if verdict is not None and verdict.verdict is Verdict.PASS:
            yield Deciding(place, None, Part.ALLOWS, verdict.reason)
        for problem in session.problems:
            if problem.gate is Gate.OIDC_TRUST and problem.cause in _OF_PROVIDER:
                yield Deciding(place, None, Part.SILENT, problem.reason)


def _trust(run: RunClaims, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    role = run.account.role
    caller = run.replay.session.assumed_by if run.replay.session is not None else None
    if not isinstance(role, Known) or run.release.chained_from or caller is not None:
        return
    judgement = judge_role_trust(run, role.value)
    for place in _places(documents, DocumentKind.TRUST):
        for decision in judgement.decisions:
            statement = statement_of(decision.path)
            if decision.outcome is TrustOutcome.ALLOWED:
                part = Part.ALLOWS
            elif decision.outcome is TrustOutcome.UNKNOWN:
                part = Part.OPEN
            elif Cause.TRUST_EXPLICIT_DENY in decision.causes:
                part = Part.DENIES
            else:
                part = Part.SILENT if statement is None else Part.NEAREST
            yield Deciding(place, statement, part, decision.reason)
    control = judge_resource_control(run, role.value)
    for sentence, (level, name) in zip(control.stops, control.stopping, strict=True):
        for place in _places(documents, DocumentKind.RCP):
            if (documents[place].place, documents[place].name) == (level, name):
                yield Deciding(place, None, Part.DENIES, sentence)


def _needs(needs: Sequence[Need], run: RunClaims, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    if absent_role(run.account) is not None or (isinstance(run.account.role, Unreadable) and run.role_arn is None):
        return
    for judgement in judge_needs(needs, run.account, run.session_name, run.session_policy):
        yield from _need(judgement, run.account, documents)
        if judgement.entitlement is Entitlement.ALLOWED:
            yield from _limits(judgement.need, run, documents)


def _need(judgement: NeedJudgement, account: AccountState, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    need = judgement.need
    uses = (f"{need.action} on {need.resource or 'a resource that is not known'}",)
    if judgement.entitlement is Entitlement.ALLOWED:
        for proof in judgement.evidence:
            for place in _at(proof.address or "", "", need, account, documents):
                yield Deciding(place, statement_of(proof.address), Part.ALLOWS, proof.text, uses)
        return
    for layer, explicit, text, path in judgement.stopped_by:
        statement = statement_of(path)
        part = Part.DENIES if explicit else Part.SILENT if statement is None else Part.NEAREST
        for place in _at(path, layer, need, account, documents):
            yield Deciding(place, statement, part, text, uses)


def _limits(need: Need, run: RunClaims, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    """Yield the statements of what has to allow beside: each layer asked by itself, as if it were all that the role has."""
    groups: dict[tuple[DocumentKind, str], list[int]] = {}
    for place in _places(documents, DocumentKind.BOUNDARY, DocumentKind.SESSION, DocumentKind.SCP):
        # A control policy's place is its level, and each level has to allow.
        item = documents[place]
        groups.setdefault((item.kind, item.place if item.kind is DocumentKind.SCP else ""), []).append(place)
    gone = Absent("asked by itself")
    for places in groups.values():
        known = [(place, documents[place].reading) for place in places]
        policies = tuple(NamedPolicy(str(place), each.value) for place, each in known if isinstance(each, Known))
        alone = replace(
            run.account,
            inline_policies=Known(policies),
            attached_policies=Known(()),
            boundary=gone,
            scps=gone,
            rcps=gone,
            repository_policy=gone,
            repositories=(),
            resource_policies=(),
        )
        for judgement in judge_needs([need], alone, run.session_name) if policies else ():
            proof = next(iter(judgement.evidence), None)
            numbers = _POSITION.findall((proof.address or "").partition(".Statement")[0]) if proof is not None else []
            if judgement.entitlement is Entitlement.ALLOWED and proof is not None and numbers:
                place = int(policies[int(numbers[0])].name)
                use = f"{need.action} on {need.resource or 'a resource that is not known'}"
                yield Deciding(place, statement_of(proof.address), Part.ALSO, proof.text, (use,))


def _at(path: str, layer: str, need: Need, account: AccountState, documents: Sequence[AccountDocument]) -> list[int]:
    """Return the document at a path of a decision; without a path, every document of the layer."""
    found = _PATHS.get(re.split(r"[.\[]", path, maxsplit=1)[0]) if path else None
    name = found.value if found is not None else layer
    places = (
        _of_resource(need, documents)
        if name == Layer.RESOURCE.value
        else [place for kind in _LAYERS.get(name, ()) for place in _places(documents, kind)]
    )
    if found is None or found is Layer.RESOURCE:
        return places
    numbers = [int(number) for number in _POSITION.findall(path.partition(".Statement")[0])]
    if found in (Layer.SCP, Layer.RCP):
        reading = account.scps if found is Layer.SCP else account.rcps
        if not isinstance(reading, Known) or len(numbers) != 2:
            return []
        position = sum(len(level.policies) for level in reading.value[: numbers[0]]) + numbers[1]
    else:
        # A list that could not be read counts as one policy in the decision, and has one place among the documents; one
        # that is empty counts as none there.
        position = numbers[0] if numbers else 0
        if found is Layer.IDENTITY:
            places = [place for place in places if isinstance(documents[place].reading, Known | Unreadable)]
    return places[position : position + 1]


def _of_resource(need: Need, documents: Sequence[AccountDocument]) -> list[int]:
    """Return the policy of the need's own resource: of the very one, or of what it lies in (an object in its bucket)."""
    resource = need.resource or ""
    places = [place for kind in _OF_RESOURCES for place in _places(documents, kind)]
    exact = [place for place in places if documents[place].place == resource]
    inside = (place for place in places if documents[place].place and resource.startswith(f"{documents[place].place}/"))
    return exact[:1] or list(inside)[:1]


def _beyond(
    session: SessionAssessment, documents: Sequence[AccountDocument], admission: Admission | None
) -> Iterator[Deciding]:
    for problem in session.problems:
        if problem.gate is not Gate.LEAST_PRIVILEGE:
            continue
        for proof in problem.evidence:
            name, _, path = (proof.address or "").rpartition(": ")
            if proof.kind is EvidenceKind.POLICY and name:
                for place in _places(documents, DocumentKind.INLINE, DocumentKind.MANAGED):
                    if documents[place].name == name:
                        yield Deciding(place, statement_of(path), Part.BEYOND, proof.text, problem.actions)
        if problem.cause is Cause.REPOSITORY_OPEN:
            for place in _places(documents, DocumentKind.REPOSITORY):
                if documents[place].place == problem.resource:
                    yield Deciding(place, None, Part.BEYOND, problem.reason, problem.actions)
    if admission is None:
        return
    for place in _places(documents, DocumentKind.TRUST):
        for item in admission.too_open:
            statement = named_statement(documents[place], item.statement or "")
            yield Deciding(place, statement, Part.BEYOND, item.reason, (item.subject,) if item.subject else ())
        for door in admission.open_doors:
            statement = named_statement(documents[place], door.statement)
            yield Deciding(place, statement, Part.BEYOND, door.text)


def _places(documents: Sequence[AccountDocument], *kinds: DocumentKind) -> list[int]:
    return [place for place, item in enumerate(documents) if item.kind in kinds]


def statement_of(path: str | None) -> int | None:
    """Return the position of the statement that a path names: ``identity_policies[0].Statement[1]``; None where it names none."""
    found = _STATEMENT.search(path or "")
    return int(found.group(1) or 0) if found is not None else None


def named_statement(document: AccountDocument, name: str) -> int | None:
    """Return the position of the statement with this Sid, or path, in a document."""
    policy = document.reading.value.policy if isinstance(document.reading, Known) else None
    listed = policy.statements if isinstance(policy, Policy) else ()
    return next((place for place, item in enumerate(listed) if name and name in (item.sid, item.path)), None)
