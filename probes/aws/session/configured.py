"""Tell, without botocore and in no time, which profiles this machine has and whether it names AWS credentials at all.

Whether they are good, AWS says.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = (
    ("AWS_CONFIG_FILE", "~/.aws/config", "profile "),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", ""),
)
"""The variable that names a file, where it lies without one, and what stands before a profile's name in it."""
_SOURCES = ("aws_access_key_id", "role_arn", "credential_process", "login_session", "web_identity_token_file")
"""Settings of a profile that lead to credentials, each by itself."""
_SIGN_INS = ("sso_session", "sso_start_url")
_CACHE = "~/.aws/sso/cache"
"""Where the AWS CLI keeps a sign-in, by the digest of the session's name or the start address."""
_MOST = 1_000_000


def names_credentials(profile: str | None = None, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a variable, or the profile that would be used, names a source of credentials that is not known to be over.

    An instance's own role is named by neither.
    """
    environ = os.environ if environ is None else environ
    if profile is None and any(environ.get(name) for name in _VARIABLES):
        return True
    name = profile or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    stated = _profile(name, environ)
    if any(stated.get(source) for source in _SOURCES):
        return True
    sign_in = next((stated[key] for key in _SIGN_INS if stated.get(key)), "")
    return bool(sign_in) and _is_signed_in(sign_in)


def profile_names(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the profiles of both files, each once. Names are foreign text."""
    names = (
        section.removeprefix(prefix).strip()
        for parser, prefix in _files(os.environ if environ is None else environ)
        for section in parser.sections()
        if section == "default" or section.startswith(prefix)
    )
    return tuple(dict.fromkeys(names))


def _profile(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what both files say of a profile."""
    found: dict[str, str] = {}
    for parser, _ in _files(environ):
        for section in (name, f"profile {name}"):
            if parser.has_section(section):
                found |= {key: value or "" for key, value in parser.items(section)}
    return found


def _files(environ: Mapping[str, str]) -> Iterator[tuple[configparser.RawConfigParser, str]]:
    """Yield the files that can be read, each with what stands before a profile's name."""
    for variable, usual, prefix in _FILES:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="\0")
        try:
            parser.read_string(_text(Path(environ.get(variable) or usual).expanduser()))
        except (OSError, RuntimeError, ValueError, configparser.Error):
            continue
        yield parser, prefix


def _is_signed_in(key: str) -> bool:
    """Return False where the sign-in is not there or is over and cannot be renewed; what is not understood is left to AWS."""
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    try:
        path = Path(_CACHE).expanduser() / f"{digest}.json"
        if not path.exists():
            return False
        kept = json.loads(_text(path))
        if kept.get("refreshToken"):
            return True
        return datetime.fromisoformat(kept["expiresAt"].replace("UTC", "+00:00")) > datetime.now(UTC)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return True


def _text(path: Path) -> str:
    """Return the text of a plain file; anything else has none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(_MOST).decode("utf-8", errors="replace")
