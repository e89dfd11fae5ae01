"""Say what else to ask the account about a whole release: further repositories, buckets and keys, further roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.live.denied_need import denied_needs
from diagnosis.live.release_units import MOST_ROLES, Unit, units_of
from diagnosis.live.resource_layer import policy_holders
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay


def with_release(question: AccountQuestion, subject: Replay, case: Case) -> AccountQuestion:
    """Return the question about the decisive session's role, widened to all that the release uses.

    Of roles, no more than are asked about; of repositories and resources all, so that who reads can say which were left out.
    """
    grouped: dict[Arn | None, list[Unit]] = {}
    for unit in units_of(subject, case):
        grouped.setdefault(unit.role_arn, []).append(unit)
    own = [unit for role, units in grouped.items() if role in (question.role_arn, None) for unit in units]
    others = [(role, units) for role, units in grouped.items() if role is not None and role != question.role_arn]
    return replace(
        _with_sessions(_with_resources(question, _needs(own, question)), own),
        beside=tuple(_of_role(question, role, units) for role, units in others[: MOST_ROLES - 1]),
    )


def _of_role(question: AccountQuestion, role: Arn, units: Sequence[Unit]) -> AccountQuestion:
    """Return the question about a further role of the release, with the repository that its sessions use first."""
    needs = _needs(units, replace(question, repository=None))
    places = _repositories(needs)
    first = places[0] if places else None
    region = next((told.value for unit in units if (told := unit.view.facts.region)), question.region)
    asked = AccountQuestion(
        role_arn=role,
        issuer=question.issuer,
        region=first.region if first else region,
        registry_id=first.account if first else role.account or None,
        repository=first.resource_id if first else None,
        since=question.since,
        until=question.until,
        actions=tuple(dict.fromkeys((need.action, need.resource) for need in needs if need.resource)),
    )
    return _with_sessions(_with_resources(asked, needs), units)


_CREDENTIALS_ACTION = "aws-actions/configure-aws-credentials@"


def _with_sessions(question: AccountQuestion, units: Sequence[Unit]) -> AccountQuestion:
    """Return the question with how the role's sessions are called and what they present, where each one of them tells."""
    runs = [
        RunClaims.of(unit.view, AccountState(question, unit.view.attempt.created_at), unit.case)
        for unit in units
        if unit.view.session is None or unit.view.session.read
    ]
    names = {run.session_name if _by_action(run) else "" for run in runs}
    subjects = [run.subjects for run in runs]
    settled = bool(subjects) and all(len(each) == 1 and not set(each[0]) & {"*", "?", "$"} for each in subjects)
    return replace(
        question,
        session_name=next(iter(names)) or None if len(names) == 1 else None,
        subjects=tuple(dict.fromkeys(text for each in subjects for text in each)) if settled else (),
    )


def _by_action(run: RunClaims) -> bool:
    """Return whether AWS's own action takes the session, so that the name it gives it is known."""
    step = run.release.step
    return step is not None and (step.uses or "").lower().startswith(_CREDENTIALS_ACTION)


def _needs(units: Iterable[Unit], question: AccountQuestion) -> tuple[Need, ...]:
    """Return what the units use: what was refused to them may be on a resource that no step names, as a key is."""
    return tuple(need for unit in units for need in (*unit.needs, *denied_needs(unit, question)))


def _with_resources(question: AccountQuestion, needs: Iterable[Need]) -> AccountQuestion:
    listed = tuple(needs)
    further = [arn for arn in _repositories(listed) if arn != question.repository_arn]
    holders = policy_holders(need.resource for need in listed)
    return replace(
        question,
        repositories=tuple(further),
        resources=holders,
    )


def _repositories(needs: Iterable[Need]) -> list[Arn]:
    """Return the private repositories that needs name exactly, each once."""
    found = (Arn.parse(need.resource) for need in needs)
    named = (
        arn
        for arn in found
        if arn is not None and arn.service == "ecr" and arn.resource_type == "repository" and "*" not in arn.resource
    )
    return list(dict.fromkeys(named))
