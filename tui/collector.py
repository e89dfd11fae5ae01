"""What Python's garbage collector is spared, so that it does not hold the screen."""

from __future__ import annotations

import gc


def spare_what_stays() -> None:
    """Let the collector pass over what is there now: modules and their tables, which stay until the end.

    Their hundred thousands of objects take it a tenth of a second each time, several times a minute, and a key waits so long.
    Once in a process: what is made later is looked through as ever.
    """
    if not gc.get_freeze_count():
        gc.freeze()


def hold() -> None:
    """Keep the collector from running while modules are imported: none of it is garbage, and it would look through all again."""
    gc.disable()


def let_go() -> None:
    """Let it run again."""
    gc.enable()
