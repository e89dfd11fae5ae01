"""Judge a proposed document by the rules of lint, with the lines of the file that it stands in.

A document with open values is judged with two sets of values in their place, as different as they can be: what is found with
both is told, and nothing about an open value itself. So a finding is there whatever the value is; a fault that only some
values have is not found, which is why such a document is not judged as a whole unless all of its open values are exact ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.node import Node, Open, Sort
from diagnosis.iac.proposal import Form, OpenDocument, OpenPlace, ProposedDocument
from diagnosis.lint.document import Expected
from diagnosis.lint.finding import Finding
from diagnosis.lint.lint import NOTHING_EXPECTED, LintReport, lint
from diagnosis.lint.places import Place, Steps, path_text
from diagnosis.names.arn import Arn
from diagnosis.names.partition import STANDARD
from diagnosis.policy import PolicyKind, Unparsable

_INDEX = re.compile(r"Statement\[(\d{1,6})\]")
_TEXTS = ("Action", "NotAction", "Resource", "NotResource", "Sid")
_ACCOUNTS, _REGIONS, _NAMES = ("111122223333", "444455556666"), ("us-east-1", "eu-west-1"), ("first", "another")


@dataclass(frozen=True, slots=True)
class LintedProposal:
    """What was found in a proposed document."""

    report: LintReport
    opens: tuple[OpenPlace, ...] = ()
    """The open values that it was judged around."""

    @property
    def is_whole(self) -> bool:
        """Whether no value that is not settled could add a finding."""
        return all(place.sort.is_harmless for place in self.opens)


def lint_proposed(proposed: ProposedDocument, expected: Expected = NOTHING_EXPECTED) -> LintedProposal | Unreadable:
    """Judge a document; places in the findings have the lines of :attr:`ProposedDocument.file`. Never raises."""
    document = proposed.document
    kind = proposed.kind.policy_kind
    if isinstance(document, Unreadable):
        return document
    if isinstance(document, OpenDocument):
        return _around_opens(proposed, document, kind, expected)
    report = lint(document.text, kind, expected)
    if isinstance(report, Unparsable):
        return Unreadable(f"the {proposed.shown}", report.why, "write it as AWS takes it")
    if proposed.form is Form.POLICY:
        return LintedProposal(report)
    ways = {path_text(steps): steps for steps in document.places}
    return LintedProposal(_with_lines(report, proposed, document.places, ways))


def _with_lines(
    report: LintReport, proposed: ProposedDocument, places: Mapping[Steps, tuple[str, int]], ways: Mapping[str, Steps]
) -> LintReport:
    def placed(finding: Finding) -> Finding:
        steps = ways.get(finding.place.path)
        # What stands in another file, such as a local value, is told by the nearest line of this one.
        near = (steps[:length] for length in range(len(steps or ()), -1, -1)) if steps is not None else iter([()])
        line = next((places[each][1] for each in near if each in places and places[each][0] == proposed.file), None)
        return replace(finding, place=Place(finding.place.path, line or proposed.line))

    found = sorted((placed(each) for each in report.findings), key=lambda each: each.order)
    return replace(report, findings=tuple(found))


def _around_opens(
    proposed: ProposedDocument, document: OpenDocument, kind: PolicyKind, expected: Expected
) -> LintedProposal | Unreadable:
    tree, kept = _without_open_statements(document.tree)
    dropped = {place.steps for place in document.opens if not place.sort.is_harmless}
    whole = {place.steps for place in document.opens if _is_whole(document.tree, place.steps)}
    reports = [lint(tree.json(lambda each, turn=turn: _value(each, turn)), kind, expected) for turn in (0, 1)]  # type: ignore[misc]
    if any(isinstance(report, Unparsable) for report in reports) or kept is None:
        how = "write it as AWS takes it"
        return Unreadable(f"the {proposed.shown}", "it is no policy whatever its open values are", how)
    one, other = (report for report in reports if isinstance(report, LintReport))
    both = {(each.rule, each.place.path) for each in one.findings} & {
        (each.rule, each.place.path) for each in other.findings
    }
    open_paths = {path_text(steps) for steps in dropped | whole}
    every = len(kept) == len(_statements(document.tree))
    found: list[Finding] = []
    for each in one.findings:
        path = _INDEX.sub(lambda match: f"Statement[{kept[int(match[1])]}]", each.place.path, count=1)
        if (each.rule, each.place.path) not in both or path in open_paths:
            continue
        if not every and not path.startswith("Statement["):
            continue
        found.append(replace(each, place=replace(each.place, path=path)))
    places = document.tree.lines()
    report = _with_lines(
        replace(one, findings=tuple(found)), proposed, places, {path_text(steps): steps for steps in places}
    )
    return LintedProposal(report, document.opens)


def _statements(tree: Node) -> tuple[Node, ...]:
    listed = tree.get("Statement")
    return listed.items if listed is not None else ()


def _without_open_statements(tree: Node) -> tuple[Node, list[int] | None]:
    """Return the tree without the statements whose form is open, and which ones are left; None for a tree that is open itself."""
    members = dict(tree.members)
    listed = members.get("Statement")
    if any(_has_opens(node) for name, node in members.items() if name not in ("Statement", "Id")):
        return tree, None
    if listed is None:
        return tree, []
    if isinstance(listed.value, Open):
        return tree, None
    kept = [at for at, statement in enumerate(listed.items) if not _is_open_in_form(statement)]
    members["Statement"] = Node(tuple(listed.items[at] for at in kept), listed.line, listed.file)
    return Node(members, tree.line, tree.file), kept


def _is_open_in_form(statement: Node) -> bool:
    """Return whether more is open than texts: an effect, the principals, a condition as a whole."""
    if isinstance(statement.value, Open):
        return True
    for name, node in statement.members.items():
        if name in _TEXTS:
            continue
        if isinstance(node.value, Open) or name == "?":
            return True
        if name == "Condition":
            blocks = node.members.values()
            if any(isinstance(block.value, Open) or "?" in block.members for block in blocks):
                return True
        elif name in ("Principal", "NotPrincipal"):
            if any(not place.sort.is_harmless for _, place in node.opens()):
                return True
        elif _has_opens(node):
            return True
    return False


def _has_opens(node: Node) -> bool:
    return next(node.opens(), None) is not None


def _is_whole(tree: Node, steps: Steps) -> bool:
    node: Node | None = tree
    for step in steps:
        if node is None:
            return False
        value = node.value
        if isinstance(step, int):
            node = value[step] if isinstance(value, tuple) and step < len(value) else None
        else:
            node = node.members.get(step)
    return node is not None and isinstance(node.value, Open)


def _value(each: Open, turn: int) -> str:
    match each.sort:
        case Sort.ACCOUNT:
            return _ACCOUNTS[turn]
        case Sort.REGION:
            return _REGIONS[turn]
        case Sort.PARTITION:
            return "aws"
        case Sort.SUFFIX:
            return STANDARD.domain
        case Sort.NAME:
            return _NAMES[turn]
        case Sort.ARN:
            return str(Arn.iam("aws", _ACCOUNTS[turn], "role", _NAMES[turn]))
        case _:
            return ("value", "*")[turn]
