"""What all answers to one question weigh together is bounded, however many there are and however small each is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tiny_github import QUICK, TOKEN, Said, TinyGitHub, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Job, Repository
from probes.github.http.client import LONGEST_LABEL, LONGEST_MESSAGE, Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import CutOff
from probes.github.http.pace import Pace, Watch
from probes.github.http.room import MOST_HELD, WORK_SECONDS, NoRoom, Room
from probes.github.http.storage import download
from probes.github.read.logs.job_logs import read_log_or_steps
from probes.github.read.logs.step_logs import StepLogs
from probes.ledger import Ledger

PLACE = "/repos/example/widgets"
LOGS = f"{PLACE}/actions/jobs/71/logs"
JOB = Job(id=71, name="publish", status="completed", conclusion="failure")
REPOSITORY = Repository("example/widgets", 2002, 1001, None, "main", "https://github.com/example/widgets")
LINE = b"2026-05-01T10:00:06.0000000Z nothing to see here\n"
FAULT = b"2026-05-01T10:00:07.0000000Z ##[error]Could not assume role with OIDC\n"


@pytest.fixture
def client(tiny: TinyGitHub) -> Iterator[Client]:
    tiny.answers[LOGS] = Said(302, b"", {"Location": f"{tiny.storage}/log"})
    made = Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)
    yield made
    made.close()


def of(size: int) -> Watch:
    return Watch(room=Room(size))


def test_answers_that_are_small_enough_alone_are_refused_together(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers[PLACE] = said({"name": "n" * 3_000})
    with client.watched(of(10_000)):
        for _ in range(3):
            client.object(PLACE)
        with pytest.raises(NoRoom, match="read before it") as full:
            client.object(PLACE)
    assert not full.value.reading("the jobs").lasting


def test_of_what_was_parsed_half_stays_taken(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers[PLACE] = said({"names": ["n"] * 2_000})
    watch = of(1_000_000)
    for number in range(1, 4):
        with client.watched(watch):
            client.object(PLACE)
            assert 1_000_000 - watch.room.left > 100_000, "its members weigh more than they are long"
        assert 1_000_000 - watch.room.left < number * 6_000


def test_a_text_is_counted_as_heavy_as_it_is(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers[PLACE] = Said(200, json.dumps({"text": "n" * 8_000 + "😀"}, ensure_ascii=False).encode())
    with client.watched(of(20_000)), pytest.raises(NoRoom):
        client.object(PLACE)


def test_long_names_are_counted_for_the_sentences_in_which_they_will_stand(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers[PLACE] = said({"jobs": [{"name": "n" * 1_000, "steps": [{"name": "s" * 1_000}]}] * 20})
    watch = of(1_000_000)
    with client.watched(watch):
        client.object(PLACE)
    assert 1_000_000 - watch.room.left > 40 * 4_000


def test_a_label_is_shortened_wherever_it_stands_and_a_file_is_not(tiny: TinyGitHub, client: Client) -> None:
    value: dict[str, Any] = {"name": "n" * 9_000, "deep": [{"labels": ["n" * 9_000]}], "text": "t" * 100_000}
    tiny.answers[PLACE] = said({**value, "message": "m" * 100_000, "m" * 9_000: 1})
    found = client.object(PLACE)
    label = f"{'n' * LONGEST_LABEL}…"
    assert (found["name"], found["deep"][0]["labels"]) == (label, [label])
    assert (len(found["text"]), len(found["message"])) == (100_000, LONGEST_MESSAGE + 1)
    assert max(map(len, found)) == LONGEST_LABEL


def test_what_came_to_nothing_is_given_back(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, b"x" * 4_000, announced=9_000)
    watch = of(10_000)
    with client.watched(watch), pytest.raises(CutOff):
        download(client, LOGS, limit=20_000)
    assert watch.room.left > 9_000, "the answers that named the place have a length too"


def test_a_log_for_which_there_is_no_room_is_condensed(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, LINE * 20_000 + FAULT)
    with client.watched(of(600_000)):
        log, _ = read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())
    assert isinstance(log, Known)
    assert len(log.value) < 200_000
    assert log.value.endswith(FAULT.decode())


def test_even_condensed_logs_end(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, LINE * 20_000 + FAULT)
    kinds = []
    with client.watched(of(600_000)):
        for _ in range(9):
            log, _ = read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())
            kinds.append(type(log))
    assert kinds[0] is Known
    assert isinstance(log, Unreadable)
    assert not log.lasting, "asked about alone it can be read"


def test_what_is_read_and_left_out_is_bounded_too(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, LINE * 20_000)
    watch = of(100_000)
    with client.watched(watch):
        log, _ = read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())
    assert isinstance(log, Unreadable)
    assert "for one question" in log.why
    assert MOST_HELD > 100_000_000


def of_work(seconds_a_look: float) -> Watch:
    """A room of the usual size, on whose clock each look at the time takes so long."""
    looks = itertools.count()
    return Watch(room=Room(timer=lambda: next(looks) * seconds_a_look))


def test_the_work_on_one_log_ends_in_the_middle_of_it(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, b"PASSWORD=hunter2hunter2\n" * 2_000)
    with client.watched(of_work(WORK_SECONDS / 500)):
        log, _ = read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())
    assert isinstance(log, Unreadable)
    assert "apart for 30 seconds" in log.why
    assert not log.lasting
    with client.watched(of_work(WORK_SECONDS / 5_000)):
        assert isinstance(read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())[0], Known)


def test_the_work_on_all_logs_together_ends(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers["/log"] = Said(200, LINE * 20 + FAULT)
    with client.watched(of_work(WORK_SECONDS / 20)):
        logs = [read_log_or_steps(client, REPOSITORY, JOB, (), StepLogs())[0] for _ in range(9)]
    read = [isinstance(log, Known) for log in logs]
    assert read == sorted(read, reverse=True)
    assert True in read
    assert False in read


def test_the_work_on_one_answer_ends_in_the_middle_of_it(tiny: TinyGitHub, client: Client) -> None:
    tiny.answers[PLACE] = said({"names": ["PASSWORD=hunter2"] * 2_000})
    with client.watched(of_work(WORK_SECONDS / 500)), pytest.raises(NoRoom, match="apart for 30 seconds"):
        client.object(PLACE)


def test_a_recording_may_take_as_much_longer_as_it_is_larger() -> None:
    now = [0.0]
    room = Room(MOST_HELD * 10, timer=lambda: now[0])
    with room.working() as check:
        now[0] = WORK_SECONDS * 9.9
        check()
        now[0] = WORK_SECONDS * 10
        with pytest.raises(NoRoom, match="apart for 300 seconds"):
            check()
