"""Look up what was concluded about a source's attempts in the local store, and put there what is new."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.replay.conclusion import conclusion_of, replay_from
from diagnosis.verdicts.replay import Replay
from probes.github.http.credentials import GitHubAccess
from probes.store.attempts import AttemptStore, Scope
from probes.store.conclusions import Key, key_of
from probes.store.rules import rules_version


class StoredConclusions:
    """The conclusions about one repository, for one kind of token."""

    def __init__(self, store: AttemptStore, access: GitHubAccess, repository: str) -> None:
        self._store = store
        self._secret = access.token
        self._scope = Scope(access.url, repository, bool(access.token))
        rules_version()  # before anything is judged: see there

    def key(self, attempt: Attempt, case: Case) -> Key | None:
        """Return under which key a conclusion about this attempt is kept; None where none is."""
        return key_of(attempt, case) if attempt.complete else None

    def replay(self, attempt: Attempt, key: Key) -> Replay | None:
        """Return the replay of an attempt as it was concluded before, from the same content by the same rules."""
        found = self._store.conclusions.read(self._scope, key)
        return replay_from(found, attempt) if found is not None else None

    def keep(self, replays: Iterable[tuple[Key, Replay]]) -> None:
        """Store what was concluded about attempts that are final."""
        final = [(key, conclusion_of(each)) for key, each in replays if self._store.is_final(each.attempt)]
        self._store.conclusions.save(self._scope, final, secret=self._secret)
