from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
from typing import Any

import pytest
from _pytest.unraisableexception import gc_collect_iterations_key
from hypothesis import settings
from places import has_reference_folder
from rewritten_ahead import rewrite_share
from thoroughness import LARGEST_TABLE, THOROUGH, examples, spread

from tui.collector import spare_what_stays

# The same examples in every run, so that a red run means a change; PLANESCOPE_EXPLORE=1 looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=examples(100))
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("PLANESCOPE_EXPLORE") else "steady")

# A shell has what it starts in the background ignore SIGINT, and nohup SIGHUP, and children inherit that: the command would rightly
# go on ignoring them, and no test of an interrupt would show anything.
if threading.current_thread() is threading.main_thread():
    for _number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(_number) is signal.SIG_IGN:
            signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

# What is made while tests are collected stays to the end.
gc.disable()

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the local store of whoever runs the tests, reads their settings, or leaves a trace."""
    # Named, not made: few tests write there, and making a numbered folder looks at all the others each time.
    home = tmp_path_factory.getbasetemp() / f"home-{next(_numbers)}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that read the reference folder where it does not lie beside the clone, and much of long tables.

    Who names files, words or marks wants these whole; a thorough run looks at every case of every table.
    """
    if not THOROUGH and _whole_suite(config):
        _thin_tables(config, items)
    if has_reference_folder() or os.environ.get("PLANESCOPE_REQUIRE_SHARED"):
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the reference folder does not lie beside the clone"))


def _whole_suite(config: pytest.Config) -> bool:
    """Return whether nothing was named to choose tests by; a worker is given its files by name, and is told."""
    told: bool | None = getattr(config, "workerinput", {}).get("whole_suite")
    if told is not None:
        return told
    chosen = config.getoption("keyword") or config.getoption("markexpr")
    return not chosen and config.args_source is not pytest.Config.ArgsSource.ARGS


def pytest_configure(config: pytest.Config) -> None:
    """Have what was never closed looked for twice at the end: once finds it in CPython, and a finalizer may leave more."""
    config.stash[gc_collect_iterations_key] = 2


def pytest_sessionstart(session: pytest.Session) -> None:
    """Share the work on files that every worker of a whole run reads."""
    worker = getattr(session.config, "workerinput", None)
    if worker is not None and worker.get("whole_suite"):
        rewrite_share(session.config, int(worker["workerid"].removeprefix("gw")), worker["workercount"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist whether it runs the whole suite."""
    node.workerinput["whole_suite"] = _whole_suite(node.config)


def _thin_tables(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect most cases of each parametrized test that has many."""
    tables: dict[str, list[pytest.Item]] = {}
    for item in items:
        tables.setdefault(item.nodeid.partition("[")[0], []).append(item)
    most = [1 if cases[0].get_closest_marker("pictures") else LARGEST_TABLE for cases in tables.values()]
    kept = {id(item) for cases, few in zip(tables.values(), most, strict=True) for item in spread(cases, few)}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end anyway: to look through it again and again costs a tenth of the time."""
    gc.collect()
    spare_what_stays()
    # Tests leave little garbage beside much that stays (tables of botocore, caches): looked through seldom, and at the end.
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, 8 * old)
    gc.enable()
