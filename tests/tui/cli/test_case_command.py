"""``planescope case init`` writes what the runs tell, over nothing; what people wrote in the file survives an update."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from probes.case_file import parse_case, read_case_file
from probes.case_rewrite import comments_in
from probes.embedded.moments import INCIDENT
from tui.cli.main import planescope

RUNS = [21985402789, 21985472266, 21985500168]
OURS = """\
# ours
ticket = "SEC-1"  # theirs
tag = "v1"  # by hand
runs = [21985402789] # the first
[team]
name = "x"
"""


def run(*args: str) -> Result:
    return CliRunner().invoke(planescope, ["case", *args])


def init(*args: str) -> Result:
    return run("init", "--recording", str(INCIDENT), *args)


def test_one_run_gives_the_case_of_its_whole_chain(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    result = init(str(RUNS[1]), "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, f"Case file: {file} (runs: 3)\n")
    text = file.read_text(encoding="utf-8")
    case = read_case_file(file)
    assert list(case.runs) == RUNS
    assert (case.workflow, case.ecr_repository, case.region) == (
        "dev_min_m1_packaging.yml",
        "fraud-platform-dev-min",
        "eu-west-2",
    )
    assert (case.branch, case.decision_log, case.changes) == (None, None, ()), "what no run tells is left to people"
    assert len(case.evidence_artifacts) == 4
    # The places that wait for people are right once they are filled in.
    filled = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# [")) else line
        for line in text.replace("YYYY-MM-DD", "2026-02-13").replace("HH:MM", "11:38").splitlines()
        if not line.startswith("# Run")
    )
    stated = parse_case(filled, "case.toml")
    assert [change.after_run for change in stated.changes] == RUNS[:2]
    assert stated.decision_log_commit == "799d398a7daf34857cf363c9a1a629c40ec25d5e"
    assert stated.escalations[0].complete
    # Never over a file without being told to.
    again = init(str(RUNS[1]), "-o", str(file))
    assert (again.exit_code, file.read_text(encoding="utf-8")) == (2, text)
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    ("option", "tag", "said"), [("--update", "v1", "kept"), ("--force", "git-799d398a", "replaced")]
)
def test_what_people_wrote_survives(tmp_path: Path, option: str, tag: str, said: str) -> None:
    file = tmp_path / "case.toml"
    file.write_text(OURS, encoding="utf-8")
    result = init(str(RUNS[2]), "-o", str(file), option)
    assert result.exit_code == 0, result.output
    assert f"tag is v1, and the runs tell git-799d398a7daf34857cf363c9a1a629c40ec25d5e: {said}." in result.stderr
    assert "a case has no member `ticket`; it is passed over." in result.stderr
    text = file.read_text(encoding="utf-8")
    assert comments_in(text)[:4] == ("# ours", "# theirs", "# by hand", "# the first")
    document = tomllib.loads(text)
    assert (document["ticket"], document["team"], document["runs"]) == ("SEC-1", {"name": "x"}, RUNS)
    assert document["tag"].startswith(tag)
    assert text.index("ticket") < text.index("tag") < text.index("runs") < text.index("[team]")
    assert "# after_run = 21985472266" in text
    assert f"after_run = {RUNS[0]}" not in text, "the text names that run already"
    again = init(str(RUNS[2]), "-o", str(file), option)
    assert f"Case file: {file} (as it was)" in again.stdout
    assert file.read_text(encoding="utf-8") == text
    # What cannot be rewritten is told, though it can be read.
    file.write_bytes(b"runs = [1]\r# ours\r")
    again = init(str(RUNS[2]), "-o", str(file), option)
    assert (again.exit_code, file.read_bytes()) == (2, b"runs = [1]\r# ours\r")
    assert "line ends of an old system" in again.stderr


def test_the_demo_writes_to_standard_output_and_the_answer_is_a_case() -> None:
    result = run("init", "--demo", "later", "-o", "-")
    assert result.exit_code == 0
    case = parse_case(result.stdout, "stdout")
    assert (case.workflow, case.runs, case.branch) == ("dev_min_m2f_topic_readiness.yml", (21993925506,), "migrate-dev")


def test_a_case_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_text('runs = [1]\nticket = 1\n[[escalations]]\ngrant = "ecr:*"\n', encoding="utf-8")
    found = run("check", str(file))
    assert found.exit_code == 0
    assert "runs: 1, changes: 0, exceptions: 0, escalations: 1" in found.stdout
    assert "account for nothing: 1." in found.stdout
    assert "`ticket`" in found.stderr
    file.write_text("run = [1]\n", encoding="utf-8")
    found = run("check", str(file))
    assert found.exit_code == 2
    assert "did you mean `runs`?" in found.stderr


def test_a_foreign_title_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diagnosis.closure.case_draft import CaseDraft, DraftChange, DraftMember, DraftRun
    from probes.case_draft_text import new_text

    hostile = 'x"\nrole_arn = "y\x1b[31m\u202e'
    draft = CaseDraft(
        (DraftMember("title", hostile, hostile), DraftMember("evidence_artifacts", (hostile,), hostile)),
        (DraftRun(1, hostile),),
        (DraftChange(1, 2, hostile, (hostile,)),),
        "c" * 40,
    )
    case = parse_case(new_text(draft), "case.toml")
    assert (case.title, case.evidence_artifacts, case.role_arn) == (hostile, (hostile,), None)
    assert json.dumps(case.runs) == "[1]"
