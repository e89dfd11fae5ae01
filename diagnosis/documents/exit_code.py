"""The exit codes of the command line, and which of them a diagnosis ends with."""

from __future__ import annotations

from enum import IntEnum

from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.run_end import End, end_of


class ExitCode(IntEnum):
    """How a command ends. A code has one meaning in every command; the README's table says the same."""

    PASSED = 0
    """All gates pass, and nothing else went wrong; for a command that judges no gate: it did what it was asked."""
    FAILED = 1
    """A gate fails; of a document: a finding that a release must not carry."""
    USAGE = 2
    """Bad input or usage."""
    UNKNOWN = 3
    """Something could not be read or decided, and no gate fails."""
    CREDENTIALS = 4
    """Credentials are needed."""
    ANOTHER_REASON = 5
    """All gates pass, and the run did not succeed for a reason that belongs to no gate."""
    BROKEN = 6
    """A recording or a packet is broken, or is not what it says."""
    OUTPUT = 7
    """The output was full or closed before the end."""
    INTERNAL = 70
    """A fault of planescope itself (``EX_SOFTWARE`` of sysexits.h)."""
    INTERRUPTED = 130
    """Stopped by the user: 128 and the number of SIGINT, as shells say it."""


PASSED, FAILED, UNKNOWN = ExitCode.PASSED, ExitCode.FAILED, ExitCode.UNKNOWN


def exit_code(diagnosis: Diagnosis) -> int:
    """Return the exit code by the live gates where they were read, else by the subject run's recorded ones.

    A problem of the registry's state fails too, although it belongs to no gate: a rerun would not get through. A gate at which
    the run was refused and that nobody judged today, as service authorization may be, leaves it unknown.

    Where every gate passes today, how the subject run ended decides: a failure at a gate is mended, another one is not.
    """
    verdicts = [verdict.verdict for verdict in diagnosis.live.gates] if diagnosis.live else []
    recorded = [verdict.verdict for verdict in diagnosis.subject.gates] if diagnosis.subject else []
    if diagnosis.forecast or Verdict.FAIL in (verdicts or recorded):
        return FAILED
    if all(verdict is Verdict.UNKNOWN for verdict in verdicts) and Verdict.FAIL in recorded:
        return FAILED
    if not verdicts or any(verdict is not Verdict.PASS for verdict in verdicts):
        return UNKNOWN
    if diagnosis.refused_unjudged:
        return UNKNOWN
    return _BY_END[end_of(diagnosis.subject).end] if diagnosis.subject else PASSED


_BY_END = {
    End.SUCCESS: ExitCode.PASSED,
    End.GATE: ExitCode.PASSED,
    End.ANOTHER: ExitCode.ANOTHER_REASON,
    End.UNKNOWN: ExitCode.UNKNOWN,
    End.RUNNING: ExitCode.UNKNOWN,
}
