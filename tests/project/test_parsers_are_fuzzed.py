"""Every reader of foreign text takes any text: it answers, or raises what its docstring names, and a long text costs little."""

from __future__ import annotations

import ast
import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cost import cost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parsed_modules import parsed_modules
from thoroughness import THOROUGH, examples, some

from diagnosis.json_members import JsonFault
from probes.case_file import CaseFileError
from probes.github.http.errors import GitHubProblem

_BEGINS = ("parse", "read_", "is_event", "explain")
READERS: dict[tuple[str, str], tuple[type[Exception], ...]] = {
    ("diagnosis/baseline/reading.py", "read_baseline"): (JsonFault,),
    ("diagnosis/claims/claim_set.py", "read_subject"): (),
    ("diagnosis/claims/claim_set.py", "read_prefix"): (),
    ("diagnosis/closure/evidence/run_address.py", "RunAddress.parse"): (),
    ("diagnosis/closure/steps/constants/marked_json.py", "read_marked"): (),
    ("diagnosis/documents/preflight.py", "read_preflight"): (),
    ("diagnosis/failures/__init__.py", "explain_text"): (),
    ("diagnosis/failures/__init__.py", "explain"): (),
    ("diagnosis/failures/cloudtrail_event.py", "is_event"): (),
    ("diagnosis/failures/cloudtrail_event.py", "read_events"): (),
    ("diagnosis/failures/denial_sentence.py", "parse_denial"): (),
    ("diagnosis/hcl/parser.py", "read_hcl"): (),
    ("diagnosis/fleet/slices.py", "Slice.parse"): (),
    ("diagnosis/json_members.py", "JsonMembers.parse"): (JsonFault,),
    ("diagnosis/logs/job_log.py", "read_job_log"): (),
    ("diagnosis/names/arn.py", "Arn.parse"): (),
    ("diagnosis/names/arn_pattern.py", "ArnPattern.parse"): (),
    ("diagnosis/names/ecr_address.py", "EcrAddress.parse"): (),
    ("diagnosis/policy/evaluation/rows.py", "read_row"): (),
    ("diagnosis/policy/language/document.py", "read_document"): (),
    ("diagnosis/policy/language/operators.py", "read_number"): (),
    ("diagnosis/policy/language/operators.py", "read_date"): (),
    ("diagnosis/policy/language/operators.py", "read_boolean"): (),
    ("diagnosis/policy/language/operators.py", "read_binary"): (),
    ("diagnosis/policy/language/operators.py", "read_network"): (),
    ("diagnosis/policy/language/operators.py", "read_address"): (),
    ("diagnosis/policy/language/parsing.py", "parse_policy"): (),
    ("diagnosis/policy/language/strict_json.py", "read_json"): (),
    ("diagnosis/policy/language/variables.py", "read_pieces"): (),
    ("diagnosis/steps/expressions/grammar.py", "parse"): (),
    ("diagnosis/steps/expressions/values.py", "parse_number"): (),
    ("diagnosis/steps/infrastructure/configuration_language.py", "read_configuration"): (),
    ("diagnosis/steps/infrastructure/terraform_state.py", "read_note"): (),
    ("probes/case_file.py", "parse_case"): (CaseFileError,),
    ("probes/embedded/github/answers.py", "parse_query"): (),
    ("probes/workflow_file.py", "parse_workflow"): (),
    ("probes/workflow_file.py", "parse_action"): (),
    ("tui/widgets/runs/run_filter.py", "parse"): (),
    ("tui/policy_file.py", "read_trust_policy"): (),
}
"""Found by their names; with what each may raise."""
LANGUAGES: dict[tuple[str, str], tuple[type[Exception], ...]] = {
    ("diagnosis/steps/infrastructure/terraform_plan.py", "uses_of_text"): (),
    ("diagnosis/steps/shell/syntax.py", "script_of"): (),
    ("diagnosis/steps/shell/syntax.py", "word_of"): (),
    ("diagnosis/steps/shell/powershell.py", "with_blocks_apart"): (),
    ("diagnosis/steps/yaml_text.py", "yaml_values"): (),
    ("diagnosis/steps/yaml_text.py", "yaml_tree"): (),
    ("diagnosis/iac/text_trees.py", "json_node"): (),
    ("diagnosis/iac/text_trees.py", "yaml_node"): (),
    ("diagnosis/hcl/parser.py", "hcl_blocks"): (),
    ("diagnosis/steps/tools/interpolation.py", "dotenv"): (),
    ("diagnosis/steps/tools/jvm_bound.py", "bound_in_gradle"): (),
    ("diagnosis/steps/expressions/text.py", "spans"): (),
    ("diagnosis/names/endpoint.py", "queue_of_url"): (),
    ("diagnosis/names/endpoint.py", "object_of_url"): (),
    ("diagnosis/names/ecr_address.py", "hosts_quoted_in"): (),
    ("diagnosis/closure/stated_clock.py", "moment"): (),
    ("diagnosis/closure/steps/constants/python_literals.py", "written_by_python"): (),
    ("diagnosis/closure/steps/constants/python_literals.py", "written_by_javascript"): (),
    ("probes/bounded_json.py", "holds_too_much"): (),
    ("probes/github/http/credentials.py", "api_address"): (GitHubProblem,),
    ("probes/recording/format.py", "moment_of"): (ValueError,),
    ("tui/foreign_text.py", "defused"): (),
}
"""Readers of a language with another name. Packets, recordings, archives, settings and remotes: in the rooms of their readers."""
AFTER_ANOTHER: dict[tuple[str, str], str] = {
    ("diagnosis/lint/places.py", "read_places"): "reads JSON that was read before",
    (
        "diagnosis/steps/expressions/json_text.py",
        "read_json",
    ): "raises what the reader of expressions turns into a value",
}
_MORE: dict[str, dict[str, Any]] = {
    "parse_case": {"shown": "case.toml"},
    "parse_workflow": {"path": ".github/workflows/release.yml"},
    "parse_action": {"path": "action.yml"},
    "read_pieces": {"variables": True, "wildcards": True},
}
_WORDS = (
    *"{}[]()<>\"'`\\$#%&*?!|;:,.=@/-+~^ \t\n\r\0\x1b\x85\u2028\ufeff\u202e\ud800",
    *(
        "${",
        "${{",
        "}}",
        "$(",
        "<<E\n",
        "\nE\n",
        "*a",
        "&a ",
        "*a ",
        "- ",
        "? ",
        "!!",
        "---\n",
        "%YAML 1.1\n",
        "<<: *a\n",
    ),
    *("arn:aws:", "iam::111122223333:", "repo:o/r:ref:", '"Statement":', '"Effect":"Allow"', "Version", "null", "true"),
    *(
        "1e999999",
        "-0",
        "0x",
        "9" * 400,
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "on:\n",
        "jobs:\n  a:\n",
        "    steps:\n",
        "      - run: |\n",
    ),
    *(
        'resource "a" "b" {\n',
        "title = ",
        "[[changes]]\n",
        "if ",
        "then ",
        "fi\n",
        "case a in ",
        "esac\n",
        "for x in ",
        "do ",
    ),
    *(
        "AccessDenied: ",
        "User: ",
        "is not authorized to perform: ",
        "##[error]",
        '"errorCode":',
        "123456789012.dkr.ecr.",
    ),
    *("eu-west-1.amazonaws.com/", "é", "\U0001f600", "a"),
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(_WORDS), max_size=30).map("".join),
    st.tuples(st.sampled_from(_WORDS), st.integers(1, 400), st.sampled_from(_WORDS)).map(lambda t: t[0] * t[1] + t[2]),
)
_ALL = {**READERS, **LANGUAGES}


def _reader(place: tuple[str, str]) -> Callable[[str], Any]:
    file, name = place
    found: Any = importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    return lambda text: found(text, **_MORE.get(name, {}))


def test_no_reader_is_left_out() -> None:
    assert set(_found()) == {*READERS, *AFTER_ANOTHER}


def _found() -> Iterator[tuple[str, str]]:
    """Public functions and class methods that read, by their name, a text that they are given first."""
    for file, tree in parsed_modules().items():
        for node in tree.body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            for item in inner:
                if isinstance(item, ast.FunctionDef) and item.name.startswith(_BEGINS):
                    taken = [each for each in item.args.args if each.arg not in ("self", "cls")]
                    kinds = ast.unparse(taken[0].annotation).split(" | ") if taken and taken[0].annotation else []
                    if "str" in kinds and len(taken) - len(item.args.defaults) <= 2:
                        yield file, f"{node.name}.{item.name}" if isinstance(node, ast.ClassDef) else item.name


@pytest.mark.parametrize("place", _ALL, ids="-".join)
def test_any_text_is_answered(place: tuple[str, str]) -> None:
    read, may_raise = _reader(place), _ALL[place]

    @settings(max_examples=examples(64), deadline=None, suppress_health_check=list(HealthCheck))
    @given(TEXTS)
    def answers(text: str) -> None:
        with contextlib.suppress(may_raise):
            read(text)

    answers()


_DEEP = tuple(
    sign * (20_000 if THOROUGH else 3_000)
    for sign in ("[", "{", "(", "${", "${{ ", "$(", "!", "- ", "a:\n ", "'", '"', "\\", "<<E\n", "*a", "(a,")
)
_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + number)}: &{chr(98 + number)} [{', '.join([f'*{chr(97 + number)}'] * 9)}]\n" for number in range(12)
)


@pytest.mark.parametrize("place", some(list(_ALL), 9), ids="-".join)
def test_a_deep_or_a_swelling_text_is_answered_in_bounded_work(place: tuple[str, str]) -> None:
    read, may_raise = _reader(place), _ALL[place]

    def all_of_them() -> None:
        for text in (*_DEEP, _LAUGHS):
            with contextlib.suppress(may_raise):
                read(text)

    assert cost(all_of_them) < 2_000  # what doubles with each level would never end
