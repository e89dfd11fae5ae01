"""Give the session the name that the role's trust policy asks for."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import Role
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.authentication import judge_role_trust
from diagnosis.live.run_claims import DEFAULT_SESSION_NAME
from diagnosis.remedies.offer import PUSH_AND_RUN, Choice, Offer, Situation
from diagnosis.trust.faults import SESSION_NAME_KEY
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
"""What STS takes as the name of a session."""


def admitted_session_name(situation: Situation) -> str | None:
    """Return a session name that the trust policy admits, where it refuses the step's own; None where none is found."""
    role = situation.account.role
    refused = situation.of(Cause.SESSION_NAME_NOT_ADMITTED)
    if not refused or not isinstance(role, Known) or situation.run.release.step is None:
        return None
    for name in _names(role.value, situation.run.session_name or DEFAULT_SESSION_NAME):
        judged = judge_role_trust(replace(situation.next_run, session_name=name), role.value)
        if Cause.SESSION_NAME_NOT_ADMITTED not in (*judged.causes, *judged.candidates):
            return name
    return None


def _names(role: Role, own: str) -> list[str]:
    """Return the listed names, patterns filled with the step's own name: what stays readable in CloudTrail."""
    asked = [
        condition
        for statement in role.trust_policy.compiled().allows
        for condition in statement.conditions
        if condition.folded_key == SESSION_NAME_KEY.lower() and condition.base is not None
    ]
    listed = [
        value for condition in asked if condition.base and not condition.base.negated for value in condition.values
    ]
    filled = [value.replace("?", "x").replace("*", filling) for value in listed for filling in (own, "x", "")]
    if len(listed) < sum(len(condition.values) for condition in asked):
        # Some names are refused: another one is met by what extends the step's own, or begins otherwise.
        filled += [f"{own}-release", "release"]
    return [name for name in dict.fromkeys(filled) if _NAME.fullmatch(name)]


def correct_session_name(situation: Situation) -> Choice | None:
    """Offer to set the step's ``role-session-name``, which widens nothing."""
    name = situation.corrected_session_name
    if name is None or not situation.of(Cause.SESSION_NAME_NOT_ADMITTED):
        return None
    now = situation.run.release.input("role-session-name")
    removed = f"-    role-session-name: {now}\n" if now else ""
    remediation = Remediation(
        id="name-the-session",
        causes=(Cause.SESSION_NAME_NOT_ADMITTED,),
        plane=Plane.AUTHENTICATION,
        checkpoint=Checkpoint.ROLE_ASSUMPTION,
        title="Give the session the name that the trust policy asks for",
        words=f"Set `role-session-name: {name}` in the step that assumes the role: the trust policy has a condition on the "
        f"session's name, and the step's is {situation.run.session_name or 'computed while it runs'}. No policy changes and "
        "nothing is widened.",
        owner=Owner.RELEASE_ENGINEERING,
        verify=PUSH_AND_RUN,
        changes=(Change(ChangeKind.EDIT_WORKFLOW, "role-session-name", values=(name,)),),
        difference=f"   with:\n{removed}+    role-session-name: {name}",
    )
    return (Offer(remediation),)
