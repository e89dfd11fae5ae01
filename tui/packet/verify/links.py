"""Follow the links of a packet's pages: those to another of its files and those within a page must lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_OUTSIDE = ("http", "https", "mailto")
_MARKDOWN_LINK = re.compile(r"(?<!\\)\]\(([^()\s]+)\)")
_MARKDOWN_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")
_LINKS = {"href", "src", "xlink:href", "action", "data", "poster", "srcset"}


class _Page(HTMLParser):
    """The places of a page that can be linked to, and what it links to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.append(value or "")
            elif name in _LINKS:
                self.links.append(value or "")


def wrong_links(texts: Mapping[str, str]) -> tuple[list[str], int]:
    """Return what is wrong with the links of these pages, as sentences, and how many links were followed."""
    pages = {name: _read(name, text) for name, text in texts.items()}
    wrong: list[str] = []
    followed = 0
    for name, (_, links) in pages.items():
        for link in links:
            fault = _fault(name, link, pages)
            if fault is None:
                continue
            followed += 1
            if fault:
                wrong.append(fault)
    for name, (ids, _) in pages.items():
        if name.endswith(".html") and len(set(ids)) < len(ids):
            wrong.append(f"{name} has a place for links twice.")
    return wrong, followed


def _read(name: str, text: str) -> tuple[list[str], list[str]]:
    if name.endswith(".html"):
        page = _Page()
        page.feed(text)
        page.close()
        return page.ids, page.links
    if name.endswith(".md"):
        return [_anchor(heading) for heading in _MARKDOWN_HEADING.findall(text)], _MARKDOWN_LINK.findall(text)
    return [], []


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return _NO_PART_OF_AN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")


def _fault(name: str, link: str, pages: Mapping[str, tuple[list[str], list[str]]]) -> str | None:
    """Return what is wrong with a link, empty for nothing; None for one that leads out of the packet."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return f"{name} has a link that is no address."
    if parts.scheme in _OUTSIDE or link == "about:blank":
        return None
    if parts.scheme or parts.netloc:
        return f"{name} has a link that leads neither to a file of the packet nor to an address of the web."
    target = unquote(parts.path) or name
    if target not in pages:
        return f"{name} links to a file that is not in the packet."
    if parts.fragment and unquote(parts.fragment) not in pages[target][0]:
        return f"{name} links to a place of {target} that is not there."
    return ""
