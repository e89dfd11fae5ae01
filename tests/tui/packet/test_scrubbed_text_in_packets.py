"""What stands for a secret in a packet is known as such by its door, and makes no link."""

from __future__ import annotations

import pytest

from diagnosis.documents.redaction import leaks
from tui.packet.inert_text import markdown

MARKED = "https://user:[scrubbed:basic-auth]@host"


@pytest.mark.parametrize("text", [MARKED, f"a|{MARKED}*b*", f"see {MARKED}(x) and [scrubbed:jwt][scrubbed:pem]"])
def test_the_door_takes_no_mark_for_a_secret(text: str) -> None:
    assert not leaks({"packet.md": markdown(text)})


@pytest.mark.parametrize("after", ["(https://evil.example)", ": https://evil.example", "[x]", "<b>"])
def test_no_foreign_text_makes_a_link_of_a_mark(after: str) -> None:
    assert markdown(f"[scrubbed:jwt]{after}").startswith(f"[scrubbed:jwt]\\{after[0]}")
