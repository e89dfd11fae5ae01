"""Whatever an endpoint answers and whatever a run names: a reading is a value, and never a wrong one."""

from __future__ import annotations

import json
from dataclasses import fields

from aws_endpoint import Fault
from fault_worlds import AFFECTED, World, check, read_with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.names.arn import Arn
from probes.aws.read.account import read_account

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [
        "repositories",
        "imageDetails",
        "policyText",
        "Organization",
        "Roots",
        "Parents",
        "Policies",
        "Policy",
        "NextToken",
    ]
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: f"<a>{text}</a>".encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(MEMBERS, JSON, max_size=3).map(lambda value: json.dumps(value).encode()),
)
ANY_TEXT = st.none() | st.text(max_size=60) | st.sampled_from(["*", "../..", "\r\nX: y", "arn:aws:iam::1:role/", "%00"])


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    operation=st.sampled_from(sorted(AFFECTED)),
    status=st.sampled_from([200, 200, 200, 400, 403, 404, 500]),
    body=BODIES,
)
def test_no_answer_makes_a_reading_raise_or_invent(world: World, operation: str, status: int, body: bytes) -> None:
    state = read_with(world, operation, Fault(status=status, body=body))
    check(world, operation, state, (status, body))


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    question=st.builds(
        AccountQuestion,
        role_arn=st.none()
        | st.builds(Arn, *[st.text(max_size=20)] * 5)
        | st.text(max_size=20).map(lambda name: Arn.iam("aws", "111122223333", "role", name)),
        issuer=st.text(max_size=40),
        region=st.none() | st.text(max_size=20) | st.just("eu-west-2"),
        registry_id=ANY_TEXT,
        repository=ANY_TEXT,
        tag=ANY_TEXT,
        evidence_root=ANY_TEXT | st.text(max_size=40).map(lambda rest: f"s3://{rest}"),
        resources=st.lists(
            st.text(max_size=30)
            | st.builds(
                lambda service, rest: f"arn:aws:{service}:eu-west-2:111122223333:{rest}",
                st.sampled_from(["s3", "kms", "secretsmanager", "sns", "sqs", "x"]),
                st.text(max_size=20) | st.sampled_from(["key/1", "alias/a", "secret:db-??????", "secret:"]),
            )
            | st.text(max_size=20).map(lambda rest: f"arn:aws:s3:::{rest}"),
            max_size=2,
        ).map(tuple),
    )
)
def test_no_question_makes_a_reading_raise(world: World, question: AccountQuestion) -> None:
    state = read_account(question, world.embedded)
    of_a_release = ("repositories", "resource_policies", "beside")
    assert [len(getattr(state, name)) for name in of_a_release] == [0, len(set(question.resources)), 0]
    for field in fields(AccountState):
        if field.name not in ("question", "read_at", "credentials_problem", "endpoints", *of_a_release):
            assert isinstance(getattr(state, field.name), (Known, Absent, Unreadable)), field.name
