"""The details of a fleet's line: what the next run meets, who gets in, the wave, what is beyond need, what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from diagnosis.causes import Cause
from diagnosis.fleet.row import RepositoryRow, Status, Stop, WorkflowRow
from diagnosis.gates import Verdict
from diagnosis.names.arn import Arn
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base import signs, times
from tui.widgets.base.blocks import GAP, Block, assemble, bullet, field, heading, paragraph
from tui.widgets.detail.evidence_blocks import missing_blocks
from tui.widgets.fleet.columns import PENDING, newest_sign, place_sign
from tui.widgets.fleet.lines import Row

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")
_PLAIN_ROLE = re.compile(r"[A-Za-z0-9:/+=,.@_-]+")
_MOST_ROLES = 12
_MOST_NEEDS = 12


def blocks_of(row: Row, now: datetime) -> list[Block]:
    """Return everything that is known of a line."""
    if isinstance(row, RepositoryRow):
        return _place_blocks(row)
    return [
        *_next_run(row, now),
        *_forecast(row),
        *_callers(row),
        *_wave(row),
        *_beyond(row),
        *_roles(row),
        *_unknown(row),
        GAP,
        paragraph((f"Read {times.utc(row.read_at, '%d %b %Y %H:%M')} UTC", "$text-muted")),
    ]


def text_of(row: Row, now: datetime) -> str:
    """Return the same as plain text, to be copied."""
    title = f"{row.repository} {row.workflow}" if isinstance(row, WorkflowRow) else row.repository
    lines = (f"{block.first.plain}{block.content.plain}".rstrip() for block in blocks_of(row, now))
    return "\n".join([title, "", *lines]) + "\n"


def _title(verdict: Verdict, words: str, *more: Content) -> Block:
    return heading(assemble((f"{verdict.sign} ", signs.VERDICT_STYLES[verdict]), (words, "bold $text"), *more))


def _next_run(row: WorkflowRow, now: datetime) -> Iterator[Block]:
    how = {
        Verdict.PASS: "The next run would pass every gate that AWS enforces",
        Verdict.FAIL: "The next run would be stopped",
    }.get(row.next_run, "Whether the next run would pass is not known")
    yield _title(row.next_run, "GitHub starts it by nothing" if row.state else how)
    started = assemble(foreign_line(f"{row.event} {row.ref}".strip() or "nothing starts it", "bold $text"))
    source = assemble(" (", foreign(row.source), ")") if row.source else Content("")
    yield field("Started by", started, source)
    if row.newest is not None:
        sign, style = newest_sign(row.newest)
        told = foreign_line(f"{sign} {row.newest.conclusion}", style)
        age = times.age(row.newest.created_at, now)
        yield field("Newest run", told, f", {age if age == 'now' else f'{age} ago'}, run {row.newest.run_id}")
    else:
        yield field("Newest run", ("none is known", "$text-muted"))
    for start in row.starts:
        lead = Content.styled(f"  {start.verdict.sign} ", signs.VERDICT_STYLES[start.verdict])
        yield Block(foreign_line(f"by {start.event} {start.ref}".rstrip()), lead)
    for gate, verdict, reason in row.gates:
        lead = Content.styled(f"{verdict.sign} ", signs.VERDICT_STYLES[verdict])
        said = assemble((gate.label, "$text"), (f" {verdict.value}", signs.VERDICT_STYLES[verdict]))
        yield Block(assemble(said, ": ", foreign(reason)) if reason else said, Content("  ") + lead)


def _forecast(row: WorkflowRow) -> Iterator[Block]:
    if not row.stops:
        return
    count = len(row.stops)
    yield GAP
    yield heading("What reruns would meet" if count == 1 else f"What reruns would meet, {count} things in this order")
    for number, stop in enumerate(row.stops, 1):
        yield from _stop(number, stop)


def _stop(number: int, stop: Stop) -> Iterator[Block]:
    gate = f"{stop.gate.label}, " if stop.gate is not None else ""
    yield Block(
        assemble(
            foreign_line(f"{gate}{stop.checkpoint}", "bold $text"),
            (" · ", "$text-muted"),
            foreign_line(stop.cause, "$text-muted"),
        ),
        Content.styled(f"{number} ", "bold $text-accent"),
    )
    yield paragraph(foreign(stop.reason), indent=2)
    if stop.actions:
        yield field("  Actions", foreign_line(", ".join(stop.actions)))
    if stop.role:
        yield field("  Role", foreign_line(stop.role))
    step = _next_step(stop.cause)
    if step:
        yield field("  Next step", step)


def _next_step(slug: str) -> str:
    """Return the catalogue's words for a cause; a file of others may name one that is not in it."""
    known = Cause.of(slug)
    return known.next_step if known is not None else ""


def _callers(row: WorkflowRow) -> Iterator[Block]:
    callers = row.callers
    yield GAP
    yield _title(callers.verdict, "Who gets in")
    if callers.reason:
        yield paragraph(foreign(callers.reason), indent=2)
    classes = "1 class of tokens" if callers.classes == 1 else f"{callers.classes:,} classes of tokens"
    yield field("  GitHub", f"{classes}, {callers.too_many:,} of them to be refused" if callers.too_many else classes)
    if callers.doors:
        doors = "1 second door" if callers.doors == 1 else f"{callers.doors:,} second doors"
        yield field(
            "  Beside it", f"{doors}, {callers.open_doors:,} of them unbounded" if callers.open_doors else doors
        )
    if callers.gravest:
        yield field("  Furthest", foreign(callers.gravest))


def _wave(row: WorkflowRow) -> Iterator[Block]:
    wave = row.wave
    words = {
        Verdict.FAIL: "Immutable subjects: a trust policy has to change",
        Verdict.PASS: "Immutable subjects: nothing breaks",
    }.get(wave.verdict, "Immutable subjects: not known")
    yield GAP
    yield _title(wave.verdict, words)
    if wave.reason:
        yield paragraph(foreign(wave.reason), indent=2)
    if wave.today:
        yield field("  Today", foreign_line(wave.today))
    if wave.after:
        yield field("  Afterwards", foreign_line(wave.after))
    if wave.role:
        yield field("  Role", foreign_line(wave.role))
    if wave.breaks and (line := _patch_line(row)):
        yield field("  The patch", foreign_line(line, "$text-accent"))


def _patch_line(row: WorkflowRow) -> str:
    """Return the command that tells the patch; none where a name of the file is no name that a shell takes as it is."""
    role = row.wave.role
    arn = Arn.parse(role)
    if not _PLAIN.fullmatch(row.repository) or (role and not (arn and arn.is_role and _PLAIN_ROLE.fullmatch(role))):
        return ""
    return f"planescope migrate --repo {row.repository}{f' --role {role}' if role else ''}"


def _beyond(row: WorkflowRow) -> Iterator[Block]:
    scope = row.scope
    yield GAP
    if scope is None:
        yield heading(assemble((f"{PENDING} ", "$text-muted"), ("Beyond the need", "bold $text")))
        yield paragraph("Judged as soon as all repositories are read: others may use the same roles.", indent=2)
    else:
        yield _title(scope.verdict, "Beyond the need")
        if scope.reason:
            yield paragraph(foreign(scope.reason), indent=2)
        if scope.grants:
            yield field("  Grants", f"{scope.grants:,}, first ", foreign(scope.gravest))
        if scope.users:
            yield field("  Used by", foreign_line(", ".join(scope.users)))
    for item in row.too_broad:
        role = assemble((" · ", "$text-muted"), foreign_line(item.role, "$text-muted")) if item.role else Content("")
        sign = Content.styled(Verdict.FAIL.sign, signs.VERDICT_STYLES[Verdict.FAIL])
        yield bullet(foreign_line(item.cause, "bold $text"), role, sign=sign, indent=2)
        yield paragraph(foreign(item.reason), indent=4)


def _roles(row: WorkflowRow) -> Iterator[Block]:
    if not (row.roles or row.unknown_roles):
        return
    yield GAP
    yield heading("Roles")
    for use in row.roles[:_MOST_ROLES]:
        yield bullet(foreign_line(str(use.role), "bold $text"))
        for action, resource in use.needs[:_MOST_NEEDS]:
            yield paragraph(foreign_line(f"{action} on {resource or 'a resource that is not known'}"), indent=4)
        left = len(use.needs) - _MOST_NEEDS + use.left_out
        if left > 0:
            yield paragraph((f"and {left:,} more needs", "$text-muted"), indent=4)
        for text in use.open_uses:
            yield Block(foreign(text), Content.styled("    ? ", signs.VERDICT_STYLES[Verdict.UNKNOWN]))
    if len(row.roles) > _MOST_ROLES:
        yield paragraph((f"and {len(row.roles) - _MOST_ROLES:,} more roles", "$text-muted"), indent=2)
    for text in row.unknown_roles:
        sign = Content.styled("?", signs.VERDICT_STYLES[Verdict.UNKNOWN])
        yield bullet(foreign_line(text, "bold $text"), ": neither the file nor a log tells which role it is", sign=sign)


def _unknown(row: WorkflowRow) -> Iterator[Block]:
    if not row.unknown:
        return
    count = len(row.unknown)
    yield GAP
    yield heading(f"{count} {'thing' if count == 1 else 'things'} could not be read", "bold $text-warning")
    yield from missing_blocks(row.unknown)


def _place_blocks(row: RepositoryRow) -> list[Block]:
    sign, style = place_sign(row)
    words = {Status.READ: "Not all of its workflows are known"}.get(row.status, row.status.value.replace("-", " "))
    blocks = [heading(assemble((f"{sign} ", style), (words[:1].upper() + words[1:], "bold $text")))]
    if row.reason:
        blocks.append(paragraph(foreign(row.reason), indent=2))
    if row.way_out:
        blocks.append(field("  Way out", foreign(row.way_out)))
    if row.status.passing:
        blocks.append(paragraph("Reading again (r) asks for it once more.", indent=2))
    if row.open_users:
        blocks += [GAP, heading("A workflow of it may use a role that nobody knows of")]
        blocks += [bullet(foreign(text)) for text in row.open_users]
    if row.status is Status.READ:
        blocks += [GAP, field("Workflows", f"{row.workflows:,}, of which {row.releases:,} take AWS credentials")]
    when = times.utc(row.read_at, "%d %b %Y %H:%M")
    return [
        *blocks,
        GAP,
        paragraph((f"Asked {when} UTC" if row.status is not Status.READ else f"Read {when} UTC", "$text-muted")),
    ]
