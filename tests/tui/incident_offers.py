"""What the incident's stages propose and how its chain stands: the second half of :mod:`incident_values`."""

from __future__ import annotations

from arns import arn_of
from incident_names import ISSUER, LAST_ACTION, PROVIDER, PUSH_ACTIONS, REPOSITORY, ROLE, SHA, TOKEN_ACTION

from diagnosis.causes import Cause, Integrity
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import GATES, Checkpoint, Gate, Owner, Plane, Verdict
from diagnosis.verdicts.closure import (
    Closure,
    ClosureStatus,
    IntegrityFinding,
    RuleVerdict,
    SubjectClosure,
    SubjectState,
)
from diagnosis.verdicts.diagnosis import Path
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def passed(gate: Gate, reason: str, *evidence: Evidence) -> GateVerdict:
    """A gate that opens."""
    return GateVerdict(gate, Verdict.PASS, reason, evidence=evidence)


def paths_of(stage: int, branch: str) -> tuple[Path, ...]:
    """The remediation paths at a stage."""
    if stage == 3:
        return ()
    provider = (PROVIDER_CHANGE,) if stage == 1 else ()
    after = tuple(passed(gate, f"{gate.label} passes on the changed model.") for gate in GATES)
    admitted = Path(
        "Dispatch on dev, which the trust policy already admits"
        if branch == "migrate-dev"
        else "Grant the nine actions",
        (*provider, *((DISPATCH_CHANGE,) if branch == "migrate-dev" else ()), POLICY_CHANGE),
        after,
        proves="A rerun on dev would pass all four gates with the same workflow and the same commit.",
        does_not_prove="That a run on migrate-dev can release: its subject stays refused."
        if branch == "migrate-dev"
        else "",
    )
    if branch != "migrate-dev":
        return (admitted,)
    widened = Path(
        "Admit migrate-dev in the trust policy",
        (*provider, TRUST_CHANGE, POLICY_CHANGE),
        after,
        newly_admitted=(f"repo:{REPOSITORY}:ref:refs/heads/migrate-dev",),
        proves="A rerun of run 1 itself, on its own ref, would pass all four gates.",
    )
    return admitted, widened


PROVIDER_CHANGE = Remediation(
    "create-provider",
    (Cause.OIDC_PROVIDER_ABSENT,),
    Plane.AUTHENTICATION,
    Checkpoint.OIDC_TRUST,
    "Create the OIDC provider for GitHub's issuer",
    "Create one IAM OIDC provider for token.actions.githubusercontent.com "
    "with the audience sts.amazonaws.com, in a stack that no teardown owns.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again: the step Configure AWS credentials via OIDC must pass or fail for another reason.",
    (Change(ChangeKind.CREATE_PROVIDER, arn_of(PROVIDER), values=("sts.amazonaws.com",)),),
    aws_cli=f"aws iam create-open-id-connect-provider \\\n  --url https://{ISSUER} \\\n  --client-id-list sts.amazonaws.com",
    terraform='resource "aws_iam_openid_connect_provider" "github" {\n'
    f'  url            = "https://{ISSUER}"\n  client_id_list = ["sts.amazonaws.com"]\n}}',
)
DISPATCH_CHANGE = Remediation(
    "dispatch-on-ref",
    (Cause.SUBJECT_NOT_ADMITTED,),
    Plane.AUTHENTICATION,
    Checkpoint.ROLE_ASSUMPTION,
    "Dispatch the next run on dev",
    "The trust policy already admits refs/heads/dev. Dispatch the same workflow there; nothing is widened.",
    Owner.RELEASE_ENGINEERING,
    "The next run presents the subject of dev.",
    (Change(ChangeKind.DISPATCH_ON_REF, "dev"),),
    aws_cli="gh workflow run dev_min_m1_packaging.yml --ref dev",
)
TRUST_CHANGE = Remediation(
    "admit-ref",
    (Cause.SUBJECT_NOT_ADMITTED,),
    Plane.AUTHENTICATION,
    Checkpoint.ROLE_ASSUMPTION,
    "Admit exactly refs/heads/migrate-dev",
    "Add this one subject to the trust policy's condition; no pattern.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again on migrate-dev.",
    (Change(ChangeKind.REPLACE_TRUST_POLICY, arn_of(ROLE), document="{}"),),
    aws_cli="aws iam update-assume-role-policy \\\n  --role-name GitHubAction-AssumeRoleWithAction \\\n  --policy-document file://trust.json",
    difference=f'--- trust policy, live\n+++ trust policy, proposed\n@@\n   "repo:{REPOSITORY}:ref:refs/heads/main",\n'
    f'-  "repo:{REPOSITORY}:ref:refs/heads/dev"\n+  "repo:{REPOSITORY}:ref:refs/heads/dev",\n'
    f'+  "repo:{REPOSITORY}:ref:refs/heads/migrate-dev"',
    widens=(f"repo:{REPOSITORY}:ref:refs/heads/migrate-dev may assume the role",),
)
POLICY_CHANGE = Remediation(
    "put-ecr-policy",
    (Cause.GET_AUTHORIZATION_TOKEN, Cause.PUSH_SCOPE, Cause.PULL_SCOPE),
    Plane.AUTHORIZATION,
    Checkpoint.REGISTRY_AUTH,
    "Grant the nine actions that this release needs",
    "One inline policy: ecr:GetAuthorizationToken on *, eight actions on the repository's ARN.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again: login, push and digest steps must pass.",
    (Change(ChangeKind.PUT_INLINE_POLICY, "GitHubActionsEcrPushDevMin", document="{}"),),
    aws_cli="aws iam put-role-policy \\\n  --role-name GitHubAction-AssumeRoleWithAction \\\n"
    "  --policy-name GitHubActionsEcrPushDevMin \\\n"
    "  --policy-document file://ecr-push.json",
    terraform='resource "aws_iam_role_policy" "ecr_push" {\n  name = "GitHubActionsEcrPushDevMin"\n'
    '  role = "GitHubAction-AssumeRoleWithAction"\n'
    "  policy = data.aws_iam_policy_document.ecr_push.json\n}",
    cloudformation="Type: AWS::IAM::RolePolicy\nProperties:\n  RoleName: GitHubAction-AssumeRoleWithAction",
    actions=(TOKEN_ACTION, *PUSH_ACTIONS, LAST_ACTION),
)


_RERUN = "Rerun the same workflow on the same ref once the forecast is clear."
_AGAIN = "Rerun the workflow on the ref, and in the environment, that failed."


def closure_of(stage: int) -> Closure:
    """How the chain stands at a stage."""
    same_ref = RuleVerdict(
        "same-ref",
        "The closing run proves the failing run's subject",
        Verdict.FAIL if stage > 1 else Verdict.UNKNOWN,
        "Run 1 ran on migrate-dev, the later runs on dev: another subject is proved."
        if stage > 1
        else "There is no later run yet.",
        sentence="The closing run presented the same subject as the attempts that failed.",
        next_step=_AGAIN,
    )
    rules = (
        RuleVerdict(
            "same-workflow", "One workflow in all attempts", Verdict.PASS, "All attempts ran dev_min_m1_packaging.yml."
        ),
        RuleVerdict("same-commit", "One commit in all attempts", Verdict.PASS, f"All attempts ran {SHA[:12]}."),
        same_ref,
        RuleVerdict(
            "all-gates",
            "The last attempt passed every gate",
            Verdict.PASS if stage == 3 else Verdict.FAIL,
            "Run 3 passed all four." if stage == 3 else "The last attempt failed.",
            sentence="The chain ends in a success.",
            next_step="" if stage == 3 else _RERUN,
        ),
    )
    if stage < 3:
        return Closure(
            ClosureStatus.OPEN, "The last attempt failed, so the chain is open.", rules, next_steps=(_RERUN, _AGAIN)
        )
    finding = IntegrityFinding(
        Integrity.REF_CHANGED_IN_CHAIN,
        "The closing run proves the subject of dev, not that of migrate-dev.",
        rule="same-ref",
    )
    subjects = (
        SubjectClosure("refs/heads/migrate-dev", SubjectState.NOT_PROVEN, "Run 1 failed with it, and no later run."),
        SubjectClosure(
            "refs/heads/dev", SubjectState.CLOSED, "Run 2 failed with it, and run 3 passed every access gate."
        ),
    )
    return Closure(
        ClosureStatus.UNPROVEN,
        "Run 3 succeeded, but on another ref than run 1.",
        rules,
        (finding,),
        (_AGAIN,),
        subjects,
    )
