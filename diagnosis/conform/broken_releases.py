"""Find the releases that would be denied after a change: both sides are judged on their models, and only a difference counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from diagnosis.causes import Cause
from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.conform.account_model import HOW, AccountModel
from diagnosis.conform.documents import Document, RoleDocuments
from diagnosis.conform.releases import Release
from diagnosis.conform.widening import not_compared
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy
from diagnosis.replay.gate_verdicts import never_runs
from diagnosis.steps.match import default_name
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import Assessment, Problem, SessionAssessment
from diagnosis.verdicts.conform_rule import ConformRule
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need, StepGap

_BY_ANOTHER_RULE = frozenset({Cause.STATIC_CREDENTIALS})
"""Told by a rule of its own."""
_SHOWN = 3
_WORDS = re.compile(r"[\w./-]+")
_NOT_ALLOWED = "The role is not allowed"
_ROLE = "Let the job take its role by a step that tells it: configure-aws-credentials with role-to-assume"
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Sides:
    """The two models of the account."""

    base: AccountModel
    head: AccountModel
    changed: frozenset[str] = frozenset()
    """Files that are not as on the base, by path."""

    def broken(self, old: Release | None, new: Release) -> Iterator[Finding]:
        """Yield what a release would be denied after the change, and what of it is not decided."""
        if not new.replay.sessions and all(never_runs(read) for read in new.jobs.jobs):
            return  # started so, none of its jobs runs that takes a role
        after = new.assessed(self.head)
        before = old.assessed(self.base) if old is not None else None
        known = {key for problem in before.problems for key in _keys(problem)} if before is not None else set()
        for problem in after.problems:
            if problem.cause in _BY_ANOTHER_RULE or not _is_of_access(problem):
                continue
            if problem.cause is Cause.ID_TOKEN_NOT_GRANTED and not problem.jobs and _has_keys(new):
                continue  # nothing asks for a token, keys take its place
            fresh = [key for key in _keys(problem) if key not in known]
            if fresh:
                yield self._denied(old, new, before, problem, tuple(dict.fromkeys(key[2] for key in fresh if key[2])))
        if old is not None:
            yield from self._lost_tokens(old, new)
        for session in after.sessions:
            # Without a session nothing more is asked.
            refused = any(
                gate.verdict is Verdict.FAIL and gate.gate.plane is Plane.AUTHENTICATION for gate in session.gates
            )
            if refused:
                continue
            yield from self._undecided(new, before, session)
            if old is not None:
                yield from self._other_programs(old, new, before, session)

    def _denied(
        self,
        old: Release | None,
        new: Release,
        before: Assessment | None,
        problem: Problem,
        actions: tuple[str, ...],
    ) -> Finding:
        job = problem.jobs[0] if problem.jobs else ""
        need = _need_of(new, job, actions, problem.resource)
        step = problem.step or (need.step if need is not None else "")
        in_workflow = _at_the_change(new.place_of(job, step, need.source if need is not None else ""), old, new)
        where = f"job “{job}”" + (f", step “{step}”" if step else "")
        if problem.cause is Cause.ID_TOKEN_NOT_GRANTED:
            rule = ConformRule.ID_TOKEN_MISSING
            # The permissions that lack it are those of the run's own file, unless a called workflow takes them away.
            line = next((each.line for each in problem.evidence if each.line is not None), None)
            place = Place(new.run.path, line, member=in_workflow.member) if line is not None else in_workflow
            said = f"{new.name}, {where}: {problem.reason}"
            related = (Place(new.run.path),) if place.file != new.run.path else ()
            return Finding(rule, Level.ERROR, place, said, rule.record.correction, related=related)
        rule = ConformRule.RELEASE_DENIED
        role = self.head.role_of(problem.role_arn)
        was = self.base.role_of(problem.role_arn)
        needed_before = before is not None and any(
            (need.action, need.resource) in {(action, problem.resource) for action in actions} for need in before.needs
        )
        document = _changed(was, role, trust=not actions) or (self._changed_elsewhere(actions) if actions else None)
        in_document = document.place(_statement(document, was, actions)) if document is not None else None
        gone = was.place if was is not None and role is None else None
        if problem.cause is Cause.SESSION_DURATION and role is not None and was is not None:
            in_document = role.place if role.max_session != was.max_session else None
        elif problem.checkpoint is Checkpoint.OIDC_TRUST and problem.role_arn is not None:
            issuer = new.issuer
            now, before_it = self.head.provider_of(issuer), self.base.provider_of(issuer)
            in_document = Place(now.file, now.line) if now is not None and now != before_it else None
            gone = Place(before_it.file, before_it.line) if before_it is not None and now is None else None
        what = f"{_few(actions)} on {problem.resource}" if actions and problem.resource else _few(actions)
        new_need = bool(actions) and not needed_before
        if actions:
            why = (
                "which it newly needs and no document grants"
                if new_need and before is not None
                else "which the base branch allows"
            )
            why = "which no document grants" if before is None else why
            said = f"{new.name}, {where} would be denied {what}, {why}."
        elif problem.cause is Cause.ROLE_ABSENT:
            said = f"{new.name}, {where} would be denied its role: no file describes {problem.role_arn} any more."
        else:
            said = f"{new.name}, {where} would be denied its role: {problem.reason}"
        correction = _correction(problem, actions, role or was, newly=new_need)
        related = (
            (in_workflow,) if in_document is not None else (replace(gone, member="on the base branch"),) if gone else ()
        )
        # Which layer denies it is worth a line; that nothing allows it is said already.
        details: tuple[str, ...] = (problem.reason,) if actions and not problem.reason.startswith(_NOT_ALLOWED) else ()
        details += tuple(actions) if len(actions) > _SHOWN else ()
        return Finding(rule, Level.ERROR, in_document or in_workflow, said, correction, details, related)

    def _changed_elsewhere(self, actions: tuple[str, ...]) -> Document | None:
        """Return the changed policy of a resource that denies one of the actions."""
        known = self.base.documents.of_resources
        for each in self.head.documents.of_resources:
            policy = each.document.policy if each.document is not None else None
            if isinstance(policy, Policy) and not any(each.same_as(other) for other in known):
                denials = [item for item in policy.statements if item.effect is Effect.DENY]
                if any(item.actions.covers(action.lower()) for item in denials for action in actions):
                    return each
        return None

    def _new_and_open(
        self, new: Release, was: SessionAssessment, session: SessionAssessment, job: str
    ) -> Iterator[Finding]:
        """Yield what a session newly asks of a role of which no file tells whether it has it."""
        role = self.head.role_of(session.role_arn)
        named = str(session.role_arn or "a role that nothing tells")
        if session.role_arn != was.role_arn and role is None:
            yield _unknown(new, job, f"it now assumes {named}, which no file of the repository describes", HOW)
            return
        if (role is None or role.trust is None) and set(session.subjects) - set(was.subjects):
            subject = next(each for each in session.subjects if each not in was.subjects)
            yield _unknown(new, job, f"it newly presents {subject}, and no file has the trust policy of {named}", HOW)
        open_gates = [each for each in session.gates if _is_open(each, session)]
        more = [need for need in session.needs if (need.action, need.resource) not in _pairs(was.needs)]
        if more and any(each.gate.plane is Plane.AUTHORIZATION for each in open_gates):
            others = f" and {len(more) - 1} more" if len(more) > 1 else ""
            need = f"it newly needs {more[0].action} on {more[0].resource or 'a resource that is not known'}{others}"
            yield _unknown(new, job, f"{need}, and {self._why_open(role, named)}", HOW, more[0].step)

    def _why_open(self, role: RoleDocuments | None, named: str) -> str:
        if role is None:
            return f"no file of the repository describes {named}"
        if not role.policies:
            return f"no file has the permissions of {named}"
        return f"not all of the permissions of {named} could be read"

    def _lost_tokens(self, old: Release, new: Release) -> Iterator[Finding]:
        """Yield the tokens that a job may present, which the base admits and this side does not, where more than one is possible.

        Then neither side is decided as a whole, and each token by itself is.
        """
        before, after = old.admitted(self.base), new.admitted(self.head)
        for (job, claims), outcome in before.items():
            now = after.get((job, claims))
            if outcome is not TrustOutcome.ALLOWED or now is None or now is TrustOutcome.ALLOWED:
                continue
            rule = ConformRule.RELEASE_DENIED
            level = Level.ERROR if now is TrustOutcome.DENIED else Level.UNKNOWN
            said = f"{new.name}, job “{job}” would be denied its role where it presents {claims.subject}, which the base admits."
            correction = "Let the trust policy of the role admit that subject as well."
            yield Finding(rule, level, new.place_of(job), said, correction)

    def _other_programs(
        self, old: Release, new: Release, before: Assessment | None, session: SessionAssessment
    ) -> Iterator[Finding]:
        """Yield the steps that are not understood on either side, and run something else now: another file, by other inputs."""
        job = session.jobs[0] if session.jobs else ""
        was = _counterpart(before, session)
        known = {_told(each) for each in was.gaps} if was is not None else set()
        for gap in session.gaps:
            if not gap.is_open or _told(gap) not in known:
                continue
            file = next((path for path in sorted(self.changed) if _runs(f"{gap.what} {gap.why}", path)), None)
            if file is not None:
                yield _unknown(
                    new, job, f"what step “{gap.step}” calls is not known, and {file} is changed", gap.how, gap.step
                )
            elif _given(old, gap.step) != _given(new, gap.step):
                said = (
                    f"what step “{gap.step}” calls is not known, and it is given other inputs than on the base branch"
                )
                yield _unknown(new, job, said, gap.how, gap.step)

    def _undecided(self, new: Release, before: Assessment | None, session: SessionAssessment) -> Iterator[Finding]:
        """Yield the gates that the base passes and this side does not decide; and new needs and steps that nobody can judge."""
        job = session.jobs[0] if session.jobs else ""
        was = _counterpart(before, session)
        if session.role_arn is None and (told := _told_role(before, was)) is not None:
            at = job or next((read.name for read in new.jobs.jobs), "")
            yield _unknown(new, at, f"which role it takes is no longer told; on the base branch it is {told}", _ROLE)
            return
        for gate in session.gates:
            if not _is_open(gate, session):
                continue
            old = next((each for each in was.gates if each.gate is gate.gate), None) if was is not None else None
            if old is not None and old.verdict is not Verdict.UNKNOWN:
                how = gate.missing[0].how if gate.missing else ""
                yield _unknown(new, job, f"{gate.gate.label} is no longer decided: {gate.reason}", how)
        if was is None:
            open_gates = [each for each in session.gates if _is_open(each, session)]
            if open_gates:
                first = open_gates[0]
                how = first.missing[0].how if first.missing else ""
                yield _unknown(new, job, f"it is new, and {first.gate.label} is not decided: {first.reason}", how)
            return
        yield from self._new_and_open(new, was, session, job)
        for gap in session.gaps:
            if gap.is_open and _told(gap) not in {_told(each) for each in was.gaps}:
                yield _unknown(
                    new, job, f"what step “{gap.step}” calls is not known: {gap.what}: {gap.why}", gap.how, gap.step
                )


def _runs(what: str, path: str) -> bool:
    """Return whether what is said of a command names a file of the repository, or a module of Python that it holds."""
    words = {word.removeprefix("./") for word in _WORDS.findall(what)}
    modules = {word.replace(".", "/") + ".py" for word in words}
    return any(path == word or path.endswith(f"/{word}") for word in words | modules)


def _given(release: Release, step: str) -> list[object]:
    """Return what the workflow hands to the steps of a name: inputs and variables."""
    jobs = release.workflow.jobs if release.workflow is not None else ()
    steps = (
        each for job in jobs for each in job.all_steps if " ".join((each.name or default_name(each)).split()) == step
    )
    return [(each.inputs, each.env) for each in steps]


def _has_keys(release: Release) -> bool:
    return judge_long_lived_keys(release.replay).verdict is Verdict.FAIL


def _is_of_access(problem: Problem) -> bool:
    """Return whether a problem is one of a gate that the files decide; a registry's state is the account's own."""
    return problem.gate is not None and problem.gate is not Gate.LEAST_PRIVILEGE


def _is_open(gate: GateVerdict, session: SessionAssessment) -> bool:
    """Return whether a gate is not decided of which the session asks something; steps that are not known are told by themselves."""
    if gate.gate is Gate.LEAST_PRIVILEGE or gate.verdict is not Verdict.UNKNOWN:
        return False
    services = gate.gate is Gate.SERVICE_AUTHORIZATION
    asked = any((need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION) is services for need in session.needs)
    return gate.gate.plane is Plane.AUTHENTICATION or asked


def _keys(problem: Problem) -> list[_Key]:
    resource = problem.resource or ""
    jobs = problem.jobs or ("",)
    return [
        (job, problem.cause.value if not problem.actions else "", action, resource)
        for job in jobs
        for action in problem.actions or ("",)
    ]


def _pairs(needs: tuple[Need, ...]) -> set[tuple[str, str | None]]:
    return {(need.action, need.resource) for need in needs}


def _told(gap: StepGap) -> tuple[str, str, str]:
    return (gap.step, gap.what, gap.why)


def _told_role(before: Assessment | None, was: SessionAssessment | None) -> Arn | None:
    """Return the role that a session has on the base; of a session that is no job's any more, the only one that there is."""
    roles = [was.role_arn] if was is not None else [each.role_arn for each in (before.sessions if before else ())]
    return roles[0] if len(set(roles)) == 1 else None


def _counterpart(before: Assessment | None, session: SessionAssessment) -> SessionAssessment | None:
    """Return the same job's session on the base: with the same role, else its only one."""
    same = [each for each in before.sessions if set(each.jobs) & set(session.jobs)] if before is not None else []
    exact = (each for each in same if each.role_arn == session.role_arn)
    return next(exact, None) or (same[0] if same else None)


def _need_of(release: Release, job: str, actions: tuple[str, ...], resource: str | None) -> Need | None:
    for unit in release.units:
        for need in unit.needs:
            same = need.action in actions and need.resource == resource
            if same and (not job or not need.job or need.job == job or job in unit.jobs):
                return need
    return None


def _at_the_change(place: Place, old: Release | None, new: Release) -> Place:
    """Return the place in a file that a step uses at the first line that the base does not have; other places as they are."""
    text = new.text_of(place.file) if place.line is None else None
    if text is None:
        return place
    known = ((old.text_of(place.file) if old is not None else None) or "").splitlines()
    lines = enumerate(zip_longest(text.splitlines(), known), 1)
    return replace(place, line=next((number for number, (line, was) in lines if line is not None and line != was), 1))


def _few(actions: tuple[str, ...]) -> str:
    more = len(actions) - _SHOWN
    return f"{', '.join(actions[:_SHOWN])} and {more} more" if more > 0 else ", ".join(actions)


def _changed(was: RoleDocuments | None, role: RoleDocuments | None, *, trust: bool) -> Document | None:
    """Return the document of this side that is another than on the base: the trust policy, or a permission policy."""
    if role is None:
        return None
    old = was.documents if was is not None else ()
    first: tuple[Document, ...] = (role.trust,) if role.trust is not None else ()
    rest: tuple[Document, ...] = (*role.policies, *((role.boundary,) if role.boundary is not None else ()))
    wanted = first if trust else rest
    changed = [each for each in wanted if not any(each.same_as(other) for other in old)]
    if changed:
        return changed[0]
    # A policy that was taken away stands nowhere: the role does.
    gone = not trust and any(not any(each.same_as(other) for other in rest) for each in (was.policies if was else ()))
    return next(iter((*rest, *first)), None) if gone else None


def _statement(document: Document, was: RoleDocuments | None, actions: tuple[str, ...]) -> tuple[str | int, ...]:
    """Return the way to the statement of a document that is likeliest meant.

    Of a permission policy the one that denies the action, else the one by the name of that which granted it; of a trust policy
    the first that is new.
    """
    own = document.document
    if own is None or not isinstance(own.policy, Policy):
        return ()
    old_trust = was.trust.document if was is not None and was.trust is not None and not actions else None
    if not actions:
        before = old_trust.policy.statements if old_trust is not None and isinstance(old_trust.policy, Policy) else ()
        known = [replace(item, index=0, path="") for item in before]
        fresh = (at for at, item in enumerate(own.policy.statements) if replace(item, index=0, path="") not in known)
        return ("Statement", next(fresh, 0))
    for at, item in enumerate(own.policy.statements):
        if item.effect is Effect.DENY and any(item.actions.covers(action.lower()) for action in actions):
            return ("Statement", at)
    names = {
        item.sid
        for old in (was.policies if was is not None else ())
        if old.document is not None and isinstance(old.document.policy, Policy)
        for item in old.document.policy.statements
        if item.sid and any(item.actions.covers(action.lower()) for action in actions)
    }
    for at, item in enumerate(own.policy.statements):
        if item.sid and item.sid in names:
            return ("Statement", at)
    return ()


def _correction(problem: Problem, actions: tuple[str, ...], role: RoleDocuments | None, *, newly: bool) -> str:
    name = f"role {role.label}" if role is not None else "the role"
    if problem.checkpoint is Checkpoint.OIDC_TRUST or problem.cause is Cause.SESSION_DURATION:
        return problem.cause.next_step
    if problem.cause is Cause.ROLE_ABSENT:
        return f"Keep {name}, or let the job assume another role that the files describe."
    if actions:
        on = f" on {problem.resource}" if problem.resource else ""
        verb = "have" if newly else "keep"
        return f"Let {name} {verb} {_few(actions)}{on}, or take the step out of the workflow."
    return f"Let the trust policy of {name} admit the token of this job, or leave the workflow's ref and environment as they are."


def _unknown(release: Release, job: str, what: str, how: str, step: str = "") -> Finding:
    where = f"job “{job}”: " if job else ""
    found = not_compared(release.place_of(job, step), f"{release.name}, {where}{what.rstrip('.')}.")
    if not how:
        return found
    return Finding(found.rule, found.level, found.place, found.sentence, f"{how[:1].upper()}{how[1:]}.")
