"""A run that has not begun, read from GitHub: what its files call and use is found by the files, each asked for once."""

from __future__ import annotations

from wire_release import ACCOUNT, CREATED, REPOSITORY, ROLE, SHA, WORKFLOW, Ran, WireRelease, served

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.next_run.attempt import next_attempt
from diagnosis.next_run.starts import Start
from diagnosis.replay.attempt import replay
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger

_LOGIN = f"aws-actions/configure-aws-credentials@v4, with: {{role-to-assume: '{ROLE}', aws-region: us-east-1}}"
_FILES = {
    WORKFLOW: """
on: {push: {branches: [main]}}
permissions: {id-token: write, contents: read}
jobs:
  push:
    runs-on: ubuntu-latest
    steps: [{uses: ./.github/actions/login}, {run: ./ci/push.sh}]
  deploy:
    uses: ./.github/workflows/deploy.yml
""",
    ".github/workflows/deploy.yml": "{on: workflow_call, jobs: {on: {uses: ./.github/workflows/update.yml}}}",
    ".github/workflows/update.yml": f"""
on: workflow_call
permissions: {{id-token: write}}
jobs:
  service:
    runs-on: ubuntu-latest
    steps: [{{uses: {_LOGIN}}}, {{run: aws ecs update-service --cluster c --service s}}]
""",
    ".github/actions/login/action.yml": f"runs: {{using: composite, steps: [{{uses: {_LOGIN}}}]}}",
    "ci/push.sh": f"docker push {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:latest\n",
}


def test_everything_that_the_files_name_is_read_once() -> None:
    with served(WireRelease(_FILES, (Ran("push", "push", "success"),))) as url:
        ledger = Ledger()
        with GitHubSource(REPOSITORY, GitHubAccess(url=url), ledger) as source:
            assert source.head("main") == Known(SHA)
            files = source.workflows_at(SHA)
            assert isinstance(files, Known)
            own = next(file for file in files.value if file.parsed.path == WORKFLOW)
            start = Start("push", "refs/heads/main", "")
            made = next_attempt(start, WORKFLOW, Known(own), source.repository(), source.customization(), CREATED, SHA)
            (attempt,) = source.next_runs([made])
    used = {(session.job, need.action) for session in replay(attempt, Case()).sessions for need in session.needs}
    assert {("push", "ecr:PutImage"), ("deploy / on / service", "ecs:UpdateService")} <= used
    assert attempt.other_workflows == Known(())
    asked = [entry.target.partition("?")[0].rpartition("/")[2] for entry in ledger.entries()]
    assert sorted(asked) == sorted(["shop", "main", "workflows", "graphql", "sub", "action.yml", "push.sh"])
