"""Find the statements that decide at a gate for a session, each with its why: from the same judges that give the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.places import places_of, statement_in, statement_of
from diagnosis.account_view.too_much import perhaps_too_much, too_much
from diagnosis.account_view.view import Deciding, Part
from diagnosis.callers.admission_verdict import Admission
from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.live.authentication import judge_role_trust
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.resource_control import judge_resource_control
from diagnosis.live.run_claims import RunClaims, absent_role
from diagnosis.policy import Decision, Layer, hanging
from diagnosis.trust.admission import SubjectDecision, TrustJudgement
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import BeyondGrant, SessionAssessment
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Need

_ORDER = (
    Part.DENIES,
    Part.NEAREST,
    Part.SILENT,
    Part.OPEN,
    Part.BEYOND,
    Part.PERHAPS_BEYOND,
    Part.ALLOWS,
    Part.ALSO,
)
"""What stands in the way is shown first."""
_POSITION = re.compile(r"\[(\d+)\]")
_OPENING = (Layer.IDENTITY, Layer.RESOURCE)
"""Layers whose Allow opens; the others only let pass what these open."""
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
    withheld: Sequence[BeyondGrant] = (),
) -> tuple[Deciding, ...]:
    """Return what decides at a gate for a session; empty where no document does."""
    found: Iterable[Deciding]
    match gate:
        case Gate.OIDC_TRUST:
            found = _provider(session, documents)
        case Gate.ROLE_ASSUMPTION:
            found = _trust(run, documents)
        case Gate.LEAST_PRIVILEGE:
            found = (*too_much(session, documents, admission), *perhaps_too_much(withheld, documents))
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
    for place in places_of(documents, DocumentKind.PROVIDER) if verdict is not None else ():
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
    for place in places_of(documents, DocumentKind.TRUST):
        if not judgement.decisions:
            yield Deciding(place, None, Part.OPEN, judgement.reason)
        for decision in judgement.decisions:
            for part, path, text in _of_subject(decision, judgement):
                yield Deciding(place, statement_in(documents[place], path), part, text)
    control = judge_resource_control(run, role.value)
    for answer in control.answers:
        part = Part.DENIES if answer.stops else Part.OPEN
        for place in places_of(documents, DocumentKind.RCP):
            if (documents[place].place, documents[place].name) == (answer.level, answer.name):
                yield Deciding(place, statement_in(documents[place], answer.path), part, answer.text)


def _of_subject(decision: SubjectDecision, judgement: TrustJudgement) -> Iterator[tuple[Part, str | None, str]]:
    """Yield what plays a part for one possible subject, with the statement's path (or none: the whole document)."""
    answer = decision.answer
    if decision.outcome is TrustOutcome.ALLOWED:
        yield Part.ALLOWS, decision.path, decision.reason
    elif decision.outcome is TrustOutcome.UNKNOWN:
        found = hanging(answer.decision, answer.worst) if answer is not None and answer.worst is not None else ()
        yield from ((Part.OPEN, hit.path, decision.reason) for hit in found)
    elif judgement.outcome is TrustOutcome.UNKNOWN:
        # Refused as far as this subject goes, which need not be the one that the run presents.
        yield Part.OPEN, decision.path, judgement.reason
    elif answer is not None and answer.explicit:
        yield from ((Part.DENIES, because.path, because.text) for because in answer.decision.denials)
    else:
        yield Part.NEAREST if statement_of(decision.path) is not None else Part.SILENT, decision.path, decision.reason


def _needs(needs: Sequence[Need], run: RunClaims, documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    if absent_role(run.account) is not None or (isinstance(run.account.role, Unreadable) and run.role_arn is None):
        return
    for judgement in judge_needs(needs, run.account, run.session_name, run.session_policy):
        need = judgement.need
        uses = (f"{need.action} on {need.resource or 'a resource that is not known'}",)
        for part, layer, path, text in _parts(judgement):
            for place in _at(path, layer, need, run.account, documents):
                statement = statement_in(documents[place], path)
                fits = Part.SILENT if part is Part.NEAREST and statement is None else part
                yield Deciding(place, statement, fits, text, uses)


def _parts(judgement: NeedJudgement) -> Iterator[tuple[Part, str, str, str]]:
    """Yield what plays a part for one need, with its layer, its path (or none: the whole layer) and its sentence."""
    if judgement.entitlement is Entitlement.ALLOWED and judgement.least is not None:
        for because in judgement.least.allows:
            part = Part.ALLOWS if because.layer in _OPENING else Part.ALSO
            yield part, because.layer.value, because.path or "", because.text
    elif judgement.entitlement is Entitlement.DENIED and judgement.most is not None:
        stopped = frozenset(layer for layer, *_ in judgement.stopped_by)
        for because in judgement.most.denials:
            if because.layer.value in stopped:
                yield Part.DENIES, because.layer.value, because.path or "", because.text
        for layer, explicit, text, path in judgement.stopped_by:
            yield Part.DENIES if explicit else Part.NEAREST, layer, path, text
        yield from _further_levels(judgement.most, stopped)
    elif judgement.most is not None and judgement.least is not None:
        why = "; ".join(f"{item.what}: {item.why}" for item in judgement.missing[:2])
        for hit in hanging(judgement.most, judgement.least):
            yield Part.OPEN, hit.place.layer.value, hit.path, why


def _further_levels(decision: Decision, stopped: frozenset[str]) -> Iterator[tuple[Part, str, str, str]]:
    """Yield the levels of control policies that do not allow either: of each layer the judgement names the first."""
    seen: set[Layer] = set()
    for place in decision.blocked:
        if place.level is None or place.layer.value not in stopped:
            continue
        if place.layer in seen:
            levels = (decision.layers.scps if place.layer is Layer.SCP else decision.layers.rcps) or ()
            position = [level for level, _ in levels].index(place.level)
            near = next((miss.path for miss in decision.near_misses if miss.place == place), "")
            text = f"{place.level} does not allow {decision.request.action} either."
            yield Part.NEAREST, place.layer.value, near or f"{place.layer.value}s[{position}]", text
        seen.add(place.layer)


def _at(path: str, layer: str, need: Need, account: AccountState, documents: Sequence[AccountDocument]) -> list[int]:
    """Return the document at a path of a decision; without a path, every document of the layer."""
    found = _PATHS.get(re.split(r"[.\[]", path, maxsplit=1)[0]) if path else None
    name = found.value if found is not None else layer
    places = (
        _of_resource(need, documents)
        if name == Layer.RESOURCE.value
        else [place for kind in _LAYERS.get(name, ()) for place in places_of(documents, kind)]
    )
    if found is None or found is Layer.RESOURCE:
        return places
    numbers = [int(number) for number in _POSITION.findall(path.partition(".Statement")[0])]
    if found in (Layer.SCP, Layer.RCP):
        reading = account.scps if found is Layer.SCP else account.rcps
        if not isinstance(reading, Known) or not numbers:
            return places
        sizes = [max(1, len(level.policies)) for level in reading.value]
        before = sum(sizes[: numbers[0]])
        if len(numbers) == 1:
            return places[before : before + sizes[numbers[0]]]
        position = before + numbers[1]
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
    places = [place for kind in _OF_RESOURCES for place in places_of(documents, kind)]
    exact = [place for place in places if documents[place].place == resource]
    inside = (place for place in places if documents[place].place and resource.startswith(f"{documents[place].place}/"))
    return exact[:1] or list(inside)[:1]
