"""Find the documents that are written as before, and that a change lets come to be otherwise: on another condition, elsewhere.

A count or a condition that the files do not settle decides whether a document is there at all, one that denies among them; the
provider of Terraform that makes a resource decides in which account it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from diagnosis.conform.documents import Documents
from diagnosis.conform.units import Reference, Unit, Units, Written, scope_of
from diagnosis.conform.widening import not_compared
from diagnosis.findings.finding import Finding, Place

_PLAN = "Judge the plan as well, which tells what is there and what will be: terraform show -json."
_VALUE = (
    "Give the value on which it depends: --parameter NAME=VALUE; or judge the plan, which tells what will be there."
)


def other_circumstances(
    before: Documents, after: Documents, units: tuple[Units, Units], used: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Yield the documents of both sides of which something else decides whether, or in which account, they come to be.

    ``used``: names of the releases' roles, of which it is told by itself that a document may not come to be.
    """
    own = _names(after, unsettled=False)
    unsettled = _names(before, unsettled=True) | _names(after, unsettled=True)
    told = _names(Documents(roles=tuple(each for each in after.roles if each.names & used)), unsettled=True)
    olds: dict[Reference, list[Unit]] = {}
    for unit in units[0].every:
        olds.setdefault(unit.name, []).append(unit)
    moved: dict[tuple[Written, Written], list[Unit]] = {}
    for unit in units[1].every:
        same = olds.get(unit.name, []) if unit.name in own else []
        in_place = [each for each in same if scope_of(each.file) == scope_of(unit.file)] or same
        if len(in_place) != 1:
            continue
        [old] = in_place
        is_told = unit.name in told and unit.kind != "module"
        if unit.name in unsettled and not is_told and _rests(units[0], old.when) != _rests(units[1], unit.when):
            said = f"Whether {_shown(unit)} comes to be is decided otherwise than on the base branch, and not settled by the files."
            yield _finding(unit, said, _VALUE)
        places = (_rests(units[0], old.by), _rests(units[1], unit.by))
        if places[0] != places[1]:
            moved.setdefault(places, []).append(unit)
    for found in moved.values():
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        said = f"{_shown(found[0])}{others} would be made by another provider than on the base branch: maybe in another account."
        yield _finding(found[0], said, _PLAN)


def _names(documents: Documents, *, unsettled: bool) -> set[Reference]:
    """Return the names of the resources, and of the modules around them, that the documents stand in."""
    found: set[Reference] = set()
    for each in documents.every:
        if each.proposed.only_if or not unsettled:
            parts = _without_keys(each.proposed.address).split(".")
            found |= {("Resources", parts[0]), *pairwise(parts)}
    return found


def _without_keys(address: str) -> str:
    """Return an address without the keys of instances: ``module.a["b.c"].kind.name[0]``."""
    found: list[str] = []
    depth, is_quoted, before = 0, False, ""
    for sign in address:
        if sign == '"' and depth and before != "\\":
            is_quoted = not is_quoted
        depth += (sign == "[") - (sign == "]") if not is_quoted else 0
        if not depth and sign != "]":
            found.append(sign)
        before = sign
    return "".join(found)


def _rests(units: Units, part: Unit | None) -> Written:
    return units.rests_on([part]) if part is not None else ()


def _shown(unit: Unit) -> str:
    return f"{unit.kind} {unit.name[-1]}"


def _finding(unit: Unit, said: str, correction: str) -> Finding:
    found = not_compared(Place(unit.file, unit.line, member=".".join(unit.name)), said)
    return Finding(found.rule, found.level, found.place, found.sentence, correction)
