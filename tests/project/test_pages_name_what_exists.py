"""The pages for people (README, CONTRIBUTING, SECURITY, docs/) name only files, names and commands that exist."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
import pytest
from places import ROOT

from tui.cli.main import planescope

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

OWN_PATH = re.compile(r"(?<![\w./-])(?:\.ci|\.github|diagnosis|probes|tui|tests|docs|screenshots)/[\w./*-]*[\w/*]")
OWN_FILE = re.compile(r"`([\w.-]+\.(?:md|toml|txt|yaml|py|in))`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
NAME_IN_FILE = re.compile(r"((?:`\w+`(?:, | and )?)+) in `([\w./]+\.py)`")
CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
COMMAND_LINE = re.compile(r"(?:^|(?<=[\s/`]))planescope((?:[ \t]+[^\s#|`]+)*)", re.MULTILINE)
OTHERS_FILES = {"docs/decisions.md", "release.yml", "config.toml"}
"""Files of the reader's own, not of this repository."""


@each_page
def test_every_path_and_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    paths = {path.rstrip("/") for path in OWN_PATH.findall(text)} | set(OWN_FILE.findall(text))
    astray = [
        path for path in sorted(paths - OTHERS_FILES) if not any(ROOT.glob(path)) and not (page.parent / path).exists()
    ]
    links = [link for link in LINK.findall(text) if "://" not in link and not (page.parent / link).exists()]
    assert (astray, links) == ([], [])


@each_page
def test_every_name_stands_in_the_file_that_is_given_for_it(page: Path) -> None:
    for names, path in NAME_IN_FILE.findall(page.read_text()):
        code = (ROOT / path).read_text()
        assert [name for name in re.findall(r"\w+", names) if not re.search(rf"\b{name}\b", code)] == [], path


@each_page
def test_every_command_and_option_exists(page: Path) -> None:
    wrong = []
    for block, inline in CODE.findall(page.read_text()):
        for said in COMMAND_LINE.findall(block or inline):
            wrong += _unknown(said.replace("[", " ").replace("]", " ").split())
    assert wrong == []


def _unknown(words: list[str]) -> list[str]:
    """The words of a command line that planescope does not know, as far as they name a command or an option."""
    command: click.Command = planescope
    context = click.Context(command, info_name="planescope")
    path = ["planescope"]
    takes_value = False
    for word in words:
        if takes_value and not word.startswith("-"):
            takes_value = False  # a name of the reader's own
            continue
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*,?", word):
            found = command.get_command(context, word.rstrip(","))
            if found is None:
                return [" ".join([*path, word])]
            command, path = found, [*path, word]
            continue
        if word.startswith("-") and word.strip("-,"):
            known = {name: each for each in command.params for name in (*each.opts, *each.secondary_opts)}
            name, given, _ = word.rstrip(",").partition("=")
            if name not in {*known, "--help", "-h"}:
                return [" ".join([*path, word])]
            option = known.get(name)
            takes_value = isinstance(option, click.Option) and not option.is_flag and not given
    return []


def test_the_picture_of_the_architecture_is_what_its_script_draws() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "draw_architecture.py"))
    for name, palette in script["PALETTES"].items():
        assert (ROOT / "docs" / f"architecture-{name}.svg").read_text() == script["drawing"](palette)


@pytest.mark.parametrize(
    "line", ["planescope nonsense", "planescope policy nonsense FILE", "planescope explain --nonsense"]
)
def test_an_unknown_command_or_option_is_noticed(line: str) -> None:
    assert _unknown(line.split()[1:]) == [line.removesuffix(" FILE")]
