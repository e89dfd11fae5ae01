"""Decide whether another role of the account is worth looking for, and which roles are worth reading.

A role that exists, trusts the run already and holds what the release needs is a way out that changes nothing in AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.claims.subject_claim import PossibleClaims
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.run_claims import RunClaims, absent_role
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.offer import Situation
from diagnosis.remedies.offers.audience import situation_of
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.replay import Replay

_CAUSES_OF_A_ROLE = frozenset(
    {
        Cause.ROLE_ABSENT,
        Cause.SESSION_DURATION,
        Cause.SESSION_NAME_NOT_ADMITTED,
        Cause.TRUST_TOO_OPEN,
        Cause.WILDCARD_ESCALATION,
        Cause.SELF_ESCALATION,
        Cause.GET_AUTHORIZATION_TOKEN,
        Cause.PUSH_SCOPE,
        Cause.PULL_SCOPE,
        Cause.BOUNDARY,
        Cause.REPOSITORY_POLICY_DENY,
        Cause.SCP,
        Cause.RESOURCE_CONTROL_POLICY,
    }
)


@dataclass(frozen=True, slots=True)
class RoleSearch:
    """What another role must admit, so that reading its policies is worth the calls."""

    own_role_arn: Arn
    claims: PossibleClaims
    """Of the run, with the audience that it will request."""
    audience: str
    provider_arn: Arn
    session_name: str
    repository: Repository

    def fits(self, role_arn: Arn, trust_policy: PolicyDocument) -> bool:
        """Say whether a trust policy admits the run for certain, and nobody whom a release role should refuse."""
        host = self.claims.issuer.partition("/")[0]
        if role_arn == self.own_role_arn or host not in trust_policy.text:
            return False
        judged = judge_trust(
            trust_policy, self.claims, self.provider_arn, role_arn, session_name=self.session_name or None
        )
        if judged.outcome is not TrustOutcome.ALLOWED:
            return False
        found = who_gets_in(
            trust_policy, self.repository, audience=self.audience, provider_arn=self.provider_arn, role_arn=role_arn
        )
        return isinstance(found, Admission) and found.verdict is not Verdict.FAIL


SearchOf: TypeAlias = Callable[[AccountState], RoleSearch | None]
"""Asked once the account was read: what to look for among its roles."""


def no_search(_account: AccountState) -> None:
    """Search for no other role."""


def of_the_role(situation: Situation) -> tuple[Problem, ...]:
    """Return the problems that the run has with its role and might not have with another one."""
    refused = situation.refused_by_trust
    return tuple(problem for problem in situation.problems if problem.cause in _CAUSES_OF_A_ROLE or problem in refused)


def role_search(replay: Replay, account: AccountState, case: Case) -> RoleSearch | None:
    """Return what to look for among the account's roles; None where the run's own role serves or could not be read."""
    live = assess(replay, account, case)
    situation = situation_of(RunClaims.of(replay, account, case), live)
    run, provider_arn = situation.run, account.question.provider_arn
    seen = isinstance(account.role, Known) or absent_role(account) is not None
    if not of_the_role(situation) or not seen or not run.role_arn or not provider_arn or run.release.chained_from:
        return None
    return RoleSearch(
        own_role_arn=account.role.value.arn if isinstance(account.role, Known) else run.role_arn,
        claims=situation.claims,
        audience=situation.audience,
        provider_arn=provider_arn,
        session_name=run.session_name,
        repository=run.attempt.repository,
    )
