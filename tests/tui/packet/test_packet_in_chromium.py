"""The packet's page in a real browser: on a screen, on a phone and on paper, with its own rules on what it may load."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from chromium import browser
from compliant_chain import ComplyingRelease

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from tui.packet.pages import html_page

SHOWN = "[...document.querySelectorAll('svg.timeline')].filter(each => each.getBoundingClientRect().width > 0).length"
STYLED = "getComputedStyle(document.querySelector('.v')).borderTopStyle"
TOO_WIDE = (
    "[...document.querySelectorAll('main *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1"
    " && !each.closest('.scroll') && !each.closest('thead')).map(each => each.outerHTML.slice(0, 99))"
)


@pytest.mark.browser
def test_it_fits_every_window_prints_and_asks_for_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "packet.html"
    file.write_text(html_page(packet(ComplyingRelease().diagnosis(), Case(), audience=Audience.INTERVIEWER)))
    with browser(tmp_path / "profile") as tab:
        for width in (1280, 768, 360, 320):
            tab.open(file, width)
            assert tab.ask("innerWidth") == width
            assert tab.ask("document.documentElement.scrollWidth") <= width
            assert tab.ask(TOO_WIDE) == []
            assert tab.ask(SHOWN) == 1
            assert tab.ask(STYLED) == "solid", "the style's digest is the one that the page allows"
            assert [each["request"]["url"] for each in tab.named("Network.requestWillBeSent")] == [file.as_uri()]
            assert tab.named("Log.entryAdded") == []
        paper = base64.b64decode(tab.call("Page.printToPDF", printBackground=True, paperWidth=8.27)["data"])
        assert paper.startswith(b"%PDF-")
        assert b"/Subtype /Link" in paper or b"/Subtype/Link" in paper
