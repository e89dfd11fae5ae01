"""Find values under the name of a secret, in whatever language the two are joined.

``password: x``, ``"clientSecret":"x"``, ``DB_PASSWORD=x``, ``password => 'x'``, ``<password>x</password>``,
``--password x``, ``ENV TOKEN x``, ``define('KEY', 'x')``, ``token: string = "x"``, ``{"name": "TOKEN", "value": "x"}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_uppercase

from diagnosis.logs.secrets.finding import Detector, Finding, any_case, words_of
from diagnosis.logs.secrets.names import kind, strength
from diagnosis.logs.secrets.prose import is_operation, is_sentence, is_told
from diagnosis.logs.secrets.values import (
    ASKS_FOR,
    LONGEST,
    Strength,
    is_drawn,
    is_plain,
    is_secret,
    leads_elsewhere,
    says,
)

_SHORT = tuple(f"{word}{after}" for word in ("auth", "pass", "_pat", "-pat", "pat") for after in "=:\"' >\\\x1b&%`)")
"""Words that begin longer ones (author, passed, path): what follows tells."""
FRAGMENTS = (
    *any_case(
        "ssw",
        "sspa",
        "ssph",
        "ssco",
        "pwd",
        "ecre",
        "toke",
        "key",
        "reden",
        "creds",
        "otp",
        "mfa",
        "dsn",
        "_pass",
        "-pass",
        "_auth",
        "_pw",
        "-pw",
        "dbpw",
        "pw=",
        "pw:",
        "pw ",
    ),
    "_PAT",
    *any_case("epass", "ypass", "hpass", *_SHORT),
)

_CORES = re.compile("pass|pwd?|pat|secret|token|key|cred|auth|otp|mfa|dsn")
"""Looked for in small letters: this finds the places, and :data:`_JOINED` judges them."""
_CORE = (
    "(?:[Pp](?:[Aa][Ss][Ss](?:[Ww](?:[Oo][Rr][DdTt]|[Dd])|[Pp][Hh][Rr][Aa][Ss][Ee]|[Cc][Oo][Dd][Ee])?|[Ww][Dd]?|[Aa][Tt])"
    "|[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|[Kk][Ee][Yy]|[Cc][Rr][Ee][Dd](?:[Ee][Nn][Tt][Ii][Aa][Ll])?[Ss]?"
    "|[Aa][Uu][Tt][Hh]n?|[Oo][Tt][Pp]|[Mm][Ff][Aa]|[Dd][Ss][Nn])"
    # A longer word is another one: keyboard, author, passed.
    "(?![a-rt-z]|s[a-z])"
)
_QUOTE = "[\"'`\u201c\u201d]"
_JOINED = re.compile(
    rf"{_CORE}(?P<suffix>(?:[A-Za-z0-9_]|-(?!>)){{0,40}}+)(?:"
    rf"(?P<assign>(?:\[\d{{0,3}}\]|\s\d{{1,2}}(?=\s?[:=]))?[\"'`\u201d%]?[\])]?\s{{0,8}}(?:[?+]?=(?![>=]|~\s)|\uff1a|=?=>|(?::|(?<=\w)\s)\s{{0,4}}[A-Za-z_*][A-Za-z_.<>\[\]?|]{{0,30}}\s{{0,4}}=(?=\s{{0,4}}[\"'`]|\s\S)|[=!]==?|:=|:(?!:)|->)\s{{0,16}})"
    rf"|(?P<attribute>{_QUOTE}?(?:\s{{0,4}},\s{{0,4}}\"\w{{1,20}}\"\s{{0,4}}:\s{{0,4}}\"?[\w.:/-]{{0,40}}\"?){{0,2}}\s{{0,4}}(?:[,;]\s{{0,4}}|\s{{1,4}}){_QUOTE}?\w{{0,12}}[Vv]alue{_QUOTE}?\s{{0,4}}[:=]\s{{0,4}})"
    rf"|(?P<xml>{_QUOTE}?(?:\s[^<>\n]{{0,60}})?(?<![=-])>|</key>\s{{0,8}}<string>)"
    rf"|(?P<listed>{_QUOTE}\s{{0,4}},\s{{0,4}}(?=[\w$@]?[\"']))"
    r"|(?P<output>::)"
    rf"|(?P<call>\(\s{{0,4}}(?={_QUOTE}))"
    rf"|(?P<quoted>\s{{1,8}}(?={_QUOTE}))"
    r"|(?P<told>\s{1,4}(?:(?:is|was)\s(?:generated|created)\sfor\s[^\s:]{1,60}:\s{1,4}"
    r"|(?:for|of)\s(?:[^\s:=]{1,60}\s){0,2}[^\s:=]{1,60}(?:\s?:|\sis(?:\snow)?)\s{1,4}|(?:provided|given|used|received):\s{1,4}|-{1,2}\s{1,4}"
    r"|(?:is|was|are|to|set)(?:\sset)?(?:\sto)?(?:\snow)?\s?:?\s{1,4}))"
    r"|(?P<column>\s{0,20}(?:\|\s|\t)\s{0,20}|\s{2,20}(?=\S))"
    r"|(?P<spaced>\s{1,8}(?=\S))"
    r")"
)
_SMALL = {ord(letter): letter.lower() for letter in ascii_uppercase}
_NAME_BEFORE = re.compile(r"[A-Za-z0-9_-]{0,40}")
_WORDS_BEFORE = re.compile(r"(?: [A-Za-z]{2,20}){1,2}")
_NAMES_NEXT = re.compile(
    r"(?:^|[\s;&|(\"'])(?:ENV|ARG|setx|setenv|set|SET|export)\s(?:-\w{1,4}\s)?[\w./:@-]{0,60}$|(?:^|\s)configure\sset\s\S{0,60}$"
)
_OPTION = re.compile(r"(?:^|[\s\"'`(,=\[])(?:--?|/)[A-Za-z0-9_.:-]{0,40}$")
_NETRC = re.compile(r"(?:^|\s)(?:login|user|account)\s\S{1,200}\s{1,8}$|^(?:\S{1,40}Z)?\s{0,40}$")

_LEAD = re.compile(
    r"(?:(?<=\s)!{1,2}\w{1,20}\s{1,4}|(?:Some|Ok|Just|Optional|Secret\w{0,10})\(\s?(?=[\"'])|&\w{1,20}\s|string\(\d{1,6}\)\s|[\[(]\s{0,4}(?=[\"']))?(?:[bBrRuUfFL@$]{0,2}(?=[\"'])|\+(?=\S))?"
)
_IN_QUOTES = {
    quote: re.compile(rf"(?:[^{quote}\\\n]|\\.){{0,4096}}+(?={quote})", re.DOTALL) for quote in ("'", '"', "`")
}
_BARE = re.compile(
    r"(?:[^\s\"'<>;&,\\\x1b]++"
    # What ends a value in one language is part of it in another: only what follows tells.
    r"|[;,](?![\w .\"'-]{0,40}[=:]|\s|$)|&(?![\w.\"'-]{1,40}[=;])(?!\s|$)"
    r"|\\(?![nrt\"'\\]|\s?$)(?:\ (?=\S))?|[\"'](?=[A-Za-z0-9]))++"
)
_IN_ELEMENT = re.compile(r"\s{0,20}(?:<!\[CDATA\[)?(?P<value>[^<>\]]{1,4096}+)(?=\]\]>|</|\s{0,20}<)")
_ODD = re.compile(r"[{\[(>|)\]]{1,3}(?P<value>[^\s\"'<>,;&\\\x1b{}\[\]()$*%:]{4,4096}+)(?![}\])])")
"""What begins with a bracket that nothing closes."""
_ANGLED = re.compile(r"(?:[<>](?![\w/!?-]{1,30}\s?/?>)[^\s\"'<>;&,\\\x1b]{1,300}+){1,20}")
"""What goes on behind a sign that is no tag's."""
_TAG = re.compile(r"<(?:\w{1,30}:)?$")
_ELEMENT = re.compile(r"(?!\s{1,4}\w{0,12}[Vv]alue)\s[^<>\n]{1,80}(?<![=/-])>")
"""What stands behind a name that is an element's: its attributes."""
_SENTENCE = re.compile(r"[^\n\"'`<>;|&]{1,120}")
_EDGES = ")]}>.,:;|"
_PAIRS = {"[": "]", "{": "}", "(": ")", "<": ">"}
_OPENERS = {closing: opening for opening, closing in _PAIRS.items()}
_SETS = re.compile(
    r"(?:define|setenv|putenv|getenv|environ\.get|set\w{0,20}|put|add\w{0,20}|header|property|append|config|env|get\w{0,20})\(\s{0,4}[\"'`][\w./:-]{0,60}$",
    re.IGNORECASE,
)
"""A call that takes a name and its value."""


_REGISTRY_KEYS = ("auth", "identitytoken", "registrytoken")
"""What Docker's configuration holds passwords under, in quotation marks."""
_SCHEMES = words_of("basic bearer gssapi iam_user kerberos ldap mutual oauth oauth2 oidc saml webauthn")
_SETTING = ("assign", "attribute", "xml", "output")
"""How a name in capitals is set, and not spoken of."""
_OUTPUT_NAME = re.compile(r"\bname=[\w.-]{0,50}$")
_LAST_COLUMN = re.compile(r"\s{0,40}(?:\||$)")
_SAID = re.compile(r"[^\n\"`<>|]{0,160}")
"""What a sentence of ours says behind a name: ``step \u201cSet the password\u201d: nothing of it was read``."""
_NONE = re.compile(r"(?:\*{3,40}|true|false|read|write|none|null)(?:\s|$)")
"""What most logs show under such a name."""
_OBJECT = re.compile(r"[a-z0-9]{1,20}(?:[.-][a-z0-9]{1,20}){1,10}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
_DIRECTORY = re.compile(
    r"~|[A-Za-z]:[\\/]|/(?:$|(?:home|github|tmp|root|usr|var|opt|Users|builds?|app|work\w{0,8}|__w|mnt|srv|data|src|code|repo)(?:/|$))"
)
"""``PWD`` is where a program runs."""


def _find(text: str) -> Iterator[Finding]:
    small = text.lower()
    if len(small) != len(text):
        small = text.translate(_SMALL)  # some letters of other languages are two in small
    at = 0
    while True:
        core = _CORES.search(small, at)
        if not core:
            return
        found = _JOINED.match(text, core.start())
        if not found:
            at = core.start() + 1
            continue
        # What seemed to join a name to no secret may hold the name of another.
        at = found.end("suffix")
        value = _value(text, found)
        if value:
            yield Finding(*value)
            at = max(at, value[1])
        if value or found["assign"]:
            for further in _further(text, found, value):
                yield further
                at = max(at, further.end)


def _further(text: str, found: re.Match[str], value: tuple[int, int, str] | None) -> Iterator[Finding]:
    """Yield the other items of a list of secrets, and what a changed one (``"old" -> "new"``) is now."""
    after = text[found.end("suffix") : value[0] if value else found.end() + 1]
    in_brackets = after.endswith("=(")
    several = found["suffix"].lower() == "s" or "[" in after
    if value:
        end, called = value[1:]
    elif several and found["assign"] and strength(_name(text, found)):
        opened = text[found.end() : found.end() + 1]
        first = _span(text, found.end() + (opened in _PAIRS), None, 0)
        if not first:
            return
        end, called = first[1], kind(_name(text, found))
        if (
            opened in ("{", "(")
            and not _IS_NAME.match(text, end)
            and is_secret(text[first[0] : end][:301], Strength.TOKEN)
        ):
            yield Finding(first[0], end, called)
    else:
        return
    while True:
        joint = (_BLANK if in_brackets else _JOINT).match(text, end)
        if not joint or not (several or in_brackets or "->" in joint[0]):
            return
        span = _span(text, joint.end(), None, 0)
        if not span or _IS_NAME.match(text, span[1]):
            return
        end = span[1]
        if is_secret(text[span[0] : end][:301], Strength.TOKEN):
            yield Finding(span[0], end, called)


def _name(text: str, found: re.Match[str]) -> str:
    return _backwards(text, found.start(), _NAME_BEFORE)[::-1] + found[0][: found.end("suffix") - found.start()]


def _value(text: str, found: re.Match[str]) -> tuple[int, int, str] | None:
    """Return where the secret stands that follows a name, and its kind."""
    if found.end() == len(text):
        return None
    begin = found.start() - len(_backwards(text, found.start(), _NAME_BEFORE))
    how = found.lastgroup
    named = text[begin : found.end("suffix")]
    if how == "assign" and _NONE.match(text, found.end()):
        return None
    if how == "spaced" and not strength(named) and named[:3].lower() != "key" and named[:1] != "-":
        return None
    if how == "spaced" and not _takes_next(text, begin, named):
        drawn = _DRAWN.match(text, found.end())
        if (
            not drawn
            or not is_drawn(drawn["value"], by_itself=named.lower().endswith(("token", "password")))
            or strength(_whole_name(text, begin, named)) < Strength.TOKEN
        ):
            return None
        return (*drawn.span("value"), kind(named))
    named = _whole_name(text, begin, named)
    weight = strength(named)
    if named[:2] in ("-D", "-P"):
        weight = max(weight, strength(named[2:]))  # -Dname=value
    if not weight or (how == "told" and weight is Strength.KEY):
        return None
    if weight is Strength.VARIABLE and how not in _SETTING:
        weight = Strength.PASSWORD if strength(named.lower()) is Strength.PASSWORD else Strength.TOKEN
    if (
        begin
        and text[begin - 1] == ":"
        and text[found.end() - 1] == ":"
        and "arn:" in text[max(0, begin - 120) : begin]
    ):
        return None  # arn:aws:secretsmanager:…:secret:name
    if text[begin - 2 : begin] == "${" and text[found.end()] == "?":
        return None  # what a shell says where a variable is missing
    if begin and text[begin - 1] == "$" and not (how == "assign" and "=" in found["assign"]):
        return None  # a variable is read, not set
    if how == "output" and not _OUTPUT_NAME.search(text[max(0, begin - 60) : begin]):
        return None
    listed_only = how == "listed" and not _SETS.search(text[max(0, begin - 100) : begin])
    element = (
        _ELEMENT.match(text, found.end("suffix")) if how == "assign" and text[begin - 1 : begin] in ("<", ":") else None
    )
    if element and _TAG.search(text[max(0, begin - 40) : begin]):
        how = "xml"
    span = _span(text, element.end() if element and how == "xml" else found.end(), how, begin)
    if not span and weight is Strength.VARIABLE:
        odd = _ODD.match(text, found.end())
        span = (*odd.span("value"), False) if odd else None
    if not span:
        return None
    start, end, in_quotes = span
    if weight is Strength.VARIABLE and not in_quotes and end - start < LONGEST:
        angled = _ANGLED.match(text, end)
        end = angled.end() if angled else end
    if listed_only and not is_drawn(text[start:end][:301], by_itself=False):
        return None  # a list of names
    if not in_quotes and how == "assign" and weight >= Strength.PASSWORD:
        end = _end_of_words(text, start, end, begin)
    if weight is Strength.PASSWORD and named[:2] == "--":
        weight = Strength.VARIABLE  # nobody hands the name of a password to a program
    elif in_quotes and how == "assign" and named in _REGISTRY_KEYS and text[begin - 1 : begin] in ("'", '"'):
        weight = Strength.TOKEN if text[start:end].lower() in _SCHEMES else Strength.VARIABLE
    return (start, end, kind(named)) if _counts(text, start, end, weight, how, in_quotes, named) else None


def _end_of_words(text: str, start: int, end: int, begin: int) -> int:
    """Return where a value ends that may be several words: it is all that a line of YAML says, and no sentence."""
    if text[start - 1] != " " or not text[start:end].isalpha():
        return end
    rest = _MORE_WORDS.match(text, end)
    if not rest or not _BEGINS_LINE.fullmatch(text[max(0, begin - 300) : begin]):
        return end
    return end if any(map(says, rest[0].split())) else rest.end()


_MORE_WORDS = re.compile(r"(?: [a-z]{2,20}){1,11}(?=\s{0,4}(?:\x1b\[0?m)?$)")
_BEGINS_LINE = re.compile(r"(?:[^\t]{0,200}\t[^\t]{0,200}\t)?(?:\S{20,34}Z )?(?:\x1b\[[0-9;]{0,20}m)?\s{0,40}(?:- )?")


def _whole_name(text: str, begin: int, named: str) -> str:
    """Return the name with the words before it, where it says too little alone: ``API key``, ``session token``."""
    if named[:5].lower() not in ("key", "keys", "token") or not begin or text[begin - 1] != " ":
        return named
    before = _WORDS_BEFORE.match(text[max(0, begin - 42) : begin][::-1])
    return f"{before[0][::-1]}{named}" if before else named


def _counts(text: str, start: int, end: int, weight: Strength, how: str | None, in_quotes: bool, named: str) -> bool:
    if end - start > LONGEST:
        return True  # and nothing in it is looked at again
    value = text[start:end]
    if is_operation(named):
        return is_drawn(value, by_itself=False)
    said = _SAID.match(text, start) if not in_quotes and text[start - 2 : start] == ": " else None
    if said and (is_sentence(said[0]) or (text[start - 3] == "\u201d" and is_told(said[0]))):
        return False
    if how in _SETTING and weight is Strength.VARIABLE and value.lower() in ASKS_FOR:
        return True
    if named.upper() in ("PWD", "OLDPWD") and _DIRECTORY.match(value):
        return False
    if how in ("told", "column"):
        alone = how == "told" or _LAST_COLUMN.match(text, end) is not None
        named_only = _UUID.match(value) is not None and weight < Strength.PASSWORD
        return alone and not is_plain(value) and not named_only and is_secret(value, Strength.TOKEN)
    if how == "quoted" and named.lower() in ("secret", "secrets") and _OBJECT.fullmatch(value):
        return False  # secret "db-2024q1" not found: so Kubernetes and Vault speak of one
    if how == "quoted" or (how == "call" and weight is Strength.TOKEN):
        return is_secret(value, weight) and not (" " in value and is_plain(value))
    if not in_quotes and (weight is Strength.PASSWORD or (weight is Strength.VARIABLE and text[start - 1] == " ")):
        sentence = _SENTENCE.match(text, start)
        # "password: must not be empty": a sentence, of which the first word alone says little.
        if sentence and not is_secret(sentence[0], weight) and is_plain(value):
            return False
    return is_secret(value, weight)


def _span(text: str, at: int, how: str | None, begin: int) -> tuple[int, int, bool] | None:
    """Return the offsets of the value that begins at or after ``at``, and whether it stands in quotes."""
    if how == "xml":
        element = _IN_ELEMENT.match(text, at)
        return (element.start("value"), element.end("value"), True) if element and element["value"] else None
    lead = _LEAD.match(text, at)
    at = lead.end() if lead else at
    if leads_elsewhere(text, at):
        return None
    quote = text[at : at + 1]
    if text.startswith(quote * 3, at) and quote in _IN_QUOTES:
        at += 2
    elif text.startswith(quote * 2, at) and quote in _IN_QUOTES and text[at + 2 : at + 3].isalnum():
        at += 1
    if quote in _IN_QUOTES:
        end = _end_of_quotes(text, at)
        if end:
            return (at + 1, end, True) if end > at + 1 else None
        at += 1
    if _BARE_LIST.match(text, at):
        at += 1
    if text[at : at + 1] in ("{", "[", "(", "") and text[at : at + 2] != "{{":
        return None
    standing = _standing_for(text, at)
    bare = _BARE.match(text, standing)
    end = bare.end() if bare else standing
    opened = text[begin - 1 : begin] if begin else ""
    if opened and opened in _PAIRS:
        closed = text.find(_PAIRS[opened], at, end)
        end = closed if closed > at else end
    while end > standing and text[end - 1] in _EDGES and not _closes(text, at, end):
        end -= 1
    return (at, end, False) if end > at else None


def _end_of_quotes(text: str, at: int) -> int:
    """Return where a text in quotation marks ends, with what a shell joins to it without a blank; 0 for an open one."""
    end = 0
    for _ in range(_MOST_JOINED):
        marks = _IN_QUOTES.get(text[at : at + 1])
        inside = marks.match(text, at + 1) if marks else None
        if not inside:
            break
        end, at = inside.end(), inside.end() + 1
    return end


_MOST_JOINED = 8
_BLANK = re.compile(r"[\"'`]?\s{1,4}(?=[\"'`]?[A-Za-z0-9])")
"""What stands between the items of a shell's list."""
_JOINT = re.compile(r"[\"'`]?\s{0,4}(?:->|,)\s{0,4}(?=[\"'`]|[A-Za-z0-9])")
_IS_NAME = re.compile(r"[\"'`]?\s{0,4}[:=]")
_DRAWN = re.compile(r"(?P<value>[A-Za-z0-9+/][A-Za-z0-9_+/=.~-]{11,299})(?<![.])(?=[.,;!)}\"'`\]]{0,3}(?:[\s<]|$))")
"""A word of a sentence that may be a secret."""
_BARE_LIST = re.compile(r"\[[A-Za-z0-9+/_-]{8}|\((?=[^\s()\"'`]{4,300}[\s)])")
_SPACED_VARIABLE = re.compile(r"\$\{\{[^{}\n]{0,200}\}\}|\{\{[^{}\n]{0,200}\}\}|\$\([^()\n]{0,200}\)|<[^<>\n]{1,80}>")


def _closes(text: str, at: int, end: int) -> bool:
    """Return whether the last character of a value closes what the value opened: ``${NAME}``."""
    opener = _OPENERS.get(text[end - 1])
    return opener is not None and opener in text[at : min(end, at + LONGEST)]


def _standing_for(text: str, at: int) -> int:
    """Return where an expression ends that begins a value and may hold blanks."""
    found = _SPACED_VARIABLE.match(text, at)
    return found.end() if found else at


def _takes_next(text: str, begin: int, named: str) -> bool:
    """Return whether the word after a name is its value: an option's, ``ENV``'s, that of a line of ``.netrc``."""
    before = text[max(0, begin - 80) : begin]
    if named[:1] == "-" or before[-1:] in ("-", "/", ".", ":"):
        return _OPTION.search(before + named[:1]) is not None or _NAMES_NEXT.search(before) is not None
    if _NAMES_NEXT.search(before):
        return True
    return named in ("password", "passwd") and _NETRC.search(before) is not None


def _backwards(text: str, at: int, pattern: re.Pattern[str]) -> str:
    found = pattern.match(text[max(0, at - 41) : at][::-1])
    return found[0] if found else ""


_VALUE_FIRST = re.compile(
    r"alue\"\s{0,4}:\s{0,4}\"(?P<value>[^\"\n]{4,4096}+)\"\s{0,4},\s{0,4}\"(?:[Nn]ame|[Kk]ey)\"\s{0,4}:\s{0,4}\"(?P<name>[\w./-]{2,80})\""
)


def _value_first(text: str) -> Iterator[Finding]:
    for found in _VALUE_FIRST.finditer(text):
        weight = strength(found["name"])
        if weight and is_secret(found["value"][:301], weight):
            yield Finding(*found.span("value"), kind(found["name"]))


DETECTOR = Detector(FRAGMENTS, _find)
VALUE_FIRST = Detector(('alue"',), _value_first)
