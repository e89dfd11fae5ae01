"""The document's form: what AWS refuses to save whatever it says, its Version, its size, what is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from diagnosis.claims.claim_set import without_scheme
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule, rule_of
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import PolicyKind, Statement, action_facts
from diagnosis.policy.language.faults import Fault, Rejection
from diagnosis.policy.language.quotas import (
    INLINE_LIMIT,
    LARGEST_POLICY,
    LARGEST_TRUST_LIMIT,
    MANAGED_LIMIT,
    RCP_LIMIT,
    REPOSITORY_POLICY_LIMIT,
    SCP_LIMIT,
    SESSION_LIMIT,
    TRUST_LIMIT,
    size,
)
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES, read_pieces

_ISSUER = re.compile(r"(?:https://)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?:/[\w./-]*)?\Z", re.ASCII)


def rejections(document: LintedDocument) -> Iterator[Finding]:
    """Find what AWS would refuse to save, as the reader of policies tells it."""
    for rejection in document.policy.rejections_as(document.kind):
        if rejection.fault is Fault.STATEMENT_MISSING and document.tree.get("Statement") != []:
            continue  # it is told already: the element is missing, or the only statement had a fault and was left out
        sentence = rejection.why[:1].upper() + rejection.why[1:] + "."
        correction = _CORRECTIONS[rejection.fault]
        if rejection.fault is Fault.ACTION_FORM and rejection.value is not None:
            sentence, correction = _of_action(rejection.value, sentence, correction)
        if rejection.fault is Fault.PRINCIPAL_FORM and rejection.value is not None:
            correction = _of_principal(document, rejection.value) or correction
        yield Finding(rule_of(rejection.fault), _place(document, rejection), sentence, correction)


def _of_action(written: str, sentence: str, correction: str) -> tuple[str, str]:
    """Name what is wrong with the characters of an action."""
    bare = "".join(written.split())
    if bare == written:
        return sentence, correction
    facts = action_facts(bare)
    return (
        f"{written[:80]!r} holds a space, which no action has; AWS refuses the document.",
        f"Write {facts.name if facts else bare[:80]}.",
    )


def _of_principal(document: LintedDocument, written: str) -> str | None:
    """Return what to write for an issuer without its ARN, and for a pattern of roles; None for anything else."""
    sorts = {
        sort for each in document.policy.statements for sort, name, _ in document.principals(each) if name == written
    }
    if sorts == {"Federated"} and _ISSUER.match(written):
        issuer = without_scheme(written)
        return f"Write {Arn.iam('aws', document.expected.account or 'ACCOUNT', 'oidc-provider', issuer)}."
    pattern = ArnPattern.parse(written)
    if sorts == {"AWS"} and pattern is not None and is_account_id(pattern.account) and pattern.service == "iam":
        root = Arn(pattern.partition, "iam", "", pattern.account, "root")
        return f'Write {root}, with the condition "ArnLike": {{"aws:PrincipalArn": "{written[:120]}"}}.'
    return None


def _place(document: LintedDocument, rejection: Rejection) -> Place:
    statement = next((item for item in document.policy.statements if _owns(item, rejection.path)), None)
    if statement is None:
        return document.places.at("Statement")
    entries: list[tuple[str, Place]] = []
    if rejection.fault is Fault.ACTION_FORM:
        entries = list(document.actions(statement))
    elif rejection.fault is Fault.RESOURCE_FORM:
        entries = list(document.resources(statement))
    elif rejection.fault is Fault.PRINCIPAL_FORM:
        entries = [(name, place) for _, name, place in document.principals(statement)]
    elif rejection.fault is Fault.CONDITION_VALUE:
        for condition in statement.conditions:
            if condition.path == rejection.path and rejection.value in condition.values:
                return document.condition(statement, condition, condition.values.index(rejection.value))
    element = _ELEMENTS.get(rejection.fault)
    whole = document.place(statement, *((element,) if element else ()))
    return next((place for value, place in entries if value == rejection.value), whole)


def _owns(statement: Statement, path: str) -> bool:
    return path == statement.path or path.startswith(f"{statement.path}.")


_ELEMENTS = {
    Fault.SID_DUPLICATE: "Sid",
    Fault.SID_FORM: "Sid",
    Fault.RESOURCE_UNWANTED: "Resource",
    Fault.PRINCIPAL_UNWANTED: "Principal",
}
_CORRECTIONS = {
    Fault.STATEMENT_MISSING: "Add a Statement.",
    Fault.SID_DUPLICATE: "Give each statement a Sid of its own, or none.",
    Fault.SID_FORM: "Write the Sid with letters and digits alone.",
    Fault.ACTION_FORM: "Write service:Action, such as ecr:PutImage.",
    Fault.RESOURCE_MISSING: 'Add the Resource: the ARNs that are meant, or "*".',
    Fault.RESOURCE_UNWANTED: "Remove Resource; the trust policy is about the role that it belongs to.",
    Fault.RESOURCE_FORM: 'Write an ARN (arn:partition:service:region:account:resource) or "*".',
    Fault.PRINCIPAL_MISSING: "Name who may: under AWS, Federated or Service.",
    Fault.PRINCIPAL_UNWANTED: "Remove Principal; the policy speaks of whom it is attached to.",
    Fault.PRINCIPAL_FORM: "Write the exact ARN, an account id, or a service's principal such as ecs-tasks.amazonaws.com.",
    Fault.CONDITION_VALUE: "Write a value of the kind that the operator compares, or the operator for this kind of value.",
}


def empty_elements(document: LintedDocument) -> Iterator[Finding]:
    """Find lists that name nothing, and conditions that ask for nothing."""
    for statement in document.policy.statements:
        for element in ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"):
            value = document.raw(*document.steps(statement), element)
            nested = value.items() if isinstance(value, Mapping) else ()
            places: list[tuple[str, ...]] = [(element, name) for name, inner in nested if inner == []]
            if value == [] or value == {}:
                places.append((element,))
            for way in places:
                sentence = f"{'.'.join(way)} is empty, so the statement names nothing."
                yield Finding(
                    Rule.EMPTY_LIST,
                    document.place(statement, *way),
                    sentence,
                    "Name what is meant, or remove the statement.",
                )
        for condition in statement.conditions:
            if not condition.values:
                sentence = f"{condition.operator} of {condition.key} lists no value, so nothing can meet it."
                yield Finding(
                    Rule.EMPTY_LIST,
                    document.condition(statement, condition),
                    sentence,
                    "List the values, or remove the condition.",
                )
        yield from _empty_conditions(document, statement)


def _empty_conditions(document: LintedDocument, statement: Statement) -> Iterator[Finding]:
    condition = document.raw(*document.steps(statement), "Condition")
    if not isinstance(condition, Mapping):
        return
    ways = [("Condition", operator) for operator, keys in condition.items() if keys == {}]
    for way in [*ways, *([("Condition",)] if not condition else [])]:
        sentence = f"{'.'.join(way)} is empty: the statement applies without it."
        yield Finding(
            Rule.EMPTY_CONDITION,
            document.place(statement, *way),
            sentence,
            "Remove it, or add the condition that is meant.",
        )


def version(document: LintedDocument) -> Iterator[Finding]:
    """Find a missing or old Version, and policy variables that are plain text because of it."""
    if document.policy.version == VERSION_WITH_VARIABLES:
        return
    correction = 'Write "Version": "2012-10-17".'
    missing = "Version" not in document.tree
    with_variables = [place for text, place in _strings(document) if _has_variable(text)]
    for place in with_variables:
        state = "The document has no Version" if missing else "The document has Version 2008-10-17"
        yield Finding(
            Rule.VARIABLE_VERSION,
            place,
            f"{state}, so the policy variable here is plain text and matches only itself.",
            correction,
        )
    if with_variables:
        return
    place = document.places.at() if missing else document.places.at("Version")
    if missing:
        yield Finding(
            Rule.VERSION_MISSING,
            place,
            "The document has no Version and is read as 2008-10-17, which has no policy variables.",
            correction,
        )
    else:
        yield Finding(
            Rule.VERSION_OLD, place, "Version 2008-10-17 has no policy variables; nothing here needs it.", correction
        )


def _strings(document: LintedDocument) -> Iterator[tuple[str, Place]]:
    """Yield the strings in which AWS replaces variables."""
    for statement in document.policy.statements:
        yield from document.resources(statement)
        for condition in statement.conditions:
            for position, value in enumerate(condition.values):
                yield value, document.condition(statement, condition, position)


def _has_variable(text: str) -> bool:
    return any(not isinstance(piece, str) for piece in read_pieces(text, variables=True, wildcards=False))


def variables(document: LintedDocument) -> Iterator[Finding]:
    """Find policy variables that are not closed, empty, or written with spaces."""
    if document.policy.version != VERSION_WITH_VARIABLES:
        return
    for text, place in _strings(document):
        for rest in text.split("${")[1:]:
            name, closed, _ = rest.partition("}")
            if not closed:
                what = "a policy variable is opened with ${ and never closed"
            elif not name.strip():
                what = "a policy variable names no key"
            elif "," not in name and any(sign.isspace() for sign in name):
                what = f"the policy variable ${{{name[:60]}}} holds a space"
            else:
                continue
            yield Finding(
                Rule.VARIABLE_FORM,
                place,
                f"In {text[:120]!r} {what}.",
                "Write ${key}, such as ${aws:username}; a literal sign is ${$}.",
            )


def sizes(document: LintedDocument) -> Iterator[Finding]:
    """Find a document that is larger than AWS takes, by the way in which AWS counts for its kind."""
    taken = size(document.text)
    limit = _LIMITS.get(document.kind, LARGEST_POLICY)
    if document.kind is PolicyKind.RESOURCE and _is_of_registry(document):
        limit, taken = REPOSITORY_POLICY_LIMIT, len(document.text)
    if taken > limit:
        sentence = f"The document has {taken} characters where AWS takes {limit} for this kind, {document.kind}."
        yield Finding(
            Rule.SIZE, document.places.at(), sentence, "Shorten it, or share its statements among several policies."
        )
    elif document.kind is PolicyKind.TRUST and taken > TRUST_LIMIT:
        sentence = (
            f"The document has {taken} characters; the quota for trust policies is {TRUST_LIMIT} unless it was raised."
        )
        yield Finding(
            Rule.SIZE_QUOTA, document.places.at(), sentence, "Ask for a higher quota, or join subjects to patterns."
        )
    elif document.kind is PolicyKind.IDENTITY and taken > MANAGED_LIMIT:
        sentence = (
            f"It has {taken} characters; a managed policy takes {MANAGED_LIMIT}, a role's inline ones {INLINE_LIMIT}."
        )
        yield Finding(
            Rule.SIZE_QUOTA,
            document.places.at(),
            sentence,
            "Attach it inline, or share it among several managed policies.",
        )
    elif document.kind in _COUNTED_WHOLE and len(document.text) > limit:
        sentence = f"It has {len(document.text)} characters with its white space, which counts here; AWS takes {limit}."
        yield Finding(
            Rule.SIZE_QUOTA, document.places.at(), sentence, "Leave out the white space between its elements."
        )


_COUNTED_WHOLE = (PolicyKind.SCP, PolicyKind.RCP, PolicyKind.SESSION)
"""Organizations keeps a document as the API is given it, only the console leaves white space out; STS takes so many characters."""
_LIMITS = {
    PolicyKind.TRUST: LARGEST_TRUST_LIMIT,
    PolicyKind.IDENTITY: INLINE_LIMIT,
    PolicyKind.BOUNDARY: MANAGED_LIMIT,
    PolicyKind.SESSION: SESSION_LIMIT,
    PolicyKind.SCP: SCP_LIMIT,
    PolicyKind.RCP: RCP_LIMIT,
}


def _is_of_registry(document: LintedDocument) -> bool:
    listed = (action.lower() for item in document.policy.statements for action in item.actions.patterns)
    return all(action.startswith("ecr") for action in listed)
