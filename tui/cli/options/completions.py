"""What a shell completes for options that take a name of the user's own: repositories opened before, AWS profiles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,120}")
"""What a shell takes for one word as it stands: its script puts completions unquoted into the line."""


def repositories(_ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the repositories that the dashboard remembers, the last one first."""
    from tui.remembered import Remembered, remembered_path

    names = [name.partition("/")[2] for name in Remembered(remembered_path()).repositories]
    return _offered(names, begun)


def profiles(_ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the profiles of the AWS configuration."""
    from probes.aws.session.configured import profile_names

    return _offered(profile_names(), begun)


def _offered(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(begun) and _PLAIN.fullmatch(name)]
