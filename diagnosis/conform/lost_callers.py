"""Find the releases that a role's trust policy admits on the base branch and no longer after a change, on other refs too.

A workflow's own filters may let many refs through, of which one was judged as an example; and what a run presents may not be
known at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diagnosis.callers.comparison import compare_trust
from diagnosis.conform.account_model import AccountModel
from diagnosis.conform.accounted import only_subjects
from diagnosis.conform.documents import Document, RoleDocuments
from diagnosis.conform.releases import Release, needs_by_role
from diagnosis.conform.widening import not_compared, place_of_new, takes_away
from diagnosis.facts.runs import Repository
from diagnosis.findings.finding import Finding, Level
from diagnosis.verdicts.conform_rule import ConformRule

_CORRECTION = "Let the trust policy admit every ref that the workflow's filters let through, or narrow the filters too."
_NOT_KNOWN = "Write what the job presents (its environment, its ref) as a literal, or keep whom the role admits."


def lost_callers(
    pairs: Iterable[tuple[RoleDocuments | None, RoleDocuments]],
    releases: Sequence[Release],
    model: AccountModel,
    repository: Repository,
) -> Iterator[Finding]:
    """Yield for each release that a trust policy no longer admits by all of its refs, or may no longer admit, one finding."""
    for was, role in pairs:
        old, new = was.trust if was is not None else None, role.trust
        if old is None or new is None or old.same_as(new) or not takes_away(old, new, repository):
            continue
        for release in releases:
            if any(model.role_of(unit.role_arn) is role for unit in release.units):
                yield from _of_release(release, role, old, new, model)


def _of_release(
    release: Release, role: RoleDocuments, old: Document, new: Document, model: AccountModel
) -> Iterator[Finding]:
    place = place_of_new(old, new)
    needed = needs_by_role([release], model)
    own = [value for arn, value in needed.items() if model.role_of(arn) is role]
    subjects = tuple(subject for each in own for subject in each.subjects)
    if subjects and old.document is not None and new.document is not None:
        meant = only_subjects(old.document, subjects)
        lost = compare_trust(new.document, meant, release.run.attempt.repository).newly_admitted
        if lost:
            said = f"{release.name} would be denied role {role.label} on other refs that its filters let through"
            level = Level.ERROR if any(each.certain for each in lost) else Level.UNKNOWN
            texts = tuple(each.text for each in lost)
            sentence = f"{said}, such as {lost[0].text.rpartition(': ')[2]}, which the base branch admits."
            yield Finding(ConformRule.RELEASE_DENIED, level, place, sentence, _CORRECTION, texts)
            return
    for session in release.assessed(model).sessions:
        if model.role_of(session.role_arn) is role and not session.subjects:
            said = f"{release.name}: role {role.label} admits fewer than on the base branch"
            found = not_compared(place, f"{said}, and which subject the job presents is not known.")
            yield Finding(found.rule, found.level, found.place, found.sentence, _NOT_KNOWN)
            return
