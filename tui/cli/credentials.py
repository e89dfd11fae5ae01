"""Say that AWS credentials are missing, with an exit code of its own where they are all that is missing."""

from __future__ import annotations

from diagnosis.documents.exit_code import FAILED, ExitCode
from diagnosis.facts.account import CredentialsProblem
from tui.cli.console import printable
from tui.cli.output import say


def code_for_credentials(code: int, problem: CredentialsProblem | None) -> int:
    """Return the exit code as it is where there is no problem or a gate fails, else 4; the problem is said."""
    if problem is None:
        return code
    sentence = f"{problem.sentence}. {problem.way_out[:1].upper()}{problem.way_out[1:]}."
    say(f"planescope: {printable(sentence)}", err=True)
    return code if code == FAILED else ExitCode.CREDENTIALS
