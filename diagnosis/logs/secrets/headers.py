"""Find what headers of HTTP carry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding, any_case, valued, words_of
from diagnosis.logs.secrets.prose import is_operation, is_sentence
from diagnosis.logs.secrets.values import Strength, is_drawn, is_plain, is_secret, speaks, stands_for

_I = re.IGNORECASE
_AUTHORIZATION = re.compile(
    r"authorization(?:-[a-z]{1,20})?[\"'`\]]{0,2}\s{0,4}(?P<joint>[:=]|=>|,)\s{0,8}[\[\"'`]{0,3}"
    r"(?P<scheme>[A-Za-z][\w-]{1,39}(?:[ \t+]{1,4}|%20))?(?P<value>[^\s\"'`<>][^\"'`<>\n]*)",
    _I,
)
_SCHEMES = words_of(
    """
    basic bearer token digest negotiate ntlm aws4-hmac-sha256 gitlab-deploy-token apikey ssws oauth sharedkey
    sharedkeylite sharedaccesssignature hmac bot key splunk geniekey aws aws-hmac-sha256 hawk mac scram-sha-256 dpop
    pat jwt
    """
)
_BEARER = re.compile(
    r"\b(?:bearer|basic|apikey|ssws|splunk|geniekey)(?:[ \t+]{1,4}|%20|[:=]\s?)[\"']?(?P<value>[A-Za-z0-9._~+/%-]{12,}={0,2})",
    _I,
)
_NAMES = re.compile(r"[A-Z]{2,20}(?:_[A-Z]{2,20}){1,5}|[a-z]{2,20}_[a-z_]{2,60}(?:\.[a-z_]{2,60}){1,4}")
"""How a way to authorize is called: ``COGNITO_USER_POOLS``, ``aws_api_gateway_authorizer.main.id``."""
_NAME = re.compile("[A-Za-z-]{0,40}")
_COMMAND = re.compile(r"aws {1,4}[a-z][a-z0-9-]{1,40}$")
"""How the command line of AWS begins: ``aws ecr``."""
_GATES = ("registry ", "service ")
"""What makes a gate of ours of the word: ``Service authorization: Step “X” printed a denial``."""
_SIGNS = re.compile("%[0-9A-Fa-f]{2}")
_COOKIE = re.compile(
    r"(?<![A-Za-z])(?:set-)?cookie2?[\"'`]?\s{0,4}(?:[:=]|=>|,)\s{0,8}[\[\"'`]{0,3}(?P<value>[^\s\"'`=;,]{1,256}=[^\"'`\n]*)",
    _I,
)
_SESSIONS = re.compile(
    r"(?:X-JFrog-Art-Api[\"']?|X-Honeycomb-Team[\"']?|JSESSIONID|PHPSESSID|ASP\.NET_SessionId|connect\.sid|_gitlab_session|user_session|sessionid)\s?[=:]\s?[\"']?(?P<value>[^\s\"';&,]{8,})",
    _I,
)


def _authorization(text: str) -> Iterator[Finding]:
    for found in _AUTHORIZATION.finditer(text):
        scheme = (found["scheme"] or "").strip(" \t+").lower().removesuffix("%20")
        value = found["value"].rstrip()
        end = found.start("value") + len(value)
        short = value[:301]
        if _is_operation(text, found) or text[max(0, found.start() - 9) : found.start()].lower().endswith(_GATES):
            first = short.split()[0]
            if is_drawn(first, by_itself=False) and not any(sign in first for sign in ".:"):
                yield Finding(found.start("value"), found.start("value") + len(first), "authorization")
            continue
        if scheme in _SCHEMES:
            if _speaks_of_it(found, f"{scheme} {short}"):
                continue
            if (
                not (stands_for(short) or stands_for(short.split()[0]))
                and not speaks(short)
                and not short.lower().startswith("realm=")
            ):
                yield Finding(found.start("value"), end, "authorization")
            continue
        word = (found["scheme"] or "").rstrip() or short.split()[0]
        first = short.split()[0].rstrip(",;")
        listed = found["scheme"] is not None or found["joint"] == ","
        expected = Strength.TOKEN if listed or _NAMES.fullmatch(first) else Strength.VARIABLE
        if len(first) > (7 if found["scheme"] else 15) and is_secret(first, expected):
            yield Finding(found.start("value"), found.start("value") + len(first), "authorization")
        elif len(word) > 15 and is_secret(word, Strength.TOKEN):
            yield Finding(found.start("scheme"), found.start("scheme") + len(word), "authorization")


def _speaks_of_it(found: re.Match[str], text: str) -> bool:
    """Return whether a word that may be a scheme is one of a sentence: ``Registry authorization: AWS refuses the call``."""
    listed = found["joint"] == "," and not any(
        quote in found[0][: found.start("scheme") - found.start()] for quote in "\"'`"
    )
    word = text.split()[1].strip(".,;")
    command = _COMMAND.match(found["scheme"] + word) and is_plain(word)  # in capitals it is the scheme
    image = text.startswith("digest ") and "=" not in text and not is_drawn(word, by_itself=False)
    return bool(listed or command or image) or is_sentence(text, words=3, links=1)


def _is_operation(text: str, found: re.Match[str]) -> bool:
    """Return whether the name is that of a call: ``get-authorization-token: …``."""
    if not found[0].lower().startswith("authorization-"):
        return False
    before = _NAME.match(text[max(0, found.start() - 40) : found.start()][::-1])
    begin = before[0][::-1] if before else ""
    return is_operation(begin + found[0][: found.start("joint") - found.start()].rstrip(" \t\"'`]"))


def _bearers(text: str) -> Iterator[Finding]:
    for found in _BEARER.finditer(text):
        value = _SIGNS.sub("=", found["value"][:301])
        if is_secret(value, Strength.TOKEN) and any(map(str.isdigit, value)) and not is_plain(value):
            yield Finding(*found.span("value"), "authorization")


def _cookies(text: str) -> Iterator[Finding]:
    for found in _COOKIE.finditer(text):
        carried = found["value"].partition("=")[2][:301]
        if not stands_for(carried):
            yield Finding(found.start("value"), found.start("value") + len(found["value"].rstrip()), "cookie")


DETECTORS = (
    Detector(any_case("horiz"), _authorization),
    Detector(any_case("earer", "basic", "ssws", "nieke", "splun", "pikey"), _bearers),
    Detector(any_case("ookie"), _cookies),
    valued(
        (*any_case("essid", "ionid", "frog-", "comb-t"), "b_session", "r_session", "connect.sid"),
        _SESSIONS,
        lambda value: is_secret(value, Strength.TOKEN),
        "cookie",
    ),
)
