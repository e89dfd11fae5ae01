"""Find the second doors of a role: whoever may assume it beside GitHub's tokens, statement by statement.

A trust policy that is exact about GitHub protects nothing where another statement admits everybody. What is named by the
policy is told; what is open (the whole world, a whole foreign account, a provider whose tokens are not bounded) is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import product

from diagnosis.callers.constraints import compile_rules
from diagnosis.callers.github_names import ANY_TEXT
from diagnosis.callers.search import Part, Search, TokenShape
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.claims.claim_set import is_github_issuer
from diagnosis.claims.provider_controls import is_told_by_audience
from diagnosis.facts.case import StatedException
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy import Condition, Effect, Layers, Policy, Request, Statement, evaluate, own_policy
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded, keys_asked
from diagnosis.policy.principal_view import PrincipalKind, is_unique_id, view_principal
from diagnosis.sets.patterns import TooManyStates, unspelled
from diagnosis.sets.words import Unspelled
from diagnosis.trust.question import Caller, TrustOutcome

STRANGER_ACCOUNT = "999999999999"
_STRANGER_ROLE = "planescope-probe"
_SAML, _WEB, _PLAIN = "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"
_EVERYTHING = own_policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


class DoorKind(StrEnum):
    """What sort of principal a statement admits."""

    ANYBODY = "anybody"
    ACCOUNT = "account"
    """Everybody in an account whom that account permits."""
    IDENTITY = "identity"
    """One role, user or session."""
    SERVICE = "service"
    PROVIDER = "provider"
    """An identity provider: OpenID Connect or SAML."""


@dataclass(frozen=True, slots=True)
class Door:
    """One principal that may assume the role beside GitHub's workflows."""

    kind: DoorKind
    principal: str
    """As the policy writes it."""
    action: str
    """The operation of STS by which it gets in."""
    statement: str
    """Sid or path."""
    outcome: TrustOutcome
    """``denied`` where the statement's conditions, or a Deny, keep it out after all."""
    open: bool
    """Whether it is unbounded: the world, a whole foreign account, every token of a provider."""
    text: str
    """One sentence."""
    excepted: StatedException | None = None
    """The exception of the case file that covers it."""

    @property
    def harmful(self) -> bool:
        """Whether a release role should not have it."""
        return self.open and self.outcome is TrustOutcome.ALLOWED and self.excepted is None

    @property
    def unsure(self) -> bool:
        """Whether it is open unless a condition that could not be judged bounds it."""
        return self.open and self.outcome is TrustOutcome.UNKNOWN and self.excepted is None


def second_doors(
    policy: Policy, role_arn: Arn, *, exceptions: Iterable[StatedException] = (), today: date | None = None
) -> tuple[Door, ...]:
    """Return every principal beside GitHub's providers that an Allow statement names, in the order of the policy.

    ``exceptions`` are those of the case file; without ``today`` none of them is in force, since each expires.
    """
    found: dict[tuple[str, str, str], Door] = {}
    for statement in policy.allows:
        alone = _alone(policy, statement)
        for door in _doors(alone, statement, role_arn):
            stated = _exception(door, exceptions, today)
            found.setdefault((door.principal, door.action, door.statement), replace(door, excepted=stated))
    return tuple(found.values())


def _alone(policy: Policy, statement: Statement) -> Policy:
    """Return the policy with one Allow statement, beside every Deny."""
    denies = tuple(item for item in policy.statements if item.effect is Effect.DENY)
    return replace(policy, statements=(statement, *denies))


def _doors(alone: Policy, statement: Statement, role_arn: Arn) -> Iterator[Door]:
    assumes, web = _covers(statement, _PLAIN), _covers(statement, _WEB)
    if statement.principals is None:
        return
    if statement.not_principal:
        if assumes or web or _covers(statement, _SAML):
            text = f"{statement.name} allows with NotPrincipal: everybody whom it does not list, which AWS advises against."
            yield Door(
                DoorKind.ANYBODY,
                "NotPrincipal",
                _PLAIN if assumes else _WEB,
                statement.name,
                TrustOutcome.ALLOWED,
                True,
                text,
            )
        return
    for kind, name in statement.principals.entries:
        if name == "*" and kind in ("*", "AWS"):
            yield from _of_anybody(alone, statement, role_arn, assumes=assumes, web=web)
        elif kind == "AWS" and assumes:
            yield _of_identity(alone, statement, role_arn, name)
        elif kind == "Service" and assumes:
            text = f"{statement.name} lets the AWS service {name} assume the role."
            yield Door(DoorKind.SERVICE, name, _PLAIN, statement.name, TrustOutcome.ALLOWED, False, text)
        elif kind == "Federated":
            yield from _of_provider(alone, statement, role_arn, name, web=web)


def _covers(statement: Statement, action: str) -> bool:
    return statement.actions.covers(action.lower())


def _of_anybody(alone: Policy, statement: Statement, role_arn: Arn, *, assumes: bool, web: bool) -> Iterator[Door]:
    if assumes:
        stranger = Arn.iam(role_arn.partition, STRANGER_ACCOUNT, "role", _STRANGER_ROLE)
        outcome, unsure = _asked(alone, stranger, role_arn, _PLAIN, {"aws:PrincipalOrgID": "o-0000000000"})
        text = {
            TrustOutcome.ALLOWED: f"{statement.name} lets anybody of any AWS account assume the role (Principal *).",
            TrustOutcome.UNKNOWN: f"{statement.name} lets anybody of any AWS account assume the role unless {unsure} keeps "
            "them out, whose value no record tells.",
            TrustOutcome.DENIED: f"{statement.name} names Principal *, bounded by {_asked_of(statement)}.",
        }[outcome]
        yield Door(DoorKind.ANYBODY, "*", _PLAIN, statement.name, outcome, True, text)
    if web:
        other = Arn.iam(role_arn.partition, role_arn.account, "oidc-provider", "planescope-probe.example")
        outcome, unsure = _asked(alone, other, role_arn, _WEB, {})
        text = {
            TrustOutcome.ALLOWED: f"{statement.name} lets every identity provider's tokens assume the role (Principal *).",
            TrustOutcome.UNKNOWN: f"{statement.name} lets every identity provider's tokens assume the role unless {unsure} "
            "keeps them out, whose value no record tells.",
            TrustOutcome.DENIED: f"{statement.name} names Principal *, bounded by {_asked_of(statement)}.",
        }[outcome]
        if not (assumes and outcome is TrustOutcome.DENIED):
            yield Door(DoorKind.ANYBODY, "*", _WEB, statement.name, outcome, True, text)


def _asked_of(statement: Statement) -> str:
    return ", ".join(dict.fromkeys(item.key for item in statement.conditions)) or "another statement's Deny"


def _of_identity(alone: Policy, statement: Statement, role_arn: Arn, name: str) -> Door:
    account, arn = _account_of(name), Arn.parse(name)
    if account is None:
        outcome = TrustOutcome.ALLOWED
        if arn is not None:
            outcome, _ = _asked(alone, arn, role_arn, _PLAIN, _caller_chosen(statement))
        where = "" if arn is None or arn.account == role_arn.account else f" of the other account {arn.account}"
        gone = " (the id of a role or user that was deleted)" if is_unique_id(name) else ""
        verb = "lets" if outcome is not TrustOutcome.DENIED else "names, and its conditions refuse,"
        text = f"{statement.name} {verb} {name}{where}{gone} assume the role."
        return Door(DoorKind.IDENTITY, name, _PLAIN, statement.name, outcome, False, text)
    somebody = Arn.iam(role_arn.partition, account, "role", _STRANGER_ROLE)
    outcome, unsure = _asked(alone, somebody, role_arn, _PLAIN, _caller_chosen(statement, account))
    own = account == role_arn.account
    if outcome is TrustOutcome.DENIED:
        text = f"{statement.name} names account {account}, bounded by {_asked_of(statement)}."
    else:
        whose = "its own account" if own else "the other account"
        more = f", unless {unsure} keeps them out" if outcome is TrustOutcome.UNKNOWN else ""
        text = f"{statement.name} lets whomever {whose} {account} permits assume the role{more}."
    return Door(DoorKind.ACCOUNT, name, _PLAIN, statement.name, outcome, not own, text)


def _account_of(name: str) -> str | None:
    """Return the account where a principal stands for a whole account."""
    if is_account_id(name):
        return name
    arn = Arn.parse(name)
    return arn.account if arn is not None and arn.service == "iam" and arn.resource == "root" else None


def _caller_chosen(statement: Statement, account: str | None = None) -> dict[str, str]:
    """Return values for the keys that a caller of a trusted account can have: its conditions bound no single identity."""
    chosen: dict[str, str] = {"aws:MultiFactorAuthPresent": "true"}
    for key in ("sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity", "aws:PrincipalOrgID"):
        listed = statement.listed(key)
        if listed:
            chosen[key] = listed[0].replace("*", "x").replace("?", "x")
    return chosen | ({"aws:PrincipalAccount": account} if account else {})


def _of_provider(alone: Policy, statement: Statement, role_arn: Arn, name: str, *, web: bool) -> Iterator[Door]:
    arn = Arn.parse(name)
    if arn is not None and arn.resource_type == "saml-provider":
        if _covers(statement, _SAML):
            text = f"{statement.name} lets the SAML provider {name} assume the role."
            yield Door(DoorKind.PROVIDER, name, _SAML, statement.name, TrustOutcome.ALLOWED, False, text)
        return
    if not web or is_github_issuer(_issuer(name)):
        return
    if arn is not None and arn.account != role_arn.account:
        text = f"{statement.name} names {name} of another account: AWS lets no role trust that."
        yield Door(DoorKind.PROVIDER, name, _WEB, statement.name, TrustOutcome.DENIED, False, text)
        return
    foreign = [item.key for item in statement.conditions if _only_of_another(item, _issuer(name))]
    if foreign:
        text = (
            f"{statement.name} names {name}, whose tokens never carry {', '.join(dict.fromkeys(foreign))}: "
            "nobody gets in by it."
        )
        yield Door(DoorKind.PROVIDER, name, _WEB, statement.name, TrustOutcome.DENIED, False, text)
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
        _WEB,
        statement.name,
        TrustOutcome.ALLOWED if bounded_one else outcome,
        not bounded_one,
        told[outcome],
    )


def _only_of_another(condition: Condition, issuer: str) -> bool:
    """Return whether the condition wants a claim that only the tokens of another issuer carry."""
    prefix = condition.folded_key.rpartition(":")[0]
    return (
        condition.compares_strings
        and _of_a_provider(condition.folded_key)
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


def _unbounded(alone: Policy, role_arn: Arn, name: str) -> TrustOutcome:
    """Return whether a token of the provider gets in whose names no policy means."""
    issuer = _issuer(name)
    arn = Arn.parse(name)
    provider = arn if arn is not None else Arn.iam(role_arn.partition, role_arn.account, "oidc-provider", issuer)
    policy = alone if arn is not None else _under(alone, name, str(provider))
    rules = compile_rules((policy,), Caller(provider, role_arn, issuer))
    search, applying = Search(rules), Applying(rules)
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


def _asked(
    alone: Policy, principal: Arn, role_arn: Arn, action: str, chosen: dict[str, str]
) -> tuple[TrustOutcome, str]:
    """Ask for one principal; the second value names the condition keys whose value decides and is not known."""
    kind = view_principal(str(principal)).kind
    context = {"aws:SecureTransport": ("true",), **{key: (value,) for key, value in chosen.items()}}
    if kind is not PrincipalKind.WEB_IDENTITY:
        context |= {
            "aws:PrincipalArn": (str(principal),),
            "aws:PrincipalAccount": (principal.account,),
            "aws:PrincipalIsAWSService": ("false",),
            "aws:ViaAWSService": ("false",),
        }
    request = Request(
        principal=str(principal),
        action=action,
        resource=str(role_arn),
        resource_account=role_arn.account,
        context=context,
    )
    known = {key.lower() for key in context} | {key for key in keys_asked(alone) if _of_a_provider(key)}
    identity = () if kind is PrincipalKind.WEB_IDENTITY else (_EVERYTHING,)
    best_policy, unsure = bounded(alone, known, OPEN)
    worst_policy, _ = bounded(alone, known, SHUT)
    best = evaluate(request, Layers(identity=identity, resource=best_policy)).allowed
    worst = evaluate(request, Layers(identity=identity, resource=worst_policy)).allowed
    if best and worst:
        return TrustOutcome.ALLOWED, ""
    if not best:
        return TrustOutcome.DENIED, ""
    return TrustOutcome.UNKNOWN, ", ".join(unsure)


def _of_a_provider(key: str) -> bool:
    """Return whether a key is an identity provider's, which no other caller's request carries."""
    prefix = key.rpartition(":")[0]
    return "." in prefix or "/" in prefix


def _exception(door: Door, exceptions: Iterable[StatedException], today: date | None) -> StatedException | None:
    if door.kind is DoorKind.ANYBODY or not door.open or today is None:
        return None
    return next((item for item in exceptions if _same(item.principal, door.principal) and item.in_force(today)), None)


def _same(stated: str, principal: str) -> bool:
    """Return whether two texts name one principal: an account by its id or by its root."""
    account = _account_of(principal)
    return stated == principal or (account is not None and _account_of(stated) == account)
