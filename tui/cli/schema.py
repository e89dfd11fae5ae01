"""``planescope schema``: the JSON Schema of a diagnosis, as published with this version."""

from __future__ import annotations

from importlib import resources

import click


@click.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of `--json` (planescope.diagnosis/1)."""
    click.echo((resources.files("tui.cli") / "schemas" / "diagnosis-1.json").read_text(encoding="utf-8"), nl=False)
