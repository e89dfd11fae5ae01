"""A document that is written as before is as before only if whether it comes to be, and in which account, is decided as before."""

from __future__ import annotations

import json

import pytest
from conform_change import BASE, Files, conformance, told
from thoroughness import spread

from diagnosis.findings.finding import Level

_GUARD = (
    'resource "aws_ecr_repository_policy" "r" {\n  repository = "other"\n  policy = jsonencode({ Version = "2012-10-17", '
    'Statement = [{ Effect = "Deny", Principal = "*", Action = [%s"ecr:PutImage"] }] })\n%s}\n'
)
_ON = 'variable "on" { default = %s }\n'
_IF = "  count = var.on ? 1 : 0\n"
_AWS = 'provider "aws" {\n%s}\nprovider "aws" {\n  alias = "prod"\n}\n'
_OTHER = '  assume_role { role_arn = "arn:aws:iam::999999999999:role/a" }\n'
_CALL = 'module "m" {\n  source = "./m"\n%s}\n'
_MORE = '"ecr:BatchGetImage", '


def _tf(*texts: str, at: str = "infra", inner: str = "") -> Files:
    return {f"{at}/main.tf": "".join(texts), **({f"{at}/m/main.tf": inner} if inner else {})}


def _template(default: str, **more: str) -> Files:
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    own = {"Name": "s", "Type": "SERVICE_CONTROL_POLICY", "Content": content}
    tree = {
        "Parameters": {"On": {"Type": "String", "Default": default}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Resources": {"Scp": {"Type": "AWS::Organizations::Policy", "Properties": own, **more}},
    }
    return {"infra/t.json": json.dumps(tree, indent=1)}


_PLAIN, _COUNTED = _GUARD % ("", ""), _GUARD % ("", _IF)
_OTHERWISE: dict[str, tuple[Files, Files]] = {
    "a count": (_tf(_ON % "true", _PLAIN), _tf(_ON % "true", _COUNTED)),
    "no count": (_tf(_ON % "true", _COUNTED), _tf(_ON % "true", _PLAIN)),
    "another default": (_tf(_ON % "true", _COUNTED), _tf(_ON % "false", _COUNTED)),
    "in another folder": (_tf(_ON % "true", _COUNTED), _tf(_ON % "false", _COUNTED, at="live")),
    "a count within": (
        _tf(_ON % "true", _CALL % '  for_each = { "a[b.\\"c" = 1 }\n', inner=_ON % "true" + _PLAIN),
        _tf(_ON % "true", _CALL % '  for_each = { "a[b.\\"c" = 1 }\n', inner=_ON % "true" + _COUNTED),
    ),
    "a module's count": (_tf(_CALL % "", inner=_PLAIN), _tf(_ON % "true", _CALL % _IF, inner=_PLAIN)),
    "a condition": (_template("yes"), _template("yes", Condition="C")),
    "a condition's default": (_template("yes", Condition="C"), _template("no", Condition="C")),
    "an alias": (_tf(_AWS % "", _PLAIN), _tf(_AWS % "", _GUARD % ("", "  provider = aws.prod\n"))),
    "a provider's role": (_tf(_AWS % "", _PLAIN), _tf(_AWS % _OTHER, _PLAIN)),
    "a provider that is new": (_tf(_PLAIN), _tf(_AWS % _OTHER, _PLAIN)),
    "a module's provider": (
        _tf(_AWS % "", _CALL % "", inner=_PLAIN),
        _tf(_AWS % "", _CALL % "  providers = { aws = aws.prod }\n", inner=_PLAIN),
    ),
    "a module's provider's role": (
        _tf(_AWS % "", _CALL % "", inner=_PLAIN),
        _tf(_AWS % _OTHER, _CALL % "", inner=_PLAIN),
    ),
}
_TWINS = {**_tf(_AWS % "", _PLAIN, at="a"), **_tf(_AWS % _OTHER, _ON % "true", _COUNTED, at="b")}
_LIKEWISE: dict[str, tuple[Files, Files]] = {
    "denied more": (_tf(_ON % "true", _COUNTED), _tf(_ON % "true", _GUARD % (_MORE, _IF))),
    "moved": (_tf(_AWS % "", _ON % "true", _COUNTED), _tf(_AWS % "", _ON % "true", _COUNTED, at="live")),
    "tags": (_tf(_AWS % "", _PLAIN), _tf(_AWS % "  default_tags { tags = { a = 1 } }\n", _PLAIN)),
    "another provider": (
        _tf(_AWS % "", _PLAIN),
        _tf(_AWS % "", _PLAIN, 'provider "aws" {\n  alias = "dr"\n' + _OTHER + "}\n"),
    ),
    "two of one name": (_TWINS, {**_TWINS, "a/main.tf": _TWINS["a/main.tf"] + "# more\n"}),
    "a condition that stays": (_template("yes", Condition="C"), _template("yes", Condition="C", DependsOn="X")),
}


@pytest.mark.parametrize("name", spread(tuple(_OTHERWISE), 4))
def test_what_is_decided_otherwise_is_unknown(name: str) -> None:
    base, head = ({**BASE, **files} for files in _OTHERWISE[name])
    found = conformance(head, base)
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-compared"})
    assert told(conformance(head, head), Level.UNKNOWN) == set()


@pytest.mark.parametrize("name", spread(tuple(_LIKEWISE), 3))
def test_what_is_decided_as_before_is_not_told(name: str) -> None:
    base, head = ({**BASE, **files} for files in _LIKEWISE[name])
    assert [each.sentence for each in conformance(head, base).findings if each.level is not Level.NOTE] == []
