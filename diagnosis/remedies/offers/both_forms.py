"""List a subject in both forms, where a refused run's trust policy lists one and nothing tells which GitHub presents."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Verdict
from diagnosis.live.authentication import judge_role_trust
from diagnosis.remedies.offer import Choice, Situation
from diagnosis.remedies.offers.trust import admit_subject
from diagnosis.trust.question import TrustOutcome


def list_both_forms(situation: Situation) -> Choice | None:
    """Offer both forms in one statement. The gate is unknown then, so no problem asks for it; the refused run does."""
    run, role = situation.run, situation.account.role
    refused = run.replay.at(Gate.ROLE_ASSUMPTION).verdict is Verdict.FAIL
    in_doubt = len(situation.claims.to_list) > 1 and not situation.refused_by_trust
    if not (refused and in_doubt and isinstance(role, Known)):
        return None
    decisions = judge_role_trust(run, role.value).decisions
    if {decision.outcome for decision in decisions} != {TrustOutcome.ALLOWED, TrustOutcome.DENIED}:
        return None
    # The statement to extend is the one that came nearest to what it refuses.
    refused_first = sorted(decisions, key=lambda decision: decision.outcome is TrustOutcome.ALLOWED)
    claims = replace(run.claims, sets=tuple(decision.claims for decision in refused_first))
    aimed = replace(situation, run=replace(run, claims=claims))
    return tuple(admit_subject(aimed, (Cause.SUBJECT_IMMUTABLE_FORM,))) or None
