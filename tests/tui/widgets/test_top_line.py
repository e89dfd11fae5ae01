"""The first line on a narrow screen: what is reconstructed is said, whatever else has to go."""

from __future__ import annotations

from typing import Any

from backend_double import BackendDouble

from tui.widgets.base.top_line import fitting_note

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
