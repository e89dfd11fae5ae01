"""Turn the statements of trust policies into constraints on the claims of a token, for one OpenID Connect provider.

A condition on a claim becomes a set of patterns. A condition on anything else is decided where the request's value is
certain, and is an atom otherwise: it holds or it does not, and nobody knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.claims.claim_set import ClaimSet, read_subject, visible_keys
from diagnosis.policy import Policy, Request, Statement
from diagnosis.policy.evaluation.relation import foreign_provider
from diagnosis.policy.language.conditions import Condition, ConditionResult
from diagnosis.policy.language.operators import read_number
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.statement import Effect
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.policy.language.variables import Piece, Variable, read_pieces
from diagnosis.policy.request import ContextValue
from diagnosis.sets.patterns import Pattern, PatternSet, pattern_of
from diagnosis.trust.question import Caller
from diagnosis.trust.refusal import lists_repository
from diagnosis.trust.request_keys import key_presence

SESSION_NAME = "sts:rolesessionname"
"""The caller chooses it freely, so it is searched like a claim."""
_CHOSEN = frozenset({"aud", SESSION_NAME})
"""What a job chooses by itself, whoever it is."""
_OF_THE_REPOSITORY = frozenset({"sub", "repository", "repository_id", "repository_owner_id"})
MEANT = -1
"""The number of the rules that are a run's claims, and of no policy."""
_NUMBERS = frozenset({"actor_id", "enterprise_id", "repository_id", "repository_owner_id"})
_LIKE = frozenset({"StringLike", "StringNotLike"})
_EQUAL = frozenset({"StringEquals", "StringNotEquals"})
_FOLDED = frozenset({"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"})
_NUMERIC = frozenset({"NumericEquals", "NumericNotEquals"})
_ALWAYS = {"aws:securetransport": "true"}
_BESIDE_THE_CLAIMS: dict[str, Callable[[Caller], str]] = {
    "aws:federatedprovider": lambda caller: str(caller.provider_arn),
    "aws:resourceaccount": lambda caller: caller.account,
}
"""Keys whose value the caller tells, and which AWS may carry."""

Atom: TypeAlias = tuple[str, str, tuple[str, ...]]
"""Key, operator and values of a condition whose truth is not known. Equal atoms are true together."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one condition asks of one claim."""

    claim: str
    patterns: tuple[int, ...]
    """Indexes in the set of patterns; any of them has to match, or none where ``negated``."""
    negated: bool
    when_absent: bool
    """Whether it holds for a token without the claim."""
    when_present: bool | None
    """Whether it holds for every token with the claim; None where that hangs on the patterns."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement that can apply to a caller of the provider."""

    policy: int
    """0 for the first policy of a comparison, 1 for the second, MEANT for the claims of a run."""
    statement: Statement | None
    """None for the claims of a run."""
    allows: bool
    constraints: tuple[Constraint, ...]
    atoms: frozenset[Atom]


@dataclass(frozen=True, slots=True)
class Rules:
    """All statements of one or two policies, with one set of patterns for all of them."""

    rules: tuple[Rule, ...]
    patterns: PatternSet
    issuer: str

    @property
    def claims(self) -> frozenset[str]:
        """The claims on which anything depends, in lower case."""
        return frozenset(item.claim for rule in self.rules for item in rule.constraints)

    @property
    def atoms(self) -> frozenset[Atom]:
        """Every atom."""
        return frozenset().union(*(rule.atoms for rule in self.rules))


def compile_rules(policies: Iterable[Policy], caller: Caller, *, meant: Iterable[ClaimSet] = ()) -> Rules:
    """Compile the statements that can apply to tokens of the caller's provider.

    Each claim set of ``meant`` becomes a rule of its own, which applies to the tokens that agree with it on the repository and on
    every claim that a statement asks about, if tokens of that repository can meet it: what is asked of others says nothing.
    """
    found: list[Rule] = []
    patterns: list[Pattern] = []
    request = Request(
        principal=str(caller.provider_arn),
        action=WEB_IDENTITY_ACTION,
        resource=str(caller.role_arn),
        resource_account=caller.account,
    )
    # AWS lets no role trust a provider of another account, whatever the policy says.
    for number, policy in enumerate(() if foreign_provider(request) else policies):
        for statement in policy.statements:
            rule = _rule(number, statement, request, caller, patterns)
            if rule is not None:
                found.append(rule)
    found += [_rule_of(claims, _asked_of(claims, found, caller), patterns) for claims in meant]
    return Rules(tuple(found), PatternSet(patterns), caller.issuer)


def _asked_of(claims: ClaimSet, rules: Iterable[Rule], caller: Caller) -> frozenset[str]:
    """Return the claims that may tell such a token from another one of its repository, and those that tell the repository."""
    asked: set[str] = set()
    for rule in rules:
        claimed = {item.claim for item in rule.constraints}
        # What asks of the repository alone need not be looked at.
        if not claimed <= asked | _OF_THE_REPOSITORY and _is_of_another_repository(rule, claims, caller):
            claimed &= _OF_THE_REPOSITORY
        asked |= claimed
    return frozenset(asked)


def _is_of_another_repository(rule: Rule, claims: ClaimSet, caller: Caller) -> bool:
    """Return whether no token of this one's repository can meet what the statement asks of the repository or the subject."""
    read = read_subject(claims.subject or "")
    if rule.statement is None or read is None or lists_repository(rule.statement, claims, caller):
        return False
    for condition in rule.statement.conditions:
        claim = _claim(condition.folded_key, caller)
        if claim not in _OF_THE_REPOSITORY or not condition.compares_something:
            continue
        begins, value = f"{read.prefix}:", claims.get(claim)
        if claim != "sub" and value is not None:
            begins = value
        elif claim != "sub":
            continue
        if not any(_may_begin(condition, listed, begins) for listed in condition.values):
            return True
    return False


def _may_begin(condition: Condition, value: str, prefix: str) -> bool:
    """Return whether a listed value may match a text that begins so."""
    if condition.base is None or condition.base.name not in (*_LIKE, *_EQUAL, *_FOLDED):
        return True
    pieces = read_pieces(value, variables=condition.variables, wildcards=condition.base.name in _LIKE)
    if any(isinstance(piece, Variable) for piece in pieces):
        return True
    alone = PatternSet((pattern_of(pieces, fold=condition.base.name in _FOLDED),))
    return alone.run(alone.start, prefix) != 0


def _rule_of(claims: ClaimSet, asked: frozenset[str], patterns: list[Pattern]) -> Rule:
    """Return the rule that applies to tokens like this one. A claim whose value is not known is like none.

    The same job may request another audience and name its session otherwise: those are no other caller.
    """
    constraints: list[Constraint] = []
    for claim in sorted(asked - _CHOSEN):
        value = claims.get(claim)
        if value is not None:
            patterns.append(pattern_of([value]))
            constraints.append(Constraint(claim, (len(patterns) - 1,), False, False, None))
        else:
            constraints.append(
                Constraint(claim, (), False, when_absent=claim not in claims.unknown, when_present=False)
            )
    return Rule(MEANT, None, False, tuple(constraints), frozenset())


def _rule(number: int, statement: Statement, request: Request, caller: Caller, patterns: list[Pattern]) -> Rule | None:
    if not statement.actions.covers(request.folded_action):
        return None
    if statement.principal_match(request, has_boundary=False) is PrincipalMatch.NONE:
        return None
    deny = statement.effect is Effect.DENY
    if statement.resources is not None and not statement.resources.covers(request, deny=deny):
        return None
    constraints: list[Constraint] = []
    atoms: set[Atom] = set()
    mark = len(patterns)
    for condition in statement.conditions:
        claim = _claim(condition.folded_key, caller)
        made = _constraint(condition, claim, caller, patterns) if claim else None
        if made is not None:
            constraints.append(made)
            continue
        certain = None if claim else _decided(condition, caller)
        if certain is None:
            atoms.add((condition.folded_key, condition.name, tuple(sorted(condition.values))))
        elif not certain:
            del patterns[mark:]
            return None
    return Rule(number, statement, not deny, tuple(constraints), frozenset(atoms))


def _claim(key: str, caller: Caller) -> str | None:
    """Return the claim that a condition key is about; None for every other key."""
    if key == SESSION_NAME:
        return SESSION_NAME
    issuer, colon, claim = key.rpartition(":")
    carried = colon and issuer == caller.issuer.lower() and claim in visible_keys(caller.issuer)
    return claim if carried else None


def _decided(condition: Condition, caller: Caller) -> bool | None:
    """Return whether a condition on no claim holds; None where nobody knows."""
    key = condition.folded_key
    if key in _ALWAYS:
        return condition.test({key: ContextValue((_ALWAYS[key],), multivalued=False)}) is ConditionResult.MATCHED
    if key in _BESIDE_THE_CLAIMS:
        # Carried or not, the value is the same: decided where both give one answer.
        value = _BESIDE_THE_CLAIMS[key](caller)
        present = condition.test({key: ContextValue((value,), multivalued=False)}) is ConditionResult.MATCHED
        absent = condition.test({}) is ConditionResult.MATCHED
        return present if present is absent else None
    if key_presence(key, caller.issuer).absent:
        return condition.test({}) is ConditionResult.MATCHED
    return None


def _constraint(condition: Condition, claim: str, caller: Caller, patterns: list[Pattern]) -> Constraint | None:
    """Return the condition as patterns of the claim; None where its operator or a variable in it cannot be one."""
    absent = condition.test({}) is ConditionResult.MATCHED
    name = condition.base.name if condition.base else "Null"
    if condition.base is None or name.startswith("Arn"):
        # No claim of GitHub's is an ARN: nothing equals it, and nothing is told apart from it.
        some = {condition.folded_key: ContextValue(("x",), multivalued=False)}
        return Constraint(claim, (), False, absent, condition.test(some) is ConditionResult.MATCHED)
    if name in _NUMERIC and claim in _NUMBERS:
        numbers = [read_number(value) for value in condition.values]
        if condition.base.negated and None in numbers:
            return Constraint(claim, (), negated=False, when_absent=absent, when_present=False)
        whole = [str(int(number)) for number in numbers if number is not None and number == int(number)]
        made = [pattern_of([text]) for text in whole]
    elif name in _LIKE or name in _EQUAL or name in _FOLDED:
        readings = [_pieces(condition, value, caller) for value in condition.values]
        if any(pieces is UNKNOWN for pieces in readings):
            return None
        made = [pattern_of(pieces, fold=name in _FOLDED) for pieces in readings if isinstance(pieces, tuple)]
    else:
        return None
    first = len(patterns)
    patterns.extend(made)
    return Constraint(claim, tuple(range(first, len(patterns))), condition.base.negated, absent, None)


UNKNOWN = "unknown"


def _pieces(condition: Condition, value: str, caller: Caller) -> tuple[Piece, ...] | str | None:
    """Return a policy value without variables; None where it matches nothing, UNKNOWN where a variable's value decides."""
    wild = condition.base is not None and condition.base.name in _LIKE
    pieces: list[Piece] = []
    for piece in read_pieces(value, variables=condition.variables, wildcards=wild):
        if not isinstance(piece, Variable):
            pieces.append(piece)
        elif not key_presence(piece.key, caller.issuer).absent or _claim(piece.key, caller):
            return UNKNOWN
        elif piece.default is None:
            return None
        else:
            pieces.append(piece.default)
    return tuple(pieces)
