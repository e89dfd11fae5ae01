"""Which commands a script runs, and which it merely writes down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.steps.shell_commands import commands_in


def words(script: str) -> list[tuple[str, ...]]:
    return [command.words for command in commands_in(script) if command.words]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b c", [("a", "b", "c")]),
        ("a && b || c; d", [("a",), ("b",), ("c",), ("d",)]),
        ("a | b\nc &", [("a",), ("b",), ("c",)]),
        ("a \\\n  b", [("a", "b")]),
        ("a `\nb", [("a", "b")]),
        ("a 'b c' \"d e\"", [("a", "b c", "d e")]),
        ('a "x $(b c) y"', [("b", "c"), ("a", "x $(b c) y")]),
        ("a # b", [("a",)]),
        ("a b#c", [("a", "b#c")]),
        ("sudo -E a", [("a",)]),
        ("if ! a; then b; fi", [("a",), ("b",), ("fi",)]),
        ("timeout 5m a", [("a",)]),
        ("X=1 a", [("a",)]),
        ("bash -c 'a b; c'", [("a", "b"), ("c",), ("bash", "-c", "a b; c")]),
        ("a <<EOF\nb\nEOF\nc", [("a",), ("c",)]),
        ("a <<-'EOF' | b\n\tx\n\tEOF\nc", [("a",), ("b",), ("c",)]),
        ("a <<< b", [("a",)]),
        ("a 2>&1 > out", [("a",)]),
        ("a ${{ inputs.x y }} b", [("a", "${{ inputs.x y }}", "b")]),
        ("/usr/bin/a b", [("/usr/bin/a", "b")]),
    ],
)
def test_commands(script: str, expected: list[tuple[str, ...]]) -> None:
    assert words(script) == expected


def test_assignments_are_kept() -> None:
    (command,) = commands_in('export A="b c" D=e')
    assert command.assignments == (("A", "b c"), ("D", "e"))


def test_where_the_output_goes_is_kept() -> None:
    (command,) = commands_in('echo "a=b" >> "$GITHUB_OUTPUT"')
    assert (command.words, command.redirect) == (("echo", "a=b"), "$GITHUB_OUTPUT")


@pytest.mark.parametrize(
    ("script", "guarded"),
    [
        ("a", False),
        ("set -euo pipefail\na", False),
        ("a || true", True),
        ("a | tee log", True),
        ("set -o pipefail\na | tee log", False),
        ("set -eo pipefail\na | tee log", False),
        ("a &", True),
        ("if a; then b; fi", True),
        ("! a", True),
        ("set +e\na", True),
        ("set +e\nb\nset -e\na", False),
        ('X="$(a)"', False),
        ('echo "$(a)"', True),
        ('export X="$(a)"', True),
    ],
)
def test_whether_a_failure_of_the_command_fails_the_script(script: str, guarded: bool) -> None:
    (command,) = [command for command in commands_in(script) if command.program == "a"]
    assert command.guarded is guarded


@given(st.text(alphabet="ab $(){}`'\"\\\n;|&<>#=-\x00é", max_size=400))
def test_no_script_is_too_strange_to_read(script: str) -> None:
    commands_in(script)


@given(st.integers(1, 3_000))
def test_deep_nesting_is_read_to_a_bound(depth: int) -> None:
    commands_in("$(" * depth + "a" + ")" * depth)
