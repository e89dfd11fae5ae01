"""Tell whether a push was made by the session that the closing run opened, and by none other of the same role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import TrailEvent
from diagnosis.gates import Verdict
from diagnosis.live.observed_subject import SESSION_EVENT, session_evidence
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.policy.language.globs import covers, pattern_cells
from diagnosis.policy.principal_view import view_principal
from diagnosis.steps.variables import expand, is_legible, run_values
from diagnosis.verdicts.replay import Replay, RunFacts

_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SessionDoubt:
    """Why a push need not be, or is not, of the closing run's session."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()


def foreign_session(
    pushes: Sequence[TrailEvent], closing: Replay, account: AccountState, case: Case
) -> SessionDoubt | None:
    """Return what speaks against the closing run's session; None where every push is of it.

    A push counts by the key of its session, where CloudTrail shows that; else by its time and the session's name. Where
    CloudTrail does not show the session being opened either, a name is what anybody may choose: then the run's own record has to
    tell the digest that was pushed.
    """
    attempt = closing.attempt
    begin, end = attempt.started_at or attempt.created_at, attempt.updated_at
    run = RunClaims.of(closing, account, case)
    sessions = [
        event
        for event in (account.trail.value.events if isinstance(account.trail, Known) else ())
        if event.name == SESSION_EVENT and event.took_effect
    ]
    own = [
        event
        for event in sessions
        if end is not None
        and begin - _CLOCKS_DIFFER <= event.at <= end + _CLOCKS_DIFFER
        and _of_its_subject(event, run)
        and (not event.detail or _may_be(_name_in(event), closing, run, ()))
    ]
    others = [event for event in sessions if event not in own]
    for push in pushes:
        other = next((event for event in others if push.session and event.session == push.session), None)
        if other is not None:
            within = end is not None and begin - _CLOCKS_DIFFER <= other.at <= end + _CLOCKS_DIFFER
            if within and _of_its_subject(other, run):
                # Each workflow of a ref presents the same subject; a further job of this run may have named its session so.
                reason = (
                    f"The image was pushed by a session that was opened as {_name_in(other)}: that it was one of run "
                    f"{attempt.run_id} is not shown."
                )
                return SessionDoubt(Verdict.UNKNOWN, reason, (session_evidence(other),))
            reason = (
                f"The image was pushed by a session that was opened at {other.at:%Y-%m-%dT%H:%M:%SZ}, not by run "
                f"{attempt.run_id}."
            )
            return SessionDoubt(Verdict.FAIL, reason, (session_evidence(other),))
        opened = [event for event in own if _opens(event, push.principal) and event.at <= push.at]
        if len(_alike(opened, push)) > _sessions_of(closing) and not _records(closing, account):
            reason = (
                f"More sessions were opened in the time of run {attempt.run_id}, for its subject and under its session's name, "
                "than it had: which of them pushed is not told apart."
            )
            return SessionDoubt(Verdict.UNKNOWN, reason, tuple(session_evidence(event) for event in opened))
        if push.session and any(event.session == push.session for event in own):
            continue
        if end is not None and not begin - _CLOCKS_DIFFER <= push.at <= end + _CLOCKS_DIFFER:
            reason = f"The tag was pushed at {push.at:%Y-%m-%dT%H:%M:%SZ} too, outside of run {attempt.run_id}."
            return SessionDoubt(Verdict.UNKNOWN, reason)
        if push.session and opened and all(event.session for event in opened):
            reason = (
                f"The image was pushed with the key of another session than those that CloudTrail shows run "
                f"{attempt.run_id} opening."
            )
            return SessionDoubt(Verdict.UNKNOWN, reason, tuple(session_evidence(event) for event in opened))
        name = _session_name(push.principal)
        if not _may_be(name, closing, run, opened):
            reason = f"The image was pushed by {push.principal}: run {attempt.run_id} opened no session of that name."
            return SessionDoubt(Verdict.FAIL, reason, tuple(session_evidence(event) for event in own))
        if not opened and not _records(closing, account):
            reason = (
                f"The image was pushed by {push.principal}; CloudTrail does not show run {attempt.run_id} opening that session, "
                "and its own record does not tell the digest that it pushed: the session's name alone proves nothing."
            )
            return SessionDoubt(Verdict.UNKNOWN, reason)
    names = {_session_name(push.principal) for push in pushes}
    strangers = [
        event
        for event in others
        if end is not None
        and begin - _CLOCKS_DIFFER <= event.at <= end + _CLOCKS_DIFFER
        and (not event.detail or _name_in(event) in names)
    ]
    if strangers and not all(push.session for push in pushes):
        reason = (
            f"Another session of the role was opened in the time of run {attempt.run_id}, for {strangers[0].subject}: "
            "which of them pushed is not told apart."
        )
        return SessionDoubt(Verdict.UNKNOWN, reason, tuple(session_evidence(event) for event in strangers))
    return None


def _of_its_subject(event: TrailEvent, run: RunClaims) -> bool:
    return not event.subject or event.subject in run.claims.subjects or not run.claims.certain


def _name_in(event: TrailEvent) -> str:
    """Return the name under which an event opened a session."""
    return event.detail.removeprefix("session ")


def _alike(opened: Sequence[TrailEvent], push: TrailEvent) -> list[TrailEvent]:
    """Return the events that opened a session under the name of a push."""
    return [event for event in opened if not event.detail or _name_in(event) == _session_name(push.principal)]


def _sessions_of(closing: Replay) -> int:
    """Return how many sessions the run had, one where none of them was read."""
    return max(1, sum(each.ran for each in closing.sessions))


def _opens(event: TrailEvent, principal: str) -> bool:
    """Return whether an event opened a session of the role that a principal is of."""
    role, view = Arn.parse(event.target), view_principal(principal)
    return role is not None and (view.account, view.name) == (role.account, role.name)


def _records(closing: Replay, account: AccountState) -> bool:
    """Return whether the run's own record tells the digest that the registry holds."""
    told = {facts.digest.value.lower() for facts in _facts(closing) if facts.digest}
    return isinstance(account.image, Known) and account.image.value.digest.lower() in told


def _session_name(principal: str) -> str:
    return principal.rpartition("/")[2]


def _may_be(name: str, closing: Replay, run: RunClaims, own: Sequence[TrailEvent]) -> bool:
    """Return whether the closing run may have opened a session of this name; one that it computes may be any that fits."""
    opened = {_name_in(event) for event in own if event.detail}
    if opened:
        return name in opened
    told = {_session_name(each.principal.value) for each in _facts(closing) if each.principal}
    written = run.release.input("role-session-name")
    filled = expand(written, run_values(closing.attempt)) if written else run.session_name
    if filled and is_legible(filled):
        return name in told | {filled}
    return name in told or run.session_form is None or _has_form(name, run.session_form)


def _facts(closing: Replay) -> tuple[RunFacts, ...]:
    return (closing.facts, *(session.facts for session in closing.sessions))


def _has_form(name: str, form: str) -> bool:
    return covers(pattern_cells(form), pattern_cells(name))
