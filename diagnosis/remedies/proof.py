"""Prove a path: make its changes in memory, of the run and of the account, and judge all gates again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent
from diagnosis.live.assessment import assess
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
from diagnosis.verdicts.release import Need
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
    needs: tuple[Need, ...] | None
    """None where they have to be found again."""

    @property
    def run(self) -> RunClaims:
        """The run as STS and ECR would meet it."""
        return RunClaims.of(self.replay, self.account, self.case, self.ref)

    def judged(self) -> Assessment:
        """Judge all gates."""
        return assess(self.replay, self.account, self.case, ref=self.ref, needs=self.needs)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run and the account as they are, on which each offer is tried in memory."""

    replay: Replay
    live: Assessment
    case: Case
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
        same_account = account.question.role_account == self.live.account.question.role_account
        return Changed(
            replay=replay,
            account=account,
            # A role that the case file states is the one that the run had.
            case=replace(self.case, role_arn=None) if account.question.role_arn != self._role_arn else self.case,
            ref=next((offer.dispatch_ref for offer in listed if offer.dispatch_ref), None),
            # A release needs the same, whichever role of the account it assumes.
            needs=self.live.needs if same_account else None,
        )

    @property
    def _role_arn(self) -> Arn | None:
        return self.live.account.question.role_arn

    @property
    def present(self) -> Situation:
        """What offers are made for."""
        return situation_of(RunClaims.of(self.replay, self.live.account, self.case), self.live)

    def situation(self, offers: Iterable[Offer]) -> Situation:
        """Return what further offers are made for, once these are carried out."""
        changed, judged = self.judged(offers)
        return situation_of(changed.run, judged)

    def path(self, offers: tuple[Offer, ...]) -> Path:
        """Join the offers into one path, with its proof."""
        changed, judged = self.judged(offers)
        return Path(
            title=_title(offers),
            remediations=tuple(offer.remediation for offer in offers),
            gates=judged.gates,
            newly_admitted=newly_admitted(self.live, judged, self.replay, changed.run.claims.sets),
            proves=" ".join(offer.proves for offer in offers if offer.proves)
            or "That a rerun of the same workflow passes every gate.",
            does_not_prove=" ".join(offer.does_not_prove for offer in offers if offer.does_not_prove),
            still=judged.problems,
            owners=by_owner(offer.remediation for offer in offers),
        )


def _changes(offers: Iterable[Offer]) -> tuple[Change, ...]:
    return tuple(change for offer in offers for change in offer.remediation.changes)


def _title(offers: Iterable[Offer]) -> str:
    titles = [offer.remediation.title for offer in offers]
    return "; ".join([titles[0], *(title[0].lower() + title[1:] for title in titles[1:])])
