"""``planescope policy``: decide rows of policies and requests; say who a trust policy admits; find a policy's faults."""

from __future__ import annotations

import click

from tui.cli.commands.policy_admits import admits_command
from tui.cli.commands.policy_evaluate import evaluate_command
from tui.cli.commands.policy_lint import lint_command


@click.group("policy")
def policy_group() -> None:
    """Judge policy documents offline, with AWS's semantics and the reason for each decision."""


policy_group.add_command(evaluate_command, "evaluate")
policy_group.add_command(admits_command, "admits")
policy_group.add_command(lint_command, "lint")
