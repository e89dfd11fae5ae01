"""The packet of a release that deploys: five columns, its sessions and uses, what it does not cover, and no account id."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from deploying_release import BUCKET, DEPLOYER_ACCOUNT, released
from small_world import ACCOUNT, REGION

from diagnosis.diagnose import replays_of
from diagnosis.documents.packet import completed, packet
from diagnosis.documents.redaction import MASK
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.gates import ALL_GATES, GATES, Gate, Verdict
from diagnosis.verdicts.anchor import AnchorKind
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.packet.contents import TOOL
from tui.packet.pages import json_page, markdown_page
from tui.packet.verify.verify import verify
from tui.packet.write import write


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return released().diagnosis()


def test_the_fifth_gate_has_a_column_where_an_attempt_has_it(diagnosis: Diagnosis) -> None:
    made = packet(diagnosis, Case())
    (attempt,) = made.attempts
    wide = replace(
        made, attempts=(replace(attempt, verdicts=tuple((gate, Verdict.FAIL) for gate in ALL_GATES)), attempt)
    )
    assert wide.columns == ALL_GATES
    rows = markdown_page(wide).partition("## Timeline")[2].partition("## ")[0].strip().splitlines()
    assert any(row.startswith("| Service authorization |") for row in rows)
    assert {row.count("|") for row in rows} == {rows[0].count("|")}
    narrow = replace(
        made,
        attempts=(replace(attempt, verdicts=tuple((gate, Verdict.PASS) for gate in GATES)),),
        sessions=(),
        now=(),
        fix=None,
    )
    assert narrow.columns == GATES
    assert "Service authorization" not in markdown_page(narrow).partition("## Timeline")[2].partition("## ")[0]


def test_sessions_uses_and_what_is_not_covered_are_told(diagnosis: Diagnosis) -> None:
    made = packet(diagnosis, Case())
    assert [session.job for session in made.sessions] == ["Release", "Deploy"]
    assert made.several_sessions
    used = {use.action: use for use in made.uses}
    assert used["ecs:UpdateService"].job == "Deploy"
    assert used["ecs:UpdateService"].resource == f"arn:aws:ecs:{REGION}:{MASK}:service/main/api"
    assert len(made.not_covered) == 1
    assert "“Notify”" in made.not_covered[0]
    assert not any(item.what in text for item in made.unknown for text in made.not_covered)
    page = markdown_page(made)
    assert "## What is not covered" in page
    assert "Deploy \\| now" in page


def test_no_account_id_of_any_service_is_in_it(diagnosis: Diagnosis) -> None:
    made = packet(diagnosis, Case())
    for page in (json_page(made), markdown_page(made)):
        assert ACCOUNT not in page
        assert DEPLOYER_ACCOUNT not in page
        assert "release-" in page
    plain = json_page(packet(diagnosis, Case(), mask_accounts=False))
    assert BUCKET in plain


def test_it_is_sound_with_four_and_with_five_verdicts_and_not_with_others(diagnosis: Diagnosis, tmp_path: Path) -> None:
    made = packet(diagnosis, Case(), tool=TOOL)
    for number, gates in enumerate(([*GATES], [*ALL_GATES], [*GATES][:3], [*GATES, GATES[0]], [*GATES][::-1])):
        attempt = replace(made.attempts[0], verdicts=tuple((gate, Verdict.PASS) for gate in gates))
        folder = tmp_path / str(number)
        write(completed(replace(made, attempts=(attempt,))), folder)
        assert verify(folder).verdict == ("agrees" if number < 2 else "broken"), gates


def test_without_the_account_the_run_tells_what_it_uses() -> None:
    found = released()
    (replay,) = replays_of((found.run,), found.case)
    made = packet(Diagnosis("run", (replay,), replay, None), Case())
    assert made.not_covered
    assert json.loads(json_page(made))["sessions"][1]["job"] == "Deploy"


def test_a_gate_of_services_is_told_in_words(diagnosis: Diagnosis) -> None:
    forecast = packet(diagnosis, Case()).forecast
    assert any(entry.gate is Gate.SERVICE_AUTHORIZATION for entry in forecast)


def test_no_name_of_a_job_or_step_steers_the_terminal_in_which_a_page_is_read(diagnosis: Diagnosis) -> None:
    assert diagnosis.live is not None
    gaps = tuple(replace(gap, step="\x1b[2J\x9b\u202e|`x`") for gap in diagnosis.live.gaps)
    needs = tuple(replace(need, step="\x1b]0;x\x07") for need in diagnosis.live.needs)
    made = packet(replace(diagnosis, live=replace(diagnosis.live, gaps=gaps, needs=needs)), Case())
    for page in (markdown_page(made), json_page(made)):
        assert all(character.isprintable() or character == "\n" for character in page)
    assert "\x1b[2J\x9b\u202e|`x`" in "".join(json.loads(json_page(made))["not_covered"])


def test_a_server_that_was_asked_in_anothers_place_is_named(diagnosis: Diagnosis) -> None:
    assert "'s place" not in markdown_page(packet(diagnosis, Case()))
    asked = replace(diagnosis, endpoints=endpoints_of("https://ghe.example.com", ["http://127.0.0.1:5000"]))
    made = packet(asked, Case())
    of_github, of_aws = [each for each in made.anchors if each.kind is AnchorKind.ENDPOINT]
    assert of_github.value == "https://ghe.example.com"
    assert "in github.com's place" in of_github.reason
    assert of_aws.value == "http://127.0.0.1:5000"
    assert "no proof of AWS" in of_aws.reason
    assert "in AWS's place" in markdown_page(made)
    assert "ghe.example.com" in json_page(made)
