"""A document of the user's: edit it or open it from a file, and see beside it what it would do. Nothing is changed at AWS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static, TextArea

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import SessionView
from diagnosis.facts.reading import Absent, Known
from diagnosis.policy import Unparsable, read_document
from diagnosis.policy.language.quotas import LARGEST_TRUST_LIMIT, size
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.visible_text import is_shown
from tui import keymap, messages
from tui.backend import Backend, ProposedDocument
from tui.background import reads
from tui.background.jobs import BackgroundJobs
from tui.foreign_text import defused_line, foreign_line
from tui.screens.dialogs.ask import AskScreen
from tui.screens.downloads import stays_closed
from tui.screens.present_size import PresentSize
from tui.widgets.account.document_text import editable_text
from tui.widgets.account.outcome_blocks import outcome_blocks
from tui.widgets.base.blocks import GAP, Block, assemble, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import problem_blocks

if TYPE_CHECKING:
    from diagnosis.what_if.outcome import WhatIf

NEW_PERMISSIONS = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "ecr:GetAuthorizationToken",
      "Resource": "*"
    }
  ]
}"""
NEW_FOR_REPOSITORY = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": "ROLE"},
      "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }
  ]
}"""
NOT_READ = "the one in force was not read"
_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]++")
_LONG = 4 * LARGEST_TRUST_LIMIT
"""Characters from which on a text is read only when it is to be judged."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An edited document, kept until it is saved or given up."""

    text: str
    file: str = ""
    """From which it was opened."""
    saved: bool = False
    result: WhatIf | None = None
    """What it would do, as far as it was judged."""


class ProposedScreen(PresentSize, Screen[Draft | None]):
    """Return the edited text, or None where it is the one in force."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("proposed")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    AUTO_FOCUS = "TextArea"

    def __init__(
        self, backend: Backend, shown: Diagnosis, view: SessionView, document: AccountDocument, draft: Draft | None
    ) -> None:
        super().__init__()
        self.backend, self.shown, self.view, self.document = backend, shown, view, document
        self.in_force = in_force_text(document, view)
        self.file = draft.file if draft is not None else ""
        self.saved_text = draft.text if draft is not None and draft.saved else ""
        """The text that stands in a file."""
        self.result = draft.result if draft is not None else None
        self._start = draft.text if draft is not None else self.in_force
        self._judged_text = self._start if self.result is not None else ""
        self.jobs = BackgroundJobs(self, lambda _kind, _job, _what: None)

    def compose(self) -> ComposeResult:
        """Lay out the text and, beside it or below it, what it would do."""
        with Vertical(classes="panel") as panel:
            panel.border_title = foreign_line(f"What if: {self.name_of_document}")
            panel.border_subtitle = "in memory: nothing is changed at AWS"
            with Horizontal(id="proposed"):
                with Vertical(id="proposed-text"):
                    yield TextArea(self._start, show_line_numbers=True, compact=True)
                    yield Static(id="proposed-state", markup=False)
                yield Page(id="proposed-outcome")
        yield KeyLine()

    def on_mount(self) -> None:
        """Say what can be done here."""
        self._tell()
        self._show_outcome()

    def on_resize(self) -> None:
        """Name the document where the border does not."""
        self.call_after_refresh(self._tell)

    def on_unmount(self) -> None:
        """Stop what is being judged."""
        self.jobs.stop_all()

    @property
    def text(self) -> str:
        """The text as it stands."""
        return self.query_one(TextArea).text

    @property
    def unsaved(self) -> bool:
        """Whether the text is neither in force nor in a file."""
        return self.is_mounted and self.text not in (self.in_force, self.saved_text)

    @property
    def name_of_document(self) -> str:
        """The kind and name of the document that is edited. Partly foreign text."""
        return f"{self.document.kind.value} {self.document.name}".rstrip()

    def _outcome(self) -> Page:
        return self.query_one("#proposed-outcome", Page)

    def _show_outcome(self) -> None:
        """Show what was judged last, also in place of what went wrong since."""
        if self.result is not None:
            self._outcome().show(outcome_blocks(self.result))
        else:
            self._say_first()

    def _say_first(self) -> None:
        self._outcome().show([
            paragraph(("f5 or ^g", "bold $text-accent"), " judges the document: the gates before and after, whom and what it "
                      "newly admits and no longer admits, and what AWS would refuse."),
            GAP,
            paragraph(("^o", "bold $text-accent"), " opens a document from a file, also what ", ("aws iam get-role", "bold"),
                      " and its like printed. ", ("^s", "bold $text-accent"), " saves it as a new file."),
            GAP,
            paragraph(("It is judged in memory, on what was read: AWS is not asked again, and nothing is changed there.",
                       "$text-muted")),
        ])  # fmt: skip

    # -- the text

    @on(TextArea.Changed)
    def _changed(self) -> None:
        area = self.query_one(TextArea)
        clean = inert(area.text)
        if clean != area.text:
            place = area.cursor_location
            area.load_text(clean)
            area.move_cursor(place)
        self._tell()

    def _tell(self) -> None:
        """Say on one line whether the text is a policy; where not, the place."""
        text = self.text
        parts: list[Content] = []
        if self.has_class("-narrow"):
            # There the panel has no border that could name it.
            parts.append(foreign_line(f"{self.name_of_document}  ", "bold $text"))
        if len(text) > _LONG:
            parts.append(Content.styled("? long: it is read when it is judged", "$text-warning"))
        else:
            policy = read_document(text).policy
            if isinstance(policy, Unparsable):
                parts.append(assemble(("✘ ", "bold $text-error"), foreign_line(policy.text)))
            else:
                count = len(policy.statements)
                parts.append(Content.styled(f"✔ {count} statement{'s' if count != 1 else ''}", "$text-success"))
        edited = self._edited_words(text)
        parts.append(Content.styled(f"  {size(text):,} characters without blanks{edited}", "$text-muted"))
        self.query_one("#proposed-state", Static).update(Content("").join(parts))
        stale = self.result is not None and text != self._judged_text
        self._outcome().border_title = "edited since it was judged" if stale else ""
        self._outcome().set_class(stale, "-stale")

    def _edited_words(self, text: str) -> str:
        if text == self.in_force:
            if isinstance(self.document.reading, Known):
                return " · as in force"
            return " · to begin with: " + (
                "none is in force" if isinstance(self.document.reading, Absent) else NOT_READ
            )
        return " · saved" if text == self.saved_text else " · edited, not saved"

    def action_revert(self) -> None:
        """Put the document in force back; undo brings the edited one back."""
        self._replace(self.in_force)

    def _replace(self, text: str) -> None:
        area = self.query_one(TextArea)
        area.replace(text, (0, 0), area.document.end)
        area.move_cursor((0, 0))

    # -- judging

    def action_judge(self) -> None:
        """Judge the text."""
        named = self.document.name if self.document.kind is DocumentKind.INLINE else ""
        if self.document.kind is DocumentKind.MANAGED:
            named = self.document.place or self.document.name
        document = ProposedDocument(self.document.kind, self.text, named, self.view.role_arn, self.file)
        self._wait("judging the document")
        self.jobs.start("what-if", "Judging the document", reads.proposing(self.backend, self.shown, document))

    def _wait(self, words: str) -> None:
        self._outcome().show([Block(foreign_line(words, "bold $text"), Content.styled("◐ ", "$text-accent")), GAP,
                              paragraph(("esc stops", "$text-muted"))])  # fmt: skip

    @on(messages.WhatIfJudged)
    def _judged(self, message: messages.WhatIfJudged) -> None:
        self.result, self._judged_text = message.result, message.text
        self._outcome().show(outcome_blocks(message.result))
        self._tell()

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if message.kind == "what-if" and self.jobs.running("what-if"):
            far = f", {message.progress.done} of {message.progress.total}" if message.progress.total else ""
            self._wait(f"{message.progress.what}{far}")

    @on(messages.WorkEnded)
    def _ended(self, message: messages.WorkEnded) -> None:
        if message.cancelled:
            self._outcome().show([paragraph("Stopped: the document was not judged. f5 judges it.")])

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        self._outcome().show(problem_blocks(message.problem))
        if message.kind == "what-if":
            self.result = None
            self._go_to_fault()

    def _go_to_fault(self) -> None:
        policy = read_document(self.text).policy
        if isinstance(policy, Unparsable) and policy.line is not None:
            self.query_one(TextArea).move_cursor((policy.line - 1, max(0, (policy.column or 1) - 1)), center=True)

    # -- files

    def action_open(self) -> None:
        """Ask for a file and put its document in place of the text."""
        if stays_closed(self.app, "Paste the document here instead."):
            return
        words = [paragraph("A policy document, or what `aws iam get-role`, `get-role-policy` or "
                           "`aws ecr get-repository-policy` printed. Undo (^z) brings the present text back.")]  # fmt: skip
        self.app.push_screen(AskScreen("Open a document", words), self._open_file)

    def _open_file(self, name: str | None) -> None:
        if name:
            self.jobs.start("open", "Reading the file", reads.opening_document(self.backend, Path(name)))

    @on(messages.DocumentOpened)
    def _opened(self, message: messages.DocumentOpened) -> None:
        document = read_document(message.text)
        self.file = message.file
        self._replace(inert(message.text) if isinstance(document.policy, Unparsable) else editable_text(document))
        self._show_outcome()
        self.query_one(TextArea).focus()

    def action_save(self) -> None:
        """Ask for the file to write; a browser takes it as a download."""
        name = file_name(self.document, self.view)
        if self.app.is_web:
            self.app.deliver_text(StringIO(f"{self.text.rstrip()}\n"), save_filename=name)
            self.saved_text = self.text
            self._tell()
            return
        words = [paragraph("A new file; one that is there is not replaced.")]
        self.app.push_screen(AskScreen("Save the document as", words, name), self._save_file)

    def _save_file(self, name: str | None) -> None:
        if name:
            self.jobs.start("save", "Saving", reads.saving_document(self.backend, self.text, Path(name)))

    @on(messages.DocumentSaved)
    def _saved(self, message: messages.DocumentSaved) -> None:
        self.saved_text = message.text
        self.app.notify(defused_line(f"Saved: {message.place}"), markup=False, timeout=6)
        self._show_outcome()
        self._tell()

    def action_close(self) -> None:
        """Stop judging; or go back and keep the text."""
        if self.jobs.stop_all():
            return
        text = self.text
        if text == self.in_force:
            self.dismiss(None)
            return
        result = self.result if text == self._judged_text else None
        self.dismiss(Draft(text, self.file, text == self.saved_text, result))


def in_force_text(document: AccountDocument, view: SessionView) -> str:
    """Return the text to begin with: the document in force, or a beginning where there is none."""
    if isinstance(document.reading, Known):
        return editable_text(document.reading.value)
    if document.kind is DocumentKind.REPOSITORY:
        return NEW_FOR_REPOSITORY.replace("ROLE", defused_line(str(view.role_arn or "*")))
    return NEW_PERMISSIONS


def inert(text: str) -> str:
    """Return the text with what could steer a terminal as JSON writes it: ``\\u202e``. In JSON it means the same."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    # Whole pieces are looked at, since this is done after every key.
    return _NOT_PLAIN.sub(lambda found: "".join(map(_escaped, found.group())), lines)


def _escaped(character: str) -> str:
    if is_shown(character):
        return character
    point = ord(character)
    if point > 0xFFFF:
        high, low = divmod(point - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{point:04x}"


def file_name(document: AccountDocument, view: SessionView) -> str:
    """Return a name for the file: of the kind and what it belongs to, nothing in it that a shell or a folder reads."""
    owner = document.name or (view.role_arn.name if view.role_arn is not None else "")
    name = re.sub(r"[^A-Za-z0-9._]+", "-", f"{document.kind.value} {owner}").strip("-.")
    return f"{name[:100]}.json"
