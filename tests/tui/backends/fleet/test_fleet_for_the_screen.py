"""A fleet for the screen, over a loopback GitHub: read, stopped, gone on with, written, opened again from its file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from fleet_github import FleetGitHub, FleetRepository

from diagnosis.fleet.order import Sort
from diagnosis.fleet.row import Status
from tui.backend import BackendProblem, Cancelled
from tui.backends.fleet.accounts import AwsOptions
from tui.backends.fleet.shown import Around, FileFleet, ReadFleet
from tui.backends.fleet.targets import FleetOptions
from tui.cli.fleets import CommandLineFleets
from tui.fleet_backend import FleetForm, FleetLines

RELEASE = """on: {push: {branches: [main]}}
permissions: {id-token: write}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: us-east-1}
"""


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghp_0123456789abcdefghijklmnopqrstuvwxyz")


def repositories(count: int) -> list[FleetRepository]:
    return [
        FleetRepository(f"octo/r{number}", {"release.yml": RELEASE}, runs={"release.yml": ("push", "main", "failure")})
        for number in range(count)
    ]


def fleet_of(server: FleetGitHub, **more: Any) -> ReadFleet:
    around = Around(AwsOptions(live=False), server.url, cache=False, **more)
    return ReadFleet(FleetOptions(owners=("octo",), jobs=1), around)


def read(fleet: ReadFleet | FileFleet, told: list[FleetLines], stop_after: int = 99) -> FleetLines:
    return fleet.read(told.append, progress=lambda _p: None, cancelled=lambda: len(told) >= stop_after)


def test_a_stopped_read_goes_on_where_it_was_and_its_file_opens_again(tmp_path: Path) -> None:
    with FleetGitHub([*repositories(4), FleetRepository("octo/gone", {}, fault=(403, {}))]) as server:
        fleet = fleet_of(server)
        assert fleet.written(FleetForm.JSON_LINES, FleetLines(), Sort.NAME) == ""
        with pytest.raises(Cancelled):
            read(fleet, [], stop_after=2)
        partial = fleet.written(FleetForm.JSON_LINES, FleetLines(), Sort.NAME).splitlines()
        assert json.loads(partial[-1])["kind"] != "totals", "it can be gone on with"
        asked = server.asked["octo/r0"]
        whole = read(fleet, [])
        assert server.asked["octo/r0"] == asked, "what was read is not read again"
        assert {place.repository for place in whole.repositories} == {
            *(f"octo/r{number}" for number in range(4)),
            "octo/gone",
        }
        gone = next(place for place in whole.repositories if place.repository == "octo/gone")
        assert gone.status is Status.NO_ACCESS
        assert all(row.scope is not None for row in whole.rows)
        assert fleet.calls()
        # All of it was read: once more is anew.
        read(fleet, [])
        assert server.asked["octo/r0"] > asked
        row = whole.rows[0]
        assert row.newest is not None
        assert fleet.address(row) == row.newest.url
        assert fleet.address(gone) == "https://github.com/octo/gone"
        shown = FleetLines((gone,), whole.rows[:1])
        table = list(csv.DictReader(fleet.written(FleetForm.CSV, shown, Sort.NAME).splitlines()))
        assert [line["repository"] for line in table] == [row.repository, "octo/gone"]
        opened = fleet.open(row)
        assert opened.title == f"{row.repository} · release.yml"
        opened.close()
        fleet.close()
        kept = tmp_path / "fleet.jsonl"
        kept.write_text(fleet.written(FleetForm.JSON_LINES, FleetLines(), Sort.NAME), encoding="utf-8")
        before = sum(server.asked.values())
        again = FileFleet((kept,), Around(AwsOptions()))
        assert [(row.repository, row.gates) for row in read(again, []).rows] == [
            (row.repository, row.gates) for row in whole.rows
        ]
        assert sum(server.asked.values()) == before, "a file asks nobody"
        assert (again.title, again.calls()) == ("fleet.jsonl", ())
        assert again.origin_note.startswith("as read ")


def test_a_file_of_the_lines_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with FleetGitHub(repositories(3)) as server:
        with pytest.raises(Cancelled):
            read(fleet_of(server, output=kept), [], stop_after=1)
        asked = server.asked["octo/r0"]
        with pytest.raises(BackendProblem, match="is there already"):
            read(fleet_of(server, output=kept), [])
        told: list[FleetLines] = []
        whole = read(fleet_of(server, output=kept, resume=True), told)
        assert len(told[0].repositories) == 1, "what stands in it is shown at once"
        assert (len(whole.rows), server.asked["octo/r0"]) == (3, asked)
    assert json.loads(kept.read_text(encoding="utf-8").splitlines()[-1])["kind"] == "totals"


def test_what_is_typed_is_an_organization_a_repository_a_file_of_them_or_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fleets = CommandLineFleets({"github_url": "http://127.0.0.1:9", "no_live": True, "no_cache": True})
    assert fleets.offered("https://github.com/octo/shop") == "octo"
    assert fleets.offered("") == ""
    Path("octo").mkdir()
    Path("names.txt").write_text("octo/a # the first\nocto/b\n", encoding="utf-8")
    Path("bad.txt").write_text("octo/a\nnonsense\n", encoding="utf-8")
    Path("run.jsonl").write_text('{"schema":"planescope.fleet/1"}\n', encoding="utf-8")
    titles = {"octo": "octo", "octo/a": "octo/a", "names.txt": "2 repositories", "run.jsonl": "run.jsonl"}
    for text, title in titles.items():
        built = fleets.named(text, files=True)()
        assert built.title == title, text
        built.close()
    for text in ("no such", "a/b/c", "\0", "-x", "~nobody-of-this-name/x/y"):
        with pytest.raises(BackendProblem, match="names no fleet"):
            fleets.named(text, files=True)
    with pytest.raises(BackendProblem, match="names no fleet"):
        fleets.named("names.txt", files=False)
    with pytest.raises(BackendProblem, match="nonsense"):
        fleets.named("bad.txt", files=True)


def test_a_line_of_a_file_of_others_opens_no_odd_name() -> None:
    from fleet_double import row_of  # the values alone

    fleet = FileFleet((Path("x"),), Around(AwsOptions()))
    with pytest.raises(BackendProblem, match="no repository name"):
        fleet.open(row_of(4))
