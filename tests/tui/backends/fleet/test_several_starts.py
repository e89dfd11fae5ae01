"""A workflow that is started in several ways is told by the worst of them; what all need counts; a disabled one starts nothing."""

from __future__ import annotations

import io

import pytest
from fleet_github import FleetRepository
from fleet_world import MAIN, by_repository, fleet_world, on_main, push, release, role, trusting_all_of
from rich.console import Console
from thoroughness import spread
from wire_release import ACCOUNT, REGION, RoleFacts

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.fleet import exit_code
from diagnosis.gates import Gate, Verdict
from tui.cli.reports.fleet import show

BOTH = "{push: {branches: [main], tags: ['v*']}}"
ON_TAG = "    if: startsWith(github.ref, 'refs/tags/')\n"
TAG = {"release.yml": ("push", "v1.7", "success")}
OF_MAIN = "repo:octo/one:ref:refs/heads/main"
MAIN_ONLY = role("r", on_main("octo/one"))
ANY_REF = trusting_all_of("r", "repo:octo/one:ref:refs/*", push("app"))
TAG_1 = "repo:octo/one:ref:refs/tags/v1.7"
FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN

STARTS = [
    # Trigger, a member of the job, the newest run, the role; then the verdict, the worst event and ref, how many starts.
    ("{push: {branches: [main]}}", "", MAIN, MAIN_ONLY, PASS, "push refs/heads/main", 0),
    (BOTH, "", MAIN, MAIN_ONLY, FAIL, "push refs/tags/v1", 2),
    (BOTH, "", TAG, MAIN_ONLY, FAIL, "push refs/tags/v1.7", 2),
    (BOTH, "", MAIN, ANY_REF, PASS, "push refs/heads/main", 2),
    # The job runs for a tag alone, whatever ran last.
    (BOTH, ON_TAG, MAIN, MAIN_ONLY, FAIL, "push refs/tags/v1", 0),
    (BOTH, ON_TAG, {}, ANY_REF, PASS, "push refs/tags/v1", 0),
    # That a run was a tag's shows by the filters; its tag is one that was let in.
    ("{push: {tags: ['v*']}}", "", TAG, role("r", [TAG_1]), PASS, "push refs/tags/v1.7", 0),
    # A made-up tag is refused where another may be let in: that proves nothing.
    ("{push: {tags: ['v*']}}", "", {}, role("r", [TAG_1]), UNKNOWN, "push refs/tags/v1", 0),
    ("{release: {types: [published]}}", "", {}, role("r", [TAG_1]), UNKNOWN, "release refs/tags/v1.0.0", 0),
    ("{release: {types: [published]}}", "", {}, MAIN_ONLY, FAIL, "release refs/tags/v1.0.0", 0),
    # A pull request releases nothing.
    ("{push: {branches: [main]}, pull_request: {}}", "", MAIN, MAIN_ONLY, PASS, "push refs/heads/main", 0),
    ("{schedule: [{cron: '0 4 * * 1'}], release: {}}", "", {}, MAIN_ONLY, FAIL, "release refs/tags/v1.0.0", 2),
]


@pytest.mark.parametrize(("on", "job", "newest", "facts", "verdict", "worst", "count"), spread(STARTS, 5))
def test_the_worst_of_all_starts_is_told(
    on: str,
    job: str,
    newest: dict[str, tuple[str, str, str]],
    facts: RoleFacts,
    verdict: Verdict,
    worst: str,
    count: int,
) -> None:
    one = FleetRepository("octo/one", {"release.yml": release("r", on=on, job=job)}, runs=newest)
    with fleet_world([one], [facts]) as world:
        row = by_repository(world.read())["octo/one"]
    assert (row.next_run, f"{row.event} {row.ref}", len(row.starts)) == (verdict, worst, count), row
    assert row.fails_at is (Gate.ROLE_ASSUMPTION if verdict is FAIL else None)
    assert verdict is not UNKNOWN or "stands for the names" in row.unknown[0].why


def test_what_another_start_needs_counts_for_the_role() -> None:
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/other:1"
    more = f"      - if: github.event_name == 'pull_request'\n        run: docker push {image}\n"
    file = release("r", on="{push: {branches: [main]}, pull_request: {}}") + more
    one = FleetRepository("octo/one", {"release.yml": file}, runs=MAIN)
    with fleet_world([one], [role("r", on_main("octo/one"))], ["app", "other"]) as world:
        row = by_repository(world.read())["octo/one"]
    (use,) = row.roles
    assert ("ecr:PutImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/other") in use.needs
    assert row.next_run is PASS


def test_a_disabled_workflow_starts_nothing_and_neither_passes_nor_fails() -> None:
    files = {"release.yml": release("r", on=BOTH)}
    one = FleetRepository("octo/one", files, runs=MAIN, states={"release.yml": "disabled_manually"})
    with fleet_world([one], [MAIN_ONLY]) as world:
        fleet = world.read()
    (row,) = fleet.rows
    assert (row.state, row.stops, row.verdict, row.event) == ("disabled_manually", (), PASS, "")
    assert "disabled_manually" in row.source
    totals = fleet.totals
    assert (totals.disabled, totals.passing, totals.stopped, totals.unknown) == (1, 0, 0, 0)
    assert exit_code(fleet) is ExitCode.PASSED
    for width in (80, 130, 180):
        out = io.StringIO()
        show(fleet, Console(width=width, file=out))
        head, line = out.getvalue().splitlines()[:2]
        assert head.split()[-3:] == (["wave", "beyond", "newest"] if width < 130 else ["beyond", "newest", "because"])
        assert line.startswith("- octo/one release.yml")
        assert ("disabled_manually" in line) is (width > 80)
