"""A clone without the reference folder beside it passes: what reads the folder is marked, and what is marked is left out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from places import ROOT
from thoroughness import THOROUGH

TESTS = ROOT / "tests"


def test_a_file_that_reads_the_reference_folder_is_marked() -> None:
    reading = [
        path
        for path in sorted(TESTS.rglob("test_*.py"))
        if re.search(r"^from places import .*\bSHARED\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(reading) > 5
    assert [path.name for path in reading if "mark.shared" not in path.read_text(encoding="utf-8")] == []


def test_marked_tests_are_left_out_where_it_is_absent_and_fail_where_it_is_required(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    helpers = [f"tests/helpers/{name}.py" for name in ("places", "rewritten_ahead", "thoroughness")]
    for name in ("pyproject.toml", "tests/conftest.py", *helpers, "tui/__init__.py", "tui/collector.py"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    (tmp_path / "shared").mkdir()  # another folder of that name
    (clone / "tests" / "test_it.py").write_text(
        "import pytest\nfrom places import SHARED\n\n"
        "@pytest.mark.shared\ndef test_reads():\n    (SHARED / 'cases' / 'policies.jsonl').read_text()\n\n"
        "def test_other():\n    pass\n",
        encoding="utf-8",
    )

    def summary(**required: str) -> str:
        command = [sys.executable, "-m", "pytest", "-v", "-p", "no:xdist"]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **required}
        done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
        return done.stdout.strip().splitlines()[-1]

    assert "1 passed, 1 skipped" in summary()
    if not THOROUGH:
        return  # each summary starts a process
    assert "1 failed, 1 passed" in summary(PLANESCOPE_REQUIRE_SHARED="1")
    (tmp_path / "shared" / "cases").mkdir()
    (tmp_path / "shared" / "cases" / "policies.jsonl").write_text("", encoding="utf-8")
    assert "2 passed" in summary()
