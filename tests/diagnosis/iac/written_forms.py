"""Policies written in each of the forms of infrastructure code, to be read back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

ACCOUNT = "123456789012"
_SIGNS = "abcXYZ019 -_.:/*?\"'\\#%$@!,[]()<>=|~`{}\n\té\u2028😀"
_TEXTS = st.text(_SIGNS, max_size=12).filter(lambda text: "&{" not in text)
_VALUES = st.one_of(
    _TEXTS,
    st.sampled_from(
        ["${aws:PrincipalTag/team}", "$${x}", "%{ if x }", "${", "$", "{{x}}", "repo:octo/shop:*", "<<EOT", "EOT"]
    ),
)
_LISTS = st.lists(_VALUES, min_size=1, max_size=3)
_KEYS = st.sampled_from(
    ["aws:SourceIp", "token.actions.githubusercontent.com:sub", "ecr:ResourceTag/a b", "aws:RequestTag/Ünit"]
)
_OPERATORS = st.sampled_from(["StringEquals", "StringLike", "ForAnyValue:StringLikeIfExists", "ArnLike"])


@st.composite
def _statement(draw: st.DrawFn, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    if draw(st.booleans()):
        found["Sid"] = f"S{number}"
    count = draw(st.integers(1, 3))
    found[draw(st.sampled_from(["Action", "NotAction"]))] = [f"ecr:Action{number}x{at}" for at in range(count)]
    if draw(st.booleans()):
        found["Principal"] = draw(st.sampled_from(["*", {"AWS": ["*"]}, {"Federated": ["a"], "Service": ["b", "c"]}]))
    else:
        found[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(_LISTS)
    if draw(st.booleans()):
        found["Condition"] = draw(st.dictionaries(_OPERATORS, st.dictionaries(_KEYS, _LISTS, min_size=1), min_size=1))
    return found


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A policy whose elements are lists, as every form can write it; its action names stand once in it."""
    count = draw(st.integers(1, 3))
    return {"Version": "2012-10-17", "Statement": [draw(_statement(number)) for number in range(count)]}


def _quoted(text: str) -> str:
    """A quoted text of Terraform's language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _expression(value: Any, indent: str = "  ") -> str:
    inner = f"{indent}  "
    if isinstance(value, dict):
        members = "".join(f"{inner}{_quoted(key)} = {_expression(each, inner)}\n" for key, each in value.items())
        return "{\n" + members + indent + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"{inner}{_expression(each, inner)},\n" for each in value) + indent + "]"
    return _quoted(value)


def _role(document: str) -> str:
    return f'resource "aws_iam_role" "r" {{\n  name = "r"\n  assume_role_policy = {document}\n}}\n'


def _heredoc(policy: Mapping[str, Any], sign: str) -> str:
    text = json.dumps(policy, indent=2, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    indent = "    " if sign == "<<-" else ""
    return sign + "DOCUMENT\n" + "".join(f"{indent}{line}\n" for line in text.split("\n")) + "  DOCUMENT"


def _data(policy: Mapping[str, Any]) -> str:
    def literal(value: Any) -> str:
        text = _expression(value)
        return text.replace("$${", "&{")

    lines = ['data "aws_iam_policy_document" "d" {']
    for statement in policy["Statement"]:
        lines += ["statement {", f"effect = {literal(statement['Effect'])}"]
        lines += [f"sid = {literal(statement['Sid'])}"] if "Sid" in statement else []
        for element, name in (
            ("Action", "actions"),
            ("NotAction", "not_actions"),
            ("Resource", "resources"),
            ("NotResource", "not_resources"),
        ):
            lines += [f"{name} = {literal(statement[element])}"] if element in statement else []
        principal = statement.get("Principal", {})
        for sort, names in {"*": ["*"]}.items() if principal == "*" else principal.items():
            lines += ["principals {", f"type = {literal(sort)}", f"identifiers = {literal(names)}", "}"]
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                lines += ["condition {", f"test = {literal(operator)}", f"variable = {literal(key)}"]
                lines += [f"values = {literal(values)}", "}"]
        lines.append("}")
    return "\n".join((*lines, "}", _role("data.aws_iam_policy_document.d.json")))


def _template(document: Any) -> dict[str, Any]:
    properties = {"RoleName": "r", "AssumeRolePolicyDocument": document}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": properties}},
    }


def _yaml(value: Any, indent: str = "") -> str:
    """Block style with JSON's texts, which are YAML's as well."""
    heads = (
        [(json.dumps(key) + ":", each) for key, each in value.items()]
        if isinstance(value, dict)
        else [("-", i) for i in value]
    )
    made = ""
    for head, each in heads:
        made += f"{indent}{head}" + (
            f" {json.dumps(each)}\n" if isinstance(each, str) else "\n" + _yaml(each, indent + "  ")
        )
    return made


def _subbed(value: Any) -> Any:
    """The same with each text written through Fn::Sub, its own templates escaped."""
    if isinstance(value, dict):
        return {key: _subbed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_subbed(each) for each in value]
    return {"Fn::Sub": re.sub(r"\$\{([^{}$]+)\}", r"${!\1}", value)}


def _plan(policy: Mapping[str, Any]) -> str:
    values = {"name": "r", "assume_role_policy": json.dumps(policy)}
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"arn": True}}
    changes = [{"address": "aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "name": "r", "change": change}]
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes})


def _answer(document: Any) -> str:
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    return json.dumps({"Role": {"RoleName": "r", "Arn": arn, "AssumeRolePolicyDocument": document}}, indent=2)


WRITERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], str], bool]] = {
    "policy": ("p.json", lambda policy: json.dumps(policy, indent=2), True),
    "answer": ("a.json", _answer, True),
    "quoted answer": ("q.json", lambda policy: _answer(quote(json.dumps(policy))), False),
    "template": ("t.json", lambda policy: json.dumps(_template(policy), indent=2), True),
    "template in YAML": ("t.yaml", lambda policy: _yaml(_template(policy)), True),
    "template with functions": ("s.yml", lambda policy: _yaml(_template(_subbed(policy))), True),
    "plan": ("plan.json", _plan, False),
    "jsonencode": ("j.tf", lambda policy: _role(f"jsonencode({_expression(policy)})"), True),
    "heredoc": ("h.tf", lambda policy: _role(_heredoc(policy, "<<")), True),
    "indented heredoc": ("i.tf", lambda policy: _role(_heredoc(policy, "<<-")), True),
    "policy document": ("d.tf", _data, True),
    "local value": (
        "l.tf",
        lambda policy: f"locals {{\n  p = {_expression(policy)}\n}}\n{_role('jsonencode(local.p)')}",
        True,
    ),
}
"""By name: the file, what writes it, and whether each value has a line of its own."""
