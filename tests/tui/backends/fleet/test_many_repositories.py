"""A fleet read over the wire: each repository has its line, few requests, and roles judged by all their users."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from fleet_github import FleetRepository
from fleet_world import (
    CI,
    MAIN,
    FleetWorld,
    arn,
    by_repository,
    fleet_world,
    many,
    on_main,
    push,
    release,
    role,
    trusting_all_of,
)
from thoroughness import THOROUGH, spread
from wire_release import REPOSITORY, WORKFLOW, Ran, RoleFacts, WireRelease, accounts_of

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.fleet import exit_code, lines
from diagnosis.fleet.row import Status
from diagnosis.fleet.slices import Slice, place_of
from diagnosis.gates import Gate, Verdict

COUNT = 400 if THOROUGH else 24


def test_many_repositories_cost_few_requests_and_each_has_its_line(tmp_path: Path) -> None:
    repositories, roles = many(COUNT)
    with fleet_world(repositories, roles) as world:
        fleet = world.read(tmp_path / "fleet.jsonl", jobs=8)
        releases, pages = COUNT * 3 // 4, -(-COUNT // 100)
        assert sum(world.server.asked.values()) <= 1 + pages + COUNT + 3 * releases
        # GetRole and its like: once for a role, however many repositories assume it.
        asked = Counter(call for call in world.asked_of_aws if call.startswith("iam "))
        assert max(asked.values()) == 1, asked.most_common(3)
    totals = fleet.totals
    assert (totals.repositories, totals.read, totals.workflows, totals.releases) == (
        COUNT,
        COUNT,
        COUNT + releases,
        releases,
    )
    assert (totals.passing, totals.broken_by_wave, exit_code(fleet)) == (releases, releases, ExitCode.PASSED)
    assert {row.scope.verdict for row in fleet.rows if row.scope} == {Verdict.PASS}
    again = [line.split('"kind": "')[1].split('"')[0] for line in (tmp_path / "fleet.jsonl").read_text().splitlines()]
    assert Counter(again) == {
        "header": 1, "workflow": releases, "repository": COUNT, "role": COUNT // 4, "totals": 1,
    }  # fmt: skip


def test_whatever_keeps_a_repository_from_being_read_stands_on_its_line() -> None:
    repositories = [
        FleetRepository("octo/good", {"release.yml": release("good")}, runs=MAIN),
        FleetRepository("octo/forbidden", fault=(403, {})),
        FleetRepository("octo/absent", fault=(404, {})),
        FleetRepository("octo/down", fault=(502, {})),
        FleetRepository("octo/gone-bad", raw='{"data": {"repository": {"object": 3}}}'),
        FleetRepository("octo/no-json", raw="<html>"),
        FleetRepository("octo/empty", empty=True),
        FleetRepository("octo/disabled", flags={"disabled": True}),
        FleetRepository("octo/old", flags={"archived": True}),
        FleetRepository("octo/was", renamed_to="octo/is"),
        FleetRepository("octo/unparsable", {"release.yml": "on: [push\n", "a.yml": "\x00", "b.yml": "jobs: 3"}),
        FleetRepository("octo/hostile", {"::error::x%0A.yml": release("good", on="{push: {branches: ['::set-env']}}")}),
    ]
    names = [repository.name for repository in repositories]
    with fleet_world(repositories, [role("good", on_main("octo/good"))]) as world:
        fleet = world.read(owners=(), repositories=(*names, "octo/..", "octo/nobody"), jobs=3)
    found = {row.repository: row.status for row in fleet.repositories}
    assert found == {
        **dict.fromkeys(("octo/good", "octo/unparsable", "octo/hostile"), Status.READ),
        **dict.fromkeys(("octo/absent", "octo/nobody"), Status.NOT_FOUND),
        **dict.fromkeys(("octo/down", "octo/gone-bad", "octo/no-json", "octo/.."), Status.FAULT),
        "octo/forbidden": Status.NO_ACCESS,
        "octo/empty": Status.EMPTY,
        "octo/disabled": Status.DISABLED,
        "octo/old": Status.ARCHIVED,
        "octo/was": Status.RENAMED,
    }
    assert all(row.reason for row in fleet.repositories if row.status is not Status.READ)
    unparsable = next(row for row in fleet.repositories if row.repository == "octo/unparsable")
    assert (unparsable.workflows, len(unparsable.open_users)) == (3, 3)
    assert by_repository(fleet)["octo/good"].verdict is Verdict.PASS
    assert by_repository(fleet)["octo/hostile"].fails_at is Gate.ROLE_ASSUMPTION
    assert exit_code(fleet) is ExitCode.FAILED


def test_a_token_that_ran_out_in_the_middle_is_followed_by_another(tmp_path: Path) -> None:
    repositories = [FleetRepository(f"octo/r{number}", {"ci.yml": CI}) for number in range(3)]
    repositories[1].fault = (401, {})
    kept = tmp_path / "fleet.jsonl"
    with fleet_world(repositories) as world:
        assert world.read(kept).totals.unread == ((Status.NO_ACCESS, 1),)
        repositories[1].fault = None
        assert world.read(kept, resume=True).totals.read == 3


def test_a_rate_limit_that_lasts_leaves_lines_that_a_later_run_fills(tmp_path: Path) -> None:
    repositories = [FleetRepository(f"octo/r{number}", {"ci.yml": CI}) for number in range(6)]
    repositories[2].fault = (429, {"Retry-After": "7200"})
    kept = tmp_path / "fleet.jsonl"
    with fleet_world(repositories) as world:
        fleet = world.read(kept, jobs=1)
        unread = [row for row in fleet.repositories if row.status is Status.RATE_LIMITED]
        assert len(unread) == 4, "who goes on asking is punished"
        assert exit_code(fleet) is ExitCode.UNKNOWN
        repositories[2].fault = None
        del world.server.repositories["octo/r0"]
        world.server.asked.clear()
        whole = world.read(kept, resume=True)
        assert world.server.asked == {"(list)": 2, **{row.repository: 1 for row in unread}}
        assert (whole.totals.read, exit_code(whole)) == (5, ExitCode.PASSED), "what is gone has no line"
        fresh = world.read(tmp_path / "fresh.jsonl")

    def told(found: object) -> list[object]:
        return [{**line, "read_at": "", "began_at": ""} for line in lines(found)]  # type: ignore[arg-type]

    assert told(whole) == told(fresh)


WIDE = push("app", "other")
"""A push to two images."""


USERS = [
    ([role("r", on_main("octo/one"), WIDE)], [], Verdict.PASS, "nothing beyond"),
    ([role("r", on_main("octo/one"), push())], [], Verdict.FAIL, "every resource"),
    # The other user needs no more; were it not read, it might.
    ([role("r", on_main("octo/one", "octo/two"), push())], ["two"], Verdict.FAIL, "every resource"),
    ([role("r", on_main("octo/one", "octo/two"), push())], ["two unread"], Verdict.UNKNOWN, "octo/two"),
    ([role("r", on_main("octo/one", "octo/two"), push())], ["two untold"], Verdict.UNKNOWN, "octo/two"),
    ([role("r", on_main("octo/one", "else/where"), push())], [], Verdict.UNKNOWN, "else/where"),
    ([trusting_all_of("r", "repo:octo/*:ref:refs/heads/main", push())], [], Verdict.FAIL, "every resource"),
    (
        [trusting_all_of("r", "repo:octo/*:ref:refs/heads/main", push())],
        ["two unread"],
        Verdict.UNKNOWN,
        "octo/two",
    ),
    ([trusting_all_of("r", "repo:octo/*:ref:refs/heads/main", push())], ["a fork"], Verdict.UNKNOWN, "outside"),
    ([trusting_all_of("r", "repo:octo/*:ref:refs/heads/main", push())], ["hidden"], Verdict.UNKNOWN, "outside"),
    ([trusting_all_of("r", "repo:octo/*:ref:refs/heads/main", push())], ["not told"], Verdict.UNKNOWN, "outside"),
    ([role("r", on_main("octo/one", "octo/secret"), push())], ["hidden"], Verdict.UNKNOWN, "octo/secret"),
    ([trusting_all_of("r", "repo:o*:ref:refs/heads/main", push())], [], Verdict.UNKNOWN, "whoever presents"),
]
"""Roles, the repositories beside the one that is looked at, the verdict on what the role is granted, and what is said."""


@pytest.mark.parametrize(("roles", "more", "verdict", "said"), spread(USERS, 4))
def test_too_much_is_claimed_only_where_every_user_of_the_fleet_is_known(
    roles: list[RoleFacts], more: list[str], verdict: Verdict, said: str
) -> None:
    beside = {
        "two": FleetRepository("octo/two", {"release.yml": release("r")}, runs=MAIN),
        "two unread": FleetRepository("octo/two", fault=(403, {})),
        "two untold": FleetRepository("octo/two", {"release.yml": release("${{ vars.ROLE }}")}),
        "a fork": FleetRepository("octo/two", {"ci.yml": CI}, flags={"fork": True}),
    }
    one = FleetRepository("octo/one", {"release.yml": release("r")}, runs=MAIN)
    with fleet_world([one, *(beside[name] for name in more if name in beside)], roles) as world:
        world.server.hidden = 1 if "hidden" in more else None if "not told" in more else 0
        row = by_repository(world.read())["octo/one"]
    assert row.scope is not None
    assert (row.scope.verdict, said in row.scope.reason) == (verdict, True), row.scope
    assert row.breadth is (Verdict.FAIL if row.callers.verdict is Verdict.FAIL else verdict)


def test_a_slice_does_not_claim_what_another_one_may_use() -> None:
    names = {place_of(f"octo/r{number}", 2): f"octo/r{number}" for number in range(9)}
    one, two = (FleetRepository(names[part], {"release.yml": release("r")}, runs=MAIN) for part in (1, 2))
    with fleet_world([one, two], [role("r", on_main(one.name, two.name), push())]) as world:
        parts = [world.read(slice=Slice(number, 2)) for number in (1, 2)]
        whole = world.read()
    assert [len(part.rows) for part in parts] == [1, 1]
    assert {row.scope.verdict for part in parts for row in part.rows if row.scope} == {Verdict.UNKNOWN}
    assert {row.scope.verdict for row in whole.rows if row.scope} == {Verdict.FAIL}


def test_a_workflow_that_others_call_is_judged_with_them_and_read_once() -> None:
    shared = release("r", on="{workflow_call: {}}")
    uses = "octo/shared/.github/workflows/r.yml@v1"
    call = f"on: {{push: {{branches: [main]}}}}\npermissions: {{id-token: write}}\njobs: {{r: {{uses: {uses}}}}}\n"
    callers = [FleetRepository(f"octo/c{number}", {"release.yml": call}) for number in range(3)]
    home = FleetRepository("octo/shared", {"r.yml": shared}, others={".github/workflows/r.yml": shared})
    with fleet_world([home, *callers], [role("r", on_main("octo/c0", "octo/c1"))]) as world:
        fleet = world.read(jobs=1)
        assert world.server.asked["octo/shared"] == 2, "its own files, and the called one once for all"
    assert {row.repository: row.fails_at for row in fleet.rows} == {
        "octo/c0": None, "octo/c1": None, "octo/c2": Gate.ROLE_ASSUMPTION,
    }  # fmt: skip


@pytest.mark.parametrize("fault", [{"signed_in": False}, {"throttled": True}])
def test_what_aws_did_not_answer_in_passing_is_read_again(fault: dict[str, bool], tmp_path: Path) -> None:
    repositories, roles = many(4)
    kept = tmp_path / "fleet.jsonl"
    with fleet_world(repositories, roles) as world:
        before = world.read(kept, **fault)
        assert {row.next_run for row in before.rows} == {Verdict.UNKNOWN}
        world.server.asked.clear()
        after = world.read(kept, resume=True)
        assert {name for name in world.server.asked if name != "(list)"} == {row.repository for row in before.rows}
    assert {row.verdict for row in after.rows} == {Verdict.PASS}


OTHER = "444455556666"


@pytest.mark.parametrize("profiles", [{}, {OTHER: OTHER}])
def test_each_account_is_read_by_its_own_profile(profiles: dict[str, str]) -> None:
    elsewhere = f"arn:aws:iam::{OTHER}:role/deploy"
    second = f"""  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{elsewhere}", aws-region: us-east-1}}
      - run: aws ecs list-clusters
"""
    both = FleetRepository("octo/both", {"release.yml": release("r") + second}, runs=MAIN)
    look = {"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}
    roles = [role("r", on_main("octo/both")), RoleFacts(elsewhere, on_main("octo/both"), (look,))]
    with fleet_world([both], roles) as world:
        fleet = world.read(by_account=profiles)
    row, records = fleet.rows[0], {str(record.role): record.why_not for record in fleet.roles}
    assert [str(use.role) for use in row.roles] == [roles[0].arn, elsewhere]
    if profiles:
        assert (set(records.values()), row.next_run, row.callers.verdict) == ({""}, Verdict.PASS, Verdict.PASS)
    else:
        assert (records[roles[0].arn], "444455556666" in records[elsewhere]) == ("", True)
        assert (row.next_run, row.callers.verdict, row.wave.breaks) == (Verdict.UNKNOWN, Verdict.UNKNOWN, True)


@pytest.mark.parametrize("shown", [True, False])
def test_a_role_that_a_secret_holds_is_told_by_the_log_of_the_newest_run(shown: bool) -> None:
    told = (("${{ secrets.ROLE }}", arn("r")),) if shown else ()
    ran = Ran("release", "release", conclusion="success", shown=told)
    released = WireRelease({WORKFLOW: release("${{ secrets.ROLE }}")}, (ran,), conclusion="success")
    subject = f"repo:{REPOSITORY}:ref:refs/heads/main"
    with released.github() as github, accounts_of([role("r", [subject])], ["app"]) as access:
        server = SimpleNamespace(url=github.url, owner=REPOSITORY.partition("/")[0])
        fleet = FleetWorld(server, access).read()
        assert len(github.requests) <= 9
    (row,), (place,) = fleet.rows, fleet.repositories
    assert (row.source, row.newest.conclusion if row.newest else "") == ("like run 1", "success")
    if shown:
        assert ([str(use.role) for use in row.roles], row.verdict, place.open_users) == ([arn("r")], Verdict.PASS, ())
    else:
        assert (row.roles, row.unknown_roles, row.verdict) == ((), ("${{ secrets.ROLE }}",), Verdict.UNKNOWN)
        assert "${{ secrets.ROLE }}" in place.open_users[0], "it may be any role"


def test_a_workflow_with_keys_of_its_own_fails_at_the_first_gate_and_has_no_role() -> None:
    keys = 'aws-access-key-id: "${{ secrets.K }}", aws-secret-access-key: "${{ secrets.S }}"'
    file = release("r").replace(f'role-to-assume: "{arn("r")}"', keys)
    with fleet_world([FleetRepository("octo/keys", {"release.yml": file}, runs=MAIN)], [role("r", ())]) as world:
        (row,) = world.read().rows
    assert (row.fails_at, row.stops[0].cause, row.roles) == (Gate.OIDC_TRUST, "static-credentials", ())
    assert (row.callers.reason, row.scope.reason if row.scope else "") == (
        "It assumes no role: it has keys of its own.",
        "It assumes no role, and what its own keys are granted is not known.",
    )
