"""Judge a change as a whole: what it widens, breaks and gets wrong, and what of it could not be judged.

What was so on the base branch before, and is unchanged, is a note: a change is not held to account for what it did not touch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from diagnosis.conform.account_model import AccountModel
from diagnosis.conform.accounted import Accounted, void_entries
from diagnosis.conform.broken_releases import Sides
from diagnosis.conform.circumstances import other_circumstances
from diagnosis.conform.document_faults import document_faults
from diagnosis.conform.documents import Document, Documents, RoleDocuments, documents_of, given_to, with_unread
from diagnosis.conform.lost_callers import lost_callers
from diagnosis.conform.lost_grants import lost_grants
from diagnosis.conform.needs import NOTHING_NEEDED, RoleNeeds
from diagnosis.conform.pairs import Pairs, is_trust, paired
from diagnosis.conform.providers import provider_findings
from diagnosis.conform.releases import NextRun, Release, counterparts, needs_by_role, places_of, releases_of, with_role
from diagnosis.conform.told_places import told_once
from diagnosis.conform.units import Units
from diagnosis.conform.untold import untold_files, untold_resources
from diagnosis.conform.widening import Widening, not_compared, of_removed, takes_away
from diagnosis.conform.workflow_faults import pins_of_token, workflow_faults
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Repository
from diagnosis.findings.finding import Finding, Level, Place, in_order
from diagnosis.iac.proposal import Form, Proposal
from diagnosis.live.run_claims import DEFAULT_AUDIENCE
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyKind
from diagnosis.verdicts.conform_rule import ConformRule
from diagnosis.verdicts.conformance import ALREADY, Conformance


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of one side that could not be read."""

    file: str
    why: str
    how: str = ""
    line: int | None = None
    is_changed: bool = False
    """Whether it is known that the file is not as on the base, where it cannot be read either."""
    among: tuple[str, ...] = ()
    """All files for which it stands, where those are several."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a change, as its files tell it."""

    proposal: Proposal = field(default_factory=Proposal)
    runs: tuple[NextRun, ...] = ()
    unread: tuple[Unread, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """All files that were read, by path: those of documents and of workflows, and those that only this change touches."""
    program: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Files among which infrastructure may be programmed, where this change touches any."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be judged."""

    repository: Repository
    head: Side
    at: datetime
    base: Side | None = None
    """None where there is no base: then everything is new."""
    base_name: str = ""
    """The base as people name it: ``main``, a commit."""
    case: Case = Case()
    case_file: str = ""
    roles: Mapping[str, Arn] = field(default_factory=dict)
    """Roles as people name them, with their ARNs."""
    everything: bool = False
    """Whether what was so on the base counts as well."""


def judged(change: Change) -> Conformance:
    """Judge a change. Never raises on what its files hold."""
    base = _with_state_of_plans(change.base or Side(), change.head)
    olds = releases_of(base.runs, change.case)
    news = releases_of(change.head.runs, change.case, base.runs, olds)
    at = places_of((*news, *olds))
    before, after = (documents_of(side.proposal, change.roles, at.account, at.region) for side in (base, change.head))
    before, after, olds, news, notes = _assigned(before, after, olds, news)
    unread = {place.file: (why, how) for place, why, how in after.gaps}
    unread |= {each.file: (each.why, each.how) for each in change.head.unread}
    after = with_unread(after, before, unread)
    pairs = paired(before, after)
    audiences = _audiences((*olds, *news))
    described = frozenset(
        name for side in (before, after) for role in side.roles if role.policies for name in role.names
    )
    trusted = frozenset(name for role in before.roles if role.trust is not None for name in role.names)
    sides = Sides(
        AccountModel(before, (), audiences, change.at, (), described),
        AccountModel(after, _gone(before, after), audiences, change.at, before.providers, described, trusted),
        _changed(base.texts, change.head.texts),
    )
    needed = needs_by_role(news, sides.head)
    accounted = Accounted.of(change.case, change.at.date())
    found = list(_widenings(change, pairs, before, after, accounted, needed))
    found += lost_grants(pairs.roles, news)
    found += _of_nobody(change.repository, pairs, sides.head, news)
    matched = list(counterparts(olds, news))
    for old, new in matched:
        found += sides.broken(old, new)
    denied = {each.place.file for each in found if each.rule is ConformRule.RELEASE_DENIED}
    lost = lost_callers(pairs.roles, news, sides.head, change.repository)
    found += [each for each in lost if each.place.file not in denied]
    own = _faults(after, accounted, news, change.head, needed)
    needed_before = needs_by_role(olds, sides.base)
    was = _faults(before, accounted, olds, base, needed_before) if change.base is not None else []
    # Without a token a session cannot be by web identity: that is the same fault once more.
    without = [each for each in found if each.rule is ConformRule.ID_TOKEN_MISSING]
    lacking = {place.file for each in without for place in (each.place, *each.related)}
    lacking |= {each.place.member for each in without} - {""}
    own = [each for each in own if not _is_of_token(each, lacking)]
    parts = Units(base.texts), Units(change.head.texts)
    found += _since(own, was, everything=change.everything, parts=parts)
    found += [_unread(each) for each in change.head.unread if each.is_changed]
    used = frozenset(name for release in news for arn in release.roles for name in (str(arn), arn.name))
    found += other_circumstances(before, after, parts, used)
    found += untold_resources(*parts)
    unread_texts = [_not_read(side, change.head) for side in (base, change.head)]
    found += untold_files(unread_texts[0], unread_texts[1], change.head.program)
    found = told_once(found)
    found += void_entries(change.case, change.at.date(), change.case_file)
    return Conformance(
        repository=change.repository.full_name,
        base=change.base_name,
        findings=in_order(_with_line(each) for each in _each_once(found)),
        documents=sum(1 for _ in after.every),
        releases=tuple(dict.fromkeys(release.name for release in news)),
        judged_at=change.at,
        notes=notes,
    )


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _not_read(side: Side, head: Side) -> Mapping[str, str]:
    """Return the texts of a side of which nothing is read, and nothing else is told; those of workflows are the releases'."""
    proposal = head.proposal
    told = {each.file for each in proposal.gaps} | {each.file for each in proposal.documents} | set(proposal.forms)
    # What was read on this side and is no more is compared as what it was.
    told |= set(side.proposal.forms) - head.texts.keys()
    return {
        path: text
        for path, text in side.texts.items()
        if path not in told and not path.startswith(".github/workflows/")
    }


def _with_state_of_plans(base: Side, head: Side) -> Side:
    """Return the base with what the plans of this side say was there before: a plan brings its own base."""
    before = head.proposal.before
    if before is None:
        return base
    own = base.proposal
    kept = [each for each in own.documents if each.form is not Form.PLAN]
    files = {each.file for each in before.documents} | {each.file for each in before.roles}
    proposal = replace(
        own,
        documents=(*kept, *before.documents),
        roles=(*(each for each in own.roles if each.file not in files), *before.roles),
        providers=(*own.providers, *before.providers),
    )
    return replace(base, proposal=proposal)


def _assigned(
    before: Documents,
    after: Documents,
    olds: tuple[Release, ...],
    news: tuple[Release, ...],
) -> tuple[Documents, Documents, tuple[Release, ...], tuple[Release, ...], tuple[str, ...]]:
    """Return documents and releases put together where there is no doubt: one role that is assumed, and one that is described."""
    notes: list[str] = []
    roles = tuple(dict.fromkeys(arn for release in (*news, *olds) for arn in release.roles))
    described = [role for role in after.roles or before.roles if role.trust is not None]
    if len(roles) == 1:
        arn = roles[0]
        old = before if _describes(before, arn) else given_to(before, arn)
        new = after if _describes(after, arn) else given_to(after, arn, old)
        if old is not before or new is not after:
            before, after = old, new
            notes.append(
                f"Policies that stand alone in their files are taken as those of {arn.name}, the only role assumed."
            )
    elif not roles and len(described) == 1 and (told := described[0].arn) is not None:
        olds, news = with_role(olds, told), with_role(news, told)
        notes.append(f"No workflow tells which role it assumes: it is taken as {told.name}, the only one described.")
    return before, after, olds, news, tuple(notes)


def _describes(documents: Documents, arn: Arn) -> bool:
    return any(role.arn == arn or (role.arn is None and arn.name in role.names) for role in documents.roles)


def _gone(before: Documents, after: Documents) -> tuple[RoleDocuments, ...]:
    """Return the roles whose names no file has any more: taken away, or called otherwise."""
    names = {name for role in after.roles for name in role.names}
    return tuple(role for role in before.roles if role.label not in names)


def _audiences(releases: Iterable[Release]) -> tuple[str, ...]:
    told = (
        unit.view.facts.audience.value for release in releases for unit in release.units if unit.view.facts.audience
    )
    return tuple(dict.fromkeys((DEFAULT_AUDIENCE, *told)))


def _widenings(
    change: Change,
    pairs: Pairs,
    before: Documents,
    after: Documents,
    accounted: Accounted,
    wanted: Mapping[Arn, RoleNeeds],
) -> Iterator[Finding]:
    everybody = RoleNeeds(
        tuple(need for each in wanted.values() for need in each.needs),
        tuple(claims for each in wanted.values() for claims in each.claims),
    )
    for was, role in pairs.roles:
        own = _of_role(role, wanted)
        files = {each.proposed.file for each in role.documents}
        judge = Widening(change.repository, accounted.about(role.names | files), own)
        if role.trust is not None:
            yield from judge.of_trust(was.trust if was is not None else None, role.trust, role.label, role.arn)
        yield from judge.of_role(was, role)
    for old, new in pairs.loose:
        judge = Widening(change.repository, accounted.about(_names(new)))
        if is_trust(new):
            yield from judge.of_trust(old, new, f"whose trust policy is {new.proposed.file}", None)
        else:
            yield from judge.of_policy(old, new)
    for old, new in pairs.of_resources:
        yield from Widening(change.repository, accounted.about(_names(new))).of_resource(old, new)
    for gone in pairs.removed:
        yield from of_removed(gone)
    yield from provider_findings(before.providers, after.providers, accounted, everybody)


def _of_nobody(
    repository: Repository, pairs: Pairs, head: AccountModel, releases: Iterable[Release]
) -> Iterator[Finding]:
    """Yield the documents that take something away, where nobody knows whether a release has it of them."""
    units = [unit for release in releases for unit in release.units]
    nameless = any(unit.role_arn is None for unit in units)
    roles = dict.fromkeys(
        arn.name for unit in units if (arn := unit.role_arn) is not None and head.role_of(arn) is None
    )
    if nameless:
        found = [(old, _version_of(old, role)) for was, role in pairs.roles if was is not None for old in was.documents]
        found += [(old, None) for role in pairs.gone for old in role.documents]
        for old, new in found:
            if new is None or takes_away(old, new, repository):
                said = f"The {(new or old).shown} allows less than on the base branch, and a workflow does not tell its role."
                told = not_compared((new or old).place(), said)
                yield replace(told, correction="State the role that it assumes: role_arn in the case file.")
    if not roles and not nameless:
        return
    removed = [(old, None) for old in pairs.removed if old.kind.policy_kind in (PolicyKind.TRUST, PolicyKind.IDENTITY)]
    for old_one, new in (*pairs.loose, *removed):
        if old_one is None or (new is not None and not takes_away(old_one, new, repository)):
            continue
        kept, named = new or old_one, ", ".join(roles) or "a role that no workflow tells"
        said = f"The {kept.shown} allows less than on the base branch, and no file says whether it is of {named}."
        told = not_compared(kept.place(), said)
        yield replace(told, correction=f"Say whose it is: --role {kept.proposed.file}=ARN.")


def _version_of(old: Document, role: RoleDocuments) -> Document | None:
    """Return what a role has in the place of a document."""
    same = (each for each in role.documents if each.kind is old.kind and each.proposed.name == old.proposed.name)
    return next(same, None)


def _of_role(role: RoleDocuments, needed: Mapping[Arn, RoleNeeds]) -> RoleNeeds:
    """Return what the releases need of a role."""
    own = (value for arn, value in needed.items() if arn == role.arn or (role.arn is None and arn.name in role.names))
    return next(own, NOTHING_NEEDED)


def _names(document: Document) -> set[str]:
    own = document.proposed
    return {
        own.file,
        own.name,
        own.address,
        *(name for owner in own.owners for name in (owner.name, owner.address)),
    } - {""}


def _faults(
    documents: Documents,
    accounted: Accounted,
    releases: Iterable[Release],
    side: Side,
    needed: Mapping[Arn, RoleNeeds],
) -> list[Finding]:
    """Return what is wrong on one side by itself."""
    found: list[Finding] = []
    told = {place.file for place, _, _ in documents.gaps} | {each.file for each in side.unread}
    for document in documents.every:
        if document.document is None and document.proposed.file in told:
            continue
        role = next((each for each in documents.roles if any(own is document for own in each.documents)), None)
        names = (role.names if role is not None else frozenset[str]()) | _names(document)
        wanted = _of_role(role, needed).grants if role is not None else ()
        found += document_faults(document, accounted.about(names), role.arn if role is not None else None, wanted)
    rule = ConformRule.NOT_READ
    for place, why, how in documents.gaps:
        found.append(
            Finding(rule, Level.UNKNOWN, place, f"{why[:1].upper()}{why[1:]}.", f"{how[:1].upper()}{how[1:]}.")
        )
    found += map(_unread, side.unread)
    listed = list(releases)
    for release in listed:
        found += workflow_faults(release)
    releasing = {(release.run.path, release.run.start) for release in listed}
    for run in side.runs if listed else ():
        if (run.path, run.start) not in releasing:
            found += pins_of_token(run)
    found += _uncertain(documents, {arn for release in listed for arn in release.roles})
    return _each_once(found)


def _unread(each: Unread) -> Finding:
    rule = ConformRule.NOT_READ
    correction = f"{each.how[:1].upper()}{each.how[1:]}." if each.how else rule.record.correction
    said = f"{each.file} could not be read: {each.why}."
    return Finding(rule, Level.UNKNOWN, Place(each.file, each.line), said, correction)


def _uncertain(documents: Documents, used: set[Arn]) -> Iterator[Finding]:
    """Yield the documents of the releases' roles that may not come to be at all."""
    for role in documents.roles:
        if role.open_session:
            said = f"How long a session of role {role.label} may last is not settled: {role.open_session}."
            yield not_compared(role.place, said)
        for given in role.beyond:
            sort, is_open, why = given.partition(" (")
            if is_open:
                yield not_compared(role.place, f"Which {sort} role {role.label} is given is not settled: {why[:-1]}.")
        if any(role.arn == arn or arn.name in role.names for arn in used):
            for each in role.documents:
                if each.proposed.only_if:
                    said = f"Whether the {each.shown} comes to be is not settled: {each.proposed.only_if}."
                    yield not_compared(each.place(), said)


def _is_of_token(finding: Finding, lacking: set[str]) -> bool:
    place = finding.place
    unclear = finding.rule is ConformRule.STATIC_KEYS and finding.level is Level.UNKNOWN
    return unclear and (place.file in lacking or place.member in lacking)


def _with_line(finding: Finding) -> Finding:
    """Return a finding of a whole file at its first line."""
    place = finding.place
    return replace(finding, place=replace(place, line=1)) if place.file and place.line is None else finding


def _each_once(found: Iterable[Finding]) -> list[Finding]:
    """Return each finding once; of one that was found at two levels, the graver."""
    best: dict[tuple[object, ...], Finding] = {}
    for each in found:
        key = (each.rule, each.place.file, each.place.line, each.place.member, each.sentence)
        known = best.get(key)
        if known is None or each.level.rank < known.level.rank:
            best[key] = each
    return list(best.values())


def _since(
    own: Iterable[Finding], was: Iterable[Finding], *, everything: bool, parts: tuple[Units, Units]
) -> Iterator[Finding]:
    """Yield the findings of this side; those that the base has as well as notes. Lines and names of files may have moved.

    What is unknown on both sides is as it was only where all that it rests on is: see :mod:`diagnosis.conform.units`.
    """
    listed = [(each, _key(each, parts[1])) for each in own]
    old = [(each, _key(each, parts[0])) for each in was]
    same_file = Counter((key, each.place.file) for each, key in old)
    known = Counter(key for _, key in old)
    before: set[int] = set()
    # First what stands in the same file as before, then what has moved to another one.
    for in_place in (True, False):
        for each, key in listed:
            place = (key, each.place.file)
            if id(each) in before or known[key] <= 0 or (in_place and same_file[place] <= 0):
                continue
            known[key] -= 1
            same_file[place] -= 1
            before.add(id(each))
    for each, _ in listed:
        is_old = id(each) in before and not everything
        yield replace(each, level=Level.NOTE, details=(*each.details, ALREADY)) if is_old else each


def _key(finding: Finding, units: Units) -> tuple[object, ...]:
    place = finding.place
    rests: object = ()
    if finding.level is Level.UNKNOWN and finding.rule in (ConformRule.NOT_READ, ConformRule.NOT_COMPARED):
        # What a step of a workflow uses and is not known is told by its name, whatever else of the file is changed.
        of_step = place.member.startswith("job ")
        rests = units.rests_on(units.around(place.file, place.line)) if place.file and not of_step else ()
    return (finding.rule, finding.level, finding.sentence.replace(place.file or "\0", ""), rests)
