"""Tell a release what CloudTrail shows of the last green run: calls become uses, and a step that cannot be read is known by them.

A step counts as known only where its own job had a session that was looked at to the end, and the step ran then. What CloudTrail's
event history leaves out by its nature, data events, stays with the step as a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from diagnosis.facts.account import AccountState
from diagnosis.facts.green_run import GreenJob, GreenRun
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.trail import NOT_IN_THE_EVENT_HISTORY, ObservedCall, ObservedSession
from diagnosis.live.observed_uses import SOURCE, observed_needs
from diagnosis.live.pattern_needs import is_within
from diagnosis.live.release_units import Unit
from diagnosis.names.arn import Arn
from diagnosis.verdicts.release import Certainty, Need, StepGap

_PERMISSION = "cloudtrail:LookupEvents"
_SECOND = timedelta(seconds=1)
MOST_USES = 120
"""So many uses of one job are judged one by one: each is a need that is forecast, offered and proved."""
_MOST_MOMENTS = 20
_NO_NAME = "Run script"


def with_observed(units: Sequence[Unit], account: AccountState) -> list[Unit]:
    """Return the units with the uses that CloudTrail shows, and with the steps that are known by them told as observed."""
    by_role: dict[Arn | None, list[Unit]] = {}
    for unit in units:
        by_role.setdefault(unit.role_arn, []).append(unit)
    found = {
        id(unit): told
        for role, same in by_role.items()
        for unit, told in zip(same, _of_role(same, account.of_role(role)), strict=True)
    }
    return [found[id(unit)] for unit in units]


def _of_role(units: Sequence[Unit], account: AccountState) -> list[Unit]:
    reading, run = account.observed, account.question.green_run
    if not isinstance(reading, Known):
        way = _way(reading, account)
        return [replace(unit, gaps=_with_way(unit.gaps, way)) for unit in units]
    if run is None:
        return list(units)
    if not run.alike:
        way = (
            f"run it once to a good end on this ref: the last green one, {run.words} was on {run.ref or 'another ref'}"
        )
        return [replace(unit, gaps=_with_way(unit.gaps, way)) for unit in units]
    seen = _Seen(reading.value, run, units)
    return [
        replace(unit, needs=seen.needs(place), gaps=(*(seen.gap(gap) for gap in unit.gaps), *seen.further(place)))
        for place, unit in enumerate(units)
    ]


def _way(reading: Reading[ObservedSession], account: AccountState) -> str:
    """Return how CloudTrail could tell what a step called; empty where nobody asked it."""
    run = account.question.green_run
    if isinstance(reading, Absent):
        green = f"{run.words}" if run else "the last green run"
        return f"run it once more to a good end: CloudTrail shows no session of the role in {green}"
    if not isinstance(reading, Unreadable):
        return ""
    if reading.permission and reading.source is not None:
        return f"or let CloudTrail tell what it called when the workflow last succeeded (permission {_PERMISSION})"
    if account.question.no_green_run:
        return (
            f"or run it once to a good end, so that CloudTrail can tell what it calls: {account.question.no_green_run}"
        )
    if run is not None and reading.why != _NOT_READ:
        return f"or let CloudTrail tell what it called in {run.words}; now it does not: {reading.why}"
    return ""


_NOT_READ = "it was not read"


def _with_way(gaps: Iterable[StepGap], way: str) -> tuple[StepGap, ...]:
    return tuple(replace(gap, how=f"{gap.how}; {way}" if way else gap.how) for gap in gaps)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The sessions of one role in the last green run, beside the units of that role."""

    observed: ObservedSession
    run: GreenRun
    units: Sequence[Unit]

    def needs(self, place: int) -> tuple[Need, ...]:
        """Return the unit's uses with those that its session made then."""
        unit = self.units[place]
        if not unit.needs and not unit.gaps:
            # Nothing is known of its steps: what one session did would look like all of it.
            return unit.needs
        calls = self._calls(place)
        source = f"{SOURCE}, {self.run.words}"
        found = _Uses(unit.needs)
        moments: dict[tuple[str, str | None], list[datetime]] = {}
        for call in calls:
            for resource in call.resources or (None,):
                moments.setdefault((call.action, resource), []).append(call.at)
        for use in observed_needs(replace(self.observed, calls=tuple(calls)))[:MOST_USES]:
            job, step = self._step_at(moments.get((use.action, use.resource), [])[:_MOST_MOMENTS])
            found.add(replace(use, source=source, step=step, job=job if len(self._names(unit)) > 1 else ""))
        return tuple(replace(need, order=order) for order, need in enumerate(found.listed))

    def further(self, place: int) -> tuple[StepGap, ...]:
        """Return the unit's calls beyond those that are judged one by one as what is not known, where no step says it."""
        unit = self.units[place]
        if unit.gaps or not unit.needs or len(observed_needs(self._observed(place))) <= MOST_USES:
            return ()
        job = unit.jobs[0] if unit.jobs else ""
        what = f"further calls that CloudTrail shows in {self.run.words}"
        why = f"no more than {MOST_USES} are judged one by one"
        return (
            StepGap(
                "further calls", what, why, "look them up in CloudTrail", Certainty.NOT_JUDGED, may_push=True, job=job
            ),
        )

    def _calls(self, place: int) -> list[ObservedCall]:
        return [call for call in self.observed.calls if self._unit_of(call) == place]

    def _observed(self, place: int) -> ObservedSession:
        return replace(self.observed, calls=tuple(self._calls(place)))

    def gap(self, gap: StepGap) -> StepGap:
        """Return the step as observed, with what that leaves out; one that stays unknown with the reason why."""
        why_not = self._why_not(gap)
        if why_not:
            return replace(gap, how=f"{gap.how}; CloudTrail does not settle it: {why_not}")
        return replace(gap, certainty=Certainty.OBSERVED, how=self._note(gap))

    def _note(self, gap: StepGap) -> str:
        files = {
            True: "with the same workflow and scripts",
            False: "and the workflow or its scripts have changed since",
            None: "of another commit, whose scripts may differ",
        }[self.run.same_files]
        where = ", ".join(self.observed.regions)
        depends = " A run in which it has more to do may call more." if gap.certainty is Certainty.NOT_JUDGED else ""
        return (
            f"CloudTrail shows its management calls in {self.run.words} (commit {self.run.commit[:7]}, {files}), "
            f"looked up in {where}.{depends} {NOT_IN_THE_EVENT_HISTORY}"
        )

    def _why_not(self, gap: StepGap) -> str:
        run, jobs = self.run, self.run.jobs
        if not self.observed.complete:
            return f"not all events of the role's session in {run.words} were read"
        if len(observed_needs(self.observed)) > MOST_USES:
            return f"it made more different calls in {run.words} than are judged one by one ({MOST_USES})"
        if self.observed.unknown:
            return f"of {', '.join(self.observed.unknown[:3])} it is not known which IAM action they are"
        if jobs is None:
            return f"the jobs of {run.words} were not read (permission actions: read)"
        job = next((each for each in jobs if not gap.job or each.name == gap.job), None)
        if job is None or (not gap.job and len(jobs) > 1):
            return (
                f"in {run.words} the job “{gap.job}” did not run to a good end" if gap.job else "its job is not known"
            )
        if not any(_is_step(gap, step.name) for step in job.steps):
            return f"in {run.words} the step did not run to a good end"
        return "" if self._has_session(job) else f"no session of the role is seen in the job's time in {run.words}"

    def _has_session(self, job: GreenJob) -> bool:
        """Return whether the job certainly had a session among those that were looked at: there is one for each such job."""
        own = self._jobs()
        opened = [each.at for each in self.observed.opened if any(_fits(one, each.at) for one in own)]
        with_one = [one for one in own if any(_fits(one, at) for at in opened)]
        return job in with_one and len(opened) >= len(with_one)

    def _jobs(self) -> list[GreenJob]:
        """Return the green run's jobs that the units of this role name; all where the units name none."""
        names = {name for unit in self.units for name in self._names(unit)}
        return [job for job in self.run.jobs or () if not names or job.name in names]

    @staticmethod
    def _names(unit: Unit) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*unit.jobs, *(gap.job for gap in unit.gaps if gap.job))))

    def _unit_of(self, call: ObservedCall) -> int | None:
        """Return whose session made a call; None for one of no job of the run, so that it was somebody else's."""
        opened, jobs = self.observed.opened, self.run.jobs
        if jobs is None or call.session >= len(opened):
            return 0
        at = opened[call.session].at
        for place, unit in enumerate(self.units):
            names = self._names(unit)
            if any(_fits(job, at) for job in jobs if not names or job.name in names):
                return place
        return None

    def _step_at(self, moments: Sequence[datetime]) -> tuple[str, str]:
        """Return the job and the step in whose time a call was made; empty where that is not certain."""
        found = {
            (job.name, step.name)
            for at in moments
            for job in self._jobs()
            if job.holds(at)
            for step in job.steps
            if step.since is not None and step.until is not None and step.since <= at <= step.until
        }
        return next(iter(found)) if len(found) == 1 else ("", "")


def _fits(job: GreenJob, at: datetime) -> bool:
    # CloudTrail and GitHub tell whole seconds, each by its own clock.
    return job.holds(at) or job.holds(at - 2 * _SECOND) or job.holds(at + 2 * _SECOND)


def _is_step(gap: StepGap, name: str) -> bool:
    """Return whether a step of the run is the one of the gap; one that never ran is known by what the file says of it."""
    if gap.step == _NO_NAME:
        return name.startswith("Run ") and gap.what in name
    return name in (gap.step, f"Run {gap.step}")


class _Uses:
    """The uses that are known, looked up by action; many calls take no longer than their number."""

    def __init__(self, needs: Iterable[Need]) -> None:
        self.listed = list(needs)
        self._named = {(need.action.lower(), need.resource, need.context) for need in self.listed}
        self._loose: dict[str, list[int]] = {}
        """The places of those whose resource is a pattern, or not known."""
        self._actions = {need.action.lower() for need in self.listed}
        for at, need in enumerate(self.listed):
            if _is_loose(need.resource) or need.context:
                self._loose.setdefault(need.action.lower(), []).append(at)

    def add(self, use: Need) -> None:
        """Add a use to those that are known; one of the same action whose resource is not known takes its resource."""
        action = use.action.lower()
        if use.resource is None:
            if action not in self._actions:
                self._append(use)
            return
        if {(action, use.resource, use.context), (action, use.resource, ())} & self._named:
            return
        loose = self._loose.get(action, [])
        wide = range(len(self.listed)) if _is_loose(use.resource) and len(self.listed) <= _MOST_COMPARED else loose
        near = [at for at in wide if self.listed[at].action.lower() == action]
        if any(_says(self.listed[at], use) for at in near):
            return
        empty = next(
            (at for at in loose if self.listed[at].resource is None and _context_fits(self.listed[at], use)), None
        )
        if empty is None:
            self._append(use)
            return
        known = self.listed[empty]
        self.listed[empty] = replace(
            known,
            resource=use.resource,
            certainty=Certainty.OBSERVED,
            source=f"{known.source}; resource: {use.source}" if known.source else f"resource: {use.source}",
            context=known.context or use.context,
        )
        self._named.add((action, use.resource, self.listed[empty].context))

    def _append(self, use: Need) -> None:
        action = use.action.lower()
        if _is_loose(use.resource) or use.context:
            self._loose.setdefault(action, []).append(len(self.listed))
        self._actions.add(action)
        self._named.add((action, use.resource, use.context))
        self.listed.append(use)


_MOST_COMPARED = 200


def _is_loose(resource: str | None) -> bool:
    return resource is None or bool(set(resource) & {"*", "?"})


def _says(known: Need, use: Need) -> bool:
    if known.resource is None or use.resource is None or not _context_fits(known, use):
        return False
    return is_within(use.resource, known.resource) or is_within(known.resource, use.resource)


def _context_fits(known: Need, use: Need) -> bool:
    told = dict(known.context)
    return all(told.get(key, value) == value for key, value in use.context)
