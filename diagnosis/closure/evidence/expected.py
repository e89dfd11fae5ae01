"""Say what a release's evidence has to say: the closing run, its commit and ref, its image, its window of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from diagnosis.closure.evidence.said_values import Said, SaidValue
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.written_clock import WrittenClock, clock_of
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.replay import Replay

_BEFORE = timedelta(minutes=1)
_AFTER = timedelta(minutes=10)
"""Evidence may be written a little after the last job: clocks differ, uploads take their time."""
_SHORTEST_COMMIT = 7


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a closing run without its evidence. Texts are foreign."""

    run_id: str
    run_number: str
    attempt: str
    commit: str
    """Empty where the run's own commit is another than the one that its record names, as for a pull request."""
    refs: tuple[str, ...]
    repository: str
    ecr_repository: str | None = None
    registry: EcrAddress | None = None
    tags: tuple[str, ...] = ()
    digest: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def says(self, kind: Said) -> str:
        """Return in words what is known of the kind."""
        window = (
            f"between {self.since:%Y-%m-%dT%H:%M:%SZ} and {self.until:%H:%M:%SZ}" if self.since and self.until else ""
        )
        return {
            Said.RUN_ID: f"run {self.run_id}",
            Said.RUN_NUMBER: f"run number {self.run_number}",
            Said.ATTEMPT: f"attempt {self.attempt}",
            Said.COMMIT: self.commit,
            Said.REF: self.refs[0] if self.refs else "",
            Said.REPOSITORY: self.repository,
            Said.ECR_REPOSITORY: self.ecr_repository or "",
            Said.TAG: " or ".join(self.tags),
            Said.DIGEST: self.digest or "",
            Said.IMAGE: f"{self.ecr_repository or ''}:{' or '.join(self.tags)}@{self.digest or 'a digest that is not known'}",
            Said.TIME: window,
            Said.OUTCOME: "success",
        }.get(kind, "")


def expected_of(closing: Replay, account: AccountState | None, case: Case) -> Expected:
    """Return what a closing run's evidence has to say, as its own record, the registry and then the case tell."""
    attempt, facts = closing.attempt, closing.facts
    image = account.image.value if account is not None and isinstance(account.image, Known) else None
    digest = (facts.digest.value if facts.digest else None) or (image.digest if image else None) or case.digest
    tags = [facts.tag.value if facts.tag else None, case.tag]
    if image is not None and (digest is None or image.digest == digest):
        tags += image.tags
    jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
    ends = [job.completed_at for job in jobs if job.completed_at is not None]
    ended = max(ends) if ends else attempt.updated_at
    registry = facts.registry.value if facts.registry else None
    own_commit = not attempt.event.startswith("pull_request")
    return Expected(
        run_id=str(attempt.run_id),
        run_number=str(attempt.run_number),
        attempt=str(attempt.attempt),
        commit=attempt.head_sha.lower() if own_commit else "",
        refs=tuple(dict.fromkeys(each for each in (attempt.ref, attempt.head_branch) if each)) if own_commit else (),
        repository=attempt.repository.full_name,
        ecr_repository=(facts.repository.value if facts.repository else None)
        or case.ecr_repository
        or (account.question.repository if account is not None else None),
        registry=registry,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        digest=digest.lower() if digest else None,
        since=attempt.started_at,
        until=ended,
    )


def agrees(expected: Expected, said: SaidValue) -> bool | None:
    """Return whether what a file says fits the run; None where there is nothing to compare it with."""
    compare = _COMPARE.get(said.kind)
    answers = [compare(expected, value) for value in said.values] if compare else []
    known = [answer for answer in answers if answer is not None]
    # Of a list (an image's tags) one must fit; it may have others.
    return any(known) if known else None


def _equal(known: str | None, value: str) -> bool | None:
    return None if not known else known == value


def _commit(expected: Expected, value: str) -> bool | None:
    if not expected.commit:
        return None
    return len(value) >= _SHORTEST_COMMIT and expected.commit.startswith(value.lower())


def _ref(expected: Expected, value: str) -> bool | None:
    if not expected.refs:
        return None
    # A workflow's own ref stands behind its file: `owner/name/.github/workflows/release.yml@refs/heads/main`.
    value = value.rpartition("@")[2]
    return value in expected.refs or (len(value) == len(expected.commit) and value.lower() == expected.commit)


def _repository(expected: Expected, value: str) -> bool | None:
    return value.lower() == expected.repository.lower() or value == expected.ecr_repository


def _ecr_repository(expected: Expected, value: str) -> bool | None:
    address = EcrAddress.parse(value)
    if address is None:
        return _equal(expected.ecr_repository, value)
    known = expected.registry
    if known is not None and known.legible_host and not known.same_registry(address):
        return False
    return _equal(expected.ecr_repository, address.repository or "")


def _tag(expected: Expected, value: str) -> bool | None:
    return value in expected.tags if expected.tags else None


def _digest(expected: Expected, value: str) -> bool | None:
    return _equal(expected.digest, value)


def _image(expected: Expected, value: str) -> bool | None:
    address = EcrAddress.parse(value)
    if address is None:
        return None
    parts = [
        _ecr_repository(expected, f"{address.host}/{address.repository}"),
        _tag(expected, address.tag) if address.tag else None,
        _digest(expected, address.digest) if address.digest else None,
    ]
    known = [part for part in parts if part is not None]
    return all(known) if known else None


def _time(expected: Expected, value: str) -> bool | None:
    clock = _clock(value)
    if clock is None or expected.since is None or expected.until is None or clock.first.year < 2000:
        # Builds that are to give the same bytes each time write the year 1970.
        return None
    return bool(clock.zones_between(expected.since - _BEFORE, expected.until + _AFTER))


def _clock(value: str) -> WrittenClock | None:
    whole, _, rest = value.partition(".")
    if whole.isascii() and whole.isdigit() and len(whole) in (10, 13) and (not rest or rest.isdigit()):
        seconds = int(whole[:10])
        first = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return WrittenClock(value, first, timedelta(seconds=1), timedelta())
    return clock_of(value)


_COMPARE: dict[Said, Callable[[Expected, str], bool | None]] = {
    Said.RUN_ID: lambda expected, value: expected.run_id == value,
    Said.RUN_NUMBER: lambda expected, value: expected.run_number == value,
    Said.ATTEMPT: lambda expected, value: expected.attempt == value,
    Said.COMMIT: _commit,
    Said.REF: _ref,
    Said.REPOSITORY: _repository,
    Said.ECR_REPOSITORY: _ecr_repository,
    Said.TAG: _tag,
    Said.DIGEST: _digest,
    Said.IMAGE: _image,
    Said.TIME: _time,
    # Only a failure is said at all, and the closing run succeeded.
    Said.OUTCOME: lambda _expected, _value: False,
}
