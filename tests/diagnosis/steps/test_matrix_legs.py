"""A job with a matrix has the legs that GitHub makes of it, each with its name and its values."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_builders import REGION, ROLE, attempt_of
from thoroughness import examples

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.names.arn import Arn
from diagnosis.replay.attempt import replay
from diagnosis.steps.expressions.values import TypedText
from diagnosis.steps.matrix import MOST_LEGS, Leg, leg_named, legs_of
from diagnosis.steps.read_job import job_of_file, read_job
from diagnosis.steps.releasing_job import releasing
from probes.workflow_file import parse_workflow, workflow_file


def job(strategy: str, name: str | None = None) -> WorkflowJob:
    shown = f"    name: {name}\n" if name else ""
    parsed = parse_workflow(
        f"on: push\njobs:\n  build:\n{shown}    strategy:\n      matrix: {strategy}\n    steps: []\n", "w"
    )
    assert isinstance(parsed, Workflow), parsed
    return parsed.jobs[0]


def whole(leg: Leg) -> Any:
    found = dict(leg.values)["matrix"]
    assert isinstance(found, TypedText)
    return found.value


def test_the_example_of_the_documentation() -> None:
    legs = legs_of(
        job(
            "{fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, animal: cat},"
            " {fruit: apple, shape: circle}, {fruit: banana}, {fruit: banana, animal: cat}]}"
        )
    )
    assert [whole(leg) for leg in legs] == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]
    assert [leg.name for leg in legs] == [
        *("build (apple, cat)", "build (apple, dog)", "build (pear, cat)", "build (pear, dog)"),
        *("build (banana)", "build (banana, cat)"),
    ]
    assert legs[0].full_name == "build (apple, cat, pink, circle)"


@pytest.mark.parametrize(
    ("strategy", "name", "names"),
    [
        ("{service: [api, web]}", None, ["build (api)", "build (web)"]),
        ("{service: [api, web]}", "Build it", ["Build it (api)", "Build it (web)"]),
        ("{service: [api, web]}", "Ship ${{ matrix.service }}!", ["Ship api!", "Ship web!"]),
        (
            "{node: [3.10, '3.10', true, null], a: [x]}",
            None,
            ["build (3.1, x)", "build (3.10, x)", "build (true, x)", "build (x)"],
        ),
        ("{c: [{name: api, port: 80}, {name: web}]}", None, ["build (api, 80)", "build (web)"]),
        ("{c: [{name: api}]}", "Ship ${{ matrix.c.name }}", ["Ship api"]),
        ("{include: [{a: 1}, {a: 2, b: z}]}", None, ["build (1)", "build (2, z)"]),
        ("{a: [1, 2], exclude: [{a: 1}]}", None, ["build (2)"]),
        ("{a: [1], b: [x, y], exclude: [{b: Y}]}", None, ["build (1, x)"]),
        ("{c: [{n: 1, m: 2}, {n: 2, m: 2}], exclude: [{c: {n: 1}}]}", None, ["build (2, 2)"]),
        ("{a: []}", None, []),
        ("{a: [1], exclude: [{a: 1}], include: [{a: 1, b: q}]}", None, ["build (1, q)"]),
        ("{a: \"${{ fromJSON('[1, 2]') }}\"}", None, ["build (1)", "build (2)"]),
        ('"${{ fromJSON(\'{\\"a\\": [\\"x\\"]}\') }}"', None, ["build (x)"]),
        ("{a: ['v${{ 1 }}']}", None, ["build (v1)"]),
        ("{a: [" + "x" * 120 + "]}", None, ["build (" + "x" * 90 + "..."]),
    ],
)
def test_names_of_legs(strategy: str, name: str | None, names: list[str]) -> None:
    assert [leg.name for leg in legs_of(job(strategy, name))] == names


def test_a_job_without_matrix_is_one_leg_without_values() -> None:
    assert legs_of(WorkflowJob("build", "Build")) == (Leg("Build"),)


@pytest.mark.parametrize(
    "strategy",
    [
        "{a: '${{ fromJSON(needs.list.outputs.a) }}'}",
        "'${{ fromJSON(vars.MATRIX) }}'",
        "{a: [x], include: '${{ fromJSON(vars.MORE) }}'}",
        "{a: ['${{ vars.ONE }}']}",
        "{a: text}",
        "{a: [" + ", ".join(map(str, range(60))) + "], b: [" + ", ".join(map(str, range(60))) + "]}",
        "{a: [" + ", ".join(map(str, range(MOST_LEGS + 1))) + "]}",
    ],
)
def test_a_matrix_that_the_file_does_not_tell_has_one_leg_that_says_so(strategy: str) -> None:
    (leg,) = legs_of(job(strategy))
    assert (leg.name, leg.values, leg.known) == ("build", (), False)


def test_a_matrix_of_one_key_is_told_by_the_names_of_its_legs() -> None:
    one = job("{service: '${{ fromJSON(needs.list.outputs.services) }}'}")
    for shown, values in (
        ("build (api)", (("matrix.service", "api"),)),
        ("build (a, b)", (("matrix.service", "a, b"),)),
        ("build (true)", ()),
        ("build", ()),
        ("other (api)", ()),
    ):
        leg = leg_named(one, shown)
        assert leg is not None
        assert (leg.values, leg.known) == (values, False)
    for two in (
        job("{a: '${{ vars.A }}', b: [x]}"),
        job("{a: '${{ vars.A }}', include: [{b: 1}]}"),
        job("'${{ vars.A }}'"),
    ):
        leg = leg_named(two, "build (api)")
        assert leg is not None
        assert leg.values == ()


def test_two_legs_of_one_name_tell_what_they_have_in_common() -> None:
    leg = leg_named(
        job("{stage: [{n: dev}, {n: prod}], service: [api, web]}", "Ship to ${{ matrix.stage.n }}"), "Ship to prod"
    )
    assert leg is not None
    assert [name for name, _ in leg.values] == ["matrix.stage"]
    assert not leg.known
    alike = leg_named(job("{a: [x, x]}"), "build (x)")
    assert alike is not None
    assert (dict(alike.values)["matrix.a"], alike.known) == ("x", True)
    assert leg_named(job("{a: [x, y]}"), "build (z)") is None


def test_the_job_of_a_leg_is_found_by_its_name_and_read_with_its_values() -> None:
    file = parse_workflow(
        "on: push\njobs:\n"
        "  api:\n    name: ${{ matrix.what }} it\n    strategy: {matrix: {what: [build, test]}}\n"
        "    steps: [{run: 'docker push h/${{ matrix.what }}'}]\n"
        "  web:\n    name: ${{ matrix.what }} them\n    strategy: {matrix: {what: [build, test]}}\n"
        "    steps: [{run: echo}]\n",
        "w",
    )
    assert isinstance(file, Workflow)
    for shown, wanted in (("test it", "api"), ("build them", "web")):
        found = job_of_file(file, shown)
        assert found is not None
        assert found.id == wanted
    api = file.jobs[0]
    reads = [read_job(None, api, file, leg=leg) for leg in legs_of(api)]
    assert [read.steps[0].operations[0].target for read in reads] == ["h/build", "h/test"]
    (whole,) = read_job(None, api, file).steps[0].operations
    assert whole.target == "h/${{ matrix.what }}"


def test_the_role_and_the_environment_of_a_leg_are_those_of_its_values() -> None:
    text = f"""
on: push
permissions: {{id-token: write}}
jobs:
  build:
    environment: ${{{{ matrix.env }}}}
    strategy: {{matrix: {{env: [dev, prod]}}}}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{ROLE}-${{{{ matrix.env }}}}", aws-region: {REGION}}}
      - uses: aws-actions/amazon-ecr-login@v2
"""
    file = workflow_file(Known(text), ".github/workflows/release.yml")
    attempt = attempt_of(Job(1, "build (prod)", "completed", "failure", log=Known("")), workflow_file=file)
    result = replay(replace(attempt, conclusion="failure"))
    shown = {
        each.job: (str(each.facts.role_arn.value), each.facts.environment.value)
        for each in result.sessions
        if each.facts.role_arn and each.facts.environment
    }
    assert shown == {
        "build (prod)": (f"{ROLE}-prod", "prod"),
        "build (dev)": (f"{ROLE}-dev", "dev"),
    }
    for session in result.sessions:
        found = releasing(result.workflow, None, result.of_session(session))
        assert found.input("role-to-assume") == shown[session.job][0]
    by_role = releasing(result.workflow, Arn.parse(f"{ROLE}-prod"), result)
    assert by_role.input("role-to-assume") == f"{ROLE}-prod"


SCALAR = st.sampled_from(["x", "y", 1, 2, True])
KEYS = ("a", "b", "c")
MATRICES = st.fixed_dictionaries(
    {},
    optional={
        "a": st.lists(SCALAR, min_size=1, max_size=3),
        "b": st.lists(SCALAR, min_size=1, max_size=3),
        "include": st.lists(st.dictionaries(st.sampled_from([*KEYS, "d"]), SCALAR, min_size=1, max_size=3), max_size=4),
        "exclude": st.lists(st.dictionaries(st.sampled_from(["a", "b"]), SCALAR, min_size=1, max_size=2), max_size=2),
    },
)


def alike(left: Any, right: Any) -> bool:
    """Loose equality, for the generated values."""
    if isinstance(left, str) != isinstance(right, str):
        return False
    return bool(left == right)


def documented(matrix: dict[str, Any]) -> list[dict[str, Any]]:
    """Read the documentation's sentences one by one: combinations, exclude, then each include in turn."""
    lists = {key: value for key, value in matrix.items() if key in KEYS}
    originals = (
        [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())] if lists else []
    )
    originals = [
        each
        for each in originals
        if not any(
            all(key in each and alike(each[key], value) for key, value in rule.items())
            for rule in matrix.get("exclude", [])
        )
    ]
    made, new = [dict(each) for each in originals], []
    for entry in matrix.get("include", []):
        added = False
        for original, each in zip(originals, made, strict=True):
            if all(alike(original[key], value) for key, value in entry.items() if key in original):
                each.update({key: value for key, value in entry.items() if key not in original})
                added = True
        if not added:
            new.append(dict(entry))
    return made + new


@settings(max_examples=examples(600), deadline=None)
@given(MATRICES)
def test_the_legs_are_those_of_the_documentation(matrix: dict[str, Any]) -> None:
    legs = legs_of(WorkflowJob("build", None, matrix=json.dumps(matrix)))
    assert all(leg.known for leg in legs)
    assert [whole(leg) for leg in legs] == documented(matrix)
