"""A control policy that stops a release is changed for that release alone, as far as that can be proved."""

from __future__ import annotations

from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from seeded_defects import DEFECTS, broken
from small_world import ACCOUNT, HOME, ISSUER, SUBJECT, World, allow, policy, sound_world
from thoroughness import examples

from diagnosis.facts.account import NamedPolicy, ScpLevel
from diagnosis.facts.reading import Known
from diagnosis.gates import Owner, Verdict
from diagnosis.policy import Layers, Outcome, PolicyDocument, Request, evaluate
from diagnosis.policy.language.quotas import RCP_LIMIT, SCP_LIMIT
from diagnosis.policy.language.tree import JsonObject
from diagnosis.policy.language.tree import statements as statements_of
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import ChangeKind, Remediation

ARN = "arn:aws:organizations::999900001111:policy/o-x/service_control_policy/p-limits"
FULL = NamedPolicy("FullAWSAccess", policy(allow("*", "*")), arn_of("arn:aws:organizations::aws:policy/FullAWSAccess"))
REGIONS = {
    "Sid": "Regions",
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
}


def deny(action: object, **more: object) -> dict[str, object]:
    return {"Sid": "Limit", "Effect": "Deny", "Action": action, "Resource": "*", **more}


def bound(*statements: dict[str, object], beside: tuple[NamedPolicy, ...] = (FULL,), arn: str | None = ARN) -> World:
    own = NamedPolicy("Limits", policy(*statements), arn_of(arn) if arn else None)
    levels = (ScpLevel("r-root", (FULL,)), ScpLevel(ACCOUNT, (*beside, own)))
    return sound_world().with_account(scps=Known(levels))


def amended(diagnosis: Diagnosis) -> Remediation:
    (remediation,) = diagnosis.paths[0].remediations
    assert remediation.id == "amend-control-policies"
    assert diagnosis.paths[0].opens_all
    return remediation


def statements(remediation: Remediation) -> list[JsonObject]:
    (change,) = remediation.changes
    assert change.document is not None
    return statements_of(change.document.editable())


def stops(document: PolicyDocument, action: str, role: str, resource: str = HOME.repository_arn) -> bool:
    parsed, everything = document.compiled(), policy(allow("*", "*")).compiled()
    request = Request(
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/s",
        action=action,
        resource=resource,
        resource_account=ACCOUNT,
        context={"aws:PrincipalArn": (role,), "aws:RequestedRegion": ("eu-west-1",)},
        wildcard_only_action=resource == "*",
    )
    layers = Layers(identity=(everything,), scps=((ACCOUNT, (everything, parsed)),))
    return evaluate(request, layers).outcome is not Outcome.ALLOWED


def test_the_statement_that_stops_the_release_excepts_its_role_and_the_others_stay() -> None:
    remediation = amended(bound(REGIONS, deny("ecr:*")).diagnosis())
    regions, limit = statements(remediation)
    assert regions == REGIONS
    assert limit == {**deny("ecr:*"), "Condition": {"ArnNotEquals": {"aws:PrincipalArn": HOME.role_arn}}}
    assert remediation.owner is Owner.ORGANIZATION
    assert "cannot help" in remediation.words
    assert "Limits at 123456789012" in remediation.words
    assert remediation.widens == (f"{HOME.role_arn} left out of Limit of Limits, whatever else that stops",)
    assert "aws organizations update-policy" in " ".join(remediation.aws_cli.split("\\\n")).replace("  ", " ")
    assert "--policy-id p-limits" in remediation.aws_cli
    assert any("on purpose" in warning for warning in remediation.warnings)


def test_an_exception_that_is_there_already_is_kept() -> None:
    there = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}
    (limit,) = statements(amended(bound(deny("ecr:Put*", Condition=there)).diagnosis()))
    assert limit["Condition"] == {**there, "ArnNotEquals": {"aws:PrincipalArn": HOME.role_arn}}


def test_a_region_that_is_shut_is_opened_for_the_role_alone() -> None:
    shut = {**REGIONS, "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}}
    (regions,) = statements(amended(bound(shut).diagnosis()))
    assert regions["Condition"]["ArnNotEquals"] == {"aws:PrincipalArn": HOME.role_arn}  # type: ignore[index] # our own form


def test_a_list_of_what_is_allowed_takes_the_need_for_the_role_alone() -> None:
    listed = allow(["s3:*", "sts:*", "ecr:Get*", "ecr:Batch*"], "*")
    remediation = amended(bound(listed, beside=()).diagnosis())
    kept, added = statements(remediation)
    assert kept == listed
    assert added["Resource"] == HOME.repository_arn
    assert added["Condition"] == {"ArnEquals": {"aws:PrincipalArn": HOME.role_arn}}
    assert set(added["Action"]) == {  # type: ignore[call-overload] # a list of texts
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    }


def test_a_level_that_nobody_can_extend_is_left_to_its_owner() -> None:
    read_only = NamedPolicy(
        "ReadOnly", policy(allow("s3:*", "*")), arn_of("arn:aws:organizations::aws:policy/p-ReadOnly")
    )
    world = sound_world().with_account(scps=Known((ScpLevel("r-root", (FULL,)), ScpLevel(ACCOUNT, (read_only,)))))
    path = world.diagnosis().paths[0]
    assert [item.id for item in path.remediations] == ["ask-layer-owner"]
    assert not path.opens_all


def test_what_may_or_may_not_stop_the_release_is_not_touched() -> None:
    office = {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
    diagnosis = bound(deny("ecr:*", Condition=office)).diagnosis()
    assert diagnosis.live is not None
    assert [verdict.verdict for verdict in diagnosis.live.gates][2] is Verdict.UNKNOWN
    assert diagnosis.paths == ()


def test_a_policy_without_an_id_is_changed_in_words_and_not_by_command() -> None:
    remediation = amended(bound(deny("ecr:PutImage"), arn=None).diagnosis())
    assert remediation.aws_cli == ""
    assert "aws_organizations_policy" in remediation.terraform


def test_a_policy_that_grows_too_long_says_so() -> None:
    def warned(count: int) -> bool:
        long = deny(
            "ecr:PutImage", Resource=[f"arn:aws:ecr:*:*:repository/{'x' * 60}{n}" for n in range(count)] + ["*"]
        )
        return any(f"of {SCP_LIMIT} characters" in warning for warning in amended(bound(long).diagnosis()).warnings)

    assert warned(120)
    assert not warned(80), "AWS takes it, though a resource control policy of this size would be too long"


def test_the_tokens_denial_excepts_the_subject_and_nobody_else() -> None:
    (defect,) = (item for item in DEFECTS if item.name == "an RCP denies the token")
    remediation = amended(broken([defect]).diagnosis())
    (change,) = remediation.changes
    assert change.kind is ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY
    (statement,) = statements(remediation)
    assert statement["Condition"]["StringNotEquals"] == {f"{ISSUER}:sub": SUBJECT}  # type: ignore[index] # our own form
    assert "RESOURCE_CONTROL_POLICY" in remediation.cloudformation


def under_resource_control(*statements: dict[str, object]) -> World:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    full = NamedPolicy(
        "RCPFullAWSAccess", policy(everything), arn_of("arn:aws:organizations::aws:policy/p-RCPFullAWSAccess")
    )
    levels = (ScpLevel(ACCOUNT, (full, NamedPolicy("Limits", policy(*statements), arn_of(ARN)))),)
    return sound_world().with_account(rcps=Known(levels))


def test_a_resource_control_policy_has_a_limit_of_its_own() -> None:
    long = {**deny("ecr:*"), "Sid": "x" * RCP_LIMIT}
    remediation = amended(under_resource_control({**long, "Principal": "*"}).diagnosis())
    assert any(f"of {RCP_LIMIT} characters" in warning for warning in remediation.warnings)
    assert not any("characters" in warning for warning in amended(bound(long).diagnosis()).warnings)


def test_a_denial_of_token_and_push_leaves_out_subject_and_role() -> None:
    denial = {**deny(["ecr:*", "sts:AssumeRoleWithWebIdentity"]), "Principal": "*"}
    (statement,) = statements(amended(under_resource_control(denial).diagnosis()))
    assert statement["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": HOME.role_arn},
        "StringNotEquals": {f"{ISSUER}:sub": SUBJECT},
    }


ACTIONS = ["ecr:PutImage", "ecr:*", "*", "ecr:Put*", "s3:GetObject", "ecr:DeleteRepository"]
forms = st.lists(
    st.builds(
        lambda actions, negated, resource: {
            "Effect": "Deny",
            "NotAction" if negated else "Action": actions,
            "Resource": resource,
        },
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2, unique=True),
        st.booleans(),
        st.sampled_from(["*", HOME.repository_arn, f"{HOME.repository_arn}-2"]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=examples(80), deadline=None)
@given(forms)
def test_another_role_is_stopped_as_before_whatever_is_denied(denials: list[dict[str, object]]) -> None:
    before = policy(*denials)
    paths = bound(*denials).diagnosis().paths
    if not paths:
        return
    assert paths[0].opens_all
    (change,) = paths[0].remediations[0].changes
    assert change.document is not None
    for action in ("ecr:PutImage", "ecr:BatchGetImage", "ecr:DeleteRepository", "s3:GetObject"):
        for resource in (HOME.repository_arn, f"{HOME.repository_arn}-2"):
            other = f"{HOME.role_arn}-2"
            assert stops(change.document, action, other, resource) is stops(before, action, other, resource)
