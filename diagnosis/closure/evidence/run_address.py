"""The address of a run, on GitHub's pages or in its API."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"https://[^/\s]{1,200}/(?:api/v3/)?(?:repos/)?(?P<owner>[^/\s]{1,100})/(?P<name>[^/\s]{1,100})/actions/runs/(?P<run>[1-9]\d{0,18})"
    r"(?:/attempts/(?P<attempt>[1-9]\d{0,5}))?(?:[/?#]\S{0,200})?"
)


@dataclass(frozen=True, slots=True)
class RunAddress:
    """What the address of a run names."""

    repository: str
    run_id: str
    attempt: str | None = None

    @classmethod
    def parse(cls, text: str) -> RunAddress | None:
        """Return what a text is as a whole; None where it is no run's address."""
        found = _ADDRESS.fullmatch(text)
        return cls(f"{found['owner']}/{found['name']}", found["run"], found["attempt"]) if found else None
