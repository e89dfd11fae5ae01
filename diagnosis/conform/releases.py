"""The releases of one side of a change: what each workflow would run next, as far as it takes AWS credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagnosis.claims.claim_set import ClaimSet
from diagnosis.closure.steps.demotion.release_jobs import ReleaseJobs, release_jobs
from diagnosis.conform.account_model import AccountModel
from diagnosis.conform.needs import RoleNeeds
from diagnosis.diagnose import question_of
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.findings.finding import Place
from diagnosis.live.assessment import assess
from diagnosis.live.authentication import judge_role_trust
from diagnosis.live.release_units import Unit, units_of
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.next_run.starts import Start
from diagnosis.replay.attempt import replay
from diagnosis.steps.called_workflows import may_have_token
from diagnosis.steps.match import default_name
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay

_PLAIN = re.compile(r"[\w./*-]+")
"""Filters of GitHub that IAM can write as well: letters and stars; a star of IAM goes on over a slash."""


@dataclass(frozen=True, slots=True)
class NextRun:
    """The next run of a workflow by one of its triggers, with everything of the repository that it reads."""

    path: str
    start: Start
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Places:
    """Where the releases of both sides are applied, as far as they agree; empty where they do not."""

    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A next run that takes AWS credentials."""

    run: NextRun
    replay: Replay
    jobs: ReleaseJobs
    case: Case

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by on the other side: its file and how it is started."""
        return (self.run.path, self.run.start.event, self.run.start.ref or "")

    @property
    def name(self) -> str:
        """How people call it: the workflow's file, and how it is started."""
        return f"{self.run.path.rpartition('/')[2]} ({self.run.start.source})"

    @property
    def issuer(self) -> str:
        """The issuer of its tokens."""
        return question_of(self.replay, self.case).issuer

    @property
    def workflow(self) -> Workflow | None:
        """The workflow with calls and actions in place."""
        return self.replay.workflow if isinstance(self.replay.workflow, Workflow) else None

    @property
    def releasing(self) -> frozenset[str]:
        """The ids of the jobs that take credentials."""
        ids = {session.job_id for session in self.replay.sessions}
        return frozenset(ids | {read.written.id for read in self.jobs.jobs if read.written is not None})

    @property
    def units(self) -> tuple[Unit, ...]:
        """Its sessions, those that present the same token to the same role as one."""
        return units_of(self.replay, self.case)

    @property
    def roles(self) -> tuple[Arn, ...]:
        """The roles that it assumes, as far as they are told."""
        return tuple(dict.fromkeys(arn for unit in self.units if (arn := unit.role_arn) is not None))

    def assessed(self, model: AccountModel) -> Assessment:
        """Judge it on the model of an account."""
        question = question_of(self.replay, self.case)
        return assess(self.replay, model.state(question), self.case)

    def admitted(self, model: AccountModel) -> Mapping[tuple[str, ClaimSet], TrustOutcome]:
        """Return for each job what its role's trust policy says of each token that it may present, where several are possible."""
        found: dict[tuple[str, ClaimSet], TrustOutcome] = {}
        state = model.state(question_of(self.replay, self.case))
        for unit in self.units:
            run = RunClaims.of(unit.view, unit.account_in(state), unit.case)
            if not isinstance(run.account.role, Known) or len(run.claims.sets) < 2:
                continue
            for claims in run.claims.sets:
                if claims.subject is not None:
                    alone = replace(run, claims=replace(run.claims, sets=(claims,), custom_possible=False))
                    outcome = judge_role_trust(alone, run.account.role.value).outcome
                    found.update({(job, claims): outcome for job in unit.jobs})
        return found

    def place_of(self, job: str, step: str = "", source: str = "") -> Place:
        """Return where a job, or a step of it, is written, in the file of a called workflow or action too.

        ``source`` is the file of the repository in which what the step does is written, where it is another one.
        """
        member = f"job {job}" + (f", step {step}" if step else "") if job else ""
        if source and self.text_of(source) is not None:
            return Place(source, member=member)
        for written in self.workflow.jobs if self.workflow is not None else ():
            if not _is_named(written, job):
                continue
            path, raw = self._as_written(written)
            at = next((n for n, each in enumerate(written.steps) if _holds(each, step)), None) if step else None
            if at is None:
                return Place(path, raw.line or None, member=member)
            inner = next((each for each in written.steps[at].with_inner[1:] if _name(each) == step and each.line), None)
            if inner is not None and inner.file:
                return Place(inner.file, inner.line, member=member)
            same = len(raw.steps) == len(written.steps)
            return Place(path, (raw.steps[at].line if same else 0) or raw.line or None, member=member)
        return Place(self.run.path, member=member)

    def text_of(self, path: str) -> str | None:
        """Return the text of a file that a step uses; None where it was not read."""
        read = (file.text for file in self.run.attempt.files if file.path == path)
        return next((text.value for text in read if isinstance(text, Known)), None)

    def _as_written(self, job: WorkflowJob) -> tuple[str, WorkflowJob]:
        """Return the file in which a job stands, and the job as it stands there; of one that was not read, the calling job."""
        if job.caller is None:
            return self.run.path, job
        path, own = own_path(job.caller.uses), job.id.rpartition(" / ")[2]
        for called in self.run.attempt.called_workflows:
            place = called.path.partition("@")[0].removeprefix(f"{self.run.attempt.repository.full_name}/")
            if place == path and isinstance(called.file, Known) and isinstance(called.file.value.parsed, Workflow):
                found = next((each for each in called.file.value.parsed.jobs if each.id == own), None)
                if found is not None:
                    return place, found
        return self.run.path, replace(job.caller, steps=())


def releases_of(
    runs: Iterable[NextRun], case: Case, read_before: Iterable[NextRun] = (), known: Iterable[Release] = ()
) -> tuple[Release, ...]:
    """Return the next runs that take AWS credentials, or use a registry or a service of AWS.

    Of the runs that were ``read_before``, on the other side, the releases are ``known``: what is the same is not read again.
    """
    found = []
    before = {(run.path, run.start): run for run in read_before}
    releases = {(release.run.path, release.run.start): release for release in known}
    for run in runs:
        old = before.get((run.path, run.start))
        if old is not None and _is_same(old, run):
            found += [release] if (release := releases.get((run.path, run.start))) is not None else []
            continue
        read = replay(run.attempt, case)
        release = Release(run, read, release_jobs(read), case)
        if release.jobs.jobs or release.replay.sessions or _lacks_an_action(release):
            found.append(release)
    return tuple(found)


def _is_same(one: NextRun, other: NextRun) -> bool:
    """Return whether two runs read the same; of a file that neither side has it does not matter in whose words."""

    def texts(run: NextRun) -> list[tuple[str, object]]:
        files = run.attempt.files
        return [(file.path, file.text.value if isinstance(file.text, Known) else type(file.text)) for file in files]

    bare = (replace(run.attempt, files=()) for run in (one, other))
    return one.start == other.start and texts(one) == texts(other) and next(bare) == next(bare)


def _lacks_an_action(release: Release) -> bool:
    """Return whether a job that may ask for GitHub's token uses an action of the repository that is not there: it may release."""
    workflow = release.workflow
    return workflow is not None and any(
        step.unread for job in workflow.jobs if has_token(workflow, job) for step in job.all_steps
    )


def has_token(workflow: Workflow, job: WorkflowJob) -> bool:
    """Return whether it is stated that a job may ask for GitHub's token."""
    stated = job.permissions is not None or workflow.permissions is not None
    return stated and may_have_token(workflow, job)


def counterparts(base: Sequence[Release], head: Sequence[Release]) -> Iterator[tuple[Release | None, Release]]:
    """Yield each release with the same one on the base branch: of its file and trigger, else of its text and trigger."""
    left = {release.key: release for release in base}
    paths = {release.run.path for release in head}
    for release in head:
        old = left.get(release.key) or next(
            (
                each
                for each in base
                if each.run.path not in paths
                and each.key[1:] == release.key[1:]
                and each.replay.workflow is not None
                and each.run.attempt.workflow_name == release.run.attempt.workflow_name
            ),
            None,
        )
        # By another event of the same workflow the jobs are the same, and so is what they need.
        same_file = (each for each in base if each.run.path == release.run.path)
        yield old or next(same_file, None), release


def needs_by_role(releases: Iterable[Release], model: AccountModel) -> Mapping[Arn, RoleNeeds]:
    """Return what the releases need of each role, and the tokens that they present; a pull request's are left out."""
    needs: dict[Arn, dict[tuple[str, str | None, str, str], Need]] = {}
    claims: dict[Arn, dict[ClaimSet, None]] = {}
    subjects: dict[Arn, dict[str, None]] = {}
    longest: dict[Arn, int] = {}
    for release in releases:
        for unit in release.units:
            if unit.role_arn is None or release.run.start.of_pull_request:
                continue
            for need in unit.needs:
                needs.setdefault(unit.role_arn, {})[need.action, need.resource, need.step, need.job] = need
            state = model.state(question_of(release.replay, release.case))
            run = RunClaims.of(unit.view, unit.account_in(state), unit.case)
            asked = run.release.input("role-duration-seconds") or ""
            seconds = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
            longest[unit.role_arn] = max(longest.get(unit.role_arn, 0), seconds)
            claims.setdefault(unit.role_arn, {}).update(dict.fromkeys(run.claims.sets))
            more = (each for found in run.claims.subjects for each in _of_other_refs(found, release))
            subjects.setdefault(unit.role_arn, {}).update(dict.fromkeys(more))
    return {
        arn: RoleNeeds(
            tuple(needs.get(arn, {}).values()),
            tuple(claims.get(arn, {})),
            tuple(subjects.get(arn, {})),
            longest.get(arn, 0),
        )
        for arn in dict.fromkeys((*needs, *claims))
    }


def _of_other_refs(subject: str, release: Release) -> Iterator[str]:
    """Yield the subject for the other refs that the filters of a push let through, where its own ref is an example."""
    start = release.run.start
    head, sign, _ = subject.partition(f":ref:{start.ref}")
    if not (start.example and start.event == "push" and sign and start.ref and release.workflow is not None):
        return
    kind = "tags" if start.ref.startswith("refs/tags/") else "branches"
    patterns = dict(release.workflow.push_patterns).get(kind, ())
    if all(_PLAIN.fullmatch(pattern) for pattern in patterns):
        yield from (
            f"{head}:ref:refs/{'tags' if kind == 'tags' else 'heads'}/{pattern.replace('**', '*')}"
            for pattern in patterns
        )


def places_of(releases: Iterable[Release]) -> Places:
    """Return the account and the region in which all releases have their roles, where it is one."""
    units = [unit for release in releases for unit in release.units]
    accounts = {arn.account for unit in units if (arn := unit.role_arn) is not None and arn.has_account}
    regions = {fact.value for unit in units if (fact := unit.view.facts.region) is not None}
    return Places(*(next(iter(found)) if len(found) == 1 else "" for found in (accounts, regions)))


def with_role(releases: Iterable[Release], arn: Arn) -> tuple[Release, ...]:
    """Return the releases with a role for the sessions that do not tell theirs."""
    return tuple(
        release if release.roles or release.case.role_arn is not None else _again(release, arn) for release in releases
    )


def _again(release: Release, arn: Arn) -> Release:
    case = replace(release.case, role_arn=arn)
    read = replay(release.run.attempt, case)
    return Release(release.run, read, release_jobs(read), case)


def _is_named(job: WorkflowJob, name: str) -> bool:
    return name in (job.id, job.name) or name.rpartition(" (")[0] in (job.id, job.name)


def _name(step: WorkflowStep) -> str:
    return " ".join((step.name or default_name(step)).split())


def _holds(step: WorkflowStep, name: str) -> bool:
    return any(_name(each) == name for each in step.with_inner)
