"""What of the GitHub side differs from the baseline: the repository, its subjects, environments and workflows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.baseline.parts import Both, both, changed, differences, unknown
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import ReleaseState, ReviewedState, WorkflowState
from diagnosis.baseline.written import rule_text
from diagnosis.facts.github_context import DeployableRefs, Environment, RefPolicy
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import OidcCustomization
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.names.arn import Arn


def github_changes(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    """Yield every difference of the GitHub side."""
    yield from _repository(before, now)
    yield from _subject_form(before, now)
    yield from _environments(before, now)
    yield from _workflows(before, now)


def _repository(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    old, new = before.repository, now.repository
    place = Place(member=new.full_name)
    ids = [
        f"{what}: {first} when it was accepted, {second} now"
        for what, first, second in (("repository id", old.id, new.id), ("owner id", old.owner_id, new.owner_id))
        if first is not None and second is not None and first != second
    ]
    if ids:
        yield changed(
            DriftRule.REPOSITORY_CHANGED,
            place,
            f"{new.full_name} is not the repository that was accepted: GitHub has it under other ids.",
            ids,
        )
    elif old.full_name.lower() != new.full_name.lower():
        said = (
            f"The repository was {old.full_name} when the baseline was accepted. Its subjects name {new.full_name} now."
        )
        yield changed(DriftRule.REPOSITORY_CHANGED, place, said)
    pairs = (("repository", old.id, new.id), ("owner", old.owner_id, new.owner_id))
    for side, nameless in (
        ("the baseline holds", [what for what, first, second in pairs if first is None and second is not None]),
        ("GitHub tells", [what for what, first, second in pairs if first is not None and second is None]),
    ):
        if nameless:
            said = (
                f"Whether {new.full_name} is the repository that was accepted is not known: {side} no id of the"
                f" {' and of the '.join(nameless)}."
            )
            yield unknown(DriftRule.NOT_COMPARED, place, said, "look at it now, and accept it")
    if old.default_branch != new.default_branch:
        said = f"The default branch was {old.default_branch or 'not known'} and is {new.default_branch or 'not known'}."
        yield changed(DriftRule.REPOSITORY_CHANGED, place, said)


def _subject_form(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    place = Place(member=now.repository.full_name)
    found = both(before.subject_form, now.subject_form, place, "the form of the repository's subjects")
    if isinstance(found, Finding):
        yield found
    elif found.before != found.now:
        details = differences(_form(found.before), _form(found.now))
        yield changed(
            DriftRule.SUBJECT_FORM_CHANGED,
            place,
            "The subjects of the repository's tokens have another form than when the baseline was accepted.",
            details,
        )


def _form(form: OidcCustomization | None) -> Iterator[str]:
    if form is None:
        return
    yield "GitHub's default template" if form.use_default else f"template {', '.join(form.include_claim_keys)}"
    if form.use_immutable_subject is not None:
        yield "opted in to immutable subjects" if form.use_immutable_subject else "not opted in to immutable subjects"
    yield f"prefix {form.sub_claim_prefix}" if form.sub_claim_prefix else "no prefix told"


# ------------------------------------------------------------------------------------------------- environments


def _environments(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    repository = now.repository.full_name
    found = both(before.environments, now.environments, Place(member=repository), "the deployment environments")
    if isinstance(found, Finding):
        yield found
        return
    old = {each.name.casefold(): each for each in found.before or ()}
    new = {each.name.casefold(): each for each in found.now or ()}
    for name in sorted({*old, *new}):
        first, second = old.get(name), new.get(name)
        shown = (second or first or _NOBODY).name
        place = Place(member=f"{repository}: environment {shown}")
        if first is None or second is None:
            how = "is new to the releases" if first is None else "is gone, or no release names it any more"
            yield changed(DriftRule.ENVIRONMENT_CHANGED, place, f"The environment {shown} {how}.")
            continue
        rules = differences(map(rule_text, first.rules), map(rule_text, second.rules))
        refs = differences((_refs(first.refs),), (_refs(second.refs),))
        policies = both(first.policies, second.policies, place, f"the list of refs that may deploy to {shown}")
        if isinstance(policies, Finding):
            yield policies
            patterns: tuple[str, ...] = ()
        else:
            patterns = differences(_patterns(policies.before), _patterns(policies.now))
        if details := (*rules, *refs, *patterns):
            said = f"The environment {shown} is protected in another way than when the baseline was accepted."
            yield changed(DriftRule.ENVIRONMENT_CHANGED, place, said, details)


_NOBODY = Environment("", DeployableRefs.ANY, Known(()))


def _refs(refs: DeployableRefs) -> str:
    return {
        DeployableRefs.ANY: "every ref may deploy",
        DeployableRefs.PROTECTED: "protected branches may deploy",
        DeployableRefs.LISTED: "listed refs may deploy",
    }[refs]


def _patterns(policies: tuple[RefPolicy, ...] | None) -> Iterator[str]:
    for policy in policies or ():
        yield f"{policy.kind} {policy.pattern}"


# ------------------------------------------------------------------------------------------------- workflows


def _workflows(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    found = both(before.workflows, now.workflows, Place(member=now.repository.full_name), "the workflow files")
    if isinstance(found, Finding):
        yield found
        return
    yield from _unread(now)
    yield from _unread_before(before, now)
    old = {each.path: each for each in found.before or ()}
    new = {each.path: each for each in found.now or ()}
    for path in sorted({*old, *new}):
        place = Place(file=path)
        if path not in old:
            roles = [f"role {release.role or 'not known'}" for release in new[path].releases]
            yield changed(
                DriftRule.WORKFLOW_ADDED, place, f"{_name(path)} takes AWS credentials, and was not accepted.", roles
            )
        elif path not in new:
            said = f"{_name(path)} took AWS credentials when the baseline was accepted, and takes none now, or is gone."
            yield changed(DriftRule.WORKFLOW_GONE, Place(member=path), said)
        else:
            yield from _workflow(place, Both(old[path], new[path]))


def _unread(now: ReviewedState) -> Iterator[Finding]:
    for text in now.unread_workflows:
        path, _, why = text.partition(": ")
        said = f"Whether {path} takes AWS credentials is not known: {why.rstrip('.')}."
        yield Finding(
            DriftRule.NOT_COMPARED, Level.UNKNOWN, Place(file=path), said, "Correct the file, or look into it."
        )


def _unread_before(before: ReviewedState, now: ReviewedState) -> Iterator[Finding]:
    """Yield the files that were not understood when the state was accepted; of one that releases now, that is told."""
    told = {*(text.partition(": ")[0] for text in now.unread_workflows), *(each.path for each in now.known_workflows)}
    for text in before.unread_workflows:
        path, _, why = text.partition(": ")
        if path not in told:
            said = (
                f"Whether {path} took AWS credentials when the baseline was accepted is not known: {why.rstrip('.')}."
            )
            yield unknown(DriftRule.NOT_COMPARED, Place(member=path), said, "look at it now, and accept the state")


def _workflow(place: Place, found: Both[WorkflowState]) -> Iterator[Finding]:
    old, new = found.before, found.now
    if old is None or new is None:
        return
    told = [*_releases(place, old, new)]
    if triggers := differences(old.triggers, new.triggers):
        told.append(
            changed(DriftRule.WORKFLOW_TRIGGERS, place, f"{_name(place.file)} is started by other events.", triggers)
        )
    if contexts := differences(old.may_present, new.may_present):
        said = f"The jobs of {_name(place.file)} can ask for tokens in other contexts."
        told.append(changed(DriftRule.WORKFLOW_SUBJECTS, place, said, contexts))
    yield from told
    if not told and old.sha256 != new.sha256:
        said = f"{_name(place.file)} has another text; roles, subjects, needs, triggers and permissions are the same."
        jobs = differences(_jobs(old), _jobs(new))
        yield changed(DriftRule.TEXT_CHANGED, place, said, jobs, Level.NOTE)


def _jobs(workflow: WorkflowState) -> Iterator[str]:
    for release in workflow.releases:
        yield from (f"job {job} with {_role(release.role)}" for job in release.jobs)


def _releases(place: Place, old: WorkflowState, new: WorkflowState) -> Iterator[Finding]:
    before = {each.role: each for each in old.releases}
    now = {each.role: each for each in new.releases}
    if roles := differences(map(_role, before), map(_role, now)):
        said = f"{_name(place.file)} takes other roles than when the baseline was accepted."
        moved = _needs(_whole(old.releases), _whole(new.releases))
        yield changed(DriftRule.WORKFLOW_NEEDS, place, said, (*roles, *moved))
    for role in sorted({*before} & {*now}, key=_role):
        first, second = before[role], now[role]
        if needs := _needs(first, second):
            said = f"{_name(place.file)} needs other actions with {_role(role)}."
            yield changed(DriftRule.WORKFLOW_NEEDS, place, said, needs)
        if permissions := differences(first.permissions, second.permissions):
            said = f"The GitHub tokens of {_name(place.file)} have other permissions with {_role(role)}."
            yield changed(DriftRule.WORKFLOW_PERMISSIONS, place, said, permissions)
    added = _whole([each for role, each in now.items() if role not in before]).permissions
    known = {pair for each in old.releases for pair in each.permissions}
    if more := [f"added: {pair}" for pair in added if pair not in known]:
        said = f"The GitHub tokens of {_name(place.file)} have other permissions with its new roles."
        yield changed(DriftRule.WORKFLOW_PERMISSIONS, place, said, more)


def _whole(releases: Sequence[ReleaseState]) -> ReleaseState:
    """Return what a workflow does with all these roles together."""
    return ReleaseState(
        None,
        permissions=tuple(pair for each in releases for pair in each.permissions),
        needs=tuple(use for each in releases for use in each.needs),
        not_understood=tuple(step for each in releases for step in each.not_understood),
    )


def _needs(before: ReleaseState, now: ReleaseState) -> tuple[str, ...]:
    steps = differences(before.not_understood, now.not_understood)
    return (*differences(map(str, before.needs), map(str, now.needs)), *(f"not understood, {line}" for line in steps))


def _role(role: Arn | None) -> str:
    return f"role {role}" if role else "a role that is not known"


def _name(path: str) -> str:
    return path.rpartition("/")[2]
