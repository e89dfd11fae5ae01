"""Who may use a role of the fleet beside the workflows that were read: as its trust policy tells, statement by statement.

What a role is granted beyond need is too much only where every user is known. A trust policy that admits exactly
repositories whose workflows were all read leaves nobody open; one that admits another, or somebody beside GitHub's workflows,
does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from diagnosis.callers.second_doors import second_doors
from diagnosis.callers.who_gets_in import github_providers
from diagnosis.migration.globs import matches
from diagnosis.names.arn import Arn
from diagnosis.policy import Condition, Policy, PolicyDocument, Statement, Unparsable
from diagnosis.policy.language.conditions import SetOperator
from diagnosis.trust.question import TrustOutcome

_IDS = re.compile(r"@\d*")
_WILD = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which repositories are known to the last workflow, and which are not. Names are in lower case."""

    read: frozenset[str] = frozenset()
    open: Mapping[str, str] = field(default_factory=dict)
    """Repositories of the fleet of which not all is known, each with the reason, a clause."""
    owners: frozenset[str] = frozenset()
    """Owners whose repositories all belong to the fleet."""
    whole: bool = True
    """Whether the fleet is all here, not one slice of several."""
    alone: bool = False
    """Whether one repository was read by itself: then there is no fleet to speak of."""


def possible_users(trust: PolicyDocument, role: Arn, coverage: Coverage) -> tuple[str, ...]:
    """Return who beside the known users may use the role, one clause each; none where everybody is known. Never raises."""
    policy = trust.policy
    if isinstance(policy, Unparsable):
        return (f"whom its trust policy admits, which cannot be parsed ({policy.text})",)
    doors = (door.text for door in second_doors(policy, role) if door.outcome is not TrustOutcome.DENIED)
    found = [*_of_github(policy, role, coverage), *(text.removesuffix(".") for text in doors)]
    return tuple(dict.fromkeys(found))


def admitted_subjects(policy: Policy, role: Arn) -> Iterator[tuple[Statement, tuple[str, ...] | None]]:
    """Yield each statement that lets GitHub's workflows in, with the subjects that it lists; None where it bounds none."""
    providers = github_providers(policy, role)
    for statement in policy.allows:
        if any(str(arn) in statement.principal_names or "*" in statement.principal_names for arn in providers):
            yield statement, _subjects(statement)


def _of_github(policy: Policy, role: Arn, coverage: Coverage) -> Iterator[str]:
    for statement, subjects in admitted_subjects(policy, role):
        if subjects is None:
            yield f"every repository that {statement.name} lets in: it bounds no subject"
        for subject in subjects or ():
            yield from _of_subject(subject, coverage)


def _subjects(statement: Statement) -> tuple[str, ...] | None:
    """Return the subjects that a statement lists, by the condition that lists the fewest; None where it bounds none."""
    bounds = [item.values for item in statement.conditions if item.folded_key.endswith(":sub") and _bounds(item)]
    return min(bounds, key=len, default=None)


def _bounds(condition: Condition) -> bool:
    of_each = condition.set_operator is SetOperator.FOR_ALL
    return condition.compares_strings and not condition.if_exists and not of_each


def _of_subject(subject: str, coverage: Coverage) -> Iterator[str]:
    """Yield whom of those that are not known a subject stands for."""
    kind, _, rest = subject.partition(":")
    place = _IDS.sub("", rest.partition(":")[0]).lower()
    owner, _, name = place.partition("/")
    if kind.lower() != "repo" or _WILD.search(kind) or not name:
        yield f"whoever presents {subject}"
        return
    if not _WILD.search(place):
        if place in coverage.open:
            yield f"{place}: {coverage.open[place]}"
        elif place not in coverage.read and owner not in coverage.owners:
            where = f"is not in {'the fleet' if coverage.whole else 'this slice'}"
            yield f"{place}, whose workflows were not read" if coverage.alone else f"{place}, which {where}"
        return
    if _WILD.search(owner) or owner not in coverage.owners:
        yield f"{'other repositories' if coverage.alone else 'repositories outside the fleet'} that present {subject}"
    # What a variable stands for may be anything.
    head, cut, _ = place.partition("$")
    for repository, why in coverage.open.items():
        if matches(head + ("*" if cut else ""), repository):
            yield f"{repository}: {why}"
