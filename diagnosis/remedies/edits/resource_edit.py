"""Change a resource's own policy for one role: leave it out of what denies, or admit it for exactly what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.tree import JsonObject, one_or_list, statements, with_own_sids
from diagnosis.remedies.edits.grant_proof import granted_beyond
from diagnosis.remedies.edits.narrowing import narrowed
from diagnosis.remedies.edits.policy_patch import Contexts

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ResourceEdit:
    """The policy of one resource before and after."""

    before: PolicyDocument | None
    """None where it has none."""
    after: PolicyDocument
    pairs: Pairs
    """The ``(action, resource)`` pairs for which it changes."""
    admits: bool
    """Whether the role is admitted by statements of its own."""
    beyond: tuple[str, ...]
    """What it allows, or no longer denies, beside these pairs."""


def resource_edit(
    before: PolicyDocument | None,
    pairs: Pairs,
    role: Arn,
    session: str,
    *,
    must_admit: Callable[[PolicyDocument | None], bool],
    place: str | None = "",
    contexts: Contexts | None = None,
    within: str = "",
) -> ResourceEdit | None:
    """Return the smallest change after which the policy lets the role make these calls; None where none is known.

    ``must_admit`` tells of a document whether it still lacks an Allow for the role. ``place`` is what such a statement names as
    its resource: empty where the policy is of a kind that names none, None where each call's own. ``within`` is the resource's
    ARN, where the policy names resources. Nobody else gains or loses by the change.
    """
    # What is exact and cannot be proved gives way to what is wider, and told.
    for scope in dict.fromkeys((within, "")):
        try:
            left = (
                narrowed(before, pairs, session, role, of_role=False, contexts=contexts, within=scope)
                if before is not None
                else None
            )
            after = left or before
            admits = must_admit(after)
            after = _admitting(after, pairs, str(role), place) if admits else after
        except ValueError:
            return None
        if after is None or after == before:
            return None
        beyond = granted_beyond(_of(scope, before), _of(scope, after), pairs, role) if before is not None else ()
        if beyond is not None:
            return ResourceEdit(before, after, pairs, admits, beyond)
    return None


def _of(within: str, document: PolicyDocument) -> PolicyDocument:
    """Return the document with everything denied that the resource it hangs on is not asked about."""
    if not within:
        return document
    outside: JsonObject = {"Effect": "Deny", "Principal": "*", "Action": "*", "NotResource": [within, f"{within}/*"]}
    tree = document.editable()
    return write_document({**tree, "Statement": [*statements(tree), outside]})


def _admitting(document: PolicyDocument | None, pairs: Pairs, role: str, place: str | None) -> PolicyDocument:
    """Return the policy with statements that admit the role for exactly the needed actions, each where it is needed."""
    fresh: JsonObject = {"Version": "2012-10-17", "Statement": []}
    tree = document.editable() if document else fresh
    actions: dict[str, set[str]] = {}
    for action, resource in pairs:
        if resource != "*":
            actions.setdefault(resource if place is None else place, set()).add(action)
    places: dict[tuple[str, ...], list[str]] = {}
    for named, needed in actions.items():
        places.setdefault(tuple(sorted(needed)), []).append(named)
    made: list[JsonObject] = []
    for needed_there, named_there in places.items():
        statement: JsonObject = {"Sid": "ReleaseRole", "Effect": "Allow", "Principal": {"AWS": role}}
        statement["Action"] = one_or_list(list(needed_there))
        if place != "":
            statement["Resource"] = one_or_list(named_there)
        made.append(statement)
    return write_document({**tree, "Statement": with_own_sids([*statements(tree), *made])})
