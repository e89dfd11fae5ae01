"""Judge past runs with documents that the user proposes, put into the model of the account.

Nothing is changed anywhere. Each run is judged twice with its own claims and needs: by the account as it is, and as it
would be. Whom and what the documents newly admit, and no longer admit, is told beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.run_claims import DEFAULT_SESSION_NAME
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay
from diagnosis.what_if.admitted import Admitted, admitted_between
from diagnosis.what_if.proposal import Placed, Proposal, placed, with_proposals


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One past run under the account as it is and as it would be."""

    replay: Replay
    before: Assessment | None = None
    """None where the run could not be judged: see ``why_not``."""
    after: Assessment | None = None
    why_not: str = ""

    @property
    def verdict(self) -> Verdict:
        """The run as a whole under the proposal: the worst of its gates."""
        if self.after is None:
            return Verdict.UNKNOWN
        verdicts = {verdict.verdict for verdict in self.after.gates}
        if Verdict.FAIL in verdicts:
            return Verdict.FAIL
        return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The judgement of the proposed documents."""

    proposals: tuple[Placed, ...]
    runs: tuple[RunOutcome, ...]
    """In order of time."""
    opens: Admitted
    """What would be admitted and is not today."""
    closes: Admitted
    """What is admitted today and would not be."""
    missing: tuple[Missing, ...] = ()
    """Layers that could not be read, so that what opens and closes was asked without them."""
    newly_denied: tuple[Need, ...] = ()
    """The known uses of the runs that are allowed today and would not be, step by step."""
    newly_allowed: tuple[Need, ...] = ()
    """The known uses of the runs that are denied today and would not be."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Why AWS would not take the documents; such documents cannot be in force."""
        return tuple(reason for item in self.proposals for reason in item.refused_because)

    @property
    def verdict(self) -> Verdict:
        """``pass`` where AWS takes the documents and every run passes every gate."""
        verdicts = {outcome.verdict for outcome in self.runs}
        if self.refused or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.UNKNOWN


def what_if(
    replays: Sequence[Replay],
    account: AccountState,
    case: Case,
    proposals: Sequence[Proposal],
) -> WhatIf:
    """Judge the proposals. ``account`` was read for one role: runs of other roles are not judged, and say so."""
    # Each run would push a tag of its own; whether tags are free is no question to a policy.
    neutral = replace(account, question=replace(account.question, tag=None), second_opinions=Absent("second opinions"))
    changed = with_proposals(neutral, proposals)
    runs = tuple(_outcome(replay, neutral, changed, case) for replay in replays)
    judged = [outcome for outcome in runs if outcome.before is not None]
    needs = _all_needs(judged)
    repository = replays[0].attempt.repository if replays else None
    subjects = tuple(dict.fromkeys(subject for item in runs if item.after for subject in item.after.subjects))
    opens = admitted_between(neutral, changed, repository, needs, subjects) if repository else Admitted()
    closes = admitted_between(changed, neutral, repository, needs, subjects) if repository else Admitted()
    return WhatIf(
        proposals=tuple(placed(proposal, account) for proposal in proposals),
        runs=runs,
        opens=opens,
        closes=closes,
        newly_denied=_newly(judged, neutral, changed),
        newly_allowed=_newly(judged, changed, neutral),
        missing=_unread(account),
    )


def _outcome(
    replay: Replay,
    before: AccountState,
    after: AccountState,
    case: Case,
) -> RunOutcome:
    own = replay.facts.role_arn.value if replay.facts.role_arn else None
    read = before.role.value.arn if isinstance(before.role, Known) else before.question.role_arn
    if own and read and own != read and not case.role_arn:
        return RunOutcome(replay, why_not=f"This run assumes {own}; the account was read for {read}.")
    return RunOutcome(replay, assess(replay, before, case), assess(replay, after, case))


def _newly(outcomes: Sequence[RunOutcome], before: AccountState, after: AccountState) -> tuple[Need, ...]:
    """Return the uses that the first account allows and the second denies, or may deny."""
    uses: dict[tuple[str, str | None, str, str], Need] = {}
    for outcome in outcomes:
        for need in outcome.before.needs if outcome.before else ():
            uses.setdefault((need.action, need.resource, need.step, need.job), need)
    asked = tuple(uses.values())
    allowed, still = (
        [
            item.need
            for item in judge_needs(asked, account, DEFAULT_SESSION_NAME)
            if item.entitlement is Entitlement.ALLOWED
        ]
        for account in (before, after)
    )
    return tuple(need for need in allowed if need not in still)


def _all_needs(outcomes: Sequence[RunOutcome]) -> tuple[Need, ...]:
    found: dict[tuple[str, str | None], Need] = {}
    for outcome in outcomes:
        for need in outcome.before.needs if outcome.before else ():
            found.setdefault((need.action, need.resource), need)
    return tuple(found.values())


def _unread(account: AccountState) -> tuple[Missing, ...]:
    readings = (
        account.role,
        account.inline_policies,
        account.attached_policies,
        account.boundary,
        account.scps,
        account.rcps,
        account.repository_policy,
    )
    return tuple(
        Missing(reading.what, reading.why, reading.how, reading.permission)
        for reading in readings
        if not isinstance(reading, Known | Absent)
    )
