"""In which contexts the jobs of a workflow can ask for a token: nothing that can be presented is left out."""

from __future__ import annotations

import pytest

from diagnosis.baseline.contexts import contexts_of, may_present
from diagnosis.facts.workflow import Workflow
from probes.workflow_file import parse_workflow

_JOB = "{runs-on: u, steps: [{uses: aws-actions/configure-aws-credentials@v4, with: {role-to-assume: r}}]}"


@pytest.mark.parametrize(
    ("on", "job", "presented", "never"),
    [
        (
            "{push: {branches: [main, 'release/**']}}",
            "",
            ["ref:refs/heads/release/1/2"],
            ["ref:refs/heads/dev", "pull_request"],
        ),
        (
            "{push: {branches: ['v[12].x', 'qa?b+']}}",
            "",
            ["ref:refs/heads/v1.x", "ref:refs/heads/qabb"],
            ["ref:refs/heads/x"],
        ),
        ("{push: {branches: ['*', '!dev']}}", "", ["ref:refs/heads/main"], ["ref:refs/tags/v1"]),
        ("{push: {branches-ignore: [dev]}}", "", ["ref:refs/heads/main"], ["ref:refs/tags/v1"]),
        ("{push: {tags: ['v*']}}", "", ["ref:refs/tags/v1.0"], ["ref:refs/heads/main"]),
        ("push", "", ["ref:refs/tags/v1.0", "ref:refs/heads/dev"], ["pull_request", "environment:a"]),
        ("{push: {paths: [src/**]}}", "", ["ref:refs/tags/v1.0", "ref:refs/heads/dev"], ["pull_request"]),
        ("schedule", "", ["ref:refs/heads/main"], ["ref:refs/heads/dev"]),
        ("workflow_dispatch", "", ["ref:refs/heads/dev", "ref:refs/tags/x"], ["environment:production"]),
        ("pull_request", "", ["pull_request"], ["ref:refs/heads/main"]),
        ("release", "", ["ref:refs/tags/v9"], ["ref:refs/heads/main"]),
        ("push", "environment: production", ["environment:Production"], ["ref:refs/heads/main", "environment:prod"]),
        ("push", "environment: 'prod-${{ inputs.region }}'", ["environment:prod-eu"], ["environment:dev"]),
    ],
)
def test_contexts(on: str, job: str, presented: list[str], never: list[str]) -> None:
    inner = f"{job}, " if job else ""
    text = f"on: {on}\npermissions: {{id-token: write}}\njobs: {{a: {_JOB.replace('{runs-on', '{' + inner + 'runs-on', 1)}}}\n"
    workflow = parse_workflow(text, ".github/workflows/a.yml")
    assert isinstance(workflow, Workflow), workflow
    contexts = contexts_of(workflow, "main")
    assert [context for context in presented if not may_present(contexts, context)] == []
    assert [context for context in never if may_present(contexts, context)] == []


def test_a_called_workflow_that_was_not_read_may_present_anything() -> None:
    text = "on: push\njobs: {a: {permissions: {id-token: write}, uses: o/r/.github/workflows/b.yml@v1}}"
    workflow = parse_workflow(text, ".github/workflows/a.yml")
    assert isinstance(workflow, Workflow)
    assert may_present(contexts_of(workflow, "main"), "environment:production")
