"""Read a repository's deployment environments: which refs may deploy to them, and what a job has to wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnosis.facts.github_context import DeployableRefs, Environment, ProtectionRule, RefPolicy
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Repository
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import BrokenAnswer, ReadFailure
from probes.github.read.answers import members

_MOST_PAGES = 5
_MOST_WITH_POLICIES = 30
"""Environments of which the listed refs are read when all are asked for: previews can be hundreds."""


def read_environments(client: Client, repository: Repository) -> Reading[tuple[Environment, ...]]:
    """Read all environments with the patterns of refs that may deploy to them. One request, and one for each list of refs."""
    path = f"/repos/{repository.full_name}/environments"
    try:
        found = client.whole_list(path, "environments", most_pages=_MOST_PAGES)
        environments = [_environment(members(entry)) for entry in found]
    except ReadFailure as failure:
        return failure.reading(f"the environments of {repository.full_name}")
    asked = 0
    whole: list[Environment] = []
    for environment in environments:
        listed = environment.refs is DeployableRefs.LISTED
        asked += listed
        whole.append(
            _with_policies(client, path, environment) if listed and asked <= _MOST_WITH_POLICIES else environment
        )
    return Known(tuple(whole))


def read_environment(client: Client, repository: Repository, name: str) -> Reading[Environment]:
    """Read one environment. Absent where the list, which the token may see, does not hold it."""
    path = f"/repos/{repository.full_name}/environments"
    what = f"the environment {name} of {repository.full_name}"
    try:
        found = client.whole_list(path, "environments", most_pages=_MOST_PAGES)
        # GitHub takes names of environments in any case.
        entry = next(
            (entry for entry in map(members, found) if (entry.maybe_text("name") or "").casefold() == name.casefold()),
            None,
        )
        if entry is None:
            if len(found) >= _MOST_PAGES * 100:
                entry = members(client.object(f"{path}/{address_part(name)}"))
            else:
                return Absent(what)
        environment = _environment(entry)
    except ReadFailure as failure:
        return failure.reading(what)
    if environment.refs is DeployableRefs.LISTED:
        environment = _with_policies(client, path, environment)
    return Known(environment)


def _environment(entry: JsonMembers) -> Environment:
    name = entry.maybe_text("name") or ""
    if not name:
        raise BrokenAnswer("GitHub's answer describes an environment without `name`", "try again")
    refs = _refs(entry)
    return Environment(
        name=name,
        refs=refs,
        policies=Known(())
        if refs is not DeployableRefs.LISTED
        else ReadFailure("they were not read", "ask for this environment by its name", "actions: read").reading(
            f"the refs that may deploy to {name}"
        ),
        rules=tuple(_rule(rule) for rule in entry.maybe_objects("protection_rules")),
        updated_at=entry.maybe_moment("updated_at"),
    )


def _refs(entry: JsonMembers) -> DeployableRefs:
    """Read ``deployment_branch_policy``: null for every ref. Raises BrokenAnswer where it is missing: silence is no null."""
    if "deployment_branch_policy" not in entry.value:
        raise BrokenAnswer("GitHub's answer does not say which refs may deploy", "try again")
    policy = entry.maybe_object("deployment_branch_policy")
    if policy.maybe_flag("protected_branches"):
        return DeployableRefs.PROTECTED
    if policy.maybe_flag("custom_branch_policies"):
        return DeployableRefs.LISTED
    if entry.value["deployment_branch_policy"] is None:
        return DeployableRefs.ANY
    raise BrokenAnswer(
        "GitHub's answer names a deployment policy that is not known", "look at the environment on GitHub"
    )


def _with_policies(client: Client, path: str, environment: Environment) -> Environment:
    policies: Reading[tuple[RefPolicy, ...]]
    try:
        address = f"{path}/{address_part(environment.name)}/deployment-branch-policies"
        found = client.whole_list(address, "branch_policies", most_pages=3)
        policies = Known(
            tuple(
                RefPolicy(entry.maybe_text("name") or "", entry.maybe_text("type") or "branch")
                for entry in map(members, found)
            )
        )
    except ReadFailure as failure:
        policies = failure.reading(f"the refs that may deploy to {environment.name}")
    return replace(environment, policies=policies)


def _rule(rule: JsonMembers) -> ProtectionRule:
    return ProtectionRule(
        kind=rule.maybe_text("type") or "unknown",
        wait_minutes=rule.maybe_integer("wait_timer"),
        reviewers=tuple(_reviewers(rule.maybe_objects("reviewers"))),
        prevent_self_review=rule.maybe_flag("prevent_self_review"),
    )


def _reviewers(entries: Iterable[JsonMembers]) -> Iterable[str]:
    for entry in entries:
        reviewer = entry.maybe_object("reviewer")
        if login := reviewer.maybe_text("login"):
            yield login
        elif slug := reviewer.maybe_text("slug"):
            yield f"team/{slug}"
