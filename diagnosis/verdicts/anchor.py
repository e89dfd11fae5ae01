"""An anchor: a pointer of a chain that can be checked, and how far it was checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.facts.evidence import Evidence


class AnchorKind(StrEnum):
    """What an anchor points to."""

    RUN = "run"
    SUBJECT = "presented-subject"
    DECISION_LOG = "decision-log"
    LOCAL_EVIDENCE = "local-evidence-root"
    DURABLE_EVIDENCE = "durable-evidence-root"
    EVIDENCE_FILE = "evidence-file"
    IMAGE_TAG = "image-tag"
    IMAGE_DIGEST = "image-digest"
    ENDPOINT = "endpoint"
    """A server that was asked in github.com's or AWS's place."""


class AnchorState(StrEnum):
    """How far an anchor was checked."""

    VERIFIED = "verified"
    """It was read, and it says what it is said to say."""
    STATED = "stated"
    """Somebody named it; nothing was read that could tell."""
    UNVERIFIABLE = "unverifiable"
    """It was looked for, and could not be read, or contradicts what was read."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor of a chain. ``value`` is foreign text."""

    kind: AnchorKind
    value: str
    """An address, a path, a tag or a digest."""
    state: AnchorState
    reason: str
    """Why it has that state, in one sentence."""
    url: str = ""
    """Where a reader can open it; empty where there is no such address."""
    sha256: str = ""
    """The digest of what was read, in hexadecimal; empty where nothing was."""
    evidence: tuple[Evidence, ...] = ()
