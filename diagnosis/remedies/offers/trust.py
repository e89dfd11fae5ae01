"""Open the role assumption gate: offer a ref that is admitted already, then to admit exactly this subject, never more."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.observed_subject import SESSION_EVENT
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.limits import LARGEST_TRUST_LIMIT, TRUST_LIMIT, size
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import admitting_trust, rendered_trust
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.offers.narrow_trust import bounded_trust
from diagnosis.remedies.offers.session_name import name_the_session
from diagnosis.remedies.rendering import shell, terraform_label
from diagnosis.trust.admission import admitted_refs
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_DISPATCHABLE = frozenset({"workflow_dispatch", "push", "schedule"})
_NOT_MET_ON_ANOTHER_REF = frozenset({Cause.SUBJECT_NOT_ADMITTED, Cause.TRUST_EXPLICIT_DENY})
"""Causes that another ref may not meet: a Deny may be about some refs only. The others wait everywhere."""
_MOST_REFS = 2
_WARNINGS = {
    Cause.TRUST_EXPLICIT_DENY: "A Deny was written on purpose: ask who wrote it before excepting anybody.",
    Cause.TRUST_CONDITION: "The condition that no GitHub token meets was written on purpose: ask what it was to hold back.",
}


def admit_or_dispatch(situation: Situation) -> Choice | None:
    """Offer two ways past a trust policy that refuses this run: dispatch on a ref that it admits, or admit its subject."""
    problems = situation.refused_by_trust
    account = situation.account
    if not problems or not isinstance(account.role, Known):
        return None
    open_too = situation.of(Cause.TRUST_TOO_OPEN)
    causes = tuple(dict.fromkeys(problem.cause for problem in (*problems, *open_too)))
    named = name_the_session(situation)
    offers: list[Offer] = [named] if named else []
    # Elsewhere the same refusal waits; and a policy that is too open has to change in any case.
    if set(causes) <= _NOT_MET_ON_ANOTHER_REF:
        refs = _admitted(situation)
        # Of many refs two are enough to choose from; the change of the policy must not be crowded out.
        chosen = refs if len(refs) <= _MOST_REFS else (*refs[: _MOST_REFS - 1], refs[-1])
        offers += [_dispatch(situation, ref, causes) for ref in chosen]
    patch = admit_subject(situation, causes)
    if patch is not None:
        offers.append(patch)
    return tuple(offers) or None


def _admitted(situation: Situation) -> tuple[str, ...]:
    """Return the refs of this repository that the trust policy admits by name, the default branch last: it is to be protected."""
    run = situation.run
    role = situation.account.role
    if not isinstance(role, Known) or run.attempt.event not in _DISPATCHABLE:
        return ()
    refs = admitted_refs(role.value.trust_policy, run.attempt.repository, claims=run.claims.sets[0])
    default = f"refs/heads/{run.attempt.repository.default_branch or 'main'}"
    return tuple(sorted((ref for ref in refs if ref != run.attempt.ref), key=lambda ref: (ref == default, ref)))


def _dispatch(situation: Situation, ref: str, causes: tuple[Cause, ...]) -> Offer:
    run = situation.run
    short, own = ref.removeprefix("refs/heads/").removeprefix("refs/tags/"), run.attempt.ref
    name = run.attempt.workflow_path.rpartition("/")[2]
    proves = f"That the workflow passes for {ref}, whose subject the trust policy already admits."
    open_question = f"Nothing about {own}: its subject stays refused, and the closing run proves another ref."
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
        aws_cli=shell("gh", "workflow", "run", name, "--repo", run.attempt.repository.full_name, "--ref", short),
        warnings=(
            *(_WARNINGS[cause] for cause in causes if cause is Cause.TRUST_EXPLICIT_DENY),
            *_not_dispatchable(situation),
        ),
    )
    return Offer(remediation, dispatch_ref=ref, proves=proves, does_not_prove=open_question)


def _not_dispatchable(situation: Situation) -> tuple[str, ...]:
    """Warn where the workflow cannot be dispatched, since `gh workflow run` needs that: a pushed commit starts it instead."""
    triggers = getattr(situation.run.workflow, "triggers", ())
    if not triggers or "workflow_dispatch" in triggers:
        return ()
    return ("The workflow has no workflow_dispatch trigger: push the commit to that ref instead.",)


def admit_subject(situation: Situation, causes: tuple[Cause, ...]) -> Offer | None:
    """Offer a trust policy that admits the run's one subject, with the audience that the next run requests."""
    role, run = situation.account.role, situation.run
    if not isinstance(role, Known) or len(run.subjects) != 1:
        return None
    subject, before = run.subjects[0], role.value.trust_policy
    start = bounded_trust(situation, before, subject) if Cause.TRUST_TOO_OPEN in causes else None
    after = admitting_trust(situation, start or before, subject, causes) or start
    if after is None or size(after.text) > LARGEST_TRUST_LIMIT:
        return None
    name = role.value.name
    told = rendered_trust(role.value, after)
    remediation = Remediation(
        id="admit-subject",
        causes=causes,
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title="Admit the audience for this subject"
        if causes == (Cause.AUDIENCE_NOT_ADMITTED,)
        else "Admit exactly this subject",
        words=_words(causes, subject, name, situation.audience),
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} It proves the role assumption gate for {subject}; CloudTrail's {SESSION_EVENT} event "
        "shows the subject as it was presented.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=(subject,)),),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference=difference(before, after, f"trust policy of {name}"),
        widens=(f"{subject} may assume {name}",),
        warnings=(*(_WARNINGS[cause] for cause in causes if cause in _WARNINGS), *size_warnings(after)),
    )
    return Offer(
        remediation,
        proves=f"That the run passes on its own ref ({run.attempt.ref or subject}).",
        does_not_prove="",
    )


def size_warnings(document: PolicyDocument) -> tuple[str, ...]:
    """Warn where the document exceeds AWS's default quota for trust policies."""
    taken = size(document.text)
    if taken <= TRUST_LIMIT:
        return ()
    return (f"The trust policy would take {taken} characters; the quota is {TRUST_LIMIT} unless it was raised.",)


def _words(causes: tuple[Cause, ...], subject: str, name: str, audience: str) -> str:
    review = "A reviewer should agree that this ref may publish."
    if causes == (Cause.AUDIENCE_NOT_ADMITTED,):
        return (
            f"Let the trust policy of {name} admit the audience {audience} for {subject}, exactly this one. {review} "
            "What is there already stays as it is."
        )
    if Cause.TRUST_EXPLICIT_DENY in causes:
        return f"Except the subject {subject} from the Deny of the trust policy of {name}, exactly this one. {review}"
    if set(causes) == {Cause.TRUST_ACTION}:
        return (
            f"The statement of the trust policy of {name} that names {subject} does not allow "
            f"sts:{SESSION_EVENT}: add that action to it. {review}"
        )
    return (
        f"Add the subject {subject} to the trust policy of {name}: exactly this one, never a pattern. "
        f"{review} What is there already stays as it is."
    )
