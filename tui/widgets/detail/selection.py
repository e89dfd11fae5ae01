"""What the user has selected (cell, path and form) with the evidence, addresses and text that belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.remediation import Remediation
from tui.foreign_text import defused_line
from tui.widgets.timeline.columns import Cell, Column, Side, path_at


class Section(StrEnum):
    """The sections of the details, in the order of their keys ``1`` to ``5``."""

    EVIDENCE = "evidence"
    REMEDIATION = "remediation"
    FORECAST = "forecast"
    CLOSURE = "closure"
    UNKNOWN = "unknown"


class RemediationForm(StrEnum):
    """The forms in which a remediation can be shown and copied."""

    AWS_CLI = "AWS CLI"
    TERRAFORM = "Terraform"
    CLOUDFORMATION = "CloudFormation"
    DIFFERENCE = "Difference"


FORMS = tuple(RemediationForm)


@dataclass(frozen=True, slots=True)
class Selection:
    """The diagnosis with the selected cell, path and form: all that a section needs to know."""

    diagnosis: Diagnosis
    column: Column
    cell: Cell
    path_index: int = 0
    form: RemediationForm = RemediationForm.AWS_CLI

    @property
    def verdict(self) -> GateVerdict | None:
        """The verdict of the cell; None on the outcomes and on an empty side."""
        return self.column.at(self.cell.gate) if self.cell.gate is not None else None

    @property
    def path(self) -> Path | None:
        """The remediation path shown."""
        return path_at(self.diagnosis, self.path_index)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What proves the cell, the best first: for an outcome what stopped the run, for a blocked gate what blocked it."""
        if self.verdict is not None:
            return self.verdict.evidence or (self.blocked_by.evidence if self.blocked_by is not None else ())
        replay = self.column.replay
        if replay is None or self.cell.gate is not None:
            return ()
        stopped = replay.stopped_by
        if stopped is not None and stopped.evidence is not None:
            return (stopped.evidence,)
        failing = (verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL)
        return next((verdict.evidence for verdict in failing), ())

    @property
    def blocked_by(self) -> GateVerdict | None:
        """The gate that failed before this cell's, where the cell was not reached."""
        if self.verdict is None or self.verdict.verdict is not Verdict.BLOCKED:
            return None
        return next((verdict for verdict in self.column.gates if verdict.verdict is Verdict.FAIL), None)

    @property
    def log_line(self) -> Evidence | None:
        """The log line to jump to."""
        return next((piece for piece in self.evidence if piece.kind is EvidenceKind.LOG_LINE), None)

    def addresses(self) -> Iterator[str]:
        """Yield the addresses of the proof, the best first; the run itself last."""
        for piece in self.evidence:
            if piece.address:
                yield piece.address
        replay = self.column.replay or (self.diagnosis.subject if self.column.side is not Side.RECORDED else None)
        if replay is not None and replay.attempt.html_url:
            yield replay.attempt.html_url

    @property
    def address(self) -> str | None:
        """The address to copy."""
        return next(self.addresses(), None)

    @property
    def web_address(self) -> str | None:
        """The address to open: https only, whatever the record says."""
        return next((address for address in self.addresses() if address.startswith("https://")), None)

    def copy_text(self) -> str:
        """Return the path's remediations in the selected form, each under a comment with its title; empty where there is none."""
        if self.path is None:
            return ""
        return "\n\n".join(
            f"# {defused_line(remediation.title)}\n{written}"
            for remediation in self.path.remediations
            if (written := form_text(remediation, self.form) or _commented(remediation.words))
        )


def form_text(remediation: Remediation, form: RemediationForm) -> str:
    """Return a remediation in one form; empty where it has none."""
    return {
        RemediationForm.AWS_CLI: remediation.aws_cli,
        RemediationForm.TERRAFORM: remediation.terraform,
        RemediationForm.CLOUDFORMATION: remediation.cloudformation,
        RemediationForm.DIFFERENCE: remediation.difference,
    }[form]


def _commented(words: str) -> str:
    """Return words as comment lines, so that pasting them into a shell does nothing."""
    return "\n".join(f"# {defused_line(line)}" for line in words.splitlines())
