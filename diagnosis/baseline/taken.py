"""Take the state of a repository's releases from what was read of GitHub and of the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from diagnosis.baseline.contexts import contexts_of, may_present
from diagnosis.baseline.state import RegistryState, ReleaseState, ReviewedState, RoleState, Use, WorkflowState
from diagnosis.facts.account import AccountState, NamedPolicy, OidcProvider, ScpLevel
from diagnosis.facts.case import Case
from diagnosis.facts.github_context import Environment
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.live.release_units import Unit, units_of
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import json_text
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import StepGap
from diagnosis.verdicts.replay import Replay

_DIGITS = 16
"""Of a digest that tells one document from another."""


@dataclass(frozen=True, slots=True)
class JudgedRelease:
    """The next run of a workflow that releases, as it would meet the account of today."""

    file: WorkflowFile
    replay: Replay
    assessment: Assessment

    @property
    def path(self) -> str:
        """The path of the workflow's file."""
        return self.file.parsed.path.partition("@")[0]


@dataclass(frozen=True, slots=True)
class StatedRelease:
    """A workflow as its file states it, started in one of the ways that the file allows: what no run changes."""

    file: WorkflowFile
    replay: Replay
    case: Case

    @property
    def path(self) -> str:
        """The path of the workflow's file."""
        return self.file.parsed.path.partition("@")[0]


@dataclass(frozen=True, slots=True)
class GitHubSide:
    """What was read of the repository at GitHub."""

    repository: Repository
    subject_form: Reading[OidcCustomization]
    environments: Reading[tuple[Environment, ...]]
    files: Reading[tuple[WorkflowFile, ...]]
    """All workflow files of the default branch."""
    gaps: tuple[Missing, ...] = ()


def state_of(github: GitHubSide, releases: Sequence[StatedRelease], accounts: Sequence[AccountState]) -> ReviewedState:
    """Return the state; ``accounts`` are the account as each role has it."""
    files = github.files.value if isinstance(github.files, Known) else ()
    unread = [f"{file.parsed.path}: {file.parsed.why}" for file in files if isinstance(file.parsed, UnparsableWorkflow)]
    by_path: dict[str, list[StatedRelease]] = {}
    for release in releases:
        by_path.setdefault(release.path, []).append(release)
    actual = _actual_arns(accounts)
    workflows = tuple(_workflow(by_path[path], github.repository, actual) for path in sorted(by_path))
    contexts = tuple(dict.fromkeys(context for workflow in workflows for context in workflow.may_present))
    return ReviewedState(
        repository=github.repository,
        subject_form=github.subject_form,
        environments=mapped(github.environments, lambda found: _named(found, contexts)),
        workflows=github.files if isinstance(github.files, Absent | Unreadable) else Known(workflows),
        unread_workflows=tuple(sorted(unread)),
        providers=_providers(accounts),
        roles=tuple(sorted(_roles(accounts), key=lambda role: str(role.arn))),
        registries=tuple(sorted(_registries(accounts), key=lambda registry: str(registry.arn))),
    )


def _named(environments: Iterable[Environment], contexts: tuple[str, ...]) -> tuple[Environment, ...]:
    """Return those that a job may name; where its name is an expression, all that it may come to."""
    found = (each for each in environments if may_present(contexts, f"environment:{each.name}"))
    return tuple(sorted(found, key=lambda each: each.name))


# ------------------------------------------------------------------------------------------------- workflows


def _actual_arns(accounts: Iterable[AccountState]) -> dict[Arn | None, Arn]:
    """Return the ARNs that roles really have, by those that were asked for: a session's shows no path."""
    return {
        account.question.role_arn: account.role.value.arn for account in accounts if isinstance(account.role, Known)
    }


def _workflow(
    releases: Sequence[StatedRelease], repository: Repository, actual: Mapping[Arn | None, Arn]
) -> WorkflowState:
    """Return one workflow with all the ways in which it is started."""
    first = releases[0]
    resolved = [each.replay.workflow for each in releases if isinstance(each.replay.workflow, Workflow)]
    grouped: dict[Arn | None, list[tuple[StatedRelease, Unit]]] = {}
    for release in releases:
        for unit in units_of(release.replay, release.case) if release.replay.sessions else ():
            role = None if unit.nameless else actual.get(unit.role_arn, unit.role_arn)
            grouped.setdefault(role, []).append((release, unit))
    return WorkflowState(
        path=first.path,
        sha256=sha256(first.file.text.encode("utf-8", "replace")).hexdigest(),
        triggers=tuple(sorted(resolved[0].triggers)) if resolved else (),
        may_present=contexts_of(resolved[0], repository.default_branch) if resolved else ("*",),
        releases=tuple(_release(role, grouped[role]) for role in sorted(grouped, key=lambda role: str(role or ""))),
    )


def _release(role: Arn | None, units: Sequence[tuple[StatedRelease, Unit]]) -> ReleaseState:
    jobs = _sorted(job for _, unit in units for job in unit.jobs)
    uses = {Use(need.action, need.resource) for _, unit in units for need in unit.needs}
    gaps = (gap for _, unit in units for gap in unit.gaps if gap.is_open)
    return ReleaseState(
        role=role,
        jobs=jobs,
        permissions=_sorted(pair for release, _ in units for pair in _permissions(release.replay, jobs)),
        needs=tuple(sorted(uses, key=str)),
        not_understood=_sorted(_gap(gap) for gap in gaps),
    )


def _permissions(replay: Replay, jobs: Sequence[str]) -> Iterator[str]:
    workflow = replay.workflow
    if not isinstance(workflow, Workflow):
        return
    for name in jobs:
        job = workflow.job_named(name)
        stated = job.permissions if job is not None and job.permissions is not None else workflow.permissions
        if stated is not None and not stated:
            # Of a file that states nothing the repository's setting decides: that may be every permission.
            yield "none"
        for scope, access in stated or ():
            yield f"{scope}: {access}"


def _gap(gap: StepGap) -> str:
    return f"{gap.job}: {gap.step}: {gap.what}" if gap.job else f"{gap.step}: {gap.what}"


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


# ------------------------------------------------------------------------------------------------- the account


def _providers(accounts: Iterable[AccountState]) -> tuple[tuple[Arn, Reading[OidcProvider]], ...]:
    found: dict[Arn, Reading[OidcProvider]] = {}
    for account in accounts:
        arn = account.question.provider_arn
        if arn is not None and not isinstance(found.get(arn), Known):
            found[arn] = account.provider
    return tuple((arn, _sorted_audiences(found[arn])) for arn in sorted(found, key=str))


def _sorted_audiences(reading: Reading[OidcProvider]) -> Reading[OidcProvider]:
    if not isinstance(reading, Known):
        return reading
    return Known(replace(reading.value, audiences=tuple(sorted(reading.value.audiences))), reading.source)


def _roles(accounts: Iterable[AccountState]) -> Iterator[RoleState]:
    for account in accounts:
        arn = account.question.role_arn
        if arn is not None:
            own = account.role.value.arn if isinstance(account.role, Known) else arn
            yield RoleState(
                arn=own,
                role=account.role,
                inline=_by_name(account.inline_policies),
                attached=_by_name(account.attached_policies),
                boundary=account.boundary,
                controls=_controls(account),
            )


def _by_name(reading: Reading[tuple[NamedPolicy, ...]]) -> Reading[tuple[NamedPolicy, ...]]:
    if not isinstance(reading, Known):
        return reading
    return Known(tuple(sorted(reading.value, key=lambda policy: (policy.name, str(policy.arn or "")))), reading.source)


def _controls(account: AccountState) -> Reading[tuple[str, ...]]:
    """Return the control policies as texts with a digest each: their documents are the organization's, not the repository's."""
    if not isinstance(account.scps, Known):
        return account.scps
    texts = [*_digests("SCP", account.scps.value)]
    if isinstance(account.rcps, Unreadable):
        return account.rcps
    if isinstance(account.rcps, Known):
        texts += _digests("RCP", account.rcps.value)
    return Known(tuple(sorted(texts)), account.scps.source)


def _digests(kind: str, levels: Iterable[ScpLevel]) -> Iterator[str]:
    for level in levels:
        for policy in level.policies:
            document = policy.document
            text = json_text(dict(document.tree), separators=(",", ":")) if document.tree else document.text
            digest = sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
            yield f"{kind} {policy.name} on {level.level}: {digest}"


def _registries(accounts: Iterable[AccountState]) -> Iterator[RegistryState]:
    found: dict[Arn, RegistryState] = {}
    for account in accounts:
        arn = account.question.repository_arn
        if arn is not None:
            found.setdefault(arn, RegistryState(arn, account.repository, account.repository_policy))
        for state in account.repositories:
            found.setdefault(state.arn, RegistryState(state.arn, state.repository, state.policy))
    yield from found.values()
