"""The rules of `planescope drift`: what a review finds, in the order in which findings of one level are told."""

from __future__ import annotations

from enum import StrEnum

from diagnosis.findings.finding import RuleRecord

_GITHUB_OIDC = "https://docs.github.com/en/actions/reference/security/oidc"
_WORKFLOW = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"
_ENVIRONMENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments"
_PROVIDERS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"
_TRUST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html"
_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"
_POLICIES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html"
_BOUNDARIES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
_CONTROLS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"
_LAST_ACCESSED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"
_LEAST_PRIVILEGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
_ECR_POLICIES = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html"
_ECR_TAGS = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html"
_ECR_TRAIL = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html"
_ECR_PUSH = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html"
_ACCEPT = "Undo the change, or accept it with `planescope drift --accept --rationale TEXT`."


class DriftRule(StrEnum):
    """The rules by their slugs."""

    ACCEPTANCE_EXPIRED = "acceptance-expired"
    TRUST_WIDENED = "trust-widened"
    PERMISSIONS_WIDENED = "permissions-widened"
    BOUNDARY_CHANGED = "boundary-changed"
    CONTROL_POLICY_CHANGED = "control-policy-changed"
    PUSHED_OUTSIDE_RUNS = "pushed-outside-runs"
    RELEASE_WOULD_FAIL = "release-would-fail"
    LEAST_PRIVILEGE = "least-privilege"
    PROVIDER_CHANGED = "provider-changed"
    ROLE_CHANGED = "role-changed"
    TRUST_NARROWED = "trust-narrowed"
    PERMISSIONS_NARROWED = "permissions-narrowed"
    REGISTRY_CHANGED = "registry-changed"
    REGISTRY_POLICY_CHANGED = "registry-policy-changed"
    REPOSITORY_CHANGED = "repository-changed"
    SUBJECT_FORM_CHANGED = "subject-form-changed"
    ENVIRONMENT_CHANGED = "environment-changed"
    WORKFLOW_ADDED = "workflow-added"
    WORKFLOW_GONE = "workflow-gone"
    WORKFLOW_NEEDS = "workflow-needs"
    WORKFLOW_SUBJECTS = "workflow-subjects"
    WORKFLOW_TRIGGERS = "workflow-triggers"
    WORKFLOW_PERMISSIONS = "workflow-permissions"
    GRANT_UNUSED = "grant-unused"
    SUBJECT_UNUSED = "subject-unused"
    ROLE_UNUSED = "role-unused"
    TEXT_CHANGED = "text-changed"
    NOT_COMPARED = "not-compared"

    @property
    def record(self) -> RuleRecord:
        """What is said of the rule."""
        return _RECORDS[self]

    @property
    def rank(self) -> int:
        """Position from 0."""
        return list(DriftRule).index(self)


def _record(sentence: str, correction: str, reference: str, *, security: bool = True) -> RuleRecord:
    return RuleRecord(sentence, correction, reference, security)


_RECORDS: dict[DriftRule, RuleRecord] = {
    DriftRule.ACCEPTANCE_EXPIRED: _record(
        "The baseline was accepted until a day that is past, or is dated to a time to come.",
        "Review the state as a whole, and accept it anew with a rationale.",
        _LEAST_PRIVILEGE,
    ),
    DriftRule.TRUST_WIDENED: _record(
        "The role's trust policy admits callers that it refused when the baseline was accepted.", _ACCEPT, _TRUST
    ),
    DriftRule.PERMISSIONS_WIDENED: _record(
        "The role's policies grant what they did not grant when the baseline was accepted.", _ACCEPT, _POLICIES
    ),
    DriftRule.BOUNDARY_CHANGED: _record(
        "The role's permissions boundary was added, taken away, or reaches further or less far.", _ACCEPT, _BOUNDARIES
    ),
    DriftRule.CONTROL_POLICY_CHANGED: _record(
        "The organization's control policies above the role's account are other ones.",
        "Ask whoever owns the organization; then accept the state.",
        _CONTROLS,
    ),
    DriftRule.PUSHED_OUTSIDE_RUNS: _record(
        "An image was pushed to a release's repository while no run of the repository was under way, or by somebody else.",
        "Find out who pushed it and why; delete the image if nobody answers for it.",
        _ECR_TRAIL,
    ),
    DriftRule.RELEASE_WOULD_FAIL: _record(
        "The next run of a release would be refused at a gate.",
        "`planescope diagnose` shows the change that opens it.",
        _ECR_PUSH,
        security=False,
    ),
    DriftRule.LEAST_PRIVILEGE: _record(
        "A role can do more, or can be assumed by more, than its releases need.",
        "`planescope diagnose` shows the change that tightens it, and whom that would lock out.",
        _LEAST_PRIVILEGE,
    ),
    DriftRule.PROVIDER_CHANGED: _record(
        "The OIDC provider is gone, was made anew, or has other audiences or thumbprints.", _ACCEPT, _PROVIDERS
    ),
    DriftRule.ROLE_CHANGED: _record(
        "The role is gone, was made anew, has other tags, or its sessions may last longer or less long.",
        _ACCEPT,
        _ROLES,
    ),
    DriftRule.TRUST_NARROWED: _record(
        "The role's trust policy refuses callers that it admitted when the baseline was accepted.", _ACCEPT, _TRUST
    ),
    DriftRule.PERMISSIONS_NARROWED: _record(
        "The role's policies no longer grant what they granted when the baseline was accepted.", _ACCEPT, _POLICIES
    ),
    DriftRule.REGISTRY_CHANGED: _record(
        "The ECR repository is gone, was made anew, has another key, or its tags can be overwritten where they could not,"
        " or the other way round.",
        _ACCEPT,
        _ECR_TAGS,
    ),
    DriftRule.REGISTRY_POLICY_CHANGED: _record(
        "The policy of the ECR repository has other statements.", _ACCEPT, _ECR_POLICIES
    ),
    DriftRule.REPOSITORY_CHANGED: _record(
        "The GitHub repository is another one by its ids, or has another name, owner or default branch.",
        _ACCEPT,
        _GITHUB_OIDC,
    ),
    DriftRule.SUBJECT_FORM_CHANGED: _record(
        "The repository's tokens have subjects of another form.",
        "`planescope migrate` shows which trust policies break, and the patch; then accept the state.",
        _GITHUB_OIDC,
    ),
    DriftRule.ENVIRONMENT_CHANGED: _record(
        "A deployment environment that a release names is gone, new, or protected in another way.",
        _ACCEPT,
        _ENVIRONMENTS,
    ),
    DriftRule.WORKFLOW_ADDED: _record("Another workflow takes AWS credentials.", _ACCEPT, _WORKFLOW),
    DriftRule.WORKFLOW_GONE: _record(
        "A workflow that took AWS credentials is gone, or takes none any more.", _ACCEPT, _WORKFLOW
    ),
    DriftRule.WORKFLOW_NEEDS: _record(
        "A release takes other roles or needs other actions than when the baseline was accepted.",
        _ACCEPT,
        _WORKFLOW,
    ),
    DriftRule.WORKFLOW_SUBJECTS: _record("A release presents other subjects.", _ACCEPT, _GITHUB_OIDC),
    DriftRule.WORKFLOW_TRIGGERS: _record("A release is started by other events.", _ACCEPT, _WORKFLOW),
    DriftRule.WORKFLOW_PERMISSIONS: _record(
        "The GitHub tokens of a release's jobs have other permissions.", _ACCEPT, _WORKFLOW
    ),
    DriftRule.GRANT_UNUSED: _record(
        "A role is granted what no release uses, or uses any more.",
        "Take the grant away, or accept it with the reason why it stays.",
        _LAST_ACCESSED,
    ),
    DriftRule.SUBJECT_UNUSED: _record(
        "A trust policy admits a subject of this repository that no workflow can present.",
        "Take the subject out of the trust policy, or accept it with the reason why it stays.",
        _TRUST,
    ),
    DriftRule.ROLE_UNUSED: _record(
        "No workflow of the repository assumes the role.",
        "Delete the role, or accept it with the reason why it stays.",
        _LAST_ACCESSED,
    ),
    DriftRule.TEXT_CHANGED: _record(
        "A document has another text and the same reach.",
        "Accept the state, so that the baseline shows the text in force.",
        _POLICIES,
        security=False,
    ),
    DriftRule.NOT_COMPARED: _record(
        "A part could not be read or compared, today or when the baseline was accepted.",
        "Give the reader what it lacks, and run the review again.",
        _POLICIES,
        security=False,
    ),
}
