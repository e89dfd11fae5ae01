"""Find out whether an identity provider is an open door: whether a token or assertion gets in whose names no policy means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from diagnosis.callers.constraints import compile_rules
from diagnosis.callers.door import BY_SAML, Door, DoorKind, covers, is_of_a_provider
from diagnosis.callers.github_names import ANY_TEXT
from diagnosis.callers.search import Budget, Part, Search, TokenShape
from diagnosis.callers.strangers import without
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.claims.claim_set import is_github_issuer
from diagnosis.claims.provider_controls import is_told_by_audience
from diagnosis.names.arn import Arn
from diagnosis.policy import Condition, Policy, Statement
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.sets.patterns import TooManyStates, unspelled
from diagnosis.sets.words import Unspelled
from diagnosis.trust.question import Caller, TrustOutcome


def provider_doors(alone: Policy, statement: Statement, role_arn: Arn, name: str) -> Iterator[Door]:
    """Yield the door that a statement opens to a provider named under Federated; GitHub's own is none."""
    web = covers(statement, WEB_IDENTITY_ACTION)
    arn = Arn.parse(name)
    if arn is not None and arn.resource_type == "saml-provider":
        if covers(statement, BY_SAML):
            # No bound is asked of it: an assertion lists by name each role that its bearer may assume.
            text = (
                f"{statement.name} lets the SAML provider {name} assume the role, for those whose assertion names it."
            )
            yield Door(DoorKind.PROVIDER, name, BY_SAML, statement.name, TrustOutcome.ALLOWED, False, text)
        return
    if not web or is_github_issuer(_issuer(name)):
        return
    if arn is not None and arn.account != role_arn.account:
        text = f"{statement.name} names {name} of another account: AWS lets no role trust that."
        yield Door(DoorKind.PROVIDER, name, WEB_IDENTITY_ACTION, statement.name, TrustOutcome.DENIED, False, text)
        return
    foreign = [item.key for item in statement.conditions if _only_of_another(item, _issuer(name))]
    if foreign:
        text = (
            f"{statement.name} names {name}, whose tokens never carry {', '.join(dict.fromkeys(foreign))}: "
            "nobody gets in by it."
        )
        yield Door(DoorKind.PROVIDER, name, WEB_IDENTITY_ACTION, statement.name, TrustOutcome.DENIED, False, text)
        return
    outcome = _unbounded(alone, role_arn, name)
    told = {
        TrustOutcome.ALLOWED: f"{statement.name} lets every token of {_issuer(name)} assume the role: nothing bounds its subject.",
        TrustOutcome.UNKNOWN: f"{statement.name} may let every token of {_issuer(name)} assume the role: whether its "
        "conditions bound the subject could not be decided.",
        TrustOutcome.DENIED: f"{statement.name} also lets tokens of {_issuer(name)} assume the role, bounded by its conditions.",
    }
    # A provider whose conditions refuse an unbounded caller is a door all the same, to those whom they name.
    bounded_one = outcome is TrustOutcome.DENIED
    yield Door(
        DoorKind.PROVIDER,
        name,
        WEB_IDENTITY_ACTION,
        statement.name,
        TrustOutcome.ALLOWED if bounded_one else outcome,
        not bounded_one,
        told[outcome],
    )


def asked_issuers(alone: Policy, statement: Statement, role_arn: Arn) -> Iterator[tuple[str, TrustOutcome]]:
    """Yield each issuer whose claims a statement for everybody asks about, and whether every token of it gets in.

    GitHub's is judged as the caller that it is.
    """
    keys = [item.folded_key for item in statement.conditions if is_of_a_provider(item.folded_key)]
    for issuer in dict.fromkeys(key.rpartition(":")[0] for key in keys):
        if not is_github_issuer(issuer):
            provider = Arn.iam(role_arn.partition, role_arn.account, "oidc-provider", issuer)
            yield issuer, _unbounded(alone, role_arn, str(provider))


def _only_of_another(condition: Condition, issuer: str) -> bool:
    """Return whether the condition wants a claim that only the tokens of another issuer carry."""
    prefix = condition.folded_key.rpartition(":")[0]
    return (
        condition.compares_strings
        and is_of_a_provider(condition.folded_key)
        and prefix != issuer.lower()
        and not (condition.if_exists or condition.operator.lower().startswith("forallvalues:"))
    )


def _issuer(name: str) -> str:
    arn = Arn.parse(name)
    return arn.resource_id if arn is not None else name


_SUBJECTS: tuple[tuple[str | None, ...], ...] = (
    (None,),
    ("project_path:", None, "/", None, ":ref_type:branch:ref:", "*"),
    ("project_path:", None, "/", None, ":ref_type:tag:ref:", "*"),
    ("system:serviceaccount:", None, ":", None),
    ("organization:", None, ":project:", None, ":workspace:", None, ":run_phase:", "*"),
    ("organization:", None, ":pipeline:", None, ":ref:", "*"),
    ("org/", None, "/project/", None, "/user/", None),
    ("repo:", None, "/", None, ":", "*"),
)
"""How well-known issuers build their subjects; None is a name that no policy means, a star any text."""
_AUDIENCES: tuple[tuple[str | None, ...], ...] = ((None,), ("https://vercel.com/", None), ("aws:", None))
"""How issuers write the customer into the audience, in the same way."""


_LOGIN = ":amr"
"""The claim that says how a user of an Amazon Cognito identity pool logged in: authenticated or not, by which provider."""


_SHARE = 16
"""A policy may name a hundred providers: each is searched with a part of what one policy may cost."""


def _unbounded(alone: Policy, role_arn: Arn, name: str) -> TrustOutcome:
    """Return whether a token of the provider gets in whose names no policy means."""
    issuer = _issuer(name)
    arn = Arn.parse(name)
    provider = arn if arn is not None else Arn.iam(role_arn.partition, role_arn.account, "oidc-provider", issuer)
    policy = alone if arn is not None else _under(alone, name, str(provider))
    # Whoever has an identity pool of its own chooses how its users log in.
    policy = without(policy, lambda key: is_of_a_provider(key) and key.endswith(_LOGIN))
    rules = compile_rules((policy,), Caller(provider, role_arn, issuer))
    search, applying = Search(rules, Budget(share=_SHARE)), Applying(rules)
    fresh = Unspelled(unspelled(rules.patterns.characters))
    # The client of a provider that is named by its host alone is what bounds it, and that of some others, which write the
    # customer there; elsewhere the caller chooses the audience.
    audiences = _AUDIENCES if arn is None or is_told_by_audience(issuer) else (("*",),)

    def part(piece: str | None, claim: str) -> Part:
        return Part(fresh if piece is None else ANY_TEXT if piece == "*" else piece, (claim,))

    for level, outcome in enumerate((TrustOutcome.ALLOWED, TrustOutcome.UNKNOWN)):
        for named, pieces in product(audiences, _SUBJECTS):
            shape = TokenShape((*(part(item, "aud") for item in named), *(part(item, "sub") for item in pieces)))
            try:
                token = search.smallest(
                    shape,
                    lambda bits, level=level: applying.admits(bits)[level],  # type: ignore[misc] # a default argument binds the loop's value
                    lambda bits: applying.may_admit(bits, 0),
                )
            except TooManyStates:
                return TrustOutcome.UNKNOWN
            if token is not None:
                return outcome
    return TrustOutcome.DENIED


def _under(policy: Policy, name: str, arn: str) -> Policy:
    """Return the policy with a provider that is named by its host as if it had an ARN."""

    def renamed(statement: Statement) -> Statement:
        found = statement.principals
        if found is None or name not in found.federated:
            return statement
        return replace(statement, principals=replace(found, federated=found.federated | {arn}))

    return replace(policy, statements=tuple(renamed(item) for item in policy.statements))
