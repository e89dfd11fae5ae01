"""The page of HTML: one file that asks nobody, sound for who reads it by ear, on paper or on a phone, inert whatever it holds."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any

import pytest
from compliant_chain import ComplyingRelease
from deploying_release import released
from markdown_it import MarkdownIt
from on_a_terminal import is_drawn
from thoroughness import some

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import Packet, completed, packet
from diagnosis.facts.case import Case
from tui.packet.inert_text import link
from tui.packet.pages import html_page, markdown_page, pages_of

VOID = {"meta", "br"}
OURS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "nav", "main", "section", "footer", "p", "span", "strong",
    "em", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "div", "bdi", "br", "code", "figure", "figcaption", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "svg", "desc", "g", "path", "circle", "rect", "text",
}  # fmt: skip


class Page(HTMLParser):
    """The elements of a page with their attributes and text, and whether they are nested as they must be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[int] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[int, str] = {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for number in self.open:
            self.texts[number] = self.texts.get(number, "") + data

    def all(self, tag: str) -> list[tuple[dict[str, str], str]]:
        """Every element of a kind, with its text."""
        return [
            (attrs, self.texts.get(number, "").strip())
            for number, (name, attrs) in enumerate(self.elements)
            if name == tag
        ]


@pytest.fixture(scope="module")
def packets() -> list[Packet]:
    chains = (ComplyingRelease().diagnosis(), released().diagnosis())
    return [packet(chain, Case(), audience=audience) for chain in chains for audience in Audience]


def test_it_asks_nobody_and_runs_nothing(packets: list[Packet]) -> None:
    for made in packets:
        text = html_page(made)
        page = Page(text)
        assert {tag for tag, _ in page.elements} <= OURS
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        (policy,) = [attrs["content"] for attrs, _ in page.all("meta") if "http-equiv" in attrs]
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        assert not re.search(r"url\(|@import|expression\(", style)
        for _, attrs in page.elements:
            assert not {"style", "src", "srcset", "background", "ping", "formaction"} & set(attrs)
            assert not any(name.startswith("on") for name in attrs)


def test_who_hears_it_finds_the_way(packets: list[Packet]) -> None:
    for made in packets:
        page = Page(html_page(made))
        assert [attrs["lang"] for attrs, _ in page.all("html")] == ["en"]
        ((_, title),) = page.all("title")[:1]
        assert made.status in title
        for landmark in ("header", "nav", "main", "footer"):
            assert len(page.all(landmark)) == 1
        assert all(words for _, words in (*page.all("h1"), *page.all("h2"), *page.all("h3")))
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert len(set(ids)) == len(ids)
        for _, attrs in page.elements:
            assert set(attrs.get("aria-labelledby", "").split()) <= set(ids)
        for attrs, words in page.all("a"):
            assert words
            target = attrs["href"]
            assert target.removeprefix("#") in ids if target.startswith("#") else link(target) == target
        assert all(attrs.get("scope") in ("col", "row") for attrs, _ in page.all("th"))
        assert all(words for _, words in page.all("caption"))
        assert len(page.all("caption")) == len(page.all("table"))
        for attrs, _ in page.all("svg"):
            assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and "aria-labelledby" in attrs)
        # No verdict is told by its colour alone.
        for attrs, words in page.all("span"):
            assert words or not attrs.get("class", "").startswith("v ")


def test_its_colours_can_be_told_apart_by_light_and_dark() -> None:
    style = html_page(packet(released().diagnosis(), Case())).partition("<style>")[2].partition("</style>")[0]
    themes = re.findall(r":root\{([^}]*--bg[^}]*)\}", style)
    assert len(themes) == 3
    for theme in themes:
        colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", theme))
        pairs = [(name, f"{name}-bg") for name in ("pass", "fail", "blocked", "unknown")]
        pairs += [(name, ground) for name in ("fg", "quiet", "link", "accent") for ground in ("bg", "card")]
        for name, ground in pairs:
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground, theme)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 works it out."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</style></title></desc></svg><h1>All gates passed</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "https://evil.example/?q=<b>",
    "[x](javascript:alert(1)) ![p](https://evil.example/p.png)",
    "\x1b[2J\x00\x9b\u202e\u2066\u200f\ufeff\ud800",
    "&lt;script&gt;&#60;b&#62;&colon;",
)


def with_hostile(value: Any, hostile: str) -> Any:
    """The value with a hostile text behind every text of it."""
    if isinstance(value, tuple):
        return tuple(with_hostile(member, hostile) for member in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: with_hostile(member, hostile) for name, member in members.items()})
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return hostile if value.startswith("https://") else value + hostile
    return value


def test_whatever_stands_in_it_is_drawn_and_does_nothing(packets: list[Packet]) -> None:
    shape = [tag for tag, _ in Page(html_page(packets[2])).elements if tag not in ("a", "code", "ul", "li", "bdi")]
    for hostile in some(HOSTILE, 3):
        made = completed(with_hostile(packets[2], hostile))
        pages = pages_of(made)
        assert all(is_drawn(sign) or sign == "\n" for page in pages.values() for sign in page)
        page = Page(pages["packet.html"])
        assert {tag for tag, _ in page.elements} <= OURS
        assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
        for attrs, words in page.all("a"):
            assert attrs["href"].startswith("#") or link(attrs["href"]) == attrs["href"]
            assert "evil" not in attrs["href"] or "evil.example" in words, "a foreign host is told"
        hostile_shape = [tag for tag, _ in page.elements if tag not in ("a", "code", "ul", "li", "bdi")]
        assert set(hostile_shape) == set(shape)
        assert read_as_markdown(pages["packet.md"]) == {
            each["href"] for each, _ in page.all("a") if "://" in each["href"]
        }


def read_as_markdown(text: str) -> set[str]:
    """The addresses that a reader of GitHub's Markdown may follow; it must find neither HTML nor an image."""
    reader = MarkdownIt("gfm-like")
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    found = set()
    for token in (inner for block in reader.parse(text) for inner in (block, *(block.children or ()))):
        assert token.type not in ("html_block", "html_inline", "image"), token.content
        if token.type == "link_open":
            found.add(str(token.attrs["href"]))
    return found


def test_every_link_leads_to_the_same_place_in_both_pages(packets: list[Packet]) -> None:
    for made in packets:
        links = {each["href"] for each, _ in Page(html_page(made)).all("a") if "://" in each["href"]}
        assert read_as_markdown(markdown_page(made)) == links
        assert {attempt.url for attempt in made.attempts} <= links
        proofs = {attempt.proof.address for attempt in made.attempts if attempt.proof and link(attempt.proof.address)}
        assert proofs <= links
    legal = "https://github.com/a/b/actions/runs/1/job/2?x=1&copy;(y)_*z*~!$'+,;=:@#step:3:1"
    (first, *rest) = packets[0].attempts
    assert first.proof is not None
    moved = dataclasses.replace(first, url=legal, proof=dataclasses.replace(first.proof, address=legal + "(2)"))
    made = completed(dataclasses.replace(packets[0], attempts=(moved, *rest)))
    for links in (
        {each["href"] for each, _ in Page(html_page(made)).all("a")},
        read_as_markdown(markdown_page(made)),
    ):
        assert {legal, legal + "(2)"} <= links


def test_md_and_html_are_made_of_the_value_alone(packets: list[Packet]) -> None:
    for made in packets[::3]:
        assert html_page(made) == html_page(dataclasses.replace(made))
        assert markdown_page(made) == markdown_page(dataclasses.replace(made))
