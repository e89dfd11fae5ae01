"""Lay out each session of a run's release: its role's documents with what decides, who gets in, and what is beyond the need."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.account_view.deciding import deciding_at
from diagnosis.account_view.documents import AccountDocument, documents_of
from diagnosis.account_view.view import Deciding, SessionView
from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Gate
from diagnosis.live.assessment import assess
from diagnosis.live.release_units import units_of
from diagnosis.live.run_claims import RunClaims
from diagnosis.policy import Unparsable
from diagnosis.verdicts.assessment import BeyondGrant, SessionAssessment
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import StepGap
from diagnosis.verdicts.replay import Replay


def _go_on(done: int, total: int) -> None:
    """Tell nobody."""


def session_views(
    replay: Replay, account: AccountState, case: Case, told: Callable[[int, int], None] = _go_on
) -> tuple[SessionView, ...]:
    """Return the sessions of a run in the order of its jobs; of a role that was not read every document says so.

    ``told`` learns how many sessions are done, of how many; whatever it raises ends the work.
    """
    units = units_of(replay, case)
    told(0, len(units) + 1)
    whole = assess(replay, account, case)
    views = []
    for place, (unit, session) in enumerate(zip(units, whole.sessions, strict=True), 1):
        told(place, len(units) + 1)
        run = RunClaims.of(unit.view, unit.account_in(account), unit.case)
        own = assess(unit.view, account, unit.case, among=replay) if len(units) > 1 else whole
        admission = _admission(run)
        documents = documents_of(run.account, run.session_policy)
        views.append(
            SessionView(
                jobs=session.jobs,
                role_arn=session.role_arn,
                account=run.account,
                documents=documents,
                gates=session.gates,
                deciding=_deciding(run, session, documents, admission, own.withheld),
                subjects=session.subjects,
                admission=admission,
                needs=session.needs,
                problems=tuple(each for each in session.problems if each.gate is Gate.LEAST_PRIVILEGE),
                beyond=own.beyond,
                withheld=own.withheld,
                gaps=tuple(gap for gap in (*session.gaps, *_others(own.gaps, session)) if gap.is_open),
                notes=own.notes,
            )
        )
    return tuple(views)


def _others(gaps: tuple[StepGap, ...], session: SessionAssessment) -> tuple[StepGap, ...]:
    return tuple(gap for gap in gaps if gap not in session.gaps)


def _deciding(
    run: RunClaims,
    session: SessionAssessment,
    documents: tuple[AccountDocument, ...],
    admission: Admission | Missing,
    withheld: tuple[BeyondGrant, ...],
) -> tuple[tuple[Gate, tuple[Deciding, ...]], ...]:
    known = admission if isinstance(admission, Admission) else None
    return tuple(
        (verdict.gate, deciding_at(verdict.gate, run, session, documents, known, withheld)) for verdict in session.gates
    )


def _admission(run: RunClaims) -> Admission | Missing:
    """Ask the trust policy for everybody who gets in, as the least-privilege gate does."""
    role, read_at = run.account.role, run.account.read_at
    if isinstance(role, Absent):
        return Missing("who gets in", f"{role.what} does not exist", "create the role first")
    if not isinstance(role, Known):
        return Missing(f"{role.what}: its trust policy", role.why, role.how, role.permission)
    found = who_gets_in(
        role.value.trust_policy,
        run.attempt.repository,
        provider_arn=run.account.question.provider_arn,
        role_arn=role.value.arn,
        exceptions=run.case.exceptions,
        today=read_at.date() if read_at is not None else None,
    )
    if isinstance(found, Unparsable):
        return Missing("who gets in", f"the trust policy is unparsable: {found.text}", "correct the document")
    return found
