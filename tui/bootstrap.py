"""The composition root: which desk answers the app's questions. Heavy libraries are imported when a desk is built."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from tui.backend import DeskProblem

if TYPE_CHECKING:
    # Only names: at run time these modules, with PyGithub and boto3 behind them, come after first paint.
    from diagnosis.facts.case import Case
    from tui.backends.embedded import EmbeddedDesk
    from tui.backends.live import LiveOptions
    from tui.backends.repository import RepositoryDesk


def embedded_desk(moment: str = "1") -> EmbeddedDesk:
    """The desk of the embedded incident at a moment (``1``, ``2``, ``3`` or ``later``)."""
    if importlib.util.find_spec("moto") is None:
        raise DeskProblem(
            "The embedded account needs the library moto, which is not installed.",
            "Install planescope with its extra: pip install 'planescope[demo]' (in a clone: pip install -e '.[demo]').",
        )
    from tui.backends.embedded import EmbeddedDesk

    return EmbeddedDesk(moment)


def live_desk(options: LiveOptions, case: Case) -> RepositoryDesk:
    """The desk of a live repository, or of a recording of one."""
    if options.recording is not None:
        from tui.backends.recorded import recorded_desk

        return recorded_desk(options, options.recording, case)
    from tui.backends.live import live_desk as build

    return build(options, case)
