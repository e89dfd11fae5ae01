"""``planescope``: the command line. Each command lives in a module of its own under :mod:`tui.cli`."""

from __future__ import annotations

from tui.interrupts import INTERRUPTS


def main() -> None:
    """Run the command line; the entry point of the installed command."""
    INTERRUPTS.install()
    try:
        from tui.cli.process import run

        run()
    except KeyboardInterrupt:
        # While the modules were imported, or while the end was told.
        INTERRUPTS.leave_stopped()
    except Exception as error:  # noqa: BLE001 - an import that fails would end as a trace, and by the code of a failing gate
        INTERRUPTS.leave_broken(error)


if __name__ == "__main__":
    main()
