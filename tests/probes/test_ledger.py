"""The ledger keeps every call, from any thread, whatever became of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from probes.ledger import Ledger

NOW = datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_a_call_is_timed_and_keeps_its_result() -> None:
    ticks = iter([10.0, 12.5])
    ledger = Ledger(lambda: NOW, lambda: next(ticks))
    with ledger.call(service="iam", operation="GetRole", target="release") as call:
        call.result = "ok"
    (entry,) = ledger.entries()
    assert (entry.service, entry.operation, entry.target, entry.result) == ("iam", "GetRole", "release", "ok")
    assert (entry.started_at, entry.duration) == (NOW, 2.5)


def test_a_call_that_raises_is_entered_all_the_same() -> None:
    ledger = Ledger()
    with pytest.raises(ValueError, match="x"), ledger.call(service="s", operation="o", target="t"):
        raise ValueError("x")
    assert ledger.entries()[0].result == "no result"


def test_a_clock_that_runs_backwards_gives_no_negative_time() -> None:
    ticks = iter([10.0, 9.0])
    ledger = Ledger(lambda: NOW, lambda: next(ticks))
    with ledger.call(service="s", operation="o", target="t"):
        pass
    assert ledger.entries()[0].duration == 0


def test_threads_lose_no_entry() -> None:
    ledger = Ledger()

    def write(number: int) -> None:
        for _ in range(50):
            with ledger.call(service="s", operation="o", target=str(number)) as call:
                call.result = "ok"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(ledger.entries()) == 400
    assert isinstance(ledger.entries(), tuple)
