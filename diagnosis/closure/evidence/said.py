"""What a member of an evidence file may tell of its release, and a value that one states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.logs.scrubbed_names import scrub_name

INDEX = re.compile(r"\[\d+\]")
"""A place in a list, as a part of a path."""
_LONGEST_PATH, _MOST_SHOWN = 20, 10


class Said(StrEnum):
    """What a member of an evidence file tells about its release."""

    RUN_ID = "run id"
    RUN = "run"
    """By its id or its number: the name of the member does not say which."""
    RUN_URL = "run address"
    RUN_NUMBER = "run number"
    ATTEMPT = "run attempt"
    COMMIT = "commit"
    REF = "ref"
    REPOSITORY = "repository"
    SOME_REPOSITORY = "repository name"
    """On GitHub or in ECR: the name of the member does not say which."""
    OWNER = "owner"
    WORKFLOW = "workflow"
    ACTOR = "actor"
    EVENT = "event"
    SUBJECT = "subject"
    ACCOUNT = "account"
    REGISTRY = "registry"
    REGION = "region"
    ROLE = "role"
    ECR_REPOSITORY = "ECR repository"
    TAG = "tag"
    DIGEST = "digest"
    IMAGE = "image address"
    TIME = "time"
    OUTCOME = "outcome"
    """Only where it is a failure: that all went well is proved by measures, not by a word."""
    OTHER_ID = "id"
    """An id that only the files know: it is compared between them."""


class Whose(StrEnum):
    """Whether the member certainly speaks of the release itself."""

    OWN = "own"
    UNSURE = "unsure"
    """A word of its path is not understood."""


@dataclass(frozen=True, slots=True)
class SaidValue:
    """One value that a file states."""

    kind: Said
    whose: Whose
    path: tuple[str, ...]
    """Where in the file; foreign text."""
    name: str
    """The path's words, for comparing the same member of several files."""
    values: tuple[str, ...]
    """One, or those of a list of which one must fit."""

    @property
    def place(self) -> str:
        """Where in the file, as it may be told: ``$.image.digest``."""
        # Cut only once it is scrubbed: a part of a secret is not known as one.
        parts = (part if INDEX.fullmatch(part) else f".{scrub_name(part)[:80]}" for part in self.path[:_LONGEST_PATH])
        return f"${''.join(parts)}"[:200]

    @property
    def shown(self) -> str:
        """The values as they may be told: what should be a ref or a tag may be a secret."""
        return " or ".join(map(scrub_name, self.values[:_MOST_SHOWN]))[:200]


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why nothing was read out of a file, as a clause."""

    why: str
