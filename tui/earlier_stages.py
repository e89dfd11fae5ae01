"""Diagnose the demo's chain at the stages before the one shown: a walkthrough tells the account as it was at each."""

from __future__ import annotations

from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import Backend, CancelHook, Progress, ProgressHook, no_progress


def earlier_stages(
    backend: Backend, shown: Diagnosis, *, progress: ProgressHook, cancelled: CancelHook
) -> list[Diagnosis]:
    """Return the diagnoses of earlier stages, the oldest first, as far as it is the same chain; of a live chain there are none.

    The backend is at the stage shown again when this ends, however it ends.
    """
    found: list[Diagnosis] = []
    here = backend.moment_index
    keys = {replay.attempt.key for replay in shown.replays}
    try:
        for index in range(here - 1, -1, -1) if backend.moments else ():
            backend.move_to(index)
            progress(Progress(f"Reading stage {backend.moments[index].name}", here - index - 1, here))
            diagnosis = backend.diagnose(None, subject=None, progress=no_progress, cancelled=cancelled)
            then = {replay.attempt.key for replay in diagnosis.replays}
            if not then or not then <= keys:
                break
            found.insert(0, diagnosis)
    finally:
        if backend.moments and backend.moment_index != here:
            backend.move_to(here)
    return found
