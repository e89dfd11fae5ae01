"""What people wrote into titles, branches and names is scrubbed as it enters, on the live path as in recordings."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_github import QUICK, REPOSITORY, TinyGitHub, job_object, run_object, said

from diagnosis.documents.diagnosis import document
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.verdicts.gate_verdict import Missing
from probes.github.http.credentials import GitHubAccess
from probes.github.read.answers import members
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.backend import RunQuery
from tui.backends.repository import RepositoryBackend

OWN = "0d5c-no-known-shape-93ab"
"""The token that is used: of no shape that a rule could know."""
KEY = "AKIA" + "Q3EGRLPT5HWMZ2VB"
PAT = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm8vciJ9.c2lnbmF0dXJlLXZhbHVl"
SECRETS = (OWN, KEY, PAT, JWT, "hunter2hunter2")
BASE = "/repos/example/widgets"


def leaky_run(run_id: int, sha: str) -> dict[str, Any]:
    return run_object(
        run_id,
        display_title=f"use {PAT} and {OWN}",
        head_branch=f"try/{KEY}",
        head_sha=sha * 40,
        name=f"release {JWT}",
        triggering_actor={"login": f"bot-{PAT}"},
        head_repository={"full_name": f"fork/{OWN}"},
    )


@pytest.fixture
def leaky(tiny: TinyGitHub) -> TinyGitHub:
    steps = [
        {"number": 1, "name": f"docker login -p hunter2hunter2 {KEY}", "conclusion": "failure", "status": "completed"}
    ]
    job = job_object(name=f"publish {PAT}", steps=steps)
    commit = {
        "sha": "c" * 40,
        "commit": {"message": f"rotate {PAT}\n\nbody", "author": {"name": f"x {OWN}"}},
        "parents": [],
    }
    note = {"annotation_level": "failure", "message": f"bad {JWT}", "title": OWN, "path": f"a/{KEY}"}
    environment = {
        "name": f"env {PAT}",
        "deployment_branch_policy": None,
        "protection_rules": [{"type": "required_reviewers", "reviewers": [{"reviewer": {"login": f"u-{PAT}"}}]}],
    }
    artifact = {"id": 1, "name": f"evidence-{PAT}", "size_in_bytes": 9, "expired": True}
    compared = {"status": "ahead", "total_commits": 1, "commits": [commit], "files": [{"filename": f"keys/{KEY}"}]}
    pull = {"number": 9, "title": f"merge {PAT}"}
    tiny.answers |= {
        BASE: said({**REPOSITORY, "default_branch": f"main-{PAT}"}),
        f"{BASE}/actions/runs": said({"total_count": 2, "workflow_runs": [leaky_run(8, "b"), leaky_run(7, "a")]}),
        f"{BASE}/actions/workflows/release.yml/runs": said(
            {"total_count": 2, "workflow_runs": [leaky_run(8, "b"), leaky_run(7, "a")]}
        ),
        f"{BASE}/actions/runs/7/attempts/1/jobs": said({"total_count": 1, "jobs": [job]}),
        f"{BASE}/actions/runs/8/attempts/1/jobs": said({"total_count": 1, "jobs": [{**job, "id": 81}]}),
        f"{BASE}/check-runs/71/annotations": said([note]),
        f"{BASE}/actions/runs/8/artifacts": said({"total_count": 1, "artifacts": [artifact]}),
        f"{BASE}/environments": said({"total_count": 1, "environments": [environment]}),
        f"{BASE}/compare/{'a' * 40}...{'b' * 40}": said(compared),
        f"{BASE}/commits/{'c' * 40}/pulls": said([pull]),
    }
    return tiny


def no_account(*_: object) -> Missing:
    return Missing("the account", "it was not asked", "ask it")


def test_no_secret_reaches_the_backend_from_any_member_of_githubs_answers(leaky: TinyGitHub) -> None:
    ledger = Ledger()
    source = GitHubSource("example/widgets", GitHubAccess(leaky.url, OWN, "GH_TOKEN"), ledger, timeouts=QUICK)
    with closing(RepositoryBackend(source, no_account, case=Case(), ledger=ledger, title="example/widgets")) as backend:
        rows = backend.list_runs(RunQuery(), 1, cancelled=lambda: False)
        found = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
        first, last = found.replays
        between = backend.between(first, last, progress=lambda _: None, cancelled=lambda: False)
        around = source.environments()
        shown = [
            repr(rows),
            repr(found),
            json.dumps(document(found)),
            repr(between),
            repr(around),
            repr(backend.calls()),
        ]
    assert isinstance(between.commits, Known)
    assert [pull.number for pull in between.commits.value.pull_requests] == [9]
    assert isinstance(around, Known)
    assert rows.rows[0].title.startswith("use [scrubbed:github-token] and ***")
    for secret in SECRETS:
        assert [place for place, said_there in enumerate(shown) if secret in said_there] == [], secret


def test_what_holds_no_secret_stays_as_it_is() -> None:
    plain = {
        "sha": "0123456789abcdef" * 2 + "01234567",
        "branch": "feature/rotate-aws-secret-access-key",
        "title": "docs: say how to set AWS_SECRET_ACCESS_KEY in CI (#12)",
        "url": "https://github.com/example/widgets/actions/runs/7/job/71",
        "role": "arn:aws:iam::123456789012:role/release",
        "key": "sub_claim_prefix",
    }
    assert {name: members(plain).maybe_text(name) for name in plain} == plain
    assert members({"l": list(plain.values())}).maybe_texts("l") == tuple(plain.values())


@given(st.text(alphabet=st.characters(exclude_characters="\r\n")))
def test_a_text_is_scrubbed_once_and_for_all(value: str) -> None:
    once = members({"a": value}).maybe_text("a") or ""
    assert (members({"a": once}).maybe_text("a") or "") == once
