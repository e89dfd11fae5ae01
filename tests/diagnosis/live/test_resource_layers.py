"""A need is decided under the policy of its own resource: another repository's, a bucket's, a key's, and the account's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from judged_worlds import ACCOUNT, REGION, REPOSITORY_ARN, ROLE_ARN, account, policy

from diagnosis.facts.account import AccountState, CallerIdentity, NamedPolicy, RepositoryState, ResourcePolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.gates import Checkpoint
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.resource_layer import policy_holder, policy_holders
from diagnosis.verdicts.release import Need

ALLOWED, DENIED, UNDECIDED = Entitlement.ALLOWED, Entitlement.DENIED, Entitlement.UNDECIDED
OTHER = "210987654321"
BUCKET = "arn:aws:s3:::evidence"
OBJECT = f"{BUCKET}/runs/7/report.json"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"
ALIAS = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/evidence"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db"
SECOND = arn_of(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/tools")
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
UNREAD = Unreadable("policy", "AWS denied it", "let the reader use it", "s3:GetBucketPolicy")
ABSENT: Reading[NamedPolicy] = Absent("policy")


def of_all(effect: str, principal: object = "*", action: str = "*", **more: object) -> Reading[NamedPolicy]:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", **more}
    return Known(NamedPolicy("own", policy(statement)))


def judged(
    action: str,
    resource: str | None,
    *grants: dict[str, object],
    own: dict[str, Reading[NamedPolicy]] | None = None,
    context: tuple[tuple[str, str], ...] = (),
    **parts: object,
) -> NeedJudgement:
    policies = tuple(ResourcePolicy(arn, reading) for arn, reading in (own or {}).items())
    state = account(
        **{
            "inline_policies": Known((NamedPolicy("release", policy(*grants)),)) if grants else Known(()),
            "resource_policies": policies,
            **parts,
        }
    )
    need = Need(action, resource, Checkpoint.SERVICE_AUTHORIZATION, "a step", context=context)
    (found,) = judge_needs((need,), state, "GitHubActions")
    return found


def allow(action: str, resource: str = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize("name", ["ecr:PutImage", "s3:PutObject", "kms:Decrypt", "secretsmanager:GetSecretValue"])
@pytest.mark.parametrize("holds", [True, False])
def test_a_policy_that_was_not_read_leaves_what_it_could_decide_undecided(name: str, holds: bool) -> None:
    places = {"ecr:PutImage": str(SECOND), "s3:PutObject": OBJECT, "kms:Decrypt": KEY}
    resource = places.get(name, SECRET)
    grants = (allow(name, resource),) if holds else (allow("sts:TagSession"),)
    found = judged(name, resource, *grants)
    assert found.entitlement is UNDECIDED
    assert found.missing
    assert all(gap.how for gap in found.missing)
    # What some other layer denies is denied whatever the policy says.
    deny = {"Effect": "Deny", "Action": name, "Resource": resource}
    assert judged(name, resource, *grants, deny).entitlement is DENIED


@pytest.mark.parametrize(
    ("own", "holds", "wanted"),
    [
        (ABSENT, True, ALLOWED),
        (ABSENT, False, DENIED),
        (of_all("Deny"), True, DENIED),
        (of_all("Deny", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/another"}), True, ALLOWED),
        (of_all("Allow", {"AWS": ROLE_ARN}), False, ALLOWED),
        (of_all("Allow", {"AWS": ACCOUNT}), False, DENIED),
        (of_all("Allow", {"AWS": ACCOUNT}), True, ALLOWED),
        (of_all("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}), True, ALLOWED),
        (of_all("Deny", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), True, UNDECIDED),
        (
            of_all("Deny", Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
            True,
            UNDECIDED,
        ),
        (UNREAD, True, UNDECIDED),
        (UNREAD, False, UNDECIDED),
    ],
)
def test_an_object_is_decided_under_the_policy_of_its_bucket(
    own: Reading[NamedPolicy], holds: bool, wanted: Entitlement
) -> None:
    grants = (allow("s3:PutObject", f"{BUCKET}/*"),) if holds else (allow("s3:GetObject", f"{BUCKET}/*"),)
    for resource in (OBJECT, f"{BUCKET}/runs/*"):
        found = judged("s3:PutObject", resource, *grants, own={BUCKET: own})
        assert found.entitlement is wanted, resource
        assert bool(found.missing) is (wanted is UNDECIDED)


def test_a_key_of_a_call_that_the_step_tells_is_met() -> None:
    own = of_all("Deny", Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})
    told = (("s3:x-amz-server-side-encryption", "aws:kms"),)
    found = judged("s3:PutObject", OBJECT, allow("s3:*"), own={BUCKET: own}, context=told)
    assert found.entitlement is ALLOWED


def test_a_bucket_belongs_to_the_account_whose_reader_was_shown_its_policy() -> None:
    identity = Known(CallerIdentity(OTHER))
    parts = {"own": {BUCKET: of_all("Allow", {"AWS": ROLE_ARN})}, "identity": identity}
    assert judged("s3:PutObject", OBJECT, allow("s3:*"), **parts).entitlement is ALLOWED
    # Across accounts both have to allow.
    assert judged("s3:PutObject", OBJECT, **parts).entitlement is DENIED
    assert judged("s3:PutObject", OBJECT, allow("s3:*"), own={BUCKET: ABSENT}, identity=identity).entitlement is DENIED


@pytest.mark.parametrize(
    ("reader", "resource", "holds", "wanted"),
    [
        (ACCOUNT, OBJECT, True, ALLOWED),
        (ACCOUNT, OBJECT, False, DENIED),
        # Whoever makes the bucket owns it: that somebody else was told that there is none proves no policy of another account.
        (OTHER, OBJECT, True, UNDECIDED),
        (OTHER, OBJECT, False, UNDECIDED),
        (OTHER, SECRET.replace(ACCOUNT, OTHER), True, UNDECIDED),
        (ACCOUNT, SECRET, True, ALLOWED),
    ],
)
def test_what_does_not_exist_has_no_policy_that_denies(
    reader: str, resource: str, holds: bool, wanted: Entitlement
) -> None:
    action = "s3:PutObject" if resource == OBJECT else "secretsmanager:GetSecretValue"
    nothing = Absent("policy: it does not exist", carrier_absent=True)
    own = {policy_holder(resource) or "": nothing}
    found = judged(action, resource, *[allow(action)] * holds, own=own, identity=Known(CallerIdentity(reader)))
    assert found.entitlement is wanted
    assert "resource" not in [layer for layer, *_ in found.stopped_by]
    told = (*found.notes, *(gap.why for gap in found.missing))
    assert any("does not exist" in text for text in told) is (wanted is not DENIED)


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


@pytest.mark.parametrize(
    ("own", "holds", "wanted"),
    [
        # "Allows access to the AWS account and enables IAM policies"
        (of_all("Allow", ROOT, "kms:*"), True, ALLOWED),
        (of_all("Allow", ROOT, "kms:*"), False, DENIED),
        (of_all("Allow", {"AWS": ACCOUNT}, "kms:*"), True, ALLOWED),
        # "Without permission from the key policy, IAM policies that allow permissions have no effect"
        (of_all("Allow", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}, "kms:*"), True, DENIED),
        (of_all("Allow", ROOT, "kms:DescribeKey"), True, DENIED),
        (of_all("Allow", {"AWS": f"arn:aws:iam::{OTHER}:root"}, "kms:*"), True, DENIED),
        # "The key policy alone can allow"
        (of_all("Allow", {"AWS": ROLE_ARN}, "kms:Decrypt"), False, ALLOWED),
        (of_all("Allow", {"AWS": SESSION_ARN}, "kms:Decrypt"), False, ALLOWED),
        # Use through a service alone
        (of_all("Allow", ROOT, "kms:*", Condition={"StringLike": {"kms:ViaService": "ecr.*"}}), True, UNDECIDED),
        (of_all("Deny", ROOT, "kms:*"), True, DENIED),
        (UNREAD, True, UNDECIDED),
        (UNREAD, False, UNDECIDED),
    ],
)
def test_a_key_policy_has_to_delegate_to_the_account_or_to_name_the_role(
    own: Reading[NamedPolicy], holds: bool, wanted: Entitlement
) -> None:
    grants = (allow("kms:Decrypt", KEY),) if holds else (allow("kms:Encrypt", KEY),)
    assert judged("kms:Decrypt", KEY, *grants, own={KEY: own}).entitlement is wanted


def test_an_iam_policy_denies_a_key_without_leave_of_its_policy() -> None:
    deny = {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}
    assert judged("kms:Decrypt", KEY, deny, own={KEY: UNREAD}).entitlement is DENIED


def test_each_layer_that_stops_the_use_of_a_key_is_told_once() -> None:
    own = of_all("Allow", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}, "kms:*")
    boundary = Known(NamedPolicy("boundary", policy(allow("ecr:*"))))
    found = judged("kms:Decrypt", KEY, allow("kms:Encrypt"), own={KEY: own}, boundary=boundary)
    assert sorted(layer for layer, *_ in found.stopped_by) == ["boundary", "identity", "resource"]
    assert [layer for layer, *_ in judged("kms:Decrypt", KEY, allow("kms:*"), own={KEY: own}).stopped_by] == [
        "resource"
    ]


def test_an_alias_is_decided_as_the_key_behind_it() -> None:
    policies = (ResourcePolicy(ALIAS, of_all("Allow", ROOT, "kms:*"), actual=KEY),)
    for place, wanted in ((KEY, ALLOWED), (ALIAS, DENIED)):
        found = judged("kms:Decrypt", ALIAS, allow("kms:Decrypt", place), resource_policies=policies)
        assert found.entitlement is wanted
    named = allow("kms:Decrypt", KEY, Condition={"StringEquals": {"kms:RequestAlias": "alias/evidence"}})
    assert judged("kms:Decrypt", ALIAS, named, resource_policies=policies).entitlement is ALLOWED


def test_a_secret_is_decided_by_the_arn_that_it_was_found_to_have() -> None:
    found_at = f"{SECRET}-AbCdEf"
    for asked in (SECRET, f"{SECRET}-*", f"{SECRET}-??????"):
        policies = (ResourcePolicy(asked, ABSENT, actual=found_at),)
        for place, wanted in ((found_at, ALLOWED), (f"{SECRET}-??????", ALLOWED), (f"{SECRET}-Another", DENIED)):
            grant = allow("secretsmanager:GetSecretValue", place)
            found = judged("secretsmanager:GetSecretValue", asked, grant, resource_policies=policies)
            assert found.entitlement is wanted, (asked, place)


def test_each_repository_has_its_own_policy() -> None:
    repository = Known(NamedPolicy("tools", policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"})))
    states = (RepositoryState(SECOND, Absent("repository"), repository),)
    for resource, wanted in ((str(SECOND), DENIED), (REPOSITORY_ARN, ALLOWED)):
        assert judged("ecr:PutImage", resource, allow("ecr:*"), repositories=states).entitlement is wanted
    assert judged("ecr:PutImage", f"{SECOND}-web", allow("ecr:*"), repositories=states).entitlement is UNDECIDED
    # A call about all repositories asks none of them.
    every = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"
    assert judged("ecr:DescribeRepositories", every, allow("ecr:*"), repositories=states).entitlement is ALLOWED


@pytest.mark.parametrize(
    ("action", "resource", "in_account", "across"),
    [
        ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{{}}:service/main/web", ALLOWED, DENIED),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{{}}:function:web", ALLOWED, UNDECIDED),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{{}}:parameter/web", ALLOWED, UNDECIDED),
        ("iam:PassRole", "arn:aws:iam::{}:role/task", ALLOWED, UNDECIDED),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{{}}:table/locks", ALLOWED, UNDECIDED),
    ],
)
def test_other_services_are_judged_by_the_roles_own_policies(
    action: str, resource: str, in_account: Entitlement, across: Entitlement
) -> None:
    assert judged(action, resource.format(ACCOUNT), allow(action)).entitlement is in_account
    assert judged(action, resource.format(ACCOUNT), allow("sts:TagSession")).entitlement is DENIED
    assert judged(action, resource.format(OTHER), allow(action)).entitlement is across
    assert judged(action, resource.format(OTHER), allow("sts:TagSession")).entitlement is DENIED


def test_what_was_not_looked_at_is_said() -> None:
    found = judged("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:web", allow("lambda:*"))
    assert ["resources of lambda" in note for note in found.notes] == [True]
    assert judged("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web", allow("ecs:*")).notes == ()


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:route53:::hostedzone/Z1",
        f"arn:aws:apigateway:{REGION}::/restapis/1",
        f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31",
        f"arn:aws:ec2:{REGION}::image/ami-1",
    ],
)
def test_what_has_no_account_in_its_arn_is_open_to_whom_his_own_policies_let(resource: str) -> None:
    action = f"{arn_of(resource).service}:GetAnything"
    assert judged(action, resource, allow(action, resource)).entitlement is ALLOWED
    assert judged(action, resource, allow("sts:TagSession")).entitlement is DENIED


def _controls(*denials: dict[str, object]) -> Reading[tuple[ScpLevel, ...]]:
    everything = NamedPolicy("RCPFullAWSAccess", policy({**EVERYTHING, "Principal": "*"}))
    return Known((ScpLevel("r-1", (everything, *(NamedPolicy("deny", policy(item)) for item in denials))),))


@pytest.mark.parametrize(
    ("action", "resource", "wanted"),
    [
        ("s3:PutObject", OBJECT, DENIED),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/locks", DENIED),
        # Not on AWS's list of services that they bind; it grows.
        ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web", UNDECIDED),
        ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{OTHER}:service/main/web", DENIED),
    ],
)
def test_resource_control_policies_bind_the_services_that_aws_lists(
    action: str, resource: str, wanted: Entitlement
) -> None:
    denial = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    own = {BUCKET: ABSENT}
    assert judged(action, resource, allow(action), own=own, rcps=_controls(denial)).entitlement is wanted
    if wanted is not DENIED or OTHER not in resource:
        assert judged(action, resource, allow(action), own=own, rcps=_controls()).entitlement is ALLOWED


def test_a_grant_bound_to_the_service_that_a_role_is_passed_to_is_met() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/task"
    grant = allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
    for context, wanted in (
        ((("iam:PassedToService", "ecs-tasks.amazonaws.com"),), ALLOWED),
        ((("iam:PassedToService", "lambda.amazonaws.com"),), DENIED),
        ((), UNDECIDED),
    ):
        assert judged("iam:PassRole", role, grant, context=context).entitlement is wanted


@pytest.mark.parametrize(
    ("resource", "holder"),
    [
        (OBJECT, BUCKET),
        (BUCKET, BUCKET),
        ("arn:aws-cn:s3:::b/*", "arn:aws-cn:s3:::b"),
        ("arn:aws:s3:::app-*/x", None),
        (f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/a", None),
        (KEY, KEY),
        (ALIAS, ALIAS),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", None),
        (f"{SECRET}-??????", f"{SECRET}-??????"),
        (f"{SECRET}-*", f"{SECRET}-*"),
        (f"{SECRET}*", None),
        (f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:*", None),
        (f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a*b", None),
        (f"arn:aws:sns:{REGION}:{ACCOUNT}:topic:uuid", f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"),
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"),
        (f"arn:aws:sqs:*:{ACCOUNT}:queue", None),
        (f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/a", None),
        ("*", None),
        ("junk", None),
        (None, None),
    ],
)
def test_what_is_asked_for_its_policy(resource: str | None, holder: str | None) -> None:
    assert policy_holder(resource) == holder
    assert policy_holders((resource, resource, OBJECT)) == tuple(dict.fromkeys(filter(None, (holder, BUCKET))))


def test_a_judgement_of_another_role_takes_that_roles_policies() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    state: AccountState = account(inline_policies=Known(()))
    question = replace(state.question, role_arn=arn_of(other))
    beside = account(question=question, inline_policies=Known((NamedPolicy("deploy", policy(allow("ecs:*"))),)))
    whole = replace(state, beside=(beside,))
    need = Need(
        "ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/m/web", Checkpoint.SERVICE_AUTHORIZATION, ""
    )
    outcomes = [
        judge_needs((need,), whole.of_role(role), "GitHubActions")[0].entitlement
        for role in (state.question.role_arn, arn_of(other))
    ]
    assert outcomes == [DENIED, ALLOWED]


@pytest.mark.parametrize(
    ("action", "resource", "context", "wanted"),
    [
        ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web", (), ALLOWED),
        ("ecs:UpdateService", f"arn:aws:ecs:ap-south-1:{ACCOUNT}:service/main/web", (), DENIED),
        ("ecs:RegisterTaskDefinition", "*", (("aws:RequestedRegion", REGION),), ALLOWED),
        ("ecs:RegisterTaskDefinition", "*", (("aws:RequestedRegion", "ap-south-1"),), DENIED),
        ("ecs:RegisterTaskDefinition", "*", (), UNDECIDED),
        # "IAM calls are always made to the us-east-1 Region"
        ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/x", (), DENIED),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/x", (), UNDECIDED),
        ("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", (), DENIED),
    ],
)
def test_a_policy_that_keeps_to_some_regions_is_decided_where_the_region_of_the_call_is_known(
    action: str, resource: str, context: tuple[tuple[str, str], ...], wanted: Entitlement
) -> None:
    other_regions = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", **other_regions}
    assert judged(action, resource, allow(action), deny, context=context).entitlement is wanted


@pytest.mark.parametrize("before", [(), ("iam:GetRole",)])
def test_another_call_on_the_same_role_settles_no_key_of_its_passing(before: tuple[str, ...]) -> None:
    # IAM is called in one region; a role is passed in a request to another service, wherever that is called.
    role = f"arn:aws:iam::{ACCOUNT}:role/task"
    grant = allow("iam:*", role, Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    state = account(inline_policies=Known((NamedPolicy("release", policy(grant)),)))
    needs = (Need(action, role, Checkpoint.SERVICE_AUTHORIZATION, "a step") for action in (*before, "iam:PassRole"))
    *first, passing = judge_needs(needs, state, "GitHubActions")
    assert all(item.entitlement is ALLOWED for item in first)
    assert passing.entitlement is UNDECIDED
