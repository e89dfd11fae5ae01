"""What a finding means for an engineer, and the cheapest read-only step that would tell its candidates apart."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.gates import Checkpoint, Plane
from diagnosis.verdicts.gate_verdict import Finding

_SENTENCES: dict[str, str] = {
    "id-token-not-granted": "The job has no permission to ask GitHub for an ID token, so AWS was never asked.",
    "oidc-provider-absent": "The account in the role's ARN has no OIDC provider for this issuer.",
    "audience-not-admitted": "The OIDC provider does not list the audience that the token carries.",
    "thumbprint": (
        "AWS compared the issuer's certificate with a thumbprint and they differ; github.com is not checked "
        "this way since July 2023."
    ),
    "transient": "A service did not answer in time; nothing here speaks of a permission.",
    "static-credentials": (
        "AWS does not accept the access keys that the job was given; federated identity would replace them."
    ),
    "session-duration": "The requested session is longer than the role (or role chaining) allows.",
    "tag-session": (
        "The caller may not set session tags on this role: role chaining, or a runner that fell back to its own role."
    ),
    "get-authorization-token": (
        "The role may not log in to ECR: ecr:GetAuthorizationToken has to be allowed on resource *."
    ),
    "push-scope": (
        "The login works; the role lacks a push action on this repository. More may be missing: one rerun shows one."
    ),
    "pull-scope": "The role lacks a read action on this repository. More may be missing: one rerun shows one.",
    "registry-administration": "The role may not administer the repository; pushing and pulling are other actions.",
    "repository-policy-deny": "The repository's own policy refuses this principal.",
    "identity-policy-deny": "A policy of the caller denies the action explicitly: adding permissions cannot help.",
    "boundary": "The permissions boundary does not allow the action: adding identity permissions cannot help.",
    "scp": "A service control policy denies the action: only the organization's administrators can change that.",
    "resource-control-policy": (
        "A resource control policy denies the action: only the organization's administrators can change that."
    ),
    "session-policy": (
        "The session was narrowed when the role was assumed: the policy given to the session must allow the action."
    ),
    "endpoint-policy": "The VPC endpoint's policy does not allow the action.",
    "registry-mismatch": "The login was made for another registry address than the one that is used.",
    "token-expired": "The registry's login ran out before it was used; no policy is at fault.",
    "session-expired": "The AWS session ran out during the job; no policy is at fault.",
    "not-logged-in": "The client sent no credentials for this registry; nothing was denied.",
    "repository-absent": "The repository does not exist under this name in this registry; no permission is missing.",
    "image-absent": "The image or tag does not exist; no permission is missing.",
    "image-exists": "This very image is in the repository already; no permission is missing.",
    "repository-exists": "The repository exists already; no permission is missing.",
    "tag-immutable": "The tag exists and the repository's tags are immutable; no permission is missing.",
    "image-quota": "A limit of the registry is reached; no permission is missing, whatever the word denied suggests.",
    "registry-quota": "The registry may hold no more repositories; no permission is missing.",
    "clock-skew": "The clock of the runner is wrong, so AWS refuses its signatures.",
    "manifest-refused": "The registry does not take this manifest or layer; no permission is missing.",
    "other-registry": "Another registry than ECR refused; AWS was not asked.",
    "other-cloud": "Another cloud refused; AWS was not asked.",
    "other-service": "A service other than the registry refused; the release's gates are not in question here.",
    "rate-limit": "A rate limit was reached; wait, or authenticate for a higher one.",
    "registry-unavailable": "The registry answered with a server error.",
    "credential-helper": "Docker's own store of credentials failed on this machine; no registry was asked.",
    "docker-daemon": "No Docker daemon answers on this machine; no registry was asked.",
    "state-locked": "Another run holds the lock of the Terraform state, or left it behind.",
    "network": "The network failed before anybody could decide anything.",
    "input-missing": "An input that the tool needs was empty or not given.",
    "test-failure": "Tests failed; no access is in question.",
    "build-failure": "The build failed; no access is in question.",
    "disk-full": "The disk is full.",
    "killed": "The process was killed, as a rule for want of memory.",
    "cancelled": "The run was cancelled.",
    "time-limit": "The job ran into its time limit.",
    "runner-lost": "The runner was shut down.",
    "stack-rollback": "A stack was rolled back; the reason is in the stack's events, not in this text.",
}

_TELL_APART: dict[str, str] = {
    "id-token-not-granted": (
        "Read permissions of the job and of the calling workflow at the run's commit; a pull request from a "
        "fork cannot have the token."
    ),
    "oidc-provider-absent": (
        "Compare the account in role-to-assume with the intended account first; then aws iam "
        "list-open-id-connect-providers in it."
    ),
    "audience-not-admitted": (
        "aws iam get-open-id-connect-provider shows the audience list; compare it with the audience input."
    ),
    "static-credentials": (
        "Look for static key inputs in the workflow; aws sts get-caller-identity with the same keys says "
        "whose they are."
    ),
    "get-authorization-token": "Evaluate ecr:GetAuthorizationToken on *: a grant on a repository ARN does not count.",
    "push-scope": "Evaluate all push actions on the exact repository ARN (account, region, name).",
    "pull-scope": "Evaluate the read actions on the exact repository ARN (account, region, name).",
    "repository-policy-deny": (
        "aws ecr get-repository-policy; then compare the accounts of role and repository and the repository's name."
    ),
    "boundary": "aws iam get-role names the boundary; read that policy's default version.",
    "scp": (
        "The organization's administrators can list the policies of the account; the policy's ARN may stand "
        "in the message."
    ),
    "session-duration": "aws iam get-role shows MaxSessionDuration.",
    "tag-session": (
        "Compare the denied principal with role-to-assume; if it is a runner's own role, the ID token was missing."
    ),
    "registry-mismatch": "Compare registry id and region of the login with the address that is pushed or pulled.",
    "token-expired": "Compare the times of login and push; the login lasts twelve hours at most.",
    "repository-absent": "aws ecr describe-repositories --repository-names NAME; AccessDenied there says nothing.",
    "tag-immutable": "aws ecr describe-repositories shows imageTagMutability; aws ecr describe-images the tag.",
    "image-quota": "Count the images with aws ecr describe-images and compare with the quota.",
    "not-logged-in": (
        "See whether a login to this very host precedes the step, for the same user and configuration folder."
    ),
    "transient": "Rerun unchanged; if it passes, nothing has to be changed.",
}

_TRUST = (
    "Compute the subject of this run and evaluate the role's trust policy for it; CloudTrail's "
    "AssumeRoleWithWebIdentity event carries the subject as presented."
)
_TRUST_SENTENCE = (
    "AWS accepted the token and does not give the role. The log cannot say why: every cause of this kind "
    "shows this one sentence."
)


def with_words(finding: Finding) -> Finding:
    """The finding with its sentence and its next step."""
    if finding.sentence:
        return finding
    key = finding.cause or next(iter(finding.candidates), None)
    return replace(
        finding,
        sentence=_sentence(finding),
        tell_apart=_TELL_APART.get(key or "", "") if key != "subject-not-admitted" else _TRUST,
    )


def _sentence(finding: Finding) -> str:
    if finding.cause:
        return _SENTENCES.get(finding.cause, f"The cause is {finding.cause}.")
    if finding.candidates[:1] == ("subject-not-admitted",):
        return _TRUST_SENTENCE
    if finding.plane is Plane.AUTHENTICATION:
        if finding.checkpoint is Checkpoint.OIDC_TOKEN:
            return "GitHub did not hand out an ID token, so AWS was never asked."
        if finding.checkpoint is Checkpoint.ROLE_ASSUMPTION:
            return "AWS does not give this role to this caller."
        if finding.checkpoint is Checkpoint.OIDC_TRUST:
            return "AWS does not accept the token or its issuer."
        return "The job has no usable AWS credentials."
    if finding.plane is Plane.AUTHORIZATION:
        what = finding.action or "the request"
        return f"The registry refused {what}; the words do not say which policy is at fault."
    if finding.plane is Plane.REGISTRY_STATE:
        return "The registry refused without naming an action; this may be no permission at all."
    if finding.candidates:
        return "The words do not settle whether a gate failed."
    return "Something failed, and no words say why."
