"""The grants: bounded to what the release needs today, and not widened on the way without a word."""

from __future__ import annotations

import re

from diagnosis.closure.catalogue import ESCALATION_JUSTIFIED, NO_UNDOCUMENTED_WIDENING, SCOPE_BOUNDED
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.other_pushers import other_pushers
from diagnosis.closure.widening import judge_widening, taken_back_on
from diagnosis.facts.case import StatedEscalation
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.assessment import BeyondGrant
from diagnosis.verdicts.closure import RuleVerdict

_IN_A_BUCKET = 2
"""A pattern with fewer slashes before its end is a whole bucket."""


def scope_bounded(chain: Chain) -> RuleVerdict:
    """Judge whether the role is granted no more than the release needs."""
    if chain.live is None:
        return SCOPE_BOUNDED.unknown("The account was not read.")
    verdict = chain.live.at(Gate.LEAST_PRIVILEGE)
    others = other_pushers(chain.live.account) if verdict.verdict is Verdict.PASS else ()
    if others:
        worst = next((each for each in others if not each.conditional), others[0])
        on = " on conditions" if worst.conditional else ""
        reason = f"The repository's own policy lets {worst.who} push{on}: the release is not the only way to publish."
        step = "Name in the repository's policy who has to push, each by its own ARN."
        seen = Verdict.UNKNOWN if worst.conditional else Verdict.FAIL
        return SCOPE_BOUNDED.verdict(seen, reason, [each.evidence for each in others], step)
    beyond = [
        grant
        for grant in chain.live.beyond
        if not _accounted_for(grant, chain) and not _ends_where_releases_differ(grant, chain)
    ]
    if verdict.verdict is Verdict.PASS and beyond:
        # The gate lets exact grants stand as notes, since somebody may need them; closure is proved from what is needed.
        more = f" and {len(beyond[0].actions) - 1} more" if len(beyond[0].actions) > 1 else ""
        where = ", ".join(beyond[0].resources)
        reason = (
            f"{beyond[0].statement} of {beyond[0].policy} grants {beyond[0].actions[0]}{more} on {where}: "
            f"{'what is known needs it on less' if beyond[0].needed_elsewhere else 'no use that is known needs it'}."
        )
        return SCOPE_BOUNDED.unknown(
            reason,
            verdict.evidence,
            "Take it away, or state in the case file who needs it and until when (escalations).",
        )
    return SCOPE_BOUNDED.verdict(verdict.verdict, verdict.reason, verdict.evidence)


def _accounted_for(grant: BeyondGrant, chain: Chain) -> bool:
    """Return whether the case says why a grant stands beyond the need, and that is still in time."""
    today = chain.today
    named = {
        each.grant
        for each in chain.case.escalations
        if each.complete and each.expires and today and today <= each.expires
    }
    return grant.policy in named or set(grant.actions) <= named


def _ends_where_releases_differ(grant: BeyondGrant, chain: Chain) -> bool:
    """Return whether a grant on objects of S3 is wider only from where their keys name this run: the next one has others."""
    closing = chain.closing
    if closing is None or grant.service != "s3" or not grant.needed_elsewhere or grant.all_but:
        return False
    attempt, facts = closing.attempt, closing.facts
    tag = facts.tag.value if facts.tag else None
    sha = attempt.head_sha
    named = [str(attempt.run_id), sha, sha[:7], sha[:8], sha[:12]]
    # A tag without a number (`latest`) stays from release to release.
    named += [
        each for each in (tag, attempt.head_branch if attempt.on_tag else None) if each and re.search(r"\d", each)
    ]
    actions = {action.lower() for action in grant.actions}
    keys = [need.resource for need in closing.needs if need.resource and need.action.lower() in actions]
    return all(any(_opens_at(pattern, key, named) for key in keys) for pattern in grant.resources)


def _opens_at(pattern: str, key: str, named: list[str]) -> bool:
    """Return whether a pattern is a folder and everything in it, whose path, with the key's next name, names the run."""
    folder = pattern.removesuffix("*")
    if not pattern.endswith("/*") or {"*", "?", "$"} & set(folder) or folder.count("/") < _IN_A_BUCKET:
        return False
    path = folder.partition("/")[2] + key.removeprefix(folder).partition("/")[0] if key.startswith(folder) else ""
    return any(name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", path) for name in named)


def no_undocumented_widening(chain: Chain) -> RuleVerdict:
    """Judge what was widened on the way."""
    seen = judge_widening(chain)
    return NO_UNDOCUMENTED_WIDENING.verdict(seen.verdict, seen.reason, seen.evidence, seen.next_step)


def escalation_justified(chain: Chain) -> RuleVerdict:
    """Judge whether each stated escalation has a rationale and an expiry, and was over by then."""
    stated, today = chain.case.escalations, chain.today
    if not stated:
        return ESCALATION_JUSTIFIED.passes("The case states no escalation.")
    proof = [Evidence(EvidenceKind.STATED, _told(each), origin=Origin.STATED) for each in stated]
    short = next((each for each in stated if not each.complete), None)
    if short is not None:
        lacks = " and no ".join(
            name
            for name, there in (("rationale", short.rationale.strip()), ("expiry", short.expires is not None))
            if not there
        )
        return ESCALATION_JUSTIFIED.fails(f"The escalation {short.grant} has no {lacks}.", proof)
    if today is None:
        return ESCALATION_JUSTIFIED.unknown("On which day this is judged is not known.", proof)
    over = next((each for each in stated if each.expires and each.expires < today and not _over(chain, each)), None)
    if over is not None:
        return ESCALATION_JUSTIFIED.fails(
            f"The escalation {over.grant} was to end by {over.expires}; nothing shows that it did.",
            proof,
            "Have it taken back, and release once more; or justify it anew.",
        )
    return ESCALATION_JUSTIFIED.passes("Every stated escalation has a rationale and an expiry, and is in time.", proof)


def _over(chain: Chain, escalation: StatedEscalation) -> bool:
    """Return whether CloudTrail shows that it was taken back by its last day."""
    ended = taken_back_on(chain.account, escalation)
    return ended is not None and escalation.expires is not None and ended <= escalation.expires


def _told(escalation: StatedEscalation) -> str:
    return f"{escalation.grant}: {escalation.rationale or 'no rationale'}, until {escalation.expires or 'no day'}"
