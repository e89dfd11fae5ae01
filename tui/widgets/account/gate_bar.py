"""The gates on one line, each with its verdict; the chosen one stands out, a click chooses."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from diagnosis.gates import Gate
from diagnosis.verdicts.gate_verdict import GateVerdict
from tui.widgets.base import signs

SHORT_GATES = {
    Gate.OIDC_TRUST: "OIDC trust",
    Gate.ROLE_ASSUMPTION: "Role",
    Gate.REGISTRY_AUTHORIZATION: "Registry",
    Gate.SERVICE_AUTHORIZATION: "Services",
    Gate.LEAST_PRIVILEGE: "Privilege",
}


class GateBar(Widget):
    """Name the gates that the session has."""

    DEFAULT_CSS = "GateBar { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: clip; }"

    class Chosen(Message):
        """The user wants another gate."""

        def __init__(self, gate: Gate) -> None:
            super().__init__()
            self.gate = gate

    def __init__(self) -> None:
        super().__init__()
        self._verdicts: tuple[GateVerdict, ...] = ()
        self._gate: Gate | None = None
        self._places: list[tuple[int, int, Gate]] = []

    def show(self, verdicts: tuple[GateVerdict, ...], gate: Gate) -> None:
        """Show verdicts and the chosen gate."""
        self._verdicts, self._gate = verdicts, gate
        self.refresh()

    def render(self) -> RenderResult:
        """Draw sign and name of each; short names where the line is short."""
        whole = [self._part(verdict, verdict.gate.label) for verdict in self._verdicts]
        if sum(part.cell_length for part in whole) > self.content_size.width:
            whole = [self._part(verdict, SHORT_GATES[verdict.gate]) for verdict in self._verdicts]
        self._places, left = [], 0
        for verdict, part in zip(self._verdicts, whole, strict=True):
            self._places.append((left, left + part.cell_length, verdict.gate))
            left += part.cell_length
        return Content("").join(whole)

    def _part(self, verdict: GateVerdict, name: str) -> Content:
        here = verdict.gate is self._gate
        style = signs.VERDICT_STYLES[verdict.verdict]
        part = Content.assemble((f" {verdict.verdict.sign} ", style), (f"{name} ", "bold $text" if here else "$text"))
        return part.stylize_before("on $surface-active underline") if here else part

    def on_click(self, event: events.Click) -> None:
        """Choose a gate by mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            for left, right, gate in self._places:
                if left <= offset.x < right:
                    self.post_message(self.Chosen(gate))
