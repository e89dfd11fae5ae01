"""Which exit code a diagnosis ends with."""

from __future__ import annotations

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.run_end import End, end_of


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
