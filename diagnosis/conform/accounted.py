"""What the case file accounts for: entries that are in force today, each for the set that it names and for nothing beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from diagnosis.claims.claim_set import GITHUB_ISSUER
from diagnosis.facts.case import Case, StatedException, StatedWidening
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy import PolicyDocument, Unparsable, expand_actions, write_document
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, Json
from diagnosis.policy.principal_view import PrincipalKind, view_principal
from diagnosis.trust.question import providers_among
from diagnosis.verdicts.conform_rule import ConformRule

_ASSUMING = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]


@dataclass(frozen=True, slots=True)
class Accounted:
    """The entries of a case file on one day."""

    widenings: tuple[StatedWidening, ...] = ()
    exceptions: tuple[StatedException, ...] = ()
    today: date | None = None

    @classmethod
    def of(cls, case: Case, today: date) -> Accounted:
        """Return those that are in force."""
        widenings = tuple(entry for entry in case.widenings if entry.in_force(today))
        return cls(widenings, tuple(entry for entry in case.exceptions if entry.in_force(today)), today)

    def about(self, names: Iterable[str]) -> Accounted:
        """Return those that are about a role or document of these names, or about every one."""
        known = set(names)
        return Accounted(
            tuple(entry for entry in self.widenings if not entry.role or _is_among(entry.role, known)),
            self.exceptions,
            self.today,
        )

    def of_resource(self, principals: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return what is stated of a resource's own policy: by entries that name the very document and all of these principals.

        What is stated of roles, or of who may assume one, says nothing of who may use a resource.
        """
        named = (entry for entry in self.widenings if entry.role and set(principals) <= set(entry.admits))
        return Accounted(tuple(named)).grants

    @property
    def grants(self) -> tuple[tuple[str, str], ...]:
        """The ``(action, resource pattern)`` pairs that the entries name, every action that a pattern stands for."""
        return tuple(
            dict.fromkeys(
                (action, resource)
                for entry in self.widenings
                for pattern in entry.grants
                for action in (expand_actions([pattern]) or (pattern,))
                for resource in entry.on
            )
        )

    @property
    def admits(self) -> tuple[str, ...]:
        """The subjects, principals and audiences that the entries name."""
        stated = (each for entry in self.widenings for each in entry.admits)
        return tuple(dict.fromkeys((*stated, *(entry.principal for entry in self.exceptions))))

    def taken_from(self, trust: PolicyDocument) -> PolicyDocument:
        """Return a trust policy that admits whom it admits, but for those whom the entries name."""
        return without_callers(trust, self.admits)


def _is_among(role: str, known: set[str]) -> bool:
    """Return whether a role's name or ARN, or a file, is one of these names."""
    arn = Arn.parse(role)
    return role in known or (arn is not None and arn.name in known)


def without_callers(trust: PolicyDocument, names: tuple[str, ...]) -> PolicyDocument:
    """Return a trust policy that admits whom it admits, but for these subjects and principals."""
    if not names or isinstance(trust.policy, Unparsable):
        return trust
    denials = list(_denials(names, trust))
    tree = trust.editable()
    listed = tree.get("Statement")
    statements: list[Json] = list(listed) if isinstance(listed, list) else [listed]
    return write_document({**tree, "Version": "2012-10-17", "Statement": [*statements, *denials]})


def only_subjects(trust: PolicyDocument, subjects: tuple[str, ...]) -> PolicyDocument:
    """Return a trust policy that admits of those whom it admits these subjects of GitHub's tokens alone."""
    if isinstance(trust.policy, Unparsable):
        return trust
    tree = trust.editable()
    listed = tree.get("Statement")
    statements: list[Json] = list(listed) if isinstance(listed, list) else [listed]
    others: Json = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": [*_ASSUMING],
        "Condition": {"StringNotLike": {f"{GITHUB_ISSUER}:sub": [*subjects]}},
    }
    return write_document({**tree, "Version": "2012-10-17", "Statement": [*statements, others]})


def _denials(admits: tuple[str, ...], trust: PolicyDocument) -> Iterator[Json]:
    """Yield a Deny for each sort of caller that is named."""
    principals: list[Json] = [name for name in admits if is_account_id(name) or Arn.parse(name) is not None]
    services: list[Json] = [name for name in admits if view_principal(name).kind is PrincipalKind.SERVICE]
    subjects: list[Json] = [name for name in admits if name not in principals and name not in services]
    if "*" in admits:
        yield _deny("*")
    providers: list[Json] = [name for name in principals if isinstance(name, str) and providers_among((name,))]
    others: list[Json] = [name for name in principals if name not in providers]
    if others:
        yield _deny({"AWS": others})
    if providers:
        yield _deny({"Federated": providers})
    if services:
        yield _deny({"Service": services})
    for issuer in _issuers(trust) if subjects else ():
        yield {
            "Effect": "Deny",
            "Principal": "*",
            "Action": WEB_IDENTITY_ACTION,
            "Condition": {"StringLike": {f"{issuer}:sub": subjects}},
        }


def _deny(principal: Json) -> Json:
    actions: list[Json] = [*_ASSUMING]
    return {"Effect": "Deny", "Principal": principal, "Action": actions}


def _issuers(trust: PolicyDocument) -> tuple[str, ...]:
    names = [name for item in trust.compiled().statements for name in item.principal_names]
    return tuple(dict.fromkeys((GITHUB_ISSUER, *(arn.resource_id for arn in providers_among(names)))))


def void_entries(case: Case, today: date, file: str) -> Iterator[Finding]:
    """Yield the entries that account for nothing, and why."""
    for number, entry in enumerate(case.widenings, 1):
        if entry.in_force(today):
            continue
        lacking = [
            word
            for word, there in (
                ("a rationale", entry.rationale.strip()),
                ("an expiry", entry.expires),
                ("what it names (admits, or grants with on)", entry.admits or (entry.grants and entry.on)),
            )
            if not there
        ]
        why = f"lacks {' and '.join(lacking)}" if lacking else f"has expired on {entry.expires}"
        yield _void(f"widening {number}", why, file)
    for number, exception in enumerate(case.exceptions, 1):
        if not exception.in_force(today):
            yield _void(f"exception {number} ({exception.principal})", f"has expired on {exception.expires}", file)


def _void(which: str, why: str, file: str) -> Finding:
    sentence = f"The entry {which} {why}: it accounts for nothing."
    rule = ConformRule.ENTRY_VOID
    return Finding(rule, Level.NOTE, Place(file, member=which), sentence, rule.record.correction)
