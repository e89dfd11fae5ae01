"""The account's other roles: which are looked at, how far, and what is said of those that are not."""

from __future__ import annotations

from typing import Any

import pytest
from aws_endpoint import Endpoint, pointed_at
from aws_worlds import ACCOUNT, QUESTION, REGION, access, noon
from role_worlds import SEARCH, arn, found, populate, trust

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Absent, Known
from diagnosis.remedies.offers.role_search import RoleSearch
from probes.aws.read import other_roles
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts
from probes.aws.read.other_roles import MOST_READ, read_other_roles
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger
from tui.backend import no_progress
from tui.backends.live import LiveOptions, LiveSide


def test_only_the_role_that_admits_the_run_is_read_further(full: InProcessAws, build: Any) -> None:
    populate(build("iam"))
    ledger = Ledger(noon)
    value = found(read_other_roles(access(full, ledger=ledger), SEARCH))
    assert value.listed == 5
    assert value.unread == ()
    (other,) = value.admitting
    assert (str(other.role.arn), other.role.max_session_seconds) == (arn("ci/spare"), 7200)
    assert isinstance(other.inline_policies, Known)
    assert [policy.name for policy in other.inline_policies.value] == ["push"]
    assert isinstance(other.attached_policies, Known)
    assert [policy.name for policy in other.attached_policies.value] == ["Pull"]
    assert isinstance(other.boundary, Absent)
    calls = [(entry.operation, entry.target) for entry in ledger.entries()]
    assert calls[0] == ("ListRoles", "")
    assert {target.partition(" ")[0] for _, target in calls[1:]} == {"spare", f"arn:aws:iam::{ACCOUNT}:policy/Pull"}


def test_an_account_without_such_a_role_costs_one_call(full: InProcessAws) -> None:
    ledger = Ledger(noon)
    value = found(read_other_roles(access(full, ledger=ledger), SEARCH))
    assert (value.listed, value.admitting, value.unread) == (1, (), ())
    assert [entry.operation for entry in ledger.entries()] == ["ListRoles"]


def test_it_is_part_of_the_second_reading_and_only_where_it_is_asked_for(full: InProcessAws, build: Any) -> None:
    populate(build("iam"))
    ledger = Ledger(noon)
    aws = access(full, ledger=ledger)
    core = read_account(QUESTION, aws)
    without = read_further_facts(core, aws, pause=lambda _: None)
    assert without.other_roles == core.other_roles
    assert "ListRoles" not in {entry.operation for entry in ledger.entries()}
    seen: list[str] = []
    state = read_further_facts(
        core, aws, search=SEARCH, pause=lambda _: None, progress=lambda what, _done, _total: seen.append(what)
    )
    assert len(found(state.other_roles).admitting) == 1
    assert "other roles of the account" in seen


def test_many_roles_are_read_up_to_a_bound_and_the_rest_is_named(full: InProcessAws, build: Any) -> None:
    iam = build("iam")
    for number in range(MOST_READ + 2):
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trust())
    value = found(read_other_roles(access(full), SEARCH))
    assert [other.role.name for other in value.admitting] == [f"role-{number}" for number in range(MOST_READ)]
    (rest,) = value.unread
    assert "role-5, role-6" in rest.what
    assert "5 are read at most" in rest.why


def test_a_long_list_is_cut_off_and_says_so(full: InProcessAws, build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    populate(build("iam"))
    monkeypatch.setattr(other_roles, "ROLES_A_PAGE", 2)
    ledger = Ledger(noon)
    assert found(read_other_roles(access(full, ledger=ledger), SEARCH)).unread == ()
    assert [entry.operation for entry in ledger.entries()].count("ListRoles") == 3
    monkeypatch.setattr(other_roles, "MOST_PAGES", 2)
    value = found(read_other_roles(access(full), SEARCH))
    assert value.listed == 4
    (rest,) = value.unread
    assert "more roles than the 4" in rest.why


def test_a_reading_that_is_cancelled_or_late_keeps_what_it_has(full: InProcessAws, build: Any) -> None:
    populate(build("iam"))
    for kwargs, why in (({"cancelled": lambda: True}, "cancelled"), ({"deadline_seconds": 0.0}, "in time")):
        value = found(read_other_roles(access(full), SEARCH, **kwargs))
        assert value.admitting == ()
        (rest,) = value.unread
        assert "spare" in rest.what
        assert why in rest.why


def test_the_live_side_looks_for_roles_with_its_history_and_not_without(
    endpoint: Endpoint, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(build("iam"))
    with pointed_at(endpoint.url, monkeypatch):
        for history in (True, False):
            side = LiveSide(LiveOptions("o/r", region=REGION, history=history), Ledger(noon))
            asked: list[AccountState] = []

            def search_of(state: AccountState, asked: list[AccountState] = asked) -> RoleSearch:
                asked.append(state)
                return SEARCH

            state = side.read(QUESTION, no_progress, lambda: False, search_of)
            assert isinstance(state, AccountState)
            assert isinstance(state.other_roles, Known) is history
            assert [isinstance(core.role, Known) for core in asked] == [True] * history
