"""``planescope schema``: the JSON Schemas of what planescope writes, as published with this version."""

from __future__ import annotations

from importlib import resources

import click

from tui.cli.console import print_json_text
from tui.cli.exit_codes import exit_codes

_SCHEMAS = {
    "diagnosis": 1,
    "what-if": 1,
    "preflight": 1,
    "migration": 1,
    "drift": 1,
    "fleet": 1,
    "conform": 1,
    "policy-lint": 1,
    "policy-admits": 1,
    "explanation": 1,
    "packet": 2,
    "packet-verify": 1,
    "readiness": 1,
}
"""The documents, each with the version of its schema."""


@click.command("schema", epilog=exit_codes(passed="done"))
@click.argument("document", type=click.Choice([*_SCHEMAS]), default=next(iter(_SCHEMAS)), metavar="[DOCUMENT]")
def schema_command(document: str) -> None:
    """Print the JSON Schema of a DOCUMENT, by default of a `diagnosis`; its title names the version."""
    print_json_text(
        (resources.files("tui.cli") / "schemas" / f"{document}-{_SCHEMAS[document]}.json").read_text(encoding="utf-8")
    )
