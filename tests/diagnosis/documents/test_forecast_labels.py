"""No two items of a forecast read alike, and a label carries no more than what differs."""

from __future__ import annotations

from dataclasses import replace

from arns import arn_of
from hypothesis import given
from hypothesis import strategies as st
from permission_faults import FAULTS, shared
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, broken
from small_world import HOME
from thoroughness import some

from diagnosis.causes import Cause
from diagnosis.documents.forecast_labels import FEW, items, labels, place_of
from diagnosis.gates import Checkpoint, Plane
from diagnosis.verdicts.assessment import Problem

PUSH = Problem(
    Checkpoint.REGISTRY_PUSH, Plane.AUTHORIZATION, Cause.PUSH_SCOPE, "", ("ecr:PutImage",), HOME.repository_arn,
    role_arn=arn_of(HOME.role_arn),
)  # fmt: skip

_roles = st.sampled_from(
    [None, *(arn_of(f"arn:aws:iam::{a}:role/{n}") for a in ("1" * 12, "2" * 12) for n in ("a", "b/a"))]
)
_resources = st.sampled_from([
    None, "*", "not an arn", HOME.repository_arn, HOME.repository_arn.replace("api", "web"),
    HOME.repository_arn.replace("eu-west-1", "us-east-1"), "arn:aws:s3:::bucket/key", "arn:aws:s3:::bucket/other",
])  # fmt: skip
problems = st.builds(
    Problem,
    st.sampled_from([None, Checkpoint.REGISTRY_PUSH, Checkpoint.REGISTRY_PULL, Checkpoint.SERVICE_AUTHORIZATION]),
    st.just(Plane.AUTHORIZATION),
    st.sampled_from([Cause.PUSH_SCOPE, Cause.BOUNDARY, Cause.SCP, Cause.SERVICE_ACTION]),
    st.just(""),
    st.lists(st.sampled_from(["ecr:PutImage", "ecr:GetImage", "s3:PutObject"]), max_size=3, unique=True).map(tuple),
    _resources,
    jobs=st.lists(st.sampled_from(["build", "push (a)"]), max_size=2, unique=True).map(tuple),
    role_arn=_roles,
    step=st.sampled_from(["", "Push", "Deploy"]),
)


@given(st.lists(problems, max_size=9))
def test_no_two_problems_read_alike(forecast: list[Problem]) -> None:
    told = labels(forecast)
    assert len(set(told)) == len(told)
    for problem, label in zip(forecast, told, strict=True):
        assert label.startswith(place_of(problem))


@given(st.lists(problems, max_size=9))
def test_the_items_hold_every_problem_once_in_order_and_no_two_read_alike(forecast: list[Problem]) -> None:
    found = items(forecast)
    assert [problem for item in found for problem in item.problems] == forecast
    assert len({item.label for item in found}) == len(found)
    first = 1
    for item in found:
        assert item.first == first
        assert len(item.problems) == 1 or len(item.problems) > FEW
        first += len(item.problems)


def test_a_place_that_stands_alone_needs_no_more() -> None:
    assert labels([PUSH]) == ("registry-push",)


def test_two_of_one_place_are_told_apart_by_what_differs() -> None:
    boundary = replace(PUSH, cause=Cause.BOUNDARY)
    assert labels([PUSH, boundary]) == ("registry-push policy", "registry-push boundary")
    web = replace(PUSH, resource=HOME.repository_arn.replace("api", "web"))
    assert labels([PUSH, web]) == ("registry-push shop/api", "registry-push shop/web")
    other = replace(PUSH, role_arn=arn_of(HOME.role_arn.replace("release", "deploy")))
    assert labels([PUSH, other]) == ("registry-push role release", "registry-push role deploy")
    account = replace(PUSH, resource=HOME.repository_arn.replace(HOME.account, "9" * 12))
    assert labels([PUSH, account]) == (f"registry-push in {HOME.account}", f"registry-push in {'9' * 12}")
    actions = replace(PUSH, actions=("ecr:UploadLayerPart", "ecr:PutImage"))
    assert labels([PUSH, actions]) == ("registry-push ecr:PutImage", "registry-push ecr:UploadLayerPart and 1 more")
    assert labels([PUSH, PUSH]) == ("registry-push", "registry-push (2)")


def test_no_forecast_of_a_broken_world_has_two_labels_alike() -> None:
    made = [broken([each]) for each in some((*DEFECTS, *ELSEWHERE_DEFECTS), 8)]
    made += [shared(each) for each in some(FAULTS, 10)]
    for world in made:
        forecast = world.diagnosis().forecast
        assert len(set(labels(forecast))) == len(forecast)
