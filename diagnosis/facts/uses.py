"""What the text of a ``uses:`` names: something of the repository itself, or something of another one.

Source: GitHub's "Workflow syntax for GitHub Actions", ``jobs.<job_id>.steps[*].uses`` and ``jobs.<job_id>.uses``.
"""

from __future__ import annotations

SELF = "$/"
"""The repository in which the file itself stands, at the commit of that file."""
_OWN = ("./", SELF)


def own_path(uses: str | None) -> str | None:
    """Return the path of what is named by ``./path`` or ``$/path``, as it is written; None for what is named otherwise.

    Of a workflow, both lie beside the file that calls it. Of an action, ``./`` is the job's workspace, in which the run's own
    repository is commonly checked out, and ``$/`` the repository of the file: the same, except in a workflow that was called from
    elsewhere.
    """
    return uses[2:].lstrip("/") if uses is not None and uses.startswith(_OWN) else None


def is_own(uses: str | None) -> bool:
    """Return whether a workflow or action of the repository itself is named, not one of another repository or an image."""
    return own_path(uses) is not None


def seen_from_elsewhere(uses: str | None, home: str, ref: str) -> str | None:
    """Return an action's ``uses:`` of a file that stands in the repository ``home`` at ``ref``, as any other file names the same.

    ``./`` stays: it is the workspace, whoever calls.
    """
    if uses is None or not uses.startswith(SELF):
        return uses
    return f"{home}/{own_path(uses)}@{ref}"
