"""``planescope conform``: judge what a change proposes against its base branch and the needs of the repository's releases."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from diagnosis.documents.conform import SCHEMA, document, sarif
from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.partition import REGION
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.conformance import ALREADY
from probes.whole_writes import exit_code_of, way_out_of
from tui import __version__
from tui.atomic_write import write_atomically
from tui.backend import BackendProblem
from tui.cli.annotations import annotation_lines, annotation_of
from tui.cli.console import ProgressLine, print_json, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import read_case_option
from tui.cli.output import say, send
from tui.cli.reports.conform import show, summary
from tui.cli.step_summary import add_to_summary
from tui.cli.workflow_commands import in_a_log, inside_actions, no_commands, no_commands_in_json, obeyed, stopped

if TYPE_CHECKING:
    from diagnosis.facts.case import Case
    from diagnosis.facts.runs import Repository
    from diagnosis.findings.finding import Finding
    from diagnosis.verdicts.conformance import Conformance
    from tui.backends.conform import ConformOptions

_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}
_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "conform",
    epilog=exit_codes(
        passed="the change conforms",
        failed="it widens, breaks or opens something",
        unknown="not everything could be judged",
    ),
)
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(path_type=Path))
@click.option(
    "--base", metavar="REF", help="The base branch; by default the pull request's, else the remote's default one."
)
@click.option(
    "--case",
    "case_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A case file (TOML) with [[widenings]].",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="NAME=ARN",
    help="The ARN of a role that the files call NAME: by name, address, or the file of its policy. May be repeated.",
)
@click.option("--repo", metavar="OWNER/REPO", help="The GitHub repository; by default the one of this clone.")
@click.option("--default-branch", metavar="NAME", help="The repository's default branch; by default the base.")
@click.option("--account", metavar="ID", help="The AWS account where the files are applied, if they leave it open.")
@click.option("--region", metavar="NAME", help="The AWS region likewise.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of a CloudFormation parameter or Terraform variable. May be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Count what is so on the base branch as well.")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option("--sarif", "as_sarif", is_flag=True, help="SARIF 2.1.0 instead of text, for code scanning.")
@click.option(
    "--annotations/--no-annotations",
    default=None,
    help="Annotations of the pull request beside the text; by default in a workflow's run.",
)
@click.option(
    "-o",
    "--output",
    type=_FILE,
    metavar="FILE",
    help="Write the JSON (or, with --sarif, that) to FILE, and the text here.",
)
@click.pass_context
def conform_command(ctx: click.Context, /, **options: Any) -> None:
    """Judge what this branch changes in roles, policies and workflows, before it is merged.

    Compared are the working tree and the base branch, from files alone: no AWS account, no token, no network. It fails on
    whom or what a change newly admits or grants (unless it is stated in the case file, or exactly what a release needs), on what
    would deny the next release, on what AWS would refuse, on wildcards, second doors, static keys, a missing id-token permission,
    gates that can be demoted, actions that are not pinned. What was so on the base is a note. PATHs bound where documents are
    looked for; workflows are always read. All rules: docs/conform.md.
    """
    if options["as_json"] and options["as_sarif"]:
        raise click.UsageError("--json and --sarif exclude each other.", ctx)
    judged = _judged(options)
    _tell(judged, options)
    ctx.exit(_CODES[judged.verdict])


def _judged(options: Mapping[str, Any]) -> Conformance:
    """Read and judge. Raises BackendProblem."""
    case = read_case_option(options)
    from tui.backends.conform import judge, top_of  # behind the checks of the input

    progress = ProgressLine()
    try:
        return judge(what_is_judged(options, case, top_of(Path.cwd())), progress, lambda: False)
    finally:
        progress.clear()


def what_is_judged(options: Mapping[str, Any], case: Case, root: Path) -> ConformOptions:
    """Return what the options ask for, of the clone at ``root``. Raises BackendProblem, click.BadParameter."""
    from diagnosis.iac.proposal import Given
    from tui.backends.conform import ConformOptions

    account, region = options["account"] or case.expected_account or "", options["region"] or case.region or ""
    if account and not is_account_id(account):
        raise click.BadParameter(f"{printable(account)!r} is no account id of twelve digits.", param_hint="--account")
    if region and not re.fullmatch(REGION, region):
        raise click.BadParameter(f"{printable(region)!r} is no region.", param_hint="--region")
    parameters = dict(_pair(each, "--parameter") for each in options["parameters"])
    case_file = options.get("case_file")
    return ConformOptions(
        repository=_repository(options, case),
        at=datetime.now(UTC),
        folder=root,
        paths=tuple(_within(root, path) for path in options["paths"]),
        base=options["base"],
        case=case,
        case_file=_shown(root, case_file) if case_file else "",
        roles=dict(_role(each) for each in options["roles"]),
        given=Given(account=account, region=region, parameters=parameters),
        everything=bool(options["everything"]),
    )


def _repository(options: Mapping[str, Any], case: Case) -> Repository:
    """Return the repository: as it is named, as the runner names it, or as the clone's remote does."""
    from diagnosis.facts.runs import Repository
    from tui.backends.folder_repository import repository_here

    environ = os.environ
    told = environ.get("GITHUB_REPOSITORY", "") if inside_actions() else ""
    name = options["repo"] or case.repository or told
    if not name:
        try:
            name = repository_here()
        except BackendProblem as problem:
            how = "Say whose releases these are: --repo OWNER/REPO (in a hook among its args), or `repository` of the case file."
            raise BackendProblem(problem.sentence, how, problem.exit_code) from None
    if not _NAME.fullmatch(name):
        raise BackendProblem(f"{printable(name[:80])!r} is no repository name.", "Write it as OWNER/REPO.")
    own = name == told
    return Repository(
        full_name=name,
        id=_number(environ.get("GITHUB_REPOSITORY_ID")) if own else None,
        owner_id=_number(environ.get("GITHUB_REPOSITORY_OWNER_ID")) if own else None,
        default_branch=options["default_branch"]
        or _branch(options["base"] or environ.get("GITHUB_BASE_REF") or "")
        or "main",
        html_url=f"https://github.com/{name}",
    )


def _branch(base: str) -> str:
    """Return the branch that a base names: a pull request's is the default one as a rule. Empty for a commit."""
    name = base.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("origin/")
    return "" if re.fullmatch(r"HEAD.*|[0-9a-f]{7,64}", name) else name


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{printable(text[:80])!r} is not written NAME=VALUE.", param_hint=option)
    return name, value


def _role(text: str) -> tuple[str, Arn]:
    name, value = _pair(text, "--role")
    arn = Arn.parse(value)
    if arn is None or not arn.is_role or not arn.has_account:
        raise click.BadParameter(f"{printable(value[:120])!r} is no role's ARN.", param_hint="--role")
    return name.removeprefix("./"), arn


def _within(root: Path, path: Path) -> str:
    """Return a path from the root of the repository. Raises BackendProblem for one outside, or that is not there."""
    try:
        found = path.resolve()
        if not found.exists():
            raise BackendProblem(f"There is no {printable(str(path))}.", "Name a file or folder of the working tree.")
        inside = found.relative_to(root.resolve())
    except (ValueError, OSError):
        raise BackendProblem(
            f"{printable(str(path))} is not in this working tree.", "Name a file or folder of it."
        ) from None
    if ".git" in (part.lower() for part in inside.parts):
        raise BackendProblem(
            f"{printable(str(path))} is git's own, no part of the change.", "Name a file or folder of it."
        )
    return inside.as_posix()


def _shown(root: Path, path: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return str(path)


def _tell(judged: Conformance, options: Mapping[str, Any]) -> None:
    """Print, write and summarize."""
    told = sarif(judged, __version__, _uri) if options["as_sarif"] else document(judged)
    output: Path | None = options["output"]
    wanted = inside_actions() if options["annotations"] is None else bool(options["annotations"])
    notices = annotation_lines(annotation_of(each) for each in _annotated(judged)) if wanted else ()
    if output is None and (options["as_json"] or options["as_sarif"]):
        print_json(told)
        # A document stands alone on standard output; the runner reads both.
        send(obeyed(notices), err=True)
    else:
        console = text_console()
        if in_a_log():
            with console.capture() as captured:
                show(judged, console, everything=bool(options["everything"]))
            told_here = "\n".join(line.rstrip() for line in captured.get().split("\n"))
            send(stopped(no_commands(told_here)))  # drawn by the console: foreign text is visible in it
        else:
            show(judged, console, everything=bool(options["everything"]))
        send(obeyed(notices))
        if output is not None:
            _write(output, no_commands_in_json(json_text(told, indent=2)) + "\n")
    why = add_to_summary(summary(judged))
    if why:
        say(f"planescope: the step summary could not be written: {why}", err=True)


def _uri(path: str) -> str:
    """Return a path as a URI, by its bytes: a name need not be UTF-8."""
    return quote(os.fsencode(path))


def _annotated(judged: Conformance) -> list[Finding]:
    return [each for each in judged.findings if ALREADY not in each.details]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise BackendProblem(
            f"{printable(str(path))} could not be written: {error.strerror or error}.",
            way_out_of(error, "Choose another file with -o."),
            exit_code_of(error),
        ) from None
