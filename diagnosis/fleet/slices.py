"""Cut a fleet into slices that several machines read side by side: by a repository's name alone, so that all agree."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_TEXT = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class Slice:
    """One of several parts; ``Slice(1, 1)`` is all of it."""

    number: int = 1
    """From 1."""
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Slice | None:
        """Return the slice that ``3/8`` names; None for what is none."""
        found = _TEXT.fullmatch(text.strip())
        if found is None or int(found[1]) > int(found[2]):
            return None
        return cls(int(found[1]), int(found[2]))

    def holds(self, repository: str) -> bool:
        """Return whether a repository belongs to this slice."""
        return place_of(repository, self.of) == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE = Slice()
"""All of a fleet in one part."""


def place_of(repository: str, count: int) -> int:
    """Return in which of so many slices a repository lies, from 1: whatever others there are, and however it is spelt."""
    digest = hashlib.sha256(repository.lower().encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % count + 1
