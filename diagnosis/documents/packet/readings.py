"""How a packet is to be read, and how not: one pair of sentences for each state that a chain may be in.

Both follow from the facts, so that no packet tells the story of another one. A chain that is open, unproven or not
compliant is never told as a closed one.
"""

from __future__ import annotations

from diagnosis.documents.packet.content import ClosureEntry, Facts, Readings
from diagnosis.documents.packet.story import (
    breaches,
    closing,
    ending,
    failed_planes,
    is_closed,
    is_whole,
    opening,
    unproved,
)
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import ClosureStatus, SubjectState
from diagnosis.verdicts.run_end import End

NON_CLAIMS = (
    "It does not certify IAM beyond the boundary of this release workflow.",
    "It does not certify the runtime behaviour of any image.",
    "It does not certify the security posture of other services or organization-wide compliance.",
    "It does not state that no further permission change will be needed when the workflow changes.",
)
AWS_SPECIFIC = (
    "The reasoning (identity first, then permission, each fail-closed) carries over to other clouds; OIDC provider, "
    "trust policy and ECR actions are AWS's own mechanics."
)

_MOST_NAMED = 4
_SEVERAL = 2


def readings_of(facts: Facts) -> Readings:
    """Return the correct and the incorrect reading of these facts."""
    correct = " ".join(part for part in (opening(facts), ending(facts), state_of_chain(facts)) if part)
    return Readings(correct, _incorrect(facts))


def state_of_chain(facts: Facts, *, named: bool = True) -> str:
    """Return what closure says of the chain, and never more than that; ``named``: with the names of rules that do not pass."""
    closure = facts.closure
    if closure is None:
        return "Closure was not judged: nothing here says that the chain is closed."
    if is_whole(facts):
        return "Each was mended within bounds, and every rule of closure is proved: both planes had to be right."
    if is_closed(facts):
        return "Every rule of closure is proved."
    if closure.status is ClosureStatus.NON_COMPLIANT:
        why = " ".join(rule.reason for rule in breaches(facts)[:_MOST_NAMED])
        return f"It is not acceptable as closure. {why}".rstrip()
    if closure.status is ClosureStatus.OPEN or closing(facts) is None:
        step = f" Next: {closure.next_steps[0]}" if closure.next_steps else ""
        return f"The chain is open: it does not end in a run that proves anything closed.{step}"
    return f"That is not closure: {lacking(facts, named=named)}.{_by_subject(closure)}"


def _by_subject(closure: ClosureEntry) -> str:
    """Return for which of several subjects the access gates are closed."""
    if len(closure.subjects) < _SEVERAL:
        return ""
    told = [
        f"{state.value} for {' and '.join(names)}"
        for state in SubjectState
        if (names := [each.subject for each in closure.subjects if each.state is state])
    ]
    return f" The access gates by themselves are {', '.join(told)}."


def lacking(facts: Facts, *, named: bool = True) -> str:
    """Return how many rules do not pass, and with ``named`` the first of them by name."""
    rules = facts.closure.rules if facts.closure else ()
    short = unproved(facts)
    if not short:
        return "the rules do not show it"
    count = f"{len(short)} of {len(rules)} rules do{'es' if len(short) == 1 else ''} not pass"
    if not named:
        return count
    names = "; ".join(f"“{rule.title}”" for rule in short[:_MOST_NAMED])
    more = f"; and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
    return f"{count} ({names}{more})"


def _incorrect(facts: Facts) -> str:
    status = facts.closure.status if facts.closure else None
    end = closing(facts)
    if not facts.attempts:
        return "“Nothing was found, so nothing is wrong.” Nothing was read."
    if is_closed(facts):
        return (
            "“Permissions were added until the pipeline passed”, or “all IAM of the platform is in order now”: the first is "
            "what the rules of closure exclude, the second nobody looked at."
        )
    if end is None:
        return _incorrect_of_a_red_chain(facts, status)
    if status is ClosureStatus.NON_COMPLIANT:
        return "“The last run is green, so it is closed.” Green by a way that the rules forbid is no closure."
    if not failed_planes(facts):
        return "“The gates work, since the run is green.” A gate that has not refused anything is not known to refuse."
    if len(failed_planes(facts)) == 1:
        plane = failed_planes(facts)[0].label
        return (
            f"“Both control planes were put to the test.” Only {plane} has a failure on record; the other was never seen to "
            "refuse."
        )
    return "“The last run is green, so the incident is closed.” Green tells neither the cause nor what was changed."


def _incorrect_of_a_red_chain(facts: Facts, status: ClosureStatus | None) -> str:
    if status is ClosureStatus.NON_COMPLIANT:
        return "“It is merely not finished.” A rule that may never be broken is broken, however the next run ends."
    if facts.attempts[-1].end is End.RUNNING:
        return "“It runs, so it is repaired.” How it ends is not known yet."
    if facts.fix is not None:
        return "“A fix is at hand, so the release works again.” It is a proposal that was judged on a model; no run shows it."
    if facts.now and all(entry.verdict is Verdict.PASS for entry in facts.now):
        return "“Every gate passes today, so it is done.” That is what the account says; no run shows it."
    return "“It is red, so more permissions are needed.” Which gate refused, if any did, decides what has to change."
