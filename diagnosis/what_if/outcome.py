"""Judge past runs with documents that the user proposes, put into the model of the account.

Nothing is changed anywhere. Each run is judged twice with its own claims and needs: by the account as it is, and as it
would be. Whom and what the documents newly admit, and no longer admit, is told beside that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import Endpoint
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.run_claims import DEFAULT_SESSION_NAME
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay
from diagnosis.what_if.admitted import Admitted, admitted_between
from diagnosis.what_if.proposal import Placed, Proposal, is_of_role, placed, with_proposals


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
    endpoints: tuple[Endpoint, ...] = ()
    """The servers that were asked in github.com's or AWS's place."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Why AWS would not take the documents; such documents cannot be in force."""
        return tuple(reason for item in self.proposals for reason in item.refused_because)

    @property
    def nothing(self) -> str:
        """The words for a side that admits nobody and nothing; what was not read, or has no meaning, may do so."""
        placed = all(item.judged and isinstance(item.proposal.document.policy, Policy) for item in self.proposals)
        return "nobody and nothing" if placed and not self.missing else "nobody and nothing in what could be compared"

    @property
    def verdict(self) -> Verdict:
        """``pass`` where AWS takes the documents and with all of them every run passes every gate."""
        verdicts = {outcome.verdict for outcome in self.runs}
        if self.refused or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        if not all(item.judged for item in self.proposals):
            return Verdict.UNKNOWN
        return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.UNKNOWN


def _go_on(done: int, total: int) -> None:
    """Tell nobody."""


def what_if(
    replays: Sequence[Replay],
    account: AccountState,
    case: Case,
    proposals: Sequence[Proposal],
    told: Callable[[int, int], None] = _go_on,
) -> WhatIf:
    """Judge the proposals. ``account`` was read for the roles of one release: runs of others are not judged, and say so.

    ``told`` learns how many runs are judged, of how many; whatever it raises ends the work.
    """
    neutral = _neutral(account)
    changed = with_proposals(neutral, proposals)
    judged = []
    for place, replay in enumerate(replays):
        told(place, len(replays))
        judged.append(_outcome(replay, neutral, changed, case))
    runs = tuple(judged)
    told(len(replays), len(replays))
    repository = replays[0].attempt.repository if replays else None
    parts = _parts(runs, neutral, changed)
    return WhatIf(
        proposals=tuple(placed(proposal, account) for proposal in proposals),
        runs=runs,
        opens=_admitted(parts, repository, lambda part: (part.before, part.after)),
        closes=_admitted(parts, repository, lambda part: (part.after, part.before)),
        newly_denied=tuple(need for part in parts for need in _newly(part.uses, part.before, part.after)),
        newly_allowed=tuple(need for part in parts for need in _newly(part.uses, part.after, part.before)),
        missing=tuple(dict.fromkeys(item for state in (account, *account.beside) for item in _unread(state))),
    )


def _neutral(account: AccountState) -> AccountState:
    """Return the account without what is no question to a policy: each run would push a tag of its own."""
    return replace(
        account,
        question=replace(account.question, tag=None),
        second_opinions=Absent("second opinions"),
        beside=tuple(_neutral(state) for state in account.beside),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One role of the release: its account as it is and as it would be, and what the runs use of it."""

    before: AccountState
    after: AccountState
    uses: tuple[Need, ...]
    subjects: tuple[str, ...]
    name: str
    """To be told beside what is admitted; empty for the first role."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The uses, each action on each resource once."""
        found: dict[tuple[str, str | None], Need] = {}
        for need in self.uses:
            found.setdefault((need.action, need.resource), need)
        return tuple(found.values())


def _parts(runs: Sequence[RunOutcome], before: AccountState, after: AccountState) -> list[_Part]:
    """Return the first role, and each further one that sessions of the runs have."""
    sessions = [session for run in runs if run.after for session in run.after.sessions]
    judged = [session for run in runs if run.before for session in run.before.sessions]
    pairs = list(zip((before, *before.beside), (after, *after.beside), strict=True))
    found: list[_Part] = []
    for place, (old, new) in enumerate(pairs):
        others = [state for state, _ in pairs if state is not old]

        def belongs(role: Arn | None, old: AccountState = old, others: list[AccountState] = others) -> bool:
            # What is not known to be another role's is the first one's.
            return is_of_role(old, role) or (old is before and not any(is_of_role(state, role) for state in others))

        uses: dict[tuple[str, str | None, str, str], Need] = {}
        for session in judged:
            for need in session.needs if belongs(session.role_arn) else ():
                uses.setdefault((need.action, need.resource, need.step, need.job), need)
        subjects = [subject for each in sessions if belongs(each.role_arn) for subject in each.subjects]
        role = old.question.role_arn
        name = f"role {role.name}" if place and role is not None else ""
        found.append(_Part(old, new, tuple(uses.values()), tuple(dict.fromkeys(subjects)), name))
    return found


def _admitted(
    parts: Sequence[_Part],
    repository: Repository | None,
    ends: Callable[[_Part], tuple[AccountState, AccountState]],
) -> Admitted:
    """Return what the second state of each role admits and the first does not; of a further role with its name."""
    if repository is None:
        return Admitted()
    whole = Admitted()
    for part in parts:
        own = admitted_between(*ends(part), repository, part.needs, part.subjects)
        if not part.name:
            whole = own
        elif not own.nothing:
            whole = Admitted(
                callers=_joined(whole.callers, own.callers, part.name),
                needed=_joined(whole.needed, own.needed, part.name),
                beyond=_joined(whole.beyond, own.beyond, part.name),
                actions=(*whole.actions, *own.actions),
            )
    return whole


def _joined(first: tuple[str, ...], more: tuple[str, ...], name: str) -> tuple[str, ...]:
    return (*first, *(f"{text} ({name})" for text in more if text not in first))


def _outcome(
    replay: Replay,
    before: AccountState,
    after: AccountState,
    case: Case,
) -> RunOutcome:
    own = replay.facts.role_arn.value if replay.facts.role_arn else None
    read = before.role.value.arn if isinstance(before.role, Known) else before.question.role_arn
    asked = any(is_of_role(state, own) for state in (before, *before.beside))
    if own and read and not asked and not case.role_arn:
        return RunOutcome(replay, why_not=f"This run assumes {own}; the account was read for {read}.")
    return RunOutcome(replay, assess(replay, before, case), assess(replay, after, case))


def _newly(asked: tuple[Need, ...], before: AccountState, after: AccountState) -> tuple[Need, ...]:
    """Return the uses that the first account allows and the second denies, or may deny."""
    allowed, still = (
        [
            item.need
            for item in judge_needs(asked, account, DEFAULT_SESSION_NAME)
            if item.entitlement is Entitlement.ALLOWED
        ]
        for account in (before, after)
    )
    return tuple(need for need in allowed if need not in still)


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
