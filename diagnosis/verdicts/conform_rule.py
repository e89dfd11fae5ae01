"""The rules of ``planescope conform``: what each finds, what to do about it, and what that rests on."""

from __future__ import annotations

from enum import StrEnum

from diagnosis.causes import Cause, Integrity
from diagnosis.findings.finding import RuleRecord

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_ACTIONS = "https://docs.github.com/en/actions/"
_OIDC = f"{_GUIDE}id_roles_create_for-idp_oidc.html"
_LEAST = f"{_GUIDE}best-practices.html#grant-least-privilege"
_PROVIDER = f"{_GUIDE}id_roles_providers_create_oidc.html"
_RESOURCE_POLICIES = f"{_GUIDE}access_policies_identity-vs-resource.html"
_CHECKS = f"{_GUIDE}access-analyzer-reference-policy-checks.html"
_PRINCIPAL = f"{_GUIDE}reference_policies_elements_principal.html"
_LOGIC = f"{_GUIDE}reference_policies_evaluation-logic.html"
_IN_AWS = f"{_ACTIONS}how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"
_SYNTAX = f"{_ACTIONS}reference/workflows-and-actions/workflow-syntax"
_SECURE = f"{_ACTIONS}reference/security/secure-use"


class ConformRule(StrEnum):
    """The rules, in the order in which their findings are told within one level."""

    RELEASE_DENIED = "release-denied"
    WIDENED_TRUST = "widened-trust"
    WIDENED_GRANTS = "widened-grants"
    WIDENED_RESOURCE_POLICY = "widened-resource-policy"
    WIDENED_PROVIDER = "widened-provider"
    SECOND_DOOR = Cause.SECOND_DOOR.value
    WILDCARD = "wildcard"
    REFUSED_BY_AWS = "refused-by-aws"
    STATIC_KEYS = "static-keys"
    ID_TOKEN_MISSING = "id-token-missing"  # noqa: S105 - a rule's name
    GATE_DEMOTED = Integrity.GATE_DEMOTED.value
    NOT_PINNED = "not-pinned"
    NOT_READ = "not-read"
    NOT_COMPARED = "not-compared"
    WIDENING_NEEDED = "widening-needed"
    WIDENING_STATED = "widening-stated"
    ENTRY_VOID = "entry-void"

    @property
    def record(self) -> RuleRecord:
        """What is said of the rule."""
        return _RECORDS[self]

    @property
    def rank(self) -> int:
        """Position from 0, in the order of the rules."""
        return _RANKS[self]


_STATE = "Take it back, or state it in the case file with a rationale and an expiry: [[widenings]]."
_RECORDS: dict[ConformRule, RuleRecord] = {
    ConformRule.RELEASE_DENIED: RuleRecord(
        "A release that passes on the base branch would be denied after this change.",
        "Keep what the release needs, or change the workflow in the same pull request.",
        _LOGIC,
        security=False,
    ),
    ConformRule.WIDENED_TRUST: RuleRecord("A role would admit callers that the base branch refuses.", _STATE, _OIDC),
    ConformRule.WIDENED_GRANTS: RuleRecord(
        "A role would be granted what it is not on the base branch, and no release needs it.", _STATE, _LEAST
    ),
    ConformRule.WIDENED_RESOURCE_POLICY: RuleRecord(
        "A resource's own policy would allow what the one on the base branch does not.", _STATE, _RESOURCE_POLICIES
    ),
    ConformRule.WIDENED_PROVIDER: RuleRecord(
        "An OIDC provider would take tokens that the one on the base branch refuses.", _STATE, _PROVIDER
    ),
    ConformRule.SECOND_DOOR: RuleRecord(
        "A role of the release could be assumed by others than GitHub's tokens: by anybody, a whole account or a provider.",
        "Remove the principal, bound it by conditions, or state it in the case file, below [[exceptions]].",
        _PRINCIPAL,
    ),
    ConformRule.WILDCARD: RuleRecord(
        "A wildcard opens more than can be named: every action, resource, role, caller or repository.",
        "Name the actions, resources and callers that are meant.",
        _LEAST,
    ),
    ConformRule.REFUSED_BY_AWS: RuleRecord(
        "AWS would refuse to save the document.", "Correct the document: `planescope policy lint` tells how.", _CHECKS
    ),
    ConformRule.STATIC_KEYS: RuleRecord(
        "A long-lived access key of AWS reaches a job of the release.",
        "Remove the key, and let the job take its role by web identity: configure-aws-credentials with role-to-assume.",
        _IN_AWS,
    ),
    ConformRule.ID_TOKEN_MISSING: RuleRecord(
        "A job that takes a role by web identity may not ask for GitHub's token.",
        "Add `id-token: write` to the permissions of the job, and of every job that calls its workflow.",
        _IN_AWS,
        security=False,
    ),
    ConformRule.GATE_DEMOTED: RuleRecord(
        "A gate of the release can stay shut while the run is green, or goes on to publish.",
        "Let the failure end the job: no continue-on-error, no `|| true`, no `if: always()` behind it.",
        _SYNTAX,
    ),
    ConformRule.NOT_PINNED: RuleRecord(
        "An action or reusable workflow of a release is not pinned by a full commit id, or an image by its digest.",
        "Pin it by the full commit id, or the image by its digest; what it names today can be another program tomorrow.",
        _SECURE,
    ),
    ConformRule.NOT_READ: RuleRecord(
        "Something that the change touches could not be read, so that nothing is proved of it.",
        "Write it so that it can be read, or review it by hand.",
        _LOGIC,
    ),
    ConformRule.NOT_COMPARED: RuleRecord(
        "What the change does could not be decided.", "Review it by hand, or make known what is missing.", _LOGIC
    ),
    ConformRule.WIDENING_NEEDED: RuleRecord(
        "What is newly granted or admitted is exactly what a release of this repository needs.",
        "See that the step is meant: the proof is of the need, not of its sense.",
        _LEAST,
    ),
    ConformRule.WIDENING_STATED: RuleRecord(
        "The case file accounts for what is newly granted or admitted, with a rationale and until a day.",
        "See that the rationale is still right.",
        _LEAST,
    ),
    ConformRule.ENTRY_VOID: RuleRecord(
        "An entry of the case file accounts for nothing: it has expired, or lacks a rationale, an expiry or what it names.",
        "Complete or remove the entry.",
        _LEAST,
    ),
}
_RANKS = {rule: rank for rank, rule in enumerate(ConformRule)}
