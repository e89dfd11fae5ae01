"""Check what comes before the trust policy: whether the job can have a token, and STS knows its issuer and audience.

STS compares issuer, audience and signature with the account's OIDC provider first; only then is the trust policy asked.
So each of these has its own words in the log and its own cause, and none is mended by editing the trust policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import GITHUB_ISSUER, without_scheme
from diagnosis.claims.run_context import token_jobs
from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from diagnosis.names.partition import partition_of
from diagnosis.verdicts.gate_verdict import Missing

Permissions = tuple[tuple[str, str], ...]

_READ_FILE = "read the workflow file at the run's commit"


@dataclass(frozen=True, slots=True)
class PretrustCheck:
    """One check with its verdict: pass, fail or unknown."""

    check: str
    """``token``, ``role-arn``, ``provider`` or ``audience``, in the order in which a run meets them."""
    verdict: Verdict
    reason: str
    """One sentence that an engineer can act on."""
    cause: Cause | None = None
    """Set where the check fails."""
    candidates: tuple[Cause, ...] = ()
    missing: tuple[Missing, ...] = ()
    line: int | None = None
    """1-based line of the workflow file that shows it."""


def check_token(
    attempt: Attempt,
    workflow: Workflow | UnparsableWorkflow | None,
    job: WorkflowJob | None = None,
    *,
    called: Workflow | None = None,
    called_job: WorkflowJob | None = None,
) -> PretrustCheck:
    """Check whether the job may mint a token: ``id-token: write`` in effect, and no pull request from a fork.

    ``called`` is the reusable workflow that the job calls, where it was read; it can only take away.
    Without ``job`` the jobs that take AWS credentials must agree.
    """
    if attempt.event.startswith("pull_request") and attempt.event != "pull_request_target" and attempt.from_fork:
        return _failed(
            "token",
            Cause.ID_TOKEN_NOT_GRANTED,
            "A pull request from a fork cannot have an OIDC token, whatever the workflow file says: "
            "run the release from the repository itself.",
        )
    if not isinstance(workflow, Workflow):
        why = workflow.why if isinstance(workflow, UnparsableWorkflow) else "the workflow file was not read"
        missing = Missing("the job's permissions", why, _READ_FILE, permission="contents: read")
        return _unknown("token", "Whether the job may have a token is not known: " + why + ".", missing)
    jobs = (job,) if job else token_jobs(workflow)
    if not jobs:
        missing = Missing("the job that takes the token", "the workflow file has no job", _READ_FILE)
        return _unknown("token", "The workflow file names no job that could take a token.", missing)
    checks = [_job_token(workflow, item, called, called_job) for item in jobs]
    if any(check.verdict is not checks[0].verdict for check in checks):
        worst = next(check for check in checks if check.verdict is not Verdict.PASS)
        missing = Missing("which job takes the token", "the jobs differ in their permissions", "name the releasing job")
        return _unknown("token", f"The jobs of the workflow differ: {worst.reason}", missing)
    return checks[0]


def effective_permissions(workflow: Workflow, job: WorkflowJob) -> tuple[Permissions | None, str]:
    """Return the permissions in force for a job and where they are written: the job's replace the workflow's altogether.

    None: neither states any, so the repository's default applies, which never grants ``id-token``.
    """
    if job.permissions is not None:
        return job.permissions, f"job {job.id}"
    return (workflow.permissions, "the workflow") if workflow.permissions is not None else (None, "nobody")


def grants_id_token(permissions: Permissions | None) -> bool:
    """Return whether a permissions block lets the job mint a token: ``id-token: write`` or ``write-all``."""
    if permissions is None:
        return False
    stated = {name.strip().lower(): level.strip().lower() for name, level in permissions}
    return stated.get("id-token") == "write" or stated.get("*") in ("write-all", "write")


def _job_token(
    workflow: Workflow, job: WorkflowJob, called: Workflow | None, called_job: WorkflowJob | None
) -> PretrustCheck:
    if job.caller is not None:
        stopped = _job_token(workflow, job.caller, called, called_job)
        if stopped.verdict is Verdict.FAIL:
            return stopped
    permissions, where = effective_permissions(workflow, job)
    if not grants_id_token(permissions):
        line = job.line or None
        if permissions is None:
            why = "no permissions are stated, and the repository's default never grants id-token"
        elif job.permissions is not None and grants_id_token(workflow.permissions):
            why = f"the permissions of {where} replace those of the workflow, and lack id-token: write"
        else:
            why = f"the permissions of {where} lack id-token: write"
        role = "calling job" if job.uses else "job"
        reason = f"The {role} {job.id} cannot have an OIDC token: {why}."
        return _failed("token", Cause.ID_TOKEN_NOT_GRANTED, reason, line)
    if not job.uses:
        return PretrustCheck("token", Verdict.PASS, f"{_capital(where)} grants id-token: write to job {job.id}.")
    if called is None:
        missing = Missing("the called workflow", f"{job.uses} was not read", f"read {job.uses}", "contents: read")
        return _unknown(
            "token",
            f"Job {job.id} grants id-token: write, but {job.uses} may take it away again and was not read.",
            missing,
        )
    return _called_token(job, called, called_job)


def _called_token(caller: WorkflowJob, called: Workflow, called_job: WorkflowJob | None) -> PretrustCheck:
    for item in (called_job,) if called_job else token_jobs(called):
        permissions, where = effective_permissions(called, item)
        # Where the called workflow states nothing, it inherits what its caller grants.
        if permissions is not None and not grants_id_token(permissions):
            reason = f"The called workflow {called.path} takes id-token away: {where} there lacks id-token: write."
            return _failed("token", Cause.ID_TOKEN_NOT_GRANTED, reason)
    reason = f"Job {caller.id} grants id-token: write, and {called.path} keeps it."
    return PretrustCheck("token", Verdict.PASS, reason)


def check_role_arn(
    role_arn: Arn | None, *, expected_account: str | None = None, region: str | None = None
) -> PretrustCheck:
    """Check whether the role's ARN is one, in the intended account and in the partition of the region."""
    if role_arn is None:
        missing = Missing(
            "the role to assume", "the run does not tell its ARN", "give it by --role-arn or in a case file"
        )
        return _unknown("role-arn", "Which role the run assumes is not known.", missing)
    if not role_arn.is_role:
        return _failed(
            "role-arn", Cause.ROLE_ABSENT, f"{role_arn} is no role ARN (arn:PARTITION:iam::ACCOUNT:role/NAME)."
        )
    if not role_arn.has_account:
        # GitHub masks a secret in the log: three stars are no account.
        missing = Missing("the role's account", "the ARN is masked", "give it by --role-arn or in a case file")
        return _unknown("role-arn", f"The account in the role ARN {role_arn} is not readable.", missing)
    if expected_account and role_arn.account != expected_account:
        return _failed(
            "role-arn",
            Cause.ROLE_ACCOUNT_WRONG,
            f"The role ARN names account {role_arn.account}, expected is {expected_account}: correct the ARN, create nothing.",
        )
    partition = partition_of_region(region)
    if partition and role_arn.partition != partition:
        return _failed(
            "role-arn",
            Cause.ROLE_ACCOUNT_WRONG,
            f"The role ARN is in partition {role_arn.partition}, region {region} belongs to {partition}; correct the ARN.",
        )
    confirmed = "is the expected one" if expected_account else "was compared with no expected account"
    return PretrustCheck("role-arn", Verdict.PASS, f"The role's account {role_arn.account} {confirmed}.")


def check_provider(
    provider: Reading[OidcProvider],
    role_arn: Arn | None,
    *,
    issuer: str = GITHUB_ISSUER,
    expected_account: str | None = None,
    caller_account: str | None = None,
) -> PretrustCheck:
    """Check whether the role's account has an OIDC provider for this issuer.

    ``caller_account`` is the account of the session that read the provider: in another account than the role's it can
    prove nothing. An account that is not the expected one is the cause even where the provider is absent.
    """
    bare = without_scheme(issuer)
    account, partition = _role_place(role_arn)
    if expected_account and account and account != expected_account:
        reason = f"The role ARN names account {account}, expected is {expected_account}: look for the provider there."
        return _failed("provider", Cause.ROLE_ACCOUNT_WRONG, reason)
    if isinstance(provider, Known):
        return _known_provider(provider.value, bare, account, partition)
    if not isinstance(provider, Absent):
        missing = Missing(provider.what, provider.why, provider.how, provider.permission)
        reason = f"Whether account {account or 'of the role'} has a provider for {bare} could not be read."
        return _unknown("provider", reason, missing)
    if caller_account and account and caller_account != account:
        missing = Missing(
            what="the OIDC providers of the role's account",
            why=f"the reading session is in {caller_account}, the role in {account}",
            how=f"read with a profile of account {account}, or correct the role ARN",
            permission="iam:ListOpenIDConnectProviders",
        )
        reason = f"The providers of {caller_account} say nothing about {account}, the role's account."
        return _unknown("provider", reason, missing, (Cause.OIDC_PROVIDER_ABSENT, Cause.ROLE_ACCOUNT_WRONG))
    return PretrustCheck(
        "provider",
        Verdict.FAIL,
        f"Account {account or 'of the role'} has no OIDC provider for {bare}: create one that no stack tears down.",
        Cause.OIDC_PROVIDER_ABSENT,
        () if expected_account else (Cause.ROLE_ACCOUNT_WRONG,),
    )


def check_audience(provider: Reading[OidcProvider], audience: str | None) -> PretrustCheck:
    """Check whether the provider's list holds the audience that the job requests; compared letter by letter."""
    if not isinstance(provider, Known):
        why = "there is no provider" if isinstance(provider, Absent) else provider.why
        missing = Missing("the provider's audience list", why, "read the provider", "iam:GetOpenIDConnectProvider")
        return _unknown("audience", "Which audiences the provider admits is not known.", missing)
    if not audience or "${{" in audience:
        missing = Missing(
            "the requested audience", "the run does not tell it", "give it by --audience or in a case file"
        )
        return _unknown("audience", "Which audience the job requests is not known.", missing)
    listed = provider.value.audiences
    if audience in listed:
        return PretrustCheck("audience", Verdict.PASS, f"The provider admits the audience {audience}.")
    shown = ", ".join(listed) or "none"
    reason = f"The job requests the audience {audience}, the provider lists {shown}: add it to the provider."
    return _failed("audience", Cause.AUDIENCE_NOT_ADMITTED, reason)


def partition_of_region(region: str | None) -> str | None:
    """Return the partition of a region (``cn-north-1`` is in ``aws-cn``); None where no region is known."""
    if not region or "${{" in region:
        return None
    return partition_of(region).name


def _known_provider(provider: OidcProvider, issuer: str, account: str, partition: str) -> PretrustCheck:
    if account and (provider.arn.partition, provider.arn.account) != (partition, account):
        reason = (
            f"The provider {provider.arn} is not in the role's account {account} ({partition}): STS will not use it."
        )
        return _failed("provider", Cause.OIDC_PROVIDER_ABSENT, reason)
    found = without_scheme(provider.url)
    if found.lower() != issuer.lower():
        reason = f"The provider is for {found}, the token is issued by {issuer}: there is no provider for this issuer."
        return _failed("provider", Cause.OIDC_PROVIDER_ABSENT, reason)
    return PretrustCheck("provider", Verdict.PASS, f"The account has the provider {provider.arn}.")


def _role_place(role_arn: Arn | None) -> tuple[str, str]:
    return (role_arn.account, role_arn.partition) if role_arn and role_arn.has_account else ("", "")


def _failed(check: str, cause: Cause, reason: str, line: int | None = None) -> PretrustCheck:
    return PretrustCheck(check, Verdict.FAIL, reason, cause, line=line)


def _unknown(check: str, reason: str, missing: Missing, candidates: tuple[Cause, ...] = ()) -> PretrustCheck:
    return PretrustCheck(check, Verdict.UNKNOWN, reason, candidates=candidates, missing=(missing,))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
