"""Changes of infrastructure code: boundaries, providers, attachments, policies of repositories, names of roles, plans."""

from __future__ import annotations

import json

import pytest
from conform_change import (
    ACCOUNT,
    BASE,
    POLICY,
    RELEASE,
    ROLE,
    TRUST,
    WORKFLOW,
    Files,
    conformance,
    of_rule,
    told,
)
from thoroughness import spread

from diagnosis.findings.finding import Level

_FILE = "infra/main.tf"
_TEXT = """\
resource "aws_iam_openid_connect_provider" "gh" {
  url = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
resource "aws_iam_policy" "edge" {
  name = "edge"
  policy = jsonencode({Version="2012-10-17",Statement=[{Effect="Allow",Action=["ecr:*","s3:*"],Resource="*"}]})
}
resource "aws_iam_role" "release" {
  name = "release"
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.edge.arn
  assume_role_policy = jsonencode(TRUST)
}
resource "aws_iam_policy" "push" {
  name = "push"
  policy = jsonencode(GRANTS)
}
resource "aws_iam_role_policy_attachment" "push" {
  role = aws_iam_role.release.name
  policy_arn = aws_iam_policy.push.arn
}
resource "aws_ecr_repository_policy" "app" {
  repository = "app"
  policy = jsonencode({Version="2012-10-17",Statement=[
    {Effect="Allow",Principal={AWS="arn:aws:iam::444455556666:root"},Action=["ecr:BatchGetImage"]},
    {Effect="Deny",Principal="*",Action="ecr:DeleteRepository"}]})
}
"""
_DENY = ',\n    {Effect="Deny",Principal="*",Action="ecr:DeleteRepository"}'
_ATTACHED = 'policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"'


def _literal(text: str) -> str:
    return json.dumps(json.loads(text)).replace('": ', '" = ')


_CODE = _TEXT.replace("TRUST", _literal(BASE[TRUST])).replace("GRANTS", _literal(BASE[POLICY]))
_LONG = RELEASE.replace("aws-region: us-east-1", "aws-region: us-east-1, role-duration-seconds: 7200")


def _with(old: str, new: str, run: str = RELEASE) -> Files:
    assert old in _CODE, old
    return {WORKFLOW: run, _FILE: _CODE.replace(old, new)}


REFUSED: dict[str, tuple[Files, str]] = {
    "a boundary that is taken away": (
        _with("  permissions_boundary = aws_iam_policy.edge.arn\n", ""),
        "widened-grants",
    ),
    "a boundary that lacks the registry": (_with('["ecr:*","s3:*"]', '["s3:*"]'), "release-denied"),
    "a provider that is taken away": (
        _with(_CODE[: _CODE.index('resource "aws_iam_policy" "edge"')], ""),
        "release-denied",
    ),
    "a provider with another audience too": (
        _with('["sts.amazonaws.com"]', '["sts.amazonaws.com", "x"]'),
        "widened-provider",
    ),
    "a provider without the audience": (_with('["sts.amazonaws.com"]', '["x"]'), "release-denied"),
    "a policy of AWS's own": (
        _with(
            'resource "aws_ecr',
            f'resource "aws_iam_role_policy_attachment" "a" {{\n  role = "release"\n  {_ATTACHED}\n}}\nresource "aws_ecr',
        ),
        "widened-grants",
    ),
    "a policy that is attached no longer": (
        _with('resource "aws_iam_role_policy_attachment" "push" {', 'resource "aws_x" "push" {'),
        "release-denied",
    ),
    "a shorter session": (_with("max_session_duration = 7200", "max_session_duration = 3600", _LONG), "release-denied"),
    "a repository that is open": (_with('{AWS="arn:aws:iam::444455556666:root"}', '"*"'), "widened-resource-policy"),
    "more of a repository": (
        _with('["ecr:BatchGetImage"]', '["ecr:BatchGetImage","ecr:PutImage"]'),
        "widened-resource-policy",
    ),
    "a Deny of a repository taken away": (_with(_DENY, ""), "widened-resource-policy"),
    "a Deny of the push": (_with('"ecr:DeleteRepository"', '"ecr:PutImage"'), "release-denied"),
    "a repository's policy taken away": (_with(_CODE[_CODE.index('resource "aws_ecr') :], ""), "widened-grants"),
    "another name of the role": (_with('name = "release"', 'name = "publisher"'), "release-denied"),
    "no role any more": ({WORKFLOW: RELEASE}, "release-denied"),
    "a new role of another service": (
        {
            **_with("", ""),
            "infra/worker.tf": 'resource "aws_iam_role" "w" {\n  name = "worker"\n  assume_role_policy = jsonencode({'
            'Version="2012-10-17",Statement=[{Effect="Allow",Principal={Service="lambda.amazonaws.com"},Action="sts:AssumeRole"}]})\n}\n',
        },
        "widened-trust",
    ),
}
PASSES: dict[str, Files] = {
    "nothing": _with("", ""),
    "a file of another name": {WORKFLOW: RELEASE, "infra/roles.tf": _CODE},
    "another name of the role, there and in the workflow": _with(
        'name = "release"', 'name = "publisher"', RELEASE.replace(ROLE, ROLE.replace("release", "publisher"))
    ),
    "another address of the role": {
        WORKFLOW: RELEASE,
        _FILE: _CODE.replace('"aws_iam_role" "release"', '"aws_iam_role" "r"').replace(
            "aws_iam_role.release", "aws_iam_role.r"
        ),
    },
    "a narrower boundary": _with('["ecr:*","s3:*"]', '["ecr:*"]'),
    "a longer session": _with("max_session_duration = 7200", "max_session_duration = 10800"),
    "a comment": _with('resource "aws_ecr', '# images\nresource "aws_ecr'),
    "two files": {
        WORKFLOW: RELEASE,
        _FILE: _CODE[: _CODE.index('resource "aws_ecr')],
        "infra/images.tf": _CODE[_CODE.index('resource "aws_ecr') :],
    },
}


@pytest.mark.parametrize("name", spread(sorted(REFUSED), 3))
def test_what_widens_or_breaks_is_refused(name: str) -> None:
    files, rule = REFUSED[name]
    found = conformance(files, {WORKFLOW: files[WORKFLOW], _FILE: _CODE})
    assert rule in told(found), [(each.level.value, each.rule.value, each.sentence) for each in found.findings]
    assert all(each.place.file and each.place.line and each.correction for each in found.findings)


@pytest.mark.parametrize("name", spread(sorted(PASSES), 2))
def test_what_does_not_passes(name: str) -> None:
    found = conformance(PASSES[name], {WORKFLOW: RELEASE, _FILE: _CODE})
    assert [(each.rule.value, each.sentence) for each in found.findings if each.level is not Level.NOTE] == []


def test_what_cannot_be_read_is_unknown_only_where_it_is_new() -> None:
    open_one = _with(_literal(BASE[POLICY]), '{Version = "2012-10-17", Statement = var.statements}')
    found = conformance(open_one, {WORKFLOW: RELEASE, _FILE: _CODE})
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-read", "not-compared"})
    assert told(conformance(open_one, open_one), Level.UNKNOWN) == set()
    assert told(conformance(open_one, open_one, everything=True), Level.UNKNOWN) == {"not-read"}


def test_an_account_that_is_left_open_is_the_releases_own() -> None:
    code = _CODE.replace(
        f'"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"',
        "aws_iam_openid_connect_provider.gh.arn",
    )
    assert code != _CODE
    base = {WORKFLOW: RELEASE, _FILE: code}
    narrowed = {WORKFLOW: RELEASE, _FILE: code.replace("refs/heads/main", "refs/heads/next")}
    assert told(conformance(base, base)) == set()
    denied = of_rule(conformance(narrowed, base), "release-denied")
    assert (denied.place.file, [place.file for place in denied.related]) == (_FILE, [WORKFLOW])


def test_a_plan_brings_its_own_base() -> None:
    def plan(before: str, after: str) -> Files:
        role = {"name": "release", "path": "/", "assume_role_policy": BASE[TRUST]}
        changes = [
            _planned("aws_iam_role.release", role, role),
            _planned(
                "aws_iam_role_policy.push",
                *({"name": "push", "role": "release", "policy": each} for each in (before, after)),
            ),
        ]
        told_by_terraform = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
        return {WORKFLOW: RELEASE, "plan.json": json.dumps(told_by_terraform)}

    base = {WORKFLOW: RELEASE}
    less = BASE[POLICY].replace('"ecr:PutImage",\n', "")
    assert told(conformance(plan(BASE[POLICY], BASE[POLICY]), base)) == set()
    assert told(conformance(plan(less, BASE[POLICY]), base)) == set()
    assert told(conformance(plan(BASE[POLICY], less), base)) == {"release-denied"}
    assert told(conformance(plan(BASE[POLICY], BASE[POLICY].replace("repository/app", "repository/*")), base)) == {
        "widened-grants",
        "wildcard",
    }


def _planned(address: str, before: dict[str, str], after: dict[str, str]) -> dict[str, object]:
    kind, _, name = address.partition(".")
    change = {"actions": ["update"], "before": before, "after": after, "after_unknown": {}}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": change}
