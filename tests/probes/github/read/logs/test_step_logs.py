"""A job's log that is too large is read by step: the steps that decide, in their order, never another step's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tiny_github import QUICK, TOKEN, Asked, Said, TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Job, Repository
from diagnosis.gates import Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.pace import Pace
from probes.github.read.attempt_parts import Depth
from probes.github.read.attempts import job_of
from probes.github.read.jobs_to_read import steps_to_read
from probes.github.read.logs import job_logs
from probes.github.read.logs.job_logs import read_log_or_steps
from probes.github.read.logs.step_logs import StepLogs
from probes.github.read.runs import attempt_of
from probes.ledger import Ledger
from probes.workflow_file import parse_workflow, workflow_file

REPOSITORY = Repository("example/widgets")
LOGS = "/repos/example/widgets/actions/jobs/71"
LIMIT = 1_000


def line(second: int, text: str) -> str:
    return f"2026-05-01T10:00:{second:02d}.0000000Z {text}\n"


def step(number: int, name: str, begun: int, ended: int, conclusion: str = "success") -> dict[str, object]:
    return {
        "number": number,
        "name": name,
        "status": "completed",
        "conclusion": conclusion,
        "started_at": f"2026-05-01T10:00:{begun:02d}Z",
        "completed_at": f"2026-05-01T10:00:{ended:02d}Z",
    }


STEPS = [
    step(1, "Set up job", 0, 2),
    step(2, "Build", 3, 20),
    step(3, "Run aws-actions/amazon-ecr-login@v2", 21, 30),
    step(4, "Ship it", 31, 50, "failure"),
    step(9, "Post login", 51, 53),
]
WHOLE = "".join(line(second, "x" * 60) for second in range(50))
CONDENSED = Known(f"\ufeff{WHOLE}")
"""What is a little too large is condensed to all that it is."""
ERROR = line(45, "##[error]denied: requested access to the resource is denied")
LOGIN = line(22, "Logging in to registry 111122223333.dkr.ecr.eu-west-1.amazonaws.com")


@pytest.fixture
def job() -> Job:
    return job_of(job_object(steps=STEPS))


@pytest.fixture
def client(tiny: TinyGitHub):
    made = Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)
    serve(tiny, "", WHOLE)
    yield made
    made.close()


def serve(tiny: TinyGitHub, place: str, text: str | None) -> None:
    """Put a log where the API leads to: of the job for an empty place, of a step for ``steps/N``."""
    path = f"{LOGS}/{place}/logs" if place else f"{LOGS}/logs"
    blob = f"/blob/{place or 'whole'}"
    tiny.answers[path] = Said(302, b"", {"Location": f"{tiny.storage}{blob}"})
    if text is not None:
        tiny.answers[blob] = Said(200, f"\ufeff{text}".encode())


def asked_steps(tiny: TinyGitHub) -> list[str]:
    return [path.split("/steps/")[1].split("/")[0] for path in tiny.paths() if "/steps/" in path and "/repos/" in path]


def read(client: Client, job: Job, by_step: StepLogs | None = None) -> tuple[object, tuple[int, ...]]:
    return read_log_or_steps(client, REPOSITORY, job, steps_to_read(job, ()), by_step or StepLogs(), limit=LIMIT)


def test_a_log_that_fits_is_never_asked_for_by_step(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "", ERROR)
    assert read(client, job) == (Known(f"\ufeff{ERROR}"), ())
    assert asked_steps(tiny) == []


def test_the_steps_that_decide_are_read_by_their_position_in_order(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "steps/3", ERROR)
    serve(tiny, "steps/2", LOGIN)
    assert read(client, job) == (Known(f"\ufeff{LOGIN}{ERROR}"), (3, 4))
    assert asked_steps(tiny) == ["3", "2"], "the failed one first, positions from zero; build and clean-up not at all"


def test_the_times_in_the_log_tell_when_the_position_was_another_steps(
    client: Client, tiny: TinyGitHub, job: Job
) -> None:
    serve(tiny, "steps/3", LOGIN)
    serve(tiny, "steps/4", ERROR)
    assert read(client, job) == (Known(f"\ufeff{LOGIN}{ERROR}"), (3, 4)), "a server that counts by number"


def test_a_text_of_no_step_is_not_taken_for_one(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "steps/4", line(58, "##[error]not of this step"))
    assert read(client, job) == (CONDENSED, ())


def test_where_it_is_not_served_that_is_found_out_once(client: Client, tiny: TinyGitHub, job: Job) -> None:
    by_step = StepLogs()
    assert read(client, job, by_step) == (CONDENSED, ())
    assert by_step.absent
    assert asked_steps(tiny) == ["3", "4"]
    read(client, job, by_step)
    assert asked_steps(tiny) == ["3", "4"]


@pytest.mark.parametrize("status", [403, 500])
def test_a_refusal_is_no_proof_that_it_is_not_served(client: Client, tiny: TinyGitHub, job: Job, status: int) -> None:
    for place in (2, 3, 4):
        tiny.answers[f"{LOGS}/steps/{place}/logs"] = said({"message": "no"}, status)
    by_step = StepLogs()
    assert read(client, job, by_step) == (CONDENSED, ())
    assert not by_step.absent


def test_a_step_that_is_too_large_leaves_room_for_the_others(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "steps/3", "".join(line(31 + n % 19, "y" * 60) for n in range(40)))
    serve(tiny, "steps/2", LOGIN)
    by_step = StepLogs()
    assert read(client, job, by_step) == (Known(f"\ufeff{LOGIN}"), (3,))
    assert not by_step.absent


def test_all_steps_together_stay_within_the_limit(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "steps/3", "".join(line(31 + n, "y" * 60) for n in range(8)))
    serve(tiny, "steps/2", "".join(line(22, "z" * 60) for n in range(8)))
    reading, numbers = read(client, job)
    assert isinstance(reading, Known)
    assert numbers == (4,), "each of them alone would fit"


def test_secrets_are_replaced_in_the_logs_of_steps_too(client: Client, tiny: TinyGitHub, job: Job) -> None:
    serve(tiny, "steps/3", line(40, f"{TOKEN} ghp_{'x' * 30}"))
    reading, _ = read(client, job)
    assert isinstance(reading, Known)
    assert "ghp_" not in reading.value


def test_a_body_that_announces_too_much_is_not_fetched(client: Client, tiny: TinyGitHub, job: Job) -> None:
    served: list[Asked] = []

    def huge(asked: Asked) -> Said:
        served.append(asked)
        return Said(200, b"x", announced=10_000_000_000)

    tiny.answers["/blob/whole"] = huge
    reading, _ = read(client, job)
    assert isinstance(reading, Unreadable)
    assert "larger than" in reading.why
    assert "planescope explain" in reading.how
    assert len(served) == 2, "once whole, once condensed; a body cut off would have been asked for three times"


def test_the_file_tells_which_steps_release_where_their_names_do_not() -> None:
    file = """
jobs:
  publish:
    steps:
      - name: Build
        run: cargo build
      - name: Set up job
        run: aws ecr describe-images
"""
    workflow = parse_workflow(file, ".github/workflows/release.yml")
    job = job_of(job_object(steps=STEPS))
    assert [found.number for found in steps_to_read(job, [workflow])] == [4, 1, 3]  # type: ignore[list-item]  # parsed
    cancelled = job_of(job_object(steps=[step(1, "Build", 0, 1, "cancelled"), step(2, "Lint", 2, 3)]))
    assert [found.number for found in steps_to_read(cancelled, ())] == [1]


def test_an_attempt_says_which_steps_its_log_holds(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch, make_source: Callable
) -> None:
    tiny = tiny_world.server
    monkeypatch.setattr(job_logs.read_log_or_steps, "__kwdefaults__", {"limit": LIMIT})
    tiny.answers["/repos/example/widgets/actions/runs/7"] = said(run_object())
    tiny.answers["/repos/example/widgets/actions/runs/7/attempts/1/jobs"] = said(
        {"total_count": 1, "jobs": [job_object(steps=STEPS)]}
    )
    serve(tiny, "", WHOLE)
    serve(tiny, "steps/3", ERROR)
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert job.log == Known(f"\ufeff{ERROR}")
    assert job.log_steps == (4,)


def test_a_step_without_times_is_taken_as_it_is(client: Client, tiny: TinyGitHub) -> None:
    bare = {"number": 4, "name": "Ship", "status": "completed", "conclusion": "failure"}
    job = job_of(job_object(steps=[bare]))
    assert job.steps[0].started_at is None
    serve(tiny, "steps/0", "no time at all\n")
    assert read(client, job) == (Known("\ufeffno time at all\n"), (4,))


FILE = """
on: push
permissions: {id-token: write}
jobs:
  publish:
    steps:
      - name: Build
        run: make
      - name: Configure
        uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1}
      - uses: aws-actions/amazon-ecr-login@v2
      - name: Ship it
        run: docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/widgets:1
"""
PARTS = {
    1: line(0, "Current runner version: '2.331.0'"),
    2: line(3, "##[group]Run make") + line(3, "shell: bash") + line(3, "##[endgroup]") + line(19, "made") * 20,
    3: line(21, "##[group]Run aws-actions/configure-aws-credentials@v4")
    + line(21, "with:")
    + line(21, "  role-to-assume: arn:aws:iam::111122223333:role/release")
    + line(21, "##[endgroup]")
    + line(22, "Assuming role with OIDC")
    + line(23, "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions"),
    4: line(25, "##[group]Run aws-actions/amazon-ecr-login@v2")
    + line(25, "##[endgroup]")
    + line(26, "Logging in to registry 111122223333.dkr.ecr.eu-west-1.amazonaws.com"),
    5: line(31, "##[group]Run docker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/widgets:1")
    + line(31, "\x1b[36;1mdocker push 111122223333.dkr.ecr.eu-west-1.amazonaws.com/widgets:1\x1b[0m")
    + line(31, "shell: /usr/bin/bash -e {0}")
    + line(31, "##[endgroup]")
    + line(32, "The push refers to repository [111122223333.dkr.ecr.eu-west-1.amazonaws.com/widgets]")
    + line(
        45,
        "denied: User: arn:aws:sts::111122223333:assumed-role/release/GitHubActions is not authorized to perform:"
        " ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:111122223333:repository/widgets because no"
        " identity-based policy allows the ecr:InitiateLayerUpload action",
    )
    + line(46, "##[error]Process completed with exit code 1."),
}
RELEASE_STEPS = [
    step(1, "Set up job", 0, 2),
    step(2, "Build", 3, 20),
    step(3, "Configure", 21, 24),
    step(4, "Run aws-actions/amazon-ecr-login@v2", 25, 30),
    step(5, "Ship it", 31, 50, "failure"),
]


@pytest.mark.parametrize("numbers", [(3, 4, 5), (5,), (4, 5), (2, 5)])
def test_a_part_of_the_log_brings_the_same_failure_and_no_other_pass(numbers: tuple[int, ...]) -> None:
    base = attempt_of(run_object(), REPOSITORY)
    job = job_of(job_object(steps=RELEASE_STEPS))

    def judged(log: str, held: tuple[int, ...]) -> Replay:
        read = replace(job, log=Known(log), log_steps=held)
        file = workflow_file(Known(FILE), base.workflow_path)
        return replay(replace(base, jobs=Known((read,)), workflow_file=file))

    whole = judged("\ufeff" + "".join(PARTS.values()), ())
    part = judged("\ufeff" + "".join(PARTS[number] for number in numbers), numbers)
    assert part.stopped_by is not None
    assert whole.stopped_by is not None
    assert (part.stopped_by.cause, part.stopped_by.action) == (whole.stopped_by.cause, whole.stopped_by.action)
    for seen, known in zip(part.gates, whole.gates, strict=True):
        assert seen.verdict in (known.verdict, Verdict.UNKNOWN)
    (failed,) = (gate for gate in part.gates if gate.verdict is Verdict.FAIL)
    (proof, *_) = failed.evidence
    assert proof.address == f"{job.html_url}#step:5:6", "lines are counted within the step, whatever stands before it"
    assert any("too large to be read whole" in note for note in part.notes)
