"""The rules as a page: ``python -m diagnosis.lint.page > docs/policy-rules.md`` writes the documentation anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from diagnosis.lint.rule import Rule, Severity

_LEAD = """\
# The rules of `planescope policy lint`

What the command finds in a policy document, the gravest first. *Refused* marks what AWS would not save. A document that AWS
saved earlier may still hold it: saved documents are not checked again. This page is made from the rules (`diagnosis/lint`) by
`python -m diagnosis.lint.page > docs/policy-rules.md`; do not edit it by hand.
"""
_MEANINGS = {
    Severity.SECURITY_WARNING: "The document opens more than it should.",
    Severity.ERROR: "AWS would refuse the document, or a part of it has no effect, or not the one that it is written for.",
    Severity.WARNING: "It works, and probably not as meant.",
    Severity.SUGGESTION: "It works as meant and can be written better.",
}


def page() -> str:
    """Return the rules in Markdown: a heading and a table for each severity."""
    return "\n".join((_LEAD, *(line for severity in Severity for line in _severity(severity))))


def _severity(severity: Severity) -> Iterator[str]:
    yield f"## {severity.value}\n"
    yield f"{_MEANINGS[severity]}\n"
    yield "| rule | finds | AWS |"
    yield "| --- | --- | --- |"
    for rule in Rule:
        record = rule.record
        if record.severity is severity:
            refused = "refused, " if record.refused else ""
            yield f"| `{rule.value}` | {record.sentence} | {refused}[documented]({record.reference}) |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
