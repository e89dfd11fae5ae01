"""What a pasted log speaks of as a JSON document, and the exit code that it comes to."""

from __future__ import annotations

from diagnosis.documents.diagnosis import finding_object
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.json_values import Object
from diagnosis.failures import Explanation
from diagnosis.failures.reason import reason_of
from diagnosis.failures.service_denials import is_service_denial
from diagnosis.gates import Plane
from diagnosis.verdicts.stop import Reason

SCHEMA = "planescope.explanation/1"


def document(explanation: Explanation) -> Object:
    """Return the explanation as plain JSON values."""
    return {
        "schema": SCHEMA,
        **finding_object(explanation.finding),
        "failures": [finding_object(finding) for finding in explanation.failures],
        "ended_well": explanation.ended_well,
        "reason": None if explanation.ended_well else reason_of(explanation.finding).value,
    }


def exit_code(explanation: Explanation) -> int:
    """Return the exit code; the registry's state counts as failed, since a rerun would not get through.

    What another service refused to another identity than the run's fails no gate; to whom it was refused may not be said.
    """
    finding = explanation.finding
    if explanation.ended_well:
        return ExitCode.PASSED
    if not explanation.found:
        return ExitCode.UNKNOWN
    if finding.plane is not Plane.OTHER and not (finding.gate is None and is_service_denial(finding)):
        return ExitCode.FAILED
    return ExitCode.ANOTHER_REASON if reason_of(finding) is Reason.ANOTHER else ExitCode.UNKNOWN
