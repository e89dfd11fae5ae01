"""Values survive the codec, and nothing but what the types say gets through it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import (
    Annotation,
    Artifact,
    Attempt,
    CalledWorkflow,
    Job,
    LocalAction,
    OidcCustomization,
    Repository,
    Step,
)
from probes.store.codec import CodecError, decode, encode, fingerprint

words = st.text(max_size=20)
numbers = st.integers(-(2**70), 2**70)
moments = st.datetimes(timezones=st.just(UTC))
maybe_moment = st.none() | moments
evidence = st.builds(
    Evidence, st.sampled_from(EvidenceKind), words, st.none() | words, st.sampled_from(Origin), maybe_moment
)
unreadable = st.builds(Unreadable, words, words, words, st.none() | words, st.none() | evidence, st.booleans())


def readings(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(Known, value, st.none() | evidence) | st.builds(Absent, words, st.none() | evidence) | unreadable


def some(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(value, max_size=2).map(tuple)


jobs = st.builds(
    Job,
    id=numbers,
    name=words,
    status=words,
    conclusion=st.none() | words,
    started_at=maybe_moment,
    completed_at=maybe_moment,
    html_url=words,
    steps=some(st.builds(Step, numbers, words, words, st.none() | words, maybe_moment, maybe_moment)),
    annotations=readings(some(st.builds(Annotation, words, words, words, words, st.none() | numbers))),
    log=readings(words),
    log_origin=st.sampled_from(Origin),
    log_verbatim=some(words),
    log_steps=some(numbers),
)
artifacts = st.builds(
    Artifact,
    *(numbers, words, numbers, st.booleans(), maybe_moment, some(st.tuples(words, words)), some(unreadable)),
    some(st.tuples(words, words)),
)
attempts = st.builds(
    Attempt,
    repository=st.builds(Repository, words, st.none() | numbers, st.none() | numbers, maybe_moment),
    run_id=numbers,
    attempt=numbers,
    run_number=numbers,
    workflow_name=words,
    workflow_path=words,
    event=words,
    head_branch=st.none() | words,
    head_sha=words,
    status=words,
    conclusion=st.none() | words,
    title=words,
    actor=words,
    created_at=moments,
    started_at=maybe_moment,
    updated_at=maybe_moment,
    html_url=words,
    head_repository=st.none() | words,
    jobs=readings(some(jobs)),
    workflow_file=unreadable,
    oidc_customization=readings(
        st.builds(OidcCustomization, st.booleans(), some(words), st.none() | st.booleans(), st.none() | words)
    ),
    artifacts=readings(some(artifacts)),
    called_workflows=some(st.builds(CalledWorkflow, words, words, st.none() | words, unreadable)),
    local_actions=some(st.builds(LocalAction, words, unreadable)),
    environment=st.none() | words,
    origin=st.sampled_from(Origin),
    reconstructed=some(words),
)


@settings(max_examples=examples(150), deadline=None)
@given(attempts)
def test_every_attempt_survives(attempt: Attempt) -> None:
    told = json.loads(json.dumps(encode(attempt)))
    again = decode(Attempt, told)
    assert again == attempt
    assert encode(again) == encode(attempt), "what equality does not look at, too"


anything = st.recursive(
    st.none()
    | st.booleans()
    | numbers
    | st.floats(allow_nan=False)
    | words
    | st.sampled_from(["Known", "Job", "2026-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "value", "source", "jobs", "id"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=examples(200), deadline=None)
@given(attempt=attempts, data=st.data())
def test_a_mangled_value_is_refused_or_still_of_its_type(attempt: Attempt, data: st.DataObject) -> None:
    told = encode(attempt)
    name = data.draw(st.sampled_from(sorted(told)))
    told[name] = data.draw(anything)
    try:
        again = decode(Attempt, told)
    except CodecError:
        return
    assert decode(Attempt, encode(again)) == again


def test_what_the_type_does_not_say_is_refused() -> None:
    step = encode(Step(1, "a", "completed", None))
    for change in ({"number": True}, {"number": "1"}, {"name": 1}, {"": "Job"}, {"started_at": "2026-01-01T00:00:00"}):
        with pytest.raises(CodecError):
            decode(Step, {**step, **change})
    with pytest.raises(CodecError):
        decode(Step, {**step, "more": 1})
    with pytest.raises(CodecError):
        decode(Step, {name: value for name, value in step.items() if name != "status"})
    with pytest.raises(CodecError):
        decode(Reading[str], encode(Known(3)))
    with pytest.raises(CodecError):
        decode(tuple[str, str], ["a"])
    with pytest.raises(CodecError):
        encode({"a": 1})


def test_text_is_passed_through_what_is_given() -> None:
    assert encode(Absent("secret"), lambda text: text.replace("secret", "***"))["what"] == "***"


def test_the_fingerprint_is_of_the_shape_and_reaches_what_lies_within() -> None:
    assert fingerprint(Attempt) == fingerprint(Attempt)
    assert len({fingerprint(kind) for kind in (Attempt, Job, Step, Origin)}) == 4
    assert decode(datetime, encode(datetime(2026, 1, 1, tzinfo=UTC))) == datetime(2026, 1, 1, tzinfo=UTC)
