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
_NAME = rf"(?P<n>{'|'.join((*_LONG, *_MONTHS, 'sept'))})\.?"
_DATES = tuple(
    re.compile(rf"(?<![\w.:/-]){pattern}(?!\d)", re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ .-]{{1,2}}{_NAME},?[ -](?P<y>\d{{4}})",
        rf"{_NAME} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
        r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4})",
    )
)
_COMPACT = re.compile(
    r"(?<![\w.:/-])(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)T(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)?(?!\d)", re.IGNORECASE
)
_BETWEEN = re.compile(r"t|,? {1,3}(?:at )?|_| {0,2}[@|·–—-] {0,2}", re.IGNORECASE)
_TIME = re.compile(
    r"(?P<h>\d{1,2})(?::(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,]\d{1,9})?)?)?(?: ?(?P<half>[ap])\.?m(?![a-y])\.?)?(?!\d)",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"[ (]{0,2}(?:(?P<utc>(?i:utc|gmt))(?P<from_utc> ?[+-]\d{1,2}(?::?\d\d)?)?(?!\w)|(?P<z>[Zz])(?!\w)"
    r"|(?P<offset>[+-]\d\d(?::?\d\d)?)(?![\d:])|(?P<name>[A-Z]{2,5})(?!\w))"
)
_MOST_BEFORE = 40
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
    """Return the times in a text, in its order, each once."""
    text = text[:_LONGEST]
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, WrittenClock]] = []
    for pattern in (_COMPACT, *_DATES):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < until and since < end for since, until in taken):
                continue
            clock = _clock(text, match)
            if clock is not None:
                taken.append((start, end))
                found.append((start, clock))
    by_meaning = {(each.first, each.span, each.offset): each for _, each in sorted(found, key=lambda item: item[0])}
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


def _clock(text: str, date: re.Match[str]) -> WrittenClock | None:
    """Return the clock of a date with the time behind it, else the one before it, else of the day alone."""
    day = _day(date)
    if day is None:
        return None
    start, end = date.span()
    if date.re is _COMPACT:
        return _made(text, (start, end), day, date, _ZONE.match(text, end))
    between = _BETWEEN.match(text, end)
    time = _TIME.match(text, between.end()) if between else None
    if time is not None and _is_time(time):
        return _made(text, (start, time.end()), day, time, _ZONE.match(text, time.end()))
    before = _time_before(text, start)
    if before is not None:
        time, zone = before
        return _made(text, (time.start(), end), day, time, zone)
    return _made(text, (start, end), day, None, None)


def _time_before(text: str, date: int) -> tuple[re.Match[str], re.Match[str] | None] | None:
    """Return the time that stands right before a date, with its zone: ``11:42 UTC, 13 Feb 2026``."""
    for place in range(max(0, date - _MOST_BEFORE), date):
        if place and (text[place - 1].isalnum() or text[place - 1] in ":.-/"):
            continue
        time = _TIME.match(text, place, date)
        if time is None or not _is_time(time):
            continue
        zone = _ZONE.match(text, time.end(), date)
        if text[zone.end() if zone else time.end() : date].strip(" ,)").lower() in ("", "on"):
            return time, zone
    return None


def _is_time(time: re.Match[str]) -> bool:
    """Return whether a number is a time of day: with minutes, or by its half of the day."""
    return bool(time["mi"] or time["half"])


def _made(
    text: str, place: tuple[int, int], day: tuple[int, int, int], time: re.Match[str] | None, zone: re.Match[str] | None
) -> WrittenClock | None:
    read = (0, 0, 0, timedelta(days=1)) if time is None else _time(time.groupdict())
    if read is None:
        return None
    hour, minute, second, span = read
    given = {} if zone is None else {name: value for name, value in zone.groupdict().items() if value is not None}
    offset = _offset(given)
    if offset is not None and offset not in ZONES:
        return None
    try:
        first = datetime(*day, hour, minute, second)  # noqa: DTZ001 - the zone is what is not known
    except ValueError:
        return None
    if not is_usable(first.replace(tzinfo=UTC)) or first.year == 1970:
        # A day is taken off and added; and 1970 is the year of clocks that were never set.
        return None
    end = (
        max(place[1], zone.end())
        if zone is not None and (offset is not None or given.get("name") in _OF_SEVERAL)
        else place[1]
    )
    unclear = given.get("name", "")
    return WrittenClock(text[place[0] : end].strip(), first, span, offset, unclear if unclear in _OF_SEVERAL else "")


def _day(date: re.Match[str]) -> tuple[int, int, int] | None:
    given = date.groupdict()
    year = int(given["y"])
    if "a" in given:
        one, other = int(given["a"]), int(given["b"])
        return next(_either(year, one, other), None) if one > 12 or other > 12 or one == other else None
    month = int(given["m"]) if "m" in given else _MONTHS.index(given["n"][:3].lower()) + 1
    return year, month, int(given["d"])


def _either(year: int, one: int, other: int) -> Iterator[tuple[int, int, int]]:
    """Yield the reading of ``13/02/2026`` or ``02/13/2026``: one of the two is no month."""
    if other <= 12:
        yield year, other, one
    if one <= 12:
        yield year, one, other


def _time(given: dict[str, str | None]) -> tuple[int, int, int, timedelta] | None:
    """Return hour, minute, second, and how exact that is; None for what is no time of day."""
    hour, minute, second = int(given["h"] or 0), given["mi"], given["s"]
    half = (given.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    span = timedelta(seconds=1) if second else timedelta(minutes=1) if minute else timedelta(hours=1)
    return hour, int(minute or 0), int(second or 0), span


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
