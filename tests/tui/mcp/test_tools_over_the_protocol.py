"""The tools as the SDK's own client sees them, in memory: lists, schemas, answers, errors, progress, several at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from change_in_a_clone import clone_with_a_change
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from live_worlds import diagnosis_of_world
from mcp import Client
from mcp_sources import ValueSources, trust_of
from mcp_types import INVALID_PARAMS
from thoroughness import THOROUGH

from tui.backend import BackendProblem
from tui.cli.commands.mcp import CommandLineSources
from tui.mcp.calling import MOST_AT_ONCE, Calls
from tui.mcp.result import LARGEST_LIMIT, SMALLEST_LIMIT
from tui.mcp.server import INSTRUCTIONS, build_server
from tui.mcp.tools.table import TOOLS

REQUEST = {"principal": "a", "action": "s3:GetObject", "resource": "b"}
TEMPLATE = json.dumps(
    {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {}}}}
)
CALLS: dict[str, dict[str, Any]] = {
    "diagnose": {"runs": ["https://github.com/octo-org/octo-repo/actions/runs/7"]},
    "what_if": {
        "demo": {"stage": "2"},
        "documents": [{"kind": "trust", "text": trust_of("repo:o/r:ref:refs/heads/main")}],
    },
    "migrate": {"repositories": ["acme/shop"]},
    "conform": {"base": "main"},
    "explain": {
        "log": "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    },
    "policy_admits": {"trust_policy": trust_of("repo:octo-org/*"), "repository": "octo-org/shop"},
    "policy_evaluate": {"rows": [{"id": 1, "identity_policies": [], "request": REQUEST}]},
    "policy_lint": {"documents": [{"text": trust_of("repo:octo-org/*")}]},
    "causes": {"slugs": ["subject-not-admitted"]},
}


async def test_each_tool_says_that_it_only_reads_and_what_it_takes() -> None:
    async with Client(build_server(ValueSources())) as client:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == {*CALLS, "more"}
        for tool in listed:
            assert tool.annotations is not None
            assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
            Draft202012Validator.check_schema(tool.input_schema)
            assert tool.input_schema["additionalProperties"] is False
            assert [place for place in unbounded(tool.input_schema) if place] == [], tool.name
        # An agent is shown all of it in each session.
        assert len(json.dumps([tool.model_dump(exclude_none=True) for tool in listed])) < 30_000


def unbounded(schema: dict[str, Any], at: str = "it") -> list[str]:
    """The texts and lists of a schema that may be of any length."""
    found = []
    if schema.get("type") == "string" and not {"maxLength", "pattern"} & set(schema):
        found.append(at)
    if schema.get("type") == "array":
        found += [at] if "maxItems" not in schema else []
        found += unbounded(schema["items"], f"{at}[]")
    for name, inner in schema.get("properties", {}).items():
        found += unbounded(inner, f"{at}.{name}")
    return found


async def test_each_tool_answers_first_and_within_its_limit() -> None:
    async with Client(build_server(ValueSources())) as client:
        for name, arguments in CALLS.items():
            for limit in (SMALLEST_LIMIT, *((LARGEST_LIMIT,) if THOROUGH else ())):
                result = await client.call_tool(name, {**arguments, "limit": limit})
                assert not result.is_error, (name, result)
                held: Any = result.structured_content
                assert list(held)[:2] == ["schema", "answer"]
                assert json.loads(result.content[0].text) == held  # type: ignore[union-attr]  # the one text
                assert len(result.content[0].text) <= limit, name  # type: ignore[union-attr]  # as above
                assert held["marking"]["word"] in held["marking"]["meaning"]


async def test_what_did_not_fit_is_named_and_read_on_to_its_end() -> None:
    async with Client(build_server(ValueSources(diagnosis_of_world("many runs")))) as client:
        first: Any = (await client.call_tool("diagnose", {"runs": ["1"], "limit": SMALLEST_LIMIT})).structured_content
        assert first["left_out"] or first["other_sections"]
        read, offset = [], 0
        while True:
            asked = {"result": first["result"], "path": "attempts", "offset": offset, "limit": LARGEST_LIMIT}
            page: Any = (await client.call_tool("more", asked)).structured_content
            read += page["part"]
            rest = [each for each in page.get("left_out", ()) if each["path"] == "attempts"]
            if not rest or rest[0]["shown"] == rest[0]["of"]:
                break
            assert rest[0]["shown"] > offset
            offset = rest[0]["shown"]
        assert len(read) == len(diagnosis_of_world("many runs").replays)


@pytest.mark.parametrize("form", ["aws_cli", "terraform"])
async def test_the_patches_of_a_move_are_given_in_one_form_and_first(form: str) -> None:
    async with Client(build_server(ValueSources())) as client:
        asked = {"repositories": ["acme/shop"], "patch": form, "limit": 7000}
        held: Any = (await client.call_tool("migrate", asked)).structured_content
        assert list(held["document"])[:3] == ["schema", "verdict", "roles"]
        steps = held["document"]["roles"][0]["steps"]
        assert len(steps) == 2
        for step in steps:
            assert {"aws_cli", "terraform", "cloudformation"} & set(step) == {form}
            assert step[form]["foreign_text"]
            assert "left_out" not in step[form]


async def test_sections_are_those_that_were_asked_for() -> None:
    async with Client(build_server(ValueSources())) as client:
        held: Any = (await client.call_tool("diagnose", {"runs": ["1"], "sections": ["closure"]})).structured_content
        assert list(held["document"]) == ["closure"]
        assert "attempts" in held["other_sections"]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("diagnose", {"runs": 7}, "runs is not of the type array"),
        ("diagnose", {"runs": ["1"] * 21}, "more than 20 items"),
        ("diagnose", {"repository": "../../etc"}, "not of the form"),
        ("diagnose", {"limit": 10}, "less than 4000"),
        ("diagnose", {"github_url": "https://example.com"}, "member that is not taken"),
        ("explain", {}, "exactly one of the two"),
        ("explain", {"log": "x", "file": "y"}, "exactly one of the two"),
        ("explain", {"log": "x" * 1_000_001}, "longer than 1000000 characters"),
        ("policy_admits", {"trust_policy": "{}"}, "lacks a member"),
        ("policy_admits", {"trust_policy": "{}", "repository": "o/r"}, "no trust policy"),
        ("policy_evaluate", {"rows": []}, "fewer than 1"),
        ("what_if", {"demo": {"stage": "1"}, "documents": [{"kind": "trust", "text": "{"}]}, "no trust policy"),
        ("policy_lint", {"documents": [{"text": TEMPLATE}]}, "holds no policy"),
        ("conform", {"base": "--output=x"}, "not of the form"),
        ("conform", {"roles": [{"name": "a"}]}, "lacks a member"),
        ("more", {"result": "r99"}, "no such result"),
        ("nothing", {}, "no such tool"),
    ],
)
async def test_what_is_wrong_is_a_sentence_with_a_way_out_and_a_code(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    async with Client(build_server(ValueSources())) as client:
        result = await client.call_tool(name, arguments)
        held: Any = result.structured_content
        assert result.is_error
        assert words in json.dumps(held)
        assert held["exit_code"] == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(TOOLS)), st.data())
def test_whatever_is_handed_over_gets_an_answer(name: str, data: st.DataObject) -> None:
    taken = st.sampled_from([*TOOLS[name].properties, "limit", "nothing"])
    arguments = data.draw(st.dictionaries(taken, _JSON, max_size=3))

    async def report(_progress: float, _words: str) -> None:
        return

    outcome = asyncio.run(Calls(ValueSources()).call(name, arguments, report))
    assert outcome.value["schema"] == "planescope.mcp/1"
    assert outcome.value["exit_code"] != 70


def template_of(trust: Any) -> str:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Release": role}})


@pytest.mark.parametrize(
    ("text", "code", "resource"),
    [
        (template_of(json.loads(trust_of("repo:*"))), 1, "Release"),
        (template_of(json.loads(trust_of("repo:o/r:ref:refs/heads/main"))), 0, "Release"),
        (template_of({"Ref": "Trust"}), 3, None),
        (
            'resource "aws_iam_role" "release" {\n  assume_role_policy = jsonencode('
            + trust_of("repo:*").replace('": ', '" = ')
            + ")\n}\n",
            1,
            "aws_iam_role.release",
        ),
    ],
)
async def test_the_documents_of_infrastructure_code_are_judged_one_by_one(
    text: str, code: int, resource: str | None, tmp_path: Path
) -> None:
    ending = ".tf" if text.startswith("resource") else ".json"
    (tmp_path / f"iam{ending}").write_text(text)
    async with Client(build_server(ValueSources(root=tmp_path))) as client:
        # Terraform's own language is told by the file's name alone.
        for given in ({"text": text}, {"file": f"iam{ending}"})[ending == ".tf" :]:
            held: Any = (await client.call_tool("policy_lint", {"documents": [given]})).structured_content
            assert held["exit_code"] == code, held
            documents = held["document"]["documents"]
            assert [each["resource"]["foreign_text"] for each in documents] == ([resource] if resource else [])
            assert bool(held["document"]["unknown"]) is (code == 3)


async def test_missing_credentials_say_what_the_command_says() -> None:
    sources = ValueSources()
    sources.problem = BackendProblem("There is no token for github.com.", "Set GH_TOKEN.", 4)
    async with Client(build_server(sources)) as client:
        held: Any = (await client.call_tool("diagnose", {})).structured_content
        assert held["exit_code"] == 4
        assert "There is no token" in json.dumps(held["error"])
        assert "Set GH_TOKEN" in json.dumps(held["way_out"])


async def test_a_secret_in_an_error_or_a_log_does_not_leave() -> None:
    secret = "ghp_" + "a1B2" * 9
    sources = ValueSources()
    sources.problem = BackendProblem(f"Refused: {secret}.")
    async with Client(build_server(sources)) as client:
        for name, arguments in (("diagnose", {}), ("explain", {"log": f"##[error]denied: {secret}"})):
            assert secret not in (await client.call_tool(name, arguments)).model_dump_json()
        # Told by the lines around it alone.
        key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"
        log = f"{key}\n##[error]Could not assume role with OIDC: no\n{key}"
        assert "MIIE" not in (await client.call_tool("explain", {"log": log})).model_dump_json()


async def test_without_runs_the_newest_red_one_is_diagnosed() -> None:
    sources = ValueSources()
    async with Client(build_server(sources)) as client:
        assert not (
            await client.call_tool("diagnose", {"repository": "octo-org/shop", "workflow": "release.yml"})
        ).is_error
    assert sources.opened == [("octo-org/shop", "release.yml", "")]
    assert sources.backend.queries[0][0].status == "failure"


async def test_long_work_reports_progress_and_stops_when_it_is_cancelled() -> None:
    sources = ValueSources()
    sources.backend.hang.set()
    said: list[str | None] = []

    async def progressed(_progress: float, _total: float | None, message: str | None) -> None:
        said.append(message)

    async with Client(build_server(sources)) as client:
        with anyio.move_on_after(0.8) as scope:
            await client.call_tool("diagnose", {"runs": ["1"]}, progress_callback=progressed)
        assert scope.cancelled_caught
        await until(lambda: not sources.backend.under_way)
        # The next call is answered: nothing is held.
        sources.backend.hang.clear()
        assert not (await client.call_tool("causes", {})).is_error
    assert said


async def until(is_so: Any) -> None:
    for _ in range(200):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to that")


async def test_calls_run_beside_each_other_and_too_many_wait_for_their_turn() -> None:
    sources = ValueSources()
    sources.backend.hang.set()
    ended: list[str] = []

    async def called(client: Client, name: str, arguments: dict[str, Any]) -> None:
        assert not (await client.call_tool(name, arguments)).is_error
        ended.append(name)

    async with Client(build_server(sources)) as client, anyio.create_task_group() as group:
        for _ in range(MOST_AT_ONCE):
            group.start_soon(called, client, "diagnose", {"runs": ["1"]})
        await until(lambda: sources.backend.under_way == MOST_AT_ONCE)
        group.start_soon(called, client, "causes", {})
        await asyncio.sleep(0.2)
        assert ended == []
        sources.backend.hang.clear()
    assert sorted(ended) == ["causes", *["diagnose"] * MOST_AT_ONCE]


async def test_a_tool_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ValueSources()
    sources.backend.hang.set()
    calls = Calls(sources)
    from dataclasses import replace

    calls.tools = {"diagnose": replace(TOOLS["diagnose"], seconds=0.3)}

    async def report(_progress: float, _words: str) -> None:
        return

    outcome = await calls.call("diagnose", {"runs": ["1"]}, report)
    assert outcome.failed
    assert outcome.value["exit_code"] == 130
    await until(lambda: not sources.backend.under_way)


async def test_the_catalogues_are_resources_and_the_instructions_explain_the_marks() -> None:
    async with Client(build_server(ValueSources())) as client:
        for resource in (await client.list_resources()).resources:
            read = await client.read_resource(resource.uri)
            assert json.loads(read.contents[0].text)  # type: ignore[union-attr]  # texts alone
        with pytest.raises(Exception, match="no such resource") as refused:
            await client.read_resource("file:///etc/passwd")
        assert getattr(refused.value, "code", INVALID_PARAMS) == INVALID_PARAMS
    assert "foreign_text" in INSTRUCTIONS
    assert "marking.word" in INSTRUCTIONS


# -- a clone and files


async def test_a_change_is_judged_in_the_clone_of_the_servers_folder_alone(tmp_path: Path) -> None:
    clone = clone_with_a_change(tmp_path / "clone")
    (clone / "below").mkdir()
    async with Client(build_server(CommandLineSources(clone, {"repo": "octo-org/shop"}))) as client:
        held: Any = (await client.call_tool("conform", {"base": "main"})).structured_content
        assert (held["exit_code"], held["document"]["findings"][0]["rule"]) == (1, "widened-trust")
        for wrong in ({"base": "main", "paths": ["/etc"]}, {"base": "main", "paths": [".."]}, {"base": "no-such"}, {}):
            assert (await client.call_tool("conform", wrong)).is_error, wrong
    for folder in (clone / "below", tmp_path):
        async with Client(build_server(CommandLineSources(folder, {"repo": "octo-org/shop"}))) as client:
            refused: Any = (await client.call_tool("conform", {"base": "main"})).structured_content
            assert "not the top of a clone" in json.dumps(refused["error"])


async def test_files_are_read_within_the_folder_alone(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / ".git").mkdir(parents=True)
    outside.mkdir()
    policy = trust_of("repo:o/r:ref:refs/heads/main")
    for place in (root / "trust.json", outside / "trust.json", root / ".git" / "config"):
        place.write_text(policy)
    (root / "link.json").symlink_to(outside / "trust.json")
    (root / "folder").symlink_to(outside)
    (root / "own.json").symlink_to(root / "trust.json")
    calls = ValueSources(root=root)
    astray = ["link.json", "folder/trust.json", "../outside/trust.json", str(outside / "trust.json"), ".git/config"]
    async with Client(build_server(calls)) as client:
        for path in (*astray, "folder", "//etc/passwd", "a\0b", ".", "no.json"):
            result = await client.call_tool("policy_lint", {"documents": [{"file": path}]})
            assert result.is_error, path
            case = await client.call_tool("policy_admits", {"trust_policy": policy, "repository": "o/r", "case": path})
            assert case.is_error, path
        for path in ("trust.json", "own.json"):
            assert not (await client.call_tool("policy_lint", {"documents": [{"file": path}]})).is_error, path
