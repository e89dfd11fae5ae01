"""What the next run of each release would be refused, and what of its roles is too wide: the judgement of the live gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from diagnosis.baseline.aws_changes import same_documents, same_registry_policies
from diagnosis.baseline.parts import changed, unknown
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.taken import JudgedRelease
from diagnosis.baseline.unused import Reviewed
from diagnosis.causes import Cause
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.assessment import Problem


def would_fail(releases: Iterable[JudgedRelease], reviewed: Reviewed) -> Iterator[Finding]:
    """Yield what each release would meet, in the order in which reruns would meet it; what cannot be decided is unknown."""
    wide: dict[Problem, None] = {}
    for release in releases:
        refused = [each for each in release.assessment.problems if each.gate is not Gate.LEAST_PRIVILEGE]
        wide.update(dict.fromkeys(each for each in release.assessment.problems if each.gate is Gate.LEAST_PRIVILEGE))
        if refused:
            yield _refused(release, refused)
        for gate in release.assessment.gates:
            if gate.verdict is Verdict.UNKNOWN and gate.gate is not Gate.LEAST_PRIVILEGE:
                name = release.path.rpartition("/")[2]
                said = f"Whether the next run of {name} passes {gate.gate.label} is not known: {gate.reason}"
                how = next((each.how for each in gate.missing if each.how), "look at it with `planescope diagnose`")
                yield unknown(DriftRule.RELEASE_WOULD_FAIL, Place(file=release.path), said, how)
    for problem in wide:
        yield _too_wide(problem, reviewed)


def _refused(release: JudgedRelease, problems: list[Problem]) -> Finding:
    name = release.path.rpartition("/")[2]
    gates = dict.fromkeys(each.gate.label if each.gate else "the registry's state" for each in problems)
    said = f"The next run of {name} would fail at {', then at '.join(gates)}."
    roles = dict.fromkeys(str(each.role_arn) for each in problems if each.role_arn)
    alone = len({job for session in release.assessment.sessions for job in session.jobs}) < 2
    details = (_met(each, alone=alone) for each in problems)
    found = changed(DriftRule.RELEASE_WOULD_FAIL, Place(file=release.path), said, details)
    return replace(found, related=tuple(Place(member=role) for role in roles))


def _met(problem: Problem, *, alone: bool) -> str:
    """Return one cause: where, which one, what it is about; the jobs where there are several."""
    where = problem.gate.label if problem.gate else "registry"
    jobs = f" (job {', '.join(problem.jobs)})" if problem.jobs and not alone else ""
    untold = [action for action in problem.actions if action not in problem.reason]
    actions = f" Needed: {', '.join(problem.actions)}." if untold else ""
    return f"{where}: {problem.cause}{jobs}: {problem.reason}{actions}"


def _too_wide(problem: Problem, reviewed: Reviewed) -> Finding:
    """Return what is too wide: a note where the role stands as it was accepted."""
    role = problem.role_arn
    old = reviewed.before.role(role) if reviewed.before is not None and role is not None else None
    new = reviewed.now.role(role) if role is not None else None
    accepted = old is not None and new is not None and same_documents(old, new)
    if problem.cause is Cause.REPOSITORY_OPEN and accepted:
        accepted = reviewed.before is not None and same_registry_policies(reviewed.before, reviewed.now)
    said = f"{problem.reason.rstrip('.')} ({reviewed.accepted})." if accepted else problem.reason
    place = Place(member=str(role) if role else "")
    level = Level.NOTE if accepted else Level.ERROR
    return changed(DriftRule.LEAST_PRIVILEGE, place, said, (f"cause: {problem.cause}",), level)
