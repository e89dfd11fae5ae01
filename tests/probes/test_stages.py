"""What a killed planescope has left beside a packet, a recording or an artifact goes with the next one, and nothing else goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probes.stages import stage_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks of folders, and signals")

LONG_AGO = 1_000_000_000
STAGE = ".planescope-stage-0abc_def"


def old(path: Path) -> Path:
    os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    return path


def test_it_is_the_users_alone_and_gone_at_the_end_unless_it_was_renamed(tmp_path: Path) -> None:
    with stage_in(tmp_path) as stage:
        assert stage.stat().st_mode & 0o777 == 0o700
        (stage / "a").write_text("a")
    assert list(tmp_path.iterdir()) == []
    with stage_in(tmp_path) as stage:
        stage.rename(tmp_path / "named")
    assert list(tmp_path.iterdir()) == [tmp_path / "named"]


def test_what_a_killed_process_has_left_goes_and_what_one_works_in_stays(tmp_path: Path) -> None:
    held = "import sys, time; from pathlib import Path; from probes.stages import stage_in\nwith stage_in(Path(sys.argv[1])) as s:"
    script = f"{held}\n    (s / 'log.txt').write_text('a log'); print(s, flush=True); time.sleep(60)"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}) as other:
        assert other.stdout is not None
        left = old(Path(other.stdout.readline().strip()))
        with stage_in(tmp_path):
            assert (left / "log.txt").exists(), "it is at work"
        other.send_signal(signal.SIGKILL)
        other.communicate()
    assert list(tmp_path.iterdir()) == [left]
    with stage_in(tmp_path) as stage:
        assert list(tmp_path.iterdir()) == [stage]


def _link(path: Path) -> None:
    (path.parent / "mine").mkdir()
    path.symlink_to("mine")


@pytest.mark.parametrize("make", [Path.touch, _link, os.mkfifo], ids=["a file", "a link", "a pipe"])
def test_what_only_has_such_a_name_stays(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / STAGE)
    old(tmp_path / STAGE)
    with stage_in(tmp_path):
        pass
    assert os.path.lexists(tmp_path / STAGE)


@pytest.mark.parametrize(
    "name", [".planescope-stage-", f"{STAGE}x", STAGE.upper(), "planescope-stage-0abc_def", ".planescope-packet-x"]
)
def test_folders_of_other_names_stay(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    old(tmp_path / name)
    with stage_in(tmp_path):
        pass
    assert (tmp_path / name).is_dir()


def test_a_young_one_stays_since_it_may_not_be_locked_yet(tmp_path: Path) -> None:
    (tmp_path / STAGE).mkdir()
    with stage_in(tmp_path):
        pass
    assert (tmp_path / STAGE).is_dir()
