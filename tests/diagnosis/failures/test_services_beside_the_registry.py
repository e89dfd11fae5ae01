"""Refusals and errors of other AWS services, refused keys, and what a sentence says of them."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import json

import pytest

from diagnosis.causes import Cause
from diagnosis.failures import explain, explain_text
from diagnosis.gates import Checkpoint, Plane

SESSION = "arn:aws:sts::111122223333:assumed-role/ci/GitHubActions"
AT = "2026-09-20T08:01:18.1869413Z "


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("An error occurred (AccessDenied) when calling the PutObject operation: Access Denied", "AWS refused s3:PutObject."),
        ("operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: 1, AccessDeniedException: no", "AWS refused kms:Decrypt."),
        ("operation error CodeCommit: CreateRepository, https response error StatusCode: 400, RequestID: 1, AccessDeniedException: no", "AWS refused codecommit:CreateRepository."),
        ("operation error imagebuilder: ListImages, https response error StatusCode: 403, RequestID: 1, api error AccessDeniedException: no", "AWS refused imagebuilder:ListImages."),
        (f"User: {SESSION} is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:eu-west-1:111122223333:cluster/c", "AWS refused eks:DescribeCluster on arn:aws:eks:eu-west-1:111122223333:cluster/c."),
    ],
)  # fmt: skip
def test_a_refusal_elsewhere_is_told_with_what_is_known_of_it(line: str, told: str) -> None:
    finding = explain_text(line)
    assert (finding.checkpoint, finding.cause) == (Checkpoint.SERVICE_AUTHORIZATION, None)
    assert finding.candidates[0] is Cause.SERVICE_ACTION
    assert finding.sentence.startswith(told)


def test_a_client_that_names_the_registry_is_believed() -> None:
    short = "operation error {}: InitiateLayerUpload, https response error StatusCode: 400, RequestID: 1, AccessDeniedException: no"
    assert explain_text(short.format("ECR")).action == "ecr:InitiateLayerUpload"
    assert explain_text(short.format("ECR PUBLIC")).action == "ecr-public:InitiateLayerUpload"
    assert explain_text(short.format("ECR")).checkpoint is Checkpoint.REGISTRY_PUSH


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("An error occurred (ValidationError) when calling the UpdateStack operation: No updates are to be performed.", "AWS answered UpdateStack with ValidationError: No updates are to be performed. What the call asks for is at fault, and no permission is."),
        ("software.amazon.awssdk.services.lambda.model.ResourceNotFoundException: Function not found (Service: Lambda, Status Code: 404, Request ID: 1)", "AWS answered a call of Lambda with ResourceNotFoundException: Function not found. That is an error of the service and no denial."),
        ('{"__type":"com.amazonaws.ecs#ClusterNotFoundException","message":"Cluster not found."}', "AWS answered a call with ClusterNotFoundException: Cluster not found. That is an error of the service and no denial."),
        ("ClusterNotFoundException: Cluster not found.\tstatus code: 400, request id: 1", "AWS answered a call with ClusterNotFoundException: Cluster not found. That is an error of the service and no denial."),
    ],
)  # fmt: skip
def test_an_error_is_told_once_and_with_its_message(line: str, sentence: str) -> None:
    assert explain_text(line).sentence == sentence


@pytest.mark.parametrize("line", [
    "An error occurred (ServerException) when calling the GetAuthorizationToken operation (reached max retries: 4): internal",
    "operation error ECR: PutImage, https response error StatusCode: 500, RequestID: 1, api error ServerException: internal",
])  # fmt: skip
def test_a_server_error_of_ecr_is_the_registrys(line: str) -> None:
    assert explain_text(line).cause is Cause.REGISTRY_UNAVAILABLE


def test_a_server_error_of_another_service_is_not_the_registrys() -> None:
    line = "operation error ECS: UpdateService, https response error StatusCode: 500, RequestID: 1, api error ServerException: internal"
    assert explain_text(line).cause is Cause.SERVICE_ERROR


@pytest.mark.parametrize("name", ["RequestLimitExceeded", "TooManyRequestsException"])
def test_a_service_that_asks_for_patience(name: str) -> None:
    line = f"An error occurred ({name}) when calling the DescribeServices operation: slow down"
    assert explain_text(line).cause is Cause.RATE_LIMIT


KEYS = [
    ("An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.", "partition"),
    ("An error occurred (UnrecognizedClientException) when calling the GetAuthorizationToken operation: The security token included in the request is invalid.", "partition"),
    ("An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id you provided does not exist in our records.", "partition"),
    ("An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated does not match the signature you provided.", "secret access key"),
    ("An error occurred (InvalidSignatureException) when calling the GetAuthorizationToken operation: The request signature we calculated does not match the signature you provided.", "secret access key"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), KEYS)
def test_keys_that_aws_refuses_are_told_by_what_may_be_wrong_with_them(line: str, told: str) -> None:
    finding = explain_text(line)
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.AUTHENTICATION, None, Cause.STATIC_CREDENTIALS)
    assert told in finding.sentence


def test_keys_beside_an_assumed_role_are_not_said_to_be_static() -> None:
    step = [
        "##[group]Run aws ecs update-service",
        "##[endgroup]",
        KEYS[1][0],
        "##[error]Process completed with exit code 254.",
    ]
    finding = explain_text("\n".join(AT + line for line in ["Authenticated as assumedRoleId AROAEXAMPLE:x", *step]))
    assert (finding.cause, finding.candidates) == (None, (Cause.STATIC_CREDENTIALS, Cause.REGION_DISABLED))
    assert "although the job had assumed a role" in finding.sentence


@pytest.mark.parametrize(
    "name", ["i-0e98877505f067739", "0123456789abcdef0123456789abcdef", "eks-prod-runner-abc-5d2f"]
)
def test_a_machines_own_session_may_be_a_runner_without_a_token(name: str) -> None:
    line = f"User: arn:aws:sts::111122223333:assumed-role/runner/{name} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/d"
    finding = explain_text(line)
    assert finding.cause is None
    assert Cause.ID_TOKEN_NOT_GRANTED in finding.candidates


def event(source: str, name: str, code: str, message: str) -> str:
    identity = {"type": "AssumedRole", "arn": SESSION}
    return json.dumps(
        {"userIdentity": identity, "eventSource": source, "eventName": name, "errorCode": code, "errorMessage": message}
    )


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("codecommit.amazonaws.com", "CreateRepository", "codecommit:CreateRepository"),
        ("ec2.amazonaws.com", "DescribeImages", "ec2:DescribeImages"),
        ("s3.amazonaws.com", "PutObject", "s3:PutObject"),
    ],
)
def test_an_operation_that_two_services_have_is_its_events_source(source: str, name: str, action: str) -> None:
    finding = explain_text(event(source, name, "AccessDenied", "denied"))
    assert (finding.checkpoint, finding.cause, finding.action) == (Checkpoint.SERVICE_AUTHORIZATION, None, action)


def test_an_event_of_the_registry_is_judged_at_its_gate() -> None:
    finding = explain_text(event("ecr-public.amazonaws.com", "InitiateLayerUpload", "AccessDenied", "denied"))
    assert (finding.checkpoint, finding.action) == (Checkpoint.REGISTRY_PUSH, "ecr-public:InitiateLayerUpload")


def test_what_an_event_says_is_told_once() -> None:
    message = f"User: {SESSION} is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:eu-west-1:111122223333:service/c/s because no identity-based policy allows the ecs:UpdateService action"
    sentence = explain_text(event("ecs.amazonaws.com", "UpdateService", "AccessDenied", message)).sentence
    assert sentence.startswith(f"CloudTrail's event: {SESSION} called UpdateService. AWS refused ecs:UpdateService on ")
    assert "AWS answered" not in sentence


def test_the_name_and_the_code_alone_are_an_event() -> None:
    finding = explain_text('{"eventName":"AssumeRoleWithWebIdentity","errorCode":"AccessDenied"}')
    assert finding.checkpoint is Checkpoint.ROLE_ASSUMPTION
    assert finding.action == "sts:AssumeRoleWithWebIdentity"


def test_of_very_many_events_the_first_thousand_are_read() -> None:
    refused = event("ecs.amazonaws.com", "UpdateService", "AccessDenied", "no")
    explanation = explain(f"[{','.join([refused] * 1_005)}]")
    assert len(explanation.failures) == 1_000
    assert explanation.finding.sentence.endswith("Only the first 1000 events were read.")
    assert "Only the first" not in explain(f"[{refused}]").finding.sentence


def test_events_without_an_error_name_a_few_of_their_calls() -> None:
    quiet = [json.dumps({"eventSource": "s3.amazonaws.com", "eventName": f"Call{number}"}) for number in range(7)]
    sentence = explain(f"[{','.join(quiet)}]").finding.sentence
    assert "Call0, Call1, Call2, Call3, Call4 and 2 more calls without an error" in sentence


def test_quotation_marks_in_the_message_of_a_looked_up_event() -> None:
    resource = "arn:aws:s3:::bucket/key"
    message = f'User: {SESSION} is not authorized to perform: s3:GetObject on resource: "{resource}" because no identity-based policy allows the s3:GetObject action'
    inner = event("s3.amazonaws.com", "GetObject", "AccessDenied", message)
    for text in (inner, json.dumps({"Events": [{"EventName": "GetObject", "CloudTrailEvent": inner}]}, indent=4)):
        finding = explain_text(text)
        assert (finding.action, finding.resource) == ("s3:GetObject", resource)
        assert "no identity-based policy allows it" in finding.sentence


@pytest.mark.parametrize(
    "line",
    [
        "curl: (56) CONNECT tunnel failed, response 403",
        "fatal: unable to access 'https://github.com/x/y/': CONNECT tunnel failed, response 407",
        'botocore.exceptions.ProxyConnectionError: Failed to connect to proxy URL: "http://proxy:3128"',
        "Error: Could not assume role with OIDC: Proxy response (407) !== 200 when HTTP Tunneling",
    ],
)
def test_a_proxy_in_the_words_of_more_clients(line: str) -> None:
    assert explain_text(line).cause is Cause.PROXY_REFUSED


def test_a_client_in_go_tells_the_status_in_a_line_of_its_own() -> None:
    text = "Error: deploying: ClusterNotFoundException: Cluster not found.\n\tstatus code: 400, request id: 0a-1"
    finding = explain_text(text)
    assert finding.cause is Cause.SERVICE_ERROR
    assert "ClusterNotFoundException: Cluster not found. " in finding.sentence


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("Provided region_name 'eu-wset-1' doesn't match a supported format.", Cause.ENDPOINT_ABSENT),
        ("The endpoint for service x is not available in this region", Cause.ENDPOINT_ABSENT),
        ("error: DEPTH_ZERO_SELF_SIGNED_CERT", Cause.CERTIFICATE_UNTRUSTED),
        ("Error: UNABLE_TO_VERIFY_LEAF_SIGNATURE", Cause.CERTIFICATE_UNTRUSTED),
        ("the certificate has expired", Cause.CERTIFICATE_UNTRUSTED),
        ("Proxy response (407) !== 200 when HTTP Tunneling", Cause.PROXY_REFUSED),
        ("1 validation error detected: Value 'x' at 'tags.4.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern (Service: Sts, Status Code: 400, Request ID: 1)", Cause.SESSION_TAG_INVALID),
        ("An error occurred (ValidationError) when calling the CreateStack operation: 1 validation error detected: Value 'x' at 'tags.1.member.value' failed to satisfy constraint: Member must have length", Cause.INVALID_REQUEST),
    ],
)  # fmt: skip
def test_what_lasts_is_named_in_the_words_of_each_client(line: str, cause: Cause) -> None:
    assert explain_text(line).cause is cause


STS, ECR = "sts.amazonaws.com", "ecr.amazonaws.com"
ANSWERS = [
    (STS, "AssumeRoleWithWebIdentity", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    (STS, "AssumeRoleWithWebIdentity", "InvalidIdentityToken", "Incorrect token audience"),
    (STS, "AssumeRoleWithWebIdentity", "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com"),
    (STS, "AssumeRoleWithWebIdentity", "ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0"),
    (STS, "AssumeRole", "PackedPolicyTooLargeException", "Packed size of session tags consumes 104% of allotted space."),
    (STS, "AssumeRole", "RegionDisabledException", "STS is not activated in this region for account:111122223333."),
    (STS, "AssumeRole", "AccessDenied", f"User: {SESSION} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/d"),
    (STS, "AssumeRole", "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."),
    (STS, "AssumeRole", "ValidationException", "1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy constraint: x"),
    (ECR, "PutImage", "ImageTagAlreadyExistsException", "The image tag '1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable."),
    (ECR, "BatchGetImage", "RepositoryNotFoundException", "The repository with name 'app' does not exist in the registry with id '111122223333'"),
    (ECR, "DescribeImages", "ImageNotFoundException", "The image with imageId {imageTag:'x'} does not exist within the repository with name 'app' in the registry with id '1'"),
    (ECR, "GetAuthorizationToken", "AccessDenied", f"User: {SESSION} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"),
    ("ecs.amazonaws.com", "UpdateService", "ClusterNotFoundException", "Cluster not found."),
]  # fmt: skip


def shapes(inner: str) -> list[str]:
    """The event as the console shows it, in a file of the trail, and as ``lookup-events`` prints it."""
    whole = json.loads(inner)
    looked_up = {"Events": [{"EventId": "1", "EventName": whole["eventName"], "CloudTrailEvent": inner}]}
    return [
        json.dumps(whole, indent=4),
        json.dumps({"Records": [whole]}),
        json.dumps(looked_up, indent=4),
        "The event:\n" + json.dumps(whole, indent=2),
        "\n".join(f"> {line}" for line in json.dumps(whole, indent=2).splitlines()),
    ]


@pytest.mark.parametrize(("source", "name", "code", "message"), ANSWERS)
def test_an_event_in_each_shape_says_what_the_line_of_a_log_says(
    source: str, name: str, code: str, message: str
) -> None:
    line = explain_text(f"An error occurred ({code}) when calling the {name} operation: {message}")
    for text in shapes(event(source, name, code, message)):
        read = explain_text(text)
        assert (read.plane, read.checkpoint, read.cause) == (line.plane, line.checkpoint, line.cause)
        assert read.candidates == line.candidates
        assert line.action in (None, read.action)
        assert read.sentence.startswith(f"CloudTrail's event: {SESSION} called {name}")
