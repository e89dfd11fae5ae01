"""Tell of which repository, on which host, the current folder is a clone: by what git says of its remotes.

A name means a repository only together with its host: `octo/shop` of another forge is not GitHub's `octo/shop`. Hosts are
compared as a whole, so that a name that looks like GitHub's, begins or ends like it, or is one of the user's ssh aliases, is
another one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from diagnosis.logs.scrub import scrub
from probes.github.http.credentials import PUBLIC_API
from probes.programs import answer_of
from probes.wire.loopback import is_loopback

SECONDS = 5.0
"""How long git may take, which a folder on a network that hangs makes long."""
# Nothing of the folder's configuration is run: no monitor of files, no pager; and nobody is asked for a password.
_WORDS = ("-c", "core.fsmonitor=false", "--no-pager", "remote", "-v")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_LINE = re.compile(r"([^\t]+)\t(.*) \(fetch\)(?: \[[^\]()]*\])?")

_HOST = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/@:?#\\\[\]%]+)"
_PATH = r"(?P<path>[^\s?#\\%]+)"
_WITH_SCHEME = re.compile(
    rf"(?P<scheme>https?|ssh|git|git\+ssh|ssh\+git)://(?:[^/?#\s\\]*@)?{_HOST}(?::(?P<port>[0-9]{{1,5}})?)?/{_PATH}",
    re.IGNORECASE,
)
# A colon or a sign @ further on would make a user or a password of what looks like the host.
_AS_SCP = re.compile(rf"(?:[^/:@\s\\]*@)?{_HOST}:(?!//)(?P<path>[^\s?#\\%@:]+)")
_REPOSITORY = re.compile(r"/?([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+?)(?:\.git)?/?")
_PORTS = {"https": 443, "http": 80, "ssh": 22, "git+ssh": 22, "ssh+git": 22, "git": 9418}
_OF_GITHUB = ("github.com", "www.github.com")
_SSH_OVER_HTTPS = "ssh.github.com"
"""Where github.com takes ssh on the port of https."""
_LONGEST = 2000
_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads: host, port and path. It holds no user name and no password, so that it can be shown."""

    scheme: str
    """In lower case; ``ssh`` for ``git@host:path``."""
    host: str
    """In lower case, without a dot at the end."""
    port: int | None
    """None where the scheme's own is meant."""
    path: str

    @property
    def repository(self) -> str | None:
        """``owner/name``; None where the path is no repository of a GitHub."""
        match = _REPOSITORY.fullmatch(self.path)
        if match is None or {match[1], match[2]} & {".", ".."}:
            return None
        return f"{match[1]}/{match[2]}"

    @property
    def shown(self) -> str:
        """The host as it can be shown: letters of other alphabets, which may look like ours, are written as escapes."""
        name = scrub(self.host).encode("ascii", "backslashreplace").decode()[:_LONGEST_SHOWN]
        return name if self.port is None else f"{name}:{self.port}"


def place_of(address: str) -> Place | None:
    """Return where a remote's address leads; None for a path of this machine and for what is no address that git knows."""
    match = _WITH_SCHEME.fullmatch(address) or _AS_SCP.fullmatch(address) if len(address) <= _LONGEST else None
    if match is None:
        return None
    found = match.groupdict()
    scheme = (found.get("scheme") or "ssh").lower()
    port = int(found["port"]) if found.get("port") else None
    host = found["host"].lower().removesuffix(".").strip("[]")
    return Place(scheme, host, None if port == _PORTS[scheme] else port, found["path"])


def is_on(place: Place, api: str) -> bool:
    """Return whether a place is on the GitHub whose API stands at this address, by the whole name of its host.

    An API on loopback stands in for github.com.
    """
    parts = urlsplit(api)
    host = (parts.hostname or "").removesuffix(".")
    if api == PUBLIC_API or is_loopback(host):
        if place.host in _OF_GITHUB and place.port is None:
            return True
        if place.host == _SSH_OVER_HTTPS and place.scheme.endswith("ssh") and place.port in (None, 443):
            return True
        if api == PUBLIC_API:
            return False
    if host.endswith(".ghe.com"):
        host = host.removeprefix("api.")
    if place.host != host:
        return False
    # An enterprise server has one port for the web and its API; that of ssh is another one.
    web = place.scheme in ("http", "https")
    return not web or (place.port or _PORTS[place.scheme]) == (parts.port or _PORTS.get(parts.scheme))


@dataclass(frozen=True, slots=True)
class Remotes:
    """The remotes of the current folder's clone: address by name, as git would fetch from them (`insteadOf` is applied)."""

    addresses: dict[str, str]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The addresses to look at: that of `origin`, or all where there is none, each once."""
        origin = self.addresses.get("origin")
        return (origin,) if origin is not None else tuple(dict.fromkeys(self.addresses.values()))


def remotes_here(seconds: float = SECONDS) -> Remotes | None:
    """Ask git for the remotes of the current folder; None where git cannot be asked. A folder without a clone has none."""
    answer = answer_of("git", _WORDS, seconds=seconds, environ={**os.environ, **_QUIET})
    if answer is None:
        return None
    code, said = answer
    lines = (_LINE.fullmatch(line) for line in said.split("\n")) if code == 0 else ()
    found: dict[str, str] = {}
    for line in lines:
        if line:
            # Of a remote with several addresses git fetches from the first.
            found.setdefault(line[1], line[2])
    return Remotes(found)
