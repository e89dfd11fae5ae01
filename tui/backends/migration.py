"""Read what a migration is planned from: repositories with their workflows and runs, and the account's roles that trust GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from diagnosis.claims.naming import issuer_of
from diagnosis.diagnose import replays_of
from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.account import CredentialsProblem, Role
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, Owner
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.migration.move import move_of
from diagnosis.migration.plan import Migration, RepositoryUse, migration, tokens_by_move
from diagnosis.migration.role_plan import RolePlan, plan_role
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Missing
from probes.aws.read.trusting_roles import read_roles, read_trusting_roles
from probes.aws.session.access import AwsAccess
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.errors import GitHubProblem
from probes.github.http.pace import Pace
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.store.attempts import AttemptStore
from tui.backend import BackendProblem, CancelHook, Cancelled, Progress, ProgressHook

MOST_LOGS = 3
"""Runs of one repository whose logs are read, to learn the role that a variable holds: one of each workflow."""
JUDGING_SECONDS = 30.0
"""A thousand roles take some seconds to judge; a list of ten thousand that all break must not take minutes."""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What is to become of the repositories; with neither, their subjects become immutable under today's names."""

    name: str | None = None
    owner: str | None = None


class MigrationReader:
    """Reads GitHub and AWS for one plan; what is the same for all repositories is asked for once."""

    def __init__(
        self,
        access: GitHubAccess,
        aws: AwsAccess,
        ledger: Ledger,
        *,
        progress: ProgressHook,
        cancelled: CancelHook = lambda: False,
        cache: bool = True,
    ) -> None:
        self._access, self._aws, self._ledger = access, aws, ledger
        self._progress, self._cancelled = progress, cancelled
        self._cache = cache
        self._timer = ledger.timer
        self._pace = Pace(anonymous=not access.token, throttled=not access.is_loopback, clock=ledger.clock)
        self._owners: dict[str, Reading[Owner]] = {}
        self.issuer = issuer_of("github.com" if access.is_loopback else access.host)

    def plan(
        self, repositories: Sequence[str], afterwards: Afterwards, roles: Sequence[Arn], *, ask_aws: bool = True
    ) -> Migration:
        """Read everything and judge it. Raises BackendProblem where the only repository cannot be read, and Cancelled."""
        plan = self._plan(repositories, afterwards, roles, ask_aws=ask_aws)
        # Known last: which servers stand in AWS's place shows as they are asked.
        return replace(plan, endpoints=endpoints_of(self._access.in_place_of_github, self._aws.foreign_endpoints))

    def _plan(
        self, repositories: Sequence[str], afterwards: Afterwards, roles: Sequence[Arn], *, ask_aws: bool
    ) -> Migration:
        uses: list[RepositoryUse] = []
        gaps: list[Missing] = []
        for number, name in enumerate(repositories):
            self._say(f"reading {name}", number, len(repositories))
            try:
                uses.append(self._repository(name, afterwards))
            except GitHubProblem as problem:
                # One repository of many that cannot be read is a gap; alone it is the answer.
                if len(repositories) == 1 or problem.exit_code == ExitCode.CREDENTIALS:
                    raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
                gaps.append(_missing(f"the repository {name}", problem))
            except SourceCancelled:
                raise Cancelled from None
        if not ask_aws:
            gaps.append(Missing("the roles of the account", "it was not asked (--no-live)", "leave --no-live out"))
            return migration(uses, (), judged=(), missing=gaps)
        lacking = self._aws.credentials_problem()
        if lacking is not None:
            gaps.append(Missing("the roles of the account", lacking.sentence, lacking.way_out))
            return migration(uses, (), judged=(), missing=gaps, credentials_problem=lacking)
        found, unread = self._roles(uses, roles)
        judged, plans, late = self._judged(found, uses)
        return migration(
            uses,
            plans,
            judged=[role.arn for role in judged],
            missing=(*gaps, *unread, *late),
            credentials_problem=self._refused(found),
        )

    # -- GitHub

    def _repository(self, name: str, afterwards: Afterwards) -> RepositoryUse:
        store = AttemptStore() if self._cache else None
        # Subjects are told by jobs and workflow files; what their scripts do is no matter here.
        with GitHubSource(
            name, self._access, self._ledger, pace=self._pace, store=store, wanted=lambda _attempt: ()
        ) as source:
            repository = source.repository(cancelled=self._cancelled)
            customization = source.customization(cancelled=self._cancelled)
            owner = self._owner(source, afterwards.owner)
            move = move_of(
                repository,
                customization,
                issuer=self.issuer,
                name=afterwards.name,
                # The login as GitHub spells it: subjects are compared by exact case.
                owner=owner.value.login if isinstance(owner, Known) else afterwards.owner,
                owner_id=owner.value.id if isinstance(owner, Known) else None,
            )
            gaps = [] if owner is None else list(_gap(owner))
            workflows, unread = self._workflows(source)
            runs: tuple[Attempt, ...] = ()
            try:
                runs = source.list_runs(cancelled=self._cancelled).attempts
            except GitHubProblem as problem:
                gaps.append(_missing(f"the recent runs of {name}", problem))
            use = RepositoryUse(move, workflows, runs, missing=(*gaps, *unread))
            return replace(use, roles_in_logs=tuple(self._roles_in_logs(source, use)))

    def _owner(self, source: GitHubSource, login: str | None) -> Reading[Owner] | None:
        if login is None:
            return None
        if login not in self._owners:
            self._owners[login] = source.owner(login, cancelled=self._cancelled)
        return self._owners[login]

    def _workflows(self, source: GitHubSource) -> tuple[tuple[Workflow, ...], tuple[Missing, ...]]:
        listed = source.workflow_files(cancelled=self._cancelled, progress=self._say)
        if not isinstance(listed, Known):
            return (), tuple(_gap(listed))
        gaps: list[Missing] = []
        files: list[Workflow] = []
        for reading in listed.value:
            if not isinstance(reading, Known):
                gaps += _gap(reading)
            elif isinstance(reading.value.parsed, UnparsableWorkflow):
                broken = reading.value.parsed
                gaps.append(Missing(f"the subjects of {broken.path}", f"GitHub cannot run it: {broken.why}", "mend it"))
            else:
                files.append(reading.value.parsed)
        return tuple(files), tuple(gaps)

    def _roles_in_logs(self, source: GitHubSource, use: RepositoryUse) -> Iterator[tuple[str, Arn]]:
        """Yield the roles that the newest run of each workflow shows whose file does not tell them."""
        untold = dict.fromkeys(item.workflow for item in use.role_uses if item.role is None)
        chosen: list[Attempt] = []
        for path in untold:
            own = (run for run in use.runs if run.workflow_path.partition("@")[0] == path and run.complete)
            newest = next((run for run in own if run.conclusion in ("success", "failure")), None)
            chosen += [newest] if newest else []
        if not chosen:
            return
        read = source.complete(chosen[:MOST_LOGS], Depth.VERDICT, cancelled=self._cancelled, progress=self._say)
        for replayed in replays_of(read, Case()):
            fact = replayed.facts.role_arn or replayed.facts.session_role
            if fact is not None:
                yield replayed.attempt.workflow_path.partition("@")[0], fact.value

    # -- AWS

    def _roles(self, uses: Iterable[RepositoryUse], named: Sequence[Arn]) -> tuple[tuple[Role, ...], list[Missing]]:
        """Return the roles to judge: those that were named; else all that trust GitHub, and those that workflows assume."""
        found: dict[Arn, Role] = {}
        gaps: list[Missing] = []
        wanted = list(named)
        if not named:
            listed = read_trusting_roles(
                self._aws,
                self.issuer,
                progress=lambda count: self._say(f"listing roles: {count}", 0, 0),
                cancelled=self._cancelled,
            )
            if isinstance(listed, Known):
                found = {role.arn: role for role in listed.value.roles}
                for unread in listed.value.unread:
                    gaps += _gap(unread)
            else:
                gaps += _gap(listed)
            wanted = [item.role for use in uses for item in use.role_uses if item.role is not None]
        asked = [arn for arn in dict.fromkeys(wanted) if arn not in found]
        self._say("reading roles", 0, len(asked))
        for arn, reading in read_roles(self._aws, asked, cancelled=self._cancelled) if asked else ():
            if isinstance(reading, Known):
                found[arn] = reading.value
            elif named or isinstance(reading, Absent):
                gaps += _gap(reading)
        self._stop_if_cancelled()
        return tuple(found.values()), gaps

    def _judged(
        self, roles: Sequence[Role], uses: Sequence[RepositoryUse]
    ) -> tuple[Sequence[Role], tuple[RolePlan, ...], tuple[Missing, ...]]:
        """Return the roles that were judged, what concerns the repositories, and what there was no time for."""
        moves = tuple(tokens_by_move(uses).items())
        plans: list[RolePlan] = []
        end = self._timer() + JUDGING_SECONDS
        for number, role in enumerate(roles):
            self._say("judging trust policies", number, len(roles))
            self._stop_if_cancelled()
            if self._timer() >= end:
                why = f"only {number} of {len(roles)} were judged within {JUDGING_SECONDS:g} seconds"
                late = Missing("the trust policies of all roles that trust GitHub", why, "name the roles with --role")
                return roles[:number], tuple(plans), (late,)
            plan = plan_role(role, moves)
            plans += [plan] if plan else []
        return roles, tuple(plans), ()

    def _refused(self, found: Sequence[Role]) -> CredentialsProblem | None:
        return None if found else self._aws.credentials_refused

    def _say(self, what: str, done: int, total: int) -> None:
        self._progress(Progress(what, done, total or None))

    def _stop_if_cancelled(self) -> None:
        if self._cancelled():
            raise Cancelled


def _missing(what: str, problem: GitHubProblem) -> Missing:
    return Missing(what, problem.sentence.rstrip("."), problem.way_out.rstrip("."))


def _gap(reading: Reading[object]) -> Iterator[Missing]:
    """Yield what a reading that brought nothing leaves open."""
    if isinstance(reading, Unreadable):
        yield Missing(reading.what, reading.why, reading.how, reading.permission)
    elif isinstance(reading, Absent):
        yield Missing(reading.what, "there is none", "check the name")
