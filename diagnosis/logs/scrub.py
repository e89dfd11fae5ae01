"""Replace secrets in foreign text before anything is kept or shown.

``scrub(text)`` for a text, :class:`Scrubber` for a stream of lines. What is replaced becomes ``[scrubbed:<kind>]``; the
rest stays byte for byte, and scrubbing twice changes nothing more. GitHub masks registered secrets only, so a log may
hold live keys that a script put into the environment.

Identifiers are kept on purpose: account ids, ARNs, role and user ids say what is broken and open nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from diagnosis.logs.line_search import LineSearch

_KEEP = r"(?!\*{3}|\[scrubbed:|\$|<|%|\.{3})"
"""A value that is masked, scrubbed, a variable or a placeholder is left as it stands."""


def _word(word: str) -> str:
    """Return a pattern for ``word`` in any case, without the slow flag."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in word)


def _key(*words: str) -> str:
    return "(?:" + "|".join("[ _-]?".join(_word(part) for part in word.split("_")) for word in words) + ")"


_QUOTES = r"[\"'\\]{0,4}"
_ASSIGNED = rf"{_QUOTES}\s{{0,4}}(?:[:=]|=>)\s{{0,4}}{_QUOTES}"
_VALUE = rf"{_KEEP}[^\s\"',;&}}\\]{{6,}}"
_QUOTED = r"(?!\[scrubbed:|\*{3})[^\"']{6,}"
_URL_USER = r"(?!\[scrubbed:)[^\s/@:\"']{0,256}:(?!\*{3}@)[^\s/@\"']{1,4096}(?=@)"

_SCHEMES = ("basic", "bearer", "token", "digest", "negotiate", "aws4-hmac-sha256", "gitlab-deploy-token", "apikey")


class _Rule(NamedTuple):
    fragments: tuple[str, ...]
    """One of them stands in every line that the pattern can match."""
    pattern: re.Pattern[str]
    put: str


def _whole(kind: str, fragments: tuple[str, ...], *patterns: str) -> _Rule:
    return _Rule(fragments, re.compile("|".join(patterns)), f"[scrubbed:{kind}]")


def _after(kind: str, fragments: tuple[str, ...], key: str, value: str) -> _Rule:
    """Keep what names the value and replace the value."""
    return _Rule(fragments, re.compile(f"({key}){value}"), rf"\1[scrubbed:{kind}]")


_HEADER = ("uthorization", "AUTHORIZATION")
_ANY_TOKEN = ("oken", "TOKEN")

_RULES: tuple[_Rule, ...] = (
    # Whole headers first: what they carry may have any of the shapes below. A scheme makes it a header; without one only a
    # long value counts, because "authorization: …" stands in sentences of registries too.
    _after(
        "authorization",
        _HEADER,
        rf"{_word('authorization')}{_ASSIGNED}(?:{'|'.join(map(_word, _SCHEMES))})\s{{1,4}}",
        rf"{_KEEP}[^\s\"'][^\"']*",
    ),
    _after("authorization", _HEADER, rf"{_word('authorization')}{_ASSIGNED}", rf"{_KEEP}[^\s\"',;]{{16,}}"),
    _after("aws-secret-key", ("ecret", "ECRET"), _key("secret_access_key", "aws_secret_key") + _ASSIGNED, _VALUE),
    _after("aws-session-token", _ANY_TOKEN, _key("session_token", "security_token") + _ASSIGNED, _VALUE),
    _after("aws-signature", ("X-Amz-",), r"X-Amz-(?:Signature|Credential)=", _VALUE),
    _whole(
        "aws-session-token",
        ("IQoJb3JpZ2lu", "oGZXIvYXdz", "AQoDYXdz", "AQoEXAMPLE"),
        r"(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|AQoDYXdz|AQoEXAMPLE)[A-Za-z0-9/+=%_-]{16,}",
    ),
    _whole(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "v1."),
        r"gh[pousr]_[A-Za-z0-9_]{16,}",
        r"github_pat_[A-Za-z0-9_]{16,}",
        r"v1\.[0-9a-f]{40}",
    ),
    _whole("jwt", ("eyJ",), r"eyJ[A-Za-z0-9_-]{6,8192}\.(?:[A-Za-z0-9_-]*\.){1,3}[A-Za-z0-9_-]*"),
    _whole("registry-password", ("eyJwYXlsb2Fk", "QVdTOm"), r"(?:eyJwYXlsb2Fk|QVdTOm)[A-Za-z0-9+/=_-]{16,}"),
    _after(
        "registry-password",
        ("docker",),
        r"docker\s+login\b.{0,200}?\s(?:-p|--password)[\s=]+[\"']?",
        rf"{_KEEP}[^\s\"']+",
    ),
    _after(
        "registry-password",
        ('auth"', "auth'", "identitytoken", "registrytoken"),
        r"[\"'](?:auth|identitytoken|registrytoken)[\"']\s{0,4}:\s{0,4}[\"']",
        _QUOTED,
    ),
    _after("basic-auth", ("@",), "://", _URL_USER),
    _whole(
        "token",
        ("glpat-", "dckr_", "npm_", "xox", "pypi-AgE", "hvs.", "hvb.", "AIza", "ya29."),
        r"glpat-[A-Za-z0-9_-]{16,}",
        r"dckr_[po]at_[A-Za-z0-9_-]{16,}",
        r"npm_[A-Za-z0-9]{30,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"pypi-AgE[A-Za-z0-9_-]{16,}",
        r"hv[sb]\.[A-Za-z0-9_-]{20,}",
        r"AIza[A-Za-z0-9_-]{30,}",
        r"ya29\.[A-Za-z0-9_-]{20,}",
    ),
    _after(
        "credential",
        ("PASSW", "SECRET", "TOKEN", "_KEY"),
        r"(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|PRIVATE_KEY|ACCESS_KEY)" + _ASSIGNED,
        _VALUE,
    ),
)

_KEY_IDS = ("AKIA", "ASIA", "ABIA", "ACCA")
_KEY_ID = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}")
_BESIDE_KEY_ID = re.compile(
    r"(?<![A-Za-z0-9/+:_.-])(?=\S{0,39}[A-Z])(?=\S{0,39}[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
"""A secret key has no shape of its own; forty such characters on a line with a key id are taken for one."""

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE|PGP MESSAGE)[A-Z ]{0,10}-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,50}-----")
_PEM_BODY = re.compile(
    r"(?:^|\x1b\[[0-9;]*m|[^A-Za-z0-9+/])([A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{1,76}={1,2})(?:\x1b\[[0-9;]*m|[\s\"',])*$"
)
_PEM_HEAD = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment): ")

_LINES = LineSearch(("-----BEGIN", *_KEY_IDS, *(fragment for rule in _RULES for fragment in rule.fragments)))
"""A line without any of these holds no secret that the rules know."""

_MOST_PASSES = 8
_LONGEST_PEM = 200  # lines; a begin without an end must not swallow the log


class Scrubber:
    """Scrubs a stream line by line; remembers only whether it is inside a PEM block."""

    __slots__ = ("_pem_lines",)

    def __init__(self) -> None:
        self._pem_lines = 0

    @property
    def inside(self) -> bool:
        """Whether the next line may belong to a PEM block."""
        return self._pem_lines > 0

    def line(self, text: str) -> str:
        """Replace every secret in a line without its line break."""
        if self._pem_lines:
            self._pem_lines -= 1
            ended = _PEM_END.search(text)
            if ended:
                self._pem_lines = 0
                return self._plain(text[: ended.start()] + "[scrubbed:pem]" + text[ended.end() :])
            body = _PEM_BODY.search(text)
            if body:
                return self._plain(text[: body.start(1)]) + "[scrubbed:pem]"
            if text.strip() and not _PEM_HEAD.search(text):
                self._pem_lines = 0
        return self._plain(text)

    def _plain(self, text: str) -> str:
        # What was replaced may uncover what stood behind it: one command's password hid the next one's.
        for _ in range(_MOST_PASSES):
            scrubbed = self._once(text)
            if scrubbed == text:
                break
            text = scrubbed
        return text

    def _once(self, text: str) -> str:
        if "-----BEGIN" in text:
            text = self._pem(text)
        if any(prefix in text for prefix in _KEY_IDS):
            keyed = _KEY_ID.sub("[scrubbed:aws-access-key-id]", text)
            text = _BESIDE_KEY_ID.sub("[scrubbed:aws-secret-key]", keyed) if keyed != text else text
        for fragments, pattern, put in _RULES:
            for fragment in fragments:
                if fragment in text:
                    text = pattern.sub(put, text)
                    break
        return text

    def _pem(self, text: str) -> str:
        begun = _PEM_BEGIN.search(text)
        while begun:
            ended = _PEM_END.search(text, begun.end())
            if not ended:
                self._pem_lines = _LONGEST_PEM
                return text[: begun.start()] + "[scrubbed:pem]"
            text = text[: begun.start()] + "[scrubbed:pem]" + text[ended.end() :]
            begun = _PEM_BEGIN.search(text)
        return text


def scrub(text: str) -> str:
    """Replace every secret in a text by ``[scrubbed:<kind>]``; line breaks stay as they are."""
    plain = text.lstrip("\ufeff")
    if len(plain) < len(text):
        # The byte order mark alone would make every character of an otherwise plain log twice as wide to search.
        return text[: len(text) - len(plain)] + scrub(plain)
    scrubber = Scrubber()
    if "\n" not in text:
        return scrubber.line(text)
    starts = _LINES.line_starts(text)
    parts: list[str] = []
    cursor = 0
    for start in starts:
        if start < cursor:
            continue  # scrubbed already, as part of a block that runs over lines
        parts.append(text[cursor:start])
        cursor = start
        while True:
            end = text.find("\n", cursor)
            end = len(text) if end < 0 else end
            parts.append(scrubber.line(text[cursor:end]))
            cursor = end
            if not scrubber.inside or end == len(text):
                break
            parts.append("\n")
            cursor = end + 1
    parts.append(text[cursor:])
    return "".join(parts)
