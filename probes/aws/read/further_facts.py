"""Add to an account that was read its history, registry details, other roles and second opinions.

Apart from the first reading, because none of it decides a gate and some of it is slow: CloudTrail allows two calls a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.names.arn import Arn
from diagnosis.remedies.offers.role_search import RoleSearch
from probes.aws.read.account import PartProgress
from probes.aws.read.ecr import RepositoryPlace
from probes.aws.read.other_roles import read_other_roles
from probes.aws.read.parallel import run_in_parallel
from probes.aws.read.readings import not_asked
from probes.aws.read.registry_details import read_registry_details
from probes.aws.read.second_opinions import read_second_opinions
from probes.aws.read.trail import read_trail, subject_of
from probes.aws.session.access import AwsAccess

DEADLINE_SECONDS = 90.0

_TITLES = {
    "trail": "CloudTrail events",
    "registry_details": "registry details",
    "second_opinions": "second opinions",
    "other_roles": "other roles of the account",
}


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
    work = _parts(state, aws, registry or aws, cancelled, pause, deadline_seconds)
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
    return replace(state, **values)


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
