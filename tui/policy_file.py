"""Read a policy document that the user hands over: the document itself, or the output of the AWS CLI that holds one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from diagnosis.policy import PolicyDocument, PolicyKind, Unparsable, read_document
from diagnosis.policy.language.document import number_of
from diagnosis.policy.language.faults import Fault
from diagnosis.policy.language.size_limits import OF_KINDS, TRUST
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, json_text, read_json
from diagnosis.visible_text import visible_line
from tui.backend import BackendProblem

LARGEST = 1024 * 1024
"""In bytes; AWS takes 10,240 characters at most."""
_BYTE_ORDER_MARK = "\ufeff"
_WRAPPERS = ("Role", "RolePolicy", "PolicyVersion")
_MEMBERS = ("AssumeRolePolicyDocument", "PolicyDocument", "Document", "policyText", "Policy")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The text of a policy as it was handed over."""

    text: str
    is_whole: bool
    """Whether the text is the file's own, so that its lines are the file's lines."""


def name_of(path: Path) -> str:
    """Return a file's name as a sentence calls it: ``-`` is standard input."""
    return "standard input" if str(path) == "-" else visible_line(str(path))


def read_policy(path: Path, kind: PolicyKind) -> PolicyDocument:
    """Read a policy document from a file. Raises BackendProblem (exit code 2) with line and column for what is no policy.

    One that is larger than AWS takes for its kind is returned without a meaning: it can be proposed, and AWS refuses it.
    """
    document = read_document(read_policy_text(path).text, OF_KINDS[kind])
    if isinstance(document.policy, Unparsable) and document.policy.fault is not Fault.TOO_LONG:
        raise BackendProblem(f"{name_of(path)} is no {kind.value}: {visible_line(document.policy.text)}.")
    return document


def read_trust_policy(text: str) -> PolicyDocument | Unparsable:
    """Return the document, unless it is a permission policy: that one admits nobody, which is no answer about a role."""
    document = read_document(text, TRUST)
    if isinstance(document.policy, Unparsable):
        return document.policy
    statements = document.policy.statements
    if statements and all(statement.principals is None for statement in statements):
        return Unparsable("no statement names a Principal")
    return document


def read_policy_text(path: Path) -> PolicyText:
    """Read the text of a policy from a file, or from standard input where the path is ``-``. Raises BackendProblem."""
    shown = name_of(path)
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as fault:
        # A name with a NUL in it is a ValueError.
        raise BackendProblem(f"{shown} cannot be read ({getattr(fault, 'strerror', None) or fault}).") from None
    if len(raw) > LARGEST:
        raise BackendProblem(f"{shown} is larger than {LARGEST} bytes, so it is no policy.")
    try:
        text = raw.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as fault:
        raise BackendProblem(f"{shown} is not UTF-8 at byte {fault.start}.") from None
    unwrapped = policy_text(text)
    return PolicyText(unwrapped, unwrapped is text)


def policy_text(text: str) -> str:
    """Return the document within an answer of ``aws iam get-role``, ``get-role-policy``, ``aws ecr get-repository-policy`` …"""
    tree = read_json(text)
    if isinstance(tree, JsonFault):
        return text  # the policy reader says what is wrong, with line and column
    for name in _WRAPPERS:
        if isinstance(tree, Mapping) and isinstance(tree.get(name), Mapping):
            tree = tree[name]
    if not isinstance(tree, Mapping) or "Statement" in tree:
        return text
    for name in _MEMBERS:
        inner = tree.get(name)
        if isinstance(inner, Mapping):
            return json_text(inner, default=_number)
        if isinstance(inner, str):
            # The API quotes a document as in a URL, the AWS CLI does not; %3A may stand in a plain one too.
            return unquote(inner) if isinstance(read_json(inner, unique=False), JsonFault) else inner
    return text


def _number(value: object) -> object:
    return number_of(value.text) if isinstance(value, JsonNumber) else value
