"""``planescope permissions``: what the tool itself needs to be allowed in AWS and on GitHub, offline."""

from __future__ import annotations

import re
from dataclasses import asdict

import click
from rich.table import Table

from diagnosis.facts.account import AccountQuestion
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import is_repository_name
from probes.aws.session.operations import Variant
from probes.aws.session.permissions import operations_of, policies_by_account
from probes.github.http.endpoints import CLASSIC_SCOPE, permissions_needed
from tui.cli.console import Text, print_json, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say

SCHEMA = "planescope.permissions/1"

_NAME = re.compile(r"[\w+=,.@/:-]+", re.ASCII)
"""What an ARN of a role may hold; a wildcard would widen the policy."""
_ROOT = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?$]*", re.ASCII)


@click.command("permissions", epilog=exit_codes(passed="done"))
@click.option(
    "--variant",
    type=click.Choice([variant.value for variant in Variant]),
    default=Variant.MINIMAL.value,
    show_default=True,
    help="minimal: what decides the gates; full: also history, quotas, keys, other roles and second opinions.",
)
@click.option("--role", metavar="ARN", help="Bound it to this role.")
@click.option("--repository", metavar="ARN", help="Bound it to this ECR repository.")
@click.option("--evidence-root", metavar="S3", help="Bound it to this root (s3://bucket/prefix/).")
@click.option("--why", is_flag=True, help="List each call and its reason instead of the policy.")
@click.option("--github", "for_github", is_flag=True, help="What a GitHub token needs, instead: a Markdown table.")
@click.option("--json", "as_json", is_flag=True, help=f"Policies and reasons as JSON (schema {SCHEMA}).")
def permissions_command(
    variant: str,
    role: str | None,
    repository: str | None,
    evidence_root: str | None,
    *,
    why: bool,
    for_github: bool,
    as_json: bool,
) -> None:
    """Print the IAM policy that planescope itself needs: read-only, from the list that its own guard enforces.

    The text is the policy document alone, ready for `aws iam create-policy`. Where the repository lies in another
    account than the role, there are two policies, one for each account's profile; --json tells them apart.

    With --github: the permissions of a fine-grained token, an app, or a workflow's own token, with the calls behind each.
    """
    if for_github:
        if as_json:
            print_json(
                {"schema": SCHEMA, "classic_scope": CLASSIC_SCOPE, "github": list(map(asdict, permissions_needed()))}
            )
        else:
            say(github_table(), lines=True)
        return
    chosen = Variant(variant)
    question = _question(role, repository, evidence_root)
    policies = list(policies_by_account(chosen, question))
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "variant": chosen.value,
                "policies": [{"account": account or None, "policy": policy} for account, policy in policies],
                "operations": [
                    {
                        "service": operation.service,
                        "operation": operation.name,
                        "action": operation.action,
                        "why": operation.why,
                        "variant": operation.variant.value,
                    }
                    for operation in operations_of(chosen)
                ],
            }
        )
    elif why:
        table = Table(box=None, pad_edge=False)
        for heading in ("action", "call", "why"):
            table.add_column(heading, overflow="fold")
        for operation in operations_of(chosen):
            table.add_row(Text(operation.action), Text(operation.address), Text(operation.why))
        text_console().print(table)
    else:
        for account, policy in policies:
            if len(policies) > 1:
                say(f"# for the reader in account {account}:", err=True)
            print_json(policy)


def github_table() -> str:
    """Return what a GitHub token needs, as a Markdown table made from the list of permitted calls."""
    rows = ["| permission | read with it | without it | calls |", "| --- | --- | --- | --- |"]
    for need in permissions_needed():
        purpose = f"{need.purpose} ({need.note})" if need.note else need.purpose
        calls = ", ".join(f"`{operation}`" for operation in need.operations)
        rows.append(f"| `{need.permission}` | {purpose} | {need.without} | {calls} |")
    return "\n".join(rows)


def _question(role: str | None, repository: str | None, evidence_root: str | None) -> AccountQuestion:
    """Return what the options name. Raises click.BadParameter for what is no ARN: a wildcard would widen the policy."""
    role_arn, repository_arn = Arn.parse(role), Arn.parse(repository)
    if role is not None and not (role_arn and role_arn.is_role and role_arn.has_account and _NAME.fullmatch(role)):
        raise click.BadParameter("it is no role ARN (arn:aws:iam::ACCOUNT:role/NAME).", param_hint="--role")
    if repository is not None and not (repository_arn and _is_repository(repository_arn)):
        raise click.BadParameter(
            "it is no repository ARN (arn:aws:ecr:REGION:ACCOUNT:repository/NAME).", param_hint="--repository"
        )
    if evidence_root is not None and not _ROOT.fullmatch(evidence_root):
        raise click.BadParameter("it is no s3://bucket/prefix/.", param_hint="--evidence-root")
    return AccountQuestion(
        role_arn=role_arn,
        region=repository_arn.region if repository_arn else None,
        registry_id=repository_arn.account if repository_arn else None,
        repository=repository_arn.resource_id if repository_arn else None,
        evidence_root=evidence_root,
    )


def _is_repository(arn: Arn) -> bool:
    return (
        (arn.service, arn.resource_type) == ("ecr", "repository")
        and arn.has_account
        and is_repository_name(arn.resource_id)
    )
