"""Compare two trust policies for the principals that are no OpenID Connect provider: accounts, roles, services, anybody.

Each principal that either policy names is asked, and a stranger whom neither names. A condition is an atom here: it holds or it
does not, and equal conditions hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from diagnosis.callers.constraints import Atom, Rule, Rules
from diagnosis.callers.strangers import STRANGER_ACCOUNT
from diagnosis.callers.verdicts_of_rules import Applying
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy, Request, Statement
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.sets.patterns import PatternSet
from diagnosis.trust.question import providers_among

_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_WEB = _ACTIONS[2]
_SOMEBODY = "planescope-probe"


def compare_principals(policies: tuple[Policy, Policy], side: int) -> Iterator[tuple[str, bool]]:
    """Yield ``(principal, certain)`` for everybody whom the policy of this side (0 or 1) admits and the other refuses."""
    told: set[str] = set()
    for (shown, asked), action in product(_principals(policies), _ACTIONS):
        if shown in told:
            continue
        rules = tuple(_rules(policies, asked, action))
        answer = Applying(Rules(rules, PatternSet(()), "")).differs((1 << len(rules)) - 1, side, 1 - side)
        if answer[1]:
            told.add(shown)
            yield shown, answer[0]


def _principals(policies: Iterable[Policy]) -> tuple[tuple[str, str], ...]:
    """Return ``(as shown, as asked)`` for every principal to be asked: an account stands for some role in it."""
    names: dict[str, str] = {}
    listed = list(policies)
    home = next((arn for policy in listed for arn in _arns(policy) if arn.has_account), None)
    partition = home.partition if home is not None else "aws"
    for policy in listed:
        for statement in policy.statements:
            for kind, name in statement.principals.entries if statement.principals else ():
                if name == "*" or providers_among((name,)):
                    continue
                arn = Arn.parse(name)
                if kind == "AWS" and (arn is None or arn.resource == "root"):
                    account = arn.account if arn is not None else name
                    asked = Arn.iam(partition, account, "role", _SOMEBODY) if account.isdigit() else None
                    names[f"everybody in account {account}" if asked else name] = str(asked or name)
                else:
                    names[name] = name
    own = home.account if home is not None else STRANGER_ACCOUNT
    names["anybody of any account"] = str(Arn.iam(partition, STRANGER_ACCOUNT, "role", _SOMEBODY))
    names["any identity provider of the account"] = str(
        Arn.iam(partition, own, "oidc-provider", f"{_SOMEBODY}.example")
    )
    return tuple(names.items())


def _arns(policy: Policy) -> Iterator[Arn]:
    for statement in policy.statements:
        for _, name in statement.principals.entries if statement.principals else ():
            arn = Arn.parse(name)
            if arn is not None:
                yield arn


def _rules(policies: Iterable[Policy], principal: str, action: str) -> Iterator[Rule]:
    request = Request(principal=principal, action=action, resource="*")
    for number, policy in enumerate(policies):
        for statement in policy.statements:
            if _applies(statement, request, principal):
                atoms = frozenset(_atom(statement, at) for at in range(len(statement.conditions)))
                yield Rule(number, statement, statement.effect is Effect.ALLOW, (), atoms)


def _applies(statement: Statement, request: Request, principal: str) -> bool:
    if not statement.actions.covers(request.folded_action):
        return False
    if statement.principal_match(request, has_boundary=False) is PrincipalMatch.NONE:
        return False
    if statement.resources is None:
        return True
    asked = replace(request, resource=principal)
    return statement.resources.everything or statement.resources.covers(asked, deny=statement.effect is Effect.DENY)


def _atom(statement: Statement, at: int) -> Atom:
    condition = statement.conditions[at]
    return (condition.folded_key, condition.name, tuple(sorted(condition.values)))
