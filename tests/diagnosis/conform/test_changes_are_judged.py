"""Changes of a repository that widen, break or open something are refused by the right rule; those that do not, pass."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conform_change import (
    ACCOUNT,
    APP,
    BASE,
    GRANTS,
    ISSUER,
    PINNED,
    POLICY,
    RELEASE,
    ROLE,
    TRUST,
    WORKFLOW,
    Files,
    allow,
    conformance,
    edited,
    policy_text,
    provider,
    step,
    subject_trust,
    told,
    workflow,
)
from thoroughness import spread

from diagnosis.findings.finding import Level

_KEY = "AKIA" + "QYLPMN5HABCDEFGH"
_OTHER = "arn:aws:iam::444455556666:root"
_LOGIN = f"aws-actions/amazon-ecr-login@{PINNED['aws-actions/amazon-ecr-login']}"
_CHECKOUT = f"actions/checkout@{PINNED['actions/checkout']}"


def _condition(name: str, value: object, operator: str = "StringEquals") -> Callable[[list[dict[str, object]]], object]:
    def change(statements: list[dict[str, object]]) -> None:
        statements[0]["Condition"] = {operator: {f"{ISSUER}:{name}": value}}

    return change


def _trusting(principal: object, action: str = "sts:AssumeRole", **more: object) -> Files:
    return edited(
        TRUST, lambda all_: all_.append({"Effect": "Allow", "Principal": principal, "Action": action, **more})
    )


def _granting(actions: object, resources: object, **more: object) -> Files:
    return edited(POLICY, lambda all_: all_.append(allow(actions, resources, **more)))


def _without(action: str) -> Files:
    return edited(POLICY, lambda all_: all_[1]["Action"].remove(action))


def _added(files: Files, path: str, text: str) -> Files:
    return {**files, path: text}


def _environment(name: str) -> Files:
    return workflow("    runs-on", f"    environment: {name}\n    runs-on")


REFUSED: dict[str, tuple[Files, str]] = {
    "another branch": (
        edited(TRUST, lambda all_: all_.append(subject_trust("repo:octo-org/shop:ref:refs/heads/dev"))),
        "widened-trust",
    ),
    "every branch": (
        edited(
            TRUST, lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:ref:refs/heads/*", "StringLike"))
        ),
        "widened-trust",
    ),
    "every ref": (
        edited(TRUST, lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:*", "StringLike"))),
        "wildcard",
    ),
    "every repository of the owner": (
        edited(TRUST, lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/*", "StringLike"))),
        "widened-trust",
    ),
    "every owner": (edited(TRUST, lambda all_: all_.__setitem__(0, subject_trust("repo:*", "StringLike"))), "wildcard"),
    "pull requests": (
        edited(TRUST, lambda all_: all_.append(subject_trust("repo:octo-org/shop:pull_request"))),
        "widened-trust",
    ),
    "no subject": (edited(TRUST, _condition("aud", "sts.amazonaws.com")), "refused-by-aws"),
    "another repository": (
        edited(TRUST, lambda all_: all_.append(subject_trust("repo:octo-org/docs:ref:refs/heads/main"))),
        "widened-trust",
    ),
    "an account": (_trusting({"AWS": _OTHER}), "second-door"),
    "everybody": (_trusting("*"), "second-door"),
    "a role of another account": (_trusting({"AWS": "arn:aws:iam::444455556666:role/ops"}), "widened-trust"),
    "a service": (_trusting({"Service": "ec2.amazonaws.com"}), "widened-trust"),
    "another provider": (
        _trusting({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"}, "sts:AssumeRoleWithWebIdentity"),
        "second-door",
    ),
    "an action of the registry": (_granting("ecr:BatchDeleteImage", APP), "widened-grants"),
    "another repository of images": (
        edited(POLICY, lambda all_: all_[1].update(Resource=[APP, APP + "-next"])),
        "widened-grants",
    ),
    "repositories by a pattern": (edited(POLICY, lambda all_: all_[1].update(Resource=APP + "*")), "widened-grants"),
    "every repository": (edited(POLICY, lambda all_: all_[1].update(Resource="*")), "wildcard"),
    "another service": (_granting("s3:GetObject", "arn:aws:s3:::secrets/*"), "widened-grants"),
    "a wildcard in the action": (edited(POLICY, lambda all_: all_[1].update(Action="ecr:*")), "wildcard"),
    "everything": (_granting("*", "*"), "wildcard"),
    "everything but": (
        edited(POLICY, lambda all_: all_.append({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
        "wildcard",
    ),
    "self-escalation": (_granting("iam:PutRolePolicy", ROLE), "wildcard"),
    "a role to pass": (_granting("iam:PassRole", "*"), "wildcard"),
    "a policy that AWS refuses": (
        edited(POLICY, lambda all_: all_.append({"Effect": "Allow", "Action": "ecr:PutImage"})),
        "refused-by-aws",
    ),
    "two statements of one Sid": (edited(POLICY, lambda all_: all_[0].update(Sid="Push")), "refused-by-aws"),
    "a lost action": (_without("ecr:PutImage"), "release-denied"),
    "a lost login": (edited(POLICY, lambda all_: all_.pop(0)), "release-denied"),
    "a wrong registry": (
        edited(POLICY, lambda all_: all_[1].update(Resource=APP.replace("us-east-1", "us-west-2"))),
        "release-denied",
    ),
    "a Deny": (
        edited(POLICY, lambda all_: all_.append({"Effect": "Deny", "Action": "ecr:Put*", "Resource": "*"})),
        "release-denied",
    ),
    "a condition that no request meets": (
        edited(POLICY, lambda all_: all_[1].update(Condition={"Bool": {"aws:SecureTransport": "false"}})),
        "release-denied",
    ),
    "a narrowed trust": (
        edited(TRUST, lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:environment:production"))),
        "release-denied",
    ),
    "another audience": (
        edited(TRUST, lambda all_: all_[0]["Condition"]["StringEquals"].update({f"{ISSUER}:aud": "other"})),
        "release-denied",
    ),
    "an environment": (_environment("production"), "release-denied"),
    "another branch of the release": (workflow("branches: [main]", "branches: [release]"), "release-denied"),
    "a step that needs more": (step("aws s3 cp build.txt s3://evidence/build.txt"), "release-denied"),
    "another image": (workflow("$R/app:$T", "$R/web:$T"), "release-denied"),
    "no id-token": (workflow("id-token: write, ", ""), "id-token-missing"),
    "permissions of the job alone": (
        workflow("    runs-on", "    permissions: {contents: read}\n    runs-on"),
        "id-token-missing",
    ),
    "keys in the job": (
        workflow(
            "    runs-on",
            "    env: {AWS_ACCESS_KEY_ID: '${{ secrets.KEY_ID }}', AWS_SECRET_ACCESS_KEY: '${{ secrets.KEY }}'}\n    runs-on",
        ),
        "static-keys",
    ),
    "a key that is written out": (
        workflow("    runs-on", f"    env:\n      AWS_ACCESS_KEY_ID: {_KEY}\n    runs-on"),
        "static-keys",
    ),
    "a key that is written out beside others": (
        workflow("T: '${{ github.sha }}'", "T: '${{ github.sha }}', AWS_ACCESS_KEY_ID: " + _KEY),
        "static-keys",
    ),
    "a lost failure": (workflow("docker push $R/app:$T", "docker push $R/app:$T || true"), "gate-demoted"),
    "continue-on-error": (
        workflow("      - name: push", "      - name: push\n        continue-on-error: true"),
        "gate-demoted",
    ),
    "a push whatever happens": (
        workflow("      - name: push", "      - name: push\n        if: always()"),
        "gate-demoted",
    ),
    "a tag": (workflow(_LOGIN, "aws-actions/amazon-ecr-login@v2"), "not-pinned"),
    "a short commit": (workflow(_CHECKOUT, "actions/checkout@11bd719"), "not-pinned"),
    "an image by its tag": (
        step("").__class__({**workflow(f"      - uses: {_CHECKOUT}\n", "      - uses: docker://alpine:3.20\n")}),
        "not-pinned",
    ),
    "an action in a local action": (
        _added(
            workflow(
                f"      - uses: {_CHECKOUT}\n", f"      - uses: {_CHECKOUT}\n      - uses: ./.github/actions/build\n"
            ),
            ".github/actions/build/action.yml",
            "runs:\n  using: composite\n  steps:\n    - uses: docker/setup-buildx-action@v3\n",
        ),
        "not-pinned",
    ),
    "a called workflow": (
        {
            **BASE,
            WORKFLOW: RELEASE
            + "  sign:\n    uses: octo-org/ci/.github/workflows/sign.yml@main\n    permissions: {id-token: write}\n",
        },
        "not-pinned",
    ),
}
_SPLIT = {
    **{path: text for path, text in BASE.items() if path != POLICY},
    "iam/login.json": policy_text(GRANTS[0]),
    "iam/push.json": policy_text(GRANTS[1]),
}
PASSES: dict[str, Files] = {
    "nothing": BASE,
    "a policy file of another name": {WORKFLOW: RELEASE, TRUST: BASE[TRUST], "infra/release.json": BASE[POLICY]},
    "a trust policy of another name": {WORKFLOW: RELEASE, "infra/who.json": BASE[TRUST], POLICY: BASE[POLICY]},
    "a policy in two": _SPLIT,
    "white space": {**BASE, POLICY: json.dumps(json.loads(BASE[POLICY]))},
    "statements in another order": edited(POLICY, lambda all_: all_.reverse()),
    "actions in another order": edited(POLICY, lambda all_: all_[1]["Action"].reverse()),
    "actions in other letters": edited(
        POLICY, lambda all_: all_[1].update(Action=[each.lower() for each in all_[1]["Action"]])
    ),
    "a text for a list of one": edited(
        POLICY, lambda all_: all_[0].update(Action=["ecr:GetAuthorizationToken"], Resource=["*"])
    ),
    "another Sid": edited(POLICY, lambda all_: all_[1].update(Sid="Images")),
    "no Sid": edited(POLICY, lambda all_: all_[1].pop("Sid")),
    "statements in two": edited(POLICY, lambda all_: all_.append(allow([all_[1]["Action"].pop()], APP))),
    "a Deny of what nobody uses": edited(
        POLICY, lambda all_: all_.append({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    ),
    "a condition that every request meets": edited(
        POLICY, lambda all_: all_[1].update(Condition={"Bool": {"aws:SecureTransport": "true"}})
    ),
    "a condition on the region": edited(
        POLICY, lambda all_: all_[0].update(Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    ),
    "a subject by StringLike": edited(TRUST, lambda all_: all_.__setitem__(0, subject_trust(operator="StringLike"))),
    "a subject in a list": edited(
        TRUST,
        lambda all_: all_[0]["Condition"]["StringEquals"].update(
            {f"{ISSUER}:sub": ["repo:octo-org/shop:ref:refs/heads/main"]}
        ),
    ),
    "one more condition of the trust": edited(
        TRUST, lambda all_: all_[0]["Condition"]["StringEquals"].update({f"{ISSUER}:repository": "octo-org/shop"})
    ),
    "a Deny of strangers": edited(
        TRUST,
        lambda all_: all_.append(
            {
                "Effect": "Deny",
                "Principal": {"Federated": provider()},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringNotLike": {f"{ISSUER}:sub": "repo:octo-org/*"}},
            }
        ),
    ),
    "a new step": step("echo done"),
    "another name of a step": workflow("name: push", "name: publish"),
    "a comment": {**BASE, WORKFLOW: "# releases\n" + RELEASE},
    "another name of the workflow": workflow("name: release\n", "name: Release\n"),
    "a workflow file of another name": {
        ".github/workflows/publish.yml": RELEASE,
        TRUST: BASE[TRUST],
        POLICY: BASE[POLICY],
    },
    "a job that tests": {
        **BASE,
        WORKFLOW: RELEASE + "  test:\n    runs-on: ubuntu-latest\n    permissions: {}\n    steps: [{run: make test}]\n",
    },
    "a new workflow that takes nothing": _added(
        BASE,
        ".github/workflows/test.yml",
        "on: pull_request\njobs: {t: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n",
    ),
    "a newer commit of an action": workflow(PINNED["actions/checkout"], "a" * 40),
    "permissions of the job": workflow(
        "    runs-on", "    permissions: {id-token: write, contents: read}\n    runs-on"
    ),
    "less permissions of the workflow": workflow("contents: read}", "contents: none}"),
    "a dispatch too": workflow("  push: {branches: [main]}", "  push: {branches: [main]}\n  workflow_dispatch:"),
    "a concurrency": workflow("jobs:\n", "concurrency: release\njobs:\n"),
    "a timeout": workflow("    runs-on", "    timeout-minutes: 20\n    runs-on"),
    "a file that is no document": _added(BASE, "config.json", '{"statement": "of purpose"}'),
    "a text of no JSON": _added(BASE, "notes.json", "not JSON at all"),
    "a push and what it needs": edited(
        POLICY,
        lambda all_: all_.append(allow("s3:PutObject", "arn:aws:s3:::evidence/build.txt")),
        step("aws s3 cp build.txt s3://evidence/build.txt"),
    ),
    "an environment and its subject": edited(
        TRUST,
        lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:environment:production")),
        _environment("production"),
    ),
    "another branch and its subject": edited(
        TRUST,
        lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:ref:refs/heads/release")),
        workflow("branches: [main]", "branches: [release]"),
    ),
    "tags and their pattern": edited(
        TRUST,
        lambda all_: all_.__setitem__(0, subject_trust("repo:octo-org/shop:ref:refs/tags/v*", "StringLike")),
        workflow("branches: [main]", "tags: ['v*']"),
    ),
    "less than before": edited(
        POLICY,
        lambda all_: all_.pop(0),
        {
            **BASE,
            WORKFLOW: RELEASE.replace(f"      - id: login\n        uses: {_LOGIN}\n", "").replace(
                "docker push $R/app:$T", "true"
            ),
        },
    ),
    "no documents any more than the release": {
        WORKFLOW: BASE[WORKFLOW],
        TRUST: BASE[TRUST],
        POLICY: BASE[POLICY],
        "README.md": "# shop\n",
    },
}


@pytest.mark.parametrize("name", spread(sorted(REFUSED), 4))
def test_what_widens_or_breaks_is_refused(name: str) -> None:
    files, rule = REFUSED[name]
    found = conformance(files)
    assert rule in told(found), [(each.level.value, each.rule.value, each.sentence) for each in found.findings]
    assert all(each.place.file and each.correction for each in found.findings if each.level is Level.ERROR)


@pytest.mark.parametrize("name", spread(sorted(PASSES), 4))
def test_what_does_not_passes(name: str) -> None:
    found = conformance(PASSES[name])
    counted = [
        (each.level.value, each.rule.value, each.sentence) for each in found.findings if each.level is not Level.NOTE
    ]
    assert counted == []
