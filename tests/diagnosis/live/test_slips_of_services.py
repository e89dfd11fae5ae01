"""What a policy grants of other services by a slip is said: a wrong region, the bucket for its objects, an end that is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import ACCOUNT, OTHER_ACCOUNT, allow, policy

from diagnosis.facts.account import NamedPolicy
from diagnosis.live.near_grants import arn_difference, slip_words
from diagnosis.policy import write_document
from diagnosis.remedies.edits.corrections import corrected

SERVICE = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/shop/api"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop"
BUCKET = "arn:aws:s3:::octo-evidence"
OBJECTS = f"{BUCKET}/runs/*"
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop/*"
TASK = f"arn:aws:iam::{ACCOUNT}:role/app-task"


@pytest.mark.parametrize(
    ("written", "needed", "words"),
    [
        (SERVICE.replace("eu-west-1", "us-east-1"), SERVICE, "region us-east-1 is granted, eu-west-1 is needed"),
        (SERVICE.replace(ACCOUNT, OTHER_ACCOUNT), SERVICE, f"account {OTHER_ACCOUNT} is granted, {ACCOUNT} is needed"),
        (SERVICE.replace("/shop/api", "/shop/ap"), SERVICE, "service/shop/ap is granted, service/shop/api is needed"),
        (SERVICE.replace("service/shop", "cluster/shop"), SERVICE, None),
        (SERVICE.replace("shop/api", "quite/another"), SERVICE, None),
        (FUNCTION.replace("function:", ""), FUNCTION, "`function:` is missing before the name in shop"),
        (FUNCTION.replace(":shop", ":shop-"), FUNCTION, "function:shop- is granted, function:shop is needed"),
        (FUNCTION.replace(":lambda:", ":ecs:"), FUNCTION, None),
        (BUCKET, OBJECTS, "octo-evidence is the bucket, and its objects octo-evidence/runs/* are needed"),
        (f"{BUCKET}/*", BUCKET, "octo-evidence/* are the objects, and the bucket octo-evidence itself is needed"),
        (f"{BUCKET}/run/*", OBJECTS, "octo-evidence/run/* is granted, octo-evidence/runs/* is needed"),
        ("arn:aws:s3:::octo-evidences/runs/*", OBJECTS, "octo-evidences/runs/* is granted"),
        ("arn:aws:s3:::quite-another/*", OBJECTS, None),
        ("arn:aws:s3:::quite-another", OBJECTS, None),
        (f"{BUCKET}/*", OBJECTS, None),
        (STACK.removesuffix("/*"), STACK, "`/*` is missing at the end of stack/shop"),
        (TASK.replace("app-task", "app-tasks"), TASK, "role/app-tasks is granted, role/app-task is needed"),
        (SERVICE, SERVICE, None),
        ("*", SERVICE, None),
        ("", SERVICE, None),
    ],
)
def test_how_an_arn_misses_the_need_is_said(written: str, needed: str, words: str | None) -> None:
    found = arn_difference(written, needed)
    assert found is None if words is None else words in (found or "")


def named(*statements: dict[str, object]) -> NamedPolicy:
    return NamedPolicy("release", policy(*statements))


def test_the_sentences_name_the_statement_and_are_few() -> None:
    policies = (
        named(
            {**allow("s3:PutObject", BUCKET), "Sid": "Evidence"},
            *(allow("s3:PutObject", f"{BUCKET}/run{end}/*") for end in ("", "-", "_")),
        ),
    )
    told = slip_words(policies, [("s3:PutObject", OBJECTS)])
    assert told.startswith(" Evidence of release: octo-evidence is the bucket")
    assert told.count(" of release") == 2
    assert slip_words(policies, [("ecs:UpdateService", SERVICE)]) == ""
    tagged = {**allow("s3:PutObject", OBJECTS), "Condition": {"StringEquals": {"aws:PrincipalTag/team": "web"}}}
    assert "grants it where aws:PrincipalTag/team" in slip_words((named(tagged),), [("s3:PutObject", OBJECTS)])


def test_the_needed_arn_is_put_beside_the_wrong_one_where_that_grants_nothing_else() -> None:
    wrong = SERVICE.replace("eu-west-1", "us-east-1")
    pairs = [("ecs:UpdateService", SERVICE)]
    found = corrected(named(allow("ecs:UpdateService", wrong)), pairs, pairs)
    assert found is not None
    assert found.after.tree["Statement"] == [allow("ecs:UpdateService", [wrong, SERVICE])]
    assert corrected(named(allow(["ecs:UpdateService", "ecs:DeleteService"], wrong)), pairs, pairs) is None
    passed = [("iam:PassRole", TASK)]
    assert corrected(named(allow("iam:PassRole", f"{TASK}s")), passed, passed) is None


texts = st.text(st.sampled_from("ab*?:/-${}é"), max_size=12)


@given(texts, texts, st.sampled_from(["s3", "lambda", "ecs", "ecr", "iam"]))
def test_nothing_raises_and_what_matches_is_no_slip(written: str, needed: str, service: str) -> None:
    one, other = (f"arn:aws:{service}:::{text}" for text in (written, needed))
    arn_difference(one, other)
    arn_difference(written, other)
    slip_words(
        (NamedPolicy("p", write_document({"Statement": allow("s3:PutObject", one)})),), [("s3:PutObject", other)]
    )
    assert arn_difference(other, other) is None or set(needed) & {"$"}
