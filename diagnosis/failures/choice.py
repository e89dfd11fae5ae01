"""Choose which of several failures stopped the run: the root before its consequences, the failing step before all others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.causes import Cause
from diagnosis.failures.reader import Scan, Sighting
from diagnosis.failures.rule import Weight
from diagnosis.gates import Checkpoint, Gate, Plane

_AFTERMATH = re.compile(
    r"upload-artifact|upload-pages|[Ss]lack|[Nn]otif|[Tt]eams|[Dd]iscord|codecov|junit|publish-unit|[Cc]lean-? ?[Uu]p"
    r"|sarif|always\(\)|[Ss]ummary|[Rr]eport"
)


def stopped_by(scan: Scan) -> Sighting | None:
    """Choose the sighting that explains why the run ended; None where the log shows none."""
    told = [seen for seen in scan.sightings if seen.weight is not Weight.DOUBTFUL or not _overcome(seen, scan)]
    pool = [seen for seen in told if not seen.line.post] or told
    if not pool:
        return None
    step = _gate_before(scan, pool) or _failing_step(scan, pool)
    here = [seen for seen in pool if step is None or seen.line.step == step]
    best = _heaviest(here, scan)
    if best is None or best.weight is Weight.CONSEQUENCE:
        earlier = [seen for seen in pool if seen.line.step < (step or 0) and _is_access(seen)]
        root = _heaviest(earlier, scan)
        if root is not None and root.weight > Weight.CONSEQUENCE:
            return root
    return _more_telling(best, here)


def failed_beside(scan: Scan, stopped: Sighting) -> Sighting | None:
    """Return what another step failed with: a later one, else an earlier one that a gate stopped; None where none did."""
    steps = [step for step in scan.failing_steps if step != stopped.line.step] if stopped.line.step else []
    later = [
        seen
        for seen in scan.sightings
        if seen.line.step > stopped.line.step and seen.line.step in steps and not seen.line.post
    ]
    if later:
        return _heaviest(later, scan)
    earlier = [
        seen
        for seen in scan.sightings
        if seen.line.step in steps and _order(seen) is not None and not _overcome(seen, scan)
    ]
    return _heaviest(earlier, scan)


def _more_telling(best: Sighting | None, here: Sequence[Sighting]) -> Sighting | None:
    """Return the sighting that names the action, where the decisive one is a client's general words for the same refusal."""
    if best is None or best.finding.cause or best.finding.action or best.finding.checkpoint is None:
        return best
    same = (seen for seen in here if seen.finding.action and seen.finding.checkpoint is best.finding.checkpoint)
    return next(same, best)


def _gate_before(scan: Scan, pool: Sequence[Sighting]) -> int | None:
    """Return the first failing step that a gate stopped, where steps after it failed too.

    After a failure only steps under ``always()`` or ``failure()`` run, and what they meet must not hide the gate; the text
    alone cannot tell them from steps behind ``continue-on-error``. The last failing step decides only where the gate was
    passed after all, or where the later failure lies at an earlier gate.
    """
    if len(scan.failing_steps) < 2:
        return None
    last = _heaviest([seen for seen in pool if seen.line.step == scan.failing_steps[-1]], scan)
    for step in scan.failing_steps[:-1]:
        seen = _heaviest([one for one in pool if one.line.step == step], scan)
        if seen is None or not _of_a_gate(seen) or _overcome(seen, scan):
            continue
        order, later = _order(seen), _order(last)
        return step if order is None or later is None or later >= order else None
    return None


def _of_a_gate(seen: Sighting) -> bool:
    """Return whether a gate or the registry's state stopped a step; a client without credentials stops at the first gate."""
    if seen.finding.plane is Plane.AUTHENTICATION:
        return seen.weight in (Weight.ROOT, Weight.CONSEQUENCE)
    return _order(seen) is not None and seen.weight is Weight.ROOT


def _order(seen: Sighting | None) -> int | None:
    """Return the position of the gate that a failure belongs to: the registry's state shows at its authorization.

    A run may call other services before it uses the registry, so neither of the two comes first.
    """
    if seen is None:
        return None
    gate = Gate.REGISTRY_AUTHORIZATION if seen.finding.plane is Plane.REGISTRY_STATE else seen.finding.gate
    gate = Gate.REGISTRY_AUTHORIZATION if gate is Gate.SERVICE_AUTHORIZATION else gate
    return gate.order if gate else None


def _failing_step(scan: Scan, pool: Sequence[Sighting]) -> int | None:
    """Return the last step that printed an error annotation, steps that run whatever happened left aside."""
    if not scan.failing_steps:
        return None
    titles = {seen.line.step: seen.line.title for seen in pool}
    ordinary = [step for step in scan.failing_steps if not _AFTERMATH.search(titles.get(step, ""))]
    return (ordinary or scan.failing_steps)[-1]


def _heaviest(sightings: Sequence[Sighting], scan: Scan) -> Sighting | None:
    tests = [seen.line.number for seen in sightings if _of_tests(seen) and seen.weight is not Weight.DOUBTFUL]
    first_test = min(tests, default=0)
    last_tests = {name: number for name, number in scan.passed if name.startswith("tests ")}

    def of_a_test(seen: Sighting) -> bool:
        """Return whether what was tested printed this: before the summary, or indented below it, as some runners list details."""
        if not tests or not _is_access(seen):
            return False
        last_test = last_tests.get(f"tests {seen.line.step}", 0)
        return seen.line.number < last_test or (seen.line.number > first_test and seen.line.text.startswith("  "))

    def weight(seen: Sighting) -> int:
        if of_a_test(seen):
            return Weight.APPLICATION
        if _of_tests(seen):
            return max(seen.weight, Weight.OUTCOME)
        if _overcome(seen, scan):
            return min(seen.weight, Weight.OUTCOME)
        return seen.weight

    return max(sightings, key=lambda seen: (weight(seen), -seen.line.number), default=None)


def _overcome(seen: Sighting, scan: Scan) -> bool:
    """Return whether a later line shows that this very place was passed after all: a retry that went through."""
    passed = dict(scan.passed)
    if seen.finding.plane is Plane.AUTHENTICATION:
        return max(passed.get("authn", 0), passed.get("login", 0)) > seen.line.number
    if seen.finding.checkpoint is Checkpoint.REGISTRY_AUTH:
        return passed.get("login", 0) > seen.line.number
    if seen.finding.checkpoint is Checkpoint.REGISTRY_PUSH or seen.finding.plane is Plane.REGISTRY_STATE:
        return passed.get("push", 0) > seen.line.number
    return False


def _of_tests(seen: Sighting) -> bool:
    return seen.finding.cause is Cause.TEST_FAILURE


def _is_access(seen: Sighting) -> bool:
    return seen.finding.plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION)
