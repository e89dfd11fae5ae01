"""Find the statements by which too much is granted, or may be: of the role's policies, and of who gets in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.places import named_statement, places_of, statement_in
from diagnosis.account_view.view import Deciding, Part
from diagnosis.callers.admission_verdict import Admission
from diagnosis.causes import Cause
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate
from diagnosis.policy import Effect, Policy
from diagnosis.verdicts.assessment import BeyondGrant, SessionAssessment


def too_much(
    session: SessionAssessment, documents: Sequence[AccountDocument], admission: Admission | None
) -> Iterator[Deciding]:
    """Yield what is too much at least privilege, and the statements that let somebody in whom a release role should refuse."""
    for problem in session.problems:
        if problem.gate is not Gate.LEAST_PRIVILEGE:
            continue
        for proof in problem.evidence:
            name, _, path = (proof.address or "").rpartition(": ")
            if proof.kind is EvidenceKind.POLICY and name:
                for place in _named(documents, name, path, problem.actions):
                    yield Deciding(
                        place, statement_in(documents[place], path), Part.BEYOND, proof.text, problem.actions
                    )
        if problem.cause is Cause.REPOSITORY_OPEN:
            for place in places_of(documents, DocumentKind.REPOSITORY):
                if documents[place].place == problem.resource:
                    yield Deciding(place, None, Part.BEYOND, problem.reason, problem.actions)
    if admission is None:
        return
    for place in places_of(documents, DocumentKind.TRUST):
        for item in admission.too_open:
            statement = named_statement(documents[place], item.statement or "")
            yield Deciding(place, statement, Part.BEYOND, item.reason, (item.subject,) if item.subject else ())
        for door in admission.open_doors:
            statement = named_statement(documents[place], door.statement)
            yield Deciding(place, statement, Part.BEYOND, door.text)


def perhaps_too_much(withheld: Sequence[BeyondGrant], documents: Sequence[AccountDocument]) -> Iterator[Deciding]:
    """Yield what would be too much, were every use known."""
    for grant in withheld:
        listed = ", ".join(grant.actions[:2]) + (
            f" and {len(grant.actions) - 2} more" if len(grant.actions) > 2 else ""
        )
        for place in _named(documents, grant.policy, grant.statement, grant.actions):
            statement = named_statement(documents[place], grant.statement)
            yield Deciding(place, statement, Part.PERHAPS_BEYOND, f"{listed}; not every use is known", grant.actions)


def _named(documents: Sequence[AccountDocument], name: str, path: str, actions: Sequence[str]) -> list[int]:
    """Return the role's policy of this name; of an inline and a managed one that share it, what grants one of the actions."""
    places = [
        place
        for place in places_of(documents, DocumentKind.INLINE, DocumentKind.MANAGED)
        if documents[place].name == name
    ]
    fitting = [place for place in places if _grants(documents[place], path, actions)] if len(places) > 1 else places
    return fitting or places


def _grants(document: AccountDocument, path: str, actions: Sequence[str]) -> bool:
    policy = document.reading.value.policy if isinstance(document.reading, Known) else None
    position = named_statement(document, path)
    if position is None or not isinstance(policy, Policy):
        return False
    statement = policy.statements[position]
    return statement.effect is Effect.ALLOW and any(statement.actions.covers(action.lower()) for action in actions)
