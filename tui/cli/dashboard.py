"""Open the app from the command line. It paints first, then builds the backend on a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.options.repository import live_options, read_case_option
from tui.cli.options.stated import read_stated
from tui.settings import read_settings

if TYPE_CHECKING:
    from tui.backend import Backend


def open_dashboard(options: Mapping[str, Any]) -> None:
    """Open the app for a live repository. Bad options are reported before the app takes the terminal."""
    case = read_case_option(options)
    read_stated(options)
    if not (options.get("repo") or case.repository or options.get("recording")):
        # Asked early: a folder without a repository is a sentence in the terminal, not an empty screen.
        from tui.cli.options.repository import repository_here

        options = {**options, "repo": repository_here(options.get("github_url"))}
    _run(lambda: live_backend(live_options(options, case), case), options.get("refresh"))


def open_demo(moment: str, incident: str = "release") -> None:
    """Open the app on an embedded incident."""
    _run(lambda: embedded_backend(moment, incident))


def _run(factory: Callable[[], Backend], refresh_seconds: float | None = None) -> None:
    from tui.app import PlanescopeApp

    settings = read_settings()
    at_an_interval: dict[str, Any] = (
        {"refresh_seconds": refresh_seconds, "always_refresh": True} if refresh_seconds else {}
    )
    app = PlanescopeApp(factory, theme=settings.theme, keys=settings.keys, **at_an_interval)
    app.run()
    if app.return_code:
        raise BackendProblem("The dashboard ended early.", "Its message stands above.", app.return_code)
