"""Actions and services that do not exist, with the one that is probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.lint.catalogue import WELL_KNOWN, nearest, services
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule
from diagnosis.policy import PolicyKind, action_facts, expand_actions

_ACTION = re.compile(r"(?P<service>[A-Za-z0-9-]+):(?P<name>[A-Za-z0-9*?]+)\Z")
_NEIGHBOURS = (
    "ecr",
    "ecr-public",
    "sts",
    "iam",
    "ecs",
    "ec2",
    "eks",
    "s3",
    "kms",
    "lambda",
    "ssm",
    "cloudformation",
    "logs",
)
"""Where an action is looked for that its own service does not have."""


def unknown_actions(document: LintedDocument) -> Iterator[Finding]:
    """Find actions that AWS does not document; those that resemble a documented one are taken for misspellings of it."""
    for statement in document.policy.statements:
        for pattern, place in document.actions(statement):
            found = _ACTION.match(pattern)
            # What a trust policy cannot hold is told as such, with what is meant.
            if found and document.kind is not PolicyKind.TRUST:
                yield from _judge(pattern, found["service"].lower(), found["name"], place)


def _judge(pattern: str, service: str, name: str, place: Place) -> Iterator[Finding]:
    if service not in services():
        yield _unknown_service(pattern, service, name, place)
        return
    if set(name) & {"*", "?"}:
        yield from _no_match(pattern, service, place)
        return
    if action_facts(f"{service}:{name}") is not None:
        return
    meant = _meant(service, name)
    if meant or service in WELL_KNOWN:
        yield Finding(
            Rule.ACTION_UNKNOWN,
            place,
            f"{pattern[:80]} does not exist, so the string grants and denies nothing"
            + (f"; {meant} is meant." if meant else "."),
            f"Write {meant}." if meant else f"Look the name up in the actions of {service}, and correct or remove it.",
        )
    else:
        yield Finding(
            Rule.ACTION_UNDOCUMENTED,
            place,
            f"AWS documents no action {pattern[:80]}; unless it is new, the string grants and denies nothing.",
            f"Look the name up in the actions of {service}, and correct or remove it.",
        )


def _unknown_service(pattern: str, service: str, name: str, place: Place) -> Finding:
    meant = _meant_service(service, name)
    if meant:
        return Finding(
            Rule.SERVICE_UNKNOWN,
            place,
            f"No service has the prefix {service[:40]}, so {pattern[:80]} grants and denies nothing; {meant} is meant.",
            f"Write {meant}.",
        )
    return Finding(
        Rule.SERVICE_UNDOCUMENTED,
        place,
        f"AWS documents no service of the prefix {service[:40]}; unless it is new, {pattern[:80]} grants and denies nothing.",
        "Look the prefix up among the services, and correct or remove the string.",
    )


def _meant_service(service: str, name: str) -> str | None:
    """Return the action that is meant where the prefix of its service is misspelt."""
    known = [each for each in services() if nearest(service, (each,))]
    for each in known:
        if set(name) & {"*", "?"}:
            if expand_actions([f"{each}:{name}"], of_services=(each,)) and len(known) == 1:
                return f"{each}:{name}"
        elif facts := action_facts(f"{each}:{name}"):
            return facts.name
    if set(name) & {"*", "?"}:
        return None
    return next((action for each in known if (action := _meant_in(each, name))), None)


def _meant(service: str, name: str) -> str | None:
    own = _meant_in(service, name)
    if own or service not in _NEIGHBOURS:
        return own
    elsewhere = [facts.name for each in _NEIGHBOURS if (facts := action_facts(f"{each}:{name}"))]
    return elsewhere[0] if elsewhere else None


def _meant_in(service: str, name: str) -> str | None:
    names = [action.removeprefix(f"{service}:") for action in expand_actions([f"{service}:*"], of_services=(service,))]
    near = nearest(name, names)
    return f"{service}:{near}" if near else None


def _no_match(pattern: str, service: str, place: Place) -> Iterator[Finding]:
    if expand_actions([pattern], of_services=(service,)):
        return
    head = re.split(r"[*?]", pattern)[0].removeprefix(f"{service}:")
    near = _meant_beginning(service, head) if head else None
    yield Finding(
        Rule.ACTION_UNKNOWN if near or service in WELL_KNOWN else Rule.ACTION_UNDOCUMENTED,
        place,
        f"No known action matches {pattern[:80]}"
        + (f"; {near} is meant." if near else ", so it grants and denies nothing."),
        f"Write {near}." if near else f"Look the names up in the actions of {service}, and correct or remove it.",
    )


def _meant_beginning(service: str, head: str) -> str | None:
    """Return the pattern that is meant where the text before the wildcard is misspelt."""
    actions = expand_actions([f"{service}:*"], of_services=(service,))
    beginnings = {action.removeprefix(f"{service}:")[: len(head)] for action in actions}
    near = nearest(head, beginnings)
    return f"{service}:{near}*" if near else None
