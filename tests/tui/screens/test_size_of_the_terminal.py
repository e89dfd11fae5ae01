"""The app draws itself once for the size that the terminal has, whatever sizes are told, and in whatever order."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from conftest import MEDIUM, Opened
from textual.geometry import Size
from textual.screen import Screen

import tui
from tui.cli.console import text_console
from tui.lost_terminal import TerminalWatch
from tui.screens.present_size import PresentSize
from tui.terminal_size import LARGEST, USUAL, terminal_size


@pytest.mark.parametrize("screen", ["timeline", "help", "palette"])
async def test_a_screen_is_laid_out_for_the_size_of_now_whichever_are_told(
    opened: Callable[..., AbstractAsyncContextManager[Opened]], monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    laid_out: list[Size] = []
    lay_out = Screen._refresh_layout

    def counted(self: Screen[Any], size: Size | None = None, scroll: bool = False) -> None:
        if size is not None:
            laid_out.append(size)
        lay_out(self, size, scroll)

    async with opened() as app:
        if screen != "timeline":
            await app.press({"help": "question_mark", "palette": "ctrl+p"}[screen])
        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        # A screen that is laid out for one of these tells itself so, and goes from one to the other for ever.
        for size in (Size(80, 24), Size(100, 30), Size(80, 24)):
            app.app.screen._screen_resized(size)
        assert laid_out == [Size(*MEDIUM)] * 3


def test_every_screen_is_laid_out_for_the_present_size() -> None:
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name.startswith(("tui.screens", "tui.palette", "tui.app")):
            importlib.import_module(module.name)

    def below(base: type) -> set[type]:
        return {base, *(each for child in base.__subclasses__() for each in below(child))}

    ours = {each for each in below(Screen) if each.__module__.startswith("tui.")}
    assert len(ours) >= 9
    assert {each for each in ours if not issubclass(each, PresentSize)} == set()
    assert all(each.__mro__.index(PresentSize) < each.__mro__.index(Screen) for each in ours)


@pytest.mark.parametrize(
    ("told", "size"),
    [
        (("0", "0"), USUAL), (("1", "1"), (1, 1)), (("65535", "65535"), LARGEST), (("9" * 30, "-1"), (LARGEST[0], USUAL[1])),
        (("x", "\x1b[2J"), USUAL), (("132", "43"), (132, 43)),
    ],
)  # fmt: skip
def test_whatever_size_is_told_a_usable_one_is_taken_by_all(
    told: tuple[str, str], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Driver:
        """Stands for one of Textual's."""

    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((0, 0)))
    monkeypatch.setenv("COLUMNS", told[0])
    monkeypatch.setenv("LINES", told[1])
    assert terminal_size() == size
    with TerminalWatch(lambda: None) as watch:
        driver: Any = watch.driver(Driver)  # type: ignore[arg-type]
        assert driver._get_terminal_size(None) == size
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert 20 <= text_console().width <= LARGEST[0]
