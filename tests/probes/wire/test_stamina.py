"""How long a server is waited for in all: only while somebody waits, more for one that answers, and then no longer."""

from __future__ import annotations

import pytest

from probes.wire.stamina import Exhausted, Stamina


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_waiting_uses_it_up_once_for_all_who_wait_together(clock: Clock) -> None:
    stamina = Stamina(10, 1, timer=clock)
    with stamina.waiting(), stamina.waiting():
        clock.now += 9
        stamina.check()
        clock.now += 2
        with pytest.raises(Exhausted, match="10 seconds in all"):
            stamina.check()
    with pytest.raises(Exhausted), stamina.waiting():
        raise AssertionError("nobody is asked any more")


def test_whole_answers_and_bytes_give_it_back_but_not_more_than_there_was(clock: Clock) -> None:
    stamina = Stamina(10, 1, bytes_a_second=1000, timer=clock)
    for _ in range(100):
        with stamina.waiting():
            clock.now += 1
        stamina.answered()
    assert stamina.left() == 10
    with stamina.waiting():
        for _ in range(100):
            clock.now += 1
            stamina.received(1000)
    assert stamina.left() == 10


def test_an_answer_a_little_too_slow_each_time_is_given_up_at_last(clock: Clock) -> None:
    stamina = Stamina(10, 1, timer=clock)
    for _ in range(5):
        with stamina.waiting():
            clock.now += 3
        stamina.answered()
    with pytest.raises(Exhausted):
        stamina.check()


def test_time_in_which_nobody_waits_gives_it_back(clock: Clock) -> None:
    stamina = Stamina(10, 1, timer=clock)
    with stamina.waiting():
        clock.now += 12
    clock.now += 1
    with pytest.raises(Exhausted):
        stamina.check()
    clock.now += 5
    stamina.check()
    assert stamina.left() == 4


def test_two_slow_servers_that_are_asked_by_turns_are_waited_for_little_longer_than_each_alone(clock: Clock) -> None:
    servers = Stamina(50, 0.25, timer=clock), Stamina(45, 0.25, timer=clock)
    for _ in range(5):
        for stamina in servers:
            if stamina.left() > 0:
                with stamina.waiting():
                    clock.now += min(30, stamina.left())
    assert clock.now < 150
    clock.now += 600
    assert [stamina.left() for stamina in servers] == [50, 45]


def test_a_pause_gives_nothing_back_and_takes_what_it_is_said_to_cost(clock: Clock) -> None:
    stamina = Stamina(10, 1, timer=clock)
    stamina.spend(4)
    with stamina.paused():
        clock.now += 100
    assert stamina.left() == 6
