"""What the documented actions call at AWS, as their README files and sources tell it, input by input."""

from __future__ import annotations

import json

import pytest

from diagnosis.facts.reading import Absent, Known
from diagnosis.steps.actions.operations import operations_of_action, outputs_of_action
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.repository_files import Files

ECS = "arn:{partition}:ecs:{region}:{account}:"
CODEDEPLOY = "arn:{partition}:codedeploy:{region}:{account}:"
ROLE = "arn:aws:iam::111122223333:role/"
DEFINITION = {
    "family": "web",
    "taskRoleArn": ROLE + "task",
    "executionRoleArn": "exec",
    "containerDefinitions": [{"name": "app", "image": "x"}],
}
FILES = Files(
    {
        "td.json": Known(json.dumps(DEFINITION)),
        "td.yaml": Known("family: web\nexecutionRoleArn: exec\ncontainerDefinitions:\n  - name: app\n"),
        "bare.json": Known(json.dumps({"family": "web", "containerDefinitions": []})),
        "broken.json": Known("{"),
        "masked.json": Known(json.dumps({**DEFINITION, "taskRoleArn": "arn:aws:iam::$ACCOUNT:role/task"})),
        "gone.json": Absent("gone.json"),
    }
)
SERVICE = f"{ECS}service/c/s"
REGISTER = ("ecs:RegisterTaskDefinition", f"{ECS}task-definition/web:*")
PASSED = {
    ("iam:PassRole", ROLE + "task"),
    ("iam:PassRole", "arn:{partition}:iam::{account}:role/exec"),
}
DEPLOYED = {("ecs:UpdateService", SERVICE), ("ecs:DescribeServices", SERVICE)}
UNKNOWN_DEFINITION = {("ecs:RegisterTaskDefinition", None), ("iam:PassRole", None)}
DEPLOY = "aws-actions/amazon-ecs-deploy-task-definition@v2"
RENDER = "aws-actions/amazon-ecs-render-task-definition@v1"
LAMBDA = "arn:{partition}:lambda:{region}:{account}:function:f"
STACK = "arn:{partition}:cloudformation:{region}:{account}:stack/web/*"
SECRET = "arn:{partition}:secretsmanager:{region}:{account}:secret:"
PARAMETER = "arn:{partition}:ssm:{region}:{account}:parameter/"
EB = "arn:{partition}:elasticbeanstalk:{region}:{account}:"

Found = set[tuple[str, str | None]]


def needed(uses: str, inputs: dict[str, str], env: dict[str, str] | None = None, files: Files = FILES) -> Found:
    """Return the calls that a use makes for certain."""
    return {
        (operation.action or "", operation.resource)
        for operation in operations_of_action(uses, inputs, env or {}, files)
        if operation.purpose is Purpose.SERVICE and not operation.tolerated
    }


ECS_CASES: list[tuple[str, dict[str, str], Found]] = [
    (RENDER, {"task-definition": "td.json", "container-name": "a", "image": "i"}, set()),
    (RENDER, {"task-definition-family": "web"}, {("ecs:DescribeTaskDefinition", "*")}),
    (RENDER, {"task-definition-arn": f"{ROLE}x"}, {("ecs:DescribeTaskDefinition", "*")}),
    (RENDER, {"task-definition": "td.json", "task-definition-family": "web"}, set()),
    (DEPLOY, {"task-definition": "td.json"}, {REGISTER, *PASSED}),
    (DEPLOY, {"task-definition": "./td.json", "service": "s", "cluster": "c"}, {REGISTER, *PASSED, *DEPLOYED}),
    (
        DEPLOY,
        {"task-definition": "td.yaml", "service": "s", "cluster": "c"},
        {REGISTER, ("iam:PassRole", "arn:{partition}:iam::{account}:role/exec"), *DEPLOYED},
    ),
    (DEPLOY, {"task-definition": "bare.json"}, {REGISTER}),
    (DEPLOY, {"task-definition": "broken.json"}, UNKNOWN_DEFINITION),
    (DEPLOY, {"task-definition": "gone.json"}, UNKNOWN_DEFINITION),
    (DEPLOY, {"task-definition": "never-asked.json"}, UNKNOWN_DEFINITION),
    (DEPLOY, {"task-definition": "${{ inputs.file }}"}, UNKNOWN_DEFINITION),
    (DEPLOY, {"task-definition": "../../td.json"}, UNKNOWN_DEFINITION),
    (
        DEPLOY,
        {"task-definition": "masked.json"},
        {REGISTER, ("iam:PassRole", None), ("iam:PassRole", "arn:{partition}:iam::{account}:role/exec")},
    ),
    (DEPLOY, {"task-definition-arn": f"{ECS}task-definition/web:7", "service": "s", "cluster": "c"}, DEPLOYED),
    (
        DEPLOY,
        {"task-definition": "td.json", "service": "s"},
        {REGISTER, *PASSED}
        | {("ecs:UpdateService", f"{ECS}service/default/s"), ("ecs:DescribeServices", f"{ECS}service/default/s")},
    ),
    (
        DEPLOY,
        {"task-definition": "bare.json", "service": "$SERVICE", "cluster": "c"},
        {REGISTER, ("ecs:UpdateService", None), ("ecs:DescribeServices", None)},
    ),
    (
        DEPLOY,
        {"task-definition": "bare.json", "service": "***", "cluster": "c"},
        {REGISTER, ("ecs:UpdateService", None), ("ecs:DescribeServices", None)},
    ),
    (
        DEPLOY,
        {
            "task-definition": "bare.json",
            "service": "arn:aws:ecs:eu-west-1:444455556666:service/c/s",
            "cluster": "arn:aws:ecs:eu-west-1:444455556666:cluster/c",
        },
        {
            REGISTER,
            ("ecs:UpdateService", "arn:aws:ecs:eu-west-1:444455556666:service/c/s"),
            ("ecs:DescribeServices", "arn:aws:ecs:eu-west-1:444455556666:service/c/s"),
        },
    ),
    (
        DEPLOY,
        {"task-definition": "bare.json", "cluster": "c", "run-task": "true"},
        {REGISTER, ("ecs:RunTask", f"{ECS}task-definition/web:*"), ("ecs:DescribeTasks", f"{ECS}task/c/*")},
    ),
    (
        DEPLOY,
        {
            "task-definition": "bare.json",
            "service": "s",
            "cluster": "c",
            "service-managed-ebs-volume": json.dumps({"sizeInGiB": 1, "roleArn": ROLE + "ebs"}),
        },
        {REGISTER, *DEPLOYED, ("iam:PassRole", ROLE + "ebs")},
    ),
    (
        DEPLOY,
        {
            "task-definition": "bare.json",
            "service": "s",
            "cluster": "c",
            "codedeploy-application": "a",
            "codedeploy-deployment-group": "g",
        },
        {
            REGISTER,
            ("ecs:DescribeServices", SERVICE),
            ("codedeploy:GetDeploymentGroup", f"{CODEDEPLOY}deploymentgroup:a/g"),
            ("codedeploy:CreateDeployment", f"{CODEDEPLOY}deploymentgroup:a/g"),
            ("codedeploy:GetDeployment", f"{CODEDEPLOY}deploymentgroup:a/g"),
            ("codedeploy:GetDeploymentConfig", f"{CODEDEPLOY}deploymentconfig:*"),
            ("codedeploy:RegisterApplicationRevision", f"{CODEDEPLOY}application:a"),
        },
    ),
    (
        DEPLOY,
        {"task-definition": "bare.json", "service": "s", "cluster": "c", "codedeploy-appspec": "appspec.json"},
        {
            REGISTER,
            ("ecs:DescribeServices", SERVICE),
            ("codedeploy:GetDeploymentGroup", f"{CODEDEPLOY}deploymentgroup:AppECS-c-s/DgpECS-c-s"),
            ("codedeploy:CreateDeployment", f"{CODEDEPLOY}deploymentgroup:AppECS-c-s/DgpECS-c-s"),
            ("codedeploy:GetDeployment", f"{CODEDEPLOY}deploymentgroup:AppECS-c-s/DgpECS-c-s"),
            ("codedeploy:GetDeploymentConfig", f"{CODEDEPLOY}deploymentconfig:*"),
            ("codedeploy:RegisterApplicationRevision", f"{CODEDEPLOY}application:AppECS-c-s"),
        },
    ),
    (
        "smitp/amazon-ecs-run-task@v1",
        {"task-definition": "bare.json", "cluster": "c"},
        {REGISTER, ("ecs:RunTask", f"{ECS}task-definition/web:*"), ("ecs:DescribeTasks", f"{ECS}task/c/*")},
    ),
    (
        "aws-actions/amazon-ecs-deploy-express-service@v1",
        {
            "service-name": "s",
            "cluster": "c",
            "image": "i",
            "execution-role-arn": ROLE + "exec",
            "infrastructure-role-arn": ROLE + "infra",
        },
        {
            ("ecs:DescribeClusters", f"{ECS}cluster/c"),
            ("ecs:DescribeServices", SERVICE),
            ("ecs:DescribeExpressGatewayService", SERVICE),
            ("ecs:UpdateExpressGatewayService", SERVICE),
            ("ecs:ListServiceDeployments", SERVICE),
            ("ecs:DescribeServiceDeployments", f"{ECS}service-deployment/c/s/*"),
            ("iam:PassRole", ROLE + "exec"),
            ("iam:PassRole", ROLE + "infra"),
        },
    ),
]

OTHER_CASES: list[tuple[str, dict[str, str], Found]] = [
    (
        "aws-actions/aws-lambda-deploy@v1.1.0",
        {"function-name": "f", "code-artifacts-dir": "d", "role": ROLE + "fn"},
        {
            ("lambda:GetFunctionConfiguration", LAMBDA),
            ("lambda:UpdateFunctionCode", LAMBDA),
            ("lambda:UpdateFunctionConfiguration", LAMBDA),
            ("iam:PassRole", ROLE + "fn"),
        },
    ),
    (
        "aws-actions/aws-lambda-deploy@v1.1.0",
        {"function-name": "f", "dry-run": "true"},
        {("lambda:GetFunctionConfiguration", LAMBDA), ("lambda:UpdateFunctionCode", LAMBDA)},
    ),
    (
        "aws-actions/aws-lambda-deploy@v1",
        {"function-name": "f", "dry-run": "true", "s3-bucket": "b"},
        {
            ("lambda:GetFunctionConfiguration", LAMBDA),
            ("lambda:UpdateFunctionCode", LAMBDA),
            ("s3:ListBucket", "arn:{partition}:s3:::b"),
            ("s3:PutObject", "arn:{partition}:s3:::b/lambda-deployments/f/*"),
            ("s3:GetObject", "arn:{partition}:s3:::b/lambda-deployments/f/*"),
        },
    ),
    (
        "aws-actions/aws-lambda-deploy@v1",
        {"function-name": "${{ matrix.f }}", "dry-run": "true", "s3-bucket": "b"},
        {
            ("lambda:GetFunctionConfiguration", None),
            ("lambda:UpdateFunctionCode", None),
            ("s3:ListBucket", "arn:{partition}:s3:::b"),
            ("s3:PutObject", None),
            ("s3:GetObject", None),
        },
    ),
    (
        "appleboy/lambda-action@v0.2.0",
        {"function_name": "f", "zip_file": "x.zip", "memory_size": "128"},
        {("lambda:UpdateFunctionCode", LAMBDA), ("lambda:UpdateFunctionConfiguration", LAMBDA)},
    ),
    ("appleboy/lambda-action@v0.2.0", {"function_name": "f", "zip_file": "x"}, {("lambda:UpdateFunctionCode", LAMBDA)}),
    (
        "appleboy/lambda-action@v0.2.0",
        {"function_name": "f", "aws_access_key_id": "${{ secrets.AWS_ACCESS_KEY_ID }}"},
        set(),
    ),
    (
        "appleboy/lambda-action@v0.2.0",
        {"function_name": "f", "aws_access_key_id": "${{ env.AWS_ACCESS_KEY_ID }}"},
        {("lambda:UpdateFunctionCode", LAMBDA)},
    ),
    ("appleboy/lambda-action@v0.2.0", {"function_name": "f", "aws_access_key_id": "***"}, set()),
    (
        "aws-actions/aws-cloudformation-github-deploy@v1",
        {"name": "web", "template": "t.yml"},
        {
            (f"cloudformation:{each}", STACK)
            for each in ("DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet")
        },
    ),
    (
        "aws-actions/aws-cloudformation-github-deploy@v1",
        {"name": "web", "template": "t.yml", "no-execute-changeset": "1", "role-arn": ROLE + "cfn"},
        {
            ("cloudformation:DescribeStacks", STACK),
            ("cloudformation:CreateChangeSet", STACK),
            ("cloudformation:DescribeChangeSet", STACK),
            ("iam:PassRole", ROLE + "cfn"),
        },
    ),
    (
        "aws-actions/aws-cloudformation-github-deploy@v1",
        {
            "name": "web",
            "template": "https://templates.s3.eu-west-1.amazonaws.com/web/t.yml",
            "no-execute-changeset": "1",
        },
        {
            ("cloudformation:DescribeStacks", STACK),
            ("cloudformation:CreateChangeSet", STACK),
            ("cloudformation:DescribeChangeSet", STACK),
            ("s3:GetObject", "arn:{partition}:s3:::templates/web/t.yml"),
        },
    ),
    (
        "aws-actions/aws-codebuild-run-build@v1",
        {"project-name": "p"},
        {
            ("codebuild:StartBuild", "arn:{partition}:codebuild:{region}:{account}:project/p"),
            ("codebuild:BatchGetBuilds", "arn:{partition}:codebuild:{region}:{account}:project/p"),
            ("logs:GetLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:/aws/codebuild/p:*"),
        },
    ),
    (
        "aws-actions/aws-codebuild-run-build@v1",
        {"project-name": "p", "hide-cloudwatch-logs": "true"},
        {
            ("codebuild:StartBuild", "arn:{partition}:codebuild:{region}:{account}:project/p"),
            ("codebuild:BatchGetBuilds", "arn:{partition}:codebuild:{region}:{account}:project/p"),
        },
    ),
    (
        "awslabs/amazon-app-runner-deploy@main",
        {"service": "s", "image": "i", "access-role-arn": ROLE + "pull", "wait-for-service-stability": "true"},
        {
            ("apprunner:ListServices", "*"),
            ("apprunner:UpdateService", "arn:{partition}:apprunner:{region}:{account}:service/s/*"),
            ("apprunner:DescribeService", "arn:{partition}:apprunner:{region}:{account}:service/s/*"),
            ("iam:PassRole", ROLE + "pull"),
        },
    ),
    (
        "aws-actions/aws-elasticbeanstalk-deploy@v1",
        {"application-name": "a", "environment-name": "e"},
        {
            ("s3:ListBucket", "arn:{partition}:s3:::elasticbeanstalk-{region}-{account}"),
            ("s3:PutObject", "arn:{partition}:s3:::elasticbeanstalk-{region}-{account}/*"),
            ("s3:GetObject", "arn:{partition}:s3:::elasticbeanstalk-{region}-{account}/*"),
            ("elasticbeanstalk:CreateApplicationVersion", f"{EB}applicationversion/a/*"),
            ("elasticbeanstalk:DescribeApplicationVersions", f"{EB}applicationversion/a/*"),
            ("elasticbeanstalk:UpdateEnvironment", f"{EB}environment/a/e"),
            ("elasticbeanstalk:DescribeEnvironments", f"{EB}environment/a/e"),
            ("elasticbeanstalk:DescribeEvents", f"{EB}environment/a/e"),
        },
    ),
    (
        "aws-actions/aws-secretsmanager-get-secrets@v2",
        {"secret-ids": "one\nALIAS, two/three\n,four\narn:aws:secretsmanager:us-east-1:111122223333:secret:t-a1b2c3"},
        {
            ("secretsmanager:GetSecretValue", f"{SECRET}one-??????"),
            ("secretsmanager:GetSecretValue", f"{SECRET}two/three-??????"),
            ("secretsmanager:GetSecretValue", f"{SECRET}four-??????"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:t-a1b2c3"),
        },
    ),
    (
        "aws-actions/aws-secretsmanager-get-secrets@v2",
        {"secret-ids": "beta*\n"},
        {("secretsmanager:ListSecrets", "*"), ("secretsmanager:GetSecretValue", f"{SECRET}beta*")},
    ),
    (
        "aws-actions/aws-secretsmanager-get-secrets@v2",
        {"secret-ids": "${{ vars.SECRET }}"},
        {("secretsmanager:GetSecretValue", None)},
    ),
    (
        "dkershner6/aws-ssm-getparameters-action@v2",
        {"parameterpairs": "/region/primary = A,\n   /alias = B"},
        {("ssm:GetParameters", f"{PARAMETER}region/primary"), ("ssm:GetParameters", f"{PARAMETER}alias")},
    ),
    (
        "marvinpinto/action-inject-ssm-secrets@latest",
        {"ssm_parameter": "/build/key:3", "env_variable_name": "K"},
        {("ssm:GetParameter", f"{PARAMETER}build/key")},
    ),
    ("aws-actions/action-cloudwatch-metrics@v1", {}, {("cloudwatch:PutMetricData", "*")}),
    (
        "aws-actions/vulnerability-scan-github-action-for-amazon-inspector@v1",
        {"artifact_type": "repository"},
        {("inspector-scan:ScanSbom", "*")},
    ),
    (
        "aws-actions/cloudformation-aws-iam-policy-validator@v1",
        {"policy-check-type": "VALIDATE_POLICY"},
        {("access-analyzer:ValidatePolicy", "*")},
    ),
    (
        "geekcell/github-action-aws-ecs-run-task@v4",
        {"cluster": "c", "task-definition": "web", "tail-logs": "false"},
        {
            ("ecs:RunTask", f"{ECS}task-definition/web:*"),
            ("ecs:DescribeTasks", f"{ECS}task/c/*"),
            ("iam:PassRole", None),
        },
    ),
    (
        "webfactory/create-aws-codedeploy-deployment@v0.5",
        {"application": "a"},
        {
            ("codedeploy:UpdateDeploymentGroup", f"{CODEDEPLOY}deploymentgroup:a/*"),
            ("codedeploy:CreateDeployment", f"{CODEDEPLOY}deploymentgroup:a/*"),
            ("codedeploy:GetDeployment", f"{CODEDEPLOY}deploymentgroup:a/*"),
            ("codedeploy:GetDeploymentConfig", f"{CODEDEPLOY}deploymentconfig:*"),
            ("codedeploy:GetApplicationRevision", f"{CODEDEPLOY}application:a"),
            ("codedeploy:RegisterApplicationRevision", f"{CODEDEPLOY}application:a"),
            ("iam:PassRole", None),
        },
    ),
    ("aws-actions/setup-sam@v2", {}, set()),
    ("aws-actions/sustainability-scanner@v1", {}, set()),
]


@pytest.mark.parametrize(("uses", "inputs", "expected"), ECS_CASES)
def test_actions_of_the_container_service(uses: str, inputs: dict[str, str], expected: Found) -> None:
    assert needed(uses, inputs) == expected


@pytest.mark.parametrize(("uses", "inputs", "expected"), OTHER_CASES)
def test_actions_of_other_services(uses: str, inputs: dict[str, str], expected: Found) -> None:
    assert needed(uses, inputs) == expected


def test_the_rendered_file_stands_for_the_file_that_it_was_made_from() -> None:
    outputs = outputs_of_action(RENDER, {"task-definition": "td.json", "image": "i"})
    assert outputs == {"outputs.task-definition": "td.json"}
    shown = {"task-definition": "/home/runner/work/_temp/task-definition--2345-gfzxIo9dFZcJ.json"}
    assert needed(DEPLOY, shown, outputs) == {REGISTER, *PASSED}
    assert needed(DEPLOY, shown) == UNKNOWN_DEFINITION
    two = {"steps.a.outputs.task-definition": "td.json", "steps.b.outputs.task-definition": "bare.json"}
    assert needed(DEPLOY, shown, two) == UNKNOWN_DEFINITION


def test_a_distribution_is_taken_from_the_environment() -> None:
    found = needed("chetan/invalidate-cloudfront-action@v2", {}, {"DISTRIBUTION": "EDFDVBD6EXAMPLE"})
    assert found == {
        ("cloudfront:CreateInvalidation", "arn:{partition}:cloudfront::{account}:distribution/EDFDVBD6EXAMPLE")
    }


def test_what_a_documented_policy_grants_for_rare_cases_is_tolerated() -> None:
    found = operations_of_action("aws-actions/aws-lambda-deploy@v1", {"function-name": "f"})
    assert {operation.action for operation in found if operation.tolerated} == {
        "lambda:CreateFunction",
        "lambda:PublishVersion",
    }


def test_an_image_of_a_function_is_read_on_the_callers_word() -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/fn:1"
    found = operations_of_action(
        "aws-actions/aws-lambda-deploy@v1", {"function-name": "f", "package-type": "Image", "image-uri": image}
    )
    assert {(each.action, each.target, each.registry_id) for each in found if each.purpose is Purpose.CALL} == {
        ("ecr:BatchGetImage", "fn", "111122223333"),
        ("ecr:GetDownloadUrlForLayer", "fn", "111122223333"),
    }


@pytest.mark.parametrize(
    ("uses", "inputs", "names_a_gap"),
    [
        ("aws-actions/aws-cloudformation-github-deploy@v1", {"name": "web"}, True),
        ("aws-actions/aws-cloudformation-github-deploy@v1", {"name": "web", "role-arn": ROLE + "cfn"}, False),
        ("aws-actions/aws-elasticbeanstalk-deploy@v1", {"application-name": "a", "environment-name": "e"}, True),
        ("reggionick/s3-deploy@v4", {"bucket": "b", "folder": "dist"}, True),
    ],
)
def test_what_a_service_does_with_the_callers_permissions_is_named(
    uses: str, inputs: dict[str, str], names_a_gap: bool
) -> None:
    gaps = [each.gap for each in operations_of_action(uses, inputs) if each.purpose is Purpose.NOT_JUDGED]
    assert bool(gaps) is names_a_gap
    assert all(gap is not None and gap.what and gap.why and gap.how for gap in gaps)


def test_a_passed_role_says_to_which_service() -> None:
    found = operations_of_action(DEPLOY, {"task-definition": "td.json"}, {}, FILES)
    assert {each.context for each in found if each.action == "iam:PassRole"} == {
        (("iam:PassedToService", "ecs-tasks.amazonaws.com"),)
    }
