"""``planescope what-if``: a proposed trust policy, policy, boundary or repository policy against past runs, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.documents.what_if import SCHEMA, document
from diagnosis.gates import Verdict
from diagnosis.policy import PolicyKind
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.what_if.proposal import Proposal, ProposalKind
from tui.backend import BackendProblem
from tui.backends.proposed import judged
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, print_json, printable, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import exit_codes
from tui.cli.options.embedded import EVERY_STAGE, check_stage, incident_option
from tui.cli.options.repository import app_options, live_options, read_case_option
from tui.cli.options.stated import read_stated
from tui.cli.output import say
from tui.cli.reports.what_if import show
from tui.policy_file import read_policy

if TYPE_CHECKING:
    from diagnosis.facts.case import Case
    from tui.backends.repository import RepositoryBackend

_KINDS = {
    ProposalKind.TRUST: PolicyKind.TRUST,
    ProposalKind.POLICY: PolicyKind.IDENTITY,
    ProposalKind.MANAGED: PolicyKind.IDENTITY,
    ProposalKind.BOUNDARY: PolicyKind.BOUNDARY,
    ProposalKind.REPOSITORY_POLICY: PolicyKind.RESOURCE,
}
_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "what-if",
    epilog=exit_codes(
        ExitCode.UNKNOWN,
        ExitCode.CREDENTIALS,
        ExitCode.BROKEN,
        passed="every run would pass every gate",
        failed="a gate would fail or AWS would refuse a document",
        usage="a FILE is no policy, or bad usage",
    ),
)
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("--trust", type=_FILE, metavar="FILE", help="The role's trust policy, as it would be.")
@click.option("--policy", type=_FILE, metavar="FILE", help="An inline policy of the role, as it would be.")
@click.option(
    "--policy-name",
    metavar="NAME",
    help="Which inline policy --policy replaces or makes; by default the role's one that is about ECR, else a new one.",
)
@click.option("--managed-policy", type=_FILE, metavar="FILE", help="A managed policy of the role, as it would be.")
@click.option(
    "--managed-policy-name",
    metavar="NAME",
    help="Name or ARN of the managed policy that --managed-policy replaces; by default the role's one that is about ECR.",
)
@click.option(
    "--of-role",
    metavar="ROLE",
    help="Name or ARN of the role whose documents are proposed, where the runs assume several; by default the first one's.",
)
@click.option("--boundary", type=_FILE, metavar="FILE", help="The role's permissions boundary, as it would be.")
@click.option("--repository-policy", type=_FILE, metavar="FILE", help="The ECR repository's policy, as it would be.")
@click.option("--demo", "stage", type=click.Choice(EVERY_STAGE), help="An embedded incident at a stage instead.")
@incident_option("Which incident --demo is of.")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@app_options
@click.pass_context
def what_if_command(
    ctx: click.Context, /, runs: tuple[str, ...], stage: str | None, as_json: bool, **options: Any
) -> None:
    """Judge proposed documents against past runs and today's account, before anybody puts them in force.

    Each RUN (id or address; without any, those of the case file) is judged twice: by the account as it is, and as it
    would be. Beside that stands whom and what the documents would newly admit. Nothing is changed. A FILE may also be
    what `aws iam get-role`, `get-role-policy` or `aws ecr get-repository-policy` printed.
    """
    check_stage(ctx, options["incident"], stage, "--demo")
    proposals = _proposals(options)
    progress = ProgressLine()
    with _backend(ctx, runs, stage, options, progress) as (diagnosis, case):
        result = judged(diagnosis, case, _of_role(proposals, options.get("of_role"), diagnosis))
    for note in read_stated(options).notes(diagnosis.subject.facts) if diagnosis.subject and stage is None else ():
        say(f"planescope: {printable(note)}", err=True)
    if as_json:
        print_json(document(result))
    else:
        show(result, text_console())
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    ctx.exit(code_for_credentials(_CODES[result.verdict], problem))


def _proposals(options: Mapping[str, Any]) -> list[Proposal]:
    found = []
    for kind, meant in _KINDS.items():
        path = options.get(kind.value.replace("-", "_"))
        if path is not None:
            named = {ProposalKind.POLICY: "policy_name", ProposalKind.MANAGED: "managed_policy_name"}.get(kind)
            name = options.get(named) if named is not None else None
            found.append(Proposal(kind, read_policy(path, meant), printable(str(path)), name))
    if not found:
        raise BackendProblem(
            "Nothing is proposed.",
            "Give --trust, --policy, --managed-policy, --boundary or --repository-policy with a file.",
        )
    return found


def _of_role(proposals: list[Proposal], named: str | None, diagnosis: Diagnosis) -> list[Proposal]:
    """Return the proposals with their role. Raises BackendProblem for a role that no run assumes."""
    if named is None or diagnosis.live is None:
        return proposals
    question = diagnosis.live.account.question
    roles = [arn for each in (question, *question.beside) if (arn := each.role_arn) is not None]
    role = next((arn for arn in roles if named in (str(arn), arn.name)), None)
    if role is None:
        known = ", ".join(str(arn) for arn in roles) or "none that is known"
        raise BackendProblem(f"No run assumes the role {printable(named[:200])}.", f"Roles of the runs: {known}.")
    return [replace(proposal, role=role) for proposal in proposals]


@contextmanager
def _backend(
    ctx: click.Context, runs: tuple[str, ...], stage: str | None, options: Mapping[str, Any], progress: ProgressLine
) -> Iterator[tuple[Diagnosis, Case]]:
    """Yield the diagnosis of the runs, by the demo's backend or a live one, which is closed afterwards."""
    backend: RepositoryBackend
    ids: tuple[int, ...] = ()
    if stage is not None:
        if runs:
            raise click.UsageError("--demo brings its own runs: leave RUN out.", ctx)
        backend = embedded_backend(stage, options["incident"])
    else:
        case = read_case_option(options)
        repository, ids = runs_named(runs, options)
        ids = ids or case.runs
        if not ids and options.get("recording") is None:
            raise BackendProblem("No runs are named.", "Give run ids or addresses, a case file with `runs`, or --demo.")
        backend = live_backend(live_options(options, case, repository), case)
    try:
        if stage is not None:
            diagnosis = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
        else:
            diagnosis = backend.diagnose_runs(ids, progress=progress, cancelled=lambda: False)
        progress.clear()
        yield diagnosis, backend.case_shown(diagnosis)
    finally:
        progress.clear()
        backend.close()
