"""A user without a plan, on a backend that fails and dawdles: random keys, words, pastes, clicks and sizes, and what must hold.

A seed gives one storm of steps. To look for faults with many of them::

    PYTHONPATH=.:tests/helpers:tests/worlds:tests/tui python tests/tui/random_hands.py 1 200
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from backend_double import NOW, BackendDouble
from fleet_double import FleetDouble, FleetsDouble, fleet_lines
from live_worlds import WORLDS, diagnosis_of_world, live_backend
from setup_double import ALL, NOTHING, PARTLY, SetupDouble
from textual import events
from textual.command import CommandPalette
from textual.errors import NoWidget
from textual.worker import WorkerState

from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap, messages
from tui.app import PlanescopeApp
from tui.backend import Backend, BackendProblem, Cancelled
from tui.background.jobs import Job
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import ProposedScreen
from tui.screens.account.screen import AccountScreen
from tui.screens.timeline.screen import TimelineScreen

HOSTILE = "[/red] [@click=app.quit]x[/] [bold]\x1b[2J\u202e\r\n\t"
PROBLEMS: tuple[Callable[[], Exception], ...] = (
    lambda: BackendProblem(f"GitHub is out of reach. {HOSTILE}", f"Try again. {HOSTILE}", 3),
    lambda: BackendProblem("x" * 900, "", 4),
    lambda: BackendProblem("", ""),
    lambda: ValueError(HOSTILE),
    lambda: KeyError("no such thing"),
    Cancelled,
)
TEXTS = (
    "branch:dev", "#2", "7000041", "  ", "", "zz", HOSTILE, "é" * 300, "日本語 🚀 \u0301", "status:failure actor:", "a\nb\nc", "{}",
    '{"Version":"2012-10-17","Statement":[]}', '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*",',
    "https://github.com/EsosaOrumwese/local-incident/actions/runs/21985402789", "https://github.com/o/r/actions/runs/7/job/9",
    "octo-org/shop", "12", "999999999999", "out.json", "packet", "no/such/folder/x", "\x00\x07", "-",
)  # fmt: skip
KEYS = sorted({name.strip() for key in keymap.KEYS for name in key.keys.split(",")} - {"q", "ctrl+q", "ctrl+z"})
SCREENS = (
    "i",
    "v",
    "W",
    "a",
    "e",
    "L",
    "O",
    "B",
    "F",
    "R",
    "plus",
    "question_mark",
    "S",
    "ctrl+p",
    "T",
    "K",
    "slash",
    "r",
    "z",
)
THEMES = ("planescope-dark", "planescope-light", "textual-ansi", "nord", "gruvbox")


class Storm:
    """One app, one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.world = self.random.choice(["demo", "demo", *WORLDS])
        self.backend = BackendDouble(self.random.randint(1, 3)) if self.world == "demo" else live_backend(self.world)
        self.lock = threading.Lock()
        self.trouble = self.random.choice([0.0, 0.1, 0.35])
        self.setup = self.random.choice([None, SetupDouble(*self.random.choice([ALL, PARTLY, NOTHING]))])
        self.done: list[str] = []
        self.threw: list[str] = []
        self.calm = False
        self.discarded = False
        self.fleet: FleetDouble | None = None
        if self.random.random() < 0.5:
            self.backend.change = self._other

    def _other(self, diagnosis: Diagnosis) -> Diagnosis:
        """Another diagnosis than the one of this backend, as a poll may bring it."""
        with self.lock:
            if self.random.random() < 0.6:
                return diagnosis
            found = diagnosis_of_world(self.random.choice(list(WORLDS)))
            return replace(found, live=None) if self.random.random() < 0.2 else found

    def _fleet(self) -> FleetDouble:
        """A fleet that may hang or fail, and opens this storm's own backend."""
        fleet = FleetDouble(fleet_lines(self.random.choice([0, 3, 40])), dashboard=self._dashboard)
        if self.random.random() < 0.3:
            fleet.hang.set()
        problem = self.random.choice(PROBLEMS)()
        if self.random.random() < 0.2 and isinstance(problem, BackendProblem):
            fleet.problem = problem
        self.fleet = fleet
        return fleet

    def _dashboard(self) -> Backend:
        self.trip("open")
        return self.backend

    def trip(self, method: str) -> None:
        """In place of the double's own: fail, or take time without looking at whether the user still waits."""
        if self.calm:
            return
        with self.lock:
            fails, slow, number = self.random.random(), self.random.random(), self.random.random()
            problem = self.random.choice(PROBLEMS)
        if slow < self.trouble:
            time.sleep(number * 0.15)
        if fails < self.trouble:
            raise problem()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what is thrown in a thread, and where the user leaves drafts behind, by whichever key or click."""
        before = threading.excepthook
        posted, discard = Job.post, LeaveScreen.action_discard

        def post(job: Job, message: Any) -> None:
            with self.lock:
                late = self.random.random() < 0.5
            if job.cancelled() and late and not isinstance(message, messages.WorkEnded):
                job._host.post_message(message)
            posted(job, message)

        def left(screen: LeaveScreen) -> None:
            self.discarded = True
            discard(screen)

        Job.post, LeaveScreen.action_discard = post, left
        threading.excepthook = lambda told: self.threw.append(f"{told.thread}: {told.exc_value!r}")
        try:
            yield
        finally:
            threading.excepthook = before
            Job.post, LeaveScreen.action_discard = posted, discard

    # -- steps

    async def step(self, app: PlanescopeApp, pilot: Any) -> None:
        """Do one thing, and wait for it or not."""
        dice = self.random.random()
        width, height = app.size
        if dice < 0.45:
            await self._press(pilot, self.random.choice(KEYS))
        elif dice < 0.62:
            await self._press(pilot, self.random.choice(SCREENS))
        elif dice < 0.69:
            await self._press(
                pilot,
                *self.random.choice(
                    [
                        ["escape"],
                        ["enter"],
                        ["tab"],
                        ["escape"] * 3,
                        ["down", "enter"],
                        ["i", "e"],
                        ["e", "x", "y"],
                        ["e", "enter"],
                        ["O", "enter"],
                    ]
                ),
            )
        elif dice < 0.75:
            text = self.random.choice(TEXTS)[:20]
            self._note("type", text)
            for each in text:
                if each != "q":
                    app.simulate_key(_named(each))
        elif dice < 0.80:
            text = self.random.choice(TEXTS)
            self._note("paste", text)
            app.screen._forward_event(events.Paste(text))
        elif dice < 0.90:
            place = self.random.randrange(width), self.random.randrange(height)
            self._note("click", place)
            times = self.random.choice([1, 1, 1, 2, 3])
            with suppress(NoWidget):  # the pilot looks up what lies there, also where a new size is not laid out yet
                await pilot.click(offset=place, times=times)
        elif dice < 0.93:
            start, end = [(self.random.randrange(width), self.random.randrange(height)) for _ in range(2)]
            self._note("drag", (start, end))
            with suppress(NoWidget):
                await pilot.mouse_down(offset=start)
                await pilot.hover(offset=end)
                await pilot.mouse_up(offset=end)
        elif dice < 0.97:
            size = self.random.choice(
                [(20, 6), (40, 10), (80, 24), (100, 30), (120, 40), (250, 80), (30, 60), (250, 6)]
            )
            self._note("resize", size)
            await pilot.resize_terminal(*size)
        elif dice < 0.985:
            theme = self.random.choice([name for name in THEMES if name in app.available_themes])
            self._note("theme", theme)
            app.theme = theme
        else:
            self._note("wait")
            await asyncio.sleep(0.1)
        if self.random.random() < 0.7:
            await pilot.pause()

    async def _press(self, pilot: Any, *keys: str) -> None:
        self._note("press", " ".join(keys))
        await pilot.press(*keys)

    def _note(self, *what: object) -> None:
        self.done.append(" ".join(map(str, what)))

    # -- what must hold

    def hold(self, app: PlanescopeApp) -> None:
        """Raise AssertionError where a promise is broken."""
        assert app._exception is None, repr(app._exception)
        assert not self.threw, self.threw
        broken = [worker for worker in app.workers if worker.state is WorkerState.ERROR]
        assert not broken, [(worker.name, worker.error) for worker in broken]
        # Below the dashboard lies the screen that the app began with.
        stack = app.screen_stack
        last = max((at for at, screen in enumerate(stack) if isinstance(screen, TimelineScreen)), default=0)
        kinds = Counter(type(screen).__name__ for screen in stack[last:])
        assert not kinds or max(kinds.values()) == 1, kinds
        for strip in app.screen._compositor.render_strips():
            assert not {"\x1b", "\u202e"} & set(strip.text), strip.text

    def drafts(self, app: PlanescopeApp) -> int:
        """How many documents the user wrote that are neither saved nor left."""
        return sum(screen.unsaved for screen in app.screen_stack if isinstance(screen, AccountScreen))

    def wrote(self, app: PlanescopeApp) -> bool:
        """Whether a document is edited right now, by what the user sees."""
        return any(
            isinstance(screen, ProposedScreen)
            and bool(screen.query("TextArea"))
            and screen.text not in (screen.in_force, screen.saved_text)
            for screen in app.screen_stack
        )

    async def leave(self, app: PlanescopeApp, pilot: Any) -> None:
        """By escape to the main screen, by q out of it."""
        self.calm = True
        self.backend.hang.clear()
        for _ in range(25):
            if len(app.screen_stack) == 1 or isinstance(app.screen, TimelineScreen) or app._exit:
                break
            self._note("escape:", type(app.screen).__name__)
            await pilot.press("escape")
            if isinstance(app.screen, LeaveScreen):
                await self._press(pilot, "d")
            await pilot.pause(0.01)
        assert app._exit or isinstance(app.screen, TimelineScreen) or self._only_start(app), f"stuck in {app.screen}"
        self.hold(app)
        if not app._exit:
            await pilot.press("escape", "ctrl+q")
            await pilot.pause()
        if isinstance(app.screen, LeaveScreen):
            await self._press(pilot, "d")
        assert app._exit, f"q does not leave {app.screen}"

    def _only_start(self, app: PlanescopeApp) -> bool:
        return len(app.screen_stack) == 1

    async def run(self, steps: int) -> None:
        """Go through the storm. Raises AssertionError with the steps that led to it."""
        self.backend._trip = self.trip  # type: ignore[method-assign]
        app = PlanescopeApp(
            lambda: self.backend, clock=lambda: NOW, refresh_seconds=self.random.choice([0.0, 0.2, 0.5]),
            always_refresh=self.random.random() < 0.5, setup=self.setup,
            begin_with_setup=self.setup is not None and self.random.random() < 0.2,
            fleets=FleetsDouble(self._fleet()) if self.random.random() < 0.7 else None,
        )  # fmt: skip
        app.animation_level = "none"
        app.open_url = lambda *_a, **_k: None  # type: ignore[method-assign]
        size = self.random.choice([(80, 24), (120, 40), (200, 60), (20, 6)])
        self._note(self.world, size, self.trouble)
        try:
            with self.watched():
                async with asyncio.timeout(300), app.run_test(size=size, notifications=True) as pilot:
                    for _ in range(steps):
                        if app._exit:
                            break
                        before, wrote = self.drafts(app), self.wrote(app)
                        # What was left behind on purpose is gone only a step or two later.
                        self.discarded &= bool(before or wrote)
                        begun = time.monotonic()
                        await self.step(app, pilot)
                        if (took := time.monotonic() - begun) > 2.5:
                            print("SLOW", self.seed, f"{took:.1f}", self.done[-2:], app.screen, app.size, flush=True)
                        self.hold(app)
                        gone = not any(isinstance(screen, AccountScreen) for screen in app.screen_stack) or app._exit
                        assert not ((before or wrote) and gone) or self.discarded, "a draft is lost"
                    await self.leave(app, pilot)
        except BaseException as error:
            error.add_note(f"seed {self.seed}: " + "\n  ".join(self.done[-25:]))
            raise


def _named(character: str) -> str:
    from textual.keys import _character_to_key

    return {"\r": "enter", "\n": "enter", "\t": "tab", "\x1b": "escape", "\x00": "space"}.get(
        character, _character_to_key(character)
    )


def main() -> None:
    """Run seeds from one number to another, and say which broke something."""
    import os
    import sys
    import tempfile
    import traceback

    os.chdir(tempfile.mkdtemp())
    first, last = int(sys.argv[1]), int(sys.argv[2])
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    total = 0
    for name in WORLDS:
        diagnosis_of_world(name)
    for seed in range(first, last):
        storm = Storm(seed)
        begun = time.monotonic()
        try:
            asyncio.run(storm.run(steps))
        except BaseException:  # noqa: BLE001 - a script that goes on with the next seed
            print(f"==== seed {seed}", flush=True)
            traceback.print_exc()
        total += len(storm.done)
        print(f"seed {seed} {storm.world} {len(storm.done)} steps {time.monotonic() - begun:.1f}s", flush=True)
    print("steps", total, CommandPalette.__name__)


if __name__ == "__main__":
    main()
