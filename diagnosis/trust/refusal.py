"""Find out why a trust policy refuses a token: each cause is proved by correcting that one element and asking again.

Corrections are tried on one Allow statement at a time. The statement that needs the fewest is the one that was meant for
this run, and what it needs names the causes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, ContextKind, SubjectContext, SubjectForm, finished, read_subject
from diagnosis.policy import Policy, Statement
from diagnosis.policy.language.conditions import as_patterns
from diagnosis.policy.language.matching import action_matcher
from diagnosis.policy.language.principals import index_principals
from diagnosis.policy.language.statement import ActionPatterns
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.trust.question import Caller, TrustPolicy

_MOST_CORRECTIONS = 3
_MOST_STATEMENTS = 20
"""Trust policies are short (4,096 characters at most): a longer list is foreign junk and is not searched whole."""


_CORRECTABLE = (
    Cause.PRINCIPAL_WRONG,
    Cause.TRUST_ACTION,
    Cause.AUDIENCE_NOT_ADMITTED,
    Cause.CONDITION_OPERATOR,
    Cause.SUBJECT_IMMUTABLE_FORM,
    Cause.SUBJECT_SHAPE,
    Cause.SUBJECT_NOT_ADMITTED,
    Cause.TRUST_CONDITION,
)
"""Each names one element of a statement, or of the subject, that can be corrected on its own."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one claim set is refused."""

    causes: tuple[Cause, ...]
    """The smallest set of elements whose correction admits the token, the first met first."""
    statement: str
    """The JSON path of the Allow statement that came nearest: ``Statement[2]``."""


_OF_THE_SUBJECT = frozenset({Cause.SUBJECT_IMMUTABLE_FORM, Cause.SUBJECT_SHAPE, Cause.CONDITION_OPERATOR})


def why_refused(policy: Policy, claims: ClaimSet, caller: Caller) -> Refusal | None:
    """Return the causes for a claim set that no Allow statement admits; None where the policy has no Allow statement."""
    best: tuple[float, str, tuple[Cause, ...]] | None = None
    for statement in policy.allows[:_MOST_STATEMENTS]:
        for cost, causes in _by_cost(statement, claims, caller):
            if best is not None and cost >= best[0]:
                break
            if _admits(policy, statement, claims, caller, causes):
                best = (cost, statement.path, causes)
                break
    if best is None:
        return None
    return Refusal(best[2], best[1])


def _by_cost(statement: Statement, claims: ClaimSet, caller: Caller) -> list[tuple[float, tuple[Cause, ...]]]:
    """Return sets of corrections, the cheapest first. One costs more where the statement was hardly meant for this run."""
    names = " ".join(statement.principal_names).lower()
    actions = "" if statement.actions.negated else " ".join(statement.actions.patterns).lower()
    subjects = " ".join(statement.listed(caller.key("sub"))).lower()
    own = _repository(claims).lower().replace("/", "")
    meant = bool(own) and own in re.sub(r"@\d+|/", "", subjects)
    price = {
        Cause.PRINCIPAL_WRONG: 1.5 if caller.issuer.lower() in names or "oidc-provider" in names else 5.0,
        Cause.TRUST_ACTION: 1.5 if "webidentity" in actions else 5.0,
        Cause.AUDIENCE_NOT_ADMITTED: 1.0,
        Cause.CONDITION_OPERATOR: 1.0,
        Cause.SUBJECT_IMMUTABLE_FORM: 1.0,
        Cause.SUBJECT_SHAPE: 1.0,
        Cause.SUBJECT_NOT_ADMITTED: 2.0 if meant else 3.0,
        Cause.TRUST_CONDITION: 4.0,
    }
    found: list[tuple[float, tuple[Cause, ...]]] = []
    for size in range(1, _MOST_CORRECTIONS + 1):
        for causes in combinations(_CORRECTABLE, size):
            # Dropping the claims' conditions corrects whatever those of the subject could.
            if Cause.SUBJECT_NOT_ADMITTED in causes and _OF_THE_SUBJECT & set(causes):
                continue
            found.append((sum(price[cause] for cause in causes), causes))
    found.sort(key=lambda item: (item[0], Cause.SUBJECT_NOT_ADMITTED in item[1]))
    return found


def _admits(policy: Policy, statement: Statement, claims: ClaimSet, caller: Caller, causes: tuple[Cause, ...]) -> bool:
    """Return whether the statement alone would admit the token once corrected. Deny statements were asked before."""
    alone = TrustPolicy(replace(policy, statements=(_corrected_statement(statement, caller, causes),)))
    for candidate in _corrected_claims(statement, claims, caller, causes):
        asking = _folded(candidate) if Cause.CONDITION_OPERATOR in causes else candidate
        if alone.ask(asking, caller).decision.allowed:
            return True
    return False


def _corrected_statement(statement: Statement, caller: Caller, causes: tuple[Cause, ...]) -> Statement:
    corrected = statement
    for cause in causes:
        if cause is Cause.PRINCIPAL_WRONG:
            provider = index_principals((("Federated", str(caller.provider_arn)),))
            corrected = replace(corrected, principals=provider, not_principal=False)
        elif cause is Cause.TRUST_ACTION:
            action = ActionPatterns(
                (WEB_IDENTITY_ACTION,), negated=False, _matches=action_matcher([WEB_IDENTITY_ACTION])
            )
            corrected = replace(corrected, actions=action)
        elif cause is Cause.CONDITION_OPERATOR:
            corrected = replace(corrected, conditions=as_patterns(corrected.conditions))
        else:
            corrected = _without(corrected, caller, cause)
    return corrected


def _without(statement: Statement, caller: Caller, cause: Cause) -> Statement:
    """Return the statement without the conditions that the correction is about; some corrections concern claims only."""
    audience, issuer = caller.key("aud").lower(), f"{caller.issuer.lower()}:"
    dropped: dict[Cause, Callable[[str], bool]] = {
        Cause.AUDIENCE_NOT_ADMITTED: lambda key: key == audience,
        Cause.SUBJECT_NOT_ADMITTED: lambda key: key.startswith(issuer) and key != audience,
        Cause.TRUST_CONDITION: lambda key: not key.startswith(issuer),
    }
    drop = dropped.get(cause)
    if drop is None:
        return statement
    return replace(statement, conditions=tuple(item for item in statement.conditions if not drop(item.folded_key)))


def _corrected_claims(
    statement: Statement, claims: ClaimSet, caller: Caller, causes: tuple[Cause, ...]
) -> Iterator[ClaimSet]:
    """Yield the claims as they are, or in every other form and shape that the corrections ask for."""
    subjects = statement.listed(caller.key("sub"))
    shapes = list(_shapes(claims, subjects)) if Cause.SUBJECT_SHAPE in causes else [claims]
    for shaped in shapes:
        yield from _forms(shaped, subjects) if Cause.SUBJECT_IMMUTABLE_FORM in causes else (shaped,)


def _shapes(claims: ClaimSet, subjects: tuple[str, ...]) -> Iterator[ClaimSet]:
    """Yield what the same job would present without its environment, outside of its pull request, and so on."""
    if claims.customised:
        yield finished(
            dict(claims.claims),
            claims.unknown,
            claims.why,
            claims.form,
            ("repo", "context"),
            claims.prefix,
            claims.subject_context,
        )
    own = claims.subject_context
    if own is None:
        return
    if own.kind is ContextKind.ENVIRONMENT:
        ref = claims.get("ref")
        yield claims.in_context(
            SubjectContext(ContextKind.REF, ref) if ref else SubjectContext(ContextKind.PULL_REQUEST)
        )
        return
    admitted = list(_listed_contexts(claims, subjects))
    # Where the policy admits this shape with another value, the value is what is wrong.
    if all(context.kind is not own.kind for context in admitted):
        yield from (claims.in_context(context) for context in admitted)


def _forms(claims: ClaimSet, subjects: tuple[str, ...]) -> Iterator[ClaimSet]:
    """Yield the subject with and without ids, and with the dash that an early announcement showed."""
    repository = _repository(claims)
    owner, _, name = repository.partition("/")
    owner_id, id_ = claims.get("repository_owner_id"), claims.get("repository_id")
    if claims.form is SubjectForm.IMMUTABLE:
        yield _named(claims, f"repo:{repository}")
    elif owner_id and id_:
        yield _named(claims, f"repo:{owner}@{owner_id}/{name}@{id_}")
    else:
        pattern = re.compile(rf"repo:{re.escape(owner)}@\d+/{re.escape(name)}@\d+", re.IGNORECASE)
        yield from (_named(claims, found.group()) for found in map(pattern.match, subjects) if found)
    if owner_id and id_:
        yield _named(claims, f"repo:{owner}-{owner_id}/{name}-{id_}")


def _named(claims: ClaimSet, prefix: str) -> ClaimSet:
    return finished(
        dict(claims.claims),
        claims.unknown,
        claims.why,
        claims.form,
        claims.template,
        prefix,
        claims.subject_context,
    )


def _listed_contexts(claims: ClaimSet, subjects: tuple[str, ...]) -> Iterator[SubjectContext]:
    """Yield the contexts that the policy lists for the run's repository, in either form; a pattern stands for one value."""
    repository = _repository(claims).lower()
    for subject in subjects:
        read = read_subject(subject)
        if read and read.context and read.repository.lower() == repository:
            value = read.context.value.replace("*", "x").replace("?", "x")
            yield SubjectContext(read.context.kind, value)


def _repository(claims: ClaimSet) -> str:
    """Return ``owner/name`` by the claim, else by the subject."""
    read = read_subject(claims.subject or "")
    return claims.get("repository") or (read.repository if read else "")


def _folded(claims: ClaimSet) -> ClaimSet:
    """Return the claims with all values in lower case, to be compared with a policy in lower case."""
    return replace(claims, claims=tuple((name, value.lower()) for name, value in claims.claims))


def exact_refs(subjects: Iterable[str]) -> tuple[str, ...]:
    """Return the refs that listed subjects name in full, in their order."""
    contexts = [read.context for read in map(read_subject, subjects) if read and read.context]
    refs = (context.value for context in contexts if context.kind is ContextKind.REF)
    return tuple(dict.fromkeys(ref for ref in refs if ref.startswith("refs/") and not set(ref) & {"*", "?"}))
