"""GitHub's expressions: each operator and function as documented, and every part that is not known gives no guess."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.steps.expressions.evaluation import evaluate
from diagnosis.steps.expressions.grammar import parse
from diagnosis.steps.expressions.text import filled, holds, lookup_in, spans, value_of
from diagnosis.steps.expressions.values import UNKNOWN, Partial, Result, TypedText, Unknown, is_known, truth_of

EVENT = {"labels": [{"name": "bug"}, {"name": "Help"}], "number": 7.0, "nothing": None, "draft": False}
VALUES: dict[str, str] = {
    "github.ref": "refs/heads/main",
    "github.event": TypedText.of(EVENT),
    "inputs.count": TypedText.of(3.0),
    "inputs.on": TypedText.of(True),
    "inputs.off": TypedText.of(False),
    "inputs.text": "true",
    "inputs.empty": "",
    "env.TAG": "v1",
    "SHELL_ONLY": "s",
    "steps.login.outputs.registry": "HOST",
    "matrix": TypedText.of({"os": "Linux", "node": {"version": 20.0}}),
}


def value(expression: str) -> Result:
    return value_of(expression, VALUES)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Literals.
        *(("null", None), ("true", True), ("false", False), ("711", 711.0), ("-9.2", -9.2), ("0xff", 255.0)),
        *(
            ("-2.99e-2", -0.0299),
            (".5", 0.5),
            ("0o17", 15.0),
            ("'It''s open source!'", "It's open source!"),
            ("''", ""),
        ),
        # Precedence.
        *(("!2 < 3", True), ("!(2 < 3)", False), ("3 < 2 < 1", True), ("3 < (2 < 1)", False), ("2 > 2 > 0", False)),
        *(("2 <= 3 == true", True), ("2 <= (3 == true)", False), ("2 == 2 == 1", True), ("2 == (2 == 1)", False)),
        *(
            ("1 == 1 && 2", 2.0),
            ("1 == (1 && 2)", False),
            ("false && 0 || null", None),
            ("false && (0 || null)", False),
        ),
        *(("1 || 2 && 3", 1.0), ("(1 || 2) && 3", 3.0), ("2 == 2 != 0", True), ("2 == (2 != 0)", False)),
        # Loose equality.
        *(("null == 0", True), ("null == ''", True), ("true == 1", True), ("'1' == 1", True), ("'' == 0", True)),
        *(("'true' == true", False), ("'a' == 0", False), ("'a' == 'A'", True), ("'ß' == 'SS'", False)),
        *(("NaN == NaN", False), ("NaN != NaN", True), ("' 0x10 ' == 16", True), ("'1e2' == 100", True)),
        *(("github.event.labels == github.event.labels", True), ("fromJSON('[1]') == fromJSON('[1]')", False)),
        # Order.
        *(("'a' < 'B'", True), ("'b' >= 'A'", True), ("true > false", True), ("null <= 0", True), ("'x' < 5", False)),
        *(("'x' >= 5", False), ("'10' > 9", True), ("fromJSON('[]') < 1", False)),
        # Truth of values.
        *(("!''", True), ("!'false'", False), ("!0", True), ("!-0", True), ("!NaN", True), ("!fromJSON('[]')", False)),
        *(("'' || 'default'", "default"), ("'a' && 'b'", "b"), ("0 && 'b'", 0.0), ("inputs.empty || 'none'", "none")),
        # Contexts.
        *(("github.ref", "refs/heads/main"), ("GITHUB.Ref", "refs/heads/main"), ("github['ref']", "refs/heads/main")),
        *(
            ("inputs.on", True),
            ("inputs.off == false", True),
            ("inputs.text == true", False),
            ("inputs.count > 2", True),
        ),
        *(("github.event.number", 7.0), ("github.event.absent", None), ("github.event.labels[1].name", "Help")),
        *(
            ("github.event.labels[2].name", None),
            ("github.event.labels['0'].name", "bug"),
            ("matrix.node.version", 20.0),
        ),
        *(("matrix[format('{0}s', 'o')]", "Linux"), ("matrix.nothing.more", None), ("env.TAG", "v1")),
        *(("env.SHELL_ONLY", "s"), ("steps.login.outputs.registry", "HOST"), ("(matrix).os", "Linux")),
        # Filters.
        *(
            ("join(github.event.labels.*.name, ', ')", "bug, Help"),
            ("contains(github.event.labels.*.name, 'BUG')", True),
        ),
        *(
            ("contains(github.event.labels.*.name, 'bu')", False),
            ("join(matrix.node.*)", "20"),
            ("join('a'.*)", UNKNOWN),
        ),
        # Functions.
        *(("contains('Hello world', 'LLO')", True), ("contains('a', '')", True), ("contains(123, 2)", True)),
        *(("contains(fromJSON('[\"push\", 1]'), 'PUSH')", True), ("contains(fromJSON('{\"a\": 1}'), 'a')", False)),
        *(("startsWith('Hello', 'he')", True), ("endsWith('Hello', 'LO')", True), ("startsWith(true, 'T')", True)),
        *(("format('Hello {0} {1} {0}', 'Mona', 1)", "Hello Mona 1 Mona"), ("format('{{{0}}}', null)", "{}")),
        *(("format('{1}', 'a')", UNKNOWN), ("format('{')", UNKNOWN), ("format('}')", UNKNOWN)),
        *(("join(fromJSON('[1, true, null, \"x\"]'))", "1,true,,x"), ("join('text', '-')", "text")),
        *(
            ("toJSON('a\"b')", '"a\\"b"'),
            ("toJSON(fromJSON('{\"a\":[1,2.5]}'))", '{\n  "a": [\n    1,\n    2.5\n  ]\n}'),
        ),
        *(("fromJSON('3')", 3.0), ("fromJSON('true')", True), ("fromJSON('\"x\"')", "x"), ("fromJSON('{')", UNKNOWN)),
        *(("case(1 == 2, 'a', 1 == 1, 'b', 'c')", "b"), ("case(false, 'a', 'c')", "c"), ("case('x', 1, 2)", UNKNOWN)),
        *(("hashFiles('**/x')", UNKNOWN), ("always()", True), ("success()", UNKNOWN), ("STARTSWITH('ab', 'A')", True)),
        # Numbers as text.
        *(("format('{0}', 1.0)", "1"), ("format('{0}', 1e20)", "1E+20"), ("format('{0}', -0.0)", "0")),
        *(("format('{0}', 0.84551240822557006)", "0.84551240822557"), ("format('{0}', -Infinity)", "-Infinity")),
    ],
)
def test_each_form_has_its_documented_value(expression: str, expected: object) -> None:
    assert value(expression) == expected
    assert type(value(expression)) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "'open",
        '"double"',
        "1 +",
        "a.",
        "a[",
        "f(",
        "&& a",
        "a = b",
        "a & b",
        "1.2.3",
        "$a",
        "'a'.b",
        "a..b",
        "(",
        "a)",
    ],
)
def test_what_is_no_expression_gives_no_value(text: str) -> None:
    assert parse(text) is None
    assert value(text) == UNKNOWN
    assert holds(text or "''x", {}) is None


@pytest.mark.parametrize(
    ("expression", "truth"),
    [
        *(("vars.x && false", False), ("false && vars.x", False), ("vars.x || true", True), ("vars.x || 'a'", True)),
        *(("vars.x || false", None), ("vars.x && true", None), ("!vars.x", None), ("!(vars.x || 1)", False)),
        *(("vars.x == 'a'", None), ("contains(vars.x, 'a')", None), ("vars.x && 'a' || 'b'", True)),
        *(
            ("secrets.X", None),
            ("env.NONE", None),
            ("needs.a.outputs.b == ''", None),
            ("vars.x && false || 1 == 1", True),
        ),
    ],
)
def test_what_is_not_known_decides_nothing_that_depends_on_it(expression: str, truth: bool | None) -> None:
    assert truth_of(value(expression)) is truth


def test_a_masked_or_unfinished_text_tells_what_is_shown_of_it() -> None:
    known = {"vars.a": "refs/***/x", "vars.b": "refs/pull/${{ github.event.number }}/merge", "vars.c": "$HOME"}
    for expression, expected in (
        ("vars.a == 'tags'", False),
        ("vars.a == 'refs/heads/x'", UNKNOWN),
        ("vars.b != 'refs/heads/main'", True),
        ("startsWith(vars.b, 'refs/heads')", False),
        ("startsWith(vars.b, 'refs/pull/')", True),
        ("startsWith(vars.b, 'refs/pull/7')", UNKNOWN),
        ("endsWith(vars.b, '/merge')", True),
        ("contains(vars.b, 'pull')", True),
        ("contains(vars.b, 'x')", UNKNOWN),
        ("vars.a || 'b'", Partial("refs/***/x")),
        ("vars.c || 'b'", Unknown(True)),
        ("format('{0}:1', vars.a)", Partial("refs/***/x:1")),
        ("format('{0}/app', secrets.REGISTRY)", Partial("${{ secrets.REGISTRY }}/app")),
    ):
        assert value_of(expression, known) == expected, expression


@pytest.mark.parametrize("open_ended", ["${{ a", "a ${{ ${{ b }} c", "${{ ${{ b }}"])
def test_behind_an_expression_that_does_not_end_nothing_is_known(open_ended: str) -> None:
    behind = open_ended.rpartition("}}")[2]
    assert Partial(open_ended).suffix == ("" if "}}" not in open_ended else behind)
    assert Partial(open_ended).prefix == open_ended.partition("${{")[0]


def test_a_text_of_nothing_but_an_open_expression_may_be_empty() -> None:
    assert truth_of(Partial("${{ a")) is None
    assert truth_of(Partial("${{${{ a }}")) is None


def test_a_text_is_filled_in_as_far_as_it_is_known() -> None:
    assert filled("a${{ env.TAG }}b${{ vars.X }}", VALUES) == "av1b${{ vars.X }}"
    assert filled("${{ '}}' }}|${{ 'it''s }}' }}", {}) == "}}|it's }}"
    assert filled("${{ open", VALUES) == "${{ open"
    assert filled("${{ null }}${{ true }}${{ 1.50 }}", {}) == "true1.5"
    assert [text for _, _, text in spans("${{a}} ${{ 'x' }} $ {{b}}")] == ["a", "'x'"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        *((None, True), ("", True), ("always()", True), ("success()", True), ("${{ success() }}", True)),
        *(
            ("failure()", None),
            ("cancelled()", None),
            ("!success()", None),
            ("!cancelled()", True),
            ("!failure()", True),
        ),
        *(("success() || failure()", True), ("failure() && false", False), ("failure() || vars.x", None)),
        *(("${{ !failure() && !cancelled() && github.ref == 'refs/heads/main' }}", True), ("always() && vars.x", None)),
        *(("github.ref == 'refs/heads/prod'", False), ("${{ github.ref == 'refs/heads/prod' }}\n", False)),
        *(("${{ false }} && true", None), ("a ${{ false }}", None), ("inputs.off", False), ("inputs.text", True)),
    ],
)
def test_conditions_are_decided_where_the_run_settles_them(condition: str | None, expected: bool | None) -> None:
    assert holds(condition, VALUES) is expected


@dataclass(frozen=True)
class Ref:
    """A context of the generated expressions."""

    name: str


Tree = Any
NAMES = ("a", "b", "c")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0.0, 1.0, -1.5, 2.0, 16.0]),
    st.sampled_from(["", "a", "A", "b", "ab", "1", " 1 ", "0x10", "true", "False", "it's", "x/y"]),
)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.one_of(SCALARS, st.sampled_from([Ref(name) for name in NAMES])),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "&&", "||"]), inner, inner),
        st.tuples(st.just("!"), inner),
        st.tuples(st.sampled_from(["contains", "startsWith", "endsWith"]), inner, inner),
        st.tuples(st.just("format"), st.just("<{0}|{1}>"), inner, inner),
    ),
    max_leaves=8,
)


def written(tree: Tree) -> str:
    match tree:
        case None:
            return "null"
        case bool():
            return str(tree).lower()
        case float():
            return repr(tree)
        case str():
            return "'" + tree.replace("'", "''") + "'"
        case Ref(name):
            return f"inputs.{name}"
        case ("!", inner):
            return f"!({written(inner)})"
        case (("contains" | "startsWith" | "endsWith" | "format") as name, *parts):
            return f"{name}({', '.join(written(part) for part in parts)})"
        case (operator, left, right):
            return f"({written(left)}) {operator} ({written(right)})"
    raise AssertionError(tree)


def number(item: Any) -> float:
    """Number() of JavaScript, for the generated values."""
    if isinstance(item, str):
        text = item.strip()
        try:
            return float(int(text, 16)) if text.startswith("0x") else float(text or 0)
        except ValueError:
            return math.nan
    return float(item or 0)


def text(item: Any) -> str:
    return (
        ""
        if item is None
        else str(item).lower()
        if isinstance(item, bool)
        else f"{item:g}"
        if isinstance(item, float)
        else item
    )


def reference(tree: Tree, known: Mapping[str, Any]) -> Any:
    """Evaluate by the documentation's sentences, every context known."""
    if isinstance(tree, Ref):
        return known[tree.name]
    if not isinstance(tree, tuple):
        return tree
    name, *parts = tree
    values = [reference(part, known) for part in parts]
    if name == "!":
        return not values[0]
    left, right = values[0], values[-1]
    if name in ("&&", "||"):
        return (right if left else left) if name == "&&" else (left or right)
    if name == "format":
        return f"<{text(values[1])}|{text(values[2])}>"
    low, part = text(left).lower(), text(right).lower()
    if name in ("contains", "startsWith", "endsWith"):
        return {"contains": part in low, "startsWith": low.startswith(part), "endsWith": low.endswith(part)}[name]
    if not (isinstance(left, str) and isinstance(right, str)):
        low, part = number(left), number(right)  # type: ignore[assignment] # numbers are compared from here on
    if left is None and right is None:
        return name == "==" or name in ("<=", ">=")
    return {
        "==": low == part,
        "!=": low != part,
        "<": low < part,
        "<=": low <= part,
        ">": low > part,
        ">=": low >= part,
    }[name]


def computed(tree: Tree, known: Mapping[str, Any]) -> Result:
    expression = written(tree)
    node = parse(expression)
    assert node is not None, expression
    return evaluate(expression, node, lookup_in({f"inputs.{name}": TypedText.of(item) for name, item in known.items()}))


@settings(max_examples=examples(800), deadline=None)
@given(TREES, st.fixed_dictionaries(dict.fromkeys(NAMES, SCALARS)))
def test_a_known_expression_has_the_value_of_the_reference(tree: Tree, known: dict[str, Any]) -> None:
    result, expected = computed(tree, known), reference(tree, known)
    assert (result, type(result)) == (expected, type(expected))


@settings(max_examples=examples(800), deadline=None)
@given(TREES, st.fixed_dictionaries(dict.fromkeys(NAMES, SCALARS)), st.sets(st.sampled_from(NAMES)))
def test_what_is_settled_holds_for_every_value_of_what_is_not_known(
    tree: Tree, known: dict[str, Any], hidden: set[str]
) -> None:
    shown = {name: item for name, item in known.items() if name not in hidden}
    result, whole = computed(tree, shown), computed(tree, known)
    truth = truth_of(result)
    assert truth is None or truth is truth_of(whole)
    if is_known(result):
        assert (result, type(result)) == (whole, type(whole))
    elif isinstance(result, Partial):
        assert isinstance(whole, str)
        assert result.may_equal(whole)
    else:
        assert isinstance(result, Unknown)


@settings(max_examples=examples(400), deadline=None)
@given(st.text(alphabet="ab.'()[]*!&|=<>,1 -${}", max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    assert filled(text, VALUES) is not None
    assert holds(text, VALUES) in (True, False, None)


@pytest.mark.parametrize(
    "text",
    [
        "${{ " * 20_000,
        "${{ '" * 20_000,
        "${{ a }}" * 12_000 + "'",
        "${{ " + "(" * 9_000 + " }}",
        "${{ " + "!" * 9_000 + "a }}",
        "${{ a" + ".b" * 9_000 + " }}",
        "${{ a" + " == a" * 4_000 + " }}",
        "${{ a" + " || a" * 4_000 + " }}",
    ],
)
def test_long_texts_are_read_in_linear_time(text: str) -> None:
    assert cost(lambda: filled(text, VALUES)) < 100


def test_calls_within_calls_grow_to_a_bound() -> None:
    text = "'xxxxxxxxxx'"
    for _ in range(12):
        text = f"format('{'{0}' * 10}', {text})"
    assert not is_known(value(text))
    text = "'\"'"
    for _ in range(48):
        text = f"toJSON({text})"
    assert not is_known(value(text))


@pytest.mark.parametrize("innermost", ["0", "inputs.never"])
@pytest.mark.parametrize("within", ["fromJSON('[0]')[{}]", "matrix[{}]", "matrix[{}][0]"])
def test_keys_within_keys_are_worked_out_once(within: str, innermost: str) -> None:
    text = innermost
    for _ in range(40):
        text = within.format(text)
    assert cost(lambda: value(text)) < 10


def test_many_names_are_looked_up_among_many_values() -> None:
    values = {f"inputs.x{number}": "y" for number in range(1_000)}
    assert filled("${{ INPUTS.X999 }}", values) == "y"
    assert cost(lambda: filled("${{ inputs.a.b.c }} " * 4_000, values)) < 30
