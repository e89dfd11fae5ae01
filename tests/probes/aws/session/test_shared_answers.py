"""What many repositories ask AWS is asked once; what failed on the way is asked again, and nobody waits for ever."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from diagnosis.json_members import JsonMembers
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_CALLER_IDENTITY, GET_ROLE, Operation
from probes.aws.session.shared_answers import SharedAnswers
from probes.ledger import Ledger


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The calls that reached AWS; a role named ``denied`` or ``slow`` is refused, or times out the first time."""
    calls: list[tuple[str, Any]] = []

    def ask(_self: AwsAccess, operation: Operation, *, region: str | None = None, **params: Any) -> JsonMembers:
        calls.append((operation.name, params.get("RoleName")))
        first = calls.count(calls[-1]) == 1
        if params.get("RoleName") == "denied":
            raise AwsCallError(operation, Failure.DENIED, "no", "ask")
        if params.get("RoleName") == "slow" and first:
            raise AwsCallError(operation, Failure.TIMED_OUT, "late", "again")
        return JsonMembers({"region": region, **params})

    monkeypatch.setattr(AwsAccess, "ask", ask)
    return calls


@pytest.fixture
def access() -> SharedAnswers:
    return SharedAnswers(ledger=Ledger(), clock=lambda: datetime.now(UTC))


def test_each_question_is_asked_once_however_many_ask_it(asked: list[Any], access: SharedAnswers) -> None:
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(access.ask(GET_ROLE, RoleName="r").value)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), {value["RoleName"] for value in found}, asked) == (8, {"r"}, [("GetRole", "r")])
    access.ask(GET_ROLE, RoleName="other")
    access.ask(GET_ROLE, RoleName="r", region="eu-west-1")
    assert access.last_operation is GET_ROLE
    access.ask(GET_CALLER_IDENTITY)
    assert len(asked) == 4


def test_a_refusal_is_kept_and_a_failure_on_the_way_is_not(asked: list[Any], access: SharedAnswers) -> None:
    for _ in range(2):
        with pytest.raises(AwsCallError, match="no"):
            access.ask(GET_ROLE, RoleName="denied")
    with pytest.raises(AwsCallError, match="late"):
        access.ask(GET_ROLE, RoleName="slow")
    assert access.ask(GET_ROLE, RoleName="slow").value["RoleName"] == "slow"
    assert asked == [("GetRole", "denied"), ("GetRole", "slow"), ("GetRole", "slow")]
    access.renew()
    access.ask(GET_ROLE, RoleName="slow")
    assert len(asked) == 4, "another sign-in may see other answers"
