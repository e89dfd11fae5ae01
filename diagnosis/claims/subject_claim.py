"""Derive the OIDC claims that a run's job would present: every set that the record leaves possible.

Classic subjects name the repository (``repo:O/R:…``), immutable ones carry its ids (``repo:O@1/R@2:…``). A repository
created, renamed or transferred after 15 July 2026, or opted in, has the immutable form; enterprise servers never do.
Source: GitHub's OpenID Connect reference; ``GET /repos/{o}/{r}/actions/oidc/customization/sub``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from diagnosis.claims.claim_set import (
    DEFAULT_TEMPLATE,
    GITHUB_ISSUER,
    ClaimSet,
    SubjectForm,
    finished,
    is_github_cloud,
    without_scheme,
)
from diagnosis.claims.run_context import RunContext, run_contexts
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt, OidcCustomization, Repository
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob
from diagnosis.verdicts.gate_verdict import Missing

AWS_AUDIENCE = "sts.amazonaws.com"
IMMUTABLE_SINCE = date(2026, 7, 15)
"""Repositories created, renamed or transferred after this day have immutable subjects."""

_MOST_SETS = 32


@dataclass(frozen=True, slots=True)
class PossibleClaims:
    """All claim sets that a run's token may carry. A judgement holds only where all of them agree."""

    sets: tuple[ClaimSet, ...]
    """The likeliest first; never empty."""
    issuer: str = GITHUB_ISSUER
    """Without scheme."""
    repository: Repository | None = None
    missing: tuple[Missing, ...] = ()
    """What would leave one set, and how to obtain it."""
    custom_possible: bool = False
    """The subject's template was not readable: a form beyond ``sets`` is possible too."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The distinct subjects that could be computed, the likeliest first."""
        return tuple(dict.fromkeys(claims.subject for claims in self.sets if claims.subject))

    @property
    def certain(self) -> bool:
        """Whether exactly one subject is possible, and known."""
        return len(self.subjects) == 1 and all(claims.subject for claims in self.sets) and not self.custom_possible


@dataclass(frozen=True, slots=True)
class _Naming:
    """One way in which subjects may name the repository."""

    form: SubjectForm
    prefix: str
    why: str


@dataclass(frozen=True, slots=True)
class _Template:
    """The claim keys of which subjects are built; None: the organization's template, which was not read."""

    keys: tuple[str, ...] | None
    why: str


def claims_of(
    attempt: Attempt,
    *,
    environment: str | None = None,
    ref_override: str | None = None,
    audience: str | None = AWS_AUDIENCE,
    issuer: str = GITHUB_ISSUER,
    workflow: Workflow | UnparsableWorkflow | None = None,
    job: WorkflowJob | None = None,
    observed_subject: str | None = None,
) -> PossibleClaims:
    """Return the claim sets that a job of this run would present.

    ``environment`` and ``job`` are what the caller knows of the job; without them the workflow file tells, and where it
    was not read an environment stays possible. ``ref_override`` asks for a dispatch on another ref. ``audience`` None
    means that it is not known. ``observed_subject`` is a subject seen in CloudTrail or a log: it settles the form.
    """
    repository, bare_issuer = attempt.repository, without_scheme(issuer)
    namings, naming_missing = _namings(attempt, bare_issuer)
    template, custom_possible, template_missing = _template(attempt)
    contexts = run_contexts(attempt, environment=environment, ref=ref_override, workflow=workflow, job=job)
    found: dict[ClaimSet, None] = {}
    for naming in namings:
        for context in contexts:
            claims, unknown = _claims(attempt, context, audience)
            # Servers up to 3.18 leave a colon as it is; where one stands, both spellings are possible.
            colon = context.environment is not None and ":" in context.environment
            for escape in (True, False) if colon and not is_github_cloud(bare_issuer) else (True,):
                found[_claim_set(claims, unknown, naming, template, context, escape)] = None
    sets = tuple(found)[:_MOST_SETS]
    missing = (*naming_missing, *template_missing, *_context_missing(contexts))
    if observed_subject:
        return PossibleClaims(_as_observed(sets, observed_subject), bare_issuer, repository)
    return PossibleClaims(sets, bare_issuer, repository, missing, custom_possible)


def _claims(attempt: Attempt, context: RunContext, audience: str | None) -> tuple[dict[str, str], set[str]]:
    """Return the claims that do not depend on the subject's form, and the names of those that are not known."""
    repository = attempt.repository
    values: dict[str, str | None] = {
        "aud": audience if audience and "${{" not in audience else None,
        "repository": repository.full_name or None,
        "repository_id": None if repository.id is None else str(repository.id),
        "repository_owner": repository.owner or None,
        "repository_owner_id": None if repository.owner_id is None else str(repository.owner_id),
        "actor": attempt.actor or None,
        "actor_id": None,
        "enterprise_id": None,
        "repository_visibility": None,
        "runner_environment": None,
        "event_name": attempt.event or None,
        "workflow": attempt.workflow_name or None,
        "ref": context.ref,
        "job_workflow_ref": context.job_workflow_ref,
    }
    if context.environment is not None or not context.environment_known:
        values["environment"] = context.environment
    claims = {key: value for key, value in values.items() if value is not None}
    return claims, {key for key, value in values.items() if value is None}


def _claim_set(
    claims: dict[str, str],
    unknown: set[str],
    naming: _Naming,
    template: _Template,
    context: RunContext,
    escape: bool,
) -> ClaimSet:
    why = ". ".join(
        part[0].upper() + part[1:] for part in dict.fromkeys((naming.why, template.why, context.why)) if part
    )
    keys = template.keys if template.keys is not None else ("organization_template",)
    return finished(
        claims, unknown, f"{why}.", naming.form, keys, naming.prefix, context.subject_context, escape=escape
    )


def _namings(attempt: Attempt, issuer: str) -> tuple[tuple[_Naming, ...], tuple[Missing, ...]]:
    repository = attempt.repository
    name = repository.full_name
    classic = f"repo:{name}" if name else ""
    if not is_github_cloud(issuer):
        return (_Naming(SubjectForm.CLASSIC, classic, "enterprise servers have classic subjects"),), ()
    ids = None
    if repository.id is not None and repository.owner_id is not None:
        ids = f"repo:{repository.owner}@{repository.owner_id}/{repository.name}@{repository.id}"
    reading = attempt.oidc_customization
    told = reading.value if isinstance(reading, Known) else None
    stated_prefix = told.sub_claim_prefix.rstrip(":") if told and told.sub_claim_prefix else None
    immutable_prefix = stated_prefix if stated_prefix and "@" in stated_prefix else ids or ""
    forms, why = _forms(attempt, told)
    namings = tuple(_Naming(form, classic if form is SubjectForm.CLASSIC else immutable_prefix, why) for form in forms)
    missing: list[Missing] = []
    if len(forms) > 1:
        missing.append(
            Missing(
                what="whether the repository has immutable subjects",
                why=why,
                how=f"GET /repos/{name}/actions/oidc/customization/sub, or the subject in the CloudTrail event",
                permission="actions: read",
            )
        )
    if SubjectForm.IMMUTABLE in forms and not immutable_prefix:
        missing.append(
            Missing("the ids in the immutable subject", "the repository's ids were not read", f"GET /repos/{name}")
        )
    return namings, tuple(missing)


def _forms(attempt: Attempt, told: OidcCustomization | None) -> tuple[tuple[SubjectForm, ...], str]:
    """Return the forms that are possible, the likelier first, and why."""
    classic, immutable = (SubjectForm.CLASSIC,), (SubjectForm.IMMUTABLE,)
    if told is not None:
        by_flag = told.use_immutable_subject
        by_prefix = "@" in told.sub_claim_prefix if told.sub_claim_prefix else None
        if by_flag is not None and by_prefix is not None and by_flag != by_prefix:
            return immutable + classic, "GitHub's flag and its subject prefix contradict each other"
        if by_flag or by_prefix:
            return immutable, "GitHub says that the repository has immutable subjects"
        if by_flag is False or by_prefix is False:
            return classic, "GitHub says that the repository has classic subjects"
    created = attempt.repository.created_at
    # A repository is no younger than its runs.
    oldest = created.date() if created else None
    youngest = created.date() if created else attempt.created_at.date()
    if oldest is not None and oldest > IMMUTABLE_SINCE:
        return immutable, "the repository was created after 15 July 2026, so its subjects are immutable"
    if told is not None or isinstance(attempt.oidc_customization, Absent):
        if youngest < IMMUTABLE_SINCE:
            return classic, "the repository is older than immutable subjects and has not opted in"
        return classic + immutable, "the repository's day of creation does not tell the subject's form"
    return classic + immutable, "the customization was not read: renamed, transferred or opted in, it is immutable"


def _template(attempt: Attempt) -> tuple[_Template, bool, tuple[Missing, ...]]:
    """Return the template, whether another one is possible, and what is missing."""
    reading = attempt.oidc_customization
    if isinstance(reading, Absent):
        return _Template(DEFAULT_TEMPLATE, ""), False, ()
    if not isinstance(reading, Known):
        missing = Missing(reading.what, reading.why, reading.how, reading.permission)
        return _Template(DEFAULT_TEMPLATE, ""), True, (missing,)
    told = reading.value
    if told.use_default:
        return _Template(DEFAULT_TEMPLATE, ""), False, ()
    if told.include_claim_keys:
        shown = ", ".join(told.include_claim_keys)
        return _Template(told.include_claim_keys, f"the subject is customised: {shown}"), False, ()
    owner = attempt.repository.owner
    missing = Missing(
        what="the organization's subject template",
        why="the repository follows it, and it was not read",
        how=f"GET /orgs/{owner}/actions/oidc/customization/sub",
        permission="organization administration: read",
    )
    return _Template(None, "the subject follows the organization's template"), False, (missing,)


def _context_missing(contexts: tuple[RunContext, ...]) -> tuple[Missing, ...]:
    unsettled = [context for context in contexts if context.subject_context is None]
    if not unsettled and len({context.subject_context for context in contexts}) == 1:
        return ()
    why = (unsettled or list(contexts))[0].why
    how = (
        "name the ref and the environment (--environment), or read the subject in the CloudTrail event of"
        " AssumeRoleWithWebIdentity"
    )
    return (Missing(what="the context of the subject", why=why, how=how, permission="cloudtrail:LookupEvents"),)


def _as_observed(sets: tuple[ClaimSet, ...], subject: str) -> tuple[ClaimSet, ...]:
    """Return the sets that carry the observed subject; without one, the likeliest set with that subject."""
    same = tuple(claims for claims in sets if claims.subject == subject)
    return same or (sets[0].presenting(subject, "This subject was observed as it was presented."),)
