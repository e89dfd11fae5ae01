"""However a recording is mangled, it is refused with one sentence or served without an error inside the server."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from probes.embedded.github.answers import Request
from probes.embedded.github.routes import route
from probes.embedded.moments import INCIDENT
from probes.recording.case_at import case_at
from probes.recording.format import RecordingError
from probes.recording.read.recording import read_recording
from probes.recording.view import RecordingView

FILES = {name: json.loads((INCIDENT / name).read_text()) for name in ("recording.json", "runs/21985500168.json")}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}), st.just([{}])
)
REPOSITORY = "/repos/EsosaOrumwese/fraud-detection-system"
PATHS = [
    "",
    "/actions/workflows",
    "/actions/workflows/dev_min_m1_packaging.yml/runs",
    "/actions/runs",
    "/actions/runs/21985500168",
    "/actions/runs/21985500168/attempts/1/jobs",
    "/actions/jobs/63518530003/logs",
    "/check-runs/63518530003/annotations",
    "/actions/runs/21985500168/artifacts",
    "/actions/artifacts/5498000003/zip",
    "/actions/oidc/customization/sub",
    "/contents/.github/workflows/dev_min_m1_packaging.yml",
    "/branches",
    "/commits/main",
    "/compare/main...dev",
    "/environments",
]
QUERY = {"branch": "dev", "actor": "someone", "status": "success", "created": ">=2026-01-01", "per_page": "100"}


def places(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member inside a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*trail, name)
        yield from places(member, (*trail, name))


PLACES = [(name, place) for name, value in FILES.items() for place in places(value)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("mangled") / "recording"
    shutil.copytree(INCIDENT, target)
    return target


def ask_everything(folder: Path) -> None:
    try:
        recording = read_recording(folder)
    except RecordingError as error:
        text = str(error)
        assert text
        assert "\n" not in text
        return
    for at in (None, datetime(2026, 2, 13, 11, 40, 30, tzinfo=UTC)):
        view = RecordingView(recording, at)
        case_at(recording, at)
        for path in PATHS:
            for query in ({}, QUERY):
                request = Request(REPOSITORY + path, query, "", "http://127.0.0.1", "http://localhost", "https://x")
                assert route(view, request).status in (200, 302, 403, 404, 410, 422)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), junk=JUNK, remove=st.booleans())
def test_one_member_replaced_or_removed(folder, place, junk, remove):
    name, trail = place
    value = copy.deepcopy(FILES[name])
    owner = value
    for part in trail[:-1]:
        owner = owner[part]
    if remove:
        del owner[trail[-1]]
    else:
        owner[trail[-1]] = junk
    (folder / name).write_text(json.dumps(value))
    try:
        ask_everything(folder)
    finally:
        (folder / name).write_text(json.dumps(FILES[name]))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_file_cut_or_damaged_anywhere(folder, name, data):
    whole = (INCIDENT / name).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=3))
    cut = data.draw(st.booleans())
    (folder / name).write_bytes(whole[:at] + (b"" if cut else piece + whole[at + 1 :]))
    try:
        ask_everything(folder)
    finally:
        (folder / name).write_bytes(whole)
