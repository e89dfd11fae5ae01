"""One table of keys: nothing twice, nothing dangling, remappable, and the help is made from it."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backend_double import BackendDouble
from opened_screens import OPENED_BY, open_screen
from setup_double import ALL, SetupDouble
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen

import tui.screens
import tui.widgets
from tui import keymap
from tui.actions import actions_of, bound_by
from tui.app import PlanescopeApp
from tui.keys_table import with_table
from tui.palette import offers_of
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import ProposedScreen
from tui.screens.account.screen import AccountScreen
from tui.screens.compare import CompareScreen
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.choose import ChooseScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.fleet.screen import FleetScreen
from tui.screens.help import HelpScreen, key_blocks
from tui.screens.ledger import LedgerScreen
from tui.screens.log.screen import LogScreen
from tui.screens.start.screen import StartScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.screens.walkthrough.screen import WalkthroughScreen
from tui.widgets.base.key_line import KeyLine, ShownKey, fitting
from tui.widgets.base.page import Page
from tui.widgets.base.virtual_list import VirtualList
from tui.widgets.runs.filter_entry import FilterEntry
from tui.widgets.runs.run_list import RunList
from tui.widgets.timeline.timeline import Timeline

OWNERS = {
    "app": [PlanescopeApp], "timeline": [TimelineScreen], "matrix": [Timeline], "runs": [RunList], "list": [VirtualList],
    "page": [Page], "log": [LogScreen], "ledger": [LedgerScreen], "compare": [CompareScreen],
    "choose": [ChooseScreen], "filter": [FilterEntry], "dialog": [ExportedScreen, ProblemScreen], "export": [ExportScreen],
    "walk": [WalkthroughScreen],
    "start": [StartScreen],
    "fleet": [FleetScreen],
    "account": [AccountScreen], "proposed": [ProposedScreen], "leave": [LeaveScreen],
}  # fmt: skip


def test_ids_are_unique_and_every_scope_has_a_heading() -> None:
    assert not [identity for identity, count in Counter(key.id for key in keymap.KEYS).items() if count > 1]
    assert {key.scope for key in keymap.KEYS} == set(keymap.SCOPES) == set(OWNERS)


def classes_with_bindings() -> list[type[DOMNode]]:
    """All screens and widgets of ours that bind a key, and the app."""
    for room in (tui.screens, tui.widgets):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)

    def below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    ours = {kind for kind in below(DOMNode) if kind.__module__.startswith("tui.") and "BINDINGS" in kind.__dict__}
    return sorted(ours, key=lambda kind: kind.__qualname__)


def test_each_binding_comes_from_the_table() -> None:
    found = classes_with_bindings()
    assert {PlanescopeApp, TimelineScreen, Timeline, ExportScreen} <= set(found)
    for kind in found:
        for binding in kind.__dict__["BINDINGS"]:
            assert isinstance(binding, Binding), kind
            key = keymap.BY_ID[binding.id or ""]
            assert binding.key == key.keys, key.id
            assert binding.action in (key.action, f"app.{key.action}"), key.id
        if issubclass(kind, ModalScreen):
            assert {binding.id for binding in keymap.everywhere()} <= {each.id for each in kind.__dict__["BINDINGS"]}, (
                kind
            )
    bound = {binding.id for kind in found for binding in kind.__dict__["BINDINGS"]}
    assert bound == set(keymap.BY_ID), "a row that nothing binds is no key"


@pytest.mark.parametrize("kind", OPENED_BY, ids=lambda kind: kind.__name__)
async def test_each_action_of_a_screen_is_in_palette_and_help_and_no_two_share_a_key(kind: Any, opened: Any) -> None:
    async with opened(BackendDouble(2), setup=SetupDouble(*ALL)) as app:
        await open_screen(app, kind)
        screen = app.app.screen
        actions = actions_of(screen)
        offers = offers_of(actions, {})
        assert len({(offer.name, offer.help) for offer in offers}) == len(offers)
        for action in actions:
            assert any(action.key.tooltip in offer.help or action.key.otherwise in offer.help[-80:] for offer in offers)
        help_text = "\n".join(block.first.plain + block.content.plain for block in key_blocks({}))
        everywhere = {key.id for key in keymap.KEYS if key.scope == "app"}
        assert everywhere <= {action.key.id for action in actions}, "the app's keys work on every screen"
        for focused in (None, *screen.focus_chain):
            screen.set_focus(focused)
            taken: dict[str, str] = {}
            for node in focused.ancestors_with_self if focused is not None else (screen, app.app):
                for key in bound_by(type(node)):
                    assert any(action.key is key for action in actions), key.id
                    assert key.tooltip in help_text
                    for name in key.keys.split(","):
                        assert taken.setdefault(name.strip(), key.id) == key.id


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


def test_the_readme_lists_the_keys_that_there_are() -> None:
    readme = (Path(tui.screens.__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert readme == with_table(readme), "python -m tui.keys_table README.md"


async def test_a_key_that_can_do_nothing_says_why(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        for name, why in (("u", "Nothing was corrected by hand."), ("p", "There is no other path.")):
            await app.press(name)
            assert why in app.text
        await app.pilot.press("ctrl+p", *"undo")
        await app.until(lambda: "Not now: Nothing was corrected" in app.text)


async def test_ctrl_c_tells_the_keys_that_leave_and_copy(opened: Any) -> None:
    async with opened() as app:
        await app.press("ctrl+c")
        said = " ".join(notification.message for notification in app.app._notifications)
        assert said.startswith("q leaves planescope; y copies the remediation")
        assert "c copies the address" in said
        await app.press("plus")
        assert isinstance(app.app.screen, AskScreen)
        assert not app.app._notifications, "what one screen said lies over the next"
        await app.press("ctrl+c")
        assert app.app.is_running
        assert len(app.app._notifications) == 1
        await app.press("escape")
        assert not app.app._notifications, "what a screen said outlives it"
        await app.press("slash")
        shown = [key.display for key in app.app.screen.query_one(KeyLine).keys]
        assert shown == ["enter", "tab", "esc", "^p"], "in a line, only keys that it does not take for its text"


async def test_the_help_begins_with_the_screen_below_it(opened: Any) -> None:
    async with opened(size=(80, 24)) as app:
        await app.press("L", "question_mark")
        assert "Save the ledger" in "\n".join(app.text.splitlines()[:20])


async def test_a_box_over_the_screen_knows_the_keys_of_everywhere(opened: Any) -> None:
    async with opened() as app:
        await app.press("e", "question_mark")
        assert isinstance(app.app.screen, HelpScreen)
        await app.press("escape")
        await app.pilot.press("q")
        await app.until(lambda: not app.app.is_running)


async def test_a_remapped_key_works_and_the_help_shows_it(opened: Any) -> None:
    async with opened(size=(120, 60), keys={"timeline.refresh": "f5"}) as app:
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
            "copy_remediation",
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
    assert gone == ["command_palette", "copy_remediation", "refresh_live", "filter", "export", "judge"]
    for width in (40, 60, 80):
        shown = fitting(keys, width, 1)
        assert sum(key.content.cell_length + 1 for key in shown) - 1 <= width
