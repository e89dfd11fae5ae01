"""The served app in a real browser: keys, mouse, downloads, and no request to anywhere else."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest
from chromium import Browser, browser
from thoroughness import THOROUGH


def drawn(tab: Browser) -> str:
    """All that the app has sent to the tab until now; the terminal itself is a canvas."""
    tab.ask("0")
    frames = (each["response"] for each in tab.named("Network.webSocketFrameReceived"))
    return b"".join(base64.b64decode(each["payloadData"]) for each in frames if each["opcode"] == 2).decode(
        errors="replace"
    )


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def press(tab: Browser, key: str, **more: object) -> None:
    tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, **more)
    tab.call("Input.dispatchKeyEvent", type="keyUp", key=key)


def click(tab: Browser, x: float, y: float) -> None:
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def clipboard(tab: Browser) -> str:
    asked = {"expression": "navigator.clipboard.readText()", "awaitPromise": True, "returnByValue": True}
    return str(tab.call("Runtime.evaluate", **asked)["result"].get("value", ""))


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def children(process: subprocess.Popen[str]) -> list[str]:
    return subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    ).stdout.split()


@pytest.mark.browser
@pytest.mark.skipif(
    not (THOROUGH or os.environ.get("PLANESCOPE_REQUIRE_BROWSER")), reason="a server, an app and a browser take long"
)
def test_the_app_is_used_by_keys_and_mouse_and_gives_what_it_writes_as_downloads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui", "serve", "demo", "--stage", "3"]
    with started(command) as server, browser(tmp_path / "profile") as tab:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        tab.call("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
        tab.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        tab.call("Page.navigate", url=address)
        until(lambda: "every gate passes" in drawn(tab), "the diagnosis is drawn")
        assert "-loaded" in tab.ask("document.body.className")

        tab.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        press(tab, "c", text="c")
        until(lambda: clipboard(tab).startswith("https://github.com/"), "a copy is in the browser's clipboard")
        press(tab, "v", text="v")
        until(lambda: "Log of #" in drawn(tab), "a key opens the log")
        press(tab, "s", text="s")
        until(lambda: list(tmp_path.glob("planescope-log-*.txt")), "the log arrives as a download")
        press(tab, "Escape", windowsVirtualKeyCode=27)
        time.sleep(0.5)
        click(tab, 960, 242)  # the column NOW
        until(lambda: "NOW › Registry" in drawn(tab), "a click chooses a cell")
        press(tab, "?", text="?")
        until(lambda: "Planes and their gates" in drawn(tab), "a key opens the help")
        press(tab, "Escape", windowsVirtualKeyCode=27)
        time.sleep(0.5)  # a key at once after it is taken for one with alt
        press(tab, "e", text="e")
        until(lambda: "as a download" in drawn(tab), "a key opens the export, which says how it arrives")
        press(tab, "Enter", text="\r", windowsVirtualKeyCode=13)
        until(lambda: list(tmp_path.glob("*.zip")), "the packet arrives as a download")
        (packet,) = tmp_path.glob("*.zip")
        with ZipFile(packet) as archive:
            assert "MANIFEST.sha256" in archive.namelist()
        press(tab, "Escape", windowsVirtualKeyCode=27)
        time.sleep(0.5)
        press(tab, "W", text="W")
        until(lambda: "Two planes" in drawn(tab), "a key begins the walkthrough")
        press(tab, "e", text="e")
        until(lambda: "Write the hand-out" in drawn(tab), "a key asks for its name")
        press(tab, "Enter", text="\r", windowsVirtualKeyCode=13)
        until(lambda: list(tmp_path.glob("*.md")), "the hand-out arrives as a download")
        press(tab, "Escape", windowsVirtualKeyCode=27)
        time.sleep(0.5)
        press(tab, "i", text="i")
        until(lambda: "The account for run" in drawn(tab), "a key opens the account")
        press(tab, "e", text="e")
        until(lambda: "What if:" in drawn(tab), "a key edits the document")
        press(tab, "s", code="KeyS", windowsVirtualKeyCode=83, modifiers=2)
        until(lambda: list(tmp_path.glob("*.json")), "the document arrives as a download")

        asked = [each["request"]["url"] for each in tab.named("Network.requestWillBeSent")]
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert tab.named("Runtime.exceptionThrown") == []
        assert [each for each in tab.named("Log.entryAdded") if each["entry"]["level"] == "error"] == []
        assert len(children(server)) == 1
        tab.call("Page.navigate", url="about:blank")
        until(lambda: not children(server), "the tab's process ends with it", 10)
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130
