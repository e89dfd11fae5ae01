"""Say which files of the repository a run's steps use, so that they can be fetched: scripts, Makefiles, compose files.

A script may name another one, so this is asked in rounds: fetch what is wanted, add it to ``Attempt.files`` (``Absent`` where
the commit has no such file), ask again.
"""

from __future__ import annotations

from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.resolved_workflow import resolved_workflow

MOST_FILES = 30
"""Of one attempt."""
ROUNDS = 4
"""How often it is worth asking: a script that is named in a script that is named in a Makefile."""


def files_wanted(attempt: Attempt) -> tuple[str, ...]:
    """Return the paths that the attempt's steps need next and that are not in ``attempt.files`` yet, the likelier first.

    Only jobs that take AWS credentials or speak to a registry count. Empty when nothing more is wanted, or when
    :data:`MOST_FILES` are reached.
    """
    workflow = resolved_workflow(attempt)
    if not isinstance(workflow, Workflow):
        return ()
    return ()
