"""The timeline's drawing: words are never clipped, NOW and AFTER FIX never leave, the planes stay apart."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from incident_values import attempt_of, diagnosis_of, replay_of

from diagnosis.gates import GATES, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.widgets.timeline.columns import Cell, Side, columns_of
from tui.widgets.timeline.drawing import LABELS, Drawing, draw, height_of, window_start

WORDS = {verdict.value for verdict in Verdict}


def many(count: int) -> Diagnosis:
    """A diagnosis of very many attempts."""
    one = diagnosis_of(1)
    replays = tuple(
        replay_of(1, attempt_of(1, run_id=1000 + n, run_number=n, branch=f"b{n}")) for n in range(1, count + 1)
    )
    return replace(one, replays=replays, subject=replays[-1])


def drawn(diagnosis: Diagnosis, width: int, cell: Cell, *, start: int = 0, compact: bool = True) -> Drawing:
    columns = columns_of(diagnosis)
    start = window_start(width, len(columns) - 2, cell.column, start)
    return draw(diagnosis, columns, cell, width, start=start, compact=compact, focused=True, path_index=0)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(72, 240), st.data(), st.booleans())
def test_now_and_after_fix_and_the_cursor_are_always_in_view(
    count: int, width: int, data: st.DataObject, compact: bool
) -> None:
    diagnosis = many(count)
    cell = Cell(data.draw(st.integers(0, count + 1)), data.draw(st.integers(0, len(GATES))))
    drawing = drawn(diagnosis, width, cell, start=data.draw(st.integers(0, count)), compact=compact)
    lines = drawing.content.plain.split("\n")
    assert len(lines) == height_of(len(GATES), compact=compact)
    assert max(len(line) for line in lines) <= width
    shown = [index for index, _, _ in drawing.columns]
    assert {count, count + 1, cell.column} <= set(shown)
    assert any("NOW" in line and "AFTER FIX" in line for line in lines)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(72, 240), st.integers(0, 61))
def test_no_verdict_word_is_ever_clipped(count: int, width: int, column: int) -> None:
    drawing = drawn(many(count), width, Cell(min(column, count + 1), 2))
    lines = drawing.content.plain.split("\n")
    for line, row in drawing.rows:
        if row == len(GATES):
            continue
        for _, left, right in drawing.columns:
            words = lines[line][left:right].strip(" ▸┃║").split()
            assert words == ["–"] or (len(words) == 2 and words[1] in WORDS), lines[line]


@settings(deadline=None)
@given(st.integers(0, 72), st.integers(1, 5))
def test_a_width_below_the_least_is_cut_and_survived(width: int, count: int) -> None:
    lines = drawn(many(count), width, Cell(0, 0)).content.plain.split("\n")
    assert max(len(line) for line in lines) <= max(1, width)


def test_all_verdict_words_fit_at_eighty_columns() -> None:
    text = drawn(diagnosis_of(3), 78, Cell(0, 0)).content.plain
    assert "◌ blocked" in text
    assert "✘ fail" in text
    assert "✔ pass" in text


def test_each_plane_has_its_heading_above_its_two_gates_and_a_colour_of_its_own() -> None:
    drawing = drawn(diagnosis_of(1), 100, Cell(0, 0), compact=False)
    lines = drawing.content.plain.split("\n")
    heads = [
        next(i for i, line in enumerate(lines) if line.startswith(word)) for word in ("AUTHENTICATION", "AUTHORIZATION")
    ]
    assert lines[heads[0] + 1].startswith("▌ OIDC trust")
    assert lines[heads[0] + 2].startswith("▌ Role assumption")
    assert lines[heads[1] + 1].startswith("▌ Registry authorization")
    assert lines[heads[1] + 2].startswith("▌ Least privilege")
    assert not lines[heads[1] - 1].strip(" ┃║")
    styles = {str(span.style) for span in drawing.content.spans}
    assert {"bold $plane-authn", "bold $plane-authz"} <= styles


def test_recorded_live_and_modelled_columns_are_set_apart_by_more_than_colour() -> None:
    drawing = drawn(diagnosis_of(2), 100, Cell(0, 0), compact=False)
    first, *_ = drawing.content.plain.split("\n")
    assert first.split() == ["recorded", "recorded", "┃", "live", "║", "modelled"]
    gate_line = drawing.content.plain.split("\n")[drawing.rows[0][0]]
    assert gate_line.count("┃") == 1
    assert gate_line.count("║") == 1


def test_hidden_attempts_are_counted_on_both_sides() -> None:
    diagnosis = many(40)
    text = drawn(diagnosis, 78, Cell(20, 0), start=20).content.plain
    assert "‹ 20 earlier" in text
    assert "17 later ›" in text


def test_the_subject_carries_its_mark_and_now_names_it() -> None:
    text = drawn(diagnosis_of(2, subject=1), 100, Cell(1, 0)).content.plain
    assert "◆#1" in text
    assert "for #1" in text
    assert "◆#2" not in text


def test_a_click_finds_its_cell() -> None:
    drawing = drawn(diagnosis_of(2), 100, Cell(0, 0))
    for line, row in drawing.rows:
        for index, left, right in drawing.columns:
            assert drawing.row_at(line) == row
            assert drawing.column_at(left) == index
            assert drawing.column_at(right - 1) == index
    assert drawing.column_at(LABELS - 1) is None
    assert drawing.row_at(0) is None


def test_without_live_side_or_path_the_columns_say_so_and_never_pass() -> None:
    bare = replace(diagnosis_of(1), live=None, paths=(), forecast=())
    now, after = columns_of(bare)[-2:]
    assert now.side is Side.NOW
    assert now.outcome.verdict is Verdict.UNKNOWN
    assert after.outcome.verdict is Verdict.UNKNOWN
    assert "✔" not in drawn(bare, 100, Cell(0, 0)).content.plain
    nothing_to_fix = columns_of(diagnosis_of(3))[-1]
    assert "nothing to fix" in nothing_to_fix.why_empty
