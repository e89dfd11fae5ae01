"""A filter says what is wrong with it, completes what is typed, and reads back what it writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backend_double import row_of
from hypothesis import given
from hypothesis import strategies as st

from probes.github.read.runs import STATUSES as TAKEN_BY_GITHUB
from tui.backend import RunQuery
from tui.widgets.runs.filter_help import STATUSES, Completions, fault_of, is_refused
from tui.widgets.runs.run_filter import KEYS, RunFilter, described, parse, with_key


@pytest.mark.parametrize(("text", "words", "refused"), [
    ("", "", False), ("branch:dev status:failure login", "", False), ("status:", "", False),
    ("status:failed", "did you mean failure?", True), ("status:zzzz", "there are failure, success", True),
    ("conclusion:sucess", "did you mean success?", True), ("event:pul_request", "did you mean pull_request?", False),
    ("event:something_new", "", False), ("brnach:x", "did you mean branch?", False), ("https://x", "", False),
    ("created:yesterday", "Write created:2026-01-31", True), ("created:2026-13-01", "Write created:", True),
    ("created:>=2026-01-31", "", False), ("created:2026-01-01..2026-01-31", "", False),
    ("created:2026-01-31T10:00:00Z..2026-01-31T12:00:00+02:00", "", False), ("created:>2026-01-31..x", "Write", True),
    ("branch:a branch:b", "stands there twice", False),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(text: str, words: str, refused: bool) -> None:
    found = fault_of(text)
    assert words in found
    assert bool(words) == bool(found)
    assert is_refused(text) is refused


def test_the_statuses_are_those_that_github_is_asked_with() -> None:
    assert set(STATUSES) == TAKEN_BY_GITHUB


@pytest.mark.parametrize(("text", "completed"), [
    ("br", "branch:"), ("x ac", "x actor:"), ("branch:mig", "branch:migrate-dev"), ("status:fai", "status:failure"),
    ("event:work", "event:workflow_dispatch"), ("workflow:dev", "workflow:dev_min_m1_packaging.yml"),
    ("branch:Fe", 'branch:Fe"'), ("", None), ("branch:dev ", None), ("zz", None), ("branch:zz", None),
    ("workflow:rel", "workflow:release.yml"),
])  # fmt: skip
def test_what_is_typed_is_completed_from_what_was_read(text: str, completed: str | None) -> None:
    known = Completions()
    known.learn([row_of(1), row_of(2), replace(row_of(1), ref='Fe"'), replace(row_of(1), ref="\x1b[2J")])
    known.workflows = ("release.yml",)
    found = known.complete(text)
    assert found is None or found.startswith(text)
    if completed != 'branch:Fe"':
        assert found == completed
    assert "\x1b" not in known.offered("branch:")


_values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, _values)))
def test_any_query_reads_back(values: dict[str, str]) -> None:
    query = RunQuery(**values)
    assert parse(described(query)) == RunFilter(query)


@given(st.text('abch:"\\ #12\n', max_size=30), st.sampled_from(KEYS), st.text(max_size=8))
def test_any_text_is_a_filter_and_takes_another_value_of_a_key(text: str, key: str, value: str) -> None:
    assert getattr(parse(with_key(text, key, value)).query, key) == value
    fault_of(text)
    Completions().complete(text)


def test_a_number_is_that_number_alone() -> None:
    rows = [replace(row_of(1), number=number, title="x", ref="x") for number in (1, 10, 11)]
    assert [row.number for row in rows if parse("#1").admits(row)] == [1]
    assert len([row for row in rows if parse("1").admits(row)]) == 3
