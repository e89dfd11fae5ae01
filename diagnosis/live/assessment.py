"""Today's verdict at each gate, for a run's whole release, from the account state as the probes read it.

Unlike a recorded attempt, the account can be asked at every gate whatever the gate before it says: no live verdict is
``blocked``. So one look shows everything that a rerun would still meet. Every session of the release is judged by itself,
least privilege once for each role, by what all its sessions use; a gate's verdict is the worst of its sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import ALL_GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.live.authentication import judge_oidc_trust, judge_role_assumption
from diagnosis.live.authorization import judge_least_privilege, judge_registry
from diagnosis.live.denied_need import denied_needs, with_denied
from diagnosis.live.observed_release import with_observed
from diagnosis.live.observed_uses import SOURCE, ObservedUses, observed_uses
from diagnosis.live.opinions import disagreements, opinions_on
from diagnosis.live.other_users import other_users
from diagnosis.live.release_units import Unit, every_need, units_of
from diagnosis.live.run_claims import GateJudgement, RunClaims
from diagnosis.live.service_authorization import judge_services
from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import Assessment, Problem, SessionAssessment
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing, maybe_verdict_at
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay

_WEIGHT = {Verdict.FAIL: 2, Verdict.UNKNOWN: 1, Verdict.PASS: 0}


@dataclass(frozen=True, slots=True)
class _Judged:
    """One unit with what the judges said, gate by gate; least privilege is not among them."""

    unit: Unit
    run: RunClaims
    gates: dict[Gate, GateJudgement]


def assess(
    replay: Replay,
    account: AccountState,
    case: Case,
    *,
    ref: str | None = None,
    needs: tuple[Need, ...] | None = None,
    among: Replay | None = None,
) -> Assessment:
    """Judge all gates today for the release of ``replay``.

    ``ref`` (``refs/heads/main``) asks what the run would meet if it were dispatched on another ref than its own. ``needs``
    stand for those of a release whose sessions are not told apart. ``among`` is the whole release, where ``replay`` is a part
    of it: whatever else of it uses the same role, or may, is no excess.
    """
    if needs is not None:
        replay = replace(replay, sessions=(), needs=needs)
    units = list(units_of(replay, case))
    denied = [denied_needs(unit, unit.account_in(account).question) for unit in units]
    units = [
        replace(unit, needs=reduce(with_denied, refused, unit.needs))
        for unit, refused in zip(units, denied, strict=True)
    ]
    if needs is None:
        units = with_observed(units, account)
    asks_registry = any(unit.of_registry for unit in units)
    judged = [
        _judge(
            unit,
            account,
            ref,
            alone=len(units) == 1,
            others_ask=asks_registry,
            denied=refused,
        )
        for unit, refused in zip(units, denied, strict=True)
    ]
    if _asks_no_registry(units):
        for each in judged:
            each.gates[Gate.REGISTRY_AUTHORIZATION] = _no_registry(each.run)
    least = _least_privilege(judged, with_observed(units_of(among, case), account) if among is not None else ())
    sessions = tuple(_session(each, least[each.run.role_arn]) for each in judged)
    opinions = opinions_on(judged[0].run, judged[0].unit.needs)
    judgements = [judgement for each in judged for judgement in each.gates.values()] + list(least.values())
    return Assessment(
        gates=_joined(sessions),
        problems=_in_order(problem for session in sessions for problem in session.problems),
        subjects=tuple(dict.fromkeys(subject for session in sessions for subject in session.subjects)),
        needs=every_need(need for unit in units for need in unit.needs),
        account=judged[0].run.account if len({each.run.role_arn for each in judged}) == 1 else account,
        notes=tuple(dict.fromkeys((*(note for item in judgements for note in item.notes), *disagreements(opinions)))),
        opinions=opinions,
        sessions=sessions,
        gaps=tuple(dict.fromkeys(gap for unit in units for gap in unit.gaps)),
        beyond=tuple(grant for judgement in least.values() for grant in judgement.beyond),
        withheld=tuple(grant for judgement in least.values() for grant in judgement.withheld),
    )


def _asks_no_registry(units: Sequence[Unit]) -> bool:
    """Return whether every step of the release was understood, and some use other services and none a registry."""
    understood = all(
        isinstance(unit.view.workflow, Workflow) and not any(gap.is_open for gap in unit.gaps) for unit in units
    )
    stopped = any(
        gate.gate is Gate.REGISTRY_AUTHORIZATION and gate.verdict is Verdict.FAIL
        for unit in units
        for gate in unit.view.gates
    )
    return (
        understood
        and not stopped
        and any(unit.of_services for unit in units)
        and not any(unit.of_registry for unit in units)
    )


def _no_registry(run: RunClaims) -> GateJudgement:
    """Return the judgement of a release that asks nothing of a registry: there is nothing by which a rerun could be refused."""
    path = run.attempt.workflow_path
    said = "no step logs in to a registry, pushes or pulls"
    return GateJudgement(
        passed="This release asks nothing of a registry: every step was read, and none logs in, pushes or pulls.",
        evidence=(Evidence(EvidenceKind.WORKFLOW_FILE, said, path),),
    )


def _judge(
    unit: Unit, account: AccountState, ref: str | None, *, alone: bool, others_ask: bool, denied: tuple[Need, ...]
) -> _Judged:
    run = RunClaims.of(unit.view, unit.account_in(account), unit.case, ref)
    unread = unit.view.session is not None and not unit.view.session.read
    if unread and not alone:
        return _Judged(unit, run, {Gate.SERVICE_AUTHORIZATION: _not_read(unit, judge_services(run, (), unit.gaps))})
    trust = judge_oidc_trust(run)
    wrong_role = any(problem.cause is Cause.ROLE_ACCOUNT_WRONG for problem in trust.problems)
    gates = {Gate.OIDC_TRUST: trust, Gate.ROLE_ASSUMPTION: judge_role_assumption(run)}
    if unit.of_registry or alone or not others_ask:
        gates[Gate.REGISTRY_AUTHORIZATION] = _registry(run, unit, denied, wrong_role=wrong_role)
    services = judge_services(run, unit.of_services, unit.gaps, wrong_role=wrong_role)
    if unread:
        services = _not_read(unit, services)
    if services is not None:
        gates[Gate.SERVICE_AUTHORIZATION] = services
    return _Judged(unit, run, gates)


def _not_read(unit: Unit, judged: GateJudgement | None) -> GateJudgement:
    """Return what is said of the services of a job that was not read: unknown, whatever is known of its steps."""
    if judged is not None and (judged.problems or judged.missing or judged.undecided):
        return judged
    what = f"what job “{'”, “'.join(unit.jobs)}” calls"
    return GateJudgement(passed="", missing=(Missing(what, "its steps were not read", "look at the job on GitHub"),))


def _registry(run: RunClaims, unit: Unit, denied: tuple[Need, ...], *, wrong_role: bool) -> GateJudgement:
    """Judge the registry gate. Where the needs are not known, the denied actions alone can fail it and never open it."""
    judged = judge_registry(run, unit.of_registry, unit.gaps, wrong_role=wrong_role)
    refused = tuple(need for need in denied if need.checkpoint is not Checkpoint.SERVICE_AUTHORIZATION)
    if unit.of_registry or not refused:
        return judged
    again = judge_registry(run, refused, wrong_role=wrong_role)
    return replace(again, missing=(*again.missing, *judged.missing)) if again.problems else judged


def _least_privilege(judged: Sequence[_Judged], beside: Sequence[Unit]) -> dict[Arn | None, GateJudgement]:
    """Judge least privilege once for each role, by everything that its sessions use, and those that stand ``beside`` them."""
    found: dict[Arn | None, GateJudgement] = {}
    for each in judged:
        role = each.run.role_arn
        if role not in found:
            same = [other.unit for other in judged if other.run.role_arn == role]
            same += [unit for unit in beside if unit.role_arn in (role, None)]
            own = tuple(need for unit in same for need in unit.needs)
            others = other_users(each.run)
            # What the steps need is known first: alone, what one session did would look like all of it.
            read = [need for need in own if not need.source.startswith(SOURCE)]
            seen = observed_uses(each.run.account, read) if own else ObservedUses()
            least = judge_least_privilege(
                each.run,
                every_need((*own, *others.needs, *seen.needs)),
                gaps=tuple(dict.fromkeys((*(gap for unit in same for gap in unit.gaps), *others.gaps))),
                unread_users=others.unread,
            )
            found[role] = replace(least, notes=(*least.notes, *others.notes, *seen.notes))
    return found


def _session(each: _Judged, least: GateJudgement) -> SessionAssessment:
    gates = {**each.gates, Gate.LEAST_PRIVILEGE: least}
    problems = tuple(
        replace(problem, jobs=_jobs_that_meet(problem, each.unit), role_arn=each.run.role_arn)
        for gate in ALL_GATES
        if gate in gates
        for problem in gates[gate].problems
    )
    return SessionAssessment(
        jobs=each.unit.jobs,
        role_arn=each.run.role_arn,
        gates=tuple(_verdict(gate, gates[gate]) for gate in ALL_GATES if gate in gates),
        problems=problems,
        subjects=each.run.subjects,
        needs=each.unit.needs,
        gaps=each.unit.gaps,
    )


def _jobs_that_meet(problem: Problem, unit: Unit) -> tuple[str, ...]:
    """Return the jobs of the unit that meet a problem: those that need what it is about, all for one of authentication."""
    if problem.plane is Plane.AUTHENTICATION or problem.checkpoint is Checkpoint.LEAST_PRIVILEGE:
        return unit.jobs
    return unit.jobs_that_need(problem.actions, problem.resource)


def _joined(sessions: Sequence[SessionAssessment]) -> tuple[GateVerdict, ...]:
    """Return the worst verdict at each gate; among equals the first session's, with the evidence of all that passed."""
    gates: list[GateVerdict] = []
    for gate in ALL_GATES:
        found = [verdict for item in sessions if (verdict := maybe_verdict_at(item.gates, gate)) is not None]
        if not found:
            continue
        worst = max(found, key=lambda verdict: _WEIGHT[verdict.verdict])
        same = [verdict for verdict in found if verdict.verdict is worst.verdict]
        gates.append(
            replace(
                worst,
                evidence=tuple(dict.fromkeys(item for verdict in same for item in verdict.evidence)),
                missing=tuple(dict.fromkeys(item for verdict in found for item in verdict.missing)),
                actions=tuple(dict.fromkeys(item for verdict in same for item in verdict.actions)),
            )
        )
    return tuple(gates)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, with all the jobs that meet it, in the order in which reruns would meet them."""
    seen: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        key = (
            problem.checkpoint,
            problem.cause,
            problem.actions,
            problem.resource,
            problem.role_arn,
            problem.reason,
            problem.step,
        )
        known = seen.setdefault(key, problem)
        seen[key] = replace(known, jobs=tuple(dict.fromkeys((*known.jobs, *problem.jobs))))
    return tuple(
        sorted(
            seen.values(),
            key=lambda problem: problem.checkpoint.order if problem.checkpoint else _registry_state_order(),
        )
    )


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
