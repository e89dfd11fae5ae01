"""A job's log: whole or not at all, scrubbed, in bounded memory."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import github_faults as faults
import pytest
from tiny_github import QUICK, TOKEN, Said, TinyGitHub, World, job_object

from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Job, Repository
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.pace import Pace
from probes.github.read.attempt_parts import Depth
from probes.github.read.attempts import job_of
from probes.github.read.logs.job_logs import read_log
from probes.ledger import Ledger

REPOSITORY = Repository("example/widgets")
LOG = "\ufeff2026-05-01T10:00:00.0000000Z ##[group]Run aws-actions/configure-aws-credentials@v4\n".encode()


@pytest.fixture
def read(tiny: TinyGitHub):
    """Reads the log that the storage gives."""
    client = Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)

    def read(answer: Said, job: Job | None = None, **options: int) -> object:
        tiny.answers["/repos/example/widgets/actions/jobs/71/logs"] = Said(
            302, b"", {"Location": f"{tiny.storage}/blob"}
        )
        tiny.answers["/blob"] = answer
        return read_log(client, REPOSITORY, job or job_of(job_object()), **options)

    yield read
    client.close()


def why(reading: object) -> str:
    assert isinstance(reading, Unreadable)
    return reading.why


def test_a_log_keeps_its_bytes_byte_order_mark_included(read: Callable) -> None:
    assert read(Said(200, LOG)) == Known(LOG.decode())


def test_a_compressed_log_is_unpacked(read: Callable) -> None:
    for body in (gzip.compress(LOG * 1000), gzip.compress(LOG * 400) + gzip.compress(LOG * 600)):
        assert read(Said(200, body, {"Content-Encoding": "gzip"})) == Known((LOG * 1000).decode())


def test_a_log_that_is_cut_off_is_no_log(read: Callable) -> None:
    assert "cut off" in why(read(Said(200, LOG, announced=len(LOG) + 1)))
    half = gzip.compress(LOG * 1000)
    assert "ended early" in why(read(Said(200, half[: len(half) // 2], {"Content-Encoding": "gzip"})))
    assert "damaged" in why(read(Said(200, b"no gzip at all", {"Content-Encoding": "gzip"})))
    assert "not asked for" in why(read(Said(200, LOG, {"Content-Encoding": "br"})))


def test_a_chunked_log_is_read_and_its_loss_is_seen(read: Callable) -> None:
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LOG), LOG)
    chunked = {"Transfer-Encoding": "chunked"}
    assert read(Said(200, whole, chunked)) == Known(LOG.decode())
    assert "cut off" in why(read(Said(200, whole[:40], {**chunked, "Connection": "close"})))


def test_a_log_whose_end_is_that_of_the_connection_is_no_log(read: Callable) -> None:
    unmarked = {"Transfer-Encoding": "identity", "Connection": "close"}
    for encoding in ({}, {"Content-Encoding": ""}, {"Content-Encoding": "Identity"}, {"Content-Encoding": "br"}):
        assert "does not say where" in why(read(Said(200, LOG[:40], {**unmarked, **encoding})))
    for coding in ("chunked, identity", "identity, chunked", "gzip, chunked", "xchunked", "chunked;q=1"):
        assert "does not say where" in why(read(Said(200, LOG[:40], {**unmarked, "Transfer-Encoding": coding})))
    packed = {**unmarked, "Content-Encoding": "gzip"}
    assert read(Said(200, gzip.compress(LOG), packed)) == Known(LOG.decode())
    assert "ended early" in why(read(Said(200, gzip.compress(LOG)[:-9], packed)))


def test_an_empty_log_says_nothing_about_its_job(read: Callable) -> None:
    for body in (b"", b"\xef\xbb\xbf", b"\r\n"):
        assert "empty log" in why(read(Said(200, body)))


def test_a_log_beyond_the_limit_names_another_way(read: Callable) -> None:
    reading = read(Said(200, LOG * 20), limit=500)
    assert "larger than" in why(reading)
    assert "gh run view --job 71 --log --repo example/widgets | planescope explain -" in reading.how
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert "larger than" in why(read(Said(200, bomb, {"Content-Encoding": "gzip"}), limit=1_000_000))


def test_bytes_that_are_no_text_are_replaced_not_raised(read: Callable) -> None:
    assert read(Said(200, b"odd \xff\xfe bytes\n")) == Known("odd \ufffd\ufffd bytes\n")


def test_secrets_are_replaced_as_the_log_enters(read: Callable) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    reading = read(Said(200, f"AWS_SECRET_ACCESS_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCD {key}\n".encode()))
    assert isinstance(reading, Known)
    assert "abcdefghijkl" not in reading.value


def test_an_enterprise_server_may_redirect_once_more(read: Callable, tiny: TinyGitHub) -> None:
    tiny.answers["/there"] = Said(200, LOG)
    assert read(Said(302, b"", {"Location": "/there"})) == Known(LOG.decode())
    assert "circle" in why(read(Said(302, b"", {"Location": "/blob"})))
    assert "not https" in why(read(Said(302, b"", {"Location": "http://192.0.2.1/x"})))


def test_the_log_of_a_job_that_a_rerun_left_out_is_unreadable(world: World) -> None:
    listed = world.source.list_runs().attempts[1]
    world.server.fault(r"^/storage/logs", faults.empty())
    (attempt,) = world.source.complete([listed], Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert isinstance(job.log, Unreadable)
    assert "not run again" in job.log.why
    assert job.log_origin is Origin.RECORDED
