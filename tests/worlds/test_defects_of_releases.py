"""The defect matrix on releases of several jobs, legs, roles and accounts: what is named, for which jobs, and what mends it."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from path_effects import carried_out, lost, roles_of
from release_defects import ReleaseDefect, defects, seeded
from release_worlds import RELEASES, read, sound
from thoroughness import some
from wire_release import CREATED

from diagnosis.diagnose import conclude
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.reading import Known
from diagnosis.verdicts.diagnosis import Diagnosis, Path

NAMES = some(tuple(RELEASES), 5)
"""To know the defects of a release it is read and judged, by every process that collects the tests."""
SINGLE = [(name, (defect,)) for name in NAMES for defect in defects(name)]
PAIRS = [(name, pair) for name in NAMES for pair in combinations(defects(name), 2) if pair[0].part != pair[1].part]
_OTHER = "repo:octo-lab/shop:ref:refs/heads/other"
"""What a trust policy lists where a defect took away all of its subjects."""


def ids(value: object) -> str:
    return value if isinstance(value, str) else " + ".join(defect.name for defect in value)  # type: ignore[attr-defined] # defects


# The step shares no factor with the number of defects of a release, so that the short run meets every kind.
@pytest.mark.parametrize(("name", "chosen"), [*some(SINGLE, 7), *some(PAIRS, 211)], ids=ids)
def test_each_defect_is_named_for_its_jobs_and_mended(name: str, chosen: tuple[ReleaseDefect, ...]) -> None:
    found = read(name).diagnosis(seeded(name, chosen))
    assert exit_code(found) == 1
    for defect in chosen:
        own = [problem for problem in found.forecast if problem.cause.value in defect.causes]
        jobs = {job for problem in own for job in problem.jobs}
        assert jobs == defect.jobs if len(chosen) == 1 else jobs >= defect.jobs
    causes = {cause for defect in chosen for cause in defect.causes}
    assert {problem.cause.value for problem in found.forecast} <= causes
    assert found.paths
    path = found.paths[0]
    assert path.opens_all
    assert len({item.id for item in path.remediations}) == len(path.remediations)
    assert all(each.newly_admitted == () for each in found.paths if each.opens_all)
    assert not any(lost(path, state, tightening=False) for state in roles_of(found))
    proved_by_a_rerun(name, found, path)


def proved_by_a_rerun(name: str, found: Diagnosis, path: Path) -> None:
    """Carried out on all accounts together, the path lets the release through, and nobody else comes in."""
    accounts = carried_out(path, found)
    if accounts is None:
        return
    release = read(name)
    again = conclude(release.replays, accounts, release.case, made_at=CREATED)
    assert again.forecast == ()
    assert exit_code(again) == 0
    trusted = {role.arn: {*role.subjects, _OTHER} for role in sound(name).roles}
    for state in roles_of(again):
        assert isinstance(state.role, Known)
        listed = set(re.findall(r'repo:[^\\"]+', state.role.value.trust_policy.text))
        assert listed <= trusted[str(state.question.role_arn)]
