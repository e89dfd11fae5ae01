"""Read what AWS records of use: when roles last used each service, which images were pushed, and what CloudTrail tells.

IAM makes the first as a report: it is asked for and then fetched, which takes some seconds. Several roles and repositories
are read side by side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from diagnosis.facts.account import AccountState, Image
from diagnosis.facts.reading import Known, Reading, Unreadable, mapped
from diagnosis.facts.role_usage import LastAccess, PushedImages, RoleUsage, Usage
from diagnosis.facts.trail import Trail
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from probes.aws.read.parallel import Outcome, run_in_parallel
from probes.aws.read.readings import attempt, known, not_asked
from probes.aws.read.trail import read_trail
from probes.aws.read.trail_events import Subject
from probes.aws.session.access import AwsAccess
from probes.aws.session.answers import maybe_moment
from probes.aws.session.operations import DESCRIBE_IMAGES, GENERATE_LAST_ACCESSED, GET_LAST_ACCESSED

DEADLINE_SECONDS = 40.0
_PAUSE = 1.0
_MOST_PAGES = 20
"""Of a report: it names a few hundred services at most."""
_MOST_IMAGES = 10_000
_SERVICES, _IMAGES, _TRAIL = "last-accessed services", "images", "CloudTrail events"


def read_usage(
    state: AccountState,
    aws: AwsAccess,
    *,
    registry: AwsAccess | None = None,
    history: bool = True,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = time.sleep,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Usage:
    """Read both, of every role and repository that the state holds, and the events of the question's window. Never raises.

    Without ``history`` images alone are read.
    """
    end = time.monotonic() + deadline_seconds
    states = (state, *state.beside)
    roles = [each.role.value.arn for each in states if isinstance(each.role, Known)]
    places = _repositories(states)
    store = registry or aws
    work: dict[str, Callable[[], Any]] = {f"{_IMAGES} {arn}": partial(_images, store, arn) for arn in places}
    if history:
        work |= {f"{_SERVICES} {arn}": partial(_last_accesses, aws, arn, cancelled, pause, end) for arn in roles}
        work[_TRAIL] = partial(_trail, aws, store, state, places, cancelled, pause, deadline_seconds * 0.9)
    done = 0

    def on_done(name: str) -> None:
        nonlocal done
        done += 1
        progress(next(each for each in (_SERVICES, _IMAGES, _TRAIL) if name.startswith(each)), done, len(work))

    found = (
        run_in_parallel(work, deadline_seconds=deadline_seconds, cancelled=cancelled, on_done=on_done) if work else {}
    )

    def reading(name: str, what: str) -> Any:
        outcome: Outcome[Any] | None = found.get(name)
        if outcome is not None and outcome.error is None:
            return outcome.value
        if not history and not name.startswith(_IMAGES):
            return not_asked(what, "it was left out (--no-history)", "leave --no-history out")
        why = "AWS did not answer in time" if outcome is None else f"the probe failed ({type(outcome.error).__name__})"
        return Unreadable(what, "the reading was cancelled" if cancelled() else why, "try again")

    images = {arn: reading(f"{_IMAGES} {arn}", f"images of {arn.resource_id}") for arn in places}
    return Usage(
        tuple(RoleUsage(arn, reading(f"{_SERVICES} {arn}", f"last accesses of {arn}")) for arn in roles),
        tuple(
            found if isinstance(found, PushedImages) else PushedImages(arn, found, complete=False)
            for arn, found in images.items()
        ),
        reading(_TRAIL, _TRAIL),
        _followed(state, places),
    )


def _repositories(states: Iterable[AccountState]) -> tuple[Arn, ...]:
    """Return the repositories that are there, each once."""
    found: dict[Arn, None] = {}
    for state in states:
        own = (state.repository, *(each.repository for each in state.repositories))
        found.update((reading.value.arn, None) for reading in own if isinstance(reading, Known))
    return tuple(found)


def _followed(state: AccountState, places: Sequence[Arn]) -> tuple[Arn, ...]:
    """Return the repositories of the registry and region of the first one."""
    own = state.question.repository_arn
    return tuple(arn for arn in places if own and (arn.region, arn.account) == (own.region, own.account))


def _trail(
    aws: AwsAccess,
    registry: AwsAccess,
    state: AccountState,
    places: Sequence[Arn],
    cancelled: Callable[[], bool],
    pause: Callable[[float], None],
    seconds: float,
) -> Reading[Trail]:
    """Read the events of all roles, of their managed policies, and of the repositories of the first one's region."""
    policies = dict.fromkeys(
        policy.arn
        for each in (state, *state.beside)
        for reading in (each.attached_policies, mapped(each.boundary, lambda found: (found,)))
        if isinstance(reading, Known)
        for policy in reading.value
        if policy.arn is not None
    )
    names = [arn.resource_id for arn in _followed(state, places)]
    subject = Subject(state.question, tuple(policies), tuple(names))
    return read_trail(aws, registry, subject, cancelled=cancelled, pause=pause, deadline_seconds=seconds)


def _last_accesses(
    aws: AwsAccess, role: Arn, cancelled: Callable[[], bool], pause: Callable[[float], None], end: float
) -> Reading[tuple[LastAccess, ...]]:
    what = f"last accesses of {role.name}"

    def body() -> Reading[tuple[LastAccess, ...]]:
        job = aws.ask(GENERATE_LAST_ACCESSED, Arn=str(role), Granularity="ACTION_LEVEL").filled_text("JobId")
        while True:
            answer = aws.ask(GET_LAST_ACCESSED, JobId=job)
            status = answer.filled_text("JobStatus")
            if status == "COMPLETED":
                services = _whole(aws, job, answer)
                if services is None:
                    return Unreadable(what, "IAM's report was not had to its end", "try again")
                return known(services, GET_LAST_ACCESSED, role.name, aws.clock())
            if status != "IN_PROGRESS":
                return Unreadable(what, "IAM could not make the report", "try again")
            if cancelled() or time.monotonic() + _PAUSE >= end:
                return Unreadable(what, "IAM did not make the report in time", "try again")
            pause(_PAUSE)

    return attempt(what, GENERATE_LAST_ACCESSED, aws, body)


def _whole(aws: AwsAccess, job: str, first: JsonMembers) -> tuple[LastAccess, ...] | None:
    """Return all services of the report; None where its end was not reached: one that is not named would count as not used."""
    found: list[LastAccess] = []
    answer = first
    for _ in range(_MOST_PAGES):
        found += [_access(entry) for entry in answer.objects("ServicesLastAccessed")]
        if answer.maybe_flag("IsTruncated") is not True:
            return tuple(found)
        marker = answer.maybe_text("Marker")
        if not marker:
            break
        answer = aws.ask(GET_LAST_ACCESSED, JobId=job, Marker=marker)
    return None


def _access(entry: JsonMembers) -> LastAccess:
    service = entry.filled_text("ServiceNamespace").lower()
    tracked = entry.objects("TrackedActionsLastAccessed") if entry.has("TrackedActionsLastAccessed") else ()
    return LastAccess(
        service,
        maybe_moment(entry, "LastAuthenticated"),
        entry.maybe_text("LastAuthenticatedRegion") or "",
        tuple(
            (f"{service}:{action.filled_text('ActionName')}", maybe_moment(action, "LastAccessedTime"))
            for action in tracked
        ),
    )


def _images(registry: AwsAccess, repository: Arn) -> PushedImages:
    what = f"images of {repository.resource_id}"
    whole = True

    def body() -> Reading[tuple[Image, ...]]:
        nonlocal whole
        images: list[Image] = []
        pages = registry.pages(
            DESCRIBE_IMAGES,
            region=repository.region,
            repositoryName=repository.resource_id,
            registryId=repository.account,
            PaginationConfig={"PageSize": 1000},
        )
        for page in pages:
            images += [_image(entry) for entry in page.objects("imageDetails")]
            if len(images) >= _MOST_IMAGES:
                whole = False
                break
        images.sort(
            key=lambda image: (image.pushed_at.timestamp() if image.pushed_at else 0.0, image.digest), reverse=True
        )
        return known(tuple(images), DESCRIBE_IMAGES, repository.resource_id, registry.clock())

    reading = attempt(what, DESCRIBE_IMAGES, registry, body, "RepositoryNotFoundException")
    return PushedImages(repository, reading, whole)


def _image(entry: JsonMembers) -> Image:
    tags = entry.texts("imageTags") if entry.has("imageTags") else ()
    return Image(entry.filled_text("imageDigest"), tags, maybe_moment(entry, "imagePushedAt"))
