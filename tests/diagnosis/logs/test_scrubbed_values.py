"""A decoded answer loses its secrets wherever they stand in it, and nothing else; JSON in a text stays JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.logs.scrubbed_values import MARK, scrub_json_text, scrub_member, scrub_values

TOKEN = "".join(("gh", "p_", "0aB" * 12))
KEY = "".join(("AK", "IA", "ABCDEFGHIJKLMNOP"))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('abc {}[]:,"\\\n', max_size=9)
TEXTS = PLAIN | st.sampled_from((TOKEN, f"a {TOKEN}", f'{{"x": "{KEY}"}}', f'["{TOKEN}'))
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("a", "b", TOKEN)), inner, max_size=3),
    max_leaves=12,
)


def _without_texts(value: Any) -> Any:
    """Return the value with a number in the place of each text, names aside."""
    if isinstance(value, dict):
        return [_without_texts(item) for item in value.values()]
    return [_without_texts(item) for item in value] if isinstance(value, list) else type(value).__name__


@given(VALUES)
@settings(max_examples=examples(200), deadline=None)
def test_no_secret_stays_at_any_place_and_the_shape_is_as_it_was(value: Any) -> None:
    clean = scrub_values(value)
    assert TOKEN not in repr(clean)
    assert KEY not in repr(clean)
    assert _without_texts(clean) == _without_texts(value)
    assert scrub_values(clean) == clean
    text = json.dumps(value)
    assert _without_texts(json.loads(scrub_json_text(text))) == _without_texts(value)


def test_what_is_no_text_and_what_is_used_again_stays_as_it_is() -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    given_value = {"at": at, "n": 1.5, "NextToken": TOKEN, "inner": {"NextToken": TOKEN, "b": TOKEN}}
    clean = scrub_values(given_value, usable=("NextToken",))
    assert clean["at"] is at
    assert clean["NextToken"] == clean["inner"]["NextToken"] == TOKEN
    assert clean["inner"]["b"].startswith(MARK)
    assert given_value["inner"]["b"] == TOKEN


def test_an_escape_hides_nothing_and_everything_around_a_secret_stays_letter_for_letter() -> None:
    hidden = TOKEN.replace("g", "\\u0067")
    text = f'{{\n  "n": 1.10,\n  "Sid": "{hidden}", "n": 2\n}}'
    clean = scrub_json_text(text)
    assert TOKEN not in json.loads(clean)["Sid"]
    assert clean.replace(json.dumps(json.loads(clean)["Sid"]), f'"{hidden}"') == text


def test_a_secret_that_its_name_tells_is_found_in_members_pairs_and_lists() -> None:
    value = "".join(("h7Kq", "92mZ", "x0Lp", "Qv8t"))
    told = {"DB_PASSWORD": value, "tags": [{"Key": "API_TOKEN", "Value": value}], "MY_SECRET": [value, "x"]}
    assert value not in repr(scrub_values(told))
    assert value not in scrub_json_text(json.dumps(told))
    assert scrub_member("title", value) == value


def test_what_is_nested_deeper_than_any_answer_is_left_out_and_no_crash() -> None:
    deep: Any = TOKEN
    for _ in range(5000):
        deep = [deep]
    assert TOKEN not in repr(scrub_values(deep))


def test_evidence_stays() -> None:
    evidence = {
        "subject": "repo:octo-org/shop:ref:refs/heads/main",
        "id": 21985402789,
        "arn": "arn:aws:iam::123456789012:role/release",
        "url": "https://github.com/octo-org/shop/actions/runs/21985402789",
        "digest": f"sha256:{'0a' * 32}",
        "head_sha": "0a" * 20,
        "permissions": {"id-token": "write", "contents": "read"},
    }
    assert scrub_values(evidence) == evidence
