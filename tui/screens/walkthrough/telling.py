"""The walkthrough as it stands: which chain, which step, and how long it has taken. It outlives the screen that shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from diagnosis.documents.walkthrough.steps import Step, Walkthrough
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import RunKey
from tui.screens.walkthrough.stopwatch import Stopwatch


class Telling:
    """Who goes back to the timeline for a question finds the walkthrough at the step where it was left."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._shown: Diagnosis | None = None
        self.moments: tuple[Diagnosis, ...] = ()
        self.told: Walkthrough | None = None
        self.index = 0
        self.stopwatch = Stopwatch(clock)
        self.timer_shown = True

    def about(self, shown: Diagnosis) -> None:
        """Go on with the walkthrough of this diagnosis, or begin that of another."""
        if self._shown is not shown:
            self._shown, self.moments, self.told, self.index = shown, (), None, 0
            self.stopwatch = Stopwatch(self._clock)

    def begin(self, moments: tuple[Diagnosis, ...], told: Walkthrough) -> None:
        """Take the story in, and let the time run."""
        self.moments, self.told = moments, told
        self.stopwatch.start()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps; none before the story is there."""
        return self.told.steps if self.told is not None else ()

    @property
    def step(self) -> Step | None:
        """The step that is told."""
        return self.steps[self.index] if self.steps else None

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of the moment at which the step stands."""
        return self.moments[self.step.moment] if self.step is not None else None

    def go_to(self, index: int) -> bool:
        """Go to a step; return False where there is none of that number."""
        if not 0 <= index < len(self.steps):
            return False
        self.index = index
        self.stopwatch.enter(index)
        return True

    def step_of(self, key: RunKey) -> int | None:
        """Return the first step that tells an attempt."""
        places = ((number, step.place) for number, step in enumerate(self.steps))
        return next((number for number, place in places if place and (place.run, place.attempt) == key), None)
