"""Operators and values: types of data, wildcards that are plain characters, single and several values."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from diagnosis.lint.catalogue import DataType, find_key, global_keys, keys_of
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.providers import providers_of
from diagnosis.lint.rule import Rule
from diagnosis.policy import Condition, Statement
from diagnosis.policy.language.operators import read_network
from diagnosis.policy.language.strict_json import JsonNumber
from diagnosis.policy.language.variables import VARIABLE

_EXACT = frozenset({"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"})
_FAMILIES = {
    "String": DataType.STRING,
    "Numeric": DataType.NUMERIC,
    "Date": DataType.DATE,
    "Bool": DataType.BOOL,
    "Binary": DataType.BINARY,
    "Arn": DataType.ARN,
    "IpAddress": DataType.ADDRESS,
    "NotIpAddress": DataType.ADDRESS,
}
"""The type of data that an operator compares, by how its name begins."""
_ALSO = {
    DataType.ARN: (DataType.STRING,),
    DataType.STRING: (DataType.ARN,),
    DataType.DATE: (DataType.NUMERIC,),
}
"""Which other operators a key of a type may stand under."""
_OPERATOR_NAMES = {
    DataType.STRING: "StringEquals or StringLike",
    DataType.NUMERIC: "NumericEquals, NumericLessThan, …",
    DataType.DATE: "DateGreaterThan, DateLessThan, …",
    DataType.BOOL: "Bool",
    DataType.BINARY: "BinaryEquals",
    DataType.ARN: "ArnLike or ArnEquals",
    DataType.ADDRESS: "IpAddress or NotIpAddress",
}
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


def values(document: LintedDocument) -> Iterator[Finding]:
    """Find operators and values that do not fit the key or each other."""
    for statement in document.policy.statements:
        for condition in statement.conditions:
            yield from _type(document, statement, condition)
            yield from _not_text(document, statement, condition)
            yield from _wildcards(document, statement, condition)
            yield from _addresses(document, statement, condition)


def known_key(condition: Condition) -> tuple[str, DataType, bool] | None:
    """Return the documented key of a condition: its name, type, and whether it holds several values."""
    service = condition.folded_key.partition(":")[0]
    return find_key(condition.key, global_keys() if service == "aws" else keys_of(service))


def _compared(condition: Condition) -> DataType | None:
    name = condition.base.name if condition.base else ""
    return next((kind for begin, kind in _FAMILIES.items() if name.startswith(begin)), None)


def _type(document: LintedDocument, statement: Statement, condition: Condition) -> Iterator[Finding]:
    compared = _compared(condition)
    known = known_key(condition)
    of_token = any(condition.folded_key.startswith(f"{each.issuer.lower()}:") for each in providers_of(statement))
    if compared is None or (known is None and not of_token):
        return
    name, kind, several = known if known is not None else (condition.key, DataType.STRING, False)
    place = document.condition(statement, condition)
    if compared is not kind and compared not in _ALSO.get(kind, ()):
        yield Finding(
            Rule.OPERATOR_TYPE,
            place,
            f"{condition.name} compares values of the type {compared}, and {name} is of the type {kind}.",
            f"Write the condition with {_OPERATOR_NAMES[kind]}.",
        )
    elif several and condition.set_operator is None:
        yield Finding(
            Rule.SET_OPERATOR_MISSING,
            place,
            f"{name} can hold several values, which {condition.name} does not compare.",
            f"Write ForAnyValue:{condition.operator} or ForAllValues:{condition.operator}.",
        )


def _not_text(document: LintedDocument, statement: Statement, condition: Condition) -> Iterator[Finding]:
    if _compared(condition) not in (DataType.STRING, DataType.ARN):
        return
    raw = document.raw(*document.steps(statement), "Condition", condition.operator, condition.key)
    for position, value in enumerate(raw if isinstance(raw, list) else [raw]):
        if isinstance(value, bool | JsonNumber):
            written = condition.values[position]
            kind = "boolean" if isinstance(value, bool) else "number"
            yield Finding(
                Rule.VALUE_NOT_TEXT,
                document.condition(statement, condition, position),
                f"The {kind} {written[:40]} stands without quotes where {condition.name} compares text.",
                f'Write "{written[:40]}" in quotes, or use the operator for a {kind}.',
            )


def _wildcards(document: LintedDocument, statement: Statement, condition: Condition) -> Iterator[Finding]:
    if condition.base is None or condition.base.name not in _EXACT:
        return
    like = "StringNotLike" if condition.base.negated else "StringLike"
    tokens = [each for each in providers_of(statement) if condition.folded_key.startswith(f"{each.issuer.lower()}:")]
    never = any(each.is_github for each in tokens)
    for position, value in enumerate(condition.values):
        if not set(VARIABLE.sub("", value)) & {"*", "?"}:
            continue
        place = document.condition(statement, condition, position)
        correction = (
            f"Write {condition.operator.replace(condition.base.name, like)}, or the value without the wildcard."
        )
        if never:
            effect = "every token differs from it" if condition.base.negated else "no token equals it"
            sentence = f"{condition.name} takes the wildcard in {value[:120]!r} as a plain character: {effect}."
            yield Finding(Rule.WILDCARD_LITERAL, place, sentence, correction)
        else:
            sentence = f"{condition.name} takes * and ? in {value[:120]!r} as plain characters."
            yield Finding(Rule.WILDCARD_IN_EQUALS, place, sentence, correction)


def _addresses(document: LintedDocument, statement: Statement, condition: Condition) -> Iterator[Finding]:
    if condition.folded_key != "aws:sourceip" or _compared(condition) is not DataType.ADDRESS:
        return
    for position, value in enumerate(condition.values):
        network = read_network(value)
        if network is not None and any(
            network.version == private.version and network.subnet_of(private)  # type: ignore[arg-type]  # of one version
            for private in _PRIVATE
        ):
            yield Finding(
                Rule.ADDRESS_PRIVATE,
                document.condition(statement, condition, position),
                f"{value[:60]} is a private range; aws:SourceIp holds the public address from which a request comes.",
                "Write the public range, or use aws:VpcSourceIp for requests through a VPC endpoint.",
            )
