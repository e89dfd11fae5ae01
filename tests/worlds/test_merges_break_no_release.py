"""Releases as public repositories write them: a change that takes away one of the actions that they need is refused by its name."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from conform_change import ACCOUNT, POLICY, ROLE, TRUST, allow, conformance, policy_text, side, subject_trust, told
from release_table import ROWS, Row
from thoroughness import spread

from diagnosis.conform.account_model import AccountModel
from diagnosis.conform.documents import Documents
from diagnosis.conform.releases import needs_by_role, releases_of
from diagnosis.facts.case import Case
from diagnosis.findings.finding import Level
from diagnosis.names.arn import Arn
from diagnosis.verdicts.release import Need, NeedKind

_TRUST = policy_text(subject_trust("repo:octo-org/shop:*", "StringLike"))
_BY_THEIR_OWN_POLICIES = ("kms", "sts")


def _needs(row: Row) -> tuple[Need, ...]:
    """What the next runs need of the one role that they have, as far as that can be granted by its policies alone."""
    by_role = needs_by_role(releases_of(side(row.release.files).runs, Case()), AccountModel(Documents()))
    if {str(arn) for arn in by_role} != {ROLE}:
        return ()
    needs = by_role[next(iter(by_role))].needs
    return () if any(not _is_plain(need) for need in needs) else needs


def _is_plain(need: Need) -> bool:
    arn = Arn.parse(need.resource or "")
    own = need.resource == "*" or (arn is not None and arn.account in ("", ACCOUNT))
    return own and not need.action.startswith(_BY_THEIR_OWN_POLICIES) and not need.context


def _policy(needs: Iterable[Need]) -> str:
    granted = dict.fromkeys((need.action, need.resource) for need in needs)
    return policy_text(*(allow(action, resource) for action, resource in granted))


ROWS_OF_ONE_ROLE = [row for row in ROWS if all(resource is not None for _, resource in row.expected)]


@pytest.mark.parametrize("row", spread(ROWS_OF_ONE_ROLE, 3), ids=lambda row: row.name)
def test_a_needed_action_that_is_taken_away_is_named(row: Row) -> None:
    needs = _needs(row)
    required = [need for need in needs if need.kind is NeedKind.REQUIRED]
    if not required:
        pytest.skip("what it needs is not granted by one role's policies alone")
    base = {**row.release.files, TRUST: _TRUST, POLICY: _policy(needs)}
    same = conformance(base, base)
    assert (told(same), told(same, Level.UNKNOWN)) == (set(), set())
    # What is needed may be granted, and nothing of it is too much.
    fresh = conformance(base, None)
    beyond = [each for each in fresh.findings if each.level is Level.ERROR and each.place.file == POLICY]
    assert [each for each in beyond if each.rule.value not in ("refused-by-aws", "wildcard")] == []
    assert all(
        each.rule.value != "wildcard" or "iam:" in each.sentence or "every resource" in each.sentence for each in beyond
    )
    lost = required[len(row.name) % len(required)]
    left = [need for need in needs if (need.action, need.resource) != (lost.action, lost.resource)]
    found = conformance({**base, POLICY: _policy(left)}, base)
    denied = [each for each in found.findings if each.rule.value == "release-denied"]
    assert denied, [(each.rule.value, each.sentence) for each in found.findings if each.level is not Level.NOTE]
    assert any(lost.action in each.sentence and (lost.resource or "") in each.sentence for each in denied)
    assert all(f"“{lost.step}”" in each.sentence for each in denied if lost.action in each.sentence and lost.step)
    assert {each.place.file for each in denied} == {POLICY}
