"""Read GitHub's answers member by member: what is of another kind than documented counts as absent, never as a crash.

Their texts were scrubbed of secrets as they entered (:mod:`probes.github.http.client`).
"""

from __future__ import annotations

from diagnosis.json_members import JsonMembers
from probes.github.http.client import Json
from probes.github.http.errors import BrokenAnswer


def members(value: Json) -> JsonMembers:
    """Return the members of one of GitHub's objects."""
    return JsonMembers(value)


def required_number(entry: JsonMembers, name: str, what: str) -> int:
    """Return a whole number without which the object means nothing. Raises BrokenAnswer."""
    found = entry.maybe_integer(name)
    if found is None:
        raise BrokenAnswer(f"GitHub's answer describes a {what} without `{name}`", "try again")
    return found
