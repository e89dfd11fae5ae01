"""Compare what AWS's own tools say with the verdicts, where that is possible; they are shown and never decide.

The policy simulator is asked without the repository's policy and without the session's context, so where those decide it
may differ for a good reason; and it cannot judge a trust policy at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.facts.account import AccountState, SecondOpinion
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.run_claims import RunClaims
from diagnosis.verdicts.assessment import Opinion
from diagnosis.verdicts.release import Need

SIMULATOR = "policy-simulator"
NOT_APPLICABLE = "not-applicable"
_ALLOWED = "allowed"
_DENIED = frozenset({"explicitDeny", "implicitDeny"})
_NAMES = {SIMULATOR: "The policy simulator", "access-analyzer": "Access Analyzer"}
_TRUST = Opinion(
    gate=Gate.ROLE_ASSUMPTION,
    source=SIMULATOR,
    about="sts:AssumeRoleWithWebIdentity",
    says=NOT_APPLICABLE,
    judged="",
    agrees=None,
    sentence="The policy simulator is not applicable to a trust policy: it ignores resource-based policies there.",
)


def opinions_on(run: RunClaims, needs: tuple[Need, ...]) -> tuple[Opinion, ...]:
    """Return every second opinion that was read, in gate order; empty where none was."""
    reading = run.account.second_opinions
    if not isinstance(reading, Known) or not reading.value:
        return ()
    judged = judge_needs(needs, run.account, run.session_name, run.session_policy)
    found = [_TRUST]
    found += [
        _compared(opinion, judged, run.account)
        for opinion in reading.value
        if opinion.says != NOT_APPLICABLE and not opinion.about.lower().startswith("sts:assume")
    ]
    return tuple(sorted(found, key=lambda opinion: opinion.gate.order))


def disagreements(opinions: Sequence[Opinion]) -> tuple[str, ...]:
    """Return the opinions that differ from the verdict, as sentences."""
    return tuple(opinion.sentence for opinion in opinions if opinion.agrees is False)


def _compared(opinion: SecondOpinion, judged: tuple[NeedJudgement, ...], account: AccountState) -> Opinion:
    name = _NAMES.get(opinion.source, opinion.source)
    gate = Gate.REGISTRY_AUTHORIZATION if opinion.source == SIMULATOR else Gate.LEAST_PRIVILEGE
    own = _judgement_of(opinion, judged)
    if opinion.source != SIMULATOR or own is None:
        note = f" ({opinion.note})" if opinion.note else ""
        about = f" on {opinion.about}" if opinion.about else ""
        return Opinion(
            gate, opinion.source, opinion.about, opinion.says, "", None, f"{name}{about}: {opinion.says}{note}."
        )
    agrees = None if own.entitlement is Entitlement.UNDECIDED else _agrees(opinion.says, own.entitlement)
    note = f" ({opinion.note})" if opinion.note else ""
    match agrees:
        case True:
            sentence = f"{name} agrees: {opinion.about} is {own.entitlement.value}."
        case False:
            why = _why_differing(own, account)
            sentence = (
                f"{name} says {opinion.says} for {opinion.about}, judged {own.entitlement.value} here{note}. {why} "
                "The verdict stands."
            )
        case None:
            sentence = f"{name} says {opinion.says} for {opinion.about}, which is undecided here{note}."
    return Opinion(gate, opinion.source, opinion.about, opinion.says, own.entitlement.value, agrees, sentence)


def _agrees(says: str, entitlement: Entitlement) -> bool | None:
    if says == _ALLOWED:
        return entitlement is Entitlement.ALLOWED
    return entitlement is Entitlement.DENIED if says in _DENIED else None


def _judgement_of(opinion: SecondOpinion, judged: tuple[NeedJudgement, ...]) -> NeedJudgement | None:
    """Return the need that the opinion is about; its note names the resource, where one action is needed on several."""
    of_action = [item for item in judged if item.need.action.lower() == opinion.about.lower()]
    exact = [item for item in of_action if item.need.resource and f"on {item.need.resource}," in f"{opinion.note},"]
    if exact:
        return exact[0]
    return of_action[0] if len(of_action) == 1 else None


def _why_differing(own: NeedJudgement, account: AccountState) -> str:
    layers = {layer for layer, *_ in own.stopped_by}
    if "resource" in layers or isinstance(account.repository_policy, Known):
        return "It was not given the repository's policy, which counts here."
    return "It was not given the session's context, on which conditions may rest."
