"""Registry state: what stops a push although no permission is missing. Lookalikes are excluded by state, not by words."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.evidence import Evidence, EvidenceKind, Origin
from diagnosis.gates import Owner, Plane
from diagnosis.live.judgement import RunClaims
from diagnosis.reading import Absent, Known, Unreadable
from diagnosis.verdicts import Missing, Problem


@dataclass(frozen=True, slots=True)
class RegistryState:
    """Problems of the repository itself, and what could not be read of it."""

    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()


def registry_problems(run: RunClaims) -> RegistryState:
    """What a rerun would meet in the repository: it is absent, or the tag is taken and immutable."""
    account = run.account
    name = account.question.repository
    if isinstance(account.repository, Absent):
        return RegistryState(
            problems=(
                Problem(
                    checkpoint=None,
                    plane=Plane.REGISTRY_STATE,
                    cause="repository-absent",
                    reason=f"The ECR repository {name or ''} does not exist in the registry that the release pushes to.",
                    resource=account.question.repository_arn,
                    evidence=(account.repository.source,) if account.repository.source else (),
                    owner=Owner.REGISTRY,
                ),
            )
        )
    if isinstance(account.repository, Unreadable):
        reading = account.repository
        return RegistryState(missing=(Missing(reading.what, reading.why, reading.how, reading.permission),))
    return _tag_problems(run)


def _tag_problems(run: RunClaims) -> RegistryState:
    account = run.account
    if not isinstance(account.repository, Known) or not account.repository.value.tag_mutability.startswith("IMMUTABLE"):
        return RegistryState()
    tag = account.question.tag
    if tag and isinstance(account.image, Unreadable) and run.attempt.conclusion != "success":
        reading = account.image
        return RegistryState(
            missing=(Missing(f"whether the tag {tag} is free", reading.why, reading.how, reading.permission),)
        )
    if isinstance(account.image, Known) and tag and tag in account.image.value.tags:
        if run.attempt.conclusion == "success":
            return RegistryState(notes=(f"The tag {tag} is taken, by this run's own image; a rerun would be refused.",))
        return RegistryState(
            problems=(
                Problem(
                    checkpoint=None,
                    plane=Plane.REGISTRY_STATE,
                    cause="tag-immutable",
                    reason=f"The tag {tag} exists and the repository is immutable: pushing it again is refused.",
                    resource=account.question.repository_arn,
                    evidence=(
                        Evidence(
                            kind=EvidenceKind.API_CALL,
                            text=f"tag {tag} has digest {account.image.value.digest}",
                            address="ecr:DescribeImages",
                            origin=Origin.LIVE,
                            at=account.read_at,
                        ),
                    ),
                    owner=Owner.RELEASE_ENGINEERING,
                ),
            )
        )
    return RegistryState()
