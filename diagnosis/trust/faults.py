"""Name each element of an Allow statement that a token does not meet, why, and what would mend that element in place.

Principal, action and conditions of a statement are joined by AND. So each is asked about alone, and what mends the
statement is what mends every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, is_github_cloud
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, Statement
from diagnosis.policy.language.conditions import Condition
from diagnosis.policy.language.matching import action_matcher
from diagnosis.policy.language.principals import index_principals
from diagnosis.policy.language.statement import ActionPatterns
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.trust.claim_typo import claim_typo
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy, providers_among
from diagnosis.trust.request_keys import key_presence
from diagnosis.trust.subject_faults import as_pattern, explain_subject

SESSION_NAME_KEY = "sts:RoleSessionName"


class Mend(StrEnum):
    """What mends an element where it stands."""

    REMOVE = "remove"
    """Take the condition out."""
    RENAME = "rename"
    """Write another condition key."""
    REPLACE = "replace"
    """Write another value in the place of one."""
    JOIN = "join"
    """Put one more value into the list."""
    PRINCIPAL = "principal"
    """Name the provider as the Federated principal."""
    ACTION = "action"
    """Allow sts:AssumeRoleWithWebIdentity too."""
    NONE = "none"
    """Nothing in the policy: another run, or another document."""


SLIPS = frozenset({Mend.REMOVE, Mend.RENAME, Mend.REPLACE, Mend.PRINCIPAL, Mend.ACTION})
"""What corrects a slip, and adds nothing that the statement was not written to admit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One element that the token does not meet."""

    cause: Cause
    words: str
    """What was seen and what it means, as a sentence; empty where the cause's own sentence says all."""
    mend: Mend
    operator: str = ""
    """As written; empty for the principal and the action."""
    key: str = ""
    """The condition key as written."""
    old: str = ""
    """The value to be replaced."""
    new: str = ""
    """The value, or the condition key, to write; beside REMOVE the key that may have been meant, whose value is another."""
    listed: tuple[str, ...] = ()
    """The values of the condition."""
    joined: str = ""
    """A value to put into the list beside, where a key is renamed and its values miss the run's."""
    dead: tuple[str, ...] = ()
    """Of these the values that are probably meant for what the run presents, and that perhaps no token meets as they are."""
    beside: tuple[Cause, ...] = ()
    """Further causes of the same element: a pattern under StringEquals that is also of the other form."""

    @property
    def keeps_out(self) -> bool:
        """Whether the condition names whom it refuses (StringNotEquals, or Null that wants a claim absent)."""
        operator = self.operator.lower()
        return "not" in operator.rpartition(":")[2] or (operator == "null" and "true" in map(str.lower, self.listed))

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All causes of this element."""
        return (self.cause, *self.beside)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One statement, asked about one token, element by element."""

    policy: Policy
    statement: Statement
    claims: ClaimSet
    caller: Caller

    def refuses(self, claims: ClaimSet | None = None, **elements: object) -> bool:
        """Return whether the statement refuses for certain, with all elements in order but these."""
        sound = {
            "principals": index_principals((("Federated", str(self.caller.provider_arn)),)),
            "not_principal": False,
            "actions": _THE_ACTION,
            "conditions": (),
        }
        alone = replace(self.statement, **{**sound, **elements})  # type: ignore[arg-type] # fields by name
        answer = TrustPolicy(replace(self.policy, statements=(alone,))).ask(claims or self.claims, self.caller)
        return answer.outcome is TrustOutcome.DENIED

    def unmet(self, condition: Condition, claims: ClaimSet | None = None) -> bool:
        """Return whether the condition, alone, refuses the token for certain."""
        return self.refuses(claims, conditions=(condition,))


_THE_ACTION = ActionPatterns((WEB_IDENTITY_ACTION,), negated=False, _matches=action_matcher([WEB_IDENTITY_ACTION]))


def faults_of(policy: Policy, statement: Statement, claims: ClaimSet, caller: Caller) -> tuple[Fault, ...]:
    """Return every element of the Allow statement that the token does not meet, the first met first."""
    asked = _Asked(policy, statement, claims, caller)
    found: list[Fault] = []
    if asked.refuses(principals=statement.principals, not_principal=statement.not_principal):
        found.append(_principal(statement, caller))
        if found[0].cause is Cause.ISSUER_DIFFERS:
            # Its conditions ask for the keys of that issuer: they say nothing about this run.
            return tuple(found)
    if asked.refuses(actions=statement.actions):
        found.append(Fault(Cause.TRUST_ACTION, "", Mend.ACTION))
    unmet = [condition for condition in statement.conditions if asked.unmet(condition)]
    about_subject = [item for item in unmet if item.folded_key == caller.key("sub").lower()]
    shaped, subject = _subject(asked, about_subject)
    found += [_condition(asked, condition, shaped) for condition in unmet if condition not in about_subject]
    found += subject
    return tuple(sorted(found, key=lambda fault: _ORDER.index(fault.cause) if fault.cause in _ORDER else len(_ORDER)))


_ORDER = (
    Cause.ISSUER_DIFFERS,
    Cause.PRINCIPAL_WRONG,
    Cause.TRUST_ACTION,
    Cause.CONDITION_KEY_NOT_CARRIED,
    Cause.AUDIENCE_NOT_ADMITTED,
    Cause.CONDITION_OPERATOR,
    Cause.SUBJECT_TYPO,
    Cause.SUBJECT_IMMUTABLE_FORM,
    Cause.SUBJECT_SHAPE,
    Cause.SUBJECT_NOT_ADMITTED,
    Cause.CLAIM_PIN,
    Cause.SESSION_NAME_NOT_ADMITTED,
    Cause.TRUST_CONDITION,
)
"""The causes in the order in which they are told."""


def _principal(statement: Statement, caller: Caller) -> Fault:
    """Tell a provider of another issuer of GitHub, which was meant for other tokens, from a wrong name of this one."""
    own = caller.provider_arn
    for arn in providers_among(statement.principal_names):
        issuer = arn.resource_id
        if (arn.partition, arn.account) == (own.partition, own.account) and _is_other_issuer(arn, caller.issuer):
            words = (
                f"The statement trusts the issuer {issuer}; the run's token is issued by {caller.issuer}: "
                "another issuer, whose tokens AWS keeps apart."
            )
            return Fault(Cause.ISSUER_DIFFERS, words, Mend.NONE)
    named = ", ".join(statement.principal_names[:3])
    words = f"The statement names {named or 'nobody'}; the token comes by {own}: write the provider's exact ARN."
    if statement.not_principal:
        return Fault(Cause.PRINCIPAL_WRONG, "", Mend.NONE)
    if str(own) in statement.principal_names:
        kinds = {
            kind for kind, name in (statement.principals.entries if statement.principals else ()) if name == str(own)
        }
        words = f"The statement names {own} under {' and '.join(sorted(kinds))}; a provider is a principal under Federated alone."
    return Fault(Cause.PRINCIPAL_WRONG, words, Mend.PRINCIPAL)


def _is_other_issuer(provider: Arn, issuer: str) -> bool:
    """Return whether the provider is for another issuer of GitHub: an enterprise's own, or a server's."""
    named = provider.resource_id.rstrip("/")
    if not named or named.lower() == issuer.lower() or named.startswith(("https:", "http:")):
        return False
    return is_github_cloud(named) or named.endswith("/_services/token")


def _condition(asked: _Asked, condition: Condition, shaped: ClaimSet | None) -> Fault:
    """Name the fault of one condition that is not about the subject."""
    caller, claims = asked.caller, asked.claims
    presence = key_presence(condition.key, caller.issuer)
    prefix, _, claim = condition.folded_key.rpartition(":")
    if presence.absent:
        return _not_carried(asked, condition, presence.reason, presence.meant)
    if prefix == caller.issuer.lower():
        met = claims.get(claim)
        if claim == "aud":
            return _audience(asked, condition, met)
        if shaped is not None and not asked.unmet(condition, shaped):
            # The same fact of the run that gives its subject another shape.
            return _fault(Cause.SUBJECT_SHAPE, "", Mend.JOIN if met else Mend.NONE, condition, new=met or "")
        if _likely_operator(asked, condition):
            words = f"{condition.name} compares {condition.key} letter by letter with {_few(condition.values)}."
            unmet = _fault(Cause.CONDITION_OPERATOR, words, Mend.JOIN if met else Mend.NONE, condition, new=met or "")
            return replace(unmet, dead=_met_as_patterns(asked, condition))
        misspelt = _misspelt(claim, condition, met or "")
        if misspelt:
            told = "; ".join(f"{value}: {why}" for value, why in misspelt.items())
            words = f"The trust policy lists {claim} {told}. The run has {met}."
            typo = _fault(Cause.SUBJECT_TYPO, words, Mend.JOIN, condition, new=met or "")
            return replace(typo, dead=tuple(misspelt))
        shown = f"the run has {met}" if met else "the run has none"
        if claim in claims.unknown:
            shown = "whatever the run has, that is not it"
        words = f"The trust policy holds the role to {claim} {_few(condition.values)}, on purpose; {shown}."
        if condition.base is not None and condition.base.negated:
            words = f"The trust policy keeps out {claim} {_few(condition.values)}, on purpose; {shown}."
        elif condition.operator.lower() == "null":
            which = "without" if any(value.lower() == "true" for value in condition.values) else "with"
            words = f"The trust policy holds the role to tokens {which} the claim {claim}, on purpose; {shown}."
        joins = met is not None and condition.compares_strings
        return _fault(Cause.CLAIM_PIN, words, Mend.JOIN if joins else Mend.NONE, condition, new=met or "")
    if condition.folded_key == SESSION_NAME_KEY.lower():
        words = (
            f"The trust policy wants the session to be named {_few(condition.values)}; the step names it "
            f"{caller.session_name or 'otherwise'}: set its role-session-name."
        )
        return _fault(Cause.SESSION_NAME_NOT_ADMITTED, words, Mend.NONE, condition)
    words = ""
    if condition.folded_key in ("aws:currenttime", "aws:epochtime"):
        words = f"The trust policy admits at another time: {condition.key} {condition.name} {_few(condition.values)}."
    return _fault(Cause.TRUST_CONDITION, words, Mend.NONE, condition)


def _not_carried(asked: _Asked, condition: Condition, reason: str, meant: str | None) -> Fault:
    """Tell a key that only its writing keeps from being carried from one that no request has."""
    named = condition.folded_key.rpartition(":")[2].strip()
    words = f"No request of a GitHub job carries {condition.key}, so this condition is never met. {reason}"
    # A claim of GitHub's that AWS does not carry is itself: another one in its place would be another condition.
    taken = {(item.operator, item.folded_key) for item in asked.statement.conditions}
    free = meant is not None and (condition.operator, meant.lower()) not in taken
    if meant is None or named in _OTHER_CLAIMS or not free:
        kin = meant if free and meant is not None and named in _SAME_IN_A_JOB_OF_ITS_OWN else ""
        return _fault(Cause.CONDITION_KEY_NOT_CARRIED, words, Mend.REMOVE, condition, new=kin)
    renamed = replace(condition, key=meant, folded_key=meant.lower())
    met = asked.claims.get(meant.rpartition(":")[2]) if asked.unmet(renamed) else ""
    return replace(
        _fault(Cause.CONDITION_KEY_NOT_CARRIED, f"{words} Meant is {meant}.", Mend.RENAME, condition, new=meant),
        joined=met or "",
    )


_OTHER_CLAIMS = frozenset(
    {
        "iss", "workflow_ref", "job_workflow_sha", "workflow_sha", "sha", "repository_owner", "enterprise", "event_name",
        "base_ref", "head_ref", "ref_type", "ref_protected", "runner_environment", "repository_visibility", "run_id",
        "run_number", "run_attempt", "jti", "check_run_id", "environment_node_id",
    }
)  # fmt: skip
"""Claims of GitHub's tokens that AWS makes no condition key of."""
_SAME_IN_A_JOB_OF_ITS_OWN = frozenset({"workflow_ref"})
"""Of these the claim that AWS carries in their place holds the same value, where the workflow calls no other."""


def _audience(asked: _Asked, condition: Condition, met: str | None) -> Fault:
    if _likely_operator(asked, condition):
        told = _fault(Cause.CONDITION_OPERATOR, "", Mend.JOIN, condition, new=met or "")
        return replace(told, dead=_met_as_patterns(asked, condition))
    slip = next((value for value in condition.values if met and value != met and value.strip() == met), None)
    words = ""
    if slip is not None:
        words = f"The trust policy wants the audience {slip!a}, with white space beside it; the job requests {met}."
    joins = met is not None and condition.compares_strings
    told = _fault(Cause.AUDIENCE_NOT_ADMITTED, words, Mend.JOIN if joins else Mend.NONE, condition, new=met or "")
    return replace(told, dead=condition.values)


def _misspelt(claim: str, condition: Condition, met: str) -> dict[str, str]:
    """Return how each value departs from the run's that is probably meant for it and is written wrong."""
    if not met or not condition.compares_strings:
        return {}
    return {value: why for value in condition.values if (why := claim_typo(claim, value, met))}


def _likely_operator(asked: _Asked, condition: Condition) -> bool:
    """Return whether the value would be met as a pattern."""
    pattern = as_pattern(condition)
    return pattern is not None and not asked.unmet(pattern)


def _met_as_patterns(asked: _Asked, condition: Condition) -> tuple[str, ...]:
    """Return the values that the run would meet as patterns."""
    alone = ((value, as_pattern(replace(condition, values=(value,)))) for value in condition.values)
    return tuple(value for value, pattern in alone if pattern is not None and not asked.unmet(pattern))


def _subject(asked: _Asked, unmet: list[Condition]) -> tuple[ClaimSet | None, list[Fault]]:
    """Return the faults of the conditions on the subject, and the claims in the shape that they list, if that is one."""
    if not unmet:
        return None, []
    found: list[Fault] = []
    shaped: ClaimSet | None = None
    every = [item for item in asked.statement.conditions if item.folded_key == asked.caller.key("sub").lower()]
    contrary = _contrary(asked, every)
    for condition in unmet:
        if contrary and len(unmet) < len(every):
            met = next(item for item in every if item not in unmet)
            words = (
                f"{met.name} and {condition.name} on {condition.key} must both match, and no subject is both "
                f"{_few(met.values)} and {_few(condition.values)}; remove one."
            )
            found.append(_fault(Cause.SUBJECT_TYPO, words, Mend.REMOVE, condition))
            continue
        if condition.base is not None and not condition.base.name.startswith("String"):
            words = (
                f"{condition.name} compares another kind of value, and a subject is plain text: the condition on "
                f"{condition.key} is never met. StringEquals compares a subject, StringLike a pattern of subjects."
            )
            found.append(_fault(Cause.CONDITION_OPERATOR, words, Mend.REMOVE, condition))
            continue
        if condition.base is not None and condition.base.negated:
            words = (
                f"The trust policy keeps out the subject {_few(condition.values)}, on purpose; the run presents "
                f"{asked.claims.subject or 'one of them'}."
            )
            found.append(_fault(Cause.SUBJECT_NOT_ADMITTED, words, Mend.NONE, condition))
            continue
        told = explain_subject(condition, asked.claims, asked.unmet)
        shaped = shaped or told.shaped
        subject = asked.claims.subject or ""
        if told.misspelling is not None and len(told.causes) == 1:
            mend, old, new = Mend.REPLACE, told.misspelling.written, told.misspelling.meant
        else:
            mend, old, new = Mend.JOIN if subject and condition.compares_strings else Mend.NONE, "", subject
        first, *rest = told.causes
        fault = _fault(first, told.words, mend, condition, old=old, new=new, beside=tuple(rest))
        if fault.causes == (Cause.CONDITION_OPERATOR,):
            fault = replace(fault, dead=_met_as_patterns(asked, condition))
        found.append(fault)
    return shaped, found


def _contrary(asked: _Asked, conditions: list[Condition]) -> bool:
    """Return whether no listed subject meets all the conditions on it, so that together they admit nobody."""
    positive = [item for item in conditions if item.compares_strings]
    if len(positive) <= 1:
        return False
    samples = {
        value.replace("*", filling).replace("?", "x")
        for item in positive
        for value in item.values
        for filling in ("", "x")
    }
    return not any(
        all(not asked.unmet(item, asked.claims.presenting(sample)) for item in positive) for sample in samples
    )


def _fault(
    cause: Cause,
    words: str,
    mend: Mend,
    condition: Condition,
    *,
    old: str = "",
    new: str = "",
    beside: tuple[Cause, ...] = (),
) -> Fault:
    return Fault(
        cause, words, mend, condition.operator, condition.key, old, new, listed=condition.values, beside=beside
    )


def _few(values: tuple[str, ...]) -> str:
    more = f" and {len(values) - 3} more" if len(values) > 3 else ""
    return f"{' or '.join(values[:3])}{more}"
