"""The screens of the app, each with the keys that open it from the main one."""

from __future__ import annotations

from typing import Any

from backend_double import PROBLEM
from textual.screen import Screen

from tui.screens.account.screen import AccountScreen
from tui.screens.compare import CompareScreen
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.choose import ChooseScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.fleet.screen import FleetScreen
from tui.screens.help import HelpScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.log.screen import LogScreen
from tui.screens.start.screen import StartScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.screens.walkthrough.screen import WalkthroughScreen

OPENED_BY: dict[type[Screen[Any]], tuple[str, ...]] = {
    TimelineScreen: (), CompareScreen: ("a",), LedgerScreen: ("L",), LogScreen: ("v",), HelpScreen: ("question_mark",),
    ExportScreen: ("e",), ExportedScreen: ("e", "enter"), AskScreen: ("plus",), ProblemScreen: ("r",),
    WalkthroughScreen: ("W",), StartScreen: ("S",),
    ChooseScreen: ("B",),
    AccountScreen: ("i",),
    FleetScreen: ("O", "enter"),
}  # fmt: skip
"""The screens that a key opens, and by which keys."""


async def open_screen(app: Any, kind: type[Screen[Any]]) -> None:
    """Open a screen from the main one, and wait until it is there."""
    if kind is ProblemScreen:
        app.backend.problems["diagnose"] = PROBLEM
    await app.pilot.press(*OPENED_BY[kind])
    await app.until(lambda: isinstance(app.app.screen, kind))
    if kind is FleetScreen:
        await app.until(lambda: not app.app.screen.reading)
