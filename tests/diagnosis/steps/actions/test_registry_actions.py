"""What actions push and pull, which actions are understood, which are opaque, and which command line an action runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.policy.language.actions import expand_actions
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.operations import _READERS, operations_of_action, outputs_of_action
from diagnosis.steps.actions.scripts import _LINES, script_of_action
from diagnosis.steps.kinds import Purpose

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
APP = f"{HOST}/app"
DIGEST = "sha256:" + "ab" * 32

Moves = list[tuple[str, str | None]]


def moves(uses: str, inputs: dict[str, str]) -> Moves:
    """Return what a use pushes and pulls, in order."""
    return [
        (operation.purpose.value, operation.target)
        for operation in operations_of_action(uses, inputs)
        if operation.purpose in (Purpose.PUSH, Purpose.PULL)
    ]


@pytest.mark.parametrize(
    ("uses", "inputs", "expected"),
    [
        ("docker/build-push-action@v6", {"push": "true", "tags": f"{APP}:1"}, [("push", f"{APP}:1")]),
        ("docker/build-push-action@v6", {"push": "false", "tags": f"{APP}:1"}, []),
        ("docker/build-push-action@v6", {"tags": f"{APP}:1"}, []),
        (
            "docker/build-push-action@v6",
            {"outputs": f"type=image,name={APP},push-by-digest=true,name-canonical=true,push=true"},
            [("push", APP)],
        ),
        ("depot/build-push-action@v1", {"push": "true", "tags": f"{APP}:1,{APP}:2"}, [("push", f"{APP}:1")] * 0
         + [("push", f"{APP}:1"), ("push", f"{APP}:2")]),
        ("redhat-actions/push-to-registry@v2", {"registry": HOST, "image": "app", "tags": "1 latest"},
         [("push", f"{APP}:1"), ("push", f"{APP}:latest")]),
        ("redhat-actions/push-to-registry@v2", {"tags": f"{APP}:1\n{HOST}/b:2"},
         [("push", f"{APP}:1"), ("push", f"{HOST}/b:2")]),
        ("redhat-actions/push-to-registry@v3", {"registry": f"{HOST}/team", "image": "app"},
         [("push", f"{HOST}/team/app:latest")]),
        ("redhat-actions/buildah-build@v2", {"image": "app", "tags": "1"}, []),
        ("int128/docker-manifest-create-action@v2", {"tags": f"{APP}:1", "sources": f"{APP}@{DIGEST}"},
         [("pull", f"{APP}@{DIGEST}"), ("push", f"{APP}:1")]),
        ("int128/docker-manifest-create-action@v1", {"tags": f"{APP}:1", "suffixes": "-amd64\n-arm64"},
         [("pull", f"{APP}:1-amd64"), ("pull", f"{APP}:1-arm64"), ("push", f"{APP}:1")]),
        ("Noelware/docker-manifest-action@0.2.3", {"base-image": f"{APP}:1", "extra-images": f"{APP}:1-amd64"},
         [("pull", f"{APP}:1-amd64"), ("push", f"{APP}:1")]),
        ("Noelware/docker-manifest-action@1", {"tags": f"{APP}:1", "inputs": f"{APP}:1-amd64,{APP}:1-arm64"},
         [("pull", f"{APP}:1-amd64"), ("pull", f"{APP}:1-arm64"), ("push", f"{APP}:1")]),
        ("Noelware/docker-manifest-action@v0.4", {"inputs": f"{APP}:1", "images": f"{APP}:a", "push": "true"},
         [("pull", f"{APP}:a"), ("push", f"{APP}:1")]),
        ("actions/attest-build-provenance@v2", {"subject-name": APP, "subject-digest": DIGEST,
                                                "push-to-registry": "true"}, [("push", APP)]),
        ("actions/attest@v2", {"subject-name": APP, "push-to-registry": "true"}, [("push", APP)]),
        ("actions/attest-sbom@v2", {"subject-name": APP, "push-to-registry": "false"}, []),
        ("actions/attest-build-provenance@v2", {"subject-path": "dist/*"}, []),
        ("aquasecurity/trivy-action@0.28.0", {"image-ref": f"{APP}:1"}, [("pull", f"{APP}:1")]),
        ("aquasecurity/trivy-action@0.28.0", {"scan-type": "fs"}, []),
        ("int128/kaniko-action@v1", {"push": "true", "tags": f"{APP}:1", "cache": "true",
                                     "cache-repository": f"{APP}/cache"},
         [("push", f"{APP}:1")] * 0 + [("push", f"{APP}:1"), ("pull", f"{APP}/cache"), ("push", f"{APP}/cache")]),
        ("kciter/aws-ecr-action@v5", {"account_id": "111122223333", "region": "us-east-1", "repo": "app", "tags": "1,2"},
         [("push", f"{APP}:1"), ("push", f"{APP}:2")]),
        ("kciter/aws-ecr-action@v5", {"access_key_id": "${{ secrets.KEY }}", "account_id": "111122223333",
                                      "region": "us-east-1", "repo": "app"}, []),
        ("kciter/aws-ecr-action@v5", {"repo": "app"}, [("push", None)]),
        ("jwalton/gh-ecr-push@v1", {"image": "app:1", "region": "us-east-1"}, [("push", "app:1")]),
        ("jwalton/gh-ecr-push@v1", {"image": "app:1", "direction": "pull"}, [("pull", "app:1")]),
        ("whoan/docker-build-with-cache-action@v8", {"registry": HOST, "image_name": "app"},
         [("pull", APP), ("pull", f"{APP}-stages"), ("push", APP), ("push", f"{APP}-stages")]),
        ("whoan/docker-build-with-cache-action@v8",
         {"registry": HOST, "image_name": "app", "push_image_and_stages": "false", "pull_image_and_stages": "false"}, []),
        ("elgohr/Publish-Docker-Github-Action@v5", {"registry": HOST, "name": "app"}, [("push", APP)]),
        ("mr-smithers-excellent/docker-build-push@v6", {"registry": HOST, "image": "app"}, [("push", APP)]),
        ("int128/kaniko-action@v1", {"tags": f"{APP}:1"}, []),
        ("int128/kaniko-action@v1", {"push": "true", "tags": f"{APP}:1\n{APP}:2", "cache": "true"},
         [("push", f"{APP}:1"), ("push", f"{APP}:2"), ("pull", f"{APP}/cache"), ("push", f"{APP}/cache")]),
        ("docker/build-push-action@v1", {"registry": HOST, "repository": "app", "tags": "1,2"},
         [("push", f"{APP}:1"), ("push", f"{APP}:2")]),
        ("docker/build-push-action@v1", {"registry": HOST, "repository": "app", "push": "false"}, []),
        ("cloudposse/github-action-docker-build-push@v2", {"registry": HOST, "organization": "o", "repository": "app"},
         [("push", f"{HOST}/o/app")]),
        ("appany/helm-oci-chart-releaser@v0.4", {"registry": HOST, "repository": "charts", "name": "web", "tag": "1"},
         [("push", f"{HOST}/charts/web")]),
        ("akhilerm/tag-push-action@v2", {"src": f"{APP}:ci", "dst": f"{APP}:1\n{HOST}/b:1"},
         [("pull", f"{APP}:ci"), ("push", f"{APP}:1"), ("push", f"{HOST}/b:1")]),
        ("shrink/actions-docker-registry-tag@v4",
         {"registry": HOST, "repository": "app", "target": "sha", "tags": "1\n2"},
         [("pull", f"{APP}:sha"), ("push", f"{APP}:1"), ("push", f"{APP}:2")]),
        ("sigstore/cosign-installer@v3", {}, []),
        ("ko-build/setup-ko@v0.7", {}, []),
    ],
)  # fmt: skip
def test_what_is_pushed_and_pulled(uses: str, inputs: dict[str, str], expected: Moves) -> None:
    assert moves(uses, inputs) == expected


def test_metadata_makes_tags_of_its_images() -> None:
    outputs = outputs_of_action("docker/metadata-action@v5", {"images": f"name={APP},enable=true\n{HOST}/b"})
    assert outputs == {"outputs.tags": f"{APP}\n{HOST}/b"}


def test_a_repository_that_is_made_has_the_address_of_the_one_registry() -> None:
    uses = "int128/create-ecr-repository-action@v1"
    known = {"steps.login.outputs.registry": HOST}
    assert outputs_of_action(uses, {"repository": "app"}, known) == {"outputs.repository-uri": APP}
    assert outputs_of_action(uses, {"repository": "app"}, {}) == {}
    called = [(each.action, each.tolerated) for each in operations_of_action(uses, {"repository": "app"})]
    assert called == [("ecr:DescribeRepositories", False), ("ecr:CreateRepository", True)]


@pytest.mark.parametrize(
    "uses",
    [
        "actions/checkout@v4",
        "actions/setup-node@v4",
        "actions/cache/restore@v4",
        "actions/upload-artifact@v4",
        "Actions/Checkout@v4",
        "docker/setup-buildx-action@v3",
        "docker/setup-qemu-action@v3",
        "github/codeql-action/upload-sarif@v3",
        "hashicorp/setup-terraform@v3",
        "aws-actions/setup-sam@v2",
        "dtolnay/rust-toolchain@stable",
        "slackapi/slack-github-action@v1",
        "nick-fields/retry@v3",
        "./.github/actions/own",
    ],
)
def test_an_action_that_calls_nothing_at_aws_is_understood(uses: str) -> None:
    assert {operation.purpose for operation in operations_of_action(uses, {})} == {Purpose.NOTHING}


@pytest.mark.parametrize(
    "uses",
    ["acme/deploy@v1", "acme/aws-actions@v1", "acme/checkout/actions@v1", "docker://alpine:3", "evil/actions@v4"],
)
def test_an_action_that_nobody_has_read_is_opaque(uses: str) -> None:
    (operation,) = operations_of_action(uses, {"role": "x"})
    assert operation.purpose is Purpose.OPAQUE
    assert operation.gap is not None
    assert operation.gap.what == uses
    assert operation.gap.why
    assert operation.gap.how


@pytest.mark.parametrize("name", ["amazon-eks-fargate", "codeguru-security", "aws-devicefarm-browser-testing"])
def test_an_action_of_awss_whose_calls_are_elsewhere_is_named(name: str) -> None:
    (operation,) = operations_of_action(f"aws-actions/{name}@v1", {})
    assert operation.purpose is Purpose.NOT_JUDGED


@pytest.mark.parametrize(
    ("script", "purpose"),
    [
        ("await github.rest.issues.createComment({owner, repo, body: 'done'})", Purpose.NOTHING),
        ("const {S3} = require('@aws-sdk/client-s3')", Purpose.OPAQUE),
        ("await exec.exec('aws s3 ls')", Purpose.OPAQUE),
        ("await fetch('https://example.com')", Purpose.OPAQUE),
    ],
)
def test_javascript_is_understood_where_it_only_speaks_to_github(script: str, purpose: Purpose) -> None:
    (operation,) = operations_of_action("actions/github-script@v7", {"script": script})
    assert operation.purpose is purpose
    assert script_of_action(ActionUse("actions/github-script@v7", {"script": script})) is None


@pytest.mark.parametrize(
    ("uses", "inputs", "env", "expected"),
    [
        (
            "jakejarvis/s3-sync-action@v0.5.1",
            {"args": "--acl public-read --delete"},
            {"AWS_S3_BUCKET": "b", "SOURCE_DIR": "dist", "DEST_DIR": "site"},
            "aws s3 sync dist s3://b/site --no-progress --acl public-read --delete",
        ),
        ("pulumi/actions@v6", {"command": "update", "stack-name": "prod"}, {}, "pulumi up --stack prod"),
        (
            "pulumi/actions@v6",
            {"command": "preview", "stack-name": "o/p", "cloud-url": "s3://state", "work-dir": "infra"},
            {},
            "cd infra\npulumi login s3://state\npulumi preview --stack o/p",
        ),
        ("pulumi/actions@v6", {}, {}, None),
        ("serverless/github-action@v3.2", {"args": "deploy --stage prod"}, {}, "serverless deploy --stage prod"),
        (
            "serverless/github-action@v3",
            {"args": '-c "cd ./api && serverless deploy"', "entrypoint": "/bin/sh"},
            {},
            "cd ./api && serverless deploy",
        ),
        ("youyo/aws-cdk-github-actions@v2", {"cdk_subcommand": "deploy", "cdk_stack": "*"}, {}, "cdk deploy"),
        (
            "docker/bake-action@v6",
            {"push": "true", "targets": "default", "files": "a.hcl\nb.hcl", "set": "*.tags=x"},
            {},
            "docker buildx bake --file a.hcl --file b.hcl --set '*.tags=x' --push default",
        ),
        ("docker/bake-action@v6", {"targets": "a,b"}, {}, "docker buildx bake a b"),
        ("goreleaser/goreleaser-action@v6", {"args": "release --clean"}, {}, "goreleaser release --clean"),
        ("goreleaser/goreleaser-action@v6", {"install-only": "true"}, {}, None),
        (
            "dflook/terraform-apply@v1",
            {"path": "infra/prod", "workspace": "p", "backend_config": "bucket=b,key=k", "backend_config_file": "x.tf"},
            {},
            (
                "cd infra/prod\nterraform init -backend-config=bucket=b -backend-config=key=k "
                "-backend-config=../../x.tf\nterraform workspace select p\nterraform apply"
            ),
        ),
        (
            "gruntwork-io/terragrunt-action@v2",
            {"tg_dir": "live", "tg_command": "apply"},
            {},
            "cd live\nterragrunt apply",
        ),
        (
            "OP5dev/TF-via-PR@v13",
            {"working-directory": "tf", "command": "apply", "arg-backend-config": "a.tfbackend", "arg-workspace": "w"},
            {},
            "cd tf\nterraform init -backend-config=a.tfbackend\nterraform workspace select w\nterraform apply",
        ),
        ("dfreilich/pack-action@v2", {"args": "build x --publish"}, {}, "pack build x --publish"),
        ("gradle/gradle-build-action@v3", {"arguments": "jib --info"}, {}, "./gradlew jib --info"),
        ("nick-fields/retry@v3", {"command": "docker push x", "max_attempts": "3"}, {}, "docker push x"),
        ("acme/run-it@v1", {"run": "docker push x"}, {}, "docker push x"),
        ("appleboy/ssh-action@v1", {"script": "docker pull x"}, {}, None),
        ("actions/checkout@v4", {}, {}, None),
        ("docker://amazon/aws-cli:2.15.0", {"args": "s3 ls"}, {}, "aws s3 ls"),
        ("docker://public.ecr.aws/aws-cli/aws-cli", {"args": "s3 ls"}, {}, "aws s3 ls"),
        ("docker://gcr.io/kaniko-project/executor:latest", {"args": "--destination=x"}, {}, "executor --destination=x"),
        ("docker://hashicorp/terraform:1.9", {"args": "init"}, {}, "terraform init"),
        ("docker://hashicorp/terraform:1.9", {"args": "init", "entrypoint": "/bin/sh"}, {}, None),
        ("docker://acme/aws-cli", {"args": "s3 ls"}, {}, None),
    ],
)
def test_the_command_line_that_an_action_runs(
    uses: str, inputs: dict[str, str], env: dict[str, str], expected: str | None
) -> None:
    found = script_of_action(ActionUse(uses, inputs, env))
    assert (found.strip() if found else found) == expected


_WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["true", "false", "***", "${{ x }}", "$A", "{}", "[", APP, "arn:aws:iam::1:role/x", "a,b\nc", "*"]),
)
_NAMES = """
task-definition cluster service run-task tags push image registry secret-ids parameterpairs function-name s3-bucket name
role-arn project-name bucket args command stack-name cloud-url files set targets outputs cache-from subject-name
push-to-registry suffixes sources inputs images script path workspace arguments service-managed-ebs-volume
aws_access_key_id entrypoint policy-check-type
"""
_INPUTS = st.dictionaries(st.sampled_from(_NAMES.split()), _WORDS, max_size=8)
_USES = st.one_of(st.sampled_from([f"{name}@v1" for name in (*_READERS, *_LINES)]), st.text(max_size=60))


@settings(max_examples=examples(600), deadline=None)
@given(uses=_USES, inputs=_INPUTS, env=st.dictionaries(st.sampled_from(["DISTRIBUTION", "AWS_S3_BUCKET"]), _WORDS))
def test_no_input_is_a_crash_and_what_is_illegible_names_no_resource(
    uses: str, inputs: dict[str, str], env: dict[str, str]
) -> None:
    found = operations_of_action(uses, inputs, env)
    assert found
    script_of_action(ActionUse(uses, inputs, env))
    outputs_of_action(uses, inputs, env)
    for operation in found:
        assert (operation.gap is not None) == (operation.purpose in (Purpose.OPAQUE, Purpose.NOT_JUDGED))
        if operation.purpose is Purpose.SERVICE and operation.resource is not None:
            assert "$" not in operation.resource
            assert "***" not in operation.resource
            assert operation.resource == "*" or operation.resource.startswith("arn:")


def _service_calls() -> set[str]:
    full = dict.fromkeys(
        ["task-definition", "service", "cluster", "run-task", "tags", "codedeploy-application", "s3-bucket", "role"],
        "true",
    )
    more = {"parameterpairs": "/a = B", "deployment_package": "x", "image_uri": APP, "memory_size": "1"}
    given_inputs = (full, {**full, "codedeploy-application": ""}, {"secret-ids": "a*\nb", "dist-id": "X"}, more, {})
    uses = [operations_of_action(f"{name}@v1", inputs) for name in _READERS for inputs in given_inputs]
    return {each.action or "" for found in uses for each in found if each.purpose is Purpose.SERVICE}


def test_every_action_that_is_named_is_one_of_the_service_authorization_reference() -> None:
    named = _service_calls()
    assert len(named) > 50
    unknown = {action for action in named if action not in expand_actions((action,), negated=False)}
    assert unknown == set()


def test_an_action_that_runs_another_one_does_what_that_one_does() -> None:
    inputs = {"action": "docker/build-push-action@v6", "with": f"push: true\ntags: {HOST}/app:1\n"}
    found = operations_of_action("Wandalen/wretry.action@v3", inputs)
    assert [(each.purpose, each.target) for each in found] == [(Purpose.PUSH, f"{HOST}/app:1")]
    for other in (
        {"action": "acme/deploy@v1"},
        {"action": "./own"},
        {"action": "docker/build-push-action@v6", "with": "[x"},
    ):
        assert [each.purpose for each in operations_of_action("wandalen/wretry.action@v3", other)] == [Purpose.OPAQUE]
