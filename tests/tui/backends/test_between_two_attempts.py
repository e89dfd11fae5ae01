"""What a backend reads between two attempts: GitHub's answers, its refusals as readings, and the subjects of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from incident_between import between_of
from incident_names import REPOSITORY
from incident_values import replay_of

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.verdicts.replay import Fact
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.errors import ExitCode, GitHubProblem
from tui.backend import Cancelled, Progress
from tui.backends.between_attempts import read_between

ONE, TWO = replay_of(1), replay_of(2)
DEV = Fact("dev", ONE.facts.region.found_in)  # type: ignore[union-attr]  # the made-up run names its region


class Source:
    """A GitHub that answers, refuses or is stopped."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.asked: list[str] = []

    def between(self, attempts: Any, *, cancelled: Any, progress: Any) -> Any:
        progress("reading commits", 0, 1)
        assert [attempt.run_number for attempt in attempts] == [1, 2]
        return (between_of(ONE, TWO).commits,)

    def environment(self, name: str, *, cancelled: Any) -> Any:
        self.asked.append(name)
        if self.refusal is not None:
            raise self.refusal
        return between_of(ONE, TWO).environments[0][1]


def read(source: Source, one: Any = ONE, two: Any = TWO, told: list[Progress] | None = None) -> Any:
    shown = (told if told is not None else []).append
    return read_between(source, one, two, shown, lambda: False)  # type: ignore[arg-type]  # as much of a source as is asked


def test_commits_environments_and_subjects_are_read_and_progress_is_told() -> None:
    told: list[Progress] = []
    source = Source()
    found = read(source, ONE, replace(TWO, facts=replace(TWO.facts, environment=DEV)), told)
    assert isinstance(found.commits, Known)
    assert [name for name, _ in found.environments] == source.asked == ["dev"]
    assert told == [Progress("reading commits", 0, 1)]
    # Without its workflow file the first run may have named an environment: no subject is told rather than a wrong one.
    assert found.subjects == ((), (f"repo:{REPOSITORY}:environment:dev",))


def test_an_environment_is_asked_for_once_and_an_expression_never() -> None:
    source = Source()
    both = [replace(replay, facts=replace(replay.facts, environment=DEV)) for replay in (ONE, TWO)]
    read(source, *both)
    assert source.asked == ["dev"]
    source.asked.clear()
    expression = replace(DEV, value="${{ inputs.where }}")
    assert read(source, replace(ONE, facts=replace(ONE.facts, environment=expression))).environments == ()


def test_a_refusal_is_a_reading_with_its_way_out_and_a_stop_is_a_stop() -> None:
    refused = GitHubProblem("GitHub refused.", "Give a token.", ExitCode.CREDENTIALS)
    one = replace(ONE, facts=replace(ONE.facts, environment=DEV))
    ((_, reading),) = read(Source(refused), one).environments
    assert isinstance(reading, Unreadable)
    assert (reading.why, reading.how) == ("GitHub refused", "Give a token")
    with pytest.raises(Cancelled):
        read(Source(SourceCancelled()), one)
