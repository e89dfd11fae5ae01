"""The keys as the README's table: ``python -m tui.keys_table README.md`` writes it anew, between its two marks."""

from __future__ import annotations

import sys
from pathlib import Path

from tui import keymap

BEGIN, END = "<!-- keys: python -m tui.keys_table README.md -->\n", "<!-- end of keys -->\n"


def table() -> str:
    """Return one row for each place where keys work, in the order of the help."""
    rows = [f"| {title} | {_keys_of(scope)} |" for scope, title in keymap.SCOPES.items()]
    return "\n".join(["| where | keys |", "| --- | --- |", *rows]) + "\n"


def _keys_of(scope: str) -> str:
    return ", ".join(f"`{keymap.shown_keys(key)}` {key.label.lower()}" for key in keymap.KEYS if key.scope == scope)


def with_table(page: str) -> str:
    """Return a page with the table in place of the one between its marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_table(file.read_text(encoding="utf-8")), encoding="utf-8")
