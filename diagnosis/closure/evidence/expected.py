"""Say what a release's evidence has to say: the closing run, its commit and ref, its image, its window of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from diagnosis.closure.evidence.own_entries import OwnRun
from diagnosis.closure.evidence.said import Said
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.replay import Replay, RunFacts

_OF_IMAGES = frozenset({Said.ECR_REPOSITORY, Said.SOME_REPOSITORY, Said.IMAGE, Said.TAG, Said.DIGEST})
"""Of a run that uses several repositories one image alone is known."""
_OF_SESSIONS = frozenset({Said.ROLE, Said.ACCOUNT, Said.REGION})


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a closing run without its evidence. Texts are foreign."""

    run_id: str
    run_number: str
    attempt: str
    commit: str
    """Empty where the run's own commit is another than the one that its record names, as for a pull request."""
    refs: tuple[str, ...]
    repository: str
    ecr_repository: str | None = None
    registry: EcrAddress | None = None
    tags: tuple[str, ...] = ()
    digest: str | None = None
    workflow: str = ""
    """Its name."""
    workflow_files: tuple[str, ...] = ()
    """Its file, and those that it calls, from the repository's root on."""
    actors: tuple[str, ...] = ()
    event: str = ""
    environment: str | None = None
    roles: tuple[Arn, ...] = ()
    """The roles that its sessions assumed; empty where one of them is not legible."""
    sessions: tuple[Arn, ...] = ()
    """The sessions by their ARNs, where the log of each names it."""
    accounts: tuple[str, ...] = ()
    """Those of its roles, its registry and what it uses; empty where one of them is not legible."""
    regions: tuple[str, ...] = ()
    unsure: frozenset[Said] = frozenset()
    """Kinds of which the run may have used others: what a step of it calls is not known."""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def own_run(self) -> OwnRun:
        """Which entry of a list of runs is its own."""
        return OwnRun(self.run_id, self.attempt)

    def says(self, kind: Said) -> str:
        """Return in words what is known of the kind."""
        window = (
            f"between {self.since:%Y-%m-%dT%H:%M:%SZ} and {self.until:%H:%M:%SZ}" if self.since and self.until else ""
        )
        return {
            Said.RUN_ID: f"run {self.run_id}",
            Said.RUN: f"run {self.run_id}",
            Said.RUN_URL: f"run {self.run_id}, attempt {self.attempt}, of {self.repository}",
            Said.RUN_NUMBER: f"run number {self.run_number}",
            Said.ATTEMPT: f"attempt {self.attempt}",
            Said.COMMIT: self.commit,
            Said.REF: self.refs[0] if self.refs else "",
            Said.REPOSITORY: self.repository,
            Said.SOME_REPOSITORY: f"{self.repository} and, in ECR, {self.ecr_repository}",
            Said.OWNER: self.repository.partition("/")[0],
            Said.WORKFLOW: f"{self.workflow} ({self.workflow_files[0] if self.workflow_files else ''})",
            Said.ACTOR: " or ".join(self.actors),
            Said.EVENT: self.event,
            Said.SUBJECT: f"{self.repository} on {self.refs[0] if self.refs else 'its ref'}",
            Said.ACCOUNT: " or ".join(self.accounts),
            Said.REGISTRY: self.registry.host if self.registry else "",
            Said.REGION: " or ".join(self.regions),
            Said.ROLE: " or ".join(map(str, self.sessions or self.roles)),
            Said.ECR_REPOSITORY: self.ecr_repository or "",
            Said.TAG: " or ".join(self.tags),
            Said.DIGEST: self.digest or "",
            Said.IMAGE: f"{self.ecr_repository or ''}:{' or '.join(self.tags)}@{self.digest or 'a digest that is not known'}",
            Said.TIME: window,
            Said.OUTCOME: "success",
        }.get(kind, "")


def expected_of(closing: Replay, account: AccountState | None, case: Case) -> Expected:
    """Return what a closing run's evidence has to say, as its own record, the registry and then the case tell."""
    attempt, facts = closing.attempt, closing.facts
    image = account.image.value if account is not None and isinstance(account.image, Known) else None
    digest = (facts.digest.value if facts.digest else None) or (image.digest if image else None) or case.digest
    tags = [facts.tag.value if facts.tag else None, case.tag]
    if image is not None and (digest is None or image.digest == digest):
        tags += image.tags
    jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else ()
    ends = [job.completed_at for job in jobs if job.completed_at is not None]
    ended = max(ends) if ends else attempt.updated_at
    registry = facts.registry.value if facts.registry else None
    every = _facts(closing)
    roles = _roles(every, case)
    uses = [arn for need in closing.needs for arn in (Arn.parse(need.resource),) if arn is not None]
    principals = (Arn.parse(each.principal.value) for each in every if each.principal)
    known = tuple(arn for arn in principals if arn is not None)
    own_commit = not attempt.event.startswith("pull_request")
    return Expected(
        run_id=str(attempt.run_id),
        run_number=str(attempt.run_number),
        attempt=str(attempt.attempt),
        commit=attempt.head_sha.lower() if own_commit else "",
        refs=tuple(dict.fromkeys(each for each in (attempt.ref, attempt.head_branch) if each)) if own_commit else (),
        repository=attempt.repository.full_name,
        ecr_repository=(facts.repository.value if facts.repository else None)
        or case.ecr_repository
        or (account.question.repository if account is not None else None),
        registry=registry,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        digest=digest.lower() if digest else None,
        workflow=attempt.workflow_name,
        workflow_files=tuple(
            dict.fromkeys(
                path.partition("@")[0]
                for path in (attempt.workflow_path, *(each.path for each in attempt.called_workflows))
            )
        ),
        actors=tuple(dict.fromkeys(each for each in (attempt.first_actor, attempt.actor) if each)),
        event=attempt.event,
        environment=facts.environment.value if facts.environment else None,
        roles=roles,
        sessions=known if len(known) == len(every) else (),
        accounts=_accounts(roles, registry, uses, case),
        regions=_regions(every, registry, uses, case),
        unsure=_unsure(closing, every, uses),
        since=attempt.started_at,
        until=ended,
    )


def _facts(closing: Replay) -> tuple[RunFacts, ...]:
    """Return the facts of each session that the run had."""
    return tuple(each.facts for each in closing.sessions if each.ran) or (closing.facts,)


def _unsure(closing: Replay, every: tuple[RunFacts, ...], uses: list[Arn]) -> frozenset[Said]:
    """Return the kinds of which the run may have more than what is known."""
    found: frozenset[Said] = frozenset()
    if any(gap.is_open for each in closing.sessions for gap in each.gaps):
        found |= _OF_SESSIONS
    pushed = {each.repository.value for each in every if each.repository}
    pushed |= {arn.resource_id for arn in uses if arn.service == "ecr"}
    return found | _OF_IMAGES if len(pushed) > 1 else found


def _roles(every: tuple[RunFacts, ...], case: Case) -> tuple[Arn, ...]:
    found = [fact.value if fact else None for each in every for fact in (each.role_arn or each.session_role,)]
    known = [arn for arn in found if arn is not None and arn.has_account]
    if len(known) < len(found):
        # Another role may stand where a log masks one; the case says which it is only where there is a single one.
        known = [case.role_arn] if len(found) == 1 and case.role_arn is not None else []
    return tuple(dict.fromkeys(known))


def _accounts(roles: tuple[Arn, ...], registry: EcrAddress | None, uses: list[Arn], case: Case) -> tuple[str, ...]:
    if not roles or registry is None or (registry.account is None and not registry.public):
        return ()
    named = (
        *(arn.account for arn in (*roles, *uses) if arn.has_account),
        *(address.account for address in (registry, *case.repository_uris)),
        case.expected_account,
        case.registry_id,
    )
    return tuple(dict.fromkeys(account for account in named if account))


def _regions(every: tuple[RunFacts, ...], registry: EcrAddress | None, uses: list[Arn], case: Case) -> tuple[str, ...]:
    if registry is None or registry.region is None or any(each.region is None for each in every):
        return ()
    named: Iterator[str | None] = iter(
        (
            registry.region,
            case.region,
            *(each.region.value for each in every if each.region),
            *(arn.region for arn in uses),
        )
    )
    return tuple(dict.fromkeys(region for region in named if region))
