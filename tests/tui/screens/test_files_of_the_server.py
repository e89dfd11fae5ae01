"""Who sits at a browser names no file of the machine that serves the app: nothing is read there, nothing written."""

from __future__ import annotations

import inspect
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tui.app import PlanescopeApp
from tui.backend import Backend, BackendProblem
from tui.backends import proposed
from tui.backends.files_of_the_user import named_file
from tui.backends.repository import RepositoryBackend
from tui.screens.dialogs.ask import AskScreen
from tui.screens.timeline import correcting
from tui.serve import served

SET_ASIDE = {"export_packet", "write_handout"}
"""What the screens write aside and hand over as a download, whatever is typed: see tui/screens/downloads.py."""


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_every_way_by_a_name_is_refused_or_set_aside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("aws_secret_access_key = x")
    monkeypatch.setattr(served, "_served", True)
    backend = RepositoryBackend.__new__(RepositoryBackend)
    refused = set()
    for name, method in inspect.getmembers(Backend, inspect.isfunction):
        parameters = [each for each in inspect.signature(method).parameters.values() if each.name != "self"]
        if not any("Path" in str(each.annotation) for each in parameters) or name in SET_ASIDE:
            continue
        given = [secret if "Path" in str(each.annotation) else "{}" for each in parameters]
        with pytest.raises(BackendProblem, match="no file of the machine"):
            getattr(backend, name)(*given)
        refused.add(name)
    assert refused == {"open_document", "save_document", "keep_corrections"}
    assert files(tmp_path) == {"credentials"}


def test_what_is_no_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", str(tmp_path), "/dev/tty", os.devnull):
        with pytest.raises(BackendProblem, match="is no file"):
            proposed.opened_text(Path(name))
    with pytest.raises(BackendProblem, match="cannot be read"):
        proposed.opened_text(Path("-"))  # standard input gives the app its keys
    (tmp_path / "-").write_text("{}")
    assert proposed.opened_text(Path("-")) == "{}"
    with pytest.raises(BackendProblem, match="a user who is not known"):
        named_file(Path("~nobody-of-that-name/x"))


async def test_a_browser_is_told_at_once_and_the_ledger_goes_to_a_new_private_file(
    opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    older = tmp_path / "older"
    older.write_text("older")
    async with opened() as app:
        for name in ("older", "ledger.jsonl"):
            if not isinstance(app.app.screen, AskScreen):
                await app.press("L", "s")
            await app.until(lambda: isinstance(app.app.screen, AskScreen))
            asked = app.app.screen
            asked.query_one(Input).value = name
            await app.pilot.press("enter")
            await app.until(lambda asked=asked: app.app.screen is not asked and not app.app.workers._workers)
        assert older.read_text() == "older"
        saved = tmp_path / "ledger.jsonl"
        assert len(saved.read_text().splitlines()) == len(app.backend.call_rows)
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        assert files(tmp_path) == {"older", "ledger.jsonl"}
        await app.press("escape")

        given: list[str] = []
        monkeypatch.setattr(PlanescopeApp, "is_web", True)
        monkeypatch.setattr(app.app, "deliver_text", lambda stream, *, save_filename: given.append(save_filename))
        await app.press("L", "s")
        assert len(given) == 1
        await app.press("escape")
        correcting.ask_file(app.main, app.main.reader, app.main.diagnosis)
        await app.rest()
        assert app.app.screen is app.main
        assert any("stay closed to a browser" in str(each.message) for each in app.app._notifications)
