"""Read GitHub's answers member by member: what is of another kind than documented counts as absent, never as a crash.

Texts are scrubbed of secrets here, as they enter: people write titles, branches, names of steps and environments, and
whatever they pasted into one would stand on the screen.
"""

from __future__ import annotations

from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrub import scrub
from probes.github.http.client import Json
from probes.github.http.errors import BrokenAnswer

_SHORTEST_SECRET = 12
"""Characters, with what makes it one: ``://a:b@host``. Shorter texts are most of all, and are not searched."""


def members(value: Json) -> JsonMembers:
    """Return the members of one of GitHub's objects; every text that is read of them has its secrets replaced."""
    return JsonMembers(value, clean=_scrubbed)


def required_number(entry: JsonMembers, name: str, what: str) -> int:
    """Return a whole number without which the object means nothing. Raises BrokenAnswer."""
    found = entry.maybe_integer(name)
    if found is None:
        raise BrokenAnswer(f"GitHub's answer describes a {what} without `{name}`", "try again")
    return found


def _scrubbed(found: str) -> str:
    return found if len(found) < _SHORTEST_SECRET else scrub(found)
