"""`--walkthrough` without a terminal: the steps as text, with the exit code of the diagnosis."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from places import ROOT

from diagnosis.logs.scrub import scrub
from tui.cli.main import planescope


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


def titles(result: Result) -> list[str]:
    return re.findall(r"^\d+\. (.+)$", result.stdout, flags=re.MULTILINE)


def test_the_demo_is_told_in_the_order_of_telling_and_its_hand_out_is_masked(tmp_path: Path) -> None:
    place = tmp_path / "talk.md"
    result = run("demo", "--walkthrough", "--handout", str(place))
    assert result.exit_code == 0
    assert [title.partition(":")[0].rstrip("123 of") for title in titles(result)] == [
        "Two planes", "Attempt", "The stated fix after attempt", "Attempt", "The stated fix after attempt", "Closure",
        "What is not claimed",
    ]  # fmt: skip
    assert "at stage 1 of 3" in result.stdout
    assert "▲ NOW, OIDC trust: ✘ fail → ✔ pass" in result.stdout
    assert scrub(result.stdout) == result.stdout
    assert "230372904534" in result.stdout
    assert "230372904534" not in place.read_text()
    assert "logs and account reconstructed" in place.read_text()


def test_a_live_chain_is_told_on_the_account_as_it_is() -> None:
    recording = str(ROOT / "probes" / "embedded" / "incident")
    result = run("--recording", recording, "--no-live", "--walkthrough")
    assert result.exit_code == 3
    assert len(titles(result)) == 8
    assert "Nothing that was read of the account decides a gate" in result.stdout
    assert "▲ NOW" not in result.stdout


@pytest.mark.parametrize("other", ["--json", "--export=packet"])
def test_steps_are_no_document_and_no_packet(other: str) -> None:
    result = run("demo", "--walkthrough", other)
    assert result.exit_code == 2
    assert "--walkthrough prints steps" in result.stderr
