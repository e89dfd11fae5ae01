"""Tell, without botocore and in no time, whether this machine names AWS credentials at all. Whether they are good, AWS says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
_SOURCES = ("aws_access_key_id", "sso_", "role_arn", "credential_process", "login_session", "web_identity_token_file")
"""Settings of a profile that lead to credentials; one of them must stand in a file."""
_MOST = 1_000_000


def names_credentials(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a variable or a file names a source of credentials. An instance's own role is named by neither."""
    environ = os.environ if environ is None else environ
    return any(environ.get(name) for name in _VARIABLES) or any(
        _names_a_source(environ.get(name) or usual) for name, usual in _FILES.items()
    )


def _names_a_source(place: str) -> bool:
    with suppress(OSError, RuntimeError, ValueError):
        path = Path(place).expanduser()
        if path.is_file():
            with path.open("rb") as file:
                text = file.read(_MOST).decode("utf-8", errors="replace")
            return any(source in text for source in _SOURCES)
    return False
