"""Attempts as the backend reads them, of the embedded incidents and of made-up releases, to be judged in several ways."""

from __future__ import annotations

from functools import cache

from release_worlds import RELEASES, read
from replay_builders import CONFIGURE, LOGIN, PUSH, denied, failing, recorded
from thoroughness import some

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import INCIDENTS, load_incident
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.labels import label_attempt


@cache
def incident_attempts(name: str) -> tuple[tuple[Attempt, ...], Case]:
    """The attempts of an embedded incident with all their parts, labelled as in the demo, and its case."""
    recording = load_incident(INCIDENTS[name])
    with (
        GitHubServer(recording) as server,
        GitHubSource(
            recording.full_name,
            GitHubAccess(server.url),
            Ledger(),
            label=lambda attempt: label_attempt(recording, attempt),
        ) as source,
    ):
        return source.complete(source.list_runs().attempts, Depth.FULL), recording.case.case


@cache
def release_attempts() -> tuple[tuple[Attempt, Case], ...]:
    """The attempts of made-up releases, and some that were written down, each with its case."""
    written = (
        recorded(CONFIGURE, LOGIN, PUSH),
        recorded(CONFIGURE, LOGIN, failing(PUSH, denied("ecr:PutImage"))),
        recorded(failing(CONFIGURE, "Could not assume role with OIDC: Not authorized"), LOGIN, PUSH),
    )
    read_ones = [(replay.attempt, read(name).case) for name in some(list(RELEASES), 3) for replay in read(name).replays]
    return (*read_ones, *((attempt, Case()) for attempt in written))


def every_attempt() -> tuple[tuple[Attempt, Case], ...]:
    """All of them."""
    incidents = [
        (attempt, case) for name in INCIDENTS for attempts, case in (incident_attempts(name),) for attempt in attempts
    ]
    return (*incidents, *release_attempts())
