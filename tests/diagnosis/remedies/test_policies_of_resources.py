"""The own policies of buckets, keys and further repositories: the role is left out of a Deny, or admitted, and nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from arns import arn_of
from small_world import ACCOUNT, EIGHT, HOME, OTHER_ACCOUNT, World, allow, policy
from test_permissions_of_services import (
    BUCKET,
    DELEGATING,
    KEY,
    NEEDS,
    REGION,
    Layout,
    denied,
    problems_of,
    situation_of,
    use,
    world_of,
)

from diagnosis.causes import Cause
from diagnosis.facts.account import NamedPolicy, RepositoryState, ResourcePolicy, ScpLevel
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Checkpoint, Plane
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.run_claims import session_of_role
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.edits.resource_edit import resource_edit
from diagnosis.remedies.offer import Situation
from diagnosis.remedies.offers.control_policy import amend_control_policies
from diagnosis.remedies.offers.organization import widen_boundary, widen_session
from diagnosis.remedies.offers.repository_policy import admit_role
from diagnosis.remedies.offers.resource_policy import admit_role_to_resources
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.remediation import ChangeKind, Remediation

SOUND = Layout(True, False, False)


def bucket_of(*statements: dict[str, object]) -> ResourcePolicy:
    return ResourcePolicy(BUCKET, Known(NamedPolicy("bucket", policy(*statements))))


def key_of(*statements: dict[str, object]) -> ResourcePolicy:
    return ResourcePolicy(KEY, Known(NamedPolicy("key", policy(*statements))))


def stopped_by(*resources: ResourcePolicy, needs: tuple[Need, ...] = NEEDS, **parts: object) -> Situation:
    named = {item.arn for item in resources}
    rest = [ResourcePolicy(BUCKET, Absent("its policy")), ResourcePolicy(KEY, DELEGATING)]
    world: World = world_of(NEEDS, SOUND).with_account(
        resource_policies=(*resources, *(item for item in rest if item.arn not in named)), **parts
    )
    extra = [need for need in needs if need not in NEEDS]
    if extra:
        grants = policy(*(allow([need.action], need.resource) for need in extra))
        inline = world.account.inline_policies
        assert isinstance(inline, Known)
        world = world.with_account(inline_policies=Known((*inline.value, NamedPolicy("more", grants))))
    return situation_of(world, needs)


def offered(situation: Situation) -> Remediation:
    assert denied(situation.account, situation.needs)
    choice = admit_role_to_resources(situation)
    assert choice is not None
    (offer,) = choice
    changed = applied(offer.remediation.changes, situation.account)
    assert denied(changed, situation.needs) == []
    assert problems_of(changed, situation.needs) == []
    return offer.remediation


def documents(remediation: Remediation) -> list[PolicyDocument]:
    return [change.document for change in remediation.changes if change.document is not None]


def statement(
    effect: str, action: object, resource: object = "*", principal: object = "*", **more: object
) -> dict[str, object]:
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    "denial",
    [
        statement("Deny", "s3:PutObject", f"{BUCKET}/*", Sid="NoWrites"),
        statement("Deny", "s3:*", [BUCKET, f"{BUCKET}/*"]),
        statement(
            "Deny",
            "s3:*",
            [BUCKET, f"{BUCKET}/*"],
            Condition={"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/other"}},
        ),
    ],
    ids=["one action", "everything", "all but one role"],
)
def test_a_bucket_that_denies_leaves_out_the_role_and_stops_everybody_else(denial: dict[str, object]) -> None:
    situation = stopped_by(bucket_of(denial))
    remediation = offered(situation)
    (change,) = remediation.changes
    assert (change.kind, change.target) == (ChangeKind.REPLACE_RESOURCE_POLICY, BUCKET)
    assert "put-bucket-policy" in remediation.aws_cli
    assert "aws_s3_bucket_policy" in remediation.terraform
    assert "AWS::S3::BucketPolicy" in remediation.cloudformation
    assert HOME.role_arn in remediation.difference
    (after,) = documents(remediation)
    others = {"aws:PrincipalArn": (f"arn:aws:iam::{ACCOUNT}:role/stranger",)}
    everything = [policy(allow("*", "*"))]
    compared = compare_grants([[*everything, policy(denial)]], [[*everything, after]], known=others)
    assert compared.equivalent
    # The role may make this call, and none on another object of the bucket.
    assert remediation.widens == ()


def test_a_key_has_to_admit_the_role_in_its_own_account_too() -> None:
    admins = statement("Allow", "kms:*", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"})
    remediation = offered(stopped_by(key_of(admins)))
    (after,) = documents(remediation)
    assert json.loads(after.text)["Statement"][1] == {
        "Sid": "ReleaseRole",
        "Effect": "Allow",
        "Principal": {"AWS": HOME.role_arn},
        "Action": "kms:GenerateDataKey",
        "Resource": "*",
    }
    assert "put-key-policy" in remediation.aws_cli
    assert "--policy-name default" in remediation.aws_cli


def test_a_key_that_denies_and_does_not_admit_is_mended_in_one_change() -> None:
    denial = statement("Deny", "kms:Generate*", Sid="NoData")
    remediation = offered(stopped_by(key_of(denial)))
    (after,) = documents(remediation)
    assert "ReleaseRole" in after.text
    assert "ArnNotEquals" in after.text


@pytest.mark.parametrize(
    ("resource", "action", "command"),
    [
        (f"arn:aws:sqs:{REGION}:{OTHER_ACCOUNT}:jobs", "sqs:SendMessage", "set-queue-attributes"),
        (f"arn:aws:sns:{REGION}:{OTHER_ACCOUNT}:done", "sns:Publish", "set-topic-attributes"),
        (
            f"arn:aws:secretsmanager:{REGION}:{OTHER_ACCOUNT}:secret:shop/token-AbCdEf",
            "secretsmanager:GetSecretValue",
            "put-resource-policy",
        ),
        (f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/2222", "kms:Decrypt", "put-key-policy"),
    ],
)
def test_a_resource_of_another_account_admits_exactly_the_role(resource: str, action: str, command: str) -> None:
    need = use(action, resource)
    other = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
    before = statement("Allow", f"{action.partition(':')[0]}:*", principal={"AWS": other})
    known = ResourcePolicy(resource, Known(NamedPolicy("theirs", policy(before))))
    remediation = offered(stopped_by(known, needs=(*NEEDS, need)))
    assert command in remediation.aws_cli
    assert HOME.role_arn in remediation.widens[0]
    assert "Resource" in remediation.difference


@pytest.mark.parametrize("own", [True, False], ids=["a policy of its own", "no policy"])
def test_a_bucket_of_another_account_admits_each_call_where_it_is_made(own: bool) -> None:
    theirs = f"arn:aws:s3:::theirs-{OTHER_ACCOUNT}"
    state, evidence = f"{theirs}/state.json", f"{theirs}/evidence/*"
    calls = (use("s3:GetObject", state), use("s3:ListBucket", theirs), use("s3:PutObject", evidence))
    admins = statement("Allow", "s3:*", theirs, {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:role/admin"})
    made = resource_edit(
        policy(admins) if own else None,
        tuple((call.action, call.resource or "") for call in calls),
        arn_of(HOME.role_arn),
        session_of_role(arn_of(HOME.role_arn), "GitHubActions"),
        must_admit=lambda _: True,
        place=None,
    )
    assert made is not None
    assert made.beyond == ()
    admitted = [item for item in json.loads(made.after.text)["Statement"] if item["Principal"]["AWS"] == HOME.role_arn]
    assert {(item["Action"], item["Resource"]) for item in admitted} == set(made.pairs)
    assert len({item["Sid"] for item in admitted}) == len(calls)


def test_what_was_not_read_or_is_granted_elsewhere_is_offered_no_change() -> None:
    unread = ResourcePolicy(BUCKET, Unreadable("its policy", "denied", "grant it", "s3:GetBucketPolicy"))
    situation = stopped_by(unread)
    problem = replace(
        problems_of(stopped_by(bucket_of(statement("Deny", "s3:PutObject"))).account, NEEDS)[0], evidence=()
    )
    assert admit_role_to_resources(replace(situation, problems=(problem,))) is None
    assert admit_role_to_resources(stopped_by()) is None


FURTHER = HOME.repository_arn.replace("shop/api", "shop/web")
PUSH_THERE = tuple(Need(action, FURTHER, Checkpoint.REGISTRY_PUSH, "the push of web", order=1) for action in EIGHT)


def test_the_policies_of_all_repositories_that_stop_the_role_are_amended_in_one_change() -> None:
    denial = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    further = RepositoryState(arn_of(FURTHER), Absent("repository"), Known(NamedPolicy("shop/web", policy(denial))))
    situation = stopped_by(
        needs=(*NEEDS, *PUSH_THERE),
        repositories=(further,),
        repository_policy=Known(NamedPolicy("shop/api", policy(denial))),
    )
    problem = situation.problems[0]
    assert problem.cause is Cause.RESOURCE_POLICY
    situation = replace(
        situation,
        problems=(
            replace(
                problem,
                cause=Cause.REPOSITORY_POLICY_DENY,
                plane=Plane.AUTHORIZATION,
                checkpoint=Checkpoint.REGISTRY_PUSH,
                resource=None,
            ),
        ),
    )
    choice = admit_role(situation)
    assert choice is not None
    remediation = choice[0].remediation
    assert [str(change.target) for change in remediation.changes] == ["shop/api", FURTHER]
    assert denied(applied(remediation.changes, situation.account), situation.needs) == []
    assert remediation.aws_cli.count("set-repository-policy") == 2


@pytest.mark.parametrize("kind", ["boundary", "session", "scp"])
def test_layers_beside_the_role_make_room_for_exactly_these_actions(kind: str) -> None:
    narrow = NamedPolicy("edge", policy(allow(["ecr:*", "s3:*"], "*")), arn_of(f"arn:aws:iam::{ACCOUNT}:policy/edge"))
    parts: dict[str, object] = {}
    if kind == "boundary":
        parts["boundary"] = Known(narrow)
    if kind == "scp":
        parts["scps"] = Known((ScpLevel("r-root", (replace(narrow, arn=None),)),))
    situation = stopped_by(**parts)
    if kind == "session":
        lacking = [need for need in NEEDS if need.action.partition(":")[0] not in ("ecr", "s3")]
        situation = replace(
            situation,
            run=replace(situation.run, session_policy=Known(narrow)),
            problems=tuple(
                replace(problem, cause=Cause.SESSION_POLICY)
                for problem in problems_of(stopped_by(boundary=Known(narrow)).account, NEEDS)
            ),
        )
        assert len(situation.problems) == len(lacking)
    make = {"boundary": widen_boundary, "session": widen_session, "scp": amend_control_policies}[kind]
    choice = make(situation)
    assert choice is not None
    remediation = choice[0].remediation
    if kind != "session":
        assert denied(applied(remediation.changes, situation.account)) == []
    assert "iam:PassRole" in remediation.difference
    assert "ecs-tasks.amazonaws.com" in remediation.difference or kind == "scp"
