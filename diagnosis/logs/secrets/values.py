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
    VARIABLE = 4
    """Set in capitals, as in an environment: secret unless the value is understood to be none, a word or not."""


LONGEST = 300
"""Characters; what is longer under such a name is a secret whatever it looks like."""
_SHORTEST = {Strength.KEY: 20, Strength.TOKEN: 8, Strength.PASSWORD: 4, Strength.VARIABLE: 4}

_VARIABLE = re.compile(
    r"\{\{resolve:[^\s\"']{1,300}\}\}|\$\{\{[^{}\n]{0,200}\}\}|\$\{[A-Za-z_][^{}\n]{0,100}\}|\$\([^()\n]{0,200}\)|\$\[[^\[\]\n]{0,200}\]"
    r"|(?<![a-z0-9$])\$(?:env:|Env:|ENV:)?[A-Za-z_]\w{0,80}(?:\.\w{1,80}){0,4}|\{\{[^{}\n]{0,200}\}\}|[#@%]\{[^{}\n]{0,100}\}"
    r"|%[A-Za-z_]\w{0,80}%|%[sdvqr](?!\w)|<[^<>\n]{1,80}>|\{[A-Za-z_0-9.]{0,60}\}|\*{3,}|`[^`\n]{0,100}`"
)
"""What stands for a value: a variable, an expression, a placeholder, a mask."""
_STANDS = re.compile("[$%{<*`]")
"""What each of them has in it."""
_DEFAULT = re.compile(r"\$\{\w{1,80}:?[-=+]([^{}]{4,100})\}")

_MASK = re.compile(r"[*.xX#?_\u2022\u2026-]+")
_IN_BRACKETS = re.compile(r"\[([A-Za-z -]{2,30})\]|\(([A-Za-z -]{2,30})\)")
"""``[redacted]``, ``(known after apply)``: nobody's value if each word says so."""
_PREFIX = re.compile(
    r"arn:aws[a-z-]{0,12}:|https?://(?![^\s/@]{1,300}@)|(?:file|s3|op)://|(?:vault|ssm|secretsmanager|secretref|ref\+[a-z]{2,20}):[A-Za-z/]",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{0,2}|[A-Za-z]:|[\w.-]{1,40})(?:[\\/][\w.@+ -]{0,60}){1,20}")
_SUBJECT = re.compile(r"repo:[\w.@*?-]{1,100}/[\w.@*?-]{1,120}(?::[\w.@*?/:=-]{0,200})?")
_SCOPE = re.compile(r"(?:A[KS]IA)?/?\d{8}/[a-z0-9-]{2,30}/[a-z0-9-]{2,40}/aws4_request,?")
"""What a signature of AWS counts for, behind the key's id."""
_DIGEST = re.compile(r"(?:sha\d{1,3}[:-]|md5:)[A-Za-z0-9+/=]{20,128}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]{2,20}(?:Z|[+-]\d\d:?\d\d)?)?")
_VERSION = re.compile(
    r"v\d{1,4}\.\d{1,6}\.\d{1,6}-(?:[\w.]{1,20}\.)?\d{14}-[0-9a-f]{12}|v?\d{1,6}(?:[.,:]\d{1,6}){0,5}%?|v\d{1,4}"
)
_CALL = re.compile(r"(?:await |new )?[A-Za-z_]{3,40}(?:\.[A-Za-z_]{2,40}){0,5}\(.{0,200}")
_WHOLE_CALL = re.compile(
    r"(?:await |new )?[A-Za-z_]{2,40}(?:\.[A-Za-z_]{2,40}){0,5}\((?:[^()]{0,200}\){1,3}|[\"'`].{0,200})"
)
"""A call that is closed, or whose first argument stands in quotation marks."""
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
_DRAWN = re.compile(r"(?=\D{0,300}\d\D{0,300}\d)[A-Za-z0-9+/_-]{20,}")
_PARTS = re.compile(r"[A-Za-z]+|\d+")
_JOINTS = re.compile(r"[A-Za-z0-9]*(?:[ ._/:,;!?@*'()\[\]{}|=\\-]{1,3}[A-Za-z0-9]+)*[ ._/:,;!?@'()\[\]{}|=\\-]{0,3}")
_WILDCARDS = re.compile(r"[?*\u2026]{1,40}")
_DIGIT = re.compile("[0-9]")
_ALTERNATE = re.compile(r"\d[A-Za-z]|[A-Za-z]\d{4}|(?<![A-Za-z])[A-Za-z]\d{3}|[a-z][A-Z][A-Za-z]{0,40}\d")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_WORD, _LONGEST_CAPITALS, _LONGEST_NUMBER = 20, 15, 4
_SHORTEST_HUMP = 3.0
"""Letters, on average: ``GitHub``."""
_LONGEST_ACRONYM = 5
_VOWEL = re.compile("[aeiouyAEIOUY]")
_NO_VOWELS = re.compile("[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{6}")

_ENDS_A_WORD = ".,:;!?)\"'`"
_SAYS = words_of(
    """
    a about access account again all already an and any api application are argument arn as at authentication
    authorization auto-generated base64 be because been before blank bool boolean both but by bytes can cannot
    changed char check code command configuration configure configured confirm confirmation contains could created
    credential credentials current default deleted denied deprecated did dict disabled do does done empty enabled
    encrypted enter env environment error exists expected expired expires external fail failed failure false field
    file fixed flag for found from generated get github given had has have header help hidden if in inherit input
    incorrect insecure instead integer invalid is issued it its key keyword known length list login long lookup malformed manager
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
_NOUNS = words_of(
    "pass password passwords passwd passphrase pwd secret secrets token tokens key keys credential credentials creds"
)
_NAME = re.compile(r"[A-Za-z]{1,40}(?:[._/ -][A-Za-z]{1,40}){0,8}")
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CONSTANT = re.compile(r"[A-Z]{1,40}(?:_[A-Z]{1,40}){1,8}")
ASKS_FOR = words_of("password passwords secret secrets token tokens login user username key")
"""Words that say where a password belongs. As the value of a variable they are the password of a careless day."""
_PREFIXES = words_of("auto no non not pre read self un")
_SCOPES = re.compile(
    r"(?:read|write|admin|delete|manage):[a-z_]{2,20}|(?:read|write)_(?:api|package_registry|registry|repository|user)"
)
"""``read:packages``: what a token may do."""
_STORES = words_of(
    """
    app apps common config dev develop development env kv live main prod production qa shared ssm stage staging test vault
    """
)
"""With which the path of a secret in its store begins: ``prod/db``."""
_SENTENCE = re.compile(r"[A-Z][a-z]{1,20}(?: [A-Za-z']{1,20}){2,20}")
_PROGRESS = re.compile(
    r"(?:Refreshing|Reading|Creating|Destroying|Modifying|Importing|Provisioning)(?:\.{3}| state\.{3})|Still [a-z]{4,12}\.{3}"
    r"|(?:Creation|Read|Destruction|Modifications|Import) complete"
)
"""What Terraform says behind the address of a resource."""
_SPEAKS_OF = words_of("are been cannot could did does failed has is may must not should was were will")


def is_secret(value: str, strength: Strength) -> bool:
    """Return whether a value under a name of this strength must not be shown. ``value`` stands without its quotes."""
    if len(value) > LONGEST:
        return not _PREFIX.match(value)
    rest = _without_variables(value).removesuffix(
        "`"
    )  # Markdown's quotation mark stands around a whole line of a packet
    if len(rest) < _SHORTEST[strength]:
        return False
    if strength is Strength.KEY and not is_random(rest):
        return False
    if _is_mask(rest) or _PREFIX.match(rest) or _refers(rest, strength):
        return False
    if strength is Strength.VARIABLE:
        return not (speaks(rest) or _is_stated(rest))
    if strength is Strength.PASSWORD:
        return not speaks(rest)
    return strength is Strength.KEY or not is_plain(rest)


def stands_for(value: str) -> bool:
    """Return whether a value is nothing but a variable, a placeholder or a mask."""
    rest = _without_variables(value[: LONGEST + 1])
    return not rest.strip(" \t:@/") or _is_mask(rest)


def leads_elsewhere(text: str, at: int) -> bool:
    """Return whether what begins in a text is an address or an ARN, whose own secrets are looked for by themselves."""
    return _PREFIX.match(text, at) is not None


def is_plain(value: str) -> bool:
    """Return whether a value is made of words, numbers, a path, a version, a date, a digest that says which it is."""
    if _VERSION.fullmatch(value) or _MOMENT.fullmatch(value) or _is_stated(value):
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
    return (
        _DRAWN.fullmatch(body) is not None
        and body.lower() != body
        and body.upper() != body
        and body.count("-") + body.count("/") <= max(3, len(body) // 16)
        and not is_plain(body)
    )


def is_drawn(word: str, *, by_itself: bool) -> bool:
    """Return whether a word among words was drawn: no digest or id, no name, letters and digits in no order.

    ``by_itself``: the name before it is that of a secret whatever the digits are; many keys have a digest.
    """
    if _HEX_OR_ID.fullmatch(word):
        return by_itself and len(word) > 31 and word.isalnum()
    if is_plain(word) or _refers(word, Strength.TOKEN):
        return False
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))
    mixed = word.lower() != word != word.upper()
    return changes > 1 if mixed else changes > 3 and len(word) > 15


def _without_variables(value: str) -> str:
    """Return what is left of a value without what stands for something else; a default in it may be a secret itself."""
    if not _STANDS.search(value):
        return value
    default = _DEFAULT.search(value)
    if default:
        return default[1]
    return _VARIABLE.sub("", value)


def _is_mask(value: str) -> bool:
    """Return whether a value stands in the place of one."""
    if _MASK.fullmatch(value):
        return True
    said = _IN_BRACKETS.fullmatch(value)
    return said is not None and all(word in _SAYS for word in (said[1] or said[2]).lower().replace("-", " ").split())


def _is_stated(value: str) -> bool:
    """Return whether a value has a form that says what it is: a digest, a moment, a subject, what a signature counts for."""
    stated = _DIGEST.fullmatch(value) or _SUBJECT.fullmatch(value) or _SCOPE.fullmatch(value)
    return stated is not None or ("T" in value and _MOMENT.fullmatch(value) is not None)


def _names_another(value: str, strength: Strength) -> bool:
    """Return whether a value is the name of a secret: ``password: db_password``. In capitals only another variable is one."""
    if strength is Strength.VARIABLE and not _CONSTANT.fullmatch(value):
        return False
    return _NAME.fullmatch(value) is not None and not _NOUNS.isdisjoint(map(str.lower, _NAME_PARTS.findall(value)))


def _refers(value: str, strength: Strength) -> bool:
    """Return whether a value says where the secret is."""
    if (_CALL if strength < Strength.VARIABLE else _WHOLE_CALL).fullmatch(value) or _names_another(value, strength):
        return True
    member = _MEMBER.fullmatch(value)
    if member and member[1].lower() in _OWNERS:
        return True
    if not _PATH.fullmatch(value):
        return False
    # A key in Base64 may begin with a slash: the parts of a path are names.
    parts = [part for part in re.split(r"[\\/]", value) if part not in ("", "~")]
    rooted = value[0] in "/.~" or value[1:2] == ":"
    if not all(map(is_plain, parts)) or not (rooted or (len(parts) > 1 and "/" in value)):
        return False
    if strength is Strength.VARIABLE and value[0] in "/\\" and len(parts) < 2:
        return False
    return rooted or strength < Strength.PASSWORD or _is_stored(parts)


def _is_stored(parts: list[str]) -> bool:
    """Return whether the parts of a path lead to a store of secrets, a secret of some name, or a file."""
    return (
        parts[0].lower() in _STORES
        or "." in parts[-1][1:-1]
        or any(word.lower() in _NOUNS for part in parts for word in _NAME_PARTS.findall(part) if len(word) > 4)
    )


def speaks(value: str) -> bool:
    """Return whether a value is a word, or a sentence of words, that says something about a password."""
    if _PROGRESS.match(value):
        return True
    words = value.split(None, 3)[:3]
    if not words or not (says(words[0]) or _is_sentence(value)):
        return False
    return is_plain(value if len(words) < 3 else " ".join(words))


def says(word: str) -> bool:
    """Return whether a word of a text says something about a password; one that goes on behind a joint is another word."""
    word = word.rstrip(_ENDS_A_WORD).lower()
    if word in _SAYS or word in _SPEAKS_OF or _SCOPES.fullmatch(word):
        return True
    before, joint, after = word.partition("-")
    return joint != "" and before in _PREFIXES and after in _SAYS


def _is_sentence(value: str) -> bool:
    """Return whether a value begins as a sentence does that says what is the matter: ``Signature verification failed``."""
    begun = _SENTENCE.match(value)
    return begun is not None and not _SPEAKS_OF.isdisjoint(begun[0].split()[1:])


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
    return _DIGIT.search(value) is not None and _ALTERNATE.search(value) is not None
