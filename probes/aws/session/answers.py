"""Read what AWS's answers hold beside plain JSON: times that botocore has read already, and percent-encoded documents.

Everything else of an answer is read through :class:`diagnosis.json_members.JsonMembers`; what is not as AWS documents it
raises its ``JsonFault``, and the reading of that part becomes unreadable.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

from diagnosis.json_members import JsonMembers
from diagnosis.policy import PolicyDocument, read_document


def maybe_moment(answer: JsonMembers, name: str) -> datetime | None:
    """Return a time in UTC, or None where it is missing; botocore gives some in the machine's own zone."""
    value = answer.value.get(name)
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else None


def document(answer: JsonMembers, name: str) -> PolicyDocument:
    """Return a policy document. IAM sends it percent-encoded; one that is not begins with a brace."""
    value = answer.filled_text(name)
    return read_document(value if value.lstrip().startswith("{") else unquote(value))
