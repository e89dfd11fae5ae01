"""Read a baseline from the text of its file. People edit and merge it, so nothing of it is taken on trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from diagnosis.baseline.state import (
    UNKNOWN_RESOURCE,
    Acceptance,
    Baseline,
    RegistryState,
    ReleaseState,
    ReviewedState,
    RoleState,
    Use,
    WorkflowState,
)
from diagnosis.baseline.written import ABSENT, NO_POLICY, NOT_READ, SCHEMA
from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider, Role
from diagnosis.facts.github_context import DeployableRefs, Environment, ProtectionRule, RefPolicy
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrubbed_values import scrub_text
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.document import write_document
from diagnosis.policy.language.strict_json import JsonFault as Fault
from diagnosis.policy.language.strict_json import read_json

T = TypeVar("T")
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")
_ACCEPT_AGAIN = "let the reader read it, and accept again"


def read_baseline(text: str) -> Baseline:
    """Read a baseline. Raises JsonFault, which names the member that is at fault."""
    strict = read_json(text)
    if isinstance(strict, Fault):
        # Said by the reader that knows lines; it refuses what is nested too deeply to be written back.
        line = next((number for number, each in enumerate(text.splitlines(), 1) if each.startswith(_CONFLICT)), None)
        if line is not None:
            raise JsonFault(f"holds the marks of a merge that was not finished, line {line}")
        raise JsonFault(f"is no baseline: {strict.why}{f', line {strict.line}' if strict.line else ''}")
    root = JsonMembers.parse(text, scrub_text)
    schema = root.text("schema")
    if schema != SCHEMA:
        raise root.fault("schema", f"is not {SCHEMA}: another program, or a later release, wrote it")
    _only(root, "schema", "repository", "accepted", "github", "aws")
    return Baseline(_acceptance(root.object("accepted")), _state(root))


def _only(found: JsonMembers, *names: str) -> None:
    """Refuse a member that is not known: misspelt, it would count as one that is not there."""
    unknown = next((name for name in found.value if name not in names), None)
    if unknown is not None:
        raise found.fault(scrub_text(unknown)[:80], "is not known")


def _acceptance(found: JsonMembers) -> Acceptance:
    _only(found, "at", "by", "rationale", "expires")
    rationale = found.text("rationale")
    if not rationale.strip():
        raise found.fault("rationale", "is empty: an acceptance says why")
    expires = None
    if found.has("expires"):
        try:
            expires = date.fromisoformat(found.text("expires"))
        except ValueError:
            raise found.fault("expires", "is no date (YYYY-MM-DD)") from None
    return Acceptance(found.moment("at"), found.text("by"), rationale, expires)


def _part(found: JsonMembers, name: str, read: Callable[[JsonMembers, str], T], what: str) -> Reading[T]:
    """Read a part that may be absent, or that was not read."""
    value = found.value.get(name)
    if isinstance(value, dict) and set(value) == {ABSENT} and value[ABSENT] is True:
        return Absent(what)
    if isinstance(value, dict) and set(value) == {NOT_READ}:
        return Unreadable(what, found.object(name).text(NOT_READ), _ACCEPT_AGAIN)
    return Known(read(found, name))


def _state(root: JsonMembers) -> ReviewedState:
    github, aws = root.object("github"), root.object("aws")
    _only(github, "ids", "default_branch", "subject", "environments", "workflows", "unread_workflows")
    _only(aws, "providers", "roles", "repositories")
    ids = github.object("ids")
    _only(ids, "repository", "owner")
    return ReviewedState(
        repository=Repository(
            root.filled_text("repository"),
            ids.integer("repository") if ids.has("repository") else None,
            ids.integer("owner") if ids.has("owner") else None,
            default_branch=_maybe_text(github, "default_branch"),
        ),
        subject_form=_part(github, "subject", _subject_form, "the form of the repository's subjects"),
        environments=_part(github, "environments", _environments, "the deployment environments"),
        workflows=_part(github, "workflows", _workflows, "the workflow files"),
        unread_workflows=github.texts("unread_workflows"),
        providers=tuple(
            (arn, _part(aws.object("providers"), name, _provider(arn), f"the OIDC provider {arn}"))
            for name, arn in _arns(aws.object("providers"))
        ),
        roles=tuple(_role(aws.object("roles").object(name), arn) for name, arn in _arns(aws.object("roles"))),
        registries=tuple(
            _registry(aws.object("repositories").object(name), arn) for name, arn in _arns(aws.object("repositories"))
        ),
    )


def _maybe_text(found: JsonMembers, name: str) -> str | None:
    return found.text(name) if found.has(name) else None


def _arns(found: JsonMembers) -> list[tuple[str, Arn]]:
    return [(name, _arn(found, name)) for name in found.value]


def _arn(found: JsonMembers, name: str) -> Arn:
    arn = Arn.parse(name)
    if arn is None:
        raise found.fault(scrub_text(name)[:80], "is no ARN")
    return arn


# ------------------------------------------------------------------------------------------------- GitHub


def _subject_form(parent: JsonMembers, name: str) -> OidcCustomization:
    found = parent.object(name)
    _only(found, "use_default", "include_claim_keys", "use_immutable_subject", "sub_claim_prefix")
    immutable = found.flag("use_immutable_subject") if found.has("use_immutable_subject") else None
    return OidcCustomization(
        found.flag("use_default"), found.texts("include_claim_keys"), immutable, _maybe_text(found, "sub_claim_prefix")
    )


def _environments(parent: JsonMembers, name: str) -> tuple[Environment, ...]:
    found = parent.object(name)
    return tuple(_environment(found.object(each), each) for each in found.value)


def _environment(found: JsonMembers, name: str) -> Environment:
    _only(found, "refs", "patterns", "rules")
    refs = found.text("refs")
    if refs not in set(DeployableRefs):
        raise found.fault("refs", "is none of any, protected, listed")
    # A rule is compared by its text alone.
    rules = tuple(ProtectionRule(rule) for rule in found.texts("rules"))
    patterns = _part(found, "patterns", lambda part, member: part.texts(member), f"the refs that may deploy to {name}")
    policies: Reading[tuple[RefPolicy, ...]] = (
        patterns
        if not isinstance(patterns, Known)
        else Known(tuple(RefPolicy(text.partition(" ")[2], text.partition(" ")[0]) for text in patterns.value))
    )
    return Environment(scrub_text(name), DeployableRefs(refs), policies, rules)


def _workflows(parent: JsonMembers, name: str) -> tuple[WorkflowState, ...]:
    found = parent.object(name)
    return tuple(_workflow(found.object(path), path) for path in found.value)


def _workflow(found: JsonMembers, path: str) -> WorkflowState:
    _only(found, "sha256", "triggers", "may_present", "releases")
    return WorkflowState(
        scrub_text(path),
        found.text("sha256"),
        found.texts("triggers"),
        found.texts("may_present"),
        tuple(_release(each) for each in found.objects("releases")),
    )


def _release(found: JsonMembers) -> ReleaseState:
    _only(found, "role", "jobs", "permissions", "needs", "not_understood")
    return ReleaseState(
        found.arn("role") if found.has("role") else None,
        found.texts("jobs"),
        found.texts("permissions"),
        tuple(_use(found, text) for text in found.texts("needs")),
        found.texts("not_understood"),
    )


def _use(found: JsonMembers, text: str) -> Use:
    action, between, resource = text.partition(" on ")
    if not between or ":" not in action:
        raise found.fault("needs", "holds what is no action on a resource")
    return Use(action, None if resource == UNKNOWN_RESOURCE else resource)


# ------------------------------------------------------------------------------------------------- AWS


def _provider(arn: Arn) -> Callable[[JsonMembers, str], OidcProvider]:
    def read(parent: JsonMembers, name: str) -> OidcProvider:
        found = parent.object(name)
        _only(found, "url", "audiences", "thumbprints", "created_at")
        return OidcProvider(
            arn,
            found.text("url"),
            found.texts("audiences"),
            found.optional_moment("created_at"),
            found.texts("thumbprints"),
        )

    return read


def _role(found: JsonMembers, arn: Arn) -> RoleState:
    _only(found, "role", "inline_policies", "attached_policies", "boundary", "control_policies")
    what = f"the role {arn}"
    return RoleState(
        arn=arn,
        role=_part(found, "role", lambda part, name: _role_itself(part.object(name), arn), what),
        inline=_part(found, "inline_policies", _inline, f"the inline policies of {what}"),
        attached=_part(found, "attached_policies", _attached, f"the managed policies of {what}"),
        boundary=_part(found, "boundary", _boundary, f"the permissions boundary of {what}"),
        controls=_part(found, "control_policies", lambda part, name: part.texts(name), "the organization's policies"),
    )


def _role_itself(found: JsonMembers, arn: Arn) -> Role:
    _only(found, "created_at", "max_session_seconds", "tags", "trust_policy")
    tags = found.object("tags")
    return Role(
        arn=arn,
        name=arn.name,
        trust_policy=_policy(found, "trust_policy"),
        max_session_seconds=found.integer("max_session_seconds"),
        created_at=found.optional_moment("created_at"),
        tags=tuple((scrub_text(key), tags.text(key)) for key in tags.value),
    )


def _inline(parent: JsonMembers, name: str) -> tuple[NamedPolicy, ...]:
    found = parent.object(name)
    return tuple(NamedPolicy(scrub_text(each), _policy(found, each)) for each in found.value)


def _attached(parent: JsonMembers, name: str) -> tuple[NamedPolicy, ...]:
    found = parent.object(name)
    return tuple(NamedPolicy(arn.name, _policy(found, each), arn) for each, arn in _arns(found))


def _boundary(parent: JsonMembers, name: str) -> NamedPolicy:
    found = parent.object(name)
    _only(found, "arn", "policy")
    arn = found.arn("arn") if found.has("arn") else None
    return NamedPolicy(arn.name if arn else "boundary", _policy(found, "policy"), arn)


def _registry(found: JsonMembers, arn: Arn) -> RegistryState:
    _only(found, "repository", "policy")
    return RegistryState(
        arn,
        _part(found, "repository", lambda part, name: _repository(part.object(name), arn), f"the repository {arn}"),
        _part(
            found,
            "policy",
            lambda part, name: NamedPolicy(f"repository policy of {arn.resource_id}", _policy(part, name)),
            f"the policy of the repository {arn}",
        ),
    )


def _repository(found: JsonMembers, arn: Arn) -> EcrRepository:
    _only(found, "created_at", "tag_mutability", "kms_key")
    return EcrRepository(
        arn,
        arn.resource_id,
        found.text("tag_mutability"),
        _maybe_text(found, "kms_key"),
        found.optional_moment("created_at"),
    )


def _policy(parent: JsonMembers, name: str) -> PolicyDocument:
    tree: Mapping[str, Any] = parent.mapping(name)
    if set(tree) == {NO_POLICY}:
        return read_document(parent.object(name).text(NO_POLICY))
    return write_document(tree)
