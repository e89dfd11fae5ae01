"""Who may speak to the server: whoever knows the token, from a page of the server itself.

The token keeps other users of the machine out, and other programs; ``Host`` keeps out a page of somebody else's whose name was
made to point at this machine (DNS rebinding); ``Origin`` keeps out a page elsewhere that opens a WebSocket here.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str) -> bool:
    """Return whether an address or name given with ``--host`` reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_an_address(host: str) -> str:
    """Return a host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True)
class Access:
    """The token, and the names under which the server is reached."""

    host: str
    """What it listens on."""
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    opening: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """What leads to the page once: a browser is started with it, and the words of a command line can be read by all users."""

    def knows(self, token: str) -> bool:
        """Return whether this is the token, in a time that does not tell how much of it is right."""
        return _same(token, self.token)

    def opens(self, code: str) -> bool:
        """Return whether this is the code that leads to the page once."""
        return _same(code, self.opening)

    def is_host(self, host: str) -> bool:
        """Return whether a ``Host`` names this server.

        Where it listens on all addresses, any address will do and this machine's own names: none of them is a name that
        somebody else gives out.
        """
        name, colon, port = host.lower().rpartition(":")
        if not colon or not port.isdigit() or port != str(self.port):
            return self.port == 80 and not (colon and port.isdigit()) and self._is_name(host.lower())
        return self._is_name(name)

    def _is_name(self, name: str) -> bool:
        if is_loopback(self.host):
            return name in {*LOOPBACK, in_an_address(self.host)}
        if name == in_an_address(self.host).lower():
            return True
        return self._listens_everywhere() and (_is_address(name) or name in _own_names())

    def is_origin(self, origin: str | None, host: str) -> bool:
        """Return whether a request comes from a page of this server: every browser says so for a WebSocket."""
        return origin is not None and self.is_host(host) and origin.lower() == f"http://{host.lower()}"

    def _listens_everywhere(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return False

    @property
    def address(self) -> str:
        """The address to open; it holds the token."""
        shown = self.host
        if self._listens_everywhere():
            shown = socket.gethostname()
        return f"http://{in_an_address(shown)}:{self.port}/{self.token}/"

    @property
    def address_once(self) -> str:
        """The address with which a browser is started."""
        return self.address.replace(self.token, f"open/{self.opening}").rstrip("/")


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    own = socket.gethostname().lower()
    return {"localhost", own, f"{own}.local", own.partition(".")[0]}
