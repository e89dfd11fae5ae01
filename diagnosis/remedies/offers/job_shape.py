"""Give the job the shape of subject that the trust policy lists: without its environment, or in the listed one."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ContextKind, SubjectContext, read_subject
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.authentication import judge_role_trust
from diagnosis.policy import Unparsable
from diagnosis.remedies.offer import PUSH_AND_RUN, Offer, Situation
from diagnosis.steps.variables import is_legible
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def reshape_job(situation: Situation, causes: tuple[Cause, ...]) -> list[Offer]:
    """Return the changes of the job's ``environment`` after which the trust policy admits the run as it stands."""
    kinds = {item.subject_context.kind if item.subject_context else None for item in situation.claims.sets}
    job = situation.run.job
    if job is None or job.uses or len(kinds) != 1:
        return []
    (kind,) = kinds
    if kind is ContextKind.ENVIRONMENT:
        attempt = situation.run.attempt
        # Without its environment the job of a pull request presents the pull request, not a ref.
        ref = None if attempt.event.startswith("pull_request") else attempt.ref
        if ref and _admits(situation, SubjectContext(ContextKind.REF, ref)):
            return [_without_environment(situation, causes, ref)]
        return []
    if kind is None:
        return []
    return [_with_environment(situation, causes, name) for name in _listed_environments(situation)[:1]]


def _admits(situation: Situation, context: SubjectContext) -> bool:
    role = situation.account.role
    if not isinstance(role, Known):
        return False
    sets = tuple(item.in_context(context) for item in situation.claims.sets)
    run = replace(situation.next_run, claims=replace(situation.claims, sets=sets))
    return judge_role_trust(run, role.value).outcome is TrustOutcome.ALLOWED


def _listed_environments(situation: Situation) -> list[str]:
    """Return the environments of this repository that the trust policy names in full and admits the run in."""
    role = situation.account.role
    policy = role.value.trust_policy.policy if isinstance(role, Known) else None
    if policy is None or isinstance(policy, Unparsable):
        return []
    key = f"{situation.claims.issuer}:sub"
    listed = [read for item in policy.allows for value in item.listed(key) if (read := read_subject(value))]
    own = situation.run.attempt.repository.full_name.lower()
    names = dict.fromkeys(
        read.context.value
        for read in listed
        if read.context and read.context.kind is ContextKind.ENVIRONMENT and read.repository.lower() == own
    )
    return [
        name
        for name in names
        if not set(name) & {"*", "?"} and _admits(situation, SubjectContext(ContextKind.ENVIRONMENT, name))
    ]


def _without_environment(situation: Situation, causes: tuple[Cause, ...], ref: str) -> Offer:
    job = situation.run.job
    named = job.environment if job and job.environment and is_legible(job.environment) else "its environment"
    return Offer(
        Remediation(
            id="remove-environment",
            causes=causes,
            plane=Plane.AUTHENTICATION,
            checkpoint=Checkpoint.ROLE_ASSUMPTION,
            title="Take the environment out of the job",
            words=f"Take `environment` out of the job `{job.id if job else ''}`: its token then presents the subject of {ref}, "
            "which the trust policy admits. No policy changes.",
            owner=Owner.RELEASE_ENGINEERING,
            verify=PUSH_AND_RUN,
            changes=(Change(ChangeKind.EDIT_WORKFLOW, "environment"),),
            difference=f"-    environment: {named}" if job and job.environment else "-    environment: …",
            widens=(f"the deployment rules of {named} (reviewers, branches, waiting time) no longer protect this job",),
            warnings=(
                f"The deployment rules of {named} (reviewers, branches, waiting time) no longer protect this job.",
                f"The secrets and variables of {named} are gone from the job.",
            ),
        ),
        proves=f"That the run passes without an environment on its own ref ({ref}).",
        does_not_prove=f"That a run in {named} passes: its subject stays refused.",
    )


def _with_environment(situation: Situation, causes: tuple[Cause, ...], name: str) -> Offer:
    job = situation.run.job
    return Offer(
        Remediation(
            id="set-environment",
            causes=causes,
            plane=Plane.AUTHENTICATION,
            checkpoint=Checkpoint.ROLE_ASSUMPTION,
            title=f"Run the job in the environment {name}",
            words=f"Set `environment: {name}` on the job `{job.id if job else ''}`: its token then presents the subject of that "
            "environment, which the trust policy admits. No policy changes and nothing is widened.",
            owner=Owner.RELEASE_ENGINEERING,
            verify=PUSH_AND_RUN,
            changes=(Change(ChangeKind.EDIT_WORKFLOW, "environment", values=(name,)),),
            difference=f"+    environment: {name}",
            warnings=(
                f"The deployment rules of {name} then hold for this job: its ref has to be one that they let in.",
            ),
        ),
        proves=f"That the run passes in the environment {name}.",
        does_not_prove="Whether the environment's deployment rules let this ref in.",
    )
