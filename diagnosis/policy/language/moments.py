"""The condition keys that tell the time of a request, as AWS writes them."""

from __future__ import annotations

from datetime import datetime


def moment_keys(at: datetime | None) -> dict[str, tuple[str, ...]]:
    """Return ``aws:CurrentTime`` and ``aws:EpochTime`` of a request made at that moment; nothing where it is not known."""
    if at is None:
        return {}
    return {"aws:CurrentTime": (at.isoformat(timespec="seconds"),), "aws:EpochTime": (str(int(at.timestamp())),)}
