"""Look up a source's attempts in the local store, and put there what is worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from diagnosis.facts.runs import Attempt
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.store.attempts import AttemptStore, Scope

_PARTS = ("jobs", "workflow_file", "artifacts", "called_workflows", "local_actions")


class StoredAttempts:
    """The stored attempts of one repository, for one kind of token."""

    def __init__(self, store: AttemptStore, access: GitHubAccess, repository: str) -> None:
        self.store = store
        self._secret = access.token
        self._scope = Scope(access.url, repository, bool(access.token))

    def filled(self, attempts: Sequence[Attempt], depth: Depth) -> tuple[Attempt, ...]:
        """Return the attempts; the complete ones with the parts that are stored."""
        return tuple(self._filled(attempt, depth) for attempt in attempts)

    def keep(self, before: Sequence[Attempt], after: Sequence[Attempt], depth: Depth, read_at: datetime | None) -> None:
        """Store the attempts of which more is known than before.

        ``read_at`` is when their reading began, by GitHub's clock; without it nothing says that an attempt was over for long.
        """
        if read_at is None:
            return
        new = [
            late
            for early, late in zip(before, after, strict=True)
            if any(getattr(early, name) != getattr(late, name) for name in _PARTS)
        ]
        self.store.save(self._scope, new, _name(depth), secret=self._secret, read_at=read_at)

    def earlier(self, latest: Attempt) -> dict[int, Attempt]:
        """Return the stored earlier attempts of a run, by number, without parts."""
        return self.store.earlier(self._scope, latest)

    def _filled(self, attempt: Attempt, depth: Depth) -> Attempt:
        if not attempt.complete:
            return attempt
        return self.store.parts(self._scope, attempt, _name(depth)) or attempt


def _name(depth: Depth) -> str:
    # Artifacts alone lie between the two, and one that lacks them is asked for them: the same entry serves both.
    return Depth.FULL.name.lower() if depth == Depth.DIAGNOSIS else depth.name.lower()
