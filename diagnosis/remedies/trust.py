"""Mending the role assumption gate: an admitted ref first, then exactly this subject, never more."""

from __future__ import annotations

import json

from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.reading import Known
from diagnosis.remedies.offer import SUBJECT_CAUSES, Choice, Offer, Situation, rerun_words
from diagnosis.remedies.patch import difference
from diagnosis.remedies.rendering import cloudformation, hcl_string, shell, terraform_label, with_document
from diagnosis.remedies.trust_scope import bounded_trust
from diagnosis.trust import admitted_refs, minimal_trust_patch
from diagnosis.verdicts import Change, ChangeKind, Remediation

TRUST_LIMIT = 4_096
"""Characters of a trust policy, white space not counted, at the largest quota that AWS grants (2,048 by default)."""


def admit_or_dispatch(situation: Situation) -> Choice | None:
    """Two ways past a trust policy that refuses this run: dispatch where it is admitted, or admit its subject."""
    problems = [p for p in situation.of(*SUBJECT_CAUSES) if p.checkpoint is Checkpoint.ROLE_ASSUMPTION]
    account = situation.account
    if not problems or not isinstance(account.role, Known):
        return None
    open_too = situation.of("trust-too-open")
    causes = tuple(dict.fromkeys(problem.cause for problem in (*problems, *open_too)))
    offers: list[Offer] = []
    # Elsewhere the same refusal waits; and a policy that is too open has to change in any case.
    if set(causes) <= {"subject-not-admitted"}:
        offers += [_dispatch(situation, ref, causes) for ref in _admitted(situation)]
    patch = _patch(situation, causes)
    if patch is not None:
        offers.append(patch)
    return tuple(offers) or None


def _admitted(situation: Situation) -> tuple[str, ...]:
    """Refs of this repository that the trust policy admits by name; the default branch last, as the one to protect."""
    run = situation.run
    role = situation.account.role
    if not isinstance(role, Known) or run.attempt.event not in ("workflow_dispatch", "push", "schedule"):
        return ()
    refs = admitted_refs(role.value.trust_policy, run.attempt.repository, claims=run.claims.sets[0])
    default = f"refs/heads/{run.attempt.repository.default_branch or 'main'}"
    return tuple(sorted((ref for ref in refs if ref != run.attempt.ref), key=lambda ref: (ref == default, ref)))


def _dispatch(situation: Situation, ref: str, causes: tuple[str, ...]) -> Offer:
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
    )
    return Offer(remediation, dispatch_ref=ref, proves=proves, does_not_prove=open_question)


def _patch(situation: Situation, causes: tuple[str, ...]) -> Offer | None:
    role, run = situation.account.role, situation.run
    if not isinstance(role, Known) or len(run.subjects) != 1:
        return None
    subject, before = run.subjects[0], role.value.trust_policy
    start = bounded_trust(situation, before, subject) if "trust-too-open" in causes else None
    after = (
        minimal_trust_patch(
            start or before, subject, provider_arn=situation.account.question.provider_arn or "", audience=run.audience
        )
        or start
    )
    if after is None:
        return None
    name = role.value.name
    remediation = Remediation(
        id="admit-subject",
        causes=causes,
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title="Admit exactly this subject",
        words=f"Add the subject {subject} to the trust policy of {name}: exactly this one, never a pattern. "
        "A reviewer should agree that this ref may publish.",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} It proves the role assumption gate for {subject}.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=(subject,)),),
        aws_cli=with_document(
            ["aws", "iam", "update-assume-role-policy", "--role-name", name], "--policy-document", after, "trust.json"
        ),
        terraform=_terraform(name, subject),
        cloudformation=cloudformation(
            name, "AWS::IAM::Role", {"RoleName": name, "AssumeRolePolicyDocument": json.loads(after)}
        ),
        difference=difference(before, after, f"trust policy of {name}"),
        widens=(f"{subject} may assume {name}",),
    )
    return Offer(
        remediation,
        proves=f"That the run passes on its own ref ({run.attempt.ref or subject}).",
        does_not_prove="",
    )


def _terraform(role: str, subject: str) -> str:
    return (
        f"# in the assume-role policy document of role {_comment(role)}: one more value, nothing else\n"
        f"condition {{\n"
        f'  test     = "StringEquals"\n'
        f'  variable = "token.actions.githubusercontent.com:sub"\n'
        f"  values = [\n    # the subjects that are admitted today stay\n    {hcl_string(subject)},\n  ]\n}}"
    )


def _comment(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
