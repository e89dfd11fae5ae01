"""Find out which GitHub is asked and with which token; each host gets its own token only.

The address comes from ``--github-url``, then ``GITHUB_API_URL``, then ``GH_HOST``, and is github.com without them. The
token comes from the environment, then from ``gh auth token`` for exactly that host:

==========================  ==================================================
host                        variables, in order
==========================  ==================================================
github.com, ``*.ghe.com``   ``GH_TOKEN``, ``GITHUB_TOKEN``
an enterprise server        ``GH_ENTERPRISE_TOKEN``, ``GITHUB_ENTERPRISE_TOKEN``; inside one of its own workflow runs
                            also ``GITHUB_TOKEN``, which that server has issued
a loopback address          all four, enterprise first: nothing leaves this machine, and the token may be absent
==========================  ==================================================
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from diagnosis.documents.exit_code import ExitCode
from probes.github.http.endpoints import permissions_needed
from probes.github.http.errors import GitHubProblem
from probes.programs import answer_of
from probes.wire.loopback import is_loopback

PUBLIC_API = "https://api.github.com"
_PUBLIC_HOST = "github.com"
_PUBLIC_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE_TOKENS = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_GH_SECONDS = 5.0
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")


class TokenKind(StrEnum):
    """What sort of token GitHub issued, as its prefix tells; what can be done about a missing permission hangs on it."""

    CLASSIC = "classic"
    """A classic personal token, or that of an OAuth app such as gh: it has scopes, no permissions."""
    FINE_GRAINED = "fine-grained"
    """A fine-grained personal token."""
    APP = "app"
    """An app's installation, which a workflow's own ``GITHUB_TOKEN`` is as well."""
    APP_USER = "app-user"
    """A user by way of an app: no more than both may."""
    UNKNOWN = "unknown"


_KINDS = {
    "ghp_": TokenKind.CLASSIC,
    "gho_": TokenKind.CLASSIC,
    "github_pat_": TokenKind.FINE_GRAINED,
    "ghs_": TokenKind.APP,
    "ghu_": TokenKind.APP_USER,
}


@dataclass(frozen=True, slots=True)
class GitHubAccess:
    """A GitHub API and the token for it. The token is shown by nothing: no repr, no message, no ledger entry."""

    url: str = PUBLIC_API
    """Base address of the REST API, without a slash at the end."""
    token: str = field(default="", repr=False)
    """Empty for an anonymous loopback server."""
    token_source: str = ""
    """Where the token was found: a variable's name or ``gh auth token``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _api_url(self.url))

    @property
    def host(self) -> str:
        """The host that people know: ``github.com`` for the public API."""
        return _people_host(urlsplit(self.url))

    @property
    def in_place_of_github(self) -> str:
        """What is asked in github.com's place, as ``scheme://host[:port]``; empty for github.com itself."""
        return "" if self.host == _PUBLIC_HOST else f"{urlsplit(self.url).scheme}://{self.host}"

    @property
    def token_kind(self) -> TokenKind:
        """What sort of token it is."""
        return next((kind for prefix, kind in _KINDS.items() if self.token.startswith(prefix)), TokenKind.UNKNOWN)

    @property
    def is_loopback(self) -> bool:
        """Whether the API runs on this machine."""
        return is_loopback(urlsplit(self.url).hostname)


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """There is no token for the host: what that means, and what to do."""

    host: str
    sentence: str
    way_out: str
    exit_code: int = int(ExitCode.CREDENTIALS)

    def problem(self) -> GitHubProblem:
        """Return the missing credentials as a problem to be raised."""
        return GitHubProblem(self.sentence, self.way_out, self.exit_code)


def find_access(
    url: str | None = None,
    environ: Mapping[str, str] | None = None,
    ask_gh: Callable[[str, Mapping[str, str]], str | None] | None = None,
    *,
    gh_seconds: float = _GH_SECONDS,
) -> GitHubAccess | NoCredentials:
    """Find the API address and its token.

    ``url`` is ``--github-url``: a web address, an API address or a host name. ``ask_gh(host, environ)`` replaces
    ``gh auth token`` in tests; ``gh_seconds`` is how long that may take. Raises GitHubProblem (exit code 2) for an address
    that cannot be used.
    """
    environ = os.environ if environ is None else environ
    address = api_address(url, environ)
    parts = urlsplit(address)
    host = _people_host(parts)
    for name in _token_names(parts, environ):
        token = environ.get(name, "").strip()
        if token:
            return GitHubAccess(address, _usable(token, name), name)
    if is_loopback(parts.hostname):
        return GitHubAccess(address)
    token = (ask_gh(host, environ) if ask_gh else _ask_gh(host, environ, gh_seconds)) or ""
    if token:
        return GitHubAccess(address, _usable(token, "gh auth token"), "gh auth token")
    first = _token_names(parts, environ)[0]
    return NoCredentials(
        host,
        f"There is no token for {host}, and GitHub shows workflow logs to nobody without one.",
        f"Set {first} to a token with {_wanted()}, or run `gh auth login --hostname {host}`;"
        " `planescope demo` needs no credentials.",
    )


def api_address(url: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the base address of the API that :func:`find_access` chooses. Raises GitHubProblem as it does."""
    environ = os.environ if environ is None else environ
    return _api_url(url or environ.get("GITHUB_API_URL") or environ.get("GH_HOST") or PUBLIC_API)


def _wanted() -> str:
    """Say what a new token should be given."""
    return ", ".join(f"`{need.permission}`" for need in permissions_needed())


def _api_url(given: str) -> str:
    """Return the API's base address for whatever people give. Raises GitHubProblem."""
    text = given.strip().rstrip("/")
    if "://" not in text:
        if not _HOST_NAME.fullmatch(text):
            raise _unusable(text, "it is no host name and no address")
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unusable(text, "it is no valid address") from None
    if not host:
        raise _unusable(text, "it names no host")
    if parts.username is not None or parts.password is not None:
        # Not repeated in the message: it may hold a password.
        raise _unusable("", "it holds a user name or password")
    if parts.query or parts.fragment:
        raise _unusable(text, "it has a query or a fragment")
    if parts.scheme not in ("http", "https"):
        raise _unusable(text, f"{parts.scheme}:// is not spoken")
    if parts.scheme == "http" and not is_loopback(host):
        raise _unusable(text, "plain http would show the token to the network; only a loopback address may use it")
    place = f"{host}:{port}" if port else host
    if ":" in host:
        place = f"[{host}]:{port}" if port else f"[{host}]"
    if host in ("github.com", "www.github.com", "api.github.com"):
        return PUBLIC_API
    if is_loopback(host):
        return f"{parts.scheme}://{place}{parts.path}"
    if host.endswith(".ghe.com"):
        return f"https://{host if host.startswith('api.') else f'api.{host}'}"
    # Behind an enterprise server's web address its API stands at one fixed path.
    return f"https://{place}{parts.path if '/api/' in parts.path else '/api/v3'}"


def _people_host(api: SplitResult) -> str:
    host = api.hostname or ""
    if host == "api.github.com":
        return "github.com"
    if host.endswith(".ghe.com"):
        return host.removeprefix("api.")
    return api.netloc if api.port else host


def _token_names(api: SplitResult, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that hold this host's own token."""
    if is_loopback(api.hostname):
        return _ENTERPRISE_TOKENS + _PUBLIC_TOKENS
    host = _people_host(api)
    if host == "github.com" or host.endswith(".ghe.com"):
        return _PUBLIC_TOKENS
    server = urlsplit(environ.get("GITHUB_SERVER_URL", ""))
    if environ.get("GITHUB_ACTIONS") == "true" and server.hostname == api.hostname:
        return (*_ENTERPRISE_TOKENS, "GITHUB_TOKEN")
    return _ENTERPRISE_TOKENS


def _usable(token: str, source: str) -> str:
    """Return the token, if a header can carry it. The message must not repeat it."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise GitHubProblem(
            f"The token from {source} holds characters that no token has.",
            "Copy it again: it is one word of letters, digits and underscores.",
            ExitCode.CREDENTIALS,
        )
    return token


def _ask_gh(host: str, environ: Mapping[str, str], seconds: float) -> str | None:
    """Ask ``gh auth token`` for exactly this host; None where gh is absent, has none, or does not answer."""
    # Without these gh answers from its own store: it would hand out the token of another host otherwise.
    own = {name: value for name, value in environ.items() if name not in _PUBLIC_TOKENS + _ENTERPRISE_TOKENS}
    answer = answer_of("gh", ["auth", "token", "--hostname", host], seconds=seconds, environ=own)
    return answer[1].strip() if answer is not None and answer[0] == 0 else None


def _unusable(text: str, why: str) -> GitHubProblem:
    shown = f" {text[:100]}" if text else ""
    return GitHubProblem(
        f"The GitHub address{shown} cannot be used: {why}.",
        "Give a host name (ghe.example.com), a web address (https://ghe.example.com) or an API address"
        " (https://ghe.example.com/api/v3).",
    )
