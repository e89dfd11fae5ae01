"""A search over a hostile policy ends, and says that it did not come to an end."""

from __future__ import annotations

import json

import pytest

from diagnosis.callers import search
from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.search import Budget
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.facts.runs import Repository
from diagnosis.policy import read_document
from diagnosis.sets.patterns import TooManyStates
from diagnosis.trust.admission import TrustOutcome

KEY = "token.actions.githubusercontent.com"


def admission(subject: str, providers: int = 1) -> Admission:
    hosts = (KEY, *(f"{KEY}/{number}" for number in range(1, providers)))
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": [f"arn:aws:iam::111122223333:oidc-provider/{host}" for host in hosts]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{KEY}:sub": subject}},
    }
    document = read_document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    found = who_gets_in(document, Repository("octo", "shop"))
    assert isinstance(found, Admission)
    return found


def test_a_pattern_with_more_futures_than_can_be_searched_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_MOVES", 20_000)
    found = admission("repo:octo/*" + "?" * 900 + "b*" + "?" * 900 + "c*")
    told = {probe.outcome for probe in found.probes}
    assert TrustOutcome.UNKNOWN in told
    assert any("too many to be searched whole" in probe.reason for probe in found.probes)


def test_the_providers_of_a_policy_share_what_it_may_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[Budget] = []
    own = Budget.spend

    def noted(self: Budget, moves: int, places: int = 0) -> None:
        spent.append(self)
        own(self, moves, places)

    monkeypatch.setattr(Budget, "spend", noted)
    admission("repo:octo/shop:*", providers=3)
    assert len({id(budget) for budget in spent}) == 1


def test_a_longer_state_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_MOVES", 10)
    budget = Budget()
    budget.spend(10)
    with pytest.raises(TooManyStates):
        budget.spend(1)
