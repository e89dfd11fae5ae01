"""The repositories that people state stand for targets that are not legible, and for no others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.case import Case
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.needs import needs_for
from diagnosis.verdicts.replay import RunFacts

HOST = "123456789012.dkr.ecr.eu-west-2.amazonaws.com"
ARN = "arn:aws:ecr:eu-west-2:123456789012:repository"
NAMES = ("api", "web", "team/jobs", "tools")


def pushed(targets: list[str], *stated: str) -> set[str | None]:
    """Where a job that pushes to these targets needs to put an image."""
    steps = (
        WorkflowStep(
            "Credentials",
            "aws-actions/configure-aws-credentials@v4",
            None,
            inputs=(("role-to-assume", "arn:aws:iam::123456789012:role/release"), ("aws-region", "eu-west-2")),
        ),
        WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None),
        WorkflowStep("Push", None, "\n".join(f"docker push {target}:1" for target in targets)),
    )
    workflow = Workflow("release.yml", "release", (WorkflowJob("release", None, steps),))
    uris = tuple(address for text in stated if (address := EcrAddress.parse(text)) is not None)
    assert len(uris) == len(stated)
    found = needs_for(workflow, "release", RunFacts(), Case(repository_uris=uris))
    return {need.resource for need in found if need.action.endswith(":PutImage")}


def test_one_hidden_push_may_go_to_every_repository_that_is_stated() -> None:
    assert pushed(["$IMAGE"], f"{HOST}/api", f"{HOST}/web") == {f"{ARN}/api", f"{ARN}/web"}


def test_a_name_behind_a_hidden_host_is_that_repository() -> None:
    assert pushed(["$REGISTRY/web", "$OTHER"], f"{HOST}/api", f"{HOST}/web") == {f"{ARN}/web", f"{ARN}/api"}
    assert pushed(["$REGISTRY/web"], f"{HOST}/api", f"{HOST}/web") == {f"{ARN}/web"}


def test_what_is_named_takes_no_stated_one() -> None:
    assert pushed([f"{HOST}/api", "$IMAGE"], f"{HOST}/api", f"{HOST}/web") == {f"{ARN}/api", f"{ARN}/web"}


def test_more_hidden_images_than_repositories_leave_some_unknown() -> None:
    assert pushed(["$ONE", "$TWO", "$THREE"], f"{HOST}/api") == {f"{ARN}/api", None}


def test_a_public_repository_is_one_of_the_sessions_account() -> None:
    assert pushed(["$IMAGE"], "public.ecr.aws/q1w2e3/api") == {"arn:aws:ecr-public::123456789012:repository/api"}


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.sampled_from(NAMES), unique=True), st.integers(0, 4), st.lists(st.sampled_from(NAMES), unique=True))
def test_nothing_is_lost_and_nothing_is_made_up(named: list[str], hidden: int, stated: list[str]) -> None:
    targets = [f"{HOST}/{name}" for name in named] + [f"$HIDDEN{number}" for number in range(hidden)]
    found = pushed(targets, *(f"{HOST}/{name}" for name in stated))
    left = [name for name in stated if name not in named]
    assert {f"{ARN}/{name}" for name in named} <= found
    assert found - {None} <= {f"{ARN}/{name}" for name in (*named, *stated)}
    if hidden:
        assert (None in found) == (hidden > len(left))
    assert not targets or found
