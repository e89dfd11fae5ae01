"""Hold the pace of requests: planescope's own throttle, and GitHub's rate limits, which are waited out and shown.

PyGithub's throttle is off (it spaces requests evenly and costs most of the speed). GitHub documents for its secondary
limit 900 points a minute, one for each read. A bucket shared by all threads of one source keeps below it in any minute
and lets a usual piece of work through at full speed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from probes.github.http.errors import Cancelled, RateLimited
from probes.github.http.room import Room
from probes.wire.stamina import Stamina

_BURST = 450.0
_PER_SECOND = 7.5
_SECONDARY_SECONDS = 60.0
"""GitHub's advice where it names no time."""
WAITING = "waiting for GitHub's "
"""How a countdown begins; which limit it is follows."""
_LONGEST_SILENCE = 10_000_000
LONGEST_WAIT = 60.0
"""Seconds, which is what GitHub advises where it names no time. Whoever waits sees the countdown and can stop it."""
RECORDING_WAIT = 900.0
"""The same for a long piece of work that nobody looks at, such as a recording of many runs."""
_ANSWERS_SECONDS = 20.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"[A-Z][a-z]{{2}}, ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) ([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}}) GMT"
)
_OF_A_WAIT = 0.5
"""How much of a rate limit that was waited out counts as waiting for GitHub."""
_AN_ANSWER_SECONDS = 0.25


def never() -> bool:
    """Answer False: the cancel hook of work that nobody cancels."""
    return False


def silent(what: str, done: int, total: int) -> None:
    """Do nothing: the progress hook of work that nobody watches."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who waits for an answer: the cancel hook, looked at between requests, the progress hook, and what all may weigh."""

    cancelled: Callable[[], bool] = never
    progress: Callable[[str, int, int], None] = silent
    room: Room = field(default_factory=Room)

    def check(self) -> None:
        """Raise Cancelled if the user gave up."""
        if self.cancelled():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What GitHub said last about its primary rate limit."""

    limit: int
    """Requests an hour."""
    remaining: int
    resets_at: datetime | None = None


class Pace:
    """The pace of one source's requests, shared by all its threads.

    ``max_wait`` is the longest rate limit, in seconds, that is waited out; a longer one fails at once, and so does
    every later request until the limit ends: GitHub punishes those who go on asking. A server on this machine needs
    no throttle.
    """

    def __init__(
        self,
        *,
        max_wait: float = LONGEST_WAIT,
        anonymous: bool = False,
        throttled: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._max_wait = max_wait
        self.stamina = Stamina(max_wait * _OF_A_WAIT + _ANSWERS_SECONDS, _AN_ANSWER_SECONDS, timer=timer)
        """How long GitHub is waited for with all its answers together, rate limits included."""
        self._anonymous = anonymous
        self._throttled = throttled
        self._clock = clock
        self._timer = timer
        self._sleep = sleep
        self._lock = Lock()
        self._tokens = _BURST
        self._filled_at = timer()
        self._closed_until: datetime | None = None
        self._waited_until: datetime | None = None
        self._closed_why = ""
        self._left: RateLimit | None = None
        self._told_at: datetime | None = None

    @property
    def told_at(self) -> datetime | None:
        """Return the latest time at which an answer was sent, by GitHub's own clock; None before the first that tells."""
        with self._lock:
            return self._told_at

    @property
    def left(self) -> RateLimit | None:
        """What is left of the primary rate limit; None before the first answer that tells."""
        with self._lock:
            return self._left

    def seen(self, headers: Mapping[str, str]) -> None:
        """Note what an answer's headers (names in lower case) tell: the time, and about the primary rate limit.

        Answers overtake each other, so within one hour the smallest number counts. When nothing is left, the next
        request waits, without being refused first.
        """
        told_at = _moment(headers.get("date", ""))
        if told_at is not None:
            with self._lock:
                # An answer that overtook another, or that a proxy has kept, is of an earlier time.
                self._told_at = told_at if self._told_at is None else max(self._told_at, told_at)
        if headers.get("x-ratelimit-resource", "core") != "core":
            return
        limit, remaining, reset = (
            whole_number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset")
        )
        if limit is None or remaining is None:
            return
        resets_at = datetime.fromtimestamp(reset, UTC) if reset is not None else None
        with self._lock:
            known = self._left
            if known is not None and known.resets_at == resets_at:
                remaining = min(remaining, known.remaining)
            elif known is not None and resets_at is not None and resets_at <= self._clock():
                return  # overtaken: of an hour that is over
            self._left = RateLimit(limit, remaining, resets_at)
        if remaining == 0 and resets_at is not None and resets_at > self._clock():
            self.limit_reached("primary rate limit", headers)

    def turn(self, watch: Watch) -> None:
        """Wait for this request's turn. Raises Cancelled, or RateLimited while GitHub wants no requests."""
        watch.check()
        with self._lock:
            until, why = self._closed_until, self._closed_why
        if until is not None:
            left = (until - self._clock()).total_seconds()
            if left > self._max_wait:
                raise self._limited(why, until)
            if left > 0:
                self._wait_out(left, why, until, watch)
        if self._throttled:
            self.wait(self._take(), "", watch)

    def limit_reached(self, why: str, headers: Mapping[str, str], *, final: bool = False) -> None:
        """Note that GitHub asked for silence, and for how long: ``Retry-After``, else the reset time, else a minute.

        Raises RateLimited if ``final``: this request has waited already.
        """
        until = _until(headers, self._clock(), primary=why.startswith("primary"))
        with self._lock:
            if self._closed_until is None or until > self._closed_until:
                self._closed_until, self._closed_why = until, why
        if final:
            raise self._limited(why, until)

    def wait(self, seconds: float, what: str, watch: Watch) -> None:
        """Sleep in short pieces, showing the countdown if ``what`` is said. Raises Cancelled."""
        total = max(int(seconds + 0.999), 1)
        end = self._timer() + seconds
        while (left := end - self._timer()) > 0:
            watch.check()
            if what:
                watch.progress(what, total - max(int(left + 0.999), 0), total)
            self._sleep(min(left, 0.25))

    def _wait_out(self, seconds: float, why: str, until: datetime, watch: Watch) -> None:
        """Wait a rate limit out, as long as GitHub may be waited for at all."""
        with self._lock:
            # All threads wait for one end together.
            cost = seconds * _OF_A_WAIT if until != self._waited_until else 0.0
            if cost > self.stamina.left():
                raise self._limited(why, until)
            self.stamina.spend(cost)
            self._waited_until = until
        with self.stamina.paused():
            self.wait(seconds, f"{WAITING}{why}", watch)

    def _take(self) -> float:
        """Take one token; the seconds to wait until it would have been there."""
        with self._lock:
            now = self._timer()
            self._tokens = min(_BURST, self._tokens + (now - self._filled_at) * _PER_SECOND)
            self._filled_at = now
            self._tokens -= 1.0
            return max(-self._tokens / _PER_SECOND, 0.0)

    def _limited(self, why: str, until: datetime) -> RateLimited:
        moment = until.astimezone(UTC).strftime("%H:%M:%S UTC")
        how = f"try again after {moment}"
        if self._anonymous:
            how += ", or give a token: its limit is far higher"
        return RateLimited(f"GitHub's {why} is reached until {moment}", how, until, anonymous=self._anonymous)


def _until(headers: Mapping[str, str], now: datetime, *, primary: bool) -> datetime:
    """Return when GitHub may be asked again."""
    after = whole_number(headers.get("retry-after"))
    if after is not None:
        return now + timedelta(seconds=min(after, _LONGEST_SILENCE))
    reset = whole_number(headers.get("x-ratelimit-reset"))
    if primary and reset is not None:
        # One second more: it is not said when within that second the limit ends.
        return datetime.fromtimestamp(reset, UTC) + timedelta(seconds=1)
    return now + timedelta(seconds=_SECONDARY_SECONDS)


def _moment(text: str) -> datetime | None:
    """Return the time of a header ``Date``, if it is one in UTC (RFC 9110: IMF-fixdate)."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        date = (int(year), _MONTHS.index(month) + 1, int(day))
        return datetime(*date, int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None


def whole_number(text: str | None) -> int | None:
    """Return a header's number, if it is one of a sane length."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
