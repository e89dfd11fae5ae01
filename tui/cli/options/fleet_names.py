"""The names of owners and repositories that a fleet is made of, as they are typed or stand in a file."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from tui.backend import BackendProblem
from tui.cli.console import printable
from tui.cli.options.repository import NAME

OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})\Z")
_LONGEST = 2_000
"""Characters of an address."""
_LARGEST_LIST = 5_000_000
"""Bytes of a file of repositories."""


def require_name(name: str, hint: str) -> None:
    """Raise click.BadParameter for a text that is no ``OWNER/REPO``."""
    if not NAME.match(name) or len(name) > 200 or any(part.strip(".") == "" for part in name.split("/")):
        raise click.BadParameter(f"{printable(name[:200])!r} is no OWNER/REPO.", param_hint=hint)


def named(text: str, hint: str, github_url: str | None) -> str:
    """Return ``OWNER/REPO`` of a name, or of an address as it is copied. Raises click.BadParameter."""
    from tui.backends.folder_repository import typed_repository

    try:
        name = typed_repository(text[:_LONGEST], github_url).removesuffix(".git")
    except BackendProblem as problem:
        raise click.BadParameter(f"{problem.sentence} {problem.way_out}", param_hint=hint) from None
    require_name(name, hint)
    return name


def names_in(file: Path, github_url: str | None = None) -> Iterable[str]:
    """Yield the repositories that a file lists, one a line; what follows a # is a remark. Raises BackendProblem."""
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as source:
            body = source.read(_LARGEST_LIST + 1)
        if len(body) > _LARGEST_LIST:
            raise BackendProblem(f"{file} is larger than a list of repositories can be.", "Name another file.")
        text = body.decode("utf-8-sig")
    except OSError as error:
        raise BackendProblem(f"{file} cannot be read: {error.strerror or error}.", "Name a file that can.") from None
    except UnicodeDecodeError:
        raise BackendProblem(f"{file} is no text in UTF-8.", "Write one OWNER/REPO a line.") from None
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if name:
            yield named(name, f"--repos, line {number} of {file}", github_url)
