"""Lines of other tools that hold words of AWS's answers: they never become a cause at a gate, nor an answer of AWS."""

from __future__ import annotations

import json

import pytest

from diagnosis.causes import Cause
from diagnosis.failures import explain, explain_text
from diagnosis.gates import Plane

OF_AWS = {
    Cause.SERVICE_ERROR,
    Cause.INVALID_REQUEST,
    Cause.CLOCK_SKEW,
    Cause.SESSION_EXPIRED,
    Cause.ENDPOINT_ABSENT,
    Cause.PULL_THROUGH_UPSTREAM,
}
LINES = [
    "error: file.ts: not found",
    "ERROR in ./src/index.ts: ./file.ts: not found",
    "ModuleNotFoundError: config.yaml: not found",
    "error: failed to read Cargo.toml: No such file or directory (os error 2)",
    "Error: ENOENT: no such file or directory, open 'dist/x.json'",
    "Packed size: 12.4 kB, unpacked size: 40 kB",
    '    "PackedPolicySize": 6,',
    "TESTS: invalid tags in fixture",
    "error: [next/tags] invalid tags: 'v1' in metadata",
    "Firebase: ID token is expired. Get a fresh one.",
    "jsonwebtoken: TokenExpiredError: jwt expired",
    "gpg: Signature expired on 2026-01-01",
    "W: The repository's Signature expired: key ABC",
    "npm ERR! This operation requires a one-time password. MFA token required",
    "error: MFA code is invalid for your profile at registry.example.org",
    "The credential needs multi-factor authentication, it is required by your organization",
    "roleSessionName is valid",
    "verdaccio: could not reach the upstream registry",
    "Nexus: the credentials for the upstream are wrong",
    '{"errorCode": "IllegalArgumentException", "errorMessage": "basket is empty"}',
    '2026-01-01 answer: {"errorCode": "OrderException"}',
    "github api error NotFound: no such repository",
    "pydantic: 1 validation error for Settings",
    "django: 1 validation error detected: field",
    "serde: the value failed to satisfy constraint",
    "HTTP 422: Validation Failed: tag_name was used by an immutable release",
]


@pytest.mark.parametrize("line", LINES)
def test_the_words_of_another_tool_are_not_awss(line: str) -> None:
    finding = explain_text(line)
    assert finding.plane is Plane.OTHER
    assert finding.cause not in OF_AWS
    assert "AWS answered" not in finding.sentence


@pytest.mark.parametrize("line", LINES[:5])
def test_a_file_that_is_not_there_is_no_missing_program(line: str) -> None:
    assert explain_text(line).cause is not Cause.TOOL_MISSING


@pytest.mark.parametrize(
    "line",
    [
        "sh: 1: tsc: not found",
        "./deploy.sh: 3: aws: not found",
        "/bin/sh: docker: not found",
        "/usr/bin/dash: 1: jq: not found",
        "/entrypoint: line 5: exec: terraform: not found",
        "zsh: command not found: aws",
        "error: could not execute process `sccache rustc -vV` (never executed): No such file or directory (os error 2)",
        "Error: spawn aws ENOENT",
        'exec: "skopeo": executable file not found in $PATH',
        "'aws' is not recognized as an internal or external command,",
    ],
)
def test_a_missing_program_is_known_by_the_forms_of_shells_and_runtimes(line: str) -> None:
    assert explain_text(line).cause is Cause.TOOL_MISSING


@pytest.mark.parametrize(
    "document",
    [
        {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"eventName": "page_view", "eventVersion": "2"},
        {"errorCode": "E_17", "errorMessage": "basket is empty"},
        [{"errorCode": "INVALID_FIELD", "message": "no such column"}],
    ],
)
def test_json_of_others_is_no_event_of_cloudtrail(document: object) -> None:
    explanation = explain(json.dumps(document))
    assert "CloudTrail" not in explanation.finding.sentence
    assert explanation.failures == ()


def test_ecr_behind_its_cache_is_known_by_its_address() -> None:
    host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
    line = "unable to pull image from upstream registry, the secret is not accessible"
    assert explain_text(f"Failed to pull image {host}/quay/node:1: {line}").cause is Cause.PULL_THROUGH_UPSTREAM
    assert explain_text(line).cause is not Cause.PULL_THROUGH_UPSTREAM
