"""A line of four times the length takes about four times the time, whatever it repeats: no pattern goes back over it."""

from __future__ import annotations

from time import process_time

import pytest
from thoroughness import some

from diagnosis.failures import explain_text, find_failures
from diagnosis.logs.log_text import LogLine

SHORT, TIMES = 4_000, 4
MOST = 9
"""Of the ratio: 4 is linear, 16 quadratic."""
REPEATED = [
    ("FAILED ", "1", ""),
    ("FAILED ", "=== ", ""),
    ("FAILED ", "=", ""),
    ("FAILED ", "Test Files  ", ""),
    ("", "a/", ": not found x"),
    ("", "a/", ": not found"),
    ("", "a: 1: ", ": not found"),
    ("", "service/token/", ": not found"),
    ("", ": not found-", "x"),
    ("MultiFactorAuthentication ", "assum", ""),
    ("MFA ", "mfa ", ""),
    ("Packed policy consumes ", "session tags ", ""),
    ("ags. ", "tags.1", ""),
    ("essionName ", "role-session-name ", ""),
    ("essionName ", "validation error ", ""),
    ("Token expired ", "AssumeRoleWithWebIdentity ", ""),
    ("Signature expired", "Signature expired: ", ""),
    ("", "operation error a: b, ", ""),
    ("operation error ", " ", ""),
    ("", "Status Code: 400, ", ""),
    ("", "x ", "(Service: a; Status Code: 400; Error Code: b;"),
    ("", "model.a: ", " Status Code: 400"),
    ("", "AnError: ", "status code: 400, request id"),
    ("", '"__type": "a" ', ""),
    ("CONNECT ", "Proxy response ", ""),
    ("UnknownEndpoint ", "api.ecr-public.a.", ""),
    ("", "(", " not authorized to perform: a"),
    ("", "User: a ", " is not authorized to perform: a"),
    ("is not authorized ", "AccessDenied", " x"),
    ("ermission denied ", "mkdir ", ""),
    ("ermission denied ", ": ", ""),
    ("cannot be assumed ", 'Role "arn:', ""),
    ("redential required for basic auth ", ".", ""),
    ("", "upload failed: ", " (AccessDenied) when calling the PutObject operation: Access Denied"),
    ("", "copy failed: s3://a", " (AccessDenied) when calling the PutObject operation: Access Denied"),
    ("", "s3://abc", " (AccessDenied) when calling the GetObject operation: Access Denied"),
    ("", "S3 bucket 'abc", " (AccessDenied) when calling the GetObject operation: Access Denied"),
    ("AccessDenied: Access Denied ", "list workspace ", ""),
    ("rror loading state ", "save the remote ", ""),
    ("is not authorized to perform: s3:a on resource: ", "role ", "x"),
    ("", "on resource: role a", " is not authorized to perform: s3:a"),
    ("", "KMS key ", " (AccessDenied) when calling the GetObject operation: x"),
    ("", 'is forbidden: User "', ""),
    ("atabricks ", "PERMISSION", ""),
    ("Access denied for user ", "'a'", ""),
    ("UnauthorizedOperation ", "operation error a", ""),
]


def seconds(line: str) -> float:
    """The least of some tries: what else the machine does only adds to it."""
    tries = []
    for _ in range(3):
        began = process_time()
        find_failures([LogLine(1, line)])
        tries.append(process_time() - began)
    return min(tries)


@pytest.mark.parametrize(("before", "unit", "after"), some(REPEATED, 3))
def test_the_time_grows_with_the_length_and_not_with_its_square(before: str, unit: str, after: str) -> None:
    short, long = (f"{before}{unit * (size // len(unit))}{after}" for size in (SHORT, SHORT * TIMES))
    # What takes no time at all has no ratio that could be measured.
    assert seconds(long) < MOST * max(seconds(short), 0.001)


@pytest.mark.parametrize("unit", ["\n", '{"', '"arn":"', '"arn" ', "\\", "2026-01-01T00:00:00Z ", "$ a\n", "a\n"])
def test_a_text_that_may_be_an_event_is_looked_at_once(unit: str) -> None:
    def taken(size: int) -> float:
        text = '{"eventName":"a","errorCode":"b",' + unit * (size // len(unit))
        began = process_time()
        explain_text(text)
        explain_text(unit * (size // len(unit)))
        return process_time() - began

    long = min(taken(SHORT * TIMES * 4) for _ in range(2))
    assert long < MOST * max(min(taken(SHORT * 4) for _ in range(2)), 0.001)
