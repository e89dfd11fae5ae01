"""Every remediation is written as AWS, Terraform and CloudFormation take it, whatever is broken."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from itertools import pairwise

import pytest
from botocore import xform_name
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, Defect, broken, compatible
from thoroughness import examples, some

from diagnosis.policy import PolicyKind, Unparsable, parse_policy
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind, Remediation

subsets = st.sets(st.sampled_from(DEFECTS), min_size=1, max_size=5).map(tuple).filter(compatible)
everywhere = pytest.mark.parametrize("defect", some([*DEFECTS, *ELSEWHERE_DEFECTS], 2), ids=lambda defect: defect.name)

GLOBAL_OPTIONS = {"--region"}
FLAGS = {"set-as-default": "set-as-default"}
"""Options without a value."""
TERRAFORM = {
    "aws_iam_openid_connect_provider": {"url", "client_id_list"},
    "aws_iam_role": {"name", "path", "max_session_duration", "permissions_boundary", "tags", "assume_role_policy"},
    "aws_iam_role_policy": {"name", "role", "policy"},
    "aws_iam_policy": {"name", "path", "policy"},
    "aws_iam_role_policy_attachment": {"role", "policy_arn"},
    "aws_organizations_policy": {"name", "type", "content"},
    "aws_ecr_repository": {"name", "image_tag_mutability"},
    "aws_ecr_repository_policy": {"repository", "policy"},
}
"""Arguments of the Terraform resources that are written, by the provider's documentation."""
CLOUDFORMATION = {
    "AWS::IAM::OIDCProvider": {"Url", "ClientIdList"},
    "AWS::IAM::Role": {
        "RoleName",
        "Path",
        "MaxSessionDuration",
        "PermissionsBoundary",
        "Tags",
        "AssumeRolePolicyDocument",
    },
    "AWS::IAM::RolePolicy": {"RoleName", "PolicyName", "PolicyDocument"},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName", "Path", "PolicyDocument", "Roles"},
    "AWS::Organizations::Policy": {"Name", "Type", "Content"},
    "AWS::ECR::Repository": {"RepositoryName", "ImageTagMutability", "EncryptionConfiguration", "RepositoryPolicyText"},
}
KINDS = {
    ChangeKind.REPLACE_TRUST_POLICY: PolicyKind.TRUST,
    ChangeKind.PUT_INLINE_POLICY: PolicyKind.IDENTITY,
    ChangeKind.REPLACE_ATTACHED_POLICY: PolicyKind.IDENTITY,
    ChangeKind.ATTACH_POLICY: PolicyKind.IDENTITY,
    ChangeKind.REPLACE_BOUNDARY: PolicyKind.BOUNDARY,
    ChangeKind.REPLACE_REPOSITORY_POLICY: PolicyKind.RESOURCE,
    ChangeKind.REPLACE_SERVICE_CONTROL_POLICY: PolicyKind.SCP,
    ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY: PolicyKind.RCP,
}
MODELLED = frozenset({*KINDS, ChangeKind.CREATE_PROVIDER, ChangeKind.ADD_AUDIENCE, ChangeKind.CREATE_REPOSITORY})


@cache
def operations(service: str) -> dict[str, str]:
    """Command name to operation name."""
    return {xform_name(name, "-"): name for name in Session().get_service_model(service).operation_names}


def check_command(line: str) -> None:
    words = shlex.split(line)
    if words[:3] == ["gh", "workflow", "run"]:
        assert {word for word in words if word.startswith("--")} == {"--repo", "--ref"}
        return
    assert words[0] == "aws", line
    service, command = words[1], words[2]
    assert command in operations(service), line
    shape = Session().get_service_model(service).operation_model(operations(service)[command]).input_shape
    members = {f"--{xform_name(member, '-')}": member for member in shape.members}
    given_options = [word for word in words[3:] if word.startswith("--")]
    for option in given_options:
        assert option in members or option in GLOBAL_OPTIONS, f"{option} of {service} {command}"
    required = {f"--{xform_name(member, '-')}" for member in shape.required_members}
    assert required <= set(given_options), line
    for option, value in pairwise(words):
        if option.startswith("--") and option.removeprefix("--") not in FLAGS:
            assert not value.startswith("--"), f"{option} has no value"
            assert value, f"{option} is empty"


def commands(text: str) -> list[str]:
    """The command lines of a remediation, here-documents taken out."""
    without_files = re.sub(r"cat > \S+ <<'POLICY'\n.*?\nPOLICY\n", "", text, flags=re.DOTALL)
    return [line for line in without_files.replace("\\\n", " ").split("\n") if line.strip()]


def check(remediation: Remediation) -> None:
    for line in commands(remediation.aws_cli):
        check_command(line)
    check_terraform(remediation.terraform)
    check_template(remediation.cloudformation)
    for change in remediation.changes:
        if change.document is not None:
            parsed = parse_policy(change.document.text, KINDS[change.kind])
            assert not isinstance(parsed, Unparsable), parsed
            assert parsed.rejections_as(KINDS[change.kind]) == ()
    if any(change.kind in MODELLED and (change.kind not in KINDS or change.document) for change in remediation.changes):
        assert remediation.aws_cli
        assert remediation.terraform
        assert remediation.cloudformation


def check_terraform(text: str) -> None:
    for kind, body in re.findall(r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', text, flags=re.DOTALL | re.MULTILINE):
        arguments = set(re.findall(r"^  (\w+) =", body, flags=re.MULTILINE))
        assert arguments <= TERRAFORM[kind], (kind, arguments)
    outside = re.sub(r"^resource .*?^\}", "", text, flags=re.DOTALL | re.MULTILINE)
    assert all(not line.strip() or line.startswith("#") for line in outside.splitlines())


def check_template(text: str) -> None:
    if not text:
        return
    for name, resource in json.loads(text)["Resources"].items():
        assert re.fullmatch(r"[A-Za-z0-9]+", name)
        assert set(resource["Properties"]) <= CLOUDFORMATION[resource["Type"]]


def check_paths(diagnosis: Diagnosis) -> None:
    for path in diagnosis.paths:
        for remediation in path.remediations:
            check(remediation)
        check_owners(path)


def check_owners(path: Path) -> None:
    """Each owner is asked once, and what is asked is all that is theirs."""
    owners = [change.owner for change in path.owners]
    assert len(set(owners)) == len(owners)
    asked = [item for item in path.remediations if not item.tightens] or path.remediations
    assert [name for change in path.owners for name in change.remediations] == [
        remediation.id for owner in owners for remediation in asked if remediation.owner is owner
    ]
    for change in path.owners:
        own = [item for item in asked if item.owner is change.owner]
        merged = json.loads(change.cloudformation)["Resources"] if change.cloudformation else {}
        apart = [json.loads(item.cloudformation)["Resources"] for item in own if item.cloudformation]
        assert len(merged) == sum(len(resources) for resources in apart)
        assert all(item.aws_cli in change.aws_cli for item in own)


@everywhere
def test_each_defect_is_mended_in_words_that_the_tools_take(defect: Defect) -> None:
    check_paths(broken([defect]).diagnosis())


@settings(max_examples=examples(80), deadline=None)
@given(subsets)
def test_whatever_is_broken_together_is_mended_in_words_that_the_tools_take(chosen: tuple[Defect, ...]) -> None:
    check_paths(broken(chosen).diagnosis())


@everywhere
def test_what_widens_nothing_comes_first(defect: Defect) -> None:
    paths = broken([defect]).diagnosis().paths
    widening = [any(remediation.widens for remediation in path.remediations) for path in paths]
    assert widening == sorted(widening)
