"""The option that names the file of a walkthrough's hand-out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def handout_option(command: _Command) -> _Command:
    """Add ``--handout FILE``."""
    return click.option(
        "--handout",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Print the walkthrough, and write it to FILE (Markdown, account ids masked); nothing that is there is replaced.",
    )(command)
