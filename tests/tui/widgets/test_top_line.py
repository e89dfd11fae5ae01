"""The first line: what is reconstructed is said on a narrow screen too, and how to sign in where credentials are missing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from backend_double import BackendDouble
from hypothesis import given
from hypothesis import strategies as st
from live_worlds import diagnosis_of_world, live_backend
from rich.console import Console
from thoroughness import spread

from diagnosis.facts.account import CredentialsProblem
from tui.cli.reports.diagnosis import show
from tui.widgets.base.top_line import TopLine, fitting_note

NOTE = "embedded incident: run facts public, logs and account reconstructed"


def test_the_last_clauses_stay_where_the_note_does_not_fit() -> None:
    assert fitting_note(NOTE, 80) == NOTE
    assert fitting_note(NOTE, 60) == "run facts public, logs and account reconstructed"
    assert fitting_note(NOTE, 30) == "logs and account reconstructed"
    assert fitting_note(NOTE, 10) == NOTE
    assert fitting_note("[/red] of 11:40 UTC", 4) == "[/red] of 11:40 UTC"


async def test_eighty_columns_say_what_is_reconstructed(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.origin_note = NOTE
    async with opened(backend, size=(80, 24)) as app:
        first = app.text.splitlines()[0]
        assert "logs and account reconstructed" in first
        assert "stage 1/3" in first
        assert "…/fraud-detection-system" in first


@pytest.mark.parametrize("world", ["no credentials", "expired"])
@pytest.mark.parametrize("size", spread([(80, 24), (120, 40), (60, 20), (200, 60)], 2))
async def test_without_credentials_the_first_line_alone_says_how_to_sign_in(opened: Any, world: str, size: Any) -> None:
    async with opened(live_backend(world), size=size) as app:
        seen = []
        for key in ("1", "2", "3", "4", "5", "right"):
            await app.press(key)
            first, *rest = app.text.splitlines()
            assert "aws sso login" in first
            assert "octo-repo" in first or size[0] < 80
            seen += rest
        problem = app.main.diagnosis.live.account.credentials_problem
        assert not [line for line in seen if problem.sentence in line or "sso login" in line]
        # What is exported has it whole.
        assert all(each.why == problem.sentence for each in app.main.diagnosis.unknown)


@given(
    st.integers(0, 160),
    st.sampled_from(["", "octo-org/octo-repo", "a-very-long-owner/and-a-very-long-repository-name"]),
)
def test_the_way_to_sign_in_is_the_last_to_be_cut(width: int, title: str) -> None:
    problem = CredentialsProblem(
        "the AWS session of this reader has expired (ExpiredToken)", "sign in again (`aws sso login`)"
    )
    line = TopLine()
    line.set_reactive(TopLine.title, title)
    drawn = line.not_signed_in(problem, width).plain
    assert len(drawn) == width
    if width >= len("planescope ✘ aws sso login"):
        assert "aws sso login" in drawn


def test_the_text_report_says_it_in_its_first_line_and_not_again() -> None:
    written = io.StringIO()
    diagnosis = diagnosis_of_world("no credentials")
    show(diagnosis, Console(file=written, width=300))
    first, *rest = written.getvalue().splitlines()
    assert first.startswith("No AWS credentials were found: sign in (`aws sso login`)")
    assert not [line for line in rest if "no AWS credentials" in line or "sso login" in line]
