"""Find passwords in addresses, and what signs them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding, any_case, valued
from diagnosis.logs.secrets.values import Strength, is_random, is_secret, stands_for

_USER_INFO = re.compile(
    r"://(?P<user>[^\s/@:\"'<>?#]{0,256}+)(?::(?P<password>(?:\$\{[^\s{}]{1,200}\}|[^\s/\"'<>$]|\$(?!\{)|<(?![^\s<>]{1,80}>)|<[^\s<>]{1,80}>){1,4096}))?@(?!sha\d{3}:)"
)
_QUERY = re.compile(
    r"(?P<name>(?:[?&;]|(?<![\w.-])(?=[Xx]-))(?:[Xx]-[A-Za-z]{3,4}-)?(?:[Ss]ig(?:nature)?|[Cc]redential|[Ss]ecurity-[Tt]oken|code|key|hmac|ticket|jwt|assertion))="
    r"(?P<value>[^\s\"'<>&;#\\]{6,}+)"
)
_SIGNED = ("sig", "signature", "credential")


def _passwords(text: str) -> Iterator[Finding]:
    for found in _USER_INFO.finditer(text):
        user, password = found["user"], found["password"]
        if password and not stands_for(password):
            yield Finding(*found.span("password"), "basic-auth")
        if len(user) > 15 and is_secret(user, Strength.TOKEN):
            yield Finding(*found.span("user"), "basic-auth")


def _signatures(text: str) -> Iterator[Finding]:
    for found in _QUERY.finditer(text):
        name = found["name"].lower().rpartition("-")[2].lstrip("?&;")
        value = found["value"]
        if stands_for(value):
            continue
        signed = name in _SIGNED or "x-" in found["name"].lower()
        if signed or is_random(value) or (len(value) > 11 and name == "code" and is_secret(value, Strength.TOKEN)):
            yield Finding(*found.span("value"), "aws-signature" if "x-amz" in found["name"].lower() else "signature")


_DSN = re.compile(r"(?<![\w.:/-])[\w.-]{1,60}:(?P<value>[^\s:@/\"'<>]{1,200})@(?:tcp|unix)\(")
"""How Go's drivers write an address."""


_REQUEST = re.compile(r"SignedHeaders=[\w;%-]{1,400},\s{0,4}Signature=(?P<value>[0-9a-fA-F]{64})(?![0-9a-fA-F])")
"""How a request to AWS is signed, where its header is printed without a name."""


PASSWORDS = Detector(("@",), _passwords)
DETECTORS = (
    PASSWORDS,
    valued(("@tcp(", "@unix("), _DSN, lambda value: not stands_for(value), "basic-auth"),
    valued(("dHeaders=",), _REQUEST, lambda _: True, "aws-signature"),
    Detector(
        (*any_case("sig="), "ature=", "ential=", "oken=", "code=", "key=", "hmac=", "ticket=", "jwt=", "ertion="),
        _signatures,
    ),
)
