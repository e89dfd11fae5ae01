"""Write a trust policy for a repository's tokens before and after a move, then for those after it alone.

Wherever the policy names the repository (in ``sub``, ``repository``, ``job_workflow_ref``; in a Deny and under a negated
operator too), the name of afterwards is put beside it with the same rest: what met a condition before, meets it afterwards.
A pattern that others use as well (``repo:O/*``) stays as it is, and the exact subjects in use are listed beside it; where it
holds callers back (in a Deny), it is repeated for the repository, so that nobody slips through.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagnosis.migration.effects import TokenEffect
from diagnosis.migration.globs import is_pattern, matches, remainders
from diagnosis.migration.move import Move
from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.tree import (
    Json,
    JsonObject,
    as_list,
    one_or_list,
    statements,
    with_own_sids,
    with_statements,
)

_OPERATOR = re.compile(
    r"(?:for(?:allvalues|anyvalue):)?string(?P<negated>not)?(?P<kind>equalsignorecase|equals|like)(?:ifexists)?\Z",
    re.IGNORECASE,
)
_ONE_REPOSITORY = re.compile(r"repo:[^:*?/]+/[^:*?/]+:")


@dataclass(frozen=True, slots=True)
class _Place:
    """One list of values: which claim, how it is compared, and whether it holds callers back."""

    claim: str
    values: tuple[str, ...]
    like: bool
    fold: bool
    holds_back: bool
    """In a Deny, or under a negated operator of an Allow: a value more admits fewer."""
    bounds_owner: bool
    """Whether its statement's subjects are all of the one owner, so that another owner's id beside it lets nobody else in."""
    bounds_repository: bool
    """Whether its statement names repositories by more than the claim ``repository``: a name may be another's until the move."""

    def begins(self, value: str, beginning: str) -> bool:
        """Return whether the value begins with this text, literally."""
        head = value[: len(beginning)]
        return head.lower() == beginning.lower() if self.fold else head == beginning

    def is_the_same(self, value: str, text: str) -> bool:
        """Return whether the value is this text."""
        return len(value) == len(text) and self.begins(value, text)

    def rests(self, value: str, beginning: str) -> tuple[str, ...]:
        """Return what a value leaves open after the beginning; empty where it cannot begin so."""
        if self.like and is_pattern(value):
            return remainders(value, beginning)
        return (value[len(beginning) :],) if self.begins(value, beginning) else ()

    def takes(self, value: str, text: str) -> bool:
        """Return whether a text of a token is one that this value means."""
        return matches(value, text) if self.like else self.is_the_same(value, text)


def with_both(
    document: PolicyDocument,
    move: Move,
    issuers: Iterable[str],
    repairs: Sequence[TokenEffect],
    *,
    holding_back_only: bool = False,
) -> PolicyDocument:
    """Return the policy with the repository's names of afterwards beside those of today.

    With ``holding_back_only`` they are put only where they keep callers out, such as in a Deny.
    """
    tree = document.editable()
    for statement in statements(tree):
        for block, key, place in _places(statement, issuers, move):
            if holding_back_only and not place.holds_back:
                continue
            added = dict.fromkeys(value for value in _additions(place, move, repairs) if value not in place.values)
            if added:
                block[key] = [*place.values, *added]
    return write_document(tree)


def with_own_statements(
    document: PolicyDocument, move: Move, issuers: Iterable[str], repairs: Sequence[TokenEffect]
) -> PolicyDocument:
    """Return the policy with a copy of each statement that admits the repository today, for its subjects of afterwards alone."""
    tree = document.editable()
    policy = document.compiled()
    kept = statements(tree)
    copies: list[Json] = []
    for statement, compiled in zip(kept, policy.statements, strict=False):
        own = [
            repair
            for repair in repairs
            if repair.statement in (compiled.name, compiled.path) and repair.after and repair.token.caller
        ]
        if own and statement.get("Effect") == "Allow":
            copies.append(_copy_for(statement, move, tuple(issuers), own))
    return write_document(with_statements(tree, with_own_sids([*kept, *copies])))


def without_old(document: PolicyDocument, moves: Sequence[Move], issuers: Iterable[str]) -> PolicyDocument:
    """Return the policy without the repositories' names of before, wherever those of afterwards stand beside them.

    What holds callers back stays under both names: there an old name costs nothing.
    """
    tree = document.editable()
    listed = tuple(issuers)
    every = statements(tree)
    needed: list[Json] = [statement for statement in every if not _is_of_before(statement, moves, listed)]
    if needed and len(needed) < len(every):
        tree = with_statements(tree, needed)
    for move in moves:
        for statement in statements(tree):
            for block, key, place in _places(statement, listed, move):
                if place.holds_back:
                    continue
                kept = [value for value in place.values if not _is_old(value, place, move, moves, statement, listed)]
                if kept and len(kept) < len(place.values):
                    block[key] = one_or_list(kept)
    return write_document(tree)


def _places(statement: JsonObject, issuers: Iterable[str], move: Move) -> Iterator[tuple[JsonObject, str, _Place]]:
    """Yield each list of values that a statement compares a claim of GitHub's with, and where it stands."""
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return
    folded = {issuer.lower() for issuer in issuers}
    deny = statement.get("Effect") == "Deny"
    # What a Deny excepts is admitted by an Allow or not at all.
    owner = deny or _bounds_owner(statement, folded, move)
    repository = deny or _bounds_repository(statement, folded, move)
    for operator, block in condition.items():
        found = _OPERATOR.match(operator)
        if not found or not isinstance(block, dict):
            continue
        kind = found["kind"].lower()
        for key in list(block):
            issuer, _, claim = key.lower().rpartition(":")
            if issuer in folded:
                values = tuple(str(value) for value in as_list(block[key]))
                holds_back = deny != bool(found["negated"])
                like, fold = kind == "like", kind == "equalsignorecase"
                yield block, key, _Place(claim, values, like, fold, holds_back, owner, repository)


def _bounds_owner(statement: Mapping[str, Json], issuers: Iterable[str], move: Move) -> bool:
    """Return whether the statement takes in no repository of another owner than the one of before, but the one that moves.

    Then its subjects all begin with that owner or with the repository of afterwards, or it names the repository itself.
    """
    beginnings = (f"repo:{move.before.owner}/", f"repo:{move.before.owner}@", f"{move.prefix}:")
    names = {move.before.full_name, move.after.full_name}
    return _bounded(
        statement,
        issuers,
        {
            "sub": lambda value: value.startswith(beginnings),
            "repository": lambda value: value in names,
            "repository_id": lambda value: value == str(move.before.id),
        },
    )


def _bounds_repository(statement: Mapping[str, Json], issuers: Iterable[str], move: Move) -> bool:
    """Return whether the statement lists subjects of single repositories, none in the classic form of the new name, or an id."""
    taken = f"repo:{move.after.full_name}:"
    return _bounded(
        statement,
        issuers,
        {
            "sub": lambda value: _ONE_REPOSITORY.match(value) is not None and not value.startswith(taken),
            "repository_id": lambda value: value == str(move.before.id),
        },
    )


def _bounded(
    statement: Mapping[str, Json], issuers: Iterable[str], bounds: Mapping[str, Callable[[str], bool]]
) -> bool:
    """Return whether one of the claims is asked for and every value that is listed for it keeps to its bound."""
    condition = statement.get("Condition")
    for operator, block in condition.items() if isinstance(condition, dict) else ():
        found = _OPERATOR.match(operator)
        if not found or found["negated"] or not _must_be_there(operator) or not isinstance(block, dict):
            continue
        for key, values in block.items():
            issuer, _, claim = key.lower().rpartition(":")
            bound = bounds.get(claim) if issuer in issuers else None
            if bound is not None and all(bound(str(value)) for value in as_list(values)):
                return True
    return False


def _must_be_there(operator: str) -> bool:
    """Return whether a token without the claim fails the condition."""
    return not operator.lower().startswith("forallvalues") and not operator.lower().endswith("ifexists")


def _additions(place: _Place, move: Move, repairs: Sequence[TokenEffect]) -> Iterator[str]:
    if place.claim == "sub" and move.prefix:
        for value in place.values:
            yield from _subjects(value, place, move, repairs)
    elif place.claim == "repository" and move.renamed:
        before, after = move.before.full_name, move.after.full_name
        is_listed = any(place.takes(value, before) for value in place.values)
        is_there = any(place.takes(value, after) for value in place.values)
        if is_listed and not is_there and (place.holds_back or place.bounds_repository):
            yield after
    elif place.claim == "repository_owner_id" and move.after.owner_id is not None:
        is_listed = str(move.before.owner_id) in place.values
        if is_listed and move.after.owner_id != move.before.owner_id and (place.holds_back or place.bounds_owner):
            yield str(move.after.owner_id)
    elif place.claim == "job_workflow_ref" and move.renamed:
        before, after = f"{move.before.full_name}/", f"{move.after.full_name}/"
        for value in place.values:
            rests = place.rests(value, before)
            if rests != place.rests(value, after):
                yield from (after + rest for rest in rests)


def _subjects(value: str, place: _Place, move: Move, repairs: Sequence[TokenEffect]) -> Iterator[str]:
    """Yield what has to stand beside one listed subject."""
    for old in move.old_prefixes:
        if place.is_the_same(value, old):
            yield move.prefix
        elif place.begins(value, f"{old}:"):
            yield f"{move.prefix}:{_rest(value[len(old) + 1 :], move)}"
        elif place.like and is_pattern(value):
            rests = _contexts(place.rests(value, f"{old}:"))
            if not rests or rests == _contexts(place.rests(value, f"{move.prefix}:")):
                continue
            if place.holds_back:
                yield from (f"{move.prefix}:{_rest(rest, move)}" for rest in rests)
                continue
            for repair in repairs:
                exact = repair.after
                met = (*repair.today, repair.token.claims.subject or "")
                # Under StringLike a subject that holds a star would be a pattern.
                if (
                    exact
                    and repair.token.caller
                    and not is_pattern(exact)
                    and any(place.takes(value, text) for text in met)
                ):
                    yield exact


def _contexts(rests: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what no subject has: a context holds one colon, so ``*:pull_request`` says no more than ``pull_request``."""
    return tuple(rest for rest in rests if not (rest.startswith("*:") and rest[2:] in rests))


def _rest(rest: str, move: Move) -> str:
    """Return what follows the repository in a subject; a template of its own may name a workflow there."""
    return rest.replace(f"job_workflow_ref:{move.before.full_name}/", f"job_workflow_ref:{move.after.full_name}/")


def _is_of_before(statement: JsonObject, moves: Sequence[Move], issuers: Iterable[str]) -> bool:
    """Return whether an Allow statement lists, for one claim, nothing but names that the moved repositories no longer have."""
    if statement.get("Effect") != "Allow":
        return False
    for _, _, place in _places(statement, issuers, moves[0]):
        names = [name for move in moves for name in _names_of_before(place.claim, move)]
        if names and not place.holds_back and all(_begins_with_one(value, place, names) for value in place.values):
            return True
    return False


def _names_of_before(claim: str, move: Move) -> tuple[str, ...]:
    """Return how values of a claim begin that name the repository of before; a whole value ends with ``$``."""
    if claim == "sub":
        return tuple(end for old in move.old_prefixes for end in (f"{old}:", f"{old}$"))
    if move.renamed and claim == "repository":
        return (f"{move.before.full_name}$",)
    return (f"{move.before.full_name}/",) if move.renamed and claim == "job_workflow_ref" else ()


def _begins_with_one(value: str, place: _Place, names: Iterable[str]) -> bool:
    return any(
        place.is_the_same(value, name[:-1]) if name.endswith("$") else place.begins(value, name) for name in names
    )


def _is_old(
    value: str,
    place: _Place,
    move: Move,
    moves: Sequence[Move],
    statement: Mapping[str, Json],
    issuers: Iterable[str],
) -> bool:
    """Return whether a value names the repository of before alone, and its successor stands beside it."""
    if place.claim == "sub":
        return any(
            (place.is_the_same(value, old) and move.prefix in place.values)
            or (
                place.begins(value, f"{old}:") and f"{move.prefix}:{_rest(value[len(old) + 1 :], move)}" in place.values
            )
            for old in move.old_prefixes
        )
    if not move.renamed:
        return False
    if place.claim == "repository":
        return place.is_the_same(value, move.before.full_name) and move.after.full_name in place.values
    if place.claim == "job_workflow_ref":
        before = f"{move.before.full_name}/"
        return place.begins(value, before) and f"{move.after.full_name}/{value[len(before) :]}" in place.values
    if place.claim == "repository_owner_id" and move.after.owner_id != move.before.owner_id:
        own = str(move.after.owner_id) in place.values and value == str(move.before.owner_id)
        return own and _of_the_moved_alone(statement, moves, issuers)
    return False


def _of_the_moved_alone(statement: Mapping[str, Json], moves: Sequence[Move], issuers: Iterable[str]) -> bool:
    """Return whether the subjects that a statement lists are all of moved repositories, so that nobody needs the old owner."""
    folded = {issuer.lower() for issuer in issuers}
    found = [
        place
        for move in moves[:1]
        for _, _, place in _places(dict(statement), folded, move)
        if place.claim == "sub" and not place.holds_back
    ]
    beginnings = tuple(f"{move.prefix}:" for move in moves if move.prefix) + tuple(
        f"{old}:" for move in moves for old in move.old_prefixes
    )
    return bool(found) and all(value.startswith(beginnings) for place in found for value in place.values)


def _copy_for(
    statement: JsonObject, move: Move, issuers: tuple[str, ...], repairs: Sequence[TokenEffect]
) -> JsonObject:
    """Return the statement for the subjects of afterwards alone; its other conditions stay, under the names of afterwards.

    A subject that names the repository keeps its rest; of a pattern that others share, and without any, the exact ones count.
    """
    made = copy.deepcopy(statement)
    condition = made.get("Condition")
    condition = condition if isinstance(condition, dict) else {}
    key, bound = f"{issuers[0]}:sub", False
    for block, name, place in list(_places(made, issuers, move)):
        beside = [value for value in _additions(_unbounded(place), move, repairs) if value not in place.values]
        if place.claim == "sub" and not place.holds_back:
            key = name
            if beside:
                block[name], bound = one_or_list(list(dict.fromkeys(beside))), True
            else:
                del block[name]
        elif beside and not place.holds_back:
            block[name] = one_or_list(beside)
        elif beside:
            block[name] = [*place.values, *beside]
    left: JsonObject = {operator: block for operator, block in condition.items() if block}
    if not bound:
        exact = left.setdefault("StringEquals", {})
        if isinstance(exact, dict):
            exact[key] = one_or_list(list(dict.fromkeys(repair.after for repair in repairs if repair.after)))
    return {**made, "Condition": left}


def _unbounded(place: _Place) -> _Place:
    """Return the place in a statement of exact subjects: another owner's id lets nobody else in there."""
    return replace(place, bounds_owner=True, bounds_repository=True)
