"""Correct what the OIDC trust gate needs: the provider, the job's permission to request a token, the role's ARN."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.run_claims import DEFAULT_AUDIENCE
from diagnosis.remedies.offer import PUSH_AND_RUN, Choice, Offer, Situation, rerun_words
from diagnosis.remedies.rendering import cloudformation, shell, terraform_resource
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

PROVIDER_QUOTA_NOTE = "An account holds one provider per issuer: keep it in a stack that no teardown owns."


def create_provider(situation: Situation) -> Choice | None:
    """Offer exactly one provider, for the issuer, with exactly the audience that the run requests."""
    problems = situation.of(Cause.OIDC_PROVIDER_ABSENT)
    question = situation.account.question
    if not problems or question.provider_arn is None:
        return None
    issuer = question.issuer
    audience = situation.audience if is_legible(situation.audience) else DEFAULT_AUDIENCE
    remediation = Remediation(
        id="create-oidc-provider",
        causes=(Cause.OIDC_PROVIDER_ABSENT,),
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.OIDC_TRUST,
        title="Create the OIDC provider",
        words=f"Create the IAM OIDC provider for https://{issuer} with the audience {audience} in account "
        f"{question.role_account}. {PROVIDER_QUOTA_NOTE}",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(situation.run)} It proves the OIDC trust gate only; later gates are judged on their own.",
        changes=(Change(ChangeKind.CREATE_PROVIDER, question.provider_arn, values=(audience,)),),
        aws_cli=shell(
            "aws", "iam", "create-open-id-connect-provider", "--url", f"https://{issuer}", "--client-id-list", audience
        ),
        terraform=terraform_resource(
            "aws_iam_openid_connect_provider",
            "github_actions",
            {"url": f"https://{issuer}", "client_id_list": [audience]},
            {},
        ),
        cloudformation=cloudformation(
            "GitHubActionsProvider",
            "AWS::IAM::OIDCProvider",
            {"Url": f"https://{issuer}", "ClientIdList": [audience]},
            "The OIDC provider of GitHub Actions.",
        ),
        warnings=("First make sure that the account in the role's ARN is the intended one.",),
    )
    return (Offer(remediation),)


def grant_id_token(situation: Situation) -> Choice | None:
    """Offer `id-token: write` on the releasing job; a change of the workflow, which is no part of the account."""
    if not situation.of(Cause.ID_TOKEN_NOT_GRANTED):
        return None
    job = situation.run.job
    where = f"job `{job.id}`" if job else "the releasing job"
    remediation = Remediation(
        id="grant-id-token",
        causes=(Cause.ID_TOKEN_NOT_GRANTED,),
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.OIDC_TOKEN,
        title="Let the job mint a token",
        words=f"Give {where} `permissions: id-token: write` (and `contents: read` beside it: a permissions block "
        "replaces the default). A calling workflow needs it too. A pull request from a fork cannot have it.",
        owner=Owner.RELEASE_ENGINEERING,
        verify=PUSH_AND_RUN,
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "permissions", values=("id-token: write",)),),
        terraform="",
        difference="   permissions:\n     contents: read\n+    id-token: write",
    )
    return (Offer(remediation),)


def correct_role(situation: Situation) -> Choice | None:
    """Offer to correct a role ARN in the workflow that names another account, or no role."""
    problems = situation.of(Cause.ROLE_ACCOUNT_WRONG, Cause.ROLE_ABSENT)
    if not problems:
        return None
    first = problems[0]
    role = situation.account.role
    right = role.value.arn if isinstance(role, Known) and role.value.arn != situation.run.role_arn else None
    wanted = right or f"the existing role in account {situation.run.case.expected_account or 'that was intended'}"
    remediation = Remediation(
        id="correct-role-arn",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHENTICATION,
        checkpoint=first.checkpoint,
        title="Correct the role's ARN",
        words=f"Correct `role-to-assume` (now {situation.run.role_arn}) so that it names {wanted}. Create nothing.",
        owner=Owner.RELEASE_ENGINEERING,
        verify="Push the workflow change (or the variable) and run the same workflow again.",
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "role-to-assume", values=(str(right),) if right else ()),),
    )
    return (Offer(remediation),)


def shorten_session(situation: Situation) -> Choice | None:
    """Offer to ask for a shorter session where the workflow asks for a longer one than the role gives."""
    role = situation.account.role
    if not situation.of(Cause.SESSION_DURATION) or not isinstance(role, Known):
        return None
    seconds = str(role.value.max_session_seconds)
    remediation = Remediation(
        id="shorten-session",
        causes=(Cause.SESSION_DURATION,),
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title="Ask for a shorter session",
        words=f"Set `role-duration-seconds` to {seconds} or less: that is the maximum session of {role.value.name}. "
        "Raising the role's maximum would widen it for everybody.",
        owner=Owner.RELEASE_ENGINEERING,
        verify=PUSH_AND_RUN,
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "role-duration-seconds", values=(seconds,)),),
        difference=f"   with:\n+    role-duration-seconds: {seconds}",
    )
    return (Offer(remediation),)


def use_federation(situation: Situation) -> Choice | None:
    """Offer to replace static keys by a role: a change of the workflow, for a role that planescope has not seen."""
    if not situation.of(Cause.STATIC_CREDENTIALS):
        return None
    remediation = Remediation(
        id="use-federated-identity",
        causes=(Cause.STATIC_CREDENTIALS,),
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.OIDC_TOKEN,
        title="Assume a role instead of using keys",
        words="Take the key inputs out of configure-aws-credentials, give `role-to-assume`, and grant the job "
        "`id-token: write`. Then deactivate the keys. Do not mint new ones.",
        owner=Owner.RELEASE_ENGINEERING,
        verify="Push the workflow change, run the same workflow, and diagnose that run: its gates can be judged then.",
        changes=(Change(ChangeKind.EDIT_WORKFLOW, Cause.STATIC_CREDENTIALS),),
        difference="   permissions:\n+    id-token: write\n   with:\n-    aws-access-key-id: …\n-    aws-secret-access-key: …\n"
        "+    role-to-assume: arn:aws:iam::ACCOUNT:role/NAME",
    )
    return (Offer(remediation),)
