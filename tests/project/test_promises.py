"""Each line of *What it promises* in the README has a section in SECURITY.md, and each promise there its test."""

from __future__ import annotations

import re

from places import ROOT

_LINE = re.compile(r"^(\d)\. \*\*(.+?)\.\*\* ", re.MULTILINE)
_SECTION = re.compile(r"^### (\d)\. (.+)\n((?:(?!^##).*\n)+)", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+(?:\.py)?/?)`")


def _promised() -> str:
    readme = (ROOT / "README.md").read_text()
    return readme[readme.index("## What it promises") : readme.index("## What it does not do")]


def test_the_readme_and_the_security_page_promise_the_same() -> None:
    sections = [(number, title) for number, title, _ in _SECTION.findall((ROOT / "SECURITY.md").read_text())]
    assert sections == _LINE.findall(_promised())


def test_each_promise_says_its_limit_what_holds_it_and_a_test_that_exists() -> None:
    rows = 0
    for number, _, body in _SECTION.findall((ROOT / "SECURITY.md").read_text()):
        for row in body.strip().splitlines()[2:]:
            if not row.startswith("|"):
                continue
            promise, _limit, held_by, tested = (cell.strip() for cell in row.strip("|").split("|"))
            rows += 1
            assert promise, number
            assert held_by, promise
            tests = _TEST.findall(tested)
            assert tests or "pyproject.toml" in tested, promise
            assert [test for test in tests if not (ROOT / test).exists()] == [], promise
    assert rows > 20
