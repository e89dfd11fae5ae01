"""Links between the files of a packet and within its pages lead somewhere, or it is told that they do not."""

from __future__ import annotations

import pytest

from tui.packet.verify.links import wrong_links

PAGES = {"packet.json": "{}", "packet.md": "# One & two\n\nText.\n", "packet.html": "<h1 id=a>x</h1>"}


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("packet.html", '<a href="#a">x</a><a href="packet.json">x</a><a href="packet.md#one--two">x</a>', ""),
        ("packet.html", '<svg><a xlink:href="#a"/></svg><a href="https://github.com/x#y">x</a>', ""),
        ("packet.md", "[x](#one--two) [y](packet.html#a) \\[no\\](#link) [z](https://github.com/)", ""),
        ("packet.html", '<a href="#b">x</a>', "a place of packet.html that is not there"),
        ("packet.html", '<a href="packet.md#three">x</a>', "a place of packet.md that is not there"),
        ("packet.html", '<img src="appendix.png">', "a file that is not in the packet"),
        ("packet.html", '<a href="../packet.md">x</a>', "a file that is not in the packet"),
        ("packet.html", '<a href="file:///etc/passwd">x</a>', "neither to a file of the packet"),
        ("packet.html", '<a href="//evil.example/x">x</a>', "neither to a file of the packet"),
        ("packet.html", '<a href="javascript:alert(1)">x</a>', "neither to a file of the packet"),
        ("packet.html", '<a href="http://[x">x</a>', "no address"),
        ("packet.html", "<p id=a>", "a place for links twice"),
        ("packet.md", "[x](#four)", "a place of packet.md that is not there"),
        ("packet.md", "[x](notes.md)", "a file that is not in the packet"),
    ],
)
def test_a_link_leads_somewhere_or_is_told(name: str, more: str, words: str) -> None:
    wrong, followed = wrong_links({**PAGES, name: PAGES[name] + more})
    assert bool(wrong) is bool(words), wrong
    assert words in " ".join(wrong)
    assert followed or words
