"""Denials of AWS actions beyond the registry: which gate, cause, action and resource, in the forms of every client."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_frames import action, raw, script
from log_lines import read_lines
from thoroughness import examples

from diagnosis.causes import Cause
from diagnosis.failures import decide, explain_text
from diagnosis.failures.whose_identity import Whose, identity_of
from diagnosis.gates import Checkpoint, Gate, Plane
from diagnosis.policy.language.actions import expand_actions
from diagnosis.verdicts.gate_verdict import Finding

A = "111122223333"
R = "eu-west-1"
SESSION = f"arn:aws:sts::{A}:assumed-role/release/GitHubActions"
SERVICE = Checkpoint.SERVICE_AUTHORIZATION
LACKS, PASS, RESOURCE = Cause.SERVICE_ACTION, Cause.PASS_ROLE, Cause.RESOURCE_POLICY


def said(name: str, resource: str, why: str = "because no identity-based policy allows the {} action", by: str = SESSION) -> str:  # fmt: skip
    """AWS's sentence."""
    return f"User: {by} is not authorized to perform: {name} on resource: {resource} {why.format(name)}".rstrip()


def cli(operation: str, message: str, code: str = "AccessDeniedException") -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


def go(service: str, operation: str, message: str, code: str = "AccessDeniedException", status: int = 400) -> str:
    return f"operation error {service}: {operation}, https response error StatusCode: {status}, RequestID: 0a-1, api error {code}: {message}"


def go_s3(operation: str, message: str = "Access Denied", code: str = "AccessDenied") -> str:
    return f"operation error S3: {operation}, https response error StatusCode: 403, RequestID: 0A1, HostID: b/c=, api error {code}: {message}"


def java_two(service: str, package: str, message: str, name: str = "AccessDeniedException") -> str:
    return f"software.amazon.awssdk.services.{package}.model.{name}: {message} (Service: {service}, Status Code: 403, Request ID: 0a-1)"


def java_one(service: str, message: str, code: str = "AccessDeniedException") -> str:
    return f"com.amazonaws.services.x.model.{code}: {message} (Service: {service}; Status Code: 403; Error Code: {code}; Request ID: 0a-1)"


def terraform(message: str, call: str = "creating", what: str = "x") -> str:
    return f"│ Error: {call} {what}: {message}"


@dataclass(frozen=True)
class Row:
    line: str
    cause: Cause | None
    action: str | None
    resource: str | None = None


BUCKET, KEY = "arn:aws:s3:::acme-site", "arn:aws:s3:::acme-site/index.html"
STATE = "arn:aws:s3:::acme-tfstate"
FUNCTION = f"arn:aws:lambda:{R}:{A}:function:api"
ECS_SERVICE = f"arn:aws:ecs:{R}:{A}:service/main/api"
CLUSTER = f"arn:aws:eks:{R}:{A}:cluster/main"
PARAMETER = f"arn:aws:ssm:{R}:{A}:parameter/app/db"
SECRET = f"arn:aws:secretsmanager:{R}:{A}:secret:app-AbCdEf"
STACK = f"arn:aws:cloudformation:{R}:{A}:stack/app/*"
KMS_KEY = f"arn:aws:kms:{R}:{A}:key/0a0b"
LOCK = f"arn:aws:dynamodb:{R}:{A}:table/tf-lock"
TASK_ROLE = f"arn:aws:iam::{A}:role/task"
SCP_ARN = "arn:aws:organizations::999988887777:policy/o-abcde12345/service_control_policy/p-0a1b2c3d"

SENTENCES = [
    # the AWS CLI and boto3
    Row(cli("PutObject", said("s3:PutObject", f'"{KEY}"'), "AccessDenied"), LACKS, "s3:PutObject", KEY),
    Row(f"upload failed: dist/index.html to s3://acme-site/index.html {cli('PutObject', said('s3:PutObject', KEY), 'AccessDenied')}", LACKS, "s3:PutObject", KEY),
    Row(cli("ListObjectsV2", said("s3:ListBucket", BUCKET), "AccessDenied"), LACKS, "s3:ListBucket", BUCKET),
    Row(cli("UpdateFunctionCode", said("lambda:UpdateFunctionCode", FUNCTION)), LACKS, "lambda:UpdateFunctionCode", FUNCTION),
    Row(cli("PublishVersion", said("lambda:PublishVersion", FUNCTION)), LACKS, "lambda:PublishVersion", FUNCTION),
    Row(cli("UpdateService", said("ecs:UpdateService", ECS_SERVICE)), LACKS, "ecs:UpdateService", ECS_SERVICE),
    Row(cli("RegisterTaskDefinition", said("ecs:RegisterTaskDefinition", "*")), LACKS, "ecs:RegisterTaskDefinition", "*"),
    Row(cli("RegisterTaskDefinition", said("iam:PassRole", TASK_ROLE)), PASS, "iam:PassRole", TASK_ROLE),
    Row(cli("CreateFunction", said("iam:PassRole", TASK_ROLE)), PASS, "iam:PassRole", TASK_ROLE),
    Row(cli("DescribeCluster", said("eks:DescribeCluster", CLUSTER)), LACKS, "eks:DescribeCluster", CLUSTER),
    Row(cli("GetParameter", said("ssm:GetParameter", PARAMETER)), LACKS, "ssm:GetParameter", PARAMETER),
    Row(cli("GetParametersByPath", said("ssm:GetParametersByPath", PARAMETER)), LACKS, "ssm:GetParametersByPath", PARAMETER),
    Row(cli("SendCommand", said("ssm:SendCommand", f"arn:aws:ec2:{R}:{A}:instance/i-0a")), LACKS, "ssm:SendCommand", f"arn:aws:ec2:{R}:{A}:instance/i-0a"),
    Row(cli("GetSecretValue", said("secretsmanager:GetSecretValue", SECRET)), LACKS, "secretsmanager:GetSecretValue", SECRET),
    Row(cli("DescribeStacks", said("cloudformation:DescribeStacks", STACK), "AccessDenied"), LACKS, "cloudformation:DescribeStacks", STACK),
    Row(cli("CreateChangeSet", said("cloudformation:CreateChangeSet", STACK), "AccessDenied"), LACKS, "cloudformation:CreateChangeSet", STACK),
    Row(cli("Decrypt", said("kms:Decrypt", KMS_KEY)), LACKS, "kms:Decrypt", KMS_KEY),
    Row(cli("PutItem", said("dynamodb:PutItem", LOCK)), LACKS, "dynamodb:PutItem", LOCK),
    Row(cli("CreateInvalidation", said("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{A}:distribution/E1"), "AccessDenied"), LACKS, "cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{A}:distribution/E1"),
    Row(cli("ChangeResourceRecordSets", said("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1"), "AccessDenied"), LACKS, "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1"),
    Row(cli("CreateDeployment", said("codedeploy:CreateDeployment", f"arn:aws:codedeploy:{R}:{A}:deploymentgroup:app/g")), LACKS, "codedeploy:CreateDeployment", f"arn:aws:codedeploy:{R}:{A}:deploymentgroup:app/g"),
    Row(cli("StartBuild", said("codebuild:StartBuild", f"arn:aws:codebuild:{R}:{A}:project/p")), LACKS, "codebuild:StartBuild", f"arn:aws:codebuild:{R}:{A}:project/p"),
    Row(cli("StartPipelineExecution", said("codepipeline:StartPipelineExecution", f"arn:aws:codepipeline:{R}:{A}:p")), LACKS, "codepipeline:StartPipelineExecution", f"arn:aws:codepipeline:{R}:{A}:p"),
    Row(cli("StartDeployment", said("apprunner:StartDeployment", f"arn:aws:apprunner:{R}:{A}:service/api/1")), LACKS, "apprunner:StartDeployment", f"arn:aws:apprunner:{R}:{A}:service/api/1"),
    Row(cli("Publish", f"User: {SESSION} is not authorized to perform: SNS:Publish on resource: arn:aws:sns:{R}:{A}:releases because no identity-based policy allows the SNS:Publish action", "AuthorizationError"), LACKS, "sns:Publish", f"arn:aws:sns:{R}:{A}:releases"),
    Row(cli("SendMessage", f"User: {SESSION} is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:{R}:{A}:q because no identity-based policy allows the sqs:sendmessage action", "AccessDenied"), LACKS, "sqs:SendMessage", f"arn:aws:sqs:{R}:{A}:q"),
    Row(cli("PutRule", said("events:PutRule", f"arn:aws:events:{R}:{A}:rule/nightly")), LACKS, "events:PutRule", f"arn:aws:events:{R}:{A}:rule/nightly"),
    Row(cli("UpdateStateMachine", said("states:UpdateStateMachine", f"arn:aws:states:{R}:{A}:stateMachine:m")), LACKS, "states:UpdateStateMachine", f"arn:aws:states:{R}:{A}:stateMachine:m"),
    Row(cli("UpdateEnvironment", said("elasticbeanstalk:UpdateEnvironment", f"arn:aws:elasticbeanstalk:{R}:{A}:environment/app/prod"), "AccessDenied"), LACKS, "elasticbeanstalk:UpdateEnvironment", f"arn:aws:elasticbeanstalk:{R}:{A}:environment/app/prod"),
    Row(cli("DescribeDBInstances", said("rds:DescribeDBInstances", f"arn:aws:rds:{R}:{A}:db:main"), "AccessDenied"), LACKS, "rds:DescribeDBInstances", f"arn:aws:rds:{R}:{A}:db:main"),
    Row(cli("RunInstances", f"You are not authorized to perform this operation. User: {SESSION} is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:{R}:{A}:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: aB3", "UnauthorizedOperation"), LACKS, "ec2:RunInstances", f"arn:aws:ec2:{R}:{A}:instance/*"),
    Row(cli("RegisterJobDefinition", said("batch:RegisterJobDefinition", "*")), LACKS, "batch:RegisterJobDefinition", "*"),
    Row(cli("StartJobRun", said("glue:StartJobRun", f"arn:aws:glue:{R}:{A}:job/etl")), LACKS, "glue:StartJobRun", f"arn:aws:glue:{R}:{A}:job/etl"),
    Row(cli("StartJob", said("amplify:StartJob", f"arn:aws:amplify:{R}:{A}:apps/d1/branches/main")), LACKS, "amplify:StartJob", f"arn:aws:amplify:{R}:{A}:apps/d1/branches/main"),
    Row(cli("GetRole", said("iam:GetRole", "role task"), "AccessDenied"), LACKS, "iam:GetRole", TASK_ROLE),
    Row(cli("GetAuthorizationToken", said("codeartifact:GetAuthorizationToken", f"arn:aws:codeartifact:{R}:{A}:domain/d")), LACKS, "codeartifact:GetAuthorizationToken", f"arn:aws:codeartifact:{R}:{A}:domain/d"),
    Row(cli("GetLogEvents", said("logs:GetLogEvents", f"arn:aws:logs:{R}:{A}:log-group:/app:log-stream:x")), LACKS, "logs:GetLogEvents", f"arn:aws:logs:{R}:{A}:log-group:/app:log-stream:x"),
    # Go, version 2
    Row(go_s3("PutObject", said("s3:PutObject", f'"{KEY}"')), LACKS, "s3:PutObject", KEY),
    Row(go("DynamoDB", "PutItem", said("dynamodb:PutItem", LOCK)), LACKS, "dynamodb:PutItem", LOCK),
    Row(go("EKS", "DescribeCluster", said("eks:DescribeCluster", CLUSTER), status=403), LACKS, "eks:DescribeCluster", CLUSTER),
    Row(go("SSM", "GetParameter", said("ssm:GetParameter", PARAMETER)), LACKS, "ssm:GetParameter", PARAMETER),
    Row(go("Secrets Manager", "DescribeSecret", said("secretsmanager:DescribeSecret", SECRET)), LACKS, "secretsmanager:DescribeSecret", SECRET),
    Row(go("IAM", "CreateRole", said("iam:CreateRole", TASK_ROLE), "AccessDenied", 403), LACKS, "iam:CreateRole", TASK_ROLE),
    Row(terraform(go("ECS", "CreateService", said("iam:PassRole", TASK_ROLE))), PASS, "iam:PassRole", TASK_ROLE),
    Row(terraform(go("CloudWatch Logs", "CreateLogGroup", said("logs:CreateLogGroup", f"arn:aws:logs:{R}:{A}:log-group:/app"))), LACKS, "logs:CreateLogGroup", f"arn:aws:logs:{R}:{A}:log-group:/app"),
    Row(terraform(go("Elastic Load Balancing v2", "DescribeLoadBalancers", said("elasticloadbalancing:DescribeLoadBalancers", "*"), "AccessDenied", 403)), LACKS, "elasticloadbalancing:DescribeLoadBalancers", "*"),
    Row(terraform(go("EC2", "CreateSecurityGroup", f"You are not authorized to perform this operation. User: {SESSION} is not authorized to perform: ec2:CreateSecurityGroup on resource: arn:aws:ec2:{R}:{A}:vpc/v because no identity-based policy allows the ec2:CreateSecurityGroup action.", "UnauthorizedOperation", 403)), LACKS, "ec2:CreateSecurityGroup", f"arn:aws:ec2:{R}:{A}:vpc/v"),
    # EC2 names no resource where the action has no resource level
    Row(terraform(go("EC2", "DescribeVpcs", f"You are not authorized to perform this operation. User: {SESSION} is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action", "UnauthorizedOperation", 403)), LACKS, "ec2:DescribeVpcs", "*"),
    # Go, version 1
    Row(f"AccessDeniedException: {said('ssm:PutParameter', PARAMETER)} status code: 400, request id: 0a-1", LACKS, "ssm:PutParameter", PARAMETER),
    # Java
    Row(java_two("Lambda", "lambda", said("lambda:InvokeFunction", FUNCTION)), LACKS, "lambda:InvokeFunction", FUNCTION),
    Row(java_two("Ssm", "ssm", said("ssm:GetParameters", PARAMETER), "SsmException"), LACKS, "ssm:GetParameters", PARAMETER),
    Row(java_one("AmazonECS", said("ecs:RunTask", f"arn:aws:ecs:{R}:{A}:task-definition/t:1")), LACKS, "ecs:RunTask", f"arn:aws:ecs:{R}:{A}:task-definition/t:1"),
    Row(java_one("AmazonCloudFormation", said("cloudformation:DescribeStackEvents", STACK)), LACKS, "cloudformation:DescribeStackEvents", STACK),
    # actions and tools in JavaScript
    Row(f"##[error]{said('ecs:DescribeServices', ECS_SERVICE)}", LACKS, "ecs:DescribeServices", ECS_SERVICE),
    Row(f"##[error]Failed to register task definition in ECS: {said('iam:PassRole', TASK_ROLE)}", PASS, "iam:PassRole", TASK_ROLE),
    Row(f"AccessDenied: {said('s3:DeleteObject', KEY)}", LACKS, "s3:DeleteObject", KEY),
    Row(f"    at throwDefaultError\nAccessDeniedException: {said('lambda:GetFunctionConfiguration', FUNCTION)}", LACKS, "lambda:GetFunctionConfiguration", FUNCTION),
    Row(f'Resource handler returned message: "{said("sqs:CreateQueue", f"arn:aws:sqs:{R}:{A}:q")} (Service: Sqs, Status Code: 403, Request ID: 1)"', LACKS, "sqs:CreateQueue", f"arn:aws:sqs:{R}:{A}:q"),
    Row(f"Serverless Error: {said('cloudformation:DescribeStackResource', STACK)}", LACKS, "cloudformation:DescribeStackResource", STACK),
    Row(f'{{"__type":"AccessDeniedException","Message":"{said("ecs:ListTasks", f"arn:aws:ecs:{R}:{A}:container-instance/main/*")}"}}', LACKS, "ecs:ListTasks", f"arn:aws:ecs:{R}:{A}:container-instance/main/*"),
    # other policy types
    Row(cli("PutObject", said("s3:PutObject", KEY, f"with an explicit deny in a service control policy: {SCP_ARN}"), "AccessDenied"), Cause.SCP, "s3:PutObject", KEY),
    Row(cli("UpdateService", said("ecs:UpdateService", ECS_SERVICE, "because no permissions boundary allows the {} action")), Cause.BOUNDARY, "ecs:UpdateService", ECS_SERVICE),
    Row(cli("UpdateService", said("ecs:UpdateService", ECS_SERVICE, "with an explicit deny in a permissions boundary")), Cause.BOUNDARY, "ecs:UpdateService", ECS_SERVICE),
    Row(cli("PutObject", said("s3:PutObject", KEY, "with an explicit deny in a resource control policy"), "AccessDenied"), Cause.RESOURCE_CONTROL_POLICY, "s3:PutObject", KEY),
    Row(cli("TagResource", said("ecs:TagResource", ECS_SERVICE, "because no session policy allows the {} action")), Cause.SESSION_POLICY, "ecs:TagResource", ECS_SERVICE),
    Row(cli("GetObject", said("s3:GetObject", KEY, "because no VPC endpoint policy allows the {} action"), "AccessDenied"), Cause.ENDPOINT_POLICY, "s3:GetObject", KEY),
    Row(cli("PutObject", said("s3:PutObject", KEY, "with an explicit deny in a resource-based policy"), "AccessDenied"), RESOURCE, "s3:PutObject", KEY),
    Row(cli("GenerateDataKey", said("kms:GenerateDataKey", KMS_KEY, "because no resource-based policy allows the {} action")), RESOURCE, "kms:GenerateDataKey", KMS_KEY),
    Row(cli("DeleteFunction", said("lambda:DeleteFunction", FUNCTION, "with an explicit deny in an identity-based policy")), Cause.IDENTITY_POLICY_DENY, "lambda:DeleteFunction", FUNCTION),
    Row(cli("PassRole", said("iam:PassRole", TASK_ROLE, "with an explicit deny in a service control policy")), Cause.SCP, "iam:PassRole", TASK_ROLE),
    # masked accounts and other partitions
    Row(f"User: arn:aws:sts::***:assumed-role/release/GitHubActions is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:{R}:***:service/main/api because no identity-based policy allows the ecs:UpdateService action", LACKS, "ecs:UpdateService", f"arn:aws:ecs:{R}:***:service/main/api"),
    Row(said("s3:PutObject", "arn:aws-cn:s3:::site/x", by=f"arn:aws-cn:sts::{A}:assumed-role/release/GitHubActions"), LACKS, "s3:PutObject", "arn:aws-cn:s3:::site/x"),
]  # fmt: skip

UNTYPED = [
    # old wording with the action, and calls that are named without a sentence: no policy type, so no cause is claimed
    Row(cli("UpdateService", said("ecs:UpdateService", ECS_SERVICE, "")), None, "ecs:UpdateService", ECS_SERVICE),
    Row(cli("RegisterTaskDefinition", said("iam:PassRole", TASK_ROLE, "")), None, "iam:PassRole", TASK_ROLE),
    Row(cli("PutObject", said("s3:PutObject", KEY, "with an explicit deny"), "AccessDenied"), None, "s3:PutObject", KEY),
    Row(cli("PutObject", "Access Denied", "AccessDenied"), None, "s3:PutObject"),
    Row(f"upload failed: dist/a.js to s3://acme-site/index.html {cli('PutObject', 'Access Denied', 'AccessDenied')}", None, "s3:PutObject", KEY),
    Row(f"download failed: s3://acme-site/index.html to ./x {cli('GetObject', 'Access Denied', 'AccessDenied')}", None, "s3:GetObject", KEY),
    Row(f"upload failed: ./big.zip to s3://acme-site/index.html {cli('CreateMultipartUpload', 'Access Denied', 'AccessDenied')}", None, "s3:PutObject", KEY),
    Row(f"delete failed: s3://acme-site/index.html {cli('DeleteObject', 'Access Denied', 'AccessDenied')}", None, "s3:DeleteObject", KEY),
    Row(f"fatal error: {cli('ListObjectsV2', 'Access Denied', 'AccessDenied')}", None, "s3:ListBucket"),
    Row(cli("ListBuckets", "Access Denied", "AccessDenied"), None, "s3:ListAllMyBuckets", "*"),
    Row(cli("GetBucketEncryption", "Access Denied", "AccessDenied"), None, "s3:GetEncryptionConfiguration"),
    Row(f"fatal error: {cli('HeadObject', 'Forbidden', '403')}", None, None),
    Row(cli("HeadBucket", "Forbidden", "403"), None, "s3:ListBucket"),
    Row(f'Error: Failed to get existing workspaces: Unable to list objects in S3 bucket "acme-tfstate" with prefix "env:/": {go_s3("ListObjectsV2")}', None, "s3:ListBucket", STATE),
    Row("Error: Failed to get existing workspaces: AccessDenied: Access Denied\n\tstatus code: 403, request id: 0A1, host id: b/c=", None, "s3:ListBucket"),
    Row("Error: error loading state: AccessDenied: Access Denied\n\tstatus code: 403, request id: 0A1, host id: b/c=", None, "s3:GetObject"),
    Row("Error: Error loading state:\n    AccessDenied: Access Denied\n\tstatus code: 403, request id: 0A1, host id: b/c=", None, "s3:GetObject"),
    Row("Error: error loading state: Forbidden: Forbidden\n\tstatus code: 403, request id: 0A1, host id: b/c=", None, None),
    Row("Error refreshing state: AccessDenied: Access Denied\n\tstatus code: 403, request id: 0A1, host id: b/c=", None, "s3:GetObject"),
    Row("Error: Failed to save state: failed to upload state: AccessDenied: Access Denied\n\tstatus code: 403, request id: 0A1", None, "s3:PutObject"),
    Row(f'Error: Error loading state: Unable to access object "a/terraform.tfstate" in S3 bucket "acme-tfstate": {go_s3("HeadObject", "Forbidden", "Forbidden")}', None, None),
    Row(f"Error: Error acquiring the state lock: {go('DynamoDB', 'PutItem', 'no')}", None, "dynamodb:PutItem"),
    Row(go("KMS", "Decrypt", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."), None, "kms:Decrypt"),
    Row(cli("GetSecretValue", "Access to KMS is not allowed"), None, "kms:Decrypt"),
    Row(cli("RunInstances", "You are not authorized to perform this operation. Encoded authorization failure message: aB3x", "UnauthorizedOperation"), None, "ec2:RunInstances"),
    Row(cli("UpdateFunctionCode", "no"), None, "lambda:UpdateFunctionCode"),
    Row(java_one("Amazon S3", "Access Denied", "AccessDenied"), None, None),
    Row("com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 0A1; S3 Extended Request ID: b/c=)", None, None),
    Row("software.amazon.awssdk.services.s3.model.S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: 0A1, Extended Request ID: b/c=)", None, None),
    Row("UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: aB3x", None, None),
    Row("fatal: unable to access 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/x/': The requested URL returned error: 403", None, None),
    Row(cli("GetRoleCredentials", "No access", "ForbiddenException"), None, None),
    Row("AccessDenied: Access Denied\n    at throwDefaultError (/action/index.js:1:1)", None, None),
    Row(go("CodeCommit", "CreateRepository", "no"), None, "codecommit:CreateRepository"),
]  # fmt: skip


def read(text: str) -> Finding:
    """The streamed answer, which must be the one from all lines."""
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding


def told(finding: Finding) -> tuple[object, ...]:
    return finding.plane, finding.checkpoint, finding.cause, finding.action, finding.resource


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row.line[:60])
def test_a_sentence_of_the_runs_role_is_a_failure_at_service_authorization(row: Row) -> None:
    finding = read(row.line)
    assert told(finding) == (Plane.AUTHORIZATION, SERVICE, row.cause, row.action, row.resource)
    assert finding.gate is Gate.SERVICE_AUTHORIZATION
    assert finding.candidates == ()
    assert (row.action or "") in finding.sentence
    assert finding.sentence.startswith("AWS refused ")
    assert finding.tell_apart


@pytest.mark.parametrize("row", UNTYPED, ids=lambda row: row.line[:60])
def test_a_refusal_without_a_policy_type_claims_no_cause(row: Row) -> None:
    finding = read(row.line)
    assert told(finding) == (Plane.AUTHORIZATION, SERVICE, None, row.action, row.resource)
    assert finding.candidates
    assert Cause.SCP in finding.candidates
    assert finding.candidates[0] in (LACKS, PASS, Cause.IDENTITY_POLICY_DENY)
    assert (Cause.RESOURCE_POLICY in finding.candidates) is (row.action != "iam:PassRole")


def test_the_tables_cover_what_releases_call() -> None:
    rows = [*SENTENCES, *UNTYPED]
    assert len(rows) >= 80
    assert len({(row.action or ":").partition(":")[0] for row in rows}) >= 25


@pytest.mark.parametrize("row", SENTENCES[::4], ids=lambda row: row.line[:60])
def test_a_whole_job_says_the_same(row: Row) -> None:
    log = raw([
        *action("aws-actions/configure-aws-credentials@v5", [f"role-to-assume: arn:aws:iam::{A}:role/release", f"aws-region: {R}"], "Assuming role with OIDC", "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions"),
        *script(["./release.sh"], *row.line.replace("##[error]", "").split("\n"), error=254),
        "Cleaning up orphan processes",
    ])  # fmt: skip
    if "arn:aws-cn" in row.line:
        pytest.skip("the job's role is of another partition")
    assert told(explain_text(log)) == (Plane.AUTHORIZATION, SERVICE, row.cause, row.action, row.resource)


OTHERS = [
    (f"arn:aws:iam::{A}:user/build", "the IAM user build"),
    (f"arn:aws:iam::{A}:root", "root user"),
    (f"arn:aws:sts::{A}:assumed-role/runner/i-0123456789abcdef0", "EC2 instance"),
    (f"arn:aws:sts::{A}:assumed-role/task/" + "0a" * 16, "ECS task"),
    (f"arn:aws:sts::{A}:assumed-role/build/AWSCodeBuild-0a0b-11", "CodeBuild"),
    (f"arn:aws:sts::{A}:assumed-role/pod/eks-main-api-0a1b", "EKS pod"),
    (f"arn:aws:sts::{A}:assumed-role/cdk-hnb659fds-cfn-exec-role-{A}-{R}/AWSCloudFormation", "CloudFormation"),
    (f"arn:aws:sts::{A}:assumed-role/cdk-hnb659fds-deploy-role-{A}-{R}/aws-cdk-runner", "bootstrap role"),
    (f"arn:aws:sts::{A}:assumed-role/AWSReservedSSO_Admin_0a1b/jane", "person's role"),
    (f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForECS/ecs", "service-linked"),
    (f"arn:aws:sts::{A}:federated-user/jane", "federated user"),
]


@pytest.mark.parametrize(("who", "words"), OTHERS)
def test_another_identity_is_named_and_no_gate_of_this_release_is(who: str, words: str) -> None:
    finding = read(cli("PutObject", said("s3:PutObject", KEY, by=who), "AccessDenied"))
    assert told(finding) == (Plane.AUTHORIZATION, None, LACKS, "s3:PutObject", KEY)
    assert finding.principal == who
    assert words in finding.sentence
    assert "no gap of the run's role" in finding.sentence


@pytest.mark.parametrize(("who", "gate"), [(SESSION, SERVICE), (f"arn:aws:iam::{A}:user/jane", None)])
def test_an_event_of_cloudtrail_tells_whose_it_is(who: str, gate: Checkpoint | None) -> None:
    event = {
        "eventSource": "ecs.amazonaws.com",
        "eventName": "UpdateService",
        "errorCode": "AccessDenied",
        "userIdentity": {"arn": who},
    }
    finding = explain_text(json.dumps(event))
    assert (finding.plane, finding.checkpoint, finding.action) == (Plane.AUTHORIZATION, gate, "ecs:UpdateService")
    assert ("the IAM user jane" in finding.sentence) is (gate is None)


def job(role: str, line: str, *more: str) -> str:
    inputs = [f"role-to-assume: {role}", f"aws-region: {R}"]
    return raw([
        *action("aws-actions/configure-aws-credentials@v5", inputs, "Assuming role with OIDC", "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions"),
        *script(["aws s3 sync dist s3://acme-site", *more], line, error=1),
    ])  # fmt: skip


def test_a_role_that_the_job_does_not_assume_is_another_identity() -> None:
    line = said("s3:GetObject", KEY, by=f"arn:aws:sts::{A}:assumed-role/api-function/api")
    finding = explain_text(job(f"arn:aws:iam::{A}:role/release", line))
    assert (finding.plane, finding.checkpoint) == (Plane.AUTHORIZATION, None)
    assert "the role api-function, which is none that the job assumes" in finding.sentence


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("***", ()),
        ("${{ vars.ROLE }}", ()),
        (f"arn:aws:iam::{A}:role/ci/api-function", ()),
        (f"arn:aws:iam::{A}:role/release", ("aws sts assume-role --role-arn $R --role-session-name x",)),
    ],
)
def test_a_role_that_may_be_the_jobs_counts_as_it(role: str, more: tuple[str, ...]) -> None:
    line = said("s3:GetObject", KEY, by=f"arn:aws:sts::{A}:assumed-role/api-function/api")
    assert explain_text(job(role, line, *more)).checkpoint is SERVICE


def test_a_role_that_another_action_is_given_may_be_the_one_in_force() -> None:
    line = said("s3:GetObject", KEY, by=f"arn:aws:sts::{A}:assumed-role/second/x")
    other = action("acme/take-role@v1", [f"role_arn: arn:aws:iam::{A}:role/second"])
    first = action("aws-actions/configure-aws-credentials@v5", [f"role-to-assume: arn:aws:iam::{A}:role/release"])
    assert explain_text(raw([*first, *other, *script(["aws s3 sync a b"], line, error=1)])).checkpoint is SERVICE
    assert explain_text(raw([*first, *script(["aws s3 sync a b"], line, error=1)])).checkpoint is None


BARE = f"not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:{R}::foundation-model/m with an explicit deny in a service control policy"


def test_a_bare_sentence_without_a_principal_names_no_gate_and_one_in_a_job_does() -> None:
    assert told(read(BARE))[:3] == (Plane.AUTHORIZATION, None, Cause.SCP)
    assert explain_text(job("***", BARE)).checkpoint is SERVICE


def test_placeholders_name_nobody() -> None:
    line = said("ecs:TagResource", ECS_SERVICE, by="arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION")
    assert (read(line).plane, read(line).checkpoint) == (Plane.AUTHORIZATION, None)


CLIENTS = (
    lambda operation, words: cli(operation, words),
    lambda operation, words: f"Error message: {go('DynamoDB', operation, words)}",
    lambda operation, words: java_two("Lambda", "lambda", words),
    lambda operation, words: f"Error: {words}",
    lambda operation, words: words,
)
SERVICES = [
    "s3",
    "ecs",
    "lambda",
    "ssm",
    "secretsmanager",
    "cloudformation",
    "eks",
    "dynamodb",
    "kms",
    "iam",
    "logs",
    "apprunner",
    "codedeploy",
    "states",
    "sns",
]
ACTIONS = tuple(
    action for action in expand_actions(tuple(f"{service}:*" for service in SERVICES)) if action != "iam:PassRole"
)
WHY = {
    "because no identity-based policy allows the {} action": LACKS,
    "because no permissions boundary allows the {} action": Cause.BOUNDARY,
    "with an explicit deny in a service control policy": Cause.SCP,
    "with an explicit deny in a resource-based policy": RESOURCE,
}


@pytest.mark.parametrize("client", range(len(CLIENTS)))
@settings(max_examples=examples(60), deadline=None)
@given(
    action=st.sampled_from(ACTIONS),
    why=st.sampled_from(sorted(WHY)),
    width=st.integers(76, 260),
    boxed=st.booleans(),
    timed=st.booleans(),
)
def test_any_action_in_any_client_is_read_however_its_lines_are_broken(
    client: int, action: str, why: str, width: int, boxed: bool, timed: bool
) -> None:
    sentence = said(action, f"arn:aws:{action.partition(':')[0]}:{R}:{A}:thing/x", why)
    lines = textwrap.wrap(
        CLIENTS[client](action.partition(":")[2], sentence), width, break_long_words=False, break_on_hyphens=False
    )
    if boxed:
        lines = [f"│ {line}" for line in lines]
    finding = explain_text(raw(lines) if timed else "\n".join(lines))
    assert (finding.checkpoint, finding.cause, finding.action) == (SERVICE, WHY[why], action)
    assert (finding.principal, finding.resource) == (SESSION, f"arn:aws:{action.partition(':')[0]}:{R}:{A}:thing/x")


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=80), st.frozensets(st.text(max_size=8), max_size=3))
def test_any_text_for_an_identity_is_answered(text: str, roles: frozenset[str]) -> None:
    for principal in (text, f"arn:aws:sts::{A}:assumed-role/{text}", f"arn:{text}"):
        found = identity_of(principal, roles)
        assert bool(found.words) is (found.whose is Whose.ANOTHER)
