"""Foreign text in a packet: Markdown reads nothing into it, and who prints the page into a terminal sees what is in it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from compliant_chain import ComplyingRelease
from hypothesis import given
from hypothesis import strategies as st
from on_a_terminal import EVERY_KIND, hostile_texts, is_drawn

from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from diagnosis.verdicts.closure import SubjectClosure, SubjectState
from tui.packet.inert_text import code, link, markdown, markdown_link, paragraph
from tui.packet.pages import markdown_page

_SPECIAL = re.compile(r"(?<!\\)(?:\\\\)*[`*_\[\]<>|#~&$]")
_ADDRESSES = re.compile(r"(?i)https?://|www\.|(?<![:/\\])//")


@pytest.mark.parametrize(
    "text",
    [
        "[x](http://evil.example)", "![x](https://evil.example/pixel.png)", "<img src=x onerror=alert(1)>", "<https://x.example>",
        "```\ncode", "a | b |", "# head", "http://evil.example", "WWW.evil.example", "&#60;script&#62;", "\\[x](y)", "a\\",
        "[x]: http://evil.example", "~~gone~~", "<!-- hidden", "//evil.example/x ///y", EVERY_KIND, *hostile_texts(20),
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


LEGAL = (
    "https://github.com/o/r/actions/runs/1/job/2#step:4:23",
    "https://github.com/o/r/blob/main/a_(b)_*c*~d/~e.md?x=1&copy;=2&y=%5B#L1-L9",
    "https://ghe.example.com:8443/o/r/actions/runs/1?check_suite_focus=true#step:3:1",
    "https://github.com/o/r/blob/1/a,b;c!d$e'f@g+h=i",
    "http://127.0.0.1:8080/o/r",
)
NO_LINKS = (
    "javascript:alert(1)",
    "JAVASCRIPT://github.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://github.com@evil.example/",
    "https://user:pass@github.com/",
    "//evil.example/x",
    "http://evil.example/x",
    "https://x.example/)[y](z",
    "https://x.example/\x1b]0;",
    "https://x.example\n# head",
    "https://x.example/a b",
    "https://x.example/\u202egpj",
    "https://gıthub.com/o/r",
    "https://x.example:99999999/",
    "https://x.example/%zz",
    "https://",
    "https://x.example/" + "a" * 3000,
    "iam:GetRole",
    "identity_policies[0].Statement[1]",
    "",
)


def test_a_link_is_made_of_a_legal_address_alone() -> None:
    for good in LEGAL:
        assert link(good) == good
        written = markdown_link(good, "w]o*r(d")
        assert written.startswith("[w\\]o\\*r(d](")
        target = written.removeprefix("[w\\]o\\*r(d](").removesuffix(")")
        assert html.unescape(target.removeprefix("<").removesuffix(">")) == good
        assert "\\" not in target
    for bad in NO_LINKS:
        assert link(bad) == "", bad
        assert not re.search(r"(?<!\\)\]\(", markdown_link(bad, "words"))
        assert not _ADDRESSES.search(markdown_link(bad, "words"))
        assert all(map(is_drawn, markdown_link(bad, "words")))


def test_a_text_that_begins_a_line_begins_no_list_heading_or_rule() -> None:
    for text in ("- a", "+ a", "1. a", "12) a", "---", "===", "* a", "# a", "> a", "-", "1."):
        assert re.match(r"\d*\\", paragraph(text)), text
    for text in ("a - b", "3 runs", "-v", "12 failed"):
        assert paragraph(text) == text


def test_no_item_of_a_list_in_the_page_begins_another() -> None:
    made = ComplyingRelease().diagnosis()
    assert made.closure is not None
    subject = SubjectClosure("+ a", SubjectState.CLOSED, "b")
    closure = replace(made.closure, subjects=(subject,), next_steps=("1. a", "- a"))
    page = markdown_page(packet(replace(made, closure=closure), Case()))
    assert "- \\+ a: closed. b" in page
    assert "1. 1\\. a\n2. \\- a\n" in page
