"""Say in words how the request's value differs from the nearest value that a policy lists."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 256
"""More wanted values than this are not looked through: an explanation needs no more."""
_SUBJECT_PREFIX = "repo:"
_WILDCARD_FREE = ("StringEquals", "StringEqualsIgnoreCase", "StringNotEquals", "StringNotEqualsIgnoreCase")


def likeness(met: str, wanted: str) -> float:
    """Rate from 0 (nothing in common) to 1 (equal) how much beginning and end agree; linear in the texts' length."""
    shorter = min(len(met), len(wanted))
    if not shorter:
        return float(met == wanted)
    beginning = 0
    while beginning < shorter and met[beginning] == wanted[beginning]:
        beginning += 1
    end = 0
    while end < shorter - beginning and met[-1 - end] == wanted[-1 - end]:
        end += 1
    return 2 * (beginning + end) / (len(met) + len(wanted))


def nearest(met: str, wanted: Sequence[str]) -> str | None:
    """Return the wanted value that is most like the met one; the first among equals, None where nothing is wanted."""
    candidates = wanted[:_MOST]
    return max(candidates, key=lambda value: likeness(met, value)) if candidates else None


def difference(met: str, wanted: str, operator: str | None = None) -> str:
    """Return where the two differ, for example ``ref:refs/heads/dev wanted, ref:refs/heads/migrate-dev met``."""
    hints = _hints(met, wanted, operator)
    shown_wanted, shown_met = _parting(met, wanted)
    parts = [f"{_quoted(shown_wanted)} wanted, {_quoted(shown_met)} met"] if shown_wanted != shown_met else []
    return "; ".join(parts + hints)


def _hints(met: str, wanted: str, operator: str | None) -> list[str]:
    hints: list[str] = []
    base = (operator or "").rpartition(":")[2].removesuffix("IfExists")
    if base in _WILDCARD_FREE and ("*" in wanted or "?" in wanted):
        hints.append(f"{base} takes * and ? literally, StringLike would read them as wildcards")
    if _form(met) and _form(wanted) and _form(met) != _form(wanted):
        hints.append(
            f"the request's subject is of the {_form(met)} form, the policy's value of the {_form(wanted)} one"
        )
    if wanted.strip() != wanted and wanted.strip() == met:
        hints.append("the policy's value has white space at its end or beginning")
    elif met.lower() == wanted.lower() and met != wanted:
        hints.append("they differ in letter case only")
    return hints


def _form(subject: str) -> str | None:
    """Return which form a subject (or a pattern for one) has, classic or with the ids; None where that cannot be told."""
    repository = subject.removeprefix(_SUBJECT_PREFIX).partition(":")[0]
    if not subject.startswith(_SUBJECT_PREFIX) or "/" not in repository or repository.startswith("*"):
        return None
    return "immutable" if "@" in repository else "classic"


def _parting(met: str, wanted: str) -> tuple[str, str]:
    """Return what to show of both: the parts of a subject that differ, else everything from the last common separator."""
    if met.startswith(_SUBJECT_PREFIX) and wanted.startswith(_SUBJECT_PREFIX):
        met_repository, _, met_context = met.removeprefix(_SUBJECT_PREFIX).partition(":")
        wanted_repository, _, wanted_context = wanted.removeprefix(_SUBJECT_PREFIX).partition(":")
        if met_repository == wanted_repository:
            return wanted_context, met_context
        if met_context == wanted_context:
            return _SUBJECT_PREFIX + wanted_repository, _SUBJECT_PREFIX + met_repository
        return wanted, met
    common = 0
    for position, (left, right) in enumerate(zip(met, wanted, strict=False)):
        if left != right:
            break
        if left in ":/":
            common = position + 1
    return (wanted, met) if common in (len(met), len(wanted)) else (wanted[common:], met[common:])


def _quoted(text: str) -> str:
    """Return the text itself, in quotes where its ends could not be seen."""
    return f"{text!r}" if not text or text.strip() != text else text
