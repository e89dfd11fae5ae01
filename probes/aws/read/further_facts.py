"""Add to an account that was read its history, the last green sessions, registry details, other roles and second opinions.

Apart from the first reading, because none of it decides a gate and some of it is slow: CloudTrail allows two calls a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.trail import ObservedSession
from diagnosis.names.arn import Arn
from diagnosis.remedies.offers.role_search import RoleSearch
from probes.aws.read.account import PartProgress
from probes.aws.read.ecr import RepositoryPlace
from probes.aws.read.observed_resources import with_observed_resources
from probes.aws.read.observed_session import read_observed_session
from probes.aws.read.other_roles import read_other_roles
from probes.aws.read.parallel import run_in_parallel
from probes.aws.read.readings import not_asked
from probes.aws.read.registry_details import read_registry_details
from probes.aws.read.second_opinions import read_second_opinions
from probes.aws.read.trail import read_trail, subject_of
from probes.aws.session.access import AwsAccess, foreign_endpoints

DEADLINE_SECONDS = 90.0

_TITLES = {
    "trail": "CloudTrail events",
    "registry_details": "registry details",
    "second_opinions": "second opinions",
    "other_roles": "other roles of the account",
    "observed": "calls of the last green session",
}
_MOST_OBSERVED = 3
"""Of so many further roles the last green session is looked up: the history is read slowly."""


def read_further_facts(
    state: AccountState,
    aws: AwsAccess,
    *,
    registry: AwsAccess | None = None,
    search: RoleSearch | None = None,
    progress: PartProgress = lambda _what, _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = time.sleep,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> AccountState:
    """Return the state with its trail, registry details, second opinions and, for a ``search``, other roles read.

    Never raises, like :func:`probes.aws.read.account.read_account`; nothing else of the state changes.
    """
    end = time.monotonic() + deadline_seconds
    observed = _Observed(state, aws, cancelled, pause, deadline_seconds)
    work = _parts(state, aws, registry or aws, cancelled, pause, deadline_seconds)
    if observed.is_asked:
        work = observed.after_the_trail(work)
    if search is not None:
        work["other_roles"] = lambda: read_other_roles(
            aws, search, state.question.region, cancelled=cancelled, deadline_seconds=deadline_seconds * 0.9
        )
    barred = _barred(state)
    if barred:
        # What concerns the role cannot be asked for; the registry may still answer.
        work = {name: part for name, part in work.items() if name == "registry_details"}
    done = 0

    def on_done(name: str) -> None:
        nonlocal done
        done += 1
        progress(_TITLES[name], done, len(work))

    outcomes = run_in_parallel(work, deadline_seconds=deadline_seconds, cancelled=cancelled, on_done=on_done)
    values: dict[str, Any] = {}
    for name, title in _TITLES.items():
        if name == "other_roles" and search is None:
            continue
        outcome = outcomes.get(name)
        if barred and name not in work:
            values[name] = replace(barred, what=title)
        elif name not in work and name == "observed" and state.question.no_green_run:
            values[name] = not_asked(title, state.question.no_green_run, "run the workflow once to a good end")
        elif name not in work:
            values[name] = not_asked(
                title, "the run does not name what they would be about", "give it in the case file"
            )
        elif outcome is None:
            why = "the reading was cancelled" if cancelled() else "AWS did not answer in time"
            values[name] = Unreadable(title, why, "refresh the live side")
        elif outcome.error is not None:
            why = f"the probe failed ({type(outcome.error).__name__})"
            values[name] = Unreadable(title, why, "refresh; if it stays, report it")
        else:
            values[name] = outcome.value
    whole = replace(state, **values, beside=observed.of_further_roles(state.beside))
    whole = with_observed_resources(
        whole, aws, registry or aws, cancelled=cancelled, deadline_seconds=end - time.monotonic()
    )
    return replace(whole, endpoints=foreign_endpoints(aws, registry))


class _Observed:
    """The last green sessions of the release's roles. They wait for the trail: both are looked up at one pace."""

    def __init__(
        self,
        state: AccountState,
        aws: AwsAccess,
        cancelled: Callable[[], bool],
        pause: Callable[[float], None],
        deadline_seconds: float,
    ) -> None:
        self._questions = tuple(
            each
            for each in (state.question, *(item.question for item in state.beside))
            if each.green_since is not None and each.role_account == state.question.role_account
        )
        self._first = state.question
        self._aws = aws
        self._cancelled = cancelled
        self._pause = pause
        self._end = time.monotonic() + deadline_seconds * 0.9
        self._trail_is_read = Event()
        self._refusal: Unreadable | None = None
        """Why CloudTrail gave no history at all: it would give none again."""
        self._found: dict[AccountQuestion, Reading[ObservedSession]] = {}

    @property
    def is_asked(self) -> bool:
        return bool(self._questions)

    def after_the_trail(self, work: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
        """Return the work with the sessions in it, and a trail that says when it is done."""
        trail = work.get("trail")

        def told() -> Any:
            try:
                reading = trail() if trail else None
                if isinstance(reading, Unreadable) and reading.source is not None:
                    self._refusal = replace(reading, what=_TITLES["observed"])
                return reading
            finally:
                self._trail_is_read.set()

        if trail is None:
            self._trail_is_read.set()
        return {**work, **({"trail": told} if trail else {}), "observed": self._read}

    def _read(self) -> Reading[ObservedSession]:
        self._trail_is_read.wait(max(self._end - time.monotonic(), 0.0))
        if self._refusal is not None:
            self._found = dict.fromkeys(self._questions, self._refusal)
            return self._refusal
        for question in self._questions[: _MOST_OBSERVED + 1]:
            seconds = max(self._end - time.monotonic(), 0.0)
            self._found[question] = read_observed_session(
                self._aws, question, cancelled=self._cancelled, pause=self._pause, deadline_seconds=seconds
            )
        missing = not_asked(
            _TITLES["observed"],
            self._first.no_green_run or "no run is known to have succeeded with this role",
            "choose a green run",
        )
        return self._found.get(self._first, missing)

    def of_further_roles(self, states: tuple[AccountState, ...]) -> tuple[AccountState, ...]:
        """Return the further roles' states with what was read of their sessions."""
        return tuple(
            replace(each, observed=self._found[each.question]) if each.question in self._found else each
            for each in states
        )


def _parts(
    state: AccountState,
    aws: AwsAccess,
    registry: AwsAccess,
    cancelled: Callable[[], bool],
    pause: Callable[[float], None],
    deadline_seconds: float,
) -> dict[str, Callable[[], Any]]:
    question = state.question
    region, role_arn = question.region, question.role_arn
    work: dict[str, Callable[[], Any]] = {}
    if question.role_account or question.repository:
        subject = subject_of(question, _policy_arns(state))
        work["trail"] = lambda: read_trail(
            aws, registry, subject, cancelled=cancelled, pause=pause, deadline_seconds=deadline_seconds * 0.9
        )
    if question.repository:
        place = RepositoryPlace(question.repository, region, question.registry_id)
        work["registry_details"] = lambda: read_registry_details(registry, place, state.repository)
    if role_arn and question.role_account:
        resources = [str(arn) for arn in (role_arn, question.repository_arn) if arn]
        work["second_opinions"] = lambda: read_second_opinions(aws, str(role_arn), question.actions, resources, region)
    return work


def _barred(state: AccountState) -> Unreadable | None:
    """Say why nothing about the role can be asked for: no credentials, or those of another account."""
    identity, wanted = state.identity, state.question.role_account
    if isinstance(identity, Unreadable) and state.credentials_problem:
        return Unreadable("", state.credentials_problem.sentence, state.credentials_problem.way_out)
    if isinstance(identity, Known) and wanted and identity.value.account != wanted:
        why = f"these credentials read account {identity.value.account}, the role is in {wanted}"
        return Unreadable("", why, f"choose a --profile of account {wanted}")
    return None


def _policy_arns(state: AccountState) -> tuple[Arn | None, ...]:
    attached = state.attached_policies.value if isinstance(state.attached_policies, Known) else ()
    boundary = state.role.value.permissions_boundary_arn if isinstance(state.role, Known) else None
    return (*(policy.arn for policy in attached), boundary)
