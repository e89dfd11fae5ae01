"""Make the fleet that is named in the app, by the options of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.backend import BackendProblem

if TYPE_CHECKING:
    from tui.backends.fleet.accounts import AwsOptions
    from tui.backends.fleet.shown import Around
    from tui.fleet_backend import FleetBackend


class CommandLineFleets:
    """A :class:`tui.fleet_backend.Fleets` by the options of the command line."""

    def __init__(self, options: Mapping[str, Any], aws: AwsOptions | None = None) -> None:
        self._options = options
        self._aws = aws

    def offered(self, repository: str) -> str:
        """Return the owner of a dashboard's repository."""
        parts = [part for part in repository.split("/") if part]
        return parts[-2] if len(parts) > 1 else ""

    def named(self, text: str, *, files: bool) -> Callable[[], FleetBackend]:
        """Return what builds the fleet that was typed. Raises BackendProblem."""
        from tui.cli.options.fleet_names import OWNER, names_in, require_name

        text = text.strip()
        place = Path(text)
        try:
            if OWNER.match(text):
                # A file of such a name is meant by ./NAME.
                return self._read(owners=(text,))
            place = place.expanduser()
            if files and place.exists():
                return self._of_files(place) if _is_of_a_fleet(place) else self._read(names=tuple(names_in(place)))
            require_name(text, "fleet")
        except (click.BadParameter, OSError, ValueError, RuntimeError) as error:
            why = error.message if isinstance(error, click.BadParameter) else getattr(error, "strerror", None) or error
            raise BackendProblem(
                f"This names no fleet: {why}.".replace("..", "."),
                "Type an organization, OWNER/REPO" + (", or a file that is there." if files else "."),
            ) from None
        return self._read(names=(text,))

    def _of_files(self, place: Path) -> Callable[[], FleetBackend]:
        def build() -> FleetBackend:
            from tui.backends.fleet.shown import FileFleet

            return FileFleet((place,), self._around())

        return build

    def _read(self, *, owners: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Callable[[], FleetBackend]:
        def build() -> FleetBackend:
            from tui.backends.fleet.shown import ReadFleet
            from tui.backends.fleet.targets import FleetOptions

            return ReadFleet(FleetOptions(owners=owners, repositories=names), self._around())

        return build

    def _around(self) -> Around:
        return around_of(self._options, self._aws)


def around_of(options: Mapping[str, Any], aws: AwsOptions | None) -> Around:
    """Return how GitHub and AWS are asked, by the options of a command."""
    from tui.backends.fleet.accounts import AwsOptions
    from tui.backends.fleet.shown import Around

    known = aws or AwsOptions(
        profile=options.get("profile"),
        region=options.get("region"),
        allow_http=bool(options.get("allow_http_endpoint")),
        live=not options.get("no_live"),
    )
    return Around(known, options.get("github_url"), not options.get("no_cache"), not options.get("no_logs"))


def _is_of_a_fleet(place: Path) -> bool:
    """Return whether a file, or a folder of files, holds the lines of an earlier run rather than names of repositories."""
    if place.is_dir():
        return True
    with place.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
