"""Write the text of a case file from a draft, or put what a draft tells into a text that people have written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tomlkit

from diagnosis.closure.case_draft import CaseDraft, DraftChange, DraftMember, Value
from diagnosis.logs.scrub import scrub
from diagnosis.visible_text import visible_line
from probes.case_rewrite import members_of, rewritten

_WIDTH = 126


def new_text(draft: CaseDraft) -> str:
    """Return the text of a new case file: what the chain tells, and as comments what people have to state."""
    return "".join(f"{line}\n" for line in _lines(draft))


def _lines(draft: CaseDraft) -> Iterator[str]:
    members = {member.name: member for member in draft.members}
    yield "# A case file of planescope: what belongs together, and what no record tells."
    yield "# What the runs tell stands below; a line that begins with a number sign waits for you."
    yield ""
    for name in ("title", "repository", "workflow", "branch"):
        if name in members:
            yield _assignment(members.pop(name))
    yield "runs = ["
    for run in draft.runs:
        yield f"    {run.run_id},{_comment(run.told)}"
    yield "]"
    artifacts = members.pop("evidence_artifacts", None)
    if members:
        yield ""
        yield from map(_assignment, members.values())
    if "role_arn" not in members:
        yield '# role_arn = "arn:aws:iam::123456789012:role/NAME"  # the runs do not tell it'
    yield '# expected_account = "123456789012"  # the account in which the release belongs'
    yield ""
    yield "# Where the decision log tells of this chain: the file, the commit at which it is read, the entry's heading."
    yield '# decision_log = "docs/decisions.md"'
    yield f'# decision_log_commit = "{draft.last_commit}"'
    yield '# decision_log_entry = "## YYYY-MM-DD HH:MM UTC - heading"'
    yield ""
    yield "# Where the evidence lies, and which files it holds."
    yield '# evidence_local = "evidence/"'
    yield '# evidence_root = "s3://bucket/prefix/"'
    yield _assignment(artifacts) if artifacts else '# evidence_artifacts = ["provenance.json"]'
    for change in draft.changes:
        yield ""
        yield from _change(change)
    yield ""
    yield "# A grant beyond the need that was made on the way accounts for itself with a reason and a last day."
    yield from ("# [[escalations]]", '# grant = "POLICY"', '# rationale = "why"', "# expires = YYYY-MM-DD")


def _change(change: DraftChange) -> Iterator[str]:
    attempt = f", attempt {change.after_attempt}," if change.after_attempt else ""
    yield f"# {_plain(f'Run {change.after_run}{attempt} {change.failed}')}"
    for observed in change.observed:
        yield f"# {_plain(f'Observed before the next attempt: {observed}')}"
    yield "# [[changes]]"
    yield f"# after_run = {change.after_run}"
    if change.after_attempt:
        yield f"# after_attempt = {change.after_attempt}"
    yield '# text = "what was done"'
    yield '# source = "who says so, or where it is written"'
    yield '# at = "YYYY-MM-DDTHH:MM:SSZ"'


def _assignment(member: DraftMember) -> str:
    return f"{member.name} = {_toml(member.value)}{_comment(member.told)}"


def _toml(value: Value) -> str:
    clean: Any = (
        [scrub(item) if isinstance(item, str) else item for item in value] if isinstance(value, tuple) else value
    )
    return tomlkit.item(scrub(clean) if isinstance(clean, str) else clean).as_string()


def _comment(told: str) -> str:
    return f"  # {_plain(told)}" if told else ""


def _plain(text: str) -> str:
    """Return foreign text as it may stand in a comment: on one line, cut, without a secret."""
    line = " ".join(visible_line(scrub(text)).split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def updated_text(text: str, draft: CaseDraft, shown: str, *, replace: bool) -> tuple[str, tuple[str, ...]]:
    """Put what a draft tells into a case file's text, and say what differs from what stands there. Raises CaseFileError.

    Members that lack are added and runs are united; ``replace`` puts in what the runs tell where the file states another value.
    The places for statements about runs that the text does not name come last.
    """
    stated = members_of(text, shown)
    members: dict[str, Any] = {}
    told = []
    for member in (*draft.members, DraftMember("runs", tuple(run.run_id for run in draft.runs))):
        new: Any = list(member.value) if isinstance(member.value, tuple) else member.value
        old = stated.get(member.name)
        if member.name == "title" and old is not None:
            continue
        if isinstance(old, list) and isinstance(new, list):
            new = [*old, *(item for item in new if item not in old)]
        if old == new:
            continue
        if old is not None and not isinstance(old, list):
            told.append(f"{member.name} is {old}, and the runs tell {new}: {'replaced' if replace else 'kept'}.")
            if not replace:
                continue
        members[member.name] = new
    written = rewritten(text, members, shown)
    places = [change for change in draft.changes if str(change.after_run) not in text]
    return _with_places(written, places), tuple(told)


def _with_places(text: str, places: Sequence[DraftChange]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line for change in places for line in ("", *_change(change))]
    if not lines:
        return text
    return text.rstrip("\r\n") + end + end.join(lines) + end
