"""What a run tells about its own release, and where each fact was found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    AWS_ENV,
    CHECKOUT,
    CONFIGURE,
    DIGEST,
    EXPIRED,
    HOST,
    IMAGE,
    LOGIN,
    PUSH,
    READ_BACK,
    REGION,
    RELEASE,
    ROLE,
    SESSION,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    recorded,
    skipped,
    written_job,
)

from diagnosis.facts.evidence import EvidenceKind
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Fact, RunFacts


def facts(*specs: Spec) -> RunFacts:
    return replay(recorded(*specs)).facts


def value(fact: Fact[object] | None) -> str | None:
    return str(fact.value) if fact else None


def test_a_release_tells_everything_but_what_it_does_not_print() -> None:
    found = facts(*RELEASE)
    assert value(found.role_arn) == ROLE
    assert value(found.region) == REGION
    assert value(found.audience) == "sts.amazonaws.com"
    assert value(found.registry) == HOST
    assert value(found.repository) == "shop/web"
    assert value(found.tag) == "1.4.0"
    assert value(found.digest) == DIGEST
    assert found.environment is None
    assert found.principal is None


def test_each_fact_shows_the_line_on_which_it_stands() -> None:
    found = facts(*RELEASE)
    for fact in (
        found.role_arn,
        found.region,
        found.audience,
        found.registry,
        found.repository,
        found.tag,
        found.digest,
    ):
        assert fact is not None
        assert fact.found_in.kind is EvidenceKind.LOG_LINE
        assert str(fact.value) in fact.found_in.text
        assert fact.found_in.address is not None


@pytest.mark.parametrize("key", ["role-to-assume", "aws-region"])
def test_a_masked_input_is_no_fact(key: str) -> None:
    configure = replace(CONFIGURE, inputs={**CONFIGURE.inputs, key: "***"}, written_inputs={key: "${{ secrets.X }}"})
    found = facts(CHECKOUT, configure)
    assert (found.role_arn if key == "role-to-assume" else found.region) is None


def test_a_masked_account_inside_a_role_is_no_fact_either() -> None:
    configure = replace(
        CONFIGURE,
        inputs={**CONFIGURE.inputs, "role-to-assume": "arn:aws:iam::***:role/release"},
        written_inputs={"role-to-assume": "arn:aws:iam::${{ secrets.ACCOUNT }}:role/release"},
    )
    assert facts(CHECKOUT, configure).role_arn is None


def masked_role(principal: str, *before: Spec, **inputs: str) -> Fact | None:
    configure = replace(
        CONFIGURE,
        inputs={**CONFIGURE.inputs, **inputs, "role-to-assume": "***"},
        written_inputs={"role-to-assume": "${{ secrets.R }}", **inputs},
    )
    refused = failing(PUSH, denied("ecr:PutImage").replace(SESSION, principal), exit_code=1)
    return facts(CHECKOUT, *before, configure, LOGIN, refused).session_role


def test_a_masked_role_shows_in_the_session_that_aws_names_in_a_denial() -> None:
    assert value(masked_role(SESSION)) == ROLE
    assert value(masked_role(SESSION.replace("GitHubActions", "ship"), **{"role-session-name": "ship"})) == ROLE


@pytest.mark.parametrize(
    "principal",
    [SESSION.replace("GitHubActions", "i-0123456789abcdef0"), f"arn:aws:iam::{ACCOUNT}:user/release"],
    ids=["the runner's own role", "a user"],
)
def test_another_principal_in_a_denial_is_not_the_masked_role(principal: str) -> None:
    assert masked_role(principal) is None


def test_a_session_may_be_of_either_role_where_two_are_assumed() -> None:
    assert masked_role(SESSION, CONFIGURE) is None


def test_a_legible_role_needs_no_session_to_tell_it() -> None:
    assert facts(CHECKOUT, CONFIGURE, LOGIN, failing(PUSH, denied("ecr:PutImage"), exit_code=1)).session_role is None


def test_of_a_masked_host_the_repository_and_the_region_remain() -> None:
    masked = IMAGE.replace(ACCOUNT, "***")
    push = replace(PUSH, run=f"docker push {masked}:1.4.0", output=[f"The push refers to repository [{masked}]"])
    configure = replace(
        CONFIGURE, inputs={"role-to-assume": "***"}, written_inputs={"role-to-assume": "${{ secrets.R }}"}
    )
    found = facts(CHECKOUT, configure, replace(LOGIN, output=[f"Logging into registry {masked.split('/')[0]}"]), push)
    assert found.registry is None
    assert value(found.repository) == "shop/web"
    assert value(found.region) == REGION


def test_of_a_run_that_stopped_early_the_file_tells_what_it_would_have_pushed() -> None:
    found = facts(
        CHECKOUT, failing(CONFIGURE, "##[error]Could not assume role with OIDC: nothing"), *skipped(LOGIN, PUSH)
    )
    assert value(found.repository) == "shop/web"
    assert found.repository is not None
    assert found.repository.found_in.kind is EvidenceKind.WORKFLOW_FILE
    assert value(found.tag) == "1.4.0"
    assert found.digest is None


def test_the_environment_block_of_the_log_fills_in_the_files_expressions() -> None:
    env = {"IMAGE_URI": IMAGE}
    push = Spec(name="Ship", run='docker push "$IMAGE_URI:${GITHUB_SHA::7}"', env={"IMAGE_URI": "${{ inputs.uri }}"})
    head = Spec(run="make", env=env)
    steps = (head, replace(CONFIGURE, conclusion="failure"), *skipped(LOGIN, push))
    written = (replace(head, env={}), CONFIGURE, LOGIN, replace(push, env={}))
    found = replay(
        with_workflow(
            attempt_of(job_of(*steps)), file_of(written_job(*written, env=(("IMAGE_URI", "${{ inputs.uri }}"),)))
        )
    ).facts
    assert value(found.repository) == "shop/web"
    assert value(found.tag) == "c0ffee0"


def test_outputs_of_earlier_steps_are_followed() -> None:
    meta = Spec(name="Meta", run='TAG="v-${GITHUB_RUN_NUMBER}"\necho "ref=' + IMAGE + ':${TAG}" >> "$GITHUB_OUTPUT"')
    push = Spec(name="Ship", run="docker push ${{ steps.meta.outputs.ref }}")
    steps = (CHECKOUT, replace(CONFIGURE, conclusion="failure"), *skipped(LOGIN, meta, push))
    assert value(facts(*steps).tag) == "v-12"


def test_an_address_taken_apart_by_the_shell_is_understood() -> None:
    read = replace(
        READ_BACK, run='aws ecr describe-images --repository-name "${URI#*/}"', env={**AWS_ENV, "URI": IMAGE}
    )
    result = replay(recorded(CHECKOUT, CONFIGURE, LOGIN, read))
    assert {need.resource for need in result.needs if need.action == "ecr:DescribeImages"} == {
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/web"
    }


def test_the_principal_is_read_from_an_identity_call() -> None:
    who = Spec(run="aws sts get-caller-identity", env=AWS_ENV, output=["{", f'    "Arn": "{SESSION}"', "}"])
    assert value(facts(CHECKOUT, CONFIGURE, who).principal) == SESSION


def test_a_principal_in_an_echoed_script_is_no_fact() -> None:
    script = Spec(run=f"echo expecting {SESSION}", env=AWS_ENV)
    assert facts(CHECKOUT, CONFIGURE, script).principal is None


def test_the_digest_is_taken_from_the_step_that_reads_it_back_where_the_push_is_quiet() -> None:
    push = replace(PUSH, run=f"docker push -q {IMAGE}:1.4.0", output=[f"{IMAGE}:1.4.0"])
    assert value(facts(CHECKOUT, CONFIGURE, LOGIN, push, READ_BACK).digest) == DIGEST


def test_a_digest_pushed_elsewhere_is_no_fact_of_this_release() -> None:
    push = Spec(run="docker push ghcr.io/acme/web:1", output=[f"1: digest: {DIGEST} size: 7"])
    assert facts(CHECKOUT, CONFIGURE, LOGIN, push).digest is None


def test_the_environment_is_the_jobs_and_stands_in_the_file() -> None:
    attempt = attempt_of(job_of(*RELEASE))
    workflow = file_of(written_job(*RELEASE, environment="production"))
    found = replay(with_workflow(attempt, workflow)).facts.environment
    assert value(found) == "production"
    assert found is not None
    assert found.found_in.kind is EvidenceKind.WORKFLOW_FILE


def test_an_environment_by_expression_is_taken_from_the_api() -> None:
    attempt = attempt_of(job_of(*RELEASE), environment="staging")
    workflow = file_of(written_job(*RELEASE, environment="${{ inputs.target }}"))
    assert value(replay(with_workflow(attempt, workflow)).facts.environment) == "staging"


def test_build_push_action_tells_registry_repository_and_tag() -> None:
    build = Spec(
        uses="docker/build-push-action@v6",
        inputs={"push": "true", "tags": f"{IMAGE}:2.0\n{IMAGE}:latest"},
        env=AWS_ENV,
        output=[
            "#15 pushing layers 2.1s done",
            f"#15 pushing manifest for {IMAGE}:2.0@{DIGEST}",
            f"#15 pushing manifest for {IMAGE}:2.0@{DIGEST} 0.8s done",
        ],
    )
    found = facts(CHECKOUT, CONFIGURE, LOGIN, build)
    assert (value(found.registry), value(found.repository), value(found.tag)) == (HOST, "shop/web", "2.0")
    assert value(found.digest) == DIGEST


def test_the_images_of_metadata_action_are_known_before_its_tags_are() -> None:
    meta = Spec(name="Meta", uses="docker/metadata-action@v5", inputs={"images": f"ghcr.io/acme/web\n{IMAGE}"})
    build = Spec(
        name="Build",
        uses="docker/build-push-action@v6",
        inputs={"push": "true", "tags": "${{ steps.meta.outputs.tags }}"},
    )
    found = facts(CHECKOUT, replace(CONFIGURE, conclusion="failure"), *skipped(LOGIN, meta, build))
    assert value(found.repository) == "shop/web"


def test_the_principal_of_a_denial_is_told_by_an_annotation_too() -> None:
    words = denied("ecr:GetAuthorizationToken", "*")
    job = job_of(CHECKOUT, CONFIGURE, failing(LOGIN), log=EXPIRED, annotations=(words,))
    found = replay(with_workflow(attempt_of(job), file_of(written_job(CHECKOUT, CONFIGURE, LOGIN)))).facts.principal
    assert value(found) == SESSION
    assert found is not None
    assert found.found_in.kind is EvidenceKind.ANNOTATION
