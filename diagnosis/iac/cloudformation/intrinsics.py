"""Work out the intrinsic functions of a template as far as it settles them; what it does not is left open, with the reason.

Source: AWS CloudFormation Template Reference, "Intrinsic function reference", "Pseudo parameters reference", "Condition
functions"; AWS CloudFormation User Guide, "Get values stored in other services using dynamic references".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.iac.arns import is_exact_arn, of_account
from diagnosis.iac.cloudformation.references import Property, attribute, reference
from diagnosis.iac.node import DEEPEST, MOST_NODES, Node, Open, Sort, Text, Value, joined, parts_of
from diagnosis.iac.proposal import Given
from diagnosis.policy.language.strict_json import JsonNumber

_IN_SUB = re.compile(r"\$\{([^{}$]{1,300})\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^{}]{0,2000}\}\}")
_OF_ACCOUNT = {
    "AWS::AccountId": Sort.ACCOUNT,
    "AWS::Region": Sort.REGION,
    "AWS::Partition": Sort.PARTITION,
    "AWS::URLSuffix": Sort.SUFFIX,
}
_NO_VALUE = "AWS::NoValue"
_LONGEST = 200_000
_SHOWN = 100


class TooMuch(Exception):  # noqa: N818 - becomes a gap at once
    """A template whose functions make more of it than can be meant."""


class Template:
    """A template with what is given from elsewhere."""

    def __init__(self, root: Node, given: Given) -> None:
        """Take the template's outermost object."""
        self.root = root
        self.given = given
        self.resources: Mapping[str, Node] = (root.get("Resources") or Node(None)).members
        self._parameters = (root.get("Parameters") or Node(None)).members
        self._mappings = root.get("Mappings") or Node(None)
        self._conditions = (root.get("Conditions") or Node(None)).members
        self._left = MOST_NODES

    def resolved(self, node: Node, depth: int = 0) -> Node | None:
        """Return the value with its functions worked out; None where it is ``AWS::NoValue``. Raises TooMuch."""
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise TooMuch
        value = node.value
        if isinstance(value, str):
            return Node(_with_dynamic(value), node.line, node.file)
        if isinstance(value, tuple):
            found = (self.resolved(each, depth + 1) for each in value)
            return Node(tuple(each for each in found if each is not None), node.line, node.file)
        if not isinstance(value, Mapping):
            return node
        if len(value) == 1:
            [(name, of)] = value.items()
            if name == "Ref" and of.text == _NO_VALUE:
                return None
            if name == "Fn::If":
                return self._if(of, node, depth)
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, of, depth).at(node.line)
        members = {name: self.resolved(each, depth + 1) for name, each in value.items()}
        loops = [name for name in members if name.startswith("Fn::")]
        if loops:
            return Node(Open(f"{loops[0][:_SHOWN]} adds members that only CloudFormation knows"), node.line, node.file)
        return Node({name: each for name, each in members.items() if each is not None}, node.line, node.file)

    def holds(self, name: str, depth: int = 0) -> bool | None:
        """Return whether a condition of the template holds; None where that is not settled."""
        node = self._conditions.get(name)
        return None if node is None or depth > DEEPEST else self._truth(node, depth + 1)

    def _truth(self, node: Node, depth: int) -> bool | None:
        self._left -= 1
        if depth > DEEPEST or self._left < 0 or len(node.members) != 1:
            return None
        [(name, of)] = node.members.items()
        match name:
            case "Condition":
                return self.holds(of.text or "", depth + 1)
            case "Fn::Not" if len(of.items) == 1:
                inner = self._truth(of.items[0], depth + 1)
                return None if inner is None else not inner
            case "Fn::And" | "Fn::Or":
                found = [self._truth(each, depth + 1) for each in of.items]
                decides = name == "Fn::Or"
                return decides if decides in found else None if None in found or not found else not decides
            case "Fn::Equals" if len(of.items) == 2:
                left, right = (self._worked_out(each, depth + 1) for each in of.items)
                if left is None or right is None:
                    return None
                return left == right
            case _:
                return None

    def _worked_out(self, node: Node, depth: int) -> str | None:
        found = self.resolved(node, depth + 1)
        parts = [] if found is None else parts_of(found.value)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None

    def _if(self, of: Node, node: Node, depth: int) -> Node | None:
        if len(of.items) != 3:
            return Node(Open("Fn::If needs a condition and two values"), node.line, node.file)
        condition, yes, no = of.items
        holds = self.holds(condition.text or "")
        if holds is not None:
            found = self.resolved(yes if holds else no, depth + 1)
            return found if found is None else found.at(node.line)
        one, other = self.resolved(yes, depth + 1), self.resolved(no, depth + 1)
        if one is not None and other is not None and not _has_opens(one) and one.plain(str) == other.plain(str):
            return one
        sorts = {_sort_of(one), _sort_of(other)}
        sort = sorts.pop() if len(sorts) == 1 else Sort.ANY
        why = f"the condition {(condition.text or '?')[:_SHOWN]} is not settled by the template"
        return Node(Open(why, sort), node.line, node.file)

    def _function(self, name: str, of: Node, depth: int) -> Node:
        return Node(self._value(name, of, depth), of.line, of.file)

    def _value(self, name: str, of: Node, depth: int) -> Value:
        match name:
            case "Ref":
                return self._ref(of.text or "", depth)
            case "Fn::GetAtt":
                return self._attribute(of, depth)
            case "Fn::Sub":
                return self._sub(of, depth)
            case "Fn::Join":
                return self._join(of, depth)
            case "Fn::Select":
                return self._select(of, depth)
            case "Fn::Split":
                return self._split(of, depth)
            case "Fn::FindInMap":
                return self._find(of, depth)
            case "Fn::ImportValue":
                return Open("the value is exported by another stack")
            case "Fn::Transform":
                return Open("a macro writes it (Fn::Transform)")
            case _:
                return Open(f"the function {name[:_SHOWN]} is not worked out")

    def _ref(self, name: str, depth: int) -> Value:
        if name in _OF_ACCOUNT:
            return of_account(self.given, _OF_ACCOUNT[name])
        match name:
            case "AWS::StackName" | "AWS::StackId":
                return Open(f"{name} is known once the stack is there", Sort.NAME)
        if name in self._parameters:
            return self._parameter(name)
        resource = self.resources.get(name)
        if resource is None:
            return Open(f"{name[:_SHOWN]} is neither a parameter nor a resource of the template")
        return reference(name, resource, self._property(resource, depth), self.given)

    def _parameter(self, name: str) -> Value:
        given = self.given.parameters.get(name)
        if given is None:
            return Open(f"the parameter {name[:_SHOWN]} has no value here (a default can be overridden)")
        sort = (self._parameters[name].get("Type") or Node("String")).text or ""
        if sort.startswith("AWS::SSM::Parameter"):
            return Open(f"the parameter {name[:_SHOWN]} is read from the parameter store")
        if sort.startswith("List<") or sort == "CommaDelimitedList":
            return tuple(Node(each.strip()) for each in given.split(","))
        return given

    def _attribute(self, of: Node, depth: int) -> Value:
        names = [each.text for each in of.items]
        if len(names) == 1 and names[0] is not None:
            first, _, rest = names[0].partition(".")
        elif len(names) == 2 and names[0] is not None and names[1] is not None:
            first, rest = names[0], names[1]
        else:
            return Open("Fn::GetAtt names its attribute by a function")
        return self._attribute_of(first, rest, depth)

    def _attribute_of(self, name: str, what: str, depth: int) -> Value:
        resource = self.resources.get(name)
        if resource is None:
            return Open(f"{name[:_SHOWN]} is no resource of the template")
        return attribute(name, what, resource, self._property(resource, depth), self.given)

    def _property(self, resource: Node, depth: int) -> Property:
        def read(name: str) -> Value:
            node = resource.get("Properties", name)
            found = None if node is None else self.resolved(node, depth + 1)
            return None if found is None else found.value

        return read

    def _sub(self, of: Node, depth: int) -> Value:
        own: Mapping[str, Node] = {}
        text = of.text
        if isinstance(of.value, tuple) and len(of.value) == 2:
            text, own = of.value[0].text, of.value[1].members
        if text is None or len(text) > _LONGEST:
            return Open("Fn::Sub has no plain text")
        parts: list[str | Open] = []
        at = 0
        for found in _IN_SUB.finditer(text):
            parts.append(text[at : found.start()])
            at = found.end()
            name = found[1]
            if name.startswith("!"):
                parts.append("${" + name[1:] + "}")
            elif name in own:
                inner = self.resolved(own[name], depth + 1)
                parts += parts_of(Open("AWS::NoValue stands within a text") if inner is None else inner.value)
            elif "." in name:
                first, _, rest = name.partition(".")
                parts += parts_of(self._attribute_of(first.strip(), rest.strip(), depth + 1))
            else:
                parts += parts_of(self._ref(name.strip(), depth + 1))
            self._left -= 1
            if self._left < 0:
                raise TooMuch
        parts.append(text[at:])
        return _with_dynamic_parts(parts)

    def _join(self, of: Node, depth: int) -> Value:
        if len(of.items) != 2 or of.items[0].text is None:
            return Open("Fn::Join needs a plain separator and a list")
        sign = of.items[0].text
        listed = self.resolved(of.items[1], depth + 1)
        if listed is None or not isinstance(listed.value, tuple):
            return (
                listed.value if listed is not None and isinstance(listed.value, Open) else Open("Fn::Join has no list")
            )
        parts: list[str | Open] = []
        for position, each in enumerate(listed.value):
            parts += [*([sign] if position else []), *parts_of(each.value)]
        return _with_dynamic_parts(parts)

    def _select(self, of: Node, depth: int) -> Value:
        if len(of.items) != 2:
            return Open("Fn::Select needs a position and a list")
        at = self._worked_out(of.items[0], depth)
        listed = self.resolved(of.items[1], depth + 1)
        if listed is None or not isinstance(listed.value, tuple) or at is None:
            return Open("Fn::Select takes from a list that is not settled")
        place = int(at) if at.isdecimal() and len(at) < 6 else len(listed.value)
        return listed.value[place].value if place < len(listed.value) else Open("Fn::Select names no item of its list")

    def _split(self, of: Node, depth: int) -> Value:
        sign = of.items[0].text if len(of.items) == 2 else None
        text = self._worked_out(of.items[1], depth) if sign else None
        if not sign or text is None:
            return Open("Fn::Split takes a text that is not settled")
        return tuple(Node(each, of.line, of.file) for each in text.split(sign))

    def _find(self, of: Node, depth: int) -> Value:
        names = [self._worked_out(each, depth) for each in of.items]
        if len(names) != 3 or None in names:
            return Open("Fn::FindInMap looks up a key that is not settled")
        found = self._mappings.get(*(name or "" for name in names))
        return Open("Fn::FindInMap names no value of the template") if found is None else found.value


def _with_dynamic(text: str) -> Value:
    return _with_dynamic_parts([text]) if "{{resolve:" in text else text


def _with_dynamic_parts(parts: list[str | Open]) -> Value:
    found: list[str | Open] = []
    whole = joined(parts)
    for part in whole.parts if isinstance(whole, Text) else [whole]:
        if isinstance(part, Open) or "{{resolve:" not in part:
            found.append(part)
            continue
        pieces = _DYNAMIC.split(part)
        for position, piece in enumerate(pieces):
            found += [*([Open("a dynamic reference is read when the stack is made")] if position else []), piece]
    return joined(found)


def _has_opens(node: Node) -> bool:
    return next(node.opens(), None) is not None


def _sort_of(node: Node | None) -> Sort:
    """Return the sort of the exact text that a branch gives: an ARN with open account is an ARN whatever it is."""
    if node is not None and isinstance(node.value, Open):
        return node.value.sort
    return Sort.ARN if node is not None and is_exact_arn(node.value) else Sort.ANY


def number_of(value: Value) -> int | Open | None:
    """Return a whole number however it is written."""
    if isinstance(value, Open):
        return value
    text = value.text if isinstance(value, JsonNumber) else value if isinstance(value, str) else ""
    if isinstance(value, Text):
        return value.opens[0]
    return int(text) if text.isdecimal() and len(text) < 10 else None
