"""The Textual app: its screens, the keys that work everywhere, and its themes. It imports nothing heavy, so it paints soon."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import events
from textual.actions import ActionParseResult
from textual.app import App, SuspendNotSupported
from textual.binding import BindingType
from textual.command import CommandPalette, Provider
from textual.dom import DOMNode
from textual.notifications import Notification, Notify
from textual.screen import Screen

from tui import internal_error, keymap
from tui.actions import actions_of, why_not
from tui.clipboard import Clipboard
from tui.collector import keep_no_drawn_lines, let_go
from tui.foreign_text import defused, defused_line
from tui.job_control import stop_until_continued
from tui.remembered import Remembered
from tui.screens import main_loading
from tui.screens.hand_over import HandOver
from tui.screens.opening import OpeningScreen
from tui.screens.timeline.auto_refresh import REFRESH_SECONDS
from tui.themes import DARK, LIGHT, OWN_VARIABLES

if TYPE_CHECKING:
    # Screens, and what they show, are imported after the first paint.
    from tui.backend import Backend, RunQuery
    from tui.fleet_backend import FleetBackend, Fleets
    from tui.messages import CopyWanted, DashboardOver, FleetAsked
    from tui.readiness.setup import Setup
    from tui.screens.fleet.screen import FleetScreen
    from tui.screens.start.screen import DashboardWanted
    from tui.screens.timeline.screen import TimelineScreen

FIRST_STYLES = "styles/frame.tcss"
FURTHER_STYLES = ("styles/main.tcss", "styles/dialogs.tcss", "styles/walkthrough.tcss", "styles/fleet.tcss")
"""Parsing them takes longer than the whole first paint without them."""

CLOSE_SECONDS = 0.5
"""How long leaving waits for the backend's servers to stop."""

_REPLACEABLE = 2
"""Screens of the stack: the second from below is the lowest one that can be replaced."""


def _commands() -> type[Provider]:
    from tui.palette import PlanescopeCommands

    return PlanescopeCommands


def _now() -> datetime:
    return datetime.now(UTC)


class PlanescopeApp(App[None]):
    """Shows what a backend says.

    ``backend_factory`` is called on a thread after the first paint and may raise :class:`~tui.backend.BackendProblem`; ``clock``
    tells the ages of runs; ``start_filter`` is the list's first filter; ``theme`` is ``dark``, ``light`` or a theme of
    Textual's; ``keys`` maps ids of :mod:`tui.keymap` to keys; ``walkthrough`` opens the walkthrough as soon as there is a chain;
    ``fleets`` makes a fleet of what is typed, and with ``fleet`` the app begins with one, and no dashboard lies behind it.
    """

    TITLE = "planescope"
    CSS_PATH: ClassVar[list[str | PurePath]] = [FIRST_STYLES, *FURTHER_STYLES]
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("app")
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}

    def __init__(
        self,
        backend_factory: Callable[[], Backend],
        *,
        clock: Callable[[], datetime] = _now,
        start_filter: RunQuery | None = None,
        theme: str | None = None,
        keys: Mapping[str, str] | None = None,
        refresh_seconds: float = REFRESH_SECONDS,
        always_refresh: bool = False,
        remembered: Remembered | None = None,
        walkthrough: bool = False,
        setup: Setup | None = None,
        begin_with_setup: bool = False,
        fleets: Fleets | None = None,
        fleet: Callable[[], FleetBackend] | None = None,
    ) -> None:
        opens_at_once = begin_with_setup or fleet is not None or main_loading.is_done()
        super().__init__(css_path=None if opens_at_once else FIRST_STYLES)
        keep_no_drawn_lines()
        self.remembered = remembered or Remembered()
        """What the user did here before; by default nothing, and nothing is written."""
        self._walkthrough = walkthrough
        self._backend_factory = backend_factory
        self.setup = setup
        """What the start screen asks; None where nothing has to be set up, as for the demo."""
        self._begin_with_setup = begin_with_setup
        self.fleets = fleets
        """What makes a fleet of what is typed; None where nothing but one repository is known, as for the demo."""
        self._first_fleet = fleet
        self._fleet: FleetScreen | None = None
        """The fleet's screen: left for the dashboard it stays as it is."""
        self._fleet_name = ""
        """What was typed for it."""
        self._clock = clock
        self._start_filter = start_filter
        self._refresh_seconds = refresh_seconds
        self._always_refresh = always_refresh
        self._keys = dict(keys or {})
        self._clipboards = Clipboard()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        theme = theme or self.remembered.theme or "dark"
        named = {"light": LIGHT.name, "dark": DARK.name}.get(theme, theme)
        self._unknown_theme = None if named in self.available_themes else named
        self.theme = named if named and not self._unknown_theme else DARK.name
        self.timeline: TimelineScreen | None = None
        """The dashboard that is shown, or lies next below what is."""
        self._below: list[TimelineScreen | None] = []
        """What was that before a workflow of the fleet was opened."""
        self._opening: OpeningScreen | None = None
        """What stands until the main screen is loaded."""
        self._notices: list[tuple[object, Notification]] = []
        """What was said, with the screen on which it was."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return colours that themes other than ours lack."""
        return OWN_VARIABLES

    def get_default_screen(self) -> Screen[None]:
        """Make the screen that is painted first: the main one, or the one for what is missing."""
        if self.setup is not None and self._begin_with_setup:
            from tui.screens.start.screen import StartScreen

            return StartScreen(self.setup)
        if self._first_fleet is not None:
            self._fleet = self._fleet_screen(self._first_fleet, over=False)
            return self._fleet
        if main_loading.is_done():
            return self._main_screen(self._backend_factory, self.remembered)
        self._opening = OpeningScreen()
        return self._opening

    def _load_main_screen(self) -> None:
        """Import the main screen on a thread, while what is painted first already stands."""

        def load() -> None:
            error = main_loading.load()
            self._from_thread(self._main_screen_loaded, error)

        threading.Thread(target=load, name="planescope load", daemon=True).start()

    def _from_thread(self, callback: Callable[..., object], *args: object) -> None:
        """Call it on the app's own thread, unless the user has left meanwhile."""
        with contextlib.suppress(RuntimeError):
            self.call_later(callback, *args)

    async def _main_screen_loaded(self, error: Exception | None) -> None:
        let_go()
        if error is not None:
            raise error
        if self._opening is not None:
            self._read_further_styles()
            main = self._main_screen(self._backend_factory, self.remembered)
            await self.push_screen(main)
            typed = HandOver(self, self._opening.kept, super().on_event, self._opened)
            main.call_after_refresh(self.call_later, typed.next)

    def _read_further_styles(self) -> None:
        """Add the styles of all screens; Textual parses them when the next screen is shown."""
        here = self.css_path[0].parent
        self.css_path += [here / PurePath(path).name for path in FURTHER_STYLES]
        self.stylesheet.read_all(self.css_path[1:])

    def _opened(self) -> None:
        self._opening = None

    async def on_event(self, event: events.Event) -> None:
        """Keep what is typed while the main screen is loaded; what is pasted steers no terminal, into whatever line it comes."""
        if isinstance(event, events.Paste):
            event.text = defused(event.text)
        opening = self._opening
        # What a part has passed on comes here a second time: it is on its way already.
        if opening is None or not opening.is_attached or event.is_forwarded or not opening.keep(event):
            await super().on_event(event)

    def _main_screen(
        self, factory: Callable[[], Backend], remembered: Remembered, *, over_fleet: bool = False
    ) -> TimelineScreen:
        from tui.backend import RunQuery
        from tui.screens.timeline.screen import TimelineScreen

        self.timeline = TimelineScreen(
            factory,
            clock=self._clock,
            start_filter=(None if over_fleet else self._start_filter) or RunQuery(),
            remembered=remembered,
            refresh_seconds=self._refresh_seconds,
            always_refresh=self._always_refresh,
            walkthrough=self._walkthrough and not over_fleet,
            fleets=self.fleets is not None,
            over_fleet=over_fleet,
        )
        return self.timeline

    def on_mount(self) -> None:
        """Apply the user's keys, and warn of keys and themes that do not exist."""
        unknown = keymap.unknown_ids(self._keys)
        self.set_keymap({identity: keys for identity, keys in self._keys.items() if identity not in unknown})
        self.watch(self, "theme", self.remembered.keep_theme, init=False)
        if not main_loading.is_done():
            self.screen.call_after_refresh(self._load_main_screen)
        if self.remembered.note:
            self._warn(self.remembered.note)
        if self._unknown_theme:
            self._warn(f"There is no theme {self._unknown_theme}: T shows all.")
        if unknown:
            self._warn(f"The keymap names what does not exist: {', '.join(unknown)}")

    def _warn(self, sentence: str) -> None:
        self.notify(defused_line(sentence), severity="warning", markup=False)

    def on_notify(self, event: Notify) -> None:
        """Note on which screen it is said; what is said while the app starts is meant for the screen that follows."""
        self._notices = [each for each in self._notices if not each[1].has_expired]
        if self._opening is None:
            self._notices.append((self.screen, event.notification))

    def end_notices_of(self, screen: object) -> None:
        """Take away what was said on a screen that goes, or that another one lies over."""
        for said_on, notice in self._notices:
            if said_on is screen:
                self._unnotify(notice)
        self._notices = [each for each in self._notices if each[0] is not screen]

    def on_dashboard_wanted(self, message: DashboardWanted) -> None:
        """Show the dashboard of another backend in the place of whatever is shown, but no edited document is lost by that."""
        self._unless_unsaved(lambda: self._show_dashboard(message))

    def _show_dashboard(self, message: DashboardWanted) -> None:
        for each in (self.timeline, *self._below):
            if each is not None:
                each.retire()
        self._close_backends()
        self._below.clear()
        dashboard = self._main_screen(message.factory, self.remembered if message.remembers else Remembered())
        # Textual cannot replace the screen that it began with: that one stays below, and reads nothing.
        while len(self.screen_stack) > _REPLACEABLE:
            self.pop_screen()
        if len(self.screen_stack) == _REPLACEABLE:
            self.switch_screen(dashboard)
        else:
            self.push_screen(dashboard)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer what there is nothing to show of."""
        return action != "setup" or (self.setup is not None and not self._shows_setup)

    @property
    def _shows_setup(self) -> bool:
        """Whether the start screen is open over the dashboard, or has not led to one yet."""
        over = takewhile(lambda screen: screen is not self.timeline, reversed(self.screen_stack))
        return any(getattr(screen, "shows_setup", False) for screen in over)

    def action_setup(self) -> None:
        """Show what is set up, over the dashboard."""
        if self.setup is not None and not self._shows_setup:
            from tui.screens.help import HelpScreen
            from tui.screens.start.screen import StartScreen

            if isinstance(self.screen, HelpScreen):
                # It can be opened again over the start screen, and there is one of it.
                self.pop_screen()
            self.push_screen(StartScreen(self.setup, over=True))

    # -- the fleet

    def _fleet_screen(self, factory: Callable[[], FleetBackend], *, over: bool) -> FleetScreen:
        from tui.screens.fleet.screen import FleetScreen

        return FleetScreen(factory, clock=self._clock, fleets=self.fleets, over=over)

    def on_fleet_asked(self, message: FleetAsked) -> None:
        """Ask which fleet is meant; the one that was shown before comes back as it was left, where its name is not changed."""
        if self.fleets is None:
            return
        from tui.screens.fleet.asking import ask_fleet

        known = self._fleet_name if self._fleet is not None else ""
        offered = known or self.fleets.offered(message.repository)
        ask_fleet(self.screen, self.fleets, offered, self._show_fleet, known=known)

    def _show_fleet(self, name: str, factory: Callable[[], FleetBackend]) -> None:
        """Show a fleet over the dashboard."""
        fresh = self._fleet is None
        if self._fleet is None:
            self._fleet = self._fleet_screen(factory, over=True)
            # Installed it stays as it is while it is not shown.
            self.install_screen(self._fleet, "fleet")
        if self._fleet in self.screen_stack:
            self.on_dashboard_left()
        else:
            self.push_screen(self._fleet)
        if not fresh and name != self._fleet_name:
            self._fleet.begin(factory)
        self._fleet_name = name

    def on_dashboard_over(self, message: DashboardOver) -> None:
        """Show the dashboard of a workflow over the fleet."""
        self._below.append(self.timeline)
        self.push_screen(self._main_screen(message.factory, Remembered(), over_fleet=True))

    def on_dashboard_left(self) -> None:
        """Go back from a workflow's dashboard to the fleet."""
        left = self.timeline
        if not self._below or left is None or left not in self.screen_stack:
            return
        left.retire()
        self._close(left)
        while left in self.screen_stack:
            self.pop_screen()
        self.timeline = self._below.pop()

    def on_unmount(self) -> None:
        """Close the backends; one that does not close in time is left behind."""
        closing = self._close_backends()
        ends = time.monotonic() + CLOSE_SECONDS
        for each in closing:
            each.join(max(0.0, ends - time.monotonic()))

    def _close_backends(self) -> list[threading.Thread]:
        found = [self._close(each) for each in (self.timeline, *self._below) if each is not None]
        return [each for each in found if each is not None]

    def _close(self, dashboard: TimelineScreen) -> threading.Thread | None:
        backend = dashboard.backend
        if backend is None:
            return None
        closing = threading.Thread(target=backend.close, name="planescope close", daemon=True)
        closing.start()
        return closing

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text, possibly of several lines, that steers no terminal where it is pasted."""
        self._copy(text, "")

    def on_copy_wanted(self, message: CopyWanted) -> None:
        self._copy(message.text, message.what)

    def _copy(self, text: str, what: str) -> None:
        text = defused(text)
        super().copy_to_clipboard(text)
        if self.is_headless or self.is_web:
            # Its programs and files would be those of another machine, or of nobody.
            self._copied(what, "the clipboard")
            return

        def work() -> None:
            where = self._clipboards.copy(text)
            self._from_thread(self._copied, what, where)

        threading.Thread(target=work, name="planescope copy", daemon=True).start()

    def _copied(self, what: str, where: str) -> None:
        self.notify(defused(f"Copied: {what or 'the marked text'}\nNow in {where}"), markup=False, timeout=6)

    @property
    def keys_in_force(self) -> Mapping[str, str]:
        """The keys that the user's settings give to actions, by their ids."""
        return self._keys

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Carry an action out; where it can do nothing now, say why instead of doing nothing."""
        if isinstance(action, str) and (why := why_not(default_namespace or self, action)):
            self._warn(why)
            return True
        return await super().run_action(action, default_namespace, namespaces)

    def action_help_quit(self) -> None:
        """Say by which key one leaves, and which copies here: ctrl-c is neither."""
        offered = [action for action in actions_of(self.screen) if action.possible]
        copying = [
            f"{keymap.shown_keys(action.key, self._keys)} {action.key.tooltip.rstrip('.').replace('Copy', 'copies', 1)}"
            for action in offered
            if action.key.tooltip.startswith("Copy ") and action.key.id != "app.interrupt"
        ]
        leaving = keymap.shown_keys(keymap.BY_ID["app.quit"], self._keys).partition(" ")[0]
        self._warn("; ".join([f"{leaving} leaves planescope", *copying]) + ".")

    def action_suspend(self) -> None:
        """Give the terminal back to the shell until it brings the app to the foreground again."""
        try:
            with self.suspend():
                stopped = stop_until_continued()
        except SuspendNotSupported:
            stopped = False
        if not stopped:
            self._warn("Nothing would bring the app back here, so it stays: no shell controls this terminal.")

    def _handle_exception(self, error: Exception) -> None:
        """Keep what nobody handled, and end. The process says it when the terminal is given back."""
        internal_error.keep(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual's own prints a trace with the values of variables.
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End without printing what an error looks like: it may quote anything."""
        self._close_messages_no_wait()

    def on_delivery_complete(self, event: events.DeliveryComplete) -> None:
        """Say where a file was saved."""
        self.notify(defused_line(f"Saved: {event.path}") if event.path else "Saved.", markup=False)

    def on_delivery_failed(self, event: events.DeliveryFailed) -> None:
        """Say why a file could not be saved."""
        self.notify(defused_line(f"Not saved: {event.exception}"), severity="error", markup=False)

    def action_command_palette(self) -> None:
        """Open the palette."""
        if self.use_command_palette and not isinstance(self.screen, CommandPalette):
            from tui.palette import Palette

            self.push_screen(Palette(id="--command-palette"))

    async def action_quit(self) -> None:
        """Leave at once; documents that were edited and not saved are asked about first."""
        if main_loading.is_done():
            self._unless_unsaved(self.exit)
        else:
            self.exit()

    def _unless_unsaved(self, leave: Callable[[], object]) -> None:
        """Leave at once; where documents were edited and not saved, ask first."""
        from tui.screens.account.screen import AccountScreen

        for screen in self.screen_stack:
            if isinstance(screen, AccountScreen) and screen.unsaved:
                screen.ask_before(leave)
                return
        leave()

    def action_help(self) -> None:
        """Open the help, or close it."""
        from tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss(None)
        else:
            here = dict.fromkeys(action.key.scope for action in actions_of(self.screen))
            self.push_screen(HelpScreen(self._keys, tuple(here)))

    def action_toggle_theme(self) -> None:
        """Change between the light and the dark theme."""
        self.theme = DARK.name if not self.current_theme.dark else LIGHT.name
