"""Find what a role loses that a release may need, where what one of its steps calls is not known.

What is known to be needed is judged by itself. Of the rest only a release whose every step is understood proves that nobody
needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from diagnosis.conform.documents import RoleDocuments
from diagnosis.conform.releases import Release
from diagnosis.conform.widening import layers_of, not_compared, without_same_unread
from diagnosis.findings.finding import Finding
from diagnosis.grants.comparison import Grant, compare_grants
from diagnosis.live.release_units import Unit

_CORRECTION = "Keep it until what the step calls is known, or see in CloudTrail that no release uses it."
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Asking:
    """A step that may need more than is known: any action, or these on a resource that is not known."""

    release: Release
    job: str
    step: str
    why: str
    actions: frozenset[str] | None = None
    """In lower case; None for any."""

    def may_need(self, grant: Grant) -> bool:
        return self.actions is None or any(action.lower() in self.actions for action in grant.actions)


def lost_grants(
    pairs: Iterable[tuple[RoleDocuments | None, RoleDocuments]], releases: Sequence[Release]
) -> Iterator[Finding]:
    """Yield for each role what it is no longer granted and a step may need, once for each such step."""
    for was, role in pairs:
        if was is None:
            continue
        units = [(release, unit) for release in releases for unit in release.units if _is_of(unit, role)]
        asking = [each for release, unit in units for each in _asking(release, unit)]
        if not asking:
            continue
        olds, news = without_same_unread(was, role)
        known = [(need.action, need.resource) for _, unit in units for need in unit.needs if need.resource is not None]
        lost = compare_grants(layers_of(news, role), layers_of(olds, was), meant=known).newly_granted
        told: set[tuple[str, str]] = set()
        for each in asking:
            grants = [grant for grant in lost if each.may_need(grant)]
            if grants and (each.step, each.why) not in told:
                told.add((each.step, each.why))
                said = (
                    f"{each.release.name}, job “{each.job}”, step “{each.step}” may need what role {role.label} loses"
                )
                actions = list(dict.fromkeys(action for grant in grants for action in grant.actions))
                more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
                sentence = f"{said}, {', '.join(actions[:_SHOWN])}{more}: {each.why}."
                found = not_compared(each.release.place_of(each.job, each.step), sentence)
                texts = tuple(dict.fromkeys(grant.text for grant in grants))
                yield replace(found, correction=_CORRECTION, details=texts)


def _is_of(unit: Unit, role: RoleDocuments) -> bool:
    arn = unit.role_arn
    return arn is not None and (arn == role.arn or (role.arn is None and arn.name in role.names))


def _asking(release: Release, unit: Unit) -> Iterator[_Asking]:
    first = unit.jobs[0] if unit.jobs else ""
    for gap in unit.gaps:
        if gap.is_open:
            yield _Asking(release, gap.job or first, gap.step, f"what {gap.what} calls is not known")
    vague: dict[tuple[str, str], set[str]] = {}
    for need in unit.needs:
        if need.resource is None:
            vague.setdefault((need.job or first, need.step), set()).add(need.action.lower())
    for (job, step), actions in vague.items():
        yield _Asking(release, job, step, "on which resource it acts is not known", frozenset(actions))
