"""Conditions as they work together: keys in two letter cases, conditions that exclude each other, absent keys that pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.providers import Provider, providers_of
from diagnosis.lint.rule import Rule
from diagnosis.lint.rules.condition_values import known_key
from diagnosis.policy import Condition, Effect, PolicyKind, Statement
from diagnosis.policy.language.conditions import SetOperator
from diagnosis.policy.language.globs import Cells, covers, meet, pattern_cells
from diagnosis.policy.language.operators import read_boolean, read_date, read_number
from diagnosis.policy.language.variables import has_variables, read_pieces
from diagnosis.trust.request_keys import Presence, key_presence

_FOLDED = ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
_WITH_WILDCARDS = ("StringLike", "StringNotLike", "ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals")


def logic(document: LintedDocument) -> Iterator[Finding]:
    """Find what is wrong with the conditions of a statement taken together."""
    for statement in document.policy.statements:
        twice = list(_in_two_cases(document, statement))
        yield from twice
        if not twice:
            yield from _excluding(document, statement)
        yield from _absent_keys(document, statement)
        yield from _absent_mfa(document, statement)


def _in_two_cases(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    for first, second in combinations(statement.conditions, 2):
        if first.operator != second.operator or first.folded_key != second.folded_key or first.key == second.key:
            continue
        never = " and no request can meet both" if exclude(first, second) else ""
        yield Finding(
            Rule.KEY_IN_TWO_CASES,
            document.condition(statement, second),
            f"{first.key[:80]} and {second.key[:80]} are one key in two letter cases: both conditions must be met{never}.",
            "Join the values into one list under one spelling of the key.",
        )


def _excluding(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    tokens = providers_of(statement)
    for first, second in combinations(statement.conditions, 2):
        if first.folded_key != second.folded_key or not _single(first, second, tokens) or not exclude(first, second):
            continue
        effect = "admits nobody" if document.kind is PolicyKind.TRUST else "never applies"
        yield Finding(
            Rule.CONDITIONS_EXCLUDE,
            document.condition(statement, second),
            f"{first.name} and {second.name} of {first.key[:80]} must both be met, and no value meets both: it {effect}.",
            "Keep the condition that is meant, or put the other into a statement of its own.",
        )


def _single(first: Condition, second: Condition, tokens: Sequence[Provider]) -> bool:
    """Return whether both conditions are about one value."""
    if first.set_operator is None and second.set_operator is None:
        return True
    return any(first.folded_key.startswith(f"{each.issuer.lower()}:") for each in tokens)


def exclude(first: Condition, second: Condition) -> bool:
    """Return whether no value of one key meets both conditions, as far as their texts tell."""
    if first.base is None or second.base is None:
        null, other = (first, second) if first.base is None else (second, first)
        wanted = {read_boolean(value) for value in null.values}
        return other.base is not None and wanted == {True} and other.compares_something
    if first.if_exists or second.if_exists or not first.values or not second.values:
        return False
    if SetOperator.FOR_ALL in (first.set_operator, second.set_operator):
        return False
    families = {first.base.kind, second.base.kind}
    if families <= {"text", "ARN"}:
        return _texts_exclude(first, second)
    return families in ({"number"}, {"date"}) and _ranges_exclude(first, second)


def _texts_exclude(first: Condition, second: Condition) -> bool:
    if any(_has_variables(condition) for condition in (first, second)):
        return False
    negated = [condition for condition in (first, second) if condition.base is not None and condition.base.negated]
    if len(negated) == 2:
        return False
    folded = any(condition.base is not None and condition.base.name in _FOLDED for condition in (first, second))
    if negated:
        positive = second if negated[0] is first else first
        exact_negation = negated[0].base is not None and negated[0].base.name not in _FOLDED
        if folded and exact_negation:
            return False
        ruled_out = _patterns(negated[0], folded=folded)
        return all(any(covers(wide, each) for wide in ruled_out) for each in _patterns(positive, folded=folded))
    left, right = _patterns(first, folded=folded), _patterns(second, folded=folded)
    return not any(meet(one, other) for one in left for other in right)


def _has_variables(condition: Condition) -> bool:
    return condition.variables and any(
        has_variables(read_pieces(value, variables=True, wildcards=False)) for value in condition.values
    )


def _patterns(condition: Condition, *, folded: bool) -> list[Cells]:
    values = [value.lower() for value in condition.values] if folded else list(condition.values)
    if condition.base is not None and condition.base.name in _WITH_WILDCARDS:
        return [pattern_cells(value) for value in values]
    return [tuple(value) for value in values]


def _ranges_exclude(first: Condition, second: Condition) -> bool:
    """Return whether one condition asks for less than the other asks for at least."""
    for low, high in ((first, second), (second, first)):
        if low.base is None or high.base is None or "Greater" not in low.base.name or "Less" not in high.base.name:
            continue
        read = read_number if low.base.kind == "number" else read_date
        least = [value for text in low.values if (value := read(text)) is not None]
        most = [value for text in high.values if (value := read(text)) is not None]
        if len(least) < len(low.values) or len(most) < len(high.values):
            return False
        open_end = not (low.base.name.endswith("Equals") and high.base.name.endswith("Equals"))
        return min(least) > max(most) or (open_end and min(least) == max(most))
    return False


def _absent_keys(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    """Find conditions of an Allow that a request meets by lacking the key, and set operators that have nothing to join."""
    tokens = providers_of(statement) if document.kind is PolicyKind.TRUST else ()
    for condition in statement.conditions:
        if condition.base is None:
            continue
        place = document.condition(statement, condition)
        carried = _carried(condition, tokens)
        required = any(_requires(each, condition) for each in statement.conditions)
        lacks = statement.effect is Effect.ALLOW and not required and carried is None
        known = known_key(condition)
        single = carried is not None or (known is not None and not known[2])
        if carried is False:
            continue  # told as a condition without effect
        if lacks and condition.set_operator is SetOperator.FOR_ALL and not (known is not None and known[2]):
            yield Finding(
                Rule.FOR_ALL_VALUES_ALLOW,
                place,
                f"{condition.name} also holds where a request does not carry {condition.key[:80]}: the Allow then applies "
                "whatever the list says.",
                f'Drop ForAllValues, or add "Null": {{"{condition.key[:80]}": "false"}}.',
            )
        elif lacks and condition.if_exists and tokens and not condition.base.negated:
            yield Finding(
                Rule.IF_EXISTS_ALLOW,
                place,
                f"{condition.name} also holds where a token does not carry {condition.key[:80]}: such a job gets in.",
                f"Write {condition.operator.replace('IfExists', '')}.",
            )
        elif condition.set_operator is not None and single and not condition.if_exists:
            yield Finding(
                Rule.SET_OPERATOR_SINGLE,
                place,
                f"{condition.key[:80]} holds one value, so {condition.set_operator} joins nothing.",
                f"Write {condition.operator.partition(':')[2]}.",
            )


def _absent_mfa(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    """Find a demand for MFA that a request meets by carrying no MFA key, as one by long-term access keys does."""
    if providers_of(statement):
        return  # a token's request never carries the key, which is told as such
    for condition in statement.conditions:
        if (
            condition.folded_key != "aws:multifactorauthpresent"
            or condition.base is None
            or condition.base.name != "Bool"
        ):
            continue
        wanted = {read_boolean(value) for value in condition.values}
        deny = statement.effect is Effect.DENY and wanted == {False} and not condition.if_exists
        allow = statement.effect is Effect.ALLOW and wanted == {True} and condition.if_exists
        if any(_requires(each, condition) for each in statement.conditions) or not (deny or allow):
            continue
        effect = "the Deny does not reach it" if deny else "the Allow holds for it"
        yield Finding(
            Rule.MFA_ABSENT,
            document.condition(statement, condition),
            f"A request by long-term access keys carries no {condition.key}, so {effect}.",
            f"Write {'BoolIfExists' if deny else 'Bool'}.",
        )


def _carried(condition: Condition, tokens: Sequence[Provider]) -> bool | None:
    """Return whether requests with the providers' tokens carry the key: always, never, or None where some do."""
    found = {key_presence(condition.key, each.issuer).presence for each in tokens if each.is_github}
    if found == {Presence.CARRIED}:
        return True
    return False if found == {Presence.ABSENT} else None


def _requires(other: Condition, condition: Condition) -> bool:
    """Return whether another condition of the statement fails where the key is absent."""
    return other is not condition and other.folded_key == condition.folded_key and other.test({}).value != "matched"
