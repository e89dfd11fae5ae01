"""The whole plan of a migration: each repository's subjects today and afterwards, each role, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.endpoints import Endpoint
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Verdict
from diagnosis.migration.effects import Effect
from diagnosis.migration.move import Move
from diagnosis.migration.role_plan import RolePlan
from diagnosis.migration.tokens import UsedToken, in_use, jobs_with_credentials
from diagnosis.names.arn import Arn
from diagnosis.steps.variables import expand, is_legible, written_values
from diagnosis.verdicts.gate_verdict import Missing

_CREDENTIALS_ACTION = "aws-actions/configure-aws-credentials@"


@dataclass(frozen=True, slots=True)
class RoleUse:
    """A step that assumes a role."""

    workflow: str
    """The path of the workflow file."""
    job: str
    role: Arn | None
    """None where neither the file nor a log tells it."""
    written: str
    """The step's input as it is written."""


@dataclass(frozen=True, slots=True)
class RepositoryUse:
    """A repository that moves, with what was read of its workflows and runs."""

    move: Move
    workflows: tuple[Workflow, ...] = ()
    """The workflow files of the default branch."""
    runs: tuple[Attempt, ...] = ()
    """Recent runs, the newest first, without their parts."""
    roles_in_logs: tuple[tuple[str, Arn], ...] = ()
    """Workflow file and role, as the logs of recent runs show them."""
    missing: tuple[Missing, ...] = ()

    @property
    def tokens(self) -> tuple[UsedToken, ...]:
        """What its jobs present, under today's names."""
        return in_use(self.move, self.workflows, self.runs)

    @property
    def role_uses(self) -> tuple[RoleUse, ...]:
        """The roles that its workflows assume."""
        return tuple(dict.fromkeys(use for workflow in self.workflows for use in self._uses(workflow)))

    def _uses(self, workflow: Workflow) -> Iterator[RoleUse]:
        logged = dict(self.roles_in_logs).get(workflow.path)
        for job in jobs_with_credentials(workflow):
            for step in job.all_steps:
                if not (step.uses or "").lower().startswith(_CREDENTIALS_ACTION):
                    continue
                written = step.input("role-to-assume") or ""
                if not written:
                    continue
                value = expand(written, written_values(workflow, job, step, {})).strip()
                role = Arn.parse(value) if is_legible(value) else logged
                yield RoleUse(workflow.path, job.id, role if role and role.is_role else None, written)


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """One subject that a repository presents, today and afterwards."""

    today: tuple[str, ...]
    """One, or one for each form that is possible."""
    after: str | None
    sources: tuple[str, ...]
    """Where it was met."""


@dataclass(frozen=True, slots=True)
class RepositoryPlan:
    """What becomes of one repository's subjects."""

    move: Move
    subjects: tuple[SubjectChange, ...]
    role_uses: tuple[RoleUse, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """The plan for all repositories and roles that were looked at."""

    repositories: tuple[RepositoryPlan, ...]
    roles: tuple[RolePlan, ...]
    """Those that concern the repositories, what breaks first."""
    looked_at: int
    """Roles whose trust policies were judged."""
    missing: tuple[Missing, ...]
    credentials_problem: CredentialsProblem | None = None
    endpoints: tuple[Endpoint, ...] = ()
    """The servers that were asked in github.com's or AWS's place."""

    @property
    def verdict(self) -> Verdict:
        """``fail`` where a trust policy breaks, ``unknown`` where that cannot be told of all, else ``pass``."""
        if any(role.breaks for role in self.roles):
            return Verdict.FAIL
        return Verdict.UNKNOWN if self.missing else Verdict.PASS


def migration(
    uses: Sequence[RepositoryUse],
    roles: Sequence[RolePlan],
    *,
    judged: Iterable[Arn],
    missing: Iterable[Missing] = (),
    credentials_problem: CredentialsProblem | None = None,
) -> Migration:
    """Join what was judged. ``judged`` are the roles that were read; one that a workflow names beside them is not known."""
    read = set(judged)
    gaps = [*missing, *(gap for role in roles for gap in role.missing)]
    for use in uses:
        gaps += [*use.move.missing, *use.missing, *_unread_roles(use, read), *_called_elsewhere(use)]
    return Migration(
        repositories=tuple(_repository_plan(use, roles) for use in uses),
        roles=tuple(sorted(roles, key=lambda plan: (not plan.breaks, plan.role.name))),
        looked_at=len(read),
        missing=tuple(dict.fromkeys(gaps)),
        credentials_problem=credentials_problem,
    )


def _unread_roles(use: RepositoryUse, read: set[Arn]) -> Iterator[Missing]:
    for item in use.role_uses:
        where = f"{item.workflow.rpartition('/')[2]}, job {item.job}"
        if item.role is None:
            yield Missing(
                f"which role {where} of {use.move.before.full_name} assumes",
                f"the file says {item.written}, and no log of a recent run tells it",
                "give the role with --role",
            )
        elif item.role not in read:
            yield Missing(
                f"the trust policy of {item.role}, which {where} of {use.move.before.full_name} assumes",
                "it was not read with these credentials",
                "choose a --profile of the role's account",
                "iam:GetRole",
            )


def _called_elsewhere(use: RepositoryUse) -> Iterator[Missing]:
    """Yield the jobs that may ask for a token in a workflow of another repository, which is not read."""
    for workflow in use.workflows:
        for job in workflow.jobs:
            granted = {*(job.permissions if job.permissions is not None else workflow.permissions or ())}
            may_ask = not granted.isdisjoint({("id-token", "write"), ("*", "write-all")})
            if job.uses and not is_own(job.uses) and may_ask:
                yield Missing(
                    f"what {workflow.path.rpartition('/')[2]}, job {job.id} of {use.move.before.full_name} presents",
                    f"it calls {job.uses}, which was not read",
                    "look whether its jobs name an environment",
                )


def _repository_plan(use: RepositoryUse, roles: Iterable[RolePlan]) -> RepositoryPlan:
    """Gather the subjects that the repository presents, and those that trust policies name."""
    move = use.move
    found: dict[tuple[tuple[str, ...], str | None], dict[str, None]] = {}
    for token in use.tokens:
        now = [move.named(token.claims, naming.prefix).subject for naming in move.today if naming.prefix]
        today = tuple(dict.fromkeys(subject for subject in now if subject))
        if today:
            found.setdefault((today, move.afterwards(token.claims).subject), {})[token.source] = None
    for role in roles:
        for effect in role.effects:
            if effect.move == move and effect.token.caller and effect.effect is not Effect.REFUSED:
                found.setdefault((effect.today_shown, effect.after_shown), {})[effect.token.source] = None
    changes = tuple(SubjectChange(today, after, tuple(sources)) for (today, after), sources in found.items())
    return RepositoryPlan(move, changes, use.role_uses)


def tokens_by_move(uses: Iterable[RepositoryUse]) -> Mapping[Move, tuple[UsedToken, ...]]:
    """Return each move with the tokens in use, as :func:`~diagnosis.migration.role_plan.plan_role` takes them."""
    return {use.move: use.tokens for use in uses}
