"""Find out whether somebody nobody meant gets in by a statement: a stranger of any account, or anybody of one account.

Whoever calls from an account of its own gives its roles, sessions and tags what names it likes. So a condition on those
bounds nobody, and one on the caller's ARN bounds the account alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product

from diagnosis.callers.door import BY_IDENTITY, is_of_a_provider
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import Condition, Effect, Layers, Policy, Request, evaluate, own_policy
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded, keys_asked
from diagnosis.policy.principal_view import PrincipalKind, view_principal
from diagnosis.trust.question import TrustOutcome

STRANGER_ACCOUNT = "999999999999"
STRANGER_ROLE = "planescope-probe"
_STRANGER_ID = "AROA00000PLANESCOPE0"
_STRANGER_ORGANIZATION = "o-0000000000"
_EVERYTHING = own_policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
_CHOSEN = frozenset(
    {
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:sourceidentity",
        "aws:tagkeys",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:username",
        "sts:durationseconds",
        "sts:rolesessionname",
        "sts:sourceidentity",
        "sts:transitivetagkeys",
    }
)
_CHOSEN_TAGS = ("aws:principaltag/", "aws:requesttag/")
_TOLD_TO_AN_ACCOUNT = frozenset({"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"})
"""What everybody of a trusted account has or knows, and a stranger does not."""

Answer = tuple[TrustOutcome, str]
"""The second value names the condition keys whose value decides and is not known."""


def ask_stranger(policy: Policy, role_arn: Arn) -> Answer:
    """Return whether anybody of any AWS account gets in by ``sts:AssumeRole``."""
    asked = without(policy, is_chosen)
    of_another = {
        "aws:PrincipalOrgID": (_STRANGER_ORGANIZATION,),
        "aws:PrincipalOrgPaths": (f"{_STRANGER_ORGANIZATION}/r-0000/ou-0000-00000000/",),
    }
    # Whoever is in no organization carries neither key, which IfExists and ForAllValues let in.
    of_none: dict[str, tuple[str, ...]] = dict.fromkeys(of_another, ())
    return _best(
        _ask(asked, arn, role_arn, {**context, "aws:userid": (name,)})
        for arn, name in _callers(policy, role_arn.partition, None)
        for context in (of_another, of_none)
    )


def ask_account(policy: Policy, role_arn: Arn, account: str) -> Answer:
    """Return whether somebody of the account gets in by ``sts:AssumeRole``, as the account itself permits."""
    asked = without(policy, lambda key: is_chosen(key) or key in _TOLD_TO_AN_ACCOUNT)
    callers = _callers(policy, role_arn.partition, account)
    return _best(_ask(asked, arn, role_arn, {"aws:userid": (name,)}) for arn, name in callers)


def accounts_asked(policy: Policy) -> tuple[str, ...]:
    """Return the accounts whose ids stand whole in a condition on the caller's account or ARN, in the order of the policy."""
    found: list[str] = []
    for statement in policy.statements:
        for item in statement.conditions:
            if item.folded_key == "aws:principalaccount":
                found += item.values
            elif item.folded_key == "aws:principalarn":
                found += [arn.account for arn in map(ArnPattern.parse, item.values) if arn is not None]
    return tuple(account for account in dict.fromkeys(found) if is_account_id(account))


def ask_identity(policy: Policy, role_arn: Arn, principal: Arn) -> Answer:
    """Return whether one role, user or session gets in by ``sts:AssumeRole``."""
    return _ask(without(policy, lambda key: is_chosen(key) or key in _TOLD_TO_AN_ACCOUNT), principal, role_arn, {})


def ask_provider(policy: Policy, role_arn: Arn, action: str) -> Answer:
    """Return whether a token or assertion gets in of an identity provider of which no condition speaks."""
    kind = "saml-provider" if action.endswith("SAML") else "oidc-provider"
    provider = Arn.iam(role_arn.partition, role_arn.account, kind, "planescope-probe.example")
    # Every assertion for AWS is addressed to AWS's own sign-in.
    return _ask(without(policy, lambda key: key == "saml:aud"), provider, role_arn, {}, action)


def is_chosen(key: str) -> bool:
    """Return whether whoever calls from an account of its own can have any value of a condition key, in lower case."""
    return key in _CHOSEN or key.startswith(_CHOSEN_TAGS)


def without(policy: Policy, chosen: Callable[[str], bool]) -> Policy:
    """Return the policy as it is for a caller who chooses each of these values as is best for getting in."""

    def is_free(condition: Condition) -> bool:
        return chosen(condition.folded_key) and bool(condition.values)

    kept = [
        replace(item, conditions=tuple(each for each in item.conditions if not is_free(each)))
        for item in policy.statements
        if item.effect is Effect.ALLOW or not any(is_free(each) for each in item.conditions)
    ]
    return replace(policy, statements=tuple(kept))


def _callers(policy: Policy, partition: str, account: str | None) -> Iterator[tuple[Arn, str]]:
    """Yield callers, each with its unique id: one whom nobody means, and one with what a pattern leaves to anybody to choose.

    Everybody of an account is not whom a pattern names in it. Without ``account`` they are of any account that no pattern
    names, since there each may name its roles as a pattern asks.
    """

    def listed(key: str) -> Iterator[str]:
        for statement in policy.statements:
            for item in statement.conditions:
                if item.folded_key == key:
                    yield from item.values

    arns = [Arn.iam(partition, account or STRANGER_ACCOUNT, "role", STRANGER_ROLE)]
    if account is None:
        arns += [
            Arn.iam(partition, _account_like(each), "role", STRANGER_ROLE) for each in listed("aws:principalaccount")
        ]
        arns += [_like(each, partition) for each in listed("aws:principalarn")]
    ids = [f"{_STRANGER_ID}:{STRANGER_ROLE}"]
    ids += [f"{_STRANGER_ID}:{_filled(each.rpartition(':')[2])}" for each in listed("aws:userid")]
    yield from product(dict.fromkeys(arns), dict.fromkeys(ids))


def _like(value: str, partition: str) -> Arn:
    """Return the ARN of a stranger's role or user with a name like a pattern's."""
    pattern = ArnPattern.parse(value)
    resource = pattern.completed().resource if pattern is not None else value.rpartition(":")[2]
    kind = "user" if resource.startswith("user/") else "role"
    name = resource.removeprefix(f"{kind}/").lstrip("*/")
    account = _account_like(pattern.completed().account) if pattern is not None else STRANGER_ACCOUNT
    return Arn.iam(partition, account, kind, _filled(name) or STRANGER_ROLE)


def _account_like(pattern: str) -> str:
    """Return an account id that a pattern matches and no policy names; a stranger's where it leaves none open."""
    head, star, tail = pattern.replace("?", "9").partition("*")
    tail = tail.replace("*", "")
    if not star and "?" not in pattern:
        return STRANGER_ACCOUNT
    return head + "9" * (len(STRANGER_ACCOUNT) - len(head) - len(tail)) + tail


def _filled(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")


def _best(answers: Iterable[Answer]) -> Answer:
    """Return the answer of whoever gets furthest."""
    order = (TrustOutcome.DENIED, TrustOutcome.UNKNOWN, TrustOutcome.ALLOWED)
    return max(answers, key=lambda answer: order.index(answer[0]))


def _ask(
    policy: Policy,
    principal: Arn,
    role_arn: Arn,
    chosen: dict[str, tuple[str, ...]],
    action: str = BY_IDENTITY,
) -> Answer:
    """Return the answer for one caller; a key of ``chosen`` without values is known not to be carried."""
    kind = view_principal(str(principal)).kind
    context = {"aws:SecureTransport": ("true",), **{key: values for key, values in chosen.items() if values}}
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
    known = {key.lower() for key in (*context, *chosen)} | {key for key in keys_asked(policy) if is_of_a_provider(key)}
    identity = () if kind is PrincipalKind.WEB_IDENTITY else (_EVERYTHING,)
    best_policy, unsure = bounded(policy, known, OPEN)
    worst_policy, _ = bounded(policy, known, SHUT)
    best = evaluate(request, Layers(identity=identity, resource=best_policy)).allowed
    worst = evaluate(request, Layers(identity=identity, resource=worst_policy)).allowed
    if best and worst:
        return TrustOutcome.ALLOWED, ""
    if not best:
        return TrustOutcome.DENIED, ""
    return TrustOutcome.UNKNOWN, ", ".join(unsure)
