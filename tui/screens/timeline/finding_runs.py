"""What the main screen does with its runs: opens a named one, follows the newest, picks a workflow, keeps filters, copies lines."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime

from textual import events, on

from diagnosis.verdicts.outlook import taken_tag
from diagnosis.verdicts.replay import Replay
from tui import messages
from tui.backend import BackendProblem, RunKey, RunPlace, WorkflowRow
from tui.foreign_text import defused_line
from tui.remembered import Remembered
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.choose import Choice, ChooseScreen
from tui.screens.frame import Frame
from tui.screens.timeline.reader import Reader
from tui.widgets.base.blocks import field
from tui.widgets.detail.selection import Selection
from tui.widgets.runs.gh_lines import GhLine, gh_lines, why_none
from tui.widgets.runs.run_address import RunAddress, address_in, addresses_within, id_in, number_in, place_of
from tui.widgets.runs.run_filter import with_key
from tui.widgets.runs.runs_panel import RunsPanel

COPIES = "enter copies the line"
"""Nothing is ever run from here."""


class FindingRuns(Frame):
    """A base of the main screen, for everything that begins in the list of runs or ends in it."""

    reader: Reader
    runs: RunsPanel
    remembered: Remembered
    clock: Callable[[], datetime]
    following: bool = False
    """Whether the newest run that passes the filter is opened as soon as it is there."""
    _last_followed: RunKey | None = None
    _picker: ChooseScreen | None = None

    @property
    def selection(self) -> Selection | None:
        """What the user has selected on the timeline."""
        raise NotImplementedError

    # -- a run that is named

    def on_paste(self, event: events.Paste) -> None:
        """Open the run whose address is pasted anywhere on the main screen."""
        event.stop()
        text = event.text.strip()
        if addresses_within(text) or id_in(text) is not None or number_in(text) is not None:
            self.open_named(text)
        elif text:
            self._tell("What was pasted names no run. Paste a run's address; / looks for words.", warn=True)

    @on(messages.PlaceNamed)
    def _place_named(self, message: messages.PlaceNamed) -> None:
        self.open_named(message.text)

    def open_named(self, text: str) -> None:
        """Open the run that an address, an id or a number names."""
        addresses = addresses_within(text)
        run, number = id_in(text), number_in(text)
        named = address_in(text) or (addresses[0] if len(addresses) == 1 else None)
        if named is not None:
            self._open_address(named)
        elif len(addresses) > 1:
            self._tell(f"The text names {len(addresses)} runs: paste the address of one.", warn=True)
        elif run is not None:
            self._find(RunPlace(run))
        elif number is not None:
            self._open_number(number)

    def _open_address(self, named: RunAddress) -> None:
        backend = self.reader.backend
        if backend is None:
            self._tell("The repository is not open yet: paste the address again in a moment.", warn=True)
        elif named.is_in(backend.repository_address):
            self._find(RunPlace(named.run, named.attempt, named.job))
        else:
            self._offer_other(named, place_of(backend.repository_address))

    def _offer_other(self, named: RunAddress, here: str) -> None:
        """Say how a run of another repository is opened."""
        self.runs.drop_typed()
        server = () if named.host == "github.com" else ("--github-url", f"https://{named.host}")
        opens = shlex.join(["planescope", "--repo", named.repository, *server])
        tells = shlex.join(["planescope", "diagnose", named.address, *server])
        said = (
            f"Run {named.run} belongs to {named.place}; this dashboard shows {here}. Leave with q and paste the line:"
        )
        choices = [
            Choice(opens, "Open its dashboard", detail=f"{said}\n{opens}"),
            Choice(tells, "Diagnose it as text", detail=f"{said}\n{tells}"),
        ]
        title = f"Run {named.run} belongs to {named.place}"
        self.app.push_screen(ChooseScreen(title, choices, enter=COPIES), self._copy_line)

    def _open_number(self, number: int) -> None:
        found = self.runs.numbered(number)
        if len(found) == 1:
            self._find(RunPlace(found[0].key[0]))
        elif found:
            self.runs.apply(f"#{number}")
            self._tell(f"{len(found)} workflows have a run #{number}: choose one.")
        else:
            read = len(self.runs.pages.rows)
            self._tell(f"None of the {read:,} runs read is #{number}. Its address or id opens it.", warn=True)

    def _find(self, place: RunPlace) -> None:
        self.stop_following()
        self.runs.drop_typed()
        self.remove_class("-runs-open")
        self.reader.find(place)
        self.call_after_refresh(self.query_one("#timeline").focus)

    @on(messages.RunFound)
    def _run_found(self, message: messages.RunFound) -> None:
        self.runs.point_at(message.row.key)

    # -- following

    @on(messages.RunsPolled)
    def _runs_polled(self, message: messages.RunsPolled) -> None:
        self.runs.poll(message.page, message.further)
        self.follow_newest()

    def action_follow(self) -> None:
        """Open each newest run as soon as it is there, or stop doing so."""
        if self.following:
            self.stop_following()
            return
        self.following, self._last_followed = True, None
        filtered = " that passes the filter" if self.runs.text else ""
        self._tell(f"Following: the newest run{filtered} is opened as soon as it is there. f stops that.")
        self.follow_newest()
        self.plan_refresh()

    def stop_following(self) -> None:
        """Stay with the run that is shown."""
        if self.following:
            self.following = False
            self._tell("No longer following the newest run.")
            self.plan_refresh()

    def follow_newest(self) -> None:
        """Open the newest run, if it is followed and is not shown yet."""
        newest = self.runs.newest
        if not self.following or newest is None:
            return
        self.runs.point_at(newest.key)
        if self.reader.selected != newest.key and self._last_followed != newest.key:
            self._last_followed = newest.key
            self.reader.case(newest.key, newest.key)

    def plan_refresh(self) -> None:
        """Decide whether and when runs are looked at again."""
        raise NotImplementedError

    # -- workflows and filters

    def action_workflows(self) -> None:
        """Choose the workflow whose runs are listed."""
        if self.reader.backend is None:
            self._tell("The repository is not open yet.", warn=True)
            return
        self._picker = ChooseScreen(
            "Workflows", waiting="Reading the workflows…", what="type a part of its name or file"
        )
        self.app.push_screen(self._picker, self._workflow_chosen)
        self.reader.workflows()

    @on(messages.WorkflowsListed)
    def _workflows_listed(self, message: messages.WorkflowsListed) -> None:
        found = message.workflows
        self.runs.completions.workflows = tuple(each.key for each in found)
        if self._picker is not None and self._picker.is_attached:
            self._picker.fill([Choice("", "All workflows"), *map(_choice_of, found)] if found else [])
            if not found:
                self._picker.say("This repository has no workflow.")

    def say_in_picker(self, problem: BackendProblem) -> bool:
        """Say why the workflows could not be read, where the picker waits for them; return whether it does."""
        if self._picker is None or not self._picker.is_attached:
            return False
        self._picker.say(f"✘ {problem.sentence} {problem.way_out}")
        return True

    def _workflow_chosen(self, key: str | None) -> None:
        self._picker = None
        if key is not None:
            self._show_runs(with_key(self.runs.text, "workflow", key))

    def action_filters(self) -> None:
        """Choose among the saved filters, or save the one in force."""
        place = self._place
        saved = self.remembered.of(place).saved
        choices = [Choice(f"={name}", name, text, text) for name, text in saved.items()]
        if self.runs.text:
            choices.append(Choice("+", "Save the filter in force…", self.runs.text))
        screen = ChooseScreen(
            "Saved filters",
            choices,
            waiting="" if choices else "None yet. Type one with /, then come back here and save it by a name.",
            remove=lambda value: self.remembered.delete_filter(place, value[1:]) if value != "+" else None,
        )
        self.app.push_screen(screen, self._filter_chosen)

    def _filter_chosen(self, value: str | None) -> None:
        if value == "+":
            self.action_save_filter()
        elif value is not None:
            self.use_filter(value[1:])

    def use_filter(self, name: str) -> None:
        """Apply a saved filter."""
        text = self.remembered.of(self._place).saved.get(name)
        if text is not None:
            self._show_runs(text)

    @property
    def saved_filters(self) -> tuple[str, ...]:
        """The names of this repository's saved filters."""
        return tuple(self.remembered.of(self._place).saved)

    def action_save_filter(self) -> None:
        """Ask for a name, and keep the filter in force by it."""
        text = self.runs.text
        if not text:
            self._tell("There is no filter to save: / filters the runs.", warn=True)
            return
        blocks = [field("Filter", defused_line(text))]
        self.app.push_screen(AskScreen("Save the filter by a name", blocks), lambda name: self._save(name, text))

    def _save(self, name: str | None, text: str) -> None:
        if not name:
            return
        if not self.remembered.save_filter(self._place, name, text):
            self._tell("Not saved: a name or filter is long, or looks like a secret, or there are too many.", warn=True)
            return
        for_now = "" if self.remembered.kept else " For this start alone: nothing is remembered here."
        self._tell(f"Saved as {name}: F lists the saved filters.{for_now}")

    def _show_runs(self, text: str) -> None:
        self.reveal_runs(True)
        self.runs.apply(text)
        self.call_after_refresh(self.query_one("#runs").focus)

    def reveal_runs(self, wanted: bool) -> None:
        """Show or hide the list of runs."""
        raise NotImplementedError

    @on(messages.FilterApplied)
    def _filter_applied(self, message: messages.FilterApplied) -> None:
        self.remembered.keep_filter(self._place, message.text)

    def begin_with_remembered(self) -> None:
        """Remember the repository, and begin with its last filter unless there is one already."""
        self.remembered.opened(self._place)
        text = self.remembered.of(self._place).filter
        if text and not self.runs.text:
            self.runs.start_with(text)

    @property
    def _place(self) -> str:
        backend = self.reader.backend
        return place_of(backend.repository_address) if backend is not None else ""

    # -- GitHub's own command line

    def action_rerun_lines(self) -> None:
        """Offer the lines that start the chosen run again, to copy."""
        selection = self.selection
        replay = (selection.column.replay or selection.diagnosis.subject) if selection is not None else None
        if selection is None or replay is None:
            self._tell("No attempt is chosen.", warn=True)
            return
        now, taken = self.clock(), taken_tag(selection.diagnosis) if replay is selection.diagnosis.subject else ""
        lines = gh_lines(replay, selection.path, now, taken)
        if not lines:
            self._tell(why_none(replay, selection.path, now, taken), warn=True)
            return
        self.app.push_screen(ChooseScreen(_title_of(replay), _line_choices(lines), enter=COPIES), self._copy_line)

    def _copy_line(self, line: str | None) -> None:
        if line is not None:
            self.post_message(messages.CopyWanted(line, line))

    def _tell(self, sentence: str, *, warn: bool = False, seconds: float = 6) -> None:
        self.app.notify(
            defused_line(sentence), severity="warning" if warn else "information", markup=False, timeout=seconds
        )


def _choice_of(workflow: WorkflowRow) -> Choice:
    file = workflow.path.rpartition("/")[2]
    state = "" if workflow.state == "active" else f" · {workflow.state.replace('_', ' ')}"
    return Choice(workflow.key, workflow.name or file, f"{file}{state}")


def _line_choices(lines: tuple[GhLine, ...]) -> list[Choice]:
    return [Choice(each.line, each.label, detail=f"{each.line}\n{each.words}") for each in lines]


def _title_of(replay: Replay) -> str:
    return f"Start run #{replay.attempt.run_number} again"
