"""The start screen: shown where repository, token or AWS identity is missing, and by a key from the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from diagnosis.documents.exit_code import ExitCode
from tui import keymap, messages
from tui.backend import Backend, BackendProblem
from tui.background.jobs import BackgroundJobs, Job
from tui.foreign_text import defused_line, foreign
from tui.readiness.check import Check, State, What, exit_code, missing
from tui.readiness.setup import Setup
from tui.screens.present_size import PresentSize
from tui.screens.start.blocks import start_blocks
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page

_LOOK = "setup"
_TYPE_HERE = "Type OWNER/REPO in the line above, or paste an address of it; or start planescope in a clone."


@dataclass
class Checked(Message):
    """Something was found out."""

    number: int
    """Of the look."""
    check: Check


class DashboardWanted(Message):
    """The user opens something: ``factory`` builds its backend on a thread. ``remembers``: it is one to come back to."""

    def __init__(self, factory: Callable[[], Backend], *, remembers: bool) -> None:
        super().__init__()
        self.factory = factory
        self.remembers = remembers


class StartScreen(PresentSize, Screen[None]):
    """Show what is set up and what is missing; look again, take a repository, open it or the demo.

    ``over``: it was called from the dashboard, to which esc goes back. Else it goes to the dashboard by itself where its first
    look finds that nothing is missing.
    """

    DEFAULT_CSS = """
    StartScreen {
        #start-page { padding: 0 1; height: 1fr; border: round $border-blurred; scrollbar-size-vertical: 1; }
        #start-page:focus { border: round $border; }
        #start-said { display: none; height: auto; padding: 0 1; }
        #start-open { height: 1; background: $panel; padding: 0 1; }
        #start-open Static { width: auto; padding: 0 1 0 0; text-style: bold; }
        #start-repository { width: 1fr; background: $panel; }
        &.-narrow #start-page, &.-short #start-page { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("start")
    shows_setup: ClassVar[bool] = True
    """For the app, which does not import this screen before it is wanted."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium")]  # noqa: RUF012 - declared by Textual, as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - likewise
    AUTO_FOCUS = "#start-page"

    def __init__(self, setup: Setup, *, over: bool = False) -> None:
        super().__init__()
        self._setup = setup
        self._over = over
        self._repository = setup.repository
        self._jobs = BackgroundJobs(self, self._began)
        self._look_number = 0
        self._by_itself = not over
        self.checks: dict[What, Check] = {}
        """What was found out so far."""

    def compose(self) -> ComposeResult:
        """Lay out the line to type in, the page, and the keys."""
        with Horizontal(id="start-open"):
            yield Static("Repository")
            yield Input(
                defused_line(self._repository or self._setup.last),
                placeholder="OWNER/REPO, or paste an address of it",
                id="start-repository",
                compact=True,
            )
        yield Static(id="start-said")
        page = Page(start_blocks({}, looking=True), id="start-page")
        page.border_title = "planescope: what is set up"
        yield page
        yield KeyLine()

    def on_mount(self) -> None:
        """Paint first; then look."""
        self.call_after_refresh(self.action_again)

    def on_unmount(self) -> None:
        """Nobody waits for what is still looked at."""
        self._jobs.stop_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer keys that could do nothing here."""
        if action == "copy_command":
            return bool(self._command)
        if action in ("type", "demo", "again"):
            return not isinstance(self.focused, Input)
        if action == "close":
            return self._over or isinstance(self.focused, Input)
        return True

    # -- looking

    @property
    def looking(self) -> bool:
        """Whether something is still looked at, or will be as soon as the screen is painted."""
        return self._jobs.busy or not self._look_number

    def action_again(self) -> None:
        """Look at everything anew."""
        self.checks = {}
        self._look_number += 1
        number, typed = self._look_number, self._repository

        def work(job: Job) -> None:
            self._setup.look(typed, lambda check: job.post(Checked(number, check)), job.cancelled)

        self._jobs.start(_LOOK, "Looking at what is set up", work)
        self._show()

    def _began(self, _kind: str, _number: int, _what: str) -> None:
        """Nothing to note: there is one kind of work."""

    @on(Checked)
    def _checked(self, message: Checked) -> None:
        if message.number == self._look_number:
            check = message.check
            if check.what is What.REPOSITORY and check.state is State.MISSING:
                check = missing(check.what, check.sentence, _TYPE_HERE, code=ExitCode.USAGE)
            self.checks[check.what] = check
            self._show()

    @on(messages.WorkEnded)
    def _ended(self) -> None:
        self._show()
        if self._by_itself and not self.looking and exit_code(self.checks.values()) is ExitCode.PASSED:
            self.action_open()
        self._by_itself = False

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        self._by_itself = False
        self._show()
        self._say(f"{message.problem.sentence} {message.problem.way_out}")

    def _show(self) -> None:
        page = self.query_one("#start-page", Page)
        page.dense = self.has_class("-short")
        page.show(start_blocks(self.checks, looking=self.looking), keep_place=True)
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Leave out blank lines where lines are scarce."""
        self.call_after_refresh(self._show)

    # -- keys

    def action_open(self) -> None:
        """Open the repository; without one, go to the line in which it is typed."""
        known = self.checks.get(What.REPOSITORY)
        if known is None or not known.serves:
            self.action_type()
            return
        self._open(self._repository)

    def action_type(self) -> None:
        """Go to the line in which a repository is typed."""
        self._by_itself = False
        self.query_one("#start-repository", Input).focus()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            name = self._setup.typed(event.value)
        except BackendProblem as problem:
            self._say(f"{problem.sentence} {problem.way_out}")
            return
        self._repository = event.input.value = name
        token = self.checks.get(What.TOKEN)
        if token is not None and token.state is State.MISSING:
            # Its runs could not be read: what to do stands on the page.
            self.query_one("#start-page", Page).focus()
            self.action_again()
            return
        self._open(name)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say("")

    def _open(self, repository: str) -> None:
        try:
            factory = self._setup.opened(repository)
        except BackendProblem as problem:
            self._say(f"{problem.sentence} {problem.way_out}")
            return
        self._leave(factory, remembers=True)

    def action_demo(self) -> None:
        """Open the embedded incident."""
        demo = self.checks.get(What.DEMO)
        if demo is not None and demo.state is not State.READY:
            self._say(f"{demo.sentence} {demo.way_out} {' '.join(demo.commands)}")
            return
        self._leave(self._setup.demo, remembers=False)

    def _leave(self, factory: Callable[[], Backend], *, remembers: bool) -> None:
        self._by_itself = False
        self._jobs.stop_all()
        self.post_message(DashboardWanted(factory, remembers=remembers))

    @property
    def _command(self) -> str:
        """The first command line that obtains something that is missing."""
        lacking = (self.checks[what] for what in What if what in self.checks and not self.checks[what].serves)
        return next((check.commands[0] for check in lacking if check.commands), "")

    def action_copy_command(self) -> None:
        """Copy the first command line that is shown, to be run elsewhere."""
        command = defused_line(self._command)
        if command:
            self.post_message(messages.CopyWanted(command, command))

    def action_close(self) -> None:
        """Leave the line that is typed in; else go back to the dashboard."""
        if isinstance(self.focused, Input):
            self.query_one("#start-page", Page).focus()
        elif self._over:
            self.dismiss(None)

    def _say(self, sentence: str) -> None:
        line = self.query_one("#start-said", Static)
        line.update(foreign(sentence.strip(), "bold $text-error"))
        line.display = bool(sentence)
