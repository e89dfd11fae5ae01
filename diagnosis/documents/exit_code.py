"""The exit code of a diagnosis: 0 all pass, 1 a gate fails, 3 unknown remains (2 and 4 belong to the command line)."""

from __future__ import annotations

from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis

PASSED, FAILED, UNKNOWN = 0, 1, 3


def exit_code(diagnosis: Diagnosis) -> int:
    """Return the exit code by the live gates where they were read, else by the subject run's recorded ones.

    A problem of the registry's state fails too, although it belongs to no gate: a rerun would not get through. A gate at which
    the run was refused and that nobody judged today, as service authorization may be, leaves it unknown.
    """
    verdicts = [verdict.verdict for verdict in diagnosis.live.gates] if diagnosis.live else []
    recorded = [verdict.verdict for verdict in diagnosis.subject.gates] if diagnosis.subject else []
    if diagnosis.forecast or Verdict.FAIL in (verdicts or recorded):
        return FAILED
    if all(verdict is Verdict.UNKNOWN for verdict in verdicts) and Verdict.FAIL in recorded:
        return FAILED
    if not verdicts or any(verdict is not Verdict.PASS for verdict in verdicts):
        return UNKNOWN
    judged = {verdict.gate for verdict in diagnosis.live.gates} if diagnosis.live else set()
    refused = diagnosis.subject.gates if diagnosis.subject else ()
    left = any(verdict.verdict is Verdict.FAIL and verdict.gate not in judged for verdict in refused)
    return UNKNOWN if left else PASSED
