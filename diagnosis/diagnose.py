"""Lead from what was recorded and read to the whole diagnosis, in two steps: the run tells what to ask the account.

First :func:`replays_of` and :func:`question_of`; then, with the account state that the probes bring, :func:`conclude`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from diagnosis.claims.naming import issuer_at
from diagnosis.closure.drift import drift_of
from diagnosis.closure.evidence.anchors import anchors_of
from diagnosis.closure.history import history_of
from diagnosis.closure.judge import judge_closure
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.facts.reading import Reading
from diagnosis.facts.runs import Attempt
from diagnosis.live.account_questions import with_release
from diagnosis.live.assessment import assess
from diagnosis.live.forecast import forecast, not_known
from diagnosis.live.green_run import with_green_run
from diagnosis.live.unread import nothing_read, unread_beside
from diagnosis.remedies.paths import undecided_roles
from diagnosis.remedies.release_paths import paths
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Fact, Replay, RunFacts

T = TypeVar("T")


def replays_of(attempts: Sequence[Attempt], case: Case) -> tuple[Replay, ...]:
    """Replay each attempt, in the order given."""
    return tuple(replay(attempt, case) for attempt in attempts)


def subject_of(replays: Sequence[Replay], key: tuple[int, int] | None) -> Replay | None:
    """Return the attempt that the live side is judged for: the chosen one, else the latest."""
    if not replays:
        return None
    return next((item for item in replays if item.attempt.key == key), replays[-1])


def question_of(
    subject: Replay, case: Case, others: Sequence[Replay] = (), green: Reading[Attempt] | None = None
) -> AccountQuestion:
    """Return what to ask the account about: the case file first, then what this run tells, then what its chain tells.

    ``green`` is the workflow's last success, where it was looked for beyond the chain (:func:`wants_green_run`).
    """
    facts = [subject.facts, *(item.facts for item in reversed(others) if item is not subject)]

    def told(read: Callable[[RunFacts], Fact[T] | None]) -> T | None:
        return next((fact.value for item in facts if (fact := read(item)) is not None), None)

    registry = told(lambda each: each.registry)

    def repository_there(each: RunFacts) -> Fact[str] | None:
        own = each.registry.value if each.registry else registry
        same = own is None or registry is None or own == registry or own.same_registry(registry)
        return each.repository if same else None

    since, until = _window([subject, *others])
    own_tag = subject.facts.tag.value if subject.facts.tag else None
    named = case.role_arn or told(lambda each: each.role_arn)
    role_arn = named or told(lambda each: each.session_role)
    stated = case.ecr_repository
    at_home = registry is None or (registry.public and stated is not None)
    own_account = role_arn.account if role_arn and role_arn.has_account and at_home else None
    registry_id = case.registry_id or (registry.account if registry else None) or own_account
    # What lies in the public registry, or in one whose account is masked, is not asked for in an account that we know.
    elsewhere = registry is not None and registry_id is None
    own = AccountQuestion(
        role_arn=role_arn,
        role_path_unknown=named is None and role_arn is not None,
        issuer=issuer_at(subject.attempt.repository.html_url),
        region=case.region or (registry.region if registry else None) or told(lambda each: each.region),
        registry_id=registry_id,
        repository=None if elsewhere else stated or told(repository_there),
        tag=own_tag or case.tag or told(lambda each: each.tag),
        evidence_root=case.evidence_root,
        since=since,
        until=until,
        actions=tuple(dict.fromkeys((need.action, need.resource) for need in subject.needs if need.resource)),
    )
    return with_green_run(with_release(own, subject, case), (subject, *others), green)


AROUND = timedelta(hours=1)
"""How far the window of the history goes beyond the chain: a change may precede the first failure that it caused."""


def _window(replays: Sequence[Replay]) -> tuple[datetime, datetime | None]:
    """Return the window of time to ask CloudTrail about. An open chain has no end: what mends it may have been done just now.

    A closed one ends an hour after its success: CloudTrail hands out the newest first and is cut off at a number of
    pages, so a window up to today would lose the chain itself.
    """
    attempts = [item.attempt for item in replays]
    last = max(attempts, key=lambda attempt: (attempt.created_at, attempt.attempt))
    since = min(attempt.started_at or attempt.created_at for attempt in attempts) - AROUND
    ended = last.updated_at if last.conclusion == "success" else None
    return since, ended + AROUND if ended else None


def conclude(
    replays: Sequence[Replay],
    account: AccountState | None,
    case: Case,
    *,
    subject: tuple[int, int] | None = None,
    live_gap: Missing | None = None,
    title: str = "",
    moment: str = "",
    made_at: datetime | None = None,
    github: str = "",
    facts: ClosureFacts = NOTHING_READ,
) -> Diagnosis:
    """Conclude the whole diagnosis of one chain.

    ``account`` is None where the live side was not read at all; ``live_gap`` says why, and makes every live gate unknown.
    ``github`` is the address of what was asked in github.com's place; ``facts`` is what closure asks beside runs and account.
    What the case states of its own runs counts where they are in the chain.
    """
    case = case.of_chain(replay.attempt for replay in replays)
    chosen = subject_of(replays, subject)
    live = None
    if chosen is not None and account is not None:
        live = assess(chosen, account, case)
    elif chosen is not None and live_gap is not None:
        live = nothing_read(chosen, live_gap, question_of(chosen, case, replays))
    offered: tuple[Path, ...] = ()
    doubtful: tuple[Missing, ...] = ()
    if chosen is not None and live is not None and account is not None:
        offered = paths(chosen, live, case)
        doubtful = undecided_roles(chosen, live, case)
    verdicts = [verdict for item in replays for verdict in item.gates]
    beside = unread_beside(account) if live and account is not None else ()
    unknown = tuple(dict.fromkeys((*not_known([*verdicts, *(live.gates if live else ())]), *beside, *doubtful)))
    diagnosis = Diagnosis(
        title=title,
        replays=tuple(replays),
        subject=chosen,
        live=live,
        forecast=forecast(live),
        paths=offered,
        unknown=unknown,
        made_at=made_at,
        moment=moment,
        endpoints=endpoints_of(github, account.endpoints if account is not None else ()),
    )
    read = live if account is not None else None
    history = history_of(replays, account, case)
    today = made_at.date() if made_at else None
    closure = judge_closure(replays, chosen, read, case, history, facts, today) if replays else None
    anchors = anchors_of(replays, account, case, facts, history, diagnosis.endpoints)
    return replace(diagnosis, closure=closure, history=history, drift=drift_of(replays, chosen, read), anchors=anchors)
