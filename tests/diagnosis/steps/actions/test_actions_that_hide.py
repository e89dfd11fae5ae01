"""Inputs in which an action is easily taken for harmless: commands beside the main one, actions within actions, computed text."""

from __future__ import annotations

import pytest

from diagnosis.facts.reading import Known
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.operations import operations_of_action
from diagnosis.steps.actions.scripts import script_of_action
from diagnosis.steps.actions.understood import only_judges
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.local_actions import folder_of
from diagnosis.steps.repository_files import NO_FILES, Files

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
LISTS = "aws s3 ls s3://b"
VALUES = {"AWS_REGION": "us-east-1"}


def read(uses: str, inputs: dict[str, str], files: Files = NO_FILES) -> list[Operation]:
    script = script_of_action(ActionUse(uses, inputs, VALUES, files))
    run = operations_of_script(script, VALUES, files)[0] if script else ()
    return [
        each
        for each in (*operations_of_action(uses, inputs, VALUES, files), *run)
        if each.purpose is not Purpose.NOTHING
    ]


@pytest.mark.parametrize(
    ("uses", "inputs"),
    [
        ("nick-fields/retry@v3", {"command": "echo", "on_retry_command": LISTS}),
        ("nick-fields/retry@v3", {"command": "echo", "new_command_on_retry": LISTS}),
        ("nick-fields/retry@v3", {"command": "echo x\n" * 4_000 + LISTS}),
        ("wandalen/wretry.action@v3", {"command": "echo", "pre_retry_command": LISTS}),
        ("wandalen/wretry.action@v3", {"action": "jakejarvis/s3-sync-action@master"}),
        ("wandalen/wretry.action@v3", {"action": "nick-fields/retry@v3", "with": f"command: {LISTS}"}),
        ("wandalen/wretry.action@v3", {"action": "nick-fields/retry@v3", "with": "- no mapping"}),
        ("cypress-io/github-action@v6", {"install-command": LISTS}),
        ("reactivecircus/android-emulator-runner@v2", {"script": "echo", "pre-emulator-launch-script": LISTS}),
        ("serverless/github-action@v3", {"entrypoint": "/bin/sh", "args": f'-c "{LISTS}"'}),
        ("serverless/github-action@v3", {"entrypoint": "./deploy.sh", "args": "prod"}),
        ("docker/build-push-action@v6", {"cache-to": "type=s3,region=eu-west-1,bucket=b,name=n"}),
        ("docker/build-push-action@v6", {"cache-from": "type=s3,region=eu-west-1,bucket=b,name=n"}),
        ("actions/docker/cli@master", {"args": f"push {HOST}/a"}),
        ("actions/somebody-elses@v1", {}),
        ("mxschmitt/action-tmate@v3", {}),
        ("actions/github-script@v7", {"script": "__original_require__('child_process')"}),
        ("actions/github-script@v7", {"script": "(() => {}).constructor('return 1')()"}),
        ("actions/github-script@v7", {"script": "${{ env.CODE }}"}),
    ],
)
def test_what_an_action_runs_is_seen_or_named(uses: str, inputs: dict[str, str]) -> None:
    assert read(uses, inputs)


@pytest.mark.parametrize(
    ("uses", "inputs"),
    [
        ("actions/checkout@v4", {}),
        ("actions/cache/restore@v4", {}),
        ("actions/setup-java@v4", {}),
        ("actions/github-script@v7", {"script": "await github.rest.issues.create({title: '${{ github.ref }}'})"}),
        ("docker/build-push-action@v6", {"outputs": "type=docker,dest=${{ runner.temp }}/x.tar"}),
        ("docker/build-push-action@v6", {"outputs": "type=image,name=$X,push=false"}),
        ("redhat-actions/buildah-build@v2", {"base-image": "docker.io/library/alpine"}),
        ("aquasecurity/trivy-action@master", {"scan-type": "fs"}),
    ],
)
def test_what_is_known_to_leave_aws_alone_stays_so(uses: str, inputs: dict[str, str]) -> None:
    assert not read(uses, inputs)


@pytest.mark.parametrize("outputs", ["${{ steps.x.outputs.y }}", "type=image,name=$X,push=${{ steps.x.outputs.y }}"])
def test_an_output_that_is_not_legible_may_push(outputs: str) -> None:
    found = read("docker/build-push-action@v6", {"outputs": outputs, "tags": f"{HOST}/a:1"})
    assert [(each.purpose, each.target) for each in found] == [(Purpose.PUSH, f"{HOST}/a:1")]


@pytest.mark.parametrize(
    ("uses", "inputs", "pulled"),
    [
        ("redhat-actions/buildah-build@v2", {"containerfiles": "./build/Containerfile"}, [f"{HOST}/base:1"]),
        (
            "redhat-actions/buildah-build@v2",
            {"dockerfiles": "build/Containerfile\n", "context": "."},
            [f"{HOST}/base:1"],
        ),
        ("redhat-actions/buildah-build@v2", {"base-image": f"{HOST}/base:2"}, [f"{HOST}/base:2"]),
        ("snyk/actions/docker@master", {"image": f"{HOST}/a:1"}, [f"{HOST}/a:1"]),
        (
            "aquasecurity/trivy-action@master",
            {"image-ref": "${{ steps.x.outputs.image }}"},
            ["${{ steps.x.outputs.image }}"],
        ),
    ],
)
def test_what_an_action_pulls_is_a_need(uses: str, inputs: dict[str, str], pulled: list[str]) -> None:
    found = read(uses, inputs, Files({"build/Containerfile": Known(f"FROM {HOST}/base:1\n")}))
    assert [each.target for each in found if each.purpose is Purpose.PULL] == pulled


def test_a_local_action_lies_where_its_path_leads() -> None:
    assert folder_of("./.github/../actions/a") == "actions/a"
    assert folder_of("./../a") is None


def test_no_name_of_an_action_makes_it_planescopes_own() -> None:
    home, commit = "octo-org/planescope", 40 * "a"
    assert only_judges(f"Octo-Org/Planescope@{commit}", "conform", home)
    others = ("evil/planescope", "octo-org/planescope-fork", "octo-org/planescope/sub", "./planescope", "")
    for other in others:
        assert not only_judges(f"{other}@{commit}", "conform", home), other
    # Of any other length it may be a branch, and whoever hosts it is not known by its name alone.
    for ref in ("main", "v1", 39 * "a", 41 * "a", 64 * "a", f"{commit}/x", f" {commit}", ""):
        assert not only_judges(f"{home}@{ref}", "conform", home), ref
    for nobody in (None, ""):
        assert not only_judges(f"{home}@{commit}", "conform", nobody)
        assert not only_judges(f"@{commit}", "conform", nobody)
    assert Purpose.OPAQUE in {each.purpose for each in read(f"{home}@{commit}", {"command": "preflight"})}
