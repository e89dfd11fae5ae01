"""Each distinct workflow file is parsed once, where it is read; everything after that takes the value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from places import ROOT
from ruamel.yaml import YAML
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.diagnose import conclude, replays_of
from diagnosis.facts.case import Case
from diagnosis.facts.workflow import Workflow
from probes import workflow_file
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import Recording
from tui.cli.main import planescope

SHAPE = Shape(runs=20, jobs=2, log_bytes=1500)
REMEMBERING = workflow_file._workflow


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How many times each text is parsed; nothing is remembered from other tests."""
    counted: Counter[str] = Counter()

    class Counting(YAML):
        def compose(self, stream: Any) -> Any:
            counted[stream] += 1
            return super().compose(stream)

        def load(self, stream: Any) -> Any:
            counted[stream] += 1
            return super().load(stream)

    monkeypatch.setattr(workflow_file, "YAML", Counting)
    _forget()
    yield counted
    _forget()


def _forget() -> None:
    REMEMBERING.cache_clear()
    workflow_file._action.cache_clear()


def test_one_module_of_each_room_reads_yaml() -> None:
    found = {
        file.relative_to(ROOT).as_posix()
        for room in ("diagnosis", "probes", "tui")
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"^\s*(?:import|from) (?:ruamel|yaml)\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert found == {"probes/workflow_file.py", "diagnosis/steps/yaml_text.py"}


@pytest.mark.parametrize("stage", ["1", "3"])
def test_each_workflow_file_of_the_demo_is_parsed_once(stage: str, parsed: Counter[str]) -> None:
    result = CliRunner().invoke(planescope, ["demo", "--stage", stage, "--json"])
    assert result.exit_code in (0, 1, 3), result.output
    assert parsed
    assert set(parsed.values()) == {1}


def test_one_text_at_many_commits_is_parsed_once(parsed: Counter[str]) -> None:
    judge(synthetic_recording(SHAPE))
    assert list(parsed.values()) == [1]


def test_many_attempts_of_one_commit_share_the_parsed_value(
    parsed: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the memory of texts: it is enough that the value travels.
    monkeypatch.setattr(workflow_file, "_workflow", REMEMBERING.__wrapped__)
    made = synthetic_recording(SHAPE)
    (commit, *_) = (run.attempts[0].run["head_sha"] for run in made.runs)
    runs = tuple(
        replace(run, attempts=tuple(replace(each, run={**each.run, "head_sha": commit}) for each in run.attempts))
        for run in made.runs
    )
    judge(replace(made, runs=runs))
    assert list(parsed.values()) == [1]


def judge(recording: Recording) -> None:
    """Read every attempt of the recording, replay it and conclude."""
    with (
        GitHubServer(recording) as server,
        GitHubSource(recording.full_name, GitHubAccess(server.url), Ledger()) as source,
    ):
        attempts = source.complete(source.list_runs().attempts, Depth.DIAGNOSIS)
    replays = replays_of(attempts, Case())
    conclude(replays, None, Case())
    assert len(replays) == SHAPE.runs
    assert all(isinstance(replay.workflow, Workflow) for replay in replays)
