"""Today's verdict at each gate, for one run's claims and needs, from the account state as the probes read it.

Unlike a recorded attempt, the account can be asked at every gate whatever the gate before it says: no live verdict is
``blocked``. So one look shows everything that a rerun would still meet.
"""

from __future__ import annotations

from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.gates import GATES, Checkpoint, Gate, Verdict
from diagnosis.live.authentication import judge_oidc_trust, judge_role_assumption
from diagnosis.live.authorization import judge_least_privilege, judge_registry
from diagnosis.live.denied_need import denied_need, with_denied
from diagnosis.live.opinions import disagreements, opinions_on
from diagnosis.live.run_claims import GateJudgement, RunClaims
from diagnosis.steps.needs import needs_for
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay


def assess(
    replay: Replay,
    account: AccountState,
    case: Case,
    *,
    ref: str | None = None,
    needs: tuple[Need, ...] | None = None,
) -> Assessment:
    """Judge the four gates today for the run of ``replay``.

    ``ref`` (``refs/heads/main``) asks what the run would meet if it were dispatched on another ref than its own.
    """
    run = RunClaims.of(replay, account, case, ref)
    wanted = needs if needs is not None else (replay.needs or needs_for(replay.workflow, None, replay.facts, case))
    denied = denied_need(replay, account.question)
    wanted = with_denied(wanted, denied)
    trust = judge_oidc_trust(run)
    wrong_role = any(problem.cause is Cause.ROLE_ACCOUNT_WRONG for problem in trust.problems)
    judgements = (
        trust,
        judge_role_assumption(run),
        _registry(run, wanted, denied, wrong_role=wrong_role),
        judge_least_privilege(run, wanted),
    )
    opinions = opinions_on(run, wanted)
    problems = tuple(
        sorted(
            (problem for judgement in judgements for problem in judgement.problems),
            key=lambda problem: problem.checkpoint.order if problem.checkpoint else _registry_state_order(),
        )
    )
    return Assessment(
        gates=tuple(_verdict(gate, judgement) for gate, judgement in zip(GATES, judgements, strict=True)),
        problems=problems,
        subjects=run.subjects,
        needs=wanted,
        account=run.account,
        notes=(*(note for judgement in judgements for note in judgement.notes), *disagreements(opinions)),
        opinions=opinions,
        beyond=tuple(grant for judgement in judgements for grant in judgement.beyond),
    )


def _registry(run: RunClaims, needs: tuple[Need, ...], denied: Need | None, *, wrong_role: bool) -> GateJudgement:
    """Judge the registry gate. Where the needs are not known, the denied action alone can fail it and never open it."""
    judged = judge_registry(run, needs, wrong_role=wrong_role)
    if needs or denied is None:
        return judged
    again = judge_registry(run, (denied,), wrong_role=wrong_role)
    return replace(again, missing=(*again.missing, *judged.missing)) if again.problems else judged


def _registry_state_order() -> float:
    """Return where registry state is met: when the push begins, after the login and before the first push action is judged."""
    return Checkpoint.REGISTRY_AUTH.order + 0.5


def _verdict(gate: Gate, judgement: GateJudgement) -> GateVerdict:
    """Return the gate's verdict: the first problem decides; without one, what is missing makes it unknown."""
    own = [problem for problem in judgement.problems if problem.gate is gate]
    if own:
        return _failed(gate, own, judgement)
    if judgement.missing or judgement.undecided:
        return GateVerdict(
            gate=gate,
            verdict=Verdict.UNKNOWN,
            reason=judgement.undecided or _cannot_tell(judgement.missing),
            candidates=judgement.candidates,
            evidence=judgement.evidence,
            missing=judgement.missing,
        )
    return GateVerdict(
        gate=gate,
        verdict=Verdict.PASS,
        reason=judgement.passed,
        evidence=judgement.evidence,
    )


def _failed(gate: Gate, problems: list[Problem], judgement: GateJudgement) -> GateVerdict:
    first = min(problems, key=lambda problem: problem.checkpoint.order if problem.checkpoint else 0)
    others = len(problems) - 1
    more = f" ({others} more at this gate)" if others else ""
    actions = tuple(dict.fromkeys(action for problem in problems for action in problem.actions))
    return GateVerdict(
        gate=gate,
        verdict=Verdict.FAIL,
        reason=first.reason + more,
        checkpoint=first.checkpoint,
        cause=first.cause,
        actions=actions,
        evidence=tuple(evidence for problem in problems for evidence in problem.evidence),
        missing=judgement.missing,
        owner=first.owner,
    )


def _cannot_tell(missing: tuple[Missing, ...]) -> str:
    first = missing[0]
    return f"Cannot be decided: {first.what}: {first.why}."
