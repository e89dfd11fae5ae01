"""The progression: whether one attempt after another is proved to have led to the one publish, and the clocks agree on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from diagnosis.causes import Integrity
from diagnosis.closure.catalogue import CLOCKS_AGREE, PROGRESSION_PROVED, PUBLISH_HAS_PATH
from diagnosis.closure.corrections import left_out_by_hand
from diagnosis.closure.history import NO_TRIAL, utc
from diagnosis.closure.judged_chain import Chain, run_evidence
from diagnosis.closure.stated_clock import span
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.closure import RuleVerdict


def progression_proved(chain: Chain) -> RuleVerdict:
    """Judge whether each attempt can be opened, began after the one before it had ended, and none between them was left out."""
    if not chain.replays:
        return PROGRESSION_PROVED.unknown("No attempts were read.")
    proof = [run_evidence(replay, replay.attempt.conclusion or replay.attempt.status) for replay in chain.replays]
    attempts = [replay.attempt for replay in chain.replays]
    vague = [each for each in attempts if not each.html_url or each.started_at is None or each.updated_at is None]
    if vague:
        return PROGRESSION_PROVED.unknown(f"Of run {vague[0].name} the address, the beginning or the end lacks.", proof)
    for before, after in pairwise(attempts):
        if before.updated_at is not None and after.started_at is not None and after.started_at < before.updated_at:
            return PROGRESSION_PROVED.unknown(
                f"Run {after.name} began at {utc(after.started_at)}, before run {before.name} had ended: "
                "it need not be the answer to it.",
                proof,
            )
    apart = left_out_by_hand(chain.case, attempts)
    if apart:
        return PROGRESSION_PROVED.unknown(
            f"Of {apart[0].what} this chain tells nothing: {apart[0].why}.",
            proof,
            f"Let the chain hold it ({apart[0].how}), or prove closure in a chain without it.",
        )
    gap = _attempt_left_out(attempts)
    if gap:
        return PROGRESSION_PROVED.unknown(f"Attempt {gap} lies between these, and is not in this chain.", proof)
    beside = _runs_beside(chain)
    if beside is None:
        return PROGRESSION_PROVED.unknown(f"Whether a run was left out is not known: {_unread(chain)}.", proof)
    unsettled = next((each for each in beside if _is_unsettled(each)), None)
    if unsettled is not None:
        return PROGRESSION_PROVED.unknown(
            f"How run {unsettled.run_id} of the workflow, on the same ref between these attempts, ended is not known: "
            f"of its attempts the last alone is listed, as {unsettled.conclusion or unsettled.status}.",
            [*proof, _run(unsettled)],
            "Judge the chain with that run in it.",
        )
    failed = [each for each in beside if each.conclusion not in (None, "success", *NO_TRIAL)]
    if failed:
        return PROGRESSION_PROVED.unknown(
            f"Run {failed[0].run_id} of the workflow ended in {failed[0].conclusion} on the same ref between these attempts, "
            "and is not in this chain.",
            [*proof, *map(_run, failed)],
            "Judge the chain with that run in it.",
        )
    return PROGRESSION_PROVED.passes(
        "Each attempt can be opened, began after the one before it had ended, and no failure between them was left out.",
        proof,
    )


def _attempt_left_out(attempts: Sequence[Attempt]) -> str:
    """Return an earlier attempt of a run whose later one is in the chain; of the first run those before it began the chain."""
    numbers: dict[int, int] = {attempts[0].run_id: attempts[0].attempt - 1}
    for each in sorted(attempts, key=lambda attempt: attempt.key):
        before = numbers.get(each.run_id, 0)
        if each.attempt > before + 1:
            return f"{before + 1} of run {each.run_id}"
        numbers[each.run_id] = each.attempt
    return ""


def publish_has_path(chain: Chain) -> RuleVerdict:
    """Judge whether anything of the workflow succeeded on the closing run's ref before the chain was through."""
    closing = chain.closing
    if closing is None:
        return PUBLISH_HAS_PATH.not_yet()
    earlier = [
        replay.attempt
        for replay in chain.replays[:-1]
        if replay.attempt.conclusion == "success" and replay.attempt.ref == closing.attempt.ref
    ]
    if earlier:
        proof = [_run(each) for each in earlier]
        return PUBLISH_HAS_PATH.fails(
            f"Run {earlier[0].run_id} succeeded on the same ref before the chain was closed: by which path is not judged.",
            proof,
        )
    beside = _runs_beside(chain)
    if beside is None:
        return PUBLISH_HAS_PATH.unknown(f"Whether another run had succeeded before is not known: {_unread(chain)}.")
    others = [each for each in beside if each.conclusion == "success"]
    if others:
        proof = [_run(each) for each in others]
        return PUBLISH_HAS_PATH.unknown(
            f"Run {others[0].run_id} of the workflow succeeded on the same ref while the chain failed, and is not in it.",
            proof,
        )
    return PUBLISH_HAS_PATH.passes("The closing run is the first success since the failures began.")


def _runs_beside(chain: Chain) -> list[Attempt] | None:
    """Return the runs of the workflow on the closing run's ref, of the chain's time, that it leaves out; None if not read."""
    closing, neighbours = chain.replays[-1].attempt, chain.facts.neighbours
    if chain.closing is None or len(chain.replays) == 1:
        return []
    if not isinstance(neighbours, Known):
        return None
    own = {replay.attempt.run_id for replay in chain.replays} | chain.facts.elsewhere
    begin, end = chain.replays[0].attempt.created_at, closing.started_at or closing.created_at
    return [
        each
        for each in neighbours.value
        if each.run_id not in own
        and (each.ref, each.workflow_path.partition("@")[0]) == (closing.ref, closing.workflow_path.partition("@")[0])
        and (begin <= each.created_at < end or (each.attempt > 1 and begin <= (each.started_at or begin) < end))
    ]


def _is_unsettled(beside: Attempt) -> bool:
    """Return whether a run may fail or publish yet, or has in an earlier attempt: a list shows the last one alone."""
    untried = beside.conclusion in (None, *NO_TRIAL)
    return beside.status == "in_progress" or (beside.attempt > 1 and untried)


def _unread(chain: Chain) -> str:
    """Return why the workflow's other runs are not known, as a clause."""
    return f"its other runs were not read ({getattr(chain.facts.neighbours, 'why', 'there are none').rstrip('.')})"


def _run(attempt: Attempt) -> Evidence:
    text = f"run {attempt.run_id} attempt {attempt.attempt} on {attempt.ref}: {attempt.conclusion or attempt.status}"
    return Evidence(EvidenceKind.RUN, text, attempt.html_url, attempt.origin, attempt.started_at)


def clocks_agree(chain: Chain) -> RuleVerdict:
    """Judge whether a stated time contradicts what was recorded."""
    conflicts = [finding for finding in chain.findings if finding.slug == Integrity.CLOCK_CONFLICT]
    if conflicts:
        return CLOCKS_AGREE.fails(conflicts[0].reason, conflicts[0].evidence)
    stated = [change.at for change in chain.case.changes if change.at]
    read = [bounds for text in stated if (bounds := span(text)) is not None]
    loose = sum(first != last for first, last in read)
    if not read:
        more = f" ({len(stated)} stated without a day and a time that can be compared)" if stated else ""
        return CLOCKS_AGREE.passes(f"No time is stated that could contradict the runs{more}.")
    zone = f"; {loose} of them without a zone, compared in every zone" if loose else ""
    return CLOCKS_AGREE.passes(f"None of {len(read)} stated times contradicts the runs or CloudTrail{zone}.")
