"""``planescope migrate``: what immutable subjects, a rename or a transfer break in trust policies, and the patch in two steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.documents.migration import SCHEMA, document
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from tui.backend import BackendProblem, CancelHook, ProgressHook
from tui.cli.console import ProgressLine, print_json, printable, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import NAME, read_case_option, repository_here
from tui.cli.reports.migration import RENDERINGS, show

if TYPE_CHECKING:
    from diagnosis.migration.plan import Migration
    from tui.backends.migration import Afterwards

_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}
_PART = re.compile(r"[A-Za-z0-9_.-]{1,100}\Z")
_SHOWN_BY_DEFAULT = ("difference", "cli")


@click.command(
    "migrate",
    epilog=exit_codes(ExitCode.UNKNOWN, ExitCode.CREDENTIALS, passed="nothing breaks", failed="a trust policy breaks"),
)
@click.option("--repo", "repos", multiple=True, metavar="OWNER/REPO", help="A repository; by default this folder's.")
@click.option(
    "--after",
    "changes",
    multiple=True,
    metavar="CHANGE",
    help="rename=NEW or transfer=OWNER, or both; without it the names stay and the subjects become immutable.",
)
@click.option("--role", "roles", multiple=True, metavar="ARN", help="Judge this role instead of all that trust GitHub.")
@click.option("--case", "case_file", type=click.Path(path_type=Path), metavar="FILE", help="A case file (TOML).")
@click.option("--github-url", metavar="URL", help="An enterprise server, or a loopback API.")
@click.option("--profile", metavar="NAME", help="AWS profile of the roles' account.")
@click.option("--region", metavar="NAME", help="AWS region, where the profile names none.")
@click.option("--allow-http-endpoint", is_flag=True, help="Ask an AWS endpoint of your configuration in plain http.")
@click.option("--no-live", is_flag=True, help="Do not ask the AWS account.")
@click.option("--no-cache", is_flag=True, help="Neither use nor fill the local store of completed attempts.")
@click.option(
    "--show",
    "renderings",
    multiple=True,
    type=click.Choice(list(RENDERINGS)),
    help="How each step is shown; by default the difference and the AWS CLI.",
)
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.pass_context
def migrate_command(
    ctx: click.Context,
    /,
    repos: tuple[str, ...],
    changes: tuple[str, ...],
    roles: tuple[str, ...],
    renderings: tuple[str, ...],
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Plan a repository's move to immutable subjects, to another name or to another owner.

    For each repository: the subjects that its jobs present today and afterwards. For each role of the account that
    trusts GitHub: what breaks, at which statement, and the patch in two steps, first for both subjects, then for that of
    afterwards alone. Each step is applied in memory and judged again: nobody is shut out, and nobody let in but the
    same repository. Nothing is changed.
    """
    progress = ProgressLine()
    try:
        plan = planned(repos, changes, roles, options, progress)
    finally:
        progress.clear()
    if as_json:
        print_json(document(plan))
    else:
        show(plan, text_console(), renderings or _SHOWN_BY_DEFAULT)
    ctx.exit(code_for_credentials(_CODES[plan.verdict], plan.credentials_problem))


def planned(
    repos: Sequence[str],
    changes: Sequence[str],
    roles: Sequence[str],
    options: Mapping[str, Any],
    progress: ProgressHook,
    cancelled: CancelHook = lambda: False,
) -> Migration:
    """Return the plan for these repositories, else the case file's or this folder's. Raises BackendProblem, click.BadParameter."""
    case = read_case_option(options)
    default = () if repos else (options.get("repo") or case.repository or repository_here(options.get("github_url")),)
    names = list(dict.fromkeys(repos or default))
    for name in names:
        if not NAME.match(name):
            raise BackendProblem(f"{printable(name)!r} is no repository name.", "Write it as OWNER/REPO.")
    afterwards = _afterwards(changes, names)
    named = [_role(text) for text in roles]
    from probes.aws.session.access import AwsAccess
    from probes.ledger import Ledger
    from tui.backends.live import github_access
    from tui.backends.migration import MigrationReader

    ledger = Ledger()
    aws = AwsAccess(
        ledger=ledger,
        clock=lambda: datetime.now(UTC),
        profile=options.get("profile"),
        region=options.get("region") or case.region,
        allow_http=bool(options.get("allow_http_endpoint")),
    )
    access = github_access(options.get("github_url"))
    reader = MigrationReader(
        access, aws, ledger, progress=progress, cancelled=cancelled, cache=not options.get("no_cache")
    )
    return reader.plan(names, afterwards, named, ask_aws=not options.get("no_live"))


def _afterwards(changes: Sequence[str], names: list[str]) -> Afterwards:
    """Read ``--after``. Raises click.BadParameter."""
    from tui.backends.migration import Afterwards

    found: dict[str, str] = {}
    for change in changes:
        kind, _, value = change.partition("=")
        if kind not in ("rename", "transfer") or not _PART.match(value) or value in (".", ".."):
            raise click.BadParameter(
                f"{printable(change)!r} is neither rename=NEW nor transfer=OWNER.", param_hint="--after"
            )
        if found.setdefault(kind, value) != value:
            raise click.BadParameter(f"{kind} is given twice.", param_hint="--after")
    if "rename" in found and len(names) > 1:
        raise click.BadParameter("a rename is of one repository: give --repo once.", param_hint="--after")
    return Afterwards(found.get("rename"), found.get("transfer"))


def _role(text: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None or not arn.is_role or not arn.has_account:
        raise click.BadParameter(f"{printable(text)!r} is no role ARN.", param_hint="--role")
    return arn
