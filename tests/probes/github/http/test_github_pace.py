"""The throttle and the waiting, against a clock of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from probes.github.http.errors import Cancelled, RateLimited
from probes.github.http.pace import LONGEST_WAIT, Pace, RateLimit, Watch
from probes.github.http.transport import Answer

START = datetime(2026, 5, 1, 10, tzinfo=UTC)
HOUR = int(START.timestamp())


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def timer(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def pace_of(clock: Clock, **options: object) -> Pace:
    return Pace(clock=clock.now, timer=clock.timer, sleep=clock.sleep, **options)


def test_any_minute_stays_below_githubs_secondary_limit() -> None:
    clock = Clock()
    pace = pace_of(clock)
    moments = []
    for _ in range(2000):
        pace.turn(Watch())
        moments.append(clock.seconds)
    most = max(sum(start <= moment < start + 60 for moment in moments) for start in moments[::50])
    assert most <= 900
    assert moments[400] == 0, "a usual piece of work is not slowed down"


def test_a_server_on_this_machine_is_not_throttled() -> None:
    clock = Clock()
    pace = pace_of(clock, throttled=False)
    for _ in range(2000):
        pace.turn(Watch())
    assert clock.seconds == 0


@pytest.mark.parametrize(
    ("why", "headers", "seconds"),
    [
        ("secondary rate limit", {"retry-after": "30"}, 30),
        ("secondary rate limit", {}, 60),
        ("secondary rate limit", {"retry-after": "soon"}, 60),
        ("secondary rate limit", {"retry-after": "-5"}, 60),
        ("primary rate limit", {"x-ratelimit-reset": str(int(START.timestamp()) + 20)}, 21),
        ("primary rate limit", {"x-ratelimit-reset": str(int(START.timestamp()) - 20)}, 0),
        ("primary rate limit", {"x-ratelimit-reset": "never"}, 60),
        ("secondary rate limit", {"x-ratelimit-reset": str(int(START.timestamp()) + 3000)}, 60),
    ],
)
def test_a_limit_is_waited_out_for_as_long_as_github_says(why: str, headers: dict[str, str], seconds: float) -> None:
    clock = Clock()
    pace = pace_of(clock)
    pace.limit_reached(why, headers)
    pace.turn(Watch())
    assert clock.seconds == pytest.approx(seconds, abs=0.01)


def test_a_limit_too_long_to_wait_fails_at_once_and_until_it_ends() -> None:
    clock = Clock()
    pace = pace_of(clock, max_wait=65.0)
    pace.limit_reached("primary rate limit", {"x-ratelimit-reset": str(int(START.timestamp()) + 600)})
    for _ in range(2):
        with pytest.raises(RateLimited, match="until 10:10:01 UTC") as caught:
            pace.turn(Watch())
    assert caught.value.until == START + timedelta(seconds=601)
    assert clock.seconds == 0
    clock.seconds = 602
    pace.turn(Watch())


def test_waiting_can_be_cancelled_between_the_seconds() -> None:
    clock = Clock()
    pace = pace_of(clock)
    pace.limit_reached("secondary rate limit", {"retry-after": "60"})
    with pytest.raises(Cancelled):
        pace.turn(Watch(cancelled=lambda: clock.seconds > 3))
    assert clock.seconds < 4


@pytest.mark.parametrize("header", ["9" * 400, "99999999999999999999", "1e9"])
def test_an_absurd_header_is_no_crash(header: str) -> None:
    pace = pace_of(Clock())
    pace.limit_reached("secondary rate limit", {"retry-after": header})
    pace.limit_reached("primary rate limit", {"x-ratelimit-reset": header})


def told(remaining: object, reset: object = None, **more: str) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": f"{remaining}",
        "x-ratelimit-reset": f"{reset or HOUR + 3_600}",
        **more,
    }


def test_what_is_left_is_the_least_that_was_told_within_the_hour() -> None:
    pace = pace_of(Clock(), throttled=False)
    assert pace.left is None
    for remaining in (4_990, 4_985, 4_988):
        pace.seen(told(remaining))
    assert pace.left == RateLimit(5_000, 4_985, datetime.fromtimestamp(HOUR + 3_600, UTC))
    pace.seen(told(4_999, HOUR + 7_200))
    assert pace.left is not None
    assert pace.left.remaining == 4_999, "another hour"
    pace.seen(told(3, HOUR - 60))
    assert pace.left.remaining == 4_999, "an answer of an hour that is over came late"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        told(7, **{"x-ratelimit-resource": "search"}),
        told("many"),
        told(-1),
        told("9" * 40),
        {"x-ratelimit-remaining": "7"},
    ],
)
def test_headers_that_say_nothing_of_this_limit_are_left_aside(headers: dict[str, str]) -> None:
    pace = pace_of(Clock(), throttled=False)
    pace.seen(headers)
    assert pace.left is None


def test_with_nothing_left_the_next_request_waits_without_being_refused_first() -> None:
    clock = Clock()
    pace = pace_of(clock, throttled=False)
    pace.seen(told(0, HOUR + 30))
    shown: list[tuple[str, int, int]] = []
    pace.turn(Watch(progress=lambda *step: shown.append(step)))
    assert clock.seconds == pytest.approx(31, abs=0.5)
    assert shown[0] == ("waiting for GitHub's primary rate limit", 0, 31)
    assert shown[-1][1] >= 30


def test_a_limit_of_an_hour_is_not_waited_out() -> None:
    clock = Clock()
    pace = pace_of(clock, throttled=False)
    pace.seen(told(0, HOUR + int(LONGEST_WAIT) + 60))
    with pytest.raises(RateLimited, match="primary rate limit is reached until"):
        pace.turn(Watch())
    assert clock.seconds == 0


def test_the_latest_time_that_answers_tell_is_githubs() -> None:
    pace = Pace()
    assert pace.told_at is None
    for date in (
        "",
        "now",
        "Mon, 01 Jun 2026 12:00:00 +0200",
        "Mon, 99 Jun 2026 12:00:00 GMT",
        "9" * 40,
        "Mon, " * 99 + " GMT",
    ):
        pace.seen({"date": date})
        assert pace.told_at is None, date
    for date in ("Mon, 01 Jun 2026 12:00:00 GMT", "Mon, 01 Jun 2026 11:00:00 GMT"):
        pace.seen({"date": date})
        assert pace.told_at == datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["limit", "remaining", "reset"])
@pytest.mark.parametrize("value", ["9" * 400, "1e999", "inf", "nan", "-1", "", "٣", "12 monkeys", "\x1b[2J"])
def test_a_limit_that_is_no_number_never_reaches_whoever_makes_one_of_it(name: str, value: str) -> None:
    sound = {f"X-RateLimit-{each}": "7" for each in ("Limit", "Remaining", "Reset")}
    told = dict(Answer(200, {**sound, f"x-ratelimit-{name}": value, "Date": value}, "").getheaders())
    assert told["date"] == value
    assert f"x-ratelimit-{name}" not in {key for key, text in told.items() if text != "7"}
    assert all(int(float(text)) == 7 for key, text in told.items() if key.startswith("x-ratelimit-"))
