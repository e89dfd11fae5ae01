"""Derive the OIDC claims that a run's job would present: every set that the record leaves possible.

A set joins a way to name the repository (:mod:`diagnosis.claims.naming`) with a context of the run
(:mod:`diagnosis.claims.run_context`). Source: GitHub's OpenID Connect reference.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.claims.claim_set import (
    GITHUB_ISSUER,
    ClaimSet,
    SubjectForm,
    finished,
    is_github_cloud,
    read_prefix,
    without_scheme,
)
from diagnosis.claims.naming import Naming, Template, namings_of, template_of
from diagnosis.claims.run_context import RunContext, run_contexts
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Repository
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob
from diagnosis.verdicts.gate_verdict import Missing

AWS_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class FormedSubject:
    """A subject that a run's token may carry, and how it names the repository."""

    subject: str
    form: SubjectForm


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

    @property
    def to_list(self) -> tuple[FormedSubject, ...]:
        """What a trust policy has to list so that the run gets in for certain, the likelier first.

        It is one subject; or two, the same one in both forms, where nothing tells which form GitHub gives this repository.
        Empty where more than that is open (the ref, the environment, the template), so that no exact subject can be named.
        """
        found: dict[SubjectForm, dict[str, None]] = {}
        for claims in self.sets:
            if claims.subject is None:
                return ()
            found.setdefault(claims.form, {})[claims.subject] = None
        if any(len(subjects) != 1 for subjects in found.values()):
            return ()
        return tuple(FormedSubject(next(iter(subjects)), form) for form, subjects in found.items())

    @property
    def which_form(self) -> str:
        """How to learn which of two forms GitHub gives the repository, and which to remove when; empty where one is possible."""
        if len(self.to_list) < 2 or self.repository is None:
            return ""
        by_form = {formed.form: formed.subject for formed in self.to_list}
        return (
            f"Which of the two GitHub presents was not read: {by_form[SubjectForm.CLASSIC]} is the classic form, "
            f"{by_form[SubjectForm.IMMUTABLE]} the immutable one. Look at sub_claim_prefix in "
            f"GET /repos/{self.repository.full_name}/actions/oidc/customization/sub, or at the subject of the next run in "
            "CloudTrail. Once it is immutable, remove the classic one; while it is classic, keep both: a rename, a transfer "
            "or opting in makes it immutable."
        )


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
    customization = attempt.oidc_customization
    template, custom_possible, template_missing = template_of(customization, repository.owner)
    # A repository is no younger than its runs.
    namings, naming_missing = namings_of(repository, customization, bare_issuer, seen_at=attempt.created_at)
    if not template.names_the_repository:
        # The form decides nothing about a subject in which the repository is not named.
        namings, naming_missing = namings[:1], ()
    contexts = run_contexts(attempt, environment=environment, ref=ref_override, workflow=workflow, job=job)
    found: dict[ClaimSet, None] = {}
    for naming in namings:
        for context in contexts:
            claims, unknown = _claims(attempt, context, audience)
            # Servers up to 3.18 leave a colon as it is; where one stands, both spellings are possible.
            colon = context.environment is not None and ":" in context.environment
            for escape in (True, False) if colon and not is_github_cloud(bare_issuer) else (True,):
                found[_claim_set(claims, unknown, naming, template, context, escape)] = None
    sets = tuple(found)
    missing = (*naming_missing, *template_missing, *_context_missing(contexts))
    if observed_subject:
        return PossibleClaims(_as_observed(sets, observed_subject), bare_issuer, repository)
    return PossibleClaims(sets, bare_issuer, repository, missing, custom_possible)


def _claims(attempt: Attempt, context: RunContext, audience: str | None) -> tuple[dict[str, str], set[str]]:
    """Return the claims that do not depend on the subject's form, and the names of those that are not known."""
    repository = attempt.repository
    owner_id, repository_id = _ids(attempt)
    values: dict[str, str | None] = {
        "aud": audience if audience and "${{" not in audience else None,
        "repository": repository.full_name or None,
        "repository_id": repository_id,
        "repository_owner": repository.owner or None,
        "repository_owner_id": owner_id,
        "actor": None if attempt.first_actor else attempt.actor or None,
        "actor_id": None if attempt.first_actor or attempt.actor_id is None else str(attempt.actor_id),
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


def _ids(attempt: Attempt) -> tuple[str | None, str | None]:
    """Return the ids of owner and repository: as they were read, else as GitHub's subject prefix has them."""
    repository, reading = attempt.repository, attempt.oidc_customization
    stated = read_prefix((reading.value.sub_claim_prefix or "").rstrip(":")) if isinstance(reading, Known) else None
    owner_id = stated.owner_id if stated and repository.owner_id is None else repository.owner_id
    repository_id = stated.repository_id if stated and repository.id is None else repository.id
    return (None if owner_id is None else str(owner_id), None if repository_id is None else str(repository_id))


def _claim_set(
    claims: dict[str, str],
    unknown: set[str],
    naming: Naming,
    template: Template,
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
