"""A review over the wire, GitHub on loopback and the account in moto: accept, change one thing, see that and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from thoroughness import spread
from wire_release import (
    ACCOUNT,
    CREATED,
    ISSUER,
    ROLE,
    WORKFLOW,
    LiveWorld,
    Ran,
    RoleFacts,
    WireRelease,
    live_world,
    trust,
)

from diagnosis.baseline.reading import read_baseline
from diagnosis.baseline.review import Review, Seen, review
from diagnosis.baseline.state import Acceptance, Baseline
from diagnosis.baseline.written import baseline_text, not_read
from diagnosis.findings.finding import Level
from diagnosis.names.arn import Arn

_PUSHES = f"""
on: {{push: {{branches: [main]}}}}
permissions: {{id-token: write, contents: read}}
jobs:
  push:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{ROLE}", aws-region: us-east-1}}
      - uses: aws-actions/amazon-ecr-login@v2
      - run: docker push {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:v1
"""
_SIGNS = _PUSHES.replace("[main]", "[release]").replace("docker push", "docker pull")
_ECR = "arn:aws:ecr:us-east-1:111122223333:repository/app"
_PUSH = ("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
_MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"})
_STATEMENTS = (
    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": [f"ecr:{name}" for name in (*_PUSH, "BatchGetImage", "GetDownloadUrlForLayer")],
        "Resource": _ECR,
    },
)
RELEASE = WireRelease(
    {WORKFLOW: _PUSHES}, (Ran("push", "push", "success"),), (RoleFacts(statements=_STATEMENTS),), conclusion="success"
)
ACCEPTED, LATER = CREATED + timedelta(days=1), CREATED + timedelta(days=2)
E, N = "error", "note"


@pytest.fixture
def world() -> Iterator[LiveWorld]:
    with live_world(RELEASE) as made:
        yield made


def seen(world: LiveWorld, release: WireRelease, baseline: Baseline | None = None) -> Seen:
    with world.backend(release, LATER if baseline else ACCEPTED) as backend:
        found = backend.reviewed(baseline, progress=lambda _: None, cancelled=lambda: False)
        asked = [(call.operation, call.target) for call in backend.calls()]
        assert len(asked) == len(set(asked)), asked
        return found


def accepted(world: LiveWorld) -> Baseline:
    found = seen(world, RELEASE)
    assert [role.arn.name for role in found.state.roles] == ["release"]
    assert not_read(found.state) == ()
    made = Baseline(Acceptance(found.at, "alice", "reviewed"), found.state)
    return read_baseline(baseline_text(made))


def told(result: Review) -> set[tuple[str, str]]:
    """What a change brought; moto has neither control policies nor last accesses, and reads no control policies."""
    return {(each.rule.value, each.level.value) for each in result.findings if each.level is not Level.UNKNOWN}


def _wider(world: LiveWorld) -> None:
    document = trust(("repo:octo-lab/shop:ref:refs/heads/main", "repo:octo-lab/other:ref:refs/heads/main"))
    world.client("iam").update_assume_role_policy(RoleName="release", PolicyDocument=json.dumps(document))


def _granted(world: LiveWorld) -> None:
    more = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [more]})
    world.client("iam").put_role_policy(RoleName="release", PolicyName="more", PolicyDocument=text)


def _admin(world: LiveWorld) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    world.client("iam").put_role_policy(RoleName="release", PolicyName="more", PolicyDocument=text)


def _audience(world: LiveWorld) -> None:
    iam, arn = world.client("iam"), f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    audiences = ["sts.amazonaws.com", "other"]
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=audiences, ThumbprintList=[])


def _immutable(world: LiveWorld) -> None:
    world.client("ecr").put_image_tag_mutability(repositoryName="app", imageTagMutability="IMMUTABLE")


def _registry_policy(world: LiveWorld) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:BatchGetImage"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.client("ecr").set_repository_policy(repositoryName="app", policyText=text)


def _in_github(*files: tuple[str, str]) -> WireRelease:
    return replace(RELEASE, files=dict(files))


CHANGES: dict[str, tuple[Any, WireRelease, set[tuple[str, str]]]] = {
    "nothing": (lambda _: None, RELEASE, set()),
    "trust": (_wider, RELEASE, {("trust-widened", E)}),
    "permissions": (_granted, RELEASE, {("permissions-widened", E), ("grant-unused", E)}),
    "every permission": (_admin, RELEASE, {("permissions-widened", E), ("grant-unused", E), ("least-privilege", E)}),
    "audience": (_audience, RELEASE, {("provider-changed", E)}),
    "mutability": (_immutable, RELEASE, {("registry-changed", E)}),
    "repository policy": (_registry_policy, RELEASE, {("registry-policy-changed", E)}),
    "a comment": (lambda _: None, _in_github((WORKFLOW, f"# a comment\n{_PUSHES}")), {("text-changed", N)}),
    "a needless token": (
        lambda _: None,
        _in_github((WORKFLOW, _PUSHES.replace("contents: read", "contents: write"))),
        {("workflow-permissions", E)},
    ),
    "pull alone": (
        lambda _: None,
        _in_github((WORKFLOW, _PUSHES.replace("docker push", "docker pull"))),
        {("workflow-needs", E), ("grant-unused", E)},
    ),
    "another branch": (
        lambda _: None,
        _in_github((WORKFLOW, _PUSHES.replace("[main]", "[main, release]"))),
        {("workflow-subjects", E)},
    ),
    "another workflow": (
        lambda _: None,
        _in_github((WORKFLOW, _PUSHES), (".github/workflows/sign.yml", _SIGNS)),
        {("workflow-added", E), ("release-would-fail", E)},
    ),
}


@pytest.mark.parametrize("name", spread(list(CHANGES), 3))
def test_one_change_is_found_and_no_other(world: LiveWorld, name: str) -> None:
    change, release, wanted = CHANGES[name]
    baseline = accepted(world)
    change(world)
    assert told(review(seen(world, release, baseline), baseline)) == wanted


_SECRET = _PUSHES.replace(ROLE, "${{ secrets.ROLE }}")


def test_a_role_that_no_file_tells_is_found_in_the_log_or_stays_unknown(world: LiveWorld) -> None:
    shown = Ran("push", "push", "success", shown=(("${{ secrets.ROLE }}", ROLE),))
    told_by_its_run = replace(RELEASE, files={WORKFLOW: _SECRET}, jobs=(shown,))
    (workflow,) = seen(world, told_by_its_run).state.known_workflows
    assert [str(release.role) for release in workflow.releases] == [ROLE]

    beside = replace(RELEASE, files={WORKFLOW: _PUSHES, ".github/workflows/z.yml": _SECRET})
    found = seen(world, beside)
    assert [release.role for release in found.state.known_workflows[1].releases] == [None]
    # Another workflow's role is not taken for its own.
    levels = {each.level for each in review(found, None).findings if each.place.file.endswith("z.yml")}
    assert levels == {Level.UNKNOWN}


def test_a_workflow_that_others_call_uses_the_role_too(world: LiveWorld) -> None:
    called = _PUSHES.replace("on: {push: {branches: [main]}}", "on: workflow_call")
    only = replace(RELEASE, files={WORKFLOW: called})
    (workflow,) = seen(world, only).state.known_workflows
    assert [(str(release.role), len(release.needs) > 0) for release in workflow.releases] == [(ROLE, True)]
    calls = "on: push\npermissions: {id-token: write}\njobs: {a: {uses: ./.github/workflows/called.yml}}\n"
    ran = Ran("a / push", "push", "success", file=".github/workflows/called.yml")
    here = replace(RELEASE, files={WORKFLOW: calls, ran.file: called}, jobs=(ran,))
    assert [each.path for each in seen(world, here).state.known_workflows] == [WORKFLOW]


def test_what_nobody_uses_what_is_gone_and_what_no_run_pushed(world: LiveWorld) -> None:
    baseline = accepted(world)
    world.client("ecr").put_image(repositoryName="app", imageManifest=_MANIFEST, imageTag="v9")
    spare = Arn.parse(f"arn:aws:iam::{ACCOUNT}:role/spare")
    assert spare is not None
    world.client("iam").create_role(RoleName="spare", AssumeRolePolicyDocument=json.dumps(RELEASE.roles[0].trust))
    with world.backend(RELEASE, LATER) as backend:
        found = backend.reviewed(baseline, [spare], progress=lambda _: None, cancelled=lambda: False)
    result = review(found, baseline)
    assert told(result) == {("role-changed", E), ("role-unused", E), ("pushed-outside-runs", E)}
    assert [each for each in result.findings if "app:v9" in each.sentence and each.level is Level.ERROR]
    world.client("iam").delete_role_policy(RoleName="release", PolicyName="release")
    world.client("iam").delete_role(RoleName="release")
    gone = told(review(seen(world, RELEASE, baseline), baseline))
    assert gone == {("role-changed", E), ("release-would-fail", E), ("pushed-outside-runs", E)}
