"""Judge the resource control policies: an organization may deny ``sts:AssumeRoleWithWebIdentity`` whatever a role trusts.

Only their Deny statements decide anything: the one Allow that such a policy may hold is AWS's own, for everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagnosis.facts.account import NamedPolicy, Role
from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.live.run_claims import RunClaims
from diagnosis.policy import Effect, Unparsable, own_policy
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of
from diagnosis.verdicts.gate_verdict import Missing


@dataclass(frozen=True, slots=True)
class ResourceControl:
    """What the resource control policies of the role's account mean for the run's token."""

    stops: tuple[str, ...] = ()
    """One sentence for each policy that denies the token whatever subject it carries."""
    missing: tuple[Missing, ...] = ()
    stopping: tuple[tuple[str, str], ...] = ()
    """Level and name of each of these policies, in the order of ``stops``."""


def judge_resource_control(run: RunClaims, role: Role) -> ResourceControl:
    """Ask every policy of every level about the run's possible claims."""
    reading = run.account.rcps
    if isinstance(reading, Absent):
        return ResourceControl()
    if isinstance(reading, Unreadable):
        return ResourceControl(missing=(Missing(reading.what, reading.why, reading.how, reading.permission),))
    stops: list[str] = []
    missing: list[Missing] = []
    stopping: list[tuple[str, str]] = []
    for level in reading.value:
        for policy in level.policies:
            outcomes, unsure = _outcomes(policy, run, role)
            if outcomes == {TrustOutcome.DENIED}:
                stopping.append((level.level, policy.name))
                stops.append(
                    f"The resource control policy {policy.name} at {level.level} denies {WEB_IDENTITY_ACTION} on "
                    f"{role.name}; no trust policy can overrule it."
                )
            elif outcomes != {TrustOutcome.ALLOWED}:
                missing.append(
                    Missing(
                        what=f"whether the resource control policy {policy.name} at {level.level} stops the token",
                        why=f"it depends on {unsure}",
                        how="read the CloudTrail event of the run, or look at the policy's conditions",
                    )
                )
    return ResourceControl(tuple(stops), tuple(missing), tuple(stopping))


def _outcomes(policy: NamedPolicy, run: RunClaims, role: Role) -> tuple[set[TrustOutcome], str]:
    control, issuer = policy.document.policy, run.account.question.issuer
    provider = run.account.question.provider_arn or role.arn.beside("oidc-provider", issuer)
    if isinstance(control, Unparsable):
        return {TrustOutcome.UNKNOWN}, f"a document that is unparsable ({control.why})"
    denials = tuple(statement for statement in control.statements if statement.effect is Effect.DENY)
    # Whatever the role trusts: with everything else open, only the Deny statements decide.
    open_door = own_policy({"Effect": "Allow", "Principal": {"Federated": str(provider)}, "Action": "*"}).statements
    caller = caller_of(provider, role.arn, issuer, run.session_name or None, run.account.read_at, run.session_form)
    asked = TrustPolicy(replace(control, statements=(*denials, *open_door)))
    answers = [asked.ask(claims, caller) for claims in run.claims.sets]
    unsure = dict.fromkeys(key for answer in answers for key in answer.unsure)
    return {answer.outcome for answer in answers}, ", ".join(unsure) or "which subject the run presents"
