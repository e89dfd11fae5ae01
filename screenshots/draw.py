"""Draws the screenshots of the README and the documentation from the running app on the embedded incident.

``python screenshots/draw.py`` writes an SVG for each scene beside this file, the animated ``tour.svg``, and ``timeline.png``
for the README where a headless Chromium is found. ``--check`` draws into memory only and fails where a drawing differs from the file.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tui.app import PlanescopeApp
from tui.bootstrap import embedded_backend
from tui.screens.compare import CompareScreen
from tui.screens.walkthrough.screen import WalkthroughScreen
from tui.widgets.base.status_page import StatusPage

HERE = Path(__file__).parent
CLOCK = datetime(2026, 2, 13, 12, 0, tzinfo=UTC)
"""The runs of the incident are then some minutes old, whenever this is drawn."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Scene:
    """A picture: at which stage, how large, after which keys."""

    name: str
    stage: str = "1"
    size: tuple[int, int] = (120, 40)
    keys: tuple[str, ...] = ()
    light: bool = False
    png: bool = field(default=False)
    incident: str = "release"
    clock: datetime = CLOCK


SCENES = (
    Scene("timeline", png=True),
    Scene("timeline-light", light=True),
    Scene("timeline-small", size=(80, 24)),
    Scene("timeline-large", stage="2", size=(200, 60)),
    Scene("remediation", size=(120, 44), keys=("2", "z")),
    Scene("forecast", keys=("right", "down", "3")),
    Scene("closure", stage="3", keys=("4",)),
    Scene("compare", stage="3", keys=("a",)),
    Scene("log", keys=("v",)),
    Scene("account", keys=("i", "right")),
    Scene("services", stage="2", size=(120, 44), incident="services", clock=CLOCK.replace(hour=16, minute=50)),
    Scene("help", keys=("question_mark",)),
    Scene("walkthrough", stage="3", keys=("W", "3"), size=(110, 34)),
    Scene("walkthrough-small", stage="3", keys=("W", "2"), size=(80, 24)),
)


async def drawing(scene: Scene) -> str:
    """The SVG of a scene."""
    theme = "light" if scene.light else "dark"
    app = PlanescopeApp(lambda: embedded_backend(scene.stage, scene.incident), clock=lambda: scene.clock, theme=theme, refresh_seconds=0)
    app.animation_level = "none"
    async with app.run_test(size=scene.size, notifications=False) as pilot:
        await resting(pilot, scene.name)
        for key in scene.keys:
            await pilot.press(key)
            await resting(pilot, scene.name)
        return app.export_screenshot(title="planescope")


async def resting(pilot: Pilot[None], name: str) -> None:
    """Wait until nothing is under way and the screen stays as it is."""
    app: Any = pilot.app
    before = ""
    async with asyncio.timeout(120):
        while True:
            await pilot.pause(0.02)
            main, shown = app.timeline, app.screen
            if main is None or not main.is_mounted:
                continue
            waiting = isinstance(shown, CompareScreen) and shown.between is None
            waiting |= isinstance(shown, WalkthroughScreen) and not shown.telling.steps
            if main.diagnosis is not None and not main.reader.busy and not waiting:
                await pilot.pause()
                # What a screen reads slice by slice shows when two looks are the same.
                now = app.export_screenshot()
                if now == before:
                    return
                before = now
            elif (problem := main.query_one(StatusPage)).has_class("-problem"):
                why = " ".join(block.content.plain for block in problem.blocks)
                raise SystemExit(f"{name} cannot be drawn: {why}")


def write_png(svg: str, target: Path) -> bool:
    """Convert by a headless browser; False where there is none."""
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if browser is None or size is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<body style="margin:0;overflow:hidden">{svg}</body>', encoding="utf-8")
        window = f"--window-size={int(float(size[1]))},{int(float(size[2]))}"
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--default-background-color=00000000",
        ]
        command = [browser, *flags, window, f"--screenshot={target}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own page in a browser found on the path
    return True


def draw(say: Callable[[str], None], *, check: bool) -> int:
    """Draw all scenes; the number of those that differ (0 unless checking)."""
    differing = 0
    for scene in SCENES:
        svg = asyncio.run(drawing(scene))
        target = HERE / f"{scene.name}.svg"
        if check:
            same = target.exists() and target.read_text(encoding="utf-8") == svg
            differing += not same
            say(f"{'same' if same else 'differs'}: {target.name}")
            continue
        target.write_text(svg, encoding="utf-8")
        say(f"drawn: {target.name}")
        if scene.png and not write_png(svg, target.with_suffix(".png")):
            say("no headless browser was found: the PNG stays as it was")
    differing += _tour(say, check=check)
    return differing


def _tour(say: Callable[[str], None], *, check: bool) -> int:
    from tour import TARGET, tour

    svg = tour()
    if check:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == svg
        say(f"{'same' if same else 'differs'}: {TARGET.name}")
        return int(not same)
    TARGET.write_text(svg, encoding="utf-8")
    say(f"drawn: {TARGET.name}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    sys.exit(1 if draw(print, check=parser.parse_args().check) else 0)
