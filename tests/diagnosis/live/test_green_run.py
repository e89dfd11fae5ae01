"""The last attempt that succeeded with a role: when it was, and what its session's calls mean for least privilege."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from arns import arn_of
from judged_worlds import ACCOUNT, NOW, REGION, ROLE_ARN, account, allow, diagnosis, policy
from made_attempts import made_attempt

from diagnosis.facts.account import AccountQuestion, NamedPolicy
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import ObservedCall, ObservedSession
from diagnosis.gates import Gate
from diagnosis.live.green_run import with_green_run
from diagnosis.live.observed_uses import observed_uses
from diagnosis.verdicts.replay import Fact, JobSession, Replay, RunFacts

FOUND = Evidence(EvidenceKind.LOG_LINE, "role", None)
DEPLOY = arn_of(f"arn:aws:iam::{ACCOUNT}:role/team/deploy")
ASKED = AccountQuestion(role_arn=arn_of(ROLE_ARN), beside=(AccountQuestion(role_arn=DEPLOY),))


def replayed(number: int, conclusion: str, *roles: str, ran: bool = True) -> Replay:
    attempt = made_attempt(number, NOW + timedelta(hours=number), conclusion=conclusion)
    facts = [RunFacts(role_arn=Fact(arn_of(role), FOUND)) for role in roles]
    sessions = tuple(JobSession(f"job {place}", "", (), each, ran=ran) for place, each in enumerate(facts))
    return Replay(attempt, (), None, sessions=sessions)


def test_the_last_success_with_each_role_is_looked_up() -> None:
    deploy = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    chain = [
        replayed(1, "success", ROLE_ARN),
        replayed(2, "success", ROLE_ARN, deploy),
        replayed(3, "success", ROLE_ARN),
        replayed(4, "failure", ROLE_ARN, deploy),
    ]
    found = with_green_run(ASKED, chain)
    assert found.green_since == NOW + timedelta(hours=3)
    assert found.green_until == NOW + timedelta(hours=3, minutes=2)
    # Its session shows no path.
    assert found.beside[0].green_since == NOW + timedelta(hours=2)
    assert with_green_run(ASKED, chain[3:]) == ASKED
    assert with_green_run(ASKED, [replayed(5, "success", ROLE_ARN, ran=False)]) == ASKED
    assert with_green_run(replace(ASKED, role_arn=None, beside=()), chain).green_since is None


TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/locks"
CALL = ObservedCall("dynamodb:DescribeTable", (TABLE,), NOW, REGION)
SESSION = ObservedSession(ROLE_ARN, NOW, NOW + timedelta(minutes=5), (CALL,), unknown=("x:Strange",), complete=False)


def test_what_a_session_did_is_no_excess_and_what_that_leaves_out_is_said() -> None:
    uses = observed_uses(account(observed=Known(SESSION)))
    assert [(need.action, need.resource) for need in uses.needs] == [("dynamodb:DescribeTable", TABLE)]
    text = " ".join(uses.notes)
    assert "data events" in text
    assert "x:Strange" in text
    assert "Not all events" in text
    assert observed_uses(account()).needs == observed_uses(account()).notes == ()


def test_the_grants_that_it_used_are_told_as_used() -> None:
    state = account()
    assert isinstance(state.inline_policies, Known)
    more = NamedPolicy("locks", policy(allow("dynamodb:DescribeTable", TABLE)))
    widened = replace(state, inline_policies=Known((*state.inline_policies.value, more)))

    def told(whole: object) -> str:
        live = diagnosis(whole).live  # type: ignore[arg-type]
        assert live is not None
        return repr(live.at(Gate.LEAST_PRIVILEGE)) + repr(live.notes) + repr(live.beyond)

    assert "dynamodb:DescribeTable" in told(widened)
    assert "dynamodb:DescribeTable" not in told(replace(widened, observed=Known(SESSION)))
