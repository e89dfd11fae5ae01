"""A list of roles without end is neither read nor judged without end, and what is left of it is said to be unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aws_worlds import noon
from hostile_aws import TRUTH

from diagnosis.facts.reading import Known
from diagnosis.json_members import JsonMembers
from probes.aws.read import trusting_roles
from probes.aws.read.trusting_roles import read_trusting_roles
from probes.github.http.credentials import GitHubAccess
from probes.ledger import Ledger
from tui.backends.migration import JUDGING_SECONDS, MigrationReader

ISSUER = "token.actions.githubusercontent.com"
TRUST = TRUTH["GetRole"].partition("<AssumeRolePolicyDocument>")[2].partition("</")[0]


class EndlessRoles:
    """Lists three roles a page, all of which trust GitHub; the first ``pages`` say that more follow, for ever without it."""

    def __init__(self, pages_in_all: int = 10**6, on_page: Callable[[], None] = lambda: None) -> None:
        self.asked, self._pages, self._on_page = 0, pages_in_all, on_page
        self.clock = noon

    def pages(self, *_: Any, **__: Any) -> Iterator[JsonMembers]:
        while self.asked < self._pages:
            self.asked += 1
            self._on_page()
            names = [f"role-{self.asked}-{number}" for number in range(3)]
            roles = [
                {
                    "RoleName": name,
                    "Path": "/",
                    "Arn": f"arn:aws:iam::111122223333:role/{name}",
                    "AssumeRolePolicyDocument": TRUST,
                }
                for name in names
            ]
            yield JsonMembers({"Roles": roles, "IsTruncated": self.asked < self._pages})


def read(aws: EndlessRoles, **options: Any) -> trusting_roles.TrustingRoles:
    reading = read_trusting_roles(aws, ISSUER, **options)  # type: ignore[arg-type] # of an access, what it asks is there
    assert isinstance(reading, Known)
    return reading.value


def test_no_more_roles_are_taken_apart_than_an_account_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusting_roles, "MOST_ROLES", 7)
    aws = EndlessRoles()
    found = read(aws)
    assert (aws.asked, found.listed, len(found.roles)) == (3, 7, 7)
    assert "longer than 7 roles" in found.unread[0].why


def test_a_list_that_ends_where_the_bound_does_is_whole_and_one_role_more_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trusting_roles, "MOST_ROLES", 6)
    assert read(EndlessRoles(pages_in_all=2)).unread == ()
    monkeypatch.setattr(trusting_roles, "MOST_ROLES", 5)
    assert read(EndlessRoles(pages_in_all=2)).unread != ()


def test_the_time_ends_within_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(trusting_roles, "time", SimpleNamespace(monotonic=lambda: now[0]))
    found = read(EndlessRoles(on_page=lambda: now.__setitem__(0, now[0] + 4)), deadline_seconds=10)
    assert (found.listed, len(found.unread)) == (6, 1)
    assert "in time" in found.unread[0].why


def test_roles_that_there_is_no_time_to_judge_are_unknown() -> None:
    seconds = iter([0.0, 1.0, JUDGING_SECONDS])
    ledger = Ledger(timer=lambda: next(seconds))
    aws: Any = SimpleNamespace()
    reader = MigrationReader(GitHubAccess("http://127.0.0.1:9"), aws, ledger, progress=lambda _: None)
    roles = read(EndlessRoles(pages_in_all=2)).roles
    judged, plans, late = reader._judged(roles, ())
    assert (len(judged), plans) == (1, ())
    assert "1 of 6" in late[0].why
