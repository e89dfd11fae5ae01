"""The chain that is shown: the selected attempt is always in it, however long the chain is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from made_attempts import made_attempt

from diagnosis.closure.chain import LONGEST_CHAIN, chain_of

BEGUN = datetime(2026, 6, 1, 12, tzinfo=UTC)


def attempts(count, conclusion="failure"):
    return [
        made_attempt(run_id=number, conclusion=conclusion, created_at=BEGUN + timedelta(hours=number))
        for number in range(1, count + 1)
    ]


def test_of_a_long_chain_the_latest_attempts_are_shown():
    shown = chain_of(attempts(LONGEST_CHAIN + 5), None)
    assert [attempt.run_id for attempt in shown] == list(range(6, LONGEST_CHAIN + 6))


def test_a_selected_attempt_is_shown_however_early_it_stands():
    shown = chain_of(attempts(LONGEST_CHAIN + 5), (3, 1))
    assert [attempt.run_id for attempt in shown] == list(range(3, LONGEST_CHAIN + 3))
    assert len(chain_of(attempts(LONGEST_CHAIN + 5), (LONGEST_CHAIN, 1))) == LONGEST_CHAIN


def test_an_attempt_that_is_in_no_chain_has_none():
    assert chain_of(attempts(3), (99, 1)) == ()
    assert chain_of([], None) == ()
