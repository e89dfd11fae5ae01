"""Read a Terraform plan as JSON (``terraform show -json PLAN``): what is there before, and what after it was applied.

What is known only once it was applied stands in ``after_unknown`` and is left open. The addresses that an expression refers
to come from the plan's own configuration, so that a policy finds its role before either has an ARN.
Source: Terraform, "JSON Output Format" (plan, values and configuration representations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import DEEPEST, Node, Open, Sort, Value
from diagnosis.iac.proposal import Form, Gap, Given, Proposal
from diagnosis.iac.terraform.resources import Applied, Resource, proposal_of
from diagnosis.policy.language.strict_json import JsonNumber

HOW = "apply first what the value comes from, or write it out, then plan again"
_MOST_RESOURCES = 20_000
_MOST_VALUES = 300_000
# Closing signs optional: what does not end is one match to the end, not a search from every quotation mark.
_ADDRESS = re.compile(r'"address"\s*+:\s*+"((?:[^"\\]++|\\.)*+)"?', re.DOTALL)
_INDEX = re.compile(r'\[(?:"(?:[^"\\]++|\\.)*+"?|\d*+)\]?', re.DOTALL)
_UNKNOWN = "it is known only after the plan is applied"
_NO_OP_OF_STATE = "forget"


def is_plan(root: Mapping[str, object]) -> bool:
    """Return whether JSON values are a plan, or a state, as Terraform and OpenTofu show them."""
    return "format_version" in root and bool({"resource_changes", "planned_values", "values"} & set(root))


def read_plan(text: str, root: Mapping[str, Any], file: str, given: Given) -> Proposal:
    """Return what is there after the plan is applied; ``before`` in it is what was there. Never raises."""
    lines = _lines_of_addresses(text)
    references = dict(_references(root))
    reader = _Plan(file, lines, references)
    before, after = reader.read(root)
    partition, account = given.partition, given.account
    applied = Applied(Form.PLAN, file, account, partition, HOW)
    proposed, existing = proposal_of(after, applied), proposal_of(before, applied)
    gaps = (*proposed.gaps, *reader.gaps)
    return Proposal(proposed.documents, proposed.roles, proposed.providers, gaps, before=existing)


class _Plan:
    def __init__(
        self, file: str, lines: Mapping[str, int], references: Mapping[str, Mapping[str, tuple[str, ...]]]
    ) -> None:
        self._file = file
        self._lines = lines
        self._references = references
        self._left = _MOST_VALUES
        self.gaps: list[Gap] = []

    def read(self, root: Mapping[str, Any]) -> tuple[list[Resource], list[Resource]]:
        before: dict[str, Resource] = {}
        after: dict[str, Resource] = {}
        changes = root.get("resource_changes")
        for position, change in enumerate(_listed(changes)):
            if position >= _MOST_RESOURCES:
                self._gap(f"the plan {self._file}", f"it changes more than {_MOST_RESOURCES} resources")
                break
            if isinstance(change, dict):
                self._change(change, before, after)
        if not isinstance(changes, list) and changes is not None:
            self._gap(f"the plan {self._file}", "its resource_changes are no list")
        # What does not change stands in the planned values alone in some versions; a state holds nothing else.
        for name in ("planned_values", "values"):
            for resource in self._values(root.get(name)):
                if resource.address not in after and resource.address not in before:
                    before[resource.address] = after[resource.address] = resource
        if root.get("errored") is True or root.get("complete") is False:
            self._gap(f"the plan {self._file}", "Terraform says that it is not the whole plan")
        if _listed(root.get("deferred_changes")):
            self._gap(f"the plan {self._file}", "it puts off changes to a later plan")
        return list(before.values()), list(after.values())

    def _gap(self, what: str, why: str) -> None:
        self.gaps.append(Gap(self._file, 1, Unreadable(what, why, HOW)))

    def _change(self, change: Mapping[str, Any], before: dict[str, Resource], after: dict[str, Resource]) -> None:
        address, kind, inner = change.get("address"), change.get("type"), change.get("change")
        if change.get("mode", "managed") != "managed":
            return
        if not isinstance(address, str) or not isinstance(kind, str) or not isinstance(inner, dict):
            self._gap("a change of the plan", "it has no address, type or change")
            return
        actions = inner.get("actions")
        if isinstance(change.get("deposed"), str):
            # What a replacement left behind: beside the resource itself, not in its place.
            address = f"{address} (deposed)"
        if isinstance(inner.get("before"), dict):
            # A resource that only moves is compared with itself: it has its new address in both.
            before[address] = self._resource(address, kind, self._node(inner["before"], None, kind, 0))
        if isinstance(inner.get("after"), dict):
            node = self._node(inner["after"], inner.get("after_unknown"), kind, 0)
            after[address] = self._resource(address, kind, node)
        elif isinstance(actions, list) and _NO_OP_OF_STATE in actions and address in before:
            # Terraform no longer looks after it; AWS keeps it.
            after[address] = before[address]
        elif not isinstance(actions, list) or "delete" not in actions:
            self._gap(f"the change of {address[:150]}", "it tells neither what comes nor that it goes")

    def _resource(self, address: str, kind: str, node: Node) -> Resource:
        plain = _INDEX.sub("", address)
        told = self._references.get(plain)
        references = {name: tuple(found) for name, found in (told or {}).items()}
        configured = None if told is None else frozenset(told)
        return Resource(address, kind, node, self._file, self._lines.get(address, 1), references, configured=configured)

    def _node(self, value: object, unknown: object, name: str, depth: int) -> Node:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            return Node(Open("the plan holds more than can be meant"), 1, self._file)
        if unknown is True:
            return Node(Open(_UNKNOWN, _sort(name)), 1, self._file)
        made: Value = None
        if isinstance(value, dict):
            inner = unknown if isinstance(unknown, dict) else {}
            names = dict.fromkeys((*value, *inner))
            made = {each: self._node(value.get(each), inner.get(each), each, depth + 1) for each in names}
        elif isinstance(value, list):
            listed = unknown if isinstance(unknown, list) else []
            made = tuple(
                self._node(each, listed[at] if at < len(listed) else None, name, depth + 1)
                for at, each in enumerate(value)
            )
        elif isinstance(value, str | bool | JsonNumber):
            made = value
        return Node(made, 1, self._file)

    def _values(self, values: object) -> Iterator[Resource]:
        pending = [values.get("root_module")] if isinstance(values, dict) else []
        seen = 0
        while pending:
            module = pending.pop()
            if not isinstance(module, dict):
                continue
            pending += _listed(module.get("child_modules"))
            for each in _listed(module.get("resources")):
                seen += 1
                if seen > _MOST_RESOURCES:
                    self._gap(f"the plan {self._file}", f"it holds more than {_MOST_RESOURCES} resources")
                    return
                if not isinstance(each, dict) or each.get("mode", "managed") != "managed":
                    continue
                address, kind, own = each.get("address"), each.get("type"), each.get("values")
                if isinstance(address, str) and isinstance(kind, str) and isinstance(own, dict):
                    yield self._resource(address, kind, self._node(own, None, kind, 0))


def _sort(name: str) -> Sort:
    if name in ("arn", "policy_arn", "role_arn"):
        return Sort.ARN
    return Sort.NAME if name in ("id", "unique_id") else Sort.ANY


def _lines_of_addresses(text: str) -> dict[str, int]:
    """Return the line of each address where it stands first; a plan is one line as Terraform writes it."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for match in _ADDRESS.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        found.setdefault(match[1].replace('\\"', '"'), line)
    return found


def _references(root: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Yield for each resource of the configuration the addresses that its attributes refer to."""
    configuration = root.get("configuration")
    pending: list[tuple[str, object, int]] = []
    if isinstance(configuration, dict):
        pending.append(("", configuration.get("root_module"), 0))
    seen = 0
    while pending:
        prefix, module, depth = pending.pop()
        if not isinstance(module, dict) or depth > DEEPEST:
            continue
        calls = module.get("module_calls")
        for name, call in calls.items() if isinstance(calls, dict) else ():
            if isinstance(call, dict):
                pending.append((f"{prefix}module.{name}.", call.get("module"), depth + 1))
        for each in _listed(module.get("resources")):
            seen += 1
            if seen > _MOST_RESOURCES:
                return
            if isinstance(each, dict) and isinstance(each.get("address"), str):
                told = each.get("expressions")
                expressions = told if isinstance(told, dict) else {}
                yield (
                    f"{prefix}{each['address']}",
                    {name: _named(inner, prefix) for name, inner in expressions.items()},
                )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(expression: object, prefix: str) -> tuple[str, ...]:
    found: list[str] = []
    for each in _listed(expression.get("references") if isinstance(expression, dict) else None):
        if isinstance(each, str):
            words = _INDEX.sub("", each).split(".")
            if len(words) >= 2:
                found.append(f"{prefix}{words[0]}.{words[1]}")
    return tuple(dict.fromkeys(found))
