"""The help: every key, made from the keymap, and the words that the screens use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen

from diagnosis.gates import ALL_GATES, Plane, Verdict
from tui import keymap
from tui.foreign_text import foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, field, heading, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.summary.smallest_change import LATER, SHORT_NAMES

PLANE_WORDS = {
    Plane.AUTHENTICATION: "May this run become the role at all? GitHub's token, the provider, the trust policy.",
    Plane.AUTHORIZATION: "May the role, once assumed, do what the release needs? Identity policies, boundary, repository policy.",
    Plane.REGISTRY_STATE: "No permission is missing: the repository is absent, the tag immutable, a quota reached.",
    Plane.OTHER: "Another registry, another cloud, another service, or no access failure at all.",
}
GATE_WORDS = (
    "The run can obtain a token, and the account has a provider that trusts its issuer and audience.",
    "The trust policy of the role admits the subject that this run presents.",
    "The role may log in to ECR, push, pull and read what the release pushes.",
    "The role may do what the steps call at other services: ECS, S3, SSM, the Terraform state. Only where there are such calls.",
    "The role is granted what the release needs, and nothing beyond it.",
)
VERDICT_WORDS = {
    Verdict.PASS: "Proved open. Only this opens a gate.",
    Verdict.FAIL: "Proved shut, with the reason and the proof.",
    Verdict.BLOCKED: "An earlier gate failed, so this one was not reached.",
    Verdict.UNKNOWN: "Could not be decided; says what is missing and how to obtain it.",
}
TIMELINE_WORDS = {
    "#12": "What was recorded of run 12; #12.2 is its second attempt.",
    "◆": "The attempt for which NOW is judged; space chooses another.",
    "NOW ┃": "What the account says at this moment. Never mixed with the record.",
    "▲": "Behind NOW: failed in a run, and passes today.",
    "▼": "Behind NOW: passed in a run, and fails today.",
    "AFTER FIX ║": "All gates judged again in memory, after the changes of the path shown.",
}


class HelpScreen(PresentSize, Screen[None]):
    """Show keys on the left and words on the right, or one below the other on a narrow screen."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("", "dialog.close")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    AUTO_FOCUS = "#help-keys"

    def __init__(self, remapped: Mapping[str, str], here: Sequence[str] = ()) -> None:
        super().__init__()
        self._remapped = remapped
        self._here = here
        """The scopes of the screen from which the help was opened."""

    def compose(self) -> ComposeResult:
        """Lay out two pages."""
        with Container(id="help"):
            keys = Page(key_blocks(self._remapped, self._here), id="help-keys", classes="panel")
            keys.border_title = "Keys"
            words = Page(word_blocks(), id="help-words", classes="panel")
            words.border_title = "Words"
            yield keys
            yield words
        yield KeyLine()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def key_blocks(remapped: Mapping[str, str], here: Sequence[str] = ()) -> list[Block]:
    """Return every key under the heading of the place where it works; those that are ``here`` come first."""
    blocks: list[Block] = []
    ordered = [*here, *(scope for scope in keymap.SCOPES if scope not in here)]
    for scope, title in ((scope, keymap.SCOPES[scope]) for scope in ordered):
        blocks += [*([GAP] if blocks else []), heading(title, "bold $text-accent")]
        for key in keymap.KEYS:
            if key.scope == scope:
                keys = foreign_line(keymap.shown_keys(key, remapped), "bold $text").truncate(
                    13, pad=True, ellipsis=True
                )
                blocks.append(Block(Content(key.tooltip), Content("  ") + keys + Content(" ")))
    return blocks


def word_blocks() -> list[Block]:
    """Return what stands on the timeline, planes, gates, verdicts and owners, each explained in one sentence."""
    blocks = [heading("On the timeline", "bold $text-accent")]
    blocks += [field(f"  {name}", words, width=14) for name, words in TIMELINE_WORDS.items()]
    blocks += [GAP, heading("Planes and their gates", "bold $text-accent")]
    for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION):
        blocks += [
            paragraph((plane.label, signs.PLANE_STYLES[plane]), indent=2),
            paragraph(PLANE_WORDS[plane], indent=4),
        ]
        for gate in ALL_GATES:
            if gate.plane is plane:
                blocks += [paragraph(("▌ ", signs.PLANE_STYLES[plane]), (gate.label, "bold $text"), indent=4)]
                blocks += [paragraph(GATE_WORDS[gate.order], indent=6)]
    for plane in (Plane.REGISTRY_STATE, Plane.OTHER):
        blocks += [
            paragraph((plane.label, signs.PLANE_STYLES[plane]), indent=2),
            paragraph(PLANE_WORDS[plane], indent=4),
        ]
    blocks += [GAP, heading("Verdicts", "bold $text-accent")]
    for verdict, words in VERDICT_WORDS.items():
        blocks.append(Block(Content(words), Content("  ") + signs.verdict_mark(verdict).truncate(12, pad=True)))
    blocks += [GAP, heading("Owners", "bold $text-accent")]
    blocks += [field(f"  {name}", owner.value, width=14) for owner, name in SHORT_NAMES.items()]
    blocks.append(field(f"  {LATER}", "what tightens: the run passes without it, closure needs it", width=14))
    blocks += [GAP, heading("Marks", "bold $text-accent")]
    blocks.append(field("  = ≠", "In the comparison: the same in both attempts, or not.", width=16))
    blocks.append(field("  reconstructed", "Part of the recording that was written around the public facts.", width=16))
    blocks.append(field("  stated", "Somebody says so; nothing observed it.", width=16))
    return blocks
