"""Trust in OIDC providers: what AWS requires of shared ones, the audience, and whose tokens the subject's pattern admits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.callers.door import DoorKind
from diagnosis.claims.provider_controls import is_told_by_audience
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.doors import doors_of
from diagnosis.lint.finding import Finding
from diagnosis.lint.providers import Provider, is_bound, providers_of
from diagnosis.lint.rule import Rule
from diagnosis.policy import Condition, Effect, PolicyKind, Statement

_EXAMPLES = {
    "sub": "repo:OWNER/REPO:ref:refs/heads/main",
    "job_workflow_ref": "OWNER/REPO/.github/workflows/FILE.yml@refs/heads/main",
}
_BOUNDING = ("sub", "job_workflow_ref", "repository", "repository_id", "repository_owner_id")
"""Claims of GitHub's tokens by which a statement says whose repositories it means."""
_WITH_APPLICATIONS = ("graph.facebook.com", "www.amazon.com")
"""Providers whose tokens name the application, and no audience."""
_WILDCARDS = frozenset("*?")


def controls(document: LintedDocument) -> Iterator[Finding]:
    """Find an Allow for a shared provider that bounds none of the claims which AWS requires; AWS refuses to save it."""
    for statement, provider in _admitting(document):
        if not provider.required or any(is_bound(each) for each in _on(statement, provider, provider.required)):
            continue
        claims = " nor ".join(provider.required)
        bounds = f"neither {claims}" if len(provider.required) > 1 else f"no {claims}"
        tried = next(_on(statement, provider, provider.required), None)
        yield Finding(
            Rule.PROVIDER_CONTROL,
            document.condition(statement, tried) if tried else document.place(statement, "Condition"),
            f"The statement bounds {bounds} of {provider.issuer}, which every customer of the provider shares: AWS refuses to "
            f"save it. {_why(tried)}",
            _correction(provider),
        )


def _why(tried: Condition | None) -> str:
    if tried is None:
        return "No condition asks for it."
    if tried.base is not None and tried.base.name in ("StringEquals", "StringEqualsIgnoreCase", "StringLike"):
        if tried.if_exists or tried.set_operator is not None:
            return f"{tried.name} also holds where the claim is absent, so it is no bound."
        return f"A value of {tried.name} is a bare wildcard, which is scoped to all."
    return f"{tried.name} is no bound: only StringEquals, StringEqualsIgnoreCase and StringLike count."


def _correction(provider: Provider) -> str:
    claim = provider.required[0]
    example = f", such as {_EXAMPLES[claim]}" if provider.is_github else ""
    return f'Add "{provider.issuer}:{claim}" under StringEquals or StringLike with the value that is meant{example}.'


def unbounded(document: LintedDocument) -> Iterator[Finding]:
    """Find an Allow by which every token of a provider gets in, where AWS asks for no bound or one is there that bounds nothing."""
    for statement, provider in _admitting(document):
        if provider.required and not any(is_bound(each) for each in _on(statement, provider, provider.required)):
            continue  # told as what AWS refuses
        if provider.is_github:
            if not provider.required and not any(is_bound(each) for each in _on(statement, provider, _BOUNDING)):
                yield _unbounded(document, statement, provider, "every repository whose tokens come from it")
            continue
        doors = (door for door in doors_of(document, statement) if door.kind is DoorKind.PROVIDER and door.harmful)
        if any(door.principal == provider.name for door in doors):
            yield _unbounded(document, statement, provider, "every token of it")


def _unbounded(document: LintedDocument, statement: Statement, provider: Provider, whom: str) -> Finding:
    # A provider that AWS has built in is named by its host; the client that asks is what bounds its tokens.
    built_in = "/" not in provider.name
    claim = "aud" if built_in or is_told_by_audience(provider.issuer) else "sub"
    if provider.name in _WITH_APPLICATIONS:
        claim = "app_id"
    tried = next(_on(statement, provider, (claim,)), None)
    example = f", such as {_example(provider)}" if claim == "sub" and _example(provider) else ""
    how = "Write out" if tried else "Add"
    return Finding(
        Rule.SUBJECT_UNBOUNDED,
        document.condition(statement, tried) if tried else document.place(statement, "Condition"),
        f"The statement does not bound who comes from {provider.issuer}: {whom} is admitted.",
        f'{how} "{provider.issuer}:{claim}" under StringEquals or StringLike with the value that is meant{example}.',
    )


def _example(provider: Provider) -> str:
    if provider.is_github:
        return _EXAMPLES["sub"]
    return "system:serviceaccount:NAMESPACE:NAME" if provider.issuer.startswith("oidc.eks.") else ""


def audience(document: LintedDocument) -> Iterator[Finding]:
    """Find an Allow for an OIDC provider that does not ask for the audience."""
    for statement, provider in _admitting(document):
        if not statement.conditions:
            continue  # told as what bounds nothing at all
        # A key of another provider's audience is told as a key that no token carries.
        misplaced = any(each.folded_key.endswith(":aud") for each in statement.conditions)
        bounded = any(is_bound(each) for each in _on(statement, provider, ("aud",)))
        if provider.is_github and not bounded and (not misplaced or any(_on(statement, provider, ("aud",)))):
            yield Finding(
                Rule.AUDIENCE_MISSING,
                document.place(statement, "Condition"),
                f"The statement does not bound {provider.issuer}:aud: a token that was made for another audience is admitted "
                "too, if the provider lists it.",
                f'Add "{provider.issuer}:aud": "sts.amazonaws.com" under StringEquals.',
            )


def any_owner(document: LintedDocument) -> Iterator[Finding]:
    """Find a pattern of the subject or the workflow whose owner is not fixed, where nothing else fixes the owner."""
    for statement, provider in _admitting(document):
        if not provider.is_github:
            continue
        bounds = [each for each in _on(statement, provider, ("sub", "job_workflow_ref")) if is_bound(each)]
        fixing = ("repository", "repository_id", "repository_owner_id", "enterprise_id")
        if any(is_bound(each) and _fixed(each, provider) for each in _on(statement, provider, fixing)):
            continue
        if any(_fixed(each, provider) for each in bounds):
            continue
        for condition in bounds:
            for position, value in enumerate(condition.values):
                if _owner_is_open(value, condition):
                    sentence, correction = _owner_words(value)
                    yield Finding(
                        Rule.SUBJECT_ANY_OWNER, document.condition(statement, condition, position), sentence, correction
                    )


def _owner_words(value: str) -> tuple[str, str]:
    """Return what is open of the owner and what to write: of the immutable form it may be the id alone."""
    named = re.match(r"repo:([^/:@*?]+)@[^/:@]*/", value)
    if named:
        owner = named.group(1)
        return (
            f"{value[:120]!r} leaves the id of {owner} open: whoever takes over the name matches it.",
            f"Write the id out: repo:{owner}@ID/… .",
        )
    return (
        f"{value[:120]!r} leaves the owner open: repositories of other owners match it.",
        "Write the owner out up to its slash: repo:OWNER/… .",
    )


def _fixed(condition: Condition, provider: Provider) -> bool:
    claim = condition.folded_key.removeprefix(f"{provider.issuer.lower()}:")
    if claim.endswith("_id"):
        return not any(_WILDCARDS & set(value) for value in condition.values)
    return not any(_owner_is_open(value, condition) for value in condition.values)


def _owner_is_open(value: str, condition: Condition) -> bool:
    """Return whether a pattern has a wildcard before the slash that ends the owner."""
    if condition.base is None or condition.base.name != "StringLike":
        return False
    head, slash, _ = value.removeprefix("repo:").partition("/")
    if head != value and ":" in re.split(r"[*?]", head)[0]:
        # The subject's context begins where an owner's name should end: no token has that.
        return False
    if slash or head != value:
        return bool(_WILDCARDS & set(head)) or (not slash and bool(_WILDCARDS & set(value)))
    return value[:1] in _WILDCARDS


def _admitting(document: LintedDocument) -> Iterator[tuple[Statement, Provider]]:
    """Yield each Allow of a trust policy with each OIDC provider that it names."""
    if document.kind is not PolicyKind.TRUST:
        return
    for statement in document.policy.statements:
        if statement.effect is Effect.ALLOW and statement.actions.covers("sts:assumerolewithwebidentity"):
            for provider in providers_of(statement):
                yield statement, provider


def _on(statement: Statement, provider: Provider, claims: tuple[str, ...]) -> Iterator[Condition]:
    wanted = {f"{provider.issuer}:{claim}".lower() for claim in claims}
    return (condition for condition in statement.conditions if condition.folded_key in wanted)
