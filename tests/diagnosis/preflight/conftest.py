"""These tests use the made-up runs of the replay's tests, and one made-up runner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ci_jobs import NAME, PATH, Ci, ci_job, incident

from probes.embedded.aws_account import EmbeddedAccount


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[EmbeddedAccount, str]]:
    with incident() as found:
        yield found


@pytest.fixture
def ci(world: tuple[EmbeddedAccount, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ci:
    """A job on the branch that the trust policy admits, with the policy in place: all four gates are open."""
    found = ci_job(*world, tmp_path, monkeypatch)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/dev")
    monkeypatch.setenv("GITHUB_WORKFLOW_REF", f"{NAME}/{PATH}@refs/heads/dev")
    return found
