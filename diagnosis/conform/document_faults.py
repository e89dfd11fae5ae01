"""Find what is wrong with a proposed document by itself: AWS would refuse it, a wildcard opens it, a second door stands open."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from diagnosis.callers.second_doors import second_doors
from diagnosis.conform.accounted import Accounted
from diagnosis.conform.documents import Document
from diagnosis.findings.finding import Finding, Level
from diagnosis.grants.breadth import holds_every
from diagnosis.grants.comparison import compare_grants
from diagnosis.lint.catalogue import arn_forms
from diagnosis.lint.finding import Finding as Fault
from diagnosis.lint.lint import lint
from diagnosis.lint.places import Steps
from diagnosis.lint.rule import Rule
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyKind, Statement, Unparsable, action_facts, expand_actions, write_document
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.conform_rule import ConformRule

_OPEN = frozenset(
    {
        Rule.PASS_ROLE_ANY,
        Rule.SELF_ESCALATION,
        Rule.EVERYTHING_ALLOWED,
        Rule.SERVICE_ALLOWED,
        Rule.PRINCIPAL_ANYBODY,
        Rule.SUBJECT_ANY_OWNER,
        Rule.SUBJECT_UNBOUNDED,
        Rule.NOT_ACTION_ALLOW,
        Rule.NOT_RESOURCE_ALLOW,
        Rule.FOR_ALL_VALUES_ALLOW,
        Rule.IF_EXISTS_ALLOW,
    }
)
"""Faults of a document by which it is open where it should name."""
_PLACEHOLDER = Arn.iam("aws", "0" * 12, "role", "role")
_READS = ("Read", "List")


def document_faults(
    document: Document, accounted: Accounted, role_arn: Arn | None, needed: Collection[tuple[str, str]] = ()
) -> Iterator[Finding]:
    """Yield the faults of one document; of one that was not read, that it was not.

    ``needed`` are the ``(action, resource)`` pairs that a release needs just so: some actions are asked for on every resource.
    """
    own = document.document
    rule = ConformRule.NOT_READ
    if own is None:
        said = f"The {document.shown} could not be read: {document.unread}."
        yield Finding(rule, Level.UNKNOWN, document.place(), said, f"{document.how[:1].upper()}{document.how[1:]}.")
        return
    kind = document.kind.policy_kind
    report = lint(own.text, kind)
    if isinstance(report, Unparsable):
        refused = ConformRule.REFUSED_BY_AWS
        yield Finding(
            refused,
            Level.ERROR,
            document.place(),
            f"The {document.shown} is no policy: {report.text}.",
            refused.record.correction,
        )
        return
    for fault in report.findings:
        if fault.refused:
            yield _of_lint(ConformRule.REFUSED_BY_AWS, document, fault)
        elif fault.rule in _OPEN and not _is_stated(document, fault, accounted):
            yield _of_lint(ConformRule.WILDCARD, document, fault)
    if not isinstance(own.policy, Policy):
        return
    if kind in (PolicyKind.IDENTITY, PolicyKind.RESOURCE):
        told = {fault.place.path.partition(".")[0] for fault in report.findings if fault.rule in _OPEN}
        yield from _wildcards(document, own.policy, accounted, told, needed)
    if kind is PolicyKind.TRUST:
        yield from _subjects(document, own.policy, accounted)
        yield from _doors(document, own.policy, accounted, role_arn or _PLACEHOLDER)


def _of_lint(rule: ConformRule, document: Document, fault: Fault) -> Finding:
    sentence = f"{document.shown[:1].upper()}{document.shown[1:]}: {fault.sentence}"
    return Finding(
        rule, Level.ERROR, document.place(steps_of(fault.place.path), fault.place.path), sentence, fault.correction
    )


def steps_of(path: str) -> Steps:
    """Return the steps of a path as the faults of documents name it, as far as plain words go: ``Statement[2].Action[0]``."""
    found: list[str | int] = []
    for part in path.split("."):
        name, *numbers = part.replace("]", "").split("[")
        if not name.isidentifier() or not all(each.isdecimal() for each in numbers):
            break
        found += (name, *map(int, numbers))
    return tuple(found)


def _is_stated(document: Document, fault: Fault, accounted: Accounted) -> bool:
    """Return whether the entries name the whole statement in which a fault stands."""
    own = document.document
    steps = steps_of(fault.place.path)
    if own is None or not isinstance(own.policy, Policy) or not accounted.grants or len(steps) < 1:
        return False
    at = steps[1] if len(steps) > 1 and isinstance(steps[1], int) else 0
    statements = own.policy.statements
    return 0 <= at < len(statements) and _names(statements[at], document, at, accounted)


def _names(statement: Statement, document: Document, at: int, accounted: Accounted) -> bool:
    own = document.document
    listed = own.tree.get("Statement") if own is not None else None
    tree = listed[at] if isinstance(listed, list) and at < len(listed) else listed
    if not accounted.grants or not isinstance(tree, dict) or statement.principals is not None:
        return False
    alone = write_document({"Version": "2012-10-17", "Statement": [tree]})
    return compare_grants([[]], [[alone]], meant=accounted.grants).grants_nothing_new


def _wildcards(
    document: Document, policy: Policy, accounted: Accounted, told: set[str], needed: Collection[tuple[str, str]]
) -> Iterator[Finding]:
    """Yield Allow statements that leave the action open, or the resource of an action that changes something."""
    for at, statement in enumerate(policy.statements):
        path = f"Statement[{at}]"
        if statement not in policy.allows or path in told or _names(statement, document, at, accounted):
            continue
        if statement.actions.negated:
            continue
        wild = [each for each in statement.actions.patterns if set(each) & {"*", "?"}]
        resources = statement.resources
        open_ones = (
            []
            if resources is None or resources.negated
            else [
                (action, pattern)
                for action in expand_actions(statement.actions.patterns)
                for pattern in resources.patterns
                if _changes(action) and _leaves_open(pattern, action) and (action, pattern) not in needed
            ]
        )
        rule = ConformRule.WILDCARD
        name = f"{document.shown[:1].upper()}{document.shown[1:]}"
        if wild:
            place = document.place(("Statement", at, "Action"), f"{path}.Action")
            shown, number = ", ".join(wild[:3]), len(expand_actions(wild))
            said = f"{name}: the action {shown} stands for {number} actions, and for those that AWS adds."
            yield Finding(rule, Level.ERROR, place, said, "Name the actions that are needed.")
        if open_ones:
            action, pattern = open_ones[0]
            more = len({each for each, _ in open_ones}) - 1
            place = document.place(("Statement", at, "Resource"), f"{path}.Resource")
            said = f"{name}: {action}{f' and {more} more' if more else ''} on {pattern} leaves open which resource is changed."
            yield Finding(rule, Level.ERROR, place, said, "Name the ARNs of the resources that are meant.")


def _changes(action: str) -> bool:
    facts = action_facts(action)
    return facts is not None and facts.has_resource_level and not set(facts.access_level.split()) & set(_READS)


def _leaves_open(pattern: str, action: str) -> bool:
    forms = arn_forms(action.partition(":")[0])
    return pattern == "*" or any(holds_every(pattern, form) for form in forms)


def _subjects(document: Document, policy: Policy, accounted: Accounted) -> Iterator[Finding]:
    """Yield the patterns of subjects that leave the whole context of a repository's tokens open."""
    rule = ConformRule.WILDCARD
    for at, statement in enumerate(policy.statements):
        for condition in statement.conditions if statement in policy.allows else ():
            if not condition.folded_key.endswith(":sub"):
                continue
            for value in condition.values:
                if value in accounted.admits or not _is_open_subject(value):
                    continue
                place = document.place(("Statement", at, "Condition"), f"Statement[{at}].Condition")
                said = (
                    f"{document.shown[:1].upper()}{document.shown[1:]}: the subject {value} admits every branch, tag, pull "
                    "request and environment."
                )
                yield Finding(
                    rule, Level.ERROR, place, said, "Name the ref or the environment from which the release runs."
                )


def _is_open_subject(value: str) -> bool:
    """Return whether a pattern of GitHub's subjects names no context: ``repo:o/r:*``."""
    named = value.rstrip("*?")
    # Behind the second colon stands the context.
    return value.startswith("repo:") and named != value and named.count(":") <= 1 + named.endswith(":")


def _doors(document: Document, policy: Policy, accounted: Accounted, role_arn: Arn) -> Iterator[Finding]:
    rule = ConformRule.SECOND_DOOR
    for door in second_doors(policy, role_arn, exceptions=accounted.exceptions, today=accounted.today):
        if not door.open or door.outcome is TrustOutcome.DENIED or door.excepted or door.principal in accounted.admits:
            continue
        level = Level.ERROR if door.outcome is TrustOutcome.ALLOWED else Level.UNKNOWN
        at = next((n for n, item in enumerate(policy.statements) if item.name == door.statement), 0)
        place = document.place(("Statement", at, "Principal"), f"Statement[{at}].Principal")
        yield Finding(
            rule, level, place, f"{document.shown[:1].upper()}{document.shown[1:]}: {door.text}", rule.record.correction
        )
