"""Read the time that people write into a log or a case file, with or without a zone, and say where on Earth it can be true.

A clock without a zone is no moment: it is one moment in each zone. Nothing here guesses; a spelling that leaves day and
month open (``02/03/2026``) is no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from diagnosis.json_members import is_usable

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_MONTH = rf"(?:{'|'.join((*_LONG, *_MONTHS, 'sept'))})\.?"
_DATE = (
    r"(?P<y1>\d{4})(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})",
    r"(?P<y2>\d{4})(?P<m2>\d{2})(?P<d2>\d{2})(?=T\d)",
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ .-]{{1,2}}(?:of )?(?P<n3>{_MONTH}),?[ -](?P<y3>\d{{4}})",
    rf"(?P<n4>{_MONTH}) (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y4>\d{{4}})",
    r"(?P<d5>\d{1,2})\.(?P<m5>\d{1,2})\.(?P<y5>\d{4})",
    r"(?P<a6>\d{1,2})/(?P<b6>\d{1,2})/(?P<y6>\d{4})",
)
_TIME = (
    r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?(?: ?(?P<half>[ap])\.?m\b\.?)?",
    r"(?P<h2>\d{1,2}) ?(?P<half2>[ap])\.?m\b\.?",
    r"(?P<h3>\d{2})(?P<mi3>\d{2})(?P<s3>\d{2})?",
)
_ZONE = (
    r"(?:[ (]{0,2}(?:(?P<utc>utc|gmt)(?P<from_utc> ?[+-]\d{1,2}(?::?\d{2})?)?\b|(?P<z>z)\b"
    r"|(?P<offset>[+-]\d{2}(?::?\d{2})?)(?![\d:])|(?-i:(?P<name>[A-Z]{2,5})\b)))?"
)
_BETWEEN = r"(?:t|,? {1,3}(?:at )?|_| {0,2}[@|·–—-] {0,2})"
_TIMES = rf"(?:{_TIME[0]}|{_TIME[1]})"
_PATTERNS = tuple(
    re.compile(rf"(?<![\w.:/-]){pattern}", re.IGNORECASE)
    for pattern in (
        *(rf"{date}{_BETWEEN}{_TIMES}{_ZONE}" for date in _DATE),
        rf"{_DATE[1]}t{_TIME[2]}{_ZONE}",
        *(rf"{_TIMES}{_ZONE}(?:,? (?:on )?){date}(?![\d:])" for date in (_DATE[0], *_DATE[2:])),
        *(rf"{date}(?![\d:/.-]\d|\d)" for date in (_DATE[0], *_DATE[2:])),
    )
)
_LONGEST = 2_000

_NAMED = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 60,
    "CET": 60,
    "CEST": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "EDT": -240,
    "PST": -480,
    "PDT": -420,
    "MDT": -360,
    "AKDT": -480,
    "JST": 540,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
}
"""Zones that mean one thing everywhere, in minutes."""
_OF_SEVERAL = frozenset({"AMT", "AST", "BST", "CST", "ECT", "EST", "GST", "IST", "MST", "SST", "WST"})
"""Names of zones that several places have."""

_HALF_HOURS = (-570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765)
ZONES = tuple(timedelta(minutes=each) for each in sorted((*range(-720, 841, 60), *_HALF_HOURS)))
"""The offsets from UTC that clocks on Earth have, from 12 hours behind to 14 ahead."""


@dataclass(frozen=True, slots=True)
class WrittenClock:
    """A time as somebody wrote it."""

    text: str
    first: datetime
    """The earliest moment that it can mean, by the clock on the wall there: without a zone."""
    span: timedelta
    """How long what it names lasts: a second, a minute, a day."""
    offset: timedelta | None = None
    """Of its zone from UTC; None where it names none, or one that several places have."""
    zone_written: str = ""
    """The name of a zone that means several."""

    @property
    def names_a_time(self) -> bool:
        """Whether it tells more than the day."""
        return self.span < timedelta(days=1)

    @property
    def zones(self) -> tuple[timedelta, ...]:
        """The zones in which it may have been written."""
        return ZONES if self.offset is None else (self.offset,)

    def within(self, offset: timedelta) -> tuple[datetime, datetime]:
        """Return the first and the last moment that it can mean in a zone, in UTC."""
        first = (self.first - offset).replace(tzinfo=UTC)
        return first, first + self.span - timedelta(microseconds=1)

    def zones_between(self, earliest: datetime | None, latest: datetime | None) -> tuple[timedelta, ...]:
        """Return the zones in which it can lie between two moments; None leaves a side open."""
        fitting = []
        for offset in self.zones:
            first, last = self.within(offset)
            if (earliest is None or last >= earliest) and (latest is None or first <= latest):
                fitting.append(offset)
        return tuple(fitting)

    @property
    def moment(self) -> datetime | None:
        """The moment in UTC, of a clock with a zone and a time."""
        return None if self.offset is None or not self.names_a_time else self.within(self.offset)[0]


def clocks_in(text: str) -> tuple[WrittenClock, ...]:
    """Return the times in a text, in its order, each once; of a time that can be read in two ways, the longer reading."""
    text = text[:_LONGEST]
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, WrittenClock]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < until and since < end for since, until in taken):
                continue
            clock = _clock(match)
            if clock is not None:
                taken.append((start, end))
                found.append((start, clock))
    by_meaning = {
        (clock.first, clock.span, clock.offset): clock for _, clock in sorted(found, key=lambda each: each[0])
    }
    return tuple(by_meaning.values())


def clock_of(text: str | None) -> WrittenClock | None:
    """Return the time in a text; None where it holds none, or more than one."""
    found = clocks_in(text or "")
    return found[0] if len(found) == 1 else None


def zones_in_words(zones: Sequence[timedelta]) -> str:
    """Return offsets as runs: ``UTC-12:00 to UTC``, each run from the one furthest behind."""
    places = sorted({ZONES.index(zone) for zone in zones if zone in ZONES})
    if not places:
        return " or ".join(_zone(zone) for zone in zones)
    runs: list[list[int]] = [[places[0]]]
    for before, place in pairwise(places):
        if place == before + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return " or ".join(
        _zone(ZONES[run[0]]) if len(run) == 1 else f"{_zone(ZONES[run[0]])} to {_zone(ZONES[run[-1]])}" for run in runs
    )


def _zone(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return "UTC" if not minutes else f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _clock(match: re.Match[str]) -> WrittenClock | None:
    given = {name: value for name, value in match.groupdict().items() if value is not None}
    day = _day(given)
    time = _time(given)
    if day is None or time is None:
        return None
    hour, minute, second, span = time
    offset = _offset(given)
    if offset is not None and offset not in ZONES:
        return None
    try:
        first = datetime(*day, hour, minute, second)  # noqa: DTZ001 - the zone is what is not known
    except ValueError:
        return None
    if not (is_usable((first - timedelta(days=1)).replace(tzinfo=UTC)) and first.year < 9000):
        return None
    unclear = given.get("name", "")
    return WrittenClock(match.group().strip(), first, span, offset, unclear if unclear in _OF_SEVERAL else "")


def _day(given: dict[str, str]) -> tuple[int, int, int] | None:
    for key, value in given.items():
        if key[0] != "y":
            continue
        year, number = int(value), key[1]
        if number == "6":
            one, other = int(given["a6"]), int(given["b6"])
            return next(_either(year, one, other), None) if one > 12 or other > 12 or one == other else None
        month = given.get(f"m{number}")
        named = given.get(f"n{number}", "")[:3].lower()
        return year, int(month) if month else _MONTHS.index(named) + 1, int(given[f"d{number}"])
    return None


def _either(year: int, one: int, other: int) -> Iterator[tuple[int, int, int]]:
    """Yield the reading of ``13/02/2026`` or ``02/13/2026``: one of the two is no month."""
    if other <= 12:
        yield year, other, one
    if one <= 12:
        yield year, one, other


def _time(given: dict[str, str]) -> tuple[int, int, int, timedelta] | None:
    """Return hour, minute, second, and how exact that is; None for what is no time of day."""
    hour = given.get("h") or given.get("h2") or given.get("h3")
    if hour is None:
        return 0, 0, 0, timedelta(days=1)
    minute, second = given.get("mi") or given.get("mi3"), given.get("s") or given.get("s3")
    half = (given.get("half") or given.get("half2") or "").lower()
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            return None
        number = number % 12 + (12 if half == "p" else 0)
    if number > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    span = timedelta(seconds=1) if second else timedelta(minutes=1) if minute else timedelta(hours=1)
    return number, int(minute or 0), int(second or 0), span


def _offset(given: dict[str, str]) -> timedelta | None:
    written = given.get("offset") or given.get("from_utc", "").strip()
    if written:
        digits = written[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        return (1 if written[0] == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes))
    if "z" in given or "utc" in given:
        return timedelta()
    minutes_of = _NAMED.get(given.get("name", ""))
    return None if minutes_of is None else timedelta(minutes=minutes_of)
