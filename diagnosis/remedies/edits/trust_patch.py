"""Make the smallest edit of a trust policy that admits one more subject, and nothing else.

The subject goes into a statement that already lists subjects for this provider, under the operator it uses; where no
such statement fits, a statement of its own is added. The result is asked again before it is handed out.
"""

from __future__ import annotations

import copy

from diagnosis.callers.who_gets_in import newly_admitted
from diagnosis.claims.claim_set import ClaimSet, claims_from_subject, read_subject
from diagnosis.claims.subject_claim import AWS_AUDIENCE
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import (
    WEB_IDENTITY_ACTION,
    JsonObject,
    as_list,
    conditions,
    principals,
    statements,
    with_statements,
)
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy, caller_of, providers_among

_OPERATORS = ("StringEquals", "StringLike")


def minimal_trust_patch(
    document: PolicyDocument, subject: str, *, provider_arn: Arn | None = None, audience: str = AWS_AUDIENCE
) -> PolicyDocument | None:
    """Return the trust policy with exactly this subject added; None where none is to be had.

    None: the document is unparsable, admits the subject already, names no provider (and none is given), or a Deny
    statement stands in the way, which an addition cannot overrule. Without ``provider_arn`` the policy's own provider is meant.
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        return None
    provider = provider_arn or _provider_in(policy)
    if not provider or not subject:
        return None
    caller = caller_of(provider)
    claims = claims_from_subject(subject, audience)
    if _outcome(document, claims, caller) is TrustOutcome.ALLOWED:
        return None
    tree = document.editable()
    for changed in (*_extended(tree, subject, caller), _added(tree, subject, audience, caller)):
        after = write_document(changed)
        admits = _outcome(after, claims, caller) is TrustOutcome.ALLOWED
        if admits and not _admits_more(document, after, subject, audience, caller):
            return after
    return None


def _outcome(document: PolicyDocument, claims: ClaimSet, caller: Caller) -> TrustOutcome:
    policy = document.policy
    return TrustOutcome.UNKNOWN if isinstance(policy, Unparsable) else TrustPolicy(policy).ask(claims, caller).outcome


def _provider_in(policy: Policy) -> Arn | None:
    named = (arn for item in policy.allows for arn in providers_among(item.principal_names))
    return next(named, None)


def _extended(document: JsonObject, subject: str, caller: Caller) -> list[JsonObject]:
    """Return one document for each statement that lists subjects: the policy with the subject in that statement."""
    found: list[JsonObject] = []
    for operator in _OPERATORS:
        if operator == "StringLike" and set(subject) & {"*", "?"}:
            continue  # there it would be a pattern, and admit others
        for position, statement in enumerate(statements(document)):
            if not _lists_subjects_only(statement, operator, caller):
                continue
            changed = copy.deepcopy(document)
            block = statements(changed)[position]["Condition"]
            values = block[operator] if isinstance(block, dict) else None
            if isinstance(values, dict):
                key = next(name for name in values if name.lower() == caller.key("sub").lower())
                values[key] = [*as_list(values[key]), _literal(subject, document)]
                found.append(changed)
    return found


def _lists_subjects_only(statement: JsonObject, operator: str, caller: Caller) -> bool:
    """Return whether an Allow statement for the provider asks for subject and audience, the subject under this operator."""
    if statement.get("Effect") != "Allow" or caller.provider_arn not in providers_among(principals(statement)):
        return False
    asked = [(name, key.lower()) for name, key, _ in conditions(statement)]
    subject, audience = caller.key("sub").lower(), caller.key("aud").lower()
    return [name for name, key in asked if key == subject] == [operator] and all(
        key in (subject, audience) for _, key in asked
    )


def _added(document: JsonObject, subject: str, audience: str, caller: Caller) -> JsonObject:
    """Return the document with a statement of its own for the subject."""
    statement: JsonObject = {
        "Effect": "Allow",
        "Principal": {"Federated": str(caller.provider_arn)},
        "Action": WEB_IDENTITY_ACTION,
        "Condition": {
            "StringEquals": {caller.key("aud"): audience, caller.key("sub"): _literal(subject, document)},
        },
    }
    return with_statements(document, [*copy.deepcopy(statements(document)), statement])


def _literal(subject: str, document: JsonObject) -> str:
    """Return the subject as a policy value that means itself: a branch may be named like a policy variable."""
    return subject.replace("${", "${$}{") if document.get("Version") == "2012-10-17" else subject


def _admits_more(before: PolicyDocument, after: PolicyDocument, subject: str, audience: str, caller: Caller) -> bool:
    """Return whether the change admits anything beside the subject: its neighbours and the usual probes are asked twice."""
    read = read_subject(subject)
    if read:
        number = {"id": read.repository_id, "owner_id": read.owner_id}
        ids = {key: int(value) for key, value in number.items() if value}
        repository = Repository(read.repository, ids.get("id"), ids.get("owner_id"))
        if newly_admitted(before, after, repository, audience=audience, beside=subject):
            return True
    for other in (f"{subject}-x", f"{subject}/x", f"x{subject}", subject[:-1], subject.swapcase()):
        if other not in ("", subject):
            near = claims_from_subject(other, audience)
            was, now = (_outcome(document, near, caller) for document in (before, after))
            if now is TrustOutcome.ALLOWED and was is not TrustOutcome.ALLOWED:
                return True
    return False
