"""``planescope``: the command line. Each command lives in a module of its own under :mod:`tui.cli`."""

from __future__ import annotations

from tui.cli.main import planescope


def main() -> None:
    """Run the command line; the entry point of the installed command."""
    planescope(prog_name="planescope")


if __name__ == "__main__":
    main()
