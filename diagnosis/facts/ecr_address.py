"""What an image address of ECR says: account, region, repository, tag, digest; private and public registries.

Private hosts are ``ACCOUNT.dkr.ecr.REGION.amazonaws.com`` (``.com.cn`` in China, ``dkr.ecr-fips`` for FIPS, and
``ACCOUNT.dkr-ecr.REGION.on.aws`` for dual stack); the public one is ``public.ecr.aws/ALIAS/NAME``. A part that the log
masks (``***``) or that still holds a variable is None, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HOST = re.compile(
    r"(?P<account>\d{12}|\*\*\*)\.dkr[.-]ecr(?P<fips>-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d|\*\*\*)"
    r"\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
)
PUBLIC_HOST = "public.ecr.aws"
_NAME = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ADDRESS = re.compile(
    rf"(?P<host>{HOST.pattern}|public\.ecr\.aws)"
    r"(?:/(?P<path>[^\s:@\"'`,;\])>]*))?"
    r"(?::(?P<tag>[^\s:@\"'`,;\])>/]*))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class ImageAddress:
    """An address in an ECR registry, as far as it is legible."""

    host: str
    account: str | None
    region: str | None
    repository: str | None
    tag: str | None = None
    digest: str | None = None
    public: bool = False

    @property
    def legible_host(self) -> str | None:
        """The registry host, or None where a part of it is masked."""
        return self.host if self.public or (self.account and self.region) else None


def addresses_in(text: str) -> Iterator[ImageAddress]:
    """Every ECR address in a text, in order."""
    for found in _ADDRESS.finditer(text):
        public = found["host"] == PUBLIC_HOST
        name = _fitting(_NAME, (found["path"] or "").strip("/"))
        tag, digest = _fitting(_TAG, found["tag"]), _fitting(_DIGEST, found["digest"])
        yield ImageAddress(
            host=found["host"],
            account=None if public else _legible(found["account"]),
            region=None if public else _legible(found["region"]),
            repository=name,
            tag=tag,
            digest=digest,
            public=public,
        )


def address_in(text: str | None) -> ImageAddress | None:
    """The first ECR address in a text."""
    return next(addresses_in(text), None) if text else None


def digest_in(text: str) -> str | None:
    """The first image digest in a text."""
    found = _DIGEST.search(text)
    return found[0] if found else None


def is_repository_name(text: str) -> bool:
    """Whether a text can be the name of an ECR repository (2 to 256 characters)."""
    return 2 <= len(text) <= 256 and _NAME.fullmatch(text) is not None


def _fitting(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text and pattern.fullmatch(text) else None


def _legible(text: str | None) -> str | None:
    return None if not text or "*" in text else text
