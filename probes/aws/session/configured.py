"""Tell, without botocore and in no time, which profiles this machine has and whether it names AWS credentials at all.

Whether they are good, AWS says.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
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
    return tuple(dict.fromkeys(name for name, _ in _profiles(os.environ if environ is None else environ)))


def _profile(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what both files say of a profile."""
    found: dict[str, str] = {}
    for each, stated in _profiles(environ):
        if each == name:
            found |= stated
    return found


def _profiles(environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the profiles of the files that can be read, with what each says."""
    for variable, usual in _FILES.items():
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="\0")
        try:
            parser.read_string(_text(Path(environ.get(variable) or usual).expanduser()))
        except (OSError, RuntimeError, ValueError, configparser.Error):
            continue
        for section in parser.sections():
            name = _name(section) if variable == "AWS_CONFIG_FILE" else section
            if name:
                yield name, {key: value or "" for key, value in parser.items(section)}


def _name(section: str) -> str:
    """Return the profile of a section of the configuration, whose name may be quoted; nothing for a section of another kind."""
    try:
        words = shlex.split(section)
    except ValueError:
        return ""
    if words == ["default"]:
        return "default"
    return words[1] if len(words) == 2 and words[0] == "profile" else ""


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
