"""The account screen: every document with what decides in it for the chosen gate and run, who gets in, what is too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import SessionView
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui import keymap, messages
from tui.backend import Backend, RunKey
from tui.background import reads
from tui.background.jobs import BackgroundJobs
from tui.foreign_text import foreign, foreign_line
from tui.job_names import job_names
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import Draft, ProposedScreen
from tui.screens.present_size import PresentSize
from tui.widgets.account.beyond_blocks import beyond_blocks
from tui.widgets.account.caller_blocks import caller_blocks
from tui.widgets.account.document_blocks import document_blocks
from tui.widgets.account.document_list import DocumentList, Entry
from tui.widgets.account.document_text import editable_text
from tui.widgets.account.gate_bar import GateBar
from tui.widgets.base import signs
from tui.widgets.base.blocks import Block, OneLine, assemble, layout, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page, Sheet
from tui.widgets.base.status_page import problem_blocks
from tui.widgets.timeline.columns import attempt_title, first_failing

CALLERS, BEYOND = "Who gets in", "Beyond the need"
EDITABLE = frozenset({
    DocumentKind.TRUST, DocumentKind.INLINE, DocumentKind.MANAGED, DocumentKind.BOUNDARY, DocumentKind.REPOSITORY,
})  # fmt: skip
"""What can be proposed: the judges know where such a document would stand."""
_ABOUT = {Gate.OIDC_TRUST: (DocumentKind.PROVIDER,), Gate.ROLE_ASSUMPTION: (DocumentKind.TRUST,)}
"""The documents that a gate is about; the role's own policies for the others."""
_WEIGHTS = (None, Verdict.PASS, Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.FAIL)
"""From what matters least to what the user has to see first; None where a session asks nothing."""


class AccountScreen(PresentSize, Screen[None]):
    """Show what the account holds for one run of the chain, gate by gate; nothing is asked again, and nothing is changed."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("account")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (160, "-large")]  # noqa: RUF012 - declared by Textual, as an instance variable
    AUTO_FOCUS = "DocumentList"

    def __init__(self, backend: Backend, diagnosis: Diagnosis, chosen: Replay | None, gate: Gate | None) -> None:
        super().__init__()
        self.backend = backend
        self.diagnosis = diagnosis
        replays = diagnosis.replays
        self.place = next((at for at, replay in enumerate(replays) if replay is chosen), len(replays) - 1)
        """Of the run shown, among the attempts of the chain."""
        self.gate = gate
        """The chosen gate; until the run is laid out None may stand for the first that does not pass."""
        self.session: int | None = None
        """The session shown; None stands for the one that decides, until the run is laid out."""
        self.drafts: dict[tuple[str, DocumentKind, str, str], Draft] = {}
        """Documents that were edited and not saved, by role, kind, name and place."""
        self._editor: ProposedScreen | None = None
        """Where a document is edited right now, over this screen."""
        self.jobs = BackgroundJobs(self, lambda _kind, _job, _what: None)
        self._views: dict[RunKey, tuple[SessionView, ...]] = {}
        self._waiting: list[Block] = []
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out the heading, the gates, the list of documents and the page."""
        with Vertical(classes="panel"):
            yield Sheet(id="account-head")
            yield GateBar()
            with Horizontal(id="account"):
                yield DocumentList()
                yield Page(id="account-page")
        yield KeyLine()

    def on_mount(self) -> None:
        """Lay the run's documents out."""
        self._open_run()

    def on_unmount(self) -> None:
        """Stop what is being judged."""
        self.jobs.stop_all()

    # -- what is shown

    @property
    def replay(self) -> Replay:
        """The run shown."""
        return self.diagnosis.replays[self.place]

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        """The sessions of the run shown; empty until they are laid out."""
        return self._views.get(self.replay.attempt.key, ())

    @property
    def view(self) -> SessionView | None:
        """The session shown."""
        return self.sessions[self._at] if self.sessions else None

    @property
    def _at(self) -> int:
        """Which of the sessions is shown."""
        return min(self.session or 0, len(self.sessions) - 1)

    @property
    def entry(self) -> Entry | None:
        """What is chosen in the list."""
        return self.query_one(DocumentList).chosen

    def _open_run(self) -> None:
        if not self.sessions:
            self._waiting = [paragraph(("◐ judging the documents", "$text-muted"))]
            self.jobs.start(
                "account", "Judging the documents", reads.viewing(self.backend, self.diagnosis, self.replay.attempt.key)
            )
        self._show(first=True)

    def _show(self, *, first: bool = False) -> None:
        """Show the session at the gate; ``first``: from the document that decides."""
        view = self.view
        panel = self.query_one(".panel")
        panel.border_title = foreign_line(f"The account for run {attempt_title(self.replay)}")
        self.refresh_bindings()
        listed = self.query_one(DocumentList)
        if view is None:
            self.query_one("#account-head", Sheet).show(self._waiting)
            self.query_one(GateBar).show((), Gate.OIDC_TRUST)
            listed.show(())
            self.query_one("#account-page", Page).show(())
            return
        if self.session is None:
            self.session = self._deciding_session()
            view = self.sessions[self.session]
        if self.gate is None or view.at(self.gate) is None:
            wrong = first_failing(view.gates)
            self.gate = wrong.gate if wrong is not None else view.gates[0].gate
        self.query_one("#account-head", Sheet).show(self._head(view, self.gate))
        self.query_one(GateBar).show(view.gates, self.gate)
        entries = self._entries(view, self.gate)
        listed.show(entries)
        if first:
            listed.cursor = self._first_of(entries, view)
        self._show_page()

    def _deciding_session(self) -> int:
        """Return the session by which the timeline's verdict of the gate stands: the first of the worst."""
        at_gate = [view.at(self.gate) if self.gate is not None else first_failing(view.gates) for view in self.sessions]
        weights = [_WEIGHTS.index(verdict.verdict if verdict is not None else None) for verdict in at_gate]
        return weights.index(max(weights))

    def _other_sessions(self) -> str:
        """Name what does not pass in the sessions that are not shown: the gates of the one shown do not tell it."""
        wrong = [(at, first_failing(view.gates)) for at, view in enumerate(self.sessions, 1) if at != self._at + 1]
        return "".join(f" · session {at} {found.verdict.sign} {found.gate.label}" for at, found in wrong if found)

    def _first_of(self, entries: list[Entry], view: SessionView) -> int:
        """Return the place of the document that decides; where none does, of what the gate is about."""
        marks = view.decides(self.gate) if self.gate is not None else ()
        if marks:
            return next((at for at, entry in enumerate(entries) if entry.document == marks[0].document), 0)
        if self.gate is Gate.LEAST_PRIVILEGE:
            return len(entries) - 1
        kinds = _ABOUT.get(self.gate, (DocumentKind.INLINE, DocumentKind.MANAGED)) if self.gate is not None else ()
        return next((at for at, item in enumerate(view.documents) if item.kind in kinds), 0)

    def _entries(self, view: SessionView, gate: Gate) -> list[Entry]:
        marks = view.decides(gate)
        found = [
            Entry(
                document.name,
                place,
                document,
                tuple(mark for mark in marks if mark.document == place),
                self._key(document) in self.drafts,
            )
            for place, document in enumerate(view.documents)
        ]
        return [*found, Entry(CALLERS), Entry(BEYOND)]

    def _head(self, view: SessionView, gate: Gate) -> list[Block]:
        verdict, role = view.at(gate), view.role_arn
        named = f"{role.name} of {role.account}" if role is not None else "a role that is not known"
        jobs = f" · {job_names(view.jobs)}" if view.jobs else ""
        branch = self.replay.attempt.head_branch or ""
        count = len(self.sessions)
        several = f" · session {self._at + 1} of {count} (s)" if count > 1 else ""
        blocks: list[Block] = [
            OneLine(
                assemble(
                    (f"{attempt_title(self.replay)} ", "bold $text"),
                    foreign_line(f"{branch}{jobs}", "$text"),
                    (several, "$text-accent"),
                    (self._other_sessions(), "bold $text-warning"),
                    foreign_line(f" · {named}", "$text-muted"),
                )
            )
        ]
        if verdict is not None:
            said = assemble("NOW ", signs.verdict_mark(verdict.verdict), " ", foreign(verdict.reason))
            blocks.append(Block(said))
        return blocks

    def _show_page(self) -> None:
        view, entry, page = self.view, self.entry, self.query_one("#account-page", Page)
        if view is None or entry is None:
            return
        blocks, first = self._blocks(view, entry)
        what = (entry.title, entry.document, self.gate, self.session, self.replay.attempt.key)
        same, self._shown = what == self._shown, what
        page.show(blocks, keep_place=same)
        if first and not same:
            self.call_after_refresh(self._bring_into_view, blocks, first)
        self.refresh_bindings()

    def _blocks(self, view: SessionView, entry: Entry) -> tuple[list[Block], int]:
        if entry.content is not None:
            blocks, first = document_blocks(entry.content, entry.marks)
            if entry.edited:
                note = paragraph(("* An edited document is kept: e goes on with it.", "$text-warning"))
                return [note, *blocks], first + 1 if first else 0
            return blocks, first
        return (caller_blocks(view) if entry.title == CALLERS else beyond_blocks(view)), 0

    def _bring_into_view(self, blocks: list[Block], first: int) -> None:
        """Scroll to the first deciding statement, with a line or two before it."""
        page = self.query_one("#account-page", Page)
        above = len(layout(blocks[:first], page.sheet.content_size.width))
        height = page.scrollable_content_region.height
        marked = len(layout(blocks[first : first + 4], page.sheet.content_size.width))
        if above + marked > height:
            page.scroll_to(y=max(0, above - 2), animate=False)

    # -- messages

    @on(messages.SessionsViewed)
    def _viewed(self, message: messages.SessionsViewed) -> None:
        self._views[message.run] = message.sessions
        if message.run == self.replay.attempt.key:
            self._show(first=True)

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if self.view is None:
            far = f" {message.progress.done} of {message.progress.total}" if message.progress.total else ""
            self._wait(f"◐ {message.progress.what}{far} · x stops")

    @on(messages.WorkEnded)
    def _ended(self, message: messages.WorkEnded) -> None:
        if message.cancelled and self.view is None:
            self._wait("Stopped. r judges them again, [ and ] show another run, esc goes back.")

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        if self.view is None:
            self._waiting = problem_blocks(message.problem)
            self._show()

    def _wait(self, words: str) -> None:
        self._waiting = [paragraph(foreign_line(words, "$text-muted"))]
        self._show()

    @on(DocumentList.Moved)
    def _moved(self) -> None:
        self._show_page()

    @on(GateBar.Chosen)
    def _gate_chosen(self, message: GateBar.Chosen) -> None:
        self.gate = message.gate
        self._show(first=True)

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer keys that could do nothing here."""
        view, entry = self.view, self.entry if self.is_mounted else None
        if action == "session":
            return len(self.sessions) > 1
        if action == "deciding":
            return view is not None and self.gate is not None and bool(view.decides(self.gate))
        if action == "propose":
            return entry is not None and entry.content is not None and self._editable(entry.content)
        if action == "copy":
            return entry is not None and entry.content is not None and isinstance(entry.content.reading, Known)
        if action == "cancel":
            return self.jobs.busy
        if action == "again":
            return view is None and not self.jobs.busy
        if action == "view":
            return view is not None
        return True

    def _editable(self, document: AccountDocument) -> bool:
        """Return whether a proposal of this document is judged: its place in the account has to be known."""
        if document.kind is DocumentKind.REPOSITORY:
            return self.view is not None and document.place == str(self.view.account.question.repository_arn)
        if document.kind in (DocumentKind.TRUST, DocumentKind.MANAGED):
            return isinstance(document.reading, Known)
        if document.kind is DocumentKind.INLINE:
            return not isinstance(document.reading, Unreadable)
        return document.kind in EDITABLE

    def action_gate(self, by: int) -> None:
        """Show another gate, from the document that decides there."""
        view = self.view
        if view is None:
            return
        gates = [verdict.gate for verdict in view.gates]
        place = gates.index(self.gate) + by if self.gate in gates else 0
        if not 0 <= place < len(gates):
            self.app.bell()
            return
        self.gate = gates[place]
        self._show(first=True)

    def action_run(self, by: int) -> None:
        """Show another run of the chain."""
        place = self.place + by
        if not 0 <= place < len(self.diagnosis.replays):
            self.app.bell()
            return
        self.place, self.session = place, None
        self._open_run()

    def action_session(self) -> None:
        """Show the next session of the release."""
        self.session = (self._at + 1) % len(self.sessions)
        self._show(first=True)

    def action_deciding(self, by: int) -> None:
        """Go to the next document in which something decides."""
        listed = self.query_one(DocumentList)
        found = [at for at, entry in enumerate(listed.items) if entry.marks]
        if found:
            further = [at for at in found if (at - listed.cursor) * by > 0]
            listed.cursor = (further or found)[0 if by > 0 else -1]

    def action_view(self, name: str) -> None:
        """Go to who gets in, or to what is beyond the need."""
        wanted = CALLERS if name == "callers" else BEYOND
        listed = self.query_one(DocumentList)
        listed.cursor = next(
            (at for at, entry in enumerate(listed.items) if entry.title == wanted and entry.content is None), 0
        )

    def action_copy(self) -> None:
        """Copy the document."""
        document = self.entry.content if self.entry is not None else None
        if document is not None and isinstance(document.reading, Known):
            self.post_message(
                messages.CopyWanted(editable_text(document.reading.value), f"{document.kind.value} {document.name}")
            )

    def action_again(self) -> None:
        """Judge the run's documents again."""
        self._open_run()

    def action_cancel(self) -> None:
        """Stop what is being judged."""
        self.jobs.stop_all()

    # -- documents of the user

    def _key(self, document: AccountDocument) -> tuple[str, DocumentKind, str, str]:
        role = str(self.view.role_arn) if self.view is not None else ""
        # A repository's policy is one for all roles.
        owner = "" if document.kind is DocumentKind.REPOSITORY else role
        return owner, document.kind, document.name, document.place

    def action_propose(self) -> None:
        """Edit the document, or open another in its place."""
        entry, view = self.entry, self.view
        if entry is None or entry.content is None or view is None:
            return
        key = self._key(entry.content)

        def keep(draft: Draft | None) -> None:
            self._editor = None
            if draft is None or draft.saved:
                self.drafts.pop(key, None)
            else:
                self.drafts[key] = draft
            self._show()

        self._editor = ProposedScreen(self.backend, self.diagnosis, view, entry.content, self.drafts.get(key))
        self.app.push_screen(self._editor, keep)

    @property
    def unsaved(self) -> int:
        """How many documents were edited and not saved, also where one is being edited."""
        return len(self._unsaved_names())

    def _unsaved_names(self) -> list[str]:
        names = [f"{kind.value} {name}".rstrip() for _, kind, name, _ in self.drafts]
        if self._editor is not None and self._editor.unsaved and self._editor.name_of_document not in names:
            names.append(self._editor.name_of_document)
        return names

    def action_close(self) -> None:
        """Go back; documents that were edited and not saved are asked about."""
        if not self.drafts:
            self.dismiss(None)
            return
        self.ask_before(lambda: self.dismiss(None))

    def ask_before(self, leave: Callable[[], object]) -> None:
        """Ask whether edited documents are to be left; then leave."""

        def answered(wanted: bool | None) -> None:
            if wanted:
                leave()

        if not isinstance(self.app.screen, LeaveScreen):
            self.app.push_screen(LeaveScreen(self._unsaved_names()), answered)
