"""Closing runs that are made from a few lines of YAML: a release of the usual form, with what is to be judged in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from textwrap import indent

from made_attempts import made_attempt

from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Artifact, CalledWorkflow, LocalAction, RepositoryFile
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.gates import GATES, Verdict
from diagnosis.steps.files_wanted import files_wanted
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay
from probes.workflow_file import action_file, parse_workflow, workflow_file

SHA = "e" * 40
"""The run's commit, on main of octo-org/octo-repo."""
PATH = ".github/workflows/release.yml"
HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
_RELEASE = """\
on: {{workflow_dispatch: {{inputs: {{key: {{type: string}}}}}}}}
permissions: {{id-token: write, contents: read}}
{top}
jobs:
  release:
    runs-on: ubuntu-latest
{job}
    steps:
      - uses: actions/checkout@v4
{first}
      - uses: aws-actions/configure-aws-credentials@v4
        id: creds
        with: {{role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1}}
      - {{id: login, uses: aws-actions/amazon-ecr-login@v2}}
{middle}
      - run: docker build -t {host}/app:1 .
      - run: docker push {host}/app:1
{last}
"""


def step(text: str) -> str:
    """A step of these lines of YAML."""
    lines = text.strip("\n").splitlines()
    return "\n".join(f"      {'- ' if not place else '  '}{line}" for place, line in enumerate(lines))


def script(text: str, more: str = "") -> str:
    """A step that runs a script, with further lines of YAML."""
    return step(f"name: Work\n{more}\nrun: |\n{indent(text, '  ')}".replace("\n\n", "\n", 1))


def release(*, top: str = "", job: str = "", first: str = "", middle: str = "", last: str = "") -> str:
    """A release with these lines at the top, at its job, before its role, after it, and at its end."""
    return _RELEASE.format(top=top, job=indent(job, "    "), first=first, middle=middle, last=last, host=HOST)


def closing(text: str, files: Mapping[str, str] | None = None, artifacts: Mapping[str, str] | None = None) -> Replay:
    """The run of this workflow, in a repository with these files, that left these JSON files as its artifact."""
    files = files or {}
    kept = tuple((artifacts or {}).items())
    attempt = made_attempt(
        conclusion="success",
        event="workflow_dispatch",
        workflow_file=Known(WorkflowFile(text, parse_workflow(text, PATH))),
        artifacts=Known((Artifact(1, "evidence", 10, expired=False, files=kept),)),
        local_actions=tuple(
            LocalAction(path, action_file(Known(of), path)) for path, of in files.items() if path.endswith("action.yml")
        ),
        called_workflows=tuple(
            CalledWorkflow(f"octo-org/octo-repo/{path}@refs/heads/main", SHA, None, workflow_file(Known(of), path))
            for path, of in files.items()
            if "/workflows/" in path
        ),
    )
    for _ in range(3):
        wanted = files_wanted(attempt)
        if not wanted:
            break
        read = (RepositoryFile(path, Known(files[path]) if path in files else Absent(path)) for path in wanted)
        attempt = replace(attempt, files=(*attempt.files, *read))
    gates = tuple(GateVerdict(gate, Verdict.PASS, "") for gate in GATES)
    return Replay(attempt, gates, None, workflow=resolved_workflow(attempt))
