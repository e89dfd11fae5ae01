"""Whatever stands in a workflow file, a replay of its run comes to an end and raises nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replay_builders import attempt_of
from thoroughness import examples

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import CalledWorkflow, Job, LocalAction
from diagnosis.replay.attempt import replay
from probes.workflow_file import action_file, workflow_file

PIECES = st.sampled_from(
    [
        *("", "x", "true", "0", "'", "${{", "}}", "${{ }}", "***", "$X", "a/b:c", "docker push h/a", "\n", "!", "&&"),
        *(
            "${{ inputs.a }}",
            "${{ matrix.a }}",
            "${{ matrix }}",
            "${{ needs.b.outputs.c }}",
            "${{ fromJSON(inputs.a) }}",
        ),
        *(
            "${{ format('{0}', matrix.a.b) }}",
            "${{ steps.i.outputs.o }}",
            "${{ secrets.S || vars.V }}",
            "github.ref == 'x'",
        ),
        *(
            "${{ toJSON(github) }}",
            "${{ contains(matrix.*, 'a') }}",
            "${{ inputs[inputs.a] }}",
            "failure()",
            "inputs.a",
        ),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(-3, 3), st.none(), st.just(1.5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=5,
)
PAIRS = st.dictionaries(st.sampled_from(["a", "b", "A"]), st.one_of(TEXTS, st.booleans()), max_size=2)
STEPS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from(["i", "j"]),
            "if": TEXTS,
            "run": TEXTS,
            "uses": st.sampled_from(["./act", "aws-actions/amazon-ecr-login@v2", "docker/build-push-action@v6"]),
            "with": PAIRS,
            "env": PAIRS,
        },
    ),
    max_size=3,
)
MATRICES = st.one_of(
    VALUES, st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES, "include": VALUES, "exclude": VALUES})
)
JOBS = st.dictionaries(
    st.sampled_from("abc"),
    st.fixed_dictionaries(
        {},
        optional={
            "name": TEXTS,
            "if": TEXTS,
            "needs": st.one_of(st.sampled_from("abc"), st.lists(st.sampled_from("abc"), max_size=2)),
            "strategy": st.fixed_dictionaries({"matrix": MATRICES}),
            "outputs": PAIRS,
            "env": PAIRS,
            "environment": TEXTS,
            "uses": st.just("./.github/workflows/called.yml"),
            "with": PAIRS,
            "secrets": st.one_of(st.just("inherit"), PAIRS),
            "steps": STEPS,
        },
    ),
    min_size=1,
    max_size=3,
)
INPUTS = st.dictionaries(
    st.sampled_from("ab"),
    st.fixed_dictionaries({}, optional={"type": st.sampled_from(["boolean", "number", "choice"]), "default": VALUES}),
    max_size=2,
)
ON = st.fixed_dictionaries(
    {},
    optional={
        "push": st.dictionaries(st.sampled_from(["tags", "branches", "branches-ignore"]), VALUES, max_size=2),
        "workflow_dispatch": st.fixed_dictionaries({"inputs": INPUTS}),
        "workflow_call": st.fixed_dictionaries({"inputs": INPUTS}),
    },
)
FILES = st.fixed_dictionaries({"on": ON, "jobs": JOBS})
ACTIONS = st.fixed_dictionaries(
    {"runs": st.fixed_dictionaries({"using": st.just("composite"), "steps": STEPS})},
    optional={"inputs": INPUTS, "outputs": st.dictionaries(st.just("o"), st.fixed_dictionaries({"value": TEXTS}))},
)


@settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(FILES, FILES, ACTIONS, st.sampled_from(["push", "workflow_dispatch", "pull_request", ""]), st.data())
def test_a_replay_of_any_workflow_comes_to_an_end(
    own: dict[str, Any], called: dict[str, Any], action: dict[str, Any], event: str, data: st.DataObject
) -> None:
    names = st.sampled_from(["a", "b", "a (x)", "a (x, 1)", "a / b", "x", "${{ matrix.a }}"])
    ends = st.sampled_from(["success", "failure", "skipped", "cancelled"])
    jobs = data.draw(st.lists(st.tuples(names, ends), max_size=3))
    made = attempt_of(
        *(Job(place, name, "completed", end, log=Known("")) for place, (name, end) in enumerate(jobs)),
        event=event,
        conclusion="failure",
        head_branch=data.draw(st.sampled_from(["main", "v1.0", "3/merge", None])),
        workflow_file=workflow_file(Known(json.dumps(own)), ".github/workflows/release.yml"),
        called_workflows=(
            CalledWorkflow(
                "acme/shop/.github/workflows/called.yml@refs/heads/main",
                "c" * 40,
                None,
                workflow_file(Known(json.dumps(called)), ".github/workflows/called.yml"),
            ),
        ),
        local_actions=(LocalAction("act/action.yml", action_file(Known(json.dumps(action)), "act/action.yml")),),
    )
    assert replay(made).sessions is not None
