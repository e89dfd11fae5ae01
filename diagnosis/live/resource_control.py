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
class ControlAnswer:
    """A policy that denies the token whatever subject it carries, or of which that is not known."""

    level: str
    name: str
    text: str
    """One sentence, or a clause where it is not known."""
    stops: bool
    path: str | None = None
    """Of the statement that denies."""


@dataclass(frozen=True, slots=True)
class ResourceControl:
    """What the resource control policies of the role's account mean for the run's token."""

    answers: tuple[ControlAnswer, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def stops(self) -> tuple[str, ...]:
        """One sentence for each policy that denies the token."""
        return tuple(answer.text for answer in self.answers if answer.stops)


def judge_resource_control(run: RunClaims, role: Role) -> ResourceControl:
    """Ask every policy of every level about the run's possible claims."""
    reading = run.account.rcps
    if isinstance(reading, Absent):
        return ResourceControl()
    if isinstance(reading, Unreadable):
        return ResourceControl(missing=(Missing(reading.what, reading.why, reading.how, reading.permission),))
    answers: list[ControlAnswer] = []
    missing: list[Missing] = []
    for level in reading.value:
        for policy in level.policies:
            outcomes, unsure, path = _outcomes(policy, run, role)
            if outcomes == {TrustOutcome.DENIED}:
                text = (
                    f"The resource control policy {policy.name} at {level.level} denies {WEB_IDENTITY_ACTION} on "
                    f"{role.name}; no trust policy can overrule it."
                )
                answers.append(ControlAnswer(level.level, policy.name, text, stops=True, path=path))
            elif outcomes != {TrustOutcome.ALLOWED}:
                gap = Missing(
                    what=f"whether the resource control policy {policy.name} at {level.level} stops the token",
                    why=f"it depends on {unsure}",
                    how="read the CloudTrail event of the run, or look at the policy's conditions",
                )
                missing.append(gap)
                answers.append(
                    ControlAnswer(level.level, policy.name, f"{gap.what}: {gap.why}", stops=False, path=path)
                )
    return ResourceControl(tuple(answers), tuple(missing))


def _outcomes(policy: NamedPolicy, run: RunClaims, role: Role) -> tuple[set[TrustOutcome], str, str | None]:
    """Return all outcomes, on what they hang, and the path of the first statement that denies."""
    control, issuer = policy.document.policy, run.account.question.issuer
    provider = run.account.question.provider_arn or role.arn.beside("oidc-provider", issuer)
    if isinstance(control, Unparsable):
        return {TrustOutcome.UNKNOWN}, f"a document that is unparsable ({control.why})", None
    denials = tuple(statement for statement in control.statements if statement.effect is Effect.DENY)
    # Whatever the role trusts: with everything else open, only the Deny statements decide.
    open_door = own_policy({"Effect": "Allow", "Principal": {"Federated": str(provider)}, "Action": "*"}).statements
    caller = caller_of(provider, role.arn, issuer, run.session_name or None, run.account.read_at, run.session_form)
    asked = TrustPolicy(replace(control, statements=(*denials, *open_door)))
    answers = [asked.ask(claims, caller) for claims in run.claims.sets]
    unsure = dict.fromkeys(key for answer in answers for key in answer.unsure)
    decisions = [answer.worst or answer.decision for answer in answers if answer.outcome is not TrustOutcome.ALLOWED]
    path = next((denial.path for decision in decisions for denial in decision.denials), None)
    return {answer.outcome for answer in answers}, ", ".join(unsure) or "which subject the run presents", path
