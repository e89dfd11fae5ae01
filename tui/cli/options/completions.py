"""What a shell completes for options that take a name of the user's own: repositories opened before, AWS profiles."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,120}")
"""What a shell takes for one word as it stands: its script puts completions unquoted into the line."""
_MOST_BYTES = 1_000_000
_FILES = (
    ("AWS_CONFIG_FILE", "~/.aws/config", "profile "),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", ""),
)


def repositories(_ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the repositories that the dashboard remembers, the last one first."""
    from tui.remembered import Remembered, remembered_path

    names = [name.partition("/")[2] for name in Remembered(remembered_path()).repositories]
    return _offered(names, begun)


def profiles(_ctx: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Return the profiles of the AWS configuration."""
    names: list[str] = []
    for variable, usual, prefix in _FILES:
        names += [
            section.removeprefix(prefix).strip()
            for section in _sections(os.environ.get(variable) or usual)
            if section == "default" or section.startswith(prefix)
        ]
    return _offered(names, begun)


def _sections(place: str) -> list[str]:
    import configparser

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="\0")
    try:
        path = Path(place).expanduser()
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", errors="replace") as file:
            parser.read_string(file.read(_MOST_BYTES))
    except (OSError, RuntimeError, ValueError, configparser.Error):
        return []
    return parser.sections()


def _offered(names: list[str], begun: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(begun) and _PLAIN.fullmatch(name)]
