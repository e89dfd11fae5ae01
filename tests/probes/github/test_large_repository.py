"""A repository of ten thousand runs through the backend: paged, filtered by GitHub, any run among its own neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import github_faults as faults
import pytest
from made_attempts import made_attempt
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.closure.chain import LONGEST_CHAIN
from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt, Repository
from diagnosis.verdicts.gate_verdict import Missing
from probes.embedded.github.server import GitHubServer
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.http.pace import Pace
from probes.github.read.runs import RunPage as SourcePage
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedRun, Recording
from tui.backend import BackendProblem, Cancelled, Progress, RunQuery
from tui.backends.repository import RepositoryBackend
from tui.backends.runs_around import runs_around
from tui.cli.console import ProgressLine

RUNS = 10_000
PATIENT = Timeouts(backoff=0.001)
FIRST = 9_000_000_000


def of_its_own(number: int, run: RecordedRun) -> RecordedRun:
    """Some runs of another branch, actor and event, spread over all pages."""
    (attempt,) = run.attempts
    changes: dict[str, object] = {}
    if number % 50 == 0:
        changes = {"head_branch": "release/2.0", "event": "workflow_dispatch", "actor": {"login": "Octo-Cat"}}
    if number == RUNS:
        changes |= {"status": "in_progress", "conclusion": None}
    return replace(run, attempts=(replace(attempt, run={**attempt.run, **changes}),))


@pytest.fixture(scope="module")
def large() -> Recording:
    """Every third run succeeds; runs are a minute apart."""
    made = synthetic_recording(Shape(runs=RUNS, jobs=1, log_bytes=900, success_every=3))
    return replace(made, runs=tuple(of_its_own(place, run) for place, run in enumerate(made.runs, start=1)))


@pytest.fixture(scope="module")
def server(large: Recording) -> Iterator[GitHubServer]:
    with GitHubServer(large) as served:
        yield served
        assert not served.errors


@pytest.fixture
def backend(server: GitHubServer) -> Iterator[RepositoryBackend]:
    made = make_backend(server)
    yield made
    made.close()
    server.clear_faults()


def no_account(question: AccountQuestion, *_: object) -> Missing:
    return Missing("the account", "it was not asked", "ask it")


def make_backend(server: GitHubServer, pace: Pace | None = None, **options: str) -> RepositoryBackend:
    ledger = Ledger()
    source = GitHubSource("example/widgets", GitHubAccess(server.url), ledger, timeouts=PATIENT, pace=pace)
    return RepositoryBackend(source, no_account, case=Case(), ledger=ledger, title="example/widgets", **options)


def keep_on() -> bool:
    return False


def listed(backend: RepositoryBackend, page: int = 1, **query: str) -> tuple[list[int], int, int | None]:
    found = backend.list_runs(RunQuery(**query), page, cancelled=keep_on)
    return [row.number for row in found.rows], found.total, found.next_page


def requests_for(backend: RepositoryBackend, operation: str) -> int:
    return [call.operation for call in backend.calls()].count(operation)


def test_every_page_is_one_request_and_the_pages_hold_all_runs_once(backend: RepositoryBackend) -> None:
    seen: list[int] = []
    page: int | None = 1
    while page is not None:
        numbers, total, page = listed(backend, page)
        assert total == RUNS
        assert len(numbers) == 100
        seen += numbers
    assert seen == list(range(RUNS, 0, -1))
    assert requests_for(backend, "actions/list-workflow-runs-for-repo") == RUNS // 100
    assert listed(backend, 101)[0] == [], "a page past the end is empty, not an error"


@pytest.mark.parametrize(
    ("query", "expected", "total"),
    [
        ({"branch": "release/2.0"}, [10_000, 9_950, 9_900], 200),
        ({"actor": "octo-cat"}, [10_000, 9_950, 9_900], 200),
        ({"event": "workflow_dispatch"}, [10_000, 9_950, 9_900], 200),
        ({"status": "in_progress"}, [10_000], 1),
        ({"status": "success"}, [9_999, 9_996, 9_993], 1_000),
        ({"status": "failure", "branch": "release/2.0"}, [9_950, 9_850, 9_800], 133),
        ({"created": "2026-06-01T11:58:00Z..2026-06-01T12:00:00Z"}, [10_000, 9_999, 9_998], 3),
        ({"created": "<2026-05-26"}, [639, 638, 637], 639),
        ({"workflow": "release.yml"}, [10_000, 9_999, 9_998], RUNS),
        ({"workflow": "release"}, [10_000, 9_999, 9_998], RUNS),
        ({"workflow": "release.yml", "event": "workflow_dispatch", "status": "success"}, [9_900, 9_750, 9_600], 66),
        ({"branch": "no-such-branch"}, [], 0),
    ],
)
def test_github_applies_each_filter_and_their_combinations(
    query: dict[str, str], expected: list[int], total: int, backend: RepositoryBackend
) -> None:
    numbers, counted, next_page = listed(backend, **query)
    assert numbers[:3] == expected
    assert counted == total, "GitHub gives at most a thousand runs to a filtered list"
    assert next_page == (2 if total > 100 else None)


def test_the_rows_hold_what_the_list_shows(backend: RepositoryBackend) -> None:
    row = backend.list_runs(RunQuery(branch="release/2.0"), 1, cancelled=keep_on).rows[1]
    assert (row.key, row.number, row.ref, row.event, row.conclusion) == (
        (FIRST + 9_950, 1),
        9_950,
        "release/2.0",
        "workflow_dispatch",
        "failure",
    )
    assert row.url.endswith(f"/actions/runs/{FIRST + 9_950}")


def test_filters_of_the_command_line_hold_until_others_are_given(server: GitHubServer) -> None:
    backend = make_backend(server, branch="release/2.0", workflow="release.yml")
    assert listed(backend)[1] == 200
    assert listed(backend, branch="main")[0][:2] == [9_999, 9_998]
    backend.close()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"status": "failed"}, "Did you mean `failure`"),
        ({"workflow": "relase"}, "Did you mean `release`"),
        ({"workflow": "relase.yml"}, "cannot be read"),
        ({"created": "yesterday"}, "rejected the question"),
    ],
)
def test_a_filter_that_github_does_not_take_is_one_sentence(
    query: dict[str, str], words: str, backend: RepositoryBackend
) -> None:
    with pytest.raises(BackendProblem) as caught:
        listed(backend, **query)
    assert words in f"{caught.value.sentence} {caught.value.way_out}"
    assert caught.value.exit_code == 2


def chain(backend: RepositoryBackend, number: int) -> list[int]:
    found = backend.diagnose((FIRST + number, 1), subject=None, progress=lambda _: None, cancelled=keep_on)
    assert found.subject is not None
    assert found.subject.attempt.run_number == number
    return [item.attempt.run_number for item in found.replays]


@pytest.mark.parametrize(
    ("number", "expected", "pages"),
    [
        (10_000, [10_000], 1),
        (9_998, [9_997, 9_998, 9_999], 1),
        (9_901, [9_901, 9_902, 9_903], 2),
        (4_000, [4_000, 4_001, 4_002], 3),
        (3_902, [3_901, 3_902, 3_903], 3),
        (3_900, [3_898, 3_899, 3_900], 2),
        (1, [1, 2, 3], 2),
    ],
)
def test_any_run_is_diagnosed_among_its_neighbours_with_few_requests(
    number: int, expected: list[int], pages: int, backend: RepositoryBackend
) -> None:
    assert chain(backend, number) == expected
    assert requests_for(backend, "actions/list-workflow-runs") <= pages


def run_at(number: int, conclusion: str | None = "failure") -> Attempt:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return made_attempt(number, when, repository=Repository("example/widgets"), conclusion=conclusion)


class Pages:
    """A list of runs, newest first; counts the pages that are asked for."""

    def __init__(self, *runs: Attempt) -> None:
        self.runs = runs
        self.asked: list[int] = []

    def __call__(self, page: int) -> SourcePage:
        self.asked.append(page)
        shown = self.runs[(page - 1) * 100 : page * 100]
        return SourcePage(shown, len(self.runs), page + 1 if page * 100 < len(self.runs) else None)


def test_deleted_runs_do_not_hide_the_page() -> None:
    runs = [run_at(number) for number in range(3_000, 0, -1) if number > 2_900 or number % 10 == 0]
    pages = Pages(*runs)
    found = runs_around(pages, run_at(1_000))
    assert 1_000 in [attempt.run_number for attempt in found]
    assert len(pages.asked) <= 5


def test_a_run_that_is_no_longer_listed_stands_alone() -> None:
    pages = Pages(*(run_at(number) for number in range(3_000, 0, -1) if number != 1_000))
    gone = run_at(1_000)
    assert runs_around(pages, gone) == (gone,), "runs from elsewhere are not its neighbours"
    assert len(pages.asked) <= 6
    assert runs_around(Pages(), gone) == (gone,)
    assert runs_around(Pages(), None) == ()


def test_a_long_row_of_failures_is_read_as_far_as_it_is_shown() -> None:
    pages = Pages(*(run_at(number) for number in range(3_000, 0, -1)))
    found = runs_around(pages, run_at(2_895))
    assert pages.asked == [1, 2], "page 2 holds enough runs on its older side; page 1 was there"
    numbers = [attempt.run_number for attempt in found]
    assert numbers == list(range(3_000, 2_800, -1))
    assert numbers.index(2_895) >= LONGEST_CHAIN


def test_what_is_left_of_the_rate_limit_is_told(server: GitHubServer) -> None:
    backend = make_backend(server)
    assert backend.limit_note == ""
    listed(backend)
    note = backend.limit_note
    assert note.startswith("GitHub ")
    assert note.endswith(" of 5,000 left")
    left = int(note.split()[1].replace(",", ""))
    listed(backend)
    assert int(backend.limit_note.split()[1].replace(",", "")) < left
    backend.origin = "a recording"
    assert backend.limit_note == "", "where GitHub is not asked, nothing is left of nothing"
    backend.close()


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def pace(self) -> Pace:
        return Pace(
            throttled=False,
            clock=lambda: datetime.fromtimestamp(self.now, UTC),
            timer=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.secondary_rate_limit(45, times=1), "waiting for GitHub's secondary rate limit"),
        (faults.too_many_requests(45, times=1), "waiting for GitHub's secondary rate limit"),
        (faults.rate_limit(45, times=1), "waiting for GitHub's primary rate limit"),
    ],
)
def test_a_rate_limit_is_counted_down_on_the_screen_and_then_the_list_comes(
    fault: faults.Fault, words: str, server: GitHubServer
) -> None:
    backend = make_backend(server, Clock().pace())
    server.fault(r"/actions/runs\?", fault)
    shown: list[Progress] = []
    page = backend.list_runs(RunQuery(), 1, cancelled=keep_on, progress=shown.append)
    assert len(page.rows) == 100
    counted = [step for step in shown if step.what == words]
    assert {step.total for step in counted} <= {45, 46, 47}
    assert [step.done for step in counted] == sorted(step.done for step in counted)
    assert counted[0].done <= 1
    assert counted[-1].done >= 44
    backend.close()
    server.clear_faults()


def test_waiting_for_a_rate_limit_can_be_given_up(server: GitHubServer) -> None:
    backend = make_backend(server, Clock().pace())
    server.fault(r"/actions/runs\?", faults.too_many_requests(60))
    shown: list[Progress] = []

    def cancelled() -> bool:
        return any("waiting" in step.what and step.done > 5 for step in shown)

    with pytest.raises(Cancelled):
        backend.list_runs(RunQuery(), 1, cancelled=cancelled, progress=shown.append)
    assert max(step.done for step in shown) < 10
    backend.close()
    server.clear_faults()


def test_a_countdown_is_not_overwritten_by_what_did_not_change(server: GitHubServer) -> None:
    backend = make_backend(server, Clock().pace())
    backend.list_runs(RunQuery(), 1, cancelled=keep_on)
    server.fault(r"/attempts/1/jobs", faults.too_many_requests(30, times=1))
    shown: list[Progress] = []
    backend.diagnose((FIRST + 9_998, 1), subject=None, progress=shown.append, cancelled=keep_on)
    waits = [place for place, step in enumerate(shown) if "waiting for GitHub" in step.what]
    assert len(waits) > 20
    others = [step for step in shown[waits[0] : waits[-1]] if "waiting" not in step.what]
    assert len(others) <= 8, "one for each answer that came meanwhile, none for the time that passed"
    backend.close()
    server.clear_faults()


def test_a_long_limit_says_until_when(server: GitHubServer) -> None:
    backend = make_backend(server, Clock().pace())
    server.fault(r"/actions/runs\?", faults.rate_limit(3_000))
    with pytest.raises(BackendProblem, match=r"primary rate limit is reached until \d\d:\d\d:\d\d UTC") as caught:
        listed(backend)
    assert caught.value.exit_code in (3, 4)
    assert backend.limit_note.startswith("GitHub 0 of 5,000 left until ")
    backend.close()
    server.clear_faults()


def test_without_a_terminal_a_wait_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    for done in range(3):
        line(Progress("waiting for GitHub's secondary rate limit", done, 60))
        line(Progress("reading jobs", done, 3))
    line.clear()
    shown = capsys.readouterr()
    assert shown.err == "waiting for GitHub's secondary rate limit: 60 seconds\n"
    assert shown.out == ""
