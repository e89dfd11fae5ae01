"""``planescope policy lint``: a policy document's own faults, each with its place and correction."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import click

from diagnosis.documents.exit_code import FAILED, PASSED, ExitCode
from diagnosis.documents.lint import SCHEMA, LintedFile, document, sarif
from diagnosis.lint.document import Expected
from diagnosis.lint.lint import LintReport, lint
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Severity
from diagnosis.names.arn import is_account_id
from diagnosis.names.partition import REGION
from diagnosis.policy import PolicyKind, Unparsable
from tui import __version__
from tui.backend import BackendProblem
from tui.cli.console import print_json, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say
from tui.cli.reports.lint import show
from tui.policy_file import name_of, read_policy_text

BAD_INPUT = ExitCode.USAGE
_KINDS = {
    "trust": PolicyKind.TRUST,
    "identity": PolicyKind.IDENTITY,
    "resource": PolicyKind.RESOURCE,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "scp": PolicyKind.SCP,
    "rcp": PolicyKind.RCP,
}


@click.command(
    "lint",
    epilog=exit_codes(
        passed="nothing was found, or nothing graver than a warning",
        failed="a finding is an error or a security-warning (--fail-on moves the line)",
        usage="a FILE is no policy, or bad usage",
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
@click.option(
    "--kind",
    type=click.Choice(list(_KINDS)),
    help="What the policy is attached to; by default told by its elements (trust, identity or resource).",
)
@click.option("--account", metavar="ID", help="The account that every ARN is expected to name.")
@click.option("--region", metavar="NAME", help="The region that every ARN is expected to name.")
@click.option(
    "--fail-on",
    type=click.Choice([each.value for each in Severity]),
    default=Severity.ERROR.value,
    show_default=True,
    help="Exit with 1 for this severity and graver ones.",
)
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option("--sarif", "as_sarif", is_flag=True, help="SARIF 2.1.0 instead of text, for code scanning.")
@click.pass_context
def lint_command(
    ctx: click.Context,
    files: tuple[Path, ...],
    kind: str | None,
    account: str | None,
    region: str | None,
    fail_on: str,
    as_json: bool,
    as_sarif: bool,
) -> None:
    """Find the faults of the policy document in each FILE (- for standard input), offline.

    Told are: what AWS would refuse to save, what has no effect or not the one that is meant, what opens more than it
    shows, what is redundant; each with path and line, what it means and the correction. A FILE may also be what
    `aws iam get-role`, `get-role-policy` or `aws ecr get-repository-policy` printed.

    The severities are those of IAM Access Analyzer, the gravest first: security-warning, error, warning, suggestion.
    """
    if account and not is_account_id(account):
        raise click.BadParameter(f"{printable(account)!r} is no account id of twelve digits.", param_hint="--account")
    if region and not re.fullmatch(REGION, region):
        raise click.BadParameter(f"{printable(region)!r} is no region.", param_hint="--region")
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif exclude each other.", ctx)
    linted, bad = [], False
    for path in files:
        try:
            linted.append(_linted(path, _KINDS[kind] if kind else None, Expected(account or "", region or "")))
        except BackendProblem as problem:
            say(f"planescope: {problem.sentence}", err=True)
            bad = True
    if as_json:
        print_json(document(linted))
    elif as_sarif:
        print_json(sarif(linted, __version__))
    else:
        show(linted, text_console())
    failing = any(item.report.at_least(Severity(fail_on)) for item in linted)
    ctx.exit(BAD_INPUT if bad else FAILED if failing else PASSED)


def _linted(path: Path, kind: PolicyKind | None, expected: Expected) -> LintedFile:
    """Judge one file. Raises BackendProblem where it cannot be read or is no JSON object."""
    shown = printable(str(path))
    given = read_policy_text(path)
    report = lint(given.text, kind, expected)
    if isinstance(report, Unparsable):
        raise BackendProblem(f"{name_of(path)} is no policy: {printable(report.text)}.")
    return LintedFile(shown, _uri(path), report if given.is_whole else _without_lines(report))


def _uri(path: Path) -> str:
    """Return a file's URI, relative to this folder where it lies in it: code scanning shows a finding in its file by that."""
    if str(path) == "-":
        return "stdin"
    if path.is_absolute():
        if not path.is_relative_to(Path.cwd()):
            return path.as_uri()
        path = path.relative_to(Path.cwd())
    # By its bytes: a name need not be UTF-8.
    return quote(os.fsencode(path.as_posix()))


def _without_lines(report: LintReport) -> LintReport:
    """Return the report without lines: they are those of a document within the file, not of the file."""
    return replace(report, findings=tuple(replace(each, place=Place(each.place.path)) for each in report.findings))
