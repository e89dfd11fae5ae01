"""``planescope fleet`` as a user meets it: text, JSON Lines, CSV, slices, a run that is killed and taken up, bad input."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from fleet_github import FleetGitHub, FleetRepository

from tui.cli.main import planescope

ROLE = "arn:aws:iam::111122223333:role/release"
RELEASE = f"""on: {{push: {{branches: [main]}}}}
permissions: {{id-token: write, contents: read}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{ROLE}", aws-region: us-east-1}}
      - run: aws s3 ls s3://bucket
"""
CI = "on: [push]\njobs: {t: {runs-on: x, steps: [{run: make test}]}}\n"
OF_ALL = ("fleet", "--org", "octo", "--no-live", "--no-cache", "--github-url")


def repositories(count: int) -> list[FleetRepository]:
    return [
        FleetRepository(
            f"octo/r{number:02}",
            {"release.yml": RELEASE} if number % 2 else {"ci.yml": CI},
            runs={"release.yml": ("push", "main", "failure")},
        )
        for number in range(count)
    ]


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghp_0123456789abcdefghijklmnopqrstuvwxyz")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(planescope, [str(word) for word in words])


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def without_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name not in ("read_at", "began_at")} for line in lines]


def test_the_lines_keep_to_the_schema_and_the_table_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    kept, table = tmp_path / "fleet.jsonl", tmp_path / "fleet.csv"
    hostile = FleetRepository("octo/zz", {"=cmd().yml": RELEASE}, runs={"=cmd().yml": ("push", "=2+5", "failure")})
    with FleetGitHub([*repositories(3), hostile, FleetRepository("octo/gone", {}, fault=(403, {}))]) as server:
        told = run(*OF_ALL, server.url, "-o", kept, "--csv", table)
        again = run(*OF_ALL, server.url, "--json-lines")
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "### planescope fleet" in page
    assert "<code>octo/zz =cmd()&#46;yml</code>" in page
    assert "octo/gone" in page
    assert (told.exit_code, again.exit_code) == (3, 3), told.output
    schema = json.loads((resources.files("tui.cli") / "schemas" / "fleet-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    written = lines_of(kept)
    for line in written:
        jsonschema.validate(line, schema)
    assert without_times([json.loads(line) for line in again.stdout.splitlines()]) == without_times(written)
    assert [line["kind"] for line in written] == [
        *("header", "workflow", "workflow"),
        *(["repository"] * 5),
        "totals",
    ]
    assert (written[-1]["repositories"], written[-1]["releases"], written[-1]["unread"]) == (5, 2, {"no-access": 1})
    assert "octo/r01 release.yml" in told.stdout
    assert "octo/gone: It cannot be read" in told.stdout
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {row["repository"]: row["status"] for row in rows} == {
        "octo/r01": "read", "octo/zz": "read", "octo/gone": "no-access",
    }  # fmt: skip
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert (kept.stat().st_mode & 0o077) == 0, "it holds the account's policies: for the user alone"


def test_a_run_that_was_killed_is_gone_on_with_and_gives_the_same_file(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    with FleetGitHub(repositories(8)) as server:
        run(*OF_ALL, server.url, "-o", whole, "--jobs", "1")
        server.latency = 0.15
        script = "import sys; from tui.__main__ import main; main()"
        killed = subprocess.Popen(
            [sys.executable, "-c", script, *OF_ALL, server.url, "-o", str(torn), "--jobs", "1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        end = time.monotonic() + 60
        while not (torn.exists() and torn.read_bytes().count(b'"kind": "repository"') >= 2):
            assert killed.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        server.latency = 0.0
        done = torn.read_bytes().count(b'"kind": "repository"')
        assert done < 8
        # A kill in the middle of a write leaves a part of a line.
        torn.write_bytes(torn.read_bytes() + b'{"kind": "workflow", "reposi')
        server.asked.clear()
        refused = run(*OF_ALL, server.url, "-o", torn)
        other = run(*OF_ALL, server.url, "-o", torn, "--resume", "--no-logs")
        resumed = run(*OF_ALL, server.url, "-o", torn, "--resume", "--jobs", "3")
        assert sum(1 for name in server.asked if name != "(list)") == 8 - done, "what was read is not asked for again"
    assert (refused.exit_code, other.exit_code, resumed.exit_code) == (2, 2, 3)
    assert "--resume" in refused.stderr
    assert "with other options" in other.stderr
    assert without_times(lines_of(torn)) == without_times(lines_of(whole))


def test_slices_are_collected_and_what_is_missing_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    with FleetGitHub(repositories(9)) as server:
        run(*OF_ALL, server.url, "-o", tmp_path / "whole.jsonl")
        for number in (1, 2, 3):
            run(*OF_ALL, server.url, "--slice", f"{number}/3", "-o", folder / f"{number}.jsonl")
        server.hidden = 1
        run(*OF_ALL, server.url, "--slice", "3/3", "-o", tmp_path / "less.jsonl")
    merged = run("fleet", "collect", folder, "-o", tmp_path / "merged.jsonl")
    assert merged.exit_code == 3
    assert without_times(lines_of(tmp_path / "merged.jsonl")) == without_times(lines_of(tmp_path / "whole.jsonl"))
    assert lines_of(tmp_path / "merged.jsonl")[0]["owners"] == ["octo"]
    seen = [folder / "1.jsonl", folder / "2.jsonl", tmp_path / "less.jsonl"]
    unsure = run("fleet", "collect", *seen, "--json-lines")
    assert json.loads(unsure.stdout.splitlines()[0])["owners"] == [], "one machine's token saw less"
    lacking = run("fleet", "collect", folder / "1.jsonl", folder / "3.jsonl", folder / "3.jsonl")
    assert lacking.exit_code == 3
    assert "slice 2/3 of the repositories of octo is missing" in " ".join(lacking.stdout.lower().split())
    twice = tmp_path / "copy.jsonl"
    twice.write_bytes((folder / "1.jsonl").read_bytes())
    assert "the newer counts" in run("fleet", "collect", folder, twice).stdout
    (folder / "other.jsonl").write_text('{"schema": "planescope.fleet/2", "kind": "header"}\n')
    mixed = run("fleet", "collect", folder)
    assert (mixed.exit_code, "planescope.fleet/2" in mixed.stderr) == (2, True)


def test_names_are_taken_as_they_are_pasted_and_csv_goes_where_it_is_wanted(tmp_path: Path) -> None:
    listed, table = tmp_path / "list", tmp_path / "table.csv"
    listed.write_bytes(
        b"\xef\xbb\xbf# ours\r\n\r\nocto/r01\r\nOCTO/R01 # again\r\nhttps://github.com/octo/r03.git\r\n"
        b"  git@github.com:octo/r05.git\r\n"
    )
    ours = ("--no-live", "--no-cache", "--no-logs")
    with FleetGitHub(repositories(6)) as server:
        found = run(
            "fleet", "--repos", listed, *ours, "--github-url", server.url, "--csv", "-", "-o", tmp_path / "kept"
        )
        listed.write_text("# none yet\n")
        empty = run("fleet", "--repos", listed, *ours, "--github-url", server.url)
        twice = run("fleet", *ours, "--github-url", server.url, "-o", table, "--csv", tmp_path / "." / "table.csv")
        asked = len(server.paths)
        nowhere = run("fleet", "--org", "octo", "--github-url", server.url, "--csv", tmp_path / "no" / "table.csv")
        assert len(server.paths) == asked, "nothing is read for what cannot be written"
    rows = list(csv.DictReader(found.stdout.splitlines()))
    assert [row["repository"] for row in rows] == ["octo/r01", "octo/r03", "octo/r05"]
    assert (found.exit_code, empty.exit_code, twice.exit_code, nowhere.exit_code) == (3, 2, 2, 2)
    assert "names no repository" in empty.stderr
    merged = run("fleet", "collect", tmp_path / "kept", "-o", "-")
    assert (merged.exit_code, "--json-lines" in merged.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--repo", "octo"], "OWNER/REPO"),
        (["--org", "octo/shop"], "no organization"),
        (["--org", "octo", "--slice", "9/8"], "3/8"),
        (["--org", "octo", "--resume"], "--output"),
        (["--org", "octo", "--profiles", "12=x"], "ACCOUNT=PROFILE"),
        (["--org", "nobody"], "cannot be read"),
        (["--org", "octo", "--profile", "AKIA" + "IOSFODNN7EXAMPLE"], "--profile"),
    ],
)
def test_bad_input_says_what_to_do(words: list[str], said: str) -> None:
    with FleetGitHub([]) as server:
        found = run("fleet", *words, "--github-url", server.url)
    assert (found.exit_code, said in found.stderr) == (2, True), found.stderr


def test_a_rate_limit_is_waited_out_and_said_once() -> None:
    known = [
        FleetRepository(f"octo/r{number}", {"ci.yml": CI}, fault=(429, {"Retry-After": "1"})) for number in range(2)
    ]

    with FleetGitHub(known) as server:

        def recover(path: str) -> None:
            for repository in known:
                repository.fault = None

        server.after_fault = recover
        found = run(*OF_ALL, server.url)
    assert found.exit_code == 0, found.output
    assert found.stderr.count("waiting for GitHub's") == 1
