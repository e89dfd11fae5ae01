"""Judge whether the policy of a repository's KMS key stops ECR. Only its Deny statements can.

ECR works with grants that it was given on the key when the repository was made: a push needs no KMS permission of the
role, and no Allow of the key's policy. An explicit Deny overrules a grant. Source: Amazon ECR User Guide, "Encryption at
rest"; AWS KMS Developer Guide, "Grants".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.facts.account import AccountQuestion
from diagnosis.names.partition import partition_of
from diagnosis.policy import (
    Decision,
    Effect,
    Layers,
    Outcome,
    Policy,
    PolicyDocument,
    Request,
    Unparsable,
    evaluate,
    own_policy,
)
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded

USED_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
"""What ECR asks of the key for a push and for the reads that go with it."""
_GRANT = own_policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}).statements
"""Stands for ECR's grant, so that only a Deny can decide."""


class KeyOutcome(StrEnum):
    """What the key's policy means for ECR."""

    LETS = "lets"
    DENIES = "denies"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class KeyJudgement:
    """The outcome, and one sentence or clause for people."""

    outcome: KeyOutcome
    reason: str


def judge_key_policy(document: PolicyDocument, key_arn: str, question: AccountQuestion) -> KeyJudgement:
    """Ask the key's Deny statements about ECR's use of the key. Never raises."""
    policy = document.policy
    if isinstance(policy, Unparsable):
        return KeyJudgement(KeyOutcome.UNDECIDED, f"the document is unparsable: {policy.why}")
    denials = tuple(statement for statement in policy.statements if statement.effect is Effect.DENY)
    asked = replace(policy, statements=(*denials, *_GRANT))
    context = _context(question)
    known = frozenset(key.lower() for key in context)
    widest, unsure = bounded(asked, known, OPEN)
    narrowest, _ = bounded(asked, known, SHUT)
    for action in USED_ACTIONS:
        most, least = (_decide(action, key_arn, context, side) for side in (widest, narrowest))
        if most.outcome is Outcome.EXPLICIT_DENY:
            because = most.because.statement or "A statement"
            return KeyJudgement(
                KeyOutcome.DENIES, f"{because} of the key's policy denies {action} to everybody, ECR too."
            )
        if least.outcome is Outcome.EXPLICIT_DENY:
            return KeyJudgement(KeyOutcome.UNDECIDED, f"a Deny of {action} depends on {', '.join(unsure)}")
    return KeyJudgement(KeyOutcome.LETS, "No Deny of the key's policy is about ECR.")


def _context(question: AccountQuestion) -> dict[str, tuple[str, ...]]:
    """Return what is certain of ECR's own request: through which service, and for whose account."""
    context: dict[str, tuple[str, ...]] = {"aws:SecureTransport": ("true",)}
    if question.region:
        context["kms:ViaService"] = (f"ecr.{question.region}.{partition_of(question.region).domain}",)
    if question.registry_id:
        context["kms:CallerAccount"] = (question.registry_id,)
    return context


def _decide(action: str, key_arn: str, context: Mapping[str, tuple[str, ...]], policy: Policy) -> Decision:
    # ECR's own principal is not documented: a Deny counts where it speaks of everybody.
    request = Request(principal="*", action=action, resource=key_arn, context=dict(context))
    return evaluate(request, Layers(resource=policy))
