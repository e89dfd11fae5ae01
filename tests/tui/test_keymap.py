"""One table of keys: nothing twice, nothing dangling, remappable, and the help is made from it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.binding import Binding

from tui import keymap
from tui.app import PlanescopeApp
from tui.screens.compare import CompareScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.help import HelpScreen, key_blocks
from tui.screens.ledger import LedgerScreen
from tui.screens.log_view import LogScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.widgets.base.key_line import ShownKey, fitting
from tui.widgets.base.page import Page
from tui.widgets.base.virtual_list import VirtualList
from tui.widgets.runs.run_list import RunList
from tui.widgets.timeline.timeline import Timeline

OWNERS = {
    "app": [PlanescopeApp], "timeline": [TimelineScreen], "matrix": [Timeline], "runs": [RunList], "list": [VirtualList],
    "page": [Page], "log": [LogScreen], "ledger": [LedgerScreen], "compare": [CompareScreen],
    "dialog": [ExportedScreen, ProblemScreen], "export": [ExportScreen],
}  # fmt: skip


def test_ids_are_unique_and_every_scope_has_a_heading() -> None:
    assert not [identity for identity, count in Counter(key.id for key in keymap.KEYS).items() if count > 1]
    assert {key.scope for key in keymap.KEYS} == set(keymap.SCOPES) == set(OWNERS)


@pytest.mark.parametrize(
    "scopes",
    [
        ("app", "timeline", "matrix"),
        ("app", "timeline", "runs", "list"),
        ("app", "log"),
        ("app", "compare", "page"),
        ("app", "dialog"),
        ("app", "dialog", "export", "page"),
        ("app", "dialog", "ledger", "list"),
    ],
)
def test_no_key_means_two_things_at_one_place(scopes: tuple[str, ...]) -> None:
    names = [name.strip() for key in keymap.KEYS if key.scope in scopes for name in key.keys.split(",")]
    assert not [name for name, count in Counter(names).items() if count > 1]


def test_every_action_exists_where_its_key_works() -> None:
    for key in keymap.KEYS:
        name = f"action_{key.action.partition('(')[0]}"
        assert any(hasattr(owner, name) for owner in OWNERS[key.scope]), key.id


def test_every_key_has_a_sentence() -> None:
    for key in keymap.KEYS:
        assert key.tooltip.endswith(".")
        assert key.label


def test_the_help_names_every_key(opened: Any) -> None:
    text = "\n".join(block.first.plain + block.content.plain for block in key_blocks({}))
    for key in keymap.KEYS:
        assert key.tooltip in text
        assert keymap.shown_keys(key).split()[0] in text


async def test_a_remapped_key_works_and_the_help_shows_it(opened: Any) -> None:
    async with opened(keys={"timeline.refresh": "f5"}) as app:
        await app.press("r")
        assert len(app.backend.asked) == 1
        await app.press("f5")
        assert len(app.backend.asked) == 2
        await app.press("question_mark")
        line = next(line for line in app.text.splitlines() if "Read runs and account again." in line)
        assert "f5" in line


async def test_a_keymap_that_names_nothing_is_said(opened: Any) -> None:
    async with opened(keys={"timeline.[/red]": "f5"}) as app:
        assert "timeline.[/red]" in app.text


async def test_the_footer_shows_the_keys_that_work_here(opened: Any) -> None:
    async with opened(size=(80, 24)) as app:
        footer = app.text.splitlines()[-1]
        for words in ("space Judge", "/ Find", "p Path", "e Export", "? Help", "q Quit"):
            assert words in footer


async def test_the_palette_offers_actions_and_runs(opened: Any) -> None:
    async with opened() as app:
        await app.pilot.press("ctrl+p")
        await app.until(lambda: "The smallest change, and its proof." in app.text)
        await app.pilot.press(*"ledger", "enter")
        await app.until(lambda: "Ledger: every call" in app.text)
        await app.pilot.press("escape")
        await app.pilot.press("ctrl+p", *"go to run migrate")
        await app.until(lambda: "Go to run #1 migrate-dev" in app.text)
        await app.pilot.press("enter")
        await app.until(lambda: len(app.backend.asked) == 2)
        assert app.backend.asked[-1][0] == (21985402789, 1)


async def test_the_glossary_names_planes_gates_and_verdicts(opened: Any) -> None:
    async with opened(size=(200, 60)) as app:
        await app.press("question_mark")
        assert isinstance(app.app.screen, HelpScreen)
        for word in (
            "authentication",
            "authorization",
            "registry state",
            "OIDC trust",
            "Least privilege",
            "✔ pass",
            "◌ blocked",
            "? unknown",
            "AFTER FIX ║",
        ):
            assert word in app.text


def test_bindings_carry_ids_and_tooltips() -> None:
    for scope in keymap.SCOPES:
        for binding in keymap.bindings(scope):
            assert isinstance(binding, Binding)
            assert binding.id
            assert binding.tooltip


def test_the_last_line_leaves_out_what_can_wait_and_never_the_ways_out() -> None:
    keys = [
        ShownKey(name, name[0], name, name)
        for name in (
            "judge",
            "filter",
            "copy_text",
            "refresh_live",
            "export",
            "close",
            "help",
            "quit",
            "command_palette",
        )
    ]
    assert fitting(keys, 200, 1) == keys
    kept = {width: [key.label for key in fitting(keys, width, 1)] for width in range(120)}
    assert all({"close", "help", "quit"} <= set(names) for names in kept.values())
    assert all(set(kept[width]) <= set(kept[width + 1]) for width in range(119))
    gone = [
        next(iter(set(kept[w + 1]) - set(kept[w]))) for w in range(118, -1, -1) if len(kept[w]) == len(kept[w + 1]) - 1
    ]
    assert gone == ["command_palette", "copy_text", "filter", "refresh_live", "export", "judge"]
    for width in (40, 60, 80):
        shown = fitting(keys, width, 1)
        assert sum(key.content.cell_length + 1 for key in shown) - 1 <= width
