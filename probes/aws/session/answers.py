"""Read what AWS's answers hold beside plain JSON: times that botocore has read already, and percent-encoded documents.

Everything else of an answer is read through :class:`diagnosis.json_members.JsonMembers`; what is not as AWS documents it
raises its ``JsonFault``, and the reading of that part becomes unreadable.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

from diagnosis.json_members import JsonMembers, is_usable
from diagnosis.logs.scrubbed_values import scrub_text, scrub_values
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.size_limits import LONGEST, SizeLimit

USED_AGAIN = frozenset({"NextToken", "nextToken", "Marker", "NextMarker", "NextContinuationToken", "CloudTrailEvent"})
"""Members that stay as AWS sent them: where the next page begins, and an event, which :func:`event_record` scrubs."""
_KEY_ID = "accessKeyId"


_LONGEST_ENCODED = LONGEST * 3
"""Characters: the longest policy that is read, each sign of it written with three."""


def scrub_answer_text(text: str) -> str:
    """Return a text of an answer without secrets; a percent-encoded document is decoded, since only so it can be read."""
    return scrub_text(_decoded(text) if text[:3].lower() == "%7b" else text)


def _decoded(text: str) -> str:
    """Decode percent signs, each of which costs far more than it weighs; what is too long for a policy is left as it is."""
    return unquote(text) if len(text) <= _LONGEST_ENCODED else text


def event_record(entry: JsonMembers) -> JsonMembers:
    """Return the record of an event of CloudTrail, scrubbed but for the id of the session's key, by which its calls are asked for.

    Raises JsonFault where it cannot be read.
    """
    record = JsonMembers.parse(entry.maybe_text("CloudTrailEvent") or "")
    return JsonMembers(scrub_values(record.value, usable=(_KEY_ID,)))


def maybe_moment(answer: JsonMembers, name: str) -> datetime | None:
    """Return a time in UTC, or None where it is missing; botocore gives some in the machine's own zone."""
    value = answer.value.get(name)
    # One at an edge of Python's years cannot be moved to another zone.
    if not isinstance(value, datetime) or value.tzinfo is None or not is_usable(value):
        return None
    return value.astimezone(UTC)


def document(answer: JsonMembers, name: str, limit: SizeLimit) -> PolicyDocument:
    """Return a policy document. IAM sends it percent-encoded; one that is not begins with a brace."""
    value = answer.filled_text(name)
    return read_document(value if value.lstrip().startswith("{") else _decoded(value), limit)
