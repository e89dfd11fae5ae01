"""Read inputs that hold lists."""

from __future__ import annotations

import re


def parts_of(text: str) -> list[str]:
    """Return a list input: by lines or commas."""
    return [part.strip() for part in re.split(r"[\n,]", text) if part.strip()]
