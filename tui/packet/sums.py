"""The sums of a packet's files, as ``sha256sum -c`` reads them, and the one sum that stands for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def sum_of(body: bytes) -> str:
    """Return a file's sum."""
    return hashlib.sha256(body).hexdigest()


def manifest_of(files: Mapping[str, bytes]) -> str:
    """Return the manifest of these files: a line a file, by name."""
    return "".join(f"{sum_of(body)}  {name}\n" for name, body in sorted(files.items()))


def root_hash(manifest: bytes) -> str:
    """Return the sum of the manifest, which is another one as soon as any file of the packet is."""
    return f"sha256:{sum_of(manifest)}"
