"""What changed since a run is marked at NOW, by a sign and in words."""

from __future__ import annotations

from diagnosis.gates import Gate
from diagnosis.verdicts.chronology import Drift, DriftKind
from tui.widgets.base.signs import drift_mark

MENDED = Drift(DriftKind.MENDED_SINCE, 1, 1, "OIDC trust failed in run 1 and passes today.", Gate.OIDC_TRUST)
BROKEN = Drift(DriftKind.BROKEN_SINCE, 1, 1, "Role assumption passed in run 1 and fails today.", Gate.ROLE_ASSUMPTION)


def test_each_direction_has_its_own_sign() -> None:
    assert drift_mark((MENDED, BROKEN), Gate.OIDC_TRUST).plain.strip() == "▲"
    assert drift_mark((MENDED, BROKEN), Gate.ROLE_ASSUMPTION).plain.strip() == "▼"


def test_a_gate_without_drift_has_none() -> None:
    assert drift_mark((MENDED, BROKEN), Gate.LEAST_PRIVILEGE).plain == ""
