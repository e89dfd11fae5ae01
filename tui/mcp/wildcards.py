"""Which wildcards a change would grant by that the document in its place does not already grant by.

Only the login to a registry and its like need ``Resource: "*"``: an action without resource level can be granted in no other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known
from diagnosis.policy import Effect, PolicyDocument, Statement, Unparsable, has_resource_level
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.remediation import ChangeKind, Remediation

_QUOTED = re.compile(r'"([^"\n]*)"')
_TRUST = (ChangeKind.REPLACE_TRUST_POLICY,)
_IDENTITY = (
    ChangeKind.PUT_INLINE_POLICY,
    ChangeKind.REPLACE_ATTACHED_POLICY,
    ChangeKind.ATTACH_POLICY,
)
_BY_PATTERN = frozenset({"StringLike", "ArnLike", "ArnEquals"})
_WEB_IDENTITY = "sts:assumerolewithwebidentity"
_WHAT = ("Action", "NotAction")
_WHERE = ("Resource", "NotResource", "Principal", "NotPrincipal")


def wildcards_added(remediation: Remediation, account: AccountState | None) -> tuple[str, ...]:
    """Return each grant by a wildcard that a change adds, as ``action on resource``; empty for one that adds none."""
    found: dict[str, None] = {}
    for change in remediation.changes:
        if change.document is None:
            continue
        before = tuple(_documents(account, change.kind)) if account is not None else ()
        found.update(dict.fromkeys(wildcards_of(change.document, before)))
    found.update(dict.fromkeys(_in_texts_alone(remediation)))
    return tuple(found)


def _in_texts_alone(remediation: Remediation) -> Iterator[str]:
    """Yield each quoted wildcard that a patch's text adds and that stands in none of its documents, which were judged."""
    lines = remediation.difference.split("\n")
    added = [line for line in lines if line.startswith("+") and not line.startswith("+++")]
    kept = [line for line in lines if not line.startswith("+")]
    known = {text for change in remediation.changes if change.document for text in _every_text(change.document.tree)}
    known.update(_quoted("\n".join(kept)))
    for part in ("\n".join(added), remediation.aws_cli, remediation.terraform, remediation.cloudformation):
        yield from (text for text in _quoted(part) if ("*" in text or "?" in text) and text not in known)


def _quoted(text: str) -> list[str]:
    """Return what stands in double quotes; Terraform doubles the ``$`` of a policy variable."""
    return [found.replace("$${", "${") for found in _QUOTED.findall(text)]


def _every_text(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name)
            yield from _every_text(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _every_text(item)
    else:
        yield str(value)


def wildcards_of(document: PolicyDocument, before: Sequence[PolicyDocument]) -> Iterator[str]:
    """Yield each grant by a wildcard in a document that none of those before holds."""
    old = [held for each in before for held in _granted(each)]
    known = {text for text, _ in old}
    granted = {pair for _, pairs in old for pair in pairs}
    for text, pairs in _granted(document):
        if text not in known:
            yield from (" on ".join(pair) for pair in pairs if pair not in granted)


def _granted(document: PolicyDocument) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each statement as text, and what it grants by a wildcard."""
    compiled = () if isinstance(document.policy, Unparsable) else document.policy.statements
    by_place = {statement.index: list(_patterns(statement)) for statement in compiled}
    for place, tree in enumerate(_statements(document)):
        yield json_text(tree), [*_pairs(tree), *by_place.get(place, ())]


def _pairs(statement: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what a statement grants by a wildcard: what, and where or to whom."""
    if statement.get("Effect") != "Allow":
        return
    what = [_named(name, value) for name in _WHAT for value in _texts(statement.get(name))]
    where = [_named(name, value) for name in _WHERE for value in _texts(statement.get(name))]
    for action, place in product(what or [""], where or [""]):
        bare = place == "*" and not _is_wild(action) and ":" in action and has_resource_level(action) is False
        if (_is_wild(action) or _is_wild(place)) and not bare:
            yield action, place


def _patterns(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield each pattern that a condition admits by, and any subject where tokens are admitted and no condition bounds it."""
    if statement.effect is not Effect.ALLOW:
        return
    admitting = [each for each in statement.conditions if each.compares_strings]
    for each in admitting:
        by_pattern = each.base is not None and each.base.name in _BY_PATTERN
        # A variable is filled in for every comparison of strings: what is asked for may be compared with itself.
        yield from ((text, each.folded_key) for text in each.values if (_is_wild(text) if by_pattern else "${" in text))
    bounded = any(each.folded_key.endswith(":sub") and each.compares_something for each in admitting)
    if statement.principals is not None and statement.actions.covers(_WEB_IDENTITY) and not bounded:
        yield _WEB_IDENTITY, "any subject"


def _named(name: str, value: str) -> str:
    """Return a value as it is compared; everything but one thing is a wildcard too."""
    if name.startswith("Not"):
        return f"* but {value.lower() if name == 'NotAction' else value}"
    return value.lower() if name == "Action" else value


def _is_wild(text: str) -> bool:
    """Return whether a text stands for many: by a wildcard, or by a variable that is filled from whoever asks."""
    return "*" in text or "?" in text or "${" in text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)


def _statements(document: PolicyDocument) -> Iterator[Mapping[str, object]]:
    held = document.tree.get("Statement")
    for statement in held if isinstance(held, (list, tuple)) else (held,):
        if isinstance(statement, Mapping):
            yield statement


def _documents(account: AccountState, kind: ChangeKind) -> Iterator[PolicyDocument]:
    """Yield the account's documents of the kind that a change is of."""
    for state in (account, *account.beside):
        yield from _of_kind(state, kind)


def _of_kind(state: AccountState, kind: ChangeKind) -> Iterator[PolicyDocument]:
    if kind in _TRUST:
        if isinstance(state.role, Known):
            yield state.role.value.trust_policy
    elif kind in _IDENTITY:
        for reading in (state.inline_policies, state.attached_policies):
            if isinstance(reading, Known):
                yield from _held(reading.value)
    elif kind is ChangeKind.REPLACE_BOUNDARY:
        if isinstance(state.boundary, Known):
            yield state.boundary.value.document
    elif kind is ChangeKind.REPLACE_REPOSITORY_POLICY:
        for policy in (state.repository_policy, *(each.policy for each in state.repositories)):
            if isinstance(policy, Known):
                yield policy.value.document
    elif kind is ChangeKind.REPLACE_RESOURCE_POLICY:
        for each in state.resource_policies:
            if isinstance(each.policy, Known):
                yield each.policy.value.document
    elif kind in (ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY):
        levels = state.scps if kind is ChangeKind.REPLACE_SERVICE_CONTROL_POLICY else state.rcps
        if isinstance(levels, Known):
            for level in levels.value:
                yield from _held(level.policies)


def _held(policies: Iterable[NamedPolicy]) -> Iterator[PolicyDocument]:
    for policy in policies:
        yield policy.document
