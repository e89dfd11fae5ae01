"""Find values that look like secrets: whoever may read the policy reads them, and they are not shown here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Steps
from diagnosis.lint.rule import Rule
from diagnosis.logs.scrubbed_values import MARK


def secrets(document: LintedDocument) -> Iterator[Finding]:
    """Yield the places in which a secret was scrubbed."""
    for steps in marked(document.tree):
        judged = "neither shown nor judged, nor is its statement" if decides(steps) else "not shown"
        yield Finding(
            Rule.SECRET_IN_POLICY,
            document.places.at(*steps),
            f"This looks like a secret: it is {judged}.",
            "Take it out of the policy, and replace it where it is used: every reader of the policy has seen it.",
        )


def marked(value: object, steps: Steps = ()) -> Iterator[Steps]:
    """Yield the way to each text of a scrubbed document in which a secret stood."""
    if isinstance(value, str):
        if MARK in value:
            yield steps
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if MARK in str(name):
                yield (*steps, str(name))
            else:
                yield from marked(member, (*steps, str(name)))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from marked(item, (*steps, position))


def decides(steps: Steps) -> bool:
    """Return whether what stands there can decide anything: a statement's Sid and the document's Id cannot."""
    return steps[:1] == ("Statement",) and steps[-1] != "Sid"
