"""Say whether what an evidence file says fits what is known of the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from diagnosis.claims.claim_set import ContextKind, read_subject
from diagnosis.closure.evidence.expected import Expected
from diagnosis.closure.evidence.run_address import RunAddress
from diagnosis.closure.evidence.said import Said, SaidValue
from diagnosis.facts.written_clock import WrittenClock, clock_of
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress

_BEFORE = timedelta(minutes=1)
_AFTER = timedelta(minutes=10)
"""Evidence may be written a little after the last job: clocks differ, uploads take their time."""
_SHORTEST_COMMIT = 7


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


def _some_repository(expected: Expected, value: str) -> bool | None:
    own = (expected.repository, expected.ecr_repository or "")
    if any(value.lower() in (name.lower(), name.rpartition("/")[2].lower()) for name in own):
        return True
    return False if expected.ecr_repository else None


def _run_url(expected: Expected, value: str) -> bool | None:
    address = RunAddress.parse(value)
    if address is None:
        return None
    same = (address.repository.lower(), address.run_id) == (expected.repository.lower(), expected.run_id)
    return same and address.attempt in (None, expected.attempt)


def _workflow(expected: Expected, value: str) -> bool | None:
    path, _, ref = value.partition("@")
    if not path.lower().endswith((".yml", ".yaml")):
        stems = [file.rpartition("/")[2].rpartition(".")[0] for file in expected.workflow_files]
        return (
            value.casefold() in [name.casefold() for name in (expected.workflow, *stems)] if expected.workflow else None
        )
    if not expected.workflow_files:
        return None
    owner, folder, file = path.rpartition(".github/workflows/")
    named = f"{folder}{file}"
    fits = any(named in (each, each.rpartition("/")[2]) for each in expected.workflow_files)
    fits = fits and owner.strip("./").lower() in ("", expected.repository.lower())
    return fits and (not ref or _ref(expected, ref) is not False)


def _actor(expected: Expected, value: str) -> bool | None:
    return value.lower() in [each.lower() for each in expected.actors] if expected.actors else None


def _subject(expected: Expected, value: str) -> bool | None:
    read = read_subject(value)
    if read is None or read.context is None:
        return None
    if read.repository.lower() != expected.repository.lower():
        return False
    name = read.context.value
    return _equal(expected.environment, name) if read.context.kind is ContextKind.ENVIRONMENT else _ref(expected, name)


def _registry(expected: Expected, value: str) -> bool | None:
    known = expected.registry
    if known is None or not known.legible_host:
        return None
    address = EcrAddress.parse(value)
    return value == known.account if address is None else known.same_registry(address)


def _role(expected: Expected, value: str) -> bool | None:
    if not expected.roles:
        return None
    arn = Arn.parse(value)
    if arn is None:
        return value.rpartition("/")[2] in [role.name for role in expected.roles]
    if not arn.has_account:
        return None
    role = arn.role_of_session() or arn
    if (role.account, role.name) not in [(each.account, each.name) for each in expected.roles]:
        return False
    # The session of another run, by its name.
    return role is arn or not expected.sessions or arn in expected.sessions


def _one_of(known: tuple[str, ...], value: str) -> bool | None:
    return value in known if known else None


def _ecr_repository(expected: Expected, value: str) -> bool | None:
    arn = Arn.parse(value)
    address = EcrAddress.parse(value) if arn is None else EcrAddress.private(arn.account, arn.region, arn.resource_id)
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
    Said.RUN: lambda expected, value: value in (expected.run_id, expected.run_number),
    Said.RUN_NUMBER: lambda expected, value: expected.run_number == value,
    Said.ATTEMPT: lambda expected, value: expected.attempt == value,
    Said.COMMIT: _commit,
    Said.REF: _ref,
    Said.REPOSITORY: _repository,
    Said.SOME_REPOSITORY: _some_repository,
    Said.OWNER: lambda expected, value: expected.repository.partition("/")[0].lower() == value.lower(),
    Said.RUN_URL: _run_url,
    Said.WORKFLOW: _workflow,
    Said.ACTOR: _actor,
    Said.EVENT: lambda expected, value: _equal(expected.event, value),
    Said.SUBJECT: _subject,
    Said.ACCOUNT: lambda expected, value: _one_of(expected.accounts, value),
    Said.REGISTRY: _registry,
    Said.REGION: lambda expected, value: _one_of(expected.regions, value),
    Said.ROLE: _role,
    Said.ECR_REPOSITORY: _ecr_repository,
    Said.TAG: _tag,
    Said.DIGEST: _digest,
    Said.IMAGE: _image,
    Said.TIME: _time,
    # Only a failure is said at all, and the closing run succeeded.
    Said.OUTCOME: lambda _expected, _value: False,
}
