"""Closure and anchors as text: what lacks first, with its next step, then what is proved in a line each."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding

from diagnosis.documents.closure import (
    FINDINGS_WORDS,
    LACKING_WORDS,
    SUBJECTS_WORDS,
    anchors_by_state,
    anchors_counted,
    is_later,
    lacking_by_reason,
    says_more,
)
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import Anchor, AnchorState
from diagnosis.verdicts.closure import Closure, RuleVerdict, SubjectState
from tui.cli.console import Lines, Text, printable
from tui.cli.reports.verdict_styles import STYLES

_SUBJECT_STYLES = {SubjectState.CLOSED: ("✔", "green"), SubjectState.NOT_PROVEN: ("?", "yellow")}
_ANCHOR_STYLES = {
    AnchorState.VERIFIED: ("✔", "green"),
    AnchorState.STATED: ("–", "default"),
    AnchorState.UNVERIFIABLE: ("?", "yellow"),
}
_MOST_ADDRESSES = 3


def show_closure(closure: Closure, console: Console) -> None:
    """Print the status, the subjects, the rules that lack with their next steps, the findings, and what is proved."""
    _heading(f"Closure: {closure.status.value}", console)
    _print(Text(closure.sentence), console)
    if closure.subjects:
        _print(Text(f"{SUBJECTS_WORDS}:"), console)
    for each in closure.subjects:
        sign, style = _SUBJECT_STYLES[each.state]
        line = Text(f"{sign} {each.state.value} ", style=style)
        _print(line.append(f"{each.subject}: {each.reason}", style="default"), console, 4)
    groups = lacking_by_reason(closure)
    if groups:
        _print(Text(f"{LACKING_WORDS[closure.status]}:"), console)
    for rules in groups:
        _lacking(rules, console, short=is_later(rules, closure))
    if closure.integrity:
        _print(Text(FINDINGS_WORDS), console)
    for finding in closure.integrity:
        turned = f", turned {finding.rule}" if finding.rule else ""
        said = (
            f"{finding.reason} ({finding.slug}{turned})" if says_more(finding, closure) else f"{finding.slug}{turned}"
        )
        _print(Text(f"! {said}", style="yellow"), console, 4)
    if closure.proved:
        _print(Text(f"Proved, {len(closure.proved)} of {len(closure.rules)} rules:"), console)
    for rule in closure.proved:
        line = Text(f"{rule.verdict.sign} ", style=STYLES[rule.verdict])
        line.append(f"{rule.rule}: {rule.reason}", style="default")
        _print(line, console, 4)


def show_anchors(anchors: tuple[Anchor, ...], console: Console) -> None:
    """Print what of the chain can be checked, and how far it was; first what nobody should rely on."""
    if not anchors:
        return
    _heading(f"Anchors: {anchors_counted(anchors)}", console)
    for anchor in anchors_by_state(anchors):
        sign, style = _ANCHOR_STYLES[anchor.state]
        line = Lines(f"{sign} {anchor.state.value} ", style=style)
        line.append(printable(f"{anchor.kind.value} {anchor.value}: {anchor.reason}"), style="default")
        if anchor.url and anchor.url != anchor.value:
            line.append(f"\n│ at {printable(anchor.url)}", style="bright_black")
        if anchor.sha256:
            line.append(f"\n│ sha256:{printable(anchor.sha256)}", style="bright_black")
        _print(line, console)


def _lacking(rules: tuple[RuleVerdict, ...], console: Console, *, short: bool) -> None:
    first, *more = rules
    head = Text(f"{first.verdict.sign} {first.verdict.value} ", style=STYLES[first.verdict])
    _print(head.append(first.reason if more else _named(first), style="default" if more else "bold"), console, 4)
    if not more:
        if first.sentence and not short:
            _print(Text(f"asks: {first.sentence}", style="bright_black"), console, 6)
        _print(Text(first.reason), console, 6)
    for rule in rules:
        if more:
            _print(Text(_named(rule), style="bold"), console, 6)
        if rule.next_step:
            _print(Text(f"→ {rule.next_step}"), console, 6)
    for address in () if short else _addresses([piece for rule in rules for piece in rule.evidence]):
        _print(Text(f"│ at {address}", style="bright_black"), console, 6)


def _named(rule: RuleVerdict) -> str:
    return f"{rule.title} ({rule.rule}){' (breach)' if rule.breach and rule.verdict is Verdict.FAIL else ''}"


def _addresses(evidence: list[Evidence]) -> list[str]:
    """Return where the proof lies, each address once; of many the first."""
    found = list(dict.fromkeys(piece.address for piece in evidence if piece.address))
    more = len(found) - _MOST_ADDRESSES
    return [*found[:_MOST_ADDRESSES], *([f"{more} more places (JSON has them all)"] if more > 0 else [])]


def _heading(text: str, console: Console) -> None:
    console.print()
    console.print(Text(printable(text), style="bold"))


def _print(line: Text, console: Console, indent: int = 2) -> None:
    console.print(Padding(line, (0, 0, 0, indent)))
