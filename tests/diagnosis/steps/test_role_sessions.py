"""A job is divided where it takes another role; what it calls to take that one belongs to the session before."""

from __future__ import annotations

from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import read_job
from diagnosis.steps.repository_files import Files
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


LOGGED_IN = """
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{ role-to-assume: "{first}", aws-region: eu-west-1 }}
      - id: ecr
        uses: aws-actions/amazon-ecr-login@v2
{steps}
"""
SECOND_ROLE = f"""
      - id: other
        uses: aws-actions/configure-aws-credentials@v4
        with: {{ role-to-assume: "{SECOND}", aws-region: eu-west-1, output-credentials: true, output-env-credentials: ENV }}
"""
BY_HAND = f"""
      - run: |
          aws sns publish --topic-arn arn:aws:sns:eu-west-1:111122223333:before --message x
          CREDENTIALS=$(aws sts assume-role --role-arn {SECOND} --role-session-name x --query Credentials --output json)
          export AWS_ACCESS_KEY_ID=$(echo "$CREDENTIALS" | jq -r .AccessKeyId)
          aws sns publish --topic-arn arn:aws:sns:eu-west-1:444455556666:within --message x
          KEEP
      - run: aws sns publish --topic-arn arn:aws:sns:eu-west-1:111122223333:after --message x
"""


def topics_and_pushes(steps: str, **texts: str) -> list[list[str]]:
    workflow = parse_workflow(LOGGED_IN.format(first=FIRST, steps=steps), "release.yml")
    assert isinstance(workflow, Workflow)
    files = Files({path.replace("_", "."): Known(text) for path, text in texts.items()})
    parts = role_sessions(read_job(None, workflow.jobs[0], workflow, files=files))
    told = ("sns:Publish", "ecr:PutImage")
    named = [[need.resource or "" for need in needs_of(part, RunFacts()) if need.action in told] for part in parts]
    return [[resource.rpartition(":")[2].rpartition("/")[2] for resource in part] for part in named]


def test_a_role_that_a_script_takes_ends_with_the_script() -> None:
    assert topics_and_pushes(BY_HAND.replace("KEEP", "true")) == [["before", "after"], ["within"]]


def test_a_role_whose_keys_a_script_hands_on_lasts() -> None:
    keep = 'echo "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" >> $GITHUB_ENV'
    assert topics_and_pushes(BY_HAND.replace("KEEP", keep)) == [["before"], ["within", "after"]]


def test_what_a_script_of_the_repository_takes_ends_with_the_step_too_unless_it_hands_the_keys_on() -> None:
    steps = """
      - uses: actions/checkout@v4
      - run: |
          source assume.sh
          aws sns publish --topic-arn arn:aws:sns:eu-west-1:444455556666:within --message x
      - run: aws sns publish --topic-arn arn:aws:sns:eu-west-1:111122223333:after --message x
"""
    take = f"CREDENTIALS=$(aws sts assume-role --role-arn {SECOND} --role-session-name x)\n"
    export = "export AWS_ACCESS_KEY_ID=$(echo $CREDENTIALS | jq -r .Credentials.AccessKeyId)\n"
    assert topics_and_pushes(steps, assume_sh=take + export) == [["after"], ["within"]]
    keep = 'echo "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" >> "$GITHUB_ENV"\n'
    assert topics_and_pushes(steps, assume_sh=take + export + keep) == [[], ["within", "after"]]


def test_a_script_that_takes_one_role_after_another_has_a_session_for_each() -> None:
    accounts = ("111122223333", "444455556666")
    steps = f"""
      - run: |
          for account in {" ".join(accounts)}; do
            (
              eval "$(aws sts assume-role --role-arn arn:aws:iam::$account:role/spoke --role-session-name x)"
              aws sns publish --topic-arn arn:aws:sns:eu-west-1:$account:in-$account --message x
            )
          done
      - run: docker push ${{{{ steps.ecr.outputs.registry }}}}/app:1
"""
    assert topics_and_pushes(steps) == [["app"], ["in-111122223333"], ["in-444455556666"]]


def test_keys_that_are_only_outputs_are_those_of_the_steps_that_are_given_them() -> None:
    publish = "      - run: aws sns publish --topic-arn arn:aws:sns:eu-west-1:444455556666:{} --message x\n"
    given = '        env: { AWS_ACCESS_KEY_ID: "${{ steps.other.outputs.aws-access-key-id }}" }\n'
    steps = publish.format("given") + given + publish.format("own")
    assert topics_and_pushes(SECOND_ROLE.replace("ENV", "false") + steps) == [["own"], ["given"]]
    assert topics_and_pushes(SECOND_ROLE.replace("ENV", "true") + steps) == [[], ["given", "own"]]


def test_a_push_is_made_with_the_session_that_logged_in() -> None:
    push = "      - run: docker push ${{ steps.ecr.outputs.registry }}/app:1\n"
    login = "      - uses: aws-actions/amazon-ecr-login@v2\n"
    elsewhere = "      - run: docker push 444455556666.dkr.ecr.eu-west-1.amazonaws.com/other:1\n"
    second = SECOND_ROLE.replace("ENV", "true")
    assert topics_and_pushes(second + push) == [["app"], []]
    assert topics_and_pushes(second + login + push + elsewhere) == [["app"], ["other"]]


STATIC = """
      - uses: aws-actions/configure-aws-credentials@v4
        with: { aws-access-key-id: "${{ secrets.KEY }}", aws-secret-access-key: "${{ secrets.S }}", aws-region: eu-west-1 }
"""
PUBLISH = "      - run: aws sns publish --topic-arn arn:aws:sns:eu-west-1:111122223333:{} --message x\n"
PUSH_APP = "      - run: docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1\n"
LOGS_IN = "      - uses: aws-actions/amazon-ecr-login@v2\n"
OWN_ENV = '        env: { AWS_ACCESS_KEY_ID: "${{ secrets.KEY }}", AWS_SECRET_ACCESS_KEY: "${{ secrets.S }}" }\n'


def gaps_in(steps: str) -> list[tuple[str, bool]]:
    workflow = parse_workflow(LOGGED_IN.format(first=FIRST, steps=steps), "release.yml")
    assert isinstance(workflow, Workflow)
    parts = role_sessions(read_job(None, workflow.jobs[0], workflow))
    return [(gap.what, gap.may_push) for part in parts for gap in gaps_of(part)]


def test_what_is_called_with_static_keys_is_asked_of_no_role() -> None:
    later = PUBLISH.format("before") + STATIC + PUBLISH.format("after")
    assert topics_and_pushes(later) == [["before"]]
    assert gaps_in(later) == [("static access keys", False)]
    own = PUBLISH.format("theirs") + OWN_ENV + PUBLISH.format("ours")
    assert topics_and_pushes(own) == [["ours"]]
    assert gaps_in(own) == [("static access keys", False)]


def test_a_role_that_is_taken_after_static_keys_is_asked_again() -> None:
    steps = STATIC + PUBLISH.format("theirs") + SECOND_ROLE.replace("ENV", "true") + PUBLISH.format("ours")
    assert topics_and_pushes(steps) == [[], ["ours"]]


def test_a_push_is_made_with_the_keys_only_where_they_logged_in() -> None:
    assert topics_and_pushes(STATIC + PUSH_APP) == [["app"]]
    assert gaps_in(STATIC + PUSH_APP) == []
    assert topics_and_pushes(STATIC + LOGS_IN + PUSH_APP) == [[]]
    assert {may_push for _, may_push in gaps_in(STATIC + LOGS_IN + PUSH_APP)} == {True}
    assert topics_and_pushes(LOGS_IN + OWN_ENV + LOGS_IN + PUSH_APP) == [["app"]]


def test_keys_of_another_roles_session_are_not_static() -> None:
    env = '        env: { AWS_ACCESS_KEY_ID: "${{ steps.other.outputs.aws-access-key-id }}" }\n'
    assert gaps_in(SECOND_ROLE.replace("ENV", "false") + PUBLISH.format("given") + env) == []
