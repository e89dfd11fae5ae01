"""What looks like a denial of an AWS action and is none: a grant kept elsewhere, a state, a clock, another product."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest
from log_lines import read_lines

from diagnosis.causes import Cause
from diagnosis.failures import decide, explain_text
from diagnosis.gates import Plane
from diagnosis.verdicts.gate_verdict import Finding

A, R = "111122223333", "eu-west-1"
SESSION = f"arn:aws:sts::{A}:assumed-role/release/GitHubActions"


def read(text: str) -> Finding:
    """The streamed answer, which must be the one from all lines."""
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding


GRANTS = [
    ('Error from server (Forbidden): deployments.apps "api" is forbidden: User "github" cannot get resource "deployments" in API group "apps" in the namespace "prod"', "RBAC"),
    (f'Error from server (Forbidden): error when creating "k8s.yml": services is forbidden: User "{SESSION}" cannot create resource "services" in API group "" in the namespace "default"', "RBAC"),
    ('Error: UPGRADE FAILED: query: failed to query with labels: secrets is forbidden: User "system:serviceaccount:ci:runner" cannot list resource "secrets" in API group "" in the namespace "prod"', "RBAC"),
    ('Error: INSTALLATION FAILED: Unable to continue with install: could not get information about the resource: configmaps "x" is forbidden: User "ci" cannot get resource "configmaps"', "RBAC"),
    ("error: You must be logged in to the server (Unauthorized)", "access entry"),
    ("error: You must be logged in to the server (the server has asked for the client to provide credentials)", "access entry"),
    ("Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials", "access entry"),
    ("E0301 12:00:00.000000    1 memcache.go:265] couldn't get current server API group list: the server has asked for the client to provide credentials", "access entry"),
    ("Error from server (Unauthorized): Unauthorized", "access entry"),
    ("Your current IAM principal doesn't have access to Kubernetes objects on this cluster.", "access entry"),
    ('Error from server (Forbidden): error when creating "pod.yml": admission webhook "policy.example.com" denied the request: no latest tag', "admission"),
    ("Error: cannot create job: PERMISSION_DENIED: User does not have permission on the workspace (databricks)", "Databricks"),
    ("databricks.sdk.errors.platform.PermissionDenied: User does not have USE CATALOG on Catalog 'main'.", "Databricks"),
    ("[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User does not have USE SCHEMA on Schema 'main.raw'", "Databricks"),
    ("ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.1' (using password: YES)", "database"),
    ("ERROR 1044 (42000): Access denied for user 'app'@'%' to database 'shop'", "database"),
    ('psql: error: FATAL:  password authentication failed for user "app"', "database"),
    ("ERROR:  permission denied for table orders", "database"),
    ("ERROR:  permission denied for schema public", "database"),
    ("ERROR:  must be owner of table orders", "database"),
    ("ORA-01017: invalid username/password; logon denied", "database"),
    ("Login failed for user 'app'.", "database"),
    ('MongoServerError: not authorized on shop to execute command { insert: "orders" }', "database"),
    ("NOPERM this user has no permissions to run the 'flushall' command", "database"),
    ("org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]", "Kafka"),
    ("003001 (42501): SQL access control error: Insufficient privileges to operate on schema 'RAW'", "Snowflake"),
    ('{"error":{"type":"security_exception","reason":"no permissions for [indices:data/write/bulk] and User [name=ci]"},"status":403}', "search domain"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "where"), GRANTS, ids=[line[:50] for line, _ in GRANTS])
def test_a_grant_outside_iam_is_told_with_the_place_where_it_is_kept(line: str, where: str) -> None:
    finding = read(line)
    assert (finding.plane, finding.gate, finding.cause, finding.action) == (Plane.OTHER, None, Cause.OTHER_GRANT, None)
    assert where in finding.sentence
    assert finding.sentence.startswith("No policy of IAM refuses here")


def test_a_database_that_takes_iams_tokens_may_mean_either() -> None:
    finding = read('FATAL:  PAM authentication failed for user "app"')
    assert finding.candidates == (Cause.OTHER_GRANT, Cause.SERVICE_ACTION)
    assert finding.gate is None
    assert "rds-db:connect" in finding.tell_apart


def cli(code: str, operation: str, message: str) -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


NO_DENIALS = [
    (cli("ThrottlingException", "DescribeServices", "Rate exceeded"), Cause.RATE_LIMIT),
    (cli("Throttling", "DescribeStacks", "Rate exceeded"), Cause.RATE_LIMIT),
    (cli("SlowDown", "PutObject", "Please reduce your request rate."), Cause.RATE_LIMIT),
    (cli("TooManyRequestsException", "UpdateFunctionCode", "Rate exceeded"), Cause.RATE_LIMIT),
    (cli("NoSuchBucket", "PutObject", "The specified bucket does not exist"), Cause.SERVICE_ERROR),
    (cli("404", "HeadObject", "Not Found"), Cause.SERVICE_ERROR),
    (cli("NoSuchKey", "GetObject", "The specified key does not exist."), Cause.SERVICE_ERROR),
    (cli("ResourceNotFoundException", "DescribeCluster", "No cluster found for name: main."), Cause.SERVICE_ERROR),
    (cli("ClusterNotFoundException", "UpdateService", "Cluster not found."), Cause.SERVICE_ERROR),
    (cli("ServiceNotFoundException", "UpdateService", ""), Cause.SERVICE_ERROR),
    (cli("ValidationError", "DescribeStacks", "Stack with id app does not exist"), Cause.INVALID_REQUEST),
    (cli("ParameterNotFound", "GetParameter", ""), Cause.SERVICE_ERROR),
    (cli("ResourceConflictException", "UpdateFunctionCode", "The operation cannot be performed at this time. An update is in progress"), Cause.SERVICE_ERROR),
    (cli("PermanentRedirect", "ListObjectsV2", "The bucket you are attempting to access must be addressed using the specified endpoint."), Cause.SERVICE_ERROR),
    (cli("AuthorizationHeaderMalformed", "PutObject", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"), Cause.INVALID_REQUEST),
    (cli("ExpiredToken", "PutObject", "The provided token has expired."), Cause.SESSION_EXPIRED),
    (cli("ExpiredTokenException", "UpdateService", "The security token included in the request is expired"), Cause.SESSION_EXPIRED),
    (cli("UnauthorizedException", "ListAccounts", "Session token not found or invalid"), Cause.SESSION_EXPIRED),
    (cli("RequestTimeTooSkewed", "PutObject", "The difference between the request time and the current time is too large."), Cause.CLOCK_SKEW),
    (cli("BucketAlreadyExists", "CreateBucket", "The requested bucket name is not available."), Cause.SERVICE_ERROR),
    (cli("ConditionalCheckFailedException", "PutItem", "The conditional request failed"), Cause.SERVICE_ERROR),
    ("operation error S3: HeadBucket, https response error StatusCode: 404, RequestID: 1, HostID: 2, api error NotFound: Not Found", Cause.SERVICE_ERROR),
    ('Error: Failed to get existing workspaces: S3 bucket "acme-tfstate" does not exist.', None),
    ("Error acquiring the state lock: ConditionalCheckFailedException: The conditional request failed", Cause.STATE_LOCKED),
    ("HTTP 403: Resource not accessible by integration (https://api.github.com/repos/o/r/releases)", Cause.OTHER_SERVICE),
    ("remote: Permission to o/r.git denied to github-actions[bot].", Cause.OTHER_SERVICE),
    ("npm error 403 403 Forbidden - PUT https://registry.npmjs.org/x - You do not have permission to publish", Cause.OTHER_SERVICE),
    ("denied: requested access to the resource is denied", Cause.OTHER_REGISTRY),
    ("ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.get' denied on resource", Cause.OTHER_CLOUD),
    ("AccessDeniedException: 403 ci@acme.iam.gserviceaccount.com does not have storage.objects.create access", Cause.OTHER_CLOUD),
    ("ERROR: (AuthorizationFailed) The client 'x' does not have authorization to perform action 'Microsoft.Web/sites/read'", Cause.OTHER_CLOUD),
    ("java.nio.file.AccessDeniedException: /var/lib/x", Cause.OTHER_SERVICE),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cause"), NO_DENIALS, ids=[line[:60] for line, _ in NO_DENIALS])
def test_what_is_no_denial_of_an_action_stays_apart(line: str, cause: Cause | None) -> None:
    finding = read(line)
    assert finding.gate is None
    assert finding.plane is Plane.OTHER
    assert finding.cause is cause


def test_credentials_that_are_not_there_are_no_denial() -> None:
    finding = read(
        "Error: configuring Terraform AWS Provider: no valid credential sources for Terraform AWS Provider found."
    )
    assert finding.plane is Plane.AUTHENTICATION


def test_the_cluster_is_asked_with_the_run_role_before_kubernetes_is() -> None:
    said = f"User: {SESSION} is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:{R}:{A}:cluster/main"
    text = f"{cli('AccessDeniedException', 'DescribeCluster', said)}\nerror: You must be logged in to the server (Unauthorized)"
    assert read(text).action == "eks:DescribeCluster"
