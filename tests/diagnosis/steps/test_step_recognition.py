"""Steps are recognised by what they are: uses, inputs, script; every tool, every major version."""

from __future__ import annotations

import pytest
from replay_builders import ACCOUNT, HOST, IMAGE, REGION

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.actions.operations import operations_of_action
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Purpose, StepKind
from diagnosis.steps.variables import expand, is_legible


@pytest.mark.parametrize(
    "version", ["v1", "v1-node16", "v2", "v3", "v4", "v4.0.2", "v5", "v6", "main", "e3dd6a4" + "0" * 33]
)
def test_every_version_of_the_credentials_action_is_the_credentials_action(version: str) -> None:
    assert action_kind(f"aws-actions/configure-aws-credentials@{version}") is StepKind.CONFIGURE_AWS_CREDENTIALS
    assert action_kind(f"AWS-Actions/Configure-AWS-Credentials@{version}") is StepKind.CONFIGURE_AWS_CREDENTIALS


@pytest.mark.parametrize(
    ("uses", "kind"),
    [
        ("aws-actions/amazon-ecr-login@v2", StepKind.AMAZON_ECR_LOGIN),
        ("docker/login-action@v3", StepKind.DOCKER_LOGIN_ACTION),
        ("docker/build-push-action@v6", StepKind.BUILD_PUSH_ACTION),
        ("actions/upload-artifact@v4", StepKind.UPLOAD_ARTIFACT),
        ("docker://gcr.io/kaniko-project/executor:latest", StepKind.KANIKO),
        ("acme/configure-aws-credentials@v4", StepKind.OTHER),
        ("./.github/actions/aws-actions/configure-aws-credentials", StepKind.OTHER),
        ("", StepKind.OTHER),
        (None, StepKind.OTHER),
    ],
)
def test_actions(uses: str | None, kind: StepKind) -> None:
    assert action_kind(uses) is kind


@pytest.mark.parametrize(
    ("script", "kind", "purpose"),
    [
        ("docker push a.b/c", StepKind.DOCKER, Purpose.PUSH),
        ("docker buildx build --push -t a.b/c .", StepKind.BUILDX, Purpose.PUSH),
        ("buildah push x docker://a.b/c", StepKind.BUILDAH, Purpose.PUSH),
        ("podman push a.b/c", StepKind.PODMAN, Purpose.PUSH),
        ("skopeo copy dir:x docker://a.b/c", StepKind.SKOPEO, Purpose.PUSH),
        ("crane push x.tar a.b/c", StepKind.CRANE, Purpose.PUSH),
        ("ko build ./...", StepKind.KO, Purpose.PUSH),
        ("/kaniko/executor --destination a.b/c", StepKind.KANIKO, Purpose.PUSH),
        ("helm push c.tgz oci://a.b", StepKind.HELM, Purpose.PUSH),
        ("docker compose push", StepKind.DOCKER, Purpose.PUSH),
        ("aws ecr get-login-password", StepKind.ECR_LOGIN_PASSWORD, Purpose.LOGIN),
        ("aws ecr describe-images --repository-name x", StepKind.ECR_DESCRIBE_IMAGES, Purpose.CALL),
        ("aws ecr put-image-tag-mutability --repository-name x", StepKind.ECR_CALL, Purpose.CALL),
        ("aws s3 ls", StepKind.AWS_CLI, Purpose.SERVICE),
        ("aws sts assume-role-with-web-identity --role-arn r", StepKind.STS_ASSUME, Purpose.ASSUME),
        ("npx cdk deploy", StepKind.CDK, Purpose.SERVICE),
        ("cdk deploy", StepKind.CDK, Purpose.NOT_JUDGED),
        ("sam build", StepKind.SAM, Purpose.NOTHING),
        ("terraform apply -auto-approve", StepKind.TERRAFORM, Purpose.NOT_JUDGED),
        ("tofu plan", StepKind.TERRAFORM, Purpose.NOT_JUDGED),
    ],
)
def test_scripts(script: str, kind: StepKind, purpose: Purpose) -> None:
    operations, _ = operations_of_script(script, {})
    assert (kind, purpose) in {(operation.kind, operation.purpose) for operation in operations}


@pytest.mark.parametrize(
    "script", ["docker", "aws", "aws ecr", "ko", "helm", "crane cp", "skopeo copy a", "npx", "docker push"]
)
def test_commands_without_their_arguments_are_no_error(script: str) -> None:
    operations_of_script(script, {})


def test_sam_logs_in_and_pushes_by_itself() -> None:
    operations, _ = operations_of_script(f"sam deploy --image-repository {IMAGE}", {})
    assert [operation.purpose for operation in operations][:2] == [Purpose.LOGIN, Purpose.PUSH]


def test_docker_login_to_another_registry_is_no_login_to_ecr() -> None:
    (operation,) = operations_of_action("docker/login-action@v3", {"registry": "ghcr.io"})
    assert operation.action is None
    assert operation.elsewhere
    (hub,) = operations_of_action("docker/login-action@v3", {"username": "ada"})
    assert hub.elsewhere


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{IMAGE}:1.4.0", (HOST, ACCOUNT, REGION, "shop/web", "1.4.0")),
        (f"https://{HOST}/", (HOST, ACCOUNT, REGION, None, None)),
        (f"[{IMAGE}]", (HOST, ACCOUNT, REGION, "shop/web", None)),
        (f"{HOST}/$NAME:1", (HOST, ACCOUNT, REGION, None, "1")),
        (f"{HOST}/web-$ENV:1", (HOST, ACCOUNT, REGION, None, "1")),
        (f"{IMAGE}:v-${{X}}", (HOST, ACCOUNT, REGION, "shop/web", None)),
        (
            "***.dkr.ecr.eu-west-1.amazonaws.com/a:***",
            ("***.dkr.ecr.eu-west-1.amazonaws.com", None, "eu-west-1", "a", None),
        ),
        (
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a",
            ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "111122223333", "cn-north-1", "a", None),
        ),
        (
            "111122223333.dkr-ecr.us-east-1.on.aws/a",
            ("111122223333.dkr-ecr.us-east-1.on.aws", "111122223333", "us-east-1", "a", None),
        ),
        (
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a",
            ("111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "111122223333", "us-gov-west-1", "a", None),
        ),
    ],
)
def test_addresses_are_read_as_far_as_they_are_legible(text: str, expected: tuple[str | None, ...]) -> None:
    (found,) = EcrAddress.find_all(text)
    assert (found.host, found.account, found.region, found.repository, found.tag) == expected


@pytest.mark.parametrize("text", ["ghcr.io/a/b", "1.dkr.ecr.eu-west-1.amazonaws.com/a", "dkr.ecr.amazonaws.com", ""])
def test_other_addresses_are_none_of_ecr(text: str) -> None:
    assert list(EcrAddress.find_all(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/x", "one/x"),
        ("${A}x", "onex"),
        ("${MISSING:-two}", "two"),
        ("${MISSING}", "${MISSING}"),
        ("${{ env.A }}", "one"),
        ("${{ inputs.b }}/${{ github.event.inputs.b }}", "bee/bee"),
        ("${{ steps.any.outputs.c }}", "sea"),
        ("${{ secrets.S }}", "${{ secrets.S }}"),
        ("${LONG:0:3}-${LONG::2}", "abc-ab"),
        ("${PATH_:=x}", "${PATH_:=x}"),
        ("${URI#*/}|${URI##*/}|${URI%:*}|${URI%%/*}", "n/m:t|m:t|h/n/m|h"),
        ("${UP,,}", "abc"),
        ("$CHAIN", "one"),
        ("$env:A", "one"),
    ],
)
def test_expansion_by_known_values_only(text: str, expected: str) -> None:
    values = {
        "A": "one",
        "inputs.b": "bee",
        "outputs.c": "sea",
        "LONG": "abcdef",
        "URI": "h/n/m:t",
        "UP": "ABC",
        "CHAIN": "$A",
    }
    assert expand(text, values) == expected


def test_a_variable_of_itself_does_not_run_away() -> None:
    assert len(expand("$A", {"A": "$A$A$A$A"})) < 10_000


@pytest.mark.parametrize(("text", "legible"), [("x", True), ("", False), (None, False), ("a***", False), ("$X", False)])
def test_masked_and_unexpanded_values_are_not_legible(text: str | None, legible: bool) -> None:
    assert is_legible(text) is legible
