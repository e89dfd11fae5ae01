"""The diagnosis as a JSON document: the documented, versioned schema of ``--json``.

Planes are written ``authn``, ``authz``, ``registry-state``, ``other``; times are ISO 8601 in UTC. The document holds no
policy document and no log: evidence is single lines and addresses. Remediations hold the proposed documents, because
they are there to be reviewed and run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagnosis.documents.headline import headline
from diagnosis.documents.json_values import Json, Object, evidence_object, strings, time
from diagnosis.facts.account import OtherRoles
from diagnosis.facts.endpoints import Endpoint, Service
from diagnosis.facts.reading import Known, Reading
from diagnosis.verdicts.anchor import Anchor
from diagnosis.verdicts.assessment import BeyondGrant, Opinion, Problem, SessionAssessment
from diagnosis.verdicts.chronology import AttemptHistory, Drift
from diagnosis.verdicts.closure import Closure, IntegrityFinding
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict, Missing
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.remediation import OwnerChange, Remediation
from diagnosis.verdicts.replay import JobSession, Replay, RunFacts
from diagnosis.verdicts.run_end import RunEnd, end_of
from diagnosis.verdicts.stop import Stop

SCHEMA = "planescope.diagnosis/1"


def document(diagnosis: Diagnosis) -> Object:
    """Return the whole diagnosis as plain JSON values."""
    live = diagnosis.live
    return {
        "schema": SCHEMA,
        "title": diagnosis.title,
        "moment": diagnosis.moment or None,
        "made_at": time(diagnosis.made_at),
        "endpoints": endpoint_objects(diagnosis.endpoints),
        "subject_run": _subject(diagnosis),
        "outcome": _outcome(diagnosis),
        "attempts": [_replay(replay) for replay in diagnosis.replays],
        "live": {
            "read_at": time(live.account.read_at),
            "endpoints": [each.address for each in diagnosis.endpoints if each.service is Service.AWS],
            "gates": gates(live.gates),
            "subjects": list(live.subjects),
            "needs": _live_needs(live.needs, diagnosis.subject),
            "gaps": [gap_object(gap) for gap in live.gaps],
            "sessions": [_session(session) for session in live.sessions],
            "notes": list(live.notes),
            "opinions": _opinions(live.opinions),
            "other_roles": _other_roles(live.account.other_roles),
            "beyond": [_beyond(grant) for grant in live.beyond],
        }
        if live
        else None,
        "forecast": [problem_object(problem) for problem in diagnosis.forecast],
        "remediations": [_remediation(remediation) for remediation in diagnosis.remediations],
        "after_fix": {
            "gates": gates(diagnosis.after_fix),
            "path": diagnosis.paths[0].title if diagnosis.paths else None,
            "paths": [_path(path) for path in diagnosis.paths],
        },
        "closure": _closure(diagnosis.closure) if diagnosis.closure else None,
        "anchors": [_anchor(anchor) for anchor in diagnosis.anchors],
        "history": _history(diagnosis.history),
        "drift": _drift(diagnosis.drift),
        "unknown": [missing_object(missing) for missing in diagnosis.unknown],
    }


def endpoint_objects(endpoints: Iterable[Endpoint]) -> list[Json]:
    """Return the servers that were asked in github.com's or AWS's place."""
    return [{"service": each.service.value, "address": each.address, "note": each.note} for each in endpoints]


def _subject(diagnosis: Diagnosis) -> Json:
    if diagnosis.subject is None:
        return None
    attempt = diagnosis.subject.attempt
    return {"run": attempt.run_id, "attempt": attempt.attempt, "ref": attempt.ref}


def _outcome(diagnosis: Diagnosis) -> Json:
    """Return what the first line says of the subject run, in its parts; null where no run was diagnosed."""
    told = headline(diagnosis)
    if told.run is None:
        return None
    return {
        "sentence": told.line(),
        "gates": told.gates,
        **end_object(told.run),
        "other_red_runs": [
            {"run": each.attempt.run_id, "attempt": each.attempt.attempt, **end_object(end)}
            for each, end in told.others
        ],
    }


def end_object(end: RunEnd) -> Object:
    """Return how a run ended, in words and stop by stop."""
    return {"end": end.end.value, "ended": end.sentence(), "stops": [_stop(stop) for stop in end.stops]}


def _stop(stop: Stop) -> Json:
    return {
        "reason": stop.reason.value,
        "conclusion": stop.conclusion,
        "job": stop.job or None,
        "step": stop.step or None,
        "finding": finding_object(stop.finding) if stop.finding else None,
    }


def missing_object(missing: Missing) -> Object:
    """Return what could not be read, why, and the way to it."""
    return {"what": missing.what, "why": missing.why, "how": missing.how, "permission": missing.permission}


def gates(verdicts: Iterable[GateVerdict]) -> list[Json]:
    """Return the gate verdicts, in gate order."""
    return [
        {
            "gate": verdict.gate.value,
            "plane": verdict.gate.plane.value,
            "verdict": verdict.verdict.value,
            "checkpoint": verdict.checkpoint.value if verdict.checkpoint else None,
            "cause": verdict.cause,
            "candidates": strings(verdict.candidates),
            "actions": strings(verdict.actions),
            "reason": verdict.reason,
            "owner": verdict.owner.value,
            "evidence": [evidence_object(evidence) for evidence in verdict.evidence],
            "missing": [missing_object(missing) for missing in verdict.missing],
        }
        for verdict in verdicts
    ]


def _replay(replay: Replay) -> Object:
    attempt = replay.attempt
    return {
        "run": attempt.run_id,
        "attempt": attempt.attempt,
        "number": attempt.run_number,
        "workflow": attempt.workflow_path,
        "event": attempt.event,
        "ref": attempt.ref,
        "sha": attempt.head_sha,
        "status": attempt.status,
        "conclusion": attempt.conclusion,
        "started_at": time(attempt.started_at),
        "duration_seconds": attempt.duration_seconds,
        "url": attempt.html_url,
        "origin": attempt.origin.value,
        "reconstructed": strings(attempt.reconstructed),
        "gates": gates(replay.gates),
        "stopped_by": finding_object(replay.stopped_by) if replay.stopped_by else None,
        **end_object(end_of(replay)),
        "facts": _facts(replay.facts),
        "needs": [_need(need) for need in replay.needs],
        "sessions": [_recorded_session(session) for session in replay.sessions],
        "retries": replay.retries,
        "notes": strings(replay.notes),
    }


def finding_object(finding: Finding) -> Object:
    """Return one finding of a log."""
    return {
        "plane": finding.plane.value,
        "gate": finding.gate.value if finding.gate else None,
        "checkpoint": finding.checkpoint.value if finding.checkpoint else None,
        "cause": finding.cause,
        "candidates": strings(finding.candidates),
        "action": finding.action,
        "principal": finding.principal,
        "resource": finding.resource,
        "sentence": finding.sentence,
        "tell_apart": finding.tell_apart,
        "evidence": evidence_object(finding.evidence) if finding.evidence else None,
    }


def _facts(facts: RunFacts) -> Object:
    result: Object = {}
    for name in (
        "role_arn",
        "region",
        "audience",
        "registry",
        "repository",
        "tag",
        "digest",
        "principal",
        "environment",
    ):
        fact = getattr(facts, name)
        result[name] = {"value": str(fact.value), "found_in": evidence_object(fact.found_in)} if fact else None
    return result


def _need(need: Need) -> Object:
    return {
        "action": need.action,
        "resource": need.resource,
        "checkpoint": need.checkpoint.value,
        "step": need.step,
        "because": need.because,
        "certainty": need.certainty.value,
        "source": need.source or None,
        "job": need.job or None,
    }


def _live_needs(needs: Iterable[Need], subject: Replay | None) -> list[Json]:
    """Return the needs of the whole release, each with every job, or leg, that has it, in the order of the jobs."""
    jobs: dict[tuple[object, ...], dict[str, None]] = {}
    for session in subject.sessions if subject else ():
        for need in session.needs:
            jobs.setdefault(_call(need), {})[need.job] = None
    return [{**_need(need), "jobs": strings(jobs.get(_call(need)) or filter(None, (need.job,)))} for need in needs]


def _call(need: Need) -> tuple[object, ...]:
    return need.action, need.resource, need.context


def gap_object(gap: StepGap) -> Object:
    """Return a step that is not understood."""
    return {
        "job": gap.job or None,
        "step": gap.step,
        "certainty": gap.certainty.value,
        "what": gap.what,
        "why": gap.why,
        "how": gap.how,
        "may_push": gap.may_push,
        "source": gap.source or None,
    }


def _session(session: SessionAssessment) -> Object:
    """Return today's verdicts for the sessions of one job with one role."""
    return {
        "jobs": strings(session.jobs),
        "role_arn": str(session.role_arn) if session.role_arn else None,
        "subjects": strings(session.subjects),
        "gates": gates(session.gates),
        "needs": [_need(need) for need in session.needs],
        "gaps": [gap_object(gap) for gap in session.gaps],
    }


def _recorded_session(session: JobSession) -> Object:
    """Return what the run showed of one job's session with one role."""
    return {
        "job": session.job,
        "ran": session.ran,
        "facts": _facts(session.facts),
        "gates": gates(session.gates),
        "needs": [_need(need) for need in session.needs],
        "gaps": [gap_object(gap) for gap in session.gaps],
    }


def problem_object(problem: Problem) -> Object:
    """Return what stands in the way at a gate."""
    return {
        "gate": problem.gate.value if problem.gate else None,
        "plane": problem.plane.value,
        "checkpoint": problem.checkpoint.value if problem.checkpoint else None,
        "cause": problem.cause,
        "actions": strings(problem.actions),
        "resource": problem.resource,
        "jobs": strings(problem.jobs),
        "step": problem.step or None,
        "role_arn": str(problem.role_arn) if problem.role_arn else None,
        "reason": problem.reason,
        "owner": problem.owner.value,
        "evidence": [evidence_object(evidence) for evidence in problem.evidence],
    }


def _remediation(remediation: Remediation) -> Object:
    return {
        "id": remediation.id,
        "causes": strings(remediation.causes),
        "plane": remediation.plane.value,
        "checkpoint": remediation.checkpoint.value if remediation.checkpoint else None,
        "title": remediation.title,
        "words": remediation.words,
        "owner": remediation.owner.value,
        "verify": remediation.verify,
        "actions": strings(remediation.actions),
        "aws_cli": remediation.aws_cli or None,
        "terraform": remediation.terraform or None,
        "cloudformation": remediation.cloudformation or None,
        "difference": remediation.difference or None,
        "widens": strings(remediation.widens),
        "tightens": strings(remediation.tightens),
        "warnings": strings(remediation.warnings),
    }


def _path(path: Path) -> Object:
    return {
        "title": path.title,
        "remediations": [remediation.id for remediation in path.remediations],
        "gates": gates(path.gates),
        "opens_all": path.opens_all,
        "passes_run": path.passes_run,
        "newly_admitted": strings(path.newly_admitted),
        "proves": path.proves,
        "does_not_prove": path.does_not_prove,
        "still": [problem_object(problem) for problem in path.still],
        "owners": _owners(path.owners),
    }


def _closure(closure: Closure) -> Object:
    return {
        "status": closure.status.value,
        "sentence": closure.sentence,
        "rules": [
            {
                "rule": rule.rule,
                "title": rule.title,
                "verdict": rule.verdict.value,
                "reason": rule.reason,
                "evidence": [evidence_object(evidence) for evidence in rule.evidence],
                "sentence": rule.sentence,
                "next_step": rule.next_step,
                "breach": rule.breach,
            }
            for rule in closure.rules
        ],
        "integrity": [_integrity(finding) for finding in closure.integrity],
        "next_steps": strings(closure.next_steps),
        "subjects": [
            {
                "subject": each.subject,
                "access_gates": each.state.value,
                "reason": each.reason,
                "evidence": [evidence_object(evidence) for evidence in each.evidence],
            }
            for each in closure.subjects
        ],
    }


def _integrity(finding: IntegrityFinding) -> Object:
    return {
        "finding": finding.slug,
        "reason": finding.reason,
        "breaks_closure": finding.breaks_closure,
        "rule": finding.rule or None,
        "evidence": [evidence_object(evidence) for evidence in finding.evidence],
    }


def _anchor(anchor: Anchor) -> Object:
    """Return what of the chain can be checked, and how far it was."""
    return {
        "kind": anchor.kind.value,
        "value": anchor.value,
        "state": anchor.state.value,
        "reason": anchor.reason,
        "url": anchor.url or None,
        "sha256": anchor.sha256 or None,
        "evidence": [evidence_object(evidence) for evidence in anchor.evidence],
    }


def _history(entries: Sequence[AttemptHistory]) -> list[Json]:
    """Return what was done after each attempt."""
    return [
        {
            "run": entry.run,
            "attempt": entry.attempt,
            "traced": entry.traced.value,
            "statement": entry.statement or None,
            "subject": entry.subject,
            "role": entry.role,
            "silence_proves": entry.silence_proves,
            "observed": [
                {
                    "text": change.text,
                    "at": time(change.at),
                    "who": change.who or None,
                    "plane": change.plane.value,
                    "gates": strings(gate.value for gate in change.gates),
                    "evidence": [evidence_object(change.evidence)],
                }
                for change in entry.observed
            ],
        }
        for entry in entries
    ]


def _drift(items: Sequence[Drift]) -> list[Json]:
    """Return the differences between today's account and what a run met."""
    return [
        {
            "kind": item.kind.value,
            "run": item.run,
            "attempt": item.attempt,
            "gate": item.gate.value if item.gate else None,
            "reason": item.reason,
            "at": time(item.at),
            "evidence": [evidence_object(evidence) for evidence in item.evidence],
        }
        for item in items
    ]


def _opinions(items: Sequence[Opinion]) -> list[Json]:
    """Return what AWS's own tools say beside the verdicts."""
    return [
        {
            "gate": item.gate.value,
            "source": item.source,
            "about": item.about,
            "says": item.says,
            "judged": item.judged or None,
            "agrees": item.agrees,
            "sentence": item.sentence,
        }
        for item in items
    ]


def _beyond(grant: BeyondGrant) -> Json:
    """Return what a statement grants of one service beyond every known use, action by action."""
    return {
        "service": grant.service,
        "actions": list(grant.actions),
        "resources": list(grant.resources),
        "all_but": grant.all_but,
        "policy": grant.policy,
        "statement": grant.statement,
        "needed_elsewhere": grant.needed_elsewhere,
        "conditional": grant.conditional,
    }


def _other_roles(reading: Reading[OtherRoles]) -> Json:
    """Return which other roles of the account were looked at; null where none was."""
    if not isinstance(reading, Known):
        return None
    return {
        "listed": reading.value.listed,
        "admitting": strings(str(item.role.arn) for item in reading.value.admitting),
    }


def _owners(items: Sequence[OwnerChange]) -> list[Json]:
    """Return a path's remediations, one change for each owner."""
    return [
        {
            "owner": item.owner.value,
            "remediations": strings(item.remediations),
            "aws_cli": item.aws_cli or None,
            "terraform": item.terraform or None,
            "cloudformation": item.cloudformation or None,
        }
        for item in items
    ]
