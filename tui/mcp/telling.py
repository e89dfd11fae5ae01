"""The first sentences of an answer: what an agent has to know, short, from values; what others named stands between marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from diagnosis.documents.json_values import Object
from diagnosis.documents.outlook import nothing_foretold
from diagnosis.findings.finding import Level
from diagnosis.verdicts.run_end import RunEnd, end_of
from tui.mcp.foreign_text import Marker, Phrase

if TYPE_CHECKING:
    from diagnosis.migration.plan import Migration
    from diagnosis.verdicts.conformance import Conformance
    from diagnosis.verdicts.diagnosis import Diagnosis
    from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
    from diagnosis.what_if.admitted import Admitted
    from diagnosis.what_if.outcome import WhatIf

_FEW = 3
"""Stops of a run that are told."""
_MOST = 5
"""Items of one kind that are told; the document has all."""


def told_of_diagnosis(diagnosis: Diagnosis, fix: Object, marker: Marker) -> tuple[str, ...]:
    """Return how the run ended, the gates today, what a rerun would meet, and whether there is a proved fix."""
    told: list[str] = []
    subject, live = diagnosis.subject, diagnosis.live
    if subject is None:
        return ("No run was diagnosed.",)
    attempt = subject.attempt
    told.append(
        marker.say(
            f"Run {attempt.run_id}, attempt {attempt.attempt}, of {{workflow}} on {{ref}} ended: {end_of(subject).end.value}.",
            workflow=attempt.workflow_path,
            ref=attempt.ref or "?",
        )
    )
    told += _stops(end_of(subject), marker)
    told.append(f"At its time: {_gates(subject.gates)}.")
    if live is None:
        told.append("The account was not read, so nothing is said of today.")
    else:
        told.append(f"Today: {_gates(live.gates)}.")
        problem = live.account.credentials_problem
        if problem is not None:
            told.append(
                marker.say(
                    "AWS credentials: {sentence}. Way out: {way_out}.",
                    sentence=problem.sentence,
                    way_out=problem.way_out,
                )
            )
    told += _forecast(diagnosis, marker)
    told += _fix(fix)
    if diagnosis.closure is not None:
        told.append(f"Closure of the chain: {diagnosis.closure.status.value}.")
    return (*told, *_unknown(diagnosis.unknown, marker))


def _stops(end: RunEnd, marker: Marker) -> Iterator[str]:
    """Yield where a run was stopped, and what its words tell."""
    for stop in end.stops[:_FEW]:
        finding = stop.finding
        place = [
            marker.say(f"{name} {{value}}", value=value)
            for name, value in (("job", stop.job), ("step", stop.step))
            if value
        ]
        cause = f": {finding.cause.value}. {finding.cause.record.sentence}" if finding and finding.cause else "."
        yield f"Stopped ({stop.reason.value}) at {', '.join(place) or 'no job that is known'}{cause}"
        if finding is not None and finding.evidence is not None and finding.cause is None:
            yield marker.say("   The line: {line}", line=finding.evidence.text)
    if end.stops[_FEW:]:
        yield f"… and {len(end.stops) - _FEW} more stops: see the section outcome."


def _gates(verdicts: Iterable[GateVerdict]) -> str:
    return ", ".join(
        f"{each.gate.value} {each.verdict.value}" + (f" ({each.cause.value})" if each.cause else "")
        for each in verdicts
    )


def _forecast(diagnosis: Diagnosis, marker: Marker) -> list[str]:
    problems = diagnosis.forecast
    if not problems:
        return [f"What a rerun would meet: {nothing_foretold(diagnosis)}"]
    told = [f"A rerun would meet {len(problems)} thing{'s' if problems[1:] else ''}, in this order:"]
    for number, each in enumerate(problems[:_MOST], 1):
        place = each.checkpoint.value if each.checkpoint else each.plane.value
        told.append(f"{number}. {place}: {each.cause.value}. {each.cause.sentence} Owner: {each.owner.value}.")
        if each.actions:
            actions = ", ".join(marker.phrase(action).text for action in each.actions[:_MOST])
            more = f" and {len(each.actions) - _MOST} more" if each.actions[_MOST:] else ""
            told.append(
                marker.say(
                    "   Actions: {actions} on {resource}.",
                    actions=Phrase(actions + more),
                    resource=marker.place(each.resource or "*"),
                )
            )
    if problems[_MOST:]:
        told.append(f"… and {len(problems) - _MOST} more: see the section forecast.")
    return told


def _fix(fix: Object) -> list[str]:
    paths, others = fix["paths"], fix["not_offered"]
    if not isinstance(paths, list) or not isinstance(others, list):
        return []
    if not paths:
        return [
            f"No fix was proved; {len(others)} ways were looked at and are named without a patch."
            if others
            else "No fix is offered."
        ]
    first = paths[0] if isinstance(paths[0], dict) else {}
    changes, beyond, takes = (first[name] for name in ("changes", "newly_admits_beyond_the_need", "takes_away"))
    proved = (
        "Proved on the model: after fix.paths[0] one more run passes what AWS enforces"
        if first["proof"] == "proved"
        else "Proved as far as the steps were understood, and no further: fix.paths[0]"
    )
    counted = f"{_count(changes)} change{'' if _count(changes) == 1 else 's'}"
    return [
        f"{proved}; {counted}, {_count(beyond)} newly admitted beyond the need, {_count(takes)} taken away.",
        "Each patch is text for a person to review; planescope changes nothing.",
    ]


def _count(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _unknown(missing: Sequence[Missing], marker: Marker) -> list[str]:
    if not missing:
        return []
    first = missing[0]
    told = marker.say(
        "Not read: {count}. First: {what}, since {why}; way: {how}.",
        count=len(missing),
        what=marker.phrase(first.what),
        why=marker.phrase(first.why),
        how=marker.phrase(first.how),
    )
    return [told]


def told_of_what_if(result: WhatIf, marker: Marker) -> tuple[str, ...]:
    """Return the verdict, whom and what the documents would newly admit or no longer, and each run."""
    told = [f"With the documents in force: {result.verdict.value}."]
    told += [marker.say("AWS would refuse a document: {why}", why=marker.phrase(why)) for why in result.refused[:_MOST]]
    told.append(f"Newly admitted: {_admitted(result.opens)}. No longer admitted: {_admitted(result.closes)}.")
    told += [marker.say("Newly admitted: {who}", who=who) for who in result.opens.callers[:_MOST]]
    told += [marker.say("Granted beyond the need: {what}", what=what) for what in result.opens.beyond[:_MOST]]
    told += [
        marker.say(
            "No longer allowed, and a run uses it: {action} on {resource}.",
            action=each.action,
            resource=marker.place(each.resource or "*"),
        )
        for each in result.newly_denied[:_MOST]
    ]
    for outcome in result.runs[-_MOST:]:
        attempt = outcome.replay.attempt
        after = _gates(outcome.after.gates) if outcome.after else "not judged"
        told.append(f"Run {attempt.run_id}, attempt {attempt.attempt}: {outcome.verdict.value} ({after}).")
    return (*told, *_unknown(result.missing, marker))


def _admitted(admitted: Admitted) -> str:
    return (
        f"{len(admitted.callers)} callers, {len(admitted.needed)} needed grants, {len(admitted.beyond)} beyond the need"
    )


def told_of_conformance(judged: Conformance, marker: Marker) -> tuple[str, ...]:
    """Return the verdict, and the gravest findings with their place and correction."""
    counted = ", ".join(f"{sum(each.level is level for each in judged.findings)} {level.value}" for level in Level)
    told = [
        f"{judged.verdict.value}: {counted}; {judged.documents} documents and {len(judged.releases)} releases were judged."
    ]
    if not judged.base:
        told.append("There is no base: everything counts as new.")
    for each in judged.findings[:_MOST]:
        place = f"{each.place.file}:{each.place.line}" if each.place.line else each.place.file or each.place.member
        told.append(
            marker.say(
                f"{each.level.value} {each.rule.value} at {{place}}: {{sentence}} {{correction}}",
                place=place,
                sentence=marker.phrase(each.sentence),
                correction=marker.phrase(each.correction),
            )
        )
    if judged.findings[_MOST:]:
        told.append(f"… and {len(judged.findings) - _MOST} more: see the section findings.")
    return tuple(told)


def told_of_migration(plan: Migration, marker: Marker) -> tuple[str, ...]:
    """Return the verdict, and which trust policies break."""
    broken = [role for role in plan.roles if role.breaks]
    told = [f"{plan.verdict.value}: {len(broken)} of {plan.looked_at} roles that were looked at break."]
    told += [marker.say("Breaks: {role}.", role=str(each.role.arn)) for each in broken[:_MOST]]
    if broken:
        told.append("The patch of each, in two proved steps, is in document.roles; make step 1 before the change.")
    problem = plan.credentials_problem
    if problem is not None:
        told.append(
            marker.say(
                "AWS credentials: {sentence}. Way out: {way_out}.",
                sentence=marker.phrase(problem.sentence),
                way_out=marker.phrase(problem.way_out),
            )
        )
    return (*told, *_unknown(plan.missing, marker))
