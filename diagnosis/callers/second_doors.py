"""Find the second doors of a role: whoever may assume it beside GitHub's tokens, statement by statement.

A trust policy that is exact about GitHub protects nothing where another statement admits everybody. What is named by the
policy is told; what is open (the whole world, a whole foreign account, a provider whose tokens are not bounded) is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from diagnosis.callers.door import BY_IDENTITY, BY_SAML, Door, DoorKind, covers
from diagnosis.callers.provider_doors import asked_issuers, provider_doors
from diagnosis.callers.strangers import accounts_asked, ask_account, ask_identity, ask_provider, ask_stranger
from diagnosis.facts.case import StatedException
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy import Effect, Policy, Statement
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.policy.principal_view import is_unique_id
from diagnosis.trust.question import TrustOutcome

_SOURCE_OF_A_SERVICE = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorg")
"""Keys by which a service says for whose resource it acts."""


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
    assumes, web = covers(statement, BY_IDENTITY), covers(statement, WEB_IDENTITY_ACTION)
    saml = covers(statement, BY_SAML)
    if statement.principals is None:
        return
    if statement.not_principal:
        if assumes or web or saml:
            text = f"{statement.name} allows with NotPrincipal: everybody whom it does not list, which AWS advises against."
            action = BY_IDENTITY if assumes else WEB_IDENTITY_ACTION if web else BY_SAML
            yield Door(
                DoorKind.ANYBODY, "NotPrincipal", action, statement.name, TrustOutcome.ALLOWED, open=True, text=text
            )
        return
    for kind, name in statement.principals.entries:
        if name == "*" and kind in ("*", "AWS"):
            yield from _of_anybody(alone, statement, role_arn)
        elif kind in ("AWS", "CanonicalUser") and assumes:
            yield _of_identity(alone, statement, role_arn, name)
        elif kind == "Service" and assumes:
            yield _of_service(statement, name)
        elif kind == "Federated" and set(name) & {"*", "?"} and (web or saml):
            yield _of_no_provider(statement, name, WEB_IDENTITY_ACTION if web else BY_SAML)
        elif kind == "Federated":
            yield from provider_doors(alone, statement, role_arn, name)


def _of_anybody(alone: Policy, statement: Statement, role_arn: Arn) -> Iterator[Door]:
    """Yield a door for each operation that a statement with Principal ``*`` allows, and one that is shut if all are."""
    asked: list[tuple[str, str, TrustOutcome, str]] = []
    if covers(statement, BY_IDENTITY):
        asked.append((BY_IDENTITY, "anybody of any AWS account", *ask_stranger(alone, role_arn)))
    if covers(statement, WEB_IDENTITY_ACTION):
        whose = "every identity provider's tokens"
        asked.append((WEB_IDENTITY_ACTION, whose, *ask_provider(alone, role_arn, WEB_IDENTITY_ACTION)))
        for issuer, outcome in asked_issuers(alone, statement, role_arn):
            asked.append((WEB_IDENTITY_ACTION, f"every token of {issuer}", outcome, "one of its conditions"))
    if covers(statement, BY_SAML):
        asked.append((BY_SAML, "every SAML provider's users", *ask_provider(alone, role_arn, BY_SAML)))
    # Who certainly gets in is told first, and so is what the statement's operation is told by.
    let_in = sorted(
        (item for item in asked if item[2] is not TrustOutcome.DENIED),
        key=lambda item: item[2] is TrustOutcome.UNKNOWN,
    )
    for action, who, outcome, unsure in let_in:
        held = f": its conditions ({_asked_of(statement)}) bound nobody" if statement.conditions else ""
        text = f"{statement.name} lets {who} assume the role (Principal *){held}."
        if outcome is TrustOutcome.UNKNOWN:
            text = f"{statement.name} lets {who} assume the role unless {unsure} keeps them out, whose value no record tells."
        yield Door(DoorKind.ANYBODY, "*", action, statement.name, outcome, open=True, text=text)
    accounts = () if let_in or not asked else tuple(_of_asked_accounts(alone, statement, role_arn))
    yield from accounts
    if asked and not let_in and not accounts:
        text = f"{statement.name} names Principal *, bounded by {_asked_of(statement)}."
        yield Door(DoorKind.ANYBODY, "*", asked[0][0], statement.name, TrustOutcome.DENIED, open=True, text=text)


def _of_asked_accounts(alone: Policy, statement: Statement, role_arn: Arn) -> Iterator[Door]:
    """Yield the doors of a star that its conditions hold to whole accounts: as open as the roots of these accounts."""
    for account in accounts_asked(replace(alone, statements=(statement,))) if covers(statement, BY_IDENTITY) else ():
        outcome, unsure = ask_account(alone, role_arn, account)
        if outcome is not TrustOutcome.DENIED:
            yield _of_account(statement, account, account, role_arn, outcome, unsure)


def _asked_of(statement: Statement) -> str:
    return ", ".join(dict.fromkeys(item.key for item in statement.conditions)) or "another statement's Deny"


def _of_service(statement: Statement, name: str) -> Door:
    told = any(
        item.compares_something and item.folded_key.startswith(_SOURCE_OF_A_SERVICE) for item in statement.conditions
    )
    every = bool(set(name) & {"*", "?"})
    text = f"{statement.name} lets the AWS service {name} assume the role."
    if every:
        bound = f", bounded by {_asked_of(statement)}" if told else ": some of them act for anybody"
        text = f"{statement.name} lets every AWS service that {name} stands for assume the role{bound}."
    return Door(
        DoorKind.SERVICE, name, BY_IDENTITY, statement.name, TrustOutcome.ALLOWED, open=every and not told, text=text
    )


def _of_no_provider(statement: Statement, name: str, action: str) -> Door:
    """Return the door of a federated principal with a wildcard, of which AWS documents nothing."""
    bounds = f", bounded perhaps by {_asked_of(statement)}" if statement.conditions else ""
    outcome = TrustOutcome.UNKNOWN if statement.conditions else TrustOutcome.ALLOWED
    text = (
        f"{statement.name} names the federated principal {name}, which AWS refuses to save: taken as every identity "
        f"provider{bounds}."
    )
    return Door(DoorKind.PROVIDER, name, action, statement.name, outcome, open=True, text=text)


def _of_identity(alone: Policy, statement: Statement, role_arn: Arn, name: str) -> Door:
    account, arn = _account_of(name), Arn.parse(name)
    if account is None and set(name) & {"*", "?"}:
        text = f"{statement.name} names {name}: AWS refuses to save a principal with a wildcard, and whom it admits is not known."
        return Door(DoorKind.IDENTITY, name, BY_IDENTITY, statement.name, TrustOutcome.UNKNOWN, open=True, text=text)
    if account is None:
        outcome = TrustOutcome.ALLOWED
        if arn is not None:
            outcome, _ = ask_identity(alone, role_arn, arn)
        where = "" if arn is None or arn.account == role_arn.account else f" of the other account {arn.account}"
        gone = " (the id of a role or user that was deleted)" if is_unique_id(name) else ""
        verb = "lets" if outcome is not TrustOutcome.DENIED else "names, and its conditions refuse,"
        text = f"{statement.name} {verb} {name}{where}{gone} assume the role."
        return Door(DoorKind.IDENTITY, name, BY_IDENTITY, statement.name, outcome, open=False, text=text)
    outcome, unsure = ask_account(alone, role_arn, account)
    return _of_account(statement, name, account, role_arn, outcome, unsure)


def _of_account(
    statement: Statement, name: str, account: str, role_arn: Arn, outcome: TrustOutcome, unsure: str
) -> Door:
    own = account == role_arn.account
    if outcome is TrustOutcome.DENIED:
        text = f"{statement.name} names account {account}, bounded by {_asked_of(statement)}."
    else:
        whose = "its own account" if own else "the other account"
        more = f", unless {unsure} keeps them out" if outcome is TrustOutcome.UNKNOWN else ""
        text = f"{statement.name} lets whomever {whose} {account} permits assume the role{more}."
    return Door(DoorKind.ACCOUNT, name, BY_IDENTITY, statement.name, outcome, open=not own, text=text)


def _account_of(name: str) -> str | None:
    """Return the account where a principal stands for a whole account."""
    if is_account_id(name):
        return name
    arn = Arn.parse(name)
    return arn.account if arn is not None and arn.service == "iam" and arn.resource == "root" else None


def _exception(door: Door, exceptions: Iterable[StatedException], today: date | None) -> StatedException | None:
    if door.kind is DoorKind.ANYBODY or not door.open or today is None:
        return None
    return next((item for item in exceptions if _same(item.principal, door.principal) and item.in_force(today)), None)


def _same(stated: str, principal: str) -> bool:
    """Return whether two texts name one principal: an account by its id or by its root."""
    account = _account_of(principal)
    return stated == principal or (account is not None and _account_of(stated) == account)
