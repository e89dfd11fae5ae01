"""``planescope policy admits``: who gets in by a trust policy, asked offline of the document alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from diagnosis.callers.admission_verdict import Admission, Admitted
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.documents.admits import SCHEMA
from diagnosis.documents.admits import document as document_of
from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.policy import Unparsable
from diagnosis.trust.admission import TrustOutcome
from tui.backend import BackendProblem
from tui.cli.console import Text, print_json, printable, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import NAME, read_case_option
from tui.policy_file import name_of, read_policy_text, read_trust_policy

_EXIT_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN}
_WORDS = {TrustOutcome.ALLOWED: "gets in", TrustOutcome.DENIED: "refused", TrustOutcome.UNKNOWN: "depends"}


@click.command(
    "admits",
    epilog=exit_codes(
        passed="nobody gets in whom a release role should refuse",
        failed="somebody does",
        usage="TRUST.json is no trust policy, or bad usage",
        unknown="that is not to be told",
    ),
)
@click.argument("trust", type=click.Path(path_type=Path, dir_okay=False), metavar="TRUST.json")
@click.option("--repo", required=True, metavar="OWNER/REPO", help="The repository that is meant to get in.")
@click.option("--default-branch", default="main", show_default=True, metavar="NAME", help="Its default branch.")
@click.option("--repo-id", type=click.IntRange(1), metavar="ID", help="Its id, for immutable subjects.")
@click.option("--owner-id", type=click.IntRange(1), metavar="ID", help="Its owner's id, for immutable subjects.")
@click.option(
    "--audience",
    metavar="TEXT",
    help=f"What every caller requests. Without it the repository requests {AWS_AUDIENCE}, and others what the policy wants.",
)
@click.option(
    "--case",
    "case_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A case file: exceptions that it states, with rationale and expiry, are no fault.",
)
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.pass_context
def admits_command(
    ctx: click.Context,
    trust: Path,
    repo: str,
    default_branch: str,
    repo_id: int | None,
    owner_id: int | None,
    audience: str | None,
    case_file: Path | None,
    as_json: bool,
) -> None:
    """Say who gets in by the trust policy TRUST.json (- for standard input; output of aws iam get-role will do).

    Every token that GitHub can mint is searched, from the repository's own branches to a stranger's repository, and every
    statement counts: another account, another provider, a star.
    """
    if not NAME.match(repo):
        raise click.BadParameter(f"{printable(repo)!r} is no OWNER/REPO.", param_hint="--repo")
    repository = Repository(repo, repo_id, owner_id, default_branch=default_branch)
    case = read_case_option({"case_file": case_file})
    document = read_trust_policy(read_policy_text(trust).text)
    today = datetime.now(UTC).date()
    admission = (
        document
        if isinstance(document, Unparsable)
        else who_gets_in(document, repository, audience=audience, exceptions=case.exceptions, today=today)
    )
    if isinstance(admission, Unparsable):
        raise BackendProblem(
            f"{name_of(trust)} is no trust policy: {printable(admission.text)}.",
            "`planescope policy lint` tells the faults of any policy.",
        )
    if as_json:
        print_json(document_of(repo, admission))
    else:
        _print(repo, admission)
    ctx.exit(_EXIT_CODES[admission.verdict])


def _print(repo: str, admission: Admission) -> None:
    console = text_console()
    console.print(Text(f"Who may assume the role, asked for {repo}", style="bold"))
    if admission.probes:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(overflow="fold")
        for item in admission.probes:
            table.add_row(*(Text(printable(cell), style=_style(item, admission)) for cell in _row(item, admission)))
        console.print(table)
    for door in admission.open_doors:
        console.print(Text(f"! second door  {printable(door.text)}", style="bold red"))
    console.print()
    console.print(Text(f"{admission.verdict.sign} {admission.verdict.value}: {printable(admission.reason)}"))
    for note in admission.notes:
        console.print(Text(f"  note: {printable(note)}"))


def _row(item: Admitted, admission: Admission) -> tuple[str, str, str]:
    sign = "!" if item in admission.too_open else " "
    return f"{sign} {_WORDS[item.outcome]}", item.who, item.subject


def _style(item: Admitted, admission: Admission) -> str:
    return "bold red" if item in admission.too_open else "yellow" if item.outcome is TrustOutcome.UNKNOWN else ""
