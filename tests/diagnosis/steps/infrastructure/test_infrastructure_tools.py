"""What the tools that make infrastructure call for certain, and what of each is not judged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.reading import Absent, Known
from diagnosis.policy.language.actions import expand_actions
from diagnosis.steps.infrastructure.read_tool import READERS, operations_of_tool
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.call import Call

Found = set[tuple[str, str | None]]

BUCKET = "arn:{partition}:s3:::state"
KEY = f"{BUCKET}/prod/app.tfstate"
TABLE = "arn:{partition}:dynamodb:{region}:{account}:table/locks"
LIST = ("s3:ListBucket", BUCKET)
GET = ("s3:GetObject", KEY)
PUT = ("s3:PutObject", KEY)
DIGEST = ("dynamodb:GetItem", TABLE)
LOCK = {("dynamodb:PutItem", TABLE), ("dynamodb:DeleteItem", TABLE)}
LOCKFILE = {(f"s3:{each}", f"{KEY}.tflock") for each in ("GetObject", "PutObject", "DeleteObject")}
ROLE = "arn:aws:iam::444455556666:role/state"

WITH_TABLE = """
# where the state lies
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket         = "state" // the bucket
    key            = "prod/app.tfstate"
    region         = "eu-west-1"
    dynamodb_table = "locks"
    encrypt        = true
  }
}
"""
WITH_LOCKFILE = WITH_TABLE.replace('dynamodb_table = "locks"', "use_lockfile = true")
PLAIN = WITH_TABLE.replace('dynamodb_table = "locks"', "")


def run(line: str, files: dict[str, str | None] | None = None, **more: object) -> tuple[Operation, ...]:
    """Return what a command line does; a file that is None is absent."""
    known = {name: Absent(name) if text is None else Known(text) for name, text in (files or {}).items()}
    return operations_of_tool(Call(tuple(line.split()), files=Files(known), **more))  # type: ignore[arg-type]


def needed(found: tuple[Operation, ...]) -> Found:
    return {
        (each.action or "", each.resource) for each in found if each.purpose is Purpose.SERVICE and not each.tolerated
    }


def gaps(found: tuple[Operation, ...]) -> list[tuple[str, bool]]:
    return [(each.gap.what, each.gap.may_push) for each in found if each.gap is not None]


TERRAFORM_CASES: list[tuple[str, str, Found]] = [
    ("terraform init", PLAIN, {LIST, GET}),
    ("tofu init -input=false", PLAIN, {LIST, GET}),
    ("terraform init", WITH_TABLE, {LIST, GET, DIGEST}),
    ("terraform init", WITH_LOCKFILE, {LIST, GET}),
    ("terraform plan -out=tfplan", PLAIN, {LIST, GET}),
    ("terraform plan", WITH_TABLE, {LIST, GET, DIGEST, *LOCK}),
    ("terraform plan -lock=false", WITH_TABLE, {LIST, GET, DIGEST}),
    ("terraform plan", WITH_LOCKFILE, {LIST, GET, *LOCKFILE}),
    ("terraform apply -auto-approve", PLAIN, {LIST, GET, PUT}),
    ("terraform apply -auto-approve tfplan", WITH_TABLE, {LIST, GET, PUT, DIGEST, *LOCK}),
    ("terraform apply -lock=false", WITH_TABLE, {LIST, GET, PUT, DIGEST, ("dynamodb:PutItem", TABLE)}),
    ("terraform destroy", WITH_LOCKFILE, {LIST, GET, PUT, *LOCKFILE}),
    ("terraform output -json", WITH_TABLE, {LIST, GET, DIGEST}),
    ("terraform state list", PLAIN, {LIST, GET}),
    ("terraform state rm aws_x.y", PLAIN, {LIST, GET, PUT}),
    ("terraform import aws_x.y z", PLAIN, {LIST, GET, PUT}),
    ("terraform fmt -check", PLAIN, set()),
    ("terraform validate", PLAIN, set()),
    ("terraform init -backend=false", PLAIN, set()),
    ("terraform -version", PLAIN, set()),
    (
        "terraform init",
        PLAIN.replace('key            = "prod/app.tfstate"', "key = var.key"),
        {LIST, ("s3:GetObject", None)},
    ),
    (
        "terraform init",
        PLAIN.replace('"state"', '"state-${var.x}"'),
        {("s3:ListBucket", None), ("s3:GetObject", None)},
    ),
    ("terraform apply", PLAIN.replace("encrypt        = true", f'role_arn = "{ROLE}"'), {("sts:AssumeRole", ROLE)}),
    (
        "terraform init",
        PLAIN.replace("encrypt        = true", f'assume_role = {{\n role_arn = "{ROLE}"\n }}'),
        {("sts:AssumeRole", ROLE)},
    ),
    (
        "terraform apply",
        PLAIN.replace("encrypt        = true", 'kms_key_id = "arn:aws:kms:eu-west-1:444455556666:key/k"'),
        {LIST, GET, PUT}
        | {(f"kms:{each}", "arn:aws:kms:eu-west-1:444455556666:key/k") for each in ("Decrypt", "GenerateDataKey")},
    ),
    (
        "terraform init",
        PLAIN.replace("encrypt        = true", 'kms_key_id = "alias/state"'),
        {LIST, GET, ("kms:Decrypt", None)},
    ),
    (
        "terraform init",
        PLAIN.replace("encrypt        = true", 'endpoints = { s3 = "https://r2.example.com" }'),
        set(),
    ),
    (
        "terraform init",
        PLAIN.replace("encrypt        = true", 'endpoint = "https://s3.eu-west-1.amazonaws.com"'),
        {LIST, GET},
    ),
    ("terraform init", 'terraform {\n backend "gcs" {\n bucket = "b"\n }\n}\n', set()),
    ("terraform init", 'terraform {\n cloud {\n organization = "o"\n }\n}\n', set()),
    (
        "terraform apply",
        PLAIN + f'provider "aws" {{\n assume_role {{\n role_arn = "{ROLE}"\n }}\n}}\n',
        {LIST, GET, PUT, ("sts:AssumeRole", ROLE)},
    ),
]


@pytest.mark.parametrize(("line", "text", "expected"), TERRAFORM_CASES)
def test_terraform_reads_locks_and_writes_its_state(line: str, text: str, expected: Found) -> None:
    assert needed(run(line, {"main.tf": text, "backend.tf": None})) == expected


def test_a_region_of_the_backend_is_the_tables_region() -> None:
    found = run("terraform plan", {"backend.tf": WITH_TABLE})
    assert {each.region for each in found if (each.action or "").startswith("dynamodb:")} == {"eu-west-1"}


def test_the_settings_of_init_hold_for_the_commands_after_it() -> None:
    notes: dict[str, str] = {}
    files = {"infra/backend.tf": 'terraform {\n  backend "s3" {}\n}\n', "infra/prod.tfbackend": 'bucket = "state"\n'}
    first = run(
        "terraform init -backend-config=prod.tfbackend -backend-config=key=prod/app.tfstate",
        files,
        folder="infra",
        notes=notes,
    )
    assert needed(first) == {LIST, GET}
    assert needed(run("terraform apply", files, folder="infra", notes=notes)) == {LIST, GET, PUT}
    assert needed(run("terraform -chdir=infra apply", files, notes=notes)) == {LIST, GET, PUT}
    assert needed(run("terraform apply", files, folder="infra")) == {
        ("s3:ListBucket", None),
        ("s3:GetObject", None),
        ("s3:PutObject", None),
    }


def test_a_backend_that_only_the_command_line_tells_is_known_by_its_settings() -> None:
    line = "terraform init -backend-config=bucket=state -backend-config=key=prod/app.tfstate -backend-config=region=eu-west-1"
    assert needed(run(line, {"main.tf": None})) == {LIST, GET}


def test_what_tests_and_lists_of_terraform_call() -> None:
    files: dict[str, str | None] = {"backend.tf": PLAIN}
    assert gaps(run("terraform test", files)) == [("terraform test", False)]
    assert needed(run("terraform graph", files)) == needed(run("terraform providers", files)) == {LIST, GET}
    assert needed(run("terraform providers lock", files)) == set()


def test_arguments_of_the_environment_count() -> None:
    values = {"TF_CLI_ARGS_init": '-backend-config="bucket=state" -backend-config="key=prod/app.tfstate"'}
    files = {"backend.tf": 'terraform {\n backend "s3" {}\n}'}
    assert needed(run("terraform init", files, values=values)) == {LIST, GET}


def test_a_workspace_has_a_state_of_its_own() -> None:
    notes: dict[str, str] = {}
    files = {"backend.tf": PLAIN}
    assert gaps(run("terraform workspace list")) == [("the state of terraform workspace", False)]
    assert gaps(run("terraform workspace list", files)) == []
    assert {each.purpose for each in run("terraform workspace show")} == {Purpose.NOTHING}
    in_workspace = ("s3:GetObject", f"{BUCKET}/env:/blue/prod/app.tfstate")
    assert needed(run("terraform workspace select blue", files, notes=notes)) == {LIST}
    assert needed(run("terraform output", files, notes=notes)) == {LIST, in_workspace}
    assert needed(run("terraform output", files, values={"TF_WORKSPACE": "blue"})) == {LIST, in_workspace}
    assert needed(run("terraform output", files, values={"TF_WORKSPACE": "$W"})) == {LIST, ("s3:GetObject", None)}


def test_a_backend_behind_a_long_text_is_read() -> None:
    long = "locals {\n" + "a=1\n" * 40_000 + "}\n"
    assert needed(run("terraform init", {"main.tf": long + PLAIN})) == needed(run("terraform init", {"main.tf": PLAIN}))


def test_an_unknown_backend_is_named() -> None:
    assert gaps(run("terraform init")) == [("the state of terraform init", False)]
    assert gaps(run("terraform plan", {"backend.tf": PLAIN})) == [("terraform plan", False)]
    assert gaps(run("terraform init", {"backend.tf": PLAIN})) == []
    assert gaps(run("terraform frobnicate", {"backend.tf": PLAIN})) == [("terraform frobnicate", False)]


def test_a_configuration_that_pushes_images_may_push() -> None:
    text = PLAIN + 'resource "docker_registry_image" "app" {\n name = "x"\n}\n'
    assert gaps(run("terraform apply", {"main.tf": text, "backend.tf": None})) == [("terraform apply", True)]


def test_terragrunt_takes_its_backend_from_a_folder_above() -> None:
    root = """
remote_state {
  backend = "s3"
  config = {
    bucket         = "state"
    key            = "${path_relative_to_include()}/app.tfstate"
    region         = "eu-west-1"
    dynamodb_table = "locks"
  }
}
"""
    files = {
        "live/root.hcl": root,
        "live/prod/terragrunt.hcl": 'include "root" {\n path = find_in_parent_folders()\n}\n',
    }
    found = run("terragrunt apply --terragrunt-non-interactive", files, folder="live/prod")
    assert needed(found) == {LIST, GET, PUT, DIGEST, *LOCK}
    every = run("terragrunt run-all apply", files, folder="live/prod")
    assert ("s3:PutObject", None) in needed(every)
    assert LIST in needed(every)


def _role(kind: str, qualifier: str = "hnb659fds") -> tuple[str, str]:
    return (
        "sts:AssumeRole",
        f"arn:{{partition}}:iam::{{account}}:role/cdk-{qualifier}-{kind}-role-{{account}}-{{region}}",
    )


OWN = json.dumps({"app": "x", "context": {"@aws-cdk/core:bootstrapQualifier": "team"}})


@pytest.mark.parametrize(
    ("line", "files", "expected"),
    [
        ("cdk deploy --all", {"cdk.json": "{}"}, {_role("deploy"), _role("file-publishing")}),
        ("cdk deploy Stack --require-approval never", {"cdk.json": None}, {_role("deploy"), _role("file-publishing")}),
        ("cdk deploy", {"cdk.json": OWN}, {_role("deploy", "team"), _role("file-publishing", "team")}),
        (
            "cdk deploy -c @aws-cdk/core:bootstrapQualifier=abc",
            {},
            {_role("deploy", "abc"), _role("file-publishing", "abc")},
        ),
        ("cdk destroy --force", {"cdk.json": "{}"}, {_role("deploy")}),
        ("cdk deploy", {}, {("sts:AssumeRole", None)}),
        ("cdk deploy", {"cdk.json": "{"}, {("sts:AssumeRole", None)}),
        ("cdk synth", {"cdk.json": "{}"}, set()),
        ("cdk bootstrap", {}, set()),
        ("cdk --version", {}, set()),
    ],
)
def test_cdk_assumes_the_roles_of_its_bootstrap_stack(line: str, files: dict[str, str | None], expected: Found) -> None:
    assert needed(run(line, files)) == expected


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("cdk deploy", "cdk deploy"),
        ("cdk synth", "cdk synth"),
        ("cdk diff", "cdk diff"),
        ("cdk bootstrap", "cdk bootstrap"),
        ("sls deploy", "serverless deploy"),
        ("copilot svc deploy", "copilot svc deploy"),
        ("pulumi up --yes", "pulumi up"),
        ("sam deploy", "sam deploy"),
        ("sam sync", "sam sync"),
    ],
)
def test_what_is_not_judged_is_named_with_what_would_make_it_readable(line: str, named: str) -> None:
    (found,) = [each.gap for each in run(line) if each.gap is not None]
    assert found.what == named
    assert found.why
    assert found.how
    assert found.may_push is (line in ("sls deploy", "copilot svc deploy", "pulumi up --yes", "sam sync"))


STACK = "arn:{partition}:cloudformation:{region}:{account}:stack/web/*"
TRANSFORM = "arn:{partition}:cloudformation:{region}:aws:transform/Serverless-2016-10-31"
CHANGED = {
    ("cloudformation:DescribeStacks", STACK),
    ("cloudformation:CreateChangeSet", STACK),
    ("cloudformation:CreateChangeSet", TRANSFORM),
    ("cloudformation:DescribeChangeSet", STACK),
}
EXECUTED = {("cloudformation:ExecuteChangeSet", STACK), ("cloudformation:DescribeStackEvents", STACK)}
UPLOADED = {("s3:PutObject", "arn:{partition}:s3:::b/p/*"), ("s3:GetObject", "arn:{partition}:s3:::b/p/*")}
CONFIG = """
version = 0.1
[default.global.parameters]
stack_name = "web"
[default.deploy.parameters]
s3_bucket = "b"
s3_prefix = "p"
[prod.deploy.parameters]
stack_name = "web"
resolve_s3 = true
"""


@pytest.mark.parametrize(
    ("line", "files", "expected"),
    [
        ("sam deploy --stack-name web --s3-bucket b --s3-prefix p", {}, CHANGED | EXECUTED | UPLOADED),
        ("sam deploy --stack-name=web --no-execute-changeset", {}, CHANGED),
        ("sam deploy", {"samconfig.toml": CONFIG}, CHANGED | EXECUTED | UPLOADED),
        ("sam deploy --config-env prod", {"samconfig.toml": CONFIG}, CHANGED | EXECUTED),
        ("sam package --s3-bucket b --s3-prefix p", {}, UPLOADED),
        ("sam deploy --stack-name web --role-arn " + ROLE, {}, CHANGED | EXECUTED | {("iam:PassRole", ROLE)}),
        ("sam build --use-container", {}, set()),
        ("sam local invoke", {}, set()),
    ],
)
def test_sam_makes_a_change_set_and_uploads(line: str, files: dict[str, str | None], expected: Found) -> None:
    assert needed(run(line, files)) == expected


def test_a_region_that_is_not_legible_is_not_the_sessions() -> None:
    found = run("sam deploy --stack-name web --region $REGION")
    assert ("cloudformation:ExecuteChangeSet", None) in needed(found)
    assert {each.region for each in found} == {None}


def test_a_service_role_leaves_nothing_of_the_stack_to_the_caller() -> None:
    none: dict[str, str | None] = {"samconfig.toml": None, "samconfig.yaml": None, "samconfig.yml": None}
    assert gaps(run(f"sam deploy --stack-name web --role-arn {ROLE}", none)) == []
    assert gaps(run(f"sam deploy --stack-name web --role-arn {ROLE}")) == [("the settings of sam deploy", False)]
    assert gaps(run("sam package", none)) == [("the settings of sam package", False)]
    assert gaps(run("sam package --s3-bucket b", {"samconfig.toml": CONFIG})) == []
    assert gaps(run("sam deploy --stack-name web --resolve-s3")) == [
        ("sam deploy --resolve-s3", False),
        ("sam deploy", False),
    ]


def test_serverless_asks_for_its_stack() -> None:
    files: dict[str, str | None] = {"serverless.yml": "service: web\nprovider:\n  name: aws\n  stage: qa\n"}
    stack = "arn:{partition}:cloudformation:{region}:{account}:stack/"
    assert needed(run("serverless deploy", files)) == {("cloudformation:DescribeStacks", f"{stack}web-qa/*")}
    assert needed(run("sls deploy --stage prod", files)) == {("cloudformation:DescribeStacks", f"{stack}web-prod/*")}
    assert needed(run("sls package", files)) == set()


def test_copilot_reads_its_application() -> None:
    base = "arn:{partition}:ssm:{region}:{account}:parameter/copilot/applications/shop"
    found = run("copilot svc deploy --name api --env prod", {"copilot/.workspace": "application: shop\n"})
    assert needed(found) == {
        ("ssm:GetParameter", base),
        ("ssm:GetParameter", f"{base}/environments/prod"),
        ("sts:AssumeRole", "arn:{partition}:iam::{account}:role/shop-prod-EnvManagerRole"),
    }


def test_pulumi_keeps_its_state_where_it_logged_in() -> None:
    notes: dict[str, str] = {}
    run("pulumi login s3://state/team?region=eu-west-1", notes=notes)
    objects = f"{BUCKET}/team/.pulumi/*"
    found = run("pulumi up --stack prod --yes", notes=notes)
    assert needed(found) == {
        LIST,
        ("s3:GetObject", objects),
        ("s3:PutObject", objects),
        ("s3:DeleteObject", objects),
    }
    assert {each.region for each in found if each.action} == {"eu-west-1"}
    by_environment = run("pulumi preview", values={"PULUMI_BACKEND_URL": "s3://state"})
    assert ("s3:GetObject", f"{BUCKET}/.pulumi/*") in needed(by_environment)
    assert needed(run("pulumi up")) == set()
    assert needed(run("pulumi up", values={"PULUMI_BACKEND_URL": "s3://s?endpoint=minio.local"})) == set()
    assert gaps(run("pulumi up")) == [("pulumi up", True)]
    assert gaps(run("pulumi -d up")) == [("pulumi up", True)]
    assert gaps(run("pulumi install")) == []
    project: dict[str, str | None] = {"infra/Pulumi.yaml": "name: web\nbackend:\n  url: s3://state/team\n"}
    assert ("s3:GetObject", objects) in needed(run("pulumi stack output -C infra", project))
    assert gaps(run("pulumi stack output -C infra", project)) == []
    unknown = [("the state of pulumi stack", False)]
    assert gaps(run("pulumi stack output")) == unknown
    assert gaps(run("pulumi stack output", notes={"script.pulumi.backend": "$BACKEND"})) == unknown
    assert gaps(run("pulumi stack output", {"Pulumi.yaml": "name: web"})) == []
    assert gaps(run("pulumi stack output", {"Pulumi.yaml": None, "Pulumi.yml": None})) == []
    assert needed(run("pulumi stack export --version 5", notes=notes)) == needed(
        run("pulumi stack export", notes=notes)
    )


@pytest.mark.parametrize(
    ("line", "named", "pushes"),
    [
        ("packer build image.pkr.hcl", "packer build", True),
        ("eksctl create cluster -f cluster.yaml", "eksctl create", False),
        ("eksctl create cluster --version 1.29", "eksctl create", False),
        ("eksctl upgrade cluster --name c --version=1.29", "eksctl upgrade", False),
        ("rclone --config config sync a s3:b", "rclone config", False),
        ("eb deploy prod", "eb deploy", False),
        ("sst deploy --stage prod", "sst deploy", True),
        ("cdktf deploy", "cdktf deploy", False),
        ("ansible-playbook site.yml", "ansible-playbook site.yml", True),
    ],
)
def test_tools_of_which_little_is_certain_are_named(line: str, named: str, pushes: bool) -> None:
    assert gaps(run(line)) == [(named, pushes)]


@pytest.mark.parametrize(
    "line",
    [
        *("packer validate x.pkr.hcl", "packer version", "eb --version", "cdktf synth", "sst", "ecs", "sls --version"),
        *("ansible-playbook --version", "eksctl create cluster --help", "pulumi --version", "sam --version"),
    ],
)
def test_what_a_tool_does_on_the_runner_is_nothing(line: str) -> None:
    assert {each.purpose for each in run(line)} == {Purpose.NOTHING}


def test_what_is_certain_of_other_tools() -> None:
    cluster = "arn:{partition}:eks:{region}:{account}:cluster/c"
    assert needed(run("eksctl utils write-kubeconfig --cluster c")) == {("eks:DescribeCluster", cluster)}
    service = "arn:{partition}:ecs:{region}:{account}:service/c/s"
    assert needed(run("ecs deploy c s --tag 1.2.3")) == {
        ("ecs:DescribeServices", service),
        ("ecs:UpdateService", service),
        ("ecs:DescribeTaskDefinition", "*"),
        ("ecs:RegisterTaskDefinition", None),
        ("iam:PassRole", None),
    }


_WORD = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["init", "apply", "deploy", "up", "workspace", "select", "-backend-config", "--stack-name", "$X"]),
    st.sampled_from(["***", "-chdir=..", "run-all", "--", "login", "s3://b", "--config-file", "x.toml", "-c", "="]),
)


@settings(max_examples=examples(400), deadline=None)
@given(
    program=st.sampled_from(sorted(READERS)),
    words=st.lists(_WORD, max_size=8),
    text=st.one_of(st.text(max_size=200), st.sampled_from([WITH_TABLE, CONFIG, OWN, '{"{', 'a = "${', "<<E\n", "[[["])),
)
def test_no_command_line_and_no_file_is_a_crash(program: str, words: list[str], text: str) -> None:
    names = ("backend.tf", "main.tf", "samconfig.toml", "cdk.json", "serverless.yml", "terragrunt.hcl", "x.toml")
    files = Files({name: Known(text) for name in names})
    found = operations_of_tool(Call((program, *words), files=files))
    for operation in found:
        if operation.purpose is Purpose.SERVICE:
            assert operation.action in expand_actions((operation.action or "",), negated=False)
            assert operation.resource is None or not {"$", "***"} & {operation.resource}
            assert "$" not in (operation.resource or "")
