"""Times as people write them: one meaning, whichever the spelling, and the zones in which they can be true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.written_clock import ZONES, clock_of, clocks_in, zones_in_words

_SPELLINGS = (
    "{0:%Y-%m-%d %H:%M}",
    "{0:%Y-%m-%dT%H:%M}",
    "{0:%Y/%m/%d %I:%M %p}",
    "{0:%Y-%m-%d %I:%M%p}",
    "{0:%d %b %Y %H:%M}",
    "{0:%d %B %Y, %H:%M}",
    "{0:%B} {0.day}, {0:%Y} at {0:%I:%M %p}",
    "{0:%d.%m.%Y} {0.hour}:{0:%M}",
    "{0:%H:%M}, {0:%d %b %Y}",
)
_ZONED = (("Z", 0), (" UTC", 0), ("+02:00", 120), (" -0330", -210), (" CET", 60), (" UTC+5:30", 330), (" (GMT)", 0))
START = datetime(2020, 1, 1)  # noqa: DTZ001 - what is written has no zone
_MOMENTS = st.integers(0, 7_000_000).map(lambda number: START + timedelta(minutes=number))


@settings(max_examples=examples(300))
@given(_MOMENTS, st.sampled_from(_SPELLINGS), st.sampled_from(("", "## Entry: ", "- ")))
def test_each_spelling_without_a_zone_means_the_minute_that_was_written_and_no_zone(moment, spelling, before):
    clock = clock_of(f"{before}{spelling.format(moment)} - what was done (v2)")
    assert clock is not None
    assert (clock.first, clock.span, clock.offset) == (moment, timedelta(minutes=1), None)
    assert clock.moment is None
    assert clock.zones == ZONES


@settings(max_examples=examples(300))
@given(_MOMENTS, st.sampled_from(_SPELLINGS[:4]), st.sampled_from(_ZONED))
def test_a_zone_makes_it_one_moment(moment, spelling, zone):
    clock = clock_of(spelling.format(moment) + zone[0])
    assert clock is not None
    assert clock.moment == (moment - timedelta(minutes=zone[1])).replace(tzinfo=UTC)


@settings(max_examples=examples(300))
@given(_MOMENTS, st.integers(-3_000, 3_000), st.integers(0, 2_000))
def test_the_zones_between_two_moments_are_those_in_which_the_clock_lies_there(written, since, length):
    clock = clock_of(f"{written:%Y-%m-%d %H:%M}")
    assert clock is not None
    earliest = (written + timedelta(minutes=since)).replace(tzinfo=UTC)
    latest = earliest + timedelta(minutes=length)
    by_hand = [
        zone
        for zone in ZONES
        if (written - zone).replace(tzinfo=UTC) + timedelta(seconds=59, microseconds=999_999) >= earliest
        and (written - zone).replace(tzinfo=UTC) <= latest
    ]
    assert list(clock.zones_between(earliest, latest)) == by_hand


def test_what_leaves_the_day_open_or_is_no_time_is_no_clock():
    nothing = ("", "11:37", "02/03/2026 11:42", "2026-13-13 11:42", "run 21985402789 v1.2.3", "1.2.3", "2026-02-30")
    assert [text for text in nothing if clocks_in(text)] == []
    assert clock_of("13/02/2026 11:42") == clock_of("13/02/2026 11:42")
    day = clock_of("2026-02-13")
    assert day is not None
    assert not day.names_a_time
    two = clocks_in("2026-02-13 11:42 rerun of 2026-02-12 10:00")
    assert [clock.text for clock in two] == ["2026-02-13 11:42", "2026-02-12 10:00"]
    assert clock_of("2026-02-13 11:42 rerun of 2026-02-12 10:00") is None
    several = clock_of("2026-02-13 11:42 IST")
    assert several is not None
    assert (several.offset, several.zone_written) == (None, "IST")
    assert clock_of("2026-02-13 11:42 CI lane") is not None


def test_zones_are_told_as_runs():
    assert zones_in_words(ZONES) == "UTC-12:00 to UTC+14:00"
    assert zones_in_words((timedelta(),)) == "UTC"
    assert zones_in_words((*ZONES[:2], ZONES[-1])) == "UTC-12:00 to UTC-11:00 or UTC+14:00"
