"""Releases as public repositories write them: what they need is found exactly, and a role that has just that passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from release_model import Accounts, ReadRelease
from release_table import READ_OF_A_PUSH, ROWS, Row
from release_worlds import accounts_for
from thoroughness import some
from wire_release import RoleFacts

from diagnosis.causes import Cause
from diagnosis.documents.judged_exit import exit_code
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.release import NeedKind


@pytest.mark.parametrize("row", some(ROWS, 4), ids=lambda row: row.name)
def test_needs_and_gaps_are_exact_and_the_role_that_has_them_passes(row: Row) -> None:
    release = ReadRelease.of(row.release)
    found = release.diagnosis(Accounts((RoleFacts(),)))
    assert found.live is not None
    needed = {(need.action, need.resource): need for need in found.live.needs}
    assert row.expected <= needed.keys()
    assert {pair for pair in needed.keys() - row.expected if _counts(needed[pair].kind, pair, row)} == set()
    said = [f"{gap.step} {gap.what} {gap.why}".lower() for gap in found.live.gaps]
    assert all(any(piece.lower() in text for text in said) for piece in row.gaps)
    assert all(any(piece.lower() in text for piece in row.gaps) for text in said)
    passes_or_says_why(row, release, found)


def _counts(kind: NeedKind, pair: tuple[str, str | None], row: Row) -> bool:
    return kind is NeedKind.REQUIRED and not (pair[0] == READ_OF_A_PUSH and ("ecr:PutImage", pair[1]) in row.expected)


def passes_or_says_why(row: Row, release: ReadRelease, found: Diagnosis) -> None:
    """A role that is granted exactly what is needed passes; what nobody can know is unknown, and nothing is taken away."""
    assert found.live is not None
    needed = [(session.role_arn, need) for session in found.live.sessions for need in session.needs]
    arns = {(role, arn) for role, need in needed if (arn := Arn.parse(need.resource)) is not None}
    repositories = tuple(dict.fromkeys(str(arn) for _, arn in sorted(arns, key=str) if arn.service == "ecr"))
    across = {
        str(arn): [{"Effect": "Allow", "Principal": {"AWS": str(role)}, "Action": "ecr:*"}]
        for role, arn in arns
        if arn.service == "ecr" and role is not None and role.account != arn.account
    }
    keys = {str(arn): [_OWNERS_RULE] for _, arn in arns if arn.service == "kms"}
    accounts = replace(accounts_for(release, repositories), repository_policies=across, resource_policies=keys)
    sound = release.diagnosis(accounts)
    assert sound.live is not None
    open_ones = [need.action for _, need in needed if need.resource is None]
    # A role that may pass or assume every role may make itself any, and a push to every repository is a wildcard, whoever needs it.
    escalates = {"iam:PassRole", "sts:AssumeRole"} & set(open_ones)
    wild = any(action.startswith("ecr:") for action in open_ones)
    assert {problem.cause for problem in sound.forecast} == {
        *((Cause.SELF_ESCALATION,) if escalates else ()),
        *((Cause.WILDCARD_ESCALATION,) if wild else ()),
    }
    if sound.forecast:
        return
    unknown = bool(row.gaps) or not needed or any(action.startswith("kms:") for action in open_ones)
    assert exit_code(sound) == (3 if unknown else 0), [
        (gate.gate.value, gate.reason) for gate in sound.live.gates if gate.verdict is not Verdict.PASS
    ]


_OWNERS_RULE = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}
