"""Find the place of a document and of a statement: what a path or a name of the judges means among the documents shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.facts.reading import Known
from diagnosis.policy import Policy

_STATEMENT = re.compile(r"(?:^|\.)Statement(?:\[(\d+)\])?")


def places_of(documents: Sequence[AccountDocument], *kinds: DocumentKind) -> list[int]:
    """Return the positions of the documents of these kinds."""
    return [place for place, item in enumerate(documents) if item.kind in kinds]


def statement_in(document: AccountDocument, path: str | None) -> int | None:
    """Return the position of the statement that a path names in a document; None where the document has none there."""
    position = statement_of(path)
    policy = document.reading.value.policy if isinstance(document.reading, Known) else None
    return (
        position if position is not None and isinstance(policy, Policy) and position < len(policy.statements) else None
    )


def statement_of(path: str | None) -> int | None:
    """Return the position of the statement that a path names: ``identity_policies[0].Statement[1]``; None where it names none."""
    found = _STATEMENT.search(path or "")
    return int(found.group(1) or 0) if found is not None else None


def named_statement(document: AccountDocument, name: str) -> int | None:
    """Return the position of the statement with this Sid, or path, in a document."""
    policy = document.reading.value.policy if isinstance(document.reading, Known) else None
    listed = policy.statements if isinstance(policy, Policy) else ()
    return next((place for place, item in enumerate(listed) if name and name in (item.sid, item.path)), None)
