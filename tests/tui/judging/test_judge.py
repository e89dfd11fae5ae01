"""Whatever way an attempt is judged, from the store, in a process or here, it is the same replay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from judged_attempts import release_attempts
from replay_builders import CONFIGURE, LOGIN, PUSH, denied, failing, recorded
from store_worlds import asked, source_on
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.diagnose import replays_of
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.replay.conclusion import conclusion_of
from diagnosis.verdicts.replay import Replay
from probes.embedded.github.server import GitHubServer
from probes.github.read.attempt_parts import Depth
from probes.store.rules import rules_version
from tui.judging import judge as judging
from tui.judging import processes, worker
from tui.judging.judge import Judge
from tui.judging.processes import WORTH_A_PROCESS, Answer, Processes, Take, processes_for

ATTEMPTS = [
    replace(recorded(CONFIGURE, LOGIN, failing(PUSH, denied("ecr:PutImage"))), run_id=number) for number in range(1, 7)
]


class Elsewhere(Exception):  # noqa: N818 - not an error
    """Judging was done in this process although another should have done it."""


def not_here(_attempt: Attempt, _case: Case) -> Replay:
    raise Elsewhere


def judged(attempts: Sequence[Attempt], case: Case, count: int) -> tuple[Replay, ...]:
    with Judge(case, processes=lambda _count: count) as judge:
        judge.expect(len(attempts))
        for attempt in attempts:
            judge.take(attempt)
        return judge.replays(attempts)


def test_in_this_process_attempts_are_judged_as_they_come() -> None:
    assert judged(ATTEMPTS, Case(), 0) == replays_of(ATTEMPTS, Case())


def test_a_process_concludes_letter_by_letter_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = dict(release_attempts())
    attempts = [attempt for attempt, case in cases.items() if case == Case()]
    expected = replays_of(attempts, Case())
    # Nobody lends a hand: all comes from the other process.
    monkeypatch.setattr(judging, "replay", not_here)
    monkeypatch.setattr(judging, "_BACKLOG", 10**6)
    with Judge(Case(), processes=lambda _count: 1) as judge:
        judge.expect(len(attempts))
        until = time.monotonic() + 60
        while judge.ready < 1 and time.monotonic() < until:
            time.sleep(0.01)
        for attempt in attempts:
            judge.take(attempt)
        monkeypatch.setattr(Judge, "_judge_one", lambda _self: False)
        found = judge.replays(attempts)
    assert found == expected
    assert [repr(each) for each in found] == [repr(each) for each in expected]
    assert all(each.attempt is attempt for each, attempt in zip(found, attempts, strict=True))


def test_what_a_process_does_not_answer_is_judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    # One that ends at once, one that speaks of other rules, one that answers nonsense.
    say = "import sys, pickle; d = pickle.dumps({}); o = sys.stdout.buffer; o.write(len(d).to_bytes(8, 'big') + d); "
    others, nonsense = say.format("'others'"), say.format(repr(rules_version()))
    nonsense += "o.flush(); sys.stdin.buffer.read(1); o.write(b'x' * 99)"
    for start in ("raise SystemExit", others, nonsense):
        monkeypatch.setattr(processes, "_START", start)
        assert judged(ATTEMPTS, Case(), 1) == replays_of(ATTEMPTS, Case())


@pytest.mark.parametrize("late", [None, "its answer"])
def test_a_process_that_is_stopped_holds_up_nobody(late: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped:
        """Takes the first attempt, and answers when everybody has gone on without it."""

        serving = 1

        def __init__(self, _count: int, _case: Case, take: Take, answer: Answer) -> None:
            self._take, self._answer = take, answer

        def begin(self) -> None:
            self.taken = self._take()

        def close(self) -> None:
            assert self.taken is not None
            self._answer(self.taken, conclusion_of(expected[0]) if late else None)

    expected = replays_of(ATTEMPTS, Case())
    monkeypatch.setattr(judging, "Processes", Stopped)
    monkeypatch.setattr(judging, "_PATIENCE", 3)
    monkeypatch.setattr(judging, "_LOOK_UP_SECONDS", 0.001)
    until = time.monotonic() + 20

    def check() -> None:
        assert time.monotonic() < until, "it waits for a process that is stopped"

    with Judge(Case(), processes=lambda _count: 1) as judge:
        judge.expect(99)
        judge.take(ATTEMPTS[0])
        assert isinstance(judge._processes, Stopped)
        judge._processes.begin()
        found = judge.replays(ATTEMPTS, check)
        judge.close()
        assert found == expected
        assert all(one is other for one, other in zip(judge.replays(ATTEMPTS, check), found, strict=True))


def test_no_thread_to_be_had_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread:
        def __init__(self, **_options: object) -> None:
            pass

        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(processes, "Thread", NoThread)
    assert judged(ATTEMPTS, Case(), 1) == replays_of(ATTEMPTS, Case())


def test_no_process_to_be_had_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.sys, "executable", "/nowhere/python")
    assert judged(ATTEMPTS, Case(), 2) == replays_of(ATTEMPTS, Case())


def test_processes_are_for_much_work_and_several_processors_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_processors", lambda: 8)
    assert [processes_for(count) for count in (0, WORTH_A_PROCESS - 1, WORTH_A_PROCESS, 10_000)] == [0, 0, 1, 3]
    monkeypatch.setattr(processes, "_processors", lambda: 2)
    assert processes_for(10_000) == 1
    monkeypatch.setattr(processes, "_processors", lambda: 1)
    assert processes_for(10_000) == 0


def test_a_failure_shows_here_as_it_would_without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "replay", not_here)
    with Judge(Case(), processes=lambda _count: 0) as judge:
        for _ in range(2):
            with pytest.raises(Elsewhere):
                judge.replays(ATTEMPTS)


def test_who_gives_up_waits_for_nothing() -> None:
    class GaveUp(Exception):  # noqa: N818
        pass

    def check() -> None:
        raise GaveUp

    with Judge(Case(), processes=lambda _count: 0) as judge, pytest.raises(GaveUp):
        judge.replays(ATTEMPTS, check)


def test_the_same_attempt_is_not_judged_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    before = replays_of(ATTEMPTS, Case())
    monkeypatch.setattr(judging, "replay", not_here)
    with Judge(Case(), known=before) as judge:
        assert all(one is other for one, other in zip(judge.replays(ATTEMPTS), before, strict=True))
        with pytest.raises(Elsewhere):
            judge.replays([replace(ATTEMPTS[0])])


def test_the_process_answers_each_attempt_and_none_for_a_failure() -> None:
    incoming, outgoing = BytesIO(), BytesIO()
    worker.send(incoming, (ATTEMPTS[0], Case()))
    worker.send(incoming, ("no attempt", Case()))
    incoming.seek(0)
    with pytest.raises(EOFError):
        worker.work(incoming, outgoing)
    outgoing.seek(0)
    assert worker.receive(outgoing) == rules_version()
    assert judging.replay_from(worker.receive(outgoing), ATTEMPTS[0]) == replays_of(ATTEMPTS[:1], Case())[0]
    assert worker.receive(outgoing) is None


_PARENT = """
import sys, time
from diagnosis.facts.case import Case
from tui.judging.judge import Judge
judge = Judge(Case(), processes=lambda count: 1)
judge.expect(99)
while judge.ready < 1:
    time.sleep(0.01)
print(judge._processes._children[0].process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for the process by its folder")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path, how: signal.Signals) -> None:
    # What lies in the current folder is not what is imported.
    for name in ("diagnosis.py", "pickle.py", "tui.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong one')\n")
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-P", "-c", _PARENT]
    environ = {**os.environ, "PYTHONPATH": path, "GH_TOKEN": "of-no-use", "AWS_SECRET_ACCESS_KEY": "of-no-use"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environ
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert os.getsid(child) != os.getsid(parent.pid), "it has no terminal"
        assert Path(f"/proc/{child}/fd/2").readlink() == Path("/dev/null")
        assert b"of-no-use" not in Path(f"/proc/{child}/environ").read_bytes()
        parent.send_signal(how)
        parent.communicate()
    until = time.monotonic() + 20
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_closing_ends_the_processes_and_leaves_no_thread() -> None:
    made: list[Processes] = []
    with Judge(Case(), processes=lambda _count: 1) as judge:
        judge.expect(99)
        assert judge._processes is not None
        made.append(judge._processes)
    (child,) = made[0]._children
    assert child.process.returncode is not None
    assert not any(thread.is_alive() for thread in made[0]._threads)


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(synthetic_recording(Shape(runs=4, jobs=2, log_bytes=1500))) as running:
        yield running


def start(
    server: GitHubServer, path: Path, case: Case = Case(), token: str = ""
) -> tuple[tuple[Replay, ...], list[str]]:
    since = len(server.requests)
    with source_on(server, path, token) as source, Judge(case, source.conclusions, processes=lambda _count: 0) as judge:
        attempts = source.complete(source.list_runs().attempts, Depth.DIAGNOSIS, beside=judge)
        found = judge.replays(attempts)
        assert source.store_note == ""
    return found, asked(server, since)


def test_a_second_start_neither_asks_nor_judges(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "attempts-v1.sqlite3"
    first, _ = start(server, path)
    with monkeypatch.context() as second:
        second.setattr(judging, "replay", not_here)
        again, requests = start(server, path)
        assert again == first
        assert [repr(each) for each in again] == [repr(each) for each in first]
        assert requests == ["", "/actions/runs", "/actions/oidc/customization/sub"]
        with pytest.raises(Elsewhere):
            start(server, path, Case(tag="v1"))
    other, _ = start(server, path, Case(tag="v1"))
    assert other == replays_of([each.attempt for each in first], Case(tag="v1"))


def test_a_start_without_a_token_gets_no_conclusion_of_one_with_a_token(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "attempts-v1.sqlite3"
    start(server, path, token="ghp_" + "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setattr(judging, "replay", not_here)
    with pytest.raises(Elsewhere):
        start(server, path)


def test_attempts_are_handed_on_while_others_are_read(server: GitHubServer, tmp_path: Path) -> None:
    class Noted:
        expected = 0
        taken: list[Attempt] = []  # noqa: RUF012

        def expect(self, count: int) -> None:
            self.expected = count

        def take(self, attempt: Attempt) -> None:
            self.taken.append(attempt)

    noted = Noted()
    with source_on(server, None) as source:
        found = source.complete(source.list_runs().attempts, Depth.DIAGNOSIS, beside=noted)
    assert noted.expected == len(found) == 4
    assert {id(attempt) for attempt in noted.taken} == {id(attempt) for attempt in found}
