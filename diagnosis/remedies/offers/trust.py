"""Open the role assumption gate: offer a run that is admitted already, then the smallest change that admits this one."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ContextKind
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.lint.saving import not_saved
from diagnosis.live.observed_subject import SESSION_EVENT
from diagnosis.policy import PolicyDocument, PolicyKind
from diagnosis.policy.language.quotas import LARGEST_TRUST_LIMIT, TRUST_LIMIT, size
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import admitting_trust, rendered_trust
from diagnosis.remedies.edits.trust_patch import PatchKind, TrustPatch
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.offers.dispatch import dispatch_command, inputs_to_give
from diagnosis.remedies.offers.job_shape import reshape_job
from diagnosis.remedies.offers.other_ref import does_the_same_on, starts_on
from diagnosis.remedies.offers.trust_words import patch_title, patch_warnings, patch_words
from diagnosis.remedies.rendering import terraform_label
from diagnosis.trust.admission import admitted_refs
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_DISPATCHABLE = frozenset({"workflow_dispatch", "push", "schedule"})
_NOT_MET_ON_ANOTHER_REF = frozenset({Cause.SUBJECT_NOT_ADMITTED, Cause.TRUST_EXPLICIT_DENY, Cause.CLAIM_PIN})
"""Causes that another ref may not meet: a Deny may be about some refs only. The others wait everywhere."""
_MOST_REFS = 2
_WARNINGS = {
    Cause.TRUST_EXPLICIT_DENY: "A Deny was written on purpose: ask who wrote it before excepting anybody.",
}


def admit_or_dispatch(situation: Situation) -> Choice | None:
    """Offer the ways past a trust policy that refuses this run: another ref, a change of the policy, another shape of the job."""
    problems = situation.refused_by_trust
    account = situation.account
    if not problems or not isinstance(account.role, Known):
        return None
    causes = tuple(dict.fromkeys(problem.cause for problem in problems))
    offers: list[Offer] = []
    # Elsewhere the same refusal waits.
    if set(causes) <= _NOT_MET_ON_ANOTHER_REF:
        refs = _admitted(situation)
        # Of many refs two are enough to choose from; the change of the policy must not be crowded out.
        chosen = refs if len(refs) <= _MOST_REFS else (*refs[: _MOST_REFS - 1], refs[-1])
        offers += [_dispatch(situation, ref, causes) for ref in chosen]
    offers += admit_subject(situation, causes)
    if Cause.SUBJECT_SHAPE in causes:
        offers += reshape_job(situation, causes)
    return tuple(offers) or None


def _admitted(situation: Situation) -> tuple[str, ...]:
    """Return the refs of this repository that the trust policy admits by name, the default branch last: it is to be protected."""
    run = situation.run
    role = situation.account.role
    if not isinstance(role, Known) or run.attempt.event not in _DISPATCHABLE:
        return ()
    refs = admitted_refs(role.value.trust_policy, run.attempt.repository, claims=run.claims.sets[0])
    default = f"refs/heads/{run.attempt.repository.default_branch or 'main'}"
    others = [
        ref for ref in refs if ref != run.attempt.ref and starts_on(run.workflow, ref) and does_the_same_on(run, ref)
    ]
    return tuple(sorted(others, key=lambda ref: (ref == default, ref)))


def _dispatch(situation: Situation, ref: str, causes: tuple[Cause, ...]) -> Offer:
    run = situation.run
    short, own = ref.removeprefix("refs/heads/").removeprefix("refs/tags/"), run.attempt.ref
    name = run.attempt.workflow_file_name
    proves = f"That the workflow passes for {ref}, whose subject the trust policy already admits."
    open_question = f"That a run on {own} passes: its subject stays refused, and the closing run proves another ref."
    remediation = Remediation(
        id=f"dispatch-on-{terraform_label(short)}",
        causes=causes,
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title=f"Dispatch on {short} instead",
        words=f"The trust policy admits {ref} already. Bring the same commit there and dispatch the workflow on it: "
        "no policy changes and nothing is widened.",
        owner=Owner.RELEASE_ENGINEERING,
        verify=f"Dispatch {name} on {short}. Proves: {proves} Does not prove: {open_question}",
        changes=(Change(ChangeKind.DISPATCH_ON_REF, ref),),
        aws_cli=dispatch_command(run, short),
        warnings=(
            *(_WARNINGS[cause] for cause in causes if cause in _WARNINGS),
            *_not_dispatchable(situation),
            *inputs_to_give(run),
        ),
    )
    return Offer(remediation, dispatch_ref=ref, proves=proves, does_not_prove=open_question)


def _not_dispatchable(situation: Situation) -> tuple[str, ...]:
    """Warn where the workflow cannot be dispatched, since `gh workflow run` needs that: a pushed commit starts it instead."""
    triggers = getattr(situation.run.workflow, "triggers", ())
    if not triggers or "workflow_dispatch" in triggers:
        return ()
    return ("The workflow has no workflow_dispatch trigger: push the commit to that ref instead.",)


def admit_subject(situation: Situation, causes: tuple[Cause, ...]) -> list[Offer]:
    """Offer the trust policies that admit this very run, with the audience that the next run requests."""
    role = situation.account.role
    if not isinstance(role, Known):
        return []
    before = role.value.trust_policy
    return [
        _patched(situation, before, patch, causes, first=place == 0)
        for place, patch in enumerate(admitting_trust(situation, before))
        if size(patch.document.text) <= LARGEST_TRUST_LIMIT
    ]


def _patched(
    situation: Situation, before: PolicyDocument, patch: TrustPatch, causes: tuple[Cause, ...], *, first: bool
) -> Offer:
    run, role = situation.run, situation.account.role
    assert isinstance(role, Known)  # noqa: S101 - the caller looked
    name, after = role.value.name, patch.document
    subjects = tuple(formed.subject for formed in situation.claims.to_list)
    told = rendered_trust(role.value, after)
    shown = " or ".join(subjects)
    contexts = {item.subject_context.kind for item in situation.claims.sets if item.subject_context}
    shared = ", whichever pull request presents it" if contexts == {ContextKind.PULL_REQUEST} else ""
    admitted = [f"{subject} may assume {name}{shared}" for subject in subjects]
    remediation = Remediation(
        id=_ID[patch.kind] if first else f"{_ID[patch.kind]}-as-written",
        causes=causes,
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title=patch_title(patch, causes),
        words=patch_words(situation, patch, name),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} It proves the role assumption gate for {shown}; CloudTrail's {SESSION_EVENT} event "
        "shows the subject as it was presented.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=subjects),),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference=difference(before, after, f"trust policy of {name}"),
        widens=(*admitted, *(item.text for item in patch.comparison.newly_admitted)),
        warnings=(
            *(_WARNINGS[cause] for cause in causes if cause in _WARNINGS),
            *patch_warnings(situation, patch),
            *size_warnings(after),
            *not_saved(after, PolicyKind.TRUST),
        ),
    )
    return Offer(
        remediation,
        proves=f"That the run passes on its own ref ({run.attempt.ref or shown}).",
        does_not_prove="",
    )


_ID = {
    PatchKind.CORRECTED: "correct-trust-policy",
    PatchKind.BOUND: "correct-trust-policy",
    PatchKind.JOINED: "admit-subject",
    PatchKind.COPIED: "admit-subject",
    PatchKind.ADDED: "admit-subject",
    PatchKind.EXCEPTED: "admit-subject",
}


def size_warnings(document: PolicyDocument) -> tuple[str, ...]:
    """Warn where the document exceeds AWS's default quota for trust policies."""
    taken = size(document.text)
    if taken <= TRUST_LIMIT:
        return ()
    return (f"The trust policy would take {taken} characters; the quota is {TRUST_LIMIT} unless it was raised.",)
