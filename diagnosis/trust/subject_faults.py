"""Tell why one condition on the subject refuses a token: spelling, operator, the repository's form, the shape, or the value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, ContextKind, SubjectContext, SubjectForm, finished, read_subject
from diagnosis.policy.language.conditions import Condition, compile_condition
from diagnosis.trust.subject_typo import Misspelling, misspelling

_MOST_VALUES = 64
"""Of a longer list the first ones are searched for the one that was meant; that none is met is known without that."""
_MEANT, _NOT_MEANT = 2, 3
"""How many departures from the listed value still explain a refusal better than that the value is another one."""


@dataclass(frozen=True, slots=True)
class SubjectTold:
    """Why a condition on the subject is not met."""

    causes: tuple[Cause, ...]
    """Never empty, the first met first."""
    words: str = ""
    misspelling: Misspelling | None = None
    shaped: ClaimSet | None = None
    """The claims in the shape that the condition lists, where the shape is a cause."""


def explain_subject(
    condition: Condition,
    claims: ClaimSet,
    unmet: Callable[[Condition, ClaimSet | None], bool],
) -> SubjectTold:
    """Return the fewest departures that explain why the condition does not admit the subject."""
    if claims.subject is None or not condition.compares_strings:
        return SubjectTold((Cause.SUBJECT_NOT_ADMITTED,))
    pattern = as_pattern(condition)
    best: tuple[int, SubjectTold] | None = None
    limit = _MEANT if _names(condition, repository_of(claims)) else _NOT_MEANT
    shapes = [claims, *_shapes(claims, condition.values)]
    for shaped in shapes:
        for formed in (shaped, *_forms(shaped, condition.values)):
            of_claims = (
                *((Cause.SUBJECT_IMMUTABLE_FORM,) if formed is not shaped else ()),
                *((Cause.SUBJECT_SHAPE,) if shaped is not claims else ()),
            )
            for causes, spelt in _departures(condition, pattern, formed, unmet):
                every = (*causes, *of_claims)
                if not every or len(every) > limit or (best is not None and len(every) >= best[0]):
                    continue
                words = _spelling_words(spelt, formed.subject or "") if spelt else ""
                if spelt and Cause.CONDITION_OPERATOR in causes:
                    words = f"{Cause.CONDITION_OPERATOR.sentence} {words}"
                best = (
                    len(every),
                    SubjectTold(
                        every, words, spelt if formed is claims else None, None if shaped is claims else shaped
                    ),
                )
    return best[1] if best else SubjectTold((Cause.SUBJECT_NOT_ADMITTED,))


def as_pattern(condition: Condition) -> Condition | None:
    """Return the condition as a comparison with patterns; None where it compares no strings, or does so already."""
    if not condition.compares_strings or condition.base is None or condition.base.name == "StringLike":
        return None
    operator = condition.name.replace(condition.base.name, "StringLike")
    values = list(condition.values)
    return compile_condition(operator, condition.key, values, condition.path, variables=condition.variables)


def _departures(
    condition: Condition,
    pattern: Condition | None,
    claims: ClaimSet,
    unmet: Callable[[Condition, ClaimSet | None], bool],
) -> Iterator[tuple[tuple[Cause, ...], Misspelling | None]]:
    """Yield what beside form and shape keeps these claims out; nothing of it where they are admitted as they are."""
    if not unmet(condition, claims):
        yield (), None
        return
    if pattern is not None and not unmet(pattern, claims):
        yield (Cause.CONDITION_OPERATOR,), None
    subject = claims.subject or ""
    for value in condition.values[:_MOST_VALUES]:
        spelt = misspelling(value, subject)
        if spelt is None:
            continue
        wild = set(spelt.meant) & {"*", "?"} and spelt.meant != subject
        literal = condition.base is not None and condition.base.name != "StringLike"
        yield ((Cause.CONDITION_OPERATOR, Cause.SUBJECT_TYPO) if wild and literal else (Cause.SUBJECT_TYPO,)), spelt


def _spelling_words(spelt: Misspelling, subject: str) -> str:
    return f"The trust policy lists {_shown(spelt.written)}: {', and '.join(spelt.differences)}. GitHub presents {subject}."


def _shown(text: str) -> str:
    """Return the text itself, in quotes where its ends could not be seen."""
    return text if text.strip() == text and text.isprintable() else ascii(text)


def _names(condition: Condition, repository: str) -> bool:
    """Return whether a listed value names the run's repository, with ids or without, in whatever letter case."""
    own = repository.lower().replace("/", "")
    return bool(own) and own in re.sub(r"@\d+|/", "", " ".join(condition.values).lower())


def _shapes(claims: ClaimSet, listed: tuple[str, ...]) -> Iterator[ClaimSet]:
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
    contexts = list(_listed_contexts(claims, listed))
    if own.kind is ContextKind.ENVIRONMENT:
        ref = claims.get("ref")
        yield claims.in_context(
            SubjectContext(ContextKind.REF, ref) if ref else SubjectContext(ContextKind.PULL_REQUEST)
        )
    # Where the policy admits this shape with another value, the value is what is wrong.
    if all(context.kind is not own.kind for context in contexts):
        yield from (claims.in_context(context) for context in contexts)


def _listed_contexts(claims: ClaimSet, listed: tuple[str, ...]) -> Iterator[SubjectContext]:
    """Yield the contexts that the policy lists for the run's repository, in either form; a pattern stands for one value."""
    repository = repository_of(claims).lower()
    for subject in listed[:_MOST_VALUES]:
        read = read_subject(subject)
        if read and read.context and read.repository.lower() == repository:
            value = read.context.value.replace("*", "x").replace("?", "x")
            yield SubjectContext(read.context.kind, value)


def _forms(claims: ClaimSet, listed: tuple[str, ...]) -> Iterator[ClaimSet]:
    """Yield the subject with and without ids, and with the dash that an early announcement showed."""
    repository = repository_of(claims)
    owner, _, name = repository.partition("/")
    owner_id, id_ = claims.get("repository_owner_id"), claims.get("repository_id")
    if claims.form is SubjectForm.IMMUTABLE:
        yield _named(claims, f"repo:{repository}")
    elif owner_id and id_:
        yield _named(claims, f"repo:{owner}@{owner_id}/{name}@{id_}")
    else:
        pattern = re.compile(rf"repo:{re.escape(owner)}@\d+/{re.escape(name)}@\d+", re.IGNORECASE)
        yield from (_named(claims, found.group()) for found in map(pattern.match, listed) if found)
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


def repository_of(claims: ClaimSet) -> str:
    """Return ``owner/name`` by the claim, else by the subject."""
    read = read_subject(claims.subject or "")
    return claims.get("repository") or (read.repository if read else "")
