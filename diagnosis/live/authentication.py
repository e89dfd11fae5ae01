"""Judge the authentication plane today: would STS accept the token, and would the role's trust policy admit it?"""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.claims.pretrust import PretrustCheck, check_audience, check_provider, check_role_arn, check_token
from diagnosis.facts.account import CallerIdentity, Role
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.live.observed_subject import session_evidence
from diagnosis.live.resource_control import judge_resource_control
from diagnosis.live.run_claims import GateJudgement, RunClaims, absent_role
from diagnosis.names.arn import Arn
from diagnosis.trust.admission import TrustJudgement, TrustOutcome, judge_trust
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Missing


def judge_oidc_trust(run: RunClaims) -> GateJudgement:
    """Judge OIDC trust: may the job have a token, and does the role's account have a provider for issuer and audience?"""
    caller = _assumed_by(run)
    if caller is not None:
        return GateJudgement(
            passed=f"{run.role_arn} is assumed from the session of {caller}: no token of GitHub is asked for."
        )
    static = _static_credentials(run)
    if static is not None and not run.role_arn:
        return GateJudgement(passed="", problems=(static,))
    question = run.account.question
    expected = _expected_account(run)
    token = check_token(run.attempt, run.workflow, run.job)
    arn = check_role_arn(run.role_arn, expected_account=expected, region=question.region)
    provider = check_provider(
        run.account.provider,
        run.role_arn,
        issuer=question.issuer,
        expected_account=expected,
        caller_account=_caller_account(run.account.identity),
    )
    checks = [arn, provider] if static else [token, arn, provider]
    if isinstance(run.account.provider, Known):
        checks.append(check_audience(run.account.provider, run.audience))
    return _gathered(run, checks, static)


def _gathered(run: RunClaims, checks: list[PretrustCheck], static: Problem | None) -> GateJudgement:
    problems: dict[str, Problem] = {static.cause: static} if static else {}
    for check in checks:
        if check.verdict is Verdict.FAIL and check.cause:
            problems.setdefault(check.cause, _problem(run, check, check.cause))
    # A wrong account explains the provider that is not there: one cause, not two.
    if Cause.ROLE_ACCOUNT_WRONG in problems:
        problems.pop(Cause.OIDC_PROVIDER_ABSENT, None)
    unknown = [check for check in checks if check.verdict is Verdict.UNKNOWN]
    return GateJudgement(
        passed="The job may mint a token, and the provider exists in the role's account and admits its audience.",
        problems=tuple(problems.values()),
        missing=tuple(missing for check in unknown for missing in check.missing),
        undecided=unknown[0].reason if unknown else "",
        candidates=tuple(dict.fromkeys(candidate for check in unknown for candidate in check.candidates)),
        evidence=_provider_evidence(run),
    )


def _problem(run: RunClaims, check: PretrustCheck, cause: Cause) -> Problem:
    token = check.check == "token"
    checkpoint = (
        Checkpoint.OIDC_TOKEN
        if token
        else Checkpoint.ROLE_ASSUMPTION
        if cause is Cause.ROLE_ABSENT
        else Checkpoint.OIDC_TRUST
    )
    if token:
        path = run.attempt.workflow_path
        evidence: tuple[Evidence, ...] = (Evidence(EvidenceKind.WORKFLOW_FILE, check.reason, path, line=check.line),)
    else:
        evidence = _provider_evidence(run)
    provider = run.account.question.provider_arn
    return Problem(
        checkpoint=checkpoint,
        plane=Plane.AUTHENTICATION,
        cause=cause,
        reason=check.reason,
        resource=None if token or provider is None else str(provider),
        evidence=evidence,
    )


def _provider_evidence(run: RunClaims) -> tuple[Evidence, ...]:
    provider = run.account.provider
    if isinstance(provider, Known):
        audiences = ", ".join(provider.value.audiences) or "none"
        return (_live(run, f"{provider.value.arn}: audiences {audiences}", "iam:GetOpenIDConnectProvider"),)
    if isinstance(provider, Absent):
        return (_live(run, f"{provider.what}: not there", "iam:GetOpenIDConnectProvider"),)
    return ()


def _live(run: RunClaims, text: str, address: str) -> Evidence:
    return Evidence(EvidenceKind.API_CALL, text, address, Origin.LIVE, run.account.read_at)


def _caller_account(identity: Reading[CallerIdentity]) -> str | None:
    return identity.value.account if isinstance(identity, Known) else None


def _expected_account(run: RunClaims) -> str | None:
    """Return the intended account, as far as it is known: stated, or the one that both the registry and the reader are in.

    A release pushes where its registry is. Where the reader's own credentials are of that account and the role's ARN
    names another, the ARN is the odd one out.
    """
    if run.case.expected_account:
        return run.case.expected_account
    registry, caller = run.account.question.registry_id, _caller_account(run.account.identity)
    role = run.account.question.role_account
    told = run.replay.facts.registry
    registry_told = told is not None and told.value.account is not None
    return registry if registry and registry_told and registry == caller and role and role != registry else None


def _static_credentials(run: RunClaims) -> Problem | None:
    """Judge a job that hands keys in: it asks for no token, even where it names a role, which it assumes with the keys."""
    step = run.release.step
    if step is not None and step.input("aws-access-key-id"):
        text, line = "aws-access-key-id is given", step.line
    elif run.role_arn is None and run.replay.at(Gate.OIDC_TRUST).cause is Cause.STATIC_CREDENTIALS:
        text, line = "the run used static keys", 0
    else:
        return None
    return Problem(
        checkpoint=Checkpoint.OIDC_TOKEN,
        plane=Plane.AUTHENTICATION,
        cause=Cause.STATIC_CREDENTIALS,
        reason="The workflow authenticates with static keys: no federated identity is asked for.",
        evidence=(Evidence(EvidenceKind.WORKFLOW_FILE, text, run.attempt.workflow_path, line=line or None),),
    )


def judge_role_assumption(run: RunClaims) -> GateJudgement:
    """Judge role assumption: does the role exist, and does its trust policy admit every claim set that the run may present?"""
    role, gone = run.account.role, absent_role(run.account)
    if gone is not None or isinstance(role, Absent):
        # Where GetRole was denied, the lists of its policies told; its own answer tells more.
        what = role.what if isinstance(role, Absent) else f"role {run.role_arn or ''}".strip()
        reason = f"{what[:1].upper()}{what[1:]} does not exist."
        return GateJudgement(passed="", problems=(_role_problem(run, Cause.ROLE_ABSENT, reason),))
    if isinstance(role, Unreadable):
        return GateJudgement(passed="", missing=(Missing(role.what, role.why, role.how, role.permission),))
    if run.release.chained_from or _assumed_by(run) is not None:
        return _chained(run, role.value)
    judgement = judge_role_trust(run, role.value)
    control = judge_resource_control(run, role.value)
    problems = [*_duration_problem(run, role.value), *_trust_problem(run, judgement)]
    problems += [_role_problem(run, Cause.RESOURCE_CONTROL_POLICY, reason) for reason in control.stops]
    unknown = judgement.outcome is TrustOutcome.UNKNOWN
    return GateJudgement(
        passed=judgement.reason,
        problems=tuple(problems),
        missing=(*(judgement.missing if unknown else ()), *control.missing),
        undecided=judgement.reason if unknown else "",
        candidates=judgement.candidates if unknown else (),
        evidence=(
            _live(run, f"trust policy of {role.value.name}: {judgement.reason}", "iam:GetRole"),
            *_presented(run),
        ),
    )


def judge_role_trust(run: RunClaims, role: Role) -> TrustJudgement:
    """Judge the role's trust policy alone, as STS would ask it for the run today."""
    # A role is read for an ARN that is known; the provider's follows from it.
    provider = run.account.question.provider_arn or role.arn.beside("oidc-provider", run.account.question.issuer)
    return judge_trust(
        role.trust_policy,
        run.claims,
        provider,
        role.arn,
        session_name=run.session_name,
        at=run.account.read_at,
        session_form=run.session_form,
    )


def _assumed_by(run: RunClaims) -> Arn | None:
    """Return the role whose session assumes the run's role; None where GitHub's token does."""
    return run.replay.session.assumed_by if run.replay.session is not None else None


def _chained(run: RunClaims, role: Role) -> GateJudgement:
    """Judge a role that is assumed from another role's session: its trust policy is not asked about GitHub's token."""
    first = run.release.chained_from
    caller = _assumed_by(run)
    if caller is not None:
        return GateJudgement(
            passed=f"{role.name} is assumed from the session of {caller}, not by GitHub's token: that call is judged at that "
            "session's service authorization, with this role's trust policy."
        )
    return GateJudgement(
        passed="",
        undecided=f"{role.name} is assumed from the session of {first}, not by GitHub's token.",
        missing=(
            Missing(
                what=f"whether {role.name} admits the session of {first}",
                why="role chaining is not judged here",
                how="diagnose the first role (role_arn in a case file), and read the trust policy of the second",
            ),
        ),
    )


def _presented(run: RunClaims) -> tuple[Evidence, ...]:
    return (session_evidence(run.session),) if run.session else ()


def _trust_problem(run: RunClaims, judgement: TrustJudgement) -> list[Problem]:
    if judgement.outcome is not TrustOutcome.DENIED:
        return []
    causes = judgement.causes or ((judgement.cause,) if judgement.cause else ())
    return [_role_problem(run, cause, judgement.reason) for cause in causes or (Cause.SUBJECT_NOT_ADMITTED,)]


def _role_problem(run: RunClaims, cause: Cause, reason: str) -> Problem:
    return Problem(
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        plane=Plane.AUTHENTICATION,
        cause=cause,
        reason=reason,
        resource=str(run.role_arn) if run.role_arn else None,
        evidence=(_live(run, reason, "iam:GetRole"),),
    )


def _duration_problem(run: RunClaims, role: Role) -> list[Problem]:
    wanted = run.release.input("role-duration-seconds") or ""
    if not wanted.isdecimal() or int(wanted) <= role.max_session_seconds:
        return []
    reason = (
        f"The workflow asks for a session of {wanted} seconds; {role.name} gives at most {role.max_session_seconds}: "
        "ask for less."
    )
    return [_role_problem(run, Cause.SESSION_DURATION, reason)]
