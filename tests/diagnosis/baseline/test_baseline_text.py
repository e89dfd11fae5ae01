"""The text of a baseline: what is written is read back, compared with itself it differs in nothing, and mangled it is refused."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from reviewed_states import BASELINES, NOW, baseline
from thoroughness import examples

from diagnosis.baseline.aws_changes import History, aws_changes
from diagnosis.baseline.github_changes import github_changes
from diagnosis.baseline.images import Runs
from diagnosis.baseline.reading import read_baseline
from diagnosis.baseline.review import Review, Seen, review
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import Baseline, ReviewedState
from diagnosis.baseline.written import baseline_text, not_read
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.role_usage import Usage
from diagnosis.findings.finding import Level
from diagnosis.json_members import JsonFault

_NO_TRAIL = History(Unreadable("trail", "not read", "read it"), NOW)


def _reviewed(now: ReviewedState, before: Baseline) -> Review:
    return review(Seen(now, (), _NO_TRAIL.trail, Usage(), Runs(Known(()), NOW), NOW), before)


_QUICK = settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))


@_QUICK
@given(BASELINES)
def test_what_is_written_is_read_back_and_differs_in_nothing(made: Baseline) -> None:
    text = baseline_text(made)
    read = read_baseline(text)
    assert baseline_text(read) == text
    found = (*github_changes(read.state, made.state), *aws_changes(read.state, made.state, _NO_TRAIL))
    assert {each.rule for each in found if each.level is not Level.UNKNOWN} == set()
    # What was beyond the need when it was accepted is a note, whatever else is told.
    assert {each.rule for each in _reviewed(made.state, read).findings if each.level is Level.ERROR} == set()
    # What was not read is not taken for equal, though it was not read on either side.
    assert bool(not_read(made.state)) == any(each.rule is DriftRule.NOT_COMPARED for each in found)


def _mangled(value: Any, rng: random.Random) -> Any:
    """The document with one thing in it replaced, left out or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        if rng.random() < 0.15:
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: _mangled(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return [*value[:at], _mangled(value[at], rng), *value[at + 1 :]]
    return rng.choice([None, True, 0, -1, 10**30, "", "x", [], {}, {"not_read": 1}, {"absent": False}, [[]], {"a": {}}])


@pytest.mark.parametrize("seed", range(examples(160)))
def test_a_mangled_baseline_is_read_or_refused(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same in every run
    for _ in range(10):
        text = json.dumps(_mangled(json.loads(baseline_text(baseline())), rng))
        with contextlib.suppress(JsonFault):
            _reviewed(baseline().state, read_baseline(text))
        cut = text[: rng.randrange(len(text))]
        with contextlib.suppress(JsonFault):
            read_baseline(cut)


@pytest.mark.parametrize(
    "text", ['{"a":' * 3000 + "1" + "}" * 3000, "[" * 100_000, '{"schema": NaN}', '{"a": 1, "a": 2}']
)
def test_what_no_writer_writes_is_refused(text: str) -> None:
    with pytest.raises(JsonFault):
        read_baseline(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "planescope.baseline/2"}, "a later release"),
        ({"more": 1}, "`more` is not known"),
        ({"accepted": {"at": "2026-10-01T00:00:00Z", "by": "a", "rationale": " ", "expires": None}}, "rationale"),
        ({"accepted": {"at": "2026-10-01", "by": "a", "rationale": "b", "expires": None}}, "accepted.at"),
        ({"accepted": {"at": "2026-10-01T00:00:00Z", "by": "a", "rationale": "b", "expires": "soon"}}, "no date"),
    ],
)
def test_the_member_at_fault_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(JsonFault, match=words):
        read_baseline(json.dumps({**json.loads(baseline_text(baseline())), **change}))
