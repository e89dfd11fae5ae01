"""Find for what a change proposes what stands in its place on the base branch: a role by its name, a document by its content.

A file that was renamed, and a document that was moved from one form of code to another, are what they were. What has no
counterpart is wholly new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from diagnosis.conform.documents import Document, Documents, RoleDocuments
from diagnosis.iac.proposal import DocumentKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pairs:
    """What of the two sides belongs together; None for what the other side lacks."""

    roles: tuple[tuple[RoleDocuments | None, RoleDocuments], ...]
    gone: tuple[RoleDocuments, ...]
    """Roles of the base that the change takes away."""
    loose: tuple[tuple[Document | None, Document], ...]
    of_resources: tuple[tuple[Document | None, Document], ...]
    removed: tuple[Document, ...]
    """Documents beside those of roles that the change takes away."""


def paired(base: Documents, head: Documents) -> Pairs:
    """Return the pairs."""
    roles, gone = matched(
        base.roles,
        head.roles,
        (_is_at_the_same_place, _has_a_name_of, _is_the_same_role),
    )
    loose, left = matched(base.loose, head.loose, _SAME_DOCUMENT)
    # What stood alone may be a role's now, and the other way round.
    roles = [(old or _from_loose(new, left), new) for old, new in roles]
    spare = [own for role in gone for own in role.documents]
    loose = [
        (old or next((each for each in spare if _alike(each, new)), None) or _as_it_was_attached(new, base), new)
        for old, new in loose
    ]
    resources, removed = matched(base.of_resources, head.of_resources, (_same_owner, *_SAME_DOCUMENT))
    taken = [own for old, _ in roles if old is not None for own in old.documents]
    left = [each for each in left if not any(each is own for own in taken)]
    return Pairs(tuple(roles), tuple(gone), tuple(loose), tuple(resources), (*left, *removed))


def matched(
    base: Sequence[T], head: Sequence[T], tests: Iterable[Callable[[T, T], bool]]
) -> tuple[list[tuple[T | None, T]], list[T]]:
    """Match each new one with an old one of its own, by the first of the tests that finds one; and return the old ones left."""
    found: dict[int, T] = {}
    left = list(base)
    for test in tests:
        for at, new in enumerate(head):
            if at not in found:
                match = next((old for old in left if test(old, new)), None)
                if match is not None:
                    found[at] = match
                    left = [old for old in left if old is not match]
    return [(found.get(at), new) for at, new in enumerate(head)], left


def _alike(old: Document, new: Document) -> bool:
    same_kind = old.kind is new.kind or old.kind.policy_kind is new.kind.policy_kind
    return same_kind and old.same_as(new)


def _same_place(old: Document, new: Document) -> bool:
    return old.proposed.key == new.proposed.key


def _same_name(old: Document, new: Document) -> bool:
    """Return whether both are of one kind, and their files have one name in different folders."""
    names = [each.proposed.file.rpartition("/")[2] for each in (old, new)]
    return names[0] == names[1] and old.kind is new.kind and old.proposed.name == new.proposed.name


_SAME_DOCUMENT: tuple[Callable[[Document, Document], bool], ...] = (_same_place, _alike, _same_name)


def _same_owner(old: Document, new: Document) -> bool:
    owners = [{owner.name or owner.address for owner in each.proposed.owners} - {""} for each in (old, new)]
    return old.kind is new.kind and bool(owners[0] & owners[1])


def _has_a_name_of(old: RoleDocuments, new: RoleDocuments) -> bool:
    return bool(old.names & new.names)


def _is_at_the_same_place(old: RoleDocuments, new: RoleDocuments) -> bool:
    return _has_a_name_of(old, new) and old.place.file == new.place.file


def _is_the_same_role(old: RoleDocuments, new: RoleDocuments) -> bool:
    """Return whether a role under another name has all documents of the old one, and no others."""
    if old.trust is None or new.trust is None or not old.trust.same_as(new.trust):
        return False
    if (old.boundary is None) is not (new.boundary is None) or old.beyond != new.beyond:
        return False
    if old.boundary is not None and new.boundary is not None and not old.boundary.same_as(new.boundary):
        return False
    rest, left = matched(old.policies, new.policies, (_alike,))
    return not left and all(each is not None for each, _ in rest)


def _as_it_was_attached(new: Document, base: Documents) -> Document | None:
    """Return a managed policy as it was when a role still had it, as policy or boundary."""
    kinds = (DocumentKind.MANAGED, DocumentKind.BOUNDARY)
    if new.kind not in kinds or not new.proposed.address:
        return None
    managed = [each for each in base.every if each.kind in kinds and each.proposed.address == new.proposed.address]
    same_file = (each for each in managed if each.proposed.file == new.proposed.file)
    return next(same_file, None) or next((each for each in managed if each.proposed.name == new.proposed.name), None)


def _from_loose(new: RoleDocuments, left: Sequence[Document]) -> RoleDocuments | None:
    """Return the role as documents that stood alone on the base had it; None where there were none like it."""

    def found(own: Document | None) -> Document | None:
        return next((each for each in left if own is not None and _alike(each, own)), None)

    trust, edge = found(new.trust), found(new.boundary)
    policies = tuple(each for own in new.policies if (each := found(own)) is not None)
    if trust is None and not policies:
        return None
    return replace(new, trust=trust, policies=policies, boundary=edge)


def is_trust(document: Document) -> bool:
    """Return whether a document is a role's trust policy."""
    return document.kind is DocumentKind.TRUST
