"""``planescope policy``: decide rows of policies and requests; say who a trust policy admits; find a policy's faults."""

from __future__ import annotations

import click

from tui.cli.lazy_group import LazyGroup

_COMMANDS = {
    "lint": ("tui.cli.commands.policy_lint", "lint_command", "Find the faults of policy documents."),
    "admits": ("tui.cli.commands.policy_admits", "admits_command", "Say who gets in by a trust policy."),
    "evaluate": ("tui.cli.commands.policy_evaluate", "evaluate_command", "Decide requests, one JSON line each."),
}


@click.group("policy", cls=LazyGroup, table=_COMMANDS)
def policy_group() -> None:
    """Judge policy documents offline, with AWS's semantics and the reason for each decision."""
