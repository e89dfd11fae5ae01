"""What AWS records of use: last accesses as IAM reports them, and the images of repositories; what fails says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from arns import arn_of
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import ACCOUNT, REGION
from further_worlds import ASKED

from diagnosis.facts.account import EcrRepository, RepositoryState
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.role_usage import LastAccess, Usage
from probes.aws.read.account import read_account
from probes.aws.read.role_usage import read_usage

GONE = arn_of(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/gone")
_GENERATE, _GET = "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"
_JOB = b"""<GenerateServiceLastAccessedDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<GenerateServiceLastAccessedDetailsResult><JobId>eb8a2c5e-1111-2222-3333-444455556666</JobId>
</GenerateServiceLastAccessedDetailsResult></GenerateServiceLastAccessedDetailsResponse>"""


def _report(status: str, services: str = "") -> bytes:
    return f"""<GetServiceLastAccessedDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<GetServiceLastAccessedDetailsResult><JobStatus>{status}</JobStatus><JobCreationDate>2026-03-01T11:00:00Z</JobCreationDate>
<JobCompletionDate>2026-03-01T11:00:02Z</JobCompletionDate><IsTruncated>false</IsTruncated>
<ServicesLastAccessed>{services}</ServicesLastAccessed></GetServiceLastAccessedDetailsResult>
</GetServiceLastAccessedDetailsResponse>""".encode()


_DONE = _report(
    "COMPLETED",
    """<member><ServiceName>Amazon ECR</ServiceName><ServiceNamespace>ecr</ServiceNamespace>
<LastAuthenticated>2026-02-01T10:00:00Z</LastAuthenticated><LastAuthenticatedRegion>eu-west-2</LastAuthenticatedRegion>
<TrackedActionsLastAccessed><member><ActionName>PutImage</ActionName><LastAccessedTime>2026-02-01T10:00:00Z</LastAccessedTime>
</member><member><ActionName>DeleteRepository</ActionName></member></TrackedActionsLastAccessed></member>
<member><ServiceName>Amazon S3</ServiceName><ServiceNamespace>s3</ServiceNamespace></member>""",
)


def read(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Usage:
    with pointed_at(endpoint.url, monkeypatch) as aws:
        state = read_account(ASKED, aws)
        gone = Known(EcrRepository(GONE, "gone", "MUTABLE"))
        state = replace(state, repositories=(RepositoryState(GONE, gone, Absent("policy")),))
        return read_usage(state, aws, pause=lambda _seconds: None)


def test_last_accesses_and_images_are_read_side_by_side(surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    surrounded.faults |= {_GENERATE: Fault(body=_JOB), _GET: Fault(body=_DONE)}
    usage = read(surrounded, monkeypatch)
    used = datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert usage.roles[0].services == Known(
        (
            LastAccess("ecr", used, "eu-west-2", (("ecr:PutImage", used), ("ecr:DeleteRepository", None))),
            LastAccess("s3", None),
        ),
        getattr(usage.roles[0].services, "source", None),
    )
    found, gone = usage.repositories
    assert isinstance(found.images, Known)
    assert [image.tags for image in found.images.value] == [("v1",)]
    assert isinstance(gone.images, Absent)
    assert isinstance(usage.trail, Known)
    assert {event.name for event in usage.trail.value.events} >= {"PutRolePolicy", "PutImage"}


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (
            {_GENERATE: Fault(403, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")},
            "AWS denied",
        ),
        ({_GENERATE: Fault(body=_JOB), _GET: Fault(body=_report("FAILED"))}, "could not make the report"),
        ({_GENERATE: Fault(body=_JOB), _GET: Fault(body=b"<html>")}, ""),
        # Of a report without its end the rest would count as never used.
        (
            {_GENERATE: Fault(body=_JOB), _GET: Fault(body=_DONE.replace(b"Truncated>false", b"Truncated>true"))},
            "to its end",
        ),
        (
            {
                _GENERATE: Fault(body=_JOB),
                _GET: Fault(
                    body=_DONE.replace(b"Truncated>false", b"Truncated>true").replace(
                        b"<Serv", b"<Marker>m</Marker><Serv", 1
                    )
                ),
            },
            "to its end",
        ),
    ],
)
def test_a_report_that_is_not_to_be_had_says_why(
    surrounded: Endpoint, monkeypatch: pytest.MonkeyPatch, faults: dict[str, Any], words: str
) -> None:
    surrounded.faults |= faults
    services = read(surrounded, monkeypatch).roles[0].services
    assert isinstance(services, Unreadable)
    assert words in services.why
