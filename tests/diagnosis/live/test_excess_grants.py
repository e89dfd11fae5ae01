"""What a role is granted beyond the needed set."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.facts.account import NamedPolicy
from diagnosis.gates import Checkpoint
from diagnosis.lint.rules.action_resources import works_on
from diagnosis.live.excess import ExcessKind, excess, items_of
from diagnosis.policy import expand_actions, has_resource_level, read_document, write_document
from diagnosis.verdicts.release import Need

REPO = "arn:aws:ecr:eu-west-2:111122223333:repository/shop"
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
LOGIN = "ecr:GetAuthorizationToken"
ROLE = "arn:aws:iam::111122223333:role/"


def need(action, resource):
    return Need(action, resource, Checkpoint.REGISTRY_PUSH, "the push")


NEEDS = (need(LOGIN, "*"), *(need(action, REPO) for action in PUSH))


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, **more):
    return {"Effect": "Deny", "Action": action, **more}


EXACT = (allow(LOGIN, "*"), allow(list(PUSH), REPO))


def policy(*statements, name="push"):
    return NamedPolicy(name, write_document({"Version": "2012-10-17", "Statement": list(statements)}))


def found(*statements, needs=NEEDS):
    return excess([policy(*statements)], needs)


def test_exactly_the_needed_actions_are_no_excess():
    assert found(*EXACT).items == ()
    assert found(*EXACT).notes == ()


def test_a_named_action_that_only_reads_the_needed_repository_is_a_note():
    judged = found(*EXACT, allow(["ecr:ListImages", "ecr:DescribeRepositories"], REPO))
    assert judged.items == ()
    (note,) = judged.notes
    assert "ecr:DescribeRepositories, ecr:ListImages" in note
    assert "reading only" in note


def test_a_named_action_without_resource_level_is_no_wildcard():
    judged = found(*EXACT, allow("ecr:DescribeRegistry", "*"))
    assert judged.items == ()
    assert any("ecr:DescribeRegistry" in note for note in judged.notes)
    assert found(allow(LOGIN, "*"), needs=()).items == ()
    assert found(*EXACT, allow("ecr:PutRegistryPolicy", "*")).items


@pytest.mark.parametrize(
    "statement",
    [
        allow("ecr:ListImages", "*"),
        allow("ecr:List*", REPO),
        allow("ecr:SetRepositoryPolicy", REPO),
    ],
    ids=["everywhere", "by a wildcard", "it writes the policy"],
)
def test_anything_more_than_that_is_an_excess(statement):
    assert [item.kind for item in found(*EXACT, statement).items] == [ExcessKind.ACTION]


@pytest.mark.parametrize(
    "statements",
    [
        (allow(LOGIN, ["*"]), allow([action.lower() for action in PUSH], [REPO])),
        (allow(LOGIN, "*", Sid="A"), *(allow(action, REPO) for action in PUSH)),
        (*EXACT, *EXACT),
        (*EXACT[1:],),
        (),
        (allow("ecr:*", REPO), deny("ecr:*", Resource="*")),
        (allow(LOGIN, REPO),),
        (allow("ecr:DescribeRegistry", REPO),),
        (allow(list(PUSH), "arn:aws:s3:::bucket/*"),),
    ],
)
def test_what_grants_no_more_is_no_excess(statements):
    assert found(*statements).items == ()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (allow("ecr:DeleteRepository", REPO), "ecr:DeleteRepository"),
        (allow("ecr:TagResource", REPO), "ecr:TagResource"),
        (allow("ecr:ListImages", [REPO, REPO + "-of-others"]), "ecr:ListImages"),
        (allow("ecr:PutImage", [REPO, REPO + "-full"]), REPO + "-full"),
        (allow("ecr:PutImage", REPO + "*"), REPO + "*"),
        (
            allow("ecr:PutImage", REPO.replace("eu-west-2", "us-east-1")),
            "region us-east-1 is granted, eu-west-2 is needed",
        ),
        (allow("ecr:PutImage", REPO.replace("1111", "9999", 1)), "is granted, 111122223333 is needed"),
        (allow("ecr:PutImage", REPO.replace("repository/", "")), "`repository/` is missing"),
        (allow("ecr:PutImage", REPO.replace("aws", "aws-cn", 1)), "partition aws-cn is granted, aws is needed"),
    ],
)
def test_an_exact_grant_that_no_step_needs_is_a_note(statement, words):
    judged = found(*EXACT, statement)
    assert judged.items == ()
    (note,) = judged.notes
    assert note.startswith("grant-beyond-need: ")
    assert words in note
    assert "no step that was read needs it" in note


def test_what_writes_the_permissions_of_the_registry_is_an_excess_however_exact():
    (item,) = found(*EXACT, allow("ecr:SetRepositoryPolicy", REPO, Sid="Extra")).items
    assert (item.kind, item.actions) == (ExcessKind.ACTION, ("ecr:SetRepositoryPolicy",))
    assert (item.statement, item.path, item.policy) == ("Extra", "push: Statement[2]", "push")
    assert "no step that was read needs it" in item.text


@pytest.mark.parametrize(
    ("actions", "resource", "told"),
    [
        (["ecs:UpdateService", "iam:PassRole"], "*", ("iam:PassRole",)),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/*", ("iam:PassRole",)),
        *(
            ("iam:PassRole", f"arn:{rest}", ("iam:PassRole",))
            for rest in (
                "*",
                "aws:iam*",
                "aws:iam::*",
                "aws:iam::111122223333:*/*",
                "aws:iam::111122223333:r*",
                "aws:iam::*:role/?*",
            )
        ),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/app-*", None),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/*-deploy", None),
        ("iam:PassRole", "arn:aws:s3:::*", None),
        ("sts:AssumeRole", "*", ("sts:AssumeRole",)),
        ("sts:AssumeRole", "arn:aws:iam::*:role/*", ("sts:AssumeRole",)),
        ("sts:AssumeRole", "arn:aws:iam::*:role/cdk-*", None),
        ("IAM:putrolepolicy", "*", ("iam:PutRolePolicy",)),
        (["iam:PutRolePolicy", "iam:GetRole"], "arn:aws:iam::111122223333:role/app-*", ("iam:PutRolePolicy",)),
        ("iam:CreateServiceLinkedRole", "*", None),
        (["iam:Get*", "iam:List*"], "*", None),
    ],
)
def test_what_lets_the_role_widen_itself_is_told_by_name_and_first(actions, resource, told):
    items = found(*EXACT, allow("ecr:*", REPO), allow(actions, resource)).items
    kinds = [item.kind for item in items]
    if told is None:
        assert kinds == [ExcessKind.ACTION]
        return
    assert kinds == [ExcessKind.ESCALATION, ExcessKind.ACTION]
    assert items[0].actions == told
    assert told[0] in items[0].text


def test_a_wildcard_in_the_name_of_the_service_holds_writes_to_iam_too():
    assert [item.kind for item in found(*EXACT, allow("i?m:Put*", "*")).items] == [ExcessKind.ESCALATION]


@pytest.mark.parametrize(
    ("action", "resource", "told"),
    [
        ("iam:*", f"{ROLE}release", ("iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")),
        ("iam:*", "arn:aws:iam::111122223333:policy/*", ("iam:CreatePolicy", "iam:CreatePolicyVersion")),
        ("iam:*", "*", ("iam:PassRole", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary")),
        ("iam:*Policy*", "*", ("iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")),
        ("iam:PutRolePolicy", "${aws:PrincipalArn}", ("iam:PutRolePolicy",)),
        ("*:PutRolePolicy", "*", ("iam:PutRolePolicy",)),
        ("iam:UploadServerCertificate", "*", None),
        ("iam:CreateVirtualMFADevice", "*", None),
        ("iam:CreateAccessKey", f"{ROLE}release", None),
        ("iam:UpdateAccountPasswordPolicy", f"{ROLE}release", None),
        ("iam:PutRolePolicy", "arn:aws:s3:::bucket/*", None),
    ],
)
def test_an_escalation_is_told_once_with_the_gravest_first_and_only_where_the_action_works(action, resource, told):
    items = found(*EXACT, allow(action, resource)).items
    assert [item.actions[: len(told or ())] for item in items if item.kind is ExcessKind.ESCALATION] == [told] * bool(
        told
    )
    assert {item.kind for item in items} <= {ExcessKind.ESCALATION}


@pytest.mark.parametrize(
    ("denied", "stopped"),
    [
        (deny("s3:*", Resource="*"), True),
        (deny("s3:P*", Resource="*"), True),
        (deny("*", Resource="*"), True),
        ({"Effect": "Deny", "NotAction": ["ecr:*"], "Resource": "*"}, True),
        (deny("s3:Put?", Resource="*"), False),
        (deny("s3:Put*", Resource=REPO), False),
        ({"Effect": "Deny", "NotAction": ["s3:PutObject"], "Resource": "*"}, False),
        ({"Effect": "Deny", "NotAction": ["s3:P*t", "ecr:*"], "Resource": "*"}, False),
    ],
)
def test_a_wildcard_is_stopped_by_a_deny_of_all_that_it_stands_for(denied, stopped):
    judged = found(*EXACT, allow("s3:Put*", "*"), denied)
    assert judged.items == ()
    assert bool(judged.beyond) == bool(judged.notes) == (not stopped)


def test_everything_less_a_deny_of_all_but_some_is_judged_by_what_is_left():
    everything, guard = allow("*", "*"), deny("*", Resource="*")
    left = {**{key: value for key, value in guard.items() if key != "Action"}, "NotAction": ["ecr:PutImage", "iam:*"]}
    judged = found(*EXACT, everything, left)
    assert [item.kind for item in judged.items] == [ExcessKind.ESCALATION, ExcessKind.RESOURCE]
    assert found(*EXACT, everything, guard).items == ()
    but_iam = {"Effect": "Allow", "NotAction": ["iam:PutRolePolicy", "s3:*"], "Resource": "*"}
    bounded = {**left, "NotAction": ["iam:PutRolePolicy", "sqs:SendMessage"]}
    assert found(*EXACT, but_iam, bounded).items == ()


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringNotEquals", "b"),
        ("StringEqualsIfExists", "b"),
        ("ForAllValues:StringEquals", "b"),
        ("StringLike", "*"),
        ("Null", "true"),
    ],
)
def test_a_condition_that_resources_without_the_tag_meet_bounds_nothing(operator, value):
    judged = found(*EXACT, allow(list(PUSH), "*", Condition={operator: {"aws:ResourceTag/a": value}}))
    assert [item.kind for item in judged.items] == [ExcessKind.RESOURCE]
    assert judged.bounded_by_tags == ()


@pytest.mark.parametrize("action", ["ecr:*", "ecr:Delete*", "ecr:SetRepositoryPolicy"])
def test_tags_bound_the_repositories_and_not_what_is_done_to_them(action):
    judged = found(*EXACT, allow(action, "*", Condition={"StringEquals": {"ecr:ResourceTag/a": "b"}}))
    assert [item.kind for item in judged.items] == [ExcessKind.ACTION]


def test_a_condition_on_tags_bounds_the_grant_as_far_as_is_known():
    judged = found(allow(LOGIN, "*"), allow(list(PUSH), "*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}))
    assert judged.items == ()
    (words,) = judged.bounded_by_tags
    assert "aws:ResourceTag/a" in words


def test_a_wildcard_is_expanded_and_the_needed_part_left_out():
    (item,) = found(allow("ecr:*", REPO)).items
    assert item.kind is ExcessKind.ACTION
    assert "ecr:DeleteRepository" in item.actions
    assert not set(PUSH) & set(item.actions)
    # Without resource level it is not granted by a repository's ARN.
    assert LOGIN not in item.actions
    assert "ecr:DescribeRegistry" not in item.actions


def test_a_partial_wildcard_is_expanded():
    (item,) = found(allow("ecr:Batch*", REPO)).items
    assert "ecr:BatchDeleteImage" in item.actions
    assert "ecr:BatchGetImage" not in item.actions


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:ecr:*:111122223333:repository/shop",
        "arn:aws:ecr:eu-west-2:*:repository/shop*",
        "arn:aws:ecr:eu-west-2:111122223333:repository/*",
        "arn:aws:ecr:eu-west-2:111122223333:*",
    ],
)
def test_a_needed_action_on_more_than_its_repository_is_an_excess(resource):
    (item,) = found(allow("ecr:PutImage", resource)).items
    assert (item.kind, item.actions) == (ExcessKind.RESOURCE, ("ecr:PutImage",))
    assert "beyond" in item.text


def test_the_actions_of_one_wide_pattern_are_told_together():
    items = found(allow([LOGIN, *PUSH], "*")).items
    assert [item.kind for item in items] == [ExcessKind.RESOURCE]
    assert items[0].actions == PUSH


def test_login_on_star_is_the_need_and_no_excess():
    assert found(allow(LOGIN, "*")).items == ()


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", "*"),
        allow("*", REPO),
        allow(["ecr:PutImage", "*:*"], "*"),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    ],
)
def test_every_service_is_one_finding(statement):
    (item,) = found(statement).items
    assert item.kind is ExcessKind.EVERYTHING
    assert "every service" in item.text


def test_not_resource_allows_everything_else():
    items = found({"Effect": "Allow", "Action": "ecr:PutImage", "NotResource": f"{REPO}-secret"}).items
    assert [item.kind for item in items] == [ExcessKind.RESOURCE]
    assert "everything but" in items[0].text


def test_a_deny_of_all_other_repositories_bounds_the_grant():
    guard = deny("ecr:*", NotResource=REPO)
    assert found(allow(list(PUSH), "*"), guard).items == ()
    conditional = {**guard, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert found(allow(list(PUSH), "*"), conditional).items


def test_a_deny_takes_the_action_away():
    assert found(allow("ecr:DeleteRepository", "*"), deny("ecr:Delete*", Resource="*")).items == ()


def test_a_condition_is_said():
    (item,) = found(allow("ecr:PutImage", "*", Condition={"StringEquals": {"aws:SourceVpc": "b"}})).items
    assert item.conditional
    assert item.text.endswith("(under a condition)")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", "*"),
        ("s3:*", "arn:aws:s3:::*"),
        ("s3:*", "arn:aws:s3:::bucket/*"),
        ("ecs:Update*", "*"),
        ("lambda:*", "arn:aws:lambda:*:111122223333:function:*"),
        ("cloudformation:*", "arn:aws:cloudformation:eu-west-2:111122223333:stack/*/*"),
        ("s3:PutBucketPolicy", "*"),
        ("kms:PutKeyPolicy", "arn:aws:kms:eu-west-2:111122223333:key/any"),
        ("s3:Get*", "*"),
        ("ecs:UpdateService", "*"),
        ("s3:PutObject", "arn:aws:s3:::bucket/evidence/*"),
        ("s3:ListAllMyBuckets", "*"),
        ("sts:GetCallerIdentity", "*"),
        ("aservicetocome:*", "*"),
    ],
)
def test_what_no_known_use_needs_of_other_services_is_a_note_and_is_listed_whole(action, resource):
    result = found(*EXACT, allow(action, resource))
    assert result.items == ()
    (note,) = result.notes
    assert action in note
    (grant,) = result.beyond
    assert (grant.service, grant.resources) == (action.partition(":")[0], (resource,))
    works = [each for each in expand_actions([action]) if resource == "*" or has_resource_level(each)]
    assert grant.actions == (tuple(each for each in works if works_on(each, resource)) or (action,))


def test_a_wildcard_of_another_service_is_listed_by_action_without_what_is_needed():
    bucket = "arn:aws:s3:::evidence"
    needs = (*NEEDS, need("s3:PutObject", f"{bucket}/runs/*"), need("s3:ListBucket", bucket))
    judged = found(*EXACT, allow("s3:*", [bucket, f"{bucket}/*"]), needs=needs)
    assert judged.items == ()
    listed, wider = judged.beyond
    assert "s3:DeleteObject" in listed.actions
    assert not {"s3:PutObject", "s3:ListBucket"} & set(listed.actions)
    assert (wider.actions, wider.resources, wider.needed_elsewhere) == (("s3:PutObject",), (f"{bucket}/*",), True)
    assert any(f"the known uses need it on {bucket}/runs/*" in note for note in judged.notes)


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        ("arn:aws:s3:::evidence/runs/*", "arn:aws:s3:::evidence/runs/*"),
        ("arn:aws:s3:::evidence/runs/*", "arn:aws:s3:::evidence/runs/2026/*"),
        (None, "arn:aws:s3:::evidence/*"),
        (None, "*"),
    ],
    ids=["as needed", "less than needed", "the need's ARN is not known", "nor where it is"],
)
def test_what_is_or_may_be_needed_is_not_beyond_the_need(wanted, granted):
    judged = found(*EXACT, allow("s3:PutObject", granted), needs=(*NEEDS, need("s3:PutObject", wanted)))
    assert (judged.items, judged.beyond, judged.notes) == ((), (), ())


def test_a_write_to_iam_that_a_known_use_needs_just_so_is_told_and_no_excess():
    write = need("iam:PutRolePolicy", f"{ROLE}app")
    judged = found(*EXACT, allow("iam:PutRolePolicy", f"{ROLE}app"), needs=(*NEEDS, write))
    assert judged.items == ()
    assert "iam:PutRolePolicy" in judged.notes[0]
    wider = found(*EXACT, allow("iam:PutRolePolicy", f"{ROLE}*"), needs=(*NEEDS, write))
    assert [item.kind for item in wider.items] == [ExcessKind.ESCALATION]


def test_the_policy_that_the_ecs_deploy_action_documents_is_no_excess_and_nothing_beyond_the_need():
    roles = [f"{ROLE}taskRole", f"{ROLE}taskExecRole"]
    service = "arn:aws:ecs:us-east-1:111122223333:service/c/s"
    uses = (
        need("ecs:RegisterTaskDefinition", "*"),
        *(need("iam:PassRole", role) for role in roles),
        *(need(action, service) for action in ("ecs:UpdateService", "ecs:DescribeServices")),
    )
    judged = found(
        *EXACT,
        allow("ecs:RegisterTaskDefinition", "*"),
        allow("iam:PassRole", roles),
        allow(["ecs:UpdateService", "ecs:DescribeServices"], service),
        needs=(*NEEDS, *uses),
    )
    assert (judged.items, judged.beyond, judged.notes) == ((), (), ())


def test_a_prefix_that_every_leg_of_a_matrix_uses_is_a_note():
    prefix = "arn:aws:ecr:us-east-1:111122223333:repository/shop/"
    needs = [need(LOGIN, "*"), *(need(action, prefix + leg) for action in PUSH for leg in ("api", "web", "jobs"))]
    judged = found(allow(LOGIN, "*"), allow(list(PUSH), f"{prefix}*"), needs=needs)
    assert judged.items == ()
    assert [grant.resources for grant in judged.beyond] == [(f"{prefix}*",)]
    (note,) = judged.notes
    assert note.startswith("grant-beyond-need: ")


def test_the_public_registry_is_the_registry():
    (item,) = found(allow("ecr-public:*", "*")).items
    assert item.kind is ExcessKind.ACTION


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ecr:PutImages", "ecr:PutImage is meant?"),
        ("ec:PutImage", "ecr:PutImage is meant?"),
        ("ecr: BatchGetImage", "ecr:BatchGetImage is meant?"),
        ("ecr:PutImageOfTomorrow", "a new action, or a misspelling?"),
    ],
)
def test_a_name_that_the_catalogue_does_not_know_grants_nothing_and_is_told(written, meant):
    judged = found(*EXACT, allow(written, REPO))
    assert judged.items == ()
    assert f"`{written}`" in judged.notes[0]
    assert meant in judged.notes[0]


def test_an_unknown_repository_arn_is_compared_by_action_and_by_wildcard_only():
    needs = (need("ecr:PutImage", None),)
    assert found(allow("ecr:PutImage", REPO), needs=needs).items == ()
    assert [item.kind for item in found(allow("ecr:PutImage", "*"), needs=needs).items] == [ExcessKind.RESOURCE]


def test_an_unparsable_policy_is_said_and_the_others_judged():
    result = excess([NamedPolicy("bad", read_document("{")), policy(allow("ecr:*", "*"))], NEEDS)
    assert len(result.unjudged) == 1
    assert "bad" in result.unjudged[0]
    assert result.items
    assert "ecr:DeleteRepository" in result.actions


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.text(), st.lists(st.text(max_size=12), max_size=3), st.lists(st.text(max_size=20), max_size=3))
def test_nothing_raises_on_any_document(tree, text, actions, resources):
    documents = [json.dumps(tree), text, json.dumps({"Statement": tree})]
    documents.append(json.dumps({"Statement": allow(actions, resources)}))
    documents.append(json.dumps({"Statement": {"Effect": "Allow", "NotAction": actions, "NotResource": resources}}))
    excess([NamedPolicy(str(i), read_document(document)) for i, document in enumerate(documents)], NEEDS)


@given(st.sets(st.sampled_from(PUSH)), st.permutations(range(2)))
def test_a_part_of_the_needed_set_is_never_an_excess(part, order):
    statements = [allow(LOGIN, "*"), allow(sorted(part) or [LOGIN], REPO)]
    assert found(*(statements[i] for i in order)).items == ()


@given(st.sampled_from([*PUSH, LOGIN, "ecr:DeleteRepository", "s3:*", "*"]), st.sampled_from([REPO, "*", f"{REPO}/x"]))
def test_a_further_allow_never_takes_an_excess_away(action, resource):
    before = found(allow("ecr:*", REPO)).items
    after = found(allow("ecr:*", REPO), allow(action, resource)).items
    assert set(before) <= set(after)


def test_a_statement_about_many_services_is_one_note_and_listed_service_by_service():
    services = ("s3", "sqs", "sns", "ecs", "lambda", "ssm")
    judged = found(*EXACT, allow([f"{name}:{verb}*" for name in services for verb in ("Get", "List")], "*"))
    assert judged.items == ()
    assert {grant.service for grant in judged.beyond} == set(services)
    (note,) = judged.notes
    assert f"{sum(len(grant.actions) for grant in judged.beyond)} actions of 6 services (" in note
    assert (
        items_of([("push", policy(allow("ecr:*", "*")).document.compiled())], NEEDS) == found(allow("ecr:*", "*")).items
    )


def test_a_condition_on_the_service_does_not_bound_which_role_is_passed():
    bound = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (item,) = found(*EXACT, allow("iam:PassRole", f"{ROLE}*", Condition=bound)).items
    assert item.kind is ExcessKind.ESCALATION
    assert item.text.endswith("(under a condition); iam:PassedToService bounds the service, not which role is passed")
    assert "PassedTo" not in found(*EXACT, allow("iam:PassRole", f"{ROLE}*")).items[0].text
