"""Gather the places that hold a release's evidence: the closing run's artifacts, the local folder, the prefix in S3."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from diagnosis.facts.account import AccountState, EvidenceObject
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts, EvidenceFile, EvidenceRoot
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import Artifact, Attempt
from diagnosis.logs.scrubbed_names import scrub_name

_NO_MEMBER = Unreadable("the file's text", "it is no small JSON file", "open the artifact on the run's page")


class Kind(Enum):
    """What kind of place it is."""

    ARTIFACTS = "the run's artifacts"
    LOCAL = "the local evidence root"
    DURABLE = "the durable evidence root"


@dataclass(frozen=True, slots=True)
class Source:
    """A place that holds evidence, as far as it was read."""

    kind: Kind
    address: str
    """Foreign text; empty where none is named."""
    root: Reading[EvidenceRoot]
    gaps: tuple[str, ...] = ()
    """What of it was not read, as sentences without their end."""
    origin: Origin = Origin.RECORDED

    @property
    def named(self) -> bool:
        """Whether the case, or the run itself, names it."""
        return bool(self.address)

    @property
    def files(self) -> tuple[EvidenceFile, ...]:
        """Its files; none where it was not read."""
        return self.root.value.files if isinstance(self.root, Known) else ()

    def evidence(self, text: str, file: str = "") -> Evidence:
        """Return evidence that stands in this place."""
        where = f"{self.address.rstrip('/')}/{file}" if file and self.kind is not Kind.ARTIFACTS else self.address
        return Evidence(EvidenceKind.ARTIFACT, text, where or None, self.origin)


def sources(closing: Attempt, case: Case, account: AccountState | None, facts: ClosureFacts) -> tuple[Source, ...]:
    """Return the three places, whether or not they were read."""
    return (
        artifacts_of(closing),
        Source(Kind.LOCAL, case.evidence_local or "", facts.local_evidence, _gaps(facts.local_evidence)),
        durable_of(case, account, facts),
    )


def artifacts_of(closing: Attempt) -> Source:
    """Return the run's artifacts as one place."""
    found = closing.artifacts.value if isinstance(closing.artifacts, Known) else ()
    root = mapped(
        closing.artifacts,
        lambda items: EvidenceRoot(closing.html_url, tuple(file for item in items for file in _members(item))),
    )
    gaps = tuple(f"{gap.what} was not read: {gap.why}" for artifact in found for gap in artifact.unread)
    return Source(Kind.ARTIFACTS, closing.html_url, root, gaps, closing.origin)


def durable_of(case: Case, account: AccountState | None, facts: ClosureFacts) -> Source:
    """Return the prefix in S3, as closure's own facts have it or else as the account's listing does."""
    reading = facts.durable_evidence
    if not isinstance(reading, Known) and account is not None:
        reading = mapped(account.evidence_objects, lambda found: durable_root(case.evidence_root or "", found))
    return Source(Kind.DURABLE, case.evidence_root or "", reading, _gaps(reading), Origin.LIVE)


def durable_root(address: str, objects: tuple[EvidenceObject, ...]) -> EvidenceRoot:
    """Return the objects under a prefix as the files of a root."""
    prefix = address.removeprefix("s3://").partition("/")[2]
    files = (
        EvidenceFile(
            scrub_name(each.key.removeprefix(prefix).lstrip("/")),
            each.size or 0,
            each.modified_at,
            each.sha256,
            each.text,
        )
        for each in objects
    )
    return EvidenceRoot(address, tuple(files))


def base_name(name: str) -> str:
    """Return a file's name without its folders."""
    return name.replace("\\", "/").rpartition("/")[2]


def _gaps(reading: Reading[EvidenceRoot]) -> tuple[str, ...]:
    if not isinstance(reading, Known) or reading.value.complete:
        return ()
    return (f"more files lie under {reading.value.address} than were listed",)


def _members(artifact: Artifact) -> list[EvidenceFile]:
    texts, digests = dict(artifact.files), dict(artifact.digests)
    return [
        EvidenceFile(
            name,
            size=len(texts.get(name, "").encode("utf-8", "replace")),
            modified_at=artifact.created_at,
            sha256=Known(digests[name]) if name in digests else _NO_DIGEST,
            text=Known(texts[name]) if name in texts else _NO_MEMBER,
        )
        for name in dict.fromkeys((*texts, *digests))
    ]


_NO_DIGEST = Unreadable(
    "the file's digest", "it was not reckoned when it was read", "diagnose again without the local store"
)
