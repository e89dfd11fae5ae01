"""No regular expression of the packages takes more than linear time: by its structure, and under texts made to hurt it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from functools import cache

import pytest
from compiled_patterns import Compiled, compiled_patterns
from cost import cost
from parsed_modules import parsed_modules
from pattern_attack import texts_against
from pattern_shape import doubts
from thoroughness import some

_ASKS = {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
ASKED_WHOLE = {
    ("diagnosis/failures/whose_identity.py", "_SESSIONS"),
    ("diagnosis/failures/whose_identity.py", "_ROLES"),
    ("probes/case_members.py", ""),
    ("probes/github/http/endpoints.py", ""),
    ("probes/embedded/github/routes.py", ""),
}
"""Tables of patterns that are asked by ``fullmatch`` alone."""
SEARCHED = {
    "diagnosis/failures/service_errors.py",
    "diagnosis/failures/service_calls.py",
    "diagnosis/steps/tools/docker.py",
}
"""Modules whose tables of patterns are asked by ``search`` alone."""
LENGTH = 16_000
PROVED: dict[tuple[str, str], tuple[int, str]] = {
    ("diagnosis/closure/steps/demotion/swallowed_denials.py", "_DENIED"): (4_000, "a line is cut there"),
    ("probes/case_rewrite.py", "_PIECES"): (LENGTH, "every string takes what it has looked at, with or without an end"),
    ("diagnosis/closure/steps/constants/jq_filter.py", "_TOKEN"): (
        LENGTH,
        "an open string goes to the end of the text",
    ),
    ("diagnosis/closure/steps/constants/python_literals.py", "_PIECES"): (
        LENGTH,
        "an open string goes to the end of the text",
    ),
    ("diagnosis/names/ecr_address.py", "_ADDRESS"): (
        LENGTH,
        "behind the host every part may be empty: it is an answer",
    ),
    ("diagnosis/claims/run_context.py", "_VERSION_LIKE"): (
        LENGTH,
        "without a line break the last part reaches the end",
    ),
    ("diagnosis/logs/frames.py", "QUOTED"): (
        LENGTH,
        "two assertions let a search begin only where a row of marks begins",
    ),
    ("diagnosis/steps/actions/image_pushes.py", "_TAG_OR_DIGEST"): (4_000, "values of variables are cut there"),
    ("diagnosis/steps/needs.py", "_TAG"): (4_000, "values of variables are cut there"),
    ("diagnosis/steps/shell/syntax.py", "_BRACKET_OR_TEXT"): (
        LENGTH,
        "behind an open quotation mark the others are escaped",
    ),
    ("diagnosis/steps/shell/powershell.py", "_TOKEN"): (
        LENGTH,
        "an open comment or string goes to the end of the text",
    ),
    ("diagnosis/steps/shell/powershell.py", "_HEADER"): (2_000, "a longer header is not read"),
    ("diagnosis/steps/tools/helm.py", "_FILE"): (
        LENGTH,
        "it ends in .tgz and has no other sign: the first version is it",
    ),
    ("diagnosis/lint/places.py", "_TOKEN"): (0, "the text is JSON that was read before: each string is closed"),
    ("diagnosis/failures/service_errors.py", "_GO_ONE"): (4_000, "a text is cut there"),
    ("diagnosis/failures/reader.py", "_BEGAN_BEFORE"): (2_000, "asked by match, and of the end of a line"),
    ("diagnosis/failures/cloudtrail_event.py", "_BEGIN"): (
        LENGTH,
        "each part keeps what it took; it looks 450 characters ahead",
    ),
    ("diagnosis/failures/cloudtrail_event.py", "_MEMBER"): (
        LENGTH,
        "a value has no bare quotation mark, a name needs two",
    ),
    ("diagnosis/replay/run_facts.py", "_REGION"): (0, "handed on as a value and asked by fullmatch"),
}
"""What the structure alone does not show: up to which length the pattern is attacked here (0: not at all), and why it holds."""
ELSEWHERE = ("diagnosis/logs/secrets/", "diagnosis/logs/scrub", "diagnosis/documents/redaction.py")
"""The scrubber: attacked as a whole, by tests/diagnosis/logs and tests/diagnosis/documents."""
BUILT = {
    "diagnosis/failures/rule.py": "our own rules, looked at where they are compiled",
    "diagnosis/logs/line_search.py": "our own words",
    "diagnosis/closure/rules/scope.py": "one literal word",
    "diagnosis/closure/steps/demotion/lost_in_script.py": "our own names",
    "diagnosis/closure/widening.py": "one literal word",
    "diagnosis/logs/quoted.py": "a number",
    "diagnosis/policy/language/matching.py": "globs with atomic stars: tests/diagnosis/policy/test_matching_is_linear.py",
    "diagnosis/steps/aws_cli/resources.py": "forms of ARNs of the service authorization reference",
    "diagnosis/steps/expressions/values.py": "a base",
    "diagnosis/steps/infrastructure/configuration_language.py": "one literal word",
    "diagnosis/steps/needs.py": "a pattern with a name",
    "diagnosis/steps/script/xargs.py": "one class",
    "diagnosis/steps/shell/words.py": "shell patterns with atomic stars: tests/diagnosis/policy/test_matching_is_linear.py",
    "diagnosis/steps/tools/by_argument.py": "our own signs",
    "diagnosis/trust/subject_faults.py": "literal names",
    "diagnosis/trust/subject_typo.py": "literal names, atomic stars: tests/diagnosis/policy/test_matching_is_linear.py",
    "probes/case_members.py": "our own forms, looked at where they are compiled",
    "probes/embedded/github/routes.py": "our own routes, looked at where they are compiled",
    "probes/embedded/github/server.py": "a path that a test plans a fault for",
    "probes/github/http/endpoints.py": "our own endpoints, looked at where they are compiled",
    "tui/cli/commands/conform.py": "a pattern with a name",
    "tui/cli/commands/policy_lint.py": "a pattern with a name",
    "tui/internal_error.py": "a literal path",
}
"""Modules that compile what they put together while they run, and of what."""


def test_no_pattern_may_take_more_than_linear_time_by_its_structure() -> None:
    found = {
        f"{each.file}:{each.line} {name} {each.pattern[:80]!r}": doubt
        for each, name in _patterns()
        if not each.file.startswith(ELSEWHERE) and (each.file, name) not in PROVED
        if (doubt := _doubts(each, name))
    }
    assert not found


def test_nothing_is_excused_that_the_structure_proves() -> None:
    files = {file for file, _ in PROVED}
    doubted = {(each.file, name) for each, name in _patterns() if each.file in files and _doubts(each, name)}
    assert set(PROVED) <= doubted


def test_patterns_that_are_written_where_they_are_used_are_linear_too() -> None:
    for file, function, way, pattern in _written_in_place():
        if pattern is not None and (file, pattern) != ("diagnosis/steps/shell/words.py", _PIECES):
            whole, searched = way == "fullmatch", way not in ("match", "fullmatch")
            assert not doubts(pattern, searched=searched, whole=whole), (file, function, pattern)


_PIECES = r"\\.|\[[^\]]+\]|\*+|."
"""Cuts a shell pattern of at most 200 characters."""


def test_whoever_builds_a_pattern_says_of_what() -> None:
    assert {file for file, _, _, pattern in _written_in_place() if pattern is None} == set(BUILT)


@pytest.mark.parametrize("place", [place for place, (length, _) in PROVED.items() if length], ids="-".join)
def test_what_the_structure_does_not_show_stands_under_attack(place: tuple[str, str]) -> None:
    length = PROVED[place][0]
    for each, name in _patterns():
        if (each.file, name) == place:
            _attack(each, name, length)


def test_some_others_stand_under_attack_as_well() -> None:
    others = [
        (each, name)
        for each, name in _patterns()
        if not each.file.startswith(ELSEWHERE) and (each.file, name) not in PROVED
    ]
    for each, name in some(others, 80):
        _attack(each, name, LENGTH)


def _attack(each: Compiled, name: str, length: int) -> None:
    pattern = re.compile(each.pattern, each.flags)
    searched, whole = _asked(each, name)
    texts = list(texts_against(each.pattern, each.flags, length))

    def ask() -> None:
        for text in texts:
            if searched:
                deque(pattern.finditer(text), maxlen=0)
            if whole or not searched:
                pattern.fullmatch(text)

    assert cost(ask) < (_MOST if length == LENGTH else _MOST_OF_SHORT), each


_MOST = 10.0
"""A quadratic pattern takes a hundred units and more for one text of 16,000 characters, a linear one a tenth of a unit."""
_MOST_OF_SHORT = 100.0
"""Under two seconds where this was written, for all the texts together."""


@cache
def _patterns() -> list[tuple[Compiled, str]]:
    return [(each, _name(each)) for each in compiled_patterns()]


@cache
def _doubts(each: Compiled, name: str) -> tuple[str, ...]:
    searched, whole = _asked(each, name)
    return tuple(doubts(each.pattern, each.flags, searched=searched, whole=whole))


def _name(compiled: Compiled) -> str:
    """The name that the pattern is bound to, or that of the table that holds it."""
    return next((name for name, first, last in _bound(compiled.file) if first <= compiled.line <= last), "")


@cache
def _bound(file: str) -> list[tuple[str, int, int]]:
    """The names that a module binds, each with the lines of its value."""
    found = []
    for node in parsed_modules()[file].body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]
            found += [(one.id, each.lineno, each.end_lineno or 0) for one, each in pairs if isinstance(one, ast.Name)]
    return found


@cache
def _uses() -> dict[tuple[str, str], set[str]]:
    """How each name is asked: in its own module where it is private, anywhere where it is not."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file, tree in parsed_modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in _ASKS and isinstance(node.value, ast.Name):
                name = node.value.id
                found[file if name.startswith("_") else "", name].add(node.attr)
    return found


def _asked(compiled: Compiled, name: str) -> tuple[bool, bool]:
    """Whether the pattern is looked for within a text, and whether it may have to reach the text's end."""
    if (compiled.file, name) in ASKED_WHOLE:
        return False, True
    ways = _uses().get((compiled.file if name.startswith("_") else "", name)) or (
        {"search"} if compiled.file in SEARCHED else {"search", "fullmatch"}
    )
    return bool(ways - {"match", "fullmatch"}), "fullmatch" in ways


def _written_in_place() -> Iterator[tuple[str, str, str, str | None]]:
    """The patterns that functions hand to ``re``: file, function, way of asking, and the pattern where it is a literal."""
    for file, tree in parsed_modules().items():
        for function in ast.walk(tree) if not file.startswith(ELSEWHERE) else ():
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                        owner, way = call.func.value, call.func.attr
                        if isinstance(owner, ast.Name) and owner.id == "re" and way in _ASKS | {"compile"}:
                            first = call.args[0]
                            yield file, function.name, way, first.value if isinstance(first, ast.Constant) else None
