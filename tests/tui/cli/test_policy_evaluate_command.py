"""``planescope policy evaluate``: rows in, answers out; junk gives an error line and never a traceback."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from places import DATA
from thoroughness import examples

from tui.cli.commands import policy_evaluate
from tui.cli.commands.policy_evaluate import answer_line, evaluate_command

ROWS = DATA / "iam" / "trust_cases.jsonl"


def run(data: bytes, *arguments: str) -> Result:
    return CliRunner().invoke(evaluate_command, list(arguments), input=data)


def answers(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_rows_of_a_file_are_answered_in_order() -> None:
    result = CliRunner().invoke(evaluate_command, [str(ROWS)])
    assert result.exit_code == 0
    wanted = [json.loads(line) for line in ROWS.read_text().splitlines()]
    given_back = answers(result)
    assert [row["id"] for row in given_back] == [row["id"] for row in wanted]
    assert [row["decision"] for row in given_back] == [row["expected"] for row in wanted]
    assert all(set(row) == {"id", "decision", "because"} for row in given_back)
    because = given_back[0]["because"]
    assert isinstance(because, dict)
    assert set(because) == {"layer", "statement", "decisive", "text"}


def test_standard_input_is_the_default_and_the_dash() -> None:
    data = ROWS.read_bytes()
    assert answers(run(data)) == answers(run(data, "-")) == answers(CliRunner().invoke(evaluate_command, [str(ROWS)]))


def test_an_unreadable_row_gives_an_error_line_the_others_go_on_and_the_code_is_two() -> None:
    good = ROWS.read_bytes().splitlines()[0]
    result = run(b"\n".join([b"{", good, b'{"id": 5}', b"\xff\xfe", good]))
    assert result.exit_code == 2
    first, second, third, fourth, fifth = answers(result)
    assert first["id"] is None
    assert "line 1: not JSON" in str(first["error"])
    assert second["decision"] == fifth["decision"]
    assert third == {"id": 5, "error": "line 3: request must be an object"}
    assert "line 4: not UTF-8" in str(fourth["error"])


@pytest.mark.parametrize(
    ("line", "identifier", "words"),
    [
        (b'{"id": "a", "request": NaN}', "a", "line 7: not JSON: NaN is not a JSON value (column 24)"),
        (
            b'{"x": {"id": 1}, "id": 12, "request": {"a": 1, "a": 2}}',
            12,
            "line 7: key 'a' stands twice in one object (col",
        ),
        (b'{"x": [1,], "id" : "\\u00e9"}', "\u00e9", "comma stands before the closing bracket (column 9)"),
        (b'{"id": "a\xff"}', "a\ufffd", "not UTF-8 at byte 9"),
        (b'{"id": ["a"], "request": NaN}', None, "NaN"),
        (b'{"id": 1.5, "request": NaN}', None, "NaN"),
        (b'{"id": "a', None, "not JSON"),
        (b'{"request": {"id": "a"}, ' + b"[" * 100, None, "nested deeper"),
    ],
)
def test_a_row_that_is_no_json_keeps_its_id_and_tells_the_column(line: bytes, identifier: object, words: str) -> None:
    answer = answer_line(7, line)
    assert answer["id"] == identifier
    assert words in str(answer["error"])


def test_blank_lines_and_a_byte_order_mark_are_nothing() -> None:
    good = ROWS.read_bytes().splitlines()[0]
    result = run(b"\xef\xbb\xbf\r\n\n" + good + b"\r\n\r\n")
    assert result.exit_code == 0
    assert len(answers(result)) == 1
    assert answers(run(b"\xef\xbb\xbf" + good))[0]["decision"] == "Allowed"


def test_nothing_in_nothing_out() -> None:
    result = run(b"")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_missing_file_is_a_usage_error() -> None:
    result = CliRunner().invoke(evaluate_command, ["/nowhere/at/all.jsonl"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


class _Endless(io.RawIOBase):
    """A line without end that is made while it is read, so that nothing but the reader can keep it."""

    def __init__(self, size: int, rest: bytes) -> None:
        self.left = size
        self.rest = rest
        self.longest_read = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0, "a bounded reader asks for a bounded line"
        self.longest_read = max(self.longest_read, size)
        if self.left > 0:
            piece = b"x" * min(size, self.left)
            self.left -= len(piece)
            return piece + (b"\n" if not self.left and len(piece) < size else b"")
        line, _, self.rest = self.rest.partition(b"\n")
        return line + b"\n" if line else b""


def test_a_row_that_is_too_long_is_skipped_in_bounded_pieces() -> None:
    good = ROWS.read_bytes().splitlines()[0]
    stream = _Endless(policy_evaluate.LONGEST_ROW * 3 + 17, good + b"\n")
    lines: Iterator[tuple[int, bytes | None]] = policy_evaluate._lines(stream)  # type: ignore[arg-type]  # a reader
    assert [(number, line is None) for number, line in lines] == [(1, True), (2, False)]
    assert stream.longest_read <= policy_evaluate.LONGEST_ROW + 1
    assert "longer than" in str(answer_line(1, None)["error"])


def test_foreign_text_leaves_as_plain_json() -> None:
    row = json.loads(ROWS.read_bytes().splitlines()[2])
    row["id"] = "\u001b[31m\ud800[/red]"
    row["request"]["context"]["token.actions.githubusercontent.com:sub"] = ["\u001b]0;x\u0007\ud800"]
    result = run(json.dumps(row).encode())
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert "\u001b" not in result.stdout
    assert answers(result)[0]["id"] == row["id"]


@given(st.binary(max_size=300))
def test_any_bytes_give_an_answer_a_line(line: bytes) -> None:
    answer = answer_line(1, line)
    assert set(answer) == {"id", "error"}
    json.loads(json.dumps(answer))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = [
    "id",
    "request",
    "identity_policies",
    "resource_policy",
    "permission_boundaries",
    "session_policy",
    "scps",
    "rcps",
]
REQUEST_MEMBERS = [
    "principal",
    "action",
    "resource",
    "resource_account",
    "context",
    "multivalued_keys",
    "wildcard_only_action",
]


@settings(max_examples=examples(300))
@given(st.data())
def test_a_row_with_any_part_replaced_by_junk_gives_an_answer(data: st.DataObject) -> None:
    lines = ROWS.read_bytes().splitlines()
    row = json.loads(data.draw(st.sampled_from(lines)))
    for name in data.draw(st.sets(st.sampled_from(MEMBERS), max_size=3)):
        row[name] = data.draw(JSON)
    if isinstance(row.get("request"), dict):
        for name in data.draw(st.sets(st.sampled_from(REQUEST_MEMBERS), max_size=3)):
            row["request"][name] = data.draw(JSON)
    if isinstance(row.get("resource_policy"), dict):
        statements = row["resource_policy"].get("Statement")
        for statement in statements if isinstance(statements, list) else []:
            if isinstance(statement, dict) and data.draw(st.booleans()):
                statement[data.draw(st.sampled_from(sorted(statement)))] = data.draw(JSON)
    answer = answer_line(1, json.dumps(row).encode())
    assert set(answer) in ({"id", "error"}, {"id", "decision", "because"})
    json.loads(json.dumps(answer))
