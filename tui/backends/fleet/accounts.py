"""Ask the AWS accounts of a fleet: by the profile of each account, and what many workflows share once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from threading import Lock

from diagnosis.facts.account import AccountQuestion, AccountState, CredentialsProblem
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.verdicts.gate_verdict import Missing
from probes.aws.read.account import read_account
from probes.aws.session.access import AwsAccess
from probes.aws.session.shared_answers import SharedAnswers
from probes.ledger import Ledger

_WHAT = "the live state of the account"
_MOST_IN_VAIN = 3
"""Readings in a row to which AWS answered nothing, each of which waits for half a minute."""


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """How AWS is asked."""

    profile: str | None = None
    """Of every account that has none of its own; None: botocore's own chain."""
    by_account: Mapping[str, str] = field(default_factory=dict)
    """The profile of an account, by its id."""
    region: str | None = None
    allow_http: bool = False
    live: bool = True


class Accounts:
    """Reads the account state of one workflow after the other. Safe to share between threads."""

    def __init__(self, options: AwsOptions, ledger: Ledger, make: Callable[..., AwsAccess] = SharedAnswers) -> None:
        self._options = options
        self._ledger = ledger
        self._make = make
        self._lock = Lock()
        self._accesses: dict[str | None, AwsAccess] = {}
        self._problems: dict[str | None, CredentialsProblem] = {}
        self._in_vain: dict[str | None, int] = {}

    @property
    def live(self) -> bool:
        """Whether AWS is asked at all."""
        return self._options.live

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The servers that were asked in AWS's place."""
        with self._lock:
            accesses = list(self._accesses.values())
        return tuple(sorted({place for access in accesses for place in access.foreign_endpoints}))

    @property
    def credentials_problem(self) -> CredentialsProblem | None:
        """What is wrong with the credentials of one of the profiles; None where nothing is, or nobody was asked."""
        with self._lock:
            return next(iter(self._problems.values()), None)

    def read(self, question: AccountQuestion, cancelled: Callable[[], bool]) -> AccountState | Missing:
        """Return the account as it is now, or why it was not read. Never raises for what AWS or the credentials do."""
        if not self._options.live:
            return Missing(_WHAT, "it was not asked (--no-live)", "leave --no-live out")
        problem = self._problem(self._profile(question.role_account))
        if problem is not None:
            return Missing(_WHAT, problem.sentence, problem.way_out)
        if self._in_vain.get(self._profile(question.role_account), 0) >= _MOST_IN_VAIN:
            why = f"AWS answered nothing {_MOST_IN_VAIN} times in a row, so it was not asked any more"
            return Missing(_WHAT, why, "look at the network and the endpoint, and go on by --resume")
        near, far = _split(question, lambda role: self._profile(role.role_account))
        state = self._read(near, cancelled)
        if not far:
            return state
        others = {each: replace(self._elsewhere(each, cancelled), question=each) for each in far}
        known = {each.question: each for each in state.beside}
        beside = tuple(
            others.get(each) or known.get(each) or AccountState(each, state.read_at) for each in question.beside
        )
        return replace(state, question=replace(state.question, beside=question.beside), beside=beside)

    def _elsewhere(self, question: AccountQuestion, cancelled: Callable[[], bool]) -> AccountState:
        if self._problem(self._profile(question.role_account)) is not None:
            return AccountState(question)
        return self._read(question, cancelled)

    def _read(self, question: AccountQuestion, cancelled: Callable[[], bool]) -> AccountState:
        profile = self._profile(question.role_account)
        access = self._access(profile)
        registry_profile = self._profile(question.registry_id) if question.registry_id else profile
        registry = None
        if question.registry_id in self._options.by_account and registry_profile != profile:
            registry = self._access(registry_profile)
        state = read_account(question, access, registry=registry, cancelled=cancelled)
        with self._lock:
            if state.credentials_problem is not None and not isinstance(state.identity, Known):
                self._problems.setdefault(profile, state.credentials_problem)
            self._in_vain[profile] = self._in_vain.get(profile, 0) + 1 if unanswered(state) else 0
        return state

    def _profile(self, account: str | None) -> str | None:
        return self._options.by_account.get(account or "", self._options.profile)

    def _problem(self, profile: str | None) -> CredentialsProblem | None:
        """Return what is wrong with a profile's credentials: asked once, since a chain that finds nothing takes seconds."""
        access = self._access(profile)
        with self._lock:
            known = self._problems.get(profile)
        if known is not None:
            return known
        problem = access.credentials_problem()
        if problem is not None:
            with self._lock:
                self._problems.setdefault(profile, problem)
        return problem

    def _access(self, profile: str | None) -> AwsAccess:
        with self._lock:
            if profile not in self._accesses:
                self._accesses[profile] = self._make(
                    ledger=self._ledger,
                    clock=lambda: datetime.now(UTC),
                    profile=profile,
                    region=self._options.region,
                    allow_http=self._options.allow_http,
                )
            return self._accesses[profile]


def unanswered(state: AccountState) -> bool:
    """Return whether AWS answered nothing about a role: neither who asks nor the role, and not for want of a permission."""
    asked = (state.identity, state.role)
    return all(isinstance(each, Unreadable) and each.permission is None for each in asked)


def failed_in_passing(state: AccountState) -> Unreadable | None:
    """Return what AWS did not answer on the way, by throttling or a timeout: asked another time, it may."""
    readings: list[object] = [getattr(state, each.name) for each in fields(state)]
    readings += [part for item in state.repositories for part in (item.repository, item.policy)]
    readings += [item.policy for item in state.resource_policies]
    own = next((each for each in readings if isinstance(each, Unreadable) and each.passing), None)
    return own or next((gap for each in state.beside if (gap := failed_in_passing(each)) is not None), None)


def _split(
    question: AccountQuestion, profile_of: Callable[[AccountQuestion], str | None]
) -> tuple[AccountQuestion, tuple[AccountQuestion, ...]]:
    """Return the question with the roles that the same profile reads, and those that another one does."""
    own = profile_of(question)
    far = tuple(each for each in question.beside if profile_of(each) != own)
    return replace(question, beside=tuple(each for each in question.beside if each not in far)), far
