"""The listing of roles with every fault that a wire can have: it becomes unreadable, or keeps what it has, and says why."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from aws_endpoint import Fault
from aws_worlds import ACCOUNT, REGION
from botocore.config import Config
from fault_worlds import World, error
from role_worlds import SEARCH, arn, found, populate, trust

from diagnosis.facts.account import OtherRoles
from diagnosis.facts.reading import Reading, Unreadable
from probes.aws.read.other_roles import read_other_roles
from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, GivenCredentials, isolated_session
from probes.embedded.in_process_aws import InProcessAws


@pytest.fixture(scope="module")
def populated(world: World) -> World:
    session = isolated_session(GivenCredentials("builder", "builder"))
    InProcessAws(ACCOUNT).answer_for(session)
    populate(session.create_client("iam", region_name=REGION, config=Config(**NO_CONFIGURED_ENDPOINTS)))
    return world


def read_with(world: World, operation: str, fault: Fault) -> Reading[OtherRoles]:
    world.endpoint.faults = {operation: fault}
    try:
        return read_other_roles(world.aws, SEARCH, REGION)
    finally:
        world.endpoint.faults = {}


def test_a_denied_listing_names_its_permission(populated: World) -> None:
    message = "User: arn:aws:iam::1:user/u is not authorized to perform: iam:ListRoles on resource: * because no x"
    for fault in (Fault(status=403, body=error("AccessDenied", message)["iam"]), Fault(status=403)):
        reading = read_with(populated, "iam:ListRoles", fault)
        assert isinstance(reading, Unreadable)
        assert reading.permission == "iam:ListRoles"
        assert "--variant full" in reading.how


ROLE = (
    f"<member><Path>/</Path><RoleName>spare</RoleName><RoleId>R</RoleId><Arn>{arn('ci/spare')}</Arn>"
    f"<CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{quote(trust())}</AssumeRolePolicyDocument>"
    "</member>"
)


def page(*members: str, marker: str = "") -> bytes:
    more = f"<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>" if marker else "<IsTruncated>false</IsTruncated>"
    return (
        "<ListRolesResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'><ListRolesResult>"
        f"{more}<Roles>{''.join(members)}</Roles></ListRolesResult></ListRolesResponse>"
    ).encode()


FAULTS = {
    "throttled": (Fault(status=400, body=error("Throttling")["iam"]), "throttled"),
    "server error": (Fault(status=503, body=error("ServiceUnavailable")["iam"]), "failed to answer"),
    "empty": (Fault(body=b""), "iam:ListRoles"),
    "no answer of AWS": (Fault(body=b"<html></html>"), "iam:ListRoles"),
    "cut off": (Fault(body=b"<ListRolesRes", declared_length=500), "cut off"),
    "reset": (Fault(reset=True), "iam:ListRoles"),
    "a role without a name": (
        Fault(body=page("<member><Arn>arn:aws:iam::111122223333:role/x</Arn></member>")),
        "member `Roles[0].RoleName` is missing",
    ),
    "a role whose ARN is none": (
        Fault(body=page("<member><Arn>x</Arn><RoleName>x</RoleName></member>")),
        "member `Roles[0].Arn` is no ARN",
    ),
    "the same page for ever": (Fault(body=page(marker="again")), "iam:ListRoles"),
}


@pytest.mark.parametrize(("fault", "words"), FAULTS.values(), ids=FAULTS)
def test_a_listing_that_fails_is_unreadable_and_says_why(populated: World, fault: Fault, words: str) -> None:
    reading = read_with(populated, "iam:ListRoles", fault)
    assert isinstance(reading, Unreadable)
    assert words in reading.why
    assert reading.how


def test_a_listing_that_never_answers_is_left(populated: World) -> None:
    populated.endpoint.faults = {"iam:ListRoles": Fault(hang=True)}
    try:
        reading = read_other_roles(populated.hasty, SEARCH, REGION)
    finally:
        populated.endpoint.faults = {}
    assert isinstance(reading, Unreadable)
    assert "in time" in reading.why


def test_what_was_listed_before_a_page_failed_is_kept(populated: World) -> None:
    pages = iter([page(ROLE, marker="next"), b"<html></html>"])
    value = found(read_with(populated, "iam:ListRoles", Fault(body=lambda: next(pages))))
    assert [other.role.name for other in value.admitting] == ["spare"]
    (rest,) = value.unread
    assert "the rest of the list" in rest.what


@pytest.mark.parametrize(
    ("operation", "parts"),
    [
        ("iam:GetRole", {"boundary"}),
        ("iam:ListRolePolicies", {"inline_policies"}),
        ("iam:GetRolePolicy", {"inline_policies"}),
        ("iam:ListAttachedRolePolicies", {"attached_policies"}),
        ("iam:GetPolicyVersion", {"attached_policies"}),
    ],
)
def test_a_part_that_is_denied_stays_unreadable_and_the_role_stays(
    populated: World, operation: str, parts: set[str]
) -> None:
    value = found(read_with(populated, operation, Fault(status=403, body=error("AccessDenied")["iam"])))
    (other,) = value.admitting
    unread = {
        part
        for part in ("inline_policies", "attached_policies", "boundary")
        if isinstance(getattr(other, part), Unreadable)
    }
    assert unread == parts


def test_a_role_that_went_away_after_it_was_listed_is_left_out(populated: World) -> None:
    gone = Fault(status=404, body=error("NoSuchEntity")["iam"])
    assert found(read_with(populated, "iam:GetRole", gone)).admitting == ()
