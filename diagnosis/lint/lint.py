"""Judge a policy document by every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diagnosis.lint.document import Expected, LintedDocument, read_linted
from diagnosis.lint.finding import Finding
from diagnosis.lint.rule import Rule, Severity
from diagnosis.lint.rules.action_resources import action_resources, login_left_out
from diagnosis.lint.rules.actions import unknown_actions
from diagnosis.lint.rules.arns import arns
from diagnosis.lint.rules.condition_keys import keys
from diagnosis.lint.rules.condition_logic import logic
from diagnosis.lint.rules.condition_values import values
from diagnosis.lint.rules.elements import empty_elements, rejections, sizes, variables, version
from diagnosis.lint.rules.federation import any_owner, audience, controls, unbounded
from diagnosis.lint.rules.principals import anybody, forms, not_principal, trust_actions
from diagnosis.lint.rules.privileges import privileges
from diagnosis.lint.rules.redundancy import redundancy
from diagnosis.lint.rules.secrets import secrets
from diagnosis.lint.rules.subjects import claims, subjects
from diagnosis.logs.scrubbed_values import scrub_json_text
from diagnosis.policy import PolicyKind, Unparsable
from diagnosis.policy.language.size_limits import OF_KINDS

_OF_FORM = (secrets, rejections, empty_elements, version, sizes, not_principal, anybody, controls)
"""What is asked of a document that is larger than AWS takes for its kind: there is no use in searching it whole."""
_RULES: tuple[Callable[[LintedDocument], Iterator[Finding]], ...] = (
    secrets,
    rejections,
    empty_elements,
    version,
    variables,
    sizes,
    not_principal,
    anybody,
    forms,
    trust_actions,
    controls,
    unbounded,
    audience,
    any_owner,
    subjects,
    claims,
    unknown_actions,
    arns,
    action_resources,
    login_left_out,
    keys,
    values,
    logic,
    privileges,
    redundancy,
)
NOTHING_EXPECTED = Expected()


@dataclass(frozen=True, slots=True)
class LintReport:
    """What was found in one document."""

    kind: PolicyKind
    findings: tuple[Finding, ...]
    """The gravest first; of one severity in the order of the rules, then of the text."""

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings for which AWS would refuse to save the document."""
        return tuple(finding for finding in self.findings if finding.refused)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of this severity and of graver ones."""
        return tuple(finding for finding in self.findings if finding.severity.rank <= severity.rank)


def lint(text: str, kind: PolicyKind | None = None, expected: Expected = NOTHING_EXPECTED) -> LintReport | Unparsable:
    """Judge a document; without ``kind`` its kind is told by its elements. Unparsable where the text is no JSON object.

    Secrets in it are scrubbed first: nothing that is found repeats one.
    """
    clean = scrub_json_text(text)
    read = read_linted(clean, kind, expected)
    if isinstance(read, Unparsable):
        return read
    document, found = read
    rules = _RULES if OF_KINDS[document.kind].refusal(text) is None else _OF_FORM
    findings = [*found, *(finding for rule in rules for finding in rule(document))]
    hidden = {finding.place.path for finding in findings if finding.rule is Rule.SECRET_IN_POLICY}
    # What stands in a secret's place is nobody's mistake.
    findings = [each for each in findings if each.rule is Rule.SECRET_IN_POLICY or each.place.path not in hidden]
    return LintReport(document.kind, tuple(sorted(findings, key=lambda finding: finding.order)))
