"""A step that nobody can read is shown as such; one whose calls CloudTrail shows stands apart, with what that leaves out."""

from __future__ import annotations

from dataclasses import replace

from words_shown import words_of

from diagnosis.verdicts.release import Certainty, StepGap
from tui.widgets.detail.session_blocks import gap_blocks

OPAQUE = StepGap("Deploy", "bin/deploy", "it is not in the repository", "put it there")
SEEN = replace(OPAQUE, step="Roll", how="run #41 shows it; data events are not in it", certainty=Certainty.OBSERVED)


def test_what_is_not_known_and_what_cloudtrail_shows_stand_apart() -> None:
    text = words_of(gap_blocks([SEEN, OPAQUE]))
    unknown, seen = text.split("Steps that are known by CloudTrail alone")
    assert "no proof covers" in unknown
    assert "Deploy" in unknown
    assert "Roll" not in unknown
    assert "run #41" in seen
    assert "no proof covers" not in words_of(gap_blocks([SEEN]))
    assert "CloudTrail alone" not in words_of(gap_blocks([OPAQUE]))
    assert gap_blocks([]) == []
