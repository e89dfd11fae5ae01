"""PyGithub is used through what it publishes: its private members may change with any release."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from github.Requester import Requester
from parsed_modules import parsed_modules

from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.pace import Pace
from probes.ledger import Ledger

OF_ANOTHER_CLASS = re.compile(r"_[A-Za-z]+__\w+")
"""A name as Python keeps a class's own ``__name``."""


def private_members(tree: ast.Module) -> Iterator[str]:
    """Private members of anything but the module's own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not own or OF_ANOTHER_CLASS.fullmatch(node.attr):
                yield node.attr


def imports_pygithub(tree: ast.Module) -> bool:
    nodes = list(ast.walk(tree))
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return any(module.partition(".")[0] == "github" for module in modules)


def test_no_module_touches_what_pygithub_keeps_to_itself() -> None:
    using = {path: tree for path, tree in parsed_modules().items() if imports_pygithub(tree)}
    assert "probes/github/http/transport.py" in using
    assert {path: names for path, tree in using.items() if (names := set(private_members(tree)))} == {}


def test_the_guard_sits_on_one_client_and_leaves_pygithubs_own_class_as_it_was() -> None:
    before = dict(vars(Requester))
    clients = [
        Client(GitHubAccess(url), Ledger(), Pace(), Timeouts())
        for url in ("https://api.github.com", "https://ghe.example")
    ]
    assert dict(vars(Requester)) == before
    assert len({type(client.requester) for client in clients}) == 2, (
        "each has a class of its own, so a guard of its own"
    )
    for client in clients:
        client.close()


def test_what_pygithub_calls_through_an_instance_is_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    injected: list[object] = []
    monkeypatch.setattr(Requester, "injectConnectionClasses", classmethod(lambda _cls, *given: injected.extend(given)))
    Client(GitHubAccess("https://api.github.com"), Ledger(), Pace(), Timeouts()).close()
    assert injected
    assert all(isinstance(one, type) for one in injected), "Python 3.14 binds a partial in a class like a method"
