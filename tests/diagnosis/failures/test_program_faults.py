"""Words of a program that failed by itself are told from a refusal, and from what nobody understands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_lines import read_lines
from thoroughness import examples

from diagnosis.failures.program_faults import program_fault

FAULTS = (
    "ModuleNotFoundError: No module named 'boto3'",
    "KeyError: 'IMAGE_TAG'",
    "SyntaxError: Unexpected token '}'",
    "Error: Cannot find module './deploy'",
    "panic: runtime error: index out of range [3] with length 3",
    "/home/runner/work/_temp/3c0f.sh: line 4: IMAGE_TAG: unbound variable",
    "./release.sh: line 12: syntax error near unexpected token `fi'",
    "cp: cannot stat 'dist/app': No such file or directory",
    "jq: error (at <stdin>:1): Cannot index string with string",
    "fatal: not a git repository (or any of the parent directories): .git",
    "make[1]: *** No rule to make target 'image'.  Stop.",
    "npm ERR! code ERESOLVE",
    "docker: 'buildx' is not a docker command.",
    "An image does not exist locally with the tag: app",
    "│ Error: Unsupported argument",
    "Waiter ServicesStable failed: Max attempts exceeded",
)
NO_FAULTS = (
    "",
    "Process completed with exit code 1.",
    "who knows",
    "make: *** [Makefile:3: push] Error 2",
    "npm ERR! code ELIFECYCLE",
    "denied: requested access to the resource is denied",
    "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
    "PermissionError: [Errno 13] Permission denied: '/etc/x'",
    "NoCredentialsError: Unable to locate credentials",
    "Error: Error refreshing state: state data in S3 does not have the expected content.",
    "npm error code E403",
    "fatal: Authentication failed for 'https://git.example/x'",
    "fatal: unable to access 'https://git.example/x/': The requested URL returned error: 403",
    "Waiter BucketExists failed: Forbidden",
    "echo 'KeyError: x'",
)


@pytest.mark.parametrize("text", FAULTS)
def test_a_program_that_failed_by_itself_is_understood(text: str) -> None:
    found = program_fault(tuple(read_lines(["begin", text, "##[error]Process completed with exit code 1."])))
    assert found is not None
    assert found.text == text.removeprefix("│ ")  # the frame is Terraform's


@pytest.mark.parametrize("text", NO_FAULTS)
def test_a_refusal_or_unknown_words_are_none(text: str) -> None:
    assert program_fault(tuple(read_lines(["begin", text, "end"]))) is None


@pytest.mark.parametrize(
    "refusal", ["HTTP 403", "Access Denied", "401 Unauthorized", "the token has expired", "push rejected"]
)
def test_a_fault_behind_a_refusal_may_follow_from_it(refusal: str) -> None:
    lines = [refusal, *("went on" for _ in range(100)), FAULTS[0]]
    assert program_fault(tuple(read_lines(lines))) is None


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(FAULTS), st.integers(20, 60))
def test_a_fault_long_before_the_end_tells_nothing_of_it(text: str, further: int) -> None:
    assert program_fault(tuple(read_lines([text, *("went on" for _ in range(further))]))) is None
