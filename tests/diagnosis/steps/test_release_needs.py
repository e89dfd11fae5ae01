"""Which ECR actions a release needs, on which resource, in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    CHECKOUT,
    CONFIGURE,
    HOST,
    IMAGE,
    LOGIN,
    PUSH,
    READ_BACK,
    REGION,
    RELEASE,
    REPOSITORY,
    REPOSITORY_ARN,
    ROLE,
    Spec,
    attempt_of,
    denied,
    failing,
    file_of,
    job_of,
    skipped,
    written_job,
)

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import UnparsableWorkflow
from diagnosis.gates import Checkpoint
from diagnosis.replay.attempt import replay
from diagnosis.steps.needs import is_never, needs_for
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import RunFacts

PUSH_SET = {
    f"ecr:{name}"
    for name in (
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
        "BatchGetImage",
        "GetDownloadUrlForLayer",
    )
}
PULL_SET = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"}
TOKEN = "ecr:GetAuthorizationToken"


def needs(*specs: Spec, case: Case | None = None) -> tuple[Need, ...]:
    """By the file alone: no run has shown anything."""
    return needs_for(file_of(written_job(*specs)), "release", RunFacts(), case)


def pairs(found: tuple[Need, ...]) -> set[tuple[str, str | None]]:
    return {(need.action, need.resource) for need in found}


def test_login_push_and_digest_step_need_nine_actions() -> None:
    found = needs(*RELEASE)
    assert pairs(found) == {(TOKEN, "*"), ("ecr:DescribeImages", REPOSITORY_ARN)} | {
        (name, REPOSITORY_ARN) for name in PUSH_SET
    }
    assert len(found) == 9


def test_needs_come_in_the_order_in_which_a_run_meets_them() -> None:
    found = needs(*RELEASE)
    assert [need.order for need in found] == list(range(9))
    assert [need.action.partition(":")[2] for need in found[:6]] == [
        "GetAuthorizationToken",
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    ]
    assert found[-1].action == "ecr:DescribeImages"


def test_each_need_has_its_checkpoint_and_its_step() -> None:
    by_action = {need.action: need for need in needs(*RELEASE)}
    assert by_action[TOKEN].checkpoint is Checkpoint.REGISTRY_AUTH
    assert by_action["ecr:BatchGetImage"].checkpoint is Checkpoint.REGISTRY_PUSH
    assert by_action["ecr:DescribeImages"].checkpoint is Checkpoint.REGISTRY_PULL
    assert by_action["ecr:DescribeImages"].step == "Read the digest back"
    assert "Ship it" in by_action["ecr:PutImage"].because


@pytest.mark.parametrize(
    "script",
    [
        f"docker push {IMAGE}:1",
        f"docker image push {IMAGE}:1",
        f"docker build --push -t {IMAGE}:1 .",
        f"docker buildx build --platform linux/amd64 --push --tag {IMAGE}:1 .",
        f"docker buildx build --output type=registry -t {IMAGE}:1 .",
        f"buildah push app docker://{IMAGE}:1",
        f"podman push --creds a:b app {IMAGE}:1",
        f"skopeo copy docker-archive:app.tar docker://{IMAGE}:1",
        f"crane push app.tar {IMAGE}:1",
        f"KO_DOCKER_REPO={IMAGE} ko build --bare ./cmd/web",
        f"export KO_DOCKER_REPO={IMAGE}\nko publish --bare ./cmd/web",
        f"/kaniko/executor --context . --destination={IMAGE}:1",
        f"docker run -v $PWD:/w gcr.io/kaniko-project/executor:v1 --destination {IMAGE}:1",
        f"oras push {IMAGE}:1 file.txt",
        f"cosign sign --yes {IMAGE}@sha256:{'0' * 64}",
        f'REG={HOST}\nNAME=shop/web\ndocker push "$REG/${{NAME}}:1"',
        f"IMAGE={IMAGE}:1\nif ! docker push $IMAGE; then exit 1; fi",
        f"for i in 1 2; do\n  sudo docker push {IMAGE}:$i\ndone",
        f"bash -c 'docker push {IMAGE}:1'",
    ],
)
def test_every_tool_that_pushes_needs_the_push_set(script: str) -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, Spec(run=script))
    assert pairs(found) == {(TOKEN, "*")} | {(name, REPOSITORY_ARN) for name in PUSH_SET}


@pytest.mark.parametrize(
    "script",
    [
        f"docker pull {IMAGE}:1",
        f"docker run --rm {IMAGE}:1 true",
        f"skopeo inspect docker://{IMAGE}:1",
        f"crane digest {IMAGE}:1",
        f"docker manifest inspect {IMAGE}:1",
        f"docker build --cache-from {IMAGE}:cache .",
    ],
)
def test_reading_an_image_needs_the_pull_set(script: str) -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, Spec(run=script))
    assert pairs(found) == {(TOKEN, "*")} | {(name, REPOSITORY_ARN) for name in PULL_SET}
    assert {need.checkpoint for need in found} == {Checkpoint.REGISTRY_AUTH, Checkpoint.REGISTRY_PULL}


@pytest.mark.parametrize(
    "script",
    [
        "docker push ghcr.io/acme/web:1",
        "docker push acme/web:1",
        "docker push registry.example.org:5000/web",
        f"docker build -t {IMAGE}:1 .",
        f"echo 'docker push {IMAGE}:1'",
        f"# docker push {IMAGE}:1",
        f"cat > plan.txt <<'EOF'\ndocker push {IMAGE}:1\nEOF",
        f"docker tag web {IMAGE}:1",
    ],
)
def test_what_pushes_nothing_to_ecr_needs_nothing_of_it(script: str) -> None:
    assert pairs(needs(CHECKOUT, CONFIGURE, LOGIN, Spec(run=script))) == {(TOKEN, "*")}


@pytest.mark.parametrize(
    ("script", "action", "checkpoint"),
    [
        ("aws ecr create-repository --repository-name shop/web", "ecr:CreateRepository", Checkpoint.REGISTRY_PUSH),
        (
            "aws ecr put-lifecycle-policy --repository-name shop/web --lifecycle-policy-text file://l.json",
            "ecr:PutLifecyclePolicy",
            Checkpoint.REGISTRY_PUSH,
        ),
        (
            "aws ecr describe-repositories --repository-names=shop/web",
            "ecr:DescribeRepositories",
            Checkpoint.REGISTRY_PULL,
        ),
        ("aws ecr list-images --repository-name shop/web", "ecr:ListImages", Checkpoint.REGISTRY_PULL),
        (
            "aws ecr wait image-scan-complete --repository-name shop/web --image-id imageTag=1",
            "ecr:DescribeImageScanFindings",
            Checkpoint.REGISTRY_PULL,
        ),
        (
            "aws --output json ecr batch-get-image --repository-name shop/web",
            "ecr:BatchGetImage",
            Checkpoint.REGISTRY_PULL,
        ),
    ],
)
def test_a_call_of_the_aws_cli_needs_its_own_action(script: str, action: str, checkpoint: Checkpoint) -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, Spec(run=script))
    need = next(need for need in found if need.action == action)
    assert (need.resource, need.checkpoint) == (REPOSITORY_ARN, checkpoint)


def test_a_call_about_the_registry_as_a_whole_has_no_resource_level() -> None:
    found = needs(CHECKOUT, CONFIGURE, Spec(run="aws ecr describe-registry"))
    assert ("ecr:DescribeRegistry", "*") in pairs(found)


def test_listing_all_repositories_is_a_call_on_all_of_them() -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, PUSH, Spec(run="aws ecr describe-repositories"))
    assert ("ecr:DescribeRepositories", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*") in pairs(found)


@pytest.mark.parametrize(
    "login",
    [
        LOGIN,
        Spec(run=f"aws ecr get-login-password --region {REGION} | docker login --username AWS --password-stdin {HOST}"),
        Spec(run="$(aws ecr get-login --no-include-email)"),
        Spec(uses="docker/login-action@v3", inputs={"registry": HOST}),
    ],
)
def test_every_way_to_log_in_needs_the_token_on_a_star(login: Spec) -> None:
    found = needs(CHECKOUT, CONFIGURE, login)
    assert [(need.action, need.resource, need.checkpoint) for need in found] == [(TOKEN, "*", Checkpoint.REGISTRY_AUTH)]


def test_a_push_by_a_credential_helper_needs_the_token_too() -> None:
    found = needs(CHECKOUT, CONFIGURE, Spec(run=f"/kaniko/executor --destination {IMAGE}:1"))
    assert (found[0].action, found[0].resource) == (TOKEN, "*")
    assert len(found) == 8


def test_build_push_action_pushes_only_when_asked_to() -> None:
    inputs = {"tags": f"{IMAGE}:1\n{IMAGE}:latest", "push": "true"}
    build = Spec(uses="docker/build-push-action@v6", inputs=inputs)
    assert {name for name, _ in pairs(needs(LOGIN, build))} == {TOKEN, *PUSH_SET}
    assert {name for name, _ in pairs(needs(LOGIN, replace(build, inputs={**inputs, "push": "false"})))} == {TOKEN}


def test_a_build_cache_in_the_registry_is_pulled_and_pushed_there() -> None:
    cache = f"{HOST}/shop/cache"
    build = Spec(
        uses="docker/build-push-action@v6",
        inputs={
            "tags": f"{IMAGE}:1",
            "push": "true",
            "cache-from": f"type=registry,ref={cache}:buildcache",
            "cache-to": f"type=registry,ref={cache}:buildcache,mode=max",
        },
    )
    found = pairs(needs(LOGIN, build))
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/cache"
    assert {(name, arn) for name in PUSH_SET} <= found
    assert {(name, REPOSITORY_ARN) for name in PUSH_SET} <= found


def test_the_public_registry_has_a_set_of_its_own() -> None:
    login = replace(LOGIN, inputs={"registry-type": "public"})
    found = needs(CHECKOUT, CONFIGURE, login, Spec(run="docker push public.ecr.aws/a1b2c3/web:1"))
    assert {need.action for need in found} == {
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
        *(
            f"ecr-public:{name}"
            for name in (
                "BatchCheckLayerAvailability",
                "InitiateLayerUpload",
                "UploadLayerPart",
                "CompleteLayerUpload",
                "PutImage",
            )
        ),
    }
    assert {need.resource for need in found if need.checkpoint is Checkpoint.REGISTRY_AUTH} == {"*"}


def test_a_conditional_step_counts_and_says_that_it_is_conditional() -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, replace(PUSH, condition="${{ inputs.publish }}"))
    need = next(need for need in found if need.action == "ecr:PutImage")
    assert "if ${{ inputs.publish }}" in need.because


def test_an_unconditional_reason_wins_over_a_conditional_one() -> None:
    found = needs(CHECKOUT, CONFIGURE, LOGIN, replace(PUSH, name="Maybe", condition="inputs.publish"), PUSH)
    assert all("Ship it" in need.because for need in found if need.checkpoint is Checkpoint.REGISTRY_PUSH)


@pytest.mark.parametrize("condition", ["false", "${{ false }}", "${{ false && inputs.x }}", "'' ", "0"])
def test_a_step_that_can_never_run_needs_nothing(condition: str) -> None:
    assert pairs(needs(CHECKOUT, CONFIGURE, LOGIN, replace(PUSH, condition=condition))) == {(TOKEN, "*")}


@pytest.mark.parametrize(
    "condition", ["true", "always()", "inputs.x == false", "github.ref == 'false'", "failure()", None]
)
def test_a_condition_that_can_be_true_is_not_never(condition: str | None) -> None:
    assert not is_never(condition)


def test_an_address_in_secrets_leaves_the_resource_unknown() -> None:
    push = Spec(run='docker push "${{ secrets.REGISTRY }}/${{ secrets.NAME }}:1"')
    found = needs(CHECKOUT, replace(CONFIGURE, inputs={"role-to-assume": "${{ secrets.ROLE }}"}), LOGIN, push)
    assert {need.resource for need in found if need.checkpoint is Checkpoint.REGISTRY_PUSH} == {None}


def test_the_case_file_fills_in_what_the_run_does_not_say() -> None:
    push = Spec(run='docker push "${{ secrets.REGISTRY }}/${{ secrets.NAME }}:1"')
    configure = replace(CONFIGURE, inputs={"role-to-assume": "${{ secrets.ROLE }}"})
    case = Case(role_arn=arn_of(ROLE), region=REGION, ecr_repository="shop/web")
    found = needs(CHECKOUT, configure, LOGIN, push, case=case)
    assert {need.resource for need in found if need.checkpoint is Checkpoint.REGISTRY_PUSH} == {REPOSITORY_ARN}


def test_a_login_without_registries_is_one_to_the_roles_own_account() -> None:
    push = Spec(
        env={"REGISTRY": "${{ steps.login.outputs.registry }}", "NAME": "shop/web"},
        run="docker push $REGISTRY/$NAME:${{ github.sha }}",
    )
    found = needs(CHECKOUT, CONFIGURE, LOGIN, push)
    assert {need.resource for need in found if need.checkpoint is Checkpoint.REGISTRY_PUSH} == {REPOSITORY_ARN}


@pytest.mark.parametrize(
    ("registries", "account"), [("444455556666", "444455556666"), ("444455556666,777788889999", None)]
)
def test_a_login_to_a_named_registry_is_not_one_to_the_roles_own(registries: str, account: str | None) -> None:
    push = Spec(
        env={"REGISTRY": "${{ steps.login.outputs.registry }}", "NAME": "shop/web"},
        run="docker push $REGISTRY/$NAME:${{ github.sha }}",
    )
    login = replace(LOGIN, inputs={"registries": registries})
    found = needs(CHECKOUT, CONFIGURE, login, push)
    wanted = REPOSITORY_ARN.replace(ACCOUNT, account) if account else None
    assert {need.resource for need in found if need.checkpoint is Checkpoint.REGISTRY_PUSH} == {wanted}


def test_partitions_are_those_of_the_role() -> None:
    host = "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn"
    inputs = {"role-to-assume": f"arn:aws-cn:iam::{ACCOUNT}:role/release", "aws-region": "cn-north-1"}
    found = needs(CHECKOUT, replace(CONFIGURE, inputs=inputs), LOGIN, Spec(run=f"docker push {host}/shop/web:1"))
    assert f"arn:aws-cn:ecr:cn-north-1:{ACCOUNT}:repository/shop/web" in {need.resource for need in found}


def test_steps_that_the_failure_kept_from_running_are_needed_all_the_same() -> None:
    steps = (CHECKOUT, replace(CONFIGURE, conclusion="failure"), *skipped(LOGIN, PUSH, READ_BACK))
    result = replay(with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps))))
    assert len(result.needs) == 9


def test_a_head_that_shows_less_of_a_script_than_the_file_hides_none_of_its_needs() -> None:
    script = f"docker push {IMAGE}:1.4.0\naws ecr describe-images --repository-name {REPOSITORY}"
    ship = Spec(name="Ship", run=script, output=["pushed"])
    job = job_of(CHECKOUT, CONFIGURE, LOGIN, ship)
    assert isinstance(job.log, Known)
    cut = "\n".join(line for line in job.log.value.split("\n") if "\x1b[36;1maws ecr" not in line)
    assert cut != job.log.value
    attempt = attempt_of(replace(job, log=Known(cut)))
    found = replay(with_workflow(attempt, file_of(written_job(CHECKOUT, CONFIGURE, LOGIN, ship)))).needs
    assert ("ecr:DescribeImages", REPOSITORY_ARN) in pairs(found)


def test_inputs_that_an_abridged_head_leaves_out_are_those_of_the_file() -> None:
    written = replace(LOGIN, inputs={"registries": "444455556666"})
    shown = replace(LOGIN, inputs={})
    push = Spec(name="Ship", run=f"docker push $REGISTRY/{REPOSITORY}:v1", conclusion="skipped")
    asks = replace(push, env={"REGISTRY": "${{ steps.login.outputs.registry }}"})
    attempt = attempt_of(job_of(CHECKOUT, CONFIGURE, failing(shown, denied(TOKEN, "*")), push))
    found = replay(with_workflow(attempt, file_of(written_job(CHECKOUT, CONFIGURE, written, asks)))).needs
    assert ("ecr:PutImage", REPOSITORY_ARN.replace(ACCOUNT, "444455556666")) in pairs(found)


def test_a_push_that_only_the_log_shows_is_needed_too() -> None:
    make = Spec(name="Release", run="make release", output=PUSH.output)
    steps = (CHECKOUT, CONFIGURE, LOGIN, make)
    result = replay(with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps))))
    assert {(name, REPOSITORY_ARN) for name in PUSH_SET} <= pairs(result.needs)


def test_without_a_readable_file_there_are_no_needs_by_the_file() -> None:
    assert needs_for(None, "release", RunFacts()) == ()
    assert needs_for(UnparsableWorkflow("x.yml", "it is empty"), "release", RunFacts()) == ()


def test_without_a_name_the_first_job_that_releases_counts() -> None:
    workflow = file_of(written_job(Spec(run="make test"), name="tests"), written_job(*RELEASE))
    assert len(needs_for(workflow, None, RunFacts())) == 9


def test_a_workflow_that_takes_everything_from_dispatch_inputs_needs_nine_with_the_case() -> None:
    steps = (
        CHECKOUT,
        replace(CONFIGURE, inputs={"role-to-assume": "${{ inputs.role }}", "aws-region": "${{ inputs.region }}"}),
        replace(LOGIN, inputs={}),
        Spec(name="Meta", run='echo "image_ref=${{ inputs.uri }}:git-${GITHUB_SHA}" >> "$GITHUB_OUTPUT"'),
        Spec(name="Push", run='docker push "${{ steps.meta.outputs.image_ref }}"'),
        Spec(
            name="Digest",
            run='D="$(aws ecr describe-images \\\n  --repository-name "${{ inputs.name }}" \\\n  --region "${{ inputs.region }}")"',
        ),
    )
    case = Case(role_arn=arn_of(ROLE), region=REGION, ecr_repository="shop/web")
    found = needs(*steps, case=case)
    assert pairs(found) == {(TOKEN, "*"), ("ecr:DescribeImages", REPOSITORY_ARN)} | {
        (name, REPOSITORY_ARN) for name in PUSH_SET
    }
    assert {need.resource for need in needs(*steps) if need.action != TOKEN} == {None}
