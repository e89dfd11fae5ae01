"""Values that the command line states because the run masks them: they complete the case and are shown as stated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from diagnosis.facts.case import Case
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Fact, RunFacts


@dataclass(frozen=True, slots=True)
class Stated:
    """One option with its value, and what it states."""

    option: str
    """``--role-arn``."""
    value: str
    members: tuple[tuple[str, str], ...]
    """Members of a case and their values."""


@dataclass(frozen=True, slots=True)
class StatedValues:
    """Everything that options state; a later one wins over an earlier one."""

    given: tuple[Stated, ...] = ()
    repositories: tuple[EcrAddress, ...] = ()
    """Every address that ``--repository-uri`` gives, private and public."""
    plans: tuple[str, ...] = ()
    """The texts of the Terraform plans that ``--plan`` names."""

    def over(self, case: Case) -> Case:
        """Return the case completed with the stated values, which count like a case file's."""
        values: dict[str, Any] = {name: value for stated in self.given for name, value in stated.members}
        case = replace(case, **values) if values else case
        if self.repositories or self.plans:
            case = replace(case, repository_uris=self.repositories, plans=self.plans)
        return case

    def notes(self, facts: RunFacts) -> tuple[str, ...]:
        """Return a sentence for each option: that it was stated, and what the run itself says."""
        return tuple(_note(stated, facts) for stated in self.given)

    def shown_on(self, diagnosis: Diagnosis) -> Diagnosis:
        """Return the diagnosis with these sentences among the notes of its live side, or of its subject where it has none."""
        if not self.given or diagnosis.subject is None:
            return diagnosis
        notes = self.notes(diagnosis.subject.facts)
        if diagnosis.live is not None:
            return replace(diagnosis, live=replace(diagnosis.live, notes=(*notes, *diagnosis.live.notes)))
        subject = replace(diagnosis.subject, notes=(*notes, *diagnosis.subject.notes))
        replays = tuple(subject if each is diagnosis.subject else each for each in diagnosis.replays)
        return replace(diagnosis, subject=subject, replays=replays)


def _note(stated: Stated, facts: RunFacts) -> str:
    told = _told(stated, facts)
    if told is None:
        run = "The run itself does not tell it."
    elif told == stated.value:
        run = "The run itself tells the same."
    else:
        run = f"The run itself tells {told}."
    return f"Stated by {stated.option}, not observed: {stated.value}. {run}"


def _told(stated: Stated, facts: RunFacts) -> str | None:
    names = {name for name, _ in stated.members}
    if "ecr_repository" in names:
        if facts.registry is None or facts.repository is None:
            return None
        told = replace(facts.registry.value, repository=facts.repository.value)
        given = EcrAddress.parse(stated.value)
        same = given is not None and told.same_registry(given) and told.repository == given.repository
        return stated.value if same else str(told)
    fact: Fact[object] | None = next((getattr(facts, name) for name in names if hasattr(facts, name)), None)
    return str(fact.value) if fact is not None else None
