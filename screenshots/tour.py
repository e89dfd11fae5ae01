"""The scripted tour: the embedded incident from its first red run to the walkthrough's last step, as one animated SVG.

``python screenshots/tour.py`` writes ``tour.svg`` for the README; ``draw.py`` does so too, with all other pictures.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from animation import Frame, animated
from draw import CLOCK, HERE, resting

from tui.app import PlanescopeApp
from tui.bootstrap import embedded_backend

TARGET = HERE / "tour.svg"
SIZE = (110, 34)
LARGEST = 1_000_000
"""Bytes that the file may have: it is loaded with the README."""


@dataclass(frozen=True)
class Stop:
    """What is pressed, how long one looks, and what is said."""

    keys: tuple[str, ...]
    seconds: float
    caption: str


STOPS = (
    Stop((), 4.0, "One run failed at one gate. NOW says what a rerun would meet"),
    Stop(("3",), 4.0, "3 Forecast: all that reruns would still meet, in order"),
    Stop(("i", "right"), 4.5, "i The account: the statement that decides, who gets in, what another document would do"),
    Stop(("escape", "2"), 4.0, "2 Remediation: the smallest change, proved on a model"),
    Stop(("right_square_bracket",), 3.5, "] The provider exists; run 2 met the next gate"),
    Stop(("right_square_bracket", "4"), 4.0, "4 Closure: judged rule by rule"),
    Stop(("W",), 3.5, "W The walkthrough: one step for a whole room"),
    Stop(("right",), 3.5, "→ Attempt 1 and its evidence"),
    Stop(("right",), 3.5, "→ The fix: NOW moves"),
    Stop(("right",), 3.0, "→ Attempt 2 and its evidence"),
    Stop(("right",), 3.0, "→ The fix"),
    Stop(("right",), 3.5, "→ Closure and anchors"),
    Stop(("right",), 4.0, "→ What is not claimed"),
)


async def frames() -> list[Frame]:
    """Go through the tour and draw at each stop; the clock of the app goes on by what one looks."""
    moment = CLOCK

    def clock() -> datetime:
        return moment

    app = PlanescopeApp(embedded_backend, clock=clock, theme="dark", refresh_seconds=0)
    app.animation_level = "none"
    drawn = []
    async with app.run_test(size=SIZE, notifications=False) as pilot:
        await resting(pilot, "the tour")
        for stop in STOPS:
            for key in stop.keys:
                await pilot.press(key)
                await resting(pilot, "the tour")
            drawn.append(Frame(app.export_screenshot(title="planescope"), stop.seconds, stop.caption))
            moment += timedelta(seconds=stop.seconds)
    return drawn


def tour() -> str:
    """The animated SVG. Raises SystemExit where it is larger than a README should load."""
    svg = animated(asyncio.run(frames()))
    if len(svg.encode()) > LARGEST:
        raise SystemExit(f"the tour has {len(svg.encode())} bytes, more than {LARGEST}: leave a stop out")
    return svg


if __name__ == "__main__":
    TARGET.write_text(tour(), encoding="utf-8")
    print(f"drawn: {TARGET.name}")
