"""Tell what closure asks of GitHub beside the attempts of a chain, so that nothing is read in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from diagnosis.closure.side_channel import pushed_within
from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.replay import Replay

RERUN_FOR = timedelta(days=30)
"""So long a run can be started again: one that is older than the chain may have pushed in its time."""


def neighbours_wanted(replays: Sequence[Replay], account: AccountState | None) -> tuple[datetime, datetime] | None:
    """Return from when to when other runs of the workflow count by their creation; None where closure asks for none.

    Those between the attempts of a chain that is through do, and those that may have pushed an image which no attempt of it did.
    """
    if not _ended(replays):
        return None
    found = [each for each in (_between(replays), _of_the_push(replays, account)) if each is not None]
    return (min(begin for begin, _ in found), max(end for _, end in found)) if found else None


def _between(replays: Sequence[Replay]) -> tuple[datetime, datetime] | None:
    first, last = replays[0].attempt, replays[-1].attempt
    if last.conclusion != "success" or len(replays) == 1:
        return None
    return first.created_at, max(first.created_at, last.started_at or last.created_at)


def _of_the_push(replays: Sequence[Replay], account: AccountState | None) -> tuple[datetime, datetime] | None:
    if account is None or not isinstance(account.image, Known):
        return None
    image = account.image.value
    first = replays[0].attempt
    if image.pushed_at is None or image.pushed_at < min(first.created_at, first.started_at or first.created_at):
        return None
    if any(pushed_within(replay.attempt, image) for replay in replays):
        return None
    return first.created_at - RERUN_FOR, image.pushed_at


def commits_wanted(replays: Sequence[Replay]) -> tuple[tuple[Attempt, Attempt], ...]:
    """Return the neighbouring attempts that ran on different commits; none before the chain has ended in a success."""
    if not _ended(replays) or replays[-1].attempt.conclusion != "success":
        return ()
    pairs: dict[tuple[str, str], tuple[Attempt, Attempt]] = {}
    for before, after in pairwise(replay.attempt for replay in replays):
        if before.head_sha != after.head_sha:
            pairs.setdefault((before.head_sha, after.head_sha), (before, after))
    return tuple(pairs.values())


def _ended(replays: Sequence[Replay]) -> bool:
    return bool(replays) and all(replay.attempt.conclusion is not None for replay in replays)
