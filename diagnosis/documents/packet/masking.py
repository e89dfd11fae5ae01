"""Bring a packet's values into the form in which they are written: no account id in any text, whatever its shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from diagnosis.documents.redaction import accounts_in, masked
from diagnosis.facts.case import Case
from diagnosis.names.arn import is_account_id
from diagnosis.verdicts.diagnosis import Diagnosis

T = TypeVar("T")

_DIGESTS = frozenset({"sha256", "commit"})
"""Members that hold nothing but a digest, in which twelve digits are no account."""


def accounts_of(diagnosis: Diagnosis, case: Case) -> frozenset[str]:
    """Return the account ids that case, runs and account name."""
    stated = (case.registry_id, case.expected_account, *_of_account(diagnosis))
    return accounts_in(*_named(diagnosis, case)) | frozenset(text for text in stated if text and is_account_id(text))


def _named(diagnosis: Diagnosis, case: Case) -> Iterator[str]:
    """Yield the texts in which a run, the account or the case names an account."""
    sessions = [session for replay in diagnosis.replays for session in replay.sessions]
    for facts in (*(replay.facts for replay in diagnosis.replays), *(session.facts for session in sessions)):
        for fact in (facts.role_arn, facts.session_role, facts.registry, facts.principal):
            if fact is not None:
                yield str(fact.value)
    live = diagnosis.live
    needs = [need for replay in diagnosis.replays for need in replay.needs]
    needs += [need for session in sessions for need in session.needs]
    needs += live.needs if live else ()
    yield from (need.resource for need in needs if need.resource)
    yield from (str(session.role_arn) for session in (live.sessions if live else ()) if session.role_arn)
    if case.role_arn is not None:
        yield str(case.role_arn)


def _of_account(diagnosis: Diagnosis) -> Iterator[str | None]:
    if diagnosis.live is not None:
        for state in (diagnosis.live.account, *diagnosis.live.account.beside):
            yield from (state.question.role_account, state.question.registry_id)


def written(value: T, accounts: frozenset[str] | None) -> T:
    """Return the value as it is written: accounts masked in every text of it (None masks nothing), times in whole seconds.

    An account that one text names by an ARN or a host is masked in all others too, in the name of a branch as well.
    """
    known = None if accounts is None else accounts | accounts_in(*_texts(value))
    return _written(value, known, "")  # type: ignore[no-any-return] # of the kind that was given


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _written(value: Any, accounts: frozenset[str] | None, name: str) -> Any:
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return value if accounts is None or name in _DIGESTS else masked(value, accounts)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    if isinstance(value, tuple):
        return tuple(_written(item, accounts, name) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        members = ((field.name, getattr(value, field.name)) for field in fields(value))
        return type(value)(**{each: _written(member, accounts, each) for each, member in members})
    return value
