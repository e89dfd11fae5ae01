"""A small repository with a release, its role and its policies, and changes of it that are judged from files alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diagnosis.conform.judge import Change, Side, judged
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Repository
from diagnosis.findings.finding import Finding, Level
from diagnosis.iac.files import may_hold
from diagnosis.verdicts.conformance import Conformance
from probes.checkout import Checkout
from tui.backends.conform import ConformOptions, documents_in, is_workflow, side_of, subject_form

AT = datetime(2026, 6, 1, tzinfo=UTC)
REPOSITORY = Repository(
    "octo-org/shop", 1, 2, datetime(2024, 1, 1, tzinfo=UTC), "main", "https://github.com/octo-org/shop"
)
ACCOUNT = "111122223333"
ISSUER = "token.actions.githubusercontent.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
APP = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app"
WORKFLOW, TRUST, POLICY = ".github/workflows/release.yml", "iam/trust.json", "iam/policy.json"
PINNED = {
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683",
    "aws-actions/configure-aws-credentials": "ececac1a45f3b08a01d2dd070d28d111c5fe6722",
    "aws-actions/amazon-ecr-login": "062b18b96a7aff071d4dc91bc00c4c1a7945b076",
}
RELEASE = f"""\
name: release
on:
  push: {{branches: [main]}}
permissions: {{id-token: write, contents: read}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{PINNED["actions/checkout"]}
      - uses: aws-actions/configure-aws-credentials@{PINNED["aws-actions/configure-aws-credentials"]}
        with: {{role-to-assume: "{ROLE}", aws-region: us-east-1}}
      - id: login
        uses: aws-actions/amazon-ecr-login@{PINNED["aws-actions/amazon-ecr-login"]}
      - name: push
        env: {{R: '${{{{ steps.login.outputs.registry }}}}', T: '${{{{ github.sha }}}}'}}
        run: |
          docker build -t $R/app:$T .
          docker push $R/app:$T
"""
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
    "ecr:BatchGetImage",
)

Statements = list[dict[str, Any]]
Files = dict[str, str]


def provider(account: str = ACCOUNT) -> str:
    """The ARN of GitHub's provider in an account."""
    return f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"


def subject_trust(
    subject: str = "repo:octo-org/shop:ref:refs/heads/main", operator: str = "StringEquals"
) -> dict[str, Any]:
    """A statement that admits one subject, or a pattern of them."""
    audience = {f"{ISSUER}:aud": "sts.amazonaws.com"}
    condition: dict[str, Any] = {"StringEquals": audience}
    condition.setdefault(operator, {})[f"{ISSUER}:sub"] = subject
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider()},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def policy_text(*statements: Mapping[str, Any]) -> str:
    """A document as a file holds it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2) + "\n"


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


GRANTS: tuple[dict[str, Any], ...] = (
    allow("ecr:GetAuthorizationToken", "*", Sid="Login"),
    allow(list(PUSH), APP, Sid="Push"),
)
BASE: Files = {WORKFLOW: RELEASE, TRUST: policy_text(subject_trust()), POLICY: policy_text(*GRANTS)}


def edited(path: str, change: Callable[[Statements], object], files: Mapping[str, str] = BASE) -> Files:
    """The files with a change of a document's statements."""
    tree = json.loads(files[path])
    statements = copy.deepcopy(tree["Statement"])
    change(statements)
    return {**files, path: json.dumps({**tree, "Statement": statements}, indent=2) + "\n"}


def workflow(old: str, new: str, files: Mapping[str, str] = BASE) -> Files:
    """The files with a change of the workflow's text."""
    assert old in files[WORKFLOW], old
    return {**files, WORKFLOW: files[WORKFLOW].replace(old, new)}


def step(text: str, files: Mapping[str, str] = BASE) -> Files:
    """The files with one more line of the script that pushes."""
    return {**files, WORKFLOW: files[WORKFLOW] + f"          {text}\n"}


def side(files: Mapping[str, str]) -> Side:
    """One side, read from a folder as the command does."""
    with TemporaryDirectory() as name:
        root = Path(name)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        own = next((path for path in files if path.startswith(".github/workflows/")), "")
        checkout, options = Checkout(root, own), ConformOptions(REPOSITORY, AT, root)
        others = [path for path in sorted(files) if not may_hold(path) and not is_workflow(path)]
        texts = documents_in(checkout, sorted(files), options, others)
        form = subject_form(texts.texts.values(), REPOSITORY)
        return side_of(checkout, sorted(files), texts, options, form)


_SIDES: dict[tuple[tuple[str, str], ...], Side] = {}


def _read_once(files: Mapping[str, str]) -> Side:
    key = tuple(sorted(files.items()))
    if key not in _SIDES:
        _SIDES[key] = side(files)
    return _SIDES[key]


def conformance(
    head: Mapping[str, str], base: Mapping[str, str] | None = BASE, case: Case | None = None, **more: Any
) -> Conformance:
    """The judgement of a change."""
    before = _read_once(base) if base is not None else None
    return judged(
        Change(
            REPOSITORY,
            _read_once(head),
            AT,
            before,
            "main" if base is not None else "",
            case or Case(),
            "case.toml",
            **more,
        )
    )


def told(found: Conformance, level: Level = Level.ERROR) -> set[str]:
    """The rules of the findings of a level."""
    return {each.rule.value for each in found.findings if each.level is level}


def of_rule(found: Conformance, rule: str) -> Finding:
    """The one finding of a rule, or the first of several."""
    return next(each for each in found.findings if each.rule.value == rule)
