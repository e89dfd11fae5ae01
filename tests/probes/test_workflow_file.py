"""A workflow file becomes values with line numbers, whatever form it is written in; a bad one says where."""

from __future__ import annotations

import time

import pytest
from cost import cost
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from probes.workflow_file import parse_workflow

PATH = ".github/workflows/release.yml"

FULL = """\
name: Release it
on:
  push: {branches: [main], tags: ["v*"]}
  workflow_dispatch:
    inputs:
      tag: {description: a tag, default: latest, required: true}
      dry-run: {type: boolean, default: false}
      note:
permissions: read-all
env: {REGION: eu-west-2, RETRIES: 012, EMPTY: }
jobs:
  build:
    name: Build and push
    runs-on: [self-hosted, linux]
    permissions:
      id-token: write
      contents: read
    environment: {name: production, url: "https://example.com"}
    if: github.ref == 'refs/heads/main'
    continue-on-error: ${{ inputs.dry-run }}
    env:
      STAGE: prod
    strategy: {matrix: {os: [a, b]}}
    steps:
      - uses: actions/checkout@v4
      - name: Configure
        uses: aws-actions/configure-aws-credentials@v4
        with:
          Role-To-Assume: arn:aws:iam::123456789012:role/release
          role-duration-seconds: 0900
          mask-aws-account-id: no
      - run: |
          docker push "$IMAGE"
          echo "id-token: none"
        env: {IMAGE: x}
        continue-on-error: true
        if: false
  call:
    uses: example/shared/.github/workflows/push.yml@v1
    permissions: {}
    environment: ${{ inputs.stage }}
    runs-on: {group: large, labels: [x64]}
"""


def parsed(text: str) -> Workflow:
    found = parse_workflow(text, PATH)
    assert isinstance(found, Workflow), found
    return found


def unparsable(text: str) -> UnparsableWorkflow:
    found = parse_workflow(text, PATH)
    assert isinstance(found, UnparsableWorkflow)
    assert found.path == PATH
    assert found.why
    assert "\n" not in found.why
    return found


def test_everything_that_a_diagnosis_needs_is_read() -> None:
    workflow = parsed(FULL)
    assert (workflow.path, workflow.name) == (PATH, "Release it")
    assert workflow.triggers == ("push", "workflow_dispatch")
    assert workflow.inputs == (("tag", "latest"), ("dry-run", "false"), ("note", None))
    assert workflow.permissions == (("*", "read-all"),)
    assert workflow.env == (("REGION", "eu-west-2"), ("RETRIES", "012"), ("EMPTY", ""))

    build, call = workflow.jobs
    assert (build.id, build.name, build.line) == ("build", "Build and push", 12)
    assert build.permissions == (("id-token", "write"), ("contents", "read"))
    assert build.environment == "production"
    assert build.condition == "github.ref == 'refs/heads/main'"
    assert build.continue_on_error == "${{ inputs.dry-run }}"
    assert build.env == (("STAGE", "prod"),)
    assert build.uses is None

    checkout, configure, push = build.steps
    assert (checkout.uses, checkout.name, checkout.line) == ("actions/checkout@v4", None, 25)
    assert (configure.name, configure.line) == ("Configure", 26)
    assert configure.input("role-to-assume") == "arn:aws:iam::123456789012:role/release"
    assert configure.input("role-duration-seconds") == "0900", "as written, not as a number"
    assert configure.input("mask-aws-account-id") == "no"
    assert push.run == 'docker push "$IMAGE"\necho "id-token: none"\n'
    assert (push.env, push.continue_on_error, push.condition, push.line) == ((("IMAGE", "x"),), True, "false", 32)

    assert call.uses == "example/shared/.github/workflows/push.yml@v1"
    assert call.permissions == (), "{} takes every permission away, which is not the same as saying nothing"
    assert call.environment == "${{ inputs.stage }}"
    assert (call.line, call.steps) == (38, ())


def test_what_expressions_ask_for_is_read() -> None:
    workflow = parsed("""
on:
  push: { branches: [main, 'release/**'], tags: ["v*"], paths: src/** }
  workflow_dispatch: {inputs: {dry: {type: boolean, default: true}}}
  workflow_call:
    inputs: {dry: {type: boolean}, level: {type: number, default: 2}}
    outputs: {image: {value: "${{ jobs.a.outputs.image }}"}}
jobs:
  a:
    needs: b
    runs-on: ubuntu-latest
    outputs: {image: "${{ steps.tag.outputs.image }}"}
    strategy: {matrix: {v: [3.10, "3.10", true, yes, null, 012, 1e3], include: [{v: 1, c: {d: [x]}}]}}
    steps: [{id: tag, run: x}]
  b: {needs: [c, d], strategy: {matrix: "${{ fromJSON(vars.M) }}"}, steps: []}
  c: {uses: ./x.yml, secrets: inherit}
  d: {uses: ./x.yml, secrets: {A: "${{ secrets.B }}"}}
""")
    assert workflow.push_patterns == (
        ("branches", ("main", "release/**")),
        ("tags", ("v*",)),
        ("paths", ("src/**",)),
    )
    assert [(each.name, each.trigger, each.kind, each.default) for each in workflow.declared_inputs] == [
        ("dry", "workflow_call", "boolean", None),
        ("level", "workflow_call", "number", "2"),
        ("dry", "workflow_dispatch", "boolean", "true"),
    ]
    assert workflow.outputs == (("image", "${{ jobs.a.outputs.image }}"),)
    a, b, c, d = workflow.jobs
    assert (a.needs, a.runs_on, a.outputs) == (("b",), "ubuntu-latest", (("image", "${{ steps.tag.outputs.image }}"),))
    assert a.steps[0].id == "tag"
    assert a.matrix == ('{"v": [3.1, "3.10", true, "yes", null, 12, 1000], "include": [{"v": 1, "c": {"d": ["x"]}}]}')
    assert (b.needs, b.matrix) == (("c", "d"), '"${{ fromJSON(vars.M) }}"')
    assert (a.handed_on, c.handed_on, d.handed_on) == (None, None, (("A", "${{ secrets.B }}"),))


def test_a_matrix_of_aliases_comes_to_an_end() -> None:
    lines = ["on: push", "x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 8)]
    lines += ["jobs: {a: {strategy: {matrix: {v: *x7}}, steps: []}}"]
    assert cost(lambda: unparsable("\n".join(lines))) < 250
    assert "members" in unparsable("\n".join(lines)).why


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", None),
        ("permissions:", None),
        ("permissions: write-all", (("*", "write-all"),)),
        ("permissions: read-all", (("*", "read-all"),)),
        ("permissions: {}", ()),
        ("permissions: {id-token: write}", (("id-token", "write"),)),
    ],
)
def test_each_form_of_permissions(written: str, read: object) -> None:
    assert parsed(f"{written}\njobs: {{}}\n").permissions == read
    job = "jobs:\n  a:\n    runs-on: x\n" + (f"    {written}\n" if written else "")
    assert parsed(job).jobs[0].permissions == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on: push", ("push",)),
        ("on: [push, pull_request]", ("push", "pull_request")),
        ("on:\n  push:\n  schedule: [{cron: '* * * * *'}]", ("push", "schedule")),
        ("'on': push", ("push",)),
        ("", ()),
    ],
)
def test_each_form_of_triggers(written: str, read: tuple[str, ...]) -> None:
    assert parsed(f"{written}\njobs: {{}}\n").triggers == read


def test_anchors_and_aliases_mean_what_they_repeat() -> None:
    workflow = parsed(
        "jobs:\n  a: &a\n    runs-on: x\n    env: &e {A: b}\n    steps: [{run: one}]\n  b: *a\n"
        "  c:\n    env: *e\n    steps: []\n"
    )
    assert [job.id for job in workflow.jobs] == ["a", "b", "c"]
    assert workflow.jobs[1].steps == workflow.jobs[0].steps
    assert [job.line for job in workflow.jobs] == [2, 6, 7]
    assert workflow.jobs[2].env == (("A", "b"),)


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("", "empty", None),
        ("# only a comment\n", "empty", None),
        ("just words", "the file is no mapping", 1),
        ("name: x\n", "no `jobs`", 1),
        ("jobs: 3\n", "`jobs` is no mapping", 1),
        ("jobs:\n  a: [1]\n", "the job `a` is no mapping", 2),
        ("jobs:\n  a:\n    steps: echo\n", "the steps of the job `a` are no list", 3),
        ("jobs:\n  a:\n    steps:\n      - echo\n", "a step is no mapping", 4),
        ("jobs:\n  a: {}\n  a: {}\n", "`a` stands twice in `jobs`", 3),
        ("jobs:\n  a:\n    permissions: everything\n", "`permissions: everything` is none of the forms", 3),
        ("jobs:\n  a:\n   b: [1\n", "no valid YAML", None),
        ("jobs:\n\ta: b\n", "no valid YAML", 2),
        ("jobs: {a: *nowhere}\n", "undefined alias", 1),
        ("a: 1\n---\nb: 2\n", "no valid YAML", 2),
        ("jobs: {? [1, 2] : x}\n", "a member has no name", 1),
        ("name: \x00\n", "no valid YAML", None),
        ("x" * 600_000, "longer than", None),
    ],
)
def test_a_bad_file_says_why_and_where(text: str, why: str, line: int | None) -> None:
    found = unparsable(text)
    assert why in found.why
    if line is not None:
        assert found.line == line


def test_nothing_in_the_file_is_ever_run() -> None:
    assert parsed("jobs: {}\nenv: {A: !!python/object/apply:os.getcwd []}\n").env == ()
    assert parsed("jobs: {}\nname: !!python/name:os.system x\n").name == "x"


def test_repetition_by_alias_is_bounded() -> None:
    steps = "".join("      - run: x\n" for _ in range(200))
    many = "".join(f"  j{n}: *a\n" for n in range(100))
    assert "more than 5000 steps" in unparsable(f"jobs:\n  a: &a\n    steps:\n{steps}{many}").why
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert parsed(f"l0: &l0 [x]\n{levels}jobs: {{}}\n").jobs == ()
    assert isinstance(parse_workflow("jobs: &j\n  a: *j\n", PATH), Workflow), "a cycle ends"
    assert isinstance(parse_workflow("&x {jobs: *x}", PATH), Workflow | UnparsableWorkflow)


def test_a_character_in_two_escapes_is_one_and_half_of_one_is_no_text() -> None:
    file = parse_workflow('jobs: {a: {name: "\\ud83d\\ude00", steps: [{run: "./\\ud800.sh"}]}}', "x.yml")
    assert isinstance(file, Workflow)
    assert file.jobs[0].name == "\U0001f600"
    assert file.jobs[0].steps[0].run == "./\ufffd.sh"


def test_deep_nesting_is_an_answer_not_a_crash() -> None:
    assert "nested too deeply" in unparsable("jobs: " + "[" * 1_000).why
    assert "nested too deeply" in unparsable("jobs: " + "{a: " * 1_000).why


@given(st.text(alphabet=st.sampled_from("abjobs: \n-[]{}&*!|>'\"#%@,?\t"), max_size=80))
def test_no_text_makes_it_raise(text: str) -> None:
    assert isinstance(parse_workflow("jobs:\n" + text, PATH), Workflow | UnparsableWorkflow)
    assert isinstance(parse_workflow(text, PATH), Workflow | UnparsableWorkflow)


@given(st.integers(0, len(FULL)), st.integers(0, 60), st.text(max_size=4))
def test_no_damage_to_a_real_file_makes_it_raise(start: int, length: int, other: str) -> None:
    damaged = FULL[:start] + other + FULL[start + length :]
    assert isinstance(parse_workflow(damaged, PATH), Workflow | UnparsableWorkflow)


@pytest.mark.parametrize(
    ("push", "filters"),
    [("push:", ()), ("[push]", ()), ("{push: {tags: ['v*'], paths: [src]}}", ("tags", "paths"))],
)
def test_the_filters_of_a_push_are_told_by_name(push: str, filters: tuple[str, ...]) -> None:
    assert parsed(f"on:\n  {push}\njobs: {{}}\n").push_filters == filters


def test_the_same_text_is_parsed_once_whatever_its_path() -> None:
    text = FULL + f"# {time.monotonic_ns()}\n"
    first, second = parse_workflow(text, PATH), parse_workflow(text, f"{PATH}@refs/heads/main")
    assert isinstance(first, Workflow)
    assert isinstance(second, Workflow)
    assert first.jobs is second.jobs
    assert (first.path, second.path) == (PATH, f"{PATH}@refs/heads/main")


def test_where_a_script_runs_and_by_which_shell_is_the_nearest_default() -> None:
    found = parse_workflow(
        "on: push\n"
        "defaults: {run: {shell: bash, working-directory: app}}\n"
        "jobs:\n"
        "  plain:\n"
        "    steps: [{run: a}, {uses: b/c@v1}, {run: d, working-directory: e, shell: pwsh}]\n"
        "  own:\n"
        "    defaults: {run: {working-directory: f}}\n"
        "    steps: [{run: g}]\n",
        "w.yml",
    )
    assert isinstance(found, Workflow)
    assert [(step.working_directory, step.shell) for job in found.jobs for step in job.steps] == [
        ("app", "bash"),
        (None, None),
        ("e", "pwsh"),
        ("f", "bash"),
    ]


def test_an_escape_hides_no_secret() -> None:
    token = "".join(("gh", "p_", "0aB" * 12))
    hidden = token.replace("g", "\\x67").replace("0", "\\u0030")
    steps = f'      - &s {{name: "{hidden}", run: x}}\n      - *s\n'
    text = f'name: "to {hidden}"\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}'
    read = parse_workflow(text, PATH)
    assert isinstance(read, Workflow)
    assert read.name == "to [scrubbed:github-token]"
    assert token not in repr(read)
    assert [step.name for step in read.jobs[0].steps] == ["[scrubbed:github-token]"] * 2


def test_a_list_that_is_not_read_whole_is_no_shorter_list() -> None:
    many = "\n".join(f"      - b{number}" for number in range(501))
    assert (
        "more than 500 entries" in unparsable(f"on:\n  push:\n    branches:\n{many}\njobs:\n  a: {{steps: []}}\n").why
    )


def test_what_stands_in_a_secrets_place_is_no_list() -> None:
    given = "env: {AWS_ACCESS_KEY_ID: [scrubbed:aws-access-key-id], LISTED: [a], MANY: [b, c]}"
    read = parse_workflow(f"on: push\njobs:\n  a:\n    {given}\n    steps: [{{run: x}}]\n", PATH)
    assert isinstance(read, Workflow)
    assert read.jobs[0].env == (("AWS_ACCESS_KEY_ID", "[scrubbed:aws-access-key-id]"),)
