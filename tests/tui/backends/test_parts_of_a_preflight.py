"""What a checkout cannot tell of a job is asked at GitHub, each thing once; what GitHub does not show stays unknown."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from told_github import REPOSITORY, ToldGitHub

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow
from diagnosis.preflight.this_job import Given, run_of, this_job
from probes.checkout import Checkout
from probes.workflow_file import workflow_file
from tui.backends.preflight import ask_github, ask_parts

SHA = "799d398a7daf34857cf363c9a1a629c40ec25d5e"
OWN = ".github/workflows/release.yml"
CALLED = ".github/workflows/push.yml"
TOOLS = f"acme/tools/{CALLED}"
FILE = f"""\
on: push
permissions: {{id-token: write}}
jobs:
  ship:
    uses: {TOOLS}@v1
    with: {{role: "arn:aws:iam::111122223333:role/release"}}
"""
PUSHING = """\
on: {workflow_call: {inputs: {role: {type: string}}}}
jobs:
  push:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "${{ inputs.role }}", aws-region: eu-west-1}
      - uses: ./.github/actions/publish
      - uses: $/actions/sign
"""
ACTION = "runs:\n  using: composite\n  steps:\n    - {run: ./scripts/publish.sh, shell: bash}\n"


def content(text: str) -> tuple[int, dict[str, str], dict[str, str]]:
    return 200, {"encoding": "base64", "content": base64.b64encode(text.encode()).decode()}, {}


def shown() -> ToldGitHub:
    """The other repository, and what the checkout of this one lacks."""
    own = f"/repos/{REPOSITORY}/contents"
    return ToldGitHub(
        {
            f"/repos/acme/tools/contents/{CALLED}": content(PUSHING),
            f"{own}/.github/actions/publish/action.yml": content(ACTION),
            f"{own}/scripts/publish.sh": content("aws s3 cp a s3://bucket/a\n"),
        }
    )


def given(file: str = FILE, job: str = "push") -> Given:
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_JOB": job,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": "900",
        "GITHUB_SHA": SHA,
        "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/{OWN}@refs/heads/main",
    }
    return Given(environ, datetime(2026, 3, 2, tzinfo=UTC), file=workflow_file(Known(file), OWN), path=OWN)


def in_checkout(root: Path, attempt: Attempt) -> Attempt:
    return Checkout(root, OWN).added_to(attempt)


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "GITHUB_API_URL", "GH_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_a_workflow_of_another_repository_and_what_the_checkout_lacks_are_read_once(tmp_path: Path) -> None:
    with shown().server() as server:
        asked = ask_parts(in_checkout(tmp_path, run_of(given())), server.url)
        first = [each.path for each in server.asked]
        job = this_job(replace(given(), called=asked.called_workflows))
        own = in_checkout(tmp_path, replace(job.attempt, local_actions=asked.local_actions, files=asked.files))
        assert ask_parts(own, server.url, known=asked) == own
        assert [each.path for each in server.asked] == first
    assert len(first) == len(set(first))
    (alone,) = parsed(job.alone).jobs
    assert alone.id == "ship / push"
    assert alone.steps[0].input("role-to-assume") == "arn:aws:iam::111122223333:role/release"
    # What the called file names by itself is its own repository's, and no file of this one.
    assert [step.uses for step in alone.steps[1:]] == ["./.github/actions/publish", "acme/tools/actions/sign@v1"]
    assert {file.path: file.text for file in own.files}["scripts/publish.sh"] == Known("aws s3 cp a s3://bucket/a\n")


def test_what_the_checkout_tells_is_not_asked_for(tmp_path: Path) -> None:
    local = FILE.replace(f"{TOOLS}@v1", f"./{CALLED}")
    for path, text in {
        OWN: local,
        CALLED: PUSHING.replace("      - uses: $/actions/sign\n", ""),
        ".github/actions/publish/action.yml": ACTION,
    }.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    attempt = in_checkout(tmp_path, run_of(given(local)))
    with shown().server() as server:
        assert ask_parts(attempt, server.url) == attempt
        assert server.asked == []


def test_what_github_does_not_show_stays_unknown_with_its_reason(tmp_path: Path) -> None:
    attempt = in_checkout(tmp_path, run_of(given()))
    with ToldGitHub().server() as server:
        asked = ask_parts(attempt, server.url)
    (called,) = asked.called_workflows
    assert isinstance(called.file, Unreadable)
    job = this_job(replace(given(), called=asked.called_workflows))
    assert isinstance(job.alone.workflow_file, Unreadable)
    assert f"{TOOLS}@v1" in job.alone.workflow_file.why
    # Without a token nobody is asked.
    assert ask_parts(attempt, None) == attempt


def test_the_file_of_a_required_workflow_is_read_where_it_lies() -> None:
    with shown().server() as server:
        found = ask_github(REPOSITORY, server.url, "", SHA, ("acme/tools", CALLED))
        asked = [each.path for each in server.asked]
    assert isinstance(found.file, Known)
    assert asked[-1] == f"/repos/acme/tools/contents/{CALLED}"
    with shown().server() as server:
        assert not isinstance(ask_github(REPOSITORY, server.url, "", SHA).file, Known)


def parsed(attempt: Attempt) -> Workflow:
    assert isinstance(attempt.workflow_file, Known)
    assert isinstance(attempt.workflow_file.value.parsed, Workflow)
    return attempt.workflow_file.value.parsed
