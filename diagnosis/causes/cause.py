"""The catalogue of causes: every reason for which a release stops, with its words, by plane in the order of the gates.

A cause is a member of :class:`Cause`. To add one, write its member here: slug and record stand in one place, and
a judge that names a cause without a record does not type-check. The figures in the words are AWS's and GitHub's own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from diagnosis.causes.record import CauseRecord as Record
from diagnosis.gates import Checkpoint, Owner, Plane

_PLATFORM = Owner.RELEASE_ENGINEERING
_CLOUD = Owner.CLOUD_SECURITY
_ORGANIZATION = Owner.ORGANIZATION
_REGISTRY = Owner.REGISTRY

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_STS = "https://docs.aws.amazon.com/STS/latest/APIReference"
_ECR = "https://docs.aws.amazon.com/AmazonECR/latest/userguide"
_ECR_API = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference"
_ORGS = "https://docs.aws.amazon.com/organizations/latest/userguide"
_ACTIONS = "https://docs.github.com/en/actions"
_GITHUB_OIDC = f"{_ACTIONS}/reference/security/oidc"
_OIDC_IN_AWS = f"{_ACTIONS}/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"


class Cause(StrEnum):
    """Why a release stops. The value is the slug, as it stands in every document; the record stands beside it."""

    record: Record

    def __new__(cls, slug: str, record: Record) -> Self:
        """Make a member that is its slug and carries its record."""
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.record = record
        return member

    @classmethod
    def of(cls, slug: str) -> Cause | None:
        """Return the cause of a slug; None for a text that is no slug of the catalogue."""
        return next((cause for cause in cls if cause.value == slug), None)

    @property
    def plane(self) -> Plane:
        """The plane in which it is met as a rule; what was found in a log may place it elsewhere."""
        return self.record.plane

    @property
    def owner(self) -> Owner:
        """Who has to act."""
        return self.record.owner

    @property
    def sentence(self) -> str:
        """What it means."""
        return self.record.sentence

    @property
    def tell_apart(self) -> str:
        """The cheapest way to tell it from its lookalikes."""
        return self.record.tell_apart

    @property
    def next_step(self) -> str:
        """The smallest change or the next action."""
        return self.record.next_step

    @property
    def reference(self) -> str | None:
        """The address of the documentation."""
        return self.record.reference

    # Authentication, OIDC trust: the runner's ID token.

    ID_TOKEN_NOT_GRANTED = (
        "id-token-not-granted",
        Record(
            place=Checkpoint.OIDC_TOKEN,
            owner=_PLATFORM,
            sentence="The job has no permission to ask GitHub for an ID token, so AWS was never asked.",
            tell_apart=(
                "Read permissions of the job and of the calling workflow at the run's commit; a pull request from a "
                "fork cannot have the token."
            ),
            next_step="Grant id-token: write in the permissions of the job, and of the workflow that calls it.",
            reference=_GITHUB_OIDC,
        ),
    )
    STATIC_CREDENTIALS = (
        "static-credentials",
        Record(
            place=Checkpoint.OIDC_TOKEN,
            owner=_PLATFORM,
            sentence=(
                "The access keys that the job works with are absent, or AWS does not accept them; federated identity would "
                "replace them."
            ),
            tell_apart=(
                "Look for static key inputs in the workflow; aws sts get-caller-identity with the same keys says "
                "whose they are."
            ),
            next_step="Let the job assume a role with GitHub's ID token and take the access keys out of the workflow.",
            reference=_OIDC_IN_AWS,
        ),
    )

    # Authentication, OIDC trust: the provider in the role's account.

    OIDC_PROVIDER_ABSENT = (
        "oidc-provider-absent",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_CLOUD,
            sentence="The account in the role's ARN has no OIDC provider for this issuer.",
            tell_apart=(
                "Compare the account in role-to-assume with the intended account first; then aws iam "
                "list-open-id-connect-providers in it."
            ),
            next_step="Have one provider for the issuer made in that account, in a stack that no teardown owns.",
            reference=f"{_IAM}/id_roles_providers_create_oidc.html",
        ),
    )
    ROLE_ACCOUNT_WRONG = (
        "role-account-wrong",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_PLATFORM,
            sentence="The role's ARN names another account, or another partition, than the intended one.",
            tell_apart=(
                "Compare the account in role-to-assume with the intended account; a provider that is missing there "
                "reads the same."
            ),
            next_step="Correct the ARN in role-to-assume; nothing has to be created.",
            reference=f"{_IAM}/reference_identifiers.html#identifiers-arns",
        ),
    )
    AUDIENCE_NOT_ADMITTED = (
        "audience-not-admitted",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_CLOUD,
            sentence=(
                "The audience that the token carries is not listed where it has to be: at the OIDC provider, or in the "
                "trust policy's aud condition."
            ),
            tell_apart=(
                "aws iam get-open-id-connect-provider shows the audience list; compare it with the audience input. "
                "“Incorrect token audience” speaks of the provider's list, “Not authorized” of the trust policy."
            ),
            next_step="Add sts.amazonaws.com where it is missing, or let the job ask for an audience that is listed.",
            reference=f"{_IAM}/id_roles_providers_create_oidc.html",
        ),
    )
    THUMBPRINT = (
        "thumbprint",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_CLOUD,
            sentence=(
                "AWS compared the issuer's certificate with a thumbprint and they differ; github.com is not checked "
                "this way since July 2023."
            ),
            tell_apart="See how old the run is, and whether its issuer is github.com's or that of another server.",
            next_step="Rerun; for another issuer have the thumbprint of its certificate put in order.",
            reference=f"{_IAM}/id_roles_providers_create_oidc_verify-thumbprint.html",
        ),
    )
    TRANSIENT = (
        "transient",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_PLATFORM,
            sentence="A service did not answer in time; nothing here speaks of a permission.",
            tell_apart="Rerun unchanged; if it passes, nothing has to be changed.",
            next_step="Rerun the job; no policy has to change.",
            reference=f"{_STS}/API_AssumeRoleWithWebIdentity.html",
        ),
    )

    # Authentication, role assumption: what the role's trust policy asks of the token.

    ID_TOKEN_EXPIRED = (
        "id-token-expired",
        Record(
            place=Checkpoint.OIDC_TRUST,
            owner=_PLATFORM,
            sentence=(
                "STS says that the ID token had expired when it was handed over: GitHub's tokens live for minutes."
            ),
            tell_apart=(
                "Compare the time at which the token was asked for with the time of the refusal; look at the "
                "clock of a runner of your own."
            ),
            next_step=(
                "Ask for a new token right before the role is assumed, as configure-aws-credentials does; do not "
                "keep one in a file."
            ),
            reference=f"{_STS}/API_AssumeRoleWithWebIdentity.html",
        ),
    )
    SUBJECT_NOT_ADMITTED = (
        "subject-not-admitted",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The trust policy does not admit the subject that this run presents.",
            tell_apart=(
                "Compute the subject of this run and evaluate the role's trust policy for it; CloudTrail's "
                "AssumeRoleWithWebIdentity event carries the subject as presented."
            ),
            next_step="Run on a ref that is admitted, or have exactly this subject added; never a pattern for all refs.",
            reference=_OIDC_IN_AWS,
        ),
    )
    SUBJECT_SHAPE = (
        "subject-shape",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence=(
                "An environment, a pull request or a subject template gives the subject another shape than the trust "
                "policy lists."
            ),
            tell_apart=(
                "See whether the job names an environment, whether the event is pull_request, and whether the "
                "repository has a subject template of its own."
            ),
            next_step=(
                "Have the subject admitted in the shape that the job presents, or give the job the shape that is listed."
            ),
            reference=_GITHUB_OIDC,
        ),
    )
    SUBJECT_IMMUTABLE_FORM = (
        "subject-immutable-form",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The trust policy and the run write the repository in different forms, with and without ids.",
            tell_apart=(
                "See when the repository was created, renamed or transferred, and whether it opted in to immutable "
                "subjects: its subject then reads repo:OWNER@ID/NAME@ID."
            ),
            next_step="Have the subject admitted in the immutable form; keep the classic one only while migrating.",
            reference=f"{_GITHUB_OIDC}#immutable-subject-claims",
        ),
    )
    CONDITION_OPERATOR = (
        "condition-operator",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="A condition compares letter by letter where a pattern or another letter case is written.",
            tell_apart=(
                "Look for StringEquals beside a value with * or ?, and for letters whose case differs from the claim's."
            ),
            next_step="Use StringLike for patterns and StringEquals for exact values, in the claim's own letter case.",
            reference=f"{_IAM}/reference_policies_elements_condition_operators.html",
        ),
    )
    PRINCIPAL_WRONG = (
        "principal-wrong",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence=("No statement names the provider as its Federated principal: write the provider's exact ARN."),
            tell_apart=(
                "Read the trust policy's Principal: AWS instead of Federated, another account or partition, or https:// "
                "in the provider's ARN."
            ),
            next_step="Have the provider's exact ARN written as the Federated principal.",
            reference=f"{_IAM}/reference_policies_elements_principal.html",
        ),
    )
    TRUST_ACTION = (
        "trust-action",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The statement does not allow sts:AssumeRoleWithWebIdentity.",
            tell_apart="Read the Action of the trust policy's statement for the provider: sts:AssumeRole is another action.",
            next_step="Have sts:AssumeRoleWithWebIdentity allowed in that statement.",
            reference=f"{_IAM}/id_roles_create_for-idp_oidc.html",
        ),
    )
    SUBJECT_TYPO = (
        "subject-typo",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The trust policy lists a subject, or a value of another claim, that is miswritten.",
            tell_apart=(
                "Compare the listed subject with repo:OWNER/NAME:ref:refs/heads/BRANCH, …:environment:NAME or "
                "…:pull_request, letter by letter; two operators on sub must both match."
            ),
            next_step="Have the subject corrected where it stands; nothing has to be added.",
            reference=_GITHUB_OIDC,
        ),
    )
    CLAIM_PIN = (
        "claim-pin",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence=(
                "The trust policy holds the role to a ref, a workflow, an environment or an actor on purpose, and this "
                "run has another."
            ),
            tell_apart="Compare the trust policy's conditions beside sub and aud with the claims of this run.",
            next_step=(
                "Run it as the trust policy asks, or have this run's value added to that condition; never take the "
                "condition out."
            ),
            reference=f"{_IAM}/reference_policies_iam-condition-keys.html#condition-keys-wif",
        ),
    )
    CONDITION_KEY_NOT_CARRIED = (
        "condition-key-not-carried",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="A condition asks for a key that no request of a GitHub job carries, so nobody meets it.",
            tell_apart=(
                "Compare the trust policy's condition keys with those that AWS reads from a GitHub token: aud, sub and "
                "a short list of claims, each after the provider's own host."
            ),
            next_step="Have that condition taken out, or its key corrected where only its spelling is wrong.",
            reference=f"{_IAM}/reference_policies_iam-condition-keys.html#condition-keys-wif",
        ),
    )
    ISSUER_DIFFERS = (
        "issuer-differs",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The trust policy trusts another issuer than the one that issues this run's tokens.",
            tell_apart=(
                "Read the iss claim in a run, or the provider in the CloudTrail event: an enterprise may have an issuer "
                "of its own below token.actions.githubusercontent.com, and every enterprise server has one."
            ),
            next_step="Have the provider and the trust policy name the issuer of this repository's tokens.",
            reference=_GITHUB_OIDC,
        ),
    )
    SESSION_NAME_NOT_ADMITTED = (
        "session-name-not-admitted",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence="The trust policy wants the session to have another name than the step gives it.",
            tell_apart="Compare the trust policy's sts:RoleSessionName with the step's role-session-name input.",
            next_step="Set role-session-name in the step that assumes the role to a name that the trust policy admits.",
            reference=f"{_IAM}/reference_policies_iam-condition-keys.html#ck_rolesessionname",
        ),
    )
    TRUST_CONDITION = (
        "trust-condition",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The trust policy asks for something that this run's request does not have.",
            tell_apart="Read the conditions of the trust policy that are not about the token's claims.",
            next_step="Meet that condition, or ask who wrote it what it is to hold back before it is changed.",
            reference=f"{_IAM}/reference_policies_iam-condition-keys.html#condition-keys-wif",
        ),
    )
    TRUST_EXPLICIT_DENY = (
        "trust-explicit-deny",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="A Deny statement of the trust policy refuses this run, whatever another statement admits.",
            tell_apart="Evaluate the Deny statements of the trust policy for this run's claims.",
            next_step="Have that Deny statement amended if it is not meant for this run; adding an Allow cannot help.",
            reference=f"{_IAM}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html",
        ),
    )
    ROLE_ABSENT = (
        "role-absent",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence="The role does not exist under this ARN.",
            tell_apart=(
                "aws iam get-role in the account that the ARN names; for a role that is absent STS says the same as for "
                "one that refuses."
            ),
            next_step="Correct the role's ARN in the workflow, with its path; or have the role made.",
            reference=f"{_STS}/API_AssumeRoleWithWebIdentity.html",
        ),
    )
    SESSION_DURATION = (
        "session-duration",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence="The requested session is longer than the role (or role chaining) allows.",
            tell_apart="aws iam get-role shows MaxSessionDuration.",
            next_step="Ask for a shorter session in the workflow; role chaining allows one hour at most.",
            reference=f"{_IAM}/id_roles_update-role-settings.html",
        ),
    )
    SESSION_POLICY_TOO_LARGE = (
        "session-policy-too-large",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence=(
                "The session policies and session tags that were handed over when the role was assumed are larger than "
                "STS takes."
            ),
            tell_apart=(
                "Read the session policies and tags that the workflow hands over; the message gives their packed size "
                "in percent."
            ),
            next_step="Hand over a shorter session policy or fewer session tags.",
            reference=f"{_STS}/API_AssumeRoleWithWebIdentity.html",
        ),
    )
    SESSION_TAGS_TOO_LARGE = (
        "session-tags-too-large",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence=(
                "STS says that the session tags are larger than it takes once packed; tags that an earlier "
                "session made transitive count too."
            ),
            tell_apart=(
                "Read the percentage in the message, then the tags of the step and those of the session it starts "
                "from (an EKS pod identity sets six)."
            ),
            next_step=(
                "Set role-skip-session-tagging, hand over fewer or shorter tags, or start from credentials "
                "without transitive tags."
            ),
            reference=f"{_IAM}/id_session-tags.html",
        ),
    )
    SESSION_TAG_INVALID = (
        "session-tag-invalid",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence=(
                "STS does not take one of the session tags: a value holds a character, or has a length, that a "
                "tag may not have."
            ),
            tell_apart=(
                "Read the tags that the step sets: the actor of a GitHub App ends in [bot], and brackets are no "
                "tag characters."
            ),
            next_step="Set role-skip-session-tagging, or replace the characters that AWS does not take.",
            reference=f"{_IAM}/id_session-tags.html",
        ),
    )
    SESSION_NAME_INVALID = (
        "session-name-invalid",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence=(
                "STS does not take the name of the session: it has 2 to 64 characters, letters, digits and _ = , "
                ". @ - only."
            ),
            tell_apart="Read role-session-name after its variables are filled in: a branch name brings slashes.",
            next_step="Give role-session-name a value of these characters alone.",
            reference=f"{_STS}/API_AssumeRoleWithWebIdentity.html",
        ),
    )
    TAG_SESSION = (
        "tag-session",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence=(
                "The caller may not set session tags on this role: role chaining, or a runner that fell back to its own "
                "role."
            ),
            tell_apart=(
                "Compare the denied principal with role-to-assume; if it is a runner's own role, the ID token was "
                "missing."
            ),
            next_step="Leave the session tags out (role-skip-session-tagging), or have sts:TagSession admitted.",
            reference=f"{_IAM}/id_session-tags.html",
        ),
    )
    ROLE_CHAINING = (
        "role-chaining",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence=(
                "The role is assumed from another role's session, and the first role may not assume it or the second "
                "does not admit the first."
            ),
            tell_apart=(
                "Read the denied principal: the first role must be allowed sts:AssumeRole on the second, whose trust "
                "policy must name the first."
            ),
            next_step="Have both sides agree, or let the job assume the second role with its ID token.",
            reference=f"{_IAM}/id_roles.html#iam-term-role-chaining",
        ),
    )
    MFA_REQUIRED = (
        "mfa-required",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_PLATFORM,
            sentence=(
                "STS wants a code of multi-factor authentication for this role, and got none or a wrong one; a "
                "job has no device for it."
            ),
            tell_apart=(
                "Read the profile for mfa_serial, and the trust policy of the role for aws:MultiFactorAuthPresent."
            ),
            next_step="Let the job assume a role with its ID token; multi-factor authentication is for people.",
            reference=f"{_IAM}/id_credentials_mfa_configure-api-require.html",
        ),
    )
    ROOT_CANNOT_ASSUME = (
        "root-cannot-assume",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="The access keys are those of an account's root user, and AWS lets the root user assume no role.",
            tell_apart="aws sts get-caller-identity with the same keys ends in :root.",
            next_step="Have the job assume the role with its ID token, and have the root user's access keys deleted.",
            reference=f"{_STS}/API_AssumeRole.html",
        ),
    )
    REGION_DISABLED = (
        "region-disabled",
        Record(
            place=Checkpoint.ROLE_ASSUMPTION,
            owner=_CLOUD,
            sentence="STS is not activated for this account in the region that was asked, so it gave no session.",
            tell_apart="Compare the region input of the step with the regions that are enabled in the role's account.",
            next_step="Ask STS in a region that is enabled for the account, or have the region enabled.",
            reference=f"{_IAM}/id_credentials_temp_enable-regions.html",
        ),
    )

    # Authorization, registry: the login.

    GET_AUTHORIZATION_TOKEN = (
        "get-authorization-token",
        Record(
            place=Checkpoint.REGISTRY_AUTH,
            owner=_CLOUD,
            sentence=("The role may not log in to ECR: ecr:GetAuthorizationToken has to be allowed on resource *."),
            tell_apart=("Evaluate ecr:GetAuthorizationToken on *: a grant on a repository ARN does not count."),
            next_step="Have one statement added that allows ecr:GetAuthorizationToken on resource *.",
            reference=f"{_ECR}/registry_auth.html",
        ),
    )
    REGISTRY_MISMATCH = (
        "registry-mismatch",
        Record(
            place=Checkpoint.REGISTRY_AUTH,
            owner=_PLATFORM,
            sentence="The login was made for another registry address than the one that is used.",
            tell_apart="Compare registry id and region of the login with the address that is pushed or pulled.",
            next_step="Use one address, with one account and one region, for login, push and pull.",
            reference=f"{_ECR}/registry_auth.html",
        ),
    )
    TOKEN_EXPIRED = (
        "token-expired",
        Record(
            place=Checkpoint.REGISTRY_AUTH,
            owner=_PLATFORM,
            sentence="The registry's login ran out before it was used; no policy is at fault.",
            tell_apart="Compare the times of login and push; the login lasts twelve hours at most.",
            next_step="Log in to the registry later, next to the push.",
            reference=f"{_ECR}/registry_auth.html",
        ),
    )

    # Authorization, registry: pushing, pulling, administering.

    PUSH_SCOPE = (
        "push-scope",
        Record(
            place=Checkpoint.REGISTRY_PUSH,
            owner=_CLOUD,
            sentence=(
                "The login works; the role lacks a push action on this repository. More may be missing: one rerun "
                "shows one."
            ),
            tell_apart="Evaluate all push actions on the exact repository ARN (account, region, name).",
            next_step="Have all missing push actions allowed at once, on this repository's ARN.",
            reference=f"{_ECR}/image-push-iam.html",
        ),
    )
    PULL_SCOPE = (
        "pull-scope",
        Record(
            place=Checkpoint.REGISTRY_PULL,
            owner=_CLOUD,
            sentence="The role lacks a read action on this repository. More may be missing: one rerun shows one.",
            tell_apart="Evaluate the read actions on the exact repository ARN (account, region, name).",
            next_step="Have all missing read actions allowed at once, on this repository's ARN.",
            reference=f"{_ECR}/repository-policy-examples.html",
        ),
    )
    REGISTRY_ADMINISTRATION = (
        "registry-administration",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_CLOUD,
            sentence="The role may not administer the repository; pushing and pulling are other actions.",
            tell_apart="See whether the step goes on after this line: scripts often tolerate it.",
            next_step="Have the named action allowed on this repository, or make the repository outside of the release.",
            reference="https://docs.aws.amazon.com/service-authorization/latest/reference/"
            "list_amazonelasticcontainerregistry.html",
        ),
    )

    # Authorization: services beside the registry.

    SERVICE_ACTION = (
        "service-action",
        Record(
            place=Checkpoint.SERVICE_AUTHORIZATION,
            owner=_CLOUD,
            sentence="The role lacks an action of another service that a step calls. More may be missing: one rerun shows one.",
            tell_apart="Evaluate this action on this resource; the policy of a bucket or a key may decide it too.",
            next_step="Have exactly this action allowed on this resource, together with what the later steps call.",
            reference="https://docs.aws.amazon.com/service-authorization/latest/reference/"
            "reference_policies_actions-resources-contextkeys.html",
        ),
    )
    PASS_ROLE = (
        "pass-role",
        Record(
            place=Checkpoint.SERVICE_AUTHORIZATION,
            owner=_CLOUD,
            sentence="The role may not hand this role to the service that the step deploys to.",
            tell_apart="Read the roles that the task definition, the function or the stack names.",
            next_step="Have iam:PassRole allowed on exactly these roles, with iam:PassedToService naming the service.",
            reference=f"{_IAM}/id_roles_use_passrole.html",
        ),
    )
    RESOURCE_POLICY = (
        "resource-policy",
        Record(
            place=Checkpoint.SERVICE_AUTHORIZATION,
            owner=_CLOUD,
            sentence="The policy of the bucket, the key or the resource itself refuses the role.",
            tell_apart="Read that policy: a Deny in it stands whatever the role is granted; across accounts it has to allow too.",
            next_step="Have the resource's owner amend the statement that refuses, or name the role in it.",
            reference=f"{_IAM}/access_policies_identity-vs-resource.html",
        ),
    )

    # Authorization: the policy types beside the role's own, each with an owner of its own.

    IDENTITY_POLICY_DENY = (
        "identity-policy-deny",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_CLOUD,
            sentence="A policy of the caller denies the action explicitly: adding permissions cannot help.",
            tell_apart="Read the Deny statements of the role's inline and attached policies.",
            next_step="Have that Deny statement amended if it is not meant for this action and repository.",
            reference=f"{_IAM}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html",
        ),
    )
    REPOSITORY_POLICY_DENY = (
        "repository-policy-deny",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_REGISTRY,
            sentence="The repository's own policy refuses this principal.",
            tell_apart=(
                "aws ecr get-repository-policy; then compare the accounts of role and repository and the repository's "
                "name."
            ),
            next_step="Have that statement of the repository policy amended, or correct the repository's name.",
            reference=f"{_ECR}/repository-policies.html",
        ),
    )
    REPOSITORY_POLICY_MISSING_ALLOW = (
        "repository-policy-missing-allow",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_REGISTRY,
            sentence=(
                "Across accounts the repository's own policy has to admit the caller too, and no statement of it does."
            ),
            tell_apart=(
                "aws ecr get-repository-policy in the repository's account; a wrong repository name in another "
                "account reads the same."
            ),
            next_step=(
                "Have the action allowed for this role in the repository's policy, or correct account and name of "
                "the image."
            ),
            reference=f"{_ECR}/repository-policies.html",
        ),
    )
    BOUNDARY = (
        "boundary",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_ORGANIZATION,
            sentence=("The permissions boundary does not allow the action: adding identity permissions cannot help."),
            tell_apart="aws iam get-role names the boundary; read that policy's default version.",
            next_step="Ask the boundary's owner to allow the action in it.",
            reference=f"{_IAM}/access_policies_boundaries.html",
        ),
    )
    SCP = (
        "scp",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_ORGANIZATION,
            sentence=(
                "A service control policy denies the action: only the organization's administrators can change that."
            ),
            tell_apart=(
                "The organization's administrators can list the policies of the account; the policy's ARN may stand "
                "in the message."
            ),
            next_step="Ask the organization's administrators to amend that policy; no other permission can help.",
            reference=f"{_ORGS}/orgs_manage_policies_scps.html",
        ),
    )
    RESOURCE_CONTROL_POLICY = (
        "resource-control-policy",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_ORGANIZATION,
            sentence=(
                "A resource control policy denies the action: only the organization's administrators can change that."
            ),
            tell_apart=(
                "The organization's administrators can list the resource control policies of the account that owns the "
                "role or the repository."
            ),
            next_step="Ask the organization's administrators to amend that policy; no other permission can help.",
            reference=f"{_ORGS}/orgs_manage_policies_rcps.html",
        ),
    )
    SESSION_POLICY = (
        "session-policy",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_PLATFORM,
            sentence=(
                "The session was narrowed when the role was assumed: the policy given to the session must allow the "
                "action."
            ),
            tell_apart="Look for inline-session-policy and managed-session-policies in the step that assumes the role.",
            next_step="Let the session policy allow the action too, or hand over none.",
            reference=f"{_IAM}/access_policies.html#policies_session",
        ),
    )
    ENDPOINT_POLICY = (
        "endpoint-policy",
        Record(
            place=Plane.AUTHORIZATION,
            owner=_CLOUD,
            sentence="The VPC endpoint's policy holds the action back: adding identity permissions cannot help.",
            tell_apart="See whether the runner reaches ECR through a VPC endpoint, and read that endpoint's policy.",
            next_step="Ask the endpoint's owner to allow the action in its policy.",
            reference=f"{_ECR}/vpc-endpoints.html",
        ),
    )

    # Authorization, least privilege: the release runs, and the role is open too wide.

    TRUST_TOO_OPEN = (
        "trust-too-open",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_CLOUD,
            sentence="The trust policy admits callers that a release role should refuse.",
            tell_apart=(
                "Evaluate the trust policy for subjects that it should refuse: another branch, a pull request, another "
                "repository."
            ),
            next_step="Have the subject bound to this repository and to the refs that release.",
            reference=_OIDC_IN_AWS,
        ),
    )
    SECOND_DOOR = (
        "second-door",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_CLOUD,
            sentence="Somebody beside GitHub's workflows may assume the role, and nothing bounds who that is.",
            tell_apart=(
                "Read every statement of the trust policy, those for other principals too: a star, another account's root, "
                "another provider whose subject no condition bounds."
            ),
            next_step=(
                "Have that statement bounded to the principals that need the role, or the exception stated in the case file "
                "with a rationale and an expiry."
            ),
            reference=f"{_IAM}/reference_policies_elements_principal.html",
        ),
    )
    WILDCARD_ESCALATION = (
        "wildcard-escalation",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_CLOUD,
            sentence="A wildcard grants the role more than any step that was read needs.",
            tell_apart=(
                "Compare every statement of the role with the actions and resources that the release needs, then with what "
                "other users of the role call (CloudTrail, access advisor)."
            ),
            next_step="Have the grant bounded to what its users need, after the release passes and in a change of its own.",
            reference=f"{_IAM}/best-practices.html#grant-least-privilege",
        ),
    )
    SELF_ESCALATION = (
        "self-escalation",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_CLOUD,
            sentence="The role may write to IAM or pass every role, so it can widen what it may do.",
            tell_apart="Look in every statement, whatever its service, for writes to IAM and for iam:PassRole on `*`.",
            next_step="Have the writes removed or bounded, and iam:PassRole granted on the exact roles with iam:PassedToService.",
            reference=f"{_IAM}/id_roles_use_passrole.html",
        ),
    )
    REPOSITORY_OPEN = (
        "repository-open",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_REGISTRY,
            sentence="The repository's own policy lets everybody push or pull, from any account of AWS.",
            tell_apart="aws ecr get-repository-policy; look for a Principal of `*` without a condition that bounds who it is.",
            next_step="Have the accounts that use the repository named in the place of `*`, in a change of its own.",
            reference=f"{_ECR}/repository-policies.html",
        ),
    )
    GRANT_BEYOND_NEED = (
        "grant-beyond-need",
        Record(
            place=Checkpoint.LEAST_PRIVILEGE,
            owner=_CLOUD,
            sentence="An exact grant serves no step that was read: another user's, or a wrong name, account or region.",
            tell_apart="Compare the ARN part by part with the one that is needed; ask who else assumes the role.",
            next_step="Correct the ARN where it is a slip; else leave it, or have it removed in a change of its own.",
            reference=f"{_IAM}/best-practices.html#grant-least-privilege",
        ),
    )

    # Registry state: the registry refuses although no permission is missing.

    REPOSITORY_ABSENT = (
        "repository-absent",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence=("The repository does not exist under this name in this registry; no permission is missing."),
            tell_apart=("aws ecr describe-repositories --repository-names NAME; AccessDenied there says nothing."),
            next_step="Correct the repository's name, or have the repository made in this account and region.",
            reference=f"{_ECR}/repository-create.html",
        ),
    )
    REPOSITORY_EXISTS = (
        "repository-exists",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_PLATFORM,
            sentence="The repository exists already; no permission is missing.",
            tell_apart="aws ecr describe-repositories --repository-names NAME shows it.",
            next_step="Let the step pass over a repository that is there already.",
            reference=f"{_ECR_API}/API_CreateRepository.html",
        ),
    )
    IMAGE_ABSENT = (
        "image-absent",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_PLATFORM,
            sentence="The image or tag does not exist; no permission is missing.",
            tell_apart="aws ecr describe-images shows which tags the repository holds.",
            next_step="Correct the tag or digest, or push the image first.",
            reference=f"{_ECR_API}/API_BatchGetImage.html",
        ),
    )
    SCAN_ABSENT = (
        "scan-absent",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence="The repository and the registry answer; what is absent is a scan of this image.",
            tell_apart=(
                "aws ecr describe-image-scan-findings again after a while; look whether the repository scans on push."
            ),
            next_step="Wait for the scan before its findings are read, or have scanning turned on.",
            reference=f"{_ECR}/image-scanning.html",
        ),
    )
    PULL_THROUGH_UPSTREAM = (
        "pull-through-upstream",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence=(
                "ECR's pull-through cache could not read the upstream registry; no permission of the caller is missing."
            ),
            tell_apart=(
                "Read the rule of this prefix (aws ecr describe-pull-through-cache-rules, "
                "validate-pull-through-cache-rule): its secret and the image's name upstream."
            ),
            next_step=(
                "Have the rule's secret in Secrets Manager renewed, or correct the image's name behind the prefix."
            ),
            reference=f"{_ECR}/pull-through-cache.html",
        ),
    )
    IMAGE_EXISTS = (
        "image-exists",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_PLATFORM,
            sentence="This very image is in the repository already; no permission is missing.",
            tell_apart="aws ecr describe-images shows the digest and its tags.",
            next_step="Let the step pass over an image that is there already.",
            reference=f"{_ECR_API}/API_PutImage.html",
        ),
    )
    TAG_IMMUTABLE = (
        "tag-immutable",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_PLATFORM,
            sentence="The tag exists and the repository's tags are immutable; no permission is missing.",
            tell_apart=("aws ecr describe-repositories shows imageTagMutability; aws ecr describe-images the tag."),
            next_step="Push under a tag that is not in use.",
            reference=f"{_ECR}/image-tag-mutability.html",
        ),
    )
    IMAGE_QUOTA = (
        "image-quota",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence=(
                "A limit of the registry is reached; no permission is missing, whatever the word denied suggests."
            ),
            tell_apart="Count the images with aws ecr describe-images and compare with the quota.",
            next_step="Have old images expired by a lifecycle policy, or the quota raised.",
            reference=f"{_ECR}/service-quotas.html",
        ),
    )
    REGISTRY_QUOTA = (
        "registry-quota",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence="The registry may hold no more repositories; no permission is missing.",
            tell_apart="Count the repositories with aws ecr describe-repositories and compare with the quota.",
            next_step="Have unused repositories removed, or the quota raised.",
            reference=f"{_ECR}/service-quotas.html",
        ),
    )
    KMS_KEY = (
        "kms-key",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_REGISTRY,
            sentence="The KMS key that encrypts the repository cannot be used, so ECR stores nothing in it.",
            tell_apart="aws kms describe-key shows the key's state, aws kms get-key-policy whom it refuses.",
            next_step="Ask the key's owner to enable it, or to let ECR use it for this account.",
            reference=f"{_ECR}/encryption-at-rest.html",
        ),
    )
    MANIFEST_REFUSED = (
        "manifest-refused",
        Record(
            place=Plane.REGISTRY_STATE,
            owner=_PLATFORM,
            sentence="The registry does not take this manifest or layer; no permission is missing.",
            tell_apart="Compare the media types of the manifest with those that ECR supports.",
            next_step="Build the image in a format that ECR supports, and push all layers before the manifest.",
            reference=f"{_ECR}/image-manifest-formats.html",
        ),
    )

    # Other: logins and credentials that no policy decides.

    NOT_LOGGED_IN = (
        "not-logged-in",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The client sent no credentials for this registry; nothing was denied.",
            tell_apart=(
                "See whether a login to this very host precedes the step, for the same user and configuration folder."
            ),
            next_step="Log in to this very host before the step that needs it.",
            reference=f"{_ECR}/registry_auth.html",
        ),
    )
    CREDENTIAL_HELPER = (
        "credential-helper",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="Docker's own store of credentials failed on this machine; no registry was asked.",
            tell_apart="Read credsStore and credHelpers in the client's configuration on the runner.",
            next_step="Use a credential helper that the runner has, or none.",
            reference=f"{_ECR}/registry_auth.html#registry-auth-credential-helper",
        ),
    )
    SESSION_EXPIRED = (
        "session-expired",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The AWS session ran out during the job; no policy is at fault.",
            tell_apart="Compare the time at which the role was assumed with the time of the failing call.",
            next_step="Assume the role later, or ask for a session that lasts as long as the job.",
            reference=f"{_IAM}/id_credentials_temp_use-resources.html",
        ),
    )
    CLOCK_SKEW = (
        "clock-skew",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The clock of the runner is wrong, so AWS refuses its signatures.",
            tell_apart="Compare the runner's time with the time in the message.",
            next_step="Put the runner's clock right.",
            reference=f"{_IAM}/reference_sigv-troubleshooting.html",
        ),
    )
    INPUT_MISSING = (
        "input-missing",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="An input that the tool needs was empty or not given.",
            tell_apart=(
                "Read the inputs of the step: a secret or variable that does not exist is empty, and so are secrets "
                "for a pull request from a fork."
            ),
            next_step="Give the step the input that the line names.",
            reference=f"{_ACTIONS}/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepswith",
        ),
    )

    # Other: somebody else than this release's account refused.

    OTHER_REGISTRY = (
        "other-registry",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="Another registry than ECR refused; AWS was not asked.",
            tell_apart="Read the host in the line: an ECR host holds .dkr.ecr, or is public.ecr.aws.",
            next_step="Look at the login and the permissions at that registry.",
            reference=None,
            no_reference="The registry that refused documents it.",
        ),
    )
    OTHER_CLOUD = (
        "other-cloud",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="Another cloud refused; AWS was not asked.",
            tell_apart="Read which service the line names.",
            next_step="Look at the identity and the permissions at that cloud.",
            reference=f"{_ACTIONS}/concepts/security/openid-connect",
        ),
    )
    OTHER_GRANT = (
        "other-grant",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="What refuses here is no policy of IAM: Kubernetes, a database or another product keeps grants of its own.",
            tell_apart="The message names no IAM action; it names a Kubernetes verb and resource, a database, a workspace.",
            next_step="Have the identity admitted where the grant is kept: an EKS access entry or aws-auth, a database's users.",
            reference="https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
        ),
    )
    OTHER_SERVICE = (
        "other-service",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="A product beside AWS refused, or the words name no call of AWS: no gate of this release is named by them.",
            tell_apart="Read which product or host the line names; a denial of AWS names an action or the call.",
            next_step="Look at the permissions that this product asks for.",
            reference=f"{_IAM}/troubleshoot_access-denied.html",
        ),
    )
    RATE_LIMIT = (
        "rate-limit",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="A rate limit was reached; wait, or authenticate for a higher one.",
            tell_apart="Read which service the line names; Docker Hub counts pulls without a login by address.",
            next_step="Wait and rerun; log in where that raises the limit, or pull through a cache.",
            reference="https://docs.docker.com/docker-hub/usage/",
        ),
    )
    INVALID_REQUEST = (
        "invalid-request",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="AWS refused the call for one of its parameters; no permission is in question.",
            tell_apart="Read the parameter and the value that the message names.",
            next_step="Correct that value in the step.",
            reference=f"{_ECR_API}/CommonErrors.html",
        ),
    )
    SERVICE_ERROR = (
        "service-error",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="A call to an AWS service failed with an error of that service, which is no denial.",
            tell_apart=(
                "Look the name of the error up among those of this operation; the message says what it is about."
            ),
            next_step="Correct what the message names, then rerun.",
            reference=f"{_ECR_API}/CommonErrors.html",
        ),
    )
    REGISTRY_UNAVAILABLE = (
        "registry-unavailable",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The registry answered with a server error.",
            tell_apart="Rerun unchanged; look at the service's health page.",
            next_step="Rerun the job; no policy has to change.",
            reference="https://docs.aws.amazon.com/health/latest/ug/aws-health-dashboard-status.html",
        ),
    )
    NETWORK = (
        "network",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The network failed before anybody could decide anything.",
            tell_apart="Rerun unchanged; if it fails again, try the same host from the same runner.",
            next_step="Rerun the job; for a runner of your own look at its name resolution, proxy and routes.",
            reference=f"{_ACTIONS}/reference/runners/self-hosted-runners",
        ),
    )
    PROXY_REFUSED = (
        "proxy-refused",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="A proxy did not open the connection: it refused, or was out of reach. AWS was never asked.",
            tell_apart="Read HTTPS_PROXY and NO_PROXY of the step; curl -v to the same host shows the proxy's answer.",
            next_step="Have the proxy admit the host, or put it into NO_PROXY where it can be reached directly.",
            reference=f"{_ACTIONS}/how-tos/manage-runners/self-hosted-runners/use-proxy-servers",
        ),
    )
    CERTIFICATE_UNTRUSTED = (
        "certificate-untrusted",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence=(
                "The client does not trust the certificate that it was shown, mostly that of a proxy; no service "
                "was asked anything."
            ),
            tell_apart="The command openssl s_client -connect HOST:443 shows who issued the certificate.",
            next_step=(
                "Give the client the issuer's certificate (NODE_EXTRA_CA_CERTS, AWS_CA_BUNDLE, the system's "
                "store); a rerun changes nothing."
            ),
            reference="https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html",
        ),
    )
    ENDPOINT_ABSENT = (
        "endpoint-absent",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence=(
                "There is no endpoint of this service under this name: the service is not offered in the region, "
                "or the name is wrong."
            ),
            tell_apart="Look the region up among the service's endpoints; ECR Public has its API in us-east-1 alone.",
            next_step=(
                "Ask in a region that has the endpoint (for ECR Public --region us-east-1); a rerun changes nothing."
            ),
            reference="https://docs.aws.amazon.com/general/latest/gr/ecr-public.html",
        ),
    )
    TOOL_MISSING = (
        "tool-missing",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence=(
                "A program that the step calls is not installed on the runner or not in its PATH; nobody was "
                "asked anything."
            ),
            tell_apart="Read the name in the line; which NAME on the same runner or container image.",
            next_step="Install it in a step before, or use an image that has it.",
            reference=f"{_ACTIONS}/how-tos/manage-runners/github-hosted-runners/customize-runners",
        ),
    )
    FILE_PERMISSION = (
        "file-permission",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The runner's own system refused a file or a folder to this user; no service was asked.",
            tell_apart="Read the path in the line; ls -ld on it and id say who may.",
            next_step="Use a path that the step's user may write, or run the step as a user that may.",
            reference=None,
            no_reference="The system of the runner decides it, no service.",
        ),
    )
    ID_TOKEN_ELSEWHERE = (
        "id-token-elsewhere",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence=(
                "Another service than AWS asked GitHub for an ID token and got none; no gate of AWS is in question."
            ),
            tell_apart=(
                "Read which action the step runs; the permissions of the job and of the calling workflow lack "
                "id-token: write, which a pull request from a fork cannot have."
            ),
            next_step="Grant id-token: write to this job if that service needs it, or give the service its own token.",
            reference=f"{_ACTIONS}/concepts/security/openid-connect",
        ),
    )
    STATE_LOCKED = (
        "state-locked",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="Another run holds the lock of the Terraform state, or left it behind.",
            tell_apart="Read who holds the lock and since when: the message says both.",
            next_step="Wait for that run, or have the lock released once it is certain that nobody holds it.",
            reference=None,
            no_reference="The lock is Terraform's own, and Terraform documents it.",
        ),
    )
    STACK_ROLLBACK = (
        "stack-rollback",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="A stack was rolled back; the reason is in the stack's events, not in this text.",
            tell_apart="aws cloudformation describe-stack-events: the first event that failed names the reason.",
            next_step="Read that event and go by what it says.",
            reference="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html",
        ),
    )

    # Other: the job ended badly, and no access is in question.

    TEST_FAILURE = (
        "test-failure",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="Tests failed; no access is in question.",
            tell_apart="Read the test runner's summary.",
            next_step="Look at the tests that failed.",
            reference=None,
            no_reference="What a test says is documented where the test is.",
        ),
    )
    BUILD_FAILURE = (
        "build-failure",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The build failed; no access is in question.",
            tell_apart="Read the first error of the build.",
            next_step="Look at the command that failed.",
            reference=None,
            no_reference="What a build says is documented by the tool that builds.",
        ),
    )
    DOCKER_DAEMON = (
        "docker-daemon",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="No Docker daemon answers on this machine; no registry was asked.",
            tell_apart="See which runner the job ran on, and whether it has a Docker daemon.",
            next_step="Run the job on a runner with a Docker daemon, or start it there.",
            reference=f"{_ACTIONS}/reference/runners/self-hosted-runners",
        ),
    )
    DISK_FULL = (
        "disk-full",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The disk is full.",
            tell_apart="See how much the runner's disk holds, and what the job writes.",
            next_step="Free space before the step, or take a runner with a larger disk.",
            reference=f"{_ACTIONS}/reference/runners/github-hosted-runners",
        ),
    )
    KILLED = (
        "killed",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The process was killed, as a rule for want of memory.",
            tell_apart="Exit code 137 means killed; see how much memory the runner has.",
            next_step="Let the step need less memory, or take a larger runner.",
            reference=f"{_ACTIONS}/reference/runners/github-hosted-runners",
        ),
    )
    CANCELLED = (
        "cancelled",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The run was cancelled.",
            tell_apart="See who cancelled it: a person, or a newer run of the same concurrency group.",
            next_step="Rerun it if it is still wanted.",
            reference=f"{_ACTIONS}/how-tos/manage-workflow-runs/cancel-a-workflow-run",
        ),
    )
    TIME_LIMIT = (
        "time-limit",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The job ran into its time limit.",
            tell_apart="Compare the step that was running with its usual duration, and read timeout-minutes.",
            next_step="Find what hung; raise timeout-minutes only for a step that needs the time.",
            reference=f"{_ACTIONS}/reference/limits",
        ),
    )
    RUNNER_LOST = (
        "runner-lost",
        Record(
            place=Plane.OTHER,
            owner=_PLATFORM,
            sentence="The runner was shut down.",
            tell_apart="See whether it is a runner of your own, and what its machine's log says of that moment.",
            next_step="Rerun the job.",
            reference=f"{_ACTIONS}/how-tos/manage-runners/self-hosted-runners/monitor-and-troubleshoot",
        ),
    )
