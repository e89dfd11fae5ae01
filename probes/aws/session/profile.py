"""Tell what the AWS configuration of this machine says of a profile, without asking AWS and without its credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.session import Session

_ENDPOINT = "AWS_ENDPOINT_URL"
_MOST = 8
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A profile as the configuration has it. Names are foreign text."""

    name: str
    """As it is chosen: by an option, ``AWS_PROFILE``, or ``default``."""
    chosen: bool
    """Whether somebody chose it by name."""
    exists: bool = True
    """Whether the configuration has it."""
    signs_in: bool = False
    """Whether it signs in by IAM Identity Center: ``aws sso login`` renews it."""
    others: tuple[str, ...] = ()
    """Other profiles that there are."""
    endpoints: tuple[str, ...] = ()
    """What takes AWS's place, as ``AWS_ENDPOINT_URL_S3 http://127.0.0.1:5000``: name, scheme, host and port."""
    readable: bool = True
    """Whether the configuration could be read."""


def profile_facts(profile: str | None, environ: Mapping[str, str] | None = None) -> ProfileFacts:
    """Return what is known of a profile; None is the one that botocore itself would use."""
    environ = os.environ if environ is None else environ
    name = profile or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    found = [f"{key} {_shown(value)}" for key, value in sorted(environ.items()) if key.startswith(_ENDPOINT) and value]
    try:
        session = Session(profile=profile)
        whole = session.full_config
        own = whole.get("profiles", {}).get(name or "default", {})
        services = whole.get("services", {}).get(own.get("services", ""), {})
    except Exception:  # noqa: BLE001 - a broken file is told by the call that needs it, in its own words
        return ProfileFacts(name or "default", name is not None, endpoints=tuple(found[:_MOST]), readable=False)
    stated = {"endpoint_url": own.get("endpoint_url"), **{key: _url(value) for key, value in services.items()}}
    found += [f"endpoint_url of {key} {_shown(url)}" if key != "endpoint_url" else f"endpoint_url {_shown(url)}"
              for key, url in stated.items() if isinstance(url, str) and url]  # fmt: skip
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or own.get("ignore_configured_endpoint_urls", "")
    if str(ignored).lower() == "true":
        found = []
    others = tuple(each[:_LONGEST] for each in whole.get("profiles", {}) if each != (name or "default"))
    signs_in = any(key in own for key in ("sso_session", "sso_start_url"))
    exists = name is None or name in whole.get("profiles", {})
    return ProfileFacts(name or "default", name is not None, exists, signs_in, others[:_MOST], tuple(found[:_MOST]))


def _url(value: object) -> object:
    return value.get("endpoint_url") if isinstance(value, Mapping) else None


def _shown(url: str) -> str:
    """Return scheme, host and port of an address: it may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "(no address)"
    host = parts.hostname or "(no host)"
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"[:_LONGEST]
