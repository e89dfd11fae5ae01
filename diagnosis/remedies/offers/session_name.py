"""Offer the session name that the trust policy asks for, where that alone keeps the run out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.policy import Policy, Unparsable
from diagnosis.policy.language.conditions import Condition
from diagnosis.remedies.offer import Offer, Situation
from diagnosis.steps.kinds import DEFAULT_SESSION_NAME
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

SESSION_NAME_KEY = "sts:rolesessionname"
_INPUT = "role-session-name"
_TAKEN_BY_STS = re.compile(r"[\w+=,.@-]{2,64}\Z", re.ASCII)


def name_the_session(situation: Situation) -> Offer | None:
    """Offer to set the step's role-session-name; None where no name lets the run in as everything else stands."""
    run, role = situation.run, situation.account.role
    provider = situation.account.question.provider_arn
    if not isinstance(role, Known) or provider is None or run.release.step is None:
        return None
    document = role.value.trust_policy
    if isinstance(document.policy, Unparsable):
        return None
    for name in dict.fromkeys(_names(document.policy)):
        judged = judge_trust(
            document, situation.claims, provider, role.value.arn, session_name=name, at=run.account.read_at
        )
        if judged.outcome is TrustOutcome.ALLOWED:
            return _offer(situation, name)
    return None


def _names(policy: Policy) -> Iterator[str]:
    """Yield names that the conditions on the session's name may have been written for."""
    for statement in policy.allows:
        for condition in statement.conditions:
            if condition.folded_key == SESSION_NAME_KEY:
                yield from (name for name in _of(condition) if _TAKEN_BY_STS.match(name))


def _of(condition: Condition) -> Iterator[str]:
    if condition.base is not None and condition.base.negated:
        yield f"{DEFAULT_SESSION_NAME}-release"
        return
    for value in condition.values:
        yield value.replace("*", DEFAULT_SESSION_NAME).replace("?", "1")


def _offer(situation: Situation, name: str) -> Offer:
    run = situation.run
    given = run.release.input(_INPUT)
    taken = f"-    {_INPUT}: {given}\n" if given else ""
    return Offer(
        Remediation(
            id="name-the-session",
            causes=(Cause.TRUST_CONDITION,),
            plane=Plane.AUTHENTICATION,
            checkpoint=Checkpoint.ROLE_ASSUMPTION,
            title="Give the session the name that the trust policy asks for",
            words=f"Set `{_INPUT}: {name}` in the step that assumes the role: the trust policy has a condition on the "
            f"session's name, and the step's is {run.session_name or 'computed while it runs'}. No policy changes and "
            "nothing is widened.",
            owner=Owner.RELEASE_ENGINEERING,
            verify="Push the workflow change and run the same workflow again: a rerun of the old run keeps the old file.",
            changes=(Change(ChangeKind.EDIT_WORKFLOW, _INPUT, values=(name,)),),
            difference=f"   with:\n{taken}+    {_INPUT}: {name}",
        ),
        proves="That the run passes as it is, with its session named so.",
        does_not_prove="",
    )
