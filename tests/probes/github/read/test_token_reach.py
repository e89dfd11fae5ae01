"""What of GitHub's headers is taken for a token's facts: only what has their form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.github.read.token_reach import _expiry


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31 23:59:59 UTC", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-31 23:59:59 -0800", datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-8)))),
        ("2026-02-31 23:59:59 UTC", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_the_forms_of_an_expiry(text: str, moment: datetime | None) -> None:
    assert _expiry(text) == moment


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (UTC|[+-]\d{4})", fullmatch=True))
def test_no_header_is_a_fault(text: str) -> None:
    found = _expiry(text)
    assert found is None or found.tzinfo is not None
