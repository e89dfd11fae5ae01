"""Is what stands behind a name the value under it, or a sentence about it? Our own reports are made of such sentences."""

from __future__ import annotations

import re

from diagnosis.logs.secrets.finding import words_of
from diagnosis.logs.secrets.values import is_drawn, is_plain

_LINKS = words_of(
    """
    a above after all also an and any are around as at be because been before behind below beside between but by can cannot
    could did do does else every exactly for from had has have how if in into is it its itself longer may might must
    neither never no nobody none nor not nothing of off on once one only onto or other out over since so some such than
    that the their them then there they this those though to too under unless until was were what when where whether
    which while who whoever whom whose why will with without would yet
    """
)
"""Words that only join others. A passphrase is made of things."""
_EDGES = ".,:;!?()[]\"'`\u201c\u201d\u2026"
_CLAUSE = re.compile(r"[^.;:\n]{1,200}(?:[.;:](?!\s|$)[^.;:\n]{0,200}){0,8}")
_MOST_WORDS = 40
_CONCLUSIONS = words_of("success failure cancelled skipped neutral stale timed_out action_required startup_failure")
_ACTION = re.compile(r"[a-z0-9-]{2,40}:[A-Z][A-Za-z]{2,60}\*?")
_OPERATION = re.compile(
    r"(?:^|[^A-Za-z0-9_-])(?P<verb>[Gg]et|[Cc]reate|[Ll]ist|[Dd]escribe|[Dd]elete|[Pp]ut|[Uu]pdate|[Ii]ssue|[Rr]evoke|[Vv]alidate|[Dd]ecode)"
    r"(?:(?:-[a-z]{2,20}){1,6}|(?<=[a-z])(?:[A-Z][a-z]{1,20}){1,6})$"
)
"""How the command line of AWS and its API call what one may ask for: ``get-session-token``, ``GetSecretValue``."""


def is_operation(name: str) -> bool:
    """Return whether a name, alone or behind its service, is one of a call that deals with secrets, and not that of a secret."""
    found = _OPERATION.search(name)
    return found is not None and ("-" in found[0] or found["verb"][0].isupper())


def is_sentence(text: str, *, words: int = 4, links: int = 2) -> bool:
    """Return whether a text begins with a clause of so many words, so many of them links, and holds nothing that was drawn."""
    clause = _CLAUSE.match(text)
    told = _told(clause[0]) if clause else []
    # A word with a joint in it is a value of which the sentence speaks.
    return (
        len(told) >= words
        and told[0].isalpha()
        and sum(word.lower() in _LINKS for word in told) >= links
        and _is_plain(told, text)
    )


def is_told(text: str) -> bool:
    """Return whether a text can be what our own sentence says behind a name in its quotation marks: how a step ended, words."""
    told = _told(text)
    return bool(told) and (told[0] in _CONCLUSIONS or (len(told) > 2 and _is_plain(told, text)))


def _told(text: str) -> list[str]:
    return [bare for word in text.split(None, _MOST_WORDS)[:_MOST_WORDS] if (bare := word.strip(_EDGES))]


def _is_plain(told: list[str], text: str) -> bool:
    plain = all(is_plain(word) or _ACTION.fullmatch(word) for word in told)
    return plain and not any(is_drawn(word, by_itself=False) for word in _told(text))
