"""Say once that the reader has no AWS credentials, and how to sign in; whatever lacks for that reason says no more than that."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.facts.account import CredentialsProblem
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import Closure
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing

NOT_SIGNED_IN = "not signed in to AWS"
_HOW = "sign in, as the first line says"
_BRIEF = {
    "expired": "AWS session expired",
    "not in the AWS configuration": "no such AWS profile",
    "does not accept": "AWS refuses these credentials",
    "no AWS credentials": "no AWS credentials",
}
"""Part of a sentence, and the few words that stand for it where there is no room."""
_COMMAND = re.compile(r"`(aws [^`]+)`")


def credentials_problem(diagnosis: Diagnosis) -> CredentialsProblem | None:
    """Return what is wrong with the reader's own credentials; None where nothing is."""
    return diagnosis.live.account.credentials_problem if diagnosis.live is not None else None


def account_unread(diagnosis: Diagnosis) -> bool:
    """Return whether no gate could be judged today, since the reader has no credentials."""
    live = diagnosis.live
    return (
        live is not None
        and live.account.credentials_problem is not None
        and all(each.verdict is Verdict.UNKNOWN for each in live.gates)
    )


def first_line(problem: CredentialsProblem) -> str:
    """Return the sentence for a whole line: what is wrong, and every way out."""
    return f"{problem.sentence[:1].upper()}{problem.sentence[1:]}: {problem.way_out}."


def short_lines(problem: CredentialsProblem) -> tuple[str, ...]:
    """Return the same for a line with little room, the fullest first: the command is never cut before the rest."""
    found = _COMMAND.search(problem.way_out)
    way = found.group(1) if found else problem.way_out
    brief = next((words for part, words in _BRIEF.items() if part in problem.sentence), NOT_SIGNED_IN)
    return f"{problem.sentence}: {way}", f"{brief}: {way}", way


def told_once(diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis for a page whose first line says the problem: no cell and no section says it again."""
    problem, live = credentials_problem(diagnosis), diagnosis.live
    if problem is None or live is None:
        return diagnosis
    parts = dict.fromkeys(each.what for each in diagnosis.unknown if _is_for(each, problem))
    entry = Missing(f"the account ({', '.join(parts)})" if parts else "the account", NOT_SIGNED_IN, _HOW)
    sessions = tuple(replace(each, gates=_gates(each.gates, problem, entry)) for each in live.sessions)
    return replace(
        diagnosis,
        live=replace(live, gates=_gates(live.gates, problem, entry), sessions=sessions),
        unknown=_merged(diagnosis.unknown, problem, entry),
        closure=_closure(diagnosis.closure, problem),
        anchors=tuple(replace(each, reason=_without(each.reason, problem)) for each in diagnosis.anchors),
    )


def _gates(gates: tuple[GateVerdict, ...], problem: CredentialsProblem, entry: Missing) -> tuple[GateVerdict, ...]:
    return tuple(_gate(verdict, problem, entry) for verdict in gates)


def _gate(verdict: GateVerdict, problem: CredentialsProblem, entry: Missing) -> GateVerdict:
    missing = _merged(verdict.missing, problem, entry)
    alone = bool(verdict.missing) and all(_is_for(each, problem) for each in verdict.missing)
    if verdict.verdict is Verdict.UNKNOWN and alone:
        return replace(verdict, reason=f"Not read: {NOT_SIGNED_IN}.", missing=missing)
    return replace(verdict, reason=_without(verdict.reason, problem), missing=missing)


def _closure(closure: Closure | None, problem: CredentialsProblem) -> Closure | None:
    if closure is None:
        return None
    rules = tuple(
        replace(rule, reason=_without(rule.reason, problem), next_step=_without(rule.next_step, problem))
        for rule in closure.rules
    )
    steps = tuple(_without(step, problem) for step in closure.next_steps)
    return replace(closure, sentence=_without(closure.sentence, problem), rules=rules, next_steps=steps)


def _merged(missing: tuple[Missing, ...], problem: CredentialsProblem, entry: Missing) -> tuple[Missing, ...]:
    """Return what lacks, with all that lacks for want of credentials as one entry in the place of the first."""
    ours = [each for each in missing if _is_for(each, problem)]
    if not ours:
        return missing
    first = missing.index(ours[0])
    return (*missing[:first], entry, *(each for each in missing[first:] if not _is_for(each, problem)))


def _is_for(missing: Missing, problem: CredentialsProblem) -> bool:
    return missing.why == problem.sentence.removesuffix(".")


def _without(text: str, problem: CredentialsProblem) -> str:
    return text.replace(problem.sentence, NOT_SIGNED_IN)
