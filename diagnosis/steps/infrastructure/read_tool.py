"""Say what a command of an infrastructure tool does, by the program's name."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.steps.infrastructure.cdk import read_cdk
from diagnosis.steps.infrastructure.copilot import read_copilot
from diagnosis.steps.infrastructure.other_tools import TOOLS, read_other_tool
from diagnosis.steps.infrastructure.pulumi import read_pulumi
from diagnosis.steps.infrastructure.sam import read_sam
from diagnosis.steps.infrastructure.serverless import read_serverless
from diagnosis.steps.infrastructure.terraform import read_terraform
from diagnosis.steps.kinds import Operation
from diagnosis.steps.service_calls import bounded
from diagnosis.steps.tools.call import Call

READERS: dict[str, Callable[[Call], tuple[Operation, ...]]] = {
    **dict.fromkeys(sorted(TOOLS), read_other_tool),
    "aws-cdk": read_cdk,
    "cdk": read_cdk,
    "copilot": read_copilot,
    "pulumi": read_pulumi,
    "sam": read_sam,
    "serverless": read_serverless,
    "sls": read_serverless,
    "terraform": read_terraform,
    "terragrunt": read_terraform,
    "tofu": read_terraform,
}
"""By the base name of the program."""


def operations_of_tool(run: Call) -> tuple[Operation, ...]:
    """Return what a command of one of these tools does; ``run.words`` begins with the program's base name."""
    return bounded(READERS[run.words[0]](run))
