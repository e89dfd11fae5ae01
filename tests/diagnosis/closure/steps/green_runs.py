"""A green run of a workflow as its files have it: every job and every step succeeded, but those that are said to be skipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from log_frames import action, raw, script
from made_attempts import made_attempt, with_workflow

from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import CalledWorkflow, Job, LocalAction, RepositoryFile, Step
from diagnosis.facts.workflow import Workflow, WorkflowStep
from diagnosis.replay.attempt import replay
from diagnosis.steps.files_wanted import files_wanted
from diagnosis.steps.match import default_name
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.replay import Replay
from probes.workflow_file import action_file, parse_workflow, workflow_file

PATH = ".github/workflows/release.yml"
HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = f"{HOST}/app:1"
PUSH = f"docker push {IMAGE}"
_COMMANDS = {
    "": "bash -e {0}",
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "pwsh": "pwsh -command \". '{0}'\"",
}
"""How the log tells of a shell."""
_ROLE = "{role-to-assume: 'arn:aws:iam::111122223333:role/release', aws-region: us-east-1}"


def release(script: str, *, step: str = "", job: str = "", top: str = "", more: str = "") -> str:
    """A workflow whose one job assumes the role, logs in and runs the script; with keys of that step, of the job, of the file."""
    lines = "\n".join(f"          {line}" for line in script.split("\n"))
    return (
        f"on: [push]\n{top}permissions: {{id-token: write, contents: read}}\njobs:\n  release:\n    runs-on: ubuntu-latest\n{job}"
        f"    steps:\n      - uses: actions/checkout@v4\n"
        f"      - {{id: role, uses: aws-actions/configure-aws-credentials@v4, with: {_ROLE}}}\n"
        f"      - {{id: login, uses: aws-actions/amazon-ecr-login@v2}}\n"
        f"      - id: push\n{step}        run: |\n{lines}\n{more}"
    )


def green(
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    skipped: frozenset[str] = frozenset(),
    printed: Mapping[str, str] | None = None,
) -> Replay:
    """The run of a workflow, judged. ``skipped``: ids of jobs and steps; ``printed``: what steps printed, by their ids."""
    files = files or {}
    workflow = parse_workflow(text, PATH)
    assert isinstance(workflow, Workflow)
    attempt = with_workflow(made_attempt(conclusion="success", workflow_path=PATH), workflow, text)
    actions = tuple(
        LocalAction(path, action_file(Known(body), path)) for path, body in files.items() if path.endswith("action.yml")
    )
    called = tuple(
        CalledWorkflow(f"octo-org/octo-repo/{path}@main", "e" * 40, None, workflow_file(Known(body), path))
        for path, body in files.items()
        if path.startswith(".github/workflows/")
    )
    attempt = replace(attempt, local_actions=actions, called_workflows=called)
    whole = resolved_workflow(attempt)
    assert isinstance(whole, Workflow)
    attempt = replace(attempt, jobs=Known(tuple(_jobs(whole, skipped, printed or {}))))
    for _ in range(4):
        wanted = files_wanted(attempt)
        found = tuple(
            RepositoryFile(path, Known(files[path]) if path in files else Absent(f"file {path}")) for path in wanted
        )
        attempt = replace(attempt, files=(*attempt.files, *found))
    return replay(attempt)


def _jobs(workflow: Workflow, skipped: frozenset[str], printed: Mapping[str, str]) -> Iterator[Job]:
    for number, job in enumerate(workflow.jobs, 1):
        left_out = job.id in skipped
        steps = tuple(
            Step(place, step.name or default_name(step), "completed", "skipped" if step.id in skipped else "success")
            for place, step in enumerate(job.steps, 2)
        )
        ran = [step for step in job.steps if step.id not in skipped]
        log = raw([line for step in ran for line in _section(step, printed.get(step.id or "", ""))])
        yield Job(
            number,
            job.name or job.id,
            "completed",
            "skipped" if left_out else "success",
            steps=() if left_out else steps,
            log=Known(log) if not left_out else Absent("log"),
        )


def _section(step: WorkflowStep, printed: str) -> list[str]:
    output = tuple(line for line in printed.split("\n") if line)
    if step.uses:
        inner = [line for each in step.inner for line in _section(each, "")]
        return [*action(step.uses, [f"{name}: {value}" for name, value in step.inputs], *output), *inner]
    shell = _COMMANDS.get(step.shell or "", step.shell or "")
    lines = script((step.run or "").rstrip().split("\n"), *output)
    return [f"shell: /usr/bin/{shell}" if line.startswith("shell: ") else line for line in lines]
