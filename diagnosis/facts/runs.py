"""What GitHub recorded: one workflow run's attempts with their jobs, steps, annotations and logs, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.ref_filters import kind_of_push
from diagnosis.facts.workflow import ActionFile, WorkflowFile

_LOG_NOT_READ = Unreadable(
    what="job log", why="it was not read", how="open the attempt: its logs are fetched then", permission="actions: read"
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A GitHub repository, with the ids that immutable subjects carry."""

    full_name: str
    """``owner/name``."""
    id: int | None = None
    owner_id: int | None = None
    created_at: datetime | None = None
    default_branch: str | None = None
    html_url: str = ""

    @property
    def owner(self) -> str:
        """The owner's login."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """The name without its owner."""
        return self.full_name.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Owner:
    """A user or an organization that owns repositories, or will."""

    login: str
    """As GitHub spells it."""
    id: int


@dataclass(frozen=True, slots=True)
class OidcCustomization:
    """``GET /repos/{o}/{r}/actions/oidc/customization/sub``."""

    use_default: bool = True
    include_claim_keys: tuple[str, ...] = ()
    use_immutable_subject: bool | None = None
    """None where the API does not say."""
    sub_claim_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A check-run annotation; it outlives the log."""

    level: str
    """``notice``, ``warning`` or ``failure``."""
    message: str
    title: str = ""
    path: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job as the jobs API reports it."""

    number: int
    name: str
    status: str
    conclusion: str | None
    """``success``, ``failure``, ``skipped``, ``cancelled``, … or None while it runs."""
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether GitHub recorded the step as failed."""
        return self.conclusion == "failure"


@dataclass(frozen=True, slots=True)
class Job:
    """One job of an attempt, with its log as it was read (scrubbed)."""

    id: int
    name: str
    status: str
    conclusion: str | None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    html_url: str = ""
    steps: tuple[Step, ...] = ()
    annotations: Reading[tuple[Annotation, ...]] = Unreadable(
        what="annotations", why="they were not read", how="open the attempt", permission="checks: read"
    )
    log: Reading[str] = _LOG_NOT_READ
    """The raw text of the job's log, secrets already replaced."""
    log_origin: Origin = Origin.RECORDED
    log_verbatim: tuple[str, ...] = ()
    """In a reconstructed log: the pieces of text that are quoted from a public source word for word."""
    log_steps: tuple[int, ...] = ()
    """The numbers of the steps that the log holds, where it holds some only: it was too large to be read whole."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact of a run; small JSON members may have been read."""

    id: int
    name: str
    size_bytes: int
    expired: bool
    created_at: datetime | None = None
    files: tuple[tuple[str, str], ...] = ()
    """``(member name, JSON text)`` of the small JSON files that were read."""
    unread: tuple[Unreadable, ...] = ()
    """What of the artifact was not read, and why."""
    digests: tuple[tuple[str, str], ...] = ()
    """``(member name, SHA-256)`` of the small files, of their bytes as they came; hexadecimal."""


@dataclass(frozen=True, slots=True)
class CalledWorkflow:
    """A reusable workflow that a run called, as GitHub recorded it."""

    path: str
    """``owner/name/.github/workflows/file.yml@ref``, as GitHub writes it."""
    commit: str
    ref: str | None
    """The full ref, where GitHub names one."""
    file: Reading[WorkflowFile]


@dataclass(frozen=True, slots=True)
class LocalAction:
    """The file of an action that lies in the run's own repository, at the run's commit."""

    path: str
    """``.github/actions/NAME/action.yml``, or ``action.yaml``."""
    file: Reading[ActionFile]


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file of the run's own repository at the run's commit that a step uses: a script, a Makefile, a compose file."""

    path: str
    """From the root of the repository, ``/`` between the parts."""
    text: Reading[str]
    """Its text, secrets already replaced; foreign text. ``Absent`` where the commit has no such file."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a workflow run: the unit that gets verdicts."""

    repository: Repository
    run_id: int
    attempt: int
    run_number: int
    workflow_name: str
    workflow_path: str
    event: str
    head_branch: str | None
    head_sha: str
    status: str
    conclusion: str | None
    title: str
    """The display title: foreign text."""
    actor: str
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime | None
    html_url: str
    actor_id: int | None = None
    """The id of the actor's account; None where it was not read."""
    first_actor: str = ""
    """Who started the run, where another one (``actor``) ran it again; no document tells whom its token then names."""
    head_repository: str | None = None
    """``owner/name`` of the head; another than the repository for a pull request from a fork."""
    jobs: Reading[tuple[Job, ...]] = Unreadable(
        what="jobs", why="they were not read", how="open the attempt", permission="actions: read"
    )
    workflow_file: Reading[WorkflowFile] = Unreadable(
        what="workflow file", why="it was not read", how="open the attempt", permission="contents: read"
    )
    oidc_customization: Reading[OidcCustomization] = Unreadable(
        what="OIDC subject customization", why="it was not read", how="open the attempt", permission="actions: read"
    )
    artifacts: Reading[tuple[Artifact, ...]] = Unreadable(
        what="artifacts", why="they were not read", how="open the attempt", permission="actions: read"
    )
    called_workflows: tuple[CalledWorkflow, ...] = ()
    """The reusable workflows that the run called, at their commits."""
    local_actions: tuple[LocalAction, ...] = ()
    """The actions of its own repository that the run's steps use (``uses: ./path``)."""
    files: tuple[RepositoryFile, ...] = ()
    """The files of its own repository that the run's steps use, as far as they were asked for."""
    other_workflows: Reading[tuple[WorkflowFile, ...]] = Unreadable(
        what="the repository's other workflows",
        why="they were not read",
        how="open the attempt",
        permission="contents: read",
    )
    """The other workflows of the repository at the run's commit; each may use the same role."""
    environment: str | None = None
    """The environment the releasing job names, where the workflow file or the API tells."""
    origin: Origin = Origin.RECORDED
    reconstructed: tuple[str, ...] = ()
    """What of this attempt a recording had to reconstruct, in words; empty for live runs."""

    @property
    def key(self) -> tuple[int, int]:
        """``(run id, attempt)``, which names an attempt."""
        return (self.run_id, self.attempt)

    @property
    def name(self) -> str:
        """How people tell it from the others: the run's id, with the number of an attempt after the first: ``7004.2``."""
        return f"{self.run_id}" + (f".{self.attempt}" if self.attempt > 1 else "")

    @property
    def ref(self) -> str:
        """The full ref of a branch's or a tag's run; of a name that the record does not tell apart, the branch."""
        if not self.head_branch or self.head_branch.startswith("refs/"):
            return self.head_branch or ""
        return f"refs/{'tags' if self.on_tag else 'heads'}/{self.head_branch}"

    @property
    def workflow_file_name(self) -> str:
        """The name of the workflow's file, ``release.yml``: without its folder, and without the ref that the API may add."""
        return self.workflow_path.partition("@")[0].rpartition("/")[2]

    @property
    def on_tag(self) -> bool:
        """Whether the run is certainly on a tag: by its event, by the ref of its workflow, or by what its file filters."""
        named = self.workflow_path.partition("@")[2]
        if self.event == "release" or named == f"refs/tags/{self.head_branch}":
            return True
        if self.event != "push" or named.startswith("refs/") or self.head_branch == self.repository.default_branch:
            return False
        file = self.workflow_file
        return isinstance(file, Known) and kind_of_push(file.value.parsed, self.head_branch or "") == "tag"

    @property
    def from_fork(self) -> bool:
        """Whether the head lies in another repository."""
        return self.head_repository is not None and self.head_repository != self.repository.full_name

    @property
    def complete(self) -> bool:
        """A completed attempt cannot change any more, so nothing about it is asked twice."""
        return self.status == "completed"

    @property
    def duration_seconds(self) -> float | None:
        """From start to last update, in seconds."""
        if self.started_at is None or self.updated_at is None:
            return None
        return (self.updated_at - self.started_at).total_seconds()
