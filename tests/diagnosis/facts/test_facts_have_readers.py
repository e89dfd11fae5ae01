"""What is read of an account is read for somebody: every fact has a reader, every permitted call a probe that makes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import ModuleType

import pytest
from parsed_modules import parsed_modules

from diagnosis.facts import account, trail
from probes.aws.session import operations

ASKED_BY_BOTOCORE = {"HEAD_BUCKET"}
"""botocore looks for the region of a bucket by itself."""


@dataclass(frozen=True)
class Source:
    """One module of the packages, as far as these tests look into it."""

    path: str
    imported_from: frozenset[str]
    members_read: frozenset[str]
    names: frozenset[str]
    made: frozenset[str]
    """The names that are called: for a class, that the module makes values of it."""


@cache
def sources() -> tuple[Source, ...]:
    return tuple(_source(path, tree) for path, tree in parsed_modules().items())


def _source(path: str, tree: ast.Module) -> Source:
    nodes = list(ast.walk(tree))
    return Source(
        path,
        frozenset(node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)),
        frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)),
        frozenset(node.id for node in nodes if isinstance(node, ast.Name)),
        frozenset(node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)),
    )


def facts() -> Iterator[tuple[ModuleType, str, str]]:
    for module in (account, trail):
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__:
                yield from ((module, kind.__name__, field.name) for field in fields(kind))


@pytest.mark.parametrize(("module", "kind", "name"), facts(), ids=lambda value: getattr(value, "__name__", value))
def test_every_fact_of_the_account_has_a_reader(module: ModuleType, kind: str, name: str) -> None:
    """A reader imports from the module of the fact, reads a member of this name, and is no probe that fills the class."""
    own = module.__name__.replace(".", "/") + ".py"
    readers = [
        source.path
        for source in sources()
        if source.path != own
        and module.__name__ in source.imported_from
        and name in source.members_read
        and not (source.path.startswith("probes/") and kind in source.made)
    ]
    assert readers, f"nothing reads {kind}.{name}: it need not be read, nor its permission asked for"


def test_every_permitted_operation_is_asked_for_by_a_probe() -> None:
    permitted = {name for name, value in vars(operations).items() if isinstance(value, operations.Operation)}
    named = {name for source in sources() if source.path.startswith("probes/aws/read/") for name in source.names}
    assert permitted - named == ASKED_BY_BOTOCORE
