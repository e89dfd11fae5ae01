"""What a chain tells of the members of a case file, and which of them people have to state: a draft for them to complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.closure.history import history_of
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Verdict
from diagnosis.verdicts.replay import Fact, Replay, RunFacts

Value: TypeAlias = "str | int | tuple[str, ...] | tuple[int, ...]"


@dataclass(frozen=True, slots=True)
class DraftMember:
    """A member of a case file that the chain tells."""

    name: str
    value: Value
    told: str = ""
    """By what, in a few words; foreign text may be in it."""


@dataclass(frozen=True, slots=True)
class DraftRun:
    """A run of the chain, and how its attempts ended."""

    run_id: int
    told: str


@dataclass(frozen=True, slots=True)
class DraftChange:
    """A failure that somebody has answered, or has to answer: the place for a statement of what was done."""

    after_run: int
    after_attempt: int | None
    """None where the run has one attempt in the chain."""
    failed: str
    observed: tuple[str, ...]
    """What GitHub's own record shows to have changed before the next attempt."""


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """Everything that a chain tells of a case."""

    members: tuple[DraftMember, ...]
    runs: tuple[DraftRun, ...]
    changes: tuple[DraftChange, ...]
    last_commit: str
    """The commit of the last attempt: at it, or at a later one, the decision log may be read."""


def draft_of(replays: Sequence[Replay]) -> CaseDraft:
    """Draft the case of a chain that has at least one attempt."""
    attempts = [replay.attempt for replay in replays]
    runs = tuple(dict.fromkeys(attempt.run_id for attempt in attempts))
    return CaseDraft(
        members=tuple(_members(replays)),
        runs=tuple(DraftRun(run, _told(replays, run)) for run in runs),
        changes=_changes(replays, attempts),
        last_commit=attempts[-1].head_sha,
    )


def _members(replays: Sequence[Replay]) -> list[DraftMember]:
    first, last = replays[0].attempt, replays[-1].attempt
    found = [
        DraftMember("title", f"{first.workflow_name or first.workflow_file_name}, {first.created_at:%Y-%m-%d}"),
        DraftMember("repository", first.repository.full_name),
        DraftMember("workflow", first.workflow_file_name),
    ]
    if last.head_branch and all(replay.attempt.head_branch == last.head_branch for replay in replays):
        found.append(DraftMember("branch", last.head_branch))

    def fact(name: str, read: Callable[[RunFacts], Fact[object] | None], *, at_home: str = "") -> None:
        for replay in reversed(replays):
            told = read(replay.facts)
            if told is not None:
                if str(told.value) != at_home:
                    found.append(DraftMember(name, str(told.value), f"run {replay.attempt.run_id}"))
                return

    fact("role_arn", lambda facts: facts.role_arn)
    fact("region", lambda facts: facts.region)
    fact("audience", lambda facts: facts.audience, at_home=AWS_AUDIENCE)
    fact("environment", lambda facts: facts.environment)
    found += _registry(replays)
    fact("ecr_repository", lambda facts: facts.repository)
    fact("tag", lambda facts: facts.tag)
    fact("digest", lambda facts: facts.digest)
    names = tuple(dict.fromkeys(_evidence_files(last)))
    if names:
        found.append(DraftMember("evidence_artifacts", names, f"the artifacts of run {last.run_id}"))
    return found


def _registry(replays: Sequence[Replay]) -> list[DraftMember]:
    """Return the registry's account, where it is another one than the role's."""
    for replay in reversed(replays):
        facts = replay.facts
        account = facts.registry.value.account if facts.registry else None
        if account is not None:
            own = facts.role_arn.value.account if facts.role_arn else None
            return [] if account == own else [DraftMember("registry_id", account, f"run {replay.attempt.run_id}")]
    return []


def _evidence_files(attempt: Attempt) -> list[str]:
    artifacts = attempt.artifacts.value if isinstance(attempt.artifacts, Known) else ()
    return [name for artifact in artifacts for name, _ in artifact.files]


def _told(replays: Sequence[Replay], run: int) -> str:
    of_run = [replay for replay in replays if replay.attempt.run_id == run]
    ends = [replay.attempt.conclusion or replay.attempt.status for replay in of_run]
    attempts = f"attempts 1 to {len(ends)}: " if len(ends) > 1 else ""
    return f"{attempts}{', '.join(ends)} on {of_run[-1].attempt.ref or 'no ref'}"


def _changes(replays: Sequence[Replay], attempts: Sequence[Attempt]) -> tuple[DraftChange, ...]:
    found = []
    for replay, entry in zip(replays, history_of(replays, None, Case()), strict=True):
        attempt = replay.attempt
        if attempt.conclusion != "failure":
            continue
        several = sum(other.run_id == attempt.run_id for other in attempts) > 1
        found.append(
            DraftChange(
                after_run=attempt.run_id,
                after_attempt=attempt.attempt if several else None,
                failed=_failed(replay),
                observed=tuple(change.text for change in entry.observed),
            )
        )
    return tuple(found)


def _failed(replay: Replay) -> str:
    gate = next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)
    if gate is not None:
        return f"failed at {gate.gate.label}: {gate.reason}"
    return f"failed: {replay.stopped_by.sentence}" if replay.stopped_by else "failed; at what is not known"
