"""The pictures of the README are what the app shows now, and the animated one is still, small and plays by itself."""

from __future__ import annotations

import asyncio
import base64
import importlib
import os
import re
import time
import types
from pathlib import Path

import pytest
from chromium import Browser, browser
from places import ROOT
from thoroughness import THOROUGH

FOLDER = ROOT / "screenshots"
TOUR = FOLDER / "tour.svg"
HOW = "python screenshots/draw.py"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> dict[str, types.ModuleType]:
    """The scripts that draw, which are no package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    return {name: importlib.import_module(name) for name in ("draw", "tour")}


SCENES = re.findall(r'Scene\("([\w-]+)"', (FOLDER / "draw.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCENES if THOROUGH else ["walkthrough-small"])
def test_a_picture_is_what_the_app_shows_now(name: str, scripts: dict[str, types.ModuleType]) -> None:
    draw = scripts["draw"]
    scene = next(each for each in draw.SCENES if each.name == name)
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == asyncio.run(draw.drawing(scene)), HOW


@pytest.mark.skipif(not THOROUGH, reason="goes through the whole tour")
def test_the_tour_runs_and_its_picture_is_current(scripts: dict[str, types.ModuleType]) -> None:
    assert TOUR.read_text(encoding="utf-8") == scripts["tour"].tour(), HOW


def test_the_animated_picture_asks_nobody_runs_nothing_and_shows_each_stop(
    scripts: dict[str, types.ModuleType],
) -> None:
    svg, tour = TOUR.read_text(encoding="utf-8"), scripts["tour"]
    assert len(svg.encode()) <= tour.LARGEST
    assert f"(screenshots/{TOUR.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert not re.findall(r"<script|\bon\w+=|javascript:|@import|url\(|<foreignObject|<image", svg)
    assert {target[:1] for target in re.findall(r'href="([^"]*)"', svg)} == {"#"}
    assert svg.count('<g class="f ') == svg.count("@keyframes") == len(tour.STOPS)
    for stop in tour.STOPS:
        assert stop.caption in svg, HOW
    for words in ("planescope&#160;walkthrough", "NOW&#160;moved", "Not&#160;claimed"):
        assert words in svg


@pytest.mark.browser
@pytest.mark.skipif(
    not (THOROUGH or os.environ.get("PLANESCOPE_REQUIRE_BROWSER")), reason="waits until the picture has moved on"
)
def test_the_animated_picture_plays_in_a_page_that_shows_it_as_an_image(
    tmp_path: Path, scripts: dict[str, types.ModuleType]
) -> None:
    page = tmp_path / "readme.html"
    page.write_text(f'<body style="margin:0"><img width="900" src="{TOUR.as_uri()}">')

    with browser(tmp_path / "profile") as opened:
        opened.open(page, 900)
        first, begun = _seen(opened), time.monotonic()
        assert first == _seen(opened)
        time.sleep(scripts["tour"].STOPS[0].seconds + 0.5 - (time.monotonic() - begun))
        assert _seen(opened) != first


def _seen(opened: Browser) -> bytes:
    return base64.b64decode(opened.call("Page.captureScreenshot", format="png")["data"])
