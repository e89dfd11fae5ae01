"""A log too large to be held is condensed as it arrives: the same verdict, the same addresses, no secret, bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tiny_github import QUICK, TOKEN, Said, TinyGitHub, job_object, run_object

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.logs.left_out import is_condensed
from diagnosis.logs.log_text import LONGEST_LINE
from diagnosis.logs.scrub import scrub
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import TooLarge
from probes.github.http.pace import Pace
from probes.github.read.attempts import job_of
from probes.github.read.logs import job_logs
from probes.github.read.logs.job_logs import read_log_or_steps
from probes.github.read.logs.long_log import LIMITS, LongLog, LongLogLimits
from probes.github.read.logs.step_logs import StepLogs
from probes.github.read.runs import attempt_of
from probes.ledger import Ledger
from probes.workflow_file import workflow_file

SMALL = LongLogLimits(head=400, tail=1_500, between=20_000, kept=100_000, block=3_000)
STAMP = "2026-05-01T10:00:00.0000000Z "
REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
DENIED = (
    "denied: User: arn:aws:sts::111122223333:assumed-role/release/GitHubActions is not authorized to perform:"
    " ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:111122223333:repository/widgets because no"
    " identity-based policy allows the ecr:InitiateLayerUpload action"
)
FILE = f"""
on: push
permissions: {{id-token: write}}
jobs:
  publish:
    steps:
      - name: Build
        run: make
      - name: Configure
        uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1}}
      - uses: aws-actions/amazon-ecr-login@v2
      - name: Ship it
        run: docker push {REGISTRY}/widgets:1
"""


def stamped(*lines: str) -> str:
    return "".join(f"{STAMP}{line}\n" for line in lines)


def long_log(noise: int) -> str:
    """A build and a push that print that many lines each; the denial lies amid the push's noise."""
    chatter = [f"#8 {n}.70 Collecting a-package-with-a-name=={n}" for n in range(noise)]
    return "\ufeff" + stamped(
        "Current runner version: '2.331.0'",
        *("##[group]Run make", "shell: bash", "##[endgroup]", *chatter),
        "##[group]Run aws-actions/configure-aws-credentials@v4",
        *("with:", "  role-to-assume: arn:aws:iam::111122223333:role/release", "##[endgroup]"),
        *("Assuming role with OIDC", "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions"),
        *("##[group]Run aws-actions/amazon-ecr-login@v2", "##[endgroup]", f"Logging in to registry {REGISTRY}"),
        f"##[group]Run docker push {REGISTRY}/widgets:1",
        *(f"\x1b[36;1mdocker push {REGISTRY}/widgets:1\x1b[0m", "shell: bash", "##[endgroup]"),
        *chatter[: noise // 2],
        f"The push refers to repository [{REGISTRY}/widgets]",
        DENIED,
        *chatter,
        "##[error]Process completed with exit code 1.",
        "Post job cleanup.",
    )


def condensed(log: str, limits: LongLogLimits = SMALL, piece: int = 700) -> str:
    taker = LongLog(scrub, limits)
    body = log.encode()
    for at in range(0, len(body), piece):
        taker.feed(body[at : at + piece])
    return taker.text()


def judged(log: str) -> Replay:
    names = ("Set up job", "Build", "Configure", "Run aws-actions/amazon-ecr-login@v2", "Ship it", "Post Configure")
    steps = [
        {"number": n, "name": name, "status": "completed", "conclusion": "failure" if n == 5 else "success"}
        for n, name in enumerate(names, start=1)
    ]
    job = replace(job_of(job_object(steps=steps)), log=Known(log))
    base = attempt_of(run_object(), Repository("example/widgets"))
    return replay(replace(base, jobs=Known((job,)), workflow_file=workflow_file(Known(FILE), base.workflow_path)))


def test_the_verdicts_and_their_addresses_are_those_of_the_whole_log() -> None:
    whole = long_log(600)
    short = condensed(whole)
    assert len(short) < len(whole) / 5
    assert short.count("\n") == whole.count("\n")
    expected, found = judged(whole), judged(short)
    assert [gate.verdict for gate in expected.gates].count(Verdict.FAIL) == 1
    for gate, known in zip(found.gates, expected.gates, strict=True):
        assert (gate.verdict, gate.cause, gate.actions) == (known.verdict, known.cause, known.actions)
        assert [proof.address for proof in gate.evidence] == [proof.address for proof in known.evidence]
        assert [(proof.before, proof.text) for proof in gate.evidence] == [
            (proof.before, proof.text) for proof in known.evidence
        ]
    assert found.facts.role_arn == expected.facts.role_arn
    assert found.needs == expected.needs
    assert any("too large to be read whole" in note for note in found.notes)
    assert not any("too large" in note for note in expected.notes)


@given(st.text(alphabet="ab#[]: \n\ufeffé", max_size=400), st.integers(1, 60))
def test_what_fits_stays_as_it_is_however_it_is_cut(log: str, piece: int) -> None:
    whole = log if log.endswith("\n") or not log else f"{log}\n"
    assert condensed(log, replace(SMALL, block=piece * 3), piece) == scrub(whole)


@given(
    st.lists(st.sampled_from(["x" * 40, "##[group]Run a", DENIED, "##[error]no", "", "Post job cleanup."]), max_size=80)
)
@example(["x" * 40, DENIED, DENIED, DENIED])  # the last line itself is left out
def test_every_line_that_stays_has_its_own_number(lines: list[str]) -> None:
    limits = replace(SMALL, head=60, tail=90, between=400, block=200)
    log = stamped(*lines)
    short = condensed(log, limits, 50).split("\n")
    before = log.split("\n")
    assert len(short) == len(before)
    assert all(line == there or not line or is_condensed(line) for line, there in zip(short, before, strict=True))


BODY = "\n".join(f"{n:02d}" + "MIIEpAIBAAKCAQ" * 4 for n in range(12))
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----"
PAT = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.mark.parametrize("block", [60, 200, 700, 5_000])
@pytest.mark.parametrize("piece", [7, 333])
def test_no_secret_stays_wherever_blocks_end(block: int, piece: int) -> None:
    lines = [*(["noise " * 5] * 15), KEY, f"denied: token {PAT} here", *(["noise " * 5] * 15)] * 3
    limits = replace(SMALL, head=100, tail=300, block=block)
    for cut in (
        condensed("\n".join(lines), limits, piece),
        condensed("\n".join(lines), replace(limits, tail=10**6), piece),
    ):
        assert PAT not in cut
        assert "MIIEpAIBAAKCAQ" not in cut
        assert "denied: token [scrubbed:github-token] here" in cut


def pieces(count: int) -> Iterator[bytes]:
    block = stamped(*("#8 21.70 Collecting a-package-with-a-rather-long-name==1.2.3" for _ in range(600))).encode()
    return (block for _ in range(count))


def test_memory_does_not_grow_with_the_log() -> None:
    peaks = []
    for count in (10, 40):
        taker = LongLog(scrub, replace(SMALL, block=100_000))
        tracemalloc.start()
        for piece in pieces(count):
            taker.feed(piece)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(taker.text()) < 60_000
    assert peaks[1] < peaks[0] * 1.3


@pytest.mark.parametrize(
    ("limits", "line"),
    [(replace(SMALL, lines=50), "x"), (replace(SMALL, kept=5_000), "##[group]Run " + "x" * 300)],
)
def test_what_is_too_large_even_so_is_refused(limits: LongLogLimits, line: str) -> None:
    with pytest.raises(TooLarge):
        condensed(stamped(*[line] * 100), limits)


def test_a_line_without_end_takes_no_room() -> None:
    taker = LongLog(scrub, SMALL)
    for _ in range(300):
        taker.feed(b"x" * 3_000)
    taker.feed(b"\nlast\n")
    short = taker.text()
    assert short.endswith("x\nlast\n")
    assert len(short) < LONGEST_LINE + 10


JOB = "/repos/example/widgets/actions/jobs/71/logs"


def read(tiny: TinyGitHub, body: Said | None, limits: LongLogLimits, monkeypatch: pytest.MonkeyPatch) -> object:
    """The log of a job that is larger than 1,000 bytes, where steps are not served."""
    monkeypatch.setattr(job_logs, "LIMITS", limits)
    tiny.answers[JOB] = Said(302, b"", {"Location": f"{tiny.storage}/blob"})
    if body is not None:
        tiny.answers["/blob"] = body
    client = Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), replace(QUICK, long_answer=1.0))
    try:
        job = job_of(job_object())
        return read_log_or_steps(client, Repository("example/widgets"), job, (), StepLogs(), limit=1_000)[0]
    finally:
        client.close()


def test_the_log_is_fetched_a_second_time_and_condensed(tiny: TinyGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    log = long_log(40) + stamped(f"my own {TOKEN}")
    reading = read(tiny, Said(200, log.encode()), LIMITS, monkeypatch)
    assert reading == Known(log.replace(TOKEN, "***"))
    assert tiny.paths().count("/blob") == 2


@pytest.mark.parametrize(
    ("body", "limits", "words"),
    [
        (Said(200, b"x" * 5_000), replace(LIMITS, bytes=3_000), "larger than"),
        (Said(200, b"x\n" * 5_000), replace(LIMITS, lines=10), "larger than"),
        (Said(200, b"x\n" * 2_000, announced=9_000), LIMITS, "cut off"),
        (Said(200, b"x" * 5_000, {"Content-Encoding": "gzip"}), LIMITS, "damaged"),
        (Said(500, b""), LIMITS, "error 500"),
        (Said(410, b""), LIMITS, "deleted"),
        (Said(403, b""), LIMITS, "refuses its own address"),
    ],
)
def test_what_goes_wrong_on_the_way_is_said(
    body: Said, limits: LongLogLimits, words: str, tiny: TinyGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = read(tiny, body, limits, monkeypatch)
    assert isinstance(reading, Unreadable)
    assert words in reading.why


def test_of_very_many_steps_the_last_has_something_too() -> None:
    taker = LongLog(lambda text: text, SMALL)
    step = "".join(f"{'x' * 90} {n}\n" for n in range(40))
    for number in range(80):
        taker.feed(f"##[group]Run step {number}\n{step}the end of {number}\n".encode())
    text = taker.text()
    assert len(text) < SMALL.kept + 20_000
    assert "the end of 0\n" in text
    assert text.endswith("the end of 79\n")
