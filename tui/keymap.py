"""Every action of the app, once: bindings, footer, help, palette, settings and the README's table are made from this table.

A key can be remapped by its id, below ``[keys]`` in the user's settings; the help shows the keys in force. A new screen gets
a scope here, takes its bindings from :func:`bindings`, and is then complete in help and palette.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a key does."""

    id: str
    """``scope.name``; the part before the dot says where the key works."""
    keys: str
    """Keys by Textual's names, separated by commas; the first is the one shown."""
    action: str
    label: str
    """One or two words, for the footer."""
    tooltip: str
    """One sentence, for the help and the palette."""
    show: bool = False
    """Whether the footer shows it."""
    palette: bool = False
    """Whether the command palette names it among the first; it offers every action."""
    shown_as: str = ""
    """How the keys read, where their names would not do."""
    otherwise: str = ""
    """One sentence: why nothing happens, where the screen's ``check_action`` says that nothing could."""
    priority: bool = False
    """Whether it works wherever the cursor stands, also in a line that is typed in."""

    @property
    def scope(self) -> str:
        """Where the key works."""
        return self.id.partition(".")[0]


SCOPES: dict[str, str] = {
    "timeline": "The main screen",
    "matrix": "The timeline",
    "runs": "The runs",
    "filter": "The filter of the runs",
    "list": "Lists",
    "page": "Evidence and other pages",
    "log": "The log",
    "compare": "Two attempts side by side",
    "walk": "The walkthrough",
    "account": "The account",
    "proposed": "A document of your own",
    "fleet": "The fleet",
    "leave": "Before edited documents are left",
    "ledger": "The ledger",
    "start": "What is set up",
    "export": "Before the packet is written",
    "choose": "Choosing one of several",
    "dialog": "Dialogs",
    "app": "Everywhere",
}
"""The scopes in the order of the help, with their headings."""

# A table: one key a line.
# fmt: off
KEYS: tuple[Key, ...] = (
    Key("matrix.left", "left,h", "move(0, -1)", "Left", "The attempt before.", shown_as="← ↓ ↑ → h j k l"),
    Key("matrix.down", "down,j", "move(1, 0)", "Down", "The gate below.", shown_as="↓ j"),
    Key("matrix.up", "up,k", "move(-1, 0)", "Up", "The gate above.", shown_as="↑ k"),
    Key("matrix.right", "right,l", "move(0, 1)", "Right", "The attempt after; then NOW and AFTER FIX.", shown_as="→ l"),
    Key("matrix.first", "home,0", "edge(-1)", "First", "The first attempt."),
    Key("matrix.last", "end,dollar_sign", "edge(1)", "Last", "AFTER FIX, the last column.", shown_as="end $"),
    Key("matrix.subject", "space", "judge", "Judge",
        "Judge NOW, forecast and fix for this attempt.", show=True, shown_as="space"),
    Key("matrix.open", "enter", "open_cell", "Open", "Go to the evidence of this cell."),
    Key("list.down", "down,j", "move(1)", "Down", "One line down.", shown_as="↓ j"),
    Key("list.up", "up,k", "move(-1)", "Up", "One line up.", shown_as="↑ k"),
    Key("list.page_down", "pagedown,ctrl+d", "page(1)", "Page down", "One page down."),
    Key("list.page_up", "pageup,ctrl+u", "page(-1)", "Page up", "One page up."),
    Key("list.first", "home,g", "edge(-1)", "First", "To the first line."),
    Key("list.last", "end,G", "edge(1)", "Last", "To the last line loaded; the next page is fetched then."),
    Key("runs.choose", "enter,space", "choose", "Choose", "Diagnose this run and judge NOW for it.", show=True),
    Key("page.down", "down,j", "scroll_down", "Down", "One line down.", shown_as="↓ j"),
    Key("page.up", "up,k", "scroll_up", "Up", "One line up.", shown_as="↑ k"),
    Key("page.page_down", "pagedown,ctrl+d,space", "page_down", "Page down", "One page down."),
    Key("page.page_up", "pageup,ctrl+u", "page_up", "Page up", "One page up."),
    Key("page.first", "home,g", "scroll_home", "Top", "To the top."),
    Key("page.last", "end,G", "scroll_end", "End", "To the end."),
    Key("timeline.filter", "slash", "filter", "Find",
        "Filter the runs: words, or branch:, actor:, event:, status:, workflow:.", show=True, palette=True, shown_as="/"),
    Key("filter.apply", "enter", "submit", "Apply", "Apply the filter, or open the run that the line names.", show=True,
        shown_as="enter"),
    Key("filter.complete", "tab", "complete", "Complete", "Take the completion that is shown.", show=True),
    Key("filter.clear", "escape", "clear", "Clear", "Clear the filter and leave its line.", show=True, shown_as="esc"),
    Key("timeline.workflows", "B", "workflows", "Workflows",
        "Choose the workflow whose runs are listed.", palette=True),
    Key("timeline.filters", "F", "filters", "Saved filters",
        "Choose, save or delete a filter of the runs.", palette=True),
    Key("timeline.follow", "f", "follow", "Follow",
        "Open the newest run as soon as it is there, or stop following.", palette=True),
    Key("timeline.rerun_lines", "R", "rerun_lines", "Rerun lines",
        "The gh lines that start the chosen run again, to copy; nothing is run.", palette=True),
    Key("timeline.runs", "b", "toggle_runs", "Runs", "Show or hide the list of runs.", show=True, palette=True),
    Key("timeline.evidence", "1", "section('evidence')", "Evidence", "The proof of the chosen cell.", palette=True),
    Key("timeline.remediation", "2", "section('remediation')", "Remediation",
        "The smallest change, and its proof.", palette=True),
    Key("timeline.forecast", "3", "section('forecast')", "Forecast",
        "All that reruns would still meet, in order.", palette=True),
    Key("timeline.closure", "4", "section('closure')", "Closure",
        "Whether the chain is closed, rule by rule.", palette=True),
    Key("timeline.unknown", "5", "section('unknown')", "Unknown",
        "What could not be read, why, and the way to it.", palette=True),
    Key("timeline.compare", "a", "compare", "Compare",
        "Compare two attempts: gates, proving lines, runs, and what changed in between.", show=True, palette=True,
        otherwise="There is one attempt alone: nothing stands beside it."),
    Key("timeline.account", "i", "account", "Account",
        "The account's documents, what decides, who gets in, what-if.", show=True, palette=True,
        otherwise="The account was not read."),
    Key("timeline.path", "p", "next_path", "Path",
        "The next remediation path; AFTER FIX follows.", show=True, palette=True,
        otherwise="There is no other path."),
    Key("timeline.form", "d", "next_form", "Form",
        "The remediation as AWS CLI, Terraform, CloudFormation, difference.", palette=True,
        otherwise="There is no remediation to show in another form."),
    Key("timeline.copy_text", "y", "copy_remediation", "Copy",
        "Copy the remediation in the form shown.", show=True, palette=True,
        otherwise="There is no remediation to copy."),
    Key("timeline.copy_address", "c", "copy_address", "Copy address",
        "Copy the address of the chosen proof.", palette=True),
    Key("timeline.open_address", "o", "open_address", "Open", "Open the chosen proof in the browser.", palette=True),
    Key("timeline.log", "v", "view_log", "Log", "The whole job log, at the proving line.", show=True, palette=True,
        otherwise="Nothing is diagnosed yet, so no log is known."),
    Key("timeline.zoom", "z", "zoom", "Zoom", "Give the whole screen to the details, and back.", palette=True,
        otherwise="Nothing is diagnosed yet."),
    Key("timeline.refresh", "r", "refresh_live", "Refresh", "Read runs and account again.", show=True, palette=True),
    Key("timeline.earlier", "left_square_bracket", "stage(-1)", "Stage before",
        "The demo's stage before.", palette=True, shown_as="[",
        otherwise="Only the demo has stages."),
    Key("timeline.later", "right_square_bracket", "stage(1)", "Stage",
        "The demo's next stage.", show=True, palette=True, shown_as="]",
        otherwise="Only the demo has stages."),
    Key("timeline.export", "e", "export", "Export", "Write the evidence packet to disk.", show=True, palette=True,
        otherwise="Nothing is diagnosed yet, so there is nothing to export."),
    Key("timeline.add_run", "plus", "add_run", "Add a run",
        "A run that belongs to this chain, by its address or number.", palette=True, shown_as="+",
        otherwise="Nothing is diagnosed yet, so there is no chain."),
    Key("timeline.leave_out", "minus", "leave_out", "Leave out",
        "The attempt under the cursor does not belong to this chain.", palette=True, shown_as="-",
        otherwise="Nothing is diagnosed yet, so there is no chain."),
    Key("timeline.split", "s", "split", "Split",
        "Another chain begins with the attempt under the cursor.", palette=True,
        otherwise="Nothing is diagnosed yet, so there is no chain."),
    Key("timeline.undo", "u", "undo_correction", "Undo",
        "Take back the last correction of the chain.", show=True, palette=True,
        otherwise="Nothing was corrected by hand."),
    Key("timeline.keep", "w", "keep_corrections", "Keep",
        "Keep what was corrected in a new case file.", show=True, palette=True,
        otherwise="Nothing was corrected by hand, or it stands in a case file already."),
    Key("timeline.ledger", "L", "ledger", "Ledger", "Every call made, with its result and duration.", palette=True),
    Key("timeline.fleet", "O", "fleet", "Fleet",
        "The release workflows of an organization, or of a file of repositories; or an earlier run's file.", palette=True,
        otherwise="The demo and a recording have one repository: nothing else is asked."),
    Key("timeline.walkthrough", "W", "walkthrough", "Walkthrough",
        "Tell the chain shown step by step, for an audience.", palette=True,
        otherwise="Nothing is diagnosed yet, so there is no chain to tell of."),
    Key("timeline.cancel", "escape", "cancel", "Cancel",
        "Stop what is being read; close what is open; clear the filter; then back to the fleet, if it came from there.",
        shown_as="esc"),
    Key("log.find", "slash", "find", "Find", "Find words from here on; capitals make case count.", show=True, shown_as="/"),
    Key("log.next", "n", "step(1)", "Next", "The next line found; after the last the first.", show=True),
    Key("log.previous", "N", "step(-1)", "Previous", "The line found before."),
    Key("log.next_error", "e", "marked('error', 1)", "Error", "The next error.", show=True),
    Key("log.previous_error", "E", "marked('error', -1)", "Error before", "The error before."),
    Key("log.next_warning", "a", "marked('warning', 1)", "Warning", "The next warning."),
    Key("log.previous_warning", "A", "marked('warning', -1)", "Warning before", "The warning before."),
    Key("log.proof", "p", "proof", "Proof", "Back to the line that proves the verdict.", show=True),
    Key("log.fold", "space,enter", "fold", "Fold", "Fold or unfold the group here; a click on its first line does too.",
        show=True, shown_as="space"),
    Key("log.fold_all", "f", "fold_all(True)", "Fold all", "Fold all groups."),
    Key("log.unfold_all", "F", "fold_all(False)", "Unfold all", "Unfold all groups."),
    Key("log.next_step", "right_curly_bracket", "section(1)", "Step", "Where the next step begins.", shown_as="}"),
    Key("log.previous_step", "left_curly_bracket", "section(-1)", "Step before", "Where this step or the one before begins.",
        shown_as="{"),
    Key("log.go_to", "colon,ctrl+g", "go_to", "Line", "To a line by its number.", shown_as=":"),
    Key("log.copy", "y", "copy_lines", "Copy", "Copy the line, or what is selected.", show=True),
    Key("log.copy_address", "c", "copy_address", "Copy address", "Copy GitHub's address of the line."),
    Key("log.open_address", "o", "open_address", "Open", "Open the line on GitHub.", show=True),
    Key("log.save", "s", "save", "Save", "Save the log to a file.", show=True),
    Key("log.wrap", "w", "look('wrap')", "Wrap", "Wrap long lines, or cut them at the edge."),
    Key("log.times", "i", "look('times')", "Times", "Show or hide the times."),
    Key("log.numbers", "number_sign", "look('numbers')", "Numbers", "Show or hide the line numbers.", shown_as="#"),
    Key("log.job", "right_square_bracket", "job(1)", "Job", "The next job of this attempt.", shown_as="]"),
    Key("log.job_before", "left_square_bracket", "job(-1)", "Job before", "The job of this attempt before.", shown_as="["),
    Key("log.down", "down,j", "move(1)", "Down", "One line down.", shown_as="↓ j"),
    Key("log.up", "up,k", "move(-1)", "Up", "One line up.", shown_as="↑ k"),
    Key("log.choose_down", "shift+down,J", "choose(1)", "Choose", "Choose this line and the next.", shown_as="⇧↓ J"),
    Key("log.choose_up", "shift+up,K", "choose(-1)", "Choose", "Choose this line and the one before.", shown_as="⇧↑ K"),
    Key("log.page_down", "pagedown,ctrl+d", "page(1)", "Page down", "One page down."),
    Key("log.page_up", "pageup,ctrl+u", "page(-1)", "Page up", "One page up."),
    Key("log.left", "left,h", "shift(-1)", "Left", "Long lines to their beginning.", shown_as="← h"),
    Key("log.right", "right,l", "shift(1)", "Right", "Long lines to their end.", shown_as="→ l"),
    Key("log.first", "g,home", "edge(-1)", "Top", "To the top.", shown_as="g home"),
    Key("log.last", "G,end", "edge(1)", "End", "To the end.", shown_as="G end"),
    Key("log.close", "escape,v", "close", "Back", "End the search; then back to the timeline.", show=True, shown_as="esc"),
    Key("compare.right_before", "left,h", "later(-1)", "Right before", "On the right the attempt before.", shown_as="← h"),
    Key("compare.right_after", "right,l", "later(1)", "Right",
        "On the right the attempt after.", show=True, shown_as="← →"),
    Key("compare.left_before", "left_square_bracket", "earlier(-1)", "Left before",
        "On the left the attempt before.", shown_as="["),
    Key("compare.left_after", "right_square_bracket", "earlier(1)", "Left",
        "On the left the attempt after.", show=True, shown_as="[ ]"),
    Key("compare.log", "v", "view_log('later')", "Log right", "The log of the right attempt, at the proving line.", show=True),
    Key("compare.log_left", "V", "view_log('earlier')", "Log left", "The log of the left attempt, at the proving line.",
        show=True),
    Key("compare.open_address", "o", "open_address", "Open", "Open the comparison of the commits on GitHub."),
    Key("compare.refresh", "r", "refresh", "Refresh", "Ask GitHub again for what could not be read."),
    Key("compare.close", "escape,a", "close", "Back", "Back to the timeline.", show=True, shown_as="esc"),
    Key("walk.next", "right,l,space,enter,pagedown", "step(1)", "Next", "The next step.", show=True, shown_as="→"),
    Key("walk.back", "left,h,backspace,pageup", "step(-1)", "Back", "The step before.", show=True, shown_as="←"),
    Key("walk.first", "home,g", "edge(-1)", "First", "The first step."),
    Key("walk.last", "end,G", "edge(1)", "Last", "The last step."),
    Key("walk.jump", "1,2,3,4,5,6,7,8,9,0", "jump", "Step",
        "The step of this number; two digits quickly one after the other are one number.", shown_as="1…9"),
    Key("walk.down", "down,j", "scroll(1)", "Down", "The evidence one line down.", shown_as="↓ j"),
    Key("walk.up", "up,k", "scroll(-1)", "Up", "The evidence one line up.", shown_as="↑ k"),
    Key("walk.pause", "p", "pause", "Pause", "Stop the timer, or let it run again.", show=True),
    Key("walk.timer", "m", "timer", "Timer", "Hide the timer, or show it again.", show=True),
    Key("walk.open_address", "o", "open_address", "Open", "Open the step's first proof in the browser.", show=True),
    Key("walk.copy_address", "c", "copy_address", "Copy address", "Copy the address of the step's first proof."),
    Key("walk.log", "v", "view_log", "Log", "The log of the step's attempt, at the proving line.", show=True),
    Key("walk.handout", "e", "handout", "Hand-out",
        "Write the steps with their lines and the addresses of their evidence to a file.", show=True),
    Key("walk.retry", "r", "retry", "Retry", "Read again what could not be read.",
        otherwise="Everything that is told was read."),
    Key("walk.close", "escape,W", "close", "Leave", "Back to the timeline; W comes back to this step.", show=True, shown_as="esc"),
    Key("start.open", "enter", "open", "Open", "Open the repository; without one, type it.", show=True),
    Key("start.type", "o,slash", "type", "Repository", "Type a repository, or paste an address of it.", show=True),
    Key("start.demo", "d", "demo", "Demo", "A real incident, without credentials.", show=True),
    Key("start.again", "r", "again", "Again", "Look again at everything.", show=True),
    Key("start.copy", "c,y", "copy_command", "Copy command",
        "Copy the first command line that is shown, to run it elsewhere.", show=True,
        otherwise="Nothing is missing that a command line obtains."),
    Key("start.close", "escape", "close", "Back", "Leave the line; or go back to the dashboard.", show=True, shown_as="esc",
        otherwise="There is no dashboard behind this yet."),
    Key("account.gate_before", "left,h", "gate(-1)", "Gate", "The gate before.", shown_as="← h"),
    Key("account.gate_after", "right,l", "gate(1)", "Gate", "The gate after: another gate, other deciding statements.",
        show=True, shown_as="← →"),
    Key("account.run_before", "left_square_bracket", "run(-1)", "Run", "The run before.", shown_as="["),
    Key("account.run_after", "right_square_bracket", "run(1)", "Run", "The run after.", show=True, shown_as="[ ]"),
    Key("account.session", "s", "session", "Session", "The next session, or role, of this release.", show=True,
        otherwise="The release has one session."),
    Key("account.next", "n", "deciding(1)", "Deciding", "The next document in which something decides.", show=True,
        otherwise="No document decides at this gate."),
    Key("account.previous", "N", "deciding(-1)", "Deciding", "The deciding document before.",
        otherwise="No document decides at this gate."),
    Key("account.callers", "w", "view('callers')", "Who", "Who gets in, as a table.", show=True),
    Key("account.beyond", "b", "view('beyond')", "Beyond", "What is granted beyond the need.", show=True),
    Key("account.propose", "e,enter", "propose", "Edit", "Edit the document, or open one, and see what it would do.",
        show=True, shown_as="e", otherwise="What another document would do here is not judged."),
    Key("account.copy", "y,c", "copy", "Copy", "Copy the document.", show=True, shown_as="y",
        otherwise="There is no document to copy."),
    Key("account.again", "r", "again", "Again", "Judge the documents again where that was stopped or failed.",
        otherwise="The documents are judged; r on the main screen reads the account again."),
    Key("account.cancel", "x", "cancel", "Stop", "Stop what is being judged.",
        otherwise="Nothing is being judged."),
    Key("account.close", "escape,i", "close", "Back", "Back to the timeline.", show=True, shown_as="esc"),
    Key("proposed.judge", "f5,ctrl+g", "judge", "Judge", "Judge the document: gates, who gets in, what AWS would refuse.",
        show=True, shown_as="f5 ^g"),
    Key("proposed.open", "ctrl+o", "open", "Open", "Open a document from a file.", show=True, shown_as="^o"),
    Key("proposed.save", "ctrl+s", "save", "Save", "Save the document as a new file.", show=True, shown_as="^s"),
    Key("proposed.revert", "ctrl+r", "revert", "In force", "Back to the document in force.", show=True, shown_as="^r"),
    Key("proposed.close", "escape", "close", "Back", "Stop judging; or go back: the edited document is kept.",
        show=True, shown_as="esc"),
    Key("leave.discard", "d", "discard", "Discard", "Leave without what was edited.", show=True),
    Key("leave.close", "escape", "close", "Stay", "Stay, and keep what was edited.", show=True, shown_as="esc"),
    Key("fleet.open", "enter", "open", "Open",
        "Open the workflow in the dashboard, on its newest run; esc comes back to its line.", show=True,
        otherwise="Nothing to open stands under the cursor."),
    Key("fleet.filter", "slash", "filter", "Find",
        "Leave the lines with these words, or with verdict:, gate:, cause:, wave: and the like.", show=True, shown_as="/"),
    Key("fleet.sort", "s", "sort", "Sort", "The next order: gravity, name, gate, callers, wave, beyond need, newest run.",
        show=True),
    Key("fleet.reverse", "R", "reverse", "Reverse", "Turn the order round.", show=True),
    Key("fleet.stop", "x", "stop", "Stop", "Stop reading; the lines that are there stay.", show=True,
        otherwise="Nothing is being read."),
    Key("fleet.again", "r", "again", "Again",
        "Go on where it was stopped; else ask again, for what could not be read or for everything.", show=True,
        otherwise="It is being read: x stops that."),
    Key("fleet.export", "e", "export", "Export", "Write the lines to a file: JSON Lines or CSV.", show=True,
        otherwise="There is no line yet."),
    Key("fleet.open_address", "o", "open_address", "Browser", "Open the newest run, or the repository, on GitHub.", show=True,
        otherwise="There is no line yet."),
    Key("fleet.copy_text", "y", "copy_text", "Copy", "Copy what is told of this line.",
        otherwise="There is no line yet."),
    Key("fleet.copy_address", "c", "copy_address", "Copy address", "Copy the address on GitHub.",
        otherwise="There is no line yet."),
    Key("fleet.zoom", "z", "zoom", "Zoom", "Give the whole screen to the details, and back.",
        otherwise="There is no line yet."),
    Key("fleet.ledger", "L", "ledger", "Ledger", "Every call made, with its result and duration.",
        otherwise="Nothing was asked yet."),
    Key("fleet.other", "O", "other", "Another", "Another organization, file of repositories or earlier run.",
        otherwise="No other fleet can be opened here."),
    Key("fleet.close", "escape", "close", "Back", "Leave the filter, clear it, leave the zoom; then back to the dashboard.",
        show=True, shown_as="esc", otherwise="There is no dashboard behind this; q leaves."),
    Key("ledger.save", "s", "save", "Save", "Save the ledger as JSON lines.", show=True),
    Key("export.write", "enter,w", "write", "Write", "Write the packet.", show=True),
    Key("export.mask", "m", "mask", "Account ids", "Mask account ids, or leave them as they are.", show=True),
    Key("export.reader", "a", "reader", "Reader", "Lay it out for an auditor, an incident or an interviewer.", show=True),
    Key("export.zip", "z", "zip", "Folder or zip", "Write a folder, or one zip file.", show=True),
    Key("export.place", "f", "place", "Where", "Type another folder or name: ~ is home.", show=True),
    Key("export.other", "n", "other_name", "Other name", "Take the nearest name that is free.", show=True,
        otherwise="This name is free."),
    Key("export.replace", "x", "replace", "Replace", "Put it in the place of the older packet that lies there.", show=True,
        otherwise="No older packet lies there."),
    Key("choose.down", "down", "move(1)", "Down", "The next one.", shown_as="↓"),
    Key("choose.up", "up", "move(-1)", "Up", "The one before.", shown_as="↑"),
    Key("choose.page_down", "pagedown", "page(1)", "Page down", "One page down."),
    Key("choose.page_up", "pageup", "page(-1)", "Page up", "One page up."),
    Key("choose.remove", "ctrl+r", "remove", "Delete", "Delete the saved filter under the cursor.", show=True),
    Key("dialog.close", "escape", "close", "Back", "Close it.", show=True, shown_as="esc"),
    Key("dialog.retry", "r", "retry", "Retry", "Try again.", show=True),
    Key("dialog.copy", "c", "copy", "Copy", "Copy what the dialog shows.", show=True),
    Key("dialog.copy_root", "h", "copy_root", "Copy root hash", "Copy the root hash of the packet.", show=True),
    Key("app.help", "question_mark", "help", "Help", "Keys and words.", show=True, palette=True, shown_as="?"),
    Key("app.theme", "t,ctrl+t", "toggle_theme", "Theme", "Light or dark.", palette=True, shown_as="t"),
    Key("app.themes", "T", "change_theme", "Themes", "Choose among all themes.", palette=True),
    Key("app.setup", "S", "setup", "Setup",
        "What is set up: repository, token, AWS identity; open another repository.", palette=True,
        otherwise="Nothing has to be set up for what is shown, or it is shown already."),
    Key("app.palette", "ctrl+p", "command_palette", "palette", "All actions by name.", show=True, priority=True),
    Key("app.next_part", "tab", "focus_next", "Next part", "The next part of the screen."),
    Key("app.part_before", "shift+tab", "focus_previous", "Part before", "The part of the screen before."),
    Key("app.suspend", "ctrl+z", "suspend", "Suspend", "Back to the shell; fg comes back here.", palette=True),
    Key("app.interrupt", "ctrl+c", "help_quit", "Interrupt",
        "Copy marked text; else say which key leaves and which copies."),
    Key("app.quit", "q", "quit", "Quit",
        "Leave at once, whatever is being read; ^q where a line is typed in.", show=True, palette=True),
)
# fmt: on

BY_ID = {key.id: key for key in KEYS}


def bindings(scope: str, *only: str) -> list[BindingType]:
    """Return the Textual bindings of a scope, or of the named ids of any scope."""
    return [_binding(key) for key in KEYS if (key.id in only if only else key.scope == scope)]


def everywhere() -> list[BindingType]:
    """Return the app's bindings for a box over another screen: Textual lets no key pass from there to the app."""
    return [_binding(key, "app.") for key in KEYS if key.scope == "app"]


def _binding(key: Key, owner: str = "") -> BindingType:
    return Binding(
        key.keys,
        f"{owner}{key.action}",
        key.label,
        show=key.show,
        key_display=key.shown_as or None,
        tooltip=key.tooltip,
        id=key.id,
        priority=key.priority,
    )


def unknown_ids(remapped: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of a user's keymap that name nothing."""
    return tuple(identity for identity in remapped if identity not in BY_ID)


_READABLE = {
    "slash": "/", "question_mark": "?", "left_square_bracket": "[", "right_square_bracket": "]", "dollar_sign": "$",
    "left_curly_bracket": "{", "right_curly_bracket": "}", "colon": ":", "number_sign": "#",
    "escape": "esc", "pagedown": "page down", "pageup": "page up", "plus": "+", "minus": "-",
    "left": "←", "right": "→", "up": "↑", "down": "↓", "shift+tab": "⇧tab", "shift+up": "⇧↑", "shift+down": "⇧↓",
}  # fmt: skip


def shown_keys(key: Key, remapped: Mapping[str, str] | None = None) -> str:
    """Return the keys in force as people read them: ``home g``."""
    names = (remapped or {}).get(key.id, key.keys)
    return " ".join(_READABLE.get(name.strip(), name.strip().replace("ctrl+", "^")) for name in names.split(","))
