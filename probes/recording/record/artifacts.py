"""Record a run's artifacts: the small JSON files that were read, and why others were not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact, Attempt
from probes.github.http.client import Json
from probes.recording.format import RecordedArtifact, Refusal
from probes.recording.record.objects import Cleaner, artifact_object, whole_gap


def recorded_artifacts(
    cleaner: Cleaner, raw: Sequence[Json], attempts: Sequence[Attempt], refusal_of: Callable[[str, Unreadable], Refusal]
) -> tuple[tuple[RecordedArtifact, ...], Refusal | None]:
    """Return the artifacts of all attempts of one run, and the refusal of their list if it could not be read.

    ``raw`` are GitHub's objects in its order; ``refusal_of(path, reading)`` makes a refusal of a reading.
    """
    readings = [attempt.artifacts for attempt in attempts]
    known = [reading for reading in readings if isinstance(reading, Known)]
    if not known:
        unread = next((reading for reading in reversed(readings) if isinstance(reading, Unreadable)), None)
        if unread is None:
            return (), None
        first = attempts[0]
        return (), refusal_of(f"/repos/{first.repository.full_name}/actions/runs/{first.run_id}/artifacts", unread)
    # GitHub lists a run's artifacts, each attempt opens its own: the ones in between were opened by none.
    opened = {artifact.id: artifact for reading in known for artifact in reading.value}
    found: list[RecordedArtifact] = []
    for entry in raw:
        value = artifact_object(cleaner, entry)
        if value is not None:
            found.append(_recorded(cleaner, value, opened.get(value["id"]), attempts[0], refusal_of))
    return tuple(found), None


def _recorded(
    cleaner: Cleaner,
    value: dict[str, object],
    artifact: Artifact | None,
    attempt: Attempt,
    refusal_of: Callable[[str, Unreadable], Refusal],
) -> RecordedArtifact:
    if artifact is None:
        return RecordedArtifact(value)
    position = whole_gap(artifact)
    if position is not None:
        path = f"/repos/{attempt.repository.full_name}/actions/artifacts/{artifact.id}/zip"
        return RecordedArtifact(value, refusal_of(path, artifact.unread[position]))
    return RecordedArtifact(
        value,
        tuple((cleaner.text(name), cleaner.text(text).encode()) for name, text in artifact.files),
        tuple((cleaner.text(gap.what), gap.why) for gap in artifact.unread),
    )
