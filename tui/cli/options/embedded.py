"""The options that choose an embedded incident, and the moment of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

STAGES = ("1", "2", "3")
LATER = "later"

INCIDENTS: dict[str, tuple[str, ...]] = {
    "release": (*STAGES, LATER),
    "services": ("1", "2", "3", "4", "5", "6"),
}
"""The moments of each embedded incident, as ``--stage`` and ``--demo`` name them."""

TOLD = {"release": "3", "services": "4"}
"""The stage of each embedded incident at which its longest chain is complete."""

EVERY_STAGE = ("1", "2", "3", "4", "5", "6", LATER)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def incident_option(text: str) -> Callable[[_Command], _Command]:
    """Return the option ``--incident`` with this help."""
    return click.option(
        "--incident", type=click.Choice(list(INCIDENTS)), default="release", show_default=True, help=text
    )


def check_stage(ctx: click.Context, incident: str, stage: str | None, option: str) -> None:
    """Raise click.BadParameter for a stage that the incident does not have; the message says which it has."""
    if stage is None or stage in INCIDENTS[incident]:
        return
    known = ", ".join(INCIDENTS[incident])
    others = [name for name, stages in INCIDENTS.items() if stage in stages]
    there = f"; `--incident {others[0]}` has {stage}" if others else ""
    wrong = f"{stage!r} is no stage of the incident {incident}, which has {known}{there}."
    raise click.BadParameter(wrong, ctx, param_hint=f"'{option}'")
