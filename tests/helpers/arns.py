"""ARNs for tests, from the text that a reader of the test knows."""

from __future__ import annotations

from diagnosis.names.arn import Arn


def arn_of(text: str) -> Arn:
    """Return the ARN that the text is; a text that is none is a mistake of the test."""
    arn = Arn.parse(text)
    assert arn is not None, text
    return arn
