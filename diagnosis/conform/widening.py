"""Find what a change newly admits or grants, as sets: what is left once what is stated, and what a release needs, is taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from diagnosis.callers.comparison import compare_trust
from diagnosis.claims.claim_set import GITHUB_ISSUER
from diagnosis.conform.accounted import Accounted, without_callers
from diagnosis.conform.documents import Document, RoleDocuments
from diagnosis.conform.needs import NOTHING_NEEDED, RoleNeeds
from diagnosis.facts.runs import Repository
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.grants.comparison import Grant, GrantComparison, compare_grants
from diagnosis.iac.proposal import DocumentKind
from diagnosis.live.layers import whole_document
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, PolicyDocument, Statement, Unparsable, write_document
from diagnosis.verdicts.conform_rule import ConformRule

_NOBODY = write_document({"Version": "2012-10-17", "Statement": []})
"""A trust policy without a statement admits nobody."""
_SHOWN = 3
DEFAULT_SESSION = 3600
"""Seconds that a session of a role may last where nothing is said."""
_MAX_SESSION = "MaxSessionDuration"
_WITH_SESSION = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
"""What a trust policy may allow beside assuming the role: policies elsewhere may go by what is set so."""

Layers = Sequence[Sequence[PolicyDocument]]


@dataclass(frozen=True, slots=True)
class Widening:
    """What accounts for a difference between the two sides."""

    repository: Repository
    accounted: Accounted
    needed: RoleNeeds = NOTHING_NEEDED

    # A role's trust policy

    def of_trust(self, old: Document | None, new: Document, role: str, arn: Arn | None) -> Iterator[Finding]:
        """Yield what a trust policy newly admits; without an old one, everybody whom it admits."""
        before, after = _both(old, new)
        if after is None or (old is not None and old.same_as(new)):
            return
        yield from self._session_actions(before, new, after, role)
        provider = arn.beside("oidc-provider", GITHUB_ISSUER) if arn is not None and arn.has_account else None
        raw = compare_trust(before, after, self.repository, provider_arn=provider)
        for why in raw.undecided:
            yield not_compared(new.place(), f"Whom the {new.shown} newly admits is not decided: {why}")
        if not raw.newly_admitted:
            return
        rest = self.accounted.taken_from(after)
        unstated = compare_trust(before, rest, self.repository, provider_arn=provider)
        own, rest = self.needed.claims, without_callers(rest, self.needed.subjects)
        left = compare_trust(before, rest, self.repository, meant=own, provider_arn=provider) if own else unstated
        if left.newly_admitted or (left.undecided and not raw.undecided):
            found = left.newly_admitted or raw.newly_admitted
            sure = any(each.certain for each in found)
            word = "would admit" if sure else "may admit, depending on what no record tells,"
            new_to = "whom the base branch refuses" if old is not None else "and the base branch has no such role"
            who = _listed(each.who for each in found)
            rule = ConformRule.WIDENED_TRUST
            yield Finding(
                rule,
                Level.ERROR if sure else Level.UNKNOWN,
                place_of_new(old, new),
                f"Role {role} {word} {who}, {new_to}.",
                rule.record.correction,
                tuple(each.text for each in found),
            )
        open_slugs = {each.slug for each in left.newly_admitted}
        unstated_slugs = {each.slug for each in unstated.newly_admitted}
        # Where a class is left, another member of it may be the smallest: accounted for is only a class that is gone.
        stated = [each.text for each in raw.newly_admitted if each.slug not in unstated_slugs]
        needed = [each.text for each in unstated.newly_admitted if each.slug not in open_slugs]
        if stated:
            yield _note(ConformRule.WIDENING_STATED, new.place(), f"What role {role} newly admits is stated", stated)
        if needed:
            said = f"Role {role} newly admits a release of this repository, and nobody else by it"
            yield _note(ConformRule.WIDENING_NEEDED, new.place(), said, needed)

    def _session_actions(
        self, before: PolicyDocument, new: Document, after: PolicyDocument, role: str
    ) -> Iterator[Finding]:
        """Yield what else a caller may newly do as the session begins: give it tags, an identity, a context."""
        for action in _WITH_SESSION:
            allowed = [any(item.actions.covers(action.lower()) for item in _allows(each)) for each in (before, after)]
            if (
                allowed == [True, True]
                or not allowed[1]
                or any(action.lower() == each.lower() for each, _ in self.accounted.grants)
            ):
                continue
            rule = ConformRule.WIDENED_TRUST
            said = (
                f"Whoever may assume role {role} could also use {action} at it, which the base branch does not allow."
            )
            yield Finding(rule, Level.ERROR, new.place(), said, rule.record.correction, (action,))

    # A role's permissions

    def of_role(self, old: RoleDocuments | None, new: RoleDocuments) -> Iterator[Finding]:
        """Yield what the policies of a role newly grant within its boundary."""
        yield from self._beyond(old, new)
        yield from self._session(old, new)
        olds, news = without_same_unread(old, new)
        unread = next((each for each in olds if each.document is None), None)
        if unread is not None:
            said = f"What role {new.label} is newly granted is not decided: on the base branch, {unread.unread}."
            yield not_compared(new.place, said)
            return
        if old is not None and _are_alike(olds, news) and _are_alike(_edge(old), _edge(new)):
            return
        readable = [each for each in news if each.document is not None]
        if readable or olds:
            changed = [each for each in readable if not any(each.same_as(other) for other in olds)]

            def place(grants: Sequence[Grant]) -> Place:
                if not changed:
                    return new.place
                pairs = [(next((each for each in olds if _pairs(each, own)), None), own) for own in changed]
                places = [place_of_new(was, own, grants) for was, own in pairs]
                granting = (each for each, (_, own) in zip(places, pairs, strict=True) if _grants_any(own, grants))
                return next(granting, places[0])

            yield from self._grants(layers_of(olds, old), layers_of(readable, new), place, f"role {new.label}")

    def _beyond(self, old: RoleDocuments | None, new: RoleDocuments) -> Iterator[Finding]:
        """Yield the policies that it is newly given, or the boundary that it loses, and that stand in no file."""
        before = old.beyond if old is not None else ()
        stated = {pattern for entry in self.accounted.widenings for pattern in entry.grants}
        rule = ConformRule.WIDENED_GRANTS
        for each in new.beyond:
            if each not in before and each.startswith("managed policy"):
                said = f"Role {new.label} is newly given the {each}, whose document is in no file of this change."
                named = each.rpartition(" ")[2]
                if named in stated:
                    yield _note(
                        ConformRule.WIDENING_STATED, new.place, f"That role {new.label} is given it is stated", [each]
                    )
                else:
                    yield Finding(rule, Level.ERROR, new.place, said, rule.record.correction, (each,))
        if old is not None and old.boundary is not None and new.boundary is None and not _has_edge(new):
            name = old.boundary.proposed.name or old.boundary.shown
            said = f"Role {new.label} is no longer held by its permissions boundary {name}."
            if name in stated:
                yield _note(ConformRule.WIDENING_STATED, new.place, f"That role {new.label} loses it is stated", [name])
            else:
                yield Finding(rule, Level.ERROR, new.place, said, "Keep the boundary, or one that bounds as much.")
        edges = [each for each in before if each.startswith("permissions boundary")]
        if edges and new.boundary is None and not set(edges) <= set(new.beyond):
            said = f"Role {new.label} is no longer held by its {edges[0]}."
            yield Finding(rule, Level.ERROR, new.place, said, "Keep the boundary, or one that bounds as much.")

    def _session(self, old: RoleDocuments | None, new: RoleDocuments) -> Iterator[Finding]:
        """Yield that a session may last longer than it could."""
        if old is None or new.open_session:
            return
        before, after = (DEFAULT_SESSION if each.max_session is None else each.max_session for each in (old, new))
        if after <= before:
            return
        said = f"A session of role {new.label} could last {after} seconds, and {before} on the base branch"
        if after <= self.needed.longest:
            yield _note(ConformRule.WIDENING_NEEDED, new.place, f"{said}, as a release asks for", ())
        elif _MAX_SESSION in {pattern for entry in self.accounted.widenings for pattern in entry.grants}:
            yield _note(ConformRule.WIDENING_STATED, new.place, f"{said}, which is stated", (_MAX_SESSION,))
        else:
            # It lets nobody in and grants nothing: it is told, and no error.
            yield _note(ConformRule.WIDENED_GRANTS, new.place, f"{said}; no release asks for that", ())

    def of_policy(self, old: Document | None, new: Document) -> Iterator[Finding]:
        """Yield what a policy newly grants to whomever it is attached to."""
        before, after = _both(old, new)
        if after is not None and not (old is not None and old.same_as(new)):
            layers = [[before]] if old is not None else [[]]
            yield from self._grants(
                layers, [[after]], partial(place_of_new, old, new), f"whoever holds the {new.shown}"
            )

    def _grants(
        self, before: Layers, after: Layers, place_of: Callable[[Sequence[Grant]], Place], whose: str
    ) -> Iterator[Finding]:
        raw = compare_grants(before, after)
        place = place_of(raw.newly_granted)
        for why in raw.undecided:
            yield not_compared(place, f"What {whose} is newly granted is not decided: {why}.")
        if not raw.newly_granted:
            return
        stated, needed = self.accounted.grants, self.needed.grants
        unstated = compare_grants(before, after, meant=stated) if stated else raw
        left = compare_grants(before, after, meant=(*stated, *needed)) if needed else unstated
        rule = ConformRule.WIDENED_GRANTS
        if left.newly_granted:
            need = ", which no release of this repository needs" if needed else ""
            said = f"{whose[:1].upper()}{whose[1:]} would be granted {_actions(left.newly_granted)} beyond the base branch{need}."
            yield Finding(rule, Level.ERROR, place_of(left.newly_granted), said, rule.record.correction, _told(left))
        if gone := _gone(raw, unstated):
            yield _note(ConformRule.WIDENING_STATED, place, f"What {whose} is newly granted is stated", gone)
        if gone := _gone(unstated, left):
            said = f"What {whose} is newly granted is what a release of this repository needs"
            yield _note(ConformRule.WIDENING_NEEDED, place, said, [*gone, *self._steps(gone)])

    def _steps(self, grants: Iterable[str]) -> Iterator[str]:
        """Yield which steps need the actions of these grants."""
        told = " ".join(grants)
        for need in self.needed.needs:
            if need.action in told and need.step:
                of = f" of job “{need.job}”" if need.job else ""
                yield f"needed by step “{need.step}”{of}"

    # A resource's own policy

    def of_resource(self, old: Document | None, new: Document) -> Iterator[Finding]:
        """Yield what a resource's own policy newly allows, and to whom."""
        before, after = _both(old, new)
        if after is None or (old is not None and old.same_as(new)):
            return
        layers: Layers = [[before]] if old is not None else [[]]
        raw = compare_grants(layers, [[after]])
        for why in raw.undecided:
            yield not_compared(new.place(), f"What the {new.shown} newly allows is not decided: {why}.")
        yield from self._no_longer_denied(old, new, before, after)
        if not raw.newly_granted:
            return
        known = list(map(_meaning, _allows(before)))
        who = [name for item in _allows(after) if _meaning(item) not in known for _, name in _principals(item)]
        # Of a statement for all but some, or of one that no longer excludes somebody, nobody is named.
        left = compare_grants(layers, [[after]], meant=self.accounted.of_resource(who)) if who else raw
        if gone := _gone(raw, left):
            yield _note(ConformRule.WIDENING_STATED, new.place(), f"What the {new.shown} newly allows is stated", gone)
        if left.newly_granted:
            to = f" to {_listed(who)}" if who else ""
            rule = ConformRule.WIDENED_RESOURCE_POLICY
            said = f"The {new.shown} would allow {_actions(left.newly_granted)}{to} beyond the base branch."
            place = place_of_new(old, new, left.newly_granted)
            yield Finding(rule, Level.ERROR, place, said, rule.record.correction, _told(left))

    def _no_longer_denied(
        self, old: Document | None, new: Document, before: PolicyDocument, after: PolicyDocument
    ) -> Iterator[Finding]:
        """Yield what a resource's policy denied before: others may be allowed it by policies of their own."""
        if old is None:
            return
        layers = [[[whole_document("Allow"), _denials_of(each)]] for each in (before, after)]
        raw = compare_grants(*layers)
        found = compare_grants(*layers, meant=self.accounted.of_resource())
        if gone := _gone(raw, found):
            said = f"What the {new.shown} no longer denies is stated"
            yield _note(ConformRule.WIDENING_STATED, new.place(), said, gone)
        if found.newly_granted:
            rule = ConformRule.WIDENED_RESOURCE_POLICY
            said = (
                f"The {new.shown} would no longer deny {_actions(found.newly_granted)}, as it does on the base branch."
            )
            yield Finding(rule, Level.ERROR, new.place(), said, rule.record.correction, _told(found))


def _edge(role: RoleDocuments) -> tuple[Document, ...]:
    return (role.boundary,) if role.boundary is not None else ()


def _are_alike(olds: Sequence[Document], news: Sequence[Document]) -> bool:
    """Return whether both sides have the same documents, however often and in whatever order."""
    pairs = ((olds, news), (news, olds))
    return all(any(each.same_as(other) for other in others) for some, others in pairs for each in some)


def _has_edge(role: RoleDocuments) -> bool:
    return any(each.startswith("permissions boundary") for each in role.beyond)


def _denials_of(document: PolicyDocument) -> PolicyDocument:
    """Return the Deny statements of a document alone."""
    tree = document.tree
    listed = tree.get("Statement", [])
    items = listed if isinstance(listed, list) else [listed]
    denials = [item for item in items if isinstance(item, dict) and item.get("Effect") == "Deny"]
    return write_document({**tree, "Statement": [*denials]})


def takes_away(old: Document, new: Document, repository: Repository) -> bool:
    """Return whether a document may admit or grant less than it did."""
    if old.document is None or new.document is None:
        return not old.same_as(new)
    if new.kind is DocumentKind.TRUST:
        return not compare_trust(old.document, new.document, repository).takes_nothing_away
    return not compare_grants([[old.document]], [[new.document]]).takes_nothing_away


def of_removed(old: Document) -> Iterator[Finding]:
    """Yield that a document is taken away which held others back: a boundary, a control policy, a Deny."""
    guards = (DocumentKind.BOUNDARY, DocumentKind.SERVICE_CONTROL, DocumentKind.RESOURCE_CONTROL)
    document = old.document
    denies = document is not None and any(item.effect is Effect.DENY for item in _statements(document))
    if old.kind in guards or denies:
        rule = ConformRule.WIDENED_GRANTS
        said = f"The {old.shown} is taken away: what it holds back on the base branch is held back no longer."
        place = Place(old.proposed.file, old.proposed.line, member=old.proposed.address)
        yield Finding(
            rule, Level.ERROR, place, said, "Keep it, or move what it denies into another document of its kind."
        )


def not_compared(place: Place, sentence: str) -> Finding:
    """Return the finding of something that was read and not decided."""
    rule = ConformRule.NOT_COMPARED
    return Finding(rule, Level.UNKNOWN, place, sentence, rule.record.correction)


def _pairs(old: Document, new: Document) -> bool:
    """Return whether a document of the base is the one that another is a new version of."""
    return old.kind is new.kind and old.proposed.name == new.proposed.name


def place_of_new(old: Document | None, new: Document, grants: Sequence[Grant] = ()) -> Place:
    """Return the place of the first statement that an older version of a document does not have, of these grants if any are."""
    known = list(map(_meaning, _statements(old.document))) if old is not None and old.document is not None else []
    own = list(enumerate(_statements(new.document))) if new.document is not None and old is not None else []
    fresh = [(at, item) for at, item in own if _meaning(item) not in known]
    actions = [action.lower() for grant in grants for action in grant.actions]
    granting = [at for at, item in fresh if item.effect is Effect.ALLOW and any(map(item.actions.covers, actions))]
    first = next(iter((*granting, *(at for at, _ in fresh))), None)
    return new.place() if first is None else new.place(("Statement", first), f"Statement[{first}]")


def _grants_any(document: Document, grants: Sequence[Grant]) -> bool:
    own = _allows(document.document) if document.document is not None else ()
    actions = {action.lower() for grant in grants for action in grant.actions}
    return any(any(map(item.actions.covers, actions)) for item in own)


def _statements(document: PolicyDocument) -> Iterator[Statement]:
    if not isinstance(document.policy, Unparsable):
        yield from document.policy.statements


def _meaning(item: Statement) -> tuple[object, ...]:
    """Return what a statement says, wherever it stands and whatever it is called."""
    asked = tuple((each.name, each.folded_key, each.values) for each in item.conditions)
    principals = (item.principals.entries if item.principals is not None else None, item.not_principal)
    resources = (item.resources.patterns, item.resources.negated) if item.resources is not None else None
    return (item.effect, item.actions.patterns, item.actions.negated, resources, asked, principals)


def _note(rule: ConformRule, place: Place, sentence: str, details: Iterable[str]) -> Finding:
    return Finding(rule, Level.NOTE, place, f"{sentence}.", rule.record.correction, tuple(dict.fromkeys(details)))


def _both(old: Document | None, new: Document) -> tuple[PolicyDocument, PolicyDocument | None]:
    """Return the two documents; no second one where either was not read: that is told by itself."""
    if old is not None and old.document is None:
        return _NOBODY, None
    return (old.document if old is not None and old.document is not None else _NOBODY), new.document


def without_same_unread(
    old: RoleDocuments | None, new: RoleDocuments
) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    """Return the permission documents of both sides without those that neither side could read, and that are alike."""

    def of(role: RoleDocuments | None) -> tuple[Document, ...]:
        return (*role.policies, *((role.boundary,) if role.boundary is not None else ())) if role is not None else ()

    olds, news = of(old), of(new)
    same = [each for each in news if each.document is None and any(each.same_as(other) for other in olds)]
    return (
        tuple(each for each in olds if not any(each.same_as(other) for other in same)),
        tuple(each for each in news if each not in same),
    )


def layers_of(documents: Sequence[Document], role: RoleDocuments | None) -> Layers:
    """Return the layers that all have to allow: the policies, and the boundary."""
    edge = role.boundary if role is not None else None
    policies = [each.document for each in documents if each is not edge and each.document is not None]
    bound = edge.document if edge is not None and edge in documents and edge.document is not None else None
    return [policies, [bound if bound is not None else whole_document("Allow")]]


def _allows(document: PolicyDocument) -> Iterator[Statement]:
    yield from (item for item in _statements(document) if item.effect is Effect.ALLOW)


def _principals(statement: Statement) -> tuple[tuple[str, str], ...]:
    return statement.principals.entries if statement.principals is not None else ()


def _gone(more: GrantComparison, less: GrantComparison) -> list[str]:
    """Return what the second comparison no longer tells: actions on the resources that are now taken out."""
    left = {(action, grant.resource) for grant in less.newly_granted for action in grant.actions}
    found = []
    for grant in more.newly_granted:
        actions = tuple(action for action in grant.actions if (action, grant.resource) not in left)
        if actions:
            found.append(Grant(actions, grant.resource, grant.conditions).text)
    return found


def _told(found: GrantComparison) -> tuple[str, ...]:
    return tuple(dict.fromkeys(grant.text for grant in found.newly_granted))


def _actions(grants: Sequence[Grant]) -> str:
    return _listed(action for grant in grants for action in grant.actions)


def _listed(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    more = len(every) - _SHOWN
    shown = every[:_SHOWN]
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
