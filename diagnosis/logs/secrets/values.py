"""Is a value that stands under the name of a secret understood to be none? What is not understood is taken for one."""

from __future__ import annotations

import re
from enum import IntEnum
from itertools import pairwise

from diagnosis.logs.secrets.finding import words_of


class Strength(IntEnum):
    """How much a name alone says about its value."""

    NOTHING = 0
    KEY = 1
    """Some key: secret where it is plainly random."""
    TOKEN = 2
    """Secret unless the value is made of words, of a path, a version, a date."""
    PASSWORD = 3
    """Secret unless the value is a word that says something about passwords."""


LONGEST = 300
"""Characters; what is longer under such a name is a secret whatever it looks like."""
_SHORTEST = {Strength.KEY: 20, Strength.TOKEN: 8, Strength.PASSWORD: 4}

_VARIABLE = re.compile(
    r"\{\{resolve:[^\s\"']{1,300}\}\}|\$\{\{[^{}\n]{0,200}\}\}|\$\{[A-Za-z_][^{}\n]{0,100}\}|\$\([^()\n]{0,200}\)|\$\[[^\[\]\n]{0,200}\]"
    r"|\$(?:env:|Env:|ENV:)?[A-Za-z_]\w{0,80}(?:\.\w{1,80}){0,4}|\{\{[^{}\n]{0,200}\}\}|[#@%]\{[^{}\n]{0,100}\}"
    r"|%[A-Za-z_]\w{0,80}%|%[sdvqr](?!\w)|<[^<>\n]{1,80}>|\{[A-Za-z_0-9.]{0,60}\}|\*{3,}|`[^`\n]{0,100}`"
)
"""What stands for a value: a variable, an expression, a placeholder, a mask."""
_DEFAULT = re.compile(r"\$\{\w{1,80}:?[-=+]([^{}]{4,100})\}")

_MASK = re.compile(r"[*.xX#?_\u2022\u2026-]+|\[[A-Za-z ]{2,30}\]|\([A-Za-z ]{2,30}\)")
_PREFIX = re.compile(
    r"arn:aws[a-z-]{0,12}:|https?://(?![^\s/@]{1,300}@)|(?:file|s3|op)://|(?:vault|ssm|secretsmanager|secretref|ref\+[a-z]{2,20}):[A-Za-z/]",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{0,2}|[A-Za-z]:|[\w.-]{1,40})(?:[\\/][\w.@+ -]{0,60}){1,20}")
_SUBJECT = re.compile(r"repo:[\w.@*?-]{1,100}/[\w.@*?-]{1,120}(?::[\w.@*?/:=-]{0,200})?")
_SCOPE = re.compile(r"(?:A[KS]IA)?/?\d{8}/[a-z0-9-]{2,30}/[a-z0-9-]{2,40}/aws4_request,?")
"""What a signature of AWS counts for, behind the key's id."""
_DIGEST = re.compile(r"(?:sha\d{1,3}[:-]|md5:)[A-Za-z0-9+/=]{20,128}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]{4,20}(?:Z|[+-]\d\d:?\d\d)?)?")
_VERSION = re.compile(r"v?\d{1,6}(?:[.,:]\d{1,6}){0,5}%?|v\d{1,4}")
_CALL = re.compile(r"(?:await |new )?[A-Za-z_]{3,40}(?:\.[A-Za-z_]{2,40}){0,5}\(.{0,200}")
_MEMBER = re.compile(r"([A-Za-z_]{2,40})(?:\.[A-Za-z_]\w{0,60}|\[[\"']?\w{1,60}[\"']?\]?){1,8}[!?]?")
_OWNERS = words_of(
    """
    args body builtins config context core creds credentials ctx data each env environ environment event github
    inputs js json jobs local matrix module needs opts options os params process props req request res response
    result runner secrets self session settings ssm state steps system this user values var vars vault
    """
)
"""Whose members programs read: ``var.db_password``, ``process.env.TOKEN``."""

_DIGEST_OF_A_KEY = re.compile(r"(?:(?<=-)|^)(?:[0-9a-f]{40}|[0-9a-f]{64})(?=-|$)")
_HEX_OR_ID = re.compile(r"(?:[0-9A-Fa-f]{2,}|v\d)(?:[.:_-][0-9A-Fa-f]{2,}){0,20}")
_PARTS = re.compile(r"[A-Za-z]+|\d+")
_JOINTS = re.compile(r"[A-Za-z0-9]*(?:[ ._/:,;!?@*'()\[\]{}|=\\-]{1,3}[A-Za-z0-9]+)*[ ._/:,;!?@'()\[\]{}|=\\-]{0,3}")
_WILDCARDS = re.compile(r"[?*\u2026]{1,40}")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_WORD, _LONGEST_CAPITALS, _LONGEST_NUMBER = 20, 15, 4
_SHORTEST_HUMP = 3.0
"""Letters, on average: ``GitHub``."""
_LONGEST_ACRONYM = 5
_VOWEL = re.compile("[aeiouyAEIOUY]")
_NO_VOWELS = re.compile("[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{6}")

_FIRST_WORD = re.compile(r"[A-Za-z0-9-]+")
_SAYS = words_of(
    """
    a about access account again all already an and any api application are argument arn as at authentication
    authorization auto-generated base64 be because been before blank bool boolean both but by bytes can cannot
    changed char check code command configuration configure configured confirm confirmation contains could created
    credential credentials current default deleted denied deprecated did dict disabled do does done empty enabled
    encrypted enter env environment error exists expected expired expires external fail failed failure false field
    file fixed flag for found from generated get github given had has have header help hidden if in inherit input
    incorrect insecure instead integer invalid is issued it its key keyword length list login long lookup malformed manager
    managed manual mask masked may method mismatch missing must mutable name need needed needs new nil no none not
    null num number object of off old omitted on one only option optional or output parameter passed password
    passwords please policy present prompt prompted protected provide provided random read redacted refresh
    refreshed refused rejected removed request requested require required requirements requires reset retrieved
    retype revoked rotate rotated rotation scope secret secrets sensitive set setting should shown skip skipped some
    stdin store stored str strength string success successful successfully succeeded text that the then this to
    token tokens too true type unable undefined unexpected unknown unset unsupported until update updated usage use
    used user username using valid validation value via variable was weak were when which while will with without
    write wrong yes you your
    """
)
"""What a text about passwords says at the place of one."""
_NAMES_ITSELF = re.compile(
    r"[A-Za-z._/ -]{0,60}(?:pass(?:word|wd|phrase)?|pwd|secrets?|token|key|credentials?)(?:[._/-]?[A-Za-z]{2,12}){0,3}",
    re.IGNORECASE,
)
"""``password: db_password`` names another place."""


def is_secret(value: str, strength: Strength) -> bool:
    """Return whether a value under a name of this strength must not be shown. ``value`` stands without its quotes."""
    if len(value) > LONGEST:
        return not _PREFIX.match(value)
    rest = _without_variables(value).removesuffix(
        "`"
    )  # Markdown's quotation mark stands around a whole line of a packet
    if len(rest) < _SHORTEST[strength]:
        return False
    if _MASK.fullmatch(rest) or _PREFIX.match(rest) or _refers(rest):
        return False
    if strength is Strength.PASSWORD:
        return not speaks(rest)
    if strength is Strength.KEY:
        return is_random(rest)
    return not is_plain(rest)


def stands_for(value: str) -> bool:
    """Return whether a value is nothing but a variable, a placeholder or a mask."""
    rest = _without_variables(value[: LONGEST + 1])
    return not rest.strip(" \t:@/") or _MASK.fullmatch(rest) is not None


def leads_elsewhere(text: str, at: int) -> bool:
    """Return whether what begins in a text is an address or an ARN, whose own secrets are looked for by themselves."""
    return _PREFIX.match(text, at) is not None


def is_plain(value: str) -> bool:
    """Return whether a value is made of words, numbers, a path, a version, a date, a digest that says which it is."""
    if (
        _VERSION.fullmatch(value)
        or _MOMENT.fullmatch(value)
        or _DIGEST.fullmatch(value)
        or _SUBJECT.fullmatch(value)
        or _SCOPE.fullmatch(value)
    ):
        return True
    value = _WILDCARDS.sub("", value)
    if not _JOINTS.fullmatch(value):
        return False
    joined = _beside_each_other(value)
    return not joined and all(map(_is_word, _PARTS.findall(value)))


def is_random(value: str) -> bool:
    """Return whether a value is plainly random: long, without joints, letters of both cases among digits, or long hex."""
    # Behind words: a digest of a cache's key is in hexadecimal digits and no more.
    body = _DIGEST_OF_A_KEY.sub("", value.rstrip("=,"))
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{20,}", body) or is_plain(body):
        return False
    digits = sum(letter.isdigit() for letter in body)
    return (
        digits > 1
        and body.lower() != body
        and body.upper() != body
        and body.count("-") + body.count("/") <= max(3, len(body) // 16)
    )


def is_drawn(word: str, *, by_itself: bool) -> bool:
    """Return whether a word among words was drawn: no digest or id, no name, letters and digits in no order.

    ``by_itself``: the name before it is that of a secret whatever the digits are; many keys have a digest.
    """
    if _HEX_OR_ID.fullmatch(word):
        return by_itself and len(word) > 31 and word.isalnum()
    if is_plain(word) or _refers(word):
        return False
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))
    mixed = word.lower() != word != word.upper()
    return changes > 1 if mixed else changes > 3 and len(word) > 15


def _without_variables(value: str) -> str:
    """Return what is left of a value without what stands for something else; a default in it may be a secret itself."""
    default = _DEFAULT.search(value)
    if default:
        return default[1]
    return _VARIABLE.sub("", value)


def _refers(value: str) -> bool:
    """Return whether a value says where the secret is."""
    if _CALL.fullmatch(value) or (_NAMES_ITSELF.fullmatch(value) and is_plain(value)):
        return True
    member = _MEMBER.fullmatch(value)
    if member and member[1].lower() in _OWNERS:
        return True
    if not _PATH.fullmatch(value):
        return False
    # A key in Base64 may begin with a slash: the parts of a path are names.
    parts = [part for part in re.split(r"[\\/]", value) if part]
    rooted = value[0] in "/.~" or value[1:2] == ":"
    return (rooted or "/" in value) and all(map(is_plain, parts)) and (rooted or len(parts) > 1)


def speaks(value: str) -> bool:
    """Return whether a value is a word, or a sentence of words, that says something about a password."""
    words = value.split(None, 3)[:3]
    first = _FIRST_WORD.match(value)
    if not first or first[0].lower() not in _SAYS or "=" in words[0]:
        return False
    return is_plain(value if len(words) < 3 else " ".join(words))


def _is_word(part: str) -> bool:
    if part.isdigit():
        return len(part) <= _LONGEST_NUMBER
    if part.isupper():
        return len(part) <= _LONGEST_CAPITALS
    if part.islower() or part[1:].islower():
        return len(part) <= _LONGEST_WORD and not _NO_VOWELS.search(part)
    humps = _HUMPS.findall(part)
    return len(part) >= _SHORTEST_HUMP * len(humps) and all(map(_is_hump, humps))


def _is_hump(hump: str) -> bool:
    """Return whether a part of a word in mixed case (``getIDToken``) is a word or an acronym."""
    if hump.isupper():
        return 1 < len(hump) <= _LONGEST_ACRONYM
    return 1 < len(hump) <= _LONGEST_WORD and _VOWEL.search(hump) is not None and not _NO_VOWELS.search(hump)


def _beside_each_other(value: str) -> bool:
    """Return whether letters and digits alternate within a part, but for a short number at its end (``v2``, ``sha256``)."""
    return (
        re.search(r"\d[A-Za-z]|[A-Za-z]\d{4}|(?<![A-Za-z])[A-Za-z]\d{3}|[a-z][A-Z][A-Za-z]{0,40}\d", value) is not None
    )
