"""A SARIF 2.1.0 log of one run, as code scanning takes it. Source: OASIS, "Static Analysis Results Interchange Format"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from diagnosis.documents.json_values import Json, Object

SARIF_VERSION = "2.1.0"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_SECURITY_SEVERITY = "8.0"
"""What code scanning sorts security findings by: high."""


@dataclass(frozen=True, slots=True)
class SarifRule:
    """A rule as the log lists it."""

    id: str
    sentence: str
    reference: str
    level: str
    """``error``, ``warning`` or ``note``: of a result that says nothing else."""
    tags: tuple[str, ...] = ()
    security: bool = False
    """Whether code scanning is to show its results as security findings."""
    severity: str = ""
    """In words of our own, beside the level; empty for none."""


@dataclass(frozen=True, slots=True)
class SarifPlace:
    """A place in a file."""

    uri: str
    """Relative to the root of the repository, quoted as a URI."""
    line: int | None = None
    column: int | None = None
    member: str = ""
    """What is meant there, by its name: a member's path, a resource."""
    kind: str = "member"
    """The kind of that name, one of SARIF's (``member``, ``resource``, ``function``, …)."""


@dataclass(frozen=True, slots=True)
class SarifResult:
    """One finding."""

    rule: int
    """The position of its rule in the list."""
    level: str
    text: str
    place: SarifPlace
    related: tuple[SarifPlace, ...] = ()
    fingerprint: tuple[str, ...] = ()
    """What makes it the same finding as that of another run, whatever the lines; empty for none of our own."""


def sarif(rules: Sequence[SarifRule], results: Iterable[SarifResult], version: str) -> Object:
    """Return the log; ``version`` is planescope's own."""
    return {
        "$schema": _SCHEMA,
        "version": SARIF_VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {"name": "planescope", "version": version, "rules": [_rule(rule) for rule in rules]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(rules, each) for each in results],
            }
        ],
    }


def _rule(rule: SarifRule) -> Json:
    tags: list[Json] = list((*rule.tags, "security") if rule.security else rule.tags)
    properties: Object = {"tags": tags}
    if rule.severity:
        properties = {**properties, "severity": rule.severity}
    if rule.security:
        properties = {**properties, "security-severity": _SECURITY_SEVERITY}
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "helpUri": rule.reference,
        "help": {"text": f"{rule.sentence} See {rule.reference}"},
        "defaultConfiguration": {"level": rule.level},
        "properties": properties,
    }


def _result(rules: Sequence[SarifRule], result: SarifResult) -> Json:
    told: Object = {
        "ruleId": rules[result.rule].id,
        "ruleIndex": result.rule,
        "level": result.level,
        "message": {"text": _without_links(result.text)},
        "locations": [_location(result.place)],
    }
    if result.related:
        related: list[Json] = [{**_location(place), "id": at} for at, place in enumerate(result.related)]
        told = {**told, "relatedLocations": related}
    if result.fingerprint:
        # Code scanning follows a finding from run to run by this; lines move.
        digest = sha256("\0".join((rules[result.rule].id, *result.fingerprint)).encode("utf-8", "replace")).hexdigest()
        told = {**told, "partialFingerprints": {"planescope/v1": digest}}
    return told


def _without_links(text: str) -> str:
    """Return a text in which nothing is a link: SARIF reads ``[words](address)`` as one, whoever wrote it."""
    return text.replace("](", "] (")


def _location(place: SarifPlace) -> Object:
    physical: Object = {"artifactLocation": {"uri": place.uri}}
    if place.line is not None:
        region: Object = {"startLine": place.line}
        if place.column is not None:
            region = {**region, "startColumn": place.column}
        physical = {**physical, "region": region}
    location: Object = {"physicalLocation": physical}
    if place.member:
        location = {**location, "logicalLocations": [{"fullyQualifiedName": place.member, "kind": place.kind}]}
    return location
