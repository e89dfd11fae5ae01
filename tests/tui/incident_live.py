"""What the account says at each stage of the incident, and what of it would still fail."""

from __future__ import annotations

from datetime import datetime, timedelta

from arns import arn_of
from incident_logs import moment_of
from incident_names import (
    ACCOUNT,
    ECR,
    ISSUER,
    LAST_ACTION,
    PROVIDER,
    PUSH_ACTIONS,
    REPOSITORY,
    ROLE,
    TOKEN_ACTION,
)
from incident_offers import passed as _passed

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.release import Need

NEEDS = (
    Need(TOKEN_ACTION, "*", Checkpoint.REGISTRY_AUTH, "Login to ECR", order=0),
    *(
        Need(action, ECR, Checkpoint.REGISTRY_PUSH, "Push immutable image", order=number)
        for number, action in enumerate(PUSH_ACTIONS, 1)
    ),
    Need(LAST_ACTION, ECR, Checkpoint.REGISTRY_PULL, "Resolve immutable image digest", order=8),
)


def _call(operation: str, words: str, stage: int) -> Evidence:
    return Evidence(EvidenceKind.API_CALL, words, operation, Origin.LIVE, at=read_at(stage))


def read_at(stage: int) -> datetime:
    """When the account was read at a stage."""
    return moment_of(stage) + timedelta(minutes=1, seconds=35)


SCP_GAP = Missing(
    "service control policies",
    "organizations:ListPoliciesForTarget was denied to the reading identity",
    "ask the organization's administrators, or read with a role of the management account",
    "organizations:ListPoliciesForTarget",
)


def live_of(stage: int, branch: str) -> Assessment:
    """Today's verdicts at a stage, for a run on a branch."""
    subject = f"repo:{REPOSITORY}:ref:refs/heads/{branch}"
    admitted = branch in ("main", "dev")
    no_provider = stage == 1
    no_actions = stage < 3
    gates = (
        GateVerdict(
            Gate.OIDC_TRUST,
            Verdict.FAIL,
            f"The account {ACCOUNT} has no OIDC provider for {ISSUER}.",
            Checkpoint.OIDC_TRUST,
            Cause.OIDC_PROVIDER_ABSENT,
            evidence=(_call("iam:ListOpenIDConnectProviders", "0 providers", stage),),
        )
        if no_provider
        else _passed(
            Gate.OIDC_TRUST,
            "The provider exists and lists the audience sts.amazonaws.com.",
            _call("iam:GetOpenIDConnectProvider", f"{PROVIDER}: audiences sts.amazonaws.com", stage),
        ),
        _passed(Gate.ROLE_ASSUMPTION, f"The trust policy admits {subject}.", _trust(stage))
        if admitted
        else GateVerdict(
            Gate.ROLE_ASSUMPTION,
            Verdict.FAIL,
            f"The trust policy admits main and dev; this run presents {subject}.",
            Checkpoint.ROLE_ASSUMPTION,
            Cause.SUBJECT_NOT_ADMITTED,
            evidence=(_trust(stage),),
        ),
        GateVerdict(
            Gate.REGISTRY_AUTHORIZATION,
            Verdict.FAIL,
            "The role has no policy at all, so none of the nine needed actions is allowed.",
            Checkpoint.REGISTRY_AUTH,
            Cause.GET_AUTHORIZATION_TOKEN,
            actions=(TOKEN_ACTION, *PUSH_ACTIONS, LAST_ACTION),
            evidence=(
                _call("iam:ListRolePolicies", "0 inline policies", stage),
                _call("iam:ListAttachedRolePolicies", "0 attached policies", stage),
            ),
        )
        if no_actions
        else _passed(
            Gate.REGISTRY_AUTHORIZATION,
            "GitHubActionsEcrPushDevMin allows all nine needed actions.",
            _call("iam:GetRolePolicy", "GitHubActionsEcrPushDevMin, 2 statements", stage),
        ),
        GateVerdict(
            Gate.LEAST_PRIVILEGE,
            Verdict.UNKNOWN,
            "Nothing is granted beyond the need, but the service control policies could not be read.",
            missing=(SCP_GAP,),
        )
        if stage == 1
        else _passed(Gate.LEAST_PRIVILEGE, "Nothing is granted beyond what this release needs."),
    )
    return Assessment(
        gates,
        problems_of(stage, branch),
        (subject,),
        NEEDS,
        AccountState(AccountQuestion(role_arn=arn_of(ROLE)), read_at=read_at(stage)),
    )


def _trust(stage: int) -> Evidence:
    return Evidence(
        EvidenceKind.POLICY,
        f'"{ISSUER}:sub": ["repo:{REPOSITORY}:ref:refs/heads/main", "repo:{REPOSITORY}:ref:refs/heads/dev"]',
        "Statement[0].Condition.StringEquals",
        Origin.LIVE,
        at=read_at(stage),
    )


def problems_of(stage: int, branch: str) -> tuple[Problem, ...]:
    """What still fails at a stage, in the order of reruns."""
    problems = []
    if stage == 1:
        problems.append(
            Problem(
                Checkpoint.OIDC_TRUST,
                Plane.AUTHENTICATION,
                Cause.OIDC_PROVIDER_ABSENT,
                f"The account has no OIDC provider for {ISSUER}.",
                evidence=(_call("iam:ListOpenIDConnectProviders", "0 providers", stage),),
            )
        )
    if branch not in ("main", "dev"):
        problems.append(
            Problem(
                Checkpoint.ROLE_ASSUMPTION,
                Plane.AUTHENTICATION,
                Cause.SUBJECT_NOT_ADMITTED,
                f"The trust policy admits main and dev; this run presents ref:refs/heads/{branch}.",
                resource=ROLE,
                evidence=(_trust(stage),),
            )
        )
    if stage < 3:
        problems += [
            Problem(
                Checkpoint.REGISTRY_AUTH,
                Plane.AUTHORIZATION,
                Cause.GET_AUTHORIZATION_TOKEN,
                "No policy allows the login.",
                (TOKEN_ACTION,),
                "*",
            ),
            Problem(
                Checkpoint.REGISTRY_PUSH,
                Plane.AUTHORIZATION,
                Cause.PUSH_SCOPE,
                "No policy allows the seven actions of the push.",
                PUSH_ACTIONS,
                ECR,
            ),
            Problem(
                Checkpoint.REGISTRY_PULL,
                Plane.AUTHORIZATION,
                Cause.PULL_SCOPE,
                "No policy allows the read of the digest step.",
                (LAST_ACTION,),
                ECR,
            ),
        ]
    return tuple(problems)
