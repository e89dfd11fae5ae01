"""Say that AWS credentials are missing, with an exit code of its own where they are all that is missing."""

from __future__ import annotations

from diagnosis.documents.exit_code import FAILED, ExitCode
from diagnosis.facts.account import CredentialsProblem
from tui.cli.console import printable
from tui.cli.output import say


def code_for_credentials(code: int, problem: CredentialsProblem | None, *, said: bool = False) -> int:
    """Return the exit code as it is where there is no problem or a gate fails, else 4; the problem is said, if it was not."""
    if problem is None:
        return code
    if not said:
        _say(problem)
    return code if code == FAILED else ExitCode.CREDENTIALS


def _say(problem: CredentialsProblem) -> None:
    sentence = f"{problem.sentence}. {problem.way_out[:1].upper()}{problem.way_out[1:]}."
    say(f"planescope: {printable(sentence)}", err=True)
