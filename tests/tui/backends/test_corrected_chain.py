"""Corrections by hand reach the case file first, whole, and are taken back there; without a file they stay in memory."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from diagnosis.closure.corrections import Correction, Kind
from diagnosis.facts.case import Case
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.case_file import read_case_file
from probes.embedded.moments import INCIDENT
from tui.backend import BackendProblem, RunKey
from tui.backends.live import LiveOptions
from tui.backends.recorded import recorded_backend
from tui.backends.repository import RepositoryBackend

RUNS = (21985402789, 21985472266, 21985500168)
OTHER = 21993925506
OWN = f"""\
# ours
runs = [
    {RUNS[0]}, # the trust
    {RUNS[1]}, # the policy
    {RUNS[2]},
]
ticket = "SEC-1"
"""


def opened(file: Path | None) -> RepositoryBackend:
    case = read_case_file(file) if file else Case(workflow="dev_min_m1_packaging.yml")
    return recorded_backend(LiveOptions("", live=False, case_file=file), INCIDENT, case)


def diagnosed(backend: RepositoryBackend, selected: RunKey | None = None) -> Diagnosis:
    return backend.diagnose(selected, subject=None, progress=lambda _: None, cancelled=lambda: False)


def correct(backend: RepositoryBackend, shown: Diagnosis, *correction: object) -> None:
    made = Correction(*correction)  # type: ignore[arg-type]
    backend.correct(made, shown, progress=lambda _: None, cancelled=lambda: False)


def runs_of(diagnosis: Diagnosis) -> list[int]:
    return [replay.attempt.run_id for replay in diagnosis.replays]


def test_each_correction_stands_in_the_file_and_undo_takes_it_back(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_text(OWN, encoding="utf-8")
    with closing(opened(file)) as backend:
        shown = diagnosed(backend)
        correct(backend, shown, Kind.DROP, RUNS[1])
        found = diagnosed(backend)
        assert runs_of(found) == [RUNS[0], RUNS[2]]
        assert (found.unknown[0].what, found.unknown[0].why) == (
            f"run {RUNS[1]}",
            "it was left out of this chain by hand",
        )
        text = file.read_text(encoding="utf-8")
        assert text == OWN + f'left_out = ["{RUNS[1]}"]\n'
        correct(backend, diagnosed(backend), Kind.ADD, OTHER)
        assert runs_of(diagnosed(backend)) == [RUNS[0], RUNS[2], OTHER]
        assert f"    {RUNS[2]},\n    {OTHER},\n]" in file.read_text(encoding="utf-8")
        correct(backend, diagnosed(backend), Kind.SPLIT, OTHER)
        assert runs_of(diagnosed(backend)) == [OTHER]
        assert runs_of(diagnosed(backend, (RUNS[0], 1))) == [RUNS[0], RUNS[2]]
        # Another start shows the same.
        with closing(opened(file)) as again:
            assert runs_of(diagnosed(again)) == [OTHER]
            found = again.diagnose_runs(again.case.runs, progress=lambda _: None, cancelled=lambda: False)
            assert runs_of(found) == [OTHER]
        assert backend.corrections.made == 3
        for _ in range(3):
            backend.undo_correction()
        assert file.read_text(encoding="utf-8") == OWN
        assert runs_of(diagnosed(backend)) == list(RUNS)
        with pytest.raises(BackendProblem, match="no correction to undo"):
            backend.undo_correction()


def test_what_cannot_be_kept_is_not_done(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_text(OWN, encoding="utf-8")
    with closing(opened(file)) as backend:
        shown = diagnosed(backend)
        with pytest.raises(BackendProblem):
            correct(backend, shown, Kind.ADD, 404)
        assert file.read_text(encoding="utf-8") == OWN
        file.unlink()
        with pytest.raises(BackendProblem, match="There is no case file"):
            correct(backend, shown, Kind.DROP, RUNS[0])
        assert backend.corrections.made == 0
        assert runs_of(diagnosed(backend)) == list(RUNS)


def test_without_a_file_they_stay_in_memory_until_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    with closing(opened(None)) as backend:
        shown = diagnosed(backend)
        assert runs_of(shown) == list(RUNS)
        correct(backend, shown, Kind.DROP, RUNS[1])
        assert backend.corrections.file is None
        backend.keep_corrections(file, diagnosed(backend))
        assert backend.corrections.file == file
        kept = read_case_file(file)
        assert [str(name) for name in kept.left_out] == [str(RUNS[1])]
        assert set(kept.runs) == set(RUNS)
        assert runs_of(diagnosed(backend)) == [RUNS[0], RUNS[2]]
        backend.undo_correction()
        assert read_case_file(file).left_out == ()
        assert runs_of(diagnosed(backend)) == list(RUNS)
        for place, said in ((file, "is there already"), (Path("~nobody-of-this-name/case.toml"), "not known")):
            with pytest.raises(BackendProblem, match=said):
                backend.keep_corrections(place, shown)
