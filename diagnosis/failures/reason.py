"""Say whose reason a failure is: a gate's, certainly no gate's, or not to be told."""

from __future__ import annotations

from diagnosis.failures.service_denials import is_service_denial
from diagnosis.gates import Plane
from diagnosis.verdicts.gate_verdict import Finding
from diagnosis.verdicts.stop import Reason


def reason_of(finding: Finding) -> Reason:
    """Return whose reason a finding is, by its words alone.

    A denial with a principal and without a gate was another identity's; to whom it was refused may also not be said. A
    finding without a cause (a bare exit code) says nothing by itself: who knows the step may know more.
    """
    if finding.gate is not None:
        return Reason.GATE
    if is_service_denial(finding):
        return Reason.ANOTHER if finding.principal else Reason.UNKNOWN
    if finding.plane is Plane.REGISTRY_STATE:
        return Reason.ANOTHER
    return Reason.ANOTHER if finding.plane is Plane.OTHER and finding.cause is not None else Reason.UNKNOWN
