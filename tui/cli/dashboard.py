"""Open the app from the command line. It paints first, then builds the backend on a thread."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from click.exceptions import Exit

from diagnosis.documents.exit_code import ExitCode
from tui import internal_error
from tui.bootstrap import embedded_backend
from tui.cli import ascii_signs
from tui.cli.output import OutputLostError, say
from tui.collector import hold, let_go
from tui.interrupts import GRACE_SECONDS, INTERRUPTS
from tui.problem import BackendProblem
from tui.serve.served import is_served
from tui.settings import read_settings
from tui.terminal_size import terminal_size

if TYPE_CHECKING:
    from tui.backend import Backend
    from tui.fleet_backend import FleetBackend, Fleets
    from tui.remembered import Remembered
    from tui.serve.driver import TabWatch


def open_dashboard(options: Mapping[str, Any]) -> None:
    """Open the app for a live repository. Bad options are reported before the app takes the terminal."""
    from tui.bootstrap import live_backend
    from tui.cli.fleets import CommandLineFleets
    from tui.cli.options.repository import check_typed, live_options, read_case_option
    from tui.cli.options.stated import read_stated
    from tui.cli.setup import CommandLineSetup  # the demo needs none of these

    case = read_case_option(options)
    read_stated(options)
    shared: dict[str, Any] = {
        "refresh_seconds": options.get("refresh"),
        "walkthrough": bool(options.get("walkthrough")),
    }
    if options.get("recording") is not None:
        # What a recording shows is no repository that anybody comes back to, and nothing has to be set up for it.
        _run(lambda: live_backend(live_options(options, case), case), **shared)
        return
    check_typed(options.get("repo"), options.get("github_url"))
    remembered = _remembered()
    setup = CommandLineSetup(options, case, remembered.repositories)

    def build() -> Backend:
        return setup.opened("")()

    _run(
        build,
        remembered=remembered,
        setup=setup,
        begin_with_setup=not setup.is_complete,
        fleets=CommandLineFleets(options),
        **shared,
    )


def open_demo(moment: str, incident: str = "release", *, walkthrough: bool = False) -> None:
    """Open the app on an embedded incident."""
    _run(lambda: embedded_backend(moment, incident), walkthrough=walkthrough)


def open_app_on_fleet(fleet: Callable[[], FleetBackend], fleets: Fleets) -> None:
    """Open the app on a fleet, with no dashboard behind it."""

    def no_dashboard() -> Backend:
        raise BackendProblem("There is no dashboard behind the fleet.", "Open a workflow of it.")

    _run(no_dashboard, fleet=fleet, fleets=fleets)


def _remembered() -> Remembered:
    from tui.remembered import Remembered, remembered_path

    return Remembered(remembered_path() if read_settings().remember else None)


def _run(
    factory: Callable[[], Backend],
    refresh_seconds: float | None = None,
    *,
    remembered: Remembered | None = None,
    **more: Any,
) -> None:
    hold()  # the app lets go as soon as all is imported
    from tui.app import PlanescopeApp
    from tui.lost_terminal import TerminalWatch
    from tui.remembered import Remembered
    from tui.themes import DARK, LIGHT, for_colours

    settings = read_settings()
    at_an_interval: dict[str, Any] = (
        {"refresh_seconds": refresh_seconds, "always_refresh": True} if refresh_seconds else {}
    )
    remembered = remembered or Remembered()
    app = PlanescopeApp(
        factory, theme=settings.theme, keys=settings.keys, remembered=remembered, **at_an_interval, **more
    )
    for theme in (DARK, LIGHT):
        app.register_theme(for_colours(theme, app.console.color_system))
    earlier, stopped = internal_error.kept(), False

    def leave() -> None:
        # In its turn: an app that is told to end while it still builds its first screen fails at that.
        app.call_later(app.exit)

    def stop() -> None:
        # Called in the main thread, between two steps of the app's loop.
        nonlocal stopped
        stopped = True
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon_threadsafe(leave)

    def lost() -> None:
        INTERRUPTS.leave_after(GRACE_SECONDS, ExitCode.OUTPUT)
        leave()

    INTERRUPTS.during(stop)
    try:
        with (_tab_watch() if is_served() else TerminalWatch)(lost) as watch:
            app.driver_class = watch.driver(app.driver_class)
            app.console.size = terminal_size()  # the size that it begins with, which must be the driver's
            # Textual draws to standard error, whatever its encoding.
            with ascii_signs.one_for_each_cell(sys.__stderr__):
                app.run()
    finally:
        let_go()
        INTERRUPTS.during(None)
        remembered.settle()
        _tell_of_corrections(app.timeline.backend if app.timeline else None)
    if stopped:
        raise KeyboardInterrupt
    if watch.gone:
        raise OutputLostError("the terminal went away")
    if internal_error.kept() is not earlier:
        # The terminal is the user's again: the process says it, where it says every such fault.
        raise Exit(ExitCode.INTERNAL)
    if app.return_code:
        raise BackendProblem("The dashboard ended early.", "Its message stands above.", app.return_code)


def _tab_watch() -> type[TabWatch]:
    from tui.serve.driver import TabWatch

    return TabWatch


def _tell_of_corrections(backend: Backend | None) -> None:
    """Say that corrections by hand were not kept, where there is no case file in which they stand."""
    if backend is not None and backend.corrections.made and backend.corrections.file is None:
        made = backend.corrections.made
        what = "A correction of the chain was" if made == 1 else f"{made} corrections of the chain were"
        say(f"planescope: {what} not kept: `w` in the app keeps them in a case file.", err=True)
