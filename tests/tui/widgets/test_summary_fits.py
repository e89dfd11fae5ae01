"""At a glance: whatever the diagnosis and the room, the changes are named or counted, and nothing is cut without a word."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incident_values import diagnosis_of
from live_worlds import WORLDS, diagnosis_of_world
from thoroughness import spread

from diagnosis.causes import Cause
from diagnosis.gates import Owner, Plane, Verdict
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import Remediation
from tui.widgets.summary.smallest_change import SHORT_NAMES
from tui.widgets.summary.summary import summary_lines

BASE = diagnosis_of(1)
SIZES = [(78, 8), (96, 12), (84, 12), (108, 43), (78, 4), (40, 6), (60, 2), (78, 1), (30, 20)]
MORE = re.compile(r"\+(\d+) more: 2")


def shown(diagnosis: Diagnosis, width: int, height: int, path: int = 0) -> list[str]:
    return [line.plain for line in summary_lines(diagnosis, path, width, height)]


def joined(lines: list[str]) -> str:
    """The words of the lines without their labels' column, so that a title that goes on in the next line is one text."""
    return " ".join(" ".join(line[9:] if line[:9].strip() in LABELS else line for line in lines).split())


LABELS = {"", "Stopped", "Run", "Now", "Change", "Rerun", "Since", "Closure", *SHORT_NAMES.values()}


def check(diagnosis: Diagnosis, width: int, height: int, path_index: int = 0) -> None:
    lines = shown(diagnosis, width, height, path_index)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    if not diagnosis.paths:
        return
    path, text = diagnosis.paths[path_index], joined(lines)
    # A word that is longer than a line is folded.
    solid = "".join(text.split())
    whole = [
        each for number, each in enumerate(path.remediations, 1) if f"{number}{''.join(each.title.split())}" in solid
    ]
    counted = sum(int(count) for count in MORE.findall(text))
    assert len(whole) + counted == len(path.remediations), text
    owners = {each.owner for each in path.remediations}
    if height < 3 and f"({len(owners)} owners)" in text:
        return
    for owner in owners:
        assert SHORT_NAMES[owner] in "\n".join(lines) or owner.value in text, (owner, lines)


@dataclass(frozen=True)
class Made:
    """What a made-up diagnosis is like; its changes, gates and drift in few letters, so that a failure can be read."""

    changes: tuple[tuple[int, int, bool], ...]
    """Owner, words of the title, whether it tightens."""
    gates: str
    forecast: int
    drift: tuple[int, ...]
    """Words of each."""

    @property
    def diagnosis(self) -> Diagnosis:
        gates = tuple(
            replace(gate, verdict=list(Verdict)[int(digit)])
            for gate, digit in zip(BASE.paths[0].gates, self.gates, strict=True)
        )
        changes = tuple(_change(place, *each) for place, each in enumerate(self.changes))
        drift = tuple(
            Drift(DriftKind.ROLE_CHANGED, 1, 1, f"Changed: {' '.join(['word'] * words)} {number}")
            for number, words in enumerate(self.drift)
        )
        path = replace(BASE.paths[0], remediations=changes, gates=gates)
        return replace(BASE, paths=(path, BASE.paths[1]), forecast=BASE.forecast[: self.forecast], drift=drift)


def _change(place: int, owner: int, words: int, tightens: bool) -> Remediation:
    title = " ".join([f"Do{chr(ord('A') + place)}", *(f"word-{'x' * (number * 3)}" for number in range(words))])
    return Remediation(
        f"change-{place}", (Cause.SCP,), Plane.AUTHORIZATION, None, title, "Words.", list(Owner)[owner], "Verify.", (),
        tightens=("It.",) if tightens else (),
    )  # fmt: skip


def diagnoses() -> st.SearchStrategy[Made]:
    owners = st.integers(0, len(Owner) - 1)
    return st.builds(
        Made,
        st.lists(st.tuples(owners, st.integers(0, 5), st.booleans()), min_size=1, max_size=9).map(tuple),
        st.text("0123", min_size=4, max_size=4),
        st.integers(0, len(BASE.forecast)),
        st.lists(st.integers(1, 30), max_size=6).map(tuple),
    )


@given(diagnoses(), st.integers(44, 180), st.integers(1, 50))
def test_every_change_is_named_whole_or_counted_and_each_owner_is_named(made: Made, width: int, height: int) -> None:
    diagnosis = made.diagnosis
    for path in range(len(diagnosis.paths)):
        check(diagnosis, width, height, path)


@given(diagnoses(), st.integers(0, 43), st.integers(0, 12))
def test_no_room_is_too_small(made: Made, width: int, height: int) -> None:
    diagnosis = made.diagnosis
    lines = shown(diagnosis, width, height)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)


@given(diagnoses(), st.integers(60, 180), st.integers(3, 50))
def test_what_is_left_out_is_said_with_the_key_of_its_section(made: Made, width: int, height: int) -> None:
    diagnosis = made.diagnosis
    text = joined(shown(diagnosis, width, height))
    if diagnosis.drift:
        assert diagnosis.drift[0].reason[:12] in text or f"Since +{len(diagnosis.drift)}: 3" in text
        count = next((int(found) for found in re.findall(r"\+(\d+) more: 3", text.partition("Changed:")[2])), 0)
        assert text.count("Changed:") + count == len(diagnosis.drift) or f"Since +{len(diagnosis.drift)}: 3" in text
    assert "Rerun" in "\n".join(shown(diagnosis, width, height))


@given(diagnoses(), st.integers(44, 180), st.integers(1, 50))
def test_as_many_lines_as_were_taken_say_the_same(made: Made, width: int, height: int) -> None:
    diagnosis = made.diagnosis
    lines = shown(diagnosis, width, height)
    assert shown(diagnosis, width, len(lines)) == lines


@pytest.mark.parametrize("name", list(WORLDS))
def test_the_live_worlds_hide_nothing(name: str) -> None:
    diagnosis = diagnosis_of_world(name)
    for width, height in SIZES:
        for path in range(max(1, len(diagnosis.paths))):
            check(diagnosis, width, height, path)


def test_the_order_is_by_weight() -> None:
    labels = [line[:9].strip() for line in shown(diagnosis_of_world("changed since"), 96, 40)]
    order = [label for label in labels if label in ("Run", "Now", "Change", "Rerun", "Since", "Closure")]
    assert order == ["Run", "Now", "Change", "Rerun", "Since", "Closure"]


@pytest.mark.parametrize(("width", "height"), spread([(78, 8), (96, 12), (84, 12)], 1))
def test_five_changes_of_four_owners_are_all_named(width: int, height: int) -> None:
    diagnosis = diagnosis_of_world("five changes")
    lines = shown(diagnosis, width, height)
    assert [line[:9].strip() for line in lines if line[:9].strip() in SHORT_NAMES.values()] == [
        "Platform", "Cloud", "Registry", "Org",
    ]  # fmt: skip
    assert not MORE.search("\n".join(lines))


def test_the_changes_are_the_last_to_give_way() -> None:
    diagnosis = diagnosis_of_world("five changes")
    for height in range(6, 12):
        assert not MORE.search("\n".join(shown(diagnosis, 64, height))), height
    assert shown(diagnosis, 64, 6)[-1].startswith("More     ")
    assert "+3 more: 2 (Registry, Org)" in "\n".join(shown(diagnosis, 64, 5))
