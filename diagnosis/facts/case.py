"""A case file's content: which runs belong together, and what people state where the record is silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress


@dataclass(frozen=True, slots=True)
class StatedChange:
    """A remediation that the decision log or the case file states; stated, not observed."""

    after_run: int
    text: str
    source: str
    at: str | None = None
    """The clock of the source, as written there."""
    after_attempt: int | None = None
    """Which attempt of the run it answers; None for a run of one attempt, or its last."""


@dataclass(frozen=True, slots=True)
class StatedException:
    """A principal that the people of a release let assume the role on purpose, for a reason and for a time."""

    principal: str
    """As the trust policy writes it; an account by its id or its root ARN."""
    rationale: str
    expires: date
    """The last day on which the exception holds."""

    def in_force(self, today: date) -> bool:
        """Return whether the exception holds today."""
        return bool(self.rationale.strip()) and today <= self.expires


@dataclass(frozen=True, slots=True)
class StatedEscalation:
    """A grant that went beyond the need on the way, as the people of a release account for it.

    Without a rationale and an expiry it accounts for nothing; it is kept, so that closure can say so.
    """

    grant: str
    """What was widened, as AWS names it: a managed policy's ARN or name, an inline policy's name, or an action pattern."""
    rationale: str = ""
    expires: date | None = None
    """The last day on which it may stand."""

    @property
    def complete(self) -> bool:
        """Whether it has both a rationale and an expiry."""
        return bool(self.rationale.strip()) and self.expires is not None


@dataclass(frozen=True, slots=True)
class Case:
    """The content of a case file (TOML), or of the case that a recording carries."""

    title: str = ""
    repository: str | None = None
    workflow: str | None = None
    """Workflow file name (``release.yml``) or path."""
    branch: str | None = None
    runs: tuple[int, ...] = ()
    role_arn: Arn | None = None
    region: str | None = None
    audience: str | None = None
    environment: str | None = None
    """The deployment environment of the releasing job, where the workflow takes its name from an expression."""
    registry_id: str | None = None
    ecr_repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    expected_account: str | None = None
    decision_log: str | None = None
    """The path of the file in the repository, or in the folder where the case file lies; or its address on GitHub."""
    decision_log_commit: str | None = None
    """The commit at which the log is to be read; without one the default branch's newest."""
    decision_log_entry: str | None = None
    """The entry's heading, with its timestamp, as it stands in the file."""
    evidence_local: str | None = None
    evidence_root: str | None = None
    """``s3://bucket/prefix/``."""
    evidence_artifacts: tuple[str, ...] = ()
    changes: tuple[StatedChange, ...] = ()
    exceptions: tuple[StatedException, ...] = ()
    """Second doors of the role that are meant."""
    escalations: tuple[StatedEscalation, ...] = ()
    """Grants beyond the need that were made on the way, with their rationale and expiry."""
    repository_uris: tuple[EcrAddress, ...] = ()
    """The repositories that the release pushes to, where it does not tell: each push whose target is not legible may go to any."""
    plans: tuple[str, ...] = ()
    """Terraform plans of the release, as the JSON text of ``terraform show -json``; given on the command line."""
    notes: tuple[str, ...] = field(default=())
