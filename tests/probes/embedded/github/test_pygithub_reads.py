"""The real client, PyGithub, reads the loopback GitHub as it reads api.github.com."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import github
import github_faults as faults
import pytest
import requests
from github.PaginatedList import PaginatedList
from github.WorkflowJob import WorkflowJob
from synthetic_recordings import Shape, synthetic_recording

from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import LATER, load_incident

TOKEN = "a made-up token"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(load_incident(), LATER, token=TOKEN) as server:
        yield server
    assert list(server.errors) == []
    assert {entry.method for entry in server.requests} <= {"GET"}


def client_of(server: GitHubServer, prefix: str = "") -> github.Github:
    return github.Github(
        base_url=server.url + prefix,
        auth=github.Auth.Token(TOKEN),
        per_page=100,
        seconds_between_requests=None,
        retry=None,
        lazy=True,
    )


@pytest.fixture(params=["", "/api/v3"])
def client(server, request) -> Iterator[github.Github]:
    client = client_of(server, request.param)
    yield client
    client.close()


def test_runs_jobs_steps_logs_and_annotations(server, client):
    repository = client.get_repo("EsosaOrumwese/fraud-detection-system")
    runs = list(repository.get_workflow_runs())
    assert [run.conclusion for run in runs] == ["failure", "success", "failure", "failure"]
    assert runs[-1].created_at == datetime(2026, 2, 13, 11, 36, 26, tzinfo=UTC)
    run = repository.get_workflow_run(21985472266)
    jobs = PaginatedList(WorkflowJob, repository.requester, f"{run.url}/attempts/1/jobs", None, list_item="jobs")
    (job,) = jobs
    assert [step.name for step in job.steps if step.conclusion == "failure"] == ["Login to ECR"]
    (annotation,) = repository.get_check_run(job.id).get_annotations()
    assert "ecr:GetAuthorizationToken" in annotation.message
    address = job.logs_url()
    with requests.Session() as plain:
        plain.trust_env = False
        log = plain.get(address, timeout=10)
    assert "##[error]User: arn:aws:sts::230372904534:" in log.content.decode()
    assert not server.requests[-1].authorized


def test_workflow_file_branch_commit_comparison_and_artifact(client):
    repository = client.get_repo("EsosaOrumwese/fraud-detection-system")
    workflow = repository.get_workflow("dev_min_m1_packaging.yml")
    assert [run.id for run in workflow.get_runs(branch="dev", status="success")] == [21985500168]
    run = repository.get_workflow_run(21985500168)
    assert b"amazon-ecr-login@v2" in repository.get_contents(run.path, ref=run.head_sha).decoded_content
    assert repository.get_branch("dev").commit.sha == run.head_sha
    assert repository.get_commit(run.head_sha).commit.committer.date == datetime(2026, 2, 13, 11, 27, 15, tzinfo=UTC)
    assert repository.compare("main", "dev").status == "identical"
    (artifact,) = run.get_artifacts()
    assert artifact.name == "m1-p-1-packaging-ci-evidence"
    headers, _ = repository.requester.requestBlobAndCheck("GET", artifact.archive_download_url)
    assert "localhost" in headers["location"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.bad_credentials(), github.BadCredentialsException),
        (faults.not_found(), github.UnknownObjectException),
        (faults.rate_limit(), github.RateLimitExceededException),
        (faults.secondary_rate_limit(), github.RateLimitExceededException),
        (faults.admin_rights(), github.GithubException),
        (faults.gone(), github.GithubException),
    ],
)
def test_refusals_become_pygithubs_own_errors(server, fault, kind):
    server.fault("/actions/runs", fault)
    client = client_of(server)
    with pytest.raises(kind) as caught:
        list(client.get_repo("EsosaOrumwese/fraud-detection-system").get_workflow_runs())
    assert caught.value.status == fault.status
    client.close()


def test_a_long_list_is_paged_with_one_request_a_hundred_runs():
    with GitHubServer(synthetic_recording(Shape(runs=350, jobs=1, log_bytes=700))) as server:
        client = client_of(server)
        runs = list(client.get_repo("example/widgets").get_workflow_runs())
        client.close()
        assert len({run.id for run in runs}) == 350
        assert len(server.requests) == 4
