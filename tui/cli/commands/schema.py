"""``planescope schema``: the JSON Schemas of what planescope writes, as published with this version."""

from __future__ import annotations

from importlib import resources

import click

from tui.cli.console import print_json_text
from tui.cli.exit_codes import exit_codes

_SCHEMAS = ("diagnosis", "what-if", "preflight", "migration", "policy-lint", "policy-admits", "explanation")


@click.command("schema", epilog=exit_codes(passed="done"))
@click.argument("document", type=click.Choice(_SCHEMAS), default=_SCHEMAS[0], metavar="[DOCUMENT]")
def schema_command(document: str) -> None:
    """Print the JSON Schema of a DOCUMENT, by default of a `diagnosis`; each is in version 1."""
    print_json_text((resources.files("tui.cli") / "schemas" / f"{document}-1.json").read_text(encoding="utf-8"))
