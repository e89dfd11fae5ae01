"""Deployment environments: who may deploy from where, absence told from refusal, and no guess where GitHub is silent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tiny_github import TinyGitHub, World, said

from diagnosis.facts.github_context import DeployableRefs, Environment, ProtectionRule, RefPolicy
from diagnosis.facts.reading import Absent, Known, Unreadable

PATH = "/repos/example/widgets/environments"
REVIEW = {
    "type": "required_reviewers",
    "prevent_self_review": True,
    "reviewers": [
        {"type": "User", "reviewer": {"login": "octo"}},
        {"type": "Team", "reviewer": {"slug": "release", "name": "Release"}},
        {"type": "Team", "reviewer": None},
    ],
}


def environment(name: str, policy: object = None, *rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "html_url": f"https://github.com/example/widgets/deployments/{name}",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-02-01T00:00:00Z",
        "protection_rules": list(rules),
        "deployment_branch_policy": policy,
    }


LISTED = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


def serve(tiny: TinyGitHub, *environments: dict[str, Any]) -> None:
    tiny.answers[PATH] = said({"total_count": len(environments), "environments": list(environments)})


def serve_policies(tiny: TinyGitHub, name: str, *policies: tuple[str, str]) -> None:
    found = [{"id": place, "name": pattern, "type": kind} for place, (pattern, kind) in enumerate(policies)]
    tiny.answers[f"{PATH}/{name}/deployment-branch-policies"] = said(
        {"total_count": len(found), "branch_policies": found}
    )


def test_every_environment_says_which_refs_may_deploy_and_what_waits(tiny_world: World) -> None:
    tiny = tiny_world.server
    serve(
        tiny,
        environment("preview"),
        environment("staging", PROTECTED, {"type": "wait_timer", "wait_timer": 30}),
        environment("production", LISTED, REVIEW, {"type": "branch_policy"}),
    )
    serve_policies(tiny, "production", ("main", "branch"), ("v*", "tag"))

    reading = tiny_world.source.environments()

    assert isinstance(reading, Known)
    preview, staging, production = reading.value
    assert (preview.name, preview.refs, preview.policies, preview.rules) == (
        "preview",
        DeployableRefs.ANY,
        Known(()),
        (),
    )
    assert (staging.refs, staging.rules) == (DeployableRefs.PROTECTED, (ProtectionRule("wait_timer", 30),))
    assert production.refs is DeployableRefs.LISTED
    assert production.policies == Known((RefPolicy("main"), RefPolicy("v*", "tag")))
    assert production.rules == (
        ProtectionRule("required_reviewers", None, ("octo", "team/release"), prevent_self_review=True),
        ProtectionRule("branch_policy"),
    )
    assert production.updated_at == datetime(2026, 2, 1, tzinfo=UTC)
    asked = [path for path in tiny.paths() if "/environments" in path]
    assert len(asked) == 2, "one for the list, one for the only listed refs"


def test_one_environment_is_found_in_any_case_and_its_name_is_quoted(tiny_world: World) -> None:
    serve(tiny_world.server, environment("Prod/EU west", LISTED))
    serve_policies(tiny_world.server, "Prod%2FEU%20west", ("main", "branch"))
    reading = tiny_world.source.environment("prod/eu WEST")
    assert isinstance(reading, Known)
    assert reading.value.name == "Prod/EU west", "as GitHub spells it: subjects are compared by exact case"
    assert reading.value.policies == Known((RefPolicy("main"),))


def test_an_environment_that_the_readable_list_does_not_hold_is_absent(tiny_world: World) -> None:
    serve(tiny_world.server, environment("staging"))
    assert isinstance(tiny_world.source.environment("production"), Absent)


@pytest.mark.parametrize(("status", "words"), [(404, "may not see it"), (403, "actions: read"), (500, "server error")])
def test_a_refused_list_is_no_absence(status: int, words: str, tiny_world: World) -> None:
    tiny_world.server.answers[PATH] = said({"message": "no"}, status)
    for reading in (tiny_world.source.environments(), tiny_world.source.environment("production")):
        assert isinstance(reading, Unreadable)
        assert words in reading.why
        assert reading.how


def test_refs_that_cannot_be_read_leave_the_rest_known(tiny_world: World) -> None:
    serve(tiny_world.server, environment("production", LISTED, REVIEW))
    reading = tiny_world.source.environment("production")
    assert isinstance(reading, Known)
    assert isinstance(reading.value.policies, Unreadable)
    assert reading.value.policies.permission == "actions: read"
    assert len(reading.value.rules) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "production"},
        {**environment("production"), "deployment_branch_policy": {}},
        {**environment("production"), "deployment_branch_policy": "all"},
        {**environment("production"), "deployment_branch_policy": {"protected_branches": False}},
        {**environment(""), "name": None},
        "production",
    ],
)
def test_silence_about_the_refs_is_never_read_as_any_ref(broken: Any, tiny_world: World) -> None:
    serve(tiny_world.server, broken)
    reading = tiny_world.source.environments()
    assert isinstance(reading, Unreadable)
    assert "GitHub's answer" in reading.why


def test_refs_are_not_read_for_more_environments_than_is_sensible(tiny_world: World) -> None:
    tiny = tiny_world.server
    names = [f"preview-{number}" for number in range(40)]
    serve(tiny, *(environment(name, LISTED) for name in names))
    for name in names:
        serve_policies(tiny, name, ("main", "branch"))
    reading = tiny_world.source.environments()
    assert isinstance(reading, Known)
    read = [one for one in reading.value if isinstance(one.policies, Known)]
    left: list[Environment] = [one for one in reading.value if isinstance(one.policies, Unreadable)]
    assert (len(read), len(left)) == (30, 10)
    assert isinstance(left[0].policies, Unreadable)
    assert "by its name" in left[0].policies.how
