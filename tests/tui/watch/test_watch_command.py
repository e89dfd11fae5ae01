"""`planescope watch` over the wire: what it asks, what it tells of an attempt that ends, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import github_faults as faults
import jsonschema
import pytest
from click.testing import CliRunner, Result
from on_a_terminal import EVERY_KIND
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.documents.exit_code import ExitCode
from probes.embedded.github.server import GitHubServer
from probes.recording.format import moment_of
from tui.backend import BackendProblem
from tui.cli.commands import watch
from tui.cli.main import planescope
from tui.watch.following import Following
from tui.watch.notice import notice

WORLD = synthetic_recording(Shape(runs=2, jobs=2, log_bytes=900))
LATEST = WORLD.runs[-1].id


def second(number: int) -> datetime:
    """So many seconds after the latest run began; it lasts some thirty."""
    return moment_of(WORLD.runs[-1].attempts[0].run["created_at"]) + timedelta(seconds=number)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GH_TOKEN", "made-up")
    with GitHubServer(WORLD, second(10)) as running:
        yield running
        assert not running.errors


@pytest.fixture
def watching(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Result, list[float]]]:
    """Run the command; each wait does the next of some things in place of waiting, and after the last one Ctrl-C is pressed."""

    def run(arguments: tuple[str, ...], *meanwhile: Callable[[], object]) -> tuple[Result, list[float]]:
        left, waits = list(meanwhile), []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr(watch, "_wait", wait)
        where = ("--repo", "example/widgets", "--github-url", server.url, "--no-live", "--no-cache")
        return CliRunner().invoke(planescope, ["watch", *arguments, *where]), waits

    return run


def test_an_attempt_that_fails_is_told_with_verdict_and_the_way_to_all_of_it(server, watching) -> None:
    done, _ = watching((), lambda: None, lambda: server.move_to(second(600)), lambda: None)
    assert done.exit_code == 130, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "Following example/widgets: 1 active. Ctrl-C ends it."
    assert lines[1].endswith(": failure")
    assert "fail" in lines[2]
    assert lines[3:5] == [
        "  Rerun: Nothing that is known would fail.",
        "  Change: none that could be proved is known",
    ], "an account that was not asked is not silence"
    assert lines[-1] == f"  All of it: planescope diagnose https://github.com/example/widgets/actions/runs/{LATEST}"
    assert done.stdout.count("All of it") == 1, "what had ended before is not told, and nothing is told twice"
    assert done.stderr == "planescope: stopped.\n"
    assert "\x1b" not in done.output
    assert "\a" not in done.output


def test_unchanged_costs_nothing(server, watching) -> None:
    counts: list[int] = []
    look = lambda: counts.append(len(server.requests))  # noqa: E731
    watching((), look, look, look)
    assert {each.status for each in server.requests[counts[0] :]} == {304}


def test_one_run_is_followed_until_it_ends_and_gives_its_code(server, watching) -> None:
    done, waits = watching((str(LATEST), "--json", "--interval", "7"), lambda: server.move_to(second(600)))
    assert waits == [7]
    assert done.exit_code in (1, 3), done.output
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["subject_run"]["run"] == LATEST
    jsonschema.validate(json.loads(line), json.loads(CliRunner().invoke(planescope, ["schema", "diagnosis"]).stdout))


def test_a_run_that_had_ended_is_told_at_once(server, watching) -> None:
    done, waits = watching((str(WORLD.runs[0].id),))
    assert waits == []
    assert done.stdout.count("All of it") == 1
    assert done.exit_code in (1, 3)


def test_once_ends_with_the_first_that_ends(server, watching) -> None:
    done, waits = watching(("--once",), lambda: server.move_to(second(600)), lambda: None)
    assert len(waits) == 1
    assert done.exit_code in (1, 3)


def test_a_network_that_is_away_is_told_at_each_try_and_waited_for_longer(server, watching) -> None:
    def away() -> None:
        server.fault(r"/actions/", faults.server_error())

    def back() -> None:
        server.clear_faults()
        server.move_to(second(600))

    done, waits = watching(("--interval", "5"), away, lambda: None, back, lambda: None)
    assert waits == [5, 10, 20, 5, 5]
    assert done.stderr.count("Tried again in") == 2
    assert done.stderr.count("GitHub answers again.") == 1
    assert done.stdout.count("All of it") == 1


def test_what_fails_while_something_else_answers_is_waited_for_longer_and_its_end_told_once() -> None:
    waits: list[float] = []
    told: list[str] = []

    class Answers:
        def runs_now(self) -> None:
            return None

    def away() -> None:
        raise BackendProblem("GitHub is out of reach.", exit_code=ExitCode.UNKNOWN)

    following = Following(Answers(), 5, waits.append, told.append)
    for _ in range(3):
        assert following.tried("diagnosis", away) is None
        following.next()
    assert following.tried("diagnosis", lambda: 7) == 7
    following.next()
    assert waits == [10, 20, 40, 5]
    assert [sentence.startswith("GitHub answers again.") for sentence in told] == [False, False, False, True]


def test_what_no_waiting_mends_ends_it(server, watching) -> None:
    done, _ = watching((), lambda: server.fault(r"/actions/", faults.bad_credentials()), lambda: None)
    assert done.exit_code == 4
    assert "token" in done.stderr


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;planescope: "),
        ({"TERM": "xterm-ghostty"}, "\x1b]777;notify;planescope;"),
        ({"TERM": "foot"}, "\x1b]777;notify;planescope;"),
        ({"TERM": "dumb"}, None),
        ({"TERM": "tmux-256color"}, "\x1b]9;planescope: "),
        ({"TERM": "linux"}, None),
        ({"TERM": "vt220"}, None),
        ({"TERM": "eterm-color"}, None),
        ({"TERM": "screen.xterm-256color"}, None),
        ({"TERM": "of-nobody-known", "TERM_PROGRAM": "x"}, None),
        ({}, None),
    ],
)
def test_a_notification_holds_no_sequence_of_others(environment: dict[str, str], kind: str | None) -> None:
    told = notice(f"release; {EVERY_KIND}\x1b\\" + "x" * 999, "#7: still broken \x1b\\" + "y" * 999, environment)
    if kind is None:
        assert told == "\a"
        return
    assert told.startswith(f"\a{kind}release, ")
    assert told.endswith("\x1b\\")
    body = told.removeprefix(f"\a{kind}").removesuffix("\x1b\\")
    assert body.isprintable()
    assert "#7: still broken" in body
    assert ";" not in body
    assert len(body) <= 160
