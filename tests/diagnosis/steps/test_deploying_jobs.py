"""Jobs that deploy: what actions, tools and their files say together, over the steps of a job."""

from __future__ import annotations

import json

from replay_builders import attempt_of

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Artifact
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import read_job
from diagnosis.steps.repository_files import Files
from diagnosis.verdicts.release import NeedKind
from diagnosis.verdicts.replay import RunFacts
from probes.workflow_file import parse_workflow

HEAD = """
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with: { role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1 }
"""
SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/c/s"
Uses = set[tuple[str, str | None]]


def uses(steps: str, files: dict[str, str] | None = None) -> tuple[Uses, list[str], list[str]]:
    """Return the needs of a job with these steps, the names of its gaps, and the files that it would like to see."""
    workflow = parse_workflow(HEAD + steps, "release.yml")
    assert isinstance(workflow, Workflow)
    missed: dict[str, None] = {}
    known = Files({path: Known(text) for path, text in (files or {}).items()}, missed)
    read = read_job(None, workflow.jobs[0], workflow, files=known)
    needs = needs_of(read, RunFacts(), Case(region="eu-west-1"))
    required = {(need.action, need.resource) for need in needs if need.kind is NeedKind.REQUIRED}
    return required, [gap.what for gap in gaps_of(read)], list(missed)


ECS = """
      - id: render
        uses: aws-actions/amazon-ecs-render-task-definition@v1
        with: { task-definition: deploy/td.json, container-name: app, image: app }
      - uses: aws-actions/amazon-ecs-deploy-task-definition@v2
        with: { task-definition: "${{ steps.render.outputs.task-definition }}", service: s, cluster: c }
"""


def test_the_roles_of_a_rendered_task_definition_are_passed() -> None:
    definition = {"family": "web", "taskRoleArn": "task", "containerDefinitions": []}
    needs, gaps, _ = uses(ECS, {"deploy/td.json": json.dumps(definition)})
    assert needs == {
        ("ecs:RegisterTaskDefinition", "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:*"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/task"),
        ("ecs:DescribeServices", SERVICE),
        ("ecs:UpdateService", SERVICE),
    }
    assert gaps == []


def test_a_task_definition_that_is_not_known_is_asked_for_and_its_roles_are_unknown() -> None:
    needs, _, missed = uses(ECS)
    assert ("iam:PassRole", None) in needs
    assert missed == ["deploy/td.json"]


def test_a_task_definition_that_a_step_wrote_is_not_the_one_of_the_commit() -> None:
    fetched = "\n      - run: aws ecs describe-task-definition --task-definition web --query taskDefinition > deploy/td.json\n"
    definition = {"family": "web", "taskRoleArn": "task", "containerDefinitions": []}
    needs, _, _ = uses(fetched + ECS.lstrip("\n"), {"deploy/td.json": json.dumps(definition)})
    assert ("iam:PassRole", None) in needs
    assert ("ecs:RegisterTaskDefinition", None) in needs


TERRAFORM = """
      - uses: hashicorp/setup-terraform@v3
      - run: terraform init -backend-config=bucket=state
        working-directory: infra
      - run: terraform workspace select prod
        working-directory: infra
      - run: terraform apply -auto-approve
        working-directory: infra
"""
BACKEND = 'terraform {\n  backend "s3" {\n    key = "app"\n    region = "eu-west-1"\n    use_lockfile = true\n  }\n}\n'


def test_the_steps_of_a_job_share_backend_and_workspace() -> None:
    needs, gaps, _ = uses(TERRAFORM, {"infra/backend.tf": BACKEND})
    state = "arn:aws:s3:::state/env:/prod/app"
    assert ("s3:ListBucket", "arn:aws:s3:::state") in needs
    assert {("s3:GetObject", state), ("s3:PutObject", state)} <= needs
    assert {(f"s3:{each}", f"{state}.tflock") for each in ("GetObject", "PutObject", "DeleteObject")} <= needs
    assert gaps == ["terraform apply"]


def test_a_backend_that_nobody_read_is_asked_for_and_named() -> None:
    needs, gaps, missed = uses(TERRAFORM)
    assert needs == set()
    assert missed[:1] == ["infra/backend.tf"]
    assert "the state of terraform apply" in gaps


def test_the_plan_that_a_run_kept_says_what_its_apply_does() -> None:
    after = {"bucket": "b", "key": "k.txt"}
    change = {"type": "aws_s3_object", "change": {"actions": ["create"], "before": None, "after": after}}
    plan = json.dumps({"format_version": "1.2", "resource_changes": [change]})
    kept = Artifact(1, "tfplan", 1, expired=False, files=(("plan.json", plan),))
    workflow = parse_workflow(HEAD + TERRAFORM, "release.yml")
    assert isinstance(workflow, Workflow)
    attempt = attempt_of(artifacts=Known((kept,)))
    read = read_job(None, workflow.jobs[0], workflow, attempt, files=Files({"infra/backend.tf": Known(BACKEND)}))
    needs = needs_of(read, RunFacts(), Case(region="eu-west-1"))
    assert ("s3:PutObject", "arn:aws:s3:::b/k.txt") in {(need.action, need.resource) for need in needs}
    assert [gap.what for gap in gaps_of(read)] == ["what Terraform's AWS provider calls beside"]


def test_an_actions_command_line_is_read_like_a_script() -> None:
    needs, gaps, _ = uses("""
      - uses: jakejarvis/s3-sync-action@v0.5.1
        with: { args: --delete }
        env: { AWS_S3_BUCKET: site, SOURCE_DIR: dist }
      - uses: pulumi/actions@v6
        with: { command: up, stack-name: prod, cloud-url: "s3://state" }
""")
    assert ("s3:ListBucket", "arn:aws:s3:::site") in needs
    assert ("s3:PutObject", "arn:aws:s3:::site/*") in needs
    assert ("s3:PutObject", "arn:aws:s3:::state/.pulumi/*") in needs
    assert gaps == ["pulumi up"]


def test_bake_is_read_with_its_file() -> None:
    host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
    file = 'target "default" {\n  tags = ["' + host + '/app:1"]\n}\n'
    steps = """
      - uses: aws-actions/amazon-ecr-login@v2
      - uses: docker/bake-action@v6
        with: { push: true, files: docker-bake.hcl }
"""
    needs, _, _ = uses(steps, {"docker-bake.hcl": file})
    assert ("ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/app") in needs


def test_only_what_nobody_has_read_is_a_gap() -> None:
    _, gaps, _ = uses("""
      - uses: actions/setup-node@v4
      - uses: docker/setup-buildx-action@v3
      - uses: acme/deploy@v1
      - uses: codecov/codecov-action@v4
""")
    assert gaps == ["acme/deploy@v1"]
