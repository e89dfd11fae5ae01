"""The images that GitHub pulls for a job are asked of the role whose token it pulls them with, where that is known."""

from __future__ import annotations

import pytest

from diagnosis.facts.workflow import JobImage, Workflow
from diagnosis.steps.called_workflows import with_called
from diagnosis.steps.job_images import JobImages, job_images
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.needs import needs_of
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.steps.role_sessions import role_sessions
from diagnosis.verdicts.replay import RunFacts
from probes.workflow_file import parse_workflow

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
FILE = """
on: push
env: {{ REGISTRY: {host} }}
jobs:
  login:
    runs-on: ubuntu-latest
    outputs: {{ password: "{output}", plain: plain }}
    steps:
{role}
      - id: ecr
        uses: aws-actions/amazon-ecr-login@v2
        with: {{ mask-password: "false" }}
  relay:
    needs: login
    runs-on: ubuntu-latest
    outputs: {{ again: "${{{{ needs.login.outputs.password }}}}" }}
    steps: [{{ run: "true" }}]
  build:
    needs: [login, relay]
    runs-on: ubuntu-latest
    if: {condition}
    container:
      image: "{image}"
      credentials: {{ username: AWS, password: "{password}" }}
    steps: [{{ run: make }}]
"""
ROLE = """
      - uses: aws-actions/configure-aws-credentials@v4
        with: { role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1 }
"""
KEYS = """
      - uses: aws-actions/configure-aws-credentials@v4
        with: { aws-access-key-id: "${{ secrets.K }}", aws-secret-access-key: "${{ secrets.S }}", aws-region: eu-west-1 }
"""
PASSWORD = "${{ needs.login.outputs.password }}"
OUTPUT = "${{ steps.ecr.outputs.docker_password_111122223333_dkr_ecr_eu_west_1_amazonaws_com }}"


def parsed(text: str) -> Workflow:
    workflow = parse_workflow(text, "release.yml")
    assert isinstance(workflow, Workflow), workflow
    return workflow


def told(
    image: str = f"{HOST}/build:1",
    password: str = PASSWORD,
    output: str = OUTPUT,
    role: str = ROLE,
    condition: str = "true",
) -> tuple[JobImages, list[ReadJob]]:
    text = FILE.format(host=HOST, image=image, password=password, output=output, role=role, condition=condition)
    workflow = parsed(text)
    reads = [read_job(None, job, workflow) for job in workflow.jobs]
    return job_images(reads), reads


def pulled(images: JobImages) -> list[str]:
    return [
        operation.target or "" for steps in images.pulls.values() for step in steps for operation in step.operations
    ]


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "${{needs.login.outputs['password']}}",
        "${{ needs['login'].outputs.password }}",
        "${{ needs.relay.outputs.again }}",
    ],
)
def test_the_role_whose_login_gave_the_token_needs_the_pull(password: str) -> None:
    images, reads = told(password=password)
    assert images.gaps == {}
    (part,) = role_sessions(images.beside(reads[0]))
    needs = {(need.action, need.resource): need for need in needs_of(part, RunFacts())}
    place = "arn:aws:ecr:eu-west-1:111122223333:repository/build"
    assert {("ecr:BatchGetImage", place), ("ecr:GetDownloadUrlForLayer", place)} <= needs.keys()
    assert needs["ecr:BatchGetImage", place].step == "container image of job build"
    assert images.beside(reads[2]) is reads[2]


@pytest.mark.parametrize(
    ("image", "target"),
    [
        ("${{ env.REGISTRY }}/build:1", f"{HOST}/build:1"),
        (f"docker://{HOST}/build:${{{{ github.sha }}}}", f"{HOST}/build:${{{{ github.sha }}}}"),
        ("${{ needs.login.outputs.registry }}/build:1", "${{ needs.login.outputs.registry }}/build:1"),
    ],
)
def test_an_image_is_read_as_far_as_it_is_settled(image: str, target: str) -> None:
    assert pulled(told(image)[0]) == [target]


@pytest.mark.parametrize(
    "image", ["node:20", "public.ecr.aws/a/b:1", "ghcr.io/acme/ecr:${{ github.sha }}", "acme/ecr:1"]
)
def test_an_image_of_no_private_registry_of_ecr_adds_nothing(image: str) -> None:
    assert told(image)[0] == JobImages()


@pytest.mark.parametrize(
    ("password", "output", "role"),
    [
        ("${{ secrets.PASSWORD }}", OUTPUT, ROLE),
        ("", OUTPUT, ROLE),
        ("x${{ needs.login.outputs.password }}", OUTPUT, ROLE),
        ("${{ needs.login.outputs.plain }}", OUTPUT, ROLE),
        ("${{ needs.nobody.outputs.password }}", OUTPUT, ROLE),
        (PASSWORD, "${{ secrets.PASSWORD }}", ROLE),
        (PASSWORD, PASSWORD, ROLE),
        (PASSWORD, OUTPUT, KEYS),
    ],
)
def test_credentials_whose_role_is_not_known_leave_a_gap_at_the_job(password: str, output: str, role: str) -> None:
    images, reads = told(password=password, output=output, role=role)
    assert images.pulls == {}
    (gap,) = images.of_job(reads[2])
    assert (gap.what, gap.may_push, gap.job) == (f"{HOST}/build:1", False, "build")


def test_a_job_that_never_runs_pulls_nothing() -> None:
    assert told(condition="false")[0] == JobImages()


def test_the_image_of_a_called_job_is_pulled_with_what_its_caller_hands_on() -> None:
    called = parsed(f"""
on: {{ workflow_call: {{ inputs: {{ image: {{ type: string }} }} }} }}
jobs:
  login:
    runs-on: ubuntu-latest
    outputs: {{ password: "${{{{ steps.ecr.outputs.p }}}}" }}
    steps:
{ROLE}
      - {{ id: ecr, uses: aws-actions/amazon-ecr-login@v2 }}
  build:
    needs: login
    runs-on: ubuntu-latest
    container:
      image: ${{{{ inputs.image }}}}
      credentials: {{ username: AWS, password: "{PASSWORD}" }}
    steps: [{{ run: make }}]
""")
    caller = parsed(f"""
on: push
jobs:
  all: {{ uses: ./.github/workflows/called.yml, with: {{ image: "{HOST}/called:1" }} }}
""")
    whole = with_called(caller, {"a/b/.github/workflows/called.yml": called}, "a/b")
    images = job_images([read_job(None, job, whole) for job in whole.jobs])
    assert (list(images.pulls), pulled(images), images.gaps) == (["all / login"], [f"{HOST}/called:1"], {})


def test_images_are_parsed_in_every_form() -> None:
    job = parsed("""
on: push
jobs:
  a:
    container: node:20
    services:
      db: { image: "postgres:16", credentials: { username: u, password: p } }
      none: { image: "" }
    steps: [{ run: x }]
""").jobs[0]
    assert job.images == (JobImage("node:20"), JobImage("postgres:16", "u", "p"))


@pytest.mark.parametrize("value", ["", "[a]", "{}", "{image: [a]}", "{image: a, credentials: x}", "{image: {b: c}}"])
def test_strange_containers_are_no_error(value: str) -> None:
    job = parsed(f"on: push\njobs:\n  a:\n    container: {value}\n    services: {value}\n    steps: []\n").jobs[0]
    assert {each.image for each in job.images} <= {"a", "x"}


def test_a_pull_is_one_of_the_jobs_operations_and_never_a_step_that_ran() -> None:
    images, reads = told()
    (step,) = images.pulls["login"]
    assert step.does(Purpose.PULL)
    assert not step.matched.ran
    assert images.beside(reads[0]).steps[:-1] == reads[0].steps
