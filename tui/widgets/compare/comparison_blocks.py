"""The comparison of two attempts as blocks: gates with their proving lines, the runs row by row, what changed between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from diagnosis.facts.evidence import Origin
from diagnosis.facts.github_context import Commit, CommitsBetween, DeployableRefs, Environment, ProtectionRule, Relation
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.workflow_diff import ChangedLines, FileChange, workflow_changes
from diagnosis.gates import Verdict
from diagnosis.verdicts.chronology import AttemptHistory, ObservedChange, Traced
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.replay import Replay
from tui.backend import Between
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs, times
from tui.widgets.base.blocks import GAP, Block, Pair, assemble, bullet, code, field, heading, paragraph
from tui.widgets.compare import rows as model
from tui.widgets.detail.evidence_blocks import missing_blocks, origin_label
from tui.widgets.timeline.run_titles import RunTitles

LABEL = 13
_MOST_FILES = 20
_MOST_CHANGED_LINES = 60


def head_block(earlier: Replay, later: Replay) -> Block:
    """Return which attempt stands on which side."""
    titles = RunTitles((earlier, later))
    return Pair(_head(earlier, titles), Content("    "), right=_head(later, titles))


def _head(replay: Replay, titles: RunTitles) -> Content:
    attempt = replay.attempt
    sign, style = signs.conclusion_sign(attempt.status, attempt.conclusion)
    name = assemble((f"{sign} ", style), (titles.of(replay), "bold $text"), " ")
    return (name + foreign_line(attempt.head_branch or attempt.event, "bold $text")).truncate(60, ellipsis=True)


def gate_blocks(earlier: Replay, later: Replay) -> list[Block]:
    """Return what became of the failure, then the gates, each with the line that proves it."""
    blocks = [paragraph(foreign(model.sentence_of(earlier, later), "bold $text"))]
    for pair in model.gates_of(earlier, later):
        style = signs.PLANE_STYLES[pair.gate.plane]
        same = "  the same in both" if pair.same else ""
        blocks += [
            Block(
                assemble((pair.gate.label, "bold $text"), (same, "$text-muted")),
                assemble(_mark(pair.same), ("▌ ", style.removeprefix("bold "))),
            ),
            Pair(_verdict(pair.earlier), Content("    "), right=_verdict(pair.later)),
        ]
    return blocks


def run_blocks(earlier: Replay, later: Replay, between: Between | None) -> list[Block]:
    """Return the two runs row by row."""
    blocks = _rows("The runs", model.run_rows(earlier, later, between))
    blocks += _rows("What the release needs", model.need_rows(earlier, later))
    blocks += _rows("Jobs", model.job_rows(earlier, later))
    return blocks


def _mark(same: bool) -> Content:
    return Content.styled("= ", "$text-disabled") if same else Content.styled("≠ ", "bold $text-warning")


def _verdict(verdict: GateVerdict | None) -> Content:
    """Return sign, cause and, below them, the line that proves it; the reason where no line does."""
    if verdict is None:
        return Content.styled("– nothing asked of it", "$text-muted")
    content = signs.verdict_mark(verdict.verdict)
    if verdict.cause:
        content += Content(" ") + foreign_line(verdict.cause, "bold $text")
    proof = model.proof_of(verdict)
    if proof is None:
        told = verdict.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
        return assemble(content, "\n", foreign_line(verdict.reason, "$text-muted")) if told else content
    if proof.origin is not Origin.RECORDED:
        content = assemble(content, " ", origin_label(proof.origin))
    place = f"{proof.line} " if proof.line is not None else ""
    return assemble(content, "\n", (place, "$text-muted"), foreign_line(proof.text.strip(), "$text"))


def _rows(title: str, rows: Sequence[model.Row]) -> list[Block]:
    """Return the rows that differ first; what is the same is said once, in muted words."""
    if not rows:
        return []
    blocks = [GAP, heading(title)]
    for row in sorted(rows, key=lambda row: row.same):
        label = foreign_line(row.label, "$text-muted", width=LABEL - 1).truncate(LABEL, pad=True)
        style = "$text-muted" if row.same else "$text"
        blocks.append(
            Pair(foreign(row.earlier, style), _mark(row.same) + label, right=foreign(row.later, style), same=row.same)
        )
    return blocks


def between_blocks(
    diagnosis: Diagnosis, earlier: Replay, later: Replay, between: Between | None, waiting: str = ""
) -> list[Block]:
    """Return what changed between the two: remediation, workflow file, commits, pull requests, environments."""
    titles = RunTitles((earlier, later))
    blocks = [heading(f"Changed between {titles.of(earlier)} and {titles.of(later)}", "bold $text-accent")]
    blocks += _history(model.history_between(diagnosis, earlier, later))
    blocks += _workflow(workflow_changes(earlier.attempt, later.attempt))
    if between is None:
        return [*blocks, GAP, heading("Commits and environments"), paragraph(foreign(waiting or "not read"), indent=2)]
    blocks += _commits(between.commits)
    for name, environment in between.environments:
        blocks += _environment(name, environment)
    return blocks


def _history(entries: Sequence[AttemptHistory]) -> list[Block]:
    """Return what was done about the failure, observed or stated."""
    blocks = [GAP, heading("Done in between")]
    for entry in entries:
        if entry.statement:
            blocks.append(bullet((f"{entry.traced.value}: ", _traced(entry.traced)), foreign(entry.statement)))
        blocks += [_observed(change) for change in entry.observed]
    if len(blocks) == 2:
        blocks.append(paragraph(("Nothing is on record, observed or stated.", "$text-muted"), indent=2))
    return blocks


def _traced(traced: Traced) -> str:
    return "bold $text-success" if traced is Traced.OBSERVED else "bold $text-warning"


def _observed(change: ObservedChange) -> Block:
    when = f"  {times.utc(change.at, '%d %b %H:%M:%S')} UTC" if change.at else ""
    return bullet(
        ("observed: ", _traced(Traced.OBSERVED)), foreign_line(change.text),
        foreign_line(f" by {change.who}" if change.who else "", "$text-muted"), (when, "$text-muted"),
        (f"  {change.plane.label}", signs.PLANE_STYLES[change.plane]),
    )  # fmt: skip


def _workflow(changes: Reading[tuple[FileChange, ...]]) -> list[Block]:
    blocks = [GAP, heading("Workflow files")]
    if not isinstance(changes, Known):
        return blocks + _gap(changes)
    if not changes.value:
        return [*blocks, paragraph("= the same in both attempts", indent=2)]
    for change in changes.value:
        blocks.append(bullet(foreign_line(change.path, "bold $text"), sign=_mark(False).rstrip()))
        shown = 0
        for place in change.lines:
            if shown > _MOST_CHANGED_LINES:
                blocks.append(paragraph(("further lines differ", "$text-muted"), indent=2))
                break
            shown += len(place.before) + len(place.after)
            blocks += [paragraph((place.summary, "$text-muted"), indent=2), *_lines(place)]
    return blocks


def _lines(place: ChangedLines) -> Iterable[Block]:
    removed = [foreign_line(f"- {line}", "$text-error") for line in place.before[:_MOST_CHANGED_LINES]]
    added = [foreign_line(f"+ {line}", "$text-success") for line in place.after[:_MOST_CHANGED_LINES]]
    return code(Content("\n").join([*removed, *added]))


_RELATIONS = {
    Relation.AHEAD: "the later run stands ahead of the earlier one",
    Relation.BEHIND: "the later run stands behind the earlier one: an older commit",
    Relation.DIVERGED: "the two stand on histories that parted: another branch, or a rewritten one",
}


def _commits(reading: Reading[CommitsBetween]) -> list[Block]:
    blocks = [GAP, heading("Commits")]
    if not isinstance(reading, Known):
        return blocks + _gap(reading)
    found = reading.value
    if found.relation is Relation.IDENTICAL:
        return [*blocks, paragraph("= both ran on ", foreign_line(found.head[:12]), indent=2)]
    count = max(found.total, len(found.commits))
    words = f"{count} commit{'s' * (count != 1)}; {_RELATIONS[found.relation]}"
    blocks.append(Block(Content(words), _mark(False)))
    blocks += [_commit(commit) for commit in found.commits]
    if found.pull_requests:
        blocks += [GAP, heading("Pull requests")]
    for pull in found.pull_requests:
        doubt = "  named by a commit's title only, which anybody can write" if pull.by_title else ""
        blocks.append(
            bullet((f"#{pull.number} ", "$text-accent"), foreign_line(pull.title), (doubt, "$text-muted"), indent=2)
        )
    if found.files:
        blocks += [GAP, heading(f"Files that differ: {len(found.files)}")]
        blocks += [bullet(foreign_line(name), indent=2) for name in found.files[:_MOST_FILES]]
        if len(found.files) > _MOST_FILES:
            blocks.append(paragraph((f"and {len(found.files) - _MOST_FILES} more", "$text-muted"), indent=4))
    if found.html_url:
        blocks.append(paragraph(foreign_line(found.html_url, "$text-accent"), indent=2))
    return blocks + [block for gap in found.unread for block in _gap(gap)]


def _commit(commit: Commit) -> Block:
    when = f"  {times.utc(commit.committed_at)}" if commit.committed_at else ""
    return bullet(
        foreign_line(f"{commit.sha[:8]} ", "$text-accent"), foreign_line(commit.title),
        foreign_line(f"  {commit.author}", "$text-muted"), (when, "$text-muted"), indent=2,
    )  # fmt: skip


_REFS = {
    DeployableRefs.ANY: "every branch and tag may deploy: any workflow of the repository reaches this subject",
    DeployableRefs.PROTECTED: "protected branches may deploy",
    DeployableRefs.LISTED: "listed refs may deploy",
}


def _environment(name: str, reading: Reading[Environment]) -> list[Block]:
    """Return an environment's protection, as it is now."""
    note = ("  as it is now; GitHub keeps no history of it", "$text-muted")
    blocks = [GAP, heading(assemble(("Environment ", "bold $text"), foreign_line(name, "bold $text"), note))]
    if not isinstance(reading, Known):
        return blocks + _gap(reading)
    found = reading.value
    refs = Content(_REFS[found.refs])
    if found.refs is DeployableRefs.LISTED and isinstance(found.policies, Known):
        patterns = ", ".join(f"{policy.kind} {policy.pattern}" for policy in found.policies.value)
        refs = assemble(refs, ": ", foreign_line(patterns or "none"))
    blocks.append(field("  Refs", refs))
    blocks += [field("  Rule", foreign_line(_rule(rule))) for rule in found.rules]
    if not found.rules:
        blocks.append(field("  Rule", ("no protection rule: a job does not wait", "$text-warning")))
    if found.updated_at is not None:
        blocks.append(field("  Changed", f"{times.utc(found.updated_at, '%d %b %Y %H:%M')} UTC"))
    return blocks + ([] if isinstance(found.policies, Known) else _gap(found.policies))


def _rule(rule: ProtectionRule) -> str:
    words = rule.kind.replace("_", " ")
    if rule.wait_minutes:
        words += f", {rule.wait_minutes} min"
    if rule.reviewers:
        words += f": {', '.join(rule.reviewers)}"
    return f"{words}; not by who started the run" if rule.prevent_self_review else words


def _gap(reading: Absent | Unreadable) -> list[Block]:
    if isinstance(reading, Absent):
        return [paragraph("There is none: ", foreign(reading.what), indent=2)]
    return missing_blocks([Missing(reading.what, reading.why, reading.how, reading.permission)])[1:]
