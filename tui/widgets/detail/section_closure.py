"""The section *Closure*: the chain's status, subject by subject, what lacks with its next step, findings, what is proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.content import Content

from diagnosis.documents.closure import (
    FINDINGS_WORDS,
    LACKING_WORDS,
    SUBJECTS_WORDS,
    anchors_counted,
    is_later,
    lacking_by_reason,
    says_more,
)
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import Closure, RuleVerdict, SubjectState
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, Block, address, assemble, bullet, field, heading, paragraph
from tui.widgets.detail.selection import Selection
from tui.widgets.timeline.run_titles import RunTitles

_MARK = 11
"""Cells that a verdict takes."""
_STEP = Content.styled("→ ", "$text-accent")
_BREACH = ("  breach", "bold $text-error")
_SUBJECT_MARKS = {
    SubjectState.CLOSED: ("✔ closed", "$text-success"),
    SubjectState.NOT_PROVEN: ("? not proven", "$text-warning"),
}


def blocks_of(view: Selection) -> list[Block]:
    """Return status, subjects, rules and findings; what lacks stands before what is proved."""
    closure = view.diagnosis.closure
    if closure is None:
        return [paragraph("This chain was not judged for closure.")]
    sign, style = signs.CLOSURE_STYLES[closure.status]
    titles = RunTitles(view.diagnosis.replays)
    runs = {replay.attempt.html_url: titles.of(replay) for replay in view.diagnosis.replays}
    blocks = [heading(assemble((f"{sign} {closure.status.value}", style))), paragraph(foreign(closure.sentence))]
    blocks += [*_subjects(closure), *_lacking(closure, runs), *_findings(closure, runs), *_proved(closure)]
    if view.diagnosis.anchors:
        where = ("  each in the evidence of a run's outcome", "$text-muted")
        blocks += [GAP, field("Anchors", anchors_counted(view.diagnosis.anchors), where)]
    return blocks


def _subjects(closure: Closure) -> list[Block]:
    if not closure.subjects:
        return []
    blocks = [GAP, heading(SUBJECTS_WORDS)]
    for each in closure.subjects:
        mark = Content.styled(*_SUBJECT_MARKS[each.state]).truncate(13, pad=True)
        told = assemble(foreign_line(each.subject, "bold $text"), "  ", foreign(each.reason, "$text-muted"))
        blocks.append(Block(told, mark))
    return blocks


def _lacking(closure: Closure, runs: Mapping[str, str]) -> list[Block]:
    """Return the rules that do not pass, the first to do first; what lacks for one reason is told once."""
    groups = lacking_by_reason(closure)
    blocks = [GAP, heading(LACKING_WORDS[closure.status], "bold $text-warning")] if groups else []
    for rules in groups:
        short = is_later(rules, closure)
        first, *more = rules
        if more:
            blocks.append(Block(foreign(first.reason, "$text"), _mark(first.verdict)))
        else:
            blocks.append(Block(_named(first), _mark(first.verdict)))
            blocks += [] if short else [_hanging(foreign(first.sentence, "$text-muted"))]
            blocks.append(_hanging(foreign(first.reason, "$text")))
        for rule in rules:
            blocks += [_hanging(_named(rule))] if more else []
            if rule.next_step:
                blocks.append(Block(foreign(rule.next_step, "$text-accent"), Content(" " * _MARK) + _STEP))
        if not short:
            blocks += _proofs((piece for rule in rules for piece in rule.evidence), runs, indent=_MARK)
    return blocks


def _findings(closure: Closure, runs: Mapping[str, str]) -> list[Block]:
    """Return the findings, each with the rule that it turned; words that the rule has already are not said twice."""
    if not closure.integrity:
        return []
    blocks = [GAP, heading(FINDINGS_WORDS, "bold $text-warning")]
    for finding in closure.integrity:
        note = ("  breaks closure", "bold $text-error") if finding.breaks_closure else ""
        turned: Sequence[tuple[str, str] | Content] = (
            (("  turned the rule ", "$text-muted"), foreign_line(finding.rule)) if finding.rule else ()
        )
        sign = Content.styled("!", "$text-warning")
        blocks.append(bullet(foreign_line(finding.slug, "bold $text"), note, *turned, sign=sign))
        if says_more(finding, closure):
            blocks.append(paragraph(foreign(finding.reason), indent=2))
            blocks += _proofs(finding.evidence, runs, indent=2)
    return blocks


def _proved(closure: Closure) -> list[Block]:
    """Return the rules that pass, in a line or two each."""
    if not closure.proved:
        return []
    blocks = [GAP, heading(f"Proved, {len(closure.proved)} of {len(closure.rules)} rules")]
    for rule in closure.proved:
        told = assemble(foreign_line(rule.rule, "$text"), "  ", foreign(rule.reason, "$text-muted"))
        blocks.append(Block(told, Content.styled(f"{rule.verdict.sign} ", signs.VERDICT_STYLES[rule.verdict])))
    return blocks


def _named(rule: RuleVerdict) -> Content:
    """Return title and slug of a rule, and whether its failure is a breach."""
    breach = rule.breach and rule.verdict is Verdict.FAIL
    return assemble(
        foreign_line(rule.title, "bold $text"), (f"  {rule.rule}", "$text-muted"), _BREACH if breach else ""
    )


def _hanging(text: Content) -> Block:
    return paragraph(text, indent=_MARK)


def _proofs(evidence: Iterable[Evidence], runs: Mapping[str, str], *, indent: int) -> list[Block]:
    """Return where the proof lies: attempts of this timeline by the names that it gives them, anything else by its address."""
    addresses = list(dict.fromkeys(piece.address for piece in evidence if piece.address))
    named = [runs[each] for each in addresses if each in runs]
    blocks = [paragraph(foreign_line(", ".join(named), "$text-accent"), indent=indent)] if named else []
    others = [each for each in addresses if each not in runs]
    return blocks + [address(each, indent=indent) for each in others]


def _mark(verdict: Verdict) -> Content:
    return signs.verdict_mark(verdict).truncate(_MARK, pad=True)
