"""Documents that lie, are damaged or huge: they are read as nothing, and never open a gate or raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_attempts import with_workflow
from replay_builders import CHECKOUT, CONFIGURE, EXPIRED, LOGIN, PUSH, attempt_of, failing, file_of, job_of, written_job
from stated_worlds import artifacts, problem, stated, text_of
from thoroughness import examples

from diagnosis.causes import Cause
from diagnosis.documents.preflight import NotUsable, Preflight, read_preflight
from diagnosis.gates import Checkpoint, Verdict
from diagnosis.replay.attempt import replay

SOUND = stated(problem(Checkpoint.REGISTRY_AUTH, Cause.GET_AUTHORIZATION_TOKEN, "ecr:GetAuthorizationToken"))
STEPS = (CHECKOUT, CONFIGURE, LOGIN, failing(PUSH))
FILE = file_of(written_job(*STEPS))

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["pass", "fail", "blocked", "oidc-trust", "registry-auth", "2026-03-02T09:00:01", "9999-12-31"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all members of a document."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return found + [each for key, value in items for each in places(value, (*path, key))]


PLACES = places(json.loads(text_of(SOUND)))


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value
    return tree


@settings(max_examples=examples(400))
@given(path=st.sampled_from(PLACES), value=JUNK)
def test_any_member_may_be_anything(path: tuple[Any, ...], value: Any) -> None:
    tree = json.loads(text_of(SOUND))
    put(tree, path, value)
    text = json.dumps(tree)
    read = read_preflight(text)
    assert read is None or isinstance(read, Preflight | NotUsable)
    attempt = attempt_of(job_of(*STEPS, log=EXPIRED), artifacts=artifacts(text))
    opened = [gate.gate for gate in replay(with_workflow(attempt, FILE)).gates if gate.verdict is Verdict.PASS]
    assert opened == [
        gate.gate for gate in replay(with_workflow(attempt_of(job_of(*STEPS, log=EXPIRED)), FILE)).gates[:2]
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": "planescope.preflight/1"}',
        '{"schema": "planescope.preflight/1", "run": 1' + "0" * 5_000 + "}",
        '{"schema": "planescope.preflight/1", "a": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"schema": ["planescope.preflight/1"]}',
        '["planescope.preflight/1"]',
        "planescope.preflight/1",
        text_of(SOUND, gates=[]),
        text_of(SOUND, gates=json.loads(text_of(SOUND))["gates"][:1] * 4),
        text_of(SOUND, judged_at="2026-03-02T09:00:01"),
        text_of(SOUND, run=True),
        text_of(SOUND).replace('"unknown"', '"blocked"').replace('"pass"', '"blocked"'),
        text_of(SOUND, problems=json.loads(text_of(SOUND))["problems"] * 301),
    ],
)
def test_what_is_no_statement_is_none(text: str) -> None:
    assert not isinstance(read_preflight(text), Preflight)


def test_what_is_taken_over_is_bounded_and_of_one_line() -> None:
    words = "x" * 10_000 + "\n::error::\ud800"
    read = read_preflight(
        text_of(stated(problem(Checkpoint.REGISTRY_AUTH, Cause.PUSH_SCOPE, reason=words[9_900:] * 9)))
    )
    assert isinstance(read, Preflight)
    reason = read.problems[0].reason
    assert len(reason) < 700
    assert "\n" not in reason
    reason.encode()


def test_a_document_of_today_is_read_as_it_was_written() -> None:
    read = read_preflight(text_of(SOUND))
    assert isinstance(read, Preflight)
    assert (read.gates, read.problems, read.judged_at) == (SOUND.gates, SOUND.problems, SOUND.judged_at)
    assert (read.id_token, read.verdict) == (SOUND.id_token, Verdict.FAIL)
