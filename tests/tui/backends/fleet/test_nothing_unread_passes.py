"""What of a workflow was not looked at passes nothing: a file of another ref, a role that is not told, a start beyond the bound."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleet_github import FleetRepository
from fleet_world import MAIN, FleetWorld, arn, by_repository, fleet_world, on_main, push, release, role, trusting_all_of
from thoroughness import spread

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.fleet import exit_code
from diagnosis.fleet.row import Status, WorkflowRow
from diagnosis.gates import Verdict
from tui.backends.fleet.collect import collect

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN
OWN = role("r", on_main("octo/one"))
ON_MAIN = "{push: {branches: [main]}}"
ON_PULL = "    if: github.event_name == 'pull_request'\n"
EVENTS = (
    "push",
    "schedule",
    "workflow_dispatch",
    "repository_dispatch",
    "workflow_run",
    "issues",
    "watch",
    "fork",
    "gollum",
)
COMMIT = "a" * 40


def _both(second: str, on: str, job: str = "") -> str:
    """A workflow with a job for the role r, and one for a second role."""
    other = release(second, job=job).split("jobs:\n")[1].replace("  release:", "  other:")
    return release("r", on=on) + other


def _row(world: FleetWorld) -> WorkflowRow:
    return by_repository(world.read())["octo/one"]


def test_a_role_that_is_not_told_leaves_open_who_gets_in_and_what_the_wave_breaks() -> None:
    one = FleetRepository("octo/one", {"release.yml": _both("${{ vars.OTHER }}", ON_MAIN)}, runs=MAIN)
    anything = role("r", ["repo:octo/one:ref:refs/heads/main", "repo:octo@1001/one@2005432:ref:refs/heads/main"])
    with fleet_world([one], [anything]) as world:
        row = _row(world)
    assert (row.callers.verdict, row.wave.verdict, row.verdict) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert "vars.OTHER" in row.callers.reason
    assert "vars.OTHER" in row.wave.reason


@pytest.mark.parametrize(
    ("pattern", "verdict"),
    [
        ("repo:octo/one:pull_request", PASS),
        ("repo:octo/*:pull_request", FAIL),
        ("repo:octo/one:*", FAIL),
        ("repo:*", FAIL),
    ],
)
def test_the_role_of_a_pull_request_may_admit_pull_requests_and_nobody_else(pattern: str, verdict: Verdict) -> None:
    on = "{push: {branches: [main]}, pull_request: {}}"
    one = FleetRepository("octo/one", {"release.yml": _both("plan", on, ON_PULL)}, runs=MAIN)
    with fleet_world([one], [OWN, trusting_all_of("plan", pattern, push("app"))]) as world:
        row = _row(world)
    assert (row.next_run, row.callers.verdict, row.breadth) == (PASS, verdict, verdict), row.callers


@pytest.mark.parametrize(("count", "verdict"), [(8, PASS), (9, UNKNOWN)])
def test_a_start_that_was_not_judged_passes_nothing(count: int, verdict: Verdict) -> None:
    on = f"[{', '.join(EVENTS[:count])}]"
    with fleet_world([FleetRepository("octo/one", {"release.yml": release("r", on=on)})], [OWN]) as world:
        row = _row(world)
    assert (row.next_run, row.verdict) == (verdict, verdict)
    assert verdict is PASS or all("1 more ways" in reason for _, _, reason in row.gates)


def test_the_file_of_another_branch_was_not_read_and_passes_nothing() -> None:
    file = release("r", on="{push: {branches: [rel]}}")
    one = FleetRepository("octo/one", {"release.yml": file}, runs={"release.yml": ("push", "rel", "success")})
    with fleet_world([one], [role("r", ["repo:octo/one:ref:refs/heads/rel"])]) as world:
        row = _row(world)
    assert (row.next_run, row.breadth, row.stops) == (UNKNOWN, PASS, ())


@pytest.mark.parametrize(("second", "verdict"), [("r", PASS), ("other", UNKNOWN), (None, UNKNOWN)])
def test_a_called_workflow_at_another_ref_is_another_file(
    second: str | None, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "on: {push: {branches: [main]}}\npermissions: {id-token: write, contents: read}\njobs:\n"
    calls = "".join(f"  j{ref}: {{uses: octo/lib/.github/workflows/c.yml@{ref}}}\n" for ref in ("v1", "v2"))
    path = ".github/workflows/c.yml"
    lib = FleetRepository("octo/lib", {}, others={path: release("r", on="workflow_call")})
    # Its second ref, which the server knows as a repository of its own.
    later = FleetRepository("octo/later", {}, others={path: release(second, on="workflow_call")} if second else {})
    one = FleetRepository("octo/one", {"release.yml": head + calls}, runs=MAIN)
    with fleet_world([one, lib, later], [OWN]) as world:
        answer = world.server.answer

        def by_ref(target: str, body: bytes) -> object:
            return answer(target.replace("/octo/lib/", "/octo/later/") if target.endswith("ref=v2") else target, body)

        monkeypatch.setattr(world.server, "answer", by_ref)
        row = _row(world)
    assert row.next_run is verdict, row.gates
    assert (arn("r") in {str(use.role) for use in row.roles}) is (verdict is PASS)


_HEAD = f'"defaultBranchRef": {{"target": {{"oid": "{COMMIT}"}}}}'
ANSWERS = [
    (f'{{{_HEAD}, "object": null}}', Status.READ),
    (f'{{{_HEAD}, "object": {{}}}}', Status.READ),
    ('{"defaultBranchRef": null, "object": null}', Status.EMPTY),
    ('{"defaultBranchRef": null}', Status.FAULT),
    ('{"object": null}', Status.FAULT),
    (f"{{{_HEAD}}}", Status.FAULT),
    (f'{{{_HEAD}, "object": []}}', Status.FAULT),
    ('{"defaultBranchRef": {}, "object": null}', Status.FAULT),
    ('{"defaultBranchRef": {"target": null}, "object": null}', Status.FAULT),
    ('{"defaultBranchRef": {"target": {"oid": "main"}}, "object": null}', Status.FAULT),
    ('{"defaultBranchRef": null, "object": {"entries": []}}', Status.FAULT),
    (f'{{{_HEAD}, "object": {{"entries": [{{"name": "a.yml"}}]}}}}', Status.FAULT),
    (f'{{{_HEAD}, "object": {{"entries": [{{"object": {{"text": "x"}}}}]}}}}', Status.FAULT),
    ("null", Status.FAULT),
]


def test_only_an_answer_that_says_so_is_an_empty_repository() -> None:
    answers = spread(ANSWERS, 14)
    repositories = [
        FleetRepository(f"octo/r{number:02}", raw=f'{{"data": {{"repository": {text}}}}}')
        for number, (text, _) in enumerate(answers)
    ]
    with fleet_world(repositories) as world:
        found = sorted(world.read().repositories, key=lambda place: place.repository)
    assert [place.status for place in found] == [status for _, status in answers]


def test_what_a_file_says_of_the_whole_is_not_lost_by_merging(tmp_path: Path) -> None:
    one = FleetRepository("octo/one", {"release.yml": release("r")}, runs=MAIN)
    with fleet_world([one], [OWN]) as world:
        world.server.hidden = 3
        read = world.read(tmp_path / "fleet.jsonl")
        world.server.hidden = None
        told = world.read(tmp_path / "told.jsonl")
    merged = collect([tmp_path / "fleet.jsonl"])
    assert (merged.gaps, exit_code(merged)) == (read.gaps, ExitCode.UNKNOWN)
    assert read.gaps
    assert collect([tmp_path / "told.jsonl"]).notes == told.notes != ()
