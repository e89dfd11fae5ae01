"""Correct a statement that misses the need by little: the needed ARN beside the wrong one, an action's name in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.facts.account import NamedPolicy
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.near_grants import Amiss, NearGrant, near_grants
from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.tree import Json, JsonObject, as_list, one_or_list, statements
from diagnosis.remedies.edits.policy_patch import PASS_ROLE

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Correction:
    """One policy, corrected."""

    after: PolicyDocument
    said: tuple[str, ...]
    """What was wrong and what became of it, as sentences."""
    others: tuple[str, ...]
    """The patterns left beside the needed ARN, which others may use."""
    void: tuple[str, ...]
    """The misspelled names of actions that are gone: they granted nothing."""


def corrected(policy: NamedPolicy, lacking: Pairs, needed: Pairs) -> Correction | None:
    """Return the policy with its slips corrected as far as that grants what is needed and nothing else; None without any.

    ``lacking`` are the ``(action, resource)`` pairs that are denied, ``needed`` all that the release needs.
    """
    document, said, others, void = policy.document, list[str](), list[str](), list[str]()
    for near in near_grants((policy,), lacking):
        after = _with(document, near)
        if after is None or after == document:
            continue
        gone = [near.written] if near.amiss is Amiss.ACTION else []
        found = compare_grants([[document]], [[after]], meant=needed, void=gone)
        if not found.takes_nothing_away or not found.grants_nothing_new:
            continue
        document = after
        said.append(f"{near.text[0].upper()}{near.text[1:]}.")
        void += gone
        if near.amiss is Amiss.RESOURCE and near.meant != "*":
            others.append(near.written)
    if not said:
        return None
    return Correction(document, tuple(dict.fromkeys(said)), tuple(dict.fromkeys(others)), tuple(void))


def _with(document: PolicyDocument, near: NearGrant) -> PolicyDocument | None:
    """Return the document with one slip corrected; None where its statement does not stand alone for it."""
    tree = document.editable()
    items = statements(tree)
    statement = items[near.index]
    if set(statement) - {"Sid", "Effect", "Action", "Resource"}:
        return None
    # Which roles are passed stands in a statement of its own, with the service that they are passed to.
    if any(str(action).lower() == PASS_ROLE.lower() for action in as_list(statement.get("Action"))):
        return None
    if near.amiss is Amiss.ACTION:
        statement["Action"] = _replaced(statement, "Action", near.written, near.meant)
    elif near.meant == "*":
        # Such an action is granted on `*` alone: the ARN gave nothing.
        statement["Resource"] = "*"
    else:
        listed = [str(item) for item in as_list(statement.get("Resource"))]
        statement["Resource"] = one_or_list(list(dict.fromkeys([*listed, near.meant])))
    kept: list[Json] = [*items]
    return write_document({**tree, "Statement": kept})


def _replaced(statement: JsonObject, element: str, written: str, meant: str) -> Json:
    listed = [meant if item == written else str(item) for item in as_list(statement.get(element))]
    return one_or_list(list(dict.fromkeys(listed)))
