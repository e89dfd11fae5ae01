"""Write a baseline as the text of its file: the same for the same state, a line for each thing, so that changes are small."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from diagnosis.baseline.state import (
    Baseline,
    RegistryState,
    ReleaseState,
    ReviewedState,
    RoleState,
    WorkflowState,
)
from diagnosis.documents.json_values import Json, Object, strings, time
from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider, Role
from diagnosis.facts.github_context import Environment, ProtectionRule
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.strict_json import json_text

T = TypeVar("T")
SCHEMA = "planescope.baseline/1"
NOT_READ, ABSENT, NO_POLICY = "not_read", "absent", "not_a_policy"


def baseline_text(baseline: Baseline) -> str:
    """Return the text of the file."""
    return json_text(_document(baseline), indent=2) + "\n"


def _document(baseline: Baseline) -> Object:
    accepted, state = baseline.accepted, baseline.state
    return {
        "schema": SCHEMA,
        "repository": state.repository.full_name,
        "accepted": {
            "at": time(accepted.at.replace(microsecond=0)),
            "by": accepted.by,
            "rationale": accepted.rationale,
            "expires": accepted.expires.isoformat() if accepted.expires else None,
        },
        "github": _github(state),
        "aws": {
            "providers": {str(arn): _part(reading, _provider) for arn, reading in state.providers},
            "roles": {str(role.arn): _role(role) for role in state.roles},
            "repositories": {str(registry.arn): _registry(registry) for registry in state.registries},
        },
    }


def _part(reading: Reading[T], write: Callable[[T], Json]) -> Json:
    """Return a part; what is absent, and what was not read, are objects of one member."""
    match reading:
        case Known(value=value):
            return write(value)
        case Absent():
            return {ABSENT: True}
        case _:
            return {NOT_READ: reading.why}


# ------------------------------------------------------------------------------------------------- GitHub


def _github(state: ReviewedState) -> Object:
    repository = state.repository
    return {
        "ids": {"repository": repository.id, "owner": repository.owner_id},
        "default_branch": repository.default_branch,
        "subject": _part(state.subject_form, _subject_form),
        "environments": _part(state.environments, _environments),
        "workflows": _part(state.workflows, _workflows),
        "unread_workflows": strings(state.unread_workflows),
    }


def _subject_form(form: OidcCustomization) -> Json:
    return {
        "use_default": form.use_default,
        "include_claim_keys": strings(form.include_claim_keys),
        "use_immutable_subject": form.use_immutable_subject,
        "sub_claim_prefix": form.sub_claim_prefix,
    }


def _environments(environments: Iterable[Environment]) -> Json:
    return {each.name: _environment(each) for each in environments}


def _environment(environment: Environment) -> Json:
    return {
        "refs": environment.refs.value,
        "patterns": _part(
            environment.policies, lambda policies: strings(sorted(f"{each.kind} {each.pattern}" for each in policies))
        ),
        "rules": strings(sorted(rule_text(rule) for rule in environment.rules)),
    }


def rule_text(rule: ProtectionRule) -> str:
    """Return a protection rule as one text: ``required_reviewers: octocat, team/release``."""
    parts = [f"{rule.wait_minutes} minutes"] if rule.wait_minutes else []
    parts += sorted(rule.reviewers)
    parts += ["not by who started it"] if rule.prevent_self_review else []
    return f"{rule.kind}: {', '.join(parts)}" if parts else rule.kind


def _workflows(workflows: Iterable[WorkflowState]) -> Json:
    return {
        each.path: {
            "sha256": each.sha256,
            "triggers": strings(each.triggers),
            "may_present": strings(each.may_present),
            "releases": [_release(release) for release in each.releases],
        }
        for each in workflows
    }


def _release(release: ReleaseState) -> Json:
    return {
        "role": str(release.role) if release.role else None,
        "jobs": strings(release.jobs),
        "permissions": strings(release.permissions),
        "needs": strings(str(use) for use in release.needs),
        "not_understood": strings(release.not_understood),
    }


# ------------------------------------------------------------------------------------------------- AWS


def _provider(provider: OidcProvider) -> Json:
    return {
        "url": provider.url,
        "audiences": strings(provider.audiences),
        "thumbprints": strings(provider.thumbprints),
        "created_at": time(provider.created_at),
    }


def _role(role: RoleState) -> Json:
    return {
        "role": _part(role.role, _role_itself),
        "inline_policies": _part(role.inline, lambda found: {each.name: _policy(each.document) for each in found}),
        "attached_policies": _part(
            role.attached, lambda found: {str(each.arn): _policy(each.document) for each in found}
        ),
        "boundary": _part(role.boundary, _boundary),
        "control_policies": _part(role.controls, strings),
    }


def _role_itself(role: Role) -> Json:
    return {
        "created_at": time(role.created_at),
        "max_session_seconds": role.max_session_seconds,
        "tags": dict(sorted(role.tags)),
        "trust_policy": _policy(role.trust_policy),
    }


def _boundary(policy: NamedPolicy) -> Json:
    return {"arn": str(policy.arn) if policy.arn else None, "policy": _policy(policy.document)}


def _registry(registry: RegistryState) -> Json:
    return {
        "repository": _part(registry.repository, _repository),
        "policy": _part(registry.policy, lambda policy: _policy(policy.document)),
    }


def _repository(repository: EcrRepository) -> Json:
    return {
        "created_at": time(repository.created_at),
        "tag_mutability": repository.tag_mutability,
        "kms_key": repository.kms_key,
    }


def _policy(document: PolicyDocument) -> Json:
    """Return a policy as JSON; a text that is none as it is, so that it stays none."""
    return dict(document.tree) if document.tree else {NO_POLICY: document.text}


def not_read(state: ReviewedState) -> tuple[str, ...]:
    """Return what of a state was not read, each with the reason: a line for each part that the file writes as such."""
    parts: list[tuple[str, Reading[object]]] = [
        ("the form of the subjects", state.subject_form),
        ("the environments", state.environments),
        ("the workflow files", state.workflows),
        *((str(arn), reading) for arn, reading in state.providers),
    ]
    environments = state.environments.value if isinstance(state.environments, Known) else ()
    parts += [(f"the refs that may deploy to {each.name}", each.policies) for each in environments]
    for role in state.roles:
        name = role.arn.name
        parts.append((f"role {name}", role.role))
        # Of a role that is not there nothing else is asked.
        if not isinstance(role.role, Absent):
            parts += [
                (f"inline policies of {name}", role.inline),
                (f"managed policies of {name}", role.attached),
                (f"permissions boundary of {name}", role.boundary),
                (f"control policies above {name}", role.controls),
            ]
    for registry in state.registries:
        name = registry.arn.resource_id
        parts.append((f"ECR repository {name}", registry.repository))
        if not isinstance(registry.repository, Absent):
            parts.append((f"policy of {name}", registry.policy))
    lines = [f"{what}: {reading.why.rstrip('.')}" for what, reading in parts if isinstance(reading, Unreadable)]
    return (*lines, *state.unread_workflows)
