"""``planescope preflight``: inside a workflow run, before the push, judge the live gates for this very job; fail closed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.documents.preflight import SCHEMA, Preflight, document
from diagnosis.documents.redaction import leaks
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.workflow import Workflow, WorkflowFile
from diagnosis.gates import Verdict
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrubbed_values import scrub_text, scrub_values
from diagnosis.preflight.this_job import Given, NoSuchJob, not_told, run_of, this_job, workflow_elsewhere, workflow_path
from probes.whole_writes import exit_code_of, way_out_of
from tui import __version__
from tui.atomic_write import write_atomically
from tui.backend import BackendProblem
from tui.cli.annotations import annotation_lines
from tui.cli.console import print_json_text, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import read_case_option
from tui.cli.options.stated import read_stated, stated_options
from tui.cli.output import say, send
from tui.cli.reports.preflight import annotated, show, summary
from tui.cli.step_summary import add_to_summary
from tui.cli.workflow_commands import in_a_log, inside_actions, no_commands, no_commands_in_json, obeyed, stopped

if TYPE_CHECKING:
    from tui.backends.stated import StatedValues

_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}
_LARGEST_FILE = 1_000_000
_LARGEST_EVENT = 25_000_000
"""In bytes; GitHub's own limit of a payload."""
_SECRETS = (
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("preflight", epilog=exit_codes(ExitCode.UNKNOWN, failed="something is in the way"))
@click.option("--workflow", type=_FILE, metavar="FILE", help="The workflow file of the job; by default the run's own.")
@click.option("--job", metavar="NAME", help="The job's id in that file; by default the job that this runs in.")
@click.option("--case", "case_file", type=click.Path(path_type=Path), metavar="FILE", help="A case file (TOML).")
@click.option("--github-url", metavar="URL", help="A loopback API instead of GitHub's.")
@click.option("--profile", metavar="NAME", help="AWS profile of the role's account.")
@click.option("--registry-profile", metavar="NAME", help="AWS profile of the registry's account, if another.")
@click.option("--region", metavar="NAME", help="AWS region of the registry, if the file does not tell.")
@click.option("--allow-http-endpoint", is_flag=True, help="Ask an AWS endpoint of your configuration in plain http.")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option(
    "-o",
    "--output",
    type=_FILE,
    metavar="FILE",
    default=Path("planescope-preflight.json"),
    show_default=True,
    help="The file to keep as an artifact.",
)
@click.option("--mask-accounts", is_flag=True, help="Write asterisks for AWS account ids.")
@click.option(
    "--annotations/--no-annotations",
    "annotate",
    default=None,
    help="Annotate the step's line of the workflow file; by default in a step of a workflow run.",
)
@stated_options
@click.pass_context
def preflight_command(
    ctx: click.Context,
    /,
    as_json: bool,
    output: Path,
    mask_accounts: bool,
    annotate: bool | None,
    **options: Any,
) -> None:
    """Judge the gates for this very job, inside its workflow run and before it pushes.

    Reads the job's GITHUB_ variables, the workflow files of the checkout with the scripts that steps run, and the account
    with the step's own AWS credentials; requests no OIDC token. Writes FILE for an artifact, and a summary where
    GITHUB_STEP_SUMMARY is set. The account is best read by a role of its own: see `planescope permissions`.
    """
    try:
        annotate = inside_actions() if annotate is None else annotate
        ctx.exit(_preflight(options, output, as_json=as_json, mask_accounts=mask_accounts, annotate=annotate))
    except BackendProblem as problem:
        sentence, way_out = (no_commands(printable(text)) for text in (problem.sentence, problem.way_out))
        raise BackendProblem(sentence, way_out, problem.exit_code) from None


def _preflight(options: Mapping[str, Any], output: Path, *, as_json: bool, mask_accounts: bool, annotate: bool) -> int:
    """Judge, show and write; return the exit code. Raises BackendProblem."""
    environ = {name: value.encode("utf-8", "replace").decode() for name, value in os.environ.items()}
    case, stated = read_case_option(options), read_stated(options)
    case = stated.over(replace(case, region=options["region"] or case.region))
    preflight, account = _judged(_given(environ, options), case, stated, options)
    text = json.dumps(document(preflight, version=__version__, mask_accounts=mask_accounts), indent=2) + "\n"
    text = no_commands_in_json(text)
    console = text_console()
    with console.capture() as captured:
        show(preflight, console, mask_accounts=mask_accounts)
    told = no_commands(captured.get())
    page = summary(preflight, mask_accounts=mask_accounts)
    notices = annotation_lines(annotated(preflight, mask_accounts=mask_accounts)) if annotate else ()
    pages = {output.name: text, "the step summary": page, "the text": told, "an annotation": "\n".join(notices)}
    _stop_leaks(pages, environ)
    logged = in_a_log()
    if as_json:
        print_json_text(text)
    else:
        # Drawn by the console above: colours are ours, and foreign text is visible in it.
        send(stopped(told) if logged else told)
    # Where standard output holds the text that commands are stopped for, so that none of ours overtakes the end of that.
    send(obeyed(notices), err=as_json or not logged)
    _write(output, text)
    unwritten = add_to_summary(page)
    if unwritten:
        _say(f"the step summary could not be written: {unwritten}")
    problem = account.credentials_problem if account else None
    if problem is not None:
        _say(f"{problem.sentence}. {problem.way_out[:1].upper()}{problem.way_out[1:]}.")
    _say(f"written: {output}")
    return _CODES[preflight.verdict]


def _given(environ: Mapping[str, str], options: Mapping[str, Any]) -> Given:
    """Return what is known of the job without asking anybody. Raises BackendProblem."""
    from probes.workflow_file import parse_workflow, workflow_file

    file: Path | None = options["workflow"]
    missing = not_told(environ, job=options["job"] is not None, workflow=file is not None)
    if missing:
        raise BackendProblem(
            "This is no job of a workflow run, or not all of it is told.",
            f"Run it in a step of a workflow, or set {', '.join(missing)}.",
        )
    server = environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    if server not in ("", "https://github.com"):
        raise BackendProblem(
            f"This job runs on {server[:100]}, whose tokens have an issuer of their own.",
            "Preflight judges jobs of github.com only, so nothing is decided.",
            UNKNOWN,
        )
    root = _workspace(environ)
    own = workflow_path(environ)
    if file is None:
        path, place = own, root / own if own else None
    else:
        path, place = _within(root, file), file
    text = _read(place, _LARGEST_FILE) if place is not None else None
    if text is None and file is not None:
        raise BackendProblem(f"The workflow file {file} cannot be read.", "Name one of the checkout.")
    caller = _read(root / own, _LARGEST_FILE) if own and path != own else None
    calling = parse_workflow(caller, own) if caller is not None else None
    given = Given(
        environ=scrub_values(environ),
        now=datetime.now(UTC),
        job=options["job"],
        path=path,
        caller=calling if isinstance(calling, Workflow) else None,
        event=_event(environ.get("GITHUB_EVENT_PATH", "")),
    )
    return replace(given, file=workflow_file(Known(text), path)) if text is not None else given


def _workspace(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("GITHUB_WORKSPACE") or ".")


def _judged(
    given: Given, case: Case, stated: StatedValues, options: Mapping[str, Any]
) -> tuple[Preflight, AccountState | None]:
    """Ask GitHub and AWS, and judge. Raises BackendProblem for a job that the file does not have."""
    # Behind the checks of the input: these bring boto3 and PyGithub.
    from diagnosis.preflight.judge_job import asked, judged
    from probes.checkout import Checkout
    from tui.backends.live import LiveOptions
    from tui.backends.preflight import ask_account, ask_github, ask_parts

    name, commit = given.environ["GITHUB_REPOSITORY"], given.environ.get("GITHUB_WORKFLOW_SHA", "")
    elsewhere = workflow_elsewhere(given.environ) if not given.path else None
    github = ask_github(name, options["github_url"], given.path, commit, elsewhere)
    given, moved = _at_commit(given, github.file)
    if not isinstance(given.file, Known):
        what = given.path or "of this run"
        _say(f"the workflow file {what} is not in the checkout: check it out first, or give --workflow")
    given = replace(given, repository=github.repository, customization=github.customization)
    checkout = Checkout(_workspace(given.environ), workflow_path(given.environ))

    # Which workflows are called has to be known before the job is: it may be written in one of them.
    run = ask_parts(checkout.added_to(run_of(given)), options["github_url"])
    try:
        job = this_job(replace(given, called=run.called_workflows))
    except NoSuchJob as wrong:
        raise BackendProblem(
            f"The workflow file {given.path or 'given'} has no job {str(wrong)[:80]!r}.",
            "Give --job with its id; of a job of a called workflow too.",
        ) from None
    # As the runner has the job, its steps may use more files than the text alone tells.
    own = checkout.added_to(replace(job.attempt, local_actions=run.local_actions, files=run.files))
    job = job.with_parts_of(ask_parts(own, options["github_url"], known=run))
    ready = asked(job, case)
    account = ask_account(
        ready.question,
        LiveOptions(
            repository=name,
            profile=options["profile"],
            registry_profile=options["registry_profile"],
            region=case.region,
            allow_http=options["allow_http_endpoint"],
            history=False,
        ),
    )
    preflight = judged(ready, account, case, datetime.now(UTC), github.in_place_of_github)
    preflight = replace(preflight, notes=(*moved, *stated.notes(ready.own.facts), *preflight.notes))
    return preflight, account if isinstance(account, AccountState) else None


def _at_commit(given: Given, file: Reading[WorkflowFile]) -> tuple[Given, tuple[str, ...]]:
    """Return the job by the file that GitHub runs, where GitHub shows it: a checkout may hold another one."""
    if not isinstance(file, Known):
        return given, ()
    held = given.file.value.text if isinstance(given.file, Known) else None
    other = held is not None and held.splitlines() != file.value.text.splitlines()
    note = f"The checkout holds another {given.path} than the commit of the run; the run's own is judged."
    return replace(given, file=file), (note,) if other else ()


def _within(root: Path, file: Path) -> str:
    """Return the file's path in the repository; empty outside the checkout."""
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return ""


def _read(path: Path, limit: int) -> str | None:
    """Read a text file, secrets replaced; None where it cannot be read as one."""
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
        return None if len(raw) > limit else scrub_text(raw.decode("utf-8-sig"))
    except (OSError, ValueError):
        return None


def _event(path: str) -> Mapping[str, Any] | None:
    """Read the event's payload; what cannot be read is left out, since the run itself tells what decides."""
    text = _read(Path(path), _LARGEST_EVENT) if path else None
    try:
        return JsonMembers.parse(text).value if text else None
    except JsonFault:
        return None


def _stop_leaks(pages: dict[str, str], environ: Mapping[str, str]) -> None:
    """Stop before anything is shown or written that holds a secret. What was found is never repeated."""
    found = [(leak.file, leak.what) for leak in leaks(pages)]
    for name in _SECRETS:
        value = environ.get(name, "").strip()
        found += [(page, f"the value of {name}") for page, text in pages.items() if len(value) > 7 and value in text]
    if found:
        page, what = found[0]
        raise BackendProblem(
            f"The preflight was not written: {page} would hold {what}.",
            "Remove it at its source, the workflow file or the case file.",
        )


def _write(path: Path, text: str) -> None:
    """Write whole or not at all; a link in the checkout is replaced, never followed. Raises BackendProblem."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise BackendProblem(
            f"{path} could not be written: {error.strerror or error}.",
            way_out_of(error, "Choose another file with -o."),
            exit_code_of(error),
        ) from None


def _say(sentence: str) -> None:
    """Write a message to standard error, which the runner reads as well."""
    say(no_commands(f"planescope: {printable(sentence)}"), err=True)
