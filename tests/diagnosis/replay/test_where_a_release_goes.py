"""What is asked is the registry that the release pushes to: not one that it only logs in to or pulls from, and never a guess."""

from __future__ import annotations

import pytest
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    CONFIGURE,
    HOST,
    LOGIN,
    REGION,
    Spec,
    attempt_of,
    failing,
    file_of,
    job_of,
    written_job,
)

from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.replay import Replay

OTHER = "444455556666"
ELSEWHERE = "us-east-2"
HOSTS = (
    f"{OTHER}.dkr.ecr.{ELSEWHERE}.amazonaws.com",
    f"{OTHER}.dkr.ecr-fips.{ELSEWHERE}.amazonaws.com",
    f"{OTHER}.dkr-ecr.{ELSEWHERE}.on.aws",
    f"{OTHER}.dkr-ecr-fips.{ELSEWHERE}.on.aws",
)
PUBLIC_LOGIN = Spec(
    uses="aws-actions/amazon-ecr-login@v2",
    inputs={"registry-type": "public"},
    output=["Logging into registry public.ecr.aws"],
)


def pushes(host: str) -> tuple[Spec, ...]:
    """Ways to push ``shop/web`` that print no address before they are refused."""
    image = f"{host}/shop/web:v1"
    return (
        Spec(run=f"docker buildx build --push -t {image} ."),
        Spec(run=f"docker buildx build --output type=image,name={image},push=true ."),
        Spec(uses="docker/build-push-action@v6", inputs={"push": "true", "tags": image}),
        Spec(run=f"skopeo copy oci:out docker://{image}"),
        Spec(run=f"crane push out.tar {image}"),
        Spec(run=f"helm push web-1.0.0.tgz oci://{host}/shop"),
    )


def asked(*specs: Spec, case: Case | None = None) -> tuple[AccountQuestion, Replay]:
    """The question and the replay of a job whose last step fails."""
    steps = (*specs[:-1], failing(specs[-1], "denied: access denied"))
    attempt = with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps)))
    (replay,) = replays_of([attempt], case or Case())
    return question_of(replay, case or Case()), replay


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("way", range(len(pushes(HOST))))
@pytest.mark.parametrize("login", [LOGIN, PUBLIC_LOGIN], ids=["at home", "public"])
def test_a_login_elsewhere_does_not_move_the_release(host: str, way: int, login: Spec) -> None:
    question, _ = asked(CONFIGURE, login, pushes(host)[way])
    assert (question.registry_id, question.region, question.repository) == (OTHER, ELSEWHERE, "shop/web")


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_pulled_from_home_is_not_where_the_release_goes(host: str) -> None:
    question, _ = asked(CONFIGURE, Spec(run=f"docker pull {HOST}/base:1"), pushes(host)[0])
    assert (question.registry_id, question.repository) == (OTHER, "shop/web")


def test_a_repository_is_never_asked_for_in_a_registry_that_it_was_not_named_in() -> None:
    hidden = f"***.dkr.ecr.{ELSEWHERE}.amazonaws.com/secret/web:v1"
    question, replay = asked(CONFIGURE, LOGIN, Spec(run=f"docker buildx build --push -t {hidden} ."))
    assert (question.registry_id, question.repository) == (ACCOUNT, None)
    assert all(need.resource in (None, "*") or "secret/web" not in need.resource for need in replay.needs)


def test_a_masked_account_is_not_the_one_that_the_same_log_shows() -> None:
    hidden = f"***.dkr.ecr.{ELSEWHERE}.amazonaws.com/shop/web:v1"
    question, replay = asked(CONFIGURE, Spec(run=f"docker push {hidden}"))
    assert (question.registry_id, question.region, question.repository) == (None, ELSEWHERE, None)
    assert {need.resource for need in replay.needs} <= {None, "*"}
    half, _ = asked(CONFIGURE, Spec(run=f"docker push {hidden}"), case=Case(ecr_repository="shop/web"))
    assert (half.registry_id, half.repository) == (None, None)
    stated, _ = asked(CONFIGURE, Spec(run=f"docker push {hidden}"), case=Case(registry_id=OTHER))
    assert (stated.registry_id, stated.region, stated.repository) == (OTHER, ELSEWHERE, "shop/web")


@pytest.mark.parametrize("host", ["public.ecr.aws", "ecr-public.aws.com"])
def test_a_public_repository_is_not_asked_for_in_the_roles_account(host: str) -> None:
    question, replay = asked(CONFIGURE, PUBLIC_LOGIN, Spec(run=f"docker push {host}/octo/web:v1"))
    assert replay.facts.repository is not None
    assert (question.registry_id, question.repository) == (None, None)
    assert question.region == REGION
    stated, _ = asked(CONFIGURE, PUBLIC_LOGIN, Spec(run="make"), case=Case(ecr_repository="shop/web"))
    assert (stated.registry_id, stated.repository) == (ACCOUNT, "shop/web")


def test_of_two_targets_the_private_one_is_asked_about() -> None:
    tags = f"public.ecr.aws/octo/web:v1\n{HOSTS[1]}/shop/web:v1"
    question, _ = asked(CONFIGURE, Spec(uses="docker/build-push-action@v6", inputs={"push": "true", "tags": tags}))
    assert (question.registry_id, question.repository) == (OTHER, "shop/web")


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1", "us-iso-east-1"])
def test_the_region_of_the_session_is_read_in_every_partition(region: str) -> None:
    configure = Spec(
        uses="aws-actions/configure-aws-credentials@v4",
        inputs={"role-to-assume": f"arn:aws:iam::{ACCOUNT}:role/release", "aws-region": region},
    )
    question, _ = asked(configure, Spec(run="make release"))
    assert question.region == region


def test_another_runs_repository_is_not_asked_for_in_this_runs_registry() -> None:
    def attempt(*steps: Spec) -> Attempt:
        return with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps)))

    login = Spec(run=f"docker login --username AWS --password-stdin {HOSTS[0]}")
    older = attempt(CONFIGURE, LOGIN, failing(Spec(run=f"docker push {HOST}/shop/web:v1"), "denied"))
    same = attempt(CONFIGURE, failing(pushes(HOSTS[1])[0], "denied"))
    latest = attempt(CONFIGURE, login, failing(Spec(run="docker push $IMAGE"), "denied"))
    for other, repository in ((older, None), (same, "shop/web")):
        replays = replays_of([other, latest], Case())
        question = question_of(replays[-1], Case(), replays)
        assert (question.registry_id, question.region, question.repository) == (OTHER, ELSEWHERE, repository)
