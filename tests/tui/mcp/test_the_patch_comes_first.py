"""The proved patch is whole in the first answer whenever it fits the limit at all, and nothing else takes its room."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_worlds import WORLDS, diagnosis_of_world
from thoroughness import some

from diagnosis.documents import diagnosis as diagnosis_document
from diagnosis.documents.json_values import Object
from tui.mcp import schemas
from tui.mcp.bounds import at, size_of
from tui.mcp.fix import FIX, fix_object, without_patches
from tui.mcp.foreign_text import Marker, Marking
from tui.mcp.result import LARGEST_LIMIT, SMALLEST_LIMIT, Answer, Kept, bounded
from tui.mcp.telling import told_of_diagnosis

PATCHES = ("aws_cli", "terraform", "cloudformation")
_REST = 3000
"""Characters of an answer that no patch takes: its head, one sentence, who changes what, and what is named as left out."""


def patches(path: Any) -> list[tuple[int, str, Any]]:
    return [
        (number, name, change[name])
        for number, change in enumerate(path["changes"])
        for name in PATCHES
        if change.get(name)
    ]


def check(answer: Answer, limit: int) -> None:
    kept = Kept()
    made: Any = bounded(answer, kept, limit, ("forecast", "unknown"))
    assert size_of(made) <= limit
    assert list(made)[:2] == ["schema", "answer"]
    assert made["answer"]
    whole: Any = answer.fix
    if not whole["paths"]:
        return
    wanted = patches(whole["paths"][0])
    given = [each for each in patches(made["fix"]["paths"][0]) if each in wanted]
    if sum(size_of(text) for _, _, text in wanted) + _REST <= limit:
        assert given == wanted
    if given != wanted or any(
        "left_out" in (change.get("difference") or {}) for change in made["fix"]["paths"][0]["changes"]
    ):
        # Nothing that may wait was given instead.
        assert len(made["fix"]["paths"]) == 1
        assert size_of(made["document"]) <= limit // 4
    # A patch is there whole or not at all, and what is missing is named and can be read.
    for number, name, text in wanted:
        if (number, name, text) not in given:
            assert made["fix"]["paths"][0]["changes"][number][name]["foreign_text"] == ""
            place = f"fix/paths/0/changes/{number}/{name}"
            assert place in [each["path"] for each in made["left_out"]]
            held = kept.get(made["result"])
            assert held is not None
            assert at(held[0], place) == text
    # A later path names the place of a change that an earlier one holds.
    for path in made["fix"]["paths"][1:]:
        for change in path["changes"]:
            if "same_as" in change:
                there = made["fix"]["paths"][change["same_as"]["path"]]["changes"][change["same_as"]["change"]]
                assert there["id"] == change["id"]
            else:
                assert set(PATCHES) & set(change)


def of_world(world: str) -> Answer:
    diagnosis, marker = diagnosis_of_world(world), Marker()
    fix = fix_object(diagnosis)
    return Answer(
        told_of_diagnosis(diagnosis, fix, marker),
        1,
        marker,
        Marking().of_document(
            without_patches(diagnosis_document.document(diagnosis)), schemas.published("diagnosis-1")
        ),
        Marking().of_document(fix, FIX),
        "planescope://schemas/diagnosis-1",
    )


@pytest.mark.parametrize("world", some(["five changes", *(each for each in WORLDS if each != "five changes")], 2))
def test_the_first_path_of_a_world_is_whole_before_anything_else_is_given(world: str) -> None:
    answer = of_world(world)
    for limit in (*range(SMALLEST_LIMIT, 20_000, 2300), LARGEST_LIMIT):
        check(answer, limit)


def text(most: int) -> st.SearchStrategy[Object]:
    return st.integers(0, most).map(lambda size: {"foreign_text": ("ab\n" * size)[:size]})


texts = st.lists(text(600), max_size=40)
changes = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.just("a-change"),
            "owner": st.just("cloud security / IAM"),
            "title": text(200),
            "words": text(3000),
            "warnings": texts,
            "difference": text(9000),
            "aws_cli": text(9000),
        }
    ),
    min_size=1,
    max_size=5,
)
paths = st.lists(
    st.fixed_dictionaries(
        {
            "proof": st.just("proved"),
            "title": text(300),
            "proves": text(300),
            "not_covered": texts,
            "newly_admits": texts,
            "takes_away": texts,
            "changes": changes,
        }
    ),
    max_size=3,
)


@given(
    paths,
    st.lists(st.text("a ", min_size=1, max_size=800), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(["forecast", "unknown", "live"]), texts),
    st.integers(SMALLEST_LIMIT, LARGEST_LIMIT),
)
def test_whatever_else_an_answer_holds_its_patch_comes_first(
    offered: list[Any], sentences: list[str], document: Any, limit: int
) -> None:
    check(Answer(tuple(sentences), 1, Marker(), document, {"paths": offered, "not_offered": []}), limit)
