"""The exit codes of verdicts, as the commands end with them."""

from __future__ import annotations

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.facts.account import CredentialsProblem
from diagnosis.gates import Verdict

_OF_VERDICTS = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}


def of_verdict(verdict: Verdict) -> int:
    """Return the exit code of a verdict."""
    return _OF_VERDICTS[verdict]


def with_credentials(code: int, problem: CredentialsProblem | None) -> int:
    """Return the exit code where the reader's own AWS credentials do not serve: 4, unless a gate fails."""
    return code if problem is None or code == FAILED else ExitCode.CREDENTIALS
