"""Foreign text in a packet: Markdown reads nothing into it, and who prints the page into a terminal sees what is in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from on_a_terminal import EVERY_KIND, hostile_texts, is_drawn

from tui.packet.pages import address, code, link, markdown

_SPECIAL = re.compile(r"(?<!\\)(?:\\\\)*[`*_\[\]<>|#~&]")
_ADDRESSES = re.compile(r"(?i)https?://|www\.")


@pytest.mark.parametrize(
    "text",
    [
        "[x](http://evil.example)", "![x](https://evil.example/pixel.png)", "<img src=x onerror=alert(1)>", "<https://x.example>",
        "```\ncode", "a | b |", "# head", "http://evil.example", "WWW.evil.example", "&#60;script&#62;", "\\[x](y)", "a\\",
        "[x]: http://evil.example", "~~gone~~", "<!-- hidden", EVERY_KIND, *hostile_texts(20),
    ],
)  # fmt: skip
def test_markdown_reads_nothing_into_it(text: str) -> None:
    page = markdown(text)
    assert not _SPECIAL.search(page)
    assert not _ADDRESSES.search(page)
    assert all(map(is_drawn, page))
    assert "\n" not in page
    inside = code(text)
    assert "`" not in inside
    assert "|" not in inside
    assert all(map(is_drawn, inside))


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_is_drawn(text: str) -> None:
    assert all(map(is_drawn, markdown(text) + code(text)))


def test_an_address_is_one_or_it_is_text() -> None:
    good = "https://github.com/o/r/actions/runs/1/job/2#step:4:23"
    assert (address(good), link(good)) == (good, good)
    for bad in (
        "javascript:alert(1)",
        "https://x.example/)[y](z",
        "https://x.example/\x1b]0;",
        "https://x.example\n# head",
    ):
        assert link(bad) == "about:blank"
        assert "https://" not in address(bad)
        assert all(map(is_drawn, address(bad)))
