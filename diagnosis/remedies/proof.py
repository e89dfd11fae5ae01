"""Prove a path: make its changes in memory, of the run and of the account, and judge all gates again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent
from diagnosis.gates import Plane, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.release_units import units_of
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.remedies.bundle import by_owner
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.changed_run import edited
from diagnosis.remedies.newly_admitted import newly_admitted
from diagnosis.remedies.offer import Offer, Situation
from diagnosis.remedies.offers.audience import situation_of
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.remediation import Change
from diagnosis.verdicts.replay import Replay


@dataclass(frozen=True, slots=True)
class Changed:
    """The run and the account as changes would leave them."""

    replay: Replay
    account: AccountState
    case: Case
    ref: str | None
    """The ref on which the next run would be dispatched; None for the run's own."""
    beside: tuple[AccountState, ...] = ()
    """The accounts as the release's other roles have them."""

    @property
    def runs(self) -> tuple[tuple[RunClaims, tuple[str, ...]], ...]:
        """Each session of the run as STS and the services would meet it, with its jobs."""
        return tuple(
            (RunClaims.of(unit.view, unit.account_in(self.account), unit.case, self.ref), unit.jobs)
            for unit in units_of(self.replay, self.case)
        )

    def judged(self) -> Assessment:
        """Judge all gates."""
        return assess(self.replay, self.account, self.case, ref=self.ref)

    def situation(self, judged: Assessment) -> Situation:
        """Return what offers are made for: the first session that authentication stops, else the first one."""
        runs = self.runs
        stopped = (
            run
            for run, session in zip(runs, judged.sessions, strict=True)
            if any(problem.plane is Plane.AUTHENTICATION for problem in session.problems)
        )
        run, jobs = next(stopped, runs[0])
        return replace(situation_of(run, judged, jobs if len(runs) > 1 else ()), beside=self.beside)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run and the account as they are, on which each offer is tried in memory."""

    replay: Replay
    live: Assessment
    case: Case
    beside: tuple[AccountState, ...] = ()
    """The accounts as the release's other roles have them."""
    _judged: dict[tuple[Offer, ...], tuple[Changed, Assessment]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was judged already, by the offers: the same ones are tried more than once on the way to a path."""

    def judged(self, offers: Iterable[Offer]) -> tuple[Changed, Assessment]:
        """Return the run and the account after the changes of these offers, and all gates judged on them."""
        key = tuple(offers)
        if key not in self._judged:
            changed = self.after(key)
            self._judged[key] = changed, changed.judged()
        return self._judged[key]

    def after(self, offers: Iterable[Offer]) -> Changed:
        """Return the run and the account after the changes of these offers."""
        listed = tuple(offers)
        changes = _changes(listed)
        # What AWS's own tools said, they said of the account as it is.
        account = replace(applied(changes, self.live.account), second_opinions=Absent("second opinions"))
        replay, account = edited(changes, self.replay, account)
        return Changed(
            replay=replay,
            account=account,
            # A role that the case file states is the one that the run had.
            case=replace(self.case, role_arn=None) if account.question.role_arn != self._role_arn else self.case,
            ref=next((offer.dispatch_ref for offer in listed if offer.dispatch_ref), None),
            beside=self.beside,
        )

    @property
    def _role_arn(self) -> Arn | None:
        return self.live.account.question.role_arn

    @property
    def stopped_sessions(self) -> int:
        """How many sessions authentication stops as it is."""
        return sum(
            any(problem.plane is Plane.AUTHENTICATION for problem in session.problems) for session in self.live.sessions
        )

    @property
    def present(self) -> Situation:
        """What offers are made for."""
        return Changed(self.replay, self.live.account, self.case, None, self.beside).situation(self.live)

    def situation(self, offers: Iterable[Offer]) -> Situation:
        """Return what further offers are made for, once these are carried out."""
        changed, judged = self.judged(offers)
        return changed.situation(judged)

    def path(self, offers: tuple[Offer, ...]) -> Path:
        """Join the offers into one path, with its proof."""
        changed, judged = self.judged(offers)
        meant = tuple(dict.fromkeys(claims for run, _ in changed.runs for claims in run.claims.sets))
        passes_all = all(verdict.verdict is Verdict.PASS for verdict in judged.gates)
        return Path(
            title=_title(offers),
            remediations=tuple(offer.remediation for offer in offers),
            gates=judged.gates,
            newly_admitted=newly_admitted(self.live, judged, self.replay, meant),
            proves=" ".join(offer.proves for offer in offers if offer.proves)
            or f"That a rerun of the same workflow passes{' every gate' if passes_all else ''}.",
            does_not_prove=" ".join(offer.does_not_prove for offer in offers if offer.does_not_prove),
            still=judged.problems,
            owners=by_owner(offer.remediation for offer in offers),
        )


def _changes(offers: Iterable[Offer]) -> tuple[Change, ...]:
    return tuple(change for offer in offers for change in offer.remediation.changes)


def _title(offers: Iterable[Offer]) -> str:
    titles = [offer.remediation.title for offer in offers]
    return "; ".join([titles[0], *(title[0].lower() + title[1:] for title in titles[1:])])
