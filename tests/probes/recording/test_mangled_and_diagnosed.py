"""However the members of a recording are mangled, the whole command ends with a code of its own and without a trace."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thoroughness import THOROUGH

from probes.embedded.moments import INCIDENT
from tui.cli.main import planescope

NAMES = ("recording.json", *(f"runs/{file.name}" for file in sorted((INCIDENT / "runs").glob("*.json"))))
FILES: dict[str, Any] = {name: json.loads((INCIDENT / name).read_text()) for name in NAMES}
JUNK = st.sampled_from(
    (
        *(None, True, 0, -1, 2**63, 10**400, 1.5, float("nan"), float("inf"), [], {}, [{}], [[]], {"": 1}),
        *("", "x", "../../etc/passwd", "a/b c", "a\x00b", "\ud800", "\x1b]52;c;x\x07", "x" * 100_000),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "1969-01-01T00:00:00Z"),
        *("completed", "success", "failure", "queued"),
    )
)


def places(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member inside a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*trail, name)
        yield from places(member, (*trail, name))


PLACES = [(name, place) for name, value in FILES.items() for place in places(value)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(INCIDENT, tmp_path_factory.mktemp("mangled") / "recording"))


@pytest.mark.skipif(not THOROUGH, reason="a whole diagnosis for each example")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=3))
def test_a_mangled_recording_is_diagnosed_or_refused(folder: Path, changes: list[tuple[tuple[str, Any], Any]]) -> None:
    values = copy.deepcopy(FILES)
    for (name, trail), junk in changes:
        owner = values[name]
        for part in trail[:-1]:
            # An earlier change may have taken the place away.
            if not isinstance(owner, dict | list) or (isinstance(owner, list) and not owner):
                break
            owner = owner.get(part) if isinstance(owner, dict) else owner[part % len(owner)]
        if isinstance(owner, dict):
            owner[trail[-1]] = junk
    for name, value in values.items():
        (folder / name).write_text(json.dumps(value))
    result = CliRunner().invoke(planescope, ["diagnose", "--recording", str(folder), "--no-live", "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1, 2, 3, 5, 6)
