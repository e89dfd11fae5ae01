"""`planescope drift` on the embedded incident: accept at one stage, compare at another; what cannot be meant is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from runner_commands import Runner
from sarif_schema import SARIF

from diagnosis.baseline.review import Review, Seen
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import Acceptance, Baseline
from diagnosis.facts.reading import Known
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.names.arn import Arn
from probes.baseline_file import BaselineFileError, read_baseline_file
from tui.bootstrap import embedded_backend
from tui.cli.commands.drift import _of_workflow
from tui.cli.main import planescope
from tui.cli.reports.drift import show, show_accepted, summary

ROLE = "arn:aws:iam::230372904534:role/GitHubAction-AssumeRoleWithAction"


@cache
def seen_at(stage: str) -> Seen:
    """What the embedded incident shows at a stage, read once: it is the same for whatever baseline."""
    backend = embedded_backend(stage)
    try:
        return backend.reviewed(None, progress=lambda _: None, cancelled=lambda: False)
    finally:
        backend.close()


class Kept:
    """A backend that has read already."""

    def __init__(self, stage: str, incident: str) -> None:
        assert incident == "release"
        self._stage = stage

    def reviewed(self, *_: object, **__: object) -> Seen:
        return seen_at(self._stage)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTOR", "alice")
    monkeypatch.setattr("tui.cli.commands.drift.embedded_backend", Kept)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(planescope, ["drift", *arguments])


def _schema() -> Any:
    return json.loads(CliRunner().invoke(planescope, ["schema", "drift"]).stdout)


def test_accept_at_the_first_stage_and_compare_at_the_third(tmp_path: Path) -> None:
    first = run("--demo", "1", "--accept", "--rationale", "to try it")
    assert first.exit_code == 0, first.output
    assert f"+ role {ROLE}" in first.stdout
    assert "No baseline mends this" in first.stdout
    file = tmp_path / "planescope-demo-baseline.json"
    text = file.read_text(encoding="utf-8")
    assert json.loads(text)["accepted"] == {
        "at": "2026-02-13T11:38:10Z", "by": "alice", "rationale": "to try it", "expires": None,
    }  # fmt: skip

    compared = run("--demo", "3", "--json")
    assert compared.exit_code == 1
    found = json.loads(compared.stdout)
    jsonschema.validate(found, _schema())
    assert {(each["rule"], each["level"]) for each in found["findings"]} == {
        ("permissions-widened", "error"), ("provider-changed", "error"), ("pushed-outside-runs", "unknown"),
    }  # fmt: skip
    assert file.read_text(encoding="utf-8") == text

    log = json.loads(run("--demo", "3", "--sarif").stdout)
    jsonschema.validate(log, SARIF)
    lines = text.splitlines()
    for result in log["runs"][0]["results"]:
        (place,) = result["locations"]
        line = place["physicalLocation"]["region"]["startLine"]
        assert place["logicalLocations"][0]["fullyQualifiedName"] in lines[line - 1]

    accepted = run("--demo", "3", "--accept", "--rationale", "reviewed", "--json")
    assert accepted.exit_code == 0
    document = json.loads(accepted.stdout)
    jsonschema.validate(document, _schema())
    assert {each["rule"] for each in document["changes"]} == {"permissions-widened", "provider-changed"}
    again = run("--demo", "3")
    assert again.exit_code == 0, again.output
    assert "no drift" in again.stdout


def test_what_is_said_of_no_single_thing_stands_at_a_line_of_its_own_too() -> None:
    assert run("--demo", "3", "--accept", "--rationale", "to try it").exit_code == 0
    file = Path("planescope-demo-baseline.json")
    held = json.loads(file.read_text(encoding="utf-8"))
    held["repository"] = "old/name"
    held["github"]["environments"] = {"prod": {"refs": "any", "patterns": [], "rules": []}}
    held["aws"]["roles"][ROLE]["control_policies"] = ["SCP guard on r-1: 0"]
    held["accepted"]["expires"] = "2026-01-01"
    file.write_text(json.dumps(held, indent=2), encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    told = {}
    for result in json.loads(run("--demo", "3", "--sarif").stdout)["runs"][0]["results"]:
        at = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        told[result["ruleId"]] = lines[at - 1].strip().partition(":")[0]
    assert told | {"repository-changed": '"repository"', "environment-changed": '"prod"'} == told
    assert told | {"control-policy-changed": '"arn', "acceptance-expired": '"expires"'} == told


def test_of_a_workflow_whose_role_is_not_known_nothing_of_any_role_is_left_out() -> None:
    seen = seen_at("3")
    (workflow,) = seen.state.known_workflows
    wide = Finding(DriftRule.TRUST_WIDENED, Level.ERROR, Place(member=ROLE), "It admits more.", "Undo it.")
    for role, kept in ((workflow.releases[0].role, (wide,)), (None, (wide,)), (Arn.parse(f"{ROLE}2"), ())):
        own = replace(workflow, releases=(replace(workflow.releases[0], role=role),))
        review = Review(replace(seen, state=replace(seen.state, workflows=Known((own,)))), None, (wide,))
        assert _of_workflow(review, workflow.path).findings == kept


def test_a_merge_that_was_not_finished_is_told_as_such() -> None:
    Path("b.json").write_text('{\n<<<<<<< HEAD\n"schema": 1\n=======\n', encoding="utf-8")
    result = run("--demo", "3", "--baseline", "b.json")
    assert (result.exit_code, "merge that was not finished, line 2" in " ".join(result.stderr.split())) == (2, True)


def test_a_step_of_a_workflow_gets_annotations_a_summary_and_both_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--demo", "1", "--accept", "--rationale", "to try it").exit_code == 0
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    result = run("--demo", "3", "-o", "d.json", "--sarif-output", "d.sarif")
    assert result.exit_code == 1
    runner = Runner().read(result.stdout)
    assert runner.token == ""
    lines = (tmp_path / "planescope-demo-baseline.json").read_text(encoding="utf-8").splitlines()
    told = {each.properties["title"].removeprefix("planescope: "): each for each in runner.obeyed}
    assert {name: each.name for name, each in told.items()} == {
        "permissions-widened": "error", "provider-changed": "error", "pushed-outside-runs": "warning",
    }  # fmt: skip
    for each in told.values():
        assert each.properties["file"] == "planescope-demo-baseline.json"
        assert each.text.partition(": ")[0] in lines[int(each.properties["line"]) - 1]
    document = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, _schema())
    jsonschema.validate(json.loads((tmp_path / "d.sarif").read_text(encoding="utf-8")), SARIF)
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "### planescope drift: ✘ fail" in page
    assert page.count("\n| error |") == 2
    assert "arn:aws" not in page  # written as entities
    assert "::" not in run("--demo", "3", "--no-annotations", "--json").stderr


def test_without_a_baseline_it_says_how_to_make_one() -> None:
    result = run("--demo", "1")
    assert result.exit_code == 2
    assert "release-would-fail" in result.stdout
    assert "planescope drift --accept --rationale TEXT" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--accept"], "--rationale"),
        (["--accept", "--rationale", "  "], "--rationale"),
        (["--accept", "--rationale", "AKIAIOSFODNN7EXAMPLF wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzKEYa"], "secret"),
        (["--accept", "--rationale", "x", "--expires", "soon"], "no date"),
        (["--accept", "--rationale", "x", "--expires", "2020-01-01"], "is past"),
        (["--accept", "--rationale", "x", "--workflow", "a.yml"], "--workflow"),
        (["--rationale", "x"], "--accept"),
        (["--accept", "--rationale", "x", "-o", "y"], "-o"),
        (["--json", "--sarif"], "exclude"),
        (["--role", "release"], "no role ARN"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], words: str, tmp_path: Path) -> None:
    result = run("--demo", "3", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x"}', '{"schema": "planescope.baseline/1"}', "\xff"])
def test_a_baseline_that_cannot_be_used_is_bad_input(text: str, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(text, encoding="latin-1")
    for arguments in (["--demo", "3"], ["--demo", "3", "--accept", "--rationale", "x"]):
        result = run(*arguments, "--baseline", str(file))
        assert result.exit_code == 2
        assert "The baseline" in result.stderr
    assert file.read_text(encoding="latin-1") == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot be read: Is a directory.", id="folder"),
        pytest.param(b"{}" + b" " * 8_000_000, "is larger than 8 MB.", id="large"),
        pytest.param(b"\xff\xfe\x00", "is no text in UTF-8.", id="bytes"),
        pytest.param(b'{"schema": "planescope.baseline/9"}', "cannot be used: ", id="later"),
    ],
)
def test_why_a_baseline_cannot_be_used(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(BaselineFileError, match=re.escape(said)):
        read_baseline_file(file)


def test_a_name_that_no_file_can_have_is_an_error_and_a_missing_file_is_none(tmp_path: Path) -> None:
    with pytest.raises(BaselineFileError, match="no such name can be"):
        read_baseline_file(tmp_path / "a\0b")
    assert read_baseline_file(tmp_path / "none.json") is None


# ------------------------------------------------------------------------------------------------- the report in a terminal


def _found(*findings: Finding, accepted: Acceptance | None = None) -> Review:
    seen = seen_at("1")
    return Review(seen, Baseline(accepted, seen.state) if accepted else None, findings)


def _told(rule: DriftRule, level: Level, *details: str) -> Finding:
    return Finding(rule, level, Place(member="arn:x"), f"{level.value} is said.", "Do this.", details)


_ALICE = Acceptance(datetime(2026, 10, 1, tzinfo=UTC), "alice", "re[red]viewed", date(2027, 1, 1))


def _screen(show: Callable[[Console], None]) -> str:
    text = StringIO()
    show(Console(file=text, width=60, color_system=None))
    return text.getvalue()


def test_a_review_says_what_it_comes_to_before_its_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    error = _told(DriftRule.TRUST_WIDENED, Level.ERROR, "newly admitted: " + "x" * 80)
    note = _told(DriftRule.TEXT_CHANGED, Level.NOTE)
    doubt = _told(DriftRule.NOT_COMPARED, Level.UNKNOWN)
    for findings, accepted, said in (
        ((), _ALICE, "no drift"),
        ((note,), _ALICE, "no drift; 1 note"),
        ((note, doubt), _ALICE, "1 unknown, 1 note"),
        ((error, error, note, note), _ALICE, "2 findings, 2 notes"),
        ((), None, "nothing was found"),
    ):
        lines = _screen(partial(show, _found(*findings, accepted=accepted), "b.json"))
        assert lines.splitlines()[0].endswith(f": {said}")
    shown = _screen(lambda console: show(_found(error, note, accepted=_ALICE), "b.json", console))
    whole = "\n".join(line.rstrip() for line in shown.splitlines())
    said = "baseline b.json, accepted 2026-10-01 by alice, until 2027-01-01: re[red]viewed"
    assert said in " ".join(whole.split())
    assert "✘ error  trust-widened  arn:x\n  error is said.\n    - newly admitted:" in whole
    # What is wrapped stands below its text.
    assert {line[:6] for line in whole.splitlines() if "xxx" in line} == {" " * 6}
    # Of a note nothing has to be corrected.
    assert whole.count("→ Do this.") == 1
    monkeypatch.setattr("tui.cli.reports.drift.is_plain", lambda: True)
    assert "  - newly admitted: " in _screen(lambda console: show(_found(error, accepted=_ALICE), "b.json", console))


def test_what_was_accepted_is_told_with_what_no_baseline_mends() -> None:
    error = _told(DriftRule.RELEASE_WOULD_FAIL, Level.ERROR)
    change = _told(DriftRule.TRUST_WIDENED, Level.ERROR, "newly admitted: all")
    found = _found(error, _told(DriftRule.LEAST_PRIVILEGE, Level.NOTE), change, accepted=_ALICE)
    text = _screen(lambda console: show_accepted(found, (change,), ("the boundary",), "b.json", console, first=False))
    order = (
        "accepted in b.json", "by alice: re[red]viewed", "~ trust-widened  arn:x", "- newly admitted: all",
        "Accepted with it", "· note is said.", "Not read, and written so", "? the boundary", "No baseline mends this",
        "✘ error is said.", "→ Do this.",
    )  # fmt: skip
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    same = _screen(lambda console: show_accepted(_found(accepted=_ALICE), (), (), "b.json", console, first=False))
    assert "nothing differs from the former baseline but the acceptance itself" in " ".join(same.split())


def test_a_summary_is_bounded_and_says_what_it_leaves_out() -> None:
    finding = _told(DriftRule.TRUST_WIDENED, Level.ERROR, *(f"<b>{number}" for number in range(50)))
    page = summary(_found(*[finding] * 103, accepted=_ALICE), "b.json")
    assert page.count("\n| error |") == 100
    assert "\n3 more are in the report.\n" in page
    assert "<b>" not in page
