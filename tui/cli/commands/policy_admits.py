"""``planescope policy admits``: who gets in by a trust policy, asked offline of the document alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import click
from rich.table import Table
from rich.text import Text

from diagnosis.callers.admission_verdict import Admission, Admitted
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.policy import PolicyDocument, Unparsable, read_document
from diagnosis.trust.admission import TrustOutcome
from probes.case_file import read_case_file
from tui.cli.console import print_json, printable, text_console

SCHEMA = "planescope.policy-admits/1"
BAD_INPUT = 2
LARGEST = 1024 * 1024
"""In bytes; AWS takes 4,096 characters at most."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
_BYTE_ORDER_MARK = "\ufeff"
_EXIT_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN}
_WORDS = {TrustOutcome.ALLOWED: "gets in", TrustOutcome.DENIED: "refused", TrustOutcome.UNKNOWN: "depends"}


@click.command("admits", short_help="Say who gets in by a trust policy.")
@click.argument("trust", type=click.File("rb"), metavar="TRUST.json")
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
    "case_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A case file: exceptions that it states, with rationale and expiry, are no fault.",
)
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.pass_context
def admits_command(
    ctx: click.Context,
    trust: BinaryIO,
    repo: str,
    default_branch: str,
    repo_id: int | None,
    owner_id: int | None,
    audience: str | None,
    case_path: Path | None,
    as_json: bool,
) -> None:
    """Say who gets in by the trust policy TRUST.json (- for standard input; output of aws iam get-role will do).

    Every token that GitHub can mint is searched, from the repository's own branches to a stranger's repository, and every
    statement counts: another account, another provider, a star. The exit code is 1 where somebody gets in whom a release role
    should refuse, 3 where that is not to be told, else 0.
    """
    if not _REPOSITORY.match(repo):
        raise click.BadParameter(f"{printable(repo)!r} is no OWNER/REPO.", param_hint="--repo")
    repository = Repository(repo, repo_id, owner_id, default_branch=default_branch)
    text = _read(trust)
    case = read_case_file(case_path) if case_path is not None else Case()
    document = text if isinstance(text, Unparsable) else _trust_policy(text)
    admission = (
        document
        if isinstance(document, Unparsable)
        else who_gets_in(
            document,
            repository,
            audience=audience,
            exceptions=case.exceptions,
            today=datetime.now(UTC).date(),
        )
    )
    if isinstance(admission, Unparsable):
        name = printable(str(getattr(trust, "name", "the file")))
        click.echo(f"planescope: {name} is no trust policy: {printable(admission.text)}.", err=True)
        ctx.exit(BAD_INPUT)
    if as_json:
        print_json(_document(repo, admission))
    else:
        _print(repo, admission)
    ctx.exit(_EXIT_CODES[admission.verdict])


def _read(stream: BinaryIO) -> str | Unparsable:
    """Read the policy's text, taken out of a GetRole answer where the file is one."""
    try:
        raw = stream.read(LARGEST + 1)
    except OSError as fault:
        return Unparsable(f"it cannot be read ({fault.strerror or fault})")
    if len(raw) > LARGEST:
        return Unparsable(f"it is larger than {LARGEST} bytes")
    try:
        text = raw.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as fault:
        return Unparsable(f"it is not UTF-8 at byte {fault.start}")
    return _of_role(text) or text


def _trust_policy(text: str) -> PolicyDocument | Unparsable:
    """Return the document, unless it is a permission policy: that one admits nobody, which is no answer about a role."""
    document = read_document(text)
    if isinstance(document.policy, Unparsable):
        return document.policy
    statements = document.policy.statements
    if statements and all(statement.principals is None for statement in statements):
        return Unparsable("no statement names a Principal")
    return document


def _of_role(text: str) -> str | None:
    """Return the trust policy within the output of ``aws iam get-role``; None where the text is none."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None  # the policy reader says what is wrong, with line and column
    role = tree.get("Role", tree) if isinstance(tree, Mapping) else None
    policy = role.get("AssumeRolePolicyDocument") if isinstance(role, Mapping) else None
    if isinstance(policy, str):
        return unquote(policy)
    return json.dumps(policy) if isinstance(policy, Mapping) else None


def _document(repo: str, admission: Admission) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "repository": repo,
        "verdict": admission.verdict.value,
        "cause": admission.cause,
        "reason": admission.reason,
        "admits": [
            {
                "probe": item.probe,
                "who": item.who,
                "subject": item.subject,
                "outcome": item.outcome.value,
                "too_open": item in admission.too_open,
                "statement": item.statement,
                "reason": item.reason,
                "claims": dict(item.claims),
            }
            for item in admission.probes
        ],
        "second_doors": [
            {
                "kind": door.kind.value,
                "principal": door.principal,
                "action": door.action,
                "statement": door.statement,
                "outcome": door.outcome.value,
                "too_open": door.harmful,
                "excepted_until": door.excepted.expires.isoformat() if door.excepted else None,
                "reason": door.text,
            }
            for door in admission.doors
        ],
        "notes": list(admission.notes),
    }


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
