"""Tell which files of a repository may hold IAM documents, by name, and of which form a text is, by content.

A file is passed over in silence only where it cannot hold such a document: every one holds the word ``Effect``, in whatever
case, and what attaches one says ``arn:`` or ``aws_iam`` or ``AWS::IAM``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.iac.node import Node, Open
from diagnosis.iac.policy_json import is_answer, is_policy
from diagnosis.iac.proposal import Form
from diagnosis.iac.terraform.plan import is_plan

TEMPLATES = (".tpl", ".tftpl")
"""Files of templates: read where a Terraform file names one, and not by themselves."""
ENDINGS = (".tf", ".tf.json", ".tofu", ".json", ".yaml", ".yml", ".template", *TEMPLATES)
LARGEST = 512 * 1024
"""Bytes of a file that is read: a template may have 1 MB at AWS, most of it no text of a person's."""
LARGEST_PLAN = 16 * 1024 * 1024
MOST_FILES = 2_000
"""Of one repository; more are told as a gap."""
_OF_WORKFLOWS = re.compile(r"\.github/workflows/[^/]+\.ya?ml", re.IGNORECASE)
"""Judged as workflows."""
_MAY_HOLD = re.compile(
    r"effect|aws::(?:iam|serverless|include|cloudformation::stack)|::transform|!transform|::module|resource_changes",
    re.IGNORECASE,
)


def may_hold(path: str) -> bool:
    """Return whether a file with this name may hold IAM documents in a form that is read here."""
    return path.lower().endswith(ENDINGS) and not _OF_WORKFLOWS.fullmatch(path)


def is_worth_reading(text: str) -> bool:
    """Return whether a text may hold an IAM document or the roles that one belongs to."""
    return _MAY_HOLD.search(text) is not None


def is_template(root: Node) -> bool:
    """Return whether a tree is a CloudFormation or SAM template."""
    resources = root.members.get("Resources")
    return resources is not None and (
        isinstance(resources.value, Open)
        or "AWSTemplateFormatVersion" in root.members
        or "Transform" in root.members
        or any("Type" in each.members for each in resources.members.values())
    )


def form_of_json(root: Node) -> Form | None:
    """Return the form of a JSON file; None where it is of none."""
    members: Mapping[str, Node] = root.members
    if is_plan(members):
        return Form.PLAN
    if is_template(root):
        return Form.CLOUDFORMATION
    if "Statement" in members:
        return Form.POLICY
    if is_answer(root):
        return Form.CLI_ANSWER
    return Form.POLICY if is_policy(root) else None
