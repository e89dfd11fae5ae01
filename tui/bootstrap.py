"""Choose and build the backend that answers the app. The heavy libraries are imported here, when one is built."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from tui.problem import BackendProblem

if TYPE_CHECKING:
    # Only names: at run time these modules, with PyGithub and boto3 behind them, come after first paint.
    from diagnosis.facts.case import Case
    from tui.backends.embedded import EmbeddedBackend
    from tui.backends.live import LiveOptions
    from tui.backends.repository import RepositoryBackend


def embedded_backend(moment: str = "1", incident: str = "release") -> EmbeddedBackend:
    """Build the backend of an embedded incident at a stage: ``1``, ``2``, …; of ``release``, ``later`` too."""
    if importlib.util.find_spec("moto") is None:
        raise BackendProblem(
            "The embedded account needs the library moto, which is not installed.",
            "Install planescope with its extra: pip install 'planescope[demo]' (in a clone: pip install -e '.[demo]').",
        )
    from tui.backends.embedded import EmbeddedBackend

    return EmbeddedBackend(moment, incident=incident)


def live_backend(options: LiveOptions, case: Case) -> RepositoryBackend:
    """Build the backend of a live repository, or of a recording of one."""
    if options.recording is not None:
        from tui.backends.recorded import recorded_backend

        return recorded_backend(options, options.recording, case)
    from tui.backends.live import live_backend as build

    return build(options, case)
