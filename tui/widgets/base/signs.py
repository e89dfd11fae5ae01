"""Signs, words and styles of verdicts, conclusions and planes. A colour never stands alone."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from diagnosis.facts.evidence import Origin
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.closure import ClosureStatus

VERDICT_STYLES = {
    Verdict.PASS: "$text-success",
    Verdict.FAIL: "bold $text-error",
    Verdict.BLOCKED: "$text-muted",
    Verdict.UNKNOWN: "$text-warning",
}

PLANE_STYLES = {
    Plane.AUTHENTICATION: "bold $plane-authn",
    Plane.AUTHORIZATION: "bold $plane-authz",
    Plane.REGISTRY_STATE: "bold $text-warning",
    Plane.OTHER: "bold $text-warning",
}

PLANE_QUESTIONS = {
    Plane.AUTHENTICATION: "may this run become the role?",
    Plane.AUTHORIZATION: "may the role do what the release needs?",
}

ORIGIN_WORDS = {
    Origin.RECORDED: "recorded",
    Origin.RECONSTRUCTED: "reconstructed",
    Origin.LIVE: "live",
    Origin.STATED: "stated, not observed",
}

_CONCLUSIONS = {
    "success": ("✔", "$text-success"),
    "failure": ("✘", "bold $text-error"),
    "timed_out": ("✘", "bold $text-error"),
    "startup_failure": ("✘", "bold $text-error"),
    "cancelled": ("⊘", "$text-muted"),
    "skipped": ("⊘", "$text-muted"),
    "neutral": ("–", "$text-muted"),
    "stale": ("–", "$text-muted"),
    "action_required": ("!", "$text-warning"),
}


def verdict_mark(verdict: Verdict) -> Content:
    """Return sign and word of a verdict in its style: ``✘ fail``."""
    return Content.styled(f"{verdict.sign} {verdict.value}", VERDICT_STYLES[verdict])


def conclusion_sign(status: str, conclusion: str | None) -> tuple[str, str]:
    """Return sign and style of a run's conclusion; a run that is not completed shows ``…``."""
    if conclusion is None:
        return ("…", "$text-warning") if status != "completed" else ("?", "$text-warning")
    return _CONCLUSIONS.get(conclusion, ("?", "$text-warning"))


def drift_mark(drift: Iterable[Drift], gate: Gate) -> Content:
    """Return the mark behind a verdict of NOW: ``▲`` where a run failed and the gate passes today, ``▼`` the other way round."""
    kinds = {item.kind for item in drift if item.gate is gate}
    if DriftKind.BROKEN_SINCE in kinds:
        return Content.styled(" ▼", "$text-warning")
    return Content.styled(" ▲", "$text-success") if DriftKind.MENDED_SINCE in kinds else Content("")


CLOSURE_STYLES = {
    ClosureStatus.CLOSED: ("✔", "bold $text-success"),
    ClosureStatus.OPEN: ("✘", "bold $text-error"),
    ClosureStatus.UNPROVEN: ("?", "bold $text-warning"),
    ClosureStatus.NON_COMPLIANT: ("!", "bold $text-error"),
}
"""Sign and style of a chain's state."""
