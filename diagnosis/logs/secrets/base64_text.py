"""Find texts in Base64, and in hexadecimal digits, that hold a secret once they are decoded."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator

_WORDS = tuple(
    """
    password PASSWORD Password passwd PASSWD Passwd passphrase PASSPHRASE Passphrase pwd= PWD= Pwd= pwd: PWD: pwd" PWD"
    secret SECRET Secret token TOKEN Token _key _KEY -key -Key apikey apiKey ApiKey APIKEY APIKey AccessKey accessKey AccountKey
    privateKey PrivateKey SecretKey secretKey credential CREDENTIAL Credential creds CREDS auth Auth AUTH
    _PAT _pat _PASS _pass pass= PASS= pass: BEGIN Bearer bearer BEARER http:// https://
    postgres mysql:// mongodb redis:// amqp ftp:// otp_ OTP_ eyJhbGciOi eyJ0eXAiOi eyJraWQiOi
    """.split()  # noqa: SIM905 - a text is what can be read here
)
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-f]{16,}|[0-9A-F]{16,})")
_SHORTEST = 4
_LONGEST = 1 << 16
_ALTERNATE = bytes.maketrans(b"-_", b"+/")


def in_base64(word: bytes) -> Iterator[str]:
    """Yield what is in every Base64 text that has ``word`` in it: one string for each place it may begin at."""
    for before in range(3):
        code = b64encode(b"\0" * before + word).decode()
        first = (before * 8 + 5) // 6
        last = (before + len(word)) * 8 // 6
        yield code[first:last]


def fragments(marks: Iterable[str]) -> tuple[str, ...]:
    """Return what stands in texts whose Base64 holds a name of a secret or one of the marks."""
    once = [found for word in (*_WORDS, *marks) for found in in_base64(word.encode())]
    twice = [again for word in _WORDS for found in in_base64(word.encode()) for again in in_base64(found.encode())]
    wide = [found for word in _WORDS for found in in_base64(word.encode("utf-16-le"))]
    digits = [written for word in _WORDS if len(word) > _SHORTEST for written in _in_hexadecimal(word)]
    return tuple(dict.fromkeys(found for found in (*once, *twice, *wide, *digits) if len(found) >= _SHORTEST))


def _in_hexadecimal(word: str) -> tuple[str, str]:
    code = word.encode().hex()
    return code, code.upper()


def texts(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where a run of Base64 stands, and each text that it may mean: it may begin one to three characters late."""
    for found in _RUN.finditer(text):
        start, end = found.span()
        run = found[0].rstrip("=").encode().translate(_ALTERNATE)
        digits = found[0].removeprefix("0x")
        if _HEXADECIMAL.fullmatch(digits):
            yield start, end, bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")
        # A long run is read in pieces; each begins before the last one ends.
        for begin in range(0, len(run), _LONGEST):
            piece = run[begin : begin + _LONGEST + 512]
            for late in range(4):
                plain = _decoded(piece[late:])
                if plain:
                    yield start, end, plain


def _decoded(code: bytes) -> str:
    whole = code[: len(code) // 4 * 4]
    rest = code[len(whole) :]
    try:
        plain = b64decode(whole + (rest + b"==")[:4] if len(rest) > 1 else whole)
    except (Error, ValueError):
        return ""
    if plain[1::2].count(0) * 3 > len(plain):
        plain = plain.replace(b"\0", b"")  # as PowerShell encodes its commands
    return plain.decode("latin-1")
