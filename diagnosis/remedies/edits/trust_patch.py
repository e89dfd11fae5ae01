"""Open a trust policy for one run: correct or extend the statement that was meant for it, and take nothing away.

The statement that comes nearest is corrected in place where that admits this run and nobody else anew. Where it would
admit others too (a pin joined beside several subjects admits every pair of them), the run gets a statement of its own
with every condition of the nearest one. Statements of other repositories stay as they are, letter by letter.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.comparison import TrustComparison, compare_trust
from diagnosis.callers.regions import CUSTOM_SUBJECT
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.facts.runs import Repository
from diagnosis.gates import Verdict
from diagnosis.lint.lint import lint
from diagnosis.lint.rule import Rule
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy, PolicyDocument, PolicyKind, Statement, Unparsable, write_document
from diagnosis.policy.language.tree import (
    WEB_IDENTITY_ACTION,
    Json,
    JsonObject,
    as_list,
    conditions,
    one_or_list,
    statements,
    with_own_sids,
    with_statements,
)
from diagnosis.trust.faults import SLIPS, Fault, Mend, faults_of
from diagnosis.trust.mended import literal, mend_condition, mended
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy
from diagnosis.trust.refusal import lists_repository, names_another_repository, why_refused

_SHUT = SLIPS - {Mend.REPLACE}
"""What keeps everybody out, not this run alone."""


class PatchKind(StrEnum):
    """How the policy is opened."""

    CORRECTED = "corrected"
    """What was wrong in the statement is corrected where it stands."""
    BOUND = "bound"
    """The same, and its subject is written out: as written it would have let others in."""
    JOINED = "joined"
    """A value joins a list of the statement."""
    COPIED = "copied"
    """A statement for this run alone, with every condition of the nearest one."""
    ADDED = "added"
    """A statement of its own, where no statement was meant for the run."""
    EXCEPTED = "excepted"
    """The run is left out of a Deny."""


@dataclass(frozen=True, slots=True)
class TrustPatch:
    """A trust policy that admits the run, and how it differs from the one before."""

    document: PolicyDocument
    kind: PatchKind
    faults: tuple[Fault, ...]
    """What of the nearest statement the run did not meet."""
    comparison: TrustComparison
    """With the policy as it was, beside this very run."""
    bounded: tuple[str, ...] = ()
    """The paths of the statements that AWS would not save as they are, and which are bound for that reason."""

    @property
    def takes_nothing_away(self) -> bool:
        """Whether it is proved that everybody who gets in today still does."""
        return self.comparison.takes_nothing_away

    @property
    def opens_for_the_run_alone(self) -> bool:
        """Whether it is proved that nobody beside this run gets in anew."""
        return self.comparison.admits_nothing_new


@dataclass(frozen=True, slots=True)
class PatchAim:
    """For whom a trust policy is opened."""

    claims: tuple[ClaimSet, ...]
    """The run's claims; more than one set where the form of its subject is not known."""
    caller: Caller
    repository: Repository
    audiences: tuple[str, ...] | None = None
    """All that the provider in IAM admits, now or after the path's changes; None where they are not known."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, each once."""
        return tuple(dict.fromkeys(item.subject for item in self.claims if item.subject))

    @property
    def audience(self) -> str:
        """The audience that the run requests."""
        return self.claims[0].get("aud") or AWS_AUDIENCE

    def admitted_by(self, document: PolicyDocument) -> bool:
        """Return whether the policy admits every one of the claim sets for certain."""
        policy = document.policy
        if isinstance(policy, Unparsable):
            return False
        asked = TrustPolicy(policy)
        return all(asked.ask(item, self.caller).outcome is TrustOutcome.ALLOWED for item in self.claims)

    def compare(self, before: PolicyDocument, after: PolicyDocument) -> TrustComparison:
        """Return whom the second policy admits beside this very run and the first does not, and the other way round."""
        return compare_trust(
            before,
            after,
            self.repository,
            meant=self.claims,
            provider_arn=self.caller.provider_arn,
            audiences=self.audiences,
        )


@lru_cache(maxsize=64)
def opening_patches(before: PolicyDocument, start: PolicyDocument, aim: PatchAim) -> tuple[TrustPatch, ...]:
    """Return the patches that admit the run and take nothing away, those first that admit nobody else anew; or none.

    ``start`` is the document to be changed where another change of it comes first (a Deny that now excepts the run),
    else the same as ``before``, the one that is live.
    """
    policy = start.policy
    if isinstance(policy, Unparsable) or not aim.subjects or aim.caller.provider_arn is None:
        return ()
    wider: list[TrustPatch] = []
    open_before = _without_closed_doors(before, aim)
    for candidate in _candidates(start, policy, aim):
        after = write_document(candidate.tree)
        if isinstance(after.policy, Unparsable) or not aim.admitted_by(after):
            continue
        comparison = aim.compare(open_before, after)
        if comparison.no_longer_admitted or (candidate.tidy and comparison.newly_admitted):
            continue
        patch = as_aws_saves_it(TrustPatch(after, candidate.kind, candidate.faults, comparison), open_before, aim)
        if candidate.alone and not comparison.newly_admitted:
            return (patch, *wider)
        if candidate.kind is PatchKind.CORRECTED and _lists_subjects(candidate, aim):
            # Whom the statement lists by name gets in again with it; a pattern as wide as that is not opened unasked.
            if not _too_open(candidate.tree, candidate.position, aim):
                return (patch, *wider)
            wider.append(patch)
    return tuple(wider)


def as_aws_saves_it(patch: TrustPatch, before: PolicyDocument, aim: PatchAim) -> TrustPatch:
    """Return the patch with every statement bound that AWS refuses to save as it is; itself where there is none.

    AWS judges the whole document whenever it is saved. So a statement of before its rule, however old, stands in the way
    of every change. Its bound is as wide as who gets in by it: to narrow it is another change.
    """
    tree, bounded = patch.document.editable(), []
    for position in _unbounded(patch.document):
        bound = _least_bound(tree, position, aim)
        if bound is not None:
            tree = bound
            bounded.append(f"Statement[{position}]")
    if not bounded:
        return patch
    document = write_document(tree)
    if not aim.admitted_by(document):
        return patch
    return replace(patch, document=document, comparison=aim.compare(before, document), bounded=tuple(bounded))


def _unbounded(document: PolicyDocument) -> tuple[int, ...]:
    """Return the places of the statements that AWS would refuse, since they bound no claim of a shared provider."""
    report = lint(document.text, PolicyKind.TRUST)
    if isinstance(report, Unparsable):
        return ()
    paths = [finding.place.path for finding in report.refused if finding.rule is Rule.PROVIDER_CONTROL]
    places = (re.match(r"Statement(?:\[(\d+)\])?", path) for path in paths)
    return tuple(dict.fromkeys(int(place[1] or 0) for place in places if place))


def _least_bound(tree: JsonObject, position: int, aim: PatchAim) -> JsonObject | None:
    """Return the document with the narrowest bound of the statement that AWS accepts and that locks nobody out.

    None where each locks somebody out, beside tokens whose subject follows a custom template: these begin with any claim,
    and AWS takes no pattern for all of them.
    """
    before = write_document(with_statements(tree, [statements(tree)[position]]))
    for bound in _bounds(statements(tree)[position], aim):
        alone = write_document(with_statements(tree, [bound]))
        lost = aim.compare(before, alone)
        if _unbounded(alone) or lost.undecided or any(each.slug != CUSTOM_SUBJECT for each in lost.no_longer_admitted):
            continue
        return _with_changed(tree, position, bound)
    return None


def _bounds(statement: JsonObject, aim: PatchAim) -> Iterator[JsonObject]:
    """Yield the statement with each bound that may do, the narrowest first."""
    plain = copy.deepcopy(statement)
    condition = plain.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return
    keys = {aim.caller.key("sub").lower(), aim.caller.key("job_workflow_ref").lower()}
    for operator, key, _ in tuple(conditions(statement)):
        # Every token holds these claims, so either word asks for nothing less than the operator alone does.
        base = operator.removeprefix("ForAllValues:").removesuffix("IfExists")
        block, beside = condition.get(operator), condition.get(base, {})
        if base != operator and key.lower() in keys and isinstance(block, dict) and isinstance(beside, dict):
            if key not in beside:
                condition[base] = {**beside, key: block.pop(key)}
            if not block:
                del condition[operator]
    yield plain
    block = condition.setdefault("StringLike", {})
    if not isinstance(block, dict):
        return
    name = next((name for name in block if name.lower() == aim.caller.key("sub").lower()), aim.caller.key("sub"))
    kept = [str(value) for value in as_list(block.get(name, [])) if set(str(value)) - {"*", "?"}]
    pinned = aim.caller.key("repository").lower()
    named = [
        value.split("/")
        for operator, key, values in conditions(statement)
        # A name in any letter case is no pattern of subjects.
        if key.lower() == pinned and operator in ("StringEquals", "StringLike")
        for value in values
    ]
    of_named = [
        pattern
        for owner, repository in (parts for parts in named if len(parts) == 2)
        for pattern in (f"repo:{owner}/{repository}:*", f"repo:{owner}@*/{repository}@*:*")
    ]
    for patterns in filter(None, (of_named, ["repo:*"])):
        block[name] = one_or_list([*kept, *patterns])
        yield copy.deepcopy(plain)


def _without_closed_doors(document: PolicyDocument, aim: PatchAim) -> PolicyDocument:
    """Return the policy without the statements that let nobody in, whatever their conditions.

    sts:AssumeRoleWithWebIdentity is called with a token alone, and STS takes the provider of the role's own account: allowed
    to an IAM principal, or to a provider of another account, the action opens nothing.
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        return document
    own = aim.caller.provider_arn

    def is_closed(statement: Statement) -> bool:
        web = not statement.actions.negated and {item.lower() for item in statement.actions.patterns} == {_WEB}
        if statement.effect is not Effect.ALLOW or statement.not_principal or not web or statement.principals is None:
            return False
        arns = [Arn.parse(name) for name in statement.principal_names]
        return not statement.principals.anybody and all(
            arn is not None
            and (arn.resource_type != "oidc-provider" or (arn.partition, arn.account) != (own.partition, own.account))
            for arn in arns
        )

    kept = [
        item
        for item, compiled in zip(statements(document.editable()), policy.statements, strict=True)
        if not is_closed(compiled)
    ]
    return document if len(kept) == len(policy.statements) else write_document(with_statements(document.tree, kept))


_WEB = WEB_IDENTITY_ACTION.lower()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to change the document, not yet tried."""

    kind: PatchKind
    tree: JsonObject
    position: int
    """Of the statement that changes or is new."""
    faults: tuple[Fault, ...] = ()
    alone: bool = True
    """Whether the changed statement is written for this run's own claims, beside what it admitted before."""
    tidy: bool = False
    """Whether dead parts give way: right only where nobody else gets in anew."""


def _position(policy: Policy, aim: PatchAim) -> int | None:
    """Return the place of the Allow statement that comes nearest; None where there is none."""
    refusal = why_refused(policy, aim.claims[0], aim.caller)
    if refusal is None:
        return None
    return next(index for index, item in enumerate(policy.statements) if item.path == refusal.statement)


def _candidates(start: PolicyDocument, policy: Policy, aim: PatchAim) -> Iterator[_Candidate]:
    """Yield the changed documents, the smallest change first."""
    tree = start.editable()
    position, new = _position(policy, aim), len(policy.statements)
    if position is None:
        yield _Candidate(PatchKind.ADDED, _with_new(tree, _new_statement(tree, aim)), new)
        return
    compiled = policy.statements[position]
    faults = tuple(
        dict.fromkeys(fault for item in aim.claims for fault in faults_of(policy, compiled, item, aim.caller))
    )
    if not _is_ours(policy, position, faults, aim):
        yield _Candidate(PatchKind.ADDED, _with_new(tree, _new_statement(tree, aim)), new, faults)
        return
    written, escape = statements(tree)[position], tree.get("Version") == "2012-10-17"
    tidy = _without_dead_parts(faults, aim)
    if all(fault.mend is not Mend.NONE for fault in faults):
        if tidy != faults:
            yield from _in_place(tree, position, tidy, aim, escape=escape, tidy=True)
        yield from _in_place(tree, position, faults, aim, escape=escape)
        beside = _beside_what_is_listed(faults, aim)
        if beside != faults:
            yield from _in_place(tree, position, beside, aim, escape=escape)
    for mends in dict.fromkeys((tidy, faults)):
        copied = _copied(written, mends, aim, escape=escape)
        if copied is not None:
            yield _Candidate(PatchKind.COPIED, _with_new(tree, copied), new, mends)


def _without_dead_parts(faults: tuple[Fault, ...], aim: PatchAim) -> tuple[Fault, ...]:
    """Return the faults mended so that no dead value or key stays; whether that takes nothing away is left to proof.

    A pattern that is compared letter by letter, and an audience that nobody requests, give way to the right value; a key
    that AWS does not carry becomes the one that holds the same in this run.
    """
    found: list[Fault] = []
    for fault in faults:
        if fault.mend is Mend.REMOVE and fault.new:
            found.append(replace(fault, mend=Mend.RENAME))
        elif fault.mend is Mend.JOIN and fault.dead and len(aim.subjects) == 1:
            found += [replace(fault, mend=Mend.REPLACE, old=value) for value in fault.dead]
        else:
            found.append(fault)
    return tuple(found)


def _beside_what_is_listed(faults: tuple[Fault, ...], aim: PatchAim) -> tuple[Fault, ...]:
    """Return the faults mended so that a value which is perhaps another's stays: a branch may differ in letter case alone."""
    if len(aim.subjects) != 1:
        return faults
    return tuple(
        replace(fault, mend=Mend.JOIN, new=aim.subjects[0], old="")
        if fault.mend is Mend.REPLACE and fault.key.lower() == aim.caller.key("sub").lower()
        else fault
        for fault in faults
    )


def _in_place(
    tree: JsonObject, position: int, faults: tuple[Fault, ...], aim: PatchAim, *, escape: bool, tidy: bool = False
) -> Iterator[_Candidate]:
    """Yield the document with the statement corrected: as it is written, then for this run alone."""
    written = statements(tree)[position]
    changed = mended(written, faults, aim.caller.provider_arn, escape=escape)
    joined = _joined(faults, aim)
    slips = any(fault.mend in SLIPS for fault in faults)
    # A statement that admitted nobody opens for all that it lists.
    was_shut = any(fault.mend in _SHUT for fault in faults)
    alone = _for_this_run(changed, set() if was_shut else joined, faults, aim, escape=escape)
    if len({key for _, key in joined}) <= 1 and (slips or alone):
        kind = PatchKind.CORRECTED if slips else PatchKind.JOINED
        yield _Candidate(kind, _with_changed(tree, position, changed), position, faults, alone, tidy)
    exact = tuple(
        replace(fault, new=aim.subjects[0]) if fault.mend is Mend.REPLACE and set(fault.new) & {"*", "?"} else fault
        for fault in faults
    )
    if exact != faults:
        spelt = mended(written, exact, aim.caller.provider_arn, escape=escape)
        yield _Candidate(PatchKind.BOUND, _with_changed(tree, position, spelt), position, exact)
    if (was_shut and not tidy) or not _lists(changed, aim):
        bound = _bound(changed, aim, escape=escape)
        yield _Candidate(PatchKind.BOUND, _with_changed(tree, position, bound), position, faults)


def _is_ours(policy: Policy, position: int, faults: Iterable[Fault], aim: PatchAim) -> bool:
    """Return whether the statement is about this run's repository: it lists it, or the run misses it in its writing alone."""
    listed = list(faults)
    if any(fault.cause is Cause.ISSUER_DIFFERS for fault in listed):
        return False
    if lists_repository(policy.statements[position], aim.claims[0], aim.caller):
        return True
    return not any(fault.cause is Cause.SUBJECT_NOT_ADMITTED or names_another_repository(fault) for fault in listed)


def _lists_subjects(candidate: _Candidate, aim: PatchAim) -> bool:
    """Return whether the changed statement asks for the subject at all: AWS saves none that asks for nothing of the kind."""
    return _lists(statements(candidate.tree)[candidate.position], aim)


def _lists(statement: JsonObject, aim: PatchAim) -> bool:
    return any(key.lower() == aim.caller.key("sub").lower() for _, key, _ in conditions(statement))


def _too_open(tree: JsonObject, position: int, aim: PatchAim) -> bool:
    """Return whether the corrected statement, alone, admits whom a release role should refuse."""
    alone = write_document(with_statements(tree, [statements(tree)[position]]))
    found = who_gets_in(alone, aim.repository, audience=aim.audience)
    return isinstance(found, Admission) and found.verdict is Verdict.FAIL


def _with_changed(tree: JsonObject, position: int, statement: JsonObject) -> JsonObject:
    items: list[Json] = [*statements(tree)]
    items[position] = statement
    # One statement may stand without a list around it.
    return {**tree, "Statement": statement} if isinstance(tree.get("Statement"), dict) else with_statements(tree, items)


def _with_new(tree: JsonObject, statement: JsonObject) -> JsonObject:
    return with_statements(tree, with_own_sids([*copy.deepcopy(statements(tree)), statement]))


def _joined(faults: Iterable[Fault], aim: PatchAim) -> set[tuple[str, str]]:
    """Return the conditions on claims, beside the audience, that a value joins."""
    prefix, audience = f"{aim.caller.issuer.lower()}:", aim.caller.key("aud").lower()
    return {
        (fault.operator, fault.key)
        for fault in faults
        if fault.mend is Mend.JOIN and fault.key.lower().startswith(prefix) and fault.key.lower() != audience
    }


def _for_this_run(
    statement: JsonObject, joined: set[tuple[str, str]], faults: tuple[Fault, ...], aim: PatchAim, *, escape: bool
) -> bool:
    """Return whether the statement, beside what it admitted before, admits this run alone.

    Two values that join two lists, or one that joins beside a list of others, admit every pair. So every claim but the
    one that is joined has to be held to the run's own value.
    """
    if any(set(value) & {"*", "?"} and "like" in operator.lower() for operator, _ in joined for value in aim.subjects):
        return False
    prefix, audience = f"{aim.caller.issuer.lower()}:", aim.caller.key("aud").lower()
    # With an audience that joins, everybody gets in who is listed.
    wider = any(fault.key.lower() == audience for fault in faults if fault.mend is Mend.JOIN)
    joined_keys = {key for _, key in joined}
    for _, key, values in conditions(statement):
        if not key.lower().startswith(prefix) or key.lower() == audience:
            continue
        if key in joined_keys and not wider:
            continue
        own = {literal(item.get(key.lower().removeprefix(prefix)) or "", escape) for item in aim.claims}
        if not set(values) <= own:
            return False
    return _lists(statement, aim)


def _bound(statement: JsonObject, aim: PatchAim, *, escape: bool) -> JsonObject:
    """Return the statement with its subject written out as the run's, whatever pattern or list stood there."""
    changed = copy.deepcopy(statement)
    condition = changed.setdefault("Condition", {})
    if isinstance(condition, dict):
        _put(condition, aim.caller.key("sub"), aim.subjects, escape)
        if not any(key.lower() == aim.caller.key("aud").lower() for _, key, _ in conditions(changed)):
            _put(condition, aim.caller.key("aud"), (aim.audience,), escape)
    return changed


def _copied(statement: JsonObject, faults: Iterable[Fault], aim: PatchAim, *, escape: bool) -> JsonObject | None:
    """Return a statement for this run alone with every condition of another one; None where one of them cannot be met.

    Claims are held to the run's own values; conditions that no request meets are left out; all others stay.
    """
    changed = copy.deepcopy(statement)
    changed["Principal"] = {"Federated": str(aim.caller.provider_arn)}
    changed.pop("NotPrincipal", None)
    changed.pop("NotAction", None)
    changed["Action"] = WEB_IDENTITY_ACTION
    condition = changed.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return None
    prefix = f"{aim.caller.issuer.lower()}:"
    for fault in faults:
        if fault.mend in (Mend.REMOVE, Mend.RENAME) and fault.cause is Cause.CONDITION_KEY_NOT_CARRIED:
            mend_condition(changed, fault, escape=escape)
        elif fault.mend is Mend.NONE and fault.key and not fault.key.lower().startswith(prefix):
            return None
    condition = changed.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return None
    pinned = dict.fromkeys(key for _, key, _ in conditions(changed) if key.lower().startswith(prefix))
    for key in pinned:
        claim = key.lower().removeprefix(prefix)
        if claim in ("sub", "aud"):
            continue
        values = tuple(dict.fromkeys(value for item in aim.claims if (value := item.get(claim))))
        if values:
            _put(condition, key, values, escape)
        elif any(fault.key == key for fault in faults):
            return None
    for claim, values in (("sub", aim.subjects), ("aud", (aim.audience,))):
        _put(condition, aim.caller.key(claim), values, escape)
    return changed


def _put(condition: JsonObject, key: str, values: Iterable[str], escape: bool) -> None:
    """Hold a key to exactly these values, in the place of whatever was asked of it."""
    written = one_or_list([literal(value, escape) for value in values])
    exact = condition.get("StringEquals")
    name = next((name for name in exact if name.lower() == key.lower()), None) if isinstance(exact, dict) else None
    if isinstance(exact, dict) and name is not None:
        exact[name] = written
    for operator in [operator for operator in condition if operator != "StringEquals" or name is None]:
        block = condition[operator]
        if isinstance(block, dict):
            for other in [other for other in block if other.lower() == key.lower()]:
                del block[other]
            if not block:
                del condition[operator]
    if name is None:
        block = condition.setdefault("StringEquals", {})
        if isinstance(block, dict):
            block[key] = written


def _new_statement(tree: JsonObject, aim: PatchAim) -> JsonObject:
    """Return a statement of its own for the run."""
    escape = tree.get("Version") == "2012-10-17"
    condition: JsonObject = {}
    _put(condition, aim.caller.key("aud"), (aim.audience,), escape)
    _put(condition, aim.caller.key("sub"), aim.subjects, escape)
    return {
        "Effect": "Allow",
        "Principal": {"Federated": str(aim.caller.provider_arn)},
        "Action": WEB_IDENTITY_ACTION,
        "Condition": condition,
    }
