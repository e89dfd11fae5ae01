"""What the summary says: what stopped the run, whether it is still broken, and what a rerun would meet."""

from __future__ import annotations

from textual.content import Content

from diagnosis.documents.credentials import NOT_SIGNED_IN, account_unread
from diagnosis.documents.forecast_labels import ForecastItem, items, labels
from diagnosis.documents.outlook import least_privilege_words, tag_words
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.outlook import Outlook, Prospect, outlook_now
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, RunEnd, end_of
from tui.foreign_text import defused_line, foreign, foreign_line
from tui.widgets.base import signs
from tui.widgets.base.blocks import assemble
from tui.widgets.base.elide import elide
from tui.widgets.timeline.columns import ends_elsewhere, stopping_plane
from tui.widgets.timeline.run_titles import RunTitles

UNCHANGED = "unchanged:"
"""What stands before the places that a rerun meets: none of the changes is made."""
_NAMED = 2
_BRANCHES = (24, 12, 0)
"""Cells for the branch, the first that leaves room for the rest."""


def head_word(diagnosis: Diagnosis) -> str:
    """Return ``Stopped``, or ``Run`` for one that nothing stopped."""
    ended = end_of(diagnosis.subject) if diagnosis.subject is not None else RunEnd(End.RUNNING)
    return "Stopped" if ended.end in (End.GATE, End.ANOTHER, End.UNKNOWN) else "Run"


def stopped(diagnosis: Diagnosis, *, brief: bool = False, width: int = 0) -> Content:
    """Say which plane stopped the subject, and at which gate; where no gate did, say that, and where it stopped.

    ``width``: cells for which the branch is shortened, then the plane left out; 0 shortens no more than a long branch.
    """
    subject = diagnosis.subject
    if subject is None:
        return Content.styled("no attempt was chosen", "$text-muted")
    found = Content("")
    for branch in _BRANCHES:
        found = _stopped(diagnosis, subject, branch, brief=brief, plane=True)
        if not width or found.cell_length <= width:
            return found
    short = _stopped(diagnosis, subject, 0, brief=brief, plane=False)
    return short if short.cell_length <= width else short.truncate(max(0, width), ellipsis=True)


def _stopped(diagnosis: Diagnosis, subject: Replay, branch: int, *, brief: bool, plane: bool) -> Content:
    title = foreign_line(RunTitles(diagnosis.replays).of(subject), "bold $text")
    ref = Content.styled(elide(defused_line(subject.attempt.head_branch or ""), branch), "$text")
    # A workflow is called Release as often as a branch is.
    between = " on " if " " in title.plain else " "
    name = assemble(title, (between, "$text-muted"), ref) if ref.plain else title
    at_plane, ended = stopping_plane(subject), end_of(subject)
    if ended.end is End.ANOTHER or (ended.end is End.UNKNOWN and at_plane in (None, Plane.OTHER)):
        sign, style = signs.conclusion_sign(subject.attempt.status, subject.attempt.conclusion)
        words = ended.brief if brief else ended.sentence()
        return assemble((f"{sign} ", style), name, ": ", foreign_line(words, "bold $text-warning"))
    if at_plane is None:
        sign, style = signs.conclusion_sign(subject.attempt.status, subject.attempt.conclusion)
        word = (subject.attempt.conclusion or subject.attempt.status).replace("_", " ")
        return assemble((f"{sign} ", style), name, " ", foreign_line(word, style))
    where = _failing(subject)
    parts: list[str | Content | tuple[str, str]] = [("✘ ", "bold $text-error"), name]
    if plane or where is None:
        parts += [(" in ", "$text-muted"), (at_plane.label.upper(), signs.PLANE_STYLES[at_plane])]
    if where is not None:
        parts += [(" at ", "$text-muted"), (where.gate.label, "bold $text")]
    return assemble(*parts)


def why_elsewhere(diagnosis: Diagnosis) -> Content | None:
    """Return what is known of a reason that is no gate's, or that is not known to be one's."""
    subject = diagnosis.subject
    stops = end_of(subject).decisive if subject is not None and ends_elsewhere(subject) else ()
    told = next((stop.finding for stop in stops if stop.finding), None)
    return foreign(told.sentence, "$text-muted") if told is not None else None


def _failing(replay: Replay) -> GateVerdict | None:
    return next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)


def still_broken(diagnosis: Diagnosis, *, brief: bool) -> Content:
    """Say what the account says now about the gate that stopped the subject, then about the others."""
    live, subject = diagnosis.live, diagnosis.subject
    if live is None:
        return Content.styled("? not read", "$text-warning")
    if account_unread(diagnosis):
        return Content.styled(f"? not read: {NOT_SIGNED_IN}", "$text-warning")
    recorded = _failing(subject) if subject else None
    first = next((verdict for verdict in live.gates if verdict.verdict is not Verdict.PASS), None)
    now = maybe_verdict_at(live.gates, recorded.gate) if recorded is not None else None
    if now is not None and now.verdict is Verdict.FAIL:
        return _sentence("✘ still broken", "bold $text-error", now, brief=brief)
    if now is not None and now.verdict is not Verdict.PASS:
        return _sentence(f"? {now.verdict.value}", "$text-warning", now, brief=brief)
    mended = "mended" if now is not None else ""
    if first is not None:
        lead = f"{mended}; now " if mended else ""
        word = "fails" if first.verdict is Verdict.FAIL else first.verdict.value
        words = f"{first.verdict.sign} {lead}{word} at {first.gate.label}"
        return _sentence(words, signs.VERDICT_STYLES[first.verdict], first, brief=brief)
    return _every_gate(diagnosis, mended, brief=brief)


def _every_gate(diagnosis: Diagnosis, mended: str, *, brief: bool) -> Content:
    """Return that every gate passes, as no success where something beside the gates is in the way, or ended the run."""
    now = outlook_now(diagnosis)
    if now.stops_at:
        words = f"✘ every gate passes, {now.stops_at[0]} stops it"
        problem = next(each for each in diagnosis.forecast if each.gate is None)
        style = "bold $text-error"
        return assemble((words, style)) if brief else assemble((f"{words}: ", style), foreign(problem.reason))
    if now.unproven:
        return Content.styled(f"? {now.unproven[0]} was not judged", "$text-warning")
    if now.ended_elsewhere:
        return Content.styled("! every gate passes", "$text-warning")
    return Content.styled(f"✔ {mended}, every gate passes" if mended else "✔ every gate passes", "$text-success")


def _sentence(words: str, style: str, verdict: GateVerdict, *, brief: bool) -> Content:
    return assemble((words, style)) if brief else assemble((f"{words}: ", style), foreign(verdict.reason))


def remaining(diagnosis: Diagnosis, *, terse: bool = False) -> list[Content]:
    """Return what a rerun would meet with nothing changed, one item after the other; ``terse`` names the places alone.

    No two items read alike, and none has a number: those of the changes stand beside it. Several contents are a list of places
    behind an introduction; one is a sentence.
    """
    if diagnosis.live is None:
        return [Content.styled("? the live side was not read", "$text-warning")]
    now = outlook_now(diagnosis)
    if account_unread(diagnosis):
        return [Content.styled("? cannot be foretold without the account", "$text-warning")]
    listed = items(diagnosis.forecast)
    if not listed:
        return [_nothing_known(now)]
    if all(problem.gate is Gate.LEAST_PRIVILEGE for problem in diagnosis.forecast):
        return [assemble((_passes_words(now), signs.VERDICT_STYLES[Verdict.UNKNOWN]), _item(listed[0], terse=terse))]
    if len(listed) == 1 and len(diagnosis.forecast) == 1:
        return [assemble(_item(listed[0], terse=terse), (" is all that stops it", "$text-muted"))]
    # What the first lacks, NOW says.
    shown = [
        _item(item, terse=terse or (item is listed[0] and len(item.problems) == 1), closure=True) for item in listed
    ]
    return [Content.styled(UNCHANGED, "$text-muted"), *_one_after_another(shown)]


def _one_after_another(items: list[Content]) -> list[Content]:
    arrow = Content.styled("→ ", "$text-muted")
    return [*items[:1], *(arrow + item for item in items[1:])]


def _nothing_known(now: Outlook) -> Content:
    tag = f"; {tag_words(now)}" if now.taken_tag else ""
    if now.prospect is Prospect.PASSES:
        return foreign_line(f"✔ would meet nothing that fails{tag}", "$text-success")
    if now.prospect is Prospect.PASSES_OPEN:
        return foreign_line(f"! would pass; {least_privilege_words(now)}{tag}", "$text-warning")
    if now.ended_elsewhere and now.all_pass:
        return Content.styled("? would pass the gates; what else ended the run may do so again", "$text-warning")
    return Content.styled("? nothing known would fail, but not all is proved", "$text-warning")


def _passes_words(now: Outlook) -> str:
    return "! would pass; for closure lacks " if now.passes_run else "? is not proved to pass; for closure lacks "


def _stops_a_run(item: ForecastItem) -> bool:
    """Return whether a run can meet it; least privilege stops none."""
    return item.problems[0].gate is not Gate.LEAST_PRIVILEGE


def _item(item: ForecastItem, *, terse: bool, closure: bool = False) -> Content:
    """Return the label, and of how many; ``closure`` marks among others what no run meets and closure needs."""
    count = f"{len(item.problems)}× " if len(item.problems) > 1 else ""
    place = assemble((count, "bold $text"), foreign_line(item.label, signs.PLANE_STYLES[item.problems[0].plane]))
    what = "" if terse else _what(item)
    told = assemble(place, " ", foreign_line(what)) if what and what not in item.label else place
    return assemble(told, (" (closure)", "$text-muted")) if closure and not _stops_a_run(item) else told


def _what(item: ForecastItem) -> str:
    actions = item.actions
    if len(item.problems) > 1 and actions:
        return ", ".join(actions[:_NAMED]) + (f" and {len(actions) - _NAMED} more" if len(actions) > _NAMED else "")
    return actions[0] if len(actions) == 1 else f"{len(actions)} actions" if actions else item.problems[0].cause.value


def each_item(diagnosis: Diagnosis) -> list[Content]:
    """Return one item for each problem of the forecast, in order."""
    told = zip(diagnosis.forecast, labels(diagnosis.forecast), strict=True)
    return _one_after_another(
        [_item(ForecastItem(number, (problem,), name), terse=False) for number, (problem, name) in enumerate(told, 1)]
    )


def path_words(diagnosis: Diagnosis) -> str:
    """Return what stands above the whole list of what a rerun would meet."""
    count = len(diagnosis.forecast)
    met = sum(problem.gate is not Gate.LEAST_PRIVILEGE for problem in diagnosis.forecast)
    if not met:
        return "meets nothing that stops it; for closure lacks"
    if met < count:
        which = "the first" if met == 1 else f"{met} of these {count}"
        return f"would meet {which}; least privilege stops no run, closure needs it"
    if count == 1:
        return "would meet one thing, and nothing after it"
    return f"would meet these {count} one after another, each only when the one before is mended"
