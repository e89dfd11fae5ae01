"""The colour of each verdict in reports; its sign and its word stand beside it."""

from __future__ import annotations

from diagnosis.gates import Verdict

STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.BLOCKED: "bright_black", Verdict.UNKNOWN: "yellow"}
