"""A role whose token pulls another job's container fails where it may not; what cannot be known keeps the release open."""

from __future__ import annotations

import pytest
from release_model import Accounts, ReadRelease
from release_table import ROWS
from wire_release import RoleFacts

from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import verdict_at

PULLED = "the container and a service of a job are pulled with another job's token"
ARN = "arn:aws:ecr:us-east-1:111122223333:repository/"
TOKEN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}


@pytest.mark.parametrize("lacking", [None, "build/go", "db"])
def test_a_role_that_may_not_pull_the_container_fails(lacking: str | None) -> None:
    release = ReadRelease.of(next(row for row in ROWS if row.name == PULLED).release)
    names = ("build/go", "build/node", "db")
    granted = [f"{ARN}{name}" for name in names if name != lacking]
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    role = RoleFacts(statements=(TOKEN, {"Effect": "Allow", "Action": actions, "Resource": granted}))
    found = release.diagnosis(Accounts((role,), repositories=names))
    assert found.live is not None
    verdict = verdict_at(found.live.gates, Gate.REGISTRY_AUTHORIZATION).verdict
    assert verdict is (Verdict.PASS if lacking is None else Verdict.FAIL)


def test_a_read_of_a_secret_says_what_it_may_need_beside() -> None:
    row = next(row for row in ROWS if any(action == "secretsmanager:GetSecretValue" for action, _ in row.expected))
    found = ReadRelease.of(row.release).diagnosis(Accounts((RoleFacts(),)))
    assert found.live is not None
    services = verdict_at(found.live.gates, Gate.SERVICE_AUTHORIZATION)
    assert any("kms:Decrypt" in note for note in (*found.live.notes, services.reason))
