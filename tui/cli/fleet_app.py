"""Open the app on a fleet: one that is read now, or the files of an earlier run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.backend import BackendProblem
from tui.cli.dashboard import open_app_on_fleet
from tui.cli.fleets import CommandLineFleets, around_of
from tui.cli.output import on_a_terminal

if TYPE_CHECKING:
    from tui.backends.fleet.accounts import AwsOptions
    from tui.backends.fleet.targets import FleetOptions
    from tui.fleet_backend import FleetBackend

_NEEDS_A_TERMINAL = "The app needs a terminal."
_INSTEAD = "Leave --app out for text, or see --json-lines and --output."


def open_fleet(asked: FleetOptions, aws: AwsOptions, options: Mapping[str, Any]) -> None:
    """Open the app on a fleet that is read. Raises BackendProblem where no terminal is there, or GitHub cannot be asked."""
    _require_terminal()
    from tui.backends.fleet.shown import ReadFleet

    output, resume = options.get("output"), bool(options.get("resume"))
    if resume and output is None:
        raise BackendProblem("--resume goes on with a file.", "Name it by --output.")
    fleet = ReadFleet(asked, replace(around_of(options, aws), output=output, resume=resume))
    _open(lambda: fleet, CommandLineFleets(options, aws))


def open_files(places: Sequence[Path]) -> None:
    """Open the app on the files of an earlier run. Raises BackendProblem."""
    _require_terminal()
    from tui.backends.fleet.shown import FileFleet

    _open(lambda: FileFleet(places, around_of({}, None)), CommandLineFleets({}))


def _require_terminal() -> None:
    if not on_a_terminal():
        raise BackendProblem(_NEEDS_A_TERMINAL, _INSTEAD)


def _open(fleet: Callable[[], FleetBackend], fleets: CommandLineFleets) -> None:
    open_app_on_fleet(fleet, fleets)
