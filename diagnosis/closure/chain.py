"""Group the attempts that belong together: the chain of one workflow from a first failure to the success that ended it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagnosis.facts.runs import Attempt

LONGEST_CHAIN = 12
"""Attempts shown side by side; a longer chain keeps its beginning's failure out of view, and says so."""


def in_order(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Sort the attempts by time: by creation of the run, then by attempt number."""
    return tuple(sorted(attempts, key=lambda attempt: (attempt.created_at, attempt.run_id, attempt.attempt)))


def chains(attempts: Sequence[Attempt]) -> tuple[tuple[Attempt, ...], ...]:
    """Group the attempts into chains, oldest first.

    A chain is of one workflow file of one repository. It ends with a success; the next attempt of that workflow begins
    another. Attempts that were cancelled or are still active belong to the chain in which they lie.
    """
    finished: list[tuple[Attempt, ...]] = []
    growing: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in in_order(attempts):
        # The API may add a ref to the path, which differs from run to run.
        workflow = attempt.repository.full_name.lower(), attempt.workflow_path.partition("@")[0]
        chain = growing.setdefault(workflow, [])
        chain.append(attempt)
        if attempt.conclusion == "success":
            finished.append(tuple(chain))
            del growing[workflow]
    finished.extend(tuple(chain) for chain in growing.values())
    return tuple(sorted(finished, key=lambda chain: chain[0].created_at))


def chain_of(attempts: Sequence[Attempt], selected: tuple[int, int] | None) -> tuple[Attempt, ...]:
    """Return the chain that holds the selected attempt (``(run id, attempt)``); without one, the newest chain.

    Empty where nothing fits. At most :data:`LONGEST_CHAIN` attempts, the latest ones, and the selected one always.
    """
    found = chains(attempts)
    if selected is not None:
        found = tuple(chain for chain in found if any(attempt.key == selected for attempt in chain))
    if not found:
        return ()
    chain = max(found, key=lambda candidate: candidate[-1].created_at)
    if len(chain) <= LONGEST_CHAIN:
        return chain
    kept = chain[-LONGEST_CHAIN:]
    if selected is not None and all(attempt.key != selected for attempt in kept):
        at = next(index for index, attempt in enumerate(chain) if attempt.key == selected)
        kept = chain[at : at + LONGEST_CHAIN]
    return kept
