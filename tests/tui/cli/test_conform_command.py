"""The command in a clone: what a pull request's run prints, writes and ends with."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from conform_change import BASE, POLICY, TRUST, WORKFLOW, allow, edited, subject_trust, workflow
from sarif_schema import SARIF

from tui.cli.main import planescope

_WHO = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
_WIDER = edited(POLICY, lambda all_: all_.append(allow("s3:PutObject", "arn:aws:s3:::evidence/*")))


def _git(*words: str) -> None:
    environ = {**os.environ, **_WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], check=True, capture_output=True, env=environ)


def _write(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """A clone whose branch changes these files."""
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    _git("init", "-q", "-b", "main")
    _write(BASE)
    _git("add", "-A")
    _git("commit", "-qm", "base")
    _git("checkout", "-qb", "topic")
    return _write


def _run(*words: str) -> Result:
    return CliRunner().invoke(planescope, ["conform", "--repo", "octo-org/shop", "--base", "main", *words])


def test_a_branch_that_changes_nothing_conforms(change: Callable[[Mapping[str, str]], None]) -> None:
    change({"README.md": "# shop\n"})
    result = _run()
    assert (result.exit_code, result.exception) == (0, None) or isinstance(result.exception, SystemExit)
    assert "✔ pass: no findings. Nothing is widened, nothing breaks: this change conforms." in result.output
    # Before anything is committed here, the base is what is checked out: that is no proof of what was committed.
    assert "main is what is checked out: only what is not committed yet is compared with it." in result.output
    result = CliRunner().invoke(planescope, ["conform", "--repo", "octo-org/shop"])
    assert result.exit_code == 2
    assert "--base main" in result.output


def test_a_document_that_is_kept_elsewhere_is_no_document_that_went_away(
    change: Callable[[Mapping[str, str]], None],
) -> None:
    change({POLICY: f"version https://git-lfs.github.com/spec/v1\noid sha256:{0:064d}\nsize 900\n"})
    result = _run()
    assert result.exit_code == 3
    assert f"unknown  not-read  {POLICY}:1" in result.output
    assert "git LFS keeps it outside of the repository" in result.output


def test_each_finding_has_file_line_and_correction_in_every_form(change: Callable[[Mapping[str, str]], None]) -> None:
    change({**_WIDER, WORKFLOW: workflow("docker push $R/app:$T", "docker push $R/app:$T || true")[WORKFLOW]})
    text = _run()
    assert text.exit_code == 1
    assert "error  widened-grants  iam/policy.json:23" in text.output
    assert "error  gate-demoted  .github/workflows/release.yml:14" in text.output
    told = json.loads(_run("--json").stdout)
    schema = json.loads((resources.files("tui.cli") / "schemas" / "conform-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)
    assert (told["verdict"], told["counts"]["error"]) == ("fail", 2)
    assert all(each["place"]["file"] and each["place"]["line"] and each["correction"] for each in told["findings"])
    log = json.loads(_run("--sarif").stdout)
    jsonschema.validate(log, SARIF)
    places = {
        (each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for each in log["runs"][0]["results"]
    }
    assert places == {("widened-grants", POLICY), ("gate-demoted", WORKFLOW)}


def test_in_a_pull_requests_run_everything_is_told_by_itself(
    change: Callable[[Mapping[str, str]], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change(edited(TRUST, lambda all_: all_.append(subject_trust("repo:octo-org/shop:pull_request"))))
    summary = tmp_path / "summary.md"
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_BASE_REF": "main",
        "GITHUB_REPOSITORY": "octo-org/shop",
        "GITHUB_STEP_SUMMARY": str(summary),
    }.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(planescope, ["conform", "-o", "out/conform.json"])
    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if line.startswith("::error")]
    assert len(lines) == 1
    assert lines[0].startswith(
        "::error file=iam/trust.json,line=17,title=planescope%3A widened-trust::Role release would admit"
    )
    page = summary.read_text(encoding="utf-8")
    assert page.startswith("### planescope conform: ✘ fail")
    assert "| error | widened-trust | <code>iam/trust&#46;json&#58;17</code> |" in page
    assert json.loads(Path("out/conform.json").read_text(encoding="utf-8"))["verdict"] == "fail"


def test_a_case_file_accounts_for_a_widening_and_what_cannot_be_judged_ends_with_three(
    change: Callable[[Mapping[str, str]], None],
) -> None:
    change(_WIDER)
    Path("case.toml").write_text(
        '[[widenings]]\nrole = "release"\ngrants = ["s3:PutObject"]\non = ["arn:aws:s3:::evidence/*"]\n'
        'rationale = "evidence, ticket 4713"\nexpires = 2999-12-31\n',
        encoding="utf-8",
    )
    stated = _run("--case", "case.toml")
    assert stated.exit_code == 0
    assert "note  widening-stated" in stated.output
    change({POLICY: BASE[POLICY][:-20], "case.toml": ""})
    broken = _run()
    assert broken.exit_code == 3
    assert "unknown  not-read  iam/policy.json" in broken.output
    assert _run("elsewhere").exit_code == 2
    assert _run(".git").exit_code == 2
    assert _run("--role", "release=arn:aws:iam::1:user/x").exit_code == 2


_UNREAD_ON_BOTH_SIDES: dict[str, tuple[bytes, bytes]] = {
    ".github/workflows/other.yml": (b"on: [push\n", b"on: [push\njobs: {}\n"),
    "deploy.sh": (b"# caf\xe9\n", b"# caf\xe9\naws iam put-role-policy\n"),
    "infra/role.yaml": (b"# caf\xe9\nResources: {}\n", b"# caf\xe9\nResources: {R: {}}\n"),
    "logo.png": (b"\x89PNG\0", b"\x89PNG\0\0"),
}


def test_what_neither_side_can_read_is_as_before_only_where_its_bytes_are(
    change: Callable[[Mapping[str, str]], None],
) -> None:
    for path, (before, _) in _UNREAD_ON_BOTH_SIDES.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(before)
    _git("add", "-A")
    _git("commit", "-qm", "unread")
    _git("branch", "-f", "main")
    assert _run().exit_code == 0
    for path, (_, after) in _UNREAD_ON_BOTH_SIDES.items():
        Path(path).write_bytes(after)
    result = _run("--json")
    told = [each for each in json.loads(result.stdout)["findings"] if each["level"] == "unknown"]
    assert (result.exit_code, sorted(each["place"]["file"] for each in told)) == (3, [*_UNREAD_ON_BOTH_SIDES][:-1])


def test_documents_beyond_the_bound_are_as_before_only_where_all_of_them_are(
    change: Callable[[Mapping[str, str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.backends.conform.MOST_FILES", 2)
    _write({"z/1.json": "{}", "z/2.json": "{}", "case.toml": ""})
    _git("add", "-A")
    _git("commit", "-qm", "many")
    _git("branch", "-f", "main")
    assert _run("--case", "case.toml").exit_code == 0
    change({"z/2.json": '{"a": 1}', "case.toml": "# other\n"})
    result = _run("--case", "case.toml")
    assert result.exit_code == 3
    assert "case.toml is part of this change" in result.output
