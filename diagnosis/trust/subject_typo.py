"""Find how a listed subject is miswritten: every place in which it departs from the grammar of the subject that was meant.

A text is a misspelling of a subject where it names the same owner, repository and ref (or environment), in that order,
and what stands between them means nothing else: words of the subject's own grammar and punctuation. ``environment:main``
is therefore no misspelling of ``ref:refs/heads/main``, and ``feature/main`` none of ``main``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from diagnosis.claims.claim_set import ContextKind, ReadSubject, SubjectContext, read_subject
from diagnosis.policy.language.matching import string_matcher

_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_UNSEEN = "\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""Characters that take no visible place, or look like a space, and are none to ``str.strip``."""
_ENDS = "".join((" \t\r\n", _UNSEEN))
_WORD = re.compile(r"[a-z]+")
_ALIKE = 0.7
_LEADING = ("repo", "repos", "repository", "sub", "subject", "https", "http", "ssh", "www", "git", "github", "com")
_OF_BRANCH = ("ref", "refs", "head", "heads", "branch", "branches", "name")
_OF_TAG = ("ref", "refs", "tag", "tags", "name")
_OF_ENVIRONMENT = ("env", "environment", "environments", "name")
_OF_PULL_REQUEST = ("pull", "request", "requests", "pr", "event", "name")


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A listed subject that misses the one that was meant by its spelling alone."""

    written: str
    meant: str
    """The value to write: the subject, or the pattern where the text holds one that then admits it."""
    differences: tuple[str, ...]
    """What is wrong, each as a clause without a full stop; never empty."""


def misspelling(written: str, subject: str) -> Misspelling | None:
    """Return how the listed value misspells the subject; None where it is right, or means something else."""
    if written == subject:
        return None
    read = read_subject(subject)
    if read is None or read.context is None:
        return _at_its_ends(written, subject)
    found: list[str] = []
    bare = _trimmed(written, found)
    bare = _decoded(bare, subject, found)
    parts = re.match(
        rf"(?P<lead>.*?)(?P<owner>{re.escape(read.owner)})(?P<oid>@\d+)?(?P<slash>\s*[/:\\]\s*)"
        rf"(?P<name>{re.escape(read.name)})(?P<rid>@\d+)?(?P<git>\.git)?(?P<rest>[^\w.\-].*|)\Z",
        bare,
        re.IGNORECASE | re.DOTALL,
    )
    if parts is None:
        return _without_owner(written, bare, read, found) or _pattern(written, bare, subject, found)
    same_ids = (parts["oid"] or "", parts["rid"] or "") == _ids(read.owner_id, read.repository_id)
    if not same_ids or not _leads(parts["lead"], found):
        # What looks like owner and repository may be a branch's name.
        return _without_owner(written, bare, read, found)
    if (parts["owner"], parts["name"]) != (read.owner, read.name):
        found.append(
            f"the letter case differs: {parts['owner']}/{parts['name']} where GitHub writes {read.owner}/{read.name}"
        )
    if parts["slash"] != "/":
        shown = parts["slash"] if parts["slash"].strip() == parts["slash"] else repr(parts["slash"])
        found.append(f"{shown} stands between owner and repository in the place of /")
    if parts["git"]:
        found.append(".git is no part of a repository's name")
    context = _context(parts["rest"], read.context, found)
    if context is None:
        return _pattern(written, f"{read.prefix}{parts['rest']}", subject, found)
    if not found:
        return None
    return Misspelling(written, f"{read.prefix}:{context}", tuple(found))


def _without_owner(written: str, bare: str, meant: ReadSubject, found: list[str]) -> Misspelling | None:
    """Mend a text that names the repository without its owner: every subject has both, so nobody's is written like that."""
    parts = re.match(rf"(?:repo:)?/?(?P<name>{re.escape(meant.name)})(?P<rest>:.*)\Z", bare, _ANY_CASE)
    if parts is None or meant.context is None:
        return None
    told = [*found, f"the owner is missing: repo:{meant.owner}/{meant.name} belongs there"]
    context = _context(parts["rest"], meant.context, told)
    return Misspelling(written, f"{meant.prefix}:{context}", tuple(told)) if context is not None else None


def _ids(owner_id: str | None, repository_id: str | None) -> tuple[str, str]:
    return f"@{owner_id}" if owner_id else "", f"@{repository_id}" if repository_id else ""


def _at_its_ends(written: str, subject: str) -> Misspelling | None:
    """Compare a subject of a template of the repository's own, whose grammar is not known beyond its ends and case."""
    found: list[str] = []
    bare = _trimmed(written, found)
    if bare != subject and bare.lower() == subject.lower():
        found.append("the letter case differs")
        bare = subject
    return Misspelling(written, subject, tuple(found)) if bare == subject and found else None


def _trimmed(text: str, found: list[str]) -> str:
    """Take off what nobody sees at the ends, and stray quotes."""
    bare = text.strip(_ENDS)
    if bare != text:
        found.append(f"{_unseen(text, bare)} stands at its {'end' if text.startswith(bare[:1]) else 'beginning'}")
    unquoted = bare.strip(_QUOTES)
    if unquoted != bare:
        found.append(f"a stray quote ({bare[0] if bare[0] in _QUOTES else bare[-1]}) stands at its end or beginning")
    return unquoted.strip(_ENDS)


def _unseen(text: str, bare: str) -> str:
    beyond = text.replace(bare, "", 1) if bare else text
    if set(beyond) & set("\r\n"):
        return "a line break"
    if "\t" in beyond:
        return "a tab"
    return "a character that cannot be seen" if set(beyond) & set(_UNSEEN) else "a space"


def _decoded(text: str, subject: str, found: list[str]) -> str:
    """Write out percent signs that stand for a colon or a slash where the subject has the sign itself, and the other way."""
    plain = re.sub("%3a", ":", re.sub("%2f", "/", text, flags=re.IGNORECASE), flags=re.IGNORECASE)
    if plain != text and text.lower().count("%3a") + text.lower().count("%2f") != subject.count("%3A"):
        sign = "%3A" if "%3a" in text.lower() else "%2F"
        found.append(f"{sign} stands in the place of {':' if sign == '%3A' else '/'}")
    return plain


def _leads(lead: str, found: list[str]) -> bool:
    """Return whether what stands before the owner means no more than ``repo:``, and note how it departs from that."""
    if lead == "repo:":
        return True
    if not _means(lead, _LEADING):
        return False
    folded = lead.lower()
    if "github" in folded or "//" in folded or "git@" in folded:
        found.append(f"an address ({lead}) stands in the place of repo:")
    elif not lead.strip(" :/"):
        found.append("repo: is missing")
    elif folded == "repo:":
        found.append(f"the letter case differs: {lead} where GitHub writes repo:")
    else:
        found.append(f"{lead} stands in the place of repo:")
    return True


def _context(rest: str, meant: SubjectContext, found: list[str]) -> str | None:
    """Return the context to write; None where the text means another one."""
    right = meant.text()
    if rest == f":{right}":
        return right
    if meant.kind is ContextKind.PULL_REQUEST:
        if not rest.strip(" :/") or not _means(rest, _OF_PULL_REQUEST):
            return None
        found.append(f"{rest.lstrip(':')} stands in the place of pull_request")
        return right
    name, glue = meant.value, f":{meant.kind}:"
    words: tuple[str, ...] = _OF_ENVIRONMENT
    if meant.kind is ContextKind.REF:
        kind, _, short = name.removeprefix("refs/").partition("/")
        if not short:
            return None
        name, glue, words = short, f":ref:refs/{kind}/", _OF_TAG if kind == "tags" else _OF_BRANCH
    body = rest.rstrip(" /:;,.")
    if not body.lower().endswith(name.lower()):
        return None
    between, value = body[: len(body) - len(name)], body[len(body) - len(name) :]
    # The name must begin where a word begins: "main" does not end "domain".
    if not between or between[-1].isalnum() or not _means(between, words):
        return None
    if body != rest:
        found.append(f"{rest[len(body) :]!r} stands at its end")
    if between != glue:
        found.append(_glue_words(between, glue, value))
    if value != name:
        found.append(f"the letter case differs: {value} where GitHub writes {name}")
    if not found and ":" in value:
        found.append("a colon inside the name is written %3A")
    return right


def _glue_words(between: str, glue: str, value: str) -> str:
    """Say how the words between repository and name depart from the grammar."""
    shown, right = between.lstrip(":"), glue.lstrip(":")
    if shown == right:
        return f"{between.removesuffix(right)} stands before {right} in the place of one colon"
    if "".join(between.split()) == glue:
        return f"a space stands inside {between!r}"
    if between.lower() == glue:
        return f"the letter case differs: {shown} where GitHub writes {right}"
    if right.startswith("ref:"):
        if between == glue.replace("ref:", "", 1):
            return f"ref: is missing before {shown}{value}"
        first = shown.lower().partition(":")[0].strip("/ ")
        if first in ("branch", "branches", "tag", "tags", "head", "heads"):
            return (
                f"{shown.partition(':')[0]}{':' if ':' in shown else ''} is no part of a subject: {right} belongs there"
            )
    if not shown.strip(" :/"):
        return f"{right} is missing before {value}"
    return f"{shown} stands in the place of {right}"


def _pattern(written: str, bare: str, subject: str, found: list[str]) -> Misspelling | None:
    """Mend a pattern that names owner or repository by wildcards: its ends, a missing ``repo:``, a missing ``ref:``."""
    if not set(bare) & {"*", "?"}:
        return None
    mended = bare
    if not mended.lower().startswith("repo:"):
        lead, _, rest = mended.rpartition("://") if "://" in mended else ("", "", mended)
        rest = re.sub(r"\A(?:www\.)?github\.com/", "", rest) if lead else rest
        mended = f"repo:{rest}"
        found.append(f"an address ({lead}://) stands in the place of repo:" if lead else "repo: is missing")
    owner, colon, context = mended.removeprefix("repo:").partition(":")
    if colon and context.startswith("refs/"):
        mended = f"repo:{owner}:ref:{context}"
        found.append(f"ref: is missing before {context}")
    cased = _in_its_case(mended, subject)
    if cased is not None and cased != mended:
        found.append(f"the letter case differs: GitHub writes {cased}")
        mended = cased
    if not found or not _admits(mended, subject):
        return None
    return Misspelling(written, mended, tuple(found))


def _in_its_case(pattern: str, subject: str) -> str | None:
    """Return the pattern with its letters in the subject's case; None where it is no pattern of the subject in any case."""
    # What stands between two stars is taken where it comes first and kept: no other place would let more match.
    first, *others = pattern.split("*")
    middle = "".join(f"(?>.*?{_spelled(stretch)})" for stretch in others[:-1])
    whole = f"{_spelled(first)}{middle}.*{_spelled(others[-1])}" if others else _spelled(first)
    found = re.fullmatch(whole, subject, _ANY_CASE)
    if found is None:
        return None
    met = iter(found.groups())
    return "".join(piece if piece in ("*", "?") else next(met) for piece in re.split(r"([*?])", pattern) if piece)


def _spelled(stretch: str) -> str:
    """Return a regular expression for what stands between two stars, each literal piece of it a group."""
    pieces = re.split(r"(\?)", stretch)
    return "".join("." if piece == "?" else f"({re.escape(piece)})" for piece in pieces if piece)


_ANY_CASE = re.IGNORECASE | re.DOTALL


def _admits(pattern: str, subject: str) -> bool:
    return string_matcher(pattern, variables=False, wildcards=True)(subject, {})


def _means(text: str, words: tuple[str, ...]) -> bool:
    """Return whether the text holds nothing but punctuation and words of these, however misspelt."""
    return all(
        word in words or any(SequenceMatcher(None, word, known).ratio() >= _ALIKE for known in words)
        for word in _WORD.findall(text.lower())
    ) and not re.search(r"[0-9*?]", text)
