"""The ``account`` section of a recording: the AWS facts from which an embedded account is built, moment by moment.

The documents are JSON text, ready to hand to IAM. Which parts are facts and which were written around them stands in
``reconstructed`` of the section.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnosis.names.arn import Arn


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """An ECR repository."""

    name: str
    arn: Arn
    tag_mutability: str
    """``MUTABLE`` or ``IMMUTABLE``."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image that a run of the incident pushed."""

    repository: str
    tag: str
    digest: str
    pushed_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """The durable evidence: objects in a bucket, with the text of each."""

    bucket: str
    prefix: str
    """Ends in ``/``."""
    written_at: datetime
    objects: tuple[tuple[str, bytes], ...]
    """``(full key, content)``."""


@dataclass(frozen=True, slots=True)
class InlinePolicyFacts:
    """An inline policy of the role."""

    name: str
    document: str
    """JSON text."""


@dataclass(frozen=True, slots=True)
class AccountMoment:
    """What was there at one moment of the incident."""

    key: str
    """The key of a moment: ``1``, ``2``, ``3``, ``later``."""
    provider: bool
    trust_subjects: tuple[str, ...]
    trust_policy: str
    """JSON text."""
    inline_policies: tuple[InlinePolicyFacts, ...]
    image: bool
    """Whether the closing run's image is there."""
    evidence: bool
    further_images: tuple[str, ...] = ()
    """Digests of the further images that are there."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Everything that the embedded account needs to be built, and to be moved through the incident."""

    account_id: str
    region: str
    reader_arn: Arn
    """The identity with which planescope itself reads the embedded account."""
    role_name: str
    role_arn: Arn
    session_name: str
    role_created_at: datetime
    max_session_seconds: int
    provider_arn: Arn
    provider_url: str
    """Issuer without scheme."""
    provider_created_at: datetime
    audiences: tuple[str, ...]
    repositories: tuple[RepositoryFacts, ...]
    buckets: tuple[str, ...]
    image: ImageFacts
    """The closing run's."""
    evidence: EvidenceFacts
    moments: tuple[AccountMoment, ...]
    reconstructed: tuple[str, ...]
    """``what: why``, each."""
    further_images: tuple[ImageFacts, ...] = ()

    def at(self, key: str) -> AccountMoment:
        """Return the state at the moment of this key; KeyError for a key that the recording does not have."""
        for moment in self.moments:
            if moment.key == key:
                return moment
        raise KeyError(key)
