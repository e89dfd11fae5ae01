"""Every operation of every service of the AWS CLI becomes known IAM actions, needs nothing, or is listed as having none here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from aws_cli_tables import TABLES, cli_name, dashed, methods, model, prefixes, services, texts, waiters
from thoroughness import THOROUGH, some

from diagnosis.policy import action_facts
from diagnosis.steps.aws_cli import operations_of_aws
from diagnosis.steps.aws_cli.exceptions import ACTIONS, needs_nothing
from diagnosis.steps.aws_cli.read import actions_of
from diagnosis.steps.aws_cli.several_calls import _READERS
from diagnosis.steps.aws_cli.tables.methods import METHODS
from diagnosis.steps.aws_cli.tables.prefixes import PREFIXES
from diagnosis.steps.aws_cli.tables.waiters import WAITERS
from diagnosis.steps.kinds import Purpose

LISTED = Path(__file__).parents[3] / "data/aws_cli/operations_without_action.txt"
"""Operations for which the service authorization reference names no action, with the reason."""


LOOKED_AT = some(services(), 12)
"""Botocore's models take seconds to read: at a desk some of them."""


@lru_cache(maxsize=1)
def operations() -> tuple[tuple[str, str], ...]:
    return tuple((cli_name(each), dashed(name)) for each in LOOKED_AT for name in model(each).operation_names)


def of_those(table: dict[str, str]) -> dict[str, str]:
    names = {cli_name(each) for each in LOOKED_AT}
    return {key: value for key, value in table.items() if key.split()[0] in names}


def test_tables_are_those_of_botocore() -> None:
    assert of_those(PREFIXES) == prefixes(LOOKED_AT)
    assert of_those(WAITERS) == waiters(LOOKED_AT)
    assert methods() == METHODS


@pytest.mark.skipif(not THOROUGH, reason="reads all of botocore's models")
@pytest.mark.parametrize("file", ["prefixes.py", "waiters.py", "methods.py"])
def test_tables_are_written_as_the_helper_writes_them(file: str) -> None:
    assert (TABLES / file).read_text(encoding="utf-8") == texts()[file]


def test_every_prefix_is_one_of_iam() -> None:
    known = [prefix for prefix in PREFIXES.values() if prefix]
    assert all(actions_of(service, "") == () for service in PREFIXES)
    assert len(known) > 100


def test_every_action_of_the_tables_is_known() -> None:
    named = {action for actions in ACTIONS.values() for action in actions}
    assert {action for action in named if (facts := action_facts(action)) is None or facts.name != action} == set()
    assert {
        verb for verb in (method.split()[0] for method in METHODS.values()) if not action_facts(f"apigateway:{verb}")
    } == set()


def test_every_operation_is_read_or_listed_with_a_reason() -> None:
    otherwise = {*METHODS, *_READERS}
    left = {
        f"{service} {name}"
        for service, name in operations()
        if not actions_of(service, name) and f"{service} {name}" not in otherwise and not needs_nothing(service, name)
    }
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    listed = {line: "" for line in lines if line and not line.startswith("#")}
    assert left == set(of_those(listed))
    assert len(listed) < 650
    for command in sorted(left)[::15]:
        (operation,) = operations_of_aws(("aws", *command.split()), {})
        assert operation.purpose is Purpose.NOT_JUDGED
        assert operation.gap is not None
        assert operation.gap.what == f"aws {command}"


def test_every_waiter_polls_an_operation_of_its_service() -> None:
    known = set(operations())
    assert [name for name, polled in of_those(WAITERS).items() if (name.split()[0], polled) not in known] == []
    assert sum(1 for name, polled in WAITERS.items() if not actions_of(name.split()[0], polled)) <= 25
