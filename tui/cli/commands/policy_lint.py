"""``planescope policy lint``: the faults of policy documents, in files of their own or in infrastructure code."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import click

from diagnosis.documents.exit_code import FAILED, PASSED, ExitCode
from diagnosis.documents.lint import SCHEMA, LintedFile, NotJudged, document, sarif
from diagnosis.iac.files import ENDINGS
from diagnosis.iac.proposal import Form, Given, Proposal
from diagnosis.iac.read import read_files
from diagnosis.lint.document import Expected
from diagnosis.lint.lint import LintReport, lint
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Severity
from diagnosis.names.arn import is_account_id
from diagnosis.names.partition import REGION, partition_of
from diagnosis.policy import PolicyKind, Unparsable
from diagnosis.policy.language.strict_json import read_json
from tui import __version__
from tui.backend import BackendProblem
from tui.cli.console import print_json, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say
from tui.cli.reports.lint import show
from tui.infrastructure_files import GatheredFiles, gather
from tui.infrastructure_lint import judge_code
from tui.policy_file import name_of, policy_text

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
        unknown="no such finding, and a document could not be judged as a whole",
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--kind",
    type=click.Choice(list(_KINDS)),
    help="What the policy is attached to; by default told by its elements (trust, identity or resource).",
)
@click.option("--account", metavar="ID", help="The account that every ARN is expected to name, and code is applied in.")
@click.option("--region", metavar="NAME", help="The region that every ARN is expected to name, and code is applied in.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of a CloudFormation parameter or a Terraform variable; may be repeated.",
)
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
    parameters: tuple[str, ...],
    fail_on: str,
    as_json: bool,
    as_sarif: bool,
) -> None:
    """Find the faults of the policy documents in each FILE (- for standard input), offline.

    Told are: what AWS would refuse to save, what has no effect or not the one that is meant, what opens more than it
    shows, what is redundant; each with path and line, what it means and the correction. A FILE may also be what
    `aws iam get-role`, `get-role-policy` or `aws ecr get-repository-policy` printed; a CloudFormation or SAM template, a
    Terraform plan as JSON (`terraform show -json`) or a Terraform file, of which every document is judged; or a folder of such.

    What a template or Terraform file does not settle, such as a parameter, is not guessed: the document is judged around it,
    and is not judged as a whole unless it is one exact value whatever it is (an account, a region, the ARN of a resource).

    The severities are those of IAM Access Analyzer, the gravest first: security-warning, error, warning, suggestion.
    """
    if account and not is_account_id(account):
        raise click.BadParameter(f"{printable(account)!r} is no account id of twelve digits.", param_hint="--account")
    if region and not re.fullmatch(REGION, region):
        raise click.BadParameter(f"{printable(region)!r} is no region.", param_hint="--region")
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif exclude each other.", ctx)
    given = Given(account or "", region or "", partition_of(region or "").name, _stated(parameters))
    judged = _judged(files, _KINDS[kind] if kind else None, given)
    for problem in judged.problems:
        say(f"planescope: {problem.sentence}", err=True)
    if as_json:
        print_json(document(judged.linted, judged.not_judged))
    elif as_sarif:
        print_json(sarif(judged.linted, __version__))
        for each in judged.not_judged:
            say(f"planescope: {each.file} (line {each.line}): {printable(each.what)}: {printable(each.why)}", err=True)
    else:
        show(judged.linted, judged.not_judged, judged.without, text_console())
    failing = any(item.report.at_least(Severity(fail_on)) for item in judged.linted)
    unknown = any(not each.elsewhere for each in judged.not_judged)
    ctx.exit(BAD_INPUT if judged.problems else FAILED if failing else ExitCode.UNKNOWN if unknown else PASSED)


def _stated(parameters: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in parameters:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"{printable(each)!r} is not NAME=VALUE.", param_hint="--parameter")
        found[name] = value
    return found


@dataclass
class _Judged:
    linted: list[LintedFile] = field(default_factory=list)
    not_judged: list[NotJudged] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    """Files that were named and hold no IAM document."""
    problems: list[BackendProblem] = field(default_factory=list)


def _judged(files: Sequence[Path], kind: PolicyKind | None, given: Given) -> _Judged:
    """Judge the documents of all files, in the order in which the files are named."""
    found = _Judged()
    gathered = gather(files)
    found.problems += gathered.problems
    proposal = read_files(gathered.texts, given)
    expected = Expected(given.account, given.region)
    for key, path in gathered.named.items():
        if key in gathered.texts:
            _add_file(key, path, gathered, proposal, kind, expected, found)
    return found


def _add_policy(path: Path, text: str, kind: PolicyKind | None, expected: Expected, found: _Judged) -> None:
    try:
        found.linted.append(_linted(path, text, kind, expected))
    except BackendProblem as problem:
        found.problems.append(problem)


def _add_file(
    key: str,
    path: Path,
    gathered: GatheredFiles,
    proposal: Proposal,
    kind: PolicyKind | None,
    expected: Expected,
    found: _Judged,
) -> None:
    form = proposal.forms.get(key)
    is_named = key not in gathered.from_folders
    if form in (Form.POLICY, Form.CLI_ANSWER) or (
        form is None and is_named and _is_meant_as_policy(path, gathered.texts[key])
    ):
        _add_policy(path, gathered.texts[key], kind, expected, found)
        return
    shown = printable(str(path))
    judged, left = judge_code(proposal, key, shown, _uri(path), expected)
    found.linted += judged
    found.not_judged += left
    if not judged and not left and is_named:
        found.without.append(shown)


def _is_meant_as_policy(path: Path, text: str) -> bool:
    """Return whether a JSON file of no known form, named by itself, is judged as a policy: one that is broken or nearly one."""
    if not path.name.lower().endswith(".json") and path.suffix:
        return not path.name.lower().endswith(ENDINGS)
    tree = read_json(text, unique=False)
    return not isinstance(tree, dict) or not tree or bool({"Version", "Id", "Statement"} & set(tree))


def _linted(path: Path, text: str, kind: PolicyKind | None, expected: Expected) -> LintedFile:
    """Judge one file. Raises BackendProblem where it is no JSON object."""
    shown = printable(str(path))
    policy = policy_text(text)
    report = lint(policy, kind, expected)
    if isinstance(report, Unparsable):
        raise BackendProblem(f"{name_of(path)} is no policy: {printable(report.text)}.")
    return LintedFile(shown, _uri(path), report if policy is text else _without_lines(report))


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
