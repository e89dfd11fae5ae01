"""What a run masks can be stated by an option: it counts like the case file's value and is shown as stated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arns import arn_of
from click.testing import CliRunner, Result
from synthetic_recordings import WORKFLOW_PATH, Shape, synthetic_recording

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.embedded.github.server import GitHubServer
from probes.recording.format import RecordedFile, RecordedLog, RecordedRun, Recording
from probes.recording.writer import write_recording
from tui.backend import BackendProblem
from tui.bootstrap import live_backend
from tui.cli.dashboard import open_dashboard
from tui.cli.main import planescope
from tui.cli.options.repository import live_options

RUN = 9_000_000_004
ROLE = "arn:aws:iam::123456789012:role/release"
URI = "123456789012.dkr.ecr.eu-west-2.amazonaws.com/team/widgets"
GIVEN = {
    "role_arn": ROLE,
    "repository_uri": URI,
    "image_tag": "v1.2.3",
    "audience": "our-audience",
    "environment": "production",
}
MASKED = """name: release
on: workflow_dispatch
permissions:
  id-token: write
jobs:
  publish:
    environment: {environment}
    steps:
      - name: Configure AWS credentials
        uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: {role}
          audience: ${{{{ secrets.AUDIENCE }}}}
          aws-region: eu-west-2
      - name: Login to ECR
        uses: aws-actions/amazon-ecr-login@v2
      - name: Push
        run: docker push ${{{{ secrets.REGISTRY }}}}/team/widgets:${{{{ secrets.TAG }}}}
"""


def world(role: str = "${{ secrets.ROLE }}", environment: str = "${{ inputs.target }}") -> Recording:
    """One failed run whose file leaves everything to secrets and inputs; its log masks the secrets."""
    made = synthetic_recording(Shape(runs=4, jobs=1, log_bytes=900))
    text = MASKED.format(role=role, environment=environment).encode()
    files = tuple(RecordedFile(WORKFLOW_PATH, file.commit, text) for file in made.files)
    (attempt,) = made.runs[3].attempts
    (job,) = attempt.jobs
    assert isinstance(job.log, RecordedLog)
    head = (
        f"with:\n  role-to-assume: {'***' if role.startswith('$') else role}\n  audience: ***\n  aws-region: eu-west-2"
    )
    stamped = "".join(f"2026-06-01T12:00:00.0000000Z {line}\n" for line in head.splitlines()).encode()
    end = b"2026-06-01T12:00:00.0000000Z ##[endgroup]"
    shown = replace(job, log=RecordedLog(job.log.read().replace(end, stamped + end)))
    return replace(made, runs=(RecordedRun((replace(attempt, jobs=(shown,)),)),), files=files)


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Recording], GitHubServer]]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    servers: list[GitHubServer] = []

    def start(recording: Recording) -> GitHubServer:
        servers.append(GitHubServer(recording))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def diagnosed(case: Case = Case(), **options: Any) -> tuple[Diagnosis, AccountQuestion]:
    """By the backend that the command builds, with an account of which nothing can be read."""
    asked: list[AccountQuestion] = []

    def read(question: AccountQuestion, *_: object) -> AccountState:
        asked.append(question)
        return AccountState(question)

    with closing(live_backend(live_options({"repo": "example/widgets", **options}, case), case)) as backend:
        backend._read_account = read
        found = backend.diagnose_runs([RUN], progress=lambda _: None, cancelled=lambda: False)
    return found, asked[-1]


def test_without_options_what_is_masked_is_not_known(serve: Callable[[Recording], GitHubServer]) -> None:
    found, question = diagnosed(github_url=serve(world()).url)
    assert (question.role_arn, question.registry_id, question.tag) == (None, None, None)
    assert found.live is not None
    assert not any("Stated" in note for note in found.live.notes)
    assert len(found.live.subjects) != 1


def test_the_options_fill_what_is_masked_and_are_shown_as_stated(serve: Callable[[Recording], GitHubServer]) -> None:
    found, question = diagnosed(github_url=serve(world()).url, **GIVEN)
    assert str(question.role_arn) == ROLE
    assert (question.registry_id, question.region, question.repository) == ("123456789012", "eu-west-2", "team/widgets")
    assert question.tag == "v1.2.3"
    assert found.live is not None
    assert found.live.subjects == ("repo:example/widgets:environment:production",)
    pushes = {need.resource for need in found.live.needs if need.action == "ecr:PutImage"}
    assert pushes == {"arn:aws:ecr:eu-west-2:123456789012:repository/team/widgets"}
    assert found.live.notes[:5] == tuple(
        f"Stated by --{name.replace('_', '-')}, not observed: {value}. The run itself does not tell it."
        for name, value in GIVEN.items()
    )
    replay = found.replays[-1]
    assert (replay.facts.role_arn, replay.facts.audience, replay.facts.environment) == (None, None, None), (
        "what is stated never becomes a fact of the run"
    )


def test_an_option_says_so_where_the_run_tells_something_itself(serve: Callable[[Recording], GitHubServer]) -> None:
    other = "arn:aws:iam::111122223333:role/other"
    found, question = diagnosed(github_url=serve(world(role=other)).url, role_arn=ROLE, environment="staging")
    assert str(question.role_arn) == ROLE, "stated, like the case file's"
    assert found.live is not None
    assert f"not observed: {ROLE}. The run itself tells {other}." in found.live.notes[0]
    found, _ = diagnosed(github_url=serve(world(role=ROLE)).url, role_arn=ROLE)
    assert found.live is not None
    assert found.live.notes[0].endswith("The run itself tells the same.")


def test_an_environment_that_the_file_names_is_not_overruled(serve: Callable[[Recording], GitHubServer]) -> None:
    found, _ = diagnosed(github_url=serve(world(environment="production")).url, environment="staging")
    assert found.live is not None
    assert found.live.subjects == ("repo:example/widgets:environment:production",)
    assert found.live.notes[0].endswith("The run itself tells production.")


def test_options_come_before_the_case_file_and_stand_beside_a_recordings_case(
    serve: Callable[[Recording], GitHubServer], tmp_path: Path
) -> None:
    case = Case(role_arn=arn_of("arn:aws:iam::999999999999:role/of-the-case"), audience="of-the-case")
    _, question = diagnosed(case, github_url=serve(world()).url, role_arn=ROLE)
    assert str(question.role_arn) == ROLE
    made = world()
    recorded = replace(made, case=replace(made.case, case=Case(evidence_root="s3://recorded/", tag="of-the-recording")))
    write_recording(recorded, tmp_path / "made")
    _, question = diagnosed(recording=tmp_path / "made", role_arn=ROLE)
    assert (str(question.role_arn), question.tag, question.evidence_root) == (
        ROLE,
        "of-the-recording",
        "s3://recorded/",
    )


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


def test_the_command_shows_it_without_the_account_too(serve: Callable[[Recording], GitHubServer]) -> None:
    words = ("--repo", "example/widgets", "--github-url", serve(world()).url, "--no-live", "--role-arn", ROLE)
    told = json.loads(run("diagnose", str(RUN), *words, "--json").stdout)
    assert told["live"]["notes"][0].startswith(f"Stated by --role-arn, not observed: {ROLE}.")
    assert "Stated by --role-arn, not observed:" in run("diagnose", str(RUN), *words).stdout


WRONG = [
    ("--role-arn", "release", "arn:aws:iam::123456789012:role/name"),
    ("--role-arn", "arn:aws:iam::***:role/release", "arn:aws:iam::123456789012:role/name"),
    ("--role-arn", "", "but it is empty"),
    ("--repository-uri", "team/widgets", "123456789012.dkr.ecr.eu-west-2.amazonaws.com/name"),
    ("--repository-uri", f"{URI}:v1", "--image-tag gives the tag"),
    ("--repository-uri", "***.dkr.ecr.eu-west-2.amazonaws.com/widgets", "but it is"),
    ("--repository-uri", "public.ecr.aws", "a repository's address"),
    ("--repository-uri", f"https://{URI}", "a repository's address"),
    ("--image-tag", "widgets:v1", "an image tag alone"),
    ("--audience", "***", "sts.amazonaws.com"),
    ("--environment", "${{ inputs.target }}", "the environment's name"),
    ("--environment", "a\x1b[31mb", "without control characters"),
]


@pytest.mark.parametrize(("option", "value", "words"), WRONG)
def test_a_typo_is_one_sentence(option: str, value: str, words: str) -> None:
    result = run("diagnose", "1", "--repo", "example/widgets", option, value)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"planescope: {option} should be ")
    assert words in line
    assert line.isprintable()


def test_the_other_commands_and_the_dashboard_take_them_as_well(tmp_path: Path) -> None:
    document = tmp_path / "trust.json"
    document.write_text('{"Version": "2012-10-17", "Statement": []}')
    where = ("1", "--repo", "example/widgets", "--role-arn", "release")
    for words in (("what-if", *where, "--trust", str(document)), ("packet", "export", *where)):
        result = run(*words)
        assert (result.exit_code, result.stderr.count("--role-arn should be")) == (2, 1), result.output
    with pytest.raises(BackendProblem, match="--role-arn should be") as caught:
        open_dashboard({"repo": "example/widgets", "role_arn": "release"})
    assert caught.value.exit_code == 2
