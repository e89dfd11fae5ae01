"""A job is divided where it takes another role; what it calls to take that one belongs to the session before."""

from __future__ import annotations

from diagnosis.facts.workflow import Workflow
from diagnosis.steps.needs import needs_of
from diagnosis.steps.read_job import read_job
from diagnosis.steps.role_sessions import role_sessions
from diagnosis.verdicts.replay import RunFacts
from probes.workflow_file import parse_workflow

FIRST, SECOND = ("arn:aws:iam::111122223333:role/hub", "arn:aws:iam::444455556666:role/spoke")
FILE = """
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{ role-to-assume: "{first}", aws-region: eu-west-1 }}
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{ role-to-assume: "{second}", aws-region: eu-west-1, role-chaining: {chaining}, {more} }}
      - uses: aws-actions/action-cloudwatch-metrics@v1
"""


def sessions(second: str = SECOND, chaining: str = "true", more: str = "") -> list[set[tuple[str, str | None]]]:
    text = FILE.format(first=FIRST, second=second, chaining=chaining, more=more)
    workflow = parse_workflow(text, "release.yml")
    assert isinstance(workflow, Workflow)
    parts = role_sessions(read_job(None, workflow.jobs[0], workflow))
    return [{(need.action, need.resource) for need in needs_of(part, RunFacts())} for part in parts]


def test_the_first_role_needs_to_be_allowed_the_second() -> None:
    assert sessions() == [
        {("sts:AssumeRole", SECOND), ("sts:TagSession", SECOND)},
        {("cloudwatch:PutMetricData", "*")},
    ]
    assert sessions(more="role-skip-session-tagging: true")[0] == {("sts:AssumeRole", SECOND)}


def test_a_role_that_githubs_token_takes_needs_nothing_of_the_one_before() -> None:
    assert sessions(chaining="false") == [set(), {("cloudwatch:PutMetricData", "*")}]


def test_a_role_that_takes_itself_again_is_asked_nothing() -> None:
    assert sessions(second=FIRST) == [{("cloudwatch:PutMetricData", "*")}]
