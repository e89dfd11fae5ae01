"""Which repository a need is about: legible or not, public, in a secret's account, by a file, in a folder."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from made_attempts import with_workflow
from replay_builders import (
    ACCOUNT,
    CHECKOUT,
    CONFIGURE,
    HOST,
    LOGIN,
    REGION,
    ROLE,
    Spec,
    attempt_of,
    file_of,
    job_of,
    skipped,
    written_job,
)

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt, RepositoryFile
from diagnosis.facts.workflow import Workflow, WorkflowStep
from diagnosis.gates import Checkpoint
from diagnosis.steps.files_wanted import MOST_FILES, files_wanted
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import RunFacts

BASE = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"


def attempt(*specs: Spec, files: dict[str, str | None] | None = None) -> Attempt:
    made = attempt_of(job_of(CHECKOUT, *skipped(*specs)))
    known = tuple(
        RepositoryFile(path, Absent(path) if text is None else Known(text)) for path, text in (files or {}).items()
    )
    return with_workflow(replace(made, files=known), file_of(written_job(CHECKOUT, *specs)))


def read(*specs: Spec, files: dict[str, str | None] | None = None, case: Case | None = None) -> ReadJob:
    made = attempt(*specs, files=files)
    assert isinstance(made.jobs, Known)
    assert isinstance(made.workflow_file, Known)
    workflow = made.workflow_file.value.parsed
    assert isinstance(workflow, Workflow)
    return read_job(made.jobs.value[0], workflow.jobs[0], workflow, made, case)


def needs(*specs: Spec, files: dict[str, str | None] | None = None, case: Case | None = None) -> tuple[Need, ...]:
    return needs_of(read(*specs, files=files, case=case), RunFacts(), case)


def repositories(found: tuple[Need, ...]) -> list[str | None]:
    resources = [need.resource for need in found if need.action.endswith(":PutImage")]
    return [resource.partition("repository/")[2] if resource else None for resource in resources]


def script(text: str) -> tuple[Spec, ...]:
    return (CONFIGURE, LOGIN, Spec(name="Ship", run=text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"docker push {HOST}/a\ndocker push $UNKNOWN", ["a", None]),
        (f"docker push $UNKNOWN\ndocker push {HOST}/a", [None, "a"]),
        (f"docker push {HOST}/a\ndocker push {HOST}/$UNKNOWN", ["a", None]),
        (f"docker push {HOST}/a:1\ndocker push {HOST}/a:$UNKNOWN", ["a"]),
        (f"docker push {HOST}/a\ndocker push ghcr.io/x/$UNKNOWN", ["a"]),
    ],
)
def test_a_push_that_is_not_legible_stays_beside_one_that_is(text: str, expected: list[str | None]) -> None:
    assert repositories(needs(*script(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker push $UNKNOWN", ["shop/web"]),
        ("docker push $UNKNOWN:1\ndocker push $UNKNOWN:latest", ["shop/web"]),
        ("docker push $ONE\ndocker push $TWO", ["shop/web", None]),
        (f"docker push {HOST}/shop/web\ndocker push $UNKNOWN", ["shop/web", None]),
        (f"docker push {HOST}/other\ndocker push $UNKNOWN", ["other", "shop/web"]),
    ],
)
def test_the_stated_repository_stands_for_one_image_at_most(text: str, expected: list[str | None]) -> None:
    case = Case(role_arn=arn_of(ROLE), region=REGION, registry_id=ACCOUNT, ecr_repository="shop/web")
    assert repositories(needs(*script(text), case=case)) == expected


def test_an_account_in_a_secret_is_the_session_s_as_it_is_in_a_masked_log() -> None:
    text = "docker push ${{ secrets.ACCOUNT }}.dkr.ecr.${{ secrets.REGION }}.amazonaws.com/a"
    assert [need.resource for need in needs(*script(text)) if need.action == "ecr:PutImage"] == [f"{BASE}/a"]


def test_a_public_push_is_about_the_name_in_the_account_of_the_session() -> None:
    found = needs(CONFIGURE, Spec(run="docker push public.ecr.aws/alias/team/web:1"))
    public = [need for need in found if need.action.startswith("ecr-public:") and need.resource != "*"]
    assert {need.resource for need in public} == {f"arn:aws:ecr-public::{ACCOUNT}:repository/team/web"}
    assert {need.action.partition(":")[2] for need in public} == {
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    }
    assert [need.action for need in found if need.checkpoint is Checkpoint.REGISTRY_AUTH] == [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    ]
    assert not [need for need in found if need.action.startswith("ecr:")]


def test_a_pull_from_the_public_registry_needs_nothing_but_the_token_of_a_login() -> None:
    assert not needs(CONFIGURE, Spec(run="docker pull public.ecr.aws/docker/library/alpine:3"))
    public = replace(LOGIN, inputs={"registry-type": "public"})
    found = needs(CONFIGURE, public, Spec(run="docker pull public.ecr.aws/docker/library/alpine:3"))
    assert [need.action for need in found] == ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]


def test_each_registry_needs_its_own_token() -> None:
    found = needs(CONFIGURE, LOGIN, Spec(run=f"docker push {HOST}/a\ndocker push public.ecr.aws/x/a"))
    assert {need.action for need in found if need.resource == "*"} == {
        "ecr:GetAuthorizationToken",
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    }


def test_account_and_region_of_the_session_are_those_of_the_step_that_took_the_role() -> None:
    text = (
        "ACCOUNT=$(aws sts get-caller-identity --query Account --output text)\n"
        "docker push $ACCOUNT.dkr.ecr.$AWS_REGION.amazonaws.com/a"
    )
    assert [need.resource for need in needs(*script(text)) if need.action == "ecr:PutImage"] == [f"{BASE}/a"]


def test_a_need_says_in_which_file_it_is_read() -> None:
    found = needs(*script("./push.sh"), files={"push.sh": f"docker push {HOST}/a"})
    need = next(need for need in found if need.action == "ecr:PutImage")
    assert (need.source, need.step) == ("push.sh", "Ship")
    assert "(docker, in push.sh)" in need.because


def test_a_script_runs_in_its_working_directory() -> None:
    files = {"sub/push.sh": f"docker push {HOST}/a"}
    made = attempt(CONFIGURE, LOGIN, Spec(name="Ship", run="./push.sh"), files=files)
    assert isinstance(made.workflow_file, Known)
    workflow = made.workflow_file.value.parsed
    assert isinstance(workflow, Workflow)
    job = workflow.jobs[0]
    moved = (*job.steps[:-1], replace(job.steps[-1], working_directory="sub"))
    (found,) = (read_job(None, replace(job, steps=moved), workflow, made),)
    assert repositories(needs_of(found, RunFacts())) == ["a"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, ["a"]),
        ({"path": "src"}, []),
        ({"repository": "other/project"}, []),
        ({"repository": "other/project", "path": "tools"}, ["a"]),
        ({"ref": "v1"}, []),
        ({"ref": "${{ github.sha }}"}, ["a"]),
        ({"ref": "main"}, ["a"]),
    ],
)
def test_files_are_the_run_s_own_where_it_checked_them_out(inputs: dict[str, str], expected: list[str]) -> None:
    checkouts = [WorkflowStep(None, "actions/checkout@v4", None, tuple(inputs.items()))]
    if inputs.get("path") == "tools":
        checkouts.insert(0, WorkflowStep(None, "actions/checkout@v4", None))
    made = attempt(*script("./push.sh"), files={"push.sh": f"docker push {HOST}/a"})
    assert isinstance(made.workflow_file, Known)
    workflow = made.workflow_file.value.parsed
    assert isinstance(workflow, Workflow)
    job = replace(workflow.jobs[0], steps=(*checkouts, *workflow.jobs[0].steps[1:]))
    found = read_job(None, job, workflow, made)
    assert repositories(needs_of(found, RunFacts())) == expected
    assert bool(gaps_of(found)) is (not expected)


def test_files_are_wanted_in_rounds_and_within_bounds() -> None:
    steps = script("make ship")
    first = files_wanted(attempt(*steps))
    assert first == ("GNUmakefile", "makefile", "Makefile")
    known: dict[str, str | None] = {"GNUmakefile": None, "makefile": None, "Makefile": "ship:\n\t./push.sh\n"}
    assert files_wanted(attempt(*steps, files=known)) == ("push.sh",)
    assert files_wanted(attempt(*steps, files={**known, "push.sh": "docker push $R/a"})) == ()
    many = script("\n".join(f"./{n}.sh" for n in range(100)))
    assert len(files_wanted(attempt(*many))) == MOST_FILES
    assert files_wanted(attempt(Spec(run="./push.sh"))) == ()


@pytest.mark.parametrize(
    ("conclusion", "expected"), [("success", ["a", "b"]), ("failure", [None, "a", "b"])], ids=["went well", "failed"]
)
def test_what_docker_shows_of_a_push_stands_for_what_is_not_legible(
    conclusion: str, expected: list[str | None]
) -> None:
    shown = [f"The push refers to repository [{HOST}/{name}]" for name in (*["a"] * 30, "b")]
    ship = Spec(name="Ship", run="for d in */; do docker push $REG/$d; done", output=shown, conclusion=conclusion)
    made = with_workflow(
        attempt_of(job_of(CHECKOUT, CONFIGURE, LOGIN, ship)), file_of(written_job(CHECKOUT, CONFIGURE, LOGIN, ship))
    )
    assert isinstance(made.jobs, Known)
    assert isinstance(made.workflow_file, Known)
    workflow = made.workflow_file.value.parsed
    assert isinstance(workflow, Workflow)
    found = read_job(made.jobs.value[0], workflow.jobs[0], workflow, made)
    assert repositories(needs_of(found, RunFacts())) == expected
