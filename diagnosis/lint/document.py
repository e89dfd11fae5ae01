"""A document to be judged: as much of it as has a meaning, with the place of everything that it holds.

The reader of policies stops at the first fault. Here each such fault becomes a finding, what is faulty is left out or
taken as it was probably meant, and the rest is read on.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from diagnosis.lint.finding import Finding
from diagnosis.lint.kind import kind_of
from diagnosis.lint.places import Place, Places, Steps, read_places
from diagnosis.lint.rule import Rule, rule_of
from diagnosis.logs.scrubbed_values import MARK
from diagnosis.policy import Condition, Policy, PolicyKind, Statement, Unparsable, parse_policy
from diagnosis.policy.language.faults import Fault
from diagnosis.policy.language.size_limits import ANY
from diagnosis.policy.language.strict_json import JsonFault, read_json
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES

_MOST_FAULTS = 100
"""After so many faults of form a document is foreign junk, and is not read on."""
_INDEX = re.compile(r"Statement\[(\d+)\]")
_WHOLE = {"Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"}
"""Elements without which a statement cannot be judged."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the author knows and the document does not tell; empty where nothing is expected."""

    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class LintedDocument:
    """A document with its kind and places."""

    policy: Policy
    kind: PolicyKind
    text: str = field(repr=False)
    tree: Mapping[str, object] = field(repr=False)
    """The JSON values as they were written."""
    places: Places = field(repr=False)
    expected: Expected = field(default_factory=Expected)
    kept: tuple[int, ...] = ()
    """For each compiled statement its position in the document."""

    def steps(self, statement: Statement) -> Steps:
        """Return the way to a statement."""
        return (
            ("Statement", self.kept[statement.index])
            if isinstance(self.tree.get("Statement"), list)
            else ("Statement",)
        )

    def raw(self, *steps: str | int) -> object:
        """Return the value at these steps; None where there is none."""
        value: object = self.tree
        for step in steps:
            if isinstance(value, Mapping):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def place(self, statement: Statement, *steps: str | int) -> Place:
        """Return the place of something in a statement."""
        return self.places.at(*self.steps(statement), *steps)

    def entry(self, statement: Statement, element: str, position: int) -> Place:
        """Return the place of one string of an element that holds one or a list of them."""
        steps = (*self.steps(statement), *element.split("."))
        return self.places.at(*steps, *((position,) if isinstance(self.raw(*steps), list) else ()))

    def actions(self, statement: Statement) -> Iterator[tuple[str, Place]]:
        """Yield the strings of Action or NotAction with their places."""
        element = "NotAction" if statement.actions.negated else "Action"
        for position, pattern in enumerate(statement.actions.patterns):
            yield pattern, self.entry(statement, element, position)

    def resources(self, statement: Statement) -> Iterator[tuple[str, Place]]:
        """Yield the strings of Resource or NotResource with their places."""
        if statement.resources is not None:
            element = "NotResource" if statement.resources.negated else "Resource"
            for position, pattern in enumerate(statement.resources.patterns):
                yield pattern, self.entry(statement, element, position)

    def principals(self, statement: Statement) -> Iterator[tuple[str, str, Place]]:
        """Yield type and name of the strings of Principal or NotPrincipal with their places."""
        if statement.principals is None:
            return
        element = "NotPrincipal" if statement.not_principal else "Principal"
        seen: dict[str, int] = {}
        for sort, name in statement.principals.entries:
            position = seen.get(sort, 0)
            seen[sort] = position + 1
            way = element if sort == "*" else f"{element}.{sort}"
            yield sort, name, self.entry(statement, way, position)

    def condition(self, statement: Statement, condition: Condition, position: int | None = None) -> Place:
        """Return the place of a condition, or of one of its values."""
        steps = (*self.steps(statement), "Condition", condition.operator, condition.key)
        in_list = position is not None and isinstance(self.raw(*steps), list)
        return self.places.at(*steps, *((position,) if in_list and position is not None else ()))


def read_linted(
    text: str, kind: PolicyKind | None, expected: Expected
) -> tuple[LintedDocument, tuple[Finding, ...]] | Unparsable:
    """Read a document and the faults of its form. Unparsable where the text is no JSON object."""
    if (refusal := ANY.refusal(text)) is not None:
        return Unparsable(refusal, fault=Fault.TOO_LONG)
    tree = read_json(text)
    if isinstance(tree, JsonFault) and tree.duplicate:
        tree = read_json(text, unique=False)
    if isinstance(tree, JsonFault):
        return Unparsable(tree.why, tree.line, tree.column)
    if not isinstance(tree, dict):
        return Unparsable("the document must be a JSON object", fault=Fault.VALUE_TYPE)
    places = read_places(text)
    found = [_repeated(places, steps, offset) for steps, offset in places.repeated]
    stated = kind_of(tree) if kind is None else kind
    reading = _Reading(tree, stated, places)
    reading.leave_out_secrets()
    policy = reading.read()
    return LintedDocument(policy, stated, text, tree, places, expected, tuple(reading.kept)), (*found, *reading.found)


def _repeated(places: Places, steps: Steps, offset: int) -> Finding:
    return Finding(
        Rule.DUPLICATE_JSON_KEY,
        places.place(steps, offset),
        f"The key {str(steps[-1])[:80]!r} stands twice in one object; AWS refuses the document.",
        "Join the two into one, or remove the one that is not meant.",
    )


class _Reading:
    """Reads on past faults of form, collecting them."""

    def __init__(self, tree: Mapping[str, object], kind: PolicyKind, places: Places) -> None:
        self._tree: dict[str, object] = copy.deepcopy(dict(tree))
        self._kind = kind
        self._places = places
        listed = tree.get("Statement")
        self.kept = list(range(len(listed))) if isinstance(listed, list) else [0]
        self.found: list[Finding] = []

    def leave_out_secrets(self) -> None:
        """Leave out the statements in which something was scrubbed that may decide: judged without it they would be others."""
        listed = self._tree.get("Statement")
        if not isinstance(listed, list):
            if listed is not None and _holds_secret(listed):
                self._tree["Statement"], self.kept = [], []
            return
        sound = [position for position, statement in enumerate(listed) if not _holds_secret(statement)]
        self._tree["Statement"] = [listed[position] for position in sound]
        self.kept = [self.kept[position] for position in sound]

    def read(self) -> Policy:
        """Return what has a meaning."""
        for _ in range(_MOST_FAULTS):
            policy = parse_policy(self._tree, self._kind)
            if not isinstance(policy, Unparsable):
                return policy
            steps = self._steps(policy.path or "")
            self._tell(policy, steps)
            if not self._mend(policy.fault, steps):
                break
        self.kept = []
        return Policy(VERSION_WITH_VARIABLES, ())

    def _steps(self, path: str) -> Steps:
        """Return the way to what a path of the reader names, in the tree as it is now."""
        return next((steps for steps, dotted in _walk(self._tree) if dotted == path), _guess(path))

    def _tell(self, fault: Unparsable, steps: Steps) -> None:
        written = steps
        if len(steps) > 1 and steps[0] == "Statement" and isinstance(steps[1], int):
            written = ("Statement", self.kept[steps[1]], *steps[2:])
        sentence = fault.why[:1].upper() + fault.why[1:] + "."
        self.found.append(Finding(rule_of(fault.fault), self._places.at(*written), sentence, _CORRECTIONS[fault.fault]))

    def _mend(self, fault: Fault, steps: Steps) -> bool:
        """Leave out what is faulty, or take it as meant; return whether the rest can be read."""
        if fault is Fault.VERSION_INVALID:
            self._tree["Version"] = VERSION_WITH_VARIABLES
            return True
        statement = self._statement(steps)
        if fault is Fault.EFFECT_INVALID and statement is not None:
            effect = statement.get("Effect")
            statement["Effect"] = "Deny" if isinstance(effect, str) and effect.strip().lower() == "deny" else "Allow"
            return True
        if fault is Fault.ELEMENT_CONFLICT and statement is not None:
            for name in ("NotAction", "NotResource", "NotPrincipal"):
                if name in statement and name.removeprefix("Not") in statement:
                    del statement[name]
            return True
        if statement is not None and (len(steps) < 3 or steps[2] in _WHOLE or fault is Fault.ACTION_MISSING):
            return self._drop(steps)
        return _removed(self._tree, steps)

    def _statement(self, steps: Steps) -> dict[str, object] | None:
        listed = self._tree.get("Statement")
        if isinstance(listed, list) and len(steps) > 1 and isinstance(steps[1], int) and steps[1] < len(listed):
            found = listed[steps[1]]
        else:
            found = listed if steps[:1] == ("Statement",) else None
        return found if isinstance(found, dict) else None

    def _drop(self, steps: Steps) -> bool:
        listed = self._tree.get("Statement")
        if isinstance(listed, list) and len(steps) > 1 and isinstance(steps[1], int):
            del listed[steps[1]]
            del self.kept[steps[1]]
            return bool(listed)
        return False


def _holds_secret(statement: object) -> bool:
    """Return whether a secret was scrubbed in a statement, its Sid aside."""
    if not isinstance(statement, Mapping):
        return False
    return MARK in json.dumps({name: member for name, member in statement.items() if name != "Sid"}, default=str)


def _walk(value: object, steps: Steps = (), dotted: str = "") -> Iterator[tuple[Steps, str]]:
    """Yield every value's way with its path as the reader of policies writes it: keys unquoted."""
    yield steps, dotted
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, (*steps, str(key)), f"{dotted}.{key}" if dotted else str(key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _walk(inner, (*steps, position), f"{dotted}[{position}]")


def _guess(path: str) -> Steps:
    """Return the way to what a path names that is missing in the tree: ``Statement[1].Effect``."""
    first, *rest = path.split(".")
    numbered = _INDEX.fullmatch(first)
    head: Steps = ("Statement", int(numbered.group(1))) if numbered else (first,) if first else ()
    return (*head, *rest)


def _removed(tree: dict[str, object], steps: Steps) -> bool:
    value: object = tree
    for step in steps[:-1]:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    if isinstance(value, dict) and steps and steps[-1] in value:
        del value[steps[-1]]
        return True
    if isinstance(value, list) and steps and isinstance(steps[-1], int) and steps[-1] < len(value):
        del value[steps[-1]]
        return True
    return False


_CORRECTIONS = {
    Fault.ELEMENT_UNKNOWN: "Remove it, or write the element that is meant: Sid, Effect, Principal, Action, Resource, Condition.",
    Fault.ELEMENT_CONFLICT: "Keep the one that is meant and remove the other.",
    Fault.VALUE_TYPE: "Write the value in the JSON type that the element takes.",
    Fault.TOO_LONG: "Shorten the element, or share it among several policies.",
    Fault.VERSION_INVALID: 'Write "Version": "2012-10-17".',
    Fault.STATEMENT_MISSING: "Add a Statement.",
    Fault.EFFECT_INVALID: 'Write "Effect": "Allow" or "Effect": "Deny", in this letter case.',
    Fault.ACTION_MISSING: "Add an Action.",
    Fault.PRINCIPAL_TYPE: "Write AWS, Federated, Service or CanonicalUser, in this letter case.",
    Fault.OPERATOR_UNKNOWN: "Write an operator that exists, such as StringEquals or StringLike; Null takes no IfExists.",
}
